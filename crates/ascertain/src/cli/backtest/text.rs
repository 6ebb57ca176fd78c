//! A back-test as a table for people: a block for each policy, a line for each election.

use policy::{Backtested, Fired, Policy};

use super::outcome;
use crate::backtesting::Tested;
use crate::cli::{Out, words};

/// Prints it.
pub fn print(policies: &[Policy], tested: &[Tested], out: &mut Out) {
    for (n, p) in policies.iter().enumerate() {
        let results: Vec<(&Tested, &Backtested)> =
            tested.iter().filter_map(|t| Some((t, t.results.get(n)?))).collect();
        if n > 0 {
            out.line("");
        }
        out.line(&format!("{}: {}", p.name, p.summary));
        out.line(&format!("  {}", summary(&results)));
        let width = results.iter().map(|(t, _)| t.election.id.chars().count()).max().unwrap_or(0);
        for (t, result) in &results {
            if matches!(result, Backtested::NotApplicable { .. }) {
                continue;
            }
            let line = line(t, result);
            out.line(&format!(
                "  {:<width$}  {}",
                t.election.id,
                words::wrap(&line, width.saturating_add(4), 110)
            ));
        }
        not_applicable(&results, out);
    }
}

/// One line for each reason, with the elections it holds of.
fn not_applicable(results: &[(&Tested, &Backtested)], out: &mut Out) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (t, result) in results {
        let Backtested::NotApplicable { why } = result else { continue };
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, elections)) => elections.push(&t.election.id),
            None => reasons.push((why, vec![&t.election.id])),
        }
    }
    for (reason, elections) in reasons {
        let line = format!("not applicable, {reason}: {}", elections.join(", "));
        out.line(&format!("  {}", words::wrap(&line, 4, 110)));
    }
}

/// How often each answer was given.
pub fn summary(results: &[(&Tested, &Backtested)]) -> String {
    let count = |want: &dyn Fn(&Backtested) -> bool| results.iter().filter(|(_, r)| want(r)).count();
    let fired = count(&|r| matches!(r, Backtested::Fired(_)));
    let undone = count(&|r| matches!(r, Backtested::Fired(f) if f.undone.is_some()));
    let never = count(&|r| matches!(r, Backtested::Never { .. }));
    let cannot = count(&|r| matches!(r, Backtested::CannotBeMet { .. }));
    let other = count(&|r| matches!(r, Backtested::NotApplicable { .. }));
    format!(
        "released in {fired} of {}, {undone} of these undone later; never {never}; cannot be met {cannot}; not applicable {other}",
        results.len()
    )
}

fn line(t: &Tested, result: &Backtested) -> String {
    match result {
        Backtested::Fired(f) => fired(t, f),
        Backtested::Never { missing } => {
            let first =
                missing.first().map_or_else(|| "nothing was decided".to_owned(), |m| m.clause.clone());
            format!("never: {first}")
        }
        Backtested::CannotBeMet { why } => {
            format!("cannot be met: {}", why.first().map_or("no outcome is left", String::as_str))
        }
        Backtested::NotApplicable { why } => format!("not applicable: {why}"),
    }
}

fn fired(t: &Tested, f: &Fired) -> String {
    let name = |o| outcome(o, t).map_or_else(|| "?".to_owned(), |o| o.name);
    let days = t.days_after_vote(f.decision.at).map_or_else(String::new, |d| format!(" (vote {d:+} d)"));
    let mut line =
        format!("{}{days}  {}", words::when(f.decision.at, &t.election), name(&f.decision.outcome));
    if let Some(u) = &f.undone {
        let by: Vec<String> = u.by.iter().map(ToString::to_string).collect();
        let by = match by.as_slice() {
            [] => "time alone".to_owned(),
            [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
            few => few.join(", "),
        };
        line.push_str(&format!("; UNDONE {} by {by}", words::when(u.at, &t.election)));
        if let Some(then) = &u.then {
            line.push_str(&format!(", then met for {}", name(then)));
        }
    }
    line
}
