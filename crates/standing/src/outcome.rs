//! What an office's standing comes to, once everything about it is known.
//!
//! Refuses to know how the sums were made.

use std::collections::BTreeSet;

use tally::Choice;

use crate::ids::PersonId;
use crate::office::{OfficeStanding, Outcome};

// Law: 3 U.S.C. § 15, text of 2018-12-31 ("a sufficient declaration of the persons, if any, elected")
pub(crate) fn outcome(o: &OfficeStanding) -> Outcome {
    let holders: BTreeSet<&PersonId> = o.in_office.iter().map(|(p, _)| p).collect();
    let declared: BTreeSet<Option<&PersonId>> = o.declared.iter().map(|(p, _)| p.as_ref()).collect();
    let persons: BTreeSet<PersonId> = declared.iter().flatten().map(|p| (*p).clone()).collect();
    // What was declared before is void then; a declaration that stands is of the election held again.
    if !o.annulled_by.is_empty() && holders.is_empty() && declared.is_empty() {
        return Outcome::Annulled;
    }
    if let (1, Some(p)) = (holders.len(), holders.first()) {
        return Outcome::Person((*p).clone());
    }
    match (declared.len(), declared.first()) {
        (0, _) => undeclared(o),
        (1, Some(Some(p))) => Outcome::Person((*p).clone()),
        (1, _) => Outcome::Nobody,
        _ => Outcome::Contested(persons),
    }
}

/// Without an announcement a chamber's choice names somebody; the electors' votes alone only show that
/// nobody can be.
fn undeclared(o: &OfficeStanding) -> Outcome {
    if let Some((p, _)) = o.contingent.as_ref().and_then(|c| c.chosen.as_ref()) {
        return Outcome::Person(p.clone());
    }
    let everyone_voted = o.not_voted == 0 && !o.voted.is_empty();
    match o.choice {
        Choice::Nobody | Choice::Tied { .. } if everyone_voted => Outcome::Nobody,
        _ => Outcome::NobodyYet,
    }
}
