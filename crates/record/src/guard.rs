//! The rollback guard: whether a log may go on signing from the head it holds.
//!
//! Refuses to know where heads were seen: the disk, a second disk, a witness. A log restored from a backup, or copied to
//! a second machine, holds a head that others have seen pass; if it went on it would sign a second history.

use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;

/// A size of this log that somebody saw, and the root if they know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where: for the reader of a refusal.
    pub place: String,
    /// The size.
    pub size: u64,
    /// The root, unless only the size is known.
    pub root: Option<Digest>,
}

/// Why a log must not sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The head is behind what was seen: entries are lost here that others hold.
    Behind {
        /// Where more was seen.
        place: String,
        /// The size seen there.
        seen: u64,
        /// The size here.
        held: u64,
    },
    /// What was seen is not a prefix of what is held: there are two histories.
    Forked {
        /// Where the other was seen.
        place: String,
        /// The size at which they differ at the latest.
        size: u64,
    },
    /// Nobody can say how far the log had got: the second place holds nothing.
    Unguarded {
        /// The place that should say.
        place: String,
        /// The size here.
        held: u64,
    },
    /// Somebody who should say did not answer.
    Silent {
        /// Who.
        place: String,
        /// What they said instead.
        problem: String,
    },
}

/// All reasons why a log that holds `head` must not go on. `root_at` gives the root over its first entries.
pub fn refusals<E>(
    head: &Checkpoint,
    seen: &[Seen],
    root_at: &mut dyn FnMut(u64) -> Result<Digest, E>,
) -> Result<Vec<Refusal>, E> {
    let mut found = Vec::new();
    for Seen { place, size, root } in seen {
        if *size > head.size {
            found.push(Refusal::Behind { place: place.clone(), seen: *size, held: head.size });
        } else if let Some(root) = root
            && root_at(*size)? != *root
        {
            found.push(Refusal::Forked { place: place.clone(), size: *size });
        }
    }
    Ok(found)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Behind { place, seen, held } => write!(
                f,
                "{place} has seen {seen} entries of this record, here are {held}: this is an older copy. Bring back the newer one, or fetch the missing entries with `record mirror`; signing from here would make a second history"
            ),
            Refusal::Forked { place, size } => write!(
                f,
                "{place} has seen another root for the first {size} entries: two histories of this record were signed. Keep both copies as evidence; the record cannot go on under this name"
            ),
            Refusal::Unguarded { place, held } => write!(
                f,
                "{place} does not say how far this record had got, here are {held} entries: this may be a copy. If you are sure that no other copy has signed more, say so with `record guard --accept {held}`"
            ),
            Refusal::Silent { place, problem } => write!(
                f,
                "{place} cannot be asked how far it has seen this record: {problem}. Try again when it answers"
            ),
        }
    }
}
