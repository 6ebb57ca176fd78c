//! Addresses and message ids: the plain forms every relay takes, and no other.
//!
//! Quoted local parts, address literals, comments and letters outside ASCII are refused, not repaired. A value of
//! these types can stand in a header or a command as it is. It does not ask the DNS whether a domain exists.

use super::{Wrong, wrong};

/// A mailbox address, `local@domain`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

/// A message id without its angle brackets, `left@right`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

// Spec: RFC 5321 § 4.5.3.1.1 to .3, sizes in octets; a path is 256 with its brackets.
const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 255;
const MAX_ADDRESS: usize = 254;
// Spec: RFC 1035 § 2.3.4.
const MAX_LABEL: usize = 63;
/// So that `Message-ID: <…>` is one line of at most 998 octets, by far.
const MAX_ID: usize = 250;

impl Address {
    /// Reads an address. `field` is the name that an error carries.
    ///
    /// # Errors
    /// It is not a dot-atom, an `@`, and an ASCII domain of two labels or more, or is too long.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Wrong> {
        let bad = |why: &str| wrong(field, format!("`{}` {why}", text.escape_debug()));
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| bad("has no `@`"))?;
        if !local.is_ascii() {
            return Err(bad(
                "has letters before the `@` that need SMTPUTF8, which is not used: give an ASCII address",
            ));
        }
        if !is_dot_atom(local) {
            return Err(bad("has a part before the `@` that is not letters, digits, dots and plain signs"));
        }
        if local.len() > MAX_LOCAL {
            return Err(bad("has more than 64 octets before the `@`"));
        }
        domain_fits(domain).map_err(bad)?;
        if text.len() > MAX_ADDRESS {
            return Err(bad("has more than 254 octets"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MessageId {
    /// Reads an id, without brackets. It must be fixed before the first attempt and the same in every later one.
    ///
    /// # Errors
    /// It is not `left@right` with a dot-atom on each side, or is longer than 250 octets.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let (left, right) = text.split_once('@').unwrap_or(("", ""));
        // Spec: RFC 5322 § 3.6.4, the form without quoting.
        if text.len() <= MAX_ID && is_dot_atom(left) && is_dot_atom(right) {
            return Ok(Self(text.to_owned()));
        }
        Err(wrong(
            "message_id",
            "must be `left@right`, at most 250 ASCII letters, digits, dots and plain signs",
        ))
    }

    /// The id as text, without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Spec: RFC 5322 § 3.2.3, dot-atom-text.
fn is_dot_atom(text: &str) -> bool {
    let atom = |part: &str| !part.is_empty() && part.bytes().all(is_atext);
    text.split('.').all(atom)
}

pub(super) fn is_atext(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b)
}

/// Whether a text is a domain name of two labels or more; the error ends a sentence that begins with the name.
///
/// Spec: RFC 5321 § 2.3.5 and § 4.1.2.
pub(super) fn domain_fits(domain: &str) -> Result<(), &'static str> {
    if !domain.is_ascii() {
        return Err("has a domain that is not ASCII: write it in punycode, as `xn--…`");
    }
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |l: &&str| {
        let inner = l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=MAX_LABEL).contains(&l.len()) && inner && !l.starts_with('-') && !l.ends_with('-')
    };
    if !labels.iter().all(label) {
        return Err("has a domain that is not labels of 1 to 63 letters, digits and inner hyphens");
    }
    if labels.len() < 2 {
        return Err("has a domain of one label: write the full name, such as `example.org`");
    }
    if labels.last().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit())) {
        return Err("has a number where a top-level domain belongs: numeric addresses are not used");
    }
    if domain.len() > MAX_DOMAIN {
        return Err("has a domain of more than 255 octets");
    }
    Ok(())
}
