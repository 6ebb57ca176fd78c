//! Where the time comes from: the system's clock, or one that a rehearsal sets.
//!
//! Refuses to know who sets it, and what for.

use std::cell::Cell;

use standing::Instant;

use crate::error::Error;

/// A clock.
#[derive(Debug, Clone, Copy)]
pub enum Clock<'a> {
    /// The system's.
    System,
    /// Whatever was set last: of a rehearsal, and of nothing else.
    Scripted(&'a Cell<Instant>),
}

impl Clock<'_> {
    /// What it shows.
    ///
    /// # Errors
    /// The system's shows a time outside of all calendars.
    pub fn now(self) -> Result<Instant, Error> {
        match self {
            Self::System => crate::cli::now(),
            Self::Scripted(shown) => Ok(shown.get()),
        }
    }

    /// Whether a rehearsal sets it.
    #[must_use]
    pub fn is_scripted(self) -> bool {
        matches!(self, Self::Scripted(_))
    }
}
