//! A recipient: what may stand in a row, nobody twice, and an address as its channel compares it.
//!
//! Refuses to know where rows come from, and the words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use telegram::Channel;

use super::list::{MOST, Row};
use super::{fields, slug, wrong};
use crate::channel::address::{self, Reach};
use crate::error::Error;
use crate::mail;

/// To whom and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// The channel.
    pub channel: Channel,
    /// Values of fields of the recipient's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub field: BTreeMap<String, String>,
    /// A short name for rows and files.
    pub id: String,
    /// The language to write in, if not the message's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The name shown.
    pub name: String,
    /// How the recipient is addressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Recipient {
    /// The value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        match name {
            "name" => Some(&self.name),
            "title" => self.title.as_deref(),
            other => self.field.get(other).map(String::as_str),
        }
    }
}

/// The recipients of a message: each row by itself, and against the others. `channel` is for rows that name none.
///
/// # Errors
/// File, line and field of the first row that is wrong.
pub(super) fn checked(file: &str, rows: &[&Row], channel: Option<Channel>) -> Result<Vec<Recipient>, Error> {
    if rows.is_empty() {
        let why = "at least one recipient is needed, in the file or in a list (--to)";
        return Err(wrong(file, 0, "recipient", why.into()));
    }
    if rows.len() > MOST {
        return Err(wrong(file, 0, "recipient", format!("{} recipients; {MOST} at most", rows.len())));
    }
    let (mut ids, mut addresses) = (BTreeMap::new(), BTreeMap::new());
    let mut recipients = Vec::new();
    for &row in rows {
        let recipient = recipient(row, channel)?;
        let normal = normal(recipient.channel, &recipient.address)
            .map_err(|why| row.wrong("address", format!("`{}`: {why}", row.entry.address.escape_debug())))?;
        if let Some(first) = ids.insert(&row.entry.id, row) {
            return Err(twice(row, "id", &row.entry.id, first));
        }
        if let Some(first) = addresses.insert(normal, row) {
            return Err(twice(row, "address", &row.entry.address, first));
        }
        recipients.push(recipient);
    }
    Ok(recipients)
}

fn twice(row: &Row, field: &str, what: &str, first: &Row) -> Error {
    row.wrong(field, format!("`{what}` stands twice: first in {}, as `{}`", first.place(), first.entry.id))
}

/// One row by itself, its address apart.
fn recipient(row: &Row, channel: Option<Channel>) -> Result<Recipient, Error> {
    let e = &row.entry;
    slug(&e.id).map_err(|why| row.wrong("id", why))?;
    one_line(row, "name", &e.name)?;
    one_line(row, "address", &e.address)?;
    e.title.as_ref().map(|title| one_line(row, "title", title)).transpose()?;
    for (name, value) in &e.field {
        own_field(name).map_err(|why| row.wrong(&format!("field.{name}"), why))?;
        one_line(row, &format!("field.{name}"), value)?;
    }
    if let Some(language) = e.language.as_ref().filter(|l| !is_language(l)) {
        return Err(row.wrong("language", no_language(language)));
    }
    let channel = e.channel.or(channel).ok_or_else(|| {
        let why = "by which channel? Name it here, or give --channel for all that name none";
        row.wrong("channel", why.into())
    })?;
    if channel == Channel::Email && e.name.len() > mail::message::MAX_NAME {
        return Err(row.wrong("name", format!("more than {} bytes", mail::message::MAX_NAME)));
    }
    Ok(Recipient {
        address: e.address.clone(),
        channel,
        field: e.field.clone(),
        id: e.id.clone(),
        language: e.language.clone(),
        name: e.name.clone(),
        title: e.title.clone(),
    })
}

fn one_line(row: &Row, field: &str, text: &str) -> Result<(), Error> {
    super::one_line(text).map_err(|why| row.wrong(field, why))
}

/// Whether a field of one's own may have this name.
pub(super) fn own_field(name: &str) -> Result<(), String> {
    if !fields::is_name(name) || name.contains('.') {
        return Err("a field's name is 1 to 64 of a-z, 0-9, `-` and `_`, the first a letter".into());
    }
    if RESERVED.contains(&name) {
        return Err(format!("{{{name}}} has a meaning already: name the field otherwise"));
    }
    Ok(())
}

const RESERVED: [&str; 5] = ["date", "name", "office", "person", "title"];

/// The shape of a language tag: `fr`, `pt-BR`, `zh-Hant`.
// Spec: RFC 5646 § 2.1, without its registry.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let plain = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    text.len() <= 35
        && (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(plain)
}

pub(super) fn no_language(text: &str) -> String {
    format!("`{}` is no language tag: write it as `fr`, `en-US`, `zh-Hant`", text.escape_debug())
}

/// An address as its channel compares it. Two of one normal form are one recipient. Whether it may be reached is asked
/// again when it is.
///
/// # Errors
/// It is not of the kind the channel needs.
pub fn normal(channel: Channel, address: &str) -> Result<String, String> {
    match channel {
        Channel::Webhook => {
            let target = address::parse(address, Reach { private: true }).map_err(|e| e.to_string())?;
            let scheme = if target.https { "https" } else { "http" };
            Ok(format!("{scheme}://{}{}", target.host_header(), percent_normal(&target.path_and_query)))
        }
        Channel::Email => {
            let it = mail::address::Address::parse("address", address).map_err(|e| e.message)?;
            Ok(lower_domain(it.as_str()))
        }
        Channel::File | Channel::Manual => {
            let shape = address.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
            if !shape || address.chars().any(|c| c.is_whitespace() || "<>,;\"".contains(c)) {
                return Err("is no address".into());
            }
            Ok(lower_domain(address))
        }
    }
}

fn lower_domain(address: &str) -> String {
    address
        .rsplit_once('@')
        .map_or_else(|| address.to_owned(), |(local, domain)| format!("{local}@{}", domain.to_lowercase()))
}

/// Spec: RFC 3986 § 6.2.2.1 and § 6.2.2.2.
fn percent_normal(path: &str) -> String {
    let mut parts = path.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push_str(&digits.to_ascii_uppercase());
            }
        }
        out.push_str(rest);
    }
    out
}

/// A channel's word in files.
#[must_use]
pub fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::File => "file",
        Channel::Manual => "manual",
        Channel::Webhook => "webhook",
        Channel::Email => "email",
    }
}

/// The channel of that word.
#[must_use]
pub fn channel_named(word: &str) -> Option<Channel> {
    let all = [Channel::File, Channel::Manual, Channel::Webhook, Channel::Email];
    all.into_iter().find(|c| channel_word(*c) == word)
}
