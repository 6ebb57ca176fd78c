//! A script of a drill: who is there, what is prepared, and what happens when; read and checked before anything is made.
//!
//! A recipient is the name of a receiver and nothing else: a script has no place for an address. Refuses to know what
//! becomes of it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use standing::{ActLine, Instant};
use telegram::{RecipientId, Reference, TelegramId};

use super::parsing;
use super::receivers::{Does, Receiver};
use crate::error::Error;
use crate::folder::Loaded;
use crate::message::Message;

/// A script, checked.
pub struct Script {
    /// Its file, as it was named.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The policy it names.
    pub policy: Option<String>,
    /// Where its time begins.
    pub start: Instant,
    /// How many approvers must agree.
    pub needed: usize,
    /// Who may approve.
    pub approvers: Vec<String>,
    /// Who may enter acts; the first enters those of the timeline.
    pub attesters: Vec<String>,
    /// After how many seconds an acknowledgement is late.
    pub late_after: u32,
    /// Everybody who can receive.
    pub receivers: Vec<Receiver>,
    /// What is drafted at the beginning.
    pub telegrams: Vec<Prepared>,
    /// The timeline: acts that are entered when they become known.
    pub acts: Vec<ActLine>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// A telegram of a script, its recipients receivers of the drill.
pub struct Prepared {
    /// Words and receivers.
    pub message: Message,
    /// What it corrects.
    pub corrects: Option<TelegramId>,
}

/// Something that happens at a time.
#[derive(Debug, Clone)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// The line of the script.
    pub line: usize,
    /// What.
    pub deed: Deed,
    /// Words of the refusal it is to meet; empty if any will do.
    pub refused: Option<String>,
    /// For the reader.
    pub note: Option<String>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Acts are entered.
    Enter {
        /// The acts.
        acts: Vec<ActLine>,
        /// Who attests them.
        by: String,
    },
    /// An approver signs.
    Approve {
        /// What.
        telegrams: Vec<TelegramId>,
        /// Who.
        by: String,
        /// Why it shall go out without a decision, if that is what is approved.
        reason: Option<Reference>,
    },
    /// Approved drafts are held.
    Hold {
        /// Which.
        telegrams: Vec<TelegramId>,
        /// Whether an outcome may be without.
        incomplete: bool,
    },
    /// The kill switch.
    Withdraw(TelegramId),
    /// A person lets one go.
    Release {
        /// Which.
        telegram: TelegramId,
        /// Why without a decision.
        reason: Option<Reference>,
    },
    /// A person's word on a delivery.
    Settle {
        /// The telegram.
        telegram: TelegramId,
        /// To whom.
        to: RecipientId,
        /// What the person says.
        word: Word,
    },
    /// An approver's key ends.
    Revoke(String),
    /// The process is gone, and begins anew.
    Crash,
    /// The clock of the desk is so many seconds ahead of the time from now on.
    ClockAhead(i64),
    /// A receiver does this from now on.
    Mood {
        /// Who.
        receiver: String,
        /// What.
        does: Vec<Does>,
    },
    /// It must be so.
    Expect(Expectation),
}

/// A person's word on a delivery.
#[derive(Debug, Clone)]
pub enum Word {
    /// It arrived: who says so, when, under which reference.
    Arrived(Reference),
    /// Send again what is in doubt.
    Resend,
    /// Try a dead letter again.
    Redrive,
}

/// What must be so at a time.
#[derive(Debug, Clone)]
pub enum Expectation {
    /// A telegram's state.
    State(TelegramId, String),
    /// How far a delivery has come.
    Progress(TelegramId, RecipientId, String),
    /// The decision; nothing for none.
    Decision(Option<telegram::Outcome>),
    /// Which telegrams are out, and no other.
    Out(BTreeSet<TelegramId>),
    /// Whether the ground of the decision is undone.
    Overtaken(bool),
    /// How many requests a receiver saw of a telegram.
    Requests(TelegramId, String, u32),
}

/// Reads a script and everything it names.
///
/// # Errors
/// File, line and field of the first that is wrong.
pub fn read(path: &Path, loaded: &Loaded, policy: Option<&str>) -> Result<Script, Error> {
    parsing::read(path, loaded, policy)
}

/// States as scripts name them.
pub const STATES: [&str; 8] =
    ["drafted", "approved", "held", "ready", "releasing", "released", "void", "withdrawn"];
/// How far a delivery can have come, as scripts name it.
pub const PROGRESS: [&str; 6] =
    ["waiting", "pending", "under_way", "acknowledged", "undeliverable", "in_doubt"];

/// A step as written. It does one thing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepFile {
    pub at: toml::Spanned<String>,
    pub note: Option<String>,
    pub refused: Option<String>,
    pub enter: Option<Vec<toml::Table>>,
    pub approve: Option<Vec<String>>,
    pub by: Option<String>,
    pub reason: Option<String>,
    pub hold: Option<Vec<String>>,
    #[serde(default)]
    pub incomplete: bool,
    pub withdraw: Option<String>,
    pub release: Option<String>,
    pub acknowledge: Option<ToFile>,
    pub resolve: Option<ToFile>,
    pub redrive: Option<ToFile>,
    pub revoke: Option<String>,
    pub crash: Option<bool>,
    pub clock_ahead_s: Option<i64>,
    pub receiver: Option<String>,
    pub does: Option<Vec<Does>>,
    pub expect: Option<ExpectFile>,
}

/// A delivery a person speaks of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToFile {
    pub telegram: String,
    pub to: String,
    pub reference: Option<String>,
    #[serde(default)]
    pub resend: bool,
}

/// What is expected, as written. It is one thing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectFile {
    pub telegram: Option<String>,
    pub state: Option<String>,
    pub to: Option<String>,
    pub progress: Option<String>,
    pub requests: Option<u32>,
    pub decision: Option<String>,
    pub out: Option<Vec<String>>,
    pub overtaken: Option<bool>,
}
