//! The e-mail channel: the exact bytes of a telegram, their signature, and one session with a relay.
//!
//! Nothing here decides when, to whom, or how often: one call makes one attempt, and what became of it is a value.
//! No clock and no randomness: dates, ids and addresses are arguments.

pub mod address;
pub mod dkim;
pub mod message;
mod opening;
mod parts;
mod relay;
pub mod smtp;
mod wire;

/// A field that cannot be used: which, why, and what to do. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.field, self.message)
    }
}

impl std::error::Error for Wrong {}

fn wrong(field: &'static str, message: impl Into<String>) -> Wrong {
    Wrong { field, message: message.into() }
}
