//! How far each office has come: calls, sums against the base, declarations, oaths.
//!
//! Refuses to know which of these anybody treats as official: that is policy.

use std::collections::{BTreeMap, BTreeSet};

use tally::{Base, Choice};

use crate::Error;
use crate::act::{ByOffice, Deed, Kind, Published};
use crate::appointment::{Appointment, PlaceStanding};
use crate::contingent::{self, ContingentStanding};
use crate::count::NotCounted;
use crate::counting::BallotRule;
use crate::effect::{ActStanding, Finding, Status};
use crate::election::Election;
use crate::ids::{ActId, IssuerId, OfficeId, PersonId, PlaceId};
use crate::instant::Instant;
use crate::law::Law;
use crate::{chain, outcome};

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// What stands of the steps that name a person: certified, validated, accepted, refused, diploma, conceded to.
    pub steps: BTreeMap<Kind, Vec<(Option<PersonId>, ActId)>>,
    /// What those charged with it have made public.
    pub published: Vec<(Published, ActId)>,
    /// Challenges that nothing has ended; one that may have been brought already is among them.
    pub challenges: Vec<ActId>,
    /// When the time for challenges to the latest standing declaration ends, where the law gives a time.
    pub challenge_ends: Option<Instant>,
    /// Persons of whom an attested act says that they have died.
    pub died: Vec<(PersonId, ActId)>,
    /// Acts that set the election aside.
    pub annulled_by: Vec<ActId>,
    /// Jurisdictions with rival certificates.
    pub contested_places: Vec<PlaceId>,
    /// What the electors' votes come to.
    pub choice: Choice<PersonId>,
    /// The same without the votes of a place that are announced both ways.
    pub alternatives: Vec<Alternative>,
    /// Votes that were given and are not counted.
    pub not_counted: Vec<NotCounted>,
    /// The choice by a chamber, where the electors make none.
    pub contingent: Option<ContingentStanding>,
    /// What it comes to.
    pub outcome: Outcome,
}

/// What the votes come to without those of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The place.
    pub without: PlaceId,
    /// The order that they be so announced.
    pub order: ActId,
    /// The base without its electors.
    pub base: Base,
    /// Votes counted, by person.
    pub voted: BTreeMap<PersonId, u32>,
    /// What they come to.
    pub choice: Choice<PersonId>,
}

/// Every office of the law, in the law's order: what is decided of the first may decide the second.
pub(crate) fn offices(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    places: &BTreeMap<PlaceId, PlaceStanding>,
    t: Instant,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<OfficeId, OfficeStanding>, Error> {
    let mut offices = BTreeMap::new();
    let mut first: Option<PersonId> = None;
    for (n, o) in law.offices.iter().enumerate() {
        let mut standing = sums(law, &o.id, places)?;
        let rank = Rank { first: n == 0, chosen: first.clone() };
        choose(law, places, &rank, &mut standing)?;
        standing.contingent = contingent::contingent(law, election, &standing, acts, findings);
        named(law, election, acts, &mut standing);
        chain::steps(law, election, acts, t, &mut standing);
        standing.outcome = outcome::outcome(&standing);
        if n == 0 {
            first = elected(&standing);
        }
        if law.has_electors() {
            stated_otherwise(election, law.counting.list_of(&o.id), acts, &standing, findings);
        }
        offices.insert(o.id.clone(), standing);
    }
    Ok(offices)
}

/// The place of an office in the law's order, and who is chosen for the first.
struct Rank {
    first: bool,
    chosen: Option<PersonId>,
}

/// Who is chosen, by the electors or by a chamber.
fn elected(o: &OfficeStanding) -> Option<PersonId> {
    match (&o.choice, &o.contingent) {
        (Choice::Chosen { by, .. }, _) => Some(by.clone()),
        (_, Some(c)) => c.chosen.as_ref().map(|(p, _)| p.clone()),
        _ => None,
    }
}

/// What the votes come to, with and without the places announced both ways.
fn choose(
    law: &Law,
    places: &BTreeMap<PlaceId, PlaceStanding>,
    rank: &Rank,
    o: &mut OfficeStanding,
) -> Result<(), Error> {
    let outstanding = o.not_voted;
    let choice = |base: &Base, votes: &BTreeMap<PersonId, u32>| match (&law.counting.ballot, rank.first) {
        (BallotRule::Separate, _) => tally::separate(base.whole_number, votes, outstanding),
        (BallotRule::Double { .. }, true) => tally::double_first(base.whole_number, votes, outstanding),
        (BallotRule::Double { .. }, false) => tally::double_second(votes, rank.chosen.as_ref(), outstanding),
    };
    o.choice = choice(&o.base, &o.voted);
    for p in places.values() {
        let Some(order) = p.alternative.as_ref().filter(|_| !p.excluded) else { continue };
        let mut voted = o.voted.clone();
        for (person, n) in p.votes.get(law.counting.list_of(&o.office)).into_iter().flatten() {
            let left = voted.get(person).copied().unwrap_or(0).saturating_sub(*n);
            voted.insert(person.clone(), left);
        }
        voted.retain(|_, n| *n > 0);
        let left = if p.leaves_base { 0 } else { in_base(p) };
        let removed = o.base.removed.checked_add(left).ok_or(Error::Count(tally::Error::Overflow))?;
        let base = tally::base(o.base.allotted, o.base.not_appointed, removed)?;
        let choice = choice(&base, &voted);
        o.alternatives.push(Alternative {
            without: p.place.clone(),
            order: order.clone(),
            base,
            voted,
            choice,
        });
    }
    if o.alternatives.iter().any(|a| a.choice != o.choice && who(&a.choice) != who(&o.choice)) {
        // Whether the place's votes count decides it, and nobody has decided that.
        o.choice = Choice::Open;
    }
    Ok(())
}

/// Electors of a place who are in the base before the count removes any.
fn in_base(p: &PlaceStanding) -> u32 {
    match p.appointment {
        Appointment::NotAppointed { .. } => 0,
        _ => p.electors.saturating_sub(p.not_appointed),
    }
}

fn who(choice: &Choice<PersonId>) -> Option<&PersonId> {
    match choice {
        Choice::Chosen { by, .. } => Some(by),
        _ => None,
    }
}

/// What a place's votes rest on: the certificate of them, and those of its electors' appointment.
fn chain_of(p: &PlaceStanding) -> Vec<ActId> {
    let appointed_by = match &p.appointment {
        Appointment::Appointed { by, .. } => by.as_slice(),
        _ => &[],
    };
    p.vote.iter().chain(appointed_by).cloned().collect()
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
    let list = law.counting.list_of(office);
    let mut not_counted = Vec::new();
    for p in places.values() {
        not_counted.extend(p.not_counted.iter().filter(|n| n.office == *list).cloned());
        if p.excluded {
            continue;
        }
        let add = |n: u32| n.checked_add(p.electors).ok_or_else(over);
        not_appointed = not_appointed.checked_add(p.not_appointed).ok_or_else(over)?;
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
        if p.leaves_base {
            removed = removed.checked_add(in_base(p)).ok_or_else(over)?;
        }
        voted.add(&p.votes, list, &chain_of(p))?;
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
        steps: BTreeMap::new(),
        published: Vec::new(),
        challenges: Vec::new(),
        challenge_ends: None,
        died: Vec::new(),
        annulled_by: Vec::new(),
        contested_places,
        choice: Choice::Open,
        alternatives: Vec::new(),
        not_counted,
        contingent: None,
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
    // That the electors chose nobody is no answer any more once a chamber has chosen.
    if o.contingent.as_ref().is_some_and(|c| c.chosen.is_some()) {
        o.declared.retain(|(person, _)| person.is_some());
    }
}

/// As stated and as computed are both kept; a difference is a finding.
fn stated_otherwise(
    election: &Election,
    list: &OfficeId,
    acts: &BTreeMap<ActId, ActStanding>,
    o: &OfficeStanding,
    findings: &mut Vec<Finding>,
) {
    for a in acts.values().filter(|a| a.status == Status::Standing) {
        let Deed::Declare { votes, stated, without, .. } = &a.act.deed else { continue };
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
        if let Some(as_stated) = votes.get(list)
            && *as_stated != o.voted
        {
            say(format!(
                "{}: totals stated {}, computed {}",
                o.office,
                totals(election, as_stated),
                totals(election, &o.voted)
            ));
        }
        for (place, as_stated) in without.iter().filter_map(|(p, v)| Some((p, v.get(list)?))) {
            let computed = o.alternatives.iter().find(|x| x.without == *place).map(|x| &x.voted);
            if computed != Some(as_stated) {
                let computed = computed.map_or_else(|| "none".into(), |votes| totals(election, votes));
                say(format!(
                    "{}: totals stated without {place} {}, computed {computed}",
                    o.office,
                    totals(election, as_stated)
                ));
            }
        }
    }
}

fn totals(election: &Election, votes: &BTreeMap<PersonId, u32>) -> String {
    let name = |p: &PersonId| election.persons.get(p).map_or_else(|| p.to_string(), |x| x.short.clone());
    let mut votes: Vec<_> = votes.iter().collect();
    votes.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let parts: Vec<String> = votes.into_iter().map(|(p, n)| format!("{} {n}", name(p))).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}
