//! What can happen to telegrams.
//!
//! Refuses to know who observed it and when, unless the instant matters.

use serde::{Deserialize, Serialize};

use crate::{
    Approval, Attempt, Decision, Instant, OfficeId, RecipientId, Reference, Sha256Hex, Telegram, TelegramId,
};

/// Something that happened. This list is the only one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A telegram was drafted.
    Draft(Telegram),
    /// A draft was replaced; whatever changed, its approvals are void.
    Edit(Telegram),
    /// An approver signed.
    Approve(Approval),
    /// The ciphertext is stored: hold it.
    Hold {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The kill switch: it must not go out.
    Withdraw {
        /// The telegram.
        telegram: TelegramId,
    },
    /// A policy was met.
    Decided {
        /// The decision.
        decision: Decision,
        /// The clock's reading.
        now: Instant,
    },
    /// The transaction of [`crate::Command::CommitDecisionAndRelease`] is durable.
    TransactionCommitted {
        /// The office.
        office: OfficeId,
        /// The decision's id.
        decision: Sha256Hex,
    },
    /// The row of [`crate::Command::RecordAttempt`] is durable.
    AttemptRecorded {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// The attempt.
        attempt: Attempt,
    },
    /// How an attempt ended. May come twice, late, or in any order.
    DeliveryReported {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// The attempt.
        attempt: Attempt,
        /// How it ended.
        answer: Answer,
    },
    /// The key of a void or withdrawn telegram is gone.
    KeyDestroyed {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The process began anew from what is stored.
    Restarted,
    /// A person settles what is in doubt.
    Resolve {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// How.
        how: Resolution,
    },
    /// Later acts undid the ground of an office's decision.
    Overtaken {
        /// The office.
        office: OfficeId,
        /// Since when.
        at: Instant,
    },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The recipient has it.
    Acknowledged {
        /// In the recipient's words.
        reference: Reference,
    },
    /// Nothing went out, and the channel knows it.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// Nobody knows whether anything went out.
    NoAnswer,
}

/// Why nothing went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The recipient could not be reached now.
    Unreachable,
    /// There is no room now.
    Full,
    /// There is no such recipient.
    NoSuchRecipient,
    /// The recipient, or the system, refuses.
    Refused,
}

impl Fault {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_passing(self) -> bool {
        match self {
            Self::Unreachable | Self::Full => true,
            Self::NoSuchRecipient | Self::Refused => false,
        }
    }
}

/// What a person found out about a delivery in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It arrived.
    Delivered {
        /// How that is known.
        reference: Reference,
    },
    /// Try again, at the risk that the recipient has it twice.
    Resend,
}
