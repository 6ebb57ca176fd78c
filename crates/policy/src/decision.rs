//! The first (record size, instant) at which a policy is met.
//!
//! Single-use: later events make a decision overtaken, never undone. Refuses
//! to know the wall clock: it asks at the instants at which anything can change.

use std::collections::BTreeSet;

use standing::{At, Because, Instant, OfficeId, Outcome};

use crate::answer::{Answer, Prepared, answer};
use crate::error::Error;
use crate::evaluate::Case;
use crate::language::{Action, Policy};
use crate::{Past, State, held};

/// A decision, before anybody acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The office.
    pub office: OfficeId,
    /// The outcome.
    pub outcome: Outcome,
    /// The instant.
    pub at: Instant,
    /// How many entries of the record were known then.
    pub record_size: u64,
    /// The statements relied on.
    pub relied: Vec<Because>,
}

/// Looks for the first instant up to `until` at which the policy is met with action release.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn first_decision(
    case: &Case<'_>,
    policy: &Policy,
    prepared: Option<&Prepared>,
    until: Instant,
) -> Result<Option<Decision>, Error> {
    decision_between(case, policy, prepared, (None, until))
}

/// The first decision at or after an instant. Whoever asked before, about fewer statements, and got none, need not ask
/// again about what was before every statement that came since was known.
///
/// # Errors
/// As [`first_decision`].
pub fn decision_between(
    case: &Case<'_>,
    policy: &Policy,
    prepared: Option<&Prepared>,
    (from, until): (Option<Instant>, Instant),
) -> Result<Option<Decision>, Error> {
    let past = Past::default();
    let case = Case { past: Some(&past), ..*case };
    let within = |t: &Instant| from.is_none_or(|from| *t >= from) && *t <= until;
    for t in instants(&case, policy).into_iter().filter(within) {
        let a = answer(&case, policy, prepared, At::same(t))?;
        if let Some(decision) = decided(&case, policy, &a, t) {
            return Ok(Some(decision));
        }
    }
    Ok(None)
}

/// Every instant at which the answer of a policy can change.
#[must_use]
pub fn instants(case: &Case<'_>, policy: &Policy) -> BTreeSet<Instant> {
    let clauses =
        [&policy.another_person, &policy.nobody, &policy.annulled, &policy.contested, &policy.never];
    let mut points = held::instants(case, &policy.person.when);
    points.extend(clauses.iter().filter_map(|c| c.when.as_ref()).flat_map(|f| held::instants(case, f)));
    points.extend(standing::change_points(case.law, case.election, case.evidence));
    points
}

/// The decision an answer makes at an instant, if it makes one.
#[must_use]
pub fn decided(case: &Case<'_>, policy: &Policy, a: &Answer, t: Instant) -> Option<Decision> {
    if a.state != State::Met || a.action != Action::Release {
        return None;
    }
    let known = case.evidence.statements.iter().filter(|s| s.known_at <= t);
    let record_size = known.map(|s| s.index.saturating_add(1)).max().unwrap_or(0);
    let mut relied = a.verdict.relied.clone();
    relied.sort_by(|x, y| (x.statement, &x.act).cmp(&(y.statement, &y.act)));
    relied.dedup();
    Some(Decision {
        office: policy.office_in(case.law).clone(),
        outcome: a.outcome.clone()?,
        at: t,
        record_size,
        relied,
    })
}
