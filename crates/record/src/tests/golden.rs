//! The pinned bytes of every signed form, and that no other bytes near them verify.

use std::sync::LazyLock;

use super::{
    ATTESTER_SEED, BODY, LOG_SEED, SALT, attester, checkpoint, header, leaves, log_key, log_verifier,
    statement, tlog_proof,
};
use crate::canonical::to_canonical;
use crate::checkpoint::{open_checkpoint, sign_checkpoint};
use crate::keys::VerifyingKey;
use crate::merkle::leaf_hash;
use crate::note::NoteVerifier;
use crate::signed_statement::{
    body_digest, from_entry, from_envelope, to_entry, to_envelope, verify_signature,
};
use crate::text::to_hex;
use crate::tlog_proof;

fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/../../vectors/record/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every golden file but SOURCE.md, as this code makes it.
fn golden() -> Vec<(&'static str, Vec<u8>)> {
    let line = |text: String| (text + "\n").into_bytes();
    let entry = to_entry(&statement()).unwrap();
    let leaves: String = leaves().iter().map(|leaf| format!("{leaf}\n")).collect();
    vec![
        ("attester-seed.txt", line(to_hex(&ATTESTER_SEED))),
        ("attester-key.txt", line(attester().verifying_key().to_string())),
        ("attester-key-id.txt", line(attester().id().to_string())),
        ("log-seed.txt", line(to_hex(&LOG_SEED))),
        ("log-vkey.txt", line(log_verifier().to_string())),
        ("salt.txt", line(to_hex(&SALT.0))),
        ("body.json", BODY.to_vec()),
        ("body-digest.txt", line(body_digest(&SALT, BODY).to_string())),
        ("header.json", to_canonical(&header()).unwrap()),
        ("envelope.json", to_envelope(&statement()).unwrap()),
        ("leaf-hash.txt", line(leaf_hash(&entry).to_string())),
        ("entry.txt", entry),
        ("leaves.txt", leaves.into_bytes()),
        ("checkpoint.txt", sign_checkpoint(&checkpoint(), &log_key()).unwrap()),
        ("statement.tlog-proof", tlog_proof::to_text(&tlog_proof())),
    ]
}

static ATTESTER: LazyLock<VerifyingKey> = LazyLock::new(|| attester().verifying_key());
static LOG: LazyLock<NoteVerifier> = LazyLock::new(log_verifier);

fn envelope_verifies(bytes: &[u8]) -> bool {
    from_envelope(bytes).and_then(|signed| verify_signature(&signed, &ATTESTER)).is_ok()
}

fn entry_verifies(bytes: &[u8]) -> bool {
    from_entry(bytes).and_then(|signed| verify_signature(&signed, &ATTESTER)).is_ok()
}

fn checkpoint_verifies(bytes: &[u8]) -> bool {
    open_checkpoint(bytes, &LOG).is_ok()
}

fn proof_verifies(bytes: &[u8]) -> bool {
    tlog_proof::from_text(bytes).and_then(|proof| tlog_proof::verify(&proof, &LOG)).is_ok()
}

/// The file verifies; with any bit flipped, any byte exchanged, cut at either end, or with a byte added, it does not.
fn check(name: &str, verifies: fn(&[u8]) -> bool) {
    let good = read(name);
    assert!(verifies(&good), "{name} does not verify");
    for position in 0..good.len() {
        let flipped = (0..8).map(|bit| good[position] ^ (1 << bit));
        for other in flipped.chain(*b"\n \"+/09=AZaz\0\xff").filter(|other| *other != good[position]) {
            let mut bad = good.clone();
            bad[position] = other;
            assert!(!verifies(&bad), "{name} verifies with byte {position} set to {other:#04x}");
        }
        let (start, end) = good.split_at(position);
        assert!(!verifies(start), "{name} verifies when cut after {position} bytes");
        assert!(position == 0 || !verifies(end), "{name} verifies without its first {position} bytes");
        for added in [b"\n", b" ", b"A", b"\0"] {
            let longer = [start, added, end].concat();
            assert!(!verifies(&longer), "{name} verifies with {added:?} added at {position}");
        }
    }
    for added in [b"\n", b" ", b"A", b"\0"] {
        assert!(!verifies(&[&good, added.as_slice()].concat()), "{name} verifies with {added:?} at its end");
    }
}

#[test]
fn the_golden_bytes_are_what_this_code_makes() {
    for (name, bytes) in golden() {
        let pinned = read(name);
        assert_eq!(String::from_utf8_lossy(&pinned), String::from_utf8_lossy(&bytes), "{name}");
        assert_eq!(pinned, bytes, "{name}");
    }
}

#[test]
fn the_golden_envelope_and_entry_are_the_same_statement() {
    assert_eq!(from_envelope(&read("envelope.json")).unwrap(), statement());
    assert_eq!(from_entry(&read("entry.txt")).unwrap(), statement());
    let proof = tlog_proof::from_text(&read("statement.tlog-proof")).unwrap();
    assert_eq!(tlog_proof::verify(&proof, &log_verifier()).unwrap(), (statement(), checkpoint()));
}

#[test]
fn no_other_envelope_verifies() {
    check("envelope.json", envelope_verifies);
}

#[test]
fn no_other_entry_verifies() {
    check("entry.txt", entry_verifies);
}

#[test]
fn no_other_checkpoint_verifies() {
    check("checkpoint.txt", checkpoint_verifies);
}

#[test]
fn no_other_proof_verifies() {
    check("statement.tlog-proof", proof_verifies);
}
