//! What policies would have done in a past election, followed to the end of its record.
//!
//! Asks the same questions as a replay, at the same instants. Refuses to know
//! what happened in other elections, and whether anybody was embarrassed.

use std::collections::BTreeSet;

use standing::{ActId, Instant, Outcome, Standing};

use crate::State;
use crate::answer::{Answer, answer_in};
use crate::decision::{Decision, decided, instants};
use crate::error::Error;
use crate::evaluate::{Case, Missing};
use crate::fit::misfit;
use crate::held::Past;
use crate::language::{Action, Policy};

/// What became of a policy in an election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backtested {
    /// It was met, and a message was released.
    Fired(Box<Fired>),
    /// It was not met to the end of the record, and something was still missing.
    Never {
        /// What was missing at the end.
        missing: Vec<Missing>,
    },
    /// As the record stood at its end it could not be met.
    CannotBeMet {
        /// Why.
        why: Vec<String>,
    },
    /// It does not fit this election: it names an office, a date or a source unknown there.
    NotApplicable {
        /// Why.
        why: String,
    },
}

/// A release that would have been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    /// The decision.
    pub decision: Decision,
    /// The first time after it at which the policy was no longer met for that outcome.
    pub undone: Option<Undone>,
    /// What the policy said at the end of the record: the outcome it was then met for, if any.
    pub at_the_end: Option<Outcome>,
}

/// How a decision was overtaken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// When.
    pub at: Instant,
    /// The acts that began, or became known, at that instant; those that end another act first.
    pub by: Vec<ActId>,
    /// What the policy was met for then, if for anything.
    pub then: Option<Outcome>,
}

/// Follows every policy through the record: the standing of each instant is computed once for all.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn backtest(case: &Case<'_>, policies: &[Policy]) -> Result<Vec<Backtested>, Error> {
    let past = Past::default();
    let case = &Case { past: Some(&past), ..*case };
    let changes = standing::change_points(case.law, case.election, case.evidence);
    let mut runs: Vec<Run<'_>> = policies.iter().map(|p| begin(case, p)).collect();
    let all: BTreeSet<Instant> = runs.iter().flat_map(|r| r.instants.iter().copied()).collect();
    let mut standing: Option<Standing> = None;
    for t in all {
        let at = standing::At::same(t);
        // Only at a change point is anything else the case than before.
        match standing.as_mut().filter(|_| !changes.contains(&t)) {
            Some(s) => s.at = at,
            None => standing = None,
        }
        for run in runs.iter_mut().filter(|r| r.why_not.is_none() && r.instants.contains(&t)) {
            if standing.is_none() {
                standing = Some(standing::standing(case.law, case.election, case.evidence, at)?);
            }
            if let Some(s) = &standing {
                let answer = answer_in(case, run.policy, None, s)?;
                step(case, run, t, answer);
            }
        }
    }
    Ok(runs.into_iter().map(end).collect())
}

struct Run<'a> {
    policy: &'a Policy,
    instants: BTreeSet<Instant>,
    why_not: Option<String>,
    decision: Option<Decision>,
    undone: Option<Undone>,
    last: Option<Answer>,
}

fn begin<'a>(case: &Case<'_>, policy: &'a Policy) -> Run<'a> {
    let why_not = misfit(policy, case.law, case.election).map(|m| m.said);
    let instants = if why_not.is_none() { instants(case, policy) } else { BTreeSet::new() };
    Run { policy, instants, why_not, decision: None, undone: None, last: None }
}

fn step(case: &Case<'_>, run: &mut Run<'_>, t: Instant, answer: Answer) {
    match &run.decision {
        None => run.decision = decided(case, run.policy, &answer, t),
        Some(d) if run.undone.is_none() && !still(d, &answer) => {
            run.undone = Some(Undone { at: t, by: beginning(case, d, t), then: answer.released() });
        }
        Some(_) => {}
    }
    run.last = Some(answer);
}

/// Whether an answer still names the outcome of a decision.
fn still(d: &Decision, answer: &Answer) -> bool {
    answer.released().as_ref() == Some(&d.outcome)
}

/// The acts that began or became known at an instant. One that ends an act the decision rests on comes
/// first, then those that end another act, then the rest.
fn beginning(case: &Case<'_>, d: &Decision, t: Instant) -> Vec<ActId> {
    let rests_on = |id: &ActId| d.relied.iter().any(|b| b.act == *id);
    let here = case.evidence.statements.iter().filter(|s| {
        let bounds = [s.act.effective.not_before, s.act.effective.not_after];
        let begins = bounds.iter().flatten().any(|b| b.at == t) && s.known_at <= t;
        begins || s.known_at == t
    });
    let mut found: Vec<(u8, ActId)> = here
        .map(|s| {
            let rank = match &s.act.undo {
                Some(u) if rests_on(&u.target) => 0,
                Some(_) => 1,
                None => 2,
            };
            (rank, s.act.id.clone())
        })
        .collect();
    found.sort();
    found.dedup();
    let best = found.first().map_or(2, |(rank, _)| *rank);
    found.into_iter().filter(|(rank, _)| *rank == best).map(|(_, id)| id).collect()
}

fn end(run: Run<'_>) -> Backtested {
    if let Some(why) = run.why_not {
        return Backtested::NotApplicable { why };
    }
    if let Some(decision) = run.decision {
        let at_the_end = run.last.as_ref().and_then(Answer::released);
        return Backtested::Fired(Box::new(Fired { decision, undone: run.undone, at_the_end }));
    }
    match run.last {
        Some(a) if a.state == State::CannotBeMet => {
            Backtested::CannotBeMet { why: commonest_first(&a.verdict.why) }
        }
        Some(a) => Backtested::Never { missing: missing(a) },
        None => Backtested::Never { missing: Vec::new() },
    }
}

/// What stands against every person says more than what stands against one.
pub(crate) fn commonest_first(why: &[String]) -> Vec<String> {
    let times = |w: &String| why.iter().filter(|other| *other == w).count();
    let mut told: Vec<String> = Vec::new();
    for w in why {
        if !told.contains(w) {
            told.push(w.clone());
        }
    }
    told.sort_by_key(|w| std::cmp::Reverse(times(w)));
    told
}

/// What was missing at the end; where nothing was, what the policy was told to wait for or to ask about.
fn missing(a: Answer) -> Vec<Missing> {
    let held_up = match &a.outcome {
        Some(Outcome::Annulled) => "the election is set aside, and nothing is to be released for that",
        Some(Outcome::Nobody) => "nobody is elected, and nothing is to be released for that",
        Some(Outcome::Contested(_)) => "announcements contradict each other",
        _ => return a.verdict.missing,
    };
    if !a.verdict.missing.is_empty() {
        return a.verdict.missing;
    }
    let who = match a.action {
        Action::Ask => "a person, whom the policy asks",
        _ => "nobody: the policy waits",
    };
    let cite = "the policy's own clause".to_owned();
    vec![Missing { clause: held_up.into(), who: who.into(), by: None, cite }]
}
