//! The made-up college of the standing crate's tests, and policies in one line each.

#[path = "../../../standing/tests/kit/college.rs"]
pub(crate) mod college;
#[path = "../../../standing/tests/kit/facts.rs"]
pub(crate) mod facts;
pub(crate) mod questions;
#[path = "../../../standing/tests/kit/script.rs"]
pub(crate) mod script;
