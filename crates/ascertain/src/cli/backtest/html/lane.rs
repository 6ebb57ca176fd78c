//! A lane of a drawing: where a policy released, how long that stood, and what undid it.
//!
//! Refuses to know the law's dates.

use policy::{Backtested, Fired, Undone};

use super::axis::{self, Axis, WHOLE, percent};
use super::{escaped, wording};
use crate::backtesting::Tested;

/// The lane, its upper edge at `y`.
pub fn drawn(axis: &Axis, policy: &str, result: &Backtested, t: &Tested, y: i64) -> String {
    let answer = answer(result, t, LONGEST_ANSWER);
    let released = matches!(result, Backtested::Fired(_));
    let baseline = y.saturating_add(NAME);
    format!(
        "{}<text class=\"{}\" x=\"100%\" y=\"{baseline}\">{}</text>{}\n",
        heading(policy, &answer, baseline),
        if released { "e" } else { "e q" },
        escaped::text(&answer),
        bar(axis, result, t, y.saturating_add(BAR)),
    )
}

/// The policy's name beside the answer; a name too long for a narrow page is cut there only.
fn heading(policy: &str, answer: &str, baseline: i64) -> String {
    let beside = |letters: usize| letters.saturating_sub(answer.chars().count()).saturating_sub(1);
    let text = |class: &str, name: &str| {
        format!("<text class=\"{class}\" y=\"{baseline}\">{}</text>", escaped::text(name))
    };
    let (wide, narrow) = (wording::cut(policy, beside(LETTERS_WIDE)), wording::cut(policy, beside(LETTERS)));
    if wide == narrow { text("p", &wide) } else { text("p w", &wide) + &text("p n", &narrow) }
}

/// The height of a lane: what was undone needs a line more, what does not fit the election no bar.
pub fn height(result: &Backtested) -> i64 {
    match result {
        Backtested::Fired(f) if f.undone.is_some() => 56,
        Backtested::NotApplicable { .. } => 24,
        _ => 38,
    }
}

/// For whom and when, or why not. A long name is cut, a day never.
fn answer(result: &Backtested, t: &Tested, most: usize) -> String {
    let Backtested::Fired(f) = result else {
        return wording::without_release(result).to_owned();
    };
    let day = format!(", {}", wording::day(f.decision.at, t));
    let left = most.saturating_sub(day.chars().count());
    format!("{}{day}", wording::cut(&wording::short_name(&f.decision.outcome, t), left))
}

/// The lane in words, for who does not see it.
pub fn spoken(policy: &str, result: &Backtested, t: &Tested) -> String {
    let undone = match result {
        Backtested::Fired(f) => f.undone.as_ref(),
        _ => None,
    };
    let undone = undone.map(|u| format!(", undone {} by {}", wording::day(u.at, t), wording::undone_by(u)));
    format!("{policy}: {}{}", answer(result, t, usize::MAX), undone.unwrap_or_default())
}

fn bar(axis: &Axis, result: &Backtested, t: &Tested, y: i64) -> String {
    let f = match result {
        Backtested::Fired(f) => f,
        Backtested::NotApplicable { .. } => return String::new(),
        Backtested::Never { .. } | Backtested::CannotBeMet { .. } => return line("d", 0, WHOLE, y),
    };
    let at = axis.place(f.decision.at);
    match &f.undone {
        None => {
            format!("{}{}{}", line("b", 0, WHOLE, y), line("s", at, WHOLE, y), mark("r", at, 0, y))
        }
        Some(u) => undone(at, axis.place(u.at), f, u, t, y),
    }
}

/// The interval as a bar from mark to mark. Where it is too short to be seen the marks stand beside each other.
fn undone(at: i64, over: i64, f: &Fired, u: &Undone, t: &Tested, y: i64) -> String {
    let seen = over.saturating_sub(at) >= SHORTEST;
    let near_the_end = over.saturating_mul(2) > WHOLE;
    let (release_dx, undone_dx, length) = match (seen, near_the_end) {
        (true, _) => (0, 0, percent(over.saturating_sub(at))),
        (false, false) => (0, APART, APART.to_string()),
        (false, true) => (-APART, 0, APART.to_string()),
    };
    let from = if seen || !near_the_end { at } else { over };
    let bar = format!(
        "<rect class=\"u\" x=\"{}\" y=\"{}\" width=\"{length}\" height=\"8\"{}/>",
        percent(from),
        y.saturating_sub(4),
        moved(release_dx)
    );
    let to = if seen || near_the_end { over } else { at };
    format!(
        "{}{bar}{}{}{}",
        line("b", 0, WHOLE, y),
        mark("r", from, release_dx, y),
        mark("x", to, undone_dx, y),
        label(to, f, u, t, y)
    )
}

fn label(at: i64, f: &Fired, u: &Undone, t: &Tested, y: i64) -> String {
    let days = |t: Option<i64>| t.map(|d| d.to_string());
    let same_day = days(t.days_after_vote(f.decision.at)) == days(t.days_after_vote(u.at));
    let when = if same_day { wording::clock(u.at, t) } else { wording::day(u.at, t) };
    let text = wording::cut(&format!("undone {when} by {}", wording::undone_by(u)), LABEL_LETTERS);
    let (x, end) = match axis::fits(at, &text, NARROW) {
        Some(before) => (at, before),
        None if at.saturating_mul(2) > WHOLE => (WHOLE, true),
        None => (0, false),
    };
    format!(
        "<text class=\"g{}\" x=\"{}\" y=\"{}\">{}</text>",
        if end { " e" } else { "" },
        percent(x),
        y.saturating_add(18),
        escaped::text(&text)
    )
}

fn line(class: &str, from: i64, to: i64, y: i64) -> String {
    let (from, to) = (percent(from), percent(to));
    format!("<line class=\"{class}\" x1=\"{from}\" x2=\"{to}\" y1=\"{y}\" y2=\"{y}\"/>")
}

/// A mark defined once for the page.
fn mark(id: &str, at: i64, dx: i64, y: i64) -> String {
    format!("<use href=\"#{id}\" x=\"{}\" y=\"{y}\"{}/>", percent(at), moved(dx))
}

fn moved(dx: i64) -> String {
    if dx == 0 { String::new() } else { format!(" transform=\"translate({dx} 0)\"") }
}

/// The shortest axis of a narrow page, in pixels.
pub const NARROW: i64 = 310;
/// The letters that fit over the shortest axis.
const LETTERS: usize = 42;
/// The letters that fit over the shortest axis of a wide page.
const LETTERS_WIDE: usize = 84;
/// The letters of an answer that are shown over its lane.
const LONGEST_ANSWER: usize = 26;
/// The letters of a label under the shortest axis.
const LABEL_LETTERS: usize = 46;
/// The shortest interval drawn to scale, in hundredths of a per cent.
const SHORTEST: i64 = 150;
/// How far apart two marks stand where their interval is shorter, in pixels.
const APART: i64 = 16;
/// The baseline of a lane's heading.
const NAME: i64 = 14;
/// The middle of a lane's bar.
const BAR: i64 = 25;
