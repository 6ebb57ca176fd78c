//! A log that signs: from entries that are durable to a signed checkpoint and the files that show it.
//!
//! Refuses to know a database, a disk or a clock: [`Storage`] is an argument. The order of its calls is what this file
//! is for. Entries and the head over them are made durable together, by the caller; then the guard moves; only then is
//! the head signed, so that nothing is signed which a restored backup could contradict; then the derived files are
//! written, the checkpoint last. After a fault nobody knows what the disk holds: the log is gone, and the process with
//! it. Spec: c2sp.org/tlog-tiles@v0.1.0; docs/decisions/0006-sign-after-guard.md.

mod derived;
mod storage;

use std::fmt;

use crate::checkpoint::{self, Checkpoint, sign_checkpoint_with};
use crate::edge::{Edge, File};
use crate::error::Error;
use crate::guard::{Refusal, Seen, refusals};
use crate::keys::SigningKey;

pub use derived::{PUBLIC, rebuild};
pub use storage::{Fault, Head, Storage, Visit};

/// What a log is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its name.
    pub origin: String,
    /// Its keys; more than one while one follows another.
    pub keys: Vec<SigningKey>,
    /// What others have seen of it: witnesses, mirrors.
    pub seen: Vec<Seen>,
    /// Whether a guard is kept.
    pub guarding: Guarding,
    /// Files to be published before the checkpoint, such as [`crate::check::KEYS_FILE`]; their paths begin with [`PUBLIC`].
    pub beside: Vec<(String, Vec<u8>)>,
}

/// Whether a guard is kept in another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarding {
    /// None: for a log whose keys are public, which anybody can fork.
    None,
    /// One that must know the log.
    Kept,
    /// One that may say nothing if the log has just this size: its owner vouches that no other copy has signed more.
    Accept(u64),
}

/// A log that may sign.
#[derive(Debug, Clone)]
pub struct Log {
    origin: String,
    keys: Vec<SigningKey>,
    edge: Edge,
    unpublished: Vec<File>,
    published: u64,
    // What this process wrote there last; None if there is no guard.
    guard: Option<String>,
    note: Vec<u8>,
}

/// Entries that were given their places and are not durable yet.
#[derive(Debug, Clone)]
pub struct Staged {
    /// The size of the log before them.
    pub first: u64,
    /// The head over them, to be stored with them.
    pub head: Head,
    filled: Vec<File>,
    edge: Edge,
}

/// Files that show a signed head, and where they begin.
#[derive(Debug, Clone)]
pub struct Publication {
    files: Vec<(String, Vec<u8>)>,
    note: Vec<u8>,
    old_size: u64,
    new_size: u64,
}

/// Why a log does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Storage failed, and whether it did what it was asked is not known. End the process.
    Fault(Fault),
    /// Signing might make a second history. The record can be read.
    Refused(Vec<Refusal>),
    /// What is stored is not what was stored.
    Damaged(String),
    /// Bytes that cannot be written.
    Record(Error),
}

/// Where the guard lies.
pub const GUARD: &str = "guard/head";

/// Opens a log: brings derived files up to date, and refuses where the head is not the newest anybody has seen.
pub fn open(storage: &mut dyn Storage, config: Config) -> Result<Log, Stop> {
    let head = storage.head()?;
    let Config { origin, keys, mut seen, guarding, beside } = config;
    let checkpoint = Checkpoint { origin: origin.clone(), size: head.size, root: head.root };
    let unguarded = guard_seen(storage, &checkpoint, guarding, &mut seen)?;
    let published = published_seen(storage, &origin)?;
    seen.extend(published.clone());
    let mut found = refusals(&checkpoint, &seen, &mut |size| root_at(storage, size))?;
    found.extend(unguarded);
    if !found.is_empty() {
        return Err(Stop::Refused(found));
    }
    let guard = match guarding {
        Guarding::None => None,
        // Written even if it is there: after a failed synchronisation a file can be read that no disk holds.
        Guarding::Kept | Guarding::Accept(_) => {
            let text = checkpoint::to_text(&checkpoint)?;
            derived::write(storage, &[(GUARD.to_owned(), text.clone().into_bytes())])?;
            Some(text)
        }
    };
    for (path, bytes) in &beside {
        write_beside(storage, path, bytes)?;
    }
    let shown = published.map(|seen| seen.size);
    let edge = derived::resume(storage, &head, shown)?;
    let published = shown.unwrap_or(0);
    let log = Log { origin, keys, edge, unpublished: Vec::new(), published, guard, note: Vec::new() };
    let log = log.sign(storage)?;
    // What is published already stays, with the cosignatures it has.
    if shown == Some(head.size) { Ok(log) } else { log.publish(storage, "") }
}

/// Gives entries their places. Nothing is durable yet.
pub fn stage(log: &Log, entries: &[Vec<u8>]) -> Result<Staged, Error> {
    let (mut edge, mut filled) = (log.edge.clone(), Vec::new());
    for entry in entries {
        filled.extend(edge.push(entry)?);
    }
    let head = Head { size: edge.size(), root: edge.root() };
    Ok(Staged { first: log.edge.size(), head, filled, edge })
}

/// Hashes entries again as they were read back, and compares with the head that is to be signed.
// The log Yeti 2022 ended when one bit flipped between what was stored and what was hashed.
pub fn recheck(log: &Log, staged: &Staged, read_back: &[Vec<u8>]) -> Result<(), Stop> {
    let again = stage(log, read_back)?;
    if again.head == staged.head {
        return Ok(());
    }
    Err(Stop::Damaged(format!(
        "entries {} to {} do not read back as written: check memory and disk",
        staged.first, staged.head.size
    )))
}

/// Writes another published file, such as [`crate::check::KEYS_FILE`]; its path begins with [`PUBLIC`].
pub fn write_beside(storage: &mut dyn Storage, path: &str, bytes: &[u8]) -> Result<(), Stop> {
    if storage.read(path)?.as_deref() != Some(bytes) {
        derived::write(storage, &[(path.to_owned(), bytes.to_vec())])?;
    }
    Ok(())
}

impl Log {
    /// Entries and head are durable: the guard moves, and the head is signed. The entries may be acknowledged.
    pub fn committed(mut self, storage: &mut dyn Storage, staged: Staged) -> Result<Log, Stop> {
        self.edge = staged.edge;
        self.unpublished.extend(staged.filled);
        self.sign(storage)
    }

    fn sign(mut self, storage: &mut dyn Storage) -> Result<Log, Stop> {
        let head = self.checkpoint();
        self.move_guard(storage, &head)?;
        // The same keys sign the same bytes, so signing again after a crash is no second signature.
        self.note = sign_checkpoint_with(&head, &self.keys)?;
        if storage.note(head.size)?.is_none_or(|stored| stored != self.note) {
            storage.put_note(head.size, &self.note)?;
        }
        Ok(self)
    }

    /// The guard must say what this process wrote last: another that holds a copy of the record may have moved it.
    fn move_guard(&mut self, storage: &mut dyn Storage, head: &Checkpoint) -> Result<(), Stop> {
        let Some(last) = &self.guard else { return Ok(()) };
        let text = checkpoint::to_text(head)?;
        if *last == text {
            return Ok(());
        }
        if storage.read(GUARD)?.as_deref() != Some(last.as_bytes()) {
            let place = "the guard, moved by another process since this one started,".to_owned();
            return Err(Stop::Refused(vec![Refusal::Forked { place, size: head.size }]));
        }
        derived::write(storage, &[(GUARD.to_owned(), text.clone().into_bytes())])?;
        self.guard = Some(text);
        Ok(())
    }

    /// Writes the files that show the head, the checkpoint last and with these cosignatures.
    pub fn publish(mut self, storage: &mut dyn Storage, cosignatures: &str) -> Result<Log, Stop> {
        self.publication(cosignatures).write(storage)?;
        Ok(self)
    }

    /// What is to be written to show the head. Publications are written one after another; if one is not, the log has
    /// failed.
    pub fn publication(&mut self, cosignatures: &str) -> Publication {
        let partial = self.edge.partial();
        let filled = std::mem::take(&mut self.unpublished);
        let files = filled.into_iter().chain(partial).map(|(id, bytes)| (derived::path(id), bytes)).collect();
        let note = [self.note.as_slice(), cosignatures.as_bytes()].concat();
        let old_size = std::mem::replace(&mut self.published, self.edge.size());
        Publication { files, note, old_size, new_size: self.edge.size() }
    }

    /// Signs with other keys from the next checkpoint on.
    pub fn with_keys(mut self, keys: Vec<SigningKey>) -> Log {
        self.keys = keys;
        self
    }

    /// What the log signs now.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), size: self.edge.size(), root: self.edge.root() }
    }

    /// The checkpoint as signed.
    pub fn note(&self) -> &[u8] {
        &self.note
    }
}

impl Publication {
    /// Writes tiles and bundles, then takes away the partial ones they replace, then writes the checkpoint.
    pub fn write(&self, storage: &mut dyn Storage) -> Result<(), Stop> {
        derived::write(storage, &self.files)?;
        derived::collect(storage, self.old_size, self.new_size)?;
        derived::write(storage, &[(derived::checkpoint_path(), self.note.clone())])?;
        Ok(())
    }
}

/// What the guard has seen, or why it does not say.
fn guard_seen(
    storage: &mut dyn Storage,
    head: &Checkpoint,
    guarding: Guarding,
    seen: &mut Vec<Seen>,
) -> Result<Option<Refusal>, Stop> {
    if guarding == Guarding::None {
        return Ok(None);
    }
    let place = "the guard".to_owned();
    let text = storage.read(GUARD)?.and_then(|bytes| String::from_utf8(bytes).ok());
    let stored = text.and_then(|text| checkpoint::from_text(&text).ok());
    Ok(match stored.filter(|stored| stored.origin == head.origin) {
        Some(stored) => {
            seen.push(Seen { place, size: stored.size, root: Some(stored.root) });
            None
        }
        // An empty record has nothing to lose.
        None if head.size == 0 || guarding == Guarding::Accept(head.size) => None,
        None => Some(Refusal::Unguarded { place, held: head.size }),
    })
}

/// What the published checkpoint says. It is not asked for a good signature: whoever changes it can only stop the log.
fn published_seen(storage: &mut dyn Storage, origin: &str) -> Result<Option<Seen>, Stop> {
    let stored = storage.read(&derived::checkpoint_path())?;
    let stated = stored.and_then(|bytes| checkpoint::stated(&bytes).ok());
    let of_this_log = stated.filter(|checkpoint| checkpoint.origin == origin);
    Ok(of_this_log.map(|c| Seen {
        place: "the published checkpoint".to_owned(),
        size: c.size,
        root: Some(c.root),
    }))
}

/// The root at a size: one that was stored, or one over the entries.
fn root_at(storage: &mut dyn Storage, size: u64) -> Result<crate::digest::Digest, Stop> {
    match storage.root_at(size)? {
        Some(root) => Ok(root),
        None => Ok(derived::edge_of(storage, size)?.root()),
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Record(error)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Fault(fault) => write!(f, "{fault}; what is stored now is not known, so the process ends"),
            Stop::Refused(refusals) => {
                f.write_str("the record is open for reading only:")?;
                refusals.iter().try_for_each(|refusal| write!(f, "\n  {refusal}"))
            }
            Stop::Damaged(what) => f.write_str(what),
            Stop::Record(error) => error.fmt(f),
        }
    }
}
