//! Canonical JSON: one text per value, with integers only.
//!
//! Refuses to know what a document means. Spec: RFC 8785 (JCS), narrowed: numbers are integers that every JSON reader
//! holds exactly (RFC 7493 § 2.2), because a fraction or a larger number can change on its way through one.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, excerpt};

/// The canonical bytes of a value.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let bytes = serde_json_canonicalizer::to_vec(value)
        .map_err(|error| Error::JsonNotEncodable { problem: excerpt(&error.to_string()) })?;
    check_numbers(&bytes)?;
    Ok(bytes)
}

/// Reads a value, and refuses any bytes but the canonical ones: white space, duplicate or unordered or unknown keys,
/// escapes that need not be, fractions. `what` names the document in the error.
pub fn from_canonical<T: DeserializeOwned + Serialize>(bytes: &[u8], what: &'static str) -> Result<T, Error> {
    let value: T = serde_json::from_slice(bytes).map_err(|error| json_refused(&error, what))?;
    let canonical = to_canonical(&value)?;
    if canonical != bytes {
        let same = canonical.iter().zip(bytes).take_while(|(ours, theirs)| ours == theirs).count();
        return Err(Error::JsonNotCanonical { what, offset: same });
    }
    Ok(value)
}

fn json_refused(error: &serde_json::Error, what: &'static str) -> Error {
    let (line, column) = (error.line(), error.column());
    let sentence = error.to_string();
    let position = format!(" at line {line} column {column}");
    let problem = excerpt(sentence.strip_suffix(&position).unwrap_or(&sentence));
    Error::JsonRefused { what, line, column, problem }
}

/// Every number token of the encoded text must be an integer of at most 53 bits.
// Spec: RFC 8785 § 3.2.2.3 sends every number through a double; Deviates: we refuse the ones that would not survive,
// because a changed number under a good signature is worse than an error.
fn check_numbers(encoded: &[u8]) -> Result<(), Error> {
    let mut rest = encoded;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let (outside, string) = rest.split_at(quote);
        check_tokens(outside)?;
        rest = after_string(string.get(1..).unwrap_or_default());
    }
    check_tokens(rest)
}

/// What follows the end of a string whose first quote has been read.
fn after_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', text) {
        let (_, from) = text.split_at(at);
        match from {
            [b'\\', _, rest @ ..] => text = rest,
            [_, rest @ ..] => return rest,
            [] => return from,
        }
    }
    &[]
}

fn check_tokens(outside: &[u8]) -> Result<(), Error> {
    outside.split(|byte| b",:[]{}".contains(byte)).filter(|token| !token.is_empty()).try_for_each(check_token)
}

fn check_token(token: &[u8]) -> Result<(), Error> {
    let text = std::str::from_utf8(token).unwrap_or_default();
    let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let exact = |number: i64| number.unsigned_abs() <= LARGEST_EXACT;
    if is_number && !text.parse().is_ok_and(exact) {
        return Err(Error::JsonNumberRefused { number: excerpt(text) });
    }
    Ok(())
}

// Spec: RFC 7493 § 2.2: the range [-(2**53)+1, (2**53)-1].
const LARGEST_EXACT: u64 = 9_007_199_254_740_991;
