//! Asking the witnesses of a record, for whatever command needs it.

use std::path::Path;

use record::checkpoint::{self, Checkpoint};
use record::digest::Digest;
use record::guard::Seen;
use record::log::{PUBLIC, Storage};
use record::tile::{self, TileId};
use serde::Serialize;

use super::Out;
use crate::disk::{Disk, Place};
use crate::error::Error;
use crate::logbook::{self, Logbook};
use crate::store::Store;
use crate::store::witnesses::WitnessRow;
use crate::witnessing::{self, Said};

/// What came of asking one.
#[derive(Serialize)]
pub struct Asked {
    /// Its name.
    pub name: String,
    /// Whether it cosigned.
    pub cosigned: bool,
    /// What it said instead.
    pub problem: Option<String>,
}

/// Sends the head to every witness, keeps their cosignatures and publishes them.
///
/// # Errors
/// The store or a file fails.
pub fn ask_all(logbook: &mut Logbook) -> Result<Vec<Asked>, Error> {
    let (head, note) = (logbook.head()?, logbook.note()?);
    let mut asked = Vec::new();
    for (row, said) in ask_each(&logbook.store, &head, &note)? {
        let problem = problem(&said?, head.size);
        asked.push(Asked { name: row.name, cosigned: problem.is_none(), problem });
    }
    logbook.publish()?;
    Ok(asked)
}

type Answers = Vec<(WitnessRow, Result<Said, Error>)>;

/// Asks each witness and keeps the cosignatures. What each said stands for itself.
fn ask_each(store: &Store, head: &Checkpoint, note: &[u8]) -> Result<Answers, Error> {
    let public = logbook::public_of(store.folder());
    let mut answers = Vec::new();
    for row in store.witnesses()? {
        let old = store.last_cosignature(row.witness.name())?.unwrap_or(0);
        let said = witnessing::ask(&row, head, note, old, &mut |id| hashes(store, &public, id));
        if let Ok(Said::Cosigned(lines)) = &said {
            for line in lines.lines() {
                store.put_cosignature(head.size, &format!("{line}\n"))?;
            }
        }
        answers.push((row, said));
    }
    Ok(answers)
}

fn problem(said: &Said, held: u64) -> Option<String> {
    match said {
        Said::Cosigned(_) => None,
        Said::Seen(size) if *size > held => Some(format!(
            "409: it has cosigned {size} entries of this record, here are {held}: this is an older copy, or another history was signed"
        )),
        Said::Seen(size) => {
            Some(format!("409: it has cosigned another history of {size} entries under this name"))
        }
        Said::Refused(words) if words.starts_with("422") => {
            Some(format!("{words}: it has cosigned another history of this record"))
        }
        Said::Refused(words) => Some(format!("not cosigned: {words}")),
        Said::Silent(problem) => Some(format!("did not answer: {problem}")),
    }
}

/// Hashes from the published tiles of this record.
///
/// # Errors
/// They are not there.
pub fn hashes(store: &Store, public: &Path, id: TileId) -> Result<Vec<Digest>, record::Error> {
    let place = Place { public: Some(public.into()), guard: None };
    let missing = || record::Error::TileRefused {
        what: "tile",
        problem: "it is not published here; `record rebuild` makes it again",
    };
    let read = |id: TileId| {
        let read = Disk::new(store, &place).read(&format!("{PUBLIC}{id}"));
        read.ok().flatten().ok_or_else(missing)
    };
    tile::from_tile(&tile::read_or_cut(id, read)?, id.width)
}

/// What the witnesses have seen of a record, asked with the newest checkpoint that is signed: a head that is not signed yet
/// must not be before they were asked. One that is silent is told of, and is no reason to stop while the guard speaks.
///
/// # Errors
/// The store cannot be read.
pub fn witness_seen(data: &Path, out: &mut Out) -> Result<Vec<Seen>, Error> {
    let store = Store::existing(data)?;
    let Some(note) = store.newest_checkpoint()? else { return Ok(Vec::new()) };
    let head = checkpoint::stated(&note)?;
    let mut found = Vec::new();
    for (row, said) in ask_each(&store, &head, &note)? {
        let problem = match &said {
            Ok(said) => {
                found.extend(witnessing::seen(&row, said, &head));
                problem(said, head.size)
            }
            // Without its published files a record can still be opened; they are made again then.
            Err(e) => Some(format!("cannot be asked: {e}")),
        };
        problem.iter().for_each(|problem| out.warn(&format!("witness {}: {problem}", row.name)));
    }
    Ok(found)
}
