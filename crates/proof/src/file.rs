//! The proof file: canonical JSON, one form only.
//!
//! Refuses to know whether it holds.

use std::collections::BTreeMap;

use policy::Policy;
use record::digest::{Digest, sha256};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::body::Body;
use crate::trust::AttesterKey;
use record::keys::VerifyingKey;
use record::signed_statement::{self, Class};

/// The version of the rules by which a standing is computed and a policy evaluated.
pub const SEMANTICS: u32 = 3;
/// The oldest version this program evaluates: a law that says nothing new means what it meant.
pub(crate) const FIRST_SEMANTICS: u32 = 1;

/// How much a proof carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Only the statements relied on; absence is not proven.
    Brief,
    /// Every entry before the decision; absence is proven.
    Full,
}

/// The keys the maker says were used. Claims only: the verifier compares them with its own trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Attesters.
    pub attesters: Vec<AttesterKey>,
    /// The decider.
    pub decider: VerifyingKey,
    /// The record's key.
    pub log: VerifyingKey,
    /// The record's name.
    pub origin: String,
}

/// An entry of the record, with its body if it is an act of this election.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryWithBody {
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The entry as hashed into the tree.
    pub entry: String,
    /// Where it does not follow from the other entries, the inclusion proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<Vec<Digest>>,
    /// Its index.
    pub index: u64,
    /// The salt of the body, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<Digest>,
}

/// A decision certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// A signed checkpoint: in version 1 of the record the decision was made on, in version 2 of one that holds it.
    pub checkpoint: String,
    /// The keys the maker says were used.
    pub claims: Claims,
    /// In version 2: that the checkpoint extends the entries before the decision, or in a brief proof the record it was
    /// made on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Vec<Digest>>,
    /// The signed decision: an entry form and its body.
    pub decision: EntryWithBody,
    /// The election's head files.
    pub election: BTreeMap<String, String>,
    /// Full or brief.
    pub kind: Kind,
    /// The law's files.
    pub law: BTreeMap<String, String>,
    /// The policy.
    pub policy: Policy,
    /// Entries, by index.
    pub statements: Vec<EntryWithBody>,
    /// The version of this form: 1, or 2 where the decision does not follow the record it was made on at once.
    pub v: u8,
}

/// The history of which a proof file speaks, if it parses at all and is of the class of histories.
#[must_use]
pub fn history_of(bytes: &[u8]) -> Option<String> {
    let p: ProofFile = record::canonical::from_canonical(bytes, "proof").ok()?;
    let signed = signed_statement::from_entry(p.decision.entry.as_bytes()).ok()?;
    match p.decision.body {
        Some(Body::Decision(d)) if signed.class == Class::History => Some(d.election),
        _ => None,
    }
}

/// The digest of a set of files: SHA-256 of the canonical JSON object path → text.
///
/// # Errors
/// Only if the encoder fails.
pub fn files_digest(files: &BTreeMap<String, String>) -> Result<Digest, Error> {
    Ok(sha256(&record::canonical::to_canonical(files)?))
}

/// A policy's name for ever: SHA-256 of its canonical JSON.
///
/// # Errors
/// Only if the encoder fails.
pub fn policy_digest(policy: &Policy) -> Result<Digest, Error> {
    Ok(sha256(&record::canonical::to_canonical(policy)?))
}
