//! Names, digests, instants and attempt numbers, each a type of its own so
//! that one cannot stand for another.
//!
//! Refuses to know what the names refer to and what was hashed.

use serde::{Deserialize, Serialize};

use crate::Error;

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident by $check:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the text as written.
            ///
            /// # Errors
            /// [`Error`] saying which characters and lengths are allowed.
            pub fn parse(text: &str) -> Result<Self, Error> {
                $check(stringify!($name), text).map(|()| Self(text.to_owned()))
            }

            /// The text as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(text: String) -> Result<Self, Error> {
                $check(stringify!($name), &text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> String {
                it.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}

text! {
    /// Who may approve a telegram.
    ApproverId by name,
    /// An office to be filled.
    OfficeId by name,
    /// A person who may come into office.
    PersonId by name,
    /// Who receives a telegram: a name of the list, never an address.
    RecipientId by name,
    /// A telegram, for ever.
    TelegramId by name,
    /// What a recipient, or the person who reached one, answered: one line.
    Reference by line,
    /// A SHA-256 digest: 64 lower-case hexadecimal digits.
    Sha256Hex by digest,
}

/// Seconds UTC since 1970-01-01T00:00:00Z, as passed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// The number of an attempt to one recipient, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl Attempt {
    /// The first.
    pub const FIRST: Self = Self(1);

    /// The one after; stays at the last number there is.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

fn name(what: &'static str, text: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:/".contains(c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && text.len() <= LONGEST_NAME && text.chars().all(plain) {
        Ok(())
    } else {
        Err(Error::BadName { what, text: text.chars().take(LONGEST_NAME).collect() })
    }
}

fn line(what: &'static str, text: &str) -> Result<(), Error> {
    if !text.is_empty() && text.len() <= LONGEST_LINE && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Error::BadLine { what, text: text.chars().take(LONGEST_NAME).collect() })
    }
}

fn digest(_what: &'static str, text: &str) -> Result<(), Error> {
    if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(())
    } else {
        Err(Error::BadDigest { text: text.chars().take(LONGEST_NAME).collect() })
    }
}

const LONGEST_NAME: usize = 96;
const LONGEST_LINE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_lower_case_digits() {
        let good = "0123456789abcdef".repeat(4);
        assert_eq!(Sha256Hex::parse(&good).map(String::from), Ok(good.clone()));
        for bad in [&good[1..], &format!("{good}0"), &good.to_uppercase(), &good.replace('0', "g"), ""] {
            assert!(matches!(Sha256Hex::parse(bad), Err(Error::BadDigest { .. })), "{bad}");
        }
    }

    #[test]
    fn a_name_is_plain_and_short() {
        for good in ["t1", "us/president", "a".repeat(96).as_str()] {
            assert!(TelegramId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-t1", "t 1", "t1\n", "tä", "a@b.example", "a".repeat(97).as_str()] {
            assert!(matches!(TelegramId::parse(bad), Err(Error::BadName { .. })), "{bad:?}");
        }
    }

    #[test]
    fn a_reference_is_one_line() {
        assert!(Reference::parse("note 12/2028, received by Ms Ó Briain").is_ok());
        for bad in ["", "two\nlines", "x".repeat(201).as_str()] {
            assert!(matches!(Reference::parse(bad), Err(Error::BadLine { .. })), "{bad:?}");
        }
    }

    #[test]
    fn attempts_count_up_and_stop() {
        assert_eq!(Attempt::FIRST.next(), Attempt(2));
        assert_eq!(Attempt(u32::MAX).next(), Attempt(u32::MAX));
    }
}
