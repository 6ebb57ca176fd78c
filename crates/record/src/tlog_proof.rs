//! One statement's inclusion in a log, as one self-contained text file.
//!
//! Refuses to know who may attest what: [`verify`] shows that the log holds the statement, and leaves the statement's
//! own signature to [`crate::signed_statement::verify_signature`]. Spec: c2sp.org/tlog-proof@v1.

use crate::checkpoint::{Checkpoint, open_checkpoint};
use crate::digest::Digest;
use crate::error::Error;
use crate::merkle::{leaf_hash, verify_inclusion};
use crate::note::NoteVerifier;
use crate::signed_statement::{SignedStatement, from_envelope, to_entry};
use crate::text;

/// A proof as read. Nothing in it is to be believed before [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The extra data: for us the canonical envelope of the statement.
    pub extra: Option<Vec<u8>>,
    /// Where in the log the entry is, from 0.
    pub index: u64,
    /// The inclusion proof, the leaf's sibling first.
    pub hashes: Vec<Digest>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: Vec<u8>,
}

/// The text of a proof.
pub fn to_text(proof: &TlogProof) -> Vec<u8> {
    let extra = proof.extra.iter().map(|extra| format!("{EXTRA}{}\n", text::to_base64(extra)));
    let index = format!("{INDEX}{}\n", proof.index);
    let hashes = proof.hashes.iter().map(|hash| text::to_base64(&hash.0) + "\n");
    let head: String =
        [format!("{FIRST_LINE}\n")].into_iter().chain(extra).chain([index]).chain(hashes).collect();
    [head.as_bytes(), b"\n", &proof.checkpoint].concat()
}

/// Reads the text of a proof. Its frame is checked, its signed checkpoint is not opened.
pub fn from_text(bytes: &[u8]) -> Result<TlogProof, Error> {
    // Spec: tlog-proof "Format": the checkpoint follows the first empty line, verbatim.
    let (head, checkpoint) = text::from_utf8(bytes, WHAT)?
        .split_once("\n\n")
        .ok_or_else(|| line_refused(1, "an empty line before the checkpoint"))?;
    let mut lines = head.split('\n').zip(1usize..).peekable();
    if lines.next().is_none_or(|(line, _)| line != FIRST_LINE) {
        return Err(line_refused(1, FIRST_LINE));
    }
    let extra = lines.next_if(|(line, _)| line.starts_with(EXTRA));
    let extra = extra.and_then(|(line, _)| line.strip_prefix(EXTRA));
    let extra = extra.map(|encoded| text::from_base64(encoded, "tlog-proof extra")).transpose()?;
    let index = lines.next().and_then(|(line, _)| line.strip_prefix(INDEX));
    let index = index.ok_or_else(|| line_refused(2, "`index` and a number, after an optional `extra`"))?;
    let index = text::from_decimal(index, "tlog-proof index")?;
    let mut hashes = Vec::new();
    for (line, number) in lines {
        if hashes.len() >= MAX_HASHES {
            return Err(line_refused(number, "an empty line: no tree of 2^64 leaves needs more hashes"));
        }
        hashes.push(Digest(text::from_base64_exact(line, "tlog-proof hash")?));
    }
    Ok(TlogProof { extra, index, hashes, checkpoint: checkpoint.as_bytes().to_vec() })
}

/// Checks that the log signed a checkpoint over a tree that holds the statement at this index. The leaf is computed
/// from the statement, never taken from the file.
pub fn verify(proof: &TlogProof, log: &NoteVerifier) -> Result<(SignedStatement, Checkpoint), Error> {
    let checkpoint = open_checkpoint(&proof.checkpoint, log)?;
    Ok((statement_under(proof, &checkpoint)?, checkpoint))
}

/// The statement of a proof whose checkpoint was opened by the caller, if it is under that.
pub fn statement_under(proof: &TlogProof, checkpoint: &Checkpoint) -> Result<SignedStatement, Error> {
    // Spec: tlog-proof "Format": applications "MUST NOT implicitly trust the extra data, as it is not authenticated".
    let envelope = proof.extra.as_ref().ok_or(Error::ProofWithoutStatement)?;
    let signed = from_envelope(envelope)?;
    let leaf = leaf_hash(&to_entry(&signed)?);
    verify_inclusion(proof.index, checkpoint.size, &leaf, &proof.hashes, &checkpoint.root)?;
    Ok(signed)
}

fn line_refused(line: usize, expected: &'static str) -> Error {
    Error::LineRefused { what: WHAT, line, expected }
}

const WHAT: &str = "tlog-proof";
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
const EXTRA: &str = "extra ";
const INDEX: &str = "index ";
const MAX_HASHES: usize = 64;
