//! The message file: for which outcome, in which words, to whom.
//!
//! What a file leaves open, whoever drafts says. Refuses to guess: a field nobody fills, a language without a text, two
//! answers to one question are errors.

use std::collections::BTreeMap;
use std::rc::Rc;

use proof::OutcomeText;
use serde::Deserialize;
use standing::{Election, Law, OfficeId, PersonId};
use telegram::Channel;
use toml::Spanned;

use super::dates::Form;
use super::filling::{Filling, words_of};
use super::list::{Entry, Row};
use super::recipient::{self, Recipient};
use super::words::{self, Missing, Words};
use super::{Message, slug, wrong};
use crate::announcing::{Announce, Announced};
use crate::error::Error;
use crate::mail;

/// A message file as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    id: Option<String>,
    office: Option<OfficeId>,
    outcome: Option<OutcomeInFile>,
    pub(super) language: Option<String>,
    pub(super) date: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) body: Option<String>,
    pub(super) html: Option<String>,
    #[serde(default)]
    pub(super) text: BTreeMap<String, TextInFile>,
    #[serde(default)]
    pub(super) field: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) dates: BTreeMap<String, Form>,
    announce: Option<Announce>,
    #[serde(default)]
    recipient: Vec<Spanned<Entry>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextInFile {
    pub(super) subject: String,
    pub(super) body: String,
    pub(super) html: Option<String>,
}

/// An outcome as files name it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeInFile {
    /// A person.
    Person(PersonId),
    /// Nobody is elected.
    Nobody,
    /// Set aside.
    Annulled,
}

impl OutcomeInFile {
    /// The outcome.
    #[must_use]
    pub fn text(&self) -> OutcomeText {
        match self {
            Self::Person(id) => OutcomeText::Person(id.clone()),
            Self::Nobody => OutcomeText::Nobody,
            Self::Annulled => OutcomeText::Annulled,
        }
    }
}

/// A message file, read.
#[derive(Debug, Clone)]
pub struct Template {
    file: String,
    pub(super) written: Written,
    rows: Vec<Row>,
}

/// What whoever drafts says besides the file. Where both say something, they must agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The telegram's id.
    pub id: Option<&'a str>,
    /// The office.
    pub office: Option<&'a OfficeId>,
    /// The outcome.
    pub outcome: Option<&'a OutcomeText>,
    /// The channel of recipients that name none.
    pub channel: Option<Channel>,
    /// Further recipients.
    pub to: &'a [Row],
}

/// Reads a message file.
///
/// # Errors
/// File, line and field.
pub fn read(file: &str, text: &str) -> Result<Template, Error> {
    let written: Written = toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        let line = text.get(..start).unwrap_or("").matches('\n').count().saturating_add(1);
        wrong(file, line, "toml", e.message().replace('\n', "; "))
    })?;
    let shared: Rc<str> = file.into();
    let (mut line, mut from) = (1_usize, 0_usize);
    let mut rows = Vec::new();
    for entry in &written.recipient {
        let start = entry.span().start;
        line = line.saturating_add(text.get(from..start).unwrap_or("").matches('\n').count());
        from = start;
        rows.push(Row { entry: entry.get_ref().clone(), file: shared.clone(), line, under: "recipient." });
    }
    Ok(Template { file: file.into(), written: Written { recipient: Vec::new(), ..written }, rows })
}

impl Template {
    /// Words that stand in a file which is none of messages.
    #[must_use]
    pub fn of(file: &str, subject: String, body: String) -> Self {
        let written = Written { subject: Some(subject), body: Some(body), ..Written::default() };
        Self { file: file.into(), written, rows: Vec::new() }
    }

    /// Whether it says to whom.
    #[must_use]
    pub fn has_recipients(&self) -> bool {
        !self.rows.is_empty()
    }

    /// The office it names, if it does.
    #[must_use]
    pub fn office(&self) -> Option<&OfficeId> {
        self.written.office.as_ref()
    }

    /// The outcome it names, if it does.
    #[must_use]
    pub fn outcome(&self) -> Option<OutcomeText> {
        self.written.outcome.as_ref().map(OutcomeInFile::text)
    }

    pub(super) fn wrong(&self, field: &str, message: impl Into<String>) -> Error {
        wrong(&self.file, 0, field, message.into())
    }
}

/// A message, with everything filled in but what is each recipient's own; checked for every recipient.
///
/// # Errors
/// File, line and field.
pub fn message(t: &Template, asked: &Asked<'_>, election: &Election, law: &Law) -> Result<Message, Error> {
    let office_id = one_of(t, "office", t.office().cloned(), asked.office.cloned())?;
    let office = law.offices.iter().find(|o| o.id == office_id);
    let office = office.ok_or_else(|| t.wrong("office", format!("the law knows no office `{office_id}`")))?;
    let outcome = one_of(t, "outcome", t.outcome(), asked.outcome.cloned())?;
    let person = match &outcome {
        OutcomeText::Nobody | OutcomeText::Annulled => None,
        OutcomeText::Person(id) => {
            let known = election.persons.get(id).filter(|p| p.office == office_id);
            let why =
                || t.wrong("outcome", format!("`{id}` is nobody's id for {office_id} in election.toml"));
            Some(known.ok_or_else(why)?.name.as_str())
        }
    };
    let rows: Vec<&Row> = t.rows.iter().chain(asked.to).collect();
    let recipients = recipient::checked(&t.file, &rows, asked.channel)?;
    let filling = Filling::new(t, person, &office.name, &recipients, (election, law))?;
    let words = words_of(t, &filling, &recipients)?;
    let announced = t.written.announce.map(|how| Announced::of(how, &office.name, person, &outcome));
    let words = words.announced(announced);
    if t.written.announce == Some(Announce::Text) && words.public().is_none() {
        let why = "the words of the default language have fields of the recipients' own, which nobody else may read: say \"fact\"";
        return Err(t.wrong("announce", why));
    }
    for_everybody(t, &words, &rows, &recipients)?;
    let id = match (&t.written.id, asked.id) {
        (Some(id), None) => id.clone(),
        (None, Some(id)) => id.to_owned(),
        (None, None) => made_up(&office_id, &outcome),
        (Some(id), Some(other)) if id == other => id.clone(),
        (Some(id), Some(other)) => {
            return Err(t.wrong("id", format!("the file says `{id}`, and --id `{other}`")));
        }
    };
    slug(&id).map_err(|why| t.wrong("id", format!("{why}; give one by --id")))?;
    Ok(Message { id, office: office_id, outcome, words, recipients })
}

fn one_of<T: PartialEq>(t: &Template, what: &str, file: Option<T>, asked: Option<T>) -> Result<T, Error> {
    match (file, asked) {
        (Some(file), None) => Ok(file),
        (Some(file), Some(asked)) if file == asked => Ok(file),
        (None, Some(asked)) => Ok(asked),
        (None, None) => Err(t.wrong(what, format!("the file says none: write it there, or give --{what}"))),
        (Some(_), Some(_)) => Err(t.wrong(what, format!("the file says another than --{what}"))),
    }
}

/// The id of a message whose writer gave none.
fn made_up(office: &OfficeId, outcome: &OutcomeText) -> String {
    let outcome = match outcome {
        OutcomeText::Person(id) => id.as_str(),
        OutcomeText::Nobody => "nobody",
        OutcomeText::Annulled => "annulled",
    };
    format!("{office}-{outcome}").replace('_', "-")
}

/// Puts the words together for everybody: on the night there is nobody to ask.
fn for_everybody(t: &Template, words: &Words, rows: &[&Row], recipients: &[Recipient]) -> Result<(), Error> {
    for (row, recipient) in rows.iter().zip(recipients) {
        let rendered =
            words::words_for(words, recipient).map_err(|missing| lacking(t, row, recipient, &missing))?;
        if recipient.channel == Channel::Email {
            mail::message::fits(&rendered.subject, &rendered.body, rendered.html.as_deref()).map_err(
                |e| {
                    let field = if e.field == "text" { "body" } else { e.field };
                    t.wrong(field, format!("to `{}` by e-mail: {}", recipient.id, e.message))
                },
            )?;
            // The same words fit everybody.
            if matches!(words, Words::One(_)) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn lacking(t: &Template, row: &Row, recipient: &Recipient, missing: &Missing) -> Error {
    let id = &recipient.id;
    match missing {
        Missing::Field { name } => {
            let field = if name == "title" { name.clone() } else { format!("field.{name}") };
            row.wrong(&field, format!("`{id}` has none, and the words of {} need {{{name}}}", t.file))
        }
        Missing::Text { language } if language.is_empty() => {
            let why = format!("`{id}` names none, and {} has no `language` for who names none", t.file);
            row.wrong("language", why)
        }
        Missing::Text { language } => {
            let why =
                format!("`{id}` is written to in `{language}`, and {} has no [text.{language}]", t.file);
            row.wrong("language", why)
        }
    }
}
