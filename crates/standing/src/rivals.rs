//! Several returns from one place: which of them is counted, where something
//! else than the certificate of appointment settles it.
//!
//! Refuses to know what is objected to a return, and to prefer one.

use std::collections::BTreeMap;

use crate::act::Deed;
use crate::appointment::{Appointment, PlaceStanding, pledges};
use crate::counting::Rivals;
use crate::effect::{ActStanding, Status};
use crate::election::Election;
use crate::ids::{ActId, RoleId, SlateId};
use crate::instant::Instant;
use crate::law::Law;
use crate::rulings::Rulings;
use crate::{Error, rulings};

/// Sets the place's return to the one that those who decide have decided for.
/// `returns` are the certificates of vote in due form, whoever certified their electors.
pub(crate) fn settle(
    seen: &Rulings<'_>,
    law: &Law,
    acts: &mut BTreeMap<ActId, ActStanding>,
    returns: &[ActId],
    place: &mut PlaceStanding,
) -> Result<(), Error> {
    let decided = match &law.counting.rivals {
        Rivals::Certificate => None,
        Rivals::ChambersAgree => agreed(seen, returns),
        Rivals::DecidedBy(body) => decided_by(seen, returns, body),
    };
    let Some(Decided { chosen, by, certain }) = decided.filter(|_| returns.len() > 1) else { return Ok(()) };
    if !certain {
        // Another return may have been decided for already: the one that stands supports nothing.
        if place.vote.as_ref() != Some(&chosen) {
            place.vote = None;
            place.votes.clear();
        }
        return Ok(());
    }
    let Some(Deed::ElectorVote { slate, votes, .. }) = acts.get(&chosen).map(|a| a.act.deed.clone()) else {
        return Ok(());
    };
    let names = by.iter().map(ActId::as_str).collect::<Vec<_>>().join(", ");
    for id in returns {
        let Some(a) = acts.get_mut(id) else { continue };
        let counted = *id == chosen;
        a.status = if counted { Status::Standing } else { Status::Void };
        a.reason = if counted {
            format!("decided for by {names}")
        } else {
            format!("another return, {chosen}, was decided for by {names}")
        };
        a.cite = Some(law.counting.rivals_cite.as_ref().unwrap_or(&law.counting.cite).clone());
    }
    take(seen.election, place, chosen, &slate, by)?;
    place.votes = votes;
    Ok(())
}

fn take(
    election: &Election,
    place: &mut PlaceStanding,
    chosen: ActId,
    slate: &SlateId,
    by: Vec<ActId>,
) -> Result<(), Error> {
    let certified = matches!(&place.appointment, Appointment::Appointed { slate: s, .. } if s == slate);
    if !certified {
        place.appointment = Appointment::Appointed { slate: slate.clone(), by };
        place.pledged = pledges(election, slate)?;
    }
    place.vote = Some(chosen);
    Ok(())
}

struct Decided {
    chosen: ActId,
    by: Vec<ActId>,
    certain: bool,
}

/// The one return to which every chamber has overruled each objection, while
/// every chamber has sustained an objection to each of the others.
// Law: 24 Stat. 373 § 4, text of 1887-02-03 ("those votes, and those only, shall be counted which the two Houses shall concurrently decide")
fn agreed(seen: &Rulings<'_>, returns: &[ActId]) -> Option<Decided> {
    let overruled = |r: &ActId| {
        let mut objections = seen.objections_to(r).peekable();
        objections.peek().is_some() && objections.all(|o| seen.every(&o.act.id, Some(false), true))
    };
    let refused = |r: &ActId| seen.objections_to(r).any(|o| seen.every(&o.act.id, Some(true), true));
    let mut found = returns.iter().filter(|r| overruled(r) && returns.iter().all(|o| o == *r || refused(o)));
    let chosen = found.next().filter(|_| found.next().is_none())?.clone();
    let rulings = seen.objections_to(&chosen).flat_map(|o| {
        let chambers = seen.counting.chambers.iter();
        chambers.filter_map(move |c| seen.ruling(&o.act.id, c, Some(false), true)).map(|a| a.act.id.clone())
    });
    let by = rulings.collect();
    Some(Decided { chosen, by, certain: true })
}

/// The return to which the body has overruled an objection, its decision not
/// being set aside by every chamber.
// Law: 19 Stat. 227 § 2, text of 1877-01-29
fn decided_by(seen: &Rulings<'_>, returns: &[ActId], body: &RoleId) -> Option<Decided> {
    let of = |r: &ActId, certain: bool| {
        let mut objections = seen.objections_to(r);
        objections.find_map(|o| {
            let ruling = seen.ruling(&o.act.id, body, Some(false), certain)?;
            let set_aside =
                seen.objections_to(&ruling.act.id).any(|x| seen.every(&x.act.id, Some(true), certain));
            (!set_aside).then(|| ruling.act.id.clone())
        })
    };
    for certain in [true, false] {
        let mut found = returns.iter().filter_map(|r| Some((r.clone(), of(r, certain)?)));
        if let (Some((chosen, ruling)), None) = (found.next(), found.next()) {
            return Some(Decided { chosen, by: vec![ruling], certain });
        }
    }
    None
}

/// The certificates of vote of a place that are in due form and certain, before anybody asks who appointed.
pub(crate) fn returns(acts: &BTreeMap<ActId, ActStanding>, place: &PlaceStanding, t: Instant) -> Vec<ActId> {
    let of_place = |a: &&ActStanding| {
        matches!(&a.act.deed, Deed::ElectorVote { place: p, .. } if *p == place.place)
            && a.status == Status::Standing
            && rulings::begun(a, t)
    };
    acts.values().filter(of_place).map(|a| a.act.id.clone()).collect()
}
