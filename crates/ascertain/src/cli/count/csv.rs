//! The votes of a count as CSV.

use std::collections::BTreeSet;

use standing::{OfficeId, PersonId};

use super::Asked;
use crate::cli::Out;
use crate::cli::words::csv_cell;
use crate::error::Error;

/// A row for each state, office and person, counted or not.
pub fn print(asked: &[Asked], out: &mut Out) -> Result<(), Error> {
    out.line("election,state,office,person,votes,counted,reason");
    for a in asked {
        let c = &a.counted;
        let lists: BTreeSet<&OfficeId> =
            c.accounts.iter().map(|x| c.law.counting.list_of(&x.office)).collect();
        lists.into_iter().for_each(|list| rows(a, list, out));
    }
    Ok(())
}

/// The votes on one list: that of an office, or the one list of a double ballot.
fn rows(a: &Asked, list: &OfficeId, out: &mut Out) {
    let c = &a.counted;
    let mut row = |state: &str, person: &PersonId, votes: u32, counted: bool, reason: &str| {
        let cells = [
            c.election.id.clone(),
            state.to_owned(),
            list.to_string(),
            c.election.name_of(person),
            votes.to_string(),
            if counted { "yes" } else { "no" }.to_owned(),
            reason.to_owned(),
        ];
        out.line(&cells.map(|cell| csv_cell(&cell)).join(","));
    };
    for p in c.standing.places.values() {
        for (person, n) in p.votes.get(list).into_iter().flatten() {
            row(p.place.as_str(), person, *n, true, "");
        }
        for n in p.not_counted.iter().filter(|n| n.office == *list) {
            row(p.place.as_str(), &n.person, n.votes, false, &n.reason);
        }
    }
}
