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
    check_text(text)?;
    if !text.ends_with('\n') {
        return Err(line_refused(text.lines().count(), "a text that ends in a newline"));
    }
    let verifier = NoteVerifier::new(name, key.verifying_key())?;
    let signature = [verifier.key_hash().as_slice(), &key.sign(text.as_bytes())].concat();
    Ok(format!("{text}\n{SIGNATURE_MARK}{name} {}\n", text::to_base64(&signature)).into_bytes())
}

/// Opens a note. Every signature by a known key must be good and there must be one; signatures by other keys are
/// ignored, but their lines must be well formed.
pub fn open_note(bytes: &[u8], verifiers: &[NoteVerifier]) -> Result<Note, Error> {
    let whole = text::from_utf8(bytes, "note")?;
    check_text(whole)?;
    // Spec: signed-note "Format": "the text is separated from the signatures by the last empty line in the note".
    let (text, signature_lines) = whole
        .rfind("\n\n")
        .and_then(|blank| whole.split_at_checked(blank.saturating_add(1)))
        .and_then(|(text, rest)| Some((text, rest.strip_prefix('\n')?.strip_suffix('\n')?)))
        .ok_or_else(|| line_refused(1, "a text, an empty line and ended signature lines"))?;
    let first_line = text.lines().count().saturating_add(2);
    let mut verified = Vec::new();
    for (line, number) in signature_lines.split('\n').zip(first_line..) {
        if number.saturating_sub(first_line) >= MAX_SIGNATURES {
            return Err(Error::TooManySignatures { limit: MAX_SIGNATURES });
        }
        let signature = read_signature(line).ok_or_else(|| line_refused(number, SIGNATURE_SHAPE))?;
        let signer = check_signature(&signature, text, verifiers)?;
        verified.extend(signer.filter(|signer| !verified.contains(signer)));
    }
    if verified.is_empty() {
        return Err(Error::NoteUnsigned);
    }
    Ok(Note { text: text.to_owned(), verified: verified.into_iter().cloned().collect() })
}

impl NoteVerifier {
    /// A verifier for Ed25519 notes under this name.
    pub fn new(name: &str, key: VerifyingKey) -> Result<NoteVerifier, Error> {
        if !is_key_name(name) {
            return Err(Error::KeyNameRefused { name: excerpt(name) });
        }
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
        let digest = sha256_of(&[self.name.as_bytes(), b"\n", &[ED25519], &self.key.to_bytes()]);
        let [a, b, c, d, ..] = digest.0;
        [a, b, c, d]
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed_key = [&[ED25519], self.key.to_bytes().as_slice()].concat();
        let hash = u32::from_be_bytes(self.key_hash());
        write!(f, "{}+{hash:08x}+{}", self.name, text::to_base64(&typed_key))
    }
}

impl FromStr for NoteVerifier {
    type Err = Error;

    fn from_str(vkey: &str) -> Result<NoteVerifier, Error> {
        // The base64 part may itself contain a plus.
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::VerifierRefused { found: excerpt(vkey) });
        };
        let typed_key: [u8; 33] = text::from_base64_exact(key, "verifier key")?;
        let [algorithm, key @ ..] = typed_key;
        if algorithm != ED25519 {
            return Err(Error::VerifierAlgorithm { found: algorithm });
        }
        let verifier = NoteVerifier::new(name, VerifyingKey::from_bytes(&key)?)?;
        if format!("{:08x}", u32::from_be_bytes(verifier.key_hash())) != hash {
            return Err(Error::VerifierRefused { found: excerpt(vkey) });
        }
        Ok(verifier)
    }
}

struct SignatureLine<'a> {
    name: &'a str,
    key_hash: [u8; 4],
    signature: Vec<u8>,
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

// Spec: signed-note "Format": key names are non-empty, without Unicode spaces or plus.
fn is_key_name(name: &str) -> bool {
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
