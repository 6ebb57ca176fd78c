//! When a step is taken, and until when the law lets it have effect.
//!
//! Refuses to know what a step does.

use standing::{Instant, Kind};

use super::explore::Model;
use super::look::Look;
use super::world::{self, Move, Voice};

/// Whether the law still lets a step have effect: electors vote on their day, certificates and rulings on votes
/// come before the term, certificates before the day from which none counts, challenges in their time, and an
/// election is set aside before the term begins.
pub(crate) fn in_time(m: &Model<'_>, seen: &Look, s: Move, t: Instant) -> bool {
    let (law, e, at) = (&m.college.law, &m.college.election, when(m, s, t));
    let ends = |id: &str| law.date(id, e.year, &e.zone).map(|d| d.ends);
    let by = |end: Option<Instant>| end.is_none_or(|end| at <= end);
    let term = ends(&law.term_begins);
    let voice = |n: usize| m.voices.get(n);
    match s {
        Move::Certify(..) => by(term) && by(law.counting.certificate_closes.as_deref().and_then(ends)),
        Move::Revoke(_) | Move::Reject(..) => by(term),
        Move::Vote(..) => by(law.level("voted").and_then(|l| ends(l.by.as_deref()?))),
        Move::Speak(n, _) => match voice(n) {
            Some(Voice::Annul(_)) => by(term),
            // Before a declaration, or while the law's time for challenging it runs.
            Some(Voice::Challenge(..)) => !seen.declared || seen.challenge_ends.is_some_and(|end| at <= end),
            _ => true,
        },
        _ => true,
    }
}

/// How long it is worth waiting from `t`: the hold times, and to the end of the law's time for challenges.
pub(crate) fn waits(m: &Model<'_>, seen: &Look, t: Instant) -> Vec<i64> {
    let window = seen.challenge_ends.filter(|end| m.cone.window && *end > t);
    let window = window.map(|end| end.second().saturating_sub(t.second()));
    m.cone.holds.iter().copied().chain(window).map(|s| s.saturating_add(1)).collect()
}

/// One act follows another after so long.
pub(crate) const SHORT: i64 = 60;

/// When a step is taken: a little after the last, or on the day the law has for it.
pub(crate) fn when(m: &Model<'_>, s: Move, t: Instant) -> Instant {
    let next = t.plus(SHORT);
    let due = |level: &str| {
        let by = m.college.law.level(level).and_then(|l| l.by.clone())?;
        let e = &m.college.election;
        m.college.law.date(&by, e.year, &e.zone).map(|d| d.ends.plus(-6 * 3_600))
    };
    let term = || {
        let e = &m.college.election;
        m.college.law.date(&m.college.law.term_begins, e.year, &e.zone).map(|d| d.ends.plus(SHORT))
    };
    let on = match s {
        Move::Vote(..) => due("voted"),
        Move::Reject(..) => due("declared").map(|t| t.plus(-3_600)),
        Move::Speak(n, _) => match m.voices.get(n).map(world::kind_of) {
            Some(Kind::Declare) => due("declared"),
            Some(Kind::ContingentVote) => due("declared").map(|t| t.plus(3_600)),
            Some(Kind::Oath) => term(),
            _ => None,
        },
        Move::Wait(seconds) => return t.plus(seconds),
        Move::Until(n) => return m.dates.get(n).map_or(next, |(end, _)| end.plus(1)),
        _ => None,
    };
    on.map_or(next, |on| on.max(next))
}
