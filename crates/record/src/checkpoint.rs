//! Checkpoints: the signed origin, size and root of a log.
//!
//! Refuses to know what the log holds, or whether an earlier checkpoint disagrees: see
//! [`crate::merkle::verify_consistency`]. Spec: c2sp.org/tlog-checkpoint@v1.0.0.

use crate::digest::Digest;
use crate::error::{Error, excerpt};
use crate::keys::SigningKey;
use crate::note::{NoteVerifier, check_text, open_note, read_note, sign_note, sign_note_with};
use crate::text;

/// What a log says of itself at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which is also the name of its key.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// The note text: three lines, each ended by a newline.
pub fn to_text(checkpoint: &Checkpoint) -> Result<String, Error> {
    check_text(&checkpoint.origin)?;
    if checkpoint.origin.is_empty() || checkpoint.origin.contains('\n') {
        return Err(line_refused(1, "an origin on one line"));
    }
    let root = text::to_base64(&checkpoint.root.0);
    Ok(format!("{}\n{}\n{root}\n", checkpoint.origin, checkpoint.size))
}

/// Reads a note text, and refuses any but those [`to_text`] makes.
pub fn from_text(text: &str) -> Result<Checkpoint, Error> {
    check_text(text)?;
    let lines: Vec<&str> = text.split('\n').collect();
    // Spec: tlog-checkpoint "Note text" item 4 allows extension lines; Deviates: refused, because ML-DSA cosignatures
    // do not sign them and no monitor audits them.
    let &[origin, size, root, ""] = lines.as_slice() else {
        return Err(line_refused(lines.len(), "three ended lines: origin, size, root"));
    };
    if origin.is_empty() {
        return Err(line_refused(1, "an origin"));
    }
    let size = text::from_decimal(size, "checkpoint size")?;
    let root = Digest(text::from_base64_exact(root, "checkpoint root")?);
    Ok(Checkpoint { origin: origin.to_owned(), size, root })
}

/// Signs a checkpoint as a note, under its origin as key name.
// Spec: tlog-checkpoint "Signatures": "The log's key name in its signature line SHOULD match the origin line".
pub fn sign_checkpoint(checkpoint: &Checkpoint, key: &SigningKey) -> Result<Vec<u8>, Error> {
    sign_note(&to_text(checkpoint)?, &checkpoint.origin, key)
}

/// Signs a checkpoint with each of several keys of the log.
pub fn sign_checkpoint_with(checkpoint: &Checkpoint, keys: &[SigningKey]) -> Result<Vec<u8>, Error> {
    sign_note_with(&to_text(checkpoint)?, &checkpoint.origin, keys)
}

/// What a note says as a checkpoint. No signature is checked: it is what somebody states.
pub fn stated(note: &[u8]) -> Result<Checkpoint, Error> {
    from_text(read_note(note)?.0)
}

/// Opens a signed checkpoint: the log's signature must be good and the origin must be the log's name. Signatures of
/// others, such as witnesses, are ignored here.
pub fn open_checkpoint(bytes: &[u8], log: &NoteVerifier) -> Result<Checkpoint, Error> {
    open_checkpoint_of(bytes, std::slice::from_ref(log))
}

/// Opens a checkpoint of one of several logs, or of a log with several keys: each signature by a known key must be
/// good, and one must be by a key whose name is the origin.
pub fn open_checkpoint_of(bytes: &[u8], logs: &[NoteVerifier]) -> Result<Checkpoint, Error> {
    let note = open_note(bytes, logs)?;
    let checkpoint = from_text(&note.text)?;
    if !note.verified.iter().any(|log| log.name() == checkpoint.origin) {
        let name = note.verified.first().map_or("", NoteVerifier::name);
        return Err(Error::OriginMismatch { origin: excerpt(&checkpoint.origin), name: excerpt(name) });
    }
    Ok(checkpoint)
}

fn line_refused(line: usize, expected: &'static str) -> Error {
    Error::LineRefused { what: "checkpoint", line, expected }
}
