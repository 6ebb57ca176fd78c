//! Asking the witnesses of a record, for whatever command needs it.

use std::path::Path;

use record::guard::Seen;
use record::log::Storage;
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
    let data = logbook::public_of(logbook.store.folder());
    let mut asked = Vec::new();
    for row in logbook.store.witnesses()? {
        let old = last_cosigned(&logbook.store, &row)?;
        let said = witnessing::ask(&row, &head, &note, old, &mut |id| hashes(&logbook.store, &data, id))?;
        if let Said::Cosigned(lines) = &said {
            for line in lines.lines() {
                logbook.store.put_cosignature(head.size, &format!("{line}\n"))?;
            }
        }
        let problem = problem(&said, head.size);
        asked.push(Asked { name: row.name, cosigned: problem.is_none(), problem });
    }
    logbook.publish()?;
    Ok(asked)
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

/// The size a witness cosigned last, as far as is known here.
fn last_cosigned(store: &Store, row: &WitnessRow) -> Result<u64, Error> {
    Ok(store.last_cosignature(row.witness.name())?.unwrap_or(0))
}

fn hashes(store: &Store, public: &Path, id: TileId) -> Result<Vec<record::digest::Digest>, record::Error> {
    let place = Place { public: Some(public.into()), guard: None };
    let missing = record::Error::TileRefused { what: "tile", problem: "it is not published here" };
    let read = Disk::new(store, &place).read(&format!("{}{id}", record::log::PUBLIC));
    tile::from_tile(&read.ok().flatten().ok_or(missing)?, id.width)
}

/// What the witnesses have seen of a record, asked with the head that is published. One that is silent is told of, and
/// is no reason to stop while the guard speaks.
///
/// # Errors
/// The store cannot be read.
pub fn witness_seen(data: &Path, out: &mut Out) -> Result<Vec<Seen>, Error> {
    let store = Store::existing(data)?;
    let mut found = Vec::new();
    let rows = store.witnesses()?;
    let head = store.head()?;
    let Some(note) = store.checkpoint(head.size)? else { return Ok(found) };
    let founding = logbook::founding(&store, data)?;
    let head = record::checkpoint::Checkpoint { origin: founding.origin, size: head.size, root: head.root };
    let public = logbook::public_of(data);
    for row in rows {
        let old = last_cosigned(&store, &row)?;
        let said = witnessing::ask(&row, &head, &note, old, &mut |id| hashes(&store, &public, id));
        match said {
            Ok(Said::Silent(problem)) => {
                out.warn(&format!("witness {}: did not answer: {problem}", row.name))
            }
            Ok(Said::Cosigned(lines)) => {
                for line in lines.lines() {
                    store.put_cosignature(head.size, &format!("{line}\n"))?;
                }
            }
            Ok(said) => {
                found.extend(witnessing::seen(&row, &said, &head));
                if let Some(problem) = problem(&said, head.size) {
                    out.warn(&format!("witness {}: {problem}", row.name));
                }
            }
            // Without its published files a record can still be opened; they are made again then.
            Err(_) => out
                .warn(&format!("witness {}: cannot be asked before the published files are there", row.name)),
        }
    }
    Ok(found)
}
