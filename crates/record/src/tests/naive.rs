//! Roots and proofs a second time, as the recursive definitions of RFC 9162 stand, for every tree to 200 leaves.
//!
//! Refuses to be fast or to share code with `merkle`: hashing is spelled out too.

#![expect(clippy::arithmetic_side_effects, reason = "written as the definitions are")]

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::merkle::{
    consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion,
};

const LARGEST: usize = 200;

/// The largest power of two smaller than `n`.
// Spec: RFC 9162 § 2.1.1: "let k be the largest power of two smaller than n (i.e., k < n <= 2k)".
fn k(n: usize) -> usize {
    let mut k = 1;
    while 2 * k < n {
        k *= 2;
    }
    k
}

// Spec: RFC 9162 § 2.1.1: MTH({}) = HASH(), MTH({d[0]}) = HASH(0x00 || d[0]),
// MTH(D_n) = HASH(0x01 || MTH(D[0:k]) || MTH(D[k:n])).
fn mth(d: &[Vec<u8>]) -> [u8; 32] {
    match d {
        [] => Sha256::digest(b"").into(),
        [only] => Sha256::new().chain_update([0]).chain_update(only).finalize().into(),
        _ => {
            let (left, right) = d.split_at(k(d.len()));
            Sha256::new().chain_update([1]).chain_update(mth(left)).chain_update(mth(right)).finalize().into()
        }
    }
}

// Spec: RFC 9162 § 2.1.3.1: PATH(0, {d[0]}) = {}; PATH(m, D_n) = PATH(m, D[0:k]) : MTH(D[k:n]) for m < k,
// PATH(m - k, D[k:n]) : MTH(D[0:k]) for m >= k.
fn path(m: usize, d: &[Vec<u8>]) -> Vec<[u8; 32]> {
    if d.len() == 1 {
        return Vec::new();
    }
    let k = k(d.len());
    let (left, right) = d.split_at(k);
    if m < k {
        [path(m, left), vec![mth(right)]].concat()
    } else {
        [path(m - k, right), vec![mth(left)]].concat()
    }
}

// Spec: RFC 9162 § 2.1.4.1: SUBPROOF(m, D_m, TRUE) = {}, SUBPROOF(m, D_m, FALSE) = {MTH(D_m)};
// SUBPROOF(m, D_n, b) = SUBPROOF(m, D[0:k], b) : MTH(D[k:n]) for m <= k,
// SUBPROOF(m - k, D[k:n], FALSE) : MTH(D[0:k]) for m > k.
fn subproof(m: usize, d: &[Vec<u8>], b: bool) -> Vec<[u8; 32]> {
    if m == d.len() {
        return if b { Vec::new() } else { vec![mth(d)] };
    }
    let k = k(d.len());
    let (left, right) = d.split_at(k);
    if m <= k {
        [subproof(m, left, b), vec![mth(right)]].concat()
    } else {
        [subproof(m - k, right, false), vec![mth(left)]].concat()
    }
}

fn entries() -> Vec<Vec<u8>> {
    (0..LARGEST).map(|n| format!("entry {n}").into_bytes()).collect()
}

fn leaves() -> Vec<Digest> {
    entries().iter().map(|entry| leaf_hash(entry)).collect()
}

fn plain(proof: &[Digest]) -> Vec<[u8; 32]> {
    proof.iter().map(|hash| hash.0).collect()
}

fn size(n: usize) -> u64 {
    n.try_into().unwrap()
}

/// Every tree to the largest: what the crate says of it and what the definitions say.
fn check(agrees: fn(&[Digest], &[Vec<u8>])) {
    let (leaves, entries) = (leaves(), entries());
    (1..=LARGEST).for_each(|n| agrees(&leaves[..n], &entries[..n]));
}

#[test]
fn roots_are_those_of_the_definition() {
    assert_eq!(root(&[]).0, mth(&[]));
    check(|leaves, entries| assert_eq!(root(leaves).0, mth(entries), "{} leaves", leaves.len()));
}

#[test]
fn inclusion_proofs_are_those_of_the_definition() {
    check(|leaves, entries| {
        let root = Digest(mth(entries));
        for (m, leaf) in leaves.iter().enumerate() {
            let proof = inclusion_proof(leaves, size(m)).unwrap();
            assert_eq!(plain(&proof), path(m, entries), "{m} in {}", leaves.len());
            assert_eq!(verify_inclusion(size(m), size(leaves.len()), leaf, &proof, &root), Ok(()));
        }
    });
}

#[test]
fn consistency_proofs_are_those_of_the_definition() {
    check(|leaves, entries| {
        let root = Digest(mth(entries));
        for m in 1..=leaves.len() {
            let proof = consistency_proof(leaves, size(m)).unwrap();
            assert_eq!(plain(&proof), subproof(m, entries, true), "{m} to {}", leaves.len());
            let old = Digest(mth(&entries[..m]));
            assert_eq!(verify_consistency(size(m), size(leaves.len()), &old, &root, &proof), Ok(()));
        }
    });
}
