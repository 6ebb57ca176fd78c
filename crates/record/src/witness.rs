//! A witness's protocol: the request to cosign a checkpoint, and the answer to it.
//!
//! Refuses to know the time, the network or where the last checkpoint is kept: they are arguments. The caller must hold
//! a lock, or one transaction, from reading the last checkpoint of an origin to storing the new one. Spec:
//! c2sp.org/tlog-witness@v1.0.0 "add-checkpoint".

use crate::checkpoint::{self, Checkpoint, open_checkpoint_of};
use crate::digest::Digest;
use crate::error::Error;
use crate::merkle::{root, verify_consistency};
use crate::note::NoteVerifier;
use crate::text;

/// A request to cosign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size the proof starts from: what the client believes the witness cosigned last.
    pub old_size: u64,
    /// From there to the checkpoint; empty if `old_size` is 0 or the checkpoint's.
    pub proof: Vec<Digest>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: Vec<u8>,
}

/// What a witness knows of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLog {
    /// Its keys, all under its origin.
    pub keys: Vec<NoteVerifier>,
    /// What was cosigned last.
    pub last: Option<Checkpoint>,
}

/// What a witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// 200: store this as the last checkpoint, then cosign its text.
    Cosign(Checkpoint),
    /// 400: not a request, or an old size above the new.
    Malformed(Error),
    /// 403: signed by no key known for this origin.
    Unsigned,
    /// 404: no log of this origin is known.
    UnknownOrigin,
    /// 409: another size was cosigned last, this one; or the same size with another root.
    Conflict {
        /// The size cosigned last.
        size: u64,
    },
    /// 422: the proof does not lead from the last checkpoint to this one. Under a good signature this is evidence of a
    /// second history.
    Inconsistent(Error),
}

/// A request is refused if it is longer: 63 hashes and a checkpoint of a hundred signatures fit.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// The body of a request.
pub fn to_request(request: &AddCheckpoint) -> Vec<u8> {
    let hashes: String = request.proof.iter().map(|hash| text::to_base64(&hash.0) + "\n").collect();
    [format!("old {}\n{hashes}\n", request.old_size).as_bytes(), &request.checkpoint].concat()
}

/// Reads the body of a request. The checkpoint in it is not opened.
pub fn from_request(bytes: &[u8]) -> Result<AddCheckpoint, Error> {
    if bytes.len() > MAX_REQUEST_BYTES {
        return Err(Error::TooLong { what: WHAT, bytes: bytes.len(), limit: MAX_REQUEST_BYTES });
    }
    let whole = text::from_utf8(bytes, WHAT)?;
    let refused = |line, expected| Error::LineRefused { what: WHAT, line, expected };
    let (head, checkpoint) =
        whole.split_once("\n\n").ok_or_else(|| refused(1, "an empty line before the checkpoint"))?;
    let mut lines = head.split('\n').zip(1usize..);
    let old_size = lines.next().and_then(|(line, _)| line.strip_prefix("old "));
    let old_size = old_size.ok_or_else(|| refused(1, "`old` and a size"))?;
    let old_size = text::from_decimal(old_size, "old size")?;
    let mut proof = Vec::new();
    for (line, number) in lines {
        // Spec: "The client MUST NOT send more than 63 consistency proof lines."
        if proof.len() >= MAX_HASHES {
            return Err(refused(number, "at most 63 hashes"));
        }
        proof.push(Digest(text::from_base64_exact(line, "consistency proof hash")?));
    }
    Ok(AddCheckpoint { old_size, proof, checkpoint: checkpoint.as_bytes().to_vec() })
}

/// Judges a request. `known` says what is known of an origin.
pub fn judge(bytes: &[u8], known: impl FnOnce(&str) -> Option<KnownLog>) -> Judgement {
    match examine(bytes, known) {
        Ok(judgement) => judgement,
        Err(error) => Judgement::Malformed(error),
    }
}

fn examine(bytes: &[u8], known: impl FnOnce(&str) -> Option<KnownLog>) -> Result<Judgement, Error> {
    let request = from_request(bytes)?;
    let stated = checkpoint::stated(&request.checkpoint)?;
    let Some(log) = known(&stated.origin) else { return Ok(Judgement::UnknownOrigin) };
    let Ok(new) = open_checkpoint_of(&request.checkpoint, &log.keys) else { return Ok(Judgement::Unsigned) };
    if request.old_size > new.size {
        return Err(Error::SizesRefused { old_size: request.old_size, new_size: new.size });
    }
    let last_size = log.last.as_ref().map_or(0, |last| last.size);
    if request.old_size != last_size {
        return Ok(Judgement::Conflict { size: last_size });
    }
    Ok(extends(log.last.as_ref(), new, &request.proof))
}

fn extends(last: Option<&Checkpoint>, new: Checkpoint, proof: &[Digest]) -> Judgement {
    let checked = match last {
        // Spec: "The proof MUST be empty if the old size is zero."
        Some(last) if last.size > 0 => {
            if last.size == new.size && last.root != new.root {
                // Spec: "If they don't match, the witness MUST respond with a 409 Conflict".
                return Judgement::Conflict { size: last.size };
            }
            verify_consistency(last.size, new.size, &last.root, &new.root, proof)
        }
        _ if !proof.is_empty() => Err(Error::ProofLength { hashes: proof.len(), size: new.size }),
        _ if new.size == 0 && new.root != root(&[]) => {
            Err(Error::RootMismatch { expected: new.root, computed: root(&[]) })
        }
        _ => Ok(()),
    };
    match checked {
        Ok(()) => Judgement::Cosign(new),
        Err(error) => Judgement::Inconsistent(error),
    }
}

const WHAT: &str = "add-checkpoint request";
const MAX_HASHES: usize = 63;
