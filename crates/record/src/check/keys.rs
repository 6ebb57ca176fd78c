//! The keys of a record's issuers, from the notices in it, whose bodies are published beside the entries.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Depth, Effort, Fault, Issuers, Read, Report, Trusted, read_file};
use crate::canonical::{from_canonical, to_canonical};
use crate::error::Error;
use crate::keyring::{KeyNotice, KeyUse, Keyring, SUBJECT};
use crate::keys::KeyId;
use crate::signed_statement::{self, Salt, SignedStatement};
use crate::text;
use crate::tile::{self, TileId, WIDTH};

/// The path of the notices' bodies.
pub const KEYS_FILE: &str = "keys";

/// A line of the file of notices: canonical JSON, ended by a newline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLine {
    /// The body, as it was hashed with the salt.
    pub body: KeyBody,
    /// The entry it belongs to.
    pub index: u64,
    /// Its salt.
    pub salt: Salt,
}

/// The body of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// The notice.
    pub key: KeyNotice,
}

/// Writes the file of notices.
pub fn keys_to_text(lines: &[KeyLine]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(to_canonical(line)?);
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Reads the file of notices.
pub fn keys_from_text(bytes: &[u8]) -> Result<Vec<KeyLine>, Error> {
    let whole = text::from_utf8(bytes, "keys file")?;
    let Some(ended) = whole.strip_suffix('\n') else {
        let refused = Error::LineRefused { what: "keys file", line: 1, expected: "ended lines" };
        return if whole.is_empty() { Ok(Vec::new()) } else { Err(refused) };
    };
    ended.split('\n').map(|line| from_canonical(line.as_bytes(), "keys file")).collect()
}

/// The keyring that notices at these entries make; a notice without effect stays so and is passed over. `entry` gives a
/// statement by its index.
pub fn keyring_of(
    root: crate::keys::VerifyingKey,
    lines: &[KeyLine],
    entry: &mut dyn FnMut(u64) -> Result<SignedStatement, String>,
) -> Result<Keyring, String> {
    let mut keyring = Keyring::new(root);
    let mut next = 0;
    for line in lines {
        if line.index < next {
            return Err(format!("the notice of entry {} is out of order", line.index));
        }
        next = line.index.saturating_add(1);
        let signed = entry(line.index)?;
        let body = to_canonical(&line.body).map_err(|error| error.to_string())?;
        if signed_statement::body_digest(&line.salt, &body) != signed.header.body {
            return Err(format!("the body of the notice at entry {} is not the one signed", line.index));
        }
        // Signed by a root key in force, or it has no effect: an issuer cannot enrol another.
        if let Some(span) = keyring.at(signed.header.attester, line.index) {
            let key = span.key;
            signed_statement::verify_signature(&signed, &key).map_err(|error| error.to_string())?;
            let _no_effect = keyring.apply(line.index, &signed, &line.body.key);
        }
    }
    Ok(keyring)
}

/// Who may sign at which index.
pub(super) struct InForce {
    keyring: Keyring,
    notices: BTreeSet<u64>,
}

impl InForce {
    pub(super) fn check(&self, index: u64, signed: &SignedStatement) -> Result<(), String> {
        let unknown = |id: KeyId| format!("signed by {id}, which is no key in force at {index}");
        let span = self.keyring.at(signed.header.attester, index);
        let span = span.ok_or_else(|| unknown(signed.header.attester))?;
        if span.key_use == KeyUse::Log {
            return Err("signed by a key that may sign checkpoints only".to_owned());
        }
        if signed.header.subject == SUBJECT && !self.notices.contains(&index) {
            return Err("is a key notice whose body is not in the file of keys".to_owned());
        }
        signed_statement::verify_signature(signed, &span.key).map_err(|error| error.to_string())
    }
}

/// Reads the notices and the entries they belong to. Faults go into the report.
pub(super) fn read_keyring(
    read: Read<'_>,
    trusted: &Trusted,
    size: u64,
    effort: Effort,
    report: &mut Report,
) -> Option<InForce> {
    if effort.depth < Depth::Signatures {
        return None;
    }
    let root = match &trusted.issuers {
        Issuers::Unknown => return None,
        Issuers::Fixed(keyring) => {
            return Some(InForce { keyring: keyring.clone(), notices: BTreeSet::new() });
        }
        Issuers::Root(root) => *root,
    };
    report.files = report.files.saturating_add(1);
    let read_all = || {
        let mut lines = keys_from_text(&read(KEYS_FILE)?).map_err(|error| error.to_string())?;
        // The file is written before the checkpoint that covers its last line.
        lines.retain(|line| line.index < size);
        let mut entry = |index| entry_at(read, size, index);
        let keyring = keyring_of(root, &lines, &mut entry)?;
        Ok(InForce { keyring, notices: lines.iter().map(|line| line.index).collect() })
    };
    match read_all() {
        Ok(issuers) => Some(issuers),
        Err(problem) => {
            report.faults.push(Fault { resource: KEYS_FILE.to_owned(), problem });
            None
        }
    }
}

fn entry_at(read: Read<'_>, size: u64, index: u64) -> Result<SignedStatement, String> {
    let number = index >> 8;
    let rest = size.saturating_sub(number.saturating_mul(u64::from(WIDTH)));
    let width = u16::try_from(rest).unwrap_or(WIDTH).min(WIDTH);
    let within = usize::try_from(index & 0xff).unwrap_or(0);
    if index >= size {
        return Err(format!("entry {index} is beyond the record's end"));
    }
    let bundle = read_file(read, TileId { level: None, index: number, width })?;
    let entries = tile::from_bundle(&bundle, width).map_err(|error| error.to_string())?;
    let entry = entries.get(within).ok_or_else(|| format!("entry {index} is missing"))?;
    signed_statement::from_entry(entry).map_err(|error| error.to_string())
}
