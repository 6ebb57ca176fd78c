//! Makes decisions and proof files from what a store holds.
//!
//! Refuses to sign: signatures are made outside and handed in.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Decision, Policy};
use record::digest::Digest;
use record::keys::KeyId;
use record::signed_statement::{self, Header, Salt, SignedStatement};
use record::{canonical, merkle};
use standing::{AttesterId, Files, Instant, PersonId, Statement, StatementId};

use crate::Error;
use crate::body::{Body, DecisionBody, OutcomeText, Relied};
use crate::file::{Claims, EntryWithBody, Kind, ProofFile, SEMANTICS, files_digest, policy_digest};

/// An entry as a store holds it: the body and salt are gone when erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The signed header.
    pub signed: SignedStatement,
    /// Salt and body.
    pub opened: Option<(Salt, Body)>,
}

/// Canonical bytes of a body and the digest a header must carry.
///
/// # Errors
/// Only if the encoder fails.
pub fn prepared_body(salt: &Salt, body: &Body) -> Result<(Vec<u8>, Digest), Error> {
    let bytes = canonical::to_canonical(body)?;
    let digest = signed_statement::body_digest(salt, &bytes);
    Ok((bytes, digest))
}

/// The statement an entry makes to `standing`, if it attests an act of `election`; `Ok(None)` for other entries.
///
/// # Errors
/// The entry is filed under the election but its body is missing or no well-formed act.
pub fn logged_statement(
    election: &str,
    index: u64,
    header: &Header,
    body: Option<&Body>,
    names: &BTreeMap<KeyId, AttesterId>,
) -> Result<Option<Statement>, String> {
    if header.subject != election {
        return Ok(None);
    }
    let Some(Body::Act(line)) = body else {
        return Err(format!("the body of statement {index} is missing or no act"));
    };
    if line.known_at.is_some() || line.statement.is_some() {
        return Err(format!("statement {index} repeats header fields in its body"));
    }
    let act = line.to_act().map_err(|(field, message)| format!("statement {index}, `{field}`: {message}"))?;
    let known_at =
        Instant::try_from(header.known_at.as_str()).map_err(|e| format!("statement {index}: {e}"))?;
    let id =
        StatementId::try_from(header.statement.as_str()).map_err(|e| format!("statement {index}: {e}"))?;
    let stranger = || AttesterId::try_from(header.attester.to_string()).ok();
    let attester = names.get(&header.attester).cloned().or_else(stranger);
    let attester = attester.ok_or_else(|| format!("statement {index}: attester has no name"))?;
    Ok(Some(Statement {
        id,
        index,
        attester,
        known_at,
        amends: line.amends.clone(),
        channel: line.channel,
        sources: line.sources.clone(),
        act,
    }))
}

/// The body of a decision, with everything it depends on hashed into it.
///
/// # Errors
/// The outcome is not releasable, or the encoder fails.
pub fn decision_body(
    election: &str,
    decision: &Decision,
    policy: &Policy,
    heads: (&Files, &Files),
    keys: &BTreeSet<KeyId>,
    prepared: &BTreeSet<PersonId>,
    record_root: Digest,
) -> Result<DecisionBody, Error> {
    let (head, law) = heads;
    Ok(DecisionBody {
        at: decision.at,
        attesters: keys.iter().cloned().collect(),
        election: election.to_owned(),
        election_sha256: files_digest(head)?,
        law_sha256: files_digest(law)?,
        office: decision.office.clone(),
        outcome: OutcomeText::try_from(&decision.outcome)?,
        policy_sha256: policy_digest(policy)?,
        prepared: prepared.iter().cloned().collect(),
        record_root,
        record_size: decision.record_size,
        relied: relied(decision),
        semantics: SEMANTICS,
    })
}

pub(crate) fn relied(decision: &Decision) -> Vec<Relied> {
    let each = decision.relied.iter();
    each.map(|b| Relied { act: b.act.clone(), cite: b.cite.clone(), statement: b.statement }).collect()
}

/// A proof file as canonical bytes.
///
/// `entries` are the record's first entries: exactly as many as the decision names, which is then the entry that
/// follows; or all that `checkpoint` covers, with the decision among them.
///
/// # Errors
/// A body that a full proof needs is gone, the decision is not there, or the encoder fails.
pub fn build(
    kind: Kind,
    claims: Claims,
    checkpoint: String,
    decision: (&SignedStatement, &Salt, &DecisionBody),
    policy: &Policy,
    heads: (&Files, &Files),
    entries: &[Logged],
) -> Result<Vec<u8>, Error> {
    let (signed, salt, body) = decision;
    let texts: Vec<Vec<u8>> =
        entries.iter().map(|e| signed_statement::to_entry(&e.signed)).collect::<Result<_, _>>()?;
    let leaves: Vec<Digest> = texts.iter().map(|t| merkle::leaf_hash(t)).collect();
    let place = place(kind, signed, body, entries, &leaves)?;
    let statements = statements(kind, body, place.index, entries, &texts, &leaves)?;
    let decision = EntryWithBody {
        body: Some(Body::Decision(Box::new(body.clone()))),
        entry: String::from_utf8_lossy(&signed_statement::to_entry(signed)?).into_owned(),
        inclusion: place.inclusion,
        index: place.index,
        salt: Some(Digest(salt.0)),
    };
    let file = ProofFile {
        checkpoint,
        claims,
        v: if place.consistency.is_some() { 2 } else { 1 },
        consistency: place.consistency,
        decision,
        election: heads.0.clone(),
        kind,
        law: heads.1.clone(),
        policy: policy.clone(),
        statements,
    };
    Ok(canonical::to_canonical(&file)?)
}

/// Where the decision stands, and what shows that it does.
struct Place {
    index: u64,
    inclusion: Option<Vec<Digest>>,
    consistency: Option<Vec<Digest>>,
}

fn place(
    kind: Kind,
    signed: &SignedStatement,
    body: &DecisionBody,
    entries: &[Logged],
    leaves: &[Digest],
) -> Result<Place, Error> {
    if u64::try_from(leaves.len()).is_ok_and(|n| n == body.record_size) {
        return Ok(Place { index: body.record_size, inclusion: None, consistency: None });
    }
    let found = (0_u64..).zip(entries).find(|(_, e)| e.signed == *signed).map(|(index, _)| index);
    let index = found.filter(|index| *index >= body.record_size).ok_or(Error::DecisionMissing)?;
    let shown = match kind {
        Kind::Brief => body.record_size,
        Kind::Full => index,
    };
    Ok(Place {
        index,
        inclusion: Some(merkle::inclusion_proof(leaves, index)?),
        consistency: Some(merkle::consistency_proof(leaves, shown)?),
    })
}

/// In a full proof every entry before the decision, in a brief one those relied on.
fn statements(
    kind: Kind,
    body: &DecisionBody,
    end: u64,
    entries: &[Logged],
    texts: &[Vec<u8>],
    leaves: &[Digest],
) -> Result<Vec<EntryWithBody>, Error> {
    let wanted: BTreeSet<u64> = body.relied.iter().map(|r| r.statement).collect();
    let size = usize::try_from(body.record_size).unwrap_or(usize::MAX);
    let known = leaves.get(..size).unwrap_or(leaves);
    let mut statements = Vec::new();
    for (index, (logged, text)) in (0..end).zip(entries.iter().zip(texts)) {
        if kind == Kind::Brief && !wanted.contains(&index) {
            continue;
        }
        let ours = logged.signed.header.subject == body.election && index < body.record_size;
        if ours && logged.opened.is_none() {
            return Err(Error::BodyMissing { index });
        }
        let opened = logged.opened.as_ref().filter(|_| ours);
        let inclusion = match kind {
            Kind::Brief => Some(merkle::inclusion_proof(known, index)?),
            Kind::Full => None,
        };
        statements.push(EntryWithBody {
            body: opened.map(|(_, b)| b.clone()),
            entry: String::from_utf8_lossy(text).into_owned(),
            inclusion,
            index,
            salt: opened.map(|(s, _)| Digest(s.0)),
        });
    }
    Ok(statements)
}
