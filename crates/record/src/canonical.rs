//! Canonical JSON: one text per value, with integers only.
//!
//! Refuses to know what a document means. Spec: RFC 8785 (JCS), narrowed: numbers are integers that every JSON reader
//! holds exactly (RFC 7493 § 2.2), because a fraction or a larger number can change on its way through one.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, excerpt};

/// The canonical bytes of a value.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let refused = |problem: String| Error::JsonNotEncodable { problem: excerpt(&problem) };
    // Most types name their fields in order, and then the plain text is the canonical one: both escape alike.
    let plain = serde_json::to_vec(value).map_err(|error| refused(error.to_string()))?;
    if in_order(&plain) {
        return Ok(plain);
    }
    let bytes = serde_json_canonicalizer::to_vec(value).map_err(|error| refused(error.to_string()))?;
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
    outside.split(|byte| BETWEEN.contains(byte)).filter(|token| !token.is_empty()).try_for_each(check_token)
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

/// Whether every object of a text without white space names its keys once and in order, in letters of which no order is
/// in doubt, and every number is an integer that is exact.
// Spec: RFC 8785 § 3.2.3: sorted by UTF-16 code units, which for ASCII are the bytes.
fn in_order(encoded: &[u8]) -> bool {
    // The last key of each object that is open; of arrays none.
    let mut open: Vec<Option<&[u8]>> = Vec::new();
    let (mut text, mut key_next) = (encoded, false);
    while let Some((first, after)) = text.split_first() {
        let mut rest = after;
        match first {
            b'{' => open.push(Some(&[])),
            b'[' => open.push(None),
            b'}' | b']' => drop(open.pop()),
            b',' | b':' => {}
            b'"' => {
                rest = after_string(after);
                let length = after.len().saturating_sub(rest.len()).saturating_sub(1);
                let word = after.get(..length).unwrap_or_default();
                if let Some(Some(last)) = open.last_mut().filter(|_| key_next) {
                    if word <= *last || word.iter().any(|b| !b.is_ascii() || *b == b'\\') {
                        return false;
                    }
                    *last = word;
                }
            }
            _ => {
                let end = after.iter().position(|byte| BETWEEN.contains(byte)).unwrap_or(after.len());
                rest = after.get(end..).unwrap_or_default();
                let length = after.len().saturating_sub(rest.len()).saturating_add(1);
                if !text.get(..length).is_some_and(|token| check_token(token).is_ok()) {
                    return false;
                }
            }
        }
        (text, key_next) = (rest, matches!(first, b'{' | b','));
    }
    true
}

// Spec: RFC 7493 § 2.2: the range [-(2**53)+1, (2**53)-1].
const LARGEST_EXACT: u64 = 9_007_199_254_740_991;

/// What stands between two values.
const BETWEEN: &[u8] = b",:[]{}";
