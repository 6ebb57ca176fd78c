//! Signed notes: text, a blank line, signature lines; and the verifier keys that go with them.
//!
//! Refuses to know what the text says. Signs and verifies Ed25519 (type 0x01) only; other signatures are unknown and
//! ignored, as the specification asks. Spec: c2sp.org/signed-note@v1.0.0.

use std::fmt;
use std::str::FromStr;

use crate::digest::sha256_of;
use crate::error::{Error, excerpt};
use crate::keys::{SigningKey, VerifyingKey};
use crate::text;

/// A key that notes may be signed with, and its name. In text it is a vkey: `name+hash+base64(type || key)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

/// An opened note: at least one of the given verifiers signed the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, with its final newline.
    pub text: String,
    /// The verifiers whose signatures were found good, each once, in the order of the note.
    pub verified: Vec<NoteVerifier>,
}

/// A note with more signatures is refused.
// Spec: signed-note "Format": "Verifiers SHOULD apply a maximum limit [...] but MUST accept at least up to 16".
pub const MAX_SIGNATURES: usize = 100;

/// Signs a text, which must end in a newline. `name` is the name of the key.
pub fn sign_note(text: &str, name: &str, key: &SigningKey) -> Result<Vec<u8>, Error> {
    sign_note_with(text, name, std::slice::from_ref(key))
}

/// Signs a text with each of several keys of one name, as a log does while one key follows another.
pub fn sign_note_with(text: &str, name: &str, keys: &[SigningKey]) -> Result<Vec<u8>, Error> {
    check_text(text)?;
    if !text.ends_with('\n') {
        return Err(line_refused(text.lines().count(), "a text that ends in a newline"));
    }
    let mut note = format!("{text}\n");
    for key in keys {
        let verifier = NoteVerifier::new(name, key.verifying_key())?;
        note += &signature_line(name, verifier.key_hash(), &key.sign(text.as_bytes()));
    }
    Ok(note.into_bytes())
}

/// A signature line, with its newline.
pub(crate) fn signature_line(name: &str, key_hash: [u8; 4], signature: &[u8]) -> String {
    let bytes = [key_hash.as_slice(), signature].concat();
    format!("{SIGNATURE_MARK}{name} {}\n", text::to_base64(&bytes))
}

/// Opens a note. Every signature by a known key must be good and there must be one; signatures by other keys are
/// ignored, but their lines must be well formed.
pub fn open_note(bytes: &[u8], verifiers: &[NoteVerifier]) -> Result<Note, Error> {
    let (text, signatures) = read_note(bytes)?;
    let mut verified = Vec::new();
    for signature in &signatures {
        let signer = check_signature(signature, text, verifiers)?;
        verified.extend(signer.filter(|signer| !verified.contains(signer)));
    }
    if verified.is_empty() {
        return Err(Error::NoteUnsigned);
    }
    Ok(Note { text: text.to_owned(), verified: verified.into_iter().cloned().collect() })
}

/// The text of a note and its signature lines. Checks no signature.
pub(crate) fn read_note(bytes: &[u8]) -> Result<(&str, Vec<SignatureLine<'_>>), Error> {
    let whole = text::from_utf8(bytes, "note")?;
    check_text(whole)?;
    // Spec: signed-note "Format": "the text is separated from the signatures by the last empty line in the note".
    let (text, signature_lines) = whole
        .rfind("\n\n")
        .and_then(|blank| whole.split_at_checked(blank.saturating_add(1)))
        .and_then(|(text, rest)| Some((text, rest.strip_prefix('\n')?.strip_suffix('\n')?)))
        .ok_or_else(|| line_refused(1, "a text, an empty line and ended signature lines"))?;
    let first_line = text.lines().count().saturating_add(2);
    let mut signatures = Vec::new();
    for (line, number) in signature_lines.split('\n').zip(first_line..) {
        if signatures.len() >= MAX_SIGNATURES {
            return Err(Error::TooManySignatures { limit: MAX_SIGNATURES });
        }
        signatures.push(read_signature(line).ok_or_else(|| line_refused(number, SIGNATURE_SHAPE))?);
    }
    Ok((text, signatures))
}

impl NoteVerifier {
    /// A verifier for Ed25519 notes under this name.
    pub fn new(name: &str, key: VerifyingKey) -> Result<NoteVerifier, Error> {
        check_key_name(name)?;
        Ok(NoteVerifier { name: name.to_owned(), key })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The short identifier of name and key that stands in a signature line. It is no proof of identity.
    // Spec: signed-note "Ed25519 signatures": SHA-256(name || 0x0A || 0x01 || key)[:4].
    pub fn key_hash(&self) -> [u8; 4] {
        key_hash(&self.name, ED25519, &self.key.to_bytes())
    }
}

// Spec: signed-note "Signatures": SHA-256(name || 0x0A || type || key)[:4].
pub(crate) fn key_hash(name: &str, algorithm: u8, key: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256_of(&[name.as_bytes(), b"\n", &[algorithm], key]).0;
    [a, b, c, d]
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_vkey(&self.name, ED25519, &self.key.to_bytes()))
    }
}

impl FromStr for NoteVerifier {
    type Err = Error;

    fn from_str(vkey: &str) -> Result<NoteVerifier, Error> {
        let (name, algorithm, key) = from_vkey(vkey)?;
        if algorithm != ED25519 {
            return Err(Error::VerifierAlgorithm { found: algorithm });
        }
        let found = key.len().saturating_add(1);
        let key: [u8; 32] =
            key.try_into().map_err(|_| Error::Base64Length { what: "verifier key", expected: 33, found })?;
        NoteVerifier::new(name, VerifyingKey::from_bytes(&key)?)
    }
}

/// `name+hash+base64(type || key)`.
// Spec: signed-note "Verifier keys".
pub(crate) fn to_vkey(name: &str, algorithm: u8, key: &[u8]) -> String {
    let hash = u32::from_be_bytes(key_hash(name, algorithm, key));
    format!("{name}+{hash:08x}+{}", text::to_base64(&[&[algorithm], key].concat()))
}

/// Name, type and key of a vkey whose hash is that of all three.
pub(crate) fn from_vkey(vkey: &str) -> Result<(&str, u8, Vec<u8>), Error> {
    let refused = || Error::VerifierRefused { found: excerpt(vkey) };
    // The base64 part may itself contain a plus.
    let mut parts = vkey.splitn(3, '+');
    let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(refused());
    };
    let typed_key = text::from_base64(key, "verifier key")?;
    let (algorithm, key) = typed_key.split_first().ok_or_else(refused)?;
    if !is_key_name(name) || to_vkey(name, *algorithm, key) != vkey {
        return Err(refused());
    }
    Ok((name, *algorithm, key.to_vec()))
}

/// A signature line as read.
pub(crate) struct SignatureLine<'a> {
    pub(crate) name: &'a str,
    pub(crate) key_hash: [u8; 4],
    pub(crate) signature: Vec<u8>,
}

// Spec: signed-note "Format": em dash, space, key name, space, base64 of a 4-byte key ID and the signature.
fn read_signature(line: &str) -> Option<SignatureLine<'_>> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
    let bytes = text::from_base64(encoded, "note signature").ok()?;
    let (key_hash, signature) = bytes.split_first_chunk::<4>()?;
    if !is_key_name(name) || signature.is_empty() {
        return None;
    }
    Some(SignatureLine { name, key_hash: *key_hash, signature: signature.to_vec() })
}

/// The known key that made this signature; `None` for an unknown key; an error for a bad signature in the name and
/// hash of a known one.
// Spec: signed-note "Signatures": "If the key name and ID match a known key, verifiers MUST verify the signature."
fn check_signature<'v>(
    line: &SignatureLine<'_>,
    text: &str,
    verifiers: &'v [NoteVerifier],
) -> Result<Option<&'v NoteVerifier>, Error> {
    let known = |verifier: &&NoteVerifier| verifier.name == line.name && verifier.key_hash() == line.key_hash;
    let good = |verifier: &&NoteVerifier| {
        let signature = line.signature.as_slice().try_into();
        signature.is_ok_and(|signature| verifier.key.verify(text.as_bytes(), signature).is_ok())
    };
    let mut matching = verifiers.iter().filter(known).peekable();
    if matching.peek().is_none() {
        return Ok(None);
    }
    // Two known keys may share name and hash by accident; either may have signed.
    match matching.find(good) {
        Some(signer) => Ok(Some(signer)),
        None => Err(Error::NoteSignatureRefused { name: excerpt(line.name) }),
    }
}

// Spec: signed-note "Format": "MUST NOT contain any ASCII control characters (those below U+0020) other than newline".
pub(crate) fn check_text(text: &str) -> Result<(), Error> {
    match text.bytes().position(|byte| byte < 0x20 && byte != b'\n') {
        Some(offset) => Err(Error::ControlCharacter { what: "note", offset }),
        None => Ok(()),
    }
}

/// Whether a key can have this name.
pub fn check_key_name(name: &str) -> Result<(), Error> {
    if is_key_name(name) { Ok(()) } else { Err(Error::KeyNameRefused { name: excerpt(name) }) }
}

// Spec: signed-note "Format": key names are non-empty, without Unicode spaces or plus.
pub(crate) fn is_key_name(name: &str) -> bool {
    let refused = |character: char| character.is_whitespace() || character == '+' || character < ' ';
    !name.is_empty() && !name.contains(refused)
}

fn line_refused(line: usize, expected: &'static str) -> Error {
    Error::LineRefused { what: "note", line, expected }
}

/// Signature type of Ed25519 notes.
const ED25519: u8 = 0x01;
const SIGNATURE_MARK: &str = "\u{2014} ";
const SIGNATURE_SHAPE: &str = "a signature line: em dash, space, key name, space, base64";
