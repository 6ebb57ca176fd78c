//! What a world looks like to a policy: the one `standing`, and the policy's one answer.
//!
//! Refuses to know how the world came about.

use std::collections::BTreeSet;

use standing::{Act, At, AttesterId, Channel, Evidence, Instant, Outcome, Statement, StatementId};

use super::college::{College, Side};
use super::cone;
use crate::answer::{Answer, answer_in};
use crate::evaluate::{Case, Subject, in_standing};
use crate::language::{Action, Formula, Policy};
use crate::{Error, State, held};

/// What a world looks like to the policy.
pub(crate) struct Look {
    pub answer: Answer,
    /// Everything that would be released if nothing else were.
    pub met: Vec<Outcome>,
    pub outcome: Option<Outcome>,
    /// Of each hold time and candidate, whether what it holds is met and whether for long enough.
    pub holds: Vec<u8>,
    /// Whether only time is wanting.
    pub pending: bool,
    /// Which alternatives of the person's formula are met for somebody.
    pub alternatives: BTreeSet<usize>,
    /// When the law's time for challenging what is declared ends.
    pub challenge_ends: Option<Instant>,
    /// Whether anything is declared.
    pub declared: bool,
}

/// The policy's view of a record at an instant.
///
/// # Errors
/// Only when law and election do not fit each other.
pub(crate) fn look_at(c: &College, policy: &Policy, evidence: &Evidence, t: Instant) -> Result<Look, Error> {
    let past = held::Past::default();
    let case = Case { law: &c.law, election: &c.election, evidence, past: Some(&past) };
    let standing = standing::standing(&c.law, &c.election, evidence, At::same(t))?;
    let answer = answer_in(&case, policy, None, &standing)?;
    let ask = |f: &Formula, subject: &Subject| in_standing(&case, &c.office, f, subject, &standing);
    let mut met: Vec<Outcome> = answer
        .persons
        .iter()
        .filter(|(_, v)| v.state == State::Met)
        .map(|(p, _)| Outcome::Person(p.clone()))
        .collect();
    for (clause, own, outcome) in [
        (&policy.nobody, Formula::Nobody, Outcome::Nobody),
        (&policy.annulled, Formula::Annulled, Outcome::Annulled),
    ] {
        let when = clause.when.as_ref().unwrap_or(&own);
        if clause.action == Action::Release && ask(when, &Subject::Office)?.state == State::Met {
            met.push(outcome);
        }
    }
    let sides: Vec<Subject> =
        [Side::A, Side::B].iter().filter_map(|s| s.person()).map(Subject::Person).collect();
    let mut holds = Vec::new();
    for f in cone::formulas(policy) {
        timers(f, &mut |of, whole| {
            for s in sides.iter().chain([&Subject::Office]) {
                let code = match (ask(of, s)?.state, ask(whole, s)?.state) {
                    (_, State::Met) => 2,
                    (State::Met, _) => 1,
                    _ => 0,
                };
                holds.push(code);
            }
            Ok(())
        })?;
    }
    let mut alternatives = BTreeSet::new();
    for (k, f) in alternatives_of(&policy.person.when).into_iter().enumerate() {
        for s in &sides {
            if ask(f, s)?.state == State::Met {
                alternatives.insert(k);
            }
        }
    }
    let office = standing.offices.get(&c.office);
    Ok(Look {
        answer,
        met,
        outcome: office.map(|o| o.outcome.clone()),
        pending: holds.contains(&1),
        holds,
        alternatives,
        challenge_ends: office.and_then(|o| o.challenge_ends),
        declared: office.is_some_and(|o| !o.declared.is_empty()),
    })
}

impl Look {
    /// For how many persons the policy is met. Of a person and nobody the engine asks the person first; of two
    /// persons neither.
    pub fn persons(&self) -> usize {
        self.met.iter().filter(|o| matches!(o, Outcome::Person(_))).count()
    }
}

/// The alternatives of a formula; itself, if it has none.
pub(crate) fn alternatives_of(f: &Formula) -> Vec<&Formula> {
    match f {
        Formula::Any(of) => of.iter().collect(),
        other => vec![other],
    }
}

/// Every part that time alone can make true: what must be met for it, and the part itself.
fn timers(f: &Formula, tell: &mut dyn FnMut(&Formula, &Formula) -> Result<(), Error>) -> Result<(), Error> {
    match f {
        Formula::All(of) | Formula::Any(of) | Formula::AtLeast { of, .. } => {
            of.iter().try_for_each(|f| timers(f, tell))
        }
        Formula::HeldFor { of, .. } => {
            tell(of, f)?;
            timers(of, tell)
        }
        Formula::ChallengeWindowClosed => tell(&Formula::Declared, f),
        _ => Ok(()),
    }
}

/// Acts as statements, each known when it is said to be.
pub(crate) fn evidence(acts: impl Iterator<Item = (Instant, Act)>) -> Evidence {
    let attester = AttesterId::try_from("lint").ok();
    let statements = acts.enumerate().filter_map(|(n, (known_at, act))| {
        Some(Statement {
            id: StatementId::try_from(act.id.as_str()).ok()?,
            index: u64::try_from(n).ok()?,
            attester: attester.clone()?,
            known_at,
            amends: None,
            channel: Channel::Page,
            sources: Vec::new(),
            act,
        })
    });
    let mut statements: Vec<Statement> = statements.collect();
    statements.sort_by_key(|s| (s.known_at, s.index));
    for (n, s) in statements.iter_mut().enumerate() {
        s.index = u64::try_from(n).unwrap_or(u64::MAX);
    }
    Evidence { statements, enrolled: attester.into_iter().collect() }
}
