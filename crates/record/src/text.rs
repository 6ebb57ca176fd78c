//! The three strict text forms every other file uses: hex, base64 and decimal; and lines.
//!
//! Refuses to know what the bytes mean. Each form has one spelling per value, so re-encoding gives the same text.
//! Spec: RFC 4648 § 4 (base64, padded) and § 8 (hex, here lower-case only).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;

pub(crate) fn to_hex(bytes: &[u8; 32]) -> String {
    bytes.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 0x0f)]).collect()
}

pub(crate) fn from_hex(text: &str, what: &'static str) -> Result<[u8; 32], Error> {
    let refused = || Error::HexRefused { what, characters: text.chars().count() };
    let mut bytes = [0u8; 32];
    if text.len() != 64 {
        return Err(refused());
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return Err(refused()) };
        let (Some(high), Some(low)) = (hex_value(high), hex_value(low)) else { return Err(refused()) };
        *byte = (high << 4) | low;
    }
    Ok(bytes)
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

// Spec: RFC 4648 § 3.5: non-zero trailing bits are refused (the STANDARD engine does so), so that no two texts
// decode to the same bytes.
pub(crate) fn from_base64(text: &str, what: &'static str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).map_err(|_| Error::Base64Refused { what })
}

pub(crate) fn from_base64_exact<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], Error> {
    let bytes = from_base64(text, what)?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| Error::Base64Length { what, expected: N, found })
}

/// An ASCII decimal without sign and without leading zeros.
pub(crate) fn from_decimal(text: &str, what: &'static str) -> Result<u64, Error> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return Err(Error::DecimalRefused { what });
    }
    text.parse().map_err(|_| Error::DecimalRefused { what })
}

pub(crate) fn from_utf8<'a>(bytes: &'a [u8], what: &'static str) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|error| Error::NotUtf8 { what, offset: error.valid_up_to() })
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

fn hex_value(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => character.checked_sub(b'0'),
        b'a'..=b'f' => character.checked_sub(b'a')?.checked_add(10),
        _ => None,
    }
}
