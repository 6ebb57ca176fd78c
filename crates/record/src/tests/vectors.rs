//! The vectors of other projects, read from `vectors/tlog`; its `SOURCE.md` says where they come from.
//!
//! Refuses to know what they prove: that is in `vectors_proofs`, `vectors_keys`, `vectors_forms` and `vectors_logs`.

use serde::de::DeserializeOwned;

use crate::digest::Digest;
use crate::text::from_base64;

pub(super) fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/../../vectors/tlog/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) fn read_text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

/// A file with one JSON object a line.
pub(super) fn rows<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let row = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error} in {line}"));
    read_text(name).lines().map(row).collect()
}

/// Bytes in hex of any length.
pub(super) fn unhex(text: &str) -> Vec<u8> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty(), "{text}");
    pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A digest in base64; `None` for bytes that no SHA-256 gives.
pub(super) fn digest(base64: &str) -> Option<Digest> {
    from_base64(base64, "vector").unwrap().try_into().ok().map(Digest)
}

/// Every digest of a proof, or `None` if one of them is no digest.
pub(super) fn digests(base64: &[String]) -> Option<Vec<Digest>> {
    base64.iter().map(|hash| digest(hash)).collect()
}

/// Says how many of a family were tried, and fails on any other number than there must be.
pub(super) fn report(family: &str, tried: usize, expected: usize) {
    println!("{family}: {tried} of {expected}");
    assert_eq!(tried, expected, "{family}");
}
