//! What the types of a policy cannot hold: the version, empty lists, numbers that can never be reached.
//!
//! Refuses to know how a policy is written, and what a law or an election knows.

use crate::error::{Error, Fault, KeyPath, shown};
use crate::language::{Action, Formula, Policy};

impl Policy {
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
}

impl Formula {
    fn check(&self, at: &KeyPath) -> Result<(), Fault> {
        if self.depth() > DEEPEST {
            return Err(Fault::of(at, TOO_DEEP.into()));
        }
        self.parts(at).iter().try_for_each(|(at, f)| f.possible(at))
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
        self.parts(at).iter().try_for_each(|(at, f)| match f {
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

pub(crate) const DEEPEST: usize = 8;
pub(crate) const TOO_DEEP: &str = "nested more than eight deep; expected at most eight";
const WIDEST: usize = 64;
