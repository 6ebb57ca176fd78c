//! Whose keys count: what a verifier brings along.
//!
//! Refuses to come from the proof itself.

use std::collections::BTreeSet;

use record::digest::Digest;
use record::keys::VerifyingKey;
use record::witness_policy;
use serde::{Deserialize, Serialize};
use standing::{AttesterId, Instant};

/// An attester's name and key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttesterKey {
    /// The key.
    pub key: VerifyingKey,
    /// The name under which the reader enrols it.
    pub name: AttesterId,
}

/// For histories, whose keys are public: the very statements, law and head that are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// Digest of the election's head files.
    pub election_sha256: Digest,
    /// Digest of the law's files.
    pub law_sha256: Digest,
    /// The election's acts in order; a full proof must carry all of them that were known by its instant.
    pub acts: Vec<PinnedAct>,
}

/// An act that is meant, and none other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedAct {
    /// Since when it was known.
    pub known_at: Instant,
    /// The leaf hash of its entry.
    pub leaf: Digest,
}

/// Which class of records a trust is for; a decision of another class is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustClass {
    /// The world as it happens.
    Real,
    /// Exercises.
    Drill,
    /// Past events.
    History,
}

/// The indices at which a key may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// The key.
    pub key: VerifyingKey,
    /// The first index at which it may.
    pub from: u64,
    /// The first index at which it may no more; absent while it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// A trust file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The class of record this trust is for.
    pub class: TrustClass,
    /// The record's name.
    pub origin: String,
    /// The key that signs its checkpoints.
    pub log: VerifyingKey,
    /// The key that signs decisions.
    pub decider: VerifyingKey,
    /// A witness policy that the checkpoint must meet, if witnesses are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<String>,
    /// The attesters whose statements have effect.
    pub attester: Vec<AttesterKey>,
    /// Since and until when keys are good, by index; a key that is not named here is good at any. Each key stands once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_force: Vec<InForce>,
    /// Needed for histories, optional otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pins: Option<Pins>,
}

/// A trust file that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What the parser says.
    pub message: String,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for Error {}

/// Reads a trust file.
///
/// # Errors
/// File, line, and what is wrong.
pub fn trust_from_toml(file: &str, text: &str) -> Result<Trust, Error> {
    let wrong = |start: usize, message: String| {
        let line = text.get(..start).unwrap_or("").matches('\n').count().saturating_add(1);
        Error { file: file.into(), line, message: message.replace('\n', "; ") }
    };
    let trust: Trust =
        toml::from_str(text).map_err(|e| wrong(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;
    let at = |word: &str| text.find(word).unwrap_or(0);
    if let Some(policy) = &trust.witnesses {
        let read = witness_policy::from_text(policy.as_bytes());
        read.map_err(|e| wrong(at("witnesses"), format!("`witnesses`: {e}")))?;
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = trust.in_force.iter().find(|span| !seen.insert(span.key.id())) {
        return Err(wrong(at("[[in_force]]"), format!("`in_force`: the key {} stands twice", twice.key)));
    }
    Ok(trust)
}

/// Writes a trust file.
///
/// # Errors
/// Never for a trust that was read; the writer's own words otherwise.
pub fn trust_to_toml(trust: &Trust) -> Result<String, Error> {
    toml::to_string(trust).map_err(|e| Error { file: "trust".into(), line: 0, message: e.to_string() })
}
