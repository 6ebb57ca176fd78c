//! Instants, and what is known of when something happened.
//!
//! Refuses to know what time it is.

use serde::{Deserialize, Serialize};

use crate::Error;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Instant(i64);

impl Instant {
    /// From seconds since the epoch.
    ///
    /// # Errors
    /// Outside the years −9999 to 9999.
    pub fn from_second(second: i64) -> Result<Self, Error> {
        jiff::Timestamp::from_second(second)
            .map(|_| Self(second))
            .map_err(|e| Error::Instant { text: second.to_string(), message: e.to_string() })
    }

    /// Seconds since the epoch.
    #[must_use]
    pub fn second(self) -> i64 {
        self.0
    }

    /// This instant moved by `seconds`, at the edge of the calendar if it would leave it.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self::from_second(self.0.saturating_add(seconds)).unwrap_or(self)
    }

    pub(crate) fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl TryFrom<&str> for Instant {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        let bad =
            |message: &str| Error::Instant { text: text.chars().take(40).collect(), message: message.into() };
        if !is_rfc3339(text) {
            return Err(bad("not of that shape"));
        }
        let t: jiff::Timestamp = text.parse().map_err(|e: jiff::Error| bad(&e.to_string()))?;
        // An offset can move an instant out of the years that have four digits.
        if t.to_string().len() != "0000-00-00T00:00:00Z".len() {
            return Err(bad("outside the years 0000 to 9999"));
        }
        Ok(Self(t.as_second()))
    }
}

/// `YYYY-MM-DDTHH:MM:SS` with `Z` or `±HH:MM`: whole seconds, no leap second.
// Spec: RFC 3339 § 5.6, narrowed
fn is_rfc3339(text: &str) -> bool {
    let shape = |t: &str| t.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    let (date_time, offset) = text.split_at_checked(19).unwrap_or((text, ""));
    let offset = shape(offset);
    shape(date_time) == "0000-00-00T00:00:00"
        && !date_time.ends_with(":60")
        && ["Z", "+00:00", "-00:00"].contains(&offset.as_str())
}

impl TryFrom<String> for Instant {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        Self::try_from(text.as_str())
    }
}

impl From<Instant> for String {
    fn from(t: Instant) -> String {
        t.to_string()
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

/// What a bound rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The act itself says when.
    Act,
    /// A dated report that it had happened.
    Report,
    /// An hour announced beforehand: bounds from below only.
    Announced,
    /// A date fixed by law.
    Deadline,
}

impl std::fmt::Display for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Act => "act",
            Self::Report => "report",
            Self::Announced => "announced",
            Self::Deadline => "deadline",
        })
    }
}

/// One end of the span in which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// When.
    pub at: Instant,
    /// What that rests on.
    pub basis: Basis,
}

/// The span in which something happened; an end that is not established is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BoundsText", into = "BoundsText")]
pub struct Bounds {
    /// Not earlier than this. What undoes counts from here.
    pub not_before: Option<Bound>,
    /// Not later than this. What supports an outcome counts from here.
    pub not_after: Option<Bound>,
}

impl Bounds {
    /// At exactly this instant.
    #[must_use]
    pub fn certainly(at: Instant, basis: Basis) -> Self {
        let bound = Some(Bound { at, basis });
        Self { not_before: bound, not_after: bound }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundsText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_after: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_after_basis: Option<Basis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before_basis: Option<Basis>,
}

impl TryFrom<BoundsText> for Bounds {
    type Error = String;

    fn try_from(t: BoundsText) -> Result<Self, String> {
        let not_before = bound(t.not_before, t.not_before_basis, "not_before")?;
        let not_after = bound(t.not_after, t.not_after_basis, "not_after")?;
        match (not_before, not_after) {
            (Some(a), Some(b)) if a.at > b.at => {
                Err(format!("not_before {} is later than not_after {}", a.at, b.at))
            }
            (_, Some(b)) if b.basis == Basis::Announced => {
                Err("an announced hour bounds from below only: give not_after another basis".into())
            }
            _ => Ok(Self { not_before, not_after }),
        }
    }
}

impl From<Bounds> for BoundsText {
    fn from(b: Bounds) -> Self {
        Self {
            not_after: b.not_after.map(|x| x.at),
            not_after_basis: b.not_after.map(|x| x.basis),
            not_before: b.not_before.map(|x| x.at),
            not_before_basis: b.not_before.map(|x| x.basis),
        }
    }
}

fn bound(at: Option<Instant>, basis: Option<Basis>, name: &str) -> Result<Option<Bound>, String> {
    match (at, basis) {
        (Some(at), Some(basis)) => Ok(Some(Bound { at, basis })),
        (None, None) => Ok(None),
        _ => Err(format!("{name} and {name}_basis go together: give both or neither")),
    }
}
