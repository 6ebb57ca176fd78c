//! Whether the entries a proof carries are those of the record, and where its decision stands in it.
//!
//! Refuses to know what an entry says. Spec: docs/spec.md § 7.6.

use std::collections::BTreeSet;

use record::checkpoint::Checkpoint;
use record::merkle;

use super::{Checked, fails};
use crate::body::DecisionBody;
use crate::file::{EntryWithBody, Kind, ProofFile};

/// The record the decision was made on.
pub(super) fn tree(p: &ProofFile, d: &DecisionBody) -> Checked<String> {
    let leaf = |e: &EntryWithBody| merkle::leaf_hash(e.entry.as_bytes());
    match p.kind {
        Kind::Full => {
            let in_order = (0_u64..).zip(&p.statements).all(|(i, e)| e.index == i && e.inclusion.is_none());
            let complete = u64::try_from(p.statements.len()).is_ok_and(|n| n == p.decision.index);
            if !in_order || !complete {
                return fails(format!(
                    "a full proof carries the {} entries before the decision, in order",
                    p.decision.index
                ));
            }
            let size = usize::try_from(d.record_size).unwrap_or(usize::MAX);
            let root = merkle::root(&p.statements.iter().take(size).map(leaf).collect::<Vec<_>>());
            if root != d.record_root {
                return fails(format!("the entries hash to {root}, the decision says {}", d.record_root));
            }
            Ok(format!("root rebuilt from all {} entries", d.record_size))
        }
        Kind::Brief => {
            let relied: Vec<u64> =
                d.relied.iter().map(|r| r.statement).collect::<BTreeSet<_>>().into_iter().collect();
            if p.statements.iter().map(|e| e.index).collect::<Vec<_>>() != relied {
                return fails("a brief proof carries just the statements relied on, in order");
            }
            for e in &p.statements {
                let Some(hashes) = &e.inclusion else {
                    return fails(format!("statement {} has no inclusion proof", e.index));
                };
                merkle::verify_inclusion(e.index, d.record_size, &leaf(e), hashes, &d.record_root)
                    .or_else(|why| fails(format!("statement {}: {why}", e.index)))?;
            }
            Ok(format!("{} inclusion proofs; absence is not proven", relied.len()))
        }
    }
}

/// The decision is in the log, which goes on from the entries before it, or in a brief proof from the record it was made on.
pub(super) fn placed(p: &ProofFile, d: &DecisionBody, log: &Checkpoint) -> Checked<String> {
    let leaf = |e: &EntryWithBody| merkle::leaf_hash(e.entry.as_bytes());
    let (size, root) = match p.kind {
        Kind::Full => (p.decision.index, merkle::root(&p.statements.iter().map(leaf).collect::<Vec<_>>())),
        Kind::Brief => (d.record_size, d.record_root),
    };
    let hashes = p.consistency.as_deref().unwrap_or_default();
    merkle::verify_consistency(size, log.size, &root, &log.root, hashes)
        .or_else(|why| fails(format!("the checkpoint does not extend the first {size} entries: {why}")))?;
    let hashes = p.decision.inclusion.as_deref().unwrap_or_default();
    merkle::verify_inclusion(p.decision.index, log.size, &leaf(&p.decision), hashes, &log.root)
        .or_else(|why| fails(format!("the decision: {why}")))?;
    let between = p.decision.index.saturating_sub(d.record_size);
    Ok(format!("; the decision is entry {}, {between} entries after that record", p.decision.index))
}
