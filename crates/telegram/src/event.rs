//! What can happen to telegrams, and what a recipient can answer.
//!
//! Refuses to know who observed it and when, unless the instant matters.

use serde::{Deserialize, Serialize};

use crate::{
    Approval, ApproverId, Decision, Instant, OfficeId, Quorum, Reference, Sha256Hex, Telegram, TelegramId,
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
    /// Those who may approve are others now.
    Quorum(Quorum),
    /// Hold it. One that opens by shares is held with them: the key is split among the approvers in force, as many of whom
    /// open it as the quorum needs, and the shares are stored together with this event.
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
    /// The transaction of [`crate::Command::CommitDecision`] is durable.
    TransactionCommitted {
        /// The office.
        office: OfficeId,
        /// The decision's id.
        decision: Sha256Hex,
    },
    /// A person lets go a telegram that is ready, or an approved correction of what was overtaken.
    Release {
        /// The telegram.
        telegram: TelegramId,
        /// The clock's reading.
        now: Instant,
    },
    /// Enough approvers want a held telegram out though no decision releases it.
    Override {
        /// The telegram.
        telegram: TelegramId,
        /// Why; what the approvers signed.
        reason: Reference,
        /// The clock's reading.
        now: Instant,
    },
    /// The transaction of [`crate::Command::CommitRelease`] is durable.
    ReleaseCommitted {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The key of a void or withdrawn telegram is gone.
    KeyDestroyed {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The key of a draft that was replaced is gone.
    DraftForgotten {
        /// The telegram.
        telegram: TelegramId,
        /// The body of that draft.
        body: Sha256Hex,
    },
    /// A key that was split is not here any more.
    KeyParted {
        /// The telegram.
        telegram: TelegramId,
    },
    /// An approver gave back the share of a key; the caller has checked that it is the one they got.
    ShareGiven {
        /// The telegram.
        telegram: TelegramId,
        /// Whose share.
        by: ApproverId,
    },
    /// The process began anew from what is stored.
    Restarted,
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
        /// How many seconds the recipient asked to be left alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
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
    /// A correction is out; what it corrects goes out no more.
    Corrected,
}

impl Fault {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_passing(self) -> bool {
        match self {
            Self::Unreachable | Self::Full => true,
            Self::NoSuchRecipient | Self::Refused | Self::Corrected => false,
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
