//! For every act, whether it stands and why.
//!
//! Three questions in order: which reading of it is followed, may its issuer
//! do it, has it begun and not been ended. Refuses to know what the acts add
//! up to.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Deed, UndoHow};
use crate::authority::authority_for;
use crate::election::Election;
use crate::ids::{ActId, AttesterId, CiteId, StatementId};
use crate::instant::Instant;
use crate::law::{Authority, Law, Need};
use crate::statement::Statement;
use crate::{At, Evidence, ended, misfit};

/// How far an act has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Attested, but without effect.
    Unsupported,
    /// By a competent issuer, not yet certain to be in effect, or of a kind without effect.
    Supported,
    /// In effect.
    Standing,
    /// Ended by another act.
    Ended {
        /// In what manner.
        how: UndoHow,
        /// By which act.
        by: ActId,
    },
    /// Cast or issued in form, but the law gives it no effect.
    Void,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported => f.write_str("unsupported"),
            Self::Supported => f.write_str("supported"),
            Self::Standing => f.write_str("standing"),
            Self::Ended { how, .. } => how.fmt(f),
            Self::Void => f.write_str("void"),
        }
    }
}

/// A step of reasoning: the act, the statement it was read from, the provision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// The act.
    pub act: ActId,
    /// Index of the statement in the record.
    pub statement: u64,
    /// The provision.
    pub cite: String,
}

/// An act with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActStanding {
    /// The act, in the reading followed.
    pub act: Act,
    /// Index of the statement followed.
    pub statement: u64,
    /// Since when the attester knew.
    pub known_at: Instant,
    /// Whether it stands.
    pub status: Status,
    /// Why, in words.
    pub reason: String,
    /// The provision the reason rests on.
    pub cite: Option<CiteId>,
}

/// Something a reader should look at. Never an error and never repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// The act concerned.
    pub act: ActId,
    /// In words.
    pub message: String,
}

/// The reading followed for each act known by K.
pub(crate) struct Readings<'a> {
    pub(crate) followed: BTreeMap<ActId, &'a Statement>,
    pub(crate) findings: Vec<Finding>,
}

/// For each act the earliest reading of an enrolled attester, unless its attester amended it.
pub(crate) fn readings(evidence: &Evidence, known: Instant) -> Readings<'_> {
    let mut visible: Vec<&Statement> = evidence.statements.iter().filter(|s| s.known_at <= known).collect();
    // Equal `known_at` is one batch: order within it must not matter.
    visible.sort_by(|a, b| {
        (a.known_at, &a.id, &a.attester, a.index).cmp(&(b.known_at, &b.id, &b.attester, b.index))
    });
    let mut findings = Vec::new();
    let (enrolled, strangers): (Vec<_>, Vec<_>) =
        visible.into_iter().partition(|s| evidence.enrolled.contains(&s.attester));
    for s in strangers {
        let message =
            format!("statement {} by {}, who is not in the trust list, has no effect", s.id, s.attester);
        findings.push(Finding { code: "attester-not-enrolled", act: s.act.id.clone(), message });
    }
    let amended = amended(&enrolled, &mut findings);
    let mut followed: BTreeMap<ActId, &Statement> = BTreeMap::new();
    for s in enrolled.into_iter().filter(|s| !amended.contains(&(&s.attester, &s.id))) {
        match followed.get(&s.act.id) {
            None => drop(followed.insert(s.act.id.clone(), s)),
            Some(first) if !same_act(&first.act, &s.act) => findings.push(Finding {
                code: "attesters-disagree",
                act: s.act.id.clone(),
                message: format!(
                    "statement {} reads the act otherwise than {}, which is followed",
                    s.id, first.id
                ),
            }),
            Some(_) => {}
        }
    }
    Readings { followed, findings }
}

type Named<'a> = (&'a AttesterId, &'a StatementId);

/// The statements their own attester replaced. One that names itself, a later
/// one, or one that leads back to it replaces nothing: no act may vanish so.
fn amended<'a>(enrolled: &[&'a Statement], findings: &mut Vec<Finding>) -> BTreeSet<Named<'a>> {
    let by_name: BTreeMap<Named<'a>, &Statement> =
        enrolled.iter().map(|s| ((&s.attester, &s.id), *s)).collect();
    let mut amended = BTreeSet::new();
    for s in enrolled {
        let Some(id) = &s.amends else { continue };
        match by_name.get(&(&s.attester, id)) {
            Some(target) if target.known_at <= s.known_at && !leads_to(&by_name, target, s) => {
                amended.insert((&s.attester, id));
            }
            _ => findings.push(Finding {
                code: "amends-nothing",
                act: s.act.id.clone(),
                message: format!("statement {} amends {id}, no earlier statement of its attester", s.id),
            }),
        }
    }
    amended
}

const LONGEST_CIRCLE: usize = 64;

fn leads_to(by_name: &BTreeMap<Named<'_>, &Statement>, from: &Statement, to: &Statement) -> bool {
    let mut at = from;
    for _ in 0..LONGEST_CIRCLE {
        if at.id == to.id {
            return true;
        }
        let next = at.amends.as_ref().and_then(|id| by_name.get(&(&at.attester, id)));
        // A circle lies within one batch: outside it the amended is always earlier.
        let Some(next) = next.filter(|n| n.known_at == to.known_at) else { return false };
        at = next;
    }
    true
}

/// A remark is the attester's, not the act's.
fn same_act(a: &Act, b: &Act) -> bool {
    let bare = |act: &Act| Act { note: None, ..act.clone() };
    a == b || bare(a) == bare(b)
}

/// Every act with its status, as far as it can be told without looking at appointments.
pub(crate) fn authorised(
    law: &Law,
    election: &Election,
    readings: &Readings<'_>,
    at: At,
    findings: &mut Vec<Finding>,
) -> BTreeMap<ActId, ActStanding> {
    let mut acts: BTreeMap<ActId, ActStanding> =
        readings.followed.iter().map(|(id, s)| (id.clone(), by_authority(law, election, s, at))).collect();
    misfit::refuse(law, election, &mut acts, findings);
    let ended = ended::ended(law, election, &acts, at);
    for (target, (how, by)) in ended {
        if let Some(a) =
            acts.get_mut(&target).filter(|a| matches!(a.status, Status::Standing | Status::Supported))
        {
            a.reason = format!("{how} by {by}");
            a.status = Status::Ended { how, by };
        }
    }
    acts
}

fn by_authority(law: &Law, election: &Election, s: &Statement, at: At) -> ActStanding {
    let act = s.act.clone();
    let (status, reason, cite) = match authority_for(law, election, &act) {
        Err((reason, cite)) => (Status::Unsupported, reason, cite),
        Ok(None) if !matches!(act.deed, Deed::Noted { .. }) && !act.deed.is_a_step() => {
            (Status::Unsupported, "this law gives such an act no effect".into(), None)
        }
        Ok(None) => (Status::Supported, "kept and shown; of no effect in this law".into(), None),
        Ok(Some(a)) => {
            let (status, reason) = phase(law, election, &act, a, at.effects);
            (status, reason, Some(a.cite.clone()))
        }
    };
    ActStanding { act, statement: s.index, known_at: s.known_at, status, reason, cite }
}

/// What supports counts from `not_after`; before that it may have happened, and may not.
fn phase(law: &Law, election: &Election, act: &Act, row: &Authority, t: Instant) -> (Status, String) {
    if row.needs == Some(Need::TermBegun) {
        let begins = law.date(&law.term_begins, election.year, &election.zone);
        if begins.is_none_or(|b| t < b.ends) {
            return (Status::Supported, "the term has not begun".into());
        }
    }
    match act.effective.not_after {
        Some(b) if b.at <= t => (Status::Standing, format!("in effect by {}, basis {}", b.at, b.basis)),
        Some(b) => (Status::Supported, format!("certain only from {}, basis {}", b.at, b.basis)),
        None => (Status::Supported, "no date is established by which it was in effect".into()),
    }
}
