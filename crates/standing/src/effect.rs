//! For every act, whether it stands and why.
//!
//! Three questions in order: which reading of it is followed, may its issuer
//! do it, has it begun and not been ended. Refuses to know what the acts add
//! up to.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Deed, Kind, UndoHow};
use crate::election::{Election, Issuer};
use crate::ids::{ActId, AttesterId, CiteId, IssuerId, PlaceId, RoleId, StatementId};
use crate::instant::Instant;
use crate::law::{Authority, Law, Need};
use crate::statement::{self, Statement};
use crate::{At, Evidence, calendar};

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
    visible.sort_by(|a, b| (a.known_at, &a.id, &a.attester).cmp(&(b.known_at, &b.id, &b.attester)));
    let mut findings = Vec::new();
    let (enrolled, strangers): (Vec<_>, Vec<_>) =
        visible.into_iter().partition(|s| evidence.enrolled.contains(&s.attester));
    for s in strangers {
        let message =
            format!("statement {} by {}, who is not in the trust list, has no effect", s.id, s.attester);
        findings.push(Finding { code: "attester-not-enrolled", act: s.act.id.clone(), message });
    }
    let amended: BTreeSet<(&AttesterId, &StatementId)> =
        enrolled.iter().filter_map(|s| s.amends.as_ref().map(|a| (&s.attester, a))).collect();
    let mut followed: BTreeMap<ActId, &Statement> = BTreeMap::new();
    for s in enrolled.into_iter().filter(|s| !amended.contains(&(&s.attester, &s.id))) {
        match followed.get(&s.act.id) {
            None => drop(followed.insert(s.act.id.clone(), s)),
            Some(first) if first.act != s.act => findings.push(Finding {
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

/// Every act with its status, as far as it can be told without looking at appointments.
pub(crate) fn authorised(
    law: &Law,
    election: &Election,
    readings: &Readings<'_>,
    at: At,
) -> BTreeMap<ActId, ActStanding> {
    let mut acts: BTreeMap<ActId, ActStanding> =
        readings.followed.iter().map(|(id, s)| (id.clone(), by_authority(law, election, s, at))).collect();
    let ended = ended(law, election, &acts, at);
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
        Ok(None) => (Status::Supported, "kept and shown; of no effect in this law".into(), None),
        Ok(Some(a)) => {
            let (status, reason) = phase(law, election, &act, a, at.effects);
            (status, reason, Some(a.cite.clone()))
        }
    };
    ActStanding { act, statement: s.index, known_at: s.known_at, status, reason, cite }
}

/// The row of the authority table that lets this issuer do this act; `Ok(None)` for kinds without effect.
fn authority_for<'a>(
    law: &'a Law,
    election: &Election,
    act: &Act,
) -> Result<Option<&'a Authority>, (String, Option<CiteId>)> {
    let rows: Vec<&Authority> = law.authorities.iter().filter(|a| a.kind == act.kind).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let cite = rows.first().map(|a| a.cite.clone());
    let (role, place) = held(election, &act.issuer).ok_or_else(|| {
        (format!("issuer not authorised: {} holds no office known here", act.issuer), cite.clone())
    })?;
    let row = rows.iter().find(|a| a.role == role).ok_or_else(|| {
        let may: Vec<&str> = rows.iter().map(|a| a.role.as_str()).collect();
        let kind = statement::kind_name(act.kind);
        (format!("issuer not authorised: {role} may not {kind}; {} may", may.join(", ")), cite.clone())
    })?;
    if act_place(law, &act.deed).is_some_and(|p| p != place && place != law.nation) {
        return Err((
            format!("issuer not authorised: {role} of {place}, not of the act's jurisdiction"),
            cite,
        ));
    }
    if let Deed::ElectorVote { slate, .. } = &act.deed
        && slate.as_str() != act.issuer.as_str()
    {
        return Err((format!("{} acted, but claims to be the slate {slate}", act.issuer), cite));
    }
    match election.issuers.get(&act.issuer) {
        Some(i) if !in_office(i, act, &election.zone) => {
            Err((format!("issuer not authorised: {} held the office only {}", i.name, term(i)), cite))
        }
        _ => Ok(Some(*row)),
    }
}

const ELECTOR: &str = "elector";
const LONGEST_CHAIN: usize = 100;

/// The role an issuer holds and where. A slate acts as electors of its jurisdiction.
fn held(election: &Election, issuer: &IssuerId) -> Option<(RoleId, PlaceId)> {
    if let Some(i) = election.issuers.get(issuer) {
        return Some((i.role.clone(), i.jurisdiction.clone()));
    }
    let slate = election.slates.values().find(|s| s.id.as_str() == issuer.as_str())?;
    Some((RoleId::try_from(ELECTOR).ok()?, slate.place.clone()))
}

fn act_place<'a>(law: &'a Law, deed: &'a Deed) -> Option<PlaceId> {
    match deed {
        Deed::Canvass { place, .. } | Deed::Ascertain { place, .. } | Deed::ElectorVote { place, .. } => {
            Some(place.clone())
        }
        Deed::Declare { .. } | Deed::Open | Deed::Rule { .. } => Some(law.nation.clone()),
        _ => None,
    }
}

fn in_office(issuer: &Issuer, act: &Act, zone: &str) -> bool {
    let day = |t: Instant| calendar::local_date(t, zone).unwrap_or_default();
    let bounds = act.issued;
    let early = issuer.from.as_ref().is_some_and(|f| bounds.not_after.is_some_and(|b| day(b.at) < *f));
    let late = issuer.until.as_ref().is_some_and(|u| bounds.not_before.is_some_and(|b| day(b.at) > *u));
    !early && !late
}

fn term(issuer: &Issuer) -> String {
    let from = issuer.from.as_deref().unwrap_or("…");
    format!("from {from} to {}", issuer.until.as_deref().unwrap_or("…"))
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

/// Which acts are ended, how and by which. An act that ends another counts from
/// its `not_before`, unless it was ended itself.
fn ended(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    at: At,
) -> BTreeMap<ActId, (UndoHow, ActId)> {
    let mut by_target: BTreeMap<&ActId, Vec<&ActStanding>> = BTreeMap::new();
    for a in acts.values() {
        if let Some(u) = &a.act.undo {
            by_target.entry(&u.target).or_default().push(a);
        }
    }
    let mut ended = BTreeMap::new();
    for target in by_target.keys() {
        let mut path = BTreeSet::new();
        if let Some(end) = ends(law, election, acts, &by_target, target, at, &mut path) {
            ended.insert((*target).clone(), end);
        }
    }
    ended
}

fn ends(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    by_target: &BTreeMap<&ActId, Vec<&ActStanding>>,
    target: &ActId,
    at: At,
    path: &mut BTreeSet<ActId>,
) -> Option<(UndoHow, ActId)> {
    // A circle of acts that end each other ends nothing, and neither does a chain beyond all reason.
    if path.len() > LONGEST_CHAIN || !path.insert(target.clone()) {
        return None;
    }
    let of = acts.get(target)?;
    let found = by_target.get(target)?.iter().find_map(|a| {
        let undo = a.act.undo.as_ref()?;
        let begun = a.act.effective.not_before.is_none_or(|b| b.at <= at.effects);
        let works = a.status != Status::Unsupported && begun && may_end(law, election, &of.act, &a.act);
        let alive = works && ends(law, election, acts, by_target, &a.act.id, at, path).is_none();
        alive.then(|| (undo.how, a.act.id.clone()))
    });
    path.remove(target);
    found
}

/// The same office may end its own act; another only where the law's table says so.
fn may_end(law: &Law, election: &Election, target: &Act, by: &Act) -> bool {
    let (Some(theirs), Some(ours)) = (held(election, &target.issuer), held(election, &by.issuer)) else {
        return false;
    };
    let news = target.kind == Kind::Call || target.kind == Kind::Concede;
    if news {
        return target.issuer == by.issuer;
    }
    let row = law.authorities.iter().find(|a| a.kind == target.kind && a.role == theirs.0);
    theirs == ours || row.is_some_and(|r| r.undone_by.contains(&ours.0))
}
