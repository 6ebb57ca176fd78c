//! Who is appointed in each jurisdiction, and whose votes count.
//!
//! The chain of appointment decides, never the claim: electors whose slate no
//! standing certificate names have no effect, however their paper looks.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{ByOffice, Deed, Kind};
use crate::count::{self, NotCounted};
use crate::effect::{ActStanding, Finding, Status};
use crate::election::Election;
use crate::ids::{ActId, CiteId, OfficeId, PersonId, PlaceId, SlateId};
use crate::instant::Instant;
use crate::law::{Law, Need};
use crate::rulings::{Rulings, begun};
use crate::{At, Error, misfit, rivals};

/// Whether and whom a jurisdiction has appointed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appointment {
    /// Nothing is known; its electors stay in the base.
    Unknown,
    /// One slate, by these certificates.
    Appointed {
        /// The slate.
        slate: SlateId,
        /// The certificates.
        by: Vec<ActId>,
    },
    /// Rival certificates of equal authority: it counts for nobody.
    Contested {
        /// The slates named.
        slates: Vec<SlateId>,
        /// The certificates.
        by: Vec<ActId>,
    },
    /// A standing certificate says that nobody was appointed: its electors leave the base.
    NotAppointed {
        /// The certificate.
        by: ActId,
    },
}

/// What stands in a jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceStanding {
    /// Its code.
    pub place: PlaceId,
    /// Electors allotted.
    pub electors: u32,
    /// The slate a standing canvass shows ahead, with the act.
    pub canvassed: Option<(SlateId, ActId)>,
    /// Who is appointed.
    pub appointment: Appointment,
    /// To whom the appointed electors are pledged.
    pub pledged: ByOffice,
    /// The certificate of vote that counts.
    pub vote: Option<ActId>,
    /// Its votes.
    pub votes: ByOffice,
    /// Votes that were given and are not counted.
    pub not_counted: Vec<NotCounted>,
    /// Electors established as not appointed beside those that are.
    pub not_appointed: u32,
    /// Objections to the vote on which the chambers have not both ruled.
    pub objections_pending: Vec<ActId>,
    /// Whether its vote was rejected at the count.
    pub rejected: bool,
    /// Whether by that its electors leave the base.
    pub leaves_base: bool,
    /// The order by which its votes are announced with and without.
    pub alternative: Option<ActId>,
    /// Whether a law shuts its votes out of this count.
    pub excluded: bool,
}

/// Every jurisdiction of the law; marks the acts whose effect depends on appointment.
pub(crate) fn places(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    at: At,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<PlaceId, PlaceStanding>, Error> {
    let mut places = BTreeMap::new();
    let mut of_places = take_by_place(acts);
    let mut done = Vec::new();
    for p in law.places.values() {
        let mut here = of_places.remove(&p.code).unwrap_or_default();
        let local = &mut here;
        let mut place = PlaceStanding {
            place: p.code.clone(),
            electors: p.electors,
            canvassed: canvassed(local, &p.code),
            appointment: appointment(local, &p.code, at.effects),
            pledged: BTreeMap::new(),
            vote: None,
            votes: BTreeMap::new(),
            not_counted: Vec::new(),
            not_appointed: 0,
            objections_pending: Vec::new(),
            rejected: false,
            leaves_base: false,
            alternative: alternative(local, &p.code),
            excluded: p.excluded.is_some(),
        };
        match &p.excluded {
            Some(cite) => shut_out(law, local, &mut place, cite),
            None => votes_of(law, election, local, acts, &mut place, at, findings)?,
        }
        done.push(here);
        places.insert(p.code.clone(), place);
    }
    // What claims to be of a place the law does not know is kept and shown like everything else.
    acts.extend(done.into_iter().chain(of_places.into_values()).flatten());
    Ok(places)
}

/// The acts that are about a place, taken out by place: each place looks at its own only.
fn take_by_place(acts: &mut BTreeMap<ActId, ActStanding>) -> BTreeMap<PlaceId, BTreeMap<ActId, ActStanding>> {
    let mut of_places: BTreeMap<PlaceId, BTreeMap<ActId, ActStanding>> = BTreeMap::new();
    let mut rest = BTreeMap::new();
    for (id, a) in std::mem::take(acts) {
        match place_of(&a.act.deed).cloned() {
            Some(place) => of_places.entry(place).or_default().insert(id, a),
            None => rest.insert(id, a),
        };
    }
    *acts = rest;
    of_places
}

/// Whose votes of a place count, after appointment, choice between returns and objections.
fn votes_of(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    others: &BTreeMap<ActId, ActStanding>,
    place: &mut PlaceStanding,
    at: At,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let seen = Rulings { counting: &law.counting, election, acts: others, t: at.effects };
    if let Appointment::Appointed { slate, by } = &place.appointment {
        place.pledged = pledges(election, slate)?;
        place.not_appointed = not_appointed(law, election, acts, slate, by, place.electors);
    }
    let returns = rivals::returns(acts, place, at.effects);
    mark_votes(law, acts, &place.place, &place.appointment, at.effects, findings);
    if let Some((vote, votes)) = standing_vote(acts, &place.place) {
        (place.vote, place.votes) = (Some(vote), votes);
    }
    rivals::settle(&seen, law, acts, &returns, place)?;
    count::rule_on_objections(&seen, law, acts, &returns, place);
    Ok(())
}

/// A law shuts the place out: its certificates are kept and shown, and count for nobody.
// Law: 13 Stat. 567, text of 1865-02-08
fn shut_out(law: &Law, acts: &mut BTreeMap<ActId, ActStanding>, place: &mut PlaceStanding, cite: &CiteId) {
    let reason = format!("a law shuts the votes of {} out of this count", place.place);
    for (id, a) in acts.iter_mut().filter(|(_, a)| place_of(&a.act.deed) == Some(&place.place)) {
        let Deed::ElectorVote { votes, .. } = &a.act.deed else { continue };
        if a.status == Status::Standing {
            count::not_counted(law, votes, id, (&reason, None), &mut place.not_counted);
            place.not_counted.iter_mut().for_each(|n| n.cite = cite.clone());
            a.status = Status::Void;
            a.reason.clone_from(&reason);
            a.cite = Some(cite.clone());
        }
    }
}

fn alternative(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId) -> Option<ActId> {
    let order = |a: &&ActStanding| matches!(&a.act.deed, Deed::Alternative { place: p } if p == place);
    acts.values().filter(|a| a.status == Status::Standing).find(order).map(|a| a.act.id.clone())
}

/// Electors whom the certificates say nobody appointed, or, where the law says so, whom they do not name.
// Law: 3 U.S.C. § 15(e)(2), text of 2022-12-29
fn not_appointed(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    slate: &SlateId,
    by: &[ActId],
    allotted: u32,
) -> u32 {
    let appointed = election.slates.get(slate).map_or(0, misfit::size);
    let missing = allotted.saturating_sub(appointed);
    if law.counting.short_certificate_leaves_base {
        return missing;
    }
    let said = by.iter().filter_map(|id| match &acts.get(id)?.act.deed {
        Deed::Ascertain { not_appointed, .. } => Some(*not_appointed),
        _ => None,
    });
    said.max().unwrap_or(0).min(missing)
}

/// The pledges of a slate added up by office and person.
pub(crate) fn pledges(election: &Election, slate: &SlateId) -> Result<ByOffice, Error> {
    let mut sum: BTreeMap<OfficeId, BTreeMap<PersonId, u32>> = BTreeMap::new();
    for unit in election.slates.get(slate).map_or(&[][..], |s| &s.units) {
        for (office, person) in &unit.pledged {
            let n = sum.entry(office.clone()).or_default().entry(person.clone()).or_default();
            *n = n.checked_add(unit.electors).ok_or(Error::Count(tally::Error::Overflow))?;
        }
    }
    Ok(sum)
}

fn standing_in<'a>(
    acts: &'a BTreeMap<ActId, ActStanding>,
    place: &'a PlaceId,
) -> impl Iterator<Item = &'a ActStanding> {
    acts.values().filter(move |a| a.status == Status::Standing && place_of(&a.act.deed) == Some(place))
}

fn place_of(deed: &Deed) -> Option<&PlaceId> {
    match deed {
        Deed::Canvass { place, .. }
        | Deed::Ascertain { place, .. }
        | Deed::ElectorVote { place, .. }
        | Deed::Alternative { place } => Some(place),
        _ => None,
    }
}

fn canvassed(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId) -> Option<(SlateId, ActId)> {
    let found: BTreeMap<SlateId, ActId> = standing_in(acts, place)
        .filter_map(|a| match &a.act.deed {
            Deed::Canvass { slate, .. } => Some((slate.clone(), a.act.id.clone())),
            _ => None,
        })
        .collect();
    // Two canvasses that disagree show nobody ahead.
    if found.len() == 1 { found.into_iter().next() } else { None }
}

/// One slate by every certificate that stands. A rival that may have been issued
/// already makes the appointment uncertain, so it counts against it from `not_before`.
// Law: 3 U.S.C. § 6, text of 2018-12-31 (the executive certifies the electors appointed)
fn appointment(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId, t: Instant) -> Appointment {
    let certificates = |status: Status| {
        let of = acts.values().filter(move |a| a.status == status && begun(a, t));
        of.filter_map(|a| match &a.act.deed {
            Deed::Ascertain { place: p, slate, .. } if p == place => Some((slate.clone(), a.act.id.clone())),
            _ => None,
        })
    };
    let mut by: Vec<(Option<SlateId>, ActId)> = certificates(Status::Standing).collect();
    let Some((first, act)) = by.first().cloned() else { return Appointment::Unknown };
    by.extend(certificates(Status::Supported).filter(|(slate, _)| *slate != first));
    let named: BTreeSet<&Option<SlateId>> = by.iter().map(|(s, _)| s).collect();
    let acts_of = || by.iter().map(|(_, id)| id.clone()).collect();
    match (named.len(), first) {
        (1, Some(slate)) => Appointment::Appointed { slate, by: acts_of() },
        (1, None) => Appointment::NotAppointed { by: act },
        _ => Appointment::Contested { slates: named.into_iter().flatten().cloned().collect(), by: acts_of() },
    }
}

/// Votes of a slate nobody appointed are kept, shown, and have no effect.
fn mark_votes(
    law: &Law,
    acts: &mut BTreeMap<ActId, ActStanding>,
    place: &PlaceId,
    appointment: &Appointment,
    t: Instant,
    findings: &mut Vec<Finding>,
) {
    let row = law.authorities.iter().find(|r| r.needs == Some(Need::Appointment));
    if row.is_none() {
        return;
    }
    // What such votes lack is the appointment, so its provision is the one to cite.
    let cite = law.authorities.iter().find(|r| r.kind == Kind::Ascertain).map(|r| r.cite.clone());
    let former = former(acts, place);
    let mut cast = Vec::new();
    for a in acts.values_mut().filter(|a| place_of(&a.act.deed) == Some(place)) {
        let Deed::ElectorVote { slate, .. } = &a.act.deed else { continue };
        if !matches!(a.status, Status::Standing | Status::Supported) {
            continue;
        }
        if let Some((status, reason)) = no_effect(appointment, &former, slate) {
            a.status = status;
            a.reason = reason;
            a.cite.clone_from(&cite);
        } else if a.status == Status::Standing || begun(a, t) {
            cast.push((a.status != Status::Standing, a.act.id.clone(), a.act.deed.clone()));
        }
    }
    // Those that certainly stand first: a vote not yet certain makes no other a mere second copy.
    cast.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    one_certificate_of_vote(acts, &cast, findings);
}

/// The same votes twice are one vote; other votes of the same slate take away each other's effect.
fn one_certificate_of_vote(
    acts: &mut BTreeMap<ActId, ActStanding>,
    cast: &[(bool, ActId, Deed)],
    findings: &mut Vec<Finding>,
) {
    let Some(((uncertain, first, deed), rest)) = cast.split_first() else { return };
    if *uncertain {
        return;
    }
    for (_, other, other_deed) in rest {
        let same = deed == other_deed;
        let message = if same {
            format!("a second certificate of the votes in {first}")
        } else {
            format!(
                "the same slate gave other votes in {first} and in {other}; neither counts until one supersedes the other"
            )
        };
        findings.push(Finding {
            code: "two-certificates-of-vote",
            act: other.clone(),
            message: message.clone(),
        });
        for id in if same { vec![other] } else { vec![other, first] } {
            if let Some(a) = acts.get_mut(id) {
                a.status = Status::Void;
                a.reason.clone_from(&message);
            }
        }
    }
}

/// Slates whose certificate of appointment was ended, and how.
fn former(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId) -> BTreeMap<SlateId, String> {
    let ended = acts.values().filter_map(|a| match (&a.act.deed, &a.status) {
        (Deed::Ascertain { place: p, slate: Some(slate), .. }, Status::Ended { how, by }) if p == place => {
            Some((slate.clone(), format!("{}, which appointed {slate}, was {how} by {by}", a.act.id)))
        }
        _ => None,
    });
    ended.collect()
}

fn no_effect(
    appointment: &Appointment,
    former: &BTreeMap<SlateId, String>,
    slate: &SlateId,
) -> Option<(Status, String)> {
    let rivals = match appointment {
        Appointment::Appointed { slate: appointed, .. } if appointed == slate => return None,
        Appointment::Contested { slates, .. } => slates.as_slice(),
        _ => &[],
    };
    let names = rivals.iter().map(SlateId::as_str).collect::<Vec<_>>().join(" and ");
    if rivals.contains(slate) {
        return Some((Status::Void, format!("rival certificates of equal authority name {names}")));
    }
    if let Some(how) = former.get(slate) {
        return Some((Status::Void, how.clone()));
    }
    let why = match appointment {
        Appointment::Appointed { slate: appointed, .. } => format!(
            "purported; issuer not authorised: the standing certificate appoints {appointed}, not {slate}"
        ),
        Appointment::Unknown => {
            format!("no standing certificate of ascertainment names {slate} at this instant")
        }
        Appointment::Contested { .. } => {
            format!("purported; issuer not authorised: rival certificates name {names}, none names {slate}")
        }
        Appointment::NotAppointed { .. } => {
            "the standing certificate says that no electors were appointed".into()
        }
    };
    Some((Status::Unsupported, why))
}

fn standing_vote(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId) -> Option<(ActId, ByOffice)> {
    standing_in(acts, place).find_map(|a| match &a.act.deed {
        Deed::ElectorVote { votes, .. } => Some((a.act.id.clone(), votes.clone())),
        _ => None,
    })
}
