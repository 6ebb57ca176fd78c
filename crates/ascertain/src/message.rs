//! Messages: one per outcome, their words fixed before anybody approves.
//!
//! A file that would put a line break into a header, a field nobody fills, or a recipient who stands twice is refused
//! before anything is held.

mod dates;
mod fields;
mod file;
mod filling;
mod forms;
mod list;
mod recipient;
mod words;

pub use file::{Asked, OutcomeInFile, Template, message, read};
pub use forms::{Sender, eml, eml_rehearsed, sending_id, webhook_beforehand, webhook_body};
pub use list::{Row, list};
pub use recipient::{Recipient, channel_named, channel_word, normal};
pub use words::{Opened, Rendered, Words};

use proof::OutcomeText;
use record::digest::Digest;
use record::signed_statement::{self, Salt};
use serde::Serialize;
use standing::{Election, Files, Law, OfficeId};

use crate::error::Error;

/// A message as it would go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// The office.
    pub office: OfficeId,
    /// The outcome.
    pub outcome: OutcomeText,
    /// Subject and body.
    pub words: Words,
    /// Recipients.
    pub recipients: Vec<Recipient>,
}

/// Reads and fills every message of a folder.
///
/// # Errors
/// File, line and field.
pub fn messages(files: &Files, election: &Election, law: &Law) -> Result<Vec<Message>, Error> {
    let mut messages: Vec<Message> = Vec::new();
    for (file, text) in files.iter().filter(|(p, _)| p.ends_with(".toml")) {
        let file = format!("telegrams/{file}");
        let message = message(&read(&file, text)?, &Asked::default(), election, law)?;
        let twice =
            |m: &&Message| m.id == message.id || (m.office == message.office && m.outcome == message.outcome);
        if let Some(other) = messages.iter().find(twice) {
            let why = format!("`{}` has the same id or is for the same outcome", other.id);
            return Err(wrong(&file, 0, "outcome", why));
        }
        messages.push(message);
    }
    Ok(messages)
}

impl Message {
    /// The salted digest of the words: of all texts, and of which fields stand where.
    ///
    /// # Errors
    /// Only if the encoder fails.
    pub fn body_digest(&self, salt: &Salt) -> Result<Digest, Error> {
        digest_of(salt, &self.words)
    }

    /// The salted digest of the recipients, with the values of their fields.
    ///
    /// # Errors
    /// Only if the encoder fails.
    pub fn recipients_digest(&self, salt: &Salt) -> Result<Digest, Error> {
        digest_of(salt, &self.recipients)
    }
}

/// The salted digest of words, or of recipients.
///
/// # Errors
/// Only if the encoder fails.
pub fn digest_of(salt: &Salt, it: &impl Serialize) -> Result<Digest, Error> {
    Ok(signed_statement::body_digest(salt, &record::canonical::to_canonical(it)?))
}

/// What may stand in a header: U+2028 and U+2029 end lines in some readers.
pub(crate) fn one_line(text: &str) -> Result<(), String> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.is_empty() || text.chars().any(breaks) {
        return Err("must be one line of text, without control characters".into());
    }
    Ok(())
}

/// What may be an id.
pub(crate) fn slug(text: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=48).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(format!("`{}`: 1 to 48 of a-z, 0-9 and -", text.escape_debug()))
}

fn wrong(file: &str, line: usize, field: &str, message: String) -> Error {
    Error::Message { file: file.into(), line, field: field.into(), message }
}

#[cfg(test)]
mod tests;
