//! Votes and a counting rule make a tally; populations and a method make seats.
//!
//! Knows counts and rules. Refuses to know signatures, clocks, files, persons'
//! names and what a majority entitles anybody to: that is law, and law is read
//! in `standing`.

mod apportion;
mod base;
mod choice;
mod majority;

pub use apportion::{Method, Seats, apportion, apportion_with_ratio};
pub use base::{Base, base};
pub use choice::{Choice, Shortlist, double_first, double_second, separate, shortlist};
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
    /// A house has fewer seats than there are places, each of which has at least one.
    TooFewSeats {
        /// Seats to be divided.
        seats: u32,
        /// Places.
        places: u32,
    },
    /// A population, or a ratio, of nought, or beyond any country's.
    Population,
    /// The method divides a house of fixed size and knows no ratio.
    NeedsHouse,
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
            Self::TooFewSeats { seats, places } => {
                write!(
                    f,
                    "{seats} seats among {places} places: every place has at least one, so ask for at least as many seats as places"
                )
            }
            Self::Population => {
                write!(f, "a population or ratio of nought, or beyond 100,000,000,000: check the numbers")
            }
            Self::NeedsHouse => {
                write!(f, "this method divides a house of fixed size: give the number of seats, not a ratio")
            }
            Self::Overflow => {
                write!(f, "a sum of votes leaves the range of 32-bit counts: check the vote numbers")
            }
        }
    }
}

impl std::error::Error for Error {}
