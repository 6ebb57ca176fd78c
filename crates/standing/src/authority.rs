//! Who may do an act, and who may end it.
//!
//! Authority comes from the office held and the law's table, never from the
//! capacity claimed. Refuses to know when an act takes effect.

use crate::act::{Act, Deed, Kind};
use crate::calendar;
use crate::election::{Election, Issuer};
use crate::ids::{CiteId, IssuerId, PlaceId, RoleId};
use crate::instant::Instant;
use crate::law::{Authority, Law};
use crate::statement;

/// The row of the authority table that lets this issuer do this act; `Ok(None)` for kinds without effect.
pub(crate) fn authority_for<'a>(
    law: &'a Law,
    election: &Election,
    act: &Act,
) -> Result<Option<&'a Authority>, (String, Option<CiteId>)> {
    let what = match &act.deed {
        Deed::Publish { what, .. } => Some(*what),
        _ => None,
    };
    let its = |a: &&Authority| a.kind == act.kind && (a.what.is_none() || a.what == what);
    let rows: Vec<&Authority> = law.authorities.iter().filter(its).collect();
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

/// The role an issuer holds and where. A slate acts as electors of its jurisdiction.
pub(crate) fn held(election: &Election, issuer: &IssuerId) -> Option<(RoleId, PlaceId)> {
    if let Some(i) = election.issuers.get(issuer) {
        return Some((i.role.clone(), i.jurisdiction.clone()));
    }
    let slate = election.slates.values().find(|s| s.id.as_str() == issuer.as_str())?;
    Some((RoleId::try_from(ELECTOR).ok()?, slate.place.clone()))
}

/// Where authority is needed for an act; `None` where the act speaks for nobody but its issuer.
fn act_place(law: &Law, deed: &Deed) -> Option<PlaceId> {
    match deed {
        Deed::Canvass { place, .. } | Deed::Ascertain { place, .. } | Deed::ElectorVote { place, .. } => {
            Some(place.clone())
        }
        Deed::Alternative { place } => Some(place.clone()),
        Deed::Declare { .. }
        | Deed::ContingentVote { .. }
        | Deed::Open
        | Deed::Object { .. }
        | Deed::Rule { .. }
        | Deed::Annul { .. }
        | Deed::Confirm { .. }
        | Deed::Publish { .. }
        | Deed::Oath { .. } => Some(law.nation.clone()),
        _ => None,
    }
}

/// Whether the act can have been issued within the issuer's term.
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

/// The same office may end its own act; another only where the law's table says so, and
/// only in its own jurisdiction.
pub(crate) fn may_end(law: &Law, election: &Election, target: &Act, by: &Act) -> bool {
    let (Some(theirs), Some(ours)) = (held(election, &target.issuer), held(election, &by.issuer)) else {
        return false;
    };
    if election.issuers.get(&by.issuer).is_some_and(|i| !in_office(i, by, &election.zone)) {
        return false;
    }
    let row = law.authorities.iter().find(|a| a.kind == target.kind && a.role == theirs.0);
    let own =
        if acts_in_person(law, target, &theirs.0) { target.issuer == by.issuer } else { theirs == ours };
    let reaches = ours.1 == theirs.1 || ours.1 == law.nation;
    own || (reaches && row.is_some_and(|r| r.undone_by.contains(&ours.0)))
}

/// Offices that several hold at once, each for itself: what one of them does only that one can end.
/// Rival electors of one state are such, those sworn into office, and news organisations.
fn acts_in_person(law: &Law, target: &Act, role: &RoleId) -> bool {
    let held_by_several = |a: &Authority| a.role == *role && (a.needs.is_some() || a.kind == Kind::Call);
    let in_person =
        matches!(target.kind, Kind::Call | Kind::Concede | Kind::Challenge | Kind::Accept | Kind::Refuse);
    in_person || law.authorities.iter().any(held_by_several)
}
