//! Approvals: who agreed to exactly which bytes, and how many must.
//!
//! Refuses to know signatures: the caller has verified that `by` signed it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{ApproverId, Entry, Error, Outcome, Sha256Hex, Telegram, TelegramId};

/// One approver's agreement to one telegram as it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who approves.
    pub by: ApproverId,
    /// The telegram.
    pub telegram: TelegramId,
    /// Its salted body hash.
    pub body: Sha256Hex,
    /// The hash of its recipients.
    pub recipients: Sha256Hex,
    /// The outcome it is for.
    pub outcome: Outcome,
    /// The policy that may release it.
    pub policy: Sha256Hex,
}

/// How many of which approvers suffice; each counts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Quorum {
    needed: usize,
    approvers: BTreeSet<ApproverId>,
}

impl Quorum {
    /// `needed` of `approvers`.
    ///
    /// # Errors
    /// [`Error::BadQuorum`] when nobody would be needed or more than there are.
    pub fn new(needed: usize, approvers: BTreeSet<ApproverId>) -> Result<Self, Error> {
        if needed == 0 || needed > approvers.len() {
            return Err(Error::BadQuorum { needed, approvers: approvers.len() });
        }
        Ok(Self { needed, approvers })
    }

    /// How many are needed, at least 1.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// Those who may approve.
    #[must_use]
    pub fn approvers(&self) -> &BTreeSet<ApproverId> {
        &self.approvers
    }
}

/// How many approvals of the telegram as it reads now are missing; 0 means
/// the quorum is reached. Counted anew from the approvals, never remembered.
#[must_use]
pub fn missing_approvals(quorum: &Quorum, entry: &Entry) -> usize {
    let counts = |by: &ApproverId, a: &Approval| {
        by == &a.by && quorum.approvers.contains(by) && covers(a, &entry.telegram)
    };
    let given = entry.approvals.iter().filter(|(by, a)| counts(by, a)).count();
    quorum.needed.saturating_sub(given)
}

/// Whether the approval is of exactly this telegram.
pub(crate) fn covers(approval: &Approval, telegram: &Telegram) -> bool {
    approval.telegram == telegram.id
        && approval.body == telegram.body
        && approval.recipients == telegram.recipients
        && approval.outcome == telegram.outcome
        && approval.policy == telegram.policy
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    needed: usize,
    approvers: BTreeSet<ApproverId>,
}

impl TryFrom<Written> for Quorum {
    type Error = Error;
    fn try_from(it: Written) -> Result<Self, Error> {
        Self::new(it.needed, it.approvers)
    }
}

impl From<Quorum> for Written {
    fn from(it: Quorum) -> Self {
        Self { needed: it.needed, approvers: it.approvers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quorum_needs_somebody_and_at_most_everybody() {
        let two = ["a", "b"].map(|n| ApproverId::parse(n).unwrap());
        let of_two = |needed| Quorum::new(needed, two.iter().cloned().collect());
        assert_eq!(of_two(0), Err(Error::BadQuorum { needed: 0, approvers: 2 }));
        assert_eq!(of_two(3), Err(Error::BadQuorum { needed: 3, approvers: 2 }));
        assert_eq!(of_two(2).map(|q| q.needed()), Ok(2));
    }
}
