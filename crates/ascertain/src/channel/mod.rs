//! Ways to the world: a signed message goes to an address, and what came back is kept.
//!
//! Each file knows the ones before it: [`address`] (may this be reached), [`connect`] (reach it), [`http`] (one POST, one
//! network write), [`webhook`] (sign it, and read the answer). None reads the calendar, tries twice, follows a redirect
//! or asks the environment for a proxy.

pub mod address;
pub mod connect;
pub mod http;
pub mod webhook;
