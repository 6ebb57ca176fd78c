//! The Merkle tree over the log's entries: roots, inclusion proofs, consistency proofs.
//!
//! Refuses to know what an entry is: it sees bytes once, in [`leaf_hash`], and digests from there on.
//! Spec: RFC 9162 § 2.1 with SHA-256 (the same tree as RFC 6962 § 2.1).

use crate::digest::{Digest, sha256, sha256_of};
use crate::error::Error;

/// The tree as it grows: the roots of its complete subtrees, largest first. Holds at most 64 digests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Digest>,
}

impl Frontier {
    /// An empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        // Each trailing 1 of the old size is a complete subtree that the new leaf completes into a larger one.
        let mut subtree = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                subtree = node_hash(&left, &subtree);
            }
        }
        self.subtrees.push(subtree);
        // Saturation is unreachable: 2^64 appends would take centuries.
        self.size = self.size.saturating_add(1);
    }

    /// How many leaves were appended.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree so far.
    pub fn root(&self) -> Digest {
        // Spec: RFC 9162 § 2.1.1: the hash of an empty list is the hash of an empty string.
        let from_the_right = self.subtrees.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| sha256(b""))
    }
}

/// The hash of an entry as a leaf.
// Spec: RFC 9162 § 2.1.1: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    sha256_of(&[&[0x00], entry])
}

/// The hash of two subtrees as one.
// Spec: RFC 9162 § 2.1.1: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    sha256_of(&[&[0x01], &left.0, &right.0])
}

/// The root over leaf hashes.
pub fn root(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

/// The root over a tree of which each level, from the leaves up in steps of 256, has these hashes not yet under the next.
pub(crate) fn root_of_edges<E: AsRef<[Digest]>>(levels: &[E]) -> Digest {
    // The complete subtrees from the right: of each level the binary digits of its count, lowest first.
    let mut subtrees = Vec::new();
    for hashes in levels {
        let mut rest = hashes.as_ref();
        while !rest.is_empty() {
            let span = 1usize.checked_shl(rest.len().trailing_zeros()).unwrap_or(rest.len());
            let (before, subtree) = rest.split_at(rest.len().saturating_sub(span));
            subtrees.push(root(subtree));
            rest = before;
        }
    }
    subtrees.into_iter().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| root(&[]))
}

/// The proof that the leaf at `index` is under the root of `leaves`: the sibling of the leaf first.
// Spec: RFC 9162 § 2.1.3.1, PATH(m, D_n), walked from the root down and then reversed.
pub fn inclusion_proof(leaves: &[Digest], index: u64) -> Result<Vec<Digest>, Error> {
    let size = length(leaves);
    if index >= size {
        return Err(Error::IndexOutsideTree { index, size });
    }
    let (mut leaves, mut index) = (leaves, index);
    let mut proof = Vec::new();
    while let Some((left, right)) = split(leaves) {
        match index.checked_sub(length(left)) {
            None => {
                proof.push(root(right));
                leaves = left;
            }
            Some(index_on_the_right) => {
                proof.push(root(left));
                (leaves, index) = (right, index_on_the_right);
            }
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that `leaf` is at `index` in the tree of `size` leaves with this root.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Digest,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), Error> {
    check_root(root, &root_from_inclusion(index, size, leaf, proof)?)
}

/// The root to which a proof leads that `leaf` is at `index` in a tree of `size` leaves.
// Spec: RFC 9162 § 2.1.3.2.
pub fn root_from_inclusion(index: u64, size: u64, leaf: &Digest, proof: &[Digest]) -> Result<Digest, Error> {
    let last = size.checked_sub(1).filter(|last| index <= *last);
    let Some(last) = last else { return Err(Error::IndexOutsideTree { index, size }) };
    let mut place = Place { node: index, last };
    let mut computed = *leaf;
    for sibling in proof {
        computed = match place.climb().ok_or(Error::ProofLength { hashes: proof.len(), size })? {
            Side::Left => node_hash(sibling, &computed),
            Side::Right => node_hash(&computed, sibling),
        };
    }
    check_end(&place, proof, size)?;
    Ok(computed)
}

/// The proof that the tree of `leaves` extends the tree of its first `old_size` leaves.
// Spec: RFC 9162 § 2.1.4.1, SUBPROOF(m, D_n, b), walked from the root down and then reversed.
pub fn consistency_proof(leaves: &[Digest], old_size: u64) -> Result<Vec<Digest>, Error> {
    check_sizes(old_size, length(leaves))?;
    let (mut leaves, mut old_size) = (leaves, old_size);
    let mut proof = Vec::new();
    let mut verifier_has_it = true;
    while old_size != length(leaves) {
        let Some((left, right)) = split(leaves) else { break };
        match old_size.checked_sub(length(left)).filter(|rest| *rest > 0) {
            None => {
                proof.push(root(right));
                leaves = left;
            }
            Some(rest) => {
                proof.push(root(left));
                (leaves, old_size, verifier_has_it) = (right, rest, false);
            }
        }
    }
    if !verifier_has_it {
        proof.push(root(leaves));
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that the tree of `new_size` extends the tree of `old_size`. An empty old tree is refused: every tree extends
/// it, so such a proof would say nothing.
// Spec: RFC 9162 § 2.1.4.2.
pub fn verify_consistency(
    old_size: u64,
    new_size: u64,
    old_root: &Digest,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), Error> {
    check_sizes(old_size, new_size)?;
    let length_refused = Error::ProofLength { hashes: proof.len(), size: new_size };
    if old_size == new_size {
        return if proof.is_empty() { check_root(old_root, new_root) } else { Err(length_refused) };
    }
    // Spec: § 2.1.4.2 step 2: when the old size is a power of two, the old root itself starts the path.
    let (first, rest) = match proof.split_first() {
        None => return Err(length_refused),
        Some(_) if old_size.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (first, rest),
    };
    let mut place = Place { node: old_size.saturating_sub(1), last: new_size.saturating_sub(1) };
    place.skip_right_children();
    let (mut old_computed, mut new_computed) = (*first, *first);
    for sibling in rest {
        match place.climb().ok_or_else(|| length_refused.clone())? {
            Side::Left => {
                old_computed = node_hash(sibling, &old_computed);
                new_computed = node_hash(sibling, &new_computed);
            }
            Side::Right => new_computed = node_hash(&new_computed, sibling),
        }
    }
    check_end(&place, proof, new_size)?;
    check_root(old_root, &old_computed)?;
    check_root(new_root, &new_computed)
}

/// Where a proof stands in the tree: `fn` and `sn` of RFC 9162.
struct Place {
    node: u64,
    last: u64,
}

/// On which side of us the next sibling is.
enum Side {
    Left,
    Right,
}

impl Place {
    /// Up one sibling, over the levels where the last node has none; `None` when already at the root.
    // Spec: RFC 9162 § 2.1.3.2 steps 4.1 to 4.4, and the same in § 2.1.4.2 step 6.
    fn climb(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if is_odd(self.node) || self.node == self.last { Side::Left } else { Side::Right };
        if matches!(side, Side::Left) {
            while !is_odd(self.node) && self.node != 0 {
                self.up();
            }
        }
        self.up();
        Some(side)
    }

    // Spec: RFC 9162 § 2.1.4.2 step 4.
    fn skip_right_children(&mut self) {
        while is_odd(self.node) {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}

fn is_odd(number: u64) -> bool {
    number & 1 == 1
}

/// Splits at the largest power of two below the length; `None` for a single leaf.
// Spec: RFC 9162 § 2.1.1: "let k be the largest power of two smaller than n".
fn split(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    let below = leaves.len().checked_sub(1)?;
    leaves.split_at_checked(1usize.checked_shl(below.checked_ilog2()?)?)
}

fn length(leaves: &[Digest]) -> u64 {
    // No machine here has an address space above 64 bits.
    u64::try_from(leaves.len()).unwrap_or(u64::MAX)
}

fn check_sizes(old_size: u64, new_size: u64) -> Result<(), Error> {
    if old_size == 0 || old_size > new_size {
        return Err(Error::SizesRefused { old_size, new_size });
    }
    Ok(())
}

fn check_end(place: &Place, proof: &[Digest], size: u64) -> Result<(), Error> {
    if place.last != 0 {
        return Err(Error::ProofLength { hashes: proof.len(), size });
    }
    Ok(())
}

fn check_root(expected: &Digest, computed: &Digest) -> Result<(), Error> {
    if expected != computed {
        return Err(Error::RootMismatch { expected: *expected, computed: *computed });
    }
    Ok(())
}
