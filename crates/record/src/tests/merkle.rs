//! Roots and proofs for every small tree, against the crate `ct-merkle` as an independent oracle.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;

use crate::Error;
use crate::digest::{Digest, sha256};
use crate::merkle::{
    Frontier, consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion,
};

const LARGEST: u64 = 70;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|index| leaf_hash(&entry(index))).collect()
}

fn oracle(size: u64) -> Oracle {
    let mut tree = Oracle::new();
    (0..size).for_each(|index| tree.push(entry(index)));
    tree
}

fn flat(proof: &[Digest]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

/// Each way to spoil a proof: a hash changed, the ends cut, a hash added.
fn spoiled(proof: &[Digest]) -> Vec<Vec<Digest>> {
    let changed = (0..proof.len()).map(|at| {
        let mut proof = proof.to_vec();
        proof[at].0[at % 32] ^= 1;
        proof
    });
    let stranger = sha256(b"stranger");
    let mut all: Vec<Vec<Digest>> = changed.collect();
    all.extend(proof.split_first().map(|(_, rest)| rest.to_vec()));
    all.extend(proof.split_last().map(|(_, rest)| rest.to_vec()));
    all.push([proof, &[stranger]].concat());
    all.push([&[stranger], proof].concat());
    all
}

fn check_inclusion(leaves: &[Digest], oracle: &Oracle, index: u64) {
    let size = oracle.len();
    let place = usize::try_from(index).unwrap();
    let (leaf, root) = (leaves[place], root(leaves));
    let proof = inclusion_proof(leaves, index).unwrap();
    assert_eq!(flat(&proof), oracle.prove_inclusion(place).as_bytes(), "proof of {index} in {size}");
    verify_inclusion(index, size, &leaf, &proof, &root).unwrap();
    for bad in spoiled(&proof) {
        assert!(verify_inclusion(index, size, &leaf, &bad, &root).is_err(), "spoiled, {index} in {size}");
    }
    for other in (0..=size).filter(|other| *other != index) {
        assert!(verify_inclusion(other, size, &leaf, &proof, &root).is_err(), "{index} as {other} in {size}");
    }
    let stranger = leaf_hash(b"stranger");
    assert!(verify_inclusion(index, size, &stranger, &proof, &root).is_err());
    assert!(verify_inclusion(index, size, &leaf, &proof, &stranger).is_err());
}

fn check_consistency(all: &[Digest], old_size: u64, new_size: u64) {
    let old = &all[..usize::try_from(old_size).unwrap()];
    let new = &all[..usize::try_from(new_size).unwrap()];
    let (old_root, new_root) = (root(old), root(new));
    let proof = consistency_proof(new, old_size).unwrap();
    let added = new.len().checked_sub(old.len()).unwrap();
    let expected = oracle(new_size).prove_consistency(added);
    assert_eq!(flat(&proof), expected.as_bytes(), "from {old_size} to {new_size}");
    let verify = |proof: &[Digest], old_root, new_root| {
        verify_consistency(old_size, new_size, old_root, new_root, proof).is_ok()
    };
    assert!(verify(&proof, &old_root, &new_root), "from {old_size} to {new_size}");
    for bad in spoiled(&proof) {
        assert!(!verify(&bad, &old_root, &new_root), "spoiled, from {old_size} to {new_size}");
    }
    assert!(old_size == new_size || !verify(&proof, &new_root, &old_root), "swapped {old_size} {new_size}");
    let stranger = leaf_hash(b"stranger");
    assert!(!verify(&proof, &stranger, &new_root));
    assert!(!verify(&proof, &old_root, &stranger));
}

#[test]
fn roots_agree_with_the_oracle() {
    let mut frontier = Frontier::new();
    let mut tree = Oracle::new();
    for size in 0..300 {
        assert_eq!(frontier.size(), size);
        assert_eq!(frontier.root().0.as_slice(), tree.root().as_bytes().as_slice(), "size {size}");
        assert_eq!(frontier.root(), root(&leaves(size)), "size {size}");
        frontier.push(leaf_hash(&entry(size)));
        tree.push(entry(size));
    }
}

#[test]
fn every_inclusion_in_every_tree_to_70() {
    for size in 1..=LARGEST {
        let (leaves, oracle) = (leaves(size), oracle(size));
        (0..size).for_each(|index| check_inclusion(&leaves, &oracle, index));
    }
}

#[test]
fn every_consistency_between_trees_to_70() {
    let all = leaves(LARGEST);
    for new_size in 1..=LARGEST {
        (1..=new_size).for_each(|old_size| check_consistency(&all, old_size, new_size));
    }
}

#[test]
fn places_outside_the_tree_are_refused() {
    let leaves = leaves(5);
    let root = root(&leaves);
    assert_eq!(inclusion_proof(&leaves, 5), Err(Error::IndexOutsideTree { index: 5, size: 5 }));
    assert_eq!(inclusion_proof(&[], 0), Err(Error::IndexOutsideTree { index: 0, size: 0 }));
    let outside = verify_inclusion(u64::MAX, u64::MAX, &leaves[0], &[], &root);
    assert_eq!(outside, Err(Error::IndexOutsideTree { index: u64::MAX, size: u64::MAX }));
    assert!(verify_inclusion(0, 0, &leaves[0], &[], &root).is_err());
    for (old_size, new_size) in [(0, 5), (0, 0), (6, 5)] {
        let refused = Err(Error::SizesRefused { old_size, new_size });
        assert_eq!(verify_consistency(old_size, new_size, &root, &root, &[]), refused);
    }
    assert!(consistency_proof(&leaves, 0).is_err() && consistency_proof(&leaves, 6).is_err());
}

#[test]
fn the_largest_tree_there_can_be() {
    let (leaf, long) = (leaf_hash(b"entry"), vec![leaf_hash(b"sibling"); 64]);
    let mut climbed = leaf;
    for sibling in &long {
        climbed = crate::merkle::node_hash(&climbed, sibling);
    }
    assert_eq!(verify_inclusion(0, u64::MAX, &leaf, &long, &climbed), Ok(()));
    let short = Err(Error::ProofLength { hashes: 63, size: u64::MAX });
    assert_eq!(verify_inclusion(0, u64::MAX, &leaf, &long[1..], &climbed), short);
    assert!(verify_consistency(u64::MAX, u64::MAX, &climbed, &climbed, &[]).is_ok());
    assert!(verify_consistency(1, u64::MAX, &leaf, &climbed, &long).is_ok());
}
