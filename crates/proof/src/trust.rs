//! Whose keys count: what a verifier brings along.
//!
//! Refuses to come from the proof itself.

use record::digest::Digest;
use record::keys::VerifyingKey;
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
    /// The attesters whose statements have effect.
    pub attester: Vec<AttesterKey>,
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
    toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        let line = text.get(..start).unwrap_or("").matches('\n').count().saturating_add(1);
        Error { file: file.into(), line, message: e.message().replace('\n', "; ") }
    })
}

/// Writes a trust file.
///
/// # Errors
/// Never for a trust that was read; the writer's own words otherwise.
pub fn trust_to_toml(trust: &Trust) -> Result<String, Error> {
    toml::to_string(trust).map_err(|e| Error { file: "trust".into(), line: 0, message: e.to_string() })
}
