//! Receivers and telegrams of a script: the words by the one reader of messages, whoever receives by name.
//!
//! An address of a message file is looked at as always, and left behind: its recipient becomes a receiver of the drill.
//! Refuses to know what happens.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use standing::OfficeId;
use telegram::{Channel, TelegramId};
use toml::Spanned;

use super::parsing::{Reading, line_at};
use super::receivers::{ADDRESS, Does, Receiver};
use super::script::Prepared;
use crate::error::Error;
use crate::folder;
use crate::message::{self, Asked, Message, Opened, OutcomeInFile, Recipient, Row, Template};

/// A receiver as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiverFile {
    id: Spanned<String>,
    name: Option<String>,
    channel: Channel,
    language: Option<String>,
    title: Option<String>,
    #[serde(default)]
    field: BTreeMap<String, String>,
    #[serde(default)]
    does: Vec<Does>,
}

/// Words of its own, or those of a message file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TelegramFile {
    id: Option<Spanned<String>>,
    file: Option<Spanned<String>>,
    office: Option<OfficeId>,
    outcome: Option<OutcomeInFile>,
    subject: Option<String>,
    body: Option<String>,
    to: Option<Vec<String>>,
    corrects: Option<String>,
}

impl Reading<'_> {
    /// Takes in a receiver; its id.
    ///
    /// # Errors
    /// File, line and field.
    pub(super) fn receiver(&mut self, f: &ReceiverFile) -> Result<String, Error> {
        let (at, id) = (f.id.span().start, f.id.get_ref().clone());
        message::slug(&id).map_err(|why| self.wrong(at, "receiver.id", why))?;
        self.moods(at, f.channel, &f.does)?;
        let name = f.name.clone().unwrap_or_else(|| id.clone());
        message::one_line(&name).map_err(|why| self.wrong(at, "receiver.name", why))?;
        let to = Recipient {
            address: format!("{ADDRESS}{id}"),
            channel: f.channel,
            field: f.field.clone(),
            id: id.clone(),
            language: f.language.clone(),
            name,
            title: f.title.clone(),
        };
        if !self.take_in(to, f.does.clone(), at) {
            return Err(self.wrong(at, "receiver.id", format!("`{id}` stands twice")));
        }
        Ok(id)
    }

    /// Says whether it was not known before.
    fn take_in(&mut self, to: Recipient, does: Vec<Does>, at: usize) -> bool {
        if self.receivers.contains_key(&to.id) {
            return false;
        }
        let place = (self.file.as_str(), line_at(&self.text, at));
        self.rows.insert(to.id.clone(), Row::of(&to, nobodys(&to), place));
        self.receivers.insert(to.id.clone(), Receiver { to, does });
        true
    }

    /// What is prepared.
    ///
    /// # Errors
    /// File, line and field.
    pub(super) fn telegrams(&mut self, written: &[TelegramFile]) -> Result<Vec<Prepared>, Error> {
        let mut prepared: Vec<Prepared> = Vec::new();
        for t in written {
            let Some(at) = t.id.as_ref().or(t.file.as_ref()).map(|s| s.span().start) else {
                return Err(self.wrong(0, "telegram", "a telegram has an `id`, or a `file`".into()));
            };
            let message = if t.file.is_some() { self.of_file(t, at)? } else { self.inline(t, at)? };
            // Before it is known itself: what it corrects stands above it.
            let corrects = t.corrects.as_deref().map(|name| self.telegram(name, at)).transpose()?;
            let id = TelegramId::parse(&message.id)?;
            let names = message.recipients.iter().map(|r| r.id.clone()).collect();
            if self.telegrams.insert(id, names).is_some() {
                return Err(self.wrong(at, "telegram.id", format!("`{}` stands twice", message.id)));
            }
            prepared.push(Prepared { message, corrects });
        }
        Ok(prepared)
    }

    /// The words of a message file. Its addresses are checked as for the night itself, and then left behind.
    fn of_file(&mut self, t: &TelegramFile, at: usize) -> Result<Message, Error> {
        if t.subject.is_some() || t.body.is_some() {
            return Err(self.wrong(at, "telegram.file", "the words stand in the file".into()));
        }
        let path = self.folder.join(t.file.as_ref().map_or("", |f| f.get_ref().as_str()));
        let template = message::read(&path.display().to_string(), &folder::read_text(&path)?)?;
        if !template.has_recipients() {
            return self.worded(t, &template, at);
        }
        let mut message = self.message(t, &template, &[], at)?;
        for r in &mut message.recipients {
            r.address = format!("{ADDRESS}{}", r.id);
            self.take_in(r.clone(), Vec::new(), at);
            // The script may know better what its receivers are.
            if let Some(known) = self.receivers.get(&r.id) {
                (r.channel, r.name) = (known.to.channel, known.to.name.clone());
            }
        }
        if t.to.is_some() {
            message.recipients = self.chosen(t, &message, at)?;
        }
        Ok(message)
    }

    /// Receivers in the place of those the file names; the words must fit them.
    fn chosen(&self, t: &TelegramFile, message: &Message, at: usize) -> Result<Vec<Recipient>, Error> {
        let mut chosen = Vec::new();
        for name in self.names(t, at)? {
            let own = message.recipients.iter().find(|r| r.id == *name);
            let to = own.or_else(|| self.receivers.get(name).map(|known| &known.to)).cloned();
            chosen.extend(to);
        }
        let opened = Opened::new(chosen.clone(), message.words.clone());
        match chosen.iter().find(|to| opened.to(&to.id).is_none()) {
            None => Ok(chosen),
            Some(to) => {
                let why = format!(
                    "`{}` lacks a language, title or field the words need: give it in [[receiver]]",
                    to.id
                );
                Err(self.wrong(at, "telegram.to", why))
            }
        }
    }

    fn inline(&self, t: &TelegramFile, at: usize) -> Result<Message, Error> {
        let missing = |field: &str| self.wrong(at, &format!("telegram.{field}"), "missing".into());
        if t.id.is_none() {
            return Err(missing("id"));
        }
        let subject = t.subject.clone().ok_or_else(|| missing("subject"))?;
        let body = t.body.clone().ok_or_else(|| missing("body"))?;
        self.worded(t, &Template::of(&self.file, subject, body), at).map_err(|e| self.placed(at, e))
    }

    /// Words that do not say to whom.
    fn worded(&self, t: &TelegramFile, template: &Template, at: usize) -> Result<Message, Error> {
        let rows: Vec<Row> =
            self.names(t, at)?.iter().filter_map(|name| self.rows.get(*name).cloned()).collect();
        let mut message = self.message(t, template, &rows, at)?;
        for r in &mut message.recipients {
            r.address = format!("{ADDRESS}{}", r.id);
        }
        Ok(message)
    }

    fn message(
        &self,
        t: &TelegramFile,
        template: &Template,
        to: &[Row],
        at: usize,
    ) -> Result<Message, Error> {
        if let Some(id) = &t.id {
            message::slug(id.get_ref()).map_err(|why| self.wrong(at, "telegram.id", why))?;
        }
        let outcome = t.outcome.as_ref().map(OutcomeInFile::text);
        if outcome.is_none() && template.outcome().is_none() {
            return Err(self.wrong(at, "telegram.outcome", "missing".into()));
        }
        let the_policys = || template.office().is_none().then(|| self.policy.office_in(&self.loaded.law));
        let asked = Asked {
            id: t.id.as_ref().map(|id| id.get_ref().as_str()),
            office: t.office.as_ref().or_else(the_policys),
            outcome: outcome.as_ref(),
            channel: None,
            to,
        };
        message::message(template, &asked, &self.loaded.election, &self.loaded.law)
    }

    /// The receivers a telegram names: known, and none twice.
    fn names<'t>(&self, t: &'t TelegramFile, at: usize) -> Result<Vec<&'t String>, Error> {
        let names: Vec<&String> = t.to.iter().flatten().collect();
        if let Some(name) = names.iter().find(|name| !self.receivers.contains_key(name.as_str())) {
            return Err(self.unknown(at, "telegram.to", name, "[[receiver]]", self.receivers.keys()));
        }
        let once: BTreeSet<&&String> = names.iter().collect();
        if names.is_empty() || once.len() != names.len() {
            return Err(self.wrong(at, "telegram.to", "at least one receiver, and none twice".into()));
        }
        Ok(names)
    }
}

/// An address as the receiver's channel needs it, under a name of which there is none; left behind once words are read.
// Spec: RFC 2606 § 2.
fn nobodys(to: &Recipient) -> String {
    match to.channel {
        Channel::Webhook => format!("https://receiver.invalid/{}", to.id),
        Channel::Email | Channel::File | Channel::Manual => format!("{}@receiver.invalid", to.id),
    }
}
