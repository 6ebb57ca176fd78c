//! Whether a policy speaks of things that the law and the election know.
//!
//! A misspelt date or source would never be met and nobody would be told.

use standing::{Election, IssuerId, Kind, Law, RoleId};

use crate::error::{Error, Fault, KeyPath, shown};
use crate::language::{Formula, Policy};
use crate::spelling::stranger;

/// Refuses a policy that names an office, date, source or jurisdiction nobody knows.
///
/// # Errors
/// The key, the name, and what may have been meant.
pub fn fits(policy: &Policy, law: &Law, election: &Election) -> Result<(), Error> {
    misfit(policy, law, election).map_or(Ok(()), |m| {
        let message = stranger(&m.said, m.found, &m.known);
        Err(Fault::of(&m.at, message).in_file(&format!("policy {}", policy.name), None))
    })
}

/// A name nobody knows.
pub(crate) struct Misfit<'a> {
    at: KeyPath,
    /// What is wrong, and no more.
    pub(crate) said: String,
    found: &'a str,
    known: Vec<&'a str>,
}

/// The first name nobody knows.
pub(crate) fn misfit<'a>(policy: &'a Policy, law: &'a Law, election: &'a Election) -> Option<Misfit<'a>> {
    let office = policy.office_in(law);
    if !law.offices.iter().any(|o| o.id == *office) {
        return Some(Misfit {
            at: KeyPath::default().key("office"),
            said: format!("the law in force knows no office `{office}`"),
            found: policy.office.as_str(),
            known: law.offices.iter().map(|o| o.id.as_str()).chain(["any"]).collect(),
        });
    }
    let mut formulas = policy.formulas().into_iter().flat_map(|(at, f)| f.parts(&at));
    formulas.find_map(|(at, f)| unknown(f, &at, law, election))
}

fn unknown<'a>(f: &'a Formula, at: &KeyPath, law: &'a Law, election: &'a Election) -> Option<Misfit<'a>> {
    match f {
        Formula::Called { by, .. } => issuer(by, &at.key("called").key("by"), law, election),
        Formula::FirstOf { sources } => issuer(sources, &at.key("first_of").key("sources"), law, election),
        Formula::Canvassed { places } => {
            let (n, place) = places.iter().enumerate().find(|(_, p)| !law.places.contains_key(p))?;
            Some(Misfit {
                at: at.key("canvassed").key("places").item(n),
                said: format!("the law allots no electors to `{place}`"),
                found: place.as_str(),
                known: law.places.keys().map(|p| p.as_str()).collect(),
            })
        }
        Formula::After { date } if !law.dates.iter().any(|d| d.id == law.date_id(date)) => {
            let dates = law.dates.iter().map(|d| d.id.as_str());
            Some(Misfit {
                at: at.key("after").key("date"),
                said: format!("the law in force has no date `{}`", shown(date)),
                found: date,
                known: dates.filter(|d| *d != TERM).chain([TERM]).collect(),
            })
        }
        _ => None,
    }
}

/// Sources must be issuers of the election; those that may call are offered.
fn issuer<'a>(
    sources: &'a [IssuerId],
    at: &KeyPath,
    law: &'a Law,
    election: &'a Election,
) -> Option<Misfit<'a>> {
    let (n, source) = sources.iter().enumerate().find(|(_, s)| !election.issuers.contains_key(s))?;
    let calls = |role: &RoleId| law.authorities.iter().any(|a| a.kind == Kind::Call && a.role == *role);
    let callers = election.issuers.values().filter(|i| calls(&i.role));
    Some(Misfit {
        at: at.item(n),
        said: format!("no issuer `{source}` is known in this election"),
        found: source.as_str(),
        known: callers.map(|i| i.id.as_str()).collect(),
    })
}

/// The word by which every law has the date at which the term begins.
const TERM: &str = "term";
