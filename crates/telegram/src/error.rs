//! What cannot be about this state: a wrong name, or a courier's mistake.
//!
//! Refuses what is merely not allowed now; that is a [`crate::Refusal`].

use crate::{Attempt, OfficeId, Sha256Hex, TelegramId};

/// Says what is wrong, where, and what to do. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A name has characters names may not have.
    BadName {
        /// The kind of name.
        what: &'static str,
        /// The text found, cut short.
        text: String,
    },
    /// A line of text is empty, too long, or has control characters.
    BadLine {
        /// The kind of line.
        what: &'static str,
        /// The text found, cut short.
        text: String,
    },
    /// A digest is not one.
    BadDigest {
        /// The text found, cut short.
        text: String,
    },
    /// A quorum nobody, or more than everybody, would have to reach.
    BadQuorum {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        approvers: usize,
    },
    /// A draft goes to nobody.
    NoRecipients {
        /// The telegram.
        telegram: TelegramId,
    },
    /// A correction names itself.
    CorrectsItself {
        /// The telegram.
        telegram: TelegramId,
    },
    /// A draft takes a name in use.
    TelegramExists {
        /// The telegram.
        telegram: TelegramId,
    },
    /// There is no such telegram.
    NoTelegram {
        /// The telegram.
        telegram: TelegramId,
    },
    /// An edit moves a telegram to another office.
    OfficeChanged {
        /// The telegram.
        telegram: TelegramId,
        /// Its office.
        office: OfficeId,
    },
    /// A transaction was reported that was not asked for.
    NoTransaction {
        /// The office.
        office: OfficeId,
        /// The decision reported.
        decision: Sha256Hex,
    },
    /// A key that a telegram needs was reported destroyed: it may yet go out, or has, and no shares of it were stored.
    KeyInUse {
        /// The telegram.
        telegram: TelegramId,
    },
    /// A release was reported as committed that was not asked for.
    NoRelease {
        /// The telegram.
        telegram: TelegramId,
    },
    /// An attempt was reported that was not asked for.
    NoAttempt {
        /// The attempt reported.
        attempt: Attempt,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadName { what, text } => write!(
                f,
                "`{text}` is no {what}: write 1 to 96 of the characters A-Z a-z 0-9 . - _ : / beginning with a letter or digit"
            ),
            Self::BadLine { what, text } => {
                write!(f, "`{}` is no {what}: write 1 to 200 bytes on one line", text.escape_debug())
            }
            Self::BadDigest { text } => {
                write!(f, "`{}` is no SHA-256 digest: write 64 digits 0-9 a-f", text.escape_debug())
            }
            Self::BadQuorum { needed, approvers } => {
                write!(f, "{needed} of {approvers} approvers is no quorum: need at least 1 and at most all")
            }
            Self::NoRecipients { telegram } => {
                write!(f, "telegram {telegram} goes to nobody: name at least one recipient")
            }
            Self::CorrectsItself { telegram } => {
                write!(f, "telegram {telegram} corrects itself: name the telegram it corrects")
            }
            Self::TelegramExists { telegram } => {
                write!(f, "there is a telegram {telegram} already: edit it, or draft under a new name")
            }
            Self::NoTelegram { telegram } => write!(f, "there is no telegram {telegram}: draft it first"),
            Self::OfficeChanged { telegram, office } => {
                write!(f, "telegram {telegram} is about {office}: for another office draft another telegram")
            }
            Self::NoTransaction { office, decision } => write!(
                f,
                "decision {decision} of {office} was reported as committed, but not asked for: load the state and restart"
            ),
            Self::KeyInUse { telegram } => write!(
                f,
                "the key of telegram {telegram} was reported destroyed, but the telegram needs it: check the key store"
            ),
            Self::NoRelease { telegram } => write!(
                f,
                "the release of telegram {telegram} was reported as committed, but not asked for: load the state and restart"
            ),
            Self::NoAttempt { attempt } => {
                write!(f, "attempt {} was never recorded: load the state and restart", attempt.0)
            }
        }
    }
}

impl std::error::Error for Error {}
