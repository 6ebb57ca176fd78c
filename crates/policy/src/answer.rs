//! The whole policy at an instant: which outcome, if any, is official, and what to do.
//!
//! Refuses to choose between two outcomes that are both met: that is contested.

use std::collections::{BTreeMap, BTreeSet};

use standing::{At, OfficeStanding, Outcome, PersonId, Standing};

use crate::State;
use crate::error::Error;
use crate::evaluate::{Case, Subject, Verdict, empty, in_standing};
use crate::language::{Action, Clause, Formula, Policy};

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
    /// The verdict on every person of the office: of the person formula, or of
    /// `another_person.when` for those no message is prepared for.
    pub persons: BTreeMap<PersonId, Verdict>,
    /// What holds a release up although a formula is met, in words.
    pub held_up: Vec<String>,
}

impl Answer {
    /// The outcome whose message goes, if one does.
    #[must_use]
    pub fn released(&self) -> Option<Outcome> {
        self.outcome.clone().filter(|_| self.state == State::Met)
    }
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
    answer_in(case, policy, prepared, &standing)
}

/// As [`answer`], in a standing already computed: several policies asked of one record at one instant.
pub(crate) fn answer_in(
    case: &Case<'_>,
    policy: &Policy,
    prepared: Option<&Prepared>,
    standing: &Standing,
) -> Result<Answer, Error> {
    let of = policy.office_in(case.law);
    let ask = |f: &Formula, subject: &Subject| in_standing(case, of, f, subject, standing);
    let is_prepared = |p: &PersonId| prepared.is_none_or(|set| set.contains(p));
    let mut persons = BTreeMap::new();
    for p in case.election.persons.values().filter(|p| p.office == *of) {
        let other = policy.another_person.when.as_ref().filter(|_| !is_prepared(&p.id));
        let formula = other.unwrap_or(&policy.person.when);
        persons.insert(p.id.clone(), ask(formula, &Subject::Person(p.id.clone()))?);
    }
    let office =
        |clause: &Clause, meaning: Formula| ask(clause.when.as_ref().unwrap_or(&meaning), &Subject::Office);
    let clauses = Clauses {
        annulled: office(&policy.annulled, Formula::Annulled)?,
        contested: office(&policy.contested, Formula::Contested)?,
        nobody: office(&policy.nobody, Formula::Nobody)?,
        never: policy.never.when.as_ref().map(|f| ask(f, &Subject::Office)).transpose()?,
    };
    let recheck_at = clauses.all().chain(persons.values()).filter_map(|v| v.recheck_at).min();
    let mut answer = outcome_of(policy, prepared, persons, &clauses, standing.offices.get(of));
    // Whatever decides now, any clause that time can change may decide otherwise then.
    answer.verdict.recheck_at = recheck_at;
    Ok(answer)
}

fn outcome_of(
    policy: &Policy,
    prepared: Option<&Prepared>,
    persons: BTreeMap<PersonId, Verdict>,
    clauses: &Clauses,
    standing: Option<&OfficeStanding>,
) -> Answer {
    let mut met: BTreeSet<PersonId> =
        persons.iter().filter(|(_, v)| v.state == State::Met).map(|(p, _)| p.clone()).collect();

    if clauses.annulled.state == State::Met {
        return decide(Outcome::Annulled, policy.annulled.action, &clauses.annulled, persons);
    }
    if clauses.contested.state == State::Met || met.len() > 1 {
        if let Some(Outcome::Contested(named)) = standing.map(|o| &o.outcome) {
            met.extend(named.iter().cloned());
        }
        let verdict = if clauses.contested.state == State::Met {
            clauses.contested.clone()
        } else {
            let relied = met.iter().filter_map(|p| persons.get(p)).flat_map(|v| v.relied.clone()).collect();
            Verdict { relied, ..empty(State::NotYet) }
        };
        return decide(Outcome::Contested(met), policy.contested.action, &verdict, persons);
    }
    if let Some((x, verdict)) = met.first().and_then(|x| persons.get(x).map(|v| (x.clone(), v.clone()))) {
        let action = if prepared.is_none_or(|set| set.contains(&x)) {
            Action::Release
        } else {
            policy.another_person.action
        };
        return decide(Outcome::Person(x), action, &verdict, persons);
    }
    if clauses.nobody.state == State::Met {
        return decide(Outcome::Nobody, policy.nobody.action, &clauses.nobody, persons);
    }
    undecided(policy, persons, clauses)
}

/// The verdicts on the clauses about the office.
struct Clauses {
    annulled: Verdict,
    contested: Verdict,
    nobody: Verdict,
    never: Option<Verdict>,
}

impl Clauses {
    fn all(&self) -> impl Iterator<Item = &Verdict> {
        [&self.annulled, &self.contested, &self.nobody].into_iter().chain(&self.never)
    }
}

fn decide(
    outcome: Outcome,
    action: Action,
    verdict: &Verdict,
    persons: BTreeMap<PersonId, Verdict>,
) -> Answer {
    let held_up = match action {
        Action::Release => Vec::new(),
        Action::Wait => vec!["the policy says to wait while this holds".into()],
        Action::Ask => vec!["the policy says to ask a person".into()],
    };
    let state = if action == Action::Release { State::Met } else { State::NotYet };
    Answer { state, outcome: Some(outcome), action, verdict: verdict.clone(), persons, held_up }
}

/// Nothing is met: not yet while something that would release still can be, otherwise it cannot be met.
fn undecided(policy: &Policy, persons: BTreeMap<PersonId, Verdict>, clauses: &Clauses) -> Answer {
    let others = [(&policy.annulled, &clauses.annulled), (&policy.nobody, &clauses.nobody)];
    let releasing = others.iter().filter(|(c, _)| c.action == Action::Release).map(|(_, v)| *v);
    let of_persons = persons.values().filter(|v| v.state == State::NotYet);
    let mut open: Vec<&Verdict> = of_persons.collect();
    if open.is_empty() {
        open = releasing.filter(|v| v.state == State::NotYet).collect();
    }
    let mut verdict = empty(if open.is_empty() { State::CannotBeMet } else { State::NotYet });
    verdict.missing = open.iter().flat_map(|v| v.missing.clone()).collect();
    let mut told = BTreeSet::new();
    verdict.missing.retain(|m| told.insert(m.clone()));
    verdict.why = persons.values().flat_map(|v| v.why.clone()).collect();
    if persons.is_empty() {
        verdict.why.push(format!("the election names no person for the office `{}`", policy.office));
    }
    let late = clauses.never.as_ref().is_some_and(|v| v.state == State::Met);
    let held_up =
        if late { vec!["the policy's time limit has passed: a person decides".into()] } else { Vec::new() };
    let action = if late { policy.never.action } else { Action::Wait };
    Answer { state: verdict.state, outcome: None, action, verdict, persons, held_up }
}
