//! `held_for`: a formula that has held without interruption.
//!
//! Runs from the later of effective and known, and starts again after any
//! interruption: the formula is asked on the diagonal, as known at the time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use standing::{At, Instant, OfficeId, Standing};

use crate::State;
use crate::error::Error;
use crate::evaluate::{self, Case, Missing, Subject, Verdict, empty};
use crate::language::{Formula, Seconds};

/// Met when `of` is met now and was at every instant of the last `duration`.
pub(crate) fn held_for(
    case: &Case<'_>,
    office: &OfficeId,
    duration: Seconds,
    of: &Formula,
    subject: &Subject,
    s: &Standing,
) -> Result<Verdict, Error> {
    let now = evaluate::in_standing(case, office, of, subject, s)?;
    if let Some(past) = case.past {
        past.keep(office, of, subject, s.at, now.state);
    }
    if now.state != State::Met || duration.get() == 0 {
        return Ok(now);
    }
    let since = since(case, office, duration, of, subject, s.at)?;
    let until = since.plus(duration.get());
    if until <= s.at.effects {
        return Ok(now);
    }
    let missing = Missing {
        clause: format!("held since {since}, must hold until {until}"),
        who: "time".into(),
        by: None,
        cite: "the policy's own hold time".into(),
    };
    let recheck_at = now.recheck_at.map_or(until, |t| t.min(until));
    Ok(Verdict { missing: vec![missing], recheck_at: Some(recheck_at), ..empty(State::NotYet) })
}

/// Since when `of` has been met without interruption, looking back from `at` until it is long enough.
fn since(
    case: &Case<'_>,
    office: &OfficeId,
    duration: Seconds,
    of: &Formula,
    subject: &Subject,
    at: At,
) -> Result<Instant, Error> {
    let mut since = at.effects;
    for t in instants(case, of).into_iter().rev().filter(|t| *t < at.effects) {
        let then = At { effects: t, known: t.min(at.known) };
        if state_then(case, office, of, subject, then)? != State::Met {
            break;
        }
        since = t;
        if since.plus(duration.get()) <= at.effects {
            break;
        }
    }
    Ok(since)
}

/// What the part of a hold time came to, by office, formula, subject and instant. Of one law, election and
/// record only.
#[derive(Debug, Default)]
pub struct Past {
    states: RefCell<BTreeMap<At, Vec<Row>>>,
    standings: RefCell<BTreeMap<At, Rc<Standing>>>,
}

type Row = (OfficeId, Formula, Subject, State);

impl Past {
    fn keep(&self, office: &OfficeId, of: &Formula, subject: &Subject, at: At, state: State) {
        if self.find(office, of, subject, at).is_none() {
            let row = (office.clone(), of.clone(), subject.clone(), state);
            self.states.borrow_mut().entry(at).or_default().push(row);
        }
    }

    fn standing(&self, case: &Case<'_>, at: At) -> Result<Rc<Standing>, Error> {
        let known = self.standings.borrow().get(&at).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let new = Rc::new(standing::standing(case.law, case.election, case.evidence, at)?);
        self.standings.borrow_mut().insert(at, Rc::clone(&new));
        Ok(new)
    }

    fn find(&self, office: &OfficeId, of: &Formula, subject: &Subject, at: At) -> Option<State> {
        let kept = self.states.borrow();
        let rows = kept.get(&at)?.iter();
        rows.filter(|(o, f, s, _)| s == subject && o == office && f == of).map(|(.., state)| *state).next()
    }
}

fn state_then(
    case: &Case<'_>,
    office: &OfficeId,
    of: &Formula,
    subject: &Subject,
    at: At,
) -> Result<State, Error> {
    if let Some(known) = case.past.and_then(|past| past.find(office, of, subject, at)) {
        return Ok(known);
    }
    let Some(past) = case.past else {
        return Ok(evaluate::evaluate(case, office, of, subject, at)?.state);
    };
    let standing = past.standing(case, at)?;
    let state = evaluate::in_standing(case, office, of, subject, &standing)?.state;
    past.keep(office, of, subject, at, state);
    Ok(state)
}

/// The instants at which a formula can change its value: those of the record
/// and the law, and each of them moved by every hold time inside the formula.
pub(crate) fn instants(case: &Case<'_>, f: &Formula) -> BTreeSet<Instant> {
    match f {
        Formula::All(of) | Formula::Any(of) | Formula::AtLeast { of, .. } => {
            of.iter().flat_map(|f| instants(case, f)).collect()
        }
        Formula::HeldFor { duration, of } => {
            let mut points = instants(case, of);
            points.extend(points.clone().into_iter().map(|t| t.plus(duration.get())));
            points
        }
        _ => standing::change_points(case.law, case.election, case.evidence),
    }
}
