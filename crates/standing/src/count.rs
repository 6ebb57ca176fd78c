//! Objections at the count, and the votes that fall by them.
//!
//! Refuses to know whether an objection is well founded.

use std::collections::BTreeMap;

use crate::act::{ByOffice, Deed};
use crate::appointment::PlaceStanding;
use crate::counting::{Ground, LeaveBase};
use crate::effect::{ActStanding, Status};
use crate::ids::{ActId, CiteId, OfficeId, PersonId};
use crate::law::Law;
use crate::rulings::Rulings;

/// Votes that were given and are not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCounted {
    /// The office, or the list of a double ballot.
    pub office: OfficeId,
    /// For whom.
    pub person: PersonId,
    /// How many.
    pub votes: u32,
    /// The certificate of vote.
    pub act: ActId,
    /// Why, in words.
    pub reason: String,
    /// The objection by which they fell, if by one.
    pub objection: Option<ActId>,
    /// The provision.
    pub cite: CiteId,
}

/// A vote falls when as many chambers sustain an objection as the law asks. It
/// counts for nobody from when they may have done so; that it is rejected, and
/// with that perhaps leaves the base, counts from when they certainly have.
// Law: 3 U.S.C. § 15, text of 2018-12-31
pub(crate) fn rule_on_objections(
    seen: &Rulings<'_>,
    law: &Law,
    acts: &mut BTreeMap<ActId, ActStanding>,
    returns: &[ActId],
    place: &mut PlaceStanding,
) {
    if place.alternative.is_some() {
        // Both Houses have ordered how the votes are announced: no objection takes them away.
        return;
    }
    let Some(vote) = place.vote.clone() else {
        rule_on_returns(seen, law, acts, returns, place);
        return;
    };
    for f in fallen(seen, &vote, place) {
        apply(law, acts, &vote, f, place);
    }
}

/// What an objection takes from a certificate.
struct Fallen {
    objection: ActId,
    /// The votes, if not all.
    votes_for: Option<(OfficeId, PersonId)>,
    ground: Option<Ground>,
    certain: bool,
}

fn fallen(seen: &Rulings<'_>, vote: &ActId, place: &mut PlaceStanding) -> Vec<Fallen> {
    let mut fallen = Vec::new();
    for objection in seen.objections_to(vote) {
        let id = &objection.act.id;
        let Deed::Object { votes_for, ground, .. } = &objection.act.deed else { continue };
        let certain = objection.status == Status::Standing && seen.falls(id, true);
        if certain || seen.falls(id, false) {
            let (objection, votes_for, ground) = (id.clone(), votes_for.clone(), *ground);
            fallen.push(Fallen { objection, votes_for, ground, certain });
        }
        if !seen.every(id, None, true) {
            place.objections_pending.push(id.clone());
        }
    }
    // What is certain first: it says more.
    fallen.sort_by_key(|f| (!f.certain, f.votes_for.is_some()));
    fallen
}

fn apply(
    law: &Law,
    acts: &mut BTreeMap<ActId, ActStanding>,
    vote: &ActId,
    f: Fallen,
    place: &mut PlaceStanding,
) {
    if place.votes.is_empty() && (place.rejected || place.vote.is_none()) {
        return;
    }
    let Some(act) = acts.get_mut(vote) else { return };
    let reason = format!("rejected at the count: {} was sustained", f.objection);
    let uncertain = format!("{} may have been sustained at the count", f.objection);
    act.cite = Some(law.counting.cite.clone());
    match (f.votes_for, f.certain) {
        (None, true) => {
            not_counted(law, &place.votes, vote, (&reason, Some(&f.objection)), &mut place.not_counted);
            place.votes.clear();
            place.rejected = true;
            place.leaves_base = match law.counting.rejected_leave_base {
                LeaveBase::Never => false,
                LeaveBase::Always => true,
                LeaveBase::NotLawfullyCertified => f.ground == Some(Ground::NotLawfullyCertified),
            };
            act.status = Status::Void;
            act.reason = reason;
        }
        (None, false) => {
            place.votes.clear();
            place.vote = None;
            act.status = Status::Supported;
            act.reason = uncertain;
        }
        (Some((office, person)), certain) => {
            let some = place.votes.get_mut(&office).and_then(|v| Some((person.clone(), v.remove(&person)?)));
            let Some((person, n)) = some else { return };
            let reason = if certain { reason } else { uncertain };
            act.reason = format!("{}; {n} for {person} as {office}: {reason}", act.reason);
            let votes = ByOffice::from([(office, BTreeMap::from([(person, n)]))]);
            not_counted(law, &votes, vote, (&reason, Some(&f.objection)), &mut place.not_counted);
        }
    }
}

/// Returns none of which stands: each may be rejected besides. No elector is counted twice, so the votes
/// not counted are those of one return: the first rejected, or else the first whose electors were certified, or
/// else the first.
fn rule_on_returns(
    seen: &Rulings<'_>,
    law: &Law,
    acts: &mut BTreeMap<ActId, ActStanding>,
    returns: &[ActId],
    place: &mut PlaceStanding,
) {
    let mut rejected = BTreeMap::new();
    for id in returns {
        let objections = || seen.objections_to(id).filter(|o| o.status == Status::Standing);
        let sustained = objections().find(|o| seen.falls(&o.act.id, true));
        rejected.extend(sustained.map(|o| (id, o.act.id.clone())));
        let open = objections().filter(|o| !seen.every(&o.act.id, None, true));
        place.objections_pending.extend(open.map(|o| o.act.id.clone()));
    }
    place.rejected = !rejected.is_empty() && rejected.len() == returns.len();
    for (id, objection) in &rejected {
        if let Some(a) = acts.get_mut(*id) {
            a.status = Status::Void;
            a.reason = format!("rejected at the count: {objection} was sustained");
            a.cite = Some(law.counting.cite.clone());
        }
    }
    let certified = |id: &&ActId| acts.get(*id).is_some_and(|a| a.status == Status::Void);
    let first =
        returns.iter().find(|id| rejected.contains_key(id)).or_else(|| returns.iter().find(certified));
    let first = first.or_else(|| returns.first());
    let Some(a) = first.and_then(|id| acts.get(id)) else { return };
    if let Deed::ElectorVote { votes, .. } = &a.act.deed {
        not_counted(law, votes, &a.act.id, (&a.reason, rejected.get(&a.act.id)), &mut place.not_counted);
    }
}

/// Notes the votes of a certificate as given and not counted.
pub(crate) fn not_counted(
    law: &Law,
    votes: &ByOffice,
    act: &ActId,
    (reason, objection): (&str, Option<&ActId>),
    into: &mut Vec<NotCounted>,
) {
    for (office, by_person) in votes {
        for (person, n) in by_person {
            into.push(NotCounted {
                office: office.clone(),
                person: person.clone(),
                votes: *n,
                act: act.clone(),
                reason: reason.to_owned(),
                objection: objection.cloned(),
                cite: law.counting.cite.clone(),
            });
        }
    }
}
