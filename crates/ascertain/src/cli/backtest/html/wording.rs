//! What the page says of a policy in an election, as plain text.
//!
//! Refuses to know of HTML, and to say what ought to have happened.

use policy::{Backtested, Fired, Undone};
use standing::{Instant, Outcome};

use crate::backtesting::Tested;
use crate::cli::{backtest, words};

/// The whole answer, with instants in the election's zone.
pub fn sentence(t: &Tested, result: &Backtested) -> String {
    match result {
        Backtested::Fired(f) => fired(t, f),
        Backtested::Never { missing } => {
            let first = missing.first().map_or("nothing was decided", |m| m.clause.as_str());
            format!("never met: {}.", stopless(first))
        }
        Backtested::CannotBeMet { why } => {
            format!("cannot be met: {}.", stopless(why.first().map_or("no outcome is left", String::as_str)))
        }
        Backtested::NotApplicable { why } => format!("not applicable: {}.", stopless(why)),
    }
}

/// The answer where there is no release, in the fewest words.
pub fn without_release(result: &Backtested) -> &'static str {
    match result {
        Backtested::Fired(_) => "released",
        Backtested::Never { .. } => "never",
        Backtested::CannotBeMet { .. } => "cannot be met",
        Backtested::NotApplicable { .. } => "not applicable",
    }
}

/// The outcome by its full name.
pub fn name(o: &Outcome, t: &Tested) -> String {
    backtest::outcome(o, t).map_or_else(|| "?".to_owned(), |o| o.name)
}

/// The outcome by the name for a narrow column.
pub fn short_name(o: &Outcome, t: &Tested) -> String {
    let short = match o {
        Outcome::Person(p) => t.election.persons.get(p).map(|p| p.short.clone()),
        _ => None,
    };
    short.unwrap_or_else(|| name(o, t))
}

/// Days after the vote, `+41 d`; the date where the law has no day of the vote.
pub fn day(at: Instant, t: &Tested) -> String {
    t.days_after_vote(at).map_or_else(|| date(at, t), |d| format!("{d:+} d"))
}

/// The date of an instant in the election's zone, `14 Dec 2020`.
pub fn date(at: Instant, t: &Tested) -> String {
    let when = words::when(at, &t.election);
    when.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The hour of an instant in the election's zone, `04:00 EST`.
pub fn clock(at: Instant, t: &Tested) -> String {
    let when = words::when(at, &t.election);
    when.split(' ').skip(3).collect::<Vec<_>>().join(" ")
}

/// What undid a release, in the fewest words.
pub fn undone_by(u: &Undone) -> String {
    match u.by.as_slice() {
        [] => "time alone".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// Cut to so many characters.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Without the full stop that the sentence brings.
fn stopless(text: &str) -> &str {
    text.trim_end_matches('.')
}

fn fired(t: &Tested, f: &Fired) -> String {
    let mut out = format!(
        "released for {}, {}{}",
        name(&f.decision.outcome, t),
        words::when(f.decision.at, &t.election),
        t.days_after_vote(f.decision.at).map_or_else(String::new, after)
    );
    if let Some(u) = &f.undone {
        out.push_str(&format!("; undone {} by {}", words::when(u.at, &t.election), acts(u, t)));
        if let Some(then) = &u.then {
            out.push_str(&format!(", then met for {}", name(then, t)));
        }
        if let Some(last) = f.at_the_end.as_ref().filter(|last| u.then.as_ref() != Some(*last)) {
            out.push_str(&format!("; at the end of the record met for {}", name(last, t)));
        }
    }
    out.push('.');
    out
}

fn after(days: i64) -> String {
    match days {
        0 => ", on the day of the vote".to_owned(),
        1 => ", 1 day after the vote".to_owned(),
        d if d < 0 => format!(
            ", {} before the vote",
            if d == -1 { "1 day".to_owned() } else { format!("{} days", d.unsigned_abs()) }
        ),
        d => format!(", {d} days after the vote"),
    }
}

/// The acts that undid it, each with who did it; of many the first three.
fn acts(u: &Undone, t: &Tested) -> String {
    if u.by.is_empty() {
        return "time alone".to_owned();
    }
    let with_issuer = |id| match t.issuers.get(id) {
        Some(who) => format!("{id} [{who}]"),
        None => format!("{id}"),
    };
    let first: Vec<String> = u.by.iter().take(MOST_ACTS).map(with_issuer).collect();
    match u.by.len().saturating_sub(MOST_ACTS) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

const MOST_ACTS: usize = 3;
