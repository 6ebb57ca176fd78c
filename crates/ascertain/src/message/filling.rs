//! A file's texts, filled in as far as a message is the same for everybody; what is each recipient's own stays open.
//!
//! Refuses to guess: a name that means nothing is an error.

use std::collections::{BTreeMap, BTreeSet};

use standing::{Election, Law};

use super::dates::{self, Forms};
use super::fields::{self, Piece};
use super::file::{Template, TextInFile};
use super::one_line;
use super::recipient::{Recipient, is_language, no_language, own_field};
use super::words::{Rendered, Text, Texts, Words};
use crate::error::Error;
use crate::escaped;

/// What fields stand for, as far as it is known when a message is drafted.
pub(super) struct Filling<'a> {
    t: &'a Template,
    person: Option<&'a str>,
    office: &'a str,
    /// Fields that some recipient has.
    own: BTreeSet<&'a str>,
    forms: Forms,
    about: (&'a Election, &'a Law),
}

impl<'a> Filling<'a> {
    pub(super) fn new(
        t: &'a Template,
        person: Option<&'a str>,
        office: &'a str,
        recipients: &'a [Recipient],
        about: (&'a Election, &'a Law),
    ) -> Result<Self, Error> {
        let own: BTreeSet<&str> =
            recipients.iter().flat_map(|r| r.field.keys().map(String::as_str)).collect();
        for (name, value) in &t.written.field {
            let field = format!("field.{name}");
            own_field(name).map_err(|why| t.wrong(&field, why))?;
            one_line(value).map_err(|why| t.wrong(&field, why))?;
            if own.contains(name.as_str()) {
                return Err(t.wrong(&field, "recipients have a field of this name too: which is meant?"));
            }
        }
        let forms = Forms::with(&t.written.dates)
            .map_err(|(language, why)| t.wrong(&format!("dates.{language}"), why))?;
        if let Some(date) = t.written.date.as_ref().filter(|d| dates::parse(d).is_none()) {
            return Err(t.wrong("date", format!("`{date}` is no date; write it as 2029-01-20")));
        }
        Ok(Self { t, person, office, own, forms, about })
    }

    /// Nothing for what is each recipient's own.
    fn value(&self, name: &str, language: Option<&str>) -> Result<Option<String>, String> {
        if let Some(value) = self.t.written.field.get(name) {
            return Ok(Some(value.clone()));
        }
        match (name, name.strip_prefix("date.")) {
            ("person", _) => match self.person {
                Some(person) => Ok(Some(person.to_owned())),
                None => Err("{person} has no meaning in a message about nobody".into()),
            },
            ("office", _) => Ok(Some(self.office.to_owned())),
            ("name" | "title", _) => Ok(None),
            ("date", _) => {
                let why = "{date} stands for the file's `date`, and it gives none. The day of a release is not known when its words are approved; {date.ID} is a date of the law";
                let date = self.t.written.date.as_ref().ok_or(why)?;
                self.forms.written(language, date).map(Some)
            }
            (_, Some(id)) => self.forms.written(language, &self.legal_date(id)?).map(Some),
            (own, None) if self.own.contains(own) => Ok(None),
            _ => Err(format!(
                "{{{name}}} is not a placeholder: there are {{person}}, {{office}}, {{name}}, {{title}}, {{date}}, {{date.ID}}, what the file gives under [field], and the recipients' own fields{}",
                self.own_named()
            )),
        }
    }

    fn own_named(&self) -> String {
        if self.own.is_empty() {
            return " (here none)".into();
        }
        let named: Vec<String> = self.own.iter().map(|n| format!("{{{n}}}")).collect();
        format!(" ({})", named.join(", "))
    }

    fn legal_date(&self, id: &str) -> Result<String, String> {
        let (election, law) = self.about;
        if let Some(date) = law.date(id, election.year, &election.zone) {
            return Ok(date.date);
        }
        let dates = law.dates(election.year, &election.zone);
        let known: Vec<&str> = dates.iter().map(|d| d.id.as_str()).collect();
        Err(format!("the law of this election has no date `{id}`; it has {}", known.join(", ")))
    }

    fn filled(
        &self,
        field: &str,
        text: &str,
        language: Option<&str>,
        html: bool,
    ) -> Result<Vec<Piece>, Error> {
        let pieces = fields::parse(text).map_err(|why| self.t.wrong(field, why))?;
        let value = |name: &str| {
            let value = self.value(name, language)?;
            Ok(value.map(|v| if html { escaped::words(&v) } else { v }))
        };
        fields::fill(&pieces, value).map_err(|why: String| self.t.wrong(field, why))
    }

    fn text(&self, under: &str, text: &TextInFile, language: Option<&str>) -> Result<Text, Error> {
        let named = |field: &str| format!("{under}{field}");
        let subject = self.filled(&named("subject"), &text.subject, language, false)?;
        for piece in &subject {
            if let Piece::Words(words) = piece {
                one_line(words).map_err(|why| self.t.wrong(&named("subject"), why))?;
            }
        }
        if subject.is_empty() {
            return Err(self.t.wrong(&named("subject"), "is empty"));
        }
        let html = text.html.as_ref().map(|html| self.filled(&named("html"), html, language, true));
        Ok(Text {
            body: self.filled(&named("body"), &text.body, language, false)?,
            html: html.transpose()?,
            subject,
        })
    }
}

/// The texts of the file, filled in; one text without fields of the recipients' own is the same for everybody.
pub(super) fn words_of(
    t: &Template,
    filling: &Filling<'_>,
    recipients: &[Recipient],
) -> Result<Words, Error> {
    let w = &t.written;
    let default = w.language.as_deref();
    if let Some(language) = w.text.keys().chain(&w.language).find(|l| !is_language(l)) {
        return Err(t.wrong("language", no_language(language)));
    }
    let mut texts = BTreeMap::new();
    for (language, text) in &w.text {
        texts.insert(language.clone(), filling.text(&format!("text.{language}."), text, Some(language))?);
    }
    if let Some(text) = plain_text(t)? {
        let twice = texts.insert(default.unwrap_or_default().to_owned(), filling.text("", &text, default)?);
        if let (Some(_), Some(language)) = (twice, default) {
            let why = format!("the file has a text in `{language}` here and one under [text.{language}]");
            return Err(t.wrong("subject", why));
        }
    }
    let default = default.unwrap_or_default().to_owned();
    if let Some(one) = one_text(&texts, &default, recipients) {
        return Ok(Words::One(one));
    }
    Ok(Words::Each(Texts { announce: None, default, texts }))
}

/// The text outside of any [text.…].
fn plain_text(t: &Template) -> Result<Option<TextInFile>, Error> {
    match (&t.written.subject, &t.written.body, &t.written.html) {
        (Some(subject), Some(body), html) => {
            Ok(Some(TextInFile { subject: subject.clone(), body: body.clone(), html: html.clone() }))
        }
        (None, None, None) if !t.written.text.is_empty() => Ok(None),
        (None, _, _) => Err(t.wrong("subject", "is missing")),
        (_, None, _) => Err(t.wrong("body", "is missing")),
    }
}

fn one_text(texts: &BTreeMap<String, Text>, default: &str, to: &[Recipient]) -> Option<Rendered> {
    let (language, text) = texts.first_key_value().filter(|_| texts.len() == 1)?;
    let same = |r: &Recipient| r.language.as_deref().unwrap_or(default) == language;
    let html = text.html.as_ref().map(|html| fields::words(html));
    let html = match html {
        Some(None) => return None,
        Some(html) => html,
        None => None,
    };
    let rendered = Rendered {
        announce: None,
        body: fields::words(&text.body)?,
        html,
        subject: fields::words(&text.subject)?,
    };
    to.iter().all(same).then_some(rendered)
}
