//! What is known of every telegram and every office.
//!
//! Refuses to know how it is stored. Only [`crate::apply`] and
//! [`crate::advance`] make a next one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Approval, ApproverId, Attempt, Channel, Error, Fault, Instant, OfficeId, Outcome, Quorum, RecipientId,
    Reference, Ruling, Sha256Hex, Telegram, TelegramId, missing_approvals,
};

/// Everything known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Who must approve.
    pub quorum: Quorum,
    /// Every telegram ever drafted.
    pub telegrams: BTreeMap<TelegramId, Entry>,
    /// Every office decided, or about to be.
    pub rulings: BTreeMap<OfficeId, Ruling>,
}

impl State {
    /// Nothing drafted, nothing decided.
    #[must_use]
    pub fn new(quorum: Quorum) -> Self {
        Self { quorum, telegrams: BTreeMap::new(), rulings: BTreeMap::new() }
    }

    /// The telegram of that name.
    pub(crate) fn entry(&self, id: &TelegramId) -> Result<&Entry, Error> {
        self.telegrams.get(id).ok_or_else(|| Error::NoTelegram { telegram: id.clone() })
    }

    /// The telegram of that name, to be changed.
    pub(crate) fn entry_mut(&mut self, id: &TelegramId) -> Result<&mut Entry, Error> {
        self.telegrams.get_mut(id).ok_or_else(|| Error::NoTelegram { telegram: id.clone() })
    }
}

/// One telegram and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The telegram as it reads now.
    pub telegram: Telegram,
    /// The approvals of it as it reads now.
    pub approvals: BTreeMap<ApproverId, Approval>,
    /// How far it has come.
    pub stage: Stage,
    /// The key its body is sealed under.
    pub key: Key,
    /// Once released: how far it has come with each recipient.
    pub sendings: BTreeMap<RecipientId, Sending>,
}

/// How far a telegram has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Written, approvals missing.
    Drafted,
    /// Enough approved it as it reads.
    Approved,
    /// Sealed; waits for a decision.
    Held,
    /// Let go, once.
    Released {
        /// When.
        at: Instant,
        /// By which decision.
        decision: Sha256Hex,
    },
    /// Another outcome was decided.
    Void {
        /// When.
        at: Instant,
    },
    /// Taken back by a person.
    Withdrawn,
}

/// Whether a telegram's key exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// It was never sealed.
    Unmade,
    /// It is kept.
    Kept,
    /// It is known to be gone.
    Destroyed,
}

/// One recipient of a released telegram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// How.
    pub channel: Channel,
    /// How far.
    pub progress: Progress,
}

/// How far a released telegram has come with one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// An attempt is to be recorded.
    Pending {
        /// Its number.
        attempt: Attempt,
        /// Whether an earlier attempt may have arrived.
        unsure: bool,
    },
    /// The attempt's row is durable; it may be on its way.
    Attempting {
        /// Its number.
        attempt: Attempt,
        /// Whether an earlier attempt may have arrived.
        unsure: bool,
    },
    /// The recipient has it.
    Acknowledged {
        /// The first answer.
        reference: Reference,
    },
    /// No attempt arrived, and none will be made.
    Undeliverable {
        /// Why the last one failed.
        reason: Fault,
    },
    /// An attempt may have arrived; a person must find out.
    InDoubt {
        /// The last attempt.
        attempt: Attempt,
    },
}

/// Those of `outcomes` for which no approved telegram is held that a decision
/// of `policy` for `office` would release.
#[must_use]
pub fn missing_outcomes(
    state: &State,
    office: &OfficeId,
    policy: &Sha256Hex,
    outcomes: &[Outcome],
) -> Vec<Outcome> {
    let covered = |outcome: &Outcome| {
        state.telegrams.values().any(|e| {
            e.stage == Stage::Held
                && is_for(&e.telegram, office, outcome, policy)
                && missing_approvals(&state.quorum, e) == 0
        })
    };
    outcomes.iter().filter(|o| !covered(o)).cloned().collect()
}

/// Whether the telegram is for this outcome of this office under this policy.
pub(crate) fn is_for(t: &Telegram, office: &OfficeId, outcome: &Outcome, policy: &Sha256Hex) -> bool {
    &t.office == office && &t.outcome == outcome && &t.policy == policy
}
