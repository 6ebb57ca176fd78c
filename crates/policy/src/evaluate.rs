//! Evaluates a formula for a person, or for the office, at (T, K).
//!
//! Total: every formula has one of three answers at every instant. Refuses to
//! know what is done with the answer.

use standing::{At, Because, Election, Evidence, Instant, Law, OfficeId, PersonId, Standing};

use crate::error::Error;
use crate::language::Formula;
use crate::{Past, State, held, predicates};

/// What a question is asked about: law, election, evidence. The same for every command.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The law.
    pub law: &'a Law,
    /// The election.
    pub election: &'a Election,
    /// The statements and who may attest.
    pub evidence: &'a Evidence,
    /// What formulas came to before, for whoever asks of many instants of one record.
    pub past: Option<&'a Past>,
}

/// Of whom a formula is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Of a person.
    Person(PersonId),
    /// Of the office itself.
    Office,
}

/// A clause that does not hold yet, and who can supply it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// What is missing.
    pub clause: String,
    /// Who can supply it.
    pub who: String,
    /// The legal date by which it is due, `YYYY-MM-DD`.
    pub by: Option<String>,
    /// The provision.
    pub cite: String,
}

/// The answer to one formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the three.
    pub state: State,
    /// What it relies on, when met.
    pub relied: Vec<Because>,
    /// What is missing, when not yet.
    pub missing: Vec<Missing>,
    /// Why it cannot be met.
    pub why: Vec<String>,
    /// When time alone can change the answer.
    pub recheck_at: Option<Instant>,
}

/// Evaluates `formula` at `at`.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn evaluate(
    case: &Case<'_>,
    office: &OfficeId,
    formula: &Formula,
    subject: &Subject,
    at: At,
) -> Result<Verdict, Error> {
    let standing = standing::standing(case.law, case.election, case.evidence, at)?;
    in_standing(case, office, formula, subject, &standing)
}

/// Evaluates in a standing already computed; only `held_for` looks at others.
pub(crate) fn in_standing(
    case: &Case<'_>,
    office: &OfficeId,
    formula: &Formula,
    subject: &Subject,
    s: &Standing,
) -> Result<Verdict, Error> {
    let each = |of: &[Formula]| -> Result<Vec<Verdict>, Error> {
        of.iter().map(|f| in_standing(case, office, f, subject, s)).collect()
    };
    match formula {
        Formula::All(of) => Ok(at_least(of.len(), &each(of)?)),
        Formula::Any(of) => Ok(at_least(1, &each(of)?)),
        Formula::AtLeast { n, of } => Ok(at_least(usize::try_from(*n).unwrap_or(usize::MAX), &each(of)?)),
        Formula::HeldFor { duration, of } => held::held_for(case, office, *duration, of, subject, s),
        _ => Ok(predicates::predicate(case, office, formula, subject, s)),
    }
}

/// At least `n` of the verdicts met; `all` is all of them, `any` is one.
fn at_least(n: usize, verdicts: &[Verdict]) -> Verdict {
    let count = |state: State| verdicts.iter().filter(|v| v.state == state).count();
    let recheck_at = verdicts.iter().filter_map(|v| v.recheck_at).min();
    let (met, possible) = (count(State::Met), verdicts.len().saturating_sub(count(State::CannotBeMet)));
    let state = match () {
        () if met >= n => State::Met,
        () if possible >= n => State::NotYet,
        () => State::CannotBeMet,
    };
    let of = |wanted: State| verdicts.iter().filter(move |v| v.state == wanted);
    let mut verdict = Verdict { recheck_at, ..empty(state) };
    match state {
        State::Met => verdict.relied = of(State::Met).flat_map(|v| v.relied.clone()).collect(),
        State::NotYet => verdict.missing = of(State::NotYet).flat_map(|v| v.missing.clone()).collect(),
        State::CannotBeMet => verdict.why = of(State::CannotBeMet).flat_map(|v| v.why.clone()).collect(),
    }
    verdict
}

pub(crate) fn empty(state: State) -> Verdict {
    Verdict { state, relied: Vec::new(), missing: Vec::new(), why: Vec::new(), recheck_at: None }
}

pub(crate) fn met(relied: Vec<Because>) -> Verdict {
    Verdict { relied, ..empty(State::Met) }
}

pub(crate) fn cannot(why: String) -> Verdict {
    Verdict { why: vec![why], ..empty(State::CannotBeMet) }
}
