//! What is handed to a record: acts to be signed here, and statements that others signed.
//!
//! Spec: docs/spec.md § 10.6 "submission".

use proof::Body;
use record::canonical::{from_canonical, to_canonical};
use record::signed_statement::{Salt, from_envelope, to_entry, to_envelope};
use serde::{Deserialize, Serialize};
use standing::{ActLine, parse_lines};

use crate::error::Error;
use crate::sequencer::Packed;

/// A line of a submission as others write it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
    envelope: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<Salt>,
}

/// What a file hands over.
pub enum Submission {
    /// Acts that nobody signed yet, each with its line.
    Acts(Vec<(usize, ActLine)>),
    /// Signed statements.
    Signed(Vec<Packed>),
}

/// Reads a file of acts or of signed statements; the first line says which.
///
/// # Errors
/// File, line and what is wrong with it.
pub fn read(file: &str, text: &str) -> Result<Submission, Error> {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let Some(first) = first else {
        return Err(Error::Usage { message: format!("{file}: holds no statement") });
    };
    if !first.contains("\"envelope\":") {
        return Ok(Submission::Acts(parse_lines(file, text)?));
    }
    let numbered = text.lines().enumerate().map(|(n, line)| (n.saturating_add(1), line));
    let signed = numbered.filter(|(_, line)| !line.is_empty());
    let signed = signed
        .map(|(n, line)| signed_line(line).map_err(|e| Error::Usage { message: format!("{file}:{n}: {e}") }));
    Ok(Submission::Signed(signed.collect::<Result<_, _>>()?))
}

fn signed_line(text: &str) -> Result<Packed, Error> {
    let line: Line = from_canonical(text.as_bytes(), "submission")?;
    let signed = from_envelope(&to_canonical(&line.envelope)?)?;
    let opened = match (line.salt, line.body) {
        (Some(salt), Some(body)) => Some((salt, to_canonical(&body)?)),
        (None, None) => None,
        _ => return Err(Error::Usage { message: "`body` and `salt` belong together".into() }),
    };
    Ok(Packed { entry: to_entry(&signed)?, signed, opened })
}

/// The line by which a statement is handed over.
///
/// # Errors
/// A body that is none of this program's.
pub fn to_line(packed: &Packed) -> Result<String, Error> {
    let envelope = serde_json::from_slice(&to_envelope(&packed.signed)?)?;
    let (salt, body) = match &packed.opened {
        Some((salt, body)) => (Some(*salt), Some(from_canonical(body, "body")?)),
        None => (None, None),
    };
    let bytes = to_canonical(&Line { body, envelope, salt })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
