//! Policies on a made-up college and on the election of 2020.
//!
//! Refuses to know how a formula is evaluated.

#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]

#[cfg(test)]
mod kit;

#[cfg(test)]
mod lint;

#[cfg(test)]
mod axioms;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod real;
#[cfg(test)]
mod written;
