//! Whole logs of other projects: their entries, tiles, checkpoints and proofs lead to the same roots here.
//!
//! Refuses to know the paths of tiles: the few files are named as they lie in `vectors/tlog`.

use serde::Deserialize;

use super::vectors::{digest, read, read_text, report, rows, unhex};
use crate::Error;
use crate::checkpoint::{Checkpoint, open_checkpoint};
use crate::digest::Digest;
use crate::merkle::{leaf_hash, root, verify_consistency, verify_inclusion};
use crate::note::NoteVerifier;
use crate::tlog_proof;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoProof {
    name: String,
    proof: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipt {
    file: String,
    size: usize,
    index: usize,
    entry_hex: String,
    root_hex: String,
    ok: bool,
}

fn log(name: &str) -> NoteVerifier {
    read_text(&format!("{name}/log.vkey")).trim_end().parse().unwrap()
}

/// The entries of a bundle: each a big-endian length of two bytes, and that many bytes.
// Spec: c2sp.org/tlog-tiles "Log Entries".
fn entries(mut bundle: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let (entry, rest) = rest.split_at(u16::from_be_bytes(*length).into());
        entries.push(entry.to_vec());
        bundle = rest;
    }
    assert!(bundle.is_empty());
    entries
}

fn hashes(tile: &[u8]) -> Vec<Digest> {
    let (hashes, rest) = tile.as_chunks();
    assert!(rest.is_empty());
    hashes.iter().copied().map(Digest).collect()
}

/// The log of Tessera at one size: its entries.
fn tessera(size: usize) -> Vec<Vec<u8>> {
    if size == 0 { Vec::new() } else { entries(&read(&format!("tessera/tile/entries/000.p/{size}"))) }
}

fn tessera_root(size: usize) -> Digest {
    root(&tessera(size).iter().map(|entry| leaf_hash(entry)).collect::<Vec<_>>())
}

fn check_tessera(size: usize) {
    let entries = tessera(size);
    assert_eq!(entries[..], tessera(15)[..size], "size {size}");
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    if size > 0 {
        assert_eq!(leaves, hashes(&read(&format!("tessera/tile/0/000.p/{size}"))), "size {size}");
    }
    let checkpoint = open_checkpoint(&read(&format!("tessera/checkpoint.{size}")), &log("tessera")).unwrap();
    let origin = log("tessera").name().to_owned();
    assert_eq!(checkpoint, Checkpoint { origin, size: size.try_into().unwrap(), root: root(&leaves) });
}

/// The file comes back byte for byte, and proves what its name says. Where it carries anything it is the entry, which
/// is no envelope of ours.
fn check_go_proof(vector: &GoProof) {
    let (size, index) = vector.name.split_once('-').unwrap();
    let (size, index): (usize, usize) = (size.parse().unwrap(), index.parse().unwrap());
    let proof = tlog_proof::from_text(vector.proof.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(tlog_proof::to_text(&proof)).unwrap(), vector.proof, "{}", vector.name);
    let checkpoint = open_checkpoint(&proof.checkpoint, &log("tessera")).unwrap();
    assert_eq!((proof.index, checkpoint.size), (index.try_into().unwrap(), size.try_into().unwrap()));
    for (place, entry) in tessera(size).iter().enumerate() {
        let leaf = leaf_hash(entry);
        let verified = verify_inclusion(proof.index, checkpoint.size, &leaf, &proof.hashes, &checkpoint.root);
        assert_eq!(verified.is_ok(), place == index, "entry {place} by {}", vector.name);
    }
    assert_eq!(proof.extra, (index % 2 == 1).then(|| tessera(size)[index].clone()), "{}", vector.name);
    let refused = tlog_proof::verify(&proof, &log("tessera")).unwrap_err();
    assert_eq!(refused == Error::ProofWithoutStatement, proof.extra.is_none(), "{}", vector.name);
}

#[test]
fn tessera_log() {
    let sizes = (0..=15).map(check_tessera).count();
    report("Tessera checkpoints", sizes, 16);
}

#[test]
fn go_proofs() {
    let vectors: Vec<GoProof> = rows("go/proofs.jsonl");
    vectors.iter().for_each(check_go_proof);
    report("tlog-proofs by Go", vectors.len(), 120);
}

/// The receipts themselves are COSE; here only what their list says of the log.
#[test]
fn cose_receipts_are_of_the_tessera_log() {
    let receipts: Vec<Receipt> = serde_json::from_slice(&read("cose/manifest.json")).unwrap();
    for receipt in &receipts {
        assert!(receipt.ok && !read(&format!("cose/{}", receipt.file)).is_empty());
        assert_eq!(unhex(&receipt.entry_hex), tessera(receipt.size)[receipt.index], "{}", receipt.file);
        assert_eq!(receipt.root_hex, tessera_root(receipt.size).to_string(), "{}", receipt.file);
    }
    report("COSE receipts listed", receipts.len(), 15);
}

/// The roots were computed when the tiles were packed, in another language: no checkpoint came with them.
#[test]
fn sunlight_tiles() {
    let tiles: Vec<_> = (0..4).map(|n| hashes(&read(&format!("sunlight/tile/0/00{n}")))).collect();
    let leaves = tiles.concat();
    assert_eq!(hashes(&read("sunlight/tile/0/003.p/10")), leaves[768..778]);
    let roots = read_text("sunlight/roots.txt");
    for (size, expected) in roots.lines().map(|line| line.split_once(' ').unwrap()) {
        let size: usize = size.parse().unwrap();
        assert_eq!(Some(root(&leaves[..size])), digest(expected), "size {size}");
    }
    let tile_roots: Vec<Digest> = tiles.iter().map(|tile| root(tile)).collect();
    assert_eq!(root(&tile_roots), root(&leaves));
    report("Sunlight roots", roots.lines().count(), 5);
}

/// A request to a witness: the old size, the proof from it, the new checkpoint.
// Spec: c2sp.org/tlog-witness "add-checkpoint".
fn request(name: &str) -> (u64, Vec<Digest>, Checkpoint) {
    let request = read_text(&format!("witness/{name}.req"));
    let (head, checkpoint) = request.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let old = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
    let proof = lines.map(|line| digest(line).unwrap()).collect();
    (old, proof, open_checkpoint(checkpoint.as_bytes(), &log("witness")).unwrap())
}

#[test]
fn witness_requests() {
    let (old, proof, first) = request("1-add-checkpoint-0-35000");
    assert_eq!((old, proof.len(), first.size), (0, 0, 35_000));
    let names = ["2-fork", "3-add-checkpoint-35000-70000"];
    let verified = names.map(|name| {
        let (old, proof, new) = request(name);
        assert_eq!((old, new.size), (35_000, 70_000), "{name}");
        verify_consistency(old, new.size, &first.root, &new.root, &proof).is_ok()
    });
    // The witness answered 422 to the first of them, 200 to the second.
    assert_eq!(verified, [false, true]);
    report("witness requests", 1 + verified.len(), 3);
}

#[test]
fn the_cosigned_proof() {
    let text = read("witness/cosigned.tlog-proof");
    let proof = tlog_proof::from_text(&text).unwrap();
    assert_eq!(tlog_proof::to_text(&proof), text);
    let checkpoint = open_checkpoint(&proof.checkpoint, &log("witness")).unwrap();
    assert_eq!(checkpoint, request("3-add-checkpoint-35000-70000").2);
    let leaf = leaf_hash(&read("witness/cosigned.leaf"));
    let verified = verify_inclusion(proof.index, checkpoint.size, &leaf, &proof.hashes, &checkpoint.root);
    assert_eq!((proof.index, verified), (46_666, Ok(())));
    report("cosigned tlog-proof", 1, 1);
}
