//! Papers that cannot have effect whatever else stands: they do not fit the law,
//! the slate, or the form the law asks for.
//!
//! Refuses to know when they were issued. Looked at before any act ends another,
//! so that a paper without effect ends nothing.

use std::collections::BTreeMap;

use crate::act::{ByOffice, Deed};
use crate::effect::{ActStanding, Finding, Status};
use crate::election::{Election, Slate};
use crate::ids::{ActId, CiteId, PlaceId, SlateId};
use crate::law::Law;

type Misfit = (Option<CiteId>, String);

/// Makes void what does not fit. Certificates are reported as findings too.
pub(crate) fn refuse(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    findings: &mut Vec<Finding>,
) {
    for a in acts.values_mut().filter(|a| matches!(a.status, Status::Standing | Status::Supported)) {
        let misfit = match &a.act.deed {
            Deed::Ascertain { place, slate: Some(slate) } | Deed::Canvass { place, slate, .. } => {
                misfit_slate(law, election, slate, place).err()
            }
            Deed::Ascertain { place, slate: None } if !law.places.contains_key(place) => {
                Some((None, format!("the law allots no electors to {place}")))
            }
            Deed::ElectorVote { place, slate, votes } => {
                misfit_slate(law, election, slate, place).and_then(|s| fits(s, votes)).err()
            }
            Deed::Object { signed_by, .. } => {
                let lacking = law.counting.objection_needs.iter().find(|c| !signed_by.contains(c));
                // Law: 3 U.S.C. § 15, text of 2018-12-31 ("signed by at least one Senator and one Member of the House")
                lacking.map(|chamber| {
                    let message = format!("not received: no member of the {chamber} signed it");
                    (Some(law.counting.cite.clone()), message)
                })
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

fn fits<'a>(slate: &'a Slate, votes: &ByOffice) -> Result<&'a Slate, Misfit> {
    let electors = size(slate);
    for (office, by_person) in votes {
        let cast = by_person.values().fold(0_u32, |n, v| n.saturating_add(*v));
        if cast > electors {
            let message = format!("{cast} votes for {office} by {electors} electors of {}", slate.id);
            return Err((None, message));
        }
    }
    Ok(slate)
}

fn size(slate: &Slate) -> u32 {
    slate.units.iter().fold(0_u32, |n, u| n.saturating_add(u.electors))
}
