//! Facts altered to ask what the same law would make of them.
//!
//! The altered acts go through the same reading as real ones. Refuses to guess:
//! where it is not said whose votes are meant and it matters, it asks.

use std::collections::BTreeMap;

use crate::act::{ByOffice, Kind, Signers};
use crate::appointment::PlaceStanding;
use crate::counting::Ground;
use crate::election::{Election, Issuer, SlateUnit};
use crate::ids::{ActId, IssuerId, OfficeId, PersonId, PlaceId, RoleId, SlateId, SourceId};
use crate::instant::{Basis, Bounds, Instant};
use crate::law::Law;
use crate::statement::{ActLine, Channel};
use crate::{Error, Standing};

/// One alteration of the facts of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alteration {
    /// The place.
    pub place: PlaceId,
    /// What is altered.
    pub what: Altered,
}

/// What is altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Altered {
    /// So many electors give no vote: those of one person, where it is said.
    Abstain(u32, Option<String>),
    /// Only so many electors were appointed, and the certificate says so.
    Appointed(u32),
    /// So many electors vote for somebody else.
    Vote(u32, String, String),
    /// Every chamber sustains an objection to the certificate, on this ground.
    Reject(Option<Ground>),
}

/// Alters the acts and slates of an election. `standing` is that of the unaltered facts at the end.
///
/// # Errors
/// What is not known or not said clearly enough, in words.
pub fn alter(
    law: &Law,
    election: &mut Election,
    lines: &mut Vec<ActLine>,
    standing: &Standing,
    alteration: &Alteration,
) -> Result<(), Error> {
    let place = standing
        .places
        .get(&alteration.place)
        .ok_or_else(|| wrong(alteration, "the law allots no electors there".into()))?;
    match &alteration.what {
        Altered::Appointed(n) => appointed(election, lines, place, *n, alteration),
        Altered::Abstain(n, person) => {
            let person = person.as_deref().map(|p| named(election, p, alteration)).transpose()?;
            let line = vote_line(lines, place, alteration)?;
            let votes = line.votes.get_or_insert_default();
            abstain(votes, *n, person.as_ref()).map_err(|m| wrong(alteration, m))
        }
        Altered::Vote(n, from, to) => {
            let (from, to) = (named(election, from, alteration)?, named(election, to, alteration)?);
            let line = vote_line(lines, place, alteration)?;
            move_votes(line.votes.get_or_insert_default(), *n, &from, &to).map_err(|m| wrong(alteration, m))
        }
        Altered::Reject(ground) => reject(law, election, lines, place, *ground, alteration),
    }
}

fn wrong(a: &Alteration, message: String) -> Error {
    Error::Field { file: "--set".into(), line: 0, field: a.place.to_string(), message }
}

fn named(election: &Election, name: &str, a: &Alteration) -> Result<PersonId, Error> {
    let lower = name.to_lowercase();
    let fits = |p: &&crate::Person| p.id.as_str().to_lowercase() == lower || p.short.to_lowercase() == lower;
    let known = || election.persons.keys().map(PersonId::as_str).collect::<Vec<_>>().join(", ");
    let found = election.persons.values().find(fits).map(|p| p.id.clone());
    found.ok_or_else(|| wrong(a, format!("`{name}` is nobody voted for here; known are {}", known())))
}

/// The certificate of vote that counts, or would but for the count.
fn vote_line<'a>(
    lines: &'a mut [ActLine],
    place: &PlaceStanding,
    a: &Alteration,
) -> Result<&'a mut ActLine, Error> {
    let id = place.vote.clone().or_else(|| place.not_counted.first().map(|n| n.act.clone()));
    let id =
        id.ok_or_else(|| wrong(a, "no vote of its electors counts here that could be altered".into()))?;
    let line = lines.iter_mut().rev().find(|l| l.id == id);
    let line = line.ok_or_else(|| wrong(a, format!("`{id}` is no act of this election")))?;
    line.ballots = None;
    Ok(line)
}

fn abstain(votes: &mut ByOffice, n: u32, person: Option<&PersonId>) -> Result<(), String> {
    let mut touched = false;
    for by in votes.values_mut() {
        let whose = match person {
            Some(p) if !by.contains_key(p) => continue,
            Some(p) => p.clone(),
            None => only(by, n)?,
        };
        if whose.as_str() == ALL {
            by.clear();
        } else {
            take(by, &whose, n)?;
        }
        touched = true;
    }
    if touched { Ok(()) } else { Err("nobody there voted for that person".into()) }
}

const ALL: &str = "all-of-them";

/// Whose votes are taken where nobody is named: all of them, or those of the one person voted for.
fn only(by: &BTreeMap<PersonId, u32>, n: u32) -> Result<PersonId, String> {
    let all = by.values().fold(0_u32, |sum, v| sum.saturating_add(*v));
    match by.len() {
        _ if n == all => PersonId::try_from(ALL).map_err(|e| e.to_string()),
        1 => by.keys().next().cloned().ok_or_else(String::new),
        _ => {
            Err(format!("its {all} electors voted for several persons: say whose, as in `abstain:{n}:NAME`"))
        }
    }
}

fn take(by: &mut BTreeMap<PersonId, u32>, whose: &PersonId, n: u32) -> Result<(), String> {
    let have = by.get(whose).copied().unwrap_or(0);
    let left =
        have.checked_sub(n).ok_or_else(|| format!("{n} of {have} votes for {whose} cannot be taken"))?;
    by.insert(whose.clone(), left);
    by.retain(|_, v| *v > 0);
    Ok(())
}

fn move_votes(votes: &mut ByOffice, n: u32, from: &PersonId, to: &PersonId) -> Result<(), String> {
    let Some(by) = votes.values_mut().find(|by| by.contains_key(from)) else {
        return Err(format!("nobody there voted for {from}"));
    };
    take(by, from, n)?;
    let sum = by.entry(to.clone()).or_default();
    *sum = sum.checked_add(n).ok_or("too many votes")?;
    Ok(())
}

/// The slate is cut to size; if its electors voted for several persons it cannot be told who is left.
fn appointed(
    election: &mut Election,
    lines: &mut Vec<ActLine>,
    place: &PlaceStanding,
    n: u32,
    a: &Alteration,
) -> Result<(), Error> {
    let out = place
        .electors
        .checked_sub(n)
        .ok_or_else(|| wrong(a, format!("it is allotted {}", place.electors)))?;
    let crate::Appointment::Appointed { slate, by } = &place.appointment else {
        return Err(wrong(a, "no certificate of appointment stands there".into()));
    };
    let certificates: Vec<&ActId> = by.iter().collect();
    if n == 0 {
        lines.retain(|l| !(l.kind == Kind::ElectorVote && l.jurisdiction.as_ref() == Some(&place.place)));
        for l in lines.iter_mut().filter(|l| certificates.contains(&&l.id)) {
            (l.slate, l.none_appointed) = (None, Some(true));
        }
        return Ok(());
    }
    let line = vote_line(lines, place, a)?;
    for by in line.votes.get_or_insert_default().values_mut() {
        let cast = by.values().fold(0_u32, |sum, v| sum.saturating_add(*v));
        if cast > n {
            let whose = only(by, 0).map_err(|m| wrong(a, m))?;
            by.insert(whose, n);
        }
    }
    cut(election, slate, n);
    for l in lines.iter_mut().filter(|l| certificates.contains(&&l.id)) {
        l.not_appointed = Some(out);
    }
    Ok(())
}

fn cut(election: &mut Election, slate: &SlateId, n: u32) {
    let Some(s) = election.slates.get_mut(slate) else { return };
    let mut left = n;
    let units = s.units.iter().map(|u| {
        let electors = u.electors.min(left);
        left = left.saturating_sub(electors);
        SlateUnit { electors, ..u.clone() }
    });
    s.units = units.filter(|u| u.electors > 0).collect();
}

/// An objection in due form, and every chamber's ruling that sustains it.
fn reject(
    law: &Law,
    election: &mut Election,
    lines: &mut Vec<ActLine>,
    place: &PlaceStanding,
    ground: Option<Ground>,
    a: &Alteration,
) -> Result<(), Error> {
    let of = vote_line(lines, place, a)?.id.clone();
    let last = lines.iter().filter_map(|l| l.known_at).max();
    let at = last.ok_or_else(|| wrong(a, "there are no acts".into()))?;
    let source = lines.first().map(|l| l.sources.clone()).unwrap_or_default();
    let member = issuer(law, election, "member", "set-member")?;
    let id = |what: &str| ActId::try_from(format!("set.{}.{what}", place.place.as_str().to_lowercase()));
    let objection = id("object")?;
    let signers = law.counting.objection_needs.iter();
    lines.push(ActLine {
        of: Some(of),
        ground,
        signed_by: Some(law.counting.objection_needs.clone()),
        signers: Some(signers.map(|c| (c.clone(), Signers { signed: 1, sworn: 5 })).collect()),
        ..bare(objection.clone(), Kind::Object, member, at, &source)
    });
    for chamber in law.counting.chambers.clone() {
        let issuer = issuer(law, election, chamber.as_str(), &format!("set-{chamber}"))?;
        let ruling = id(chamber.as_str())?;
        lines.push(ActLine {
            of: Some(objection.clone()),
            sustained: Some(true),
            ..bare(ruling, Kind::RuleOnObjection, issuer, at, &source)
        });
    }
    Ok(())
}

/// An issuer who holds the role, added if the election has none.
fn issuer(law: &Law, election: &mut Election, role: &str, id: &str) -> Result<IssuerId, Error> {
    let role = RoleId::try_from(role)?;
    if let Some(i) = election.issuers.values().find(|i| i.role == role && i.jurisdiction == law.nation) {
        return Ok(i.id.clone());
    }
    let id = IssuerId::try_from(id)?;
    let new = Issuer {
        id: id.clone(),
        name: role.to_string(),
        role,
        jurisdiction: law.nation.clone(),
        upstream: None,
        from: None,
        until: None,
    };
    election.issuers.insert(id.clone(), new);
    Ok(id)
}

fn bare(id: ActId, kind: Kind, issuer: IssuerId, at: Instant, sources: &[SourceId]) -> ActLine {
    ActLine {
        sources: sources.to_vec(),
        issued: Bounds::certainly(at, Basis::Act),
        known_at: Some(at),
        ..ActLine::new(id, kind, issuer, Channel::Page)
    }
}

/// Puts the votes of separate lists on the one list of a double ballot: each elector's two votes.
///
/// # Errors
/// Never for sums within range.
pub fn as_double_ballot(lines: &mut [ActLine], list: &OfficeId) -> Result<(), Error> {
    for line in lines.iter_mut().filter(|l| matches!(l.kind, Kind::ElectorVote | Kind::Declare)) {
        line.ballots = None;
        let Some(votes) = line.votes.take() else { continue };
        let mut merged: BTreeMap<PersonId, u32> = BTreeMap::new();
        for (person, n) in votes.into_values().flatten() {
            let sum = merged.entry(person).or_default();
            *sum = sum.checked_add(n).ok_or(Error::Count(tally::Error::Overflow))?;
        }
        line.votes = Some(ByOffice::from([(list.clone(), merged)]));
    }
    Ok(())
}
