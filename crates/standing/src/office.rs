//! How far each office has come: calls, sums against the base, declarations, oaths.
//!
//! Refuses to know which of these anybody treats as official: that is policy.

use std::collections::{BTreeMap, BTreeSet};

use tally::Base;

use crate::Error;
use crate::act::{ByOffice, Deed};
use crate::appointment::{Appointment, PlaceStanding};
use crate::effect::{ActStanding, Finding, Status};
use crate::election::Election;
use crate::ids::{ActId, IssuerId, OfficeId, PersonId, PlaceId};
use crate::law::Law;

/// A standing call of the whole election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStanding {
    /// Who called.
    pub issuer: IssuerId,
    /// Whose count the caller depends on; the caller itself if it depends on nobody.
    pub upstream: String,
    /// For whom.
    pub person: PersonId,
    /// The act.
    pub act: ActId,
}

/// What the office's standing comes to. Every variant is a lawful state of affairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A person, by declaration or in office.
    Person(PersonId),
    /// Nobody yet.
    NobodyYet,
    /// Nobody: declared so, or every vote is cast and nobody has a majority.
    Nobody,
    /// Set aside.
    Annulled,
    /// Two standing announcements that name different persons.
    Contested(BTreeSet<PersonId>),
}

/// An office at (T, K).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeStanding {
    /// The office.
    pub office: OfficeId,
    /// The base and its parts.
    pub base: Base,
    /// Standing calls of the whole election.
    pub calls: Vec<CallStanding>,
    /// Electors whose appointment by standing certificate pledges them, by person.
    pub ascertained: BTreeMap<PersonId, u32>,
    /// The certificates behind that sum.
    pub ascertained_by: BTreeMap<PersonId, Vec<ActId>>,
    /// Electors about whose appointment nothing stands yet, rival certificates included.
    pub not_ascertained: u32,
    /// Votes counted, by person.
    pub voted: BTreeMap<PersonId, u32>,
    /// The certificates of vote behind that sum, and the appointments behind those.
    pub voted_by: BTreeMap<PersonId, Vec<ActId>>,
    /// Electors whose votes are not counted at this instant and may still be.
    pub not_voted: u32,
    /// Standing announcements: the person named, or that nobody is.
    pub declared: Vec<(Option<PersonId>, ActId)>,
    /// Oaths in effect.
    pub in_office: Vec<(PersonId, ActId)>,
    /// Acts that set the election aside.
    pub annulled_by: Vec<ActId>,
    /// Jurisdictions with rival certificates.
    pub contested_places: Vec<PlaceId>,
    /// What it comes to.
    pub outcome: Outcome,
}

/// Every office of the law.
pub(crate) fn offices(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    places: &BTreeMap<PlaceId, PlaceStanding>,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<OfficeId, OfficeStanding>, Error> {
    let mut offices = BTreeMap::new();
    for o in &law.offices {
        let mut standing = sums(law, &o.id, places)?;
        named(law, election, acts, &mut standing);
        standing.outcome = outcome(&standing);
        stated_otherwise(acts, &standing, findings);
        offices.insert(o.id.clone(), standing);
    }
    Ok(offices)
}

/// The two aggregates, and the base they are measured against.
fn sums(
    law: &Law,
    office: &OfficeId,
    places: &BTreeMap<PlaceId, PlaceStanding>,
) -> Result<OfficeStanding, Error> {
    let over = || Error::Count(tally::Error::Overflow);
    let (mut not_appointed, mut removed, mut not_ascertained, mut not_voted) = (0_u32, 0_u32, 0_u32, 0_u32);
    let (mut ascertained, mut voted) = (Sum::default(), Sum::default());
    let mut contested_places = Vec::new();
    for p in places.values() {
        let add = |n: u32| n.checked_add(p.electors).ok_or_else(over);
        match &p.appointment {
            Appointment::NotAppointed { .. } => not_appointed = add(not_appointed)?,
            Appointment::Unknown => not_ascertained = add(not_ascertained)?,
            Appointment::Contested { .. } => {
                not_ascertained = add(not_ascertained)?;
                contested_places.push(p.place.clone());
            }
            Appointment::Appointed { by, .. } => ascertained.add(&p.pledged, office, by)?,
        }
        let counted = p.vote.is_some() || matches!(p.appointment, Appointment::NotAppointed { .. });
        if !counted {
            not_voted = add(not_voted)?;
        }
        if p.rejected && law.counting.rejected_leave_base {
            removed = add(removed)?;
        }
        let appointed_by = match &p.appointment {
            Appointment::Appointed { by, .. } => by.as_slice(),
            _ => &[],
        };
        let chain: Vec<ActId> = p.vote.iter().chain(appointed_by).cloned().collect();
        voted.add(&p.votes, office, &chain)?;
    }
    Ok(OfficeStanding {
        office: office.clone(),
        base: tally::base(law.allotted()?, not_appointed, removed)?,
        calls: Vec::new(),
        ascertained: ascertained.votes,
        ascertained_by: ascertained.by,
        not_ascertained,
        voted: voted.votes,
        voted_by: voted.by,
        not_voted,
        declared: Vec::new(),
        in_office: Vec::new(),
        annulled_by: Vec::new(),
        contested_places,
        outcome: Outcome::NobodyYet,
    })
}

#[derive(Default)]
struct Sum {
    votes: BTreeMap<PersonId, u32>,
    by: BTreeMap<PersonId, Vec<ActId>>,
}

impl Sum {
    fn add(&mut self, votes: &ByOffice, office: &OfficeId, by: &[ActId]) -> Result<(), Error> {
        for (person, n) in votes.get(office).into_iter().flatten() {
            let sum = self.votes.entry(person.clone()).or_default();
            *sum = sum.checked_add(*n).ok_or(Error::Count(tally::Error::Overflow))?;
            self.by.entry(person.clone()).or_default().extend_from_slice(by);
        }
        Ok(())
    }
}

/// What names a person directly: calls, declarations, oaths, annulments.
fn named(law: &Law, election: &Election, acts: &BTreeMap<ActId, ActStanding>, o: &mut OfficeStanding) {
    for a in acts.values().filter(|a| a.status == Status::Standing) {
        let id = || a.act.id.clone();
        match &a.act.deed {
            Deed::Call { office, place, person } if *office == o.office && *place == law.nation => {
                let issuer = a.act.issuer.clone();
                let upstream = election.issuers.get(&issuer).and_then(|i| i.upstream.clone());
                let upstream = upstream.unwrap_or_else(|| issuer.to_string());
                o.calls.push(CallStanding { issuer, upstream, person: person.clone(), act: id() });
            }
            Deed::Declare { elected, .. } => {
                if let Some(person) = elected.get(&o.office) {
                    o.declared.push((person.clone(), id()));
                }
            }
            Deed::Oath { office, person } if *office == o.office => o.in_office.push((person.clone(), id())),
            Deed::Annul { office } if *office == o.office => o.annulled_by.push(id()),
            _ => {}
        }
    }
}

// Law: 3 U.S.C. § 15, text of 2018-12-31 ("a sufficient declaration of the persons, if any, elected")
fn outcome(o: &OfficeStanding) -> Outcome {
    let holders: BTreeSet<&PersonId> = o.in_office.iter().map(|(p, _)| p).collect();
    let declared: BTreeSet<Option<&PersonId>> = o.declared.iter().map(|(p, _)| p.as_ref()).collect();
    let persons: BTreeSet<PersonId> = declared.iter().flatten().map(|p| (*p).clone()).collect();
    if !o.annulled_by.is_empty() {
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

fn undeclared(o: &OfficeStanding) -> Outcome {
    let everyone_voted = o.not_voted == 0 && !o.voted.is_empty();
    match tally::majority(o.base.whole_number, &o.voted, o.not_voted) {
        tally::Majority::Impossible if everyone_voted => Outcome::Nobody,
        _ => Outcome::NobodyYet,
    }
}

/// As stated and as computed are both kept; a difference is a finding.
fn stated_otherwise(acts: &BTreeMap<ActId, ActStanding>, o: &OfficeStanding, findings: &mut Vec<Finding>) {
    for a in acts.values().filter(|a| a.status == Status::Standing) {
        let Deed::Declare { votes, stated, .. } = &a.act.deed else { continue };
        let mut say = |message: String| {
            findings.push(Finding { code: "stated-otherwise", act: a.act.id.clone(), message });
        };
        if let Some(s) = stated
            && s.base != o.base.whole_number
        {
            say(format!("{}: whole number stated {}, computed {}", o.office, s.base, o.base.whole_number));
        }
        let needed = tally::needed(o.base.whole_number);
        if let Some(s) = stated
            && s.majority != needed
        {
            say(format!("{}: majority stated {}, computed {needed}", o.office, s.majority));
        }
        if let Some(as_stated) = votes.get(&o.office)
            && *as_stated != o.voted
        {
            say(format!("{}: totals stated {}, computed {}", o.office, totals(as_stated), totals(&o.voted)));
        }
    }
}

fn totals(votes: &BTreeMap<PersonId, u32>) -> String {
    let parts: Vec<String> = votes.iter().map(|(p, n)| format!("{p} {n}")).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}
