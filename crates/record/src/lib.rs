//! The record: signed statements in an append-only Merkle log, and the proofs about it.
//!
//! This room knows bytes and keys. It does not know what a statement is about, and it never names a clock, a disk,
//! a network or chance: bytes come in, bytes or a refusal go out. An auditor can compile it alone.
//!
//! | module | form | specification |
//! | --- | --- | --- |
//! | [`canonical`] | canonical JSON | RFC 8785 |
//! | [`digest`] | SHA-256 digests | FIPS 180-4 |
//! | [`keys`] | Ed25519 keys and signatures | RFC 8032, strict verification |
//! | [`signed_statement`] | signed statement, its envelope, its log entry | DSSE v1 and this project |
//! | [`merkle`] | roots, inclusion and consistency | RFC 9162 § 2.1 |
//! | [`note`] | signed notes | c2sp.org/signed-note |
//! | [`checkpoint`] | signed origin, size and root | c2sp.org/tlog-checkpoint |
//! | [`cosignature`] | what a witness signs | c2sp.org/tlog-cosignature |
//! | [`witness`] | the request to cosign and its answer | c2sp.org/tlog-witness |
//! | [`witness_policy`] | which logs and how many witnesses | c2sp.org/tlog-policy |
//! | [`tile`] | the tree and the entries as files | c2sp.org/tlog-tiles |
//! | [`edge`] | the tiles that are not full yet | the same |
//! | [`keyring`] | whose keys count, by index | this project |
//! | [`guard`] | whether a log may go on signing | this project |
//! | [`check`] | the one check of a whole record | this project |
//! | [`receipt`] | inclusion for readers of CBOR | RFC 9942 |
//! | [`tlog_proof`] | one statement's inclusion in one file | c2sp.org/tlog-proof |
//!
//! Every reader here accepts exactly the bytes its writer makes and refuses all others.

pub mod canonical;
pub mod check;
pub mod checkpoint;
pub mod cosignature;
pub mod digest;
pub mod edge;
mod error;
pub mod guard;
mod header;
pub mod keyring;
pub mod keys;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod signed_statement;
mod text;
pub mod tile;
pub mod tlog_proof;
pub mod witness;
pub mod witness_policy;

pub use error::Error;

#[cfg(test)]
mod tests;
