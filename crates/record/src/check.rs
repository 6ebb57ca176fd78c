//! The one check of a record: every file of its public form, every entry, every signature, the root.
//!
//! Refuses to know where files come from, and to stop at the first fault: it lists every bad resource. Nothing it reads
//! is believed before it leads to the signed root. Spec: docs/spec.md § 10.5.

mod keys;
mod range;

use std::fmt;

use crate::checkpoint::{Checkpoint, open_checkpoint_of};
use crate::cosignature::Cosignature;
use crate::digest::Digest;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::keys::VerifyingKey;
use crate::note::NoteVerifier;
use crate::signed_statement::Class;
use crate::tile::{self, TileId, WIDTH};
use crate::witness_policy::{self, WitnessPolicy};

pub use keys::{KEYS_FILE, KeyBody, KeyLine, keyring_of, keys_from_text, keys_to_text};

/// Reads a file of a record by its path; the error is a sentence. Asked from several threads.
pub type Read<'a> = &'a (dyn Fn(&str) -> Result<Vec<u8>, String> + Sync);

/// What the record is checked against: it comes from outside the record.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// The keys of the log.
    pub logs: Vec<NoteVerifier>,
    /// Whose statements count.
    pub issuers: Issuers,
    /// Witnesses that must have cosigned.
    pub policy: Option<WitnessPolicy>,
}

/// Where the keys of a record's issuers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuers {
    /// They are not known: no entry's signature is checked.
    Unknown,
    /// From the notices in the record, under this root key.
    Root(VerifyingKey),
    /// From outside: the record has no notices.
    Fixed(Keyring),
}

/// How a check is done.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How deep it goes.
    pub depth: Depth,
    /// On how many threads.
    pub threads: usize,
}

/// How deep a check goes; each depth includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Hashes and files; entries are bytes, so logs of other programs can be checked.
    Structure,
    /// Every entry is one, of the right class, under a name of its own.
    Entries,
    /// Every entry is signed by a key in force.
    Signatures,
}

/// Something wrong with one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The path of the file, and the entry in it.
    pub resource: String,
    /// What is wrong.
    pub problem: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The checkpoint, if it could be opened.
    pub checkpoint: Option<Checkpoint>,
    /// The good cosignatures of the witnesses of the policy.
    pub cosignatures: Vec<Cosignature>,
    /// The class of every entry, if there is one.
    pub class: Option<Class>,
    /// Entries read and hashed.
    pub entries: u64,
    /// Signatures found good.
    pub signatures: u64,
    /// Files read.
    pub files: u64,
    /// Everything that is wrong, by resource.
    pub faults: Vec<Fault>,
}

/// The path of the signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// Checks a record from its files. It holds if the report has no fault.
pub fn check_record(read: Read<'_>, trusted: &Trusted, effort: Effort) -> Report {
    let mut report = Report::default();
    let opened = read(CHECKPOINT).and_then(|note| open(&note, trusted).map_err(|error| error.to_string()));
    let (checkpoint, cosignatures) = match opened {
        Ok(opened) => opened,
        Err(problem) => {
            report.faults.push(Fault { resource: CHECKPOINT.to_owned(), problem });
            return report;
        }
    };
    report.files = 1;
    report.cosignatures = cosignatures;
    let size = checkpoint.size;
    report.checkpoint = Some(checkpoint.clone());
    let keyring = keys::read_keyring(read, trusted, size, effort, &mut report);
    let issuers = keyring.as_ref().filter(|_| effort.depth == Depth::Signatures);
    let (mut leaves, doubtful) = range::check_entries(read, size, issuers, effort, &mut report);
    blame(read, &checkpoint, &mut leaves, doubtful, &mut report);
    check_levels(read, size, leaves, &checkpoint.root, &mut report);
    report.faults.sort();
    report
}

fn open(note: &[u8], trusted: &Trusted) -> Result<(Checkpoint, Vec<Cosignature>), Error> {
    match &trusted.policy {
        None => Ok((open_checkpoint_of(note, &trusted.logs)?, Vec::new())),
        Some(policy) => {
            let witnessed = witness_policy::check_for(note, &trusted.logs, policy)?;
            Ok((witnessed.checkpoint, witnessed.cosignatures))
        }
    }
}

/// A bundle and the tile beside it disagree: the one that does not lead to the signed root is the bad one.
fn blame(
    read: Read<'_>,
    checkpoint: &Checkpoint,
    leaves: &mut [Digest],
    doubtful: Vec<(TileId, Vec<Digest>)>,
    report: &mut Report,
) {
    for (id, hashes) in doubtful {
        let first = usize::try_from(id.index).unwrap_or(usize::MAX).saturating_mul(usize::from(WIDTH));
        let Some(place) = leaves.get_mut(first..first.saturating_add(hashes.len())) else { continue };
        let of_bundle = place.to_vec();
        let above = hash_above(read, checkpoint.size, id);
        place.copy_from_slice(&hashes);
        let bundle_is_bad = match above {
            Some(above) => above == tile::tile_root(&hashes),
            None => crate::merkle::root(leaves) == checkpoint.root,
        };
        let problem =
            "disagrees with the other of tile and bundle, which leads to the signed root".to_owned();
        if bundle_is_bad {
            report.faults.push(Fault { resource: TileId { level: None, ..id }.to_string(), problem });
        } else {
            report.faults.push(Fault { resource: id.to_string(), problem });
            leaves.iter_mut().skip(first).zip(of_bundle).for_each(|(to, from)| *to = from);
        }
    }
}

/// What the tile above says of a full tile.
fn hash_above(read: Read<'_>, size: u64, id: TileId) -> Option<Digest> {
    let (index, place) = (id.index >> 8, usize::try_from(id.index & 0xff).ok()?);
    let rest = (size >> 8).saturating_sub(index.saturating_mul(u64::from(WIDTH)));
    let width = u16::try_from(rest).unwrap_or(WIDTH).min(WIDTH);
    let above = TileId { level: Some(1), index, width };
    let hashes = (id.width == WIDTH).then(|| read(&above.to_string()).ok())??;
    tile::from_tile(&hashes, width).ok()?.get(place).copied()
}

/// Every tile above level 0 holds the roots of the full tiles below it, and all lead to the root.
fn check_levels(read: Read<'_>, size: u64, level0: Vec<Digest>, root: &Digest, report: &mut Report) {
    let mut below = level0;
    let mut edges = Vec::new();
    for level in 0..8u8 {
        let count = usize::try_from(size.checked_shr(u32::from(level).saturating_mul(8)).unwrap_or(0));
        let count = count.unwrap_or(usize::MAX);
        if level > 0 {
            check_level(read, level, &below, report);
        }
        let (full, edge) = below.split_at((count & !0xff).min(below.len()));
        edges.push(edge.to_vec());
        below = full.chunks(usize::from(WIDTH)).map(tile::tile_root).collect();
    }
    let computed = crate::merkle::root_of_edges(&edges);
    if computed != *root {
        let problem = format!("signs root {root}, the entries lead to {computed}");
        report.faults.push(Fault { resource: CHECKPOINT.to_owned(), problem });
    }
}

fn check_level(read: Read<'_>, level: u8, expected: &[Digest], report: &mut Report) {
    for (index, hashes) in (0u64..).zip(expected.chunks(usize::from(WIDTH))) {
        let width = u16::try_from(hashes.len()).unwrap_or(WIDTH);
        let id = TileId { level: Some(level), index, width };
        report.files = report.files.saturating_add(1);
        report.faults.extend(compare(read, id, hashes).err());
    }
}

/// A tile holds just these hashes.
fn compare(read: Read<'_>, id: TileId, expected: &[Digest]) -> Result<(), Fault> {
    let found = read_tile(read, id)?;
    match found.iter().zip(expected).position(|(found, expected)| found != expected) {
        Some(place) => {
            let problem = format!("hash {place} is not that of what lies below it");
            Err(Fault { resource: id.to_string(), problem })
        }
        None => Ok(()),
    }
}

fn read_tile(read: Read<'_>, id: TileId) -> Result<Vec<Digest>, Fault> {
    let bytes =
        read_file(read, id).and_then(|b| tile::from_tile(&b, id.width).map_err(|error| error.to_string()));
    bytes.map_err(|problem| Fault { resource: id.to_string(), problem })
}

fn read_file(read: Read<'_>, id: TileId) -> Result<Vec<u8>, String> {
    tile::read_or_cut(id, |id| read(&id.to_string()))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.resource, self.problem)
    }
}
