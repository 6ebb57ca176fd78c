//! The check of a record as it lies in the store: by the one `check_record` that `fsck` uses on published files.
//!
//! The store has no files; they are made from its entries as they are asked for. Bodies, which are not published, are
//! checked beside them.

use std::sync::Mutex;

use record::check::{self, Depth, Effort, Issuers, KEYS_FILE, Trusted, check_record, keys_to_text};
use record::checkpoint::open_checkpoint_of;
use record::digest::Digest;
use record::keyring::{KeyUse, Keyring, Span};
use record::merkle;
use record::note::NoteVerifier;
use record::tile::{self, TileId, WIDTH};
use serde::Serialize;

use crate::admission;
use crate::error::Error;
use crate::history::{self, Use};
use crate::keychain::class_word;
use crate::logbook;
use crate::store::{Store, entries};

/// What a check found.
#[derive(Serialize)]
pub struct Checked {
    /// Whether nothing is wrong.
    pub holds: bool,
    /// The record's name.
    pub origin: String,
    /// What it holds.
    pub class: Option<&'static str>,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: String,
    /// Entries whose signature is good.
    pub signatures: u64,
    /// Files read; of a store, those its entries make.
    pub files: u64,
    /// Signed checkpoints; of published files, one.
    pub checkpoints: usize,
    /// Witnesses whose cosignature is on the checkpoint.
    pub witnesses: Vec<String>,
    /// Entries whose body is not there.
    pub erased: Vec<u64>,
    /// Everything that is wrong.
    pub findings: Vec<String>,
}

/// A report of the one check as it is shown.
#[must_use]
pub fn shown(report: check::Report) -> Checked {
    let findings: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    let head = report.checkpoint;
    Checked {
        holds: findings.is_empty(),
        origin: head.as_ref().map(|head| head.origin.clone()).unwrap_or_default(),
        class: report.class.map(class_word),
        size: head.as_ref().map_or(0, |head| head.size),
        root: head.as_ref().map(|head| head.root.to_string()).unwrap_or_default(),
        signatures: report.signatures,
        files: report.files,
        checkpoints: usize::from(head.is_some()),
        witnesses: report.cosignatures.iter().map(|c| c.witness.name().to_owned()).collect(),
        erased: Vec::new(),
        findings,
    }
}

/// Checks a store: a record under own keys, or that of a history.
///
/// # Errors
/// The store cannot be read.
pub fn check_store(store: Store, data: &std::path::Path) -> Result<Checked, Error> {
    let (logs, issuers, keys) = match store.meta("election")? {
        Some(election) => (history_logs(&election)?, Issuers::Fixed(history_keys()), Vec::new()),
        None => {
            let founding = logbook::founding(&store, data)?;
            let keyring = logbook::keyring(&store, founding.root)?;
            let logs = logbook::log_verifiers(&founding.origin, &keyring, None);
            (logs, Issuers::Root(founding.root), keys_to_text(&logbook::key_lines(&store)?)?)
        }
    };
    let mut leaves = Vec::new();
    let mut out_of_order = Vec::new();
    store.each_entry::<Error>(0, u64::MAX, &mut |index, entry| {
        if index != u64::try_from(leaves.len()).unwrap_or(u64::MAX) {
            out_of_order.push(index);
        }
        leaves.push(merkle::leaf_hash(entry));
        Ok(())
    })?;
    let head = store.head()?;
    let note = store.checkpoint(head.size)?;
    let notes = store.checkpoints()?;
    let (erased, bodies) = check_bodies(&store)?;
    let tiles = Tiles::of(leaves);
    let trusted = Trusted { logs, issuers, policy: None };
    let threads = admission::threads();
    let store = Mutex::new(store);
    let read = |path: &str| match path {
        check::CHECKPOINT => note.clone().ok_or_else(|| "the newest head is not signed".to_owned()),
        KEYS_FILE => Ok(keys.clone()),
        path => tiles.read(path, &store),
    };
    let mut checked = shown(check_record(&read, &trusted, Effort { depth: Depth::Signatures, threads }));
    checked
        .findings
        .extend(out_of_order.iter().map(|index| format!("entry {index}: stands at another place")));
    checked.findings.extend(bodies);
    checked.findings.extend(check_notes(&notes, &trusted.logs, &tiles, head.size));
    if tiles.size() != head.size {
        checked.findings.push(format!("{} entries, but the last head is of {}", tiles.size(), head.size));
    }
    checked.checkpoints = notes.len();
    checked.erased = erased;
    checked.holds = checked.findings.is_empty();
    Ok(checked)
}

fn check_bodies(store: &Store) -> Result<(Vec<u64>, Vec<String>), Error> {
    let (mut erased, mut findings) = (Vec::new(), Vec::new());
    store.each_row(0, u64::MAX, &mut |row| {
        match entries::logged(&row) {
            Ok(logged) if logged.opened.is_none() => erased.push(row.index),
            Ok(_) => {}
            // An entry that is none is found by the check of entries.
            Err(Error::Record(_)) if row.opened.is_none() => {}
            Err(e) => findings.push(format!("body of entry {}: {e}", row.index)),
        }
        Ok(())
    })?;
    Ok((erased, findings))
}

/// Every signed checkpoint is of a prefix of the entries.
fn check_notes(notes: &[(u64, Vec<u8>)], logs: &[NoteVerifier], tiles: &Tiles, head: u64) -> Vec<String> {
    let mut findings = Vec::new();
    for (size, note) in notes {
        let root = tile::root(*size, tiles.size(), &mut |id| tiles.hashes(id));
        match (open_checkpoint_of(note, logs), root) {
            (Err(e), _) => findings.push(format!("checkpoint {size}: {e}")),
            (Ok(_), Err(_)) => {
                findings.push(format!("checkpoint {size}: only {} entries are stored", tiles.size()))
            }
            (Ok(stated), Ok(root)) if stated.size != *size || stated.root != root => {
                findings.push(format!("checkpoint {size}: the entries hash to another root"));
            }
            _ => {}
        }
    }
    if notes.last().is_none_or(|(size, _)| *size != head) {
        findings.push(format!("the head of {head} entries is not signed"));
    }
    findings
}

/// The hashes of each level, of which the tiles are parts.
struct Tiles(Vec<Vec<Digest>>);

impl Tiles {
    fn of(leaves: Vec<Digest>) -> Self {
        let mut levels = vec![leaves];
        while let Some(above) = levels.last().filter(|below| below.len() >= usize::from(WIDTH)) {
            let (full, _) = above.as_chunks::<256>();
            levels.push(full.iter().map(|hashes| tile::tile_root(hashes)).collect());
        }
        Self(levels)
    }

    fn size(&self) -> u64 {
        self.0.first().map_or(0, |leaves| u64::try_from(leaves.len()).unwrap_or(u64::MAX))
    }

    fn hashes(&self, id: TileId) -> Result<Vec<Digest>, record::Error> {
        let level = self.0.get(usize::from(id.level.unwrap_or(0)));
        let first = usize::try_from(id.index.saturating_mul(u64::from(WIDTH))).unwrap_or(usize::MAX);
        let some = level.and_then(|l| l.get(first..first.saturating_add(usize::from(id.width))));
        let missing = record::Error::TileRefused { what: "tile", problem: "it lacks hashes the tree has" };
        some.map(<[Digest]>::to_vec).ok_or(missing)
    }

    fn read(&self, path: &str, store: &Mutex<Store>) -> Result<Vec<u8>, String> {
        let id: TileId = path.parse().map_err(|e: record::Error| e.to_string())?;
        if id.level.is_some() {
            return Ok(tile::to_tile(&self.hashes(id).map_err(|e| e.to_string())?));
        }
        let from = id.index.saturating_mul(u64::from(WIDTH));
        let mut entries: Vec<Vec<u8>> = Vec::new();
        let store = store.lock().map_err(|_| "a thread ended")?;
        let read =
            store.each_entry::<Error>(from, from.saturating_add(u64::from(id.width)), &mut |_, entry| {
                entries.push(entry.to_vec());
                Ok(())
            });
        read.map_err(|e| e.to_string())?;
        tile::to_bundle(entries.iter().map(Vec::as_slice)).map_err(|e| e.to_string())
    }
}

fn history_logs(election: &str) -> Result<Vec<NoteVerifier>, Error> {
    Ok(vec![NoteVerifier::new(&history::origin(election), history::key(Use::Log).verifying_key())?])
}

fn history_keys() -> Keyring {
    let uses = [
        (Use::Attester, KeyUse::Attester),
        (Use::Decider, KeyUse::Decider),
        (Use::Approver(1), KeyUse::Approver),
        (Use::Approver(2), KeyUse::Approver),
    ];
    let span = |(of, key_use)| {
        let key = history::key(of).verifying_key();
        Span { key, name: history::ATTESTER.into(), key_use, from: 0, until: None }
    };
    Keyring::fixed(uses.into_iter().map(span).collect())
}
