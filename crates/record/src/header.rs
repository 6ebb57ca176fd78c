//! The signed header of a statement: six fields, one spelling.
//!
//! Refuses to know what a statement is about, or whether `known_at` is a real date: only shapes are checked here. The
//! header is canonical JSON (docs/spec.md § 2), and since no field may hold a character that JSON escapes, its spelling
//! is a fixed frame around six values; it is read and written as that frame.

use serde::{Deserialize, Serialize};

use crate::canonical::from_canonical;
use crate::digest::Digest;
use crate::error::{Error, excerpt};
use crate::keys::KeyId;
use crate::text;

/// The signed header. Its canonical JSON is the DSSE payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The key that signs.
    pub attester: KeyId,
    /// The digest of salt and body, see [`crate::signed_statement::body_digest`].
    pub body: Digest,
    /// When the attester says it knew: `YYYY-MM-DDTHH:MM:SSZ`. Only this shape is checked, not the calendar.
    pub known_at: String,
    /// The statement's name: 1 to 128 of `a-z 0-9 . _ : -`, first a letter or digit.
    pub statement: String,
    /// What the statement is filed under, in the same letters.
    pub subject: String,
    /// The version of this header: 1.
    pub v: u8,
}

/// The canonical bytes of a header.
pub(crate) fn to_bytes(header: &Header) -> Result<Vec<u8>, Error> {
    check(header)?;
    let Header { attester, body, known_at, statement, subject, v } = header;
    Ok([
        ATTESTER,
        &attester.to_string(),
        BODY,
        &body.to_string(),
        KNOWN_AT,
        known_at,
        STATEMENT,
        statement,
        SUBJECT,
        subject,
        VERSION,
        &v.to_string(),
        END,
    ]
    .concat()
    .into_bytes())
}

/// Reads a header, and refuses any bytes but those [`to_bytes`] makes.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Header, Error> {
    let framed = std::str::from_utf8(bytes).ok().and_then(from_frame);
    let header = match framed {
        Some(header) => header,
        // Whatever does not fit the frame is refused by the reader of canonical JSON, which can say where and why.
        None => from_canonical(bytes, "header")?,
    };
    check(&header)?;
    Ok(header)
}

fn from_frame(text: &str) -> Option<Header> {
    let (attester, rest) = text.strip_prefix(ATTESTER)?.split_once(BODY)?;
    let (body, rest) = rest.split_once(KNOWN_AT)?;
    let (known_at, rest) = rest.split_once(STATEMENT)?;
    let (statement, rest) = rest.split_once(SUBJECT)?;
    let subject = rest.strip_suffix(END)?.strip_suffix('1')?.strip_suffix(VERSION)?;
    let header = Header {
        attester: KeyId(Digest(text::from_hex(attester, "key id").ok()?)),
        body: Digest(text::from_hex(body, "digest").ok()?),
        known_at: known_at.to_owned(),
        statement: statement.to_owned(),
        subject: subject.to_owned(),
        v: 1,
    };
    check(&header).is_ok().then_some(header)
}

fn check(header: &Header) -> Result<(), Error> {
    if header.v != 1 {
        return Err(Error::HeaderVersion { found: header.v });
    }
    check_instant(&header.known_at)?;
    check_name(&header.statement, "statement")?;
    check_name(&header.subject, "subject")
}

fn check_instant(text: &str) -> Result<(), Error> {
    let same_shape = |(found, shape): (u8, u8)| match shape {
        b'0' => found.is_ascii_digit(),
        other => found == other,
    };
    if text.len() != INSTANT_SHAPE.len() || !text.bytes().zip(INSTANT_SHAPE.bytes()).all(same_shape) {
        return Err(Error::InstantRefused { found: excerpt(text) });
    }
    Ok(())
}

fn check_name(name: &str, field: &'static str) -> Result<(), Error> {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let allowed = |byte: u8| alphanumeric(byte) || b"._:-".contains(&byte);
    let starts_well = name.bytes().next().is_some_and(alphanumeric);
    if !starts_well || name.len() > 128 || !name.bytes().all(allowed) {
        return Err(Error::NameRefused { field, found: excerpt(name) });
    }
    Ok(())
}

const ATTESTER: &str = r#"{"attester":""#;
const BODY: &str = r#"","body":""#;
const KNOWN_AT: &str = r#"","known_at":""#;
const STATEMENT: &str = r#"","statement":""#;
const SUBJECT: &str = r#"","subject":""#;
const VERSION: &str = r#"","v":"#;
const END: &str = "}";
const INSTANT_SHAPE: &str = "0000-00-00T00:00:00Z";
