//! Who has ruled on an objection, how, and whether that is certain by T.
//!
//! Refuses to know what an objection is about and what follows from a ruling.

use std::collections::BTreeMap;

use crate::act::Deed;
use crate::counting::{Counting, Rejects};
use crate::effect::{ActStanding, Status};
use crate::election::Election;
use crate::ids::{ActId, RoleId};
use crate::instant::Instant;

/// The objections and rulings among the acts, looked at from one instant.
pub(crate) struct Rulings<'a> {
    pub(crate) counting: &'a Counting,
    pub(crate) election: &'a Election,
    pub(crate) acts: &'a BTreeMap<ActId, ActStanding>,
    pub(crate) t: Instant,
}

impl<'a> Rulings<'a> {
    /// Objections to an act that have begun, received or perhaps so.
    pub(crate) fn objections_to<'b>(
        &'b self,
        target: &'b ActId,
    ) -> impl Iterator<Item = &'a ActStanding> + 'b {
        self.acts.values().filter(move |a| {
            matches!(&a.act.deed, Deed::Object { of: Some(of), .. } if of == target)
                && matches!(a.status, Status::Standing | Status::Supported)
                && begun(a, self.t)
        })
    }

    /// Whether a chamber or body has ruled on an objection, and so; `certain` or perhaps.
    pub(crate) fn ruled(
        &self,
        objection: &ActId,
        by: &RoleId,
        sustained: Option<bool>,
        certain: bool,
    ) -> bool {
        self.ruling(objection, by, sustained, certain).is_some()
    }

    /// The ruling itself.
    pub(crate) fn ruling(
        &self,
        objection: &ActId,
        by: &RoleId,
        sustained: Option<bool>,
        certain: bool,
    ) -> Option<&'a ActStanding> {
        self.acts.values().find(|a| {
            let Deed::Rule { of, chamber } = &a.act.deed else { return false };
            of == objection
                && self.election.issuers.get(&a.act.issuer).is_some_and(|i| i.role == *by)
                && sustained.is_none_or(|s| s == chamber.sustained)
                && match a.status {
                    Status::Standing => true,
                    Status::Supported => !certain && begun(a, self.t),
                    _ => false,
                }
        })
    }

    /// Whether every chamber has ruled so.
    pub(crate) fn every(&self, objection: &ActId, sustained: Option<bool>, certain: bool) -> bool {
        self.counting.chambers.iter().all(|c| self.ruled(objection, c, sustained, certain))
    }

    /// Whether what is objected to falls, as the law asks one chamber or all.
    // Law: 3 U.S.C. § 15, text of 2018-12-31
    // Law: Twenty-second Joint Rule, text of 1865-02-06
    pub(crate) fn falls(&self, objection: &ActId, certain: bool) -> bool {
        match self.counting.rejects {
            Rejects::EveryChamber => self.every(objection, Some(true), certain),
            Rejects::AnyChamber => {
                self.counting.chambers.iter().any(|c| self.ruled(objection, c, Some(true), certain))
            }
        }
    }
}

pub(crate) fn begun(a: &ActStanding, t: Instant) -> bool {
    a.act.effective.not_before.is_none_or(|b| b.at <= t)
}
