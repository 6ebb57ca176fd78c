//! Papers that cannot have effect whatever else stands: they do not fit the law,
//! the slate, or the form the law asks for.
//!
//! Refuses to know when they were issued. Looked at before any act ends another,
//! so that a paper without effect ends nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Ballot, ByOffice, Deed, Signers};
use crate::counting::{BallotRule, SignedBy};
use crate::effect::{ActStanding, Finding, Status};
use crate::election::{Election, Slate};
use crate::ids::{ActId, CiteId, OfficeId, PersonId, PlaceId, RoleId, SlateId};
use crate::instant::Instant;
use crate::law::Law;

type Misfit = (Option<CiteId>, String);

/// Makes void what does not fit. Certificates are reported as findings too.
pub(crate) fn refuse(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    findings: &mut Vec<Finding>,
) {
    let closes = law.counting.certificate_closes.as_deref();
    let closes = closes.and_then(|id| law.date(id, election.year, &election.zone)).map(|d| d.ends);
    for a in acts.values_mut().filter(|a| matches!(a.status, Status::Standing | Status::Supported)) {
        let misfit = match &a.act.deed {
            Deed::Ascertain { .. } if late(closes, a) => {
                let message =
                    "issued after the day from which no certificate of appointment counts".to_owned();
                let cite = law.counting.certificate_cite.as_ref().unwrap_or(&law.counting.cite);
                Some((Some(cite.clone()), message))
            }
            Deed::Ascertain { place, slate: Some(slate), .. } | Deed::Canvass { place, slate, .. } => {
                misfit_slate(law, election, slate, place).err()
            }
            Deed::Ascertain { place, slate: None, .. } if !law.places.contains_key(place) => {
                Some((None, format!("the law allots no electors to {place}")))
            }
            Deed::ElectorVote { place, slate, votes, ballots } => {
                misfit_slate(law, election, slate, place).and_then(|s| fits(law, s, votes, ballots)).err()
            }
            Deed::Object { signed_by, signers, .. } => {
                let lacking = law.counting.objection_needs.iter();
                let lacking = lacking.filter_map(|chamber| not_received(law, chamber, signed_by, signers));
                lacking.map(|message| (Some(law.counting.cite.clone()), message)).next()
            }
            _ => None,
        };
        let Some((cite, message)) = misfit else { continue };
        if !matches!(a.act.deed, Deed::Object { .. }) {
            findings.push(Finding { code: "does-not-fit", act: a.act.id.clone(), message: message.clone() });
        }
        a.status = Status::Void;
        a.reason = message;
        a.cite = cite.or_else(|| a.cite.take());
    }
}

/// A certificate that cannot have been issued in time, where the law sets a time.
// Law: 3 U.S.C. § 5(c)(1)(B), text of 2022-12-29
fn late(closes: Option<Instant>, a: &ActStanding) -> bool {
    closes.is_some_and(|closes| a.act.issued.not_before.is_some_and(|b| b.at > closes))
}

fn misfit_slate<'a>(
    law: &Law,
    election: &'a Election,
    id: &SlateId,
    place: &PlaceId,
) -> Result<&'a Slate, Misfit> {
    let allotted =
        law.places.get(place).ok_or_else(|| (None, format!("the law allots no electors to {place}")))?;
    let slate =
        election.slates.get(id).ok_or_else(|| (None, format!("{id} is no slate of this election")))?;
    if slate.place != *place {
        return Err((None, format!("{} is a slate of {}, not of {place}", slate.id, slate.place)));
    }
    let electors = size(slate);
    if electors > allotted.electors {
        let message =
            format!("{} has {electors} electors, {place} is allotted {}", slate.id, allotted.electors);
        return Err((Some(allotted.cite.clone()), message));
    }
    Ok(slate)
}

/// What an objection lacks to be received.
// Law: 3 U.S.C. § 15, text of 2018-12-31 ("signed by at least one Senator and one Member of the House")
// Law: 3 U.S.C. § 15(d)(2)(B), text of 2022-12-29 ("at least one-fifth of the Senators duly chosen and sworn")
fn not_received(
    law: &Law,
    chamber: &RoleId,
    signed_by: &[RoleId],
    signers: &BTreeMap<RoleId, Signers>,
) -> Option<String> {
    if !signed_by.contains(chamber) {
        return Some(format!("not received: no member of the {chamber} signed it"));
    }
    if law.counting.objection_signed_by == SignedBy::OneMember {
        return None;
    }
    let Some(s) = signers.get(chamber) else {
        return Some(format!(
            "not received: how many of the {chamber} signed it is not stated, and one fifth must"
        ));
    };
    let enough = u64::from(s.signed).saturating_mul(5) >= u64::from(s.sworn);
    (!enough).then(|| {
        format!("not received: {} of {} of the {chamber} signed it, fewer than one fifth", s.signed, s.sworn)
    })
}

/// Votes that so many electors can have given: on each list of the law, one each, or two for two persons.
fn fits<'a>(law: &Law, slate: &'a Slate, votes: &ByOffice, ballots: &[Ballot]) -> Result<&'a Slate, Misfit> {
    let electors = size(slate);
    let each = if law.counting.ballot == BallotRule::Separate { 1 } else { 2 };
    for (office, by_person) in votes {
        if !law.offices.iter().any(|o| law.counting.list_of(&o.id) == office) {
            let message = format!("votes for `{office}`: the law has no such list; it has {}", lists(law));
            return Err((Some(law.majority_cite.clone()), message));
        }
        let cast = by_person.values().fold(0_u32, |n, v| n.saturating_add(*v));
        if cast > electors.saturating_mul(each) {
            let message = format!("{cast} votes for {office} by {electors} electors of {}", slate.id);
            return Err((Some(law.majority_cite.clone()), message));
        }
        if let Some((person, n)) = by_person.iter().find(|(_, n)| **n > electors) {
            let message = format!(
                "{n} votes for {person} by {electors} electors of {}: nobody votes for a person twice",
                slate.id
            );
            return Err((Some(law.majority_cite.clone()), message));
        }
    }
    match votes_twice(votes, ballots) {
        Some(message) => Err((Some(law.majority_cite.clone()), message)),
        None => Ok(slate),
    }
}

fn lists(law: &Law) -> String {
    let names: BTreeSet<&str> = law.offices.iter().map(|o| law.counting.list_of(&o.id).as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// An elector named twice, or more votes by named electors than the certificate has.
fn votes_twice(votes: &ByOffice, ballots: &[Ballot]) -> Option<String> {
    let mut seen = BTreeSet::new();
    if let Some(b) = ballots.iter().find(|b| !seen.insert(b.elector.as_str())) {
        return Some(format!("{} votes twice", b.elector));
    }
    let mut named: BTreeMap<(&OfficeId, &PersonId), u32> = BTreeMap::new();
    for (office, person) in ballots.iter().flat_map(|b| &b.votes) {
        let Some(person) = person else { continue };
        let n = named.entry((office, person)).or_default();
        *n = n.saturating_add(1);
    }
    let of =
        |office, person| votes.get(office).and_then(|v: &BTreeMap<_, _>| v.get(person)).copied().unwrap_or(0);
    named.into_iter().find(|((office, person), n)| *n > of(*office, *person)).map(|((office, person), n)| {
        format!(
            "{n} electors are named as voting for {person} as {office}; the certificate has {}",
            of(office, person)
        )
    })
}

pub(crate) fn size(slate: &Slate) -> u32 {
    slate.units.iter().fold(0_u32, |n, u| n.saturating_add(u.electors))
}
