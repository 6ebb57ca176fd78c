//! Whether a policy speaks of things that the law and the election know.
//!
//! A misspelt date or source would never be met and nobody would be told.

use standing::{Election, IssuerId, Kind, Law};

use crate::error::{Error, Fault, KeyPath};
use crate::language::{Formula, Policy};
use crate::spelling::unknown;

/// Refuses a policy that names an office, date, source or jurisdiction nobody knows.
///
/// # Errors
/// The key, the name, and what may have been meant.
pub fn fits(policy: &Policy, law: &Law, election: &Election) -> Result<(), Error> {
    fitting(policy, law, election).map_err(|fault| fault.in_file(&format!("policy {}", policy.name), None))
}

fn fitting(policy: &Policy, law: &Law, election: &Election) -> Result<(), Fault> {
    let office = policy.office_in(law);
    if !law.offices.iter().any(|o| o.id == *office) {
        let offices = law.offices.iter().map(|o| o.id.as_str()).chain(["any"]);
        let message = unknown("office of the law in force", policy.office.as_str(), offices);
        return Err(Fault::of(&KeyPath::default().key("office"), message));
    }
    let formulas = policy.formulas();
    formulas.iter().try_for_each(|(at, f)| f.each(at, &mut |f, at| known(f, at, law, election)))
}

fn known(f: &Formula, at: &KeyPath, law: &Law, election: &Election) -> Result<(), Fault> {
    match f {
        Formula::Called { by, .. } => issuers(by, &at.key("called").key("by"), law, election),
        Formula::FirstOf { sources } => issuers(sources, &at.key("first_of").key("sources"), law, election),
        Formula::Canvassed { places } => {
            let Some(n) = places.iter().position(|p| !law.places.contains_key(p)) else { return Ok(()) };
            let found = places.get(n).map_or("", |p| p.as_str());
            let message = unknown(
                "place to which the law allots electors",
                found,
                law.places.keys().map(|p| p.as_str()),
            );
            Err(Fault::of(&at.key("canvassed").key("places").item(n), message))
        }
        Formula::After { date } if !law.dates.iter().any(|d| d.id == law.date_id(date)) => {
            let dates = law.dates.iter().map(|d| d.id.as_str());
            let dates: Vec<&str> = dates.filter(|d| *d != "term").chain(["term"]).collect();
            let message = unknown("date of the law in force", date, dates);
            Err(Fault::of(&at.key("after").key("date"), message))
        }
        _ => Ok(()),
    }
}

/// Sources must be issuers of the election; those that may call are offered.
fn issuers(sources: &[IssuerId], at: &KeyPath, law: &Law, election: &Election) -> Result<(), Fault> {
    let Some(n) = sources.iter().position(|s| !election.issuers.contains_key(s)) else { return Ok(()) };
    let found = sources.get(n).map_or("", |s| s.as_str());
    let calls =
        |role: &standing::RoleId| law.authorities.iter().any(|a| a.kind == Kind::Call && a.role == *role);
    let callers = election.issuers.values().filter(|i| calls(&i.role)).map(|i| i.id.as_str());
    let message = unknown("issuer of this election", found, callers);
    Err(Fault::of(&at.item(n), message))
}
