//! Who is appointed in each jurisdiction, and whose votes count.
//!
//! The chain of appointment decides, never the claim: electors whose slate no
//! standing certificate names have no effect, however their paper looks.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{ByOffice, Deed};
use crate::effect::{ActStanding, Finding, Status};
use crate::election::{Election, Slate};
use crate::ids::{ActId, CiteId, OfficeId, PersonId, PlaceId, RoleId, SlateId};
use crate::instant::Instant;
use crate::law::{Law, Need, Rejects};
use crate::{At, Error};

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
    /// Objections to the vote on which the chambers have not both ruled.
    pub objections_pending: Vec<ActId>,
    /// Whether its vote was rejected at the count.
    pub rejected: bool,
}

/// Every jurisdiction of the law; marks the acts whose effect depends on appointment.
pub(crate) fn places(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    at: At,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<PlaceId, PlaceStanding>, Error> {
    refuse_misfits(law, election, acts, findings);
    mark_objections(law, acts);
    let mut places = BTreeMap::new();
    for p in law.places.values() {
        let appointment = appointment(acts, &p.code);
        let pledged = match &appointment {
            Appointment::Appointed { slate, .. } => pledges(election, slate)?,
            _ => BTreeMap::new(),
        };
        mark_votes(law, acts, &p.code, &appointment, findings);
        let vote = standing_vote(acts, &p.code);
        let votes = vote.as_ref().map(|(_, v)| v.clone()).unwrap_or_default();
        let vote = vote.map(|(id, _)| id);
        let mut place = PlaceStanding {
            place: p.code.clone(),
            electors: p.electors,
            canvassed: canvassed(acts, &p.code),
            appointment,
            pledged,
            vote,
            votes,
            objections_pending: Vec::new(),
            rejected: false,
        };
        rule_on_objections(law, acts, &mut place, at.effects);
        places.insert(p.code.clone(), place);
    }
    Ok(places)
}

/// The pledges of a slate added up by office and person.
fn pledges(election: &Election, slate: &SlateId) -> Result<ByOffice, Error> {
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
        Deed::Canvass { place, .. } | Deed::Ascertain { place, .. } | Deed::ElectorVote { place, .. } => {
            Some(place)
        }
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

// Law: 3 U.S.C. § 6, text of 2018-12-31 (the executive certifies the electors appointed)
fn appointment(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId) -> Appointment {
    let mut by: Vec<(Option<SlateId>, ActId)> = Vec::new();
    for a in standing_in(acts, place) {
        if let Deed::Ascertain { slate, .. } = &a.act.deed {
            by.push((slate.clone(), a.act.id.clone()));
        }
    }
    let named: BTreeSet<&Option<SlateId>> = by.iter().map(|(s, _)| s).collect();
    let acts_of = || by.iter().map(|(_, id)| id.clone()).collect();
    match (named.len(), by.first()) {
        (0, _) | (_, None) => Appointment::Unknown,
        (1, Some((Some(slate), _))) => Appointment::Appointed { slate: slate.clone(), by: acts_of() },
        (1, Some((None, id))) => Appointment::NotAppointed { by: id.clone() },
        _ => Appointment::Contested { slates: named.into_iter().flatten().cloned().collect(), by: acts_of() },
    }
}

/// Votes of a slate nobody appointed are kept, shown, and have no effect.
fn mark_votes(
    law: &Law,
    acts: &mut BTreeMap<ActId, ActStanding>,
    place: &PlaceId,
    appointment: &Appointment,
    findings: &mut Vec<Finding>,
) {
    let row = law.authorities.iter().find(|r| r.needs == Some(Need::Appointment));
    let Some(row) = row else { return };
    let mut cast = Vec::new();
    for a in acts.values_mut().filter(|a| place_of(&a.act.deed) == Some(place)) {
        let Deed::ElectorVote { slate, .. } = &a.act.deed else { continue };
        if !matches!(a.status, Status::Standing | Status::Supported) {
            continue;
        }
        if let Some((status, reason)) = no_effect(appointment, slate) {
            a.status = status;
            a.reason = reason;
            a.cite = Some(row.cite.clone());
        } else if a.status == Status::Standing {
            cast.push((a.act.id.clone(), a.act.deed.clone()));
        }
    }
    let Some(((first, deed), rest)) = cast.split_first() else { return };
    for (other, other_deed) in rest {
        let same = deed == other_deed;
        let message = if same {
            format!("a second certificate of the votes in {first}")
        } else {
            format!(
                "the same slate gave other votes in {first}; neither counts until one supersedes the other"
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

fn no_effect(appointment: &Appointment, slate: &SlateId) -> Option<(Status, String)> {
    match appointment {
        Appointment::Appointed { slate: appointed, .. } if appointed == slate => None,
        Appointment::Appointed { slate: appointed, .. } => Some((
            Status::Unsupported,
            format!(
                "purported; issuer not authorised: the standing certificate appoints {appointed}, not {slate}"
            ),
        )),
        Appointment::Unknown => Some((
            Status::Unsupported,
            format!("no standing certificate of ascertainment names {slate} at this instant"),
        )),
        Appointment::Contested { slates, .. } => {
            let names: Vec<&str> = slates.iter().map(SlateId::as_str).collect();
            Some((
                Status::Void,
                format!("rival certificates of equal authority name {}", names.join(" and ")),
            ))
        }
        Appointment::NotAppointed { .. } => Some((
            Status::Unsupported,
            "the standing certificate says that no electors were appointed".into(),
        )),
    }
}

fn standing_vote(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceId) -> Option<(ActId, ByOffice)> {
    standing_in(acts, place).find_map(|a| match &a.act.deed {
        Deed::ElectorVote { votes, .. } => Some((a.act.id.clone(), votes.clone())),
        _ => None,
    })
}

/// An objection not signed by a member of each chamber the law names is not received.
// Law: 3 U.S.C. § 15, text of 2018-12-31 ("signed by at least one Senator and one Member of the House")
fn mark_objections(law: &Law, acts: &mut BTreeMap<ActId, ActStanding>) {
    for a in acts.values_mut() {
        let Deed::Object { signed_by, .. } = &a.act.deed else { continue };
        let lacking = law.counting.objection_needs.iter().find(|c| !signed_by.contains(c));
        if let (Some(chamber), Status::Standing | Status::Supported) = (lacking, &a.status) {
            a.reason = format!("not received: no member of the {chamber} signed it");
            a.cite = Some(law.counting.cite.clone());
            a.status = Status::Void;
        }
    }
}

/// A vote falls when as many chambers sustain an objection as the law asks.
// Law: 3 U.S.C. § 15, text of 2018-12-31
fn rule_on_objections(law: &Law, acts: &BTreeMap<ActId, ActStanding>, place: &mut PlaceStanding, t: Instant) {
    let Some(vote) = place.vote.clone() else { return };
    let objections = acts.values().filter(|a| {
        let to = matches!(&a.act.deed, Deed::Object { of: Some(of), .. } if *of == vote);
        to && matches!(a.status, Status::Standing | Status::Supported) && begun(a, t)
    });
    let mut rejected = false;
    for objection in objections {
        let ruled = |role: &RoleId, sustained: Option<bool>| {
            acts.values().any(|a| match &a.act.deed {
                Deed::Rule { of, chamber } => {
                    *of == objection.act.id
                        && a.status == Status::Standing
                        && a.act.issuer.as_str() == role.as_str()
                        && sustained.is_none_or(|s| s == chamber.sustained)
                }
                _ => false,
            })
        };
        let mut chambers = law.counting.chambers.iter();
        let falls = match law.counting.rejects {
            Rejects::EveryChamber => chambers.all(|c| ruled(c, Some(true))),
            Rejects::AnyChamber => chambers.any(|c| ruled(c, Some(true))),
        };
        rejected |= falls;
        if !law.counting.chambers.iter().all(|c| ruled(c, None)) {
            place.objections_pending.push(objection.act.id.clone());
        }
    }
    if rejected {
        place.rejected = true;
        place.votes.clear();
    }
}

fn begun(a: &ActStanding, t: Instant) -> bool {
    a.act.effective.not_before.is_none_or(|b| b.at <= t)
}

/// Certificates that do not fit the law or the slate have no effect and are reported.
fn refuse_misfits(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    findings: &mut Vec<Finding>,
) {
    for a in acts.values_mut() {
        let misfit = match &a.act.deed {
            Deed::Ascertain { place, slate: Some(slate) } | Deed::Canvass { place, slate, .. } => {
                misfit_slate(law, election.slates.get(slate), place)
            }
            Deed::ElectorVote { place, slate, votes } => {
                let slate = election.slates.get(slate);
                misfit_slate(law, slate, place).or_else(|| slate.and_then(|s| too_many(s, votes)))
            }
            _ => None,
        };
        if let Some((cite, message)) = misfit {
            findings.push(Finding { code: "does-not-fit", act: a.act.id.clone(), message: message.clone() });
            a.status = Status::Void;
            a.reason = message;
            a.cite = cite.or_else(|| a.cite.take());
        }
    }
}

fn misfit_slate(law: &Law, slate: Option<&Slate>, place: &PlaceId) -> Option<(Option<CiteId>, String)> {
    let slate = slate?;
    let Some(allotted) = law.places.get(place) else {
        return Some((None, format!("the law allots no electors to {place}")));
    };
    if slate.place != *place {
        return Some((None, format!("{} is a slate of {}, not of {place}", slate.id, slate.place)));
    }
    let electors = size(slate)?;
    (electors > allotted.electors).then(|| {
        let message =
            format!("{} has {electors} electors, {place} is allotted {}", slate.id, allotted.electors);
        (Some(allotted.cite.clone()), message)
    })
}

fn too_many(slate: &Slate, votes: &ByOffice) -> Option<(Option<CiteId>, String)> {
    let electors = size(slate)?;
    votes.iter().find_map(|(office, by_person)| {
        let cast = by_person.values().try_fold(0_u32, |n, v| n.checked_add(*v)).unwrap_or(u32::MAX);
        (cast > electors)
            .then(|| (None, format!("{cast} votes for {office} by {electors} electors of {}", slate.id)))
    })
}

fn size(slate: &Slate) -> Option<u32> {
    slate.units.iter().try_fold(0_u32, |n, u| n.checked_add(u.electors))
}
