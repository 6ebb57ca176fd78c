//! Approvals: who agreed to exactly which bytes, and how many must.
//!
//! Refuses to know signatures: the caller has verified that `by` signed it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ApproverId, Entry, Error, Reference, TelegramId, Terms};

/// One approver's agreement to one telegram as it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who approves.
    pub by: ApproverId,
    /// The telegram.
    pub telegram: TelegramId,
    /// What of it.
    pub terms: Terms,
    /// The reason for a release without a decision, if that is what is approved; else that it be held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_decision: Option<Reference>,
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

    /// The same number, of those who may approve now: a revoked key takes its approvals with it. With fewer than are
    /// needed nothing is approved any more.
    #[must_use]
    pub fn among(&self, approvers: BTreeSet<ApproverId>) -> Self {
        Self { needed: self.needed, approvers }
    }
}

/// How many approvals of the telegram as it reads now are missing; 0 means
/// the quorum is reached. Counted anew from the approvals, never remembered.
#[must_use]
pub fn missing_approvals(quorum: &Quorum, entry: &Entry) -> usize {
    missing(quorum, entry, &entry.approvals, None)
}

/// How many approvals of a release without a decision, for this reason, are missing.
#[must_use]
pub fn missing_overrides(quorum: &Quorum, entry: &Entry, reason: &Reference) -> usize {
    missing(quorum, entry, &entry.overrides, Some(reason))
}

fn missing(
    quorum: &Quorum,
    entry: &Entry,
    given: &BTreeMap<ApproverId, Approval>,
    reason: Option<&Reference>,
) -> usize {
    let counts = |by: &ApproverId, a: &Approval| {
        by == &a.by
            && quorum.approvers.contains(by)
            && covers(a, entry)
            && a.without_decision.as_ref() == reason
    };
    quorum.needed.saturating_sub(given.iter().filter(|(by, a)| counts(by, a)).count())
}

/// Whether the approval is of exactly this telegram.
pub(crate) fn covers(approval: &Approval, entry: &Entry) -> bool {
    approval.telegram == entry.telegram.id && approval.terms == entry.telegram.terms
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    needed: usize,
    approvers: BTreeSet<ApproverId>,
}

impl TryFrom<Written> for Quorum {
    type Error = Error;
    /// With fewer left than are needed too: that is what revoked keys can lead to.
    fn try_from(it: Written) -> Result<Self, Error> {
        if it.needed == 0 {
            return Err(Error::BadQuorum { needed: 0, approvers: it.approvers.len() });
        }
        Ok(Self { needed: it.needed, approvers: it.approvers })
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

    #[test]
    fn the_revoked_are_gone_and_the_number_stays() {
        let names = ["a", "b"].map(|n| ApproverId::parse(n).unwrap());
        let quorum = Quorum::new(2, names.iter().cloned().collect()).unwrap();
        let left = quorum.among(names.iter().take(1).cloned().collect());
        assert_eq!((left.needed(), left.approvers().len()), (2, 1));
        let written = Written::from(left.clone());
        assert_eq!(Quorum::try_from(written), Ok(left));
    }
}
