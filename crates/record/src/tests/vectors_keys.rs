//! Edge cases of Ed25519: each verdict is the strict one.
//!
//! Refuses to ask the code what is strict: the rule is written here, over what the vectors say of themselves.

use serde::Deserialize;

use super::vectors::{report, rows, unhex};
use crate::keys::VerifyingKey;

/// As C2SP/CCTV writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeCase {
    number: usize,
    key: String,
    sig: String,
    msg: String,
    flags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wycheproof {
    number: usize,
    comment: String,
    key: String,
    msg: String,
    sig: String,
    valid: bool,
}

fn key(hex: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&unhex(hex).try_into().unwrap()).ok()
}

/// A signature of another length than 64 bytes cannot be handed to `verify` at all.
fn verifies(key: Option<VerifyingKey>, message: &[u8], signature: &str) -> bool {
    let signature = unhex(signature).try_into().ok();
    key.zip(signature).is_some_and(|(key, signature)| key.verify(message, &signature).is_ok())
}

/// Whether what the flag says of a signature is enough to refuse it. All 914 hold under the laxest equation, the one
/// multiplied by the cofactor (but for `reencoded_k`), so nothing else can be wrong with them.
fn refused_for(flag: &str) -> bool {
    match flag {
        // One of the eight points under which a signature says nothing about its message.
        "low_order_A" | "low_order_R" => true,
        // A second spelling of a point, in these vectors always of one of those eight.
        // Spec: RFC 8032 § 5.1.3 step 1: "If the resulting value is >= p, decoding fails."
        "non_canonical_A" | "non_canonical_R" => true,
        // [S]B = R + [k]A does not hold without the cofactor.
        "low_order_residue" => true,
        // k was not hashed over the bytes given, so for those bytes no equation holds but by a point of low order.
        "reencoded_k" => true,
        // Points of mixed order are points. What their low-order parts leave over, `low_order_residue` says.
        "low_order_component_A" | "low_order_component_R" => false,
        unknown => panic!("unknown flag {unknown}"),
    }
}

fn check(vector: &EdgeCase) -> bool {
    let strict = !vector.flags.iter().any(|flag| refused_for(flag));
    let key = key(&vector.key);
    let low_order = vector.flags.iter().any(|flag| flag == "low_order_A");
    assert_eq!(key.is_none(), low_order, "key of edge case {}", vector.number);
    let accepted = verifies(key, vector.msg.as_bytes(), &vector.sig);
    assert_eq!(accepted, strict, "edge case {}: {:?}", vector.number, vector.flags);
    accepted
}

#[test]
fn edge_cases() {
    let vectors: Vec<EdgeCase> = rows("ed25519/edge-cases.jsonl");
    let accepted = vectors.iter().filter(|vector| check(vector)).count();
    report("Ed25519 edge cases", vectors.len(), 914);
    report("Ed25519 edge cases that are strictly good", accepted, 43);
}

#[test]
fn wycheproof() {
    let vectors: Vec<Wycheproof> = rows("ed25519/wycheproof.jsonl");
    for vector in &vectors {
        let accepted = verifies(key(&vector.key), &unhex(&vector.msg), &vector.sig);
        assert_eq!(accepted, vector.valid, "Wycheproof {}: {}", vector.number, vector.comment);
    }
    report("Wycheproof Ed25519", vectors.len(), 151);
    report("Wycheproof Ed25519, valid", vectors.iter().filter(|vector| vector.valid).count(), 88);
    let long = vectors.iter().filter(|vector| vector.sig.len() != 128).count();
    report("Wycheproof Ed25519, with a signature that is not 64 bytes", long, 12);
}
