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
    // But for the order of keys the plain text is the canonical one: both escape alike.
    let mut plain = serde_json::to_vec(value).map_err(|error| refused(error.to_string()))?;
    if order(&mut plain) {
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

/// A member of an object, from its key's first quote on.
struct Member {
    at: usize,
    /// Where the key's last quote stands, which takes no part in the order.
    key_end: usize,
}

/// Puts the keys of every object of a text without white space in order. Says no, and leaves it half done, where a key
/// stands twice or has letters whose order is not that of its bytes, or a number is not exact.
// Spec: RFC 8785 § 3.2.3: sorted by UTF-16 code units, which for ASCII are the bytes.
fn order(text: &mut [u8]) -> bool {
    let mut members: Vec<Member> = Vec::new();
    // Where the members of each object that is open begin; of arrays nothing.
    let mut open: Vec<Option<usize>> = Vec::new();
    let (mut at, mut key_next) = (0, false);
    while let Some((first, after)) = text.get(at..).and_then(<[u8]>::split_first) {
        let (first, from) = (*first, at);
        at = match first {
            b'"' => text.len().saturating_sub(after_string(after).len()),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => at.saturating_add(1),
            _ => {
                let length = after.iter().position(|b| BETWEEN.contains(b)).unwrap_or(after.len());
                at.saturating_add(1).saturating_add(length)
            }
        };
        match first {
            b'{' => open.push(Some(members.len())),
            b'[' => open.push(None),
            b'}' | b']' => {
                if let Some(Some(begin)) = open.pop()
                    && !order_members(text, &members.split_off(begin.min(members.len())), from)
                {
                    return false;
                }
            }
            b',' | b':' => {}
            b'"' if key_next && open.last().is_some_and(Option::is_some) => {
                members.push(Member { at: from, key_end: at.saturating_sub(1) });
            }
            b'"' => {}
            _ if text.get(from..at).is_none_or(|token| check_token(token).is_err()) => return false,
            _ => {}
        }
        key_next = matches!(first, b'{' | b',');
    }
    true
}

/// Orders the members of an object that ends at `end`: as many bytes as before.
fn order_members(text: &mut [u8], members: &[Member], end: usize) -> bool {
    let ends = members.iter().skip(1).map(|next| next.at.saturating_sub(1)).chain([end]);
    let plain = |key: &[u8]| key.iter().all(|b| b.is_ascii() && *b != b'\\');
    let pairs = members.iter().zip(ends);
    let pairs = pairs.map(|(m, end)| Some((text.get(m.at..m.key_end)?, text.get(m.at..end)?)));
    let Some(mut pairs) = pairs.collect::<Option<Vec<(&[u8], &[u8])>>>() else { return false };
    if !pairs.iter().all(|(key, _)| plain(key)) {
        return false;
    }
    if pairs.is_sorted_by(|(one, _), (next, _)| one < next) {
        return true;
    }
    pairs.sort_by_key(|(key, _)| *key);
    let twice = pairs.windows(2).any(|two| matches!(two, [(one, _), (next, _)] if one == next));
    let ordered = pairs.iter().map(|(_, member)| *member).collect::<Vec<_>>().join(&b',');
    let room = members.first().and_then(|first| text.get_mut(first.at..end));
    let Some(room) = room.filter(|room| room.len() == ordered.len() && !twice) else { return false };
    room.copy_from_slice(&ordered);
    true
}

// Spec: RFC 7493 § 2.2: the range [-(2**53)+1, (2**53)-1].
const LARGEST_EXACT: u64 = 9_007_199_254_740_991;

/// What stands between two values.
const BETWEEN: &[u8] = b",:[]{}";
