//! A decision certificate: one file a stranger can check offline, years later.
//!
//! Joins a record, a standing and a policy. What an auditor compiles. Refuses
//! to bring trust along: whose keys count comes from outside.
//! Spec: docs/spec.md §§ 5-7.

mod body;
mod build;
mod file;
mod trust;
mod verify;

pub use body::{
    ApprovalBody, Body, DecisionBody, DeliveriesBody, OpeningText, OutcomeText, Relied, TelegramBody,
    TelegramState,
};
pub use build::{Logged, build, decision_body, logged_statement, prepared_body};
pub use file::{Claims, EntryWithBody, Kind, ProofFile, SEMANTICS, files_digest, history_of, policy_digest};
pub use trust::{
    AttesterKey, Error as TrustError, InForce, PinnedAct, Pins, Trust, TrustClass, trust_from_toml,
    trust_to_toml,
};
pub use verify::{Check, Report, Verdict, subject_of_decisions, verify};

/// What can go wrong in making a proof. Verification has no errors, only a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Bytes or keys.
    Record(record::Error),
    /// Law and election.
    Standing(standing::Error),
    /// Policy.
    Policy(policy::Error),
    /// A statement of this election has no body here.
    BodyMissing {
        /// Its index.
        index: u64,
    },
    /// The decision is not among the entries.
    DecisionMissing,
    /// The outcome is not one a message can be prepared for.
    NotReleasable,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record(e) => e.fmt(f),
            Self::Standing(e) => e.fmt(f),
            Self::Policy(e) => e.fmt(f),
            Self::BodyMissing { index } => write!(
                f,
                "the body of statement {index} is not in the store; a full proof needs it: restore it or make a brief proof"
            ),
            Self::DecisionMissing => f.write_str("the decision is not among the entries of the checkpoint"),
            Self::NotReleasable => f.write_str("an outcome still open cannot be decided"),
        }
    }
}

impl std::error::Error for Error {}

impl From<record::Error> for Error {
    fn from(e: record::Error) -> Self {
        Self::Record(e)
    }
}

impl From<standing::Error> for Error {
    fn from(e: standing::Error) -> Self {
        Self::Standing(e)
    }
}

impl From<policy::Error> for Error {
    fn from(e: policy::Error) -> Self {
        Self::Policy(e)
    }
}
