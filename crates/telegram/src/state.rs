//! What is known of every telegram and every office.
//!
//! Refuses to know how it is stored, and how far a released telegram has come with each recipient: that is
//! [`crate::Sending`]. Only [`crate::apply`] and [`crate::advance`] make a next one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Approval, ApproverId, Error, Instant, OfficeId, Outcome, Quorum, Reference, Ruling, Sha256Hex, Telegram,
    TelegramId, missing_approvals,
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
    /// The approvals of its release without a decision.
    pub overrides: BTreeMap<ApproverId, Approval>,
    /// How far it has come.
    pub stage: Stage,
    /// Whether it ever was held: the record knows of those, not of mere drafts.
    pub held: bool,
    /// The key its body is sealed under.
    pub key: Key,
    /// The bodies of drafts it replaced whose keys are not known to be gone.
    pub replaced: BTreeSet<Sha256Hex>,
    /// Who has a share of its key, once it is held in the approvers' hands.
    pub shares: Option<Shares>,
}

/// A key split among approvers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// How many open the body: the quorum in force when it was held.
    pub needed: usize,
    /// Who has one: the approvers in force then.
    pub holders: BTreeSet<ApproverId>,
    /// Whose have been given back.
    pub given: BTreeSet<ApproverId>,
}

impl Shares {
    /// How many more open the body.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.needed.saturating_sub(self.given.len())
    }
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
    /// Decided for; waits for those who can open it.
    Ready {
        /// Since when.
        at: Instant,
        /// By which decision.
        decision: Sha256Hex,
    },
    /// To be let go by a person: the transaction may or may not be durable.
    Releasing {
        /// When.
        at: Instant,
        /// On what ground.
        ground: Ground,
    },
    /// Let go, once.
    Released {
        /// When.
        at: Instant,
        /// On what ground.
        ground: Ground,
    },
    /// Another outcome was decided, or another telegram let go.
    Void {
        /// When.
        at: Instant,
        /// On what ground another was let go or decided for.
        ground: Ground,
    },
    /// Taken back by a person.
    Withdrawn,
}

impl Stage {
    /// The stage in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Approved => "approved",
            Self::Held => "held",
            Self::Ready { .. } => "ready",
            Self::Releasing { .. } => "releasing",
            Self::Released { .. } => "released",
            Self::Void { .. } => "void",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// On what ground a telegram was let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A policy was met.
    Decision(Sha256Hex),
    /// Enough approvers wanted it out without a decision.
    Override {
        /// Why.
        reason: Reference,
        /// Who.
        by: Vec<ApproverId>,
    },
    /// It corrects what was let go before.
    Correction {
        /// The telegram corrected.
        of: TelegramId,
    },
}

/// Where a telegram's key is. It is made when the telegram is drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// It is kept here.
    Kept,
    /// It is among the approvers, in shares, and not here.
    Shared,
    /// It is known to be gone.
    Destroyed,
}

/// The telegram that is out, or about to be, for an office; never a correction. There is at most one.
#[must_use]
pub fn spoken_for<'a>(state: &'a State, office: &OfficeId) -> Option<&'a TelegramId> {
    let deciding = state.rulings.get(office).and_then(|r| r.release.as_ref().or(r.ready.as_ref()));
    let out = |e: &&Entry| {
        &e.telegram.terms.office == office
            && e.telegram.terms.corrects.is_none()
            && matches!(e.stage, Stage::Ready { .. } | Stage::Releasing { .. } | Stage::Released { .. })
    };
    deciding
        .filter(|id| state.telegrams.get(*id).is_some_and(|e| e.stage != Stage::Withdrawn))
        .or_else(|| state.telegrams.values().find(out).map(|e| &e.telegram.id))
}

/// What a telegram corrects, what that corrects, and so on.
pub(crate) fn chain<'a>(state: &'a State, telegram: &'a Telegram) -> impl Iterator<Item = &'a TelegramId> {
    let next = |id: &&'a TelegramId| state.telegrams.get(*id)?.telegram.terms.corrects.as_ref();
    // Drafts that correct each other would have no end.
    std::iter::successors(telegram.terms.corrects.as_ref(), next)
        .take(state.telegrams.len().saturating_add(1))
}

/// The corrections held for a telegram.
pub fn corrections_of<'a>(state: &'a State, telegram: &'a TelegramId) -> impl Iterator<Item = &'a Entry> {
    let held = |e: &&Entry| e.stage == Stage::Held && e.telegram.terms.corrects.as_ref() == Some(telegram);
    state.telegrams.values().filter(held)
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

/// Whether the telegram is for this outcome of this office under this policy, and no correction.
pub(crate) fn is_for(t: &Telegram, office: &OfficeId, outcome: &Outcome, policy: &Sha256Hex) -> bool {
    let terms = &t.terms;
    &terms.office == office
        && &terms.outcome == outcome
        && &terms.policy == policy
        && terms.corrects.is_none()
}
