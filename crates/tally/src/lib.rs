//! Votes and a counting rule make a tally.
//!
//! Knows counts and rules. Refuses to know signatures, clocks, files, persons'
//! names and what a majority entitles anybody to: that is law, and law is read
//! in `standing`.

mod base;
mod majority;

pub use base::{Base, base};
pub use majority::{Majority, majority, needed};

/// Why a figure could not be computed. Legal outcomes are never errors: a tie
/// or the absence of a majority is a [`Majority`] value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// More electors were to be left out of the base than were allotted.
    MoreRemovedThanAllotted {
        /// Electors allotted to the college.
        allotted: u32,
        /// Electors to be left out.
        removed: u32,
    },
    /// A sum left the range of the integers used for counts.
    Overflow,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MoreRemovedThanAllotted { allotted, removed } => write!(
                f,
                "{removed} electors are to be left out of a base of {allotted}: check the elector numbers of the law and the slates"
            ),
            Self::Overflow => {
                write!(f, "a sum of votes leaves the range of 32-bit counts: check the vote numbers")
            }
        }
    }
}

impl std::error::Error for Error {}
