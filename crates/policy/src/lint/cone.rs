//! What a policy speaks of: only that is explored.
//!
//! Refuses to know what any of it came to.

use std::collections::BTreeSet;

use standing::{Election, Issuer, IssuerId, Kind, Law, PlaceId, Published};

use crate::language::{Action, Formula, Policy};

/// The acts and dates that can change a policy's answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cone {
    /// Sources that the election knows.
    pub outlets: Vec<IssuerId>,
    /// Sources it names, or, where it names none, those the election knows; of an election that knows none,
    /// as many as it counts to for each candidate.
    pub sources: Vec<IssuerId>,
    /// Places whose canvass it names; those named together always are one group.
    pub canvassed: Vec<Vec<PlaceId>>,
    /// Certificates of appointment.
    pub electors: bool,
    /// The electors' votes.
    pub votes: bool,
    /// Announcements.
    pub declare: bool,
    /// Oaths.
    pub oath: bool,
    /// The steps: certify, validate, accept, diploma, concede.
    pub steps: BTreeSet<standing::Kind>,
    /// What is published.
    pub published: Vec<Published>,
    /// Challenges.
    pub challenge: bool,
    /// The time for challenges.
    pub window: bool,
    /// That nobody is elected, as something to be told.
    pub nobody: bool,
    /// Legal dates.
    pub dates: BTreeSet<String>,
    /// Hold times, in seconds.
    pub holds: BTreeSet<i64>,
}

/// Reads it off the formulas.
pub(crate) fn cone(policy: &Policy, law: &Law, election: &Election) -> Cone {
    let calls = |i: &&Issuer| law.authorities.iter().any(|a| a.kind == Kind::Call && a.role == i.role);
    let outlets = election.issuers.values().filter(calls).map(|i| i.id.clone()).collect();
    let mut cone = Cone { outlets, ..Cone::default() };
    for f in deciding(policy) {
        add(&mut cone, f);
    }
    if policy.nobody.action == Action::Release {
        cone.nobody = true;
    }
    if cone.nobody {
        (cone.electors, cone.votes, cone.declare) = (law.has_electors(), law.has_electors(), true);
    }
    // Where no oath is asked for, who is declared holds the office.
    cone.declare |= cone.oath && law.offices.iter().any(|o| o.begins.is_some());
    cone.electors |= cone.votes;
    cone
}

/// The formulas on which a release, or a silence, can depend: that nobody is elected is looked at only after
/// every person, so where it releases nothing it changes nothing.
fn deciding(policy: &Policy) -> Vec<&Formula> {
    let nobody = Some(&policy.nobody).filter(|c| c.action == Action::Release);
    let clauses = [Some(&policy.annulled), Some(&policy.contested), Some(&policy.never), nobody];
    let others = clauses.into_iter().flatten().filter_map(|c| c.when.as_ref());
    [&policy.person.when].into_iter().chain(others).collect()
}

/// Every formula of a policy, the person's first.
pub(crate) fn formulas(policy: &Policy) -> Vec<&Formula> {
    let clauses =
        [&policy.another_person, &policy.nobody, &policy.annulled, &policy.contested, &policy.never];
    [&policy.person.when].into_iter().chain(clauses.into_iter().filter_map(|c| c.when.as_ref())).collect()
}

fn add(cone: &mut Cone, f: &Formula) {
    match f {
        Formula::All(of) | Formula::Any(of) | Formula::AtLeast { of, .. } => {
            of.iter().for_each(|f| add(cone, f));
        }
        Formula::HeldFor { duration, of } => {
            cone.holds.insert(duration.get());
            add(cone, of);
        }
        Formula::Called { at_least, by, .. } => add_sources(cone, *at_least, by),
        Formula::FirstOf { sources } => add_sources(cone, 0, sources),
        Formula::Canvassed { places } => add_places(cone, places),
        Formula::Ascertained => cone.electors = true,
        Formula::Voted => cone.votes = true,
        Formula::Declared | Formula::Contested => cone.declare = true,
        Formula::ChallengeWindowClosed => (cone.declare, cone.window) = (true, true),
        Formula::NoChallengePending => cone.challenge = true,
        Formula::InOffice => cone.oath = true,
        Formula::Published { what } if !cone.published.contains(what) => cone.published.push(*what),
        Formula::Nobody => cone.nobody = true,
        Formula::After { date } => {
            cone.dates.insert(date.clone());
        }
        other => cone.steps.extend(step(other)),
    }
}

/// The kind of act that a predicate about a step asks for.
pub(crate) fn step(f: &Formula) -> Option<standing::Kind> {
    match f {
        Formula::Certified => Some(standing::Kind::Certify),
        Formula::Validated => Some(standing::Kind::Validate),
        Formula::Accepted => Some(standing::Kind::Accept),
        Formula::Diploma => Some(standing::Kind::Diploma),
        Formula::Conceded => Some(standing::Kind::Concede),
        _ => None,
    }
}

/// Sources are told apart only if named: of those that are not, as many as it takes for each of two persons.
fn add_sources(cone: &mut Cone, at_least: u32, by: &[IssuerId]) {
    let nameless = if by.is_empty() { at_least.min(MANY).saturating_mul(2) } else { 0 };
    let nameless: Vec<IssuerId> = match cone.outlets.as_slice() {
        [] => (1..=nameless).filter_map(|n| IssuerId::try_from(format!("source.{n}")).ok()).collect(),
        known if by.is_empty() => known.to_vec(),
        _ => Vec::new(),
    };
    for source in by.iter().cloned().chain(nameless) {
        if !cone.sources.contains(&source) {
            cone.sources.push(source);
        }
    }
}

/// More nameless sources than this are not told apart any further.
const MANY: u32 = 16;

fn add_places(cone: &mut Cone, places: &[PlaceId]) {
    let named: BTreeSet<&PlaceId> = places.iter().collect();
    let mut rest: BTreeSet<PlaceId> = named.iter().map(|p| (*p).clone()).collect();
    let mut groups = Vec::new();
    for group in std::mem::take(&mut cone.canvassed) {
        let (inside, outside): (Vec<_>, Vec<_>) = group.into_iter().partition(|p| named.contains(p));
        rest.retain(|p| !inside.contains(p));
        groups.extend([inside, outside].into_iter().filter(|g| !g.is_empty()));
    }
    groups.extend([rest.into_iter().collect::<Vec<_>>()].into_iter().filter(|g| !g.is_empty()));
    cone.canvassed = groups;
}
