//! What the courier is told to do, and what goes into the record.
//!
//! Refuses to know how any of it is done.

use serde::{Deserialize, Serialize};

use crate::{
    Decision, Finding, Ground, Instant, Key, OfficeId, Refusal, Sha256Hex, Stage, State, TelegramId,
};

/// Something to do. This list is the only one; what a recipient calls for is [`crate::Step`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// One transaction: the decision (unique per office), the release (unique per office, or per telegram corrected)
    /// with which the rows of its recipients begin to be due, and a row per void telegram.
    CommitDecision {
        /// The decision.
        decision: Decision,
        /// The instant of release and of voiding.
        at: Instant,
        /// The telegram released, if any.
        release: Option<TelegramId>,
        /// The telegrams that become void.
        void: Vec<TelegramId>,
    },
    /// The same for a telegram that a person lets go.
    CommitRelease {
        /// The telegram.
        telegram: TelegramId,
        /// The instant of release and of voiding.
        at: Instant,
        /// On what ground.
        ground: Ground,
        /// The telegrams that become void.
        void: Vec<TelegramId>,
    },
    /// Unseal the body: its recipients are due. Only ever given for a released telegram.
    OpenBody {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Destroy the key, or the shares of it that are here, then send [`crate::Event::KeyDestroyed`]. Harmless if done before.
    DestroyKey {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Destroy the key of a draft that was replaced, then send [`crate::Event::DraftForgotten`]. Harmless if done before.
    ForgetDraft {
        /// The telegram.
        telegram: TelegramId,
        /// The body of that draft.
        body: Sha256Hex,
    },
    /// Destroy the key here, whose shares are durable, then send [`crate::Event::KeyParted`]. Harmless if done before.
    PartWithKey {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Show a person that a telegram waits for them: ready to be opened, or a correction of what was overtaken.
    Offer {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Append what happened to the record, by the front door.
    AppendStatement(Happening),
    /// Tell whoever asked that this is not allowed now; nothing was changed.
    Refuse(Refusal),
}

/// What happened, as the record is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A telegram is held.
    Held {
        /// The telegram.
        telegram: TelegramId,
    },
    /// A telegram was withdrawn.
    Withdrawn {
        /// The telegram.
        telegram: TelegramId,
    },
    /// An office was decided.
    Decided {
        /// The decision.
        decision: Decision,
    },
    /// A telegram waits for those who can open it.
    Ready {
        /// The telegram.
        telegram: TelegramId,
        /// By which decision.
        decision: Sha256Hex,
    },
    /// A telegram was released.
    Released {
        /// The telegram.
        telegram: TelegramId,
        /// On what ground.
        ground: Ground,
    },
    /// A telegram became void.
    Voided {
        /// The telegram.
        telegram: TelegramId,
        /// On what ground another was let go or decided for.
        ground: Ground,
    },
    /// A decision released nothing.
    Found {
        /// The office.
        office: OfficeId,
        /// Why.
        finding: Finding,
    },
    /// A key was destroyed.
    KeyDestroyed {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The ground of a decision is undone; nothing was taken back.
    Overtaken {
        /// The office.
        office: OfficeId,
        /// Since when.
        at: Instant,
    },
}

/// Whether the command is still to be obeyed, asked just before obeying it:
/// something may have happened since it was given.
#[must_use]
pub fn still_wanted(state: &State, command: &Command) -> bool {
    let entry = |t: &TelegramId| state.telegrams.get(t);
    match command {
        Command::CommitDecision { decision, .. } => {
            state.rulings.get(&decision.office).is_some_and(|r| !r.committed && &r.decision == decision)
        }
        Command::CommitRelease { telegram, .. } => {
            entry(telegram).is_some_and(|e| matches!(e.stage, Stage::Releasing { .. }))
        }
        Command::OpenBody { telegram } => {
            entry(telegram).is_some_and(|e| matches!(e.stage, Stage::Released { .. }))
        }
        Command::DestroyKey { telegram } => entry(telegram).is_some_and(|e| {
            e.key != Key::Destroyed && matches!(e.stage, Stage::Void { .. } | Stage::Withdrawn)
        }),
        Command::ForgetDraft { telegram, body } => entry(telegram).is_some_and(|e| e.replaced.contains(body)),
        Command::PartWithKey { telegram } => {
            entry(telegram).is_some_and(|e| e.shares.is_some() && e.key == Key::Kept)
        }
        Command::Offer { telegram } => {
            entry(telegram).is_some_and(|e| matches!(e.stage, Stage::Ready { .. } | Stage::Held))
        }
        Command::AppendStatement(_) | Command::Refuse(_) => true,
    }
}
