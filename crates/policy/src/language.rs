//! The policy language: TOML, closed, typed, total.
//!
//! Parsed, not validated: what parses can be evaluated. There are no
//! variables, no arithmetic and no loops, so every evaluation ends.

use serde::{Deserialize, Serialize};
use standing::{IssuerId, Law, OfficeId, PlaceId};

use crate::error::KeyPath;

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
    /// So many, if it is none too many.
    pub(crate) fn new(seconds: i64) -> Option<Self> {
        (0..=TEN_YEARS).contains(&seconds).then_some(Self(seconds))
    }

    /// As written: `90s`, `30m`, `72h` or `3d`, at most ten years.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        parse_duration(text).and_then(Self::new)
    }

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
            DurationText::Seconds(s) => Self::new(s),
            DurationText::Text(text) => Self::from_text(&text),
        };
        seconds.ok_or_else(|| {
            "expected a duration such as \"90s\", \"30m\", \"72h\" or \"3d\", at most ten years".into()
        })
    }
}

fn parse_duration(text: &str) -> Option<i64> {
    let unit = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let (number, seconds) = unit.iter().find_map(|(u, n)| text.strip_suffix(*u).map(|t| (t, *n)))?;
    number.parse::<i64>().ok()?.checked_mul(seconds)
}

/// The office of a policy that speaks of whatever office a law fills first.
pub(crate) const ANY: &str = "any";

impl Policy {
    /// The office it speaks of under a law: the one it names or, for `any`, the first the law fills.
    #[must_use]
    pub fn office_in<'a>(&'a self, law: &'a Law) -> &'a OfficeId {
        match law.offices.first() {
            Some(first) if self.office.as_str() == ANY => &first.id,
            _ => &self.office,
        }
    }

    /// The clauses beside the person's, by their keys.
    pub(crate) fn clauses(&self) -> [(&'static str, &Clause); 5] {
        [
            ("another_person", &self.another_person),
            ("nobody", &self.nobody),
            ("annulled", &self.annulled),
            ("contested", &self.contested),
            ("never", &self.never),
        ]
    }

    /// Every formula that is written out, with the way to it.
    pub(crate) fn formulas(&self) -> Vec<(KeyPath, &Formula)> {
        let root = KeyPath::default();
        let others = self.clauses().into_iter();
        let others = others.filter_map(|(name, c)| Some((root.key(name).key("when"), c.when.as_ref()?)));
        [(root.key("person").key("when"), &self.person.when)].into_iter().chain(others).collect()
    }
}

impl Formula {
    /// Every formula there is in this one, with the way to it, outermost first.
    pub(crate) fn parts(&self, at: &KeyPath) -> Vec<(KeyPath, &Formula)> {
        let (list, key) = match self {
            Self::All(list) => (list.as_slice(), at.key("all")),
            Self::Any(list) => (list.as_slice(), at.key("any")),
            Self::AtLeast { of: list, .. } => (list.as_slice(), at.key("at_least").key("of")),
            Self::HeldFor { of: held, .. } => {
                let inner = held.parts(&at.key("held_for").key("of"));
                return [(at.clone(), self)].into_iter().chain(inner).collect();
            }
            _ => return vec![(at.clone(), self)],
        };
        let inner = list.iter().enumerate().flat_map(|(n, f)| f.parts(&key.item(n)));
        [(at.clone(), self)].into_iter().chain(inner).collect()
    }

    /// Whether it, or any formula in it, is of that kind.
    pub(crate) fn any(&self, is: &impl Fn(&Formula) -> bool) -> bool {
        is(self)
            || match self {
                Self::All(of) | Self::Any(of) | Self::AtLeast { of, .. } => of.iter().any(|f| f.any(is)),
                Self::HeldFor { of, .. } => of.any(is),
                _ => false,
            }
    }
}
