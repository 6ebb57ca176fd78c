//! The drawing of one election: an axis with the law's dates, a lane for each policy.
//!
//! Its places are per cent and its texts pixels, so that it is read at any width;
//! what the law calls its dates stands under it. Refuses to know other elections.

use policy::{Backtested, Policy};
use standing::{Instant, LegalDate};

use super::axis::{self, Axis, Tick, percent};
use super::{escaped, lane, wording};
use crate::backtesting::Tested;

/// The drawing; nothing where neither the law nor a release gives an instant.
pub fn drawing(policies: &[Policy], anchor: &str, t: &Tested) -> Option<String> {
    let dates = t.law.dates(t.election.year, &t.election.zone);
    let (start, end) = ends(t, &dates)?;
    let axis = Axis::new(start, end);
    let (mut lanes, mut said, mut y) = (String::new(), Vec::new(), 0_i64);
    for (p, result) in policies.iter().zip(&t.results) {
        lanes.push_str(&lane::drawn(&axis, &p.name, result, t, y));
        said.push(lane::spoken(&p.name, result, t));
        y = y.saturating_add(lane::height(result));
    }
    let ticks = ticks(&axis, t, &dates, start);
    let (wide, wide_rows) = labels(&ticks, WIDE, y, "w");
    let (narrow, narrow_rows) = labels(&ticks, lane::NARROW, y, "n");
    let high = |rows: i64| y.saturating_add(rows.saturating_mul(ROW)).saturating_add(10);
    Some(format!(
        "<svg class=\"t\" style=\"--w:{}px;--n:{}px\" role=\"img\" aria-labelledby=\"t-{anchor} d-{anchor}\">\
         <title id=\"t-{anchor}\">{}: when each policy would have released</title>\
         <desc id=\"d-{anchor}\">From {} to {}. {}.</desc>\n{wide}{narrow}{lanes}</svg>\n",
        high(wide_rows),
        high(narrow_rows),
        escaped::text(&t.election.name),
        escaped::text(&wording::date(start, t)),
        escaped::text(&wording::date(end, t)),
        escaped::text(&said.join("; ")),
    ))
}

/// From the beginning of the day of the vote, or an earlier release, to the last of what is drawn.
fn ends(t: &Tested, dates: &[LegalDate]) -> Option<(Instant, Instant)> {
    let vote = t.vote.as_ref().and_then(|day| standing::end_of_day(day, &t.election.zone).ok());
    let vote = vote.map(|end| end.plus(-DAY_BUT_A_SECOND));
    let mut drawn: Vec<Instant> = vote.into_iter().collect();
    for result in &t.results {
        if let Backtested::Fired(f) = result {
            drawn.push(f.decision.at);
            drawn.extend(f.undone.as_ref().map(|u| u.at));
        }
    }
    // Where the law has no day of the vote, its first date is where the drawing begins.
    let from = drawn.iter().min().copied().or(dates.first().map(|d| d.ends))?;
    drawn.extend(dates.iter().map(|d| d.ends));
    Some((from, drawn.into_iter().max()?))
}

/// A date lies where its day ends, or at its hour; the day of the vote where it begins.
fn ticks(axis: &Axis, t: &Tested, dates: &[LegalDate], start: Instant) -> Vec<Tick> {
    let mut year = String::new();
    let mut ticks = Vec::new();
    for d in dates.iter().filter(|d| d.ends >= start) {
        let vote = t.vote.as_ref() == Some(&d.date);
        let at = if vote { d.ends.plus(-DAY_BUT_A_SECOND) } else { d.ends };
        let date = wording::date(d.ends, t);
        let this_year = date.rsplit(' ').next().unwrap_or_default().to_owned();
        // A year is said once.
        let day =
            if this_year == year { date.strip_suffix(&this_year).unwrap_or(&date).trim_end() } else { &date };
        let label = format!("{day} {}", d.id.replace(['-', '_'], " "));
        ticks.push(Tick { at: axis.place(at), label });
        year = this_year;
    }
    ticks
}

/// The ticks' lines through the lanes and their labels under them, with the rows these take.
fn labels(ticks: &[Tick], pixels: i64, y: i64, class: &str) -> (String, i64) {
    let mut out = format!("<g class=\"k {class}\">");
    let cut = |t: &Tick| Tick { at: t.at, label: wording::cut(&t.label, axis::most_letters(pixels)) };
    let ticks: Vec<Tick> = ticks.iter().map(cut).collect();
    let placed = axis::rows(&ticks, pixels);
    let base = |row: i64| y.saturating_add(row.saturating_mul(ROW)).saturating_add(ROW);
    for p in &placed {
        let x = percent(p.tick.at);
        out.push_str(&format!("<line x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{}\"/>", base(p.row)));
    }
    for p in &placed {
        let (dx, side) = if p.before { ("-4", " class=\"e\"") } else { ("4", "") };
        out.push_str(&format!(
            "<text{side} x=\"{}\" dx=\"{dx}\" y=\"{}\">{}</text>",
            percent(p.tick.at),
            base(p.row),
            escaped::text(&p.tick.label)
        ));
    }
    out.push_str("</g>\n");
    (out, placed.iter().map(|p| p.row.saturating_add(1)).max().unwrap_or(0))
}

/// From the beginning of a day to its last second.
const DAY_BUT_A_SECOND: i64 = 86_399;
/// The shortest axis of a wide page, in pixels.
const WIDE: i64 = 640;
/// The height of a row of labels.
const ROW: i64 = 15;
