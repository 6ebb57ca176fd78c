//! The files that show a log: written so that each is whole under its name, rebuilt from the entries when in doubt.

use std::collections::BTreeSet;

use super::{Fault, Head, Stop, Storage};
use crate::check::CHECKPOINT;
use crate::edge::{Edge, File};
use crate::error::Error;
use crate::tile::{self, TileId, WIDTH};

/// The folder that is published.
pub const PUBLIC: &str = "public/";

pub(super) fn path(id: TileId) -> String {
    format!("{PUBLIC}{id}")
}

pub(super) fn checkpoint_path() -> String {
    format!("{PUBLIC}{CHECKPOINT}")
}

/// Writes files: under another name, synchronised, renamed, the names synchronised. A reader finds the old bytes or the
/// new, never a part.
pub(super) fn write(storage: &mut dyn Storage, files: &[(String, Vec<u8>)]) -> Result<(), Fault> {
    if files.is_empty() {
        return Ok(());
    }
    let temporary: Vec<String> = files.iter().map(|(path, _)| format!("{path}.new")).collect();
    let created: Vec<(&str, &[u8])> =
        temporary.iter().zip(files).map(|(path, (_, bytes))| (path.as_str(), bytes.as_slice())).collect();
    storage.create(&created)?;
    storage.sync(&temporary.iter().map(String::as_str).collect::<Vec<_>>())?;
    let pairs: Vec<(&str, &str)> =
        temporary.iter().zip(files).map(|(from, (to, _))| (from.as_str(), to.as_str())).collect();
    storage.rename(&pairs)?;
    let folders: BTreeSet<&str> = files.iter().map(|(path, _)| folder(path)).collect();
    storage.sync_folders(&folders.into_iter().collect::<Vec<_>>())
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The edge at the head. What was published up to `shown` is durable, because the checkpoint is written last; what came
/// after it is written again even if it seems to be there: after a failed synchronisation a file can be read that no disk
/// holds. Without a good start everything is made again.
pub(super) fn resume(storage: &mut dyn Storage, head: &Head, shown: Option<u64>) -> Result<Edge, Stop> {
    let Some(mut edge) = shown.and_then(|size| edge_shown(storage, size)) else { return rebuild(storage) };
    let from = edge.size();
    let filled = push(storage, &mut edge, from, head.size)?;
    if edge.root() != head.root {
        return rebuild(storage);
    }
    if from < head.size {
        write_tiles(storage, filled.into_iter().chain(edge.partial()))?;
    }
    Ok(edge)
}

/// The edge from the published partial files, if they lead to the root that was stored for this size.
fn edge_shown(storage: &mut dyn Storage, size: u64) -> Option<Edge> {
    let missing = || Error::TileRefused { what: "tile", problem: "it is not there" };
    let mut read =
        |id: TileId| tile::read_or_cut(id, |id| storage.read(&path(id)).ok().flatten().ok_or_else(missing));
    let edge = Edge::resume(size, &mut read).ok()?;
    (storage.root_at(size).ok()?? == edge.root()).then_some(edge)
}

/// Makes every derived file again from the entries, and compares the root with the durable head.
pub fn rebuild(storage: &mut dyn Storage) -> Result<Edge, Stop> {
    let head = storage.head()?;
    let mut edge = Edge::new();
    while edge.size() < head.size {
        let from = edge.size();
        let filled = push(storage, &mut edge, from, from.saturating_add(STEP).min(head.size))?;
        if edge.size() == from {
            break;
        }
        write_tiles(storage, filled)?;
    }
    if edge.root() != head.root || edge.size() != head.size {
        return Err(Stop::Damaged(format!(
            "the {} stored entries lead to the root {}, the head says {} entries and {}: the database was changed from outside or the disk is bad; bring back a copy that `record fsck` finds good",
            edge.size(),
            edge.root(),
            head.size,
            head.root
        )));
    }
    write_tiles(storage, edge.partial())?;
    Ok(edge)
}

fn write_tiles(storage: &mut dyn Storage, files: impl IntoIterator<Item = File>) -> Result<(), Fault> {
    let files: Vec<(String, Vec<u8>)> = files.into_iter().map(|(id, bytes)| (path(id), bytes)).collect();
    write(storage, &files)
}

/// The edge at a size, from the entries. Writes nothing.
pub(super) fn edge_of(storage: &mut dyn Storage, size: u64) -> Result<Edge, Stop> {
    let mut edge = Edge::new();
    push(storage, &mut edge, 0, size)?;
    Ok(edge)
}

fn push(storage: &mut dyn Storage, edge: &mut Edge, from: u64, to: u64) -> Result<Vec<File>, Stop> {
    let mut filled = Vec::new();
    let mut refused = None;
    storage.entries(from, to, &mut |index, entry| {
        let in_order = index == edge.size();
        match edge.push(entry) {
            Ok(files) if in_order => filled.extend(files),
            Ok(_) => refused = Some(Stop::Damaged(format!("entry {index} stands where another should"))),
            Err(error) => refused = Some(error.into()),
        }
        Ok(())
    })?;
    refused.map_or(Ok(filled), Err)
}

/// Removes the partial files whose tile is full now. Until then a reader with an older checkpoint may ask for them. It
/// comes before the checkpoint, so that after a crash it is done again.
// Spec: tlog-tiles "Partial Tiles": they may be deleted once the full tile is there.
pub(super) fn collect(storage: &mut dyn Storage, old_size: u64, new_size: u64) -> Result<(), Fault> {
    for id in tile::replaced_between(old_size, new_size) {
        storage.remove_folder(&partials(id))?;
    }
    Ok(())
}

/// The folder of the partial files of a tile.
fn partials(id: TileId) -> String {
    let whole = path(TileId { width: WIDTH, ..id });
    format!("{whole}.p")
}

/// Entries that are hashed before their files are written: 256 bundles.
const STEP: u64 = 65_536;
