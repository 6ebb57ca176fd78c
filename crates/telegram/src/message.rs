//! A telegram as drafted: for which outcome, in which bytes, to whom, and how it is opened.
//!
//! Refuses to know the text and the addresses: it holds their hashes, and the caller vouches that the list of recipients
//! has that hash, that length, and names nobody twice.

use serde::{Deserialize, Serialize};

use crate::{Error, OfficeId, PersonId, Sha256Hex, TelegramId};

/// A message for one outcome of one office, rendered in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telegram {
    /// Its name, never used again.
    pub id: TelegramId,
    /// What an approver agrees to.
    pub terms: Terms,
    /// How many recipients it has, at least one.
    pub recipients: u32,
}

/// Everything an approval is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The office it is about; fixed from the first draft.
    pub office: OfficeId,
    /// The outcome it is for; of a correction, the outcome that was announced.
    pub outcome: Outcome,
    /// The salted hash of the body.
    pub body: Sha256Hex,
    /// The salted hash of the list of recipients, their channels and addresses.
    pub recipients: Sha256Hex,
    /// The policy whose decision may release it.
    pub policy: Sha256Hex,
    /// Who can open the body.
    pub opening: Opening,
    /// The telegram it corrects, if it is a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<TelegramId>,
}

/// Who can open a sealed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// The release step: its key is kept where it runs, and a decision releases.
    Automatic,
    /// Enough approvers together: a decision makes it ready, and they release it.
    Shares,
}

/// What a decision can say of an office.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// This person.
    Person(PersonId),
    /// Nobody: the office stays empty, or goes to a further vote.
    Nobody,
    /// The election is annulled.
    Annulled,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::Nobody => f.pad("nobody"),
            Self::Annulled => f.pad("annulled"),
        }
    }
}

/// Whether it goes to anybody.
pub(crate) fn checked(telegram: &Telegram) -> Result<(), Error> {
    if telegram.recipients == 0 {
        return Err(Error::NoRecipients { telegram: telegram.id.clone() });
    }
    if telegram.terms.corrects.as_ref() == Some(&telegram.id) {
        return Err(Error::CorrectsItself { telegram: telegram.id.clone() });
    }
    Ok(())
}
