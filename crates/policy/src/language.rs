//! The policy language: TOML, closed, typed, total.
//!
//! Parsed, not validated: what parses can be evaluated. There are no
//! variables, no arithmetic and no loops, so every evaluation ends.

use serde::{Deserialize, Serialize};
use standing::{IssuerId, Law, OfficeId, PlaceId};

use crate::error::{Error, Fault, KeyPath, shown};

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

    /// As written: `90s`, `30m`, `72h` or `3d`.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
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

pub(crate) const DEEPEST: usize = 8;
pub(crate) const TOO_DEEP: &str = "nested more than eight deep; expected at most eight";
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
    /// The key and what to do.
    pub fn check(&self, file: &str) -> Result<(), Error> {
        self.faultless().map_err(|fault| fault.in_file(file, None))
    }

    fn faultless(&self) -> Result<(), Fault> {
        let root = KeyPath::default();
        if self.language != 1 {
            let message =
                format!("{} is unknown; expected 1, the language this program reads", self.language);
            return Err(Fault::of(&root.key("language"), message));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(plain) {
            let name: String = self.name.chars().take(64).collect();
            let message = format!("`{}` is no name; expected 1 to 64 of a-z, 0-9 and -", shown(&name));
            return Err(Fault::of(&root.key("name"), message));
        }
        self.person.when.check(&root.key("person").key("when"))?;
        for (name, clause) in self.clauses() {
            let at = root.key(name);
            if let Some(f) = &clause.when {
                f.check(&at.key("when"))?;
                if name != "another_person" {
                    f.of_the_office(&at.key("when"))?;
                }
            }
            if matches!(name, "another_person" | "contested" | "never") && clause.action == Action::Release {
                let message = "no message can be prepared for this; expected \"wait\" or \"ask\"";
                return Err(Fault::of(&at.key("action"), message.into()));
            }
        }
        Ok(())
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
    /// Asks `of` every formula there is in this one, outermost first, until one is at fault.
    pub(crate) fn each(
        &self,
        at: &KeyPath,
        of: &mut dyn FnMut(&Formula, &KeyPath) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        of(self, at)?;
        let (list, key) = match self {
            Self::All(list) => (list.as_slice(), at.key("all")),
            Self::Any(list) => (list.as_slice(), at.key("any")),
            Self::AtLeast { of: list, .. } => (list.as_slice(), at.key("at_least").key("of")),
            Self::HeldFor { of: held, .. } => return held.each(&at.key("held_for").key("of"), of),
            _ => return Ok(()),
        };
        list.iter().enumerate().try_for_each(|(n, f)| f.each(&key.item(n), of))
    }

    fn check(&self, at: &KeyPath) -> Result<(), Fault> {
        if self.depth() > DEEPEST {
            return Err(Fault::of(at, TOO_DEEP.into()));
        }
        self.each(at, &mut |f, at| f.possible(at))
    }

    fn depth(&self) -> usize {
        let deepest = match self {
            Self::All(of) | Self::Any(of) | Self::AtLeast { of, .. } => of.iter().map(Self::depth).max(),
            Self::HeldFor { of, .. } => Some(of.depth()),
            _ => None,
        };
        deepest.unwrap_or(0).saturating_add(1)
    }

    /// Whether its own numbers and lists can be meant, whatever is in it.
    fn possible(&self, at: &KeyPath) -> Result<(), Fault> {
        let wrong = |at: KeyPath, message: String| Err(Fault::of(&at, message));
        let short = |at: KeyPath, what: &str| wrong(at, format!("empty; expected at least one {what}"));
        match self {
            Self::All(of) => list(of, &at.key("all")),
            Self::Any(of) => list(of, &at.key("any")),
            Self::AtLeast { n, of } => {
                let at = at.key("at_least");
                list(of, &at.key("of"))?;
                if usize::try_from(*n).is_ok_and(|n| n >= 1 && n <= of.len()) {
                    return Ok(());
                }
                wrong(at.key("n"), format!("{n} of {0} can never be decided; expected 1 to {0}", of.len()))
            }
            Self::Called { at_least: 0, .. } => wrong(
                at.key("called").key("at_least"),
                "0 would hold of everybody; expected 1 or more".into(),
            ),
            Self::Called { at_least, by, .. } => {
                if by.is_empty() || usize::try_from(*at_least).is_ok_and(|n| n <= by.len()) {
                    return Ok(());
                }
                let message =
                    format!("{at_least} of {0} sources named can never call; expected 1 to {0}", by.len());
                wrong(at.key("called").key("at_least"), message)
            }
            Self::FirstOf { sources } if sources.is_empty() => {
                short(at.key("first_of").key("sources"), "source")
            }
            Self::Canvassed { places } if places.is_empty() => {
                short(at.key("canvassed").key("places"), "jurisdiction")
            }
            _ => Ok(()),
        }
    }

    /// Refuses what is asked of a person where no person is asked about.
    fn of_the_office(&self, at: &KeyPath) -> Result<(), Fault> {
        self.each(at, &mut |f, at| match f {
            Self::All(_)
            | Self::Any(_)
            | Self::AtLeast { .. }
            | Self::HeldFor { .. }
            | Self::Nobody
            | Self::Annulled
            | Self::Contested
            | Self::Published { .. }
            | Self::ChallengeWindowClosed
            | Self::NoChallengePending
            | Self::After { .. } => Ok(()),
            _ => Err(Fault::of(at, OF_THE_OFFICE.into())),
        })
    }
}

const OF_THE_OFFICE: &str = "asks about a person, and this clause is about the office; expected `nobody`, `annulled`, \
    `contested`, `after`, `published`, `challenge_window_closed` or `no_challenge_pending`, or several joined";

fn list(of: &[Formula], at: &KeyPath) -> Result<(), Fault> {
    if of.is_empty() || of.len() > WIDEST {
        return Err(Fault::of(at, format!("a list of {}; expected 1 to {WIDEST} formulas", of.len())));
    }
    Ok(())
}
