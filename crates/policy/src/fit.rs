//! Whether a policy speaks of things that the law and the election know.
//!
//! A misspelt date or source would never be met and nobody would be told.

use standing::{Election, Law};

use crate::language::{Error, Formula, Policy};

/// Refuses a policy that names an office, date, source or jurisdiction nobody knows.
///
/// # Errors
/// The clause and the name.
pub fn fits(policy: &Policy, law: &Law, election: &Election) -> Result<(), Error> {
    let wrong = |clause: &str, message: String| Error::Meaning {
        file: format!("policy {}", policy.name),
        clause: clause.into(),
        message,
    };
    let office = policy.office_in(law);
    if !law.offices.iter().any(|o| o.id == *office) {
        return Err(wrong("office", format!("the law in force knows no office `{}`", policy.office)));
    }
    let clauses = [
        ("another_person", &policy.another_person),
        ("nobody", &policy.nobody),
        ("annulled", &policy.annulled),
        ("contested", &policy.contested),
        ("never", &policy.never),
    ];
    let others = clauses.iter().filter_map(|(name, c)| c.when.as_ref().map(|f| (*name, f)));
    for (name, formula) in others.chain([("person", &policy.person.when)]) {
        if let Some(unknown) = unknown(formula, law, election) {
            return Err(wrong(name, unknown));
        }
    }
    Ok(())
}

fn unknown(f: &Formula, law: &Law, election: &Election) -> Option<String> {
    match f {
        Formula::All(of) | Formula::Any(of) | Formula::AtLeast { of, .. } => {
            of.iter().find_map(|f| unknown(f, law, election))
        }
        Formula::HeldFor { of, .. } => unknown(of, law, election),
        Formula::Called { by: sources, .. } | Formula::FirstOf { sources } => {
            let stranger = sources.iter().find(|s| !election.issuers.contains_key(*s));
            stranger.map(|s| format!("no issuer `{s}` is known in this election"))
        }
        Formula::Canvassed { places } => {
            let stranger = places.iter().find(|p| !law.places.contains_key(*p));
            stranger.map(|p| format!("the law allots no electors to `{p}`"))
        }
        Formula::After { date } if !law.dates.iter().any(|d| d.id == law.date_id(date)) => {
            let known: Vec<&str> = law.dates.iter().map(|d| d.id.as_str()).collect();
            Some(format!("the law in force has no date `{date}`; it has {}", known.join(", ")))
        }
        _ => None,
    }
}
