//! Asking witnesses: each is sent the head with a proof from what it saw last, and its cosignature is kept.
//!
//! A witness that has seen more, or another history, is an answer, not an error. Spec: c2sp.org/tlog-witness@v1.0.0.

use std::time::Duration;

use record::checkpoint::Checkpoint;
use record::cosignature::{Witness, cosignatures};
use record::digest::Digest;
use record::guard::Seen;
use record::tile::{self, TileId};
use record::witness::{AddCheckpoint, to_request};

use crate::error::Error;
use crate::mirror;
use crate::store::witnesses::WitnessRow;

/// What a witness said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It cosigned: the lines, ended by newlines.
    Cosigned(String),
    /// It has seen this size.
    Seen(u64),
    /// It refused, in these words: a status other than those above.
    Refused(String),
    /// It did not answer.
    Silent(String),
}

/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer is a few signature lines.
const LONGEST: u64 = 64 * 1024;

/// Asks a witness to cosign a head, from the size it cosigned last; if it says that was another, once more from there.
///
/// # Errors
/// A tile that the proof needs cannot be read.
pub fn ask(
    row: &WitnessRow,
    head: &Checkpoint,
    note: &[u8],
    old_size: u64,
    hashes: &mut dyn FnMut(TileId) -> Result<Vec<Digest>, record::Error>,
) -> Result<Said, Error> {
    let mut old_size = old_size.min(head.size);
    for _ in 0..2 {
        let proof = tile::consistency_proof(old_size, head.size, head.size, hashes)?;
        let request = to_request(&AddCheckpoint { old_size, proof, checkpoint: note.to_vec() });
        match post(&row.url, &request) {
            Ok((200, lines)) => return Ok(cosigned(&row.witness, note, &lines)),
            Ok((409, size)) => match size.trim_end().parse::<u64>() {
                Ok(size) if size != old_size && size <= head.size => old_size = size,
                Ok(size) => return Ok(Said::Seen(size)),
                Err(_) => return Ok(Said::Refused(format!("409 {}", excerpt(&size)))),
            },
            Ok((status, words)) => return Ok(Said::Refused(format!("{status} {}", excerpt(&words)))),
            Err(problem) => return Ok(Said::Silent(problem)),
        }
    }
    Ok(Said::Refused("it names another size each time".into()))
}

fn post(url: &str, request: &[u8]) -> Result<(u16, String), String> {
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let mut answer = mirror::agent(PATIENCE).post(&url).send(request).map_err(|e| e.to_string())?;
    let body = answer.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(|e| e.to_string())?;
    Ok((answer.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
}

/// The lines of an answer that are good cosignatures of this witness.
fn cosigned(witness: &Witness, note: &[u8], answer: &str) -> Said {
    let known = std::slice::from_ref(witness);
    let good = |line: &&str| {
        let signed = [note, line.as_bytes(), b"\n"].concat();
        cosignatures(&signed, known).is_ok_and(|found| !found.is_empty())
    };
    let lines: String = answer.lines().filter(good).flat_map(|line| [line, "\n"]).collect();
    if lines.is_empty() {
        Said::Refused("200 without a good cosignature of its key".into())
    } else {
        Said::Cosigned(lines)
    }
}

/// What an answer says about how far the record had got: a size, or that there is another history of this one.
#[must_use]
pub fn seen(row: &WitnessRow, said: &Said, head: &Checkpoint) -> Option<Seen> {
    let place = format!("the witness {}", row.name);
    match said {
        Said::Seen(size) if *size > head.size => Some(Seen { place, size: *size, root: None }),
        // It has this size or less, and the head does not extend it.
        Said::Seen(size) => Some(Seen { place, size: *size, root: Some(Digest([0; 32])) }),
        Said::Refused(words) if words.starts_with("422") => {
            Some(Seen { place, size: head.size, root: Some(Digest([0; 32])) })
        }
        _ => None,
    }
}

fn excerpt(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(200).collect()
}
