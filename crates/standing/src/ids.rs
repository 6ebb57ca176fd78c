//! Names of things, each a type of its own so that one cannot stand for another.
//!
//! Refuses to know what the names refer to.

use serde::{Deserialize, Serialize};

use crate::Error;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(text: String) -> Result<Self, Error> {
                checked(text, stringify!($name)).map(Self)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Error;
            fn try_from(text: &str) -> Result<Self, Error> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}

id! {
    /// An act.
    ActId,
    /// Who attests: the holder of a key in the reader's trust list.
    AttesterId,
    /// A citation in a law file.
    CiteId,
    /// Who acts.
    IssuerId,
    /// An office to be filled.
    OfficeId,
    /// A person.
    PersonId,
    /// A jurisdiction or a district in it.
    PlaceId,
    /// An office or body that may act, such as `executive` or `elector`.
    RoleId,
    /// A body of electors.
    SlateId,
    /// A source document.
    SourceId,
    /// A statement.
    StatementId,
}

const LONGEST: usize = 96;

fn checked(text: String, what: &'static str) -> Result<String, Error> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'/');
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if starts && text.len() <= LONGEST && text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(Error::BadId { what, text: text.chars().take(LONGEST).collect() })
    }
}
