//! Messages as files: one per outcome, rendered in full before anybody approves.
//!
//! A file that would put a line break into a header, or a placeholder nobody
//! fills, is refused before anything is held.

use proof::OutcomeText;
use record::digest::{Digest, sha256};
use record::signed_statement::{self, Class, Salt};
use serde::{Deserialize, Serialize};
use standing::{Election, Files, Law, OfficeId, PersonId};

use crate::announcing::{Announce, Announced};
use crate::book::Book;
use crate::channel::address::{self, Reach};
use crate::error::Error;
use crate::keychain;

/// A message file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageFile {
    id: String,
    office: OfficeId,
    outcome: OutcomeInFile,
    subject: String,
    body: String,
    announce: Option<Announce>,
    #[serde(default)]
    recipient: Vec<Recipient>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeInFile {
    Person(PersonId),
    Nobody,
    Annulled,
}

/// To whom and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// The channel.
    pub channel: telegram::Channel,
    /// A short name for rows and files.
    pub id: String,
    /// The name shown.
    pub name: String,
}

/// A message as it would go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// The office.
    pub office: OfficeId,
    /// The outcome.
    pub outcome: OutcomeText,
    /// Subject and body, rendered.
    pub rendered: Rendered,
    /// Recipients.
    pub recipients: Vec<Recipient>,
}

/// The exact words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendered {
    /// What of it is announced once it is out. Left out if nothing is, so that it has the digest it always had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Announced>,
    /// Body.
    pub body: String,
    /// Subject.
    pub subject: String,
}

/// Reads and renders every message of a folder.
///
/// # Errors
/// File, line and field.
pub fn messages(files: &Files, election: &Election, law: &Law) -> Result<Vec<Message>, Error> {
    let mut messages: Vec<Message> = Vec::new();
    for (file, text) in files.iter().filter(|(p, _)| p.ends_with(".toml")) {
        let file = format!("telegrams/{file}");
        let message = message(&file, text, election, law)?;
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

/// Reads and renders one message file.
///
/// # Errors
/// File, line and field.
pub fn message(file: &str, text: &str, election: &Election, law: &Law) -> Result<Message, Error> {
    let m: MessageFile = toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        let line = text.get(..start).unwrap_or("").matches('\n').count().saturating_add(1);
        wrong(file, line, "toml", e.message().replace('\n', "; "))
    })?;
    let office = law.offices.iter().find(|o| o.id == m.office);
    let office =
        office.ok_or_else(|| wrong(file, 0, "office", format!("the law knows no office `{}`", m.office)))?;
    let (outcome, person) = match m.outcome {
        OutcomeInFile::Nobody => (OutcomeText::Nobody, None),
        OutcomeInFile::Annulled => (OutcomeText::Annulled, None),
        OutcomeInFile::Person(id) => {
            let known = election.persons.get(&id).filter(|p| p.office == m.office);
            let why = || {
                wrong(file, 0, "outcome", format!("`{id}` is nobody's id for {} in election.toml", m.office))
            };
            (OutcomeText::Person(id.clone()), Some(known.ok_or_else(why)?.name.clone()))
        }
    };
    checked_recipients(file, &m.recipient)?;
    let fill = |field: &str, text: &str| {
        fill(text, person.as_deref(), &office.name).map_err(|why| wrong(file, 0, field, why))
    };
    let rendered = Rendered {
        announce: m.announce.map(|how| Announced::of(how, &office.name, person.as_deref(), &outcome)),
        body: fill("body", &m.body)?,
        subject: one_line(file, "subject", fill("subject", &m.subject)?)?,
    };
    slug(file, "id", &m.id)?;
    Ok(Message { id: m.id, office: m.office, outcome, rendered, recipients: m.recipient })
}

/// Fills `{person}` and `{office}`; any other placeholder is an error.
fn fill(text: &str, person: Option<&str>, office: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').ok_or("a `{` is never closed")?;
        out.push_str(before);
        match (name, person) {
            ("person", Some(p)) => out.push_str(p),
            ("office", _) => out.push_str(office),
            ("person", None) => return Err("{person} has no meaning in a message about nobody".into()),
            _ => return Err(format!("{{{name}}} is not a placeholder: use {{person}} or {{office}}")),
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn checked_recipients(file: &str, recipients: &[Recipient]) -> Result<(), Error> {
    if recipients.is_empty() {
        return Err(wrong(file, 0, "recipient", "at least one recipient is needed".into()));
    }
    for (n, r) in recipients.iter().enumerate() {
        slug(file, "recipient.id", &r.id)?;
        one_line(file, "recipient.name", r.name.clone())?;
        one_line(file, "recipient.address", r.address.clone())?;
        fitting_address(file, r)?;
        if recipients.iter().take(n).any(|x| x.id == r.id || x.address == r.address) {
            return Err(wrong(file, 0, "recipient", format!("`{}` stands twice", r.id)));
        }
    }
    Ok(())
}

/// Of the kind the channel needs. Whether a receiver's address may be reached is asked again when it is.
fn fitting_address(file: &str, r: &Recipient) -> Result<(), Error> {
    let refused = |why: String| wrong(file, 0, "recipient.address", format!("`{}`: {why}", r.address));
    match r.channel {
        telegram::Channel::Webhook => {
            address::parse(&r.address, Reach { private: true }).map(drop).map_err(|e| refused(e.to_string()))
        }
        telegram::Channel::Email => crate::mail::address::Address::parse("address", &r.address)
            .map(drop)
            .map_err(|e| refused(e.message)),
        telegram::Channel::File | telegram::Channel::Manual => {
            let shape = r.address.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
            if !shape || r.address.chars().any(|c| c.is_whitespace() || "<>,;\"".contains(c)) {
                return Err(wrong(file, 0, "recipient.address", format!("`{}` is no address", r.address)));
            }
            Ok(())
        }
    }
}

fn one_line(file: &str, field: &str, text: String) -> Result<String, Error> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(wrong(file, 0, field, "must be one line of text, without control characters".into()));
    }
    Ok(text)
}

fn slug(file: &str, field: &str, text: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=48).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(wrong(file, 0, field, format!("`{text}`: 1 to 48 of a-z, 0-9 and -")))
}

impl Message {
    /// The salted digest of the words.
    ///
    /// # Errors
    /// Only if the encoder fails.
    pub fn body_digest(&self, salt: &Salt) -> Result<Digest, Error> {
        digest_of(salt, &self.rendered)
    }

    /// The salted digest of the recipients.
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

/// Who sends, and what kind of record stands behind it.
#[derive(Debug, Clone)]
pub struct Sender {
    from: String,
    class: Option<&'static str>,
}

impl Sender {
    /// The one whose record it is.
    #[must_use]
    pub fn of(book: &Book<'_>) -> Self {
        match book {
            Book::History { .. } => Self {
                from: "A replay of ascertain <replay@ascertain.invalid>".into(),
                class: Some("history"),
            },
            Book::Own { logbook, .. } => Self {
                from: format!("{} <record@ascertain.invalid>", logbook.founding.origin),
                class: (logbook.founding.class != Class::Real)
                    .then(|| keychain::class_word(logbook.founding.class)),
            },
        }
    }
}

impl Sender {
    /// Whether what is sent is an exercise.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        self.class == Some("drill")
    }
}

/// What a webhook carries; the same bytes in every attempt.
#[derive(Serialize)]
struct WebhookBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// When the telegram was released, in seconds since 1970.
    released: i64,
    telegram: &'a str,
    subject: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    ground: &'a telegram::Ground,
}

/// What a webhook carries, as JSON.
#[must_use]
pub fn webhook_body(
    telegram: &str,
    words: &Rendered,
    by: &Sender,
    released: i64,
    ground: &telegram::Ground,
) -> String {
    let (subject, body) = (&words.subject, words.body.trim());
    let it = WebhookBody { kind: "telegram", released, telegram, subject, body, class: by.class, ground };
    // A struct of texts and numbers always has a JSON form.
    serde_json::to_string(&it).unwrap_or_default()
}

/// The file a recipient gets: shaped like an e-mail, its id fixed before the first attempt. What is no real record says
/// so in the subject too.
#[must_use]
pub fn eml(telegram: &str, recipient: &Recipient, words: &Rendered, by: &Sender, decision: &str) -> String {
    let id = sha256(format!("{decision}/{telegram}/{}", recipient.id).as_bytes());
    let lines: Vec<&str> = words.body.trim_matches('\n').lines().collect();
    let class = by.class.map(|c| format!("X-Ascertain-Class: {c}\r\n")).unwrap_or_default();
    let mark = if by.is_drill() { "[DRILL] " } else { "" };
    let rests_on =
        if decision.is_empty() { String::new() } else { format!("X-Ascertain-Decision: {decision}\r\n") };
    format!(
        "Message-ID: <{id}@ascertain.invalid>\r\nFrom: {}\r\nTo: {} <{}>\r\nSubject: {mark}{}\r\n{class}{rests_on}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        by.from,
        recipient.name,
        recipient.address,
        words.subject,
        lines.join("\r\n")
    )
}

fn wrong(file: &str, line: usize, field: &str, message: String) -> Error {
    Error::Message { file: file.into(), line, field: field.into(), message }
}
