//! What the courier is told to do, what goes into the record, and what is refused.
//!
//! Refuses to know how any of it is done.

use serde::{Deserialize, Serialize};

use crate::{
    ApproverId, Attempt, Channel, Decision, Delivery, Fault, Finding, Instant, Key, OfficeId, Progress,
    RecipientId, Reference, Sha256Hex, Stage, State, TelegramId,
};

/// Something to do. This list is the only one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// One transaction: the decision (unique per office), the release (unique
    /// per office and telegram), a row per void telegram and one per delivery.
    CommitDecisionAndRelease {
        /// The decision.
        decision: Decision,
        /// The instant of release and of voiding.
        at: Instant,
        /// The telegram released, if any.
        release: Option<TelegramId>,
        /// Its recipients: the outbox.
        outbox: Vec<Delivery>,
        /// The telegrams that become void.
        void: Vec<TelegramId>,
    },
    /// Unseal the body, to be ready for [`Command::Deliver`]. Only ever given for a released telegram.
    OpenBody {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Destroy the key, then send [`crate::Event::KeyDestroyed`]. Harmless if done before.
    DestroyKey {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Make a row (unique per telegram, recipient and attempt) durable.
    RecordAttempt {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// The attempt.
        attempt: Attempt,
    },
    /// Make the one write this attempt is.
    Deliver {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// How.
        channel: Channel,
        /// The attempt.
        attempt: Attempt,
    },
    /// Append what happened to the record, by the front door. A recipient's
    /// name is not to appear there in clear.
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
    /// A telegram was released.
    Released {
        /// The telegram.
        telegram: TelegramId,
        /// By which decision.
        decision: Sha256Hex,
    },
    /// A telegram became void.
    Voided {
        /// The telegram.
        telegram: TelegramId,
        /// By which decision.
        decision: Sha256Hex,
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
    /// A recipient has it.
    Acknowledged {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// The answer.
        reference: Reference,
    },
    /// A recipient cannot be reached.
    Undeliverable {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// Why.
        reason: Fault,
    },
    /// A recipient may have it.
    InDoubt {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
        /// The last attempt.
        attempt: Attempt,
    },
    /// A person had a delivery in doubt tried again.
    Resent {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
    },
    /// The ground of a decision is undone; nothing was taken back.
    Overtaken {
        /// The office.
        office: OfficeId,
        /// Since when.
        at: Instant,
    },
}

/// Why something is not allowed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The office is decided, or its decision is being committed.
    AlreadyDecided {
        /// The office.
        office: OfficeId,
        /// The decision that stands.
        decision: Sha256Hex,
    },
    /// Only a draft can be edited, approved and held.
    NotADraft {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Not one of the approvers.
    NotAnApprover {
        /// Who.
        by: ApproverId,
    },
    /// The approval is of other bytes, recipients, outcome or policy.
    OtherDraft {
        /// The telegram.
        telegram: TelegramId,
        /// Whose approval.
        by: ApproverId,
    },
    /// Too few approved the telegram as it reads.
    NotApproved {
        /// The telegram.
        telegram: TelegramId,
        /// How many approvals are missing.
        missing: usize,
    },
    /// Another telegram is held for this outcome, office and policy.
    OutcomeTaken {
        /// The telegram.
        telegram: TelegramId,
        /// The one held.
        held: TelegramId,
    },
    /// It was released, or is void.
    TooLate {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The office is not decided.
    NotDecided {
        /// The office.
        office: OfficeId,
    },
    /// The delivery is not in doubt.
    NotInDoubt {
        /// The telegram.
        telegram: TelegramId,
        /// The recipient.
        recipient: RecipientId,
    },
}

/// Whether the command is still to be obeyed, asked just before obeying it:
/// something may have happened since it was given.
#[must_use]
pub fn still_wanted(state: &State, command: &Command) -> bool {
    let entry = |t: &TelegramId| state.telegrams.get(t);
    let progress = |t, r: &RecipientId| entry(t).and_then(|e| e.sendings.get(r)).map(|s| &s.progress);
    match command {
        Command::CommitDecisionAndRelease { decision, .. } => {
            state.rulings.get(&decision.office).is_some_and(|r| !r.committed && &r.decision == decision)
        }
        Command::OpenBody { telegram } => {
            entry(telegram).is_some_and(|e| matches!(e.stage, Stage::Released { .. }))
        }
        Command::DestroyKey { telegram } => entry(telegram)
            .is_some_and(|e| e.key == Key::Kept && matches!(e.stage, Stage::Void { .. } | Stage::Withdrawn)),
        Command::RecordAttempt { telegram, recipient, attempt } => {
            matches!(progress(telegram, recipient), Some(Progress::Pending { attempt: a, .. }) if a == attempt)
        }
        Command::Deliver { telegram, recipient, attempt, .. } => {
            matches!(progress(telegram, recipient), Some(Progress::Attempting { attempt: a, .. }) if a == attempt)
        }
        Command::AppendStatement(_) | Command::Refuse(_) => true,
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AlreadyDecided { office, decision } => {
                write!(f, "{office} is decided by {decision}: its telegrams cannot change any more")
            }
            Self::NotADraft { telegram } => {
                write!(f, "telegram {telegram} is no draft any more: withdraw it and draft another")
            }
            Self::NotAnApprover { by } => write!(f, "{by} is not among the approvers"),
            Self::OtherDraft { telegram, by } => write!(
                f,
                "the approval of {by} is not of telegram {telegram} as it reads now: read it again and approve that"
            ),
            Self::NotApproved { telegram, missing } => {
                write!(f, "telegram {telegram} is not approved as it reads now: approvals missing: {missing}")
            }
            Self::OutcomeTaken { telegram, held } => {
                write!(f, "telegram {held} is held for the same outcome as {telegram}: withdraw it first")
            }
            Self::TooLate { telegram } => write!(f, "telegram {telegram} was released or is void already"),
            Self::NotDecided { office } => write!(f, "{office} is not decided"),
            Self::NotInDoubt { telegram, recipient } => {
                write!(f, "the delivery of telegram {telegram} to {recipient} is not in doubt")
            }
        }
    }
}
