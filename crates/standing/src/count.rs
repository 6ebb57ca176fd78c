//! Objections at the count, and the votes that fall by them.
//!
//! Refuses to know on what ground an objection is made.

use std::collections::BTreeMap;

use crate::act::Deed;
use crate::appointment::PlaceStanding;
use crate::effect::{ActStanding, Status};
use crate::election::Election;
use crate::ids::{ActId, RoleId};
use crate::instant::Instant;
use crate::law::{Law, Rejects};

/// A vote falls when as many chambers sustain an objection as the law asks. It
/// counts for nobody from when they may have done so; that it is rejected, and
/// with that perhaps leaves the base, counts from when they certainly have.
// Law: 3 U.S.C. § 15, text of 2018-12-31
pub(crate) fn rule_on_objections(
    law: &Law,
    election: &Election,
    acts: &mut BTreeMap<ActId, ActStanding>,
    place: &mut PlaceStanding,
    t: Instant,
) {
    let Some(vote) = place.vote.clone() else { return };
    let (mut possibly, mut certainly) = (None, None);
    for objection in acts.values().filter(|a| is_objection_to(a, &vote) && begun(a, t)) {
        let rulings = Rulings { law, election, acts, objection: &objection.act.id, t };
        if rulings.reject(false) {
            possibly = Some(objection.act.id.clone());
        }
        if objection.status == Status::Standing && rulings.reject(true) {
            certainly = Some(objection.act.id.clone());
        }
        if !law.counting.chambers.iter().all(|c| rulings.ruled(c, None, true)) {
            place.objections_pending.push(objection.act.id.clone());
        }
    }
    let Some(act) = acts.get_mut(&vote) else { return };
    let because = match (possibly, certainly) {
        (_, Some(objection)) => {
            place.rejected = true;
            act.status = Status::Void;
            format!("rejected at the count: {objection} was sustained")
        }
        (Some(objection), None) => {
            place.vote = None;
            act.status = Status::Supported;
            format!("{objection} may have been sustained at the count")
        }
        (None, None) => return,
    };
    place.votes.clear();
    act.reason = because;
    act.cite = Some(law.counting.cite.clone());
}

fn is_objection_to(a: &ActStanding, vote: &ActId) -> bool {
    matches!(&a.act.deed, Deed::Object { of: Some(of), .. } if of == vote)
        && matches!(a.status, Status::Standing | Status::Supported)
}

fn begun(a: &ActStanding, t: Instant) -> bool {
    a.act.effective.not_before.is_none_or(|b| b.at <= t)
}

struct Rulings<'a> {
    law: &'a Law,
    election: &'a Election,
    acts: &'a BTreeMap<ActId, ActStanding>,
    objection: &'a ActId,
    t: Instant,
}

impl Rulings<'_> {
    fn reject(&self, certain: bool) -> bool {
        let sustained = |c: &RoleId| self.ruled(c, Some(true), certain);
        let mut chambers = self.law.counting.chambers.iter();
        match self.law.counting.rejects {
            Rejects::EveryChamber => chambers.all(sustained),
            Rejects::AnyChamber => chambers.any(sustained),
        }
    }

    fn ruled(&self, chamber: &RoleId, sustained: Option<bool>, certain: bool) -> bool {
        self.acts.values().any(|a| {
            let Deed::Rule { of, chamber: division } = &a.act.deed else { return false };
            let by = self.election.issuers.get(&a.act.issuer).is_some_and(|i| i.role == *chamber);
            let in_effect = match a.status {
                Status::Standing => true,
                Status::Supported => !certain && begun(a, self.t),
                _ => false,
            };
            of == self.objection && by && in_effect && sustained.is_none_or(|s| s == division.sustained)
        })
    }
}
