//! The law and the election in which a policy is tried: two candidates, and the jurisdictions
//! gathered in blocs that act together.
//!
//! Refuses to know who really stands.

use std::collections::{BTreeMap, BTreeSet};

use standing::{
    Election, Instant, Issuer, IssuerId, Kind, Law, OfficeId, Person, PersonId, Place, PlaceId, RoleId,
    Slate, SlateId, SlateUnit,
};

use super::cone::Cone;
use crate::Error;

/// One of the two candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub fn person(self) -> Option<PersonId> {
        PersonId::try_from(self.id()).ok()
    }

    pub fn id(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// For a reader.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// Jurisdictions that act together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bloc {
    /// By what code they act.
    pub place: PlaceId,
    /// Those gathered in it.
    pub members: Vec<PlaceId>,
    /// Their electors.
    pub electors: u32,
}

/// A law and an election to try a policy in.
#[derive(Debug, Clone)]
pub(crate) struct College {
    pub law: Law,
    pub election: Election,
    pub office: OfficeId,
    pub list: OfficeId,
    pub blocs: Vec<Bloc>,
    /// Of each bloc, the places that act for it.
    pub acting: Vec<Vec<PlaceId>>,
    /// When the vote is over.
    pub start: Instant,
}

/// The blocs of a law's jurisdictions, one design after another. In each, who wins with which blocs is
/// all that a majority can tell.
///
/// - *pivot*: three blocs, any two of which are a majority; the smallest as small as can be.
/// - *halves*: two blocs of equally many electors, if there are such.
pub(crate) fn designs(law: &Law) -> Vec<Vec<Vec<PlaceId>>> {
    let places: Vec<(PlaceId, u32)> =
        law.places.values().filter(|p| p.excluded.is_none()).map(|p| (p.code.clone(), p.electors)).collect();
    let mut found = Vec::new();
    found.extend(pivot(&places));
    found.extend(halves(&places).map(|(a, b)| vec![a, b]));
    if found.is_empty() && !places.is_empty() {
        // No such balance: each place by itself says what can be.
        found.push(places.into_iter().map(|(p, _)| vec![p]).collect());
    }
    found
}

fn pivot(places: &[(PlaceId, u32)]) -> Option<Vec<Vec<PlaceId>>> {
    let mut smallest: Vec<&(PlaceId, u32)> = places.iter().collect();
    smallest.sort_by_key(|(_, n)| *n);
    smallest.into_iter().find_map(|(pivot, _)| {
        let rest: Vec<(PlaceId, u32)> = places.iter().filter(|(p, _)| p != pivot).cloned().collect();
        let (a, b) = halves(&rest).filter(|(a, b)| !a.is_empty() && !b.is_empty())?;
        Some(vec![a, vec![pivot.clone()], b])
    })
}

/// Two parts with equally many electors; of many such, one with few in the first.
fn halves(places: &[(PlaceId, u32)]) -> Option<(Vec<PlaceId>, Vec<PlaceId>)> {
    let total: u32 = places.iter().map(|(_, n)| *n).sum();
    if total == 0 || !total.is_multiple_of(2) {
        return None;
    }
    let half = total.checked_div(2)?;
    let mut largest_first: Vec<&(PlaceId, u32)> = places.iter().collect();
    largest_first.sort_by(|x, y| y.1.cmp(&x.1).then(x.0.cmp(&y.0)));
    // By sum: the places that make it, found with the largest first.
    let mut sums: BTreeMap<u32, Vec<&PlaceId>> = BTreeMap::from([(0, Vec::new())]);
    for (place, n) in largest_first {
        let known: Vec<(u32, Vec<&PlaceId>)> = sums.iter().map(|(s, of)| (*s, of.clone())).collect();
        for (sum, mut of) in known {
            let sum = sum.saturating_add(*n);
            if sum <= half && !sums.contains_key(&sum) {
                of.push(place);
                sums.insert(sum, of);
            }
        }
    }
    let first: BTreeSet<&PlaceId> = sums.remove(&half)?.into_iter().collect();
    let (a, b) = places.iter().map(|(p, _)| p.clone()).partition(|p| first.contains(p));
    Some((a, b))
}

/// The college of a design. With every place alone in its bloc it is the law's own.
///
/// # Errors
/// None that a calendar with a second zero can have.
pub(crate) fn gather(
    law: &Law,
    election: &Election,
    office: &OfficeId,
    cone: &Cone,
    design: &[Vec<PlaceId>],
) -> Result<College, Error> {
    let blocs = blocs(law, design);
    let mut gathered = law.clone();
    gathered.places = places(law, cone, &blocs);
    let mut e = election.clone();
    e.persons = BTreeMap::new();
    for side in [Side::A, Side::B] {
        let name = format!("Candidate {}", side.name());
        e.persons.extend(
            side.person()
                .map(|id| (id.clone(), Person { id, short: name.clone(), name, office: office.clone() })),
        );
    }
    e.slates = slates(&gathered, office);
    issuers(&gathered, cone, &mut e);
    let start = law.date("election-day", e.year, &e.zone).map(|d| d.ends);
    let first = || law.dates(e.year, &e.zone).into_iter().map(|d| d.ends).min();
    let start = match start.or_else(first) {
        Some(t) => t,
        None => Instant::from_second(0)?,
    };
    let list = law.counting.list_of(office).clone();
    let acting = blocs.iter().map(|b| vec![b.place.clone()]).collect();
    Ok(College { law: gathered, election: e, office: office.clone(), list, blocs, acting, start })
}

/// The law's own college, in which the places gathered in a bloc act each by itself.
///
/// # Errors
/// As [`gather`].
pub(crate) fn spread(law: &Law, election: &Election, of: &College, cone: &Cone) -> Result<College, Error> {
    let alone: Vec<Vec<PlaceId>> = law.places.keys().map(|p| vec![p.clone()]).collect();
    let mut full = gather(law, election, &of.office, cone, &alone)?;
    full.acting = of.blocs.iter().map(|b| b.members.clone()).collect();
    full.blocs.clone_from(&of.blocs);
    Ok(full)
}

pub(crate) fn blocs(law: &Law, design: &[Vec<PlaceId>]) -> Vec<Bloc> {
    let electors = |p: &PlaceId| law.places.get(p).map_or(0, |p| p.electors);
    design
        .iter()
        .enumerate()
        .filter_map(|(n, members)| {
            let place = match members.as_slice() {
                [alone] => alone.clone(),
                _ => PlaceId::try_from(format!("bloc.{n}")).ok()?,
            };
            let of = members.iter().map(electors).sum();
            Some(Bloc { place, members: members.clone(), electors: of })
        })
        .collect()
}

/// The blocs as places, and beside them, without electors, those whose canvass is named.
fn places(law: &Law, cone: &Cone, blocs: &[Bloc]) -> BTreeMap<PlaceId, Place> {
    let mut places = BTreeMap::new();
    for code in cone.canvassed.iter().flatten() {
        let beside = law.places.get(code).map(|p| Place { electors: 0, ..p.clone() });
        places.extend(beside.map(|p| (code.clone(), p)));
    }
    for b in blocs {
        let like = b.members.first().and_then(|p| law.places.get(p));
        places.extend(like.map(|p| {
            let name = if b.members.len() == 1 { p.name.clone() } else { b.place.to_string() };
            (b.place.clone(), Place { code: b.place.clone(), name, electors: b.electors, ..p.clone() })
        }));
    }
    places
}

fn slates(law: &Law, office: &OfficeId) -> BTreeMap<SlateId, Slate> {
    let mut slates = BTreeMap::new();
    for place in law.places.values() {
        for side in [Side::A, Side::B] {
            let (Some(id), Some(person)) = (slate(&place.code, side), side.person()) else { continue };
            let pledged = BTreeMap::from([(office.clone(), person)]);
            let unit = SlateUnit { unit: place.code.clone(), electors: place.electors, pledged };
            slates.insert(id.clone(), Slate { id, place: place.code.clone(), units: vec![unit] });
        }
    }
    slates
}

/// The electors of a side in a place.
pub(crate) fn slate(place: &PlaceId, side: Side) -> Option<SlateId> {
    SlateId::try_from(format!("{place}.{}", side.id())).ok()
}

/// Who may do an act of a kind first of all.
pub(crate) fn role_of(law: &Law, kind: Kind) -> Option<&RoleId> {
    law.authorities.iter().find(|a| a.kind == kind).map(|a| &a.role)
}

/// The officer of a role in a place.
pub(crate) fn officer(role: &RoleId, place: &PlaceId) -> Option<IssuerId> {
    IssuerId::try_from(format!("{role}.{place}")).ok()
}

/// The person of a side in a role that several hold at once.
pub(crate) fn in_person(role: &RoleId, side: Side) -> Option<IssuerId> {
    IssuerId::try_from(format!("{role}.{}", side.id())).ok()
}

/// Everybody the law gives a power, in every place and for the whole, and the sources.
fn issuers(law: &Law, cone: &Cone, e: &mut Election) {
    let undoing = law.authorities.iter().flat_map(|a| &a.undone_by);
    let roles: BTreeSet<&RoleId> = law.authorities.iter().map(|a| &a.role).chain(undoing).collect();
    let mut add = |id: Option<IssuerId>, role: &RoleId, at: &PlaceId| {
        let Some(id) = id else { return };
        let (name, jurisdiction) = (id.to_string(), at.clone());
        let issuer = Issuer {
            id: id.clone(),
            name,
            role: role.clone(),
            jurisdiction,
            upstream: None,
            from: None,
            until: None,
        };
        e.issuers.entry(id).or_insert(issuer);
    };
    // Only certificates and canvasses are of a place.
    let of_places = law.authorities.iter().filter(|a| matches!(a.kind, Kind::Ascertain | Kind::Canvass));
    let of_places: BTreeSet<&RoleId> = of_places.flat_map(|a| a.undone_by.iter().chain([&a.role])).collect();
    for role in roles {
        add(officer(role, &law.nation), role, &law.nation);
        for place in law.places.keys().filter(|_| of_places.contains(role)) {
            add(officer(role, place), role, place);
        }
        for side in [Side::A, Side::B] {
            add(in_person(role, side), role, &law.nation);
        }
    }
    if let Some(news) = role_of(law, Kind::Call) {
        for source in &cone.sources {
            add(Some(source.clone()), news, &law.nation);
        }
    }
}
