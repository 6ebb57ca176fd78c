//! Acts, read under a law, at an instant, have a standing.
//!
//! In: the [`Law`] of a place and office, the [`Election`], statements, and a
//! pair of instants: effects up to T, statements known by K. Out: for every
//! act whether it stands and why, for every office how far it has come.
//! Refuses to know keys, files, clocks and policies. A standing is recomputed,
//! never stored as truth.

mod account;
mod act;
mod alter;
mod appointment;
mod apportionment;
mod authority;
mod calendar;
mod chain;
mod contingent;
mod count;
mod counting;
mod effect;
mod election;
mod ended;
mod error;
mod ids;
mod instant;
mod law;
mod method;
mod misfit;
mod office;
mod once;
mod outcome;
mod procedure;
mod rivals;
mod rulings;
mod scrutiny;
mod statement;
mod tables;

pub use account::{Account, Decided, Step, accounts};
pub use act::{
    Act, Ballot, ByOffice, Chamber, ChamberVotes, Deed, Elected, Kind, Published, Signers, Stated, Undo,
    UndoHow,
};
pub use alter::{Alteration, Altered, alter, as_double_ballot};
pub use appointment::{Appointment, PlaceStanding};
pub use apportionment::{Apportionment, Census, Extra};
pub use calendar::{
    Formula, LegalDate, days_between, end_of_day, format_local, local_date, parse_as_of, weekday,
};
pub use contingent::{BallotStanding, ContingentStanding};
pub use count::NotCounted;
pub use counting::{
    BallotRule, ChamberVote, Contingent, Counting, Excluded, Ground, LeaveBase, Rejects, Rivals, SignedBy,
};
pub use effect::{ActStanding, Because, Finding, Status};
pub use election::{Election, Issuer, Person, Slate, SlateUnit, SourceDocument, sources_of};
pub use error::Error;
pub use ids::{
    ActId, AttesterId, CiteId, IssuerId, OfficeId, PersonId, PlaceId, RoleId, SlateId, SourceId, StatementId,
};
pub use instant::{Basis, Bounds, Instant};
pub use law::{Authority, Begins, ChallengeTime, Cite, Law, LawDate, Level, OfficeLaw, Place};
pub use method::{AppointmentMethod, PlaceMethod};
pub use office::{Alternative, CallStanding, OfficeStanding, Outcome};
pub use statement::{ActLine, Announce, Channel, Statement, StatementBody, parse_lines};
pub use tables::Files;

use std::collections::{BTreeMap, BTreeSet};

/// What a standing is computed from: the record's statements and who may attest.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Statements in order of the record.
    pub statements: Vec<Statement>,
    /// Attesters whose statements have effect; the trust list of the reader.
    pub enrolled: BTreeSet<AttesterId>,
}

/// The two instants of a question: what had happened by `effects`, as known by `known`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// T: effects up to and including this instant count.
    pub effects: Instant,
    /// K: statements known by this instant count.
    pub known: Instant,
}

impl At {
    /// What was so at `t`, as it was known then.
    #[must_use]
    pub fn same(t: Instant) -> Self {
        Self { effects: t, known: t }
    }
}

/// What the record, under the law, says at an instant, and why.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The instants asked about.
    pub at: At,
    /// Every act known by K, in order of act id.
    pub acts: BTreeMap<ActId, ActStanding>,
    /// Every jurisdiction to which the law allots electors.
    pub places: BTreeMap<PlaceId, PlaceStanding>,
    /// Every office to be filled.
    pub offices: BTreeMap<OfficeId, OfficeStanding>,
    /// What a reader should look at: disagreements, arithmetic, rival papers.
    pub findings: Vec<Finding>,
}

/// Computes the standing at (T, K). Every command calls this one function.
///
/// # Errors
/// Only when the law and the election do not fit each other; what acts say is
/// never an error.
pub fn standing(law: &Law, election: &Election, evidence: &Evidence, at: At) -> Result<Standing, Error> {
    let readings = effect::readings(evidence, at.known);
    let mut findings = readings.findings.clone();
    let mut acts = effect::authorised(law, election, &readings, at, &mut findings);
    let places = appointment::places(law, election, &mut acts, at, &mut findings)?;
    chain::settle(law, &mut acts, at.effects);
    let offices = office::offices(law, election, &acts, &places, at.effects, &mut findings)?;
    scrutiny::remarks(law, election, &acts, &offices, &mut findings);
    scrutiny::out_of_order(&acts, &places, &mut findings);
    Ok(Standing { at, acts, places, offices, findings })
}

/// Every instant after `from` at which known statements, or time alone, can change a standing.
#[must_use]
pub fn change_points(law: &Law, election: &Election, evidence: &Evidence) -> BTreeSet<Instant> {
    let mut points = BTreeSet::new();
    for s in &evidence.statements {
        points.insert(s.known_at);
        points.extend(s.act.effective.not_before.iter().map(|b| b.at));
        points.extend(s.act.effective.not_after.iter().map(|b| b.at));
    }
    points.extend(chain::challenge_times(law, election, evidence));
    points.extend(law.dates(election.year, &election.zone).into_iter().map(|d| d.ends));
    points
}
