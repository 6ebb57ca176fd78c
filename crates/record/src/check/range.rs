//! The entries of a record, bundle by bundle, on several threads.

use std::collections::HashMap;

use super::keys::InForce;
use super::{Depth, Effort, Fault, Read, Report, read_file, read_tile};
use crate::digest::{Digest, sha256_of};
use crate::merkle::leaf_hash;
use crate::signed_statement::{self, Class, SignedStatement};
use crate::tile::{self, MAX_BUNDLE_BYTES, TileId, WIDTH};

/// What one thread found in its bundles.
#[derive(Default)]
struct Part {
    leaves: Vec<Digest>,
    names: Vec<Named>,
    classes: Vec<(Class, u64)>,
    signatures: u64,
    files: u64,
    faults: Vec<Fault>,
    doubtful: Vec<(TileId, Vec<Digest>)>,
}

/// The hash of an attester and the name of a statement of theirs, cut to what makes an accident impossible, and the
/// index it was found at.
type Named = ([u8; 16], u64);

/// Checks every entry, and returns the leaf hashes, and those tiles of level 0 which say otherwise. Faults go into the
/// report.
pub(super) fn check_entries(
    read: Read<'_>,
    size: u64,
    issuers: Option<&InForce>,
    effort: Effort,
    report: &mut Report,
) -> (Vec<Digest>, Vec<(TileId, Vec<Digest>)>) {
    let bundles: Vec<TileId> = tile::tiles_of(size).filter(|id| id.level.is_none()).collect();
    let threads = effort.threads.clamp(1, 64);
    let share = bundles.len().div_ceil(threads).max(1);
    let parts: Vec<Part> = std::thread::scope(|scope| {
        let work = |ids| scope.spawn(move || check_bundles(read, ids, effort.depth, issuers));
        let running: Vec<_> = bundles.chunks(share).map(work).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|p| std::panic::resume_unwind(p)))
            .collect()
    });
    let mut leaves = Vec::with_capacity(usize::try_from(size).unwrap_or(0).min(1 << 24));
    let (mut names, mut classes, mut doubtful) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        leaves.extend(part.leaves);
        names.extend(part.names);
        classes.extend(part.classes);
        doubtful.extend(part.doubtful);
        report.signatures = report.signatures.saturating_add(part.signatures);
        report.files = report.files.saturating_add(part.files);
        report.faults.extend(part.faults);
    }
    report.entries = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
    report.faults.extend(twice(names));
    report.faults.extend(mixed(&classes, report.checkpoint.as_ref().map_or("", |head| &head.origin)));
    report.class = classes.first().map(|(class, _)| *class);
    (leaves, doubtful)
}

fn check_bundles(read: Read<'_>, ids: &[TileId], depth: Depth, issuers: Option<&InForce>) -> Part {
    let mut part = Part::default();
    for id in ids {
        check_bundle(read, *id, depth, issuers, &mut part);
    }
    part
}

/// Each entry is one, signed by a key in force, and its hash stands in the tile beside the bundle.
fn check_bundle(read: Read<'_>, id: TileId, depth: Depth, issuers: Option<&InForce>, part: &mut Part) {
    part.files = part.files.saturating_add(2);
    let resource = id.to_string();
    let bytes = read_file(read, id).and_then(|bytes| match bytes.len() > MAX_BUNDLE_BYTES {
        true => Err("longer than a bundle can be".to_owned()),
        false => Ok(bytes),
    });
    let entries = bytes.as_ref().map_err(Clone::clone);
    let entries = entries.and_then(|b| tile::from_bundle(b, id.width).map_err(|error| error.to_string()));
    let tile = read_tile(read, TileId { level: Some(0), ..id });
    match entries {
        Ok(entries) => {
            let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            match tile {
                Ok(hashes) if hashes != leaves => {
                    part.doubtful.push((TileId { level: Some(0), ..id }, hashes))
                }
                Ok(_) => {}
                Err(fault) => part.faults.push(fault),
            }
            part.leaves.extend(leaves);
            let first = id.index.saturating_mul(u64::from(WIDTH));
            let entries = if depth == Depth::Structure { Vec::new() } else { entries };
            for (index, entry) in (first..).zip(entries) {
                if let Err(problem) = check_entry(index, entry, issuers, part) {
                    part.faults.push(Fault { resource: format!("{resource} entry {index}"), problem });
                }
            }
        }
        Err(problem) => {
            part.faults.push(Fault { resource, problem });
            // The tree above can still be checked with the hashes that should be there.
            part.faults.extend(tile.as_ref().err().cloned());
            part.leaves.extend(tile.unwrap_or_else(|_| vec![Digest([0; 32]); usize::from(id.width)]));
        }
    }
}

fn check_entry(index: u64, entry: &[u8], issuers: Option<&InForce>, part: &mut Part) -> Result<(), String> {
    let signed = signed_statement::from_entry(entry).map_err(|error| error.to_string())?;
    if part.classes.last().is_none_or(|(class, _)| *class != signed.class) {
        part.classes.push((signed.class, index));
    }
    part.names.push((name_of(&signed), index));
    let Some(issuers) = issuers else { return Ok(()) };
    issuers.check(index, &signed)?;
    part.signatures = part.signatures.saturating_add(1);
    Ok(())
}

fn name_of(signed: &SignedStatement) -> [u8; 16] {
    let digest = sha256_of(&[&signed.header.attester.0.0, signed.header.statement.as_bytes()]).0;
    let mut cut = [0; 16];
    cut.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    cut
}

/// One attester says one thing under one name.
fn twice(mut names: Vec<Named>) -> Vec<Fault> {
    names.sort_unstable();
    let same = |pair: &&[Named]| matches!(pair, [(a, _), (b, _)] if a == b);
    let fault = |pair: &[Named]| match pair {
        [(_, first), (_, second)] => Fault {
            resource: format!("entry {second}"),
            problem: format!("the same attester has a statement of this name at {first}"),
        },
        _ => Fault { resource: String::new(), problem: String::new() },
    };
    names.windows(2).filter(same).map(fault).collect()
}

/// All entries are of the class the origin says; the first of each other class is named.
fn mixed(classes: &[(Class, u64)], origin: &str) -> Vec<Fault> {
    let meant = Class::of_origin(origin);
    let mut seen: HashMap<Class, u64> = HashMap::new();
    for (class, index) in classes {
        seen.entry(*class).or_insert(*index);
    }
    let others = seen.into_iter().filter(|(class, _)| *class != meant);
    let fault = |(class, index): (Class, u64)| Fault {
        resource: format!("entry {index}"),
        problem: format!(
            "is {}, a record of this origin holds {}",
            class.payload_type(),
            meant.payload_type()
        ),
    };
    others.map(fault).collect()
}
