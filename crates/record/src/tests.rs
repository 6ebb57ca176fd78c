//! Everything the tests share: fixed keys, one fixed statement, a log that holds it.
//!
//! Here a disk may be named: the golden vectors are read from `vectors/record`, those of other projects from
//! `vectors/tlog`.

mod canonical;
mod checks;
mod golden;
mod keys;
mod merkle;
mod naive;
mod notes;
mod parsers;
mod statements;
#[expect(clippy::arithmetic_side_effects, reason = "a sum that overflows fails the test")]
mod tiles;
mod vectors;
mod vectors_forms;
mod vectors_keys;
mod vectors_logs;
mod vectors_proofs;
mod vectors_tiles;
mod vectors_witness;
#[expect(clippy::arithmetic_side_effects, reason = "a sum that overflows fails the test")]
mod witnesses;

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::keys::SigningKey;
use crate::merkle::{inclusion_proof, leaf_hash, root};
use crate::note::NoteVerifier;
use crate::signed_statement::{
    Class, Header, Salt, SignedStatement, body_digest, sign, to_entry, to_envelope,
};
use crate::tlog_proof::TlogProof;

const ATTESTER_SEED: [u8; 32] = [0x11; 32];
const LOG_SEED: [u8; 32] = [0x22; 32];
const SALT: Salt = Salt([0x33; 32]);
const BODY: &[u8] = b"{\"example\":\"the body, which can be erased\"}";
const ORIGIN: &str = "log.example/golden";
/// Where the fixed statement stands in the fixed log, and how long that log is.
const INDEX: u64 = 3;
const SIZE: usize = 7;

fn attester() -> SigningKey {
    SigningKey::from_seed(&ATTESTER_SEED)
}

fn log_key() -> SigningKey {
    SigningKey::from_seed(&LOG_SEED)
}

fn log_verifier() -> NoteVerifier {
    NoteVerifier::new(ORIGIN, log_key().verifying_key()).unwrap()
}

fn header() -> Header {
    Header {
        attester: attester().id(),
        body: body_digest(&SALT, BODY),
        known_at: "2026-11-20T18:00:00Z".to_owned(),
        statement: "example.statement:0001".to_owned(),
        subject: "example-subject".to_owned(),
        v: 1,
    }
}

fn statement() -> SignedStatement {
    sign(Class::Real, header(), &attester()).unwrap()
}

/// The leaf hashes of the fixed log: the fixed statement, between entries that are only bytes.
fn leaves() -> Vec<Digest> {
    let mut leaves: Vec<Digest> = (0..SIZE).map(|n| leaf_hash(format!("entry {n}").as_bytes())).collect();
    leaves[usize::try_from(INDEX).unwrap()] = leaf_hash(&to_entry(&statement()).unwrap());
    leaves
}

fn checkpoint() -> Checkpoint {
    let leaves = leaves();
    let size = u64::try_from(leaves.len()).unwrap();
    Checkpoint { origin: ORIGIN.to_owned(), size, root: root(&leaves) }
}

fn tlog_proof() -> TlogProof {
    TlogProof {
        extra: Some(to_envelope(&statement()).unwrap()),
        index: INDEX,
        hashes: inclusion_proof(&leaves(), INDEX).unwrap(),
        checkpoint: crate::checkpoint::sign_checkpoint(&checkpoint(), &log_key()).unwrap(),
    }
}
