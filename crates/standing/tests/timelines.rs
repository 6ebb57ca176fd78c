//! Timelines as data, and what must hold of every timeline.
//!
//! Refuses to know how a standing is computed.

#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]

#[cfg(test)]
mod kit;

#[cfg(test)]
mod axioms;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod written;
