//! Whether the keys that were used are those the verifier trusts, where they were good.
//!
//! Refuses to take anything from the proof for granted but its bytes. Spec: docs/spec.md § 7.9.

use record::digest::Digest;
use record::signed_statement::Class;
use record::{merkle, witness_policy};

use super::{Checked, fails, parse_entry};
use crate::body::DecisionBody;
use crate::file::{Kind, ProofFile};
use crate::trust::{AttesterKey, InForce, PinnedAct, Trust, TrustClass};

/// Under the verifier's own trust.
pub(super) fn trusted(p: &ProofFile, d: &DecisionBody, class: Class, trust: &Trust) -> Checked<String> {
    let meant = match trust.class {
        TrustClass::Real => Class::Real,
        TrustClass::Drill => Class::Drill,
        TrustClass::History => Class::History,
    };
    if class != meant {
        return fails(format!("the decision is of class {class:?}, the trust is for {meant:?}"));
    }
    if p.claims.origin != trust.origin || p.claims.log != trust.log {
        return fails(format!("the record {} is not the one trusted, {}", p.claims.origin, trust.origin));
    }
    if p.claims.decider != trust.decider {
        return fails("the decider's key is not the one trusted");
    }
    if let Some(a) = p.claims.attesters.iter().find(|a| !trust.attester.contains(a)) {
        return fails(format!("attester {} is not in the trust list", a.name));
    }
    let late = |a: &&AttesterKey| trust.in_force.iter().any(|s| s.key == a.key && s.from >= d.record_size);
    let mut wanted = trust.attester.iter().filter(|a| !late(a));
    if let Some(a) = wanted.find(|a| !p.claims.attesters.contains(a)) {
        return fails(format!("attester {} of the trust list was left out of the decision", a.name));
    }
    if let Some(a) = p.claims.attesters.iter().find(late) {
        return fails(format!("attester {} was enrolled after the record that was decided on", a.name));
    }
    let detail = pins(p, d, class, trust)?;
    in_force(p, trust)?;
    let Some(policy) = &trust.witnesses else { return Ok(detail) };
    let policy = witness_policy::from_text(policy.as_bytes()).or_else(|e| fails(e.to_string()))?;
    let witnessed = witness_policy::check(p.checkpoint.as_bytes(), &policy);
    let witnessed = witnessed.or_else(|e| fails(format!("the checkpoint: {e}")))?;
    Ok(format!("{detail}; {} witnesses cosigned", witnessed.cosignatures.len()))
}

/// Every entry whose key the trust bounds stands where that key was good.
fn in_force(p: &ProofFile, trust: &Trust) -> Checked<()> {
    for e in p.statements.iter().chain([&p.decision]) {
        let attester = parse_entry(e)?.header.attester;
        let bad = |s: &&InForce| {
            s.key.id() == attester && !(s.from <= e.index && s.until.is_none_or(|until| e.index < until))
        };
        if let Some(span) = trust.in_force.iter().find(bad) {
            return fails(format!(
                "entry {} is signed by {}, which was not in force there",
                e.index, span.key
            ));
        }
    }
    Ok(())
}

fn pins(p: &ProofFile, d: &DecisionBody, class: Class, trust: &Trust) -> Checked<String> {
    match (&trust.pins, class) {
        (None, Class::History) => {
            fails("the keys of histories are public, so a trust without pins establishes nobody")
        }
        (None, _) => Ok("keys as trusted".into()),
        (Some(pins), _) => {
            if pins.law_sha256 != d.law_sha256 || pins.election_sha256 != d.election_sha256 {
                return fails("the law or the election's head differ from those trusted");
            }
            pinned(p, d, &pins.acts)
        }
    }
}

/// The acts are the very ones trusted: in a full proof all that were known by the instant, in a brief one some.
fn pinned(p: &ProofFile, d: &DecisionBody, acts: &[PinnedAct]) -> Checked<String> {
    let ours = p.statements.iter().filter(|e| e.body.is_some());
    let leaves: Vec<Digest> = ours.map(|e| merkle::leaf_hash(e.entry.as_bytes())).collect();
    let known = match p.kind {
        Kind::Full => acts.iter().filter(|a| a.known_at <= d.at).map(|a| &a.leaf).eq(&leaves),
        Kind::Brief => leaves.iter().all(|l| acts.iter().any(|a| a.leaf == *l)),
    };
    if !known {
        return fails(format!("the acts are not those of the {} that is trusted", d.election));
    }
    Ok(format!("keys as trusted, and {} acts as in the trusted {}", leaves.len(), d.election))
}
