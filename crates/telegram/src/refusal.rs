//! Why something is not allowed now. A value, not an error: nothing is wrong with the courier.
//!
//! Refuses to say anything of what is wrong for ever; that is [`crate::Error`].

use serde::{Deserialize, Serialize};

use crate::{ApproverId, Instant, OfficeId, Sha256Hex, TelegramId};

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
    /// A telegram of the office is out, or about to be.
    SpokenFor {
        /// The office.
        office: OfficeId,
        /// The telegram.
        telegram: TelegramId,
    },
    /// Only a draft can be edited, approved and held.
    NotADraft {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Only a held telegram can be let go without a decision.
    NotHeld {
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
    /// Too few approved that it go out without a decision.
    NoQuorum {
        /// The telegram.
        telegram: TelegramId,
        /// How many approvals for this reason are missing.
        missing: usize,
    },
    /// Another telegram is held for this outcome, office and policy, or as this correction.
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
    /// Its release is being committed: whether it is out is not known yet.
    BeingReleased {
        /// The telegram.
        telegram: TelegramId,
    },
    /// The office is not decided.
    NotDecided {
        /// The office.
        office: OfficeId,
    },
    /// A person can let go only what is ready, or a correction of what was overtaken.
    NotReady {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Shares of its key are missing: released, it could not be sent.
    Sealed {
        /// The telegram.
        telegram: TelegramId,
        /// How many shares are missing.
        missing: usize,
    },
    /// No share of its key is taken: it may not be released, so it may not be opened.
    NotOpened {
        /// The telegram.
        telegram: TelegramId,
        /// Why it may not be released.
        because: Box<Refusal>,
    },
    /// Its key is not in the approvers' hands.
    NotShared {
        /// The telegram.
        telegram: TelegramId,
    },
    /// Whoever it is has no share of this key.
    NoShare {
        /// The telegram.
        telegram: TelegramId,
        /// Who.
        by: ApproverId,
    },
    /// This share was given before.
    ShareTaken {
        /// The telegram.
        telegram: TelegramId,
        /// Whose share.
        by: ApproverId,
    },
    /// Later acts undid the decision that made it ready.
    GroundUndone {
        /// The telegram.
        telegram: TelegramId,
        /// Since when.
        at: Instant,
    },
    /// The telegram it is to correct is not out, or nothing undid its ground.
    NothingToCorrect {
        /// The correction.
        telegram: TelegramId,
        /// What it corrects.
        corrects: TelegramId,
    },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AlreadyDecided { office, decision } => {
                write!(f, "{office} is decided by {decision}: its telegrams cannot change any more")
            }
            Self::SpokenFor { office, telegram } => write!(
                f,
                "telegram {telegram} of {office} is out, or about to be: there is one for an office, and corrections"
            ),
            Self::NotADraft { telegram } => {
                write!(f, "telegram {telegram} is no draft any more: withdraw it and draft another")
            }
            Self::NotHeld { telegram } => {
                write!(f, "telegram {telegram} is not held: only what is approved and held can be released")
            }
            Self::NotAnApprover { by } => write!(f, "{by} is not among the approvers"),
            Self::OtherDraft { telegram, by } => write!(
                f,
                "the approval of {by} is not of telegram {telegram} as it reads now: read it again and approve that"
            ),
            Self::NotApproved { telegram, missing } => {
                write!(f, "telegram {telegram} is not approved as it reads now: approvals missing: {missing}")
            }
            Self::NoQuorum { telegram, missing } => write!(
                f,
                "telegram {telegram} is not released without a decision: approvals of that, for this very reason, missing: {missing}"
            ),
            Self::OutcomeTaken { telegram, held } => {
                write!(f, "telegram {held} is held for the same as {telegram}: withdraw it first")
            }
            Self::TooLate { telegram } => write!(f, "telegram {telegram} was released or is void already"),
            Self::BeingReleased { telegram } => {
                write!(f, "the release of telegram {telegram} is being written: ask again in a moment")
            }
            Self::NotDecided { office } => write!(f, "{office} is not decided"),
            Self::NotReady { telegram } => write!(
                f,
                "telegram {telegram} is not ready: no decision is for it (to release it without one, say --override and why)"
            ),
            Self::Sealed { .. }
            | Self::NotOpened { .. }
            | Self::NotShared { .. }
            | Self::NoShare { .. }
            | Self::ShareTaken { .. } => of_shares(self, f),
            Self::GroundUndone { telegram, .. } => write!(
                f,
                "telegram {telegram} is ready, but later acts undid its decision: withdraw it, or release it without one (--override)"
            ),
            Self::NothingToCorrect { telegram, corrects } => write!(
                f,
                "telegram {telegram} corrects {corrects}, which is not out, or whose ground nothing undid"
            ),
        }
    }
}

/// Those about the shares of a key.
fn of_shares(refusal: &Refusal, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    match refusal {
        Refusal::Sealed { telegram, missing } => write!(
            f,
            "telegram {telegram} is not released, for nobody could open it: shares missing: {missing}"
        ),
        Refusal::NotOpened { telegram, because } => {
            write!(f, "telegram {telegram} is not opened, for it may not be released: {because}")
        }
        Refusal::NotShared { telegram } => write!(
            f,
            "the key of telegram {telegram} is not in shares: only what is drafted with --opening shares, and held, is opened so"
        ),
        Refusal::NoShare { telegram, by } => {
            write!(f, "{by} has no share of the key of telegram {telegram}")
        }
        Refusal::ShareTaken { telegram, by } => {
            write!(
                f,
                "the share of {by} of the key of telegram {telegram} was given before: another's is needed"
            )
        }
        _ => Ok(()),
    }
}
