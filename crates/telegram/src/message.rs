//! A telegram as drafted: for which outcome, in which bytes, to whom.
//!
//! Refuses to know the text and the addresses: it holds their hashes, and
//! the caller vouches that `recipients` is the hash of `deliveries`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Error, OfficeId, PersonId, RecipientId, Sha256Hex, TelegramId};

/// A message for one outcome of one office, rendered in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telegram {
    /// Its name, never used again.
    pub id: TelegramId,
    /// The office it is about; fixed from the first draft.
    pub office: OfficeId,
    /// The outcome it is for.
    pub outcome: Outcome,
    /// The salted hash of the body.
    pub body: Sha256Hex,
    /// The hash of the list of recipients and their channels.
    pub recipients: Sha256Hex,
    /// The policy whose decision may release it.
    pub policy: Sha256Hex,
    /// To whom, by which channel; each recipient once.
    pub deliveries: Vec<Delivery>,
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

/// One recipient of a telegram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Who.
    pub recipient: RecipientId,
    /// How.
    pub channel: Channel,
}

/// How a telegram reaches a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A file, put in place atomically under an unchanging name: trying again is harmless.
    File,
    /// A person: a note, a telephone call. Trying again may reach the recipient twice.
    Manual,
}

impl Channel {
    /// Whether a further try, after one whose answer is unknown, leaves the
    /// recipient with one message.
    #[must_use]
    pub fn repeats_safely(self) -> bool {
        match self {
            Self::File => true,
            Self::Manual => false,
        }
    }
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

/// Whether it has recipients, each once.
pub(crate) fn checked(telegram: &Telegram) -> Result<(), Error> {
    if telegram.deliveries.is_empty() {
        return Err(Error::NoRecipients { telegram: telegram.id.clone() });
    }
    let mut seen = BTreeSet::new();
    match telegram.deliveries.iter().find(|d| !seen.insert(&d.recipient)) {
        Some(twice) => {
            Err(Error::RecipientTwice { telegram: telegram.id.clone(), recipient: twice.recipient.clone() })
        }
        None => Ok(()),
    }
}
