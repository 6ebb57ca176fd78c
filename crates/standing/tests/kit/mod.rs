//! A made-up college, and statements about it in one line each.
//!
//! Refuses to know what any of them comes to. The policy crate's tests use it too.

pub(crate) mod college;
pub(crate) mod facts;
pub(crate) mod script;
