//! A decision as it comes from outside, and what it means for the telegrams held.
//!
//! Refuses to know why it was taken: policy, record and standing are hashes here.

use serde::{Deserialize, Serialize};

use crate::{Instant, OfficeId, Outcome, Sha256Hex, TelegramId};

/// A policy was met for an office; there is one per office, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Its hash.
    pub id: Sha256Hex,
    /// The office decided.
    pub office: OfficeId,
    /// What was decided.
    pub outcome: Outcome,
    /// The policy that was met.
    pub policy: Sha256Hex,
    /// The instant at which it was met.
    pub at: Instant,
    /// The size of the record it was met at.
    pub record_size: u64,
    /// The root of the record at that size.
    pub root: Sha256Hex,
}

/// A decision and what follows from it for the telegrams of its office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// When it was taken up here: the instant of release and of voiding.
    pub at: Instant,
    /// The one telegram it releases, if any.
    pub release: Option<TelegramId>,
    /// The one telegram it makes ready, if its body is in the approvers' hands.
    pub ready: Option<TelegramId>,
    /// The telegrams it makes void.
    pub void: Vec<TelegramId>,
    /// Why a telegram for this outcome was not released.
    pub findings: Vec<Finding>,
    /// Whether the transaction is known to be durable; nothing is released before.
    pub committed: bool,
    /// When later events undid its ground; a flag, nothing is taken back.
    pub overtaken: Option<Instant>,
}

/// What a person should look at after a decision that released nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// No telegram was prepared for this outcome under this policy.
    NoTelegramFor {
        /// The outcome decided.
        outcome: Outcome,
    },
    /// There is one, but too few approved it as it reads.
    NotApproved {
        /// The telegram.
        telegram: TelegramId,
        /// How many approvals are missing.
        missing: usize,
    },
    /// Another telegram of the office is out already, without a decision.
    ReleasedBefore {
        /// The telegram.
        telegram: TelegramId,
    },
    /// There is one, approved, but it was not held.
    NotHeld {
        /// The telegram.
        telegram: TelegramId,
    },
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTelegramFor { outcome } => {
                write!(f, "no telegram was held for the outcome `{outcome}` under the policy that was met")
            }
            Self::NotApproved { telegram, missing } => {
                write!(f, "telegram {telegram} was not released: approvals missing: {missing}")
            }
            Self::ReleasedBefore { telegram } => {
                write!(f, "nothing was released: telegram {telegram} went out before, without a decision")
            }
            Self::NotHeld { telegram } => {
                write!(f, "telegram {telegram} was not released: it is approved, but it was not held")
            }
        }
    }
}
