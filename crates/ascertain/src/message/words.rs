//! What is said, to each recipient: one text for all, or a text per language with fields that are another for each.
//!
//! Everything but a recipient's own fields is filled in before anybody approves; what is left is put together here, the
//! same way for who looks, who approves and what is sent. Refuses to know channels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fields::Piece;
use super::recipient::Recipient;
use crate::announcing::Announced;
use crate::escaped;

/// The exact words for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendered {
    /// What of it is announced once it is out. Left out if nothing is, so that it has the digest it always had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Announced>,
    /// Body.
    pub body: String,
    /// The same as HTML, for electronic mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Subject.
    pub subject: String,
}

/// The words of a message, as they are approved and sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// The same for everybody.
    One(Rendered),
    /// By the recipient's language, with the recipient's own fields.
    Each(Texts),
}

impl Words {
    /// What of it is announced once it is out.
    #[must_use]
    pub fn announce(&self) -> Option<&Announced> {
        match self {
            Self::One(rendered) => rendered.announce.as_ref(),
            Self::Each(texts) => texts.announce.as_ref(),
        }
    }

    /// The same words, with what of them is announced.
    #[must_use]
    pub fn announced(mut self, announced: Option<Announced>) -> Self {
        match &mut self {
            Self::One(rendered) => rendered.announce = announced,
            Self::Each(texts) => texts.announce = announced,
        }
        self
    }

    /// The words as everybody may read them: those of the default language, if no field of a recipient's stands in them.
    #[must_use]
    pub fn public(&self) -> Option<Rendered> {
        match self {
            Self::One(rendered) => Some(rendered.clone()),
            Self::Each(texts) => texts.texts.get(&texts.default).and_then(Text::for_all),
        }
    }
}

/// Texts by language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// What of it is announced once it is out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Announced>,
    /// The language of who names none; empty if the only text is of no named language.
    pub default: String,
    /// The texts.
    pub texts: BTreeMap<String, Text>,
}

/// One text, with the recipient's fields open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Body.
    pub body: Vec<Piece>,
    /// The same as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Vec<Piece>>,
    /// Subject.
    pub subject: Vec<Piece>,
}

impl Text {
    fn for_all(&self) -> Option<Rendered> {
        let open = self.body.iter().chain(&self.subject).any(|piece| matches!(piece, Piece::Field(_)));
        (!open).then(|| self.with_names())
    }

    /// The text with the names of its fields, for whoever looks at all of it.
    #[must_use]
    pub fn with_names(&self) -> Rendered {
        let shown = |pieces: &[Piece]| -> String {
            let piece = |piece: &Piece| match piece {
                Piece::Words(words) => words.clone(),
                Piece::Field(name) => format!("{{{name}}}"),
            };
            pieces.iter().map(piece).collect()
        };
        Rendered {
            announce: None,
            body: shown(&self.body),
            html: self.html.as_deref().map(shown),
            subject: shown(&self.subject),
        }
    }
}

/// What is missing for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A text in the recipient's language.
    Text {
        /// The language.
        language: String,
    },
    /// A value of the recipient's.
    Field {
        /// The field.
        name: String,
    },
}

/// The exact subject, body and HTML for a recipient. There is no other way to words.
///
/// # Errors
/// No text in the recipient's language, or no value for a field of it; both are looked for when a message is drafted.
pub fn words_for(words: &Words, to: &Recipient) -> Result<Rendered, Missing> {
    let texts = match words {
        Words::One(rendered) => return Ok(rendered.clone()),
        Words::Each(texts) => texts,
    };
    let language = to.language.as_ref().unwrap_or(&texts.default);
    let text = texts.texts.get(language).ok_or_else(|| Missing::Text { language: language.clone() })?;
    Ok(Rendered {
        announce: None,
        body: filled(&text.body, to, false)?,
        html: text.html.as_ref().map(|html| filled(html, to, true)).transpose()?,
        subject: filled(&text.subject, to, false)?,
    })
}

fn filled(pieces: &[Piece], to: &Recipient, html: bool) -> Result<String, Missing> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(words),
            Piece::Field(name) => {
                let value = to.value(name).ok_or_else(|| Missing::Field { name: name.clone() })?;
                if html {
                    out.push_str(&escaped::words(value));
                } else {
                    out.push_str(value);
                }
            }
        }
    }
    Ok(out)
}

/// Words and recipients of one telegram, opened.
pub struct Opened {
    recipients: Vec<Recipient>,
    words: Words,
    places: BTreeMap<String, usize>,
}

impl Opened {
    /// Makes the recipients easy to find.
    #[must_use]
    pub fn new(recipients: Vec<Recipient>, words: Words) -> Self {
        let places = recipients.iter().enumerate().map(|(place, r)| (r.id.clone(), place)).collect();
        Self { recipients, words, places }
    }

    /// Everybody, in the order of the list.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// A recipient by id.
    #[must_use]
    pub fn recipient(&self, id: &str) -> Option<&Recipient> {
        self.recipients.get(*self.places.get(id)?)
    }

    /// A recipient by id, with the exact words; nothing if there is none of that id or no words for it.
    #[must_use]
    pub fn to(&self, id: &str) -> Option<(Recipient, Rendered)> {
        let to = self.recipient(id)?;
        Some((to.clone(), words_for(&self.words, to).ok()?))
    }
}
