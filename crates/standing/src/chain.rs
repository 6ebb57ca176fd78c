//! The steps by which an office is filled where no electors choose: certified,
//! validated, accepted, declared, published, challenged, set aside.
//!
//! Refuses to know which of these anybody treats as official.

use std::collections::{BTreeMap, BTreeSet};

use crate::Evidence;
use crate::act::{Deed, Elected, Kind};
use crate::calendar;
use crate::effect::{ActStanding, Status};
use crate::election::Election;
use crate::ids::{ActId, CiteId, OfficeId, PersonId};
use crate::instant::Instant;
use crate::law::{Begins, ChallengeTime, Law, Need};
use crate::office::OfficeStanding;
use crate::rulings::begun;

/// What acts of one kind do to acts of another, once it is known which of them stand.
pub(crate) fn settle(law: &Law, acts: &mut BTreeMap<ActId, ActStanding>, t: Instant) {
    set_aside(acts, t);
    refused(law, acts);
    not_accepted(law, acts);
}

/// An annulment takes away what was declared, certified or validated, and an oath taken, before it, from
/// its `not_before`.
/// An act about several offices falls only if the election to all of them is set aside.
fn set_aside(acts: &mut BTreeMap<ActId, ActStanding>, t: Instant) {
    let mut annulled: Vec<(OfficeId, Instant, ActId, Option<CiteId>)> = Vec::new();
    for a in acts.values().filter(|a| matches!(a.status, Status::Standing | Status::Supported) && begun(a, t))
    {
        if let Deed::Annul { office } = &a.act.deed {
            let from = a.act.effective.not_before.or(a.act.effective.not_after).map_or(t, |b| b.at);
            annulled.push((office.clone(), from, a.act.id.clone(), a.cite.clone()));
        }
    }
    for a in acts.values_mut().filter(|a| a.status == Status::Standing) {
        let offices = offices_of(&a.act.deed);
        let Some(done) = a.act.effective.not_before.or(a.act.effective.not_after).map(|b| b.at) else {
            continue;
        };
        let by = |office: &OfficeId| annulled.iter().find(|(o, from, ..)| o == office && done < *from);
        let Some((_, _, id, cite)) = offices.first().and_then(&by) else { continue };
        if offices.iter().all(|o| by(o).is_some()) {
            (a.status, a.reason, a.cite) =
                (Status::Void, format!("the election was set aside by {id}"), cite.clone());
        }
    }
}

/// Nobody is elected who refuses, where the law gives a refusal effect.
fn refused(law: &Law, acts: &mut BTreeMap<ActId, ActStanding>) {
    let refusals = standing_steps(acts, Kind::Refuse);
    for a in acts.values_mut().filter(|a| a.status == Status::Standing && a.act.kind == Kind::Declare) {
        let Deed::Declare { elected, .. } = &a.act.deed else { continue };
        let by = elected.iter().find_map(|(office, p)| refusals.get(&(office.clone(), p.clone()?)));
        if let Some(by) = by {
            let row = law.authorities.iter().find(|r| r.kind == Kind::Refuse);
            (a.status, a.reason) = (Status::Void, format!("refused by {by}"));
            a.cite = row.map(|r| r.cite.clone()).or_else(|| a.cite.take());
        }
    }
}

/// Where the law asks for acceptance, an announcement has no effect before it.
fn not_accepted(law: &Law, acts: &mut BTreeMap<ActId, ActStanding>) {
    if !law.authorities.iter().any(|r| r.needs == Some(Need::Acceptance)) {
        return;
    }
    let accepted = standing_steps(acts, Kind::Accept);
    for a in acts.values_mut().filter(|a| a.status == Status::Standing) {
        let needs = law.authorities.iter().any(|r| r.kind == a.act.kind && r.needs == Some(Need::Acceptance));
        let Some(elected) = names(&a.act.deed).filter(|_| needs) else { continue };
        let mut open = elected.iter().filter_map(|(office, p)| Some((office.clone(), p.clone()?)));
        if let Some((_, person)) = open.find(|named| !accepted.contains_key(named)) {
            (a.status, a.reason) = (Status::Supported, format!("{person} has not accepted"));
        }
    }
}

fn offices_of(deed: &Deed) -> Vec<OfficeId> {
    match deed {
        Deed::Oath { office, .. } => vec![office.clone()],
        _ => names(deed).map(|e| e.keys().cloned().collect()).unwrap_or_default(),
    }
}

fn names(deed: &Deed) -> Option<&Elected> {
    match deed {
        Deed::Declare { elected, .. } | Deed::Confirm { elected } => Some(elected),
        _ => None,
    }
}

fn standing_steps(acts: &BTreeMap<ActId, ActStanding>, kind: Kind) -> BTreeMap<(OfficeId, PersonId), ActId> {
    let of = acts.values().filter(|a| a.status == Status::Standing && a.act.kind == kind);
    of.filter_map(|a| match &a.act.deed {
        Deed::OfPerson { office, person } => Some(((office.clone(), person.clone()), a.act.id.clone())),
        _ => None,
    })
    .collect()
}

/// Writes what stands of the steps into an office's standing.
pub(crate) fn steps(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    t: Instant,
    o: &mut OfficeStanding,
) {
    for a in acts.values() {
        let id = || a.act.id.clone();
        let stands = a.status == Status::Standing;
        match &a.act.deed {
            Deed::Confirm { elected } if stands => {
                if let Some(person) = elected.get(&o.office) {
                    o.steps.entry(a.act.kind).or_default().push((person.clone(), id()));
                }
            }
            Deed::OfPerson { office, person } if stands && *office == o.office => {
                o.steps.entry(a.act.kind).or_default().push((Some(person.clone()), id()));
            }
            Deed::Publish { office, what } if stands && *office == o.office => {
                o.published.push((*what, id()))
            }
            // It stands in the way from its `not_before`: it may have been brought already.
            Deed::Challenge { office } if *office == o.office && begun(a, t) && pending(law, acts, a, t) => {
                o.challenges.push(id());
            }
            Deed::Noted { person: Some(person), .. } if a.act.kind == Kind::Die && begun(a, t) => {
                o.died.push((person.clone(), id()));
            }
            _ => {}
        }
    }
    if begun_by_term(law, election, &o.office, t) {
        let named = o.declared.iter().filter_map(|(p, act)| Some((p.clone()?, act.clone())));
        o.in_office.extend(named);
    }
    let declared: BTreeSet<&ActId> = o.declared.iter().map(|(_, act)| act).collect();
    let last =
        declared.into_iter().filter_map(|id| acts.get(id)?.act.effective.not_after).map(|b| b.at).max();
    o.challenge_ends = last.zip(law.challenge.as_ref()).and_then(|(at, c)| ends(c, at, &election.zone));
}

/// Where a law asks for no oath, who is declared holds the office once the term has begun.
fn begun_by_term(law: &Law, election: &Election, office: &OfficeId, t: Instant) -> bool {
    let by_term = law.offices.iter().any(|l| l.id == *office && l.begins == Some(Begins::Term));
    let term = law.date(&law.term_begins, election.year, &election.zone);
    by_term && term.is_some_and(|d| d.ends <= t)
}

/// Brought by somebody who may bring it, and not ended. Where a law has no row for challenges, none has effect.
/// What ends it counts from `not_after`: until then it may still be pending.
fn pending(law: &Law, acts: &BTreeMap<ActId, ActStanding>, a: &ActStanding, t: Instant) -> bool {
    let open = match &a.status {
        Status::Standing | Status::Supported => true,
        Status::Ended { by, .. } => {
            let end = acts.get(by).and_then(|by| by.act.effective.not_after);
            end.is_none_or(|b| b.at > t)
        }
        Status::Unsupported | Status::Void => false,
    };
    open && law.authorities.iter().any(|r| r.kind == Kind::Challenge)
}

fn ends(c: &ChallengeTime, declared: Instant, zone: &str) -> Option<Instant> {
    if let Some(hours) = c.hours {
        return Some(declared.plus(i64::from(hours).saturating_mul(3_600)));
    }
    calendar::end_of_day_after(declared, i64::from(c.days?), zone)
}

/// When the time for challenges to each declaration ends: instants at which time alone changes a standing.
pub(crate) fn challenge_times(law: &Law, election: &Election, evidence: &Evidence) -> Vec<Instant> {
    let Some(c) = &law.challenge else { return Vec::new() };
    let declares = evidence.statements.iter().filter(|s| s.act.kind == Kind::Declare);
    declares.filter_map(|s| ends(c, s.act.effective.not_after?.at, &election.zone)).collect()
}
