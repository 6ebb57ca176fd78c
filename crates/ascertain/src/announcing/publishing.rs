//! The files of a feed, each put in place whole, and only if it says something else than what lies there.
//!
//! What others refer to is written before what refers to it, so that a reader follows no link into nothing; a publication
//! broken off is finished by the next. Refuses to remove anything: what was public stays public.

use std::path::Path;

use super::entries::{Entry, Feed, Happened};
use super::{atom, cap, json_feed, page};
use crate::error::Error;
use crate::folder;

/// Writes what is missing or differs below a folder.
///
/// # Errors
/// A file cannot be written; the next publication begins where this one ended.
pub fn publish(mut feed: Feed, folder: &Path) -> Result<(), Error> {
    // Where the proofs lie is asked from the folder on.
    std::fs::create_dir_all(folder).map_err(|source| Error::File {
        path: folder.into(),
        doing: "cannot be made",
        source,
    })?;
    for entry in &mut feed.entries {
        entry.proof = proof(entry, folder);
    }
    for (name, text) in files(&feed)? {
        let path = folder.join(name);
        if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            folder::write_whole(&path, text.as_bytes())?;
        }
    }
    Ok(())
}

/// Names and contents, in the order of writing.
///
/// # Errors
/// Only if the encoder fails.
pub fn files(feed: &Feed) -> Result<Vec<(String, String)>, Error> {
    let mut all = Vec::new();
    for entry in &feed.entries {
        all.push((format!("cap/{}.json", entry.name), cap::cap(feed, entry)?));
    }
    all.push(("index.html".into(), page::page(feed)));
    all.push(("feed.json".into(), json_feed::json_feed(feed)?));
    all.push(("feed.atom".into(), atom::atom(feed)));
    Ok(all)
}

/// Where the proof of an entry's decision lies, from the announcements on, if it lies there.
fn proof(entry: &Entry, folder: &Path) -> Option<String> {
    proof_name(entry).filter(|file| folder.join(file).is_file())
}

/// Where the proof of an entry's decision is to lie, from the announcements on, if it rests on one.
pub fn proof_name(entry: &Entry) -> Option<String> {
    let decided = matches!(entry.happened, Happened::Decided(_) | Happened::Overtaken(_));
    decided.then(|| format!("decision-{}.proof", entry.office.id.replace(['/', ':'], "-")))
}
