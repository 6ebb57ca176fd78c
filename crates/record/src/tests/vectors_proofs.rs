//! Inclusion and consistency proofs that other projects made, good ones and spoiled ones.
//!
//! Refuses to know how the hashes came about: the trees themselves are in `vectors_logs`.

use serde::Deserialize;

use super::vectors::{digest, digests, report, rows};
use crate::merkle::{verify_consistency, verify_inclusion};

/// As transparency-dev/merkle writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inclusion {
    name: String,
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Vec<String>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consistency {
    name: String,
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Vec<String>,
    want_err: bool,
}

/// Whether the proof was accepted; `None` if a hash in it has not 32 bytes, which our types cannot say.
fn inclusion(vector: &Inclusion) -> Option<bool> {
    let (leaf, root) = (digest(&vector.leaf_hash)?, digest(&vector.root)?);
    Some(verify_inclusion(vector.leaf_idx, vector.tree_size, &leaf, &digests(&vector.proof)?, &root).is_ok())
}

fn consistency(vector: &Consistency) -> Option<bool> {
    let (old, new) = (digest(&vector.root1)?, digest(&vector.root2)?);
    Some(verify_consistency(vector.size1, vector.size2, &old, &new, &digests(&vector.proof)?).is_ok())
}

/// Compares the verdicts, and counts: all, those that could be tried, the good ones among them.
fn check<T>(family: &str, counts: [usize; 3], verdict: fn(&T) -> Option<bool>, wanted: fn(&T) -> (&str, bool))
where
    T: for<'de> Deserialize<'de>,
{
    let vectors: Vec<T> = rows(&format!("{family}.jsonl"));
    let verdict = |vector| {
        let (name, want_err) = wanted(vector);
        let accepted = verdict(vector)?;
        assert_eq!(accepted, !want_err, "{family} {name}");
        Some(accepted)
    };
    let tried: Vec<bool> = vectors.iter().filter_map(verdict).collect();
    let good = tried.iter().filter(|accepted| **accepted).count();
    report(family, vectors.len(), counts[0]);
    report(&format!("{family}, tried (every hash has 32 bytes)"), tried.len(), counts[1]);
    report(&format!("{family}, good among them"), good, counts[2]);
}

#[test]
fn rfc6962_inclusion() {
    check("rfc6962/inclusion", [98, 72, 6], inclusion, |vector: &Inclusion| {
        assert!(inclusion(vector).is_some() || vector.want_err, "{}", vector.name);
        (&vector.name, vector.want_err)
    });
}

/// An old size of 0 is refused there as it is here, and one good proof has no digests for its roots.
#[test]
fn rfc6962_consistency() {
    check("rfc6962/consistency", [98, 71, 5], consistency, |vector: &Consistency| {
        let name = vector.name.as_str();
        assert!(vector.size1 != 0 || vector.want_err, "{name}");
        let untried_and_good = consistency(vector).is_none() && !vector.want_err;
        assert_eq!(untried_and_good, name == "additional/sizes-are-equal-one-and-proof-is-empty", "{name}");
        (name, vector.want_err)
    });
}

#[test]
fn go_consistency() {
    check("go/consistency", [105, 105, 105], consistency, |vector: &Consistency| {
        (&vector.name, vector.want_err)
    });
}
