//! The policy language: TOML, closed, typed, total.
//!
//! Parsed, not validated: what parses can be evaluated. There are no
//! variables, no arithmetic and no loops, so every evaluation ends.

use serde::{Deserialize, Serialize};
use standing::{IssuerId, Law, OfficeId, PlaceId};

/// A policy for one office. Its canonical form hashed is its name for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What to do when the person formula is met for somebody no message is prepared for.
    pub another_person: Clause,
    /// When and what if the election is set aside.
    pub annulled: Clause,
    /// When and what if announcements contradict each other.
    pub contested: Clause,
    /// The language version: 1.
    pub language: u8,
    /// A short name.
    pub name: String,
    /// When to stop waiting, and what then.
    pub never: Clause,
    /// When and what if nobody is elected.
    pub nobody: Clause,
    /// The office; `any` for the first that the law fills.
    pub office: OfficeId,
    /// When person X is official.
    pub person: PersonClause,
    /// Why this rule, for the reader.
    pub summary: String,
}

/// The formula over person X.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonClause {
    /// Holds of X or not.
    pub when: Formula,
}

/// A formula about the office and what to do when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// What to do.
    pub action: Action,
    /// When; the clause's own meaning if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Formula>,
}

/// What to do when a clause holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Release the message prepared for it.
    Release,
    /// Release nothing while it holds.
    Wait,
    /// Release nothing and ask a person.
    Ask,
}

/// A formula over person X and the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Formula {
    /// All of them.
    All(Vec<Formula>),
    /// At least one of them.
    Any(Vec<Formula>),
    /// At least `n` of them.
    AtLeast {
        /// How many.
        n: u32,
        /// Of which.
        of: Vec<Formula>,
    },
    /// Held without interruption for a time.
    HeldFor {
        /// How long.
        duration: Seconds,
        /// What.
        of: Box<Formula>,
    },
    /// Called by at least so many sources.
    Called {
        /// How many.
        at_least: u32,
        /// Only these sources; empty for all.
        #[serde(default)]
        by: Vec<IssuerId>,
        /// Whether sources with one upstream count as one.
        #[serde(default)]
        counting: Counting,
    },
    /// Called by the first of these sources that has called at all.
    FirstOf {
        /// In order of precedence.
        sources: Vec<IssuerId>,
    },
    /// Every named jurisdiction's canvass shows X's electors ahead.
    Canvassed {
        /// The jurisdictions.
        places: Vec<PlaceId>,
    },
    /// Electors pledged to X are appointed in a majority.
    Ascertained,
    /// Electors have voted for X in a majority.
    Voted,
    /// The competent officer has announced X as elected.
    Declared,
    /// X holds the office.
    InOffice,
    /// The body whose task it is has certified that X has the most votes.
    Certified,
    /// A court or body has found X's election valid.
    Validated,
    /// X has accepted.
    Accepted,
    /// X has been given the diploma.
    Diploma,
    /// Another candidate's concession to X stands. In law it is evidence of nothing.
    Conceded,
    /// No attested act says that X has died.
    Living,
    /// Those charged with it have made public what is named.
    Published {
        /// The result, or the records of the polling stations.
        what: standing::Published,
    },
    /// A declaration stands, and the law's time for challenging it is over.
    ChallengeWindowClosed,
    /// No challenge to the result is pending.
    NoChallengePending,
    /// Nobody is elected.
    Nobody,
    /// The election is set aside.
    Annulled,
    /// Announcements contradict each other.
    Contested,
    /// A legal date has passed.
    After {
        /// Its id in the law.
        date: String,
    },
}

/// How sources are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Sources that depend on one supplier are one source.
    #[default]
    Upstreams,
    /// Every outlet counts.
    Outlets,
}

/// A duration; written `90s`, `30m`, `72h` or `3d`, canonical as an integer of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "DurationText", into = "i64")]
pub struct Seconds(i64);

impl Seconds {
    /// In seconds.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }
}

impl From<Seconds> for i64 {
    fn from(s: Seconds) -> i64 {
        s.0
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DurationText {
    Seconds(i64),
    Text(String),
}

const TEN_YEARS: i64 = 10 * 366 * 86_400;

impl TryFrom<DurationText> for Seconds {
    type Error = String;

    fn try_from(t: DurationText) -> Result<Self, String> {
        let seconds = match t {
            DurationText::Seconds(s) => Some(s),
            DurationText::Text(text) => parse_duration(&text),
        };
        seconds.filter(|s| (0..=TEN_YEARS).contains(s)).map(Self).ok_or_else(|| {
            "expected a duration such as \"90s\", \"30m\", \"72h\" or \"3d\", at most ten years".into()
        })
    }
}

fn parse_duration(text: &str) -> Option<i64> {
    let unit = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let (number, seconds) = unit.iter().find_map(|(u, n)| text.strip_suffix(*u).map(|t| (t, *n)))?;
    number.parse::<i64>().ok()?.checked_mul(seconds)
}

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It does not parse.
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// It parses but cannot be meant.
    Meaning {
        /// The file.
        file: String,
        /// The clause.
        clause: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The law and the record do not fit.
    Standing(standing::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax { file, line, column, message } => write!(f, "{file}:{line}:{column}: {message}"),
            Self::Meaning { file, clause, message } => write!(f, "{file}: `{clause}`: {message}"),
            Self::Standing(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<standing::Error> for Error {
    fn from(e: standing::Error) -> Self {
        Self::Standing(e)
    }
}

/// Reads a policy from TOML.
///
/// # Errors
/// File, line, column and the key that is wrong.
pub fn from_toml(file: &str, text: &str) -> Result<Policy, Error> {
    let policy: Policy = toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        let before = text.get(..start).unwrap_or("");
        let line = before.matches('\n').count().saturating_add(1);
        let column = before.rsplit('\n').next().unwrap_or("").chars().count().saturating_add(1);
        let message = shown(&e.message().replace('\n', "; "));
        let message = key_before(before).map_or(message.clone(), |key| format!("`{key}`: {message}"));
        Error::Syntax { file: file.into(), line, column, message }
    })?;
    policy.check(file)?;
    Ok(policy)
}

/// What is invisible or moves the cursor is spelt out.
fn shown(text: &str) -> String {
    let hidden = |c: char| !(c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation());
    text.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// The key whose value begins where `before` ends, if one does.
fn key_before(before: &str) -> Option<&str> {
    let key = before.trim_end().strip_suffix('=')?.trim_end();
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let start = key.rfind(|c| !bare(c)).map_or(0, |at| at.saturating_add(1));
    key.get(start..).filter(|key| !key.is_empty())
}

const DEEPEST: usize = 8;
const WIDEST: usize = 64;

/// The office of a policy that speaks of whatever office a law fills first.
const ANY: &str = "any";

impl Policy {
    /// The office it speaks of under a law: the one it names or, for `any`, the first the law fills.
    #[must_use]
    pub fn office_in<'a>(&'a self, law: &'a Law) -> &'a OfficeId {
        match law.offices.first() {
            Some(first) if self.office.as_str() == ANY => &first.id,
            _ => &self.office,
        }
    }

    /// What the types cannot hold: the version, empty lists, numbers that can never be reached.
    ///
    /// # Errors
    /// The clause and what to do.
    pub fn check(&self, file: &str) -> Result<(), Error> {
        let wrong = |clause: &str, message: String| Error::Meaning {
            file: file.into(),
            clause: clause.into(),
            message,
        };
        if self.language != 1 {
            return Err(wrong("language", format!("{} is unknown; this program reads 1", self.language)));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(plain) {
            return Err(wrong(
                "name",
                format!("`{}`: 1 to 64 of a-z, 0-9 and -", self.name.chars().take(64).collect::<String>()),
            ));
        }
        self.person.when.check(DEEPEST).map_err(|m| wrong("person.when", m))?;
        let clauses = [
            ("another_person", &self.another_person),
            ("nobody", &self.nobody),
            ("annulled", &self.annulled),
            ("contested", &self.contested),
            ("never", &self.never),
        ];
        for (name, clause) in clauses {
            if let Some(f) = &clause.when {
                f.check(DEEPEST).map_err(|m| wrong(name, m))?;
                if f.speaks_of_a_person() && name != "another_person" {
                    return Err(wrong(
                        name,
                        "this clause is about the office: use nobody, annulled, contested or after".into(),
                    ));
                }
            }
            if matches!(name, "another_person" | "contested" | "never") && clause.action == Action::Release {
                return Err(wrong(
                    name,
                    "no message can be prepared for this: use \"wait\" or \"ask\"".into(),
                ));
            }
        }
        Ok(())
    }
}

impl Formula {
    fn check(&self, depth: usize) -> Result<(), String> {
        let deeper = depth.checked_sub(1).ok_or("nested more than eight deep")?;
        match self {
            Self::All(of) | Self::Any(of) => list(of, deeper),
            Self::AtLeast { n, of } => {
                list(of, deeper)?;
                let possible = usize::try_from(*n).is_ok_and(|n| n >= 1 && n <= of.len());
                if possible {
                    Ok(())
                } else {
                    Err(format!("at_least {n} of {} can never be decided", of.len()))
                }
            }
            Self::HeldFor { of, .. } => of.check(deeper),
            Self::Called { at_least, by, .. } => {
                let enough = by.is_empty() || usize::try_from(*at_least).is_ok_and(|n| n <= by.len());
                match (*at_least, enough) {
                    (0, _) => Err("called.at_least must be 1 or more".into()),
                    (n, false) => {
                        Err(format!("called.at_least is {n}, but only {} sources are named", by.len()))
                    }
                    _ => Ok(()),
                }
            }
            Self::FirstOf { sources } if sources.is_empty() => {
                Err("first_of needs at least one source".into())
            }
            Self::Canvassed { places } if places.is_empty() => {
                Err("canvassed needs at least one jurisdiction".into())
            }
            _ => Ok(()),
        }
    }

    fn speaks_of_a_person(&self) -> bool {
        match self {
            Self::All(of) | Self::Any(of) | Self::AtLeast { of, .. } => {
                of.iter().any(Self::speaks_of_a_person)
            }
            Self::HeldFor { of, .. } => of.speaks_of_a_person(),
            Self::Nobody
            | Self::Annulled
            | Self::Contested
            | Self::Published { .. }
            | Self::ChallengeWindowClosed
            | Self::NoChallengePending
            | Self::After { .. } => false,
            _ => true,
        }
    }
}

fn list(of: &[Formula], depth: usize) -> Result<(), String> {
    if of.is_empty() || of.len() > WIDEST {
        return Err(format!("a list of 1 to {WIDEST} formulas is needed, not {}", of.len()));
    }
    of.iter().try_for_each(|f| f.check(depth))
}
