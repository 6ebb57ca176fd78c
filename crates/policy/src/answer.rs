//! The whole policy at an instant: which outcome, if any, is official, and what to do.
//!
//! Refuses to choose between two outcomes that are both met: that is contested.

use std::collections::{BTreeMap, BTreeSet};

use standing::{At, Outcome, PersonId};

use crate::State;
use crate::evaluate::{Case, Subject, Verdict, empty, in_standing};
use crate::language::{Action, Clause, Error, Formula, Policy};

/// The persons messages are prepared for.
pub type Prepared = BTreeSet<PersonId>;

/// What a policy says at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether some outcome is official under the policy.
    pub state: State,
    /// The outcome, when met.
    pub outcome: Option<Outcome>,
    /// What the policy says to do about it.
    pub action: Action,
    /// The verdict that decided, or explains why nothing is decided.
    pub verdict: Verdict,
    /// The person formula for every person of the office.
    pub persons: BTreeMap<PersonId, Verdict>,
    /// What holds a release up although a formula is met, in words.
    pub held_up: Vec<String>,
}

/// Evaluates every clause of `policy` at `at`. With `prepared`, a person met
/// for whom no message is prepared falls under `another_person`.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn answer(
    case: &Case<'_>,
    policy: &Policy,
    prepared: Option<&Prepared>,
    at: At,
) -> Result<Answer, Error> {
    let standing = standing::standing(case.law, case.election, case.evidence, at)?;
    let ask = |f: &Formula, subject: &Subject| in_standing(case, &policy.office, f, subject, &standing);
    let mut persons = BTreeMap::new();
    for p in case.election.persons.values().filter(|p| p.office == policy.office) {
        persons.insert(p.id.clone(), ask(&policy.person.when, &Subject::Person(p.id.clone()))?);
    }
    let office =
        |clause: &Clause, meaning: Formula| ask(clause.when.as_ref().unwrap_or(&meaning), &Subject::Office);
    let annulled = office(&policy.annulled, Formula::Annulled)?;
    let contested = office(&policy.contested, Formula::Contested)?;
    let nobody = office(&policy.nobody, Formula::Nobody)?;
    let met: Vec<PersonId> =
        persons.iter().filter(|(_, v)| v.state == State::Met).map(|(p, _)| p.clone()).collect();

    let decide = |outcome: Outcome, action: Action, verdict: &Verdict, persons: &BTreeMap<_, _>| {
        let held_up = match action {
            Action::Release => Vec::new(),
            Action::Wait => vec!["the policy says to wait while this holds".into()],
            Action::Ask => vec!["the policy says to ask a person".into()],
        };
        let state = if action == Action::Release { State::Met } else { State::NotYet };
        Answer {
            state,
            outcome: Some(outcome),
            action,
            verdict: verdict.clone(),
            persons: persons.clone(),
            held_up,
        }
    };
    if annulled.state == State::Met {
        return Ok(decide(Outcome::Annulled, policy.annulled.action, &annulled, &persons));
    }
    if contested.state == State::Met || met.len() > 1 {
        let verdict = if contested.state == State::Met { contested } else { empty(State::NotYet) };
        return Ok(decide(
            Outcome::Contested(met.into_iter().collect()),
            policy.contested.action,
            &verdict,
            &persons,
        ));
    }
    if let Some((x, verdict)) = met.first().and_then(|x| persons.get(x).map(|v| (x.clone(), v))) {
        let known = prepared.is_none_or(|p| p.contains(&x));
        let action = if known { Action::Release } else { policy.another_person.action };
        return Ok(decide(Outcome::Person(x), action, verdict, &persons));
    }
    if nobody.state == State::Met {
        return Ok(decide(Outcome::Nobody, policy.nobody.action, &nobody, &persons));
    }
    let late = match &policy.never.when {
        Some(f) => ask(f, &Subject::Office)?.state == State::Met,
        None => false,
    };
    Ok(undecided(policy, persons, &[annulled, nobody], late))
}

/// Nothing is met: not yet while anything still can be, otherwise it cannot be met.
fn undecided(
    policy: &Policy,
    persons: BTreeMap<PersonId, Verdict>,
    others: &[Verdict],
    late: bool,
) -> Answer {
    let open: Vec<&Verdict> = persons.values().filter(|v| v.state == State::NotYet).collect();
    let still = !open.is_empty() || others.iter().any(|v| v.state == State::NotYet);
    let mut verdict = empty(if still { State::NotYet } else { State::CannotBeMet });
    verdict.missing = open.iter().flat_map(|v| v.missing.clone()).collect();
    verdict.why = persons.values().flat_map(|v| v.why.clone()).collect();
    verdict.recheck_at = persons.values().filter_map(|v| v.recheck_at).min();
    let held_up =
        if late { vec!["the policy's time limit has passed: a person decides".into()] } else { Vec::new() };
    let action = if late { policy.never.action } else { Action::Wait };
    Answer { state: verdict.state, outcome: None, action, verdict, persons, held_up }
}
