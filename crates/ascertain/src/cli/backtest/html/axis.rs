//! The axis of a drawing: where an instant lies, and where its dates can be labelled without overlapping.
//!
//! Whole numbers only: hundredths of a per cent along the axis, pixels for text.
//! Refuses to know what happened at an instant.

use standing::Instant;

/// From an instant to a later one.
pub struct Axis {
    start: i64,
    end: i64,
}

/// A date to be labelled: where, and with what.
pub struct Tick {
    /// In hundredths of a per cent.
    pub at: i64,
    /// Its label.
    pub label: String,
}

/// A label in its row, from 0, on one side of its tick.
pub struct Placed<'a> {
    /// The tick.
    pub tick: &'a Tick,
    /// The row.
    pub row: i64,
    /// Whether it ends at the tick instead of beginning there.
    pub before: bool,
}

impl Axis {
    /// An axis is never empty.
    pub fn new(start: Instant, end: Instant) -> Self {
        let (start, end) = (start.second(), end.second());
        Self { start, end: end.max(start.saturating_add(1)) }
    }

    /// Where an instant lies, in hundredths of a per cent; what lies outside lies at the end.
    pub fn place(&self, t: Instant) -> i64 {
        let length = self.end.saturating_sub(self.start);
        let past = t.second().clamp(self.start, self.end).saturating_sub(self.start);
        past.saturating_mul(WHOLE).checked_div(length).unwrap_or(0)
    }
}

/// A place as SVG writes it.
pub fn percent(at: i64) -> String {
    let (whole, part) = (at.div_euclid(100), at.rem_euclid(100));
    match part {
        0 => format!("{whole}%"),
        _ => format!("{whole}.{part:02}%"),
    }
}

/// Whether a text beside a place fits after it, or before it, on an axis so many pixels long.
/// On a longer axis it fits as well.
pub fn fits(at: i64, text: &str, pixels: i64) -> Option<bool> {
    let (x, width) = (pixels_to(at, pixels), width(text));
    if x.saturating_add(width) <= pixels {
        Some(false)
    } else if width <= x {
        Some(true)
    } else {
        None
    }
}

/// Gives each label the first row in which it meets no other, on an axis so many pixels long.
/// What does not overlap there overlaps on no longer axis: gaps grow, texts do not.
pub fn rows(ticks: &[Tick], pixels: i64) -> Vec<Placed<'_>> {
    let mut taken: Vec<Vec<(i64, i64)>> = Vec::new();
    let mut placed = Vec::new();
    for tick in ticks {
        let before = fits(tick.at, &tick.label, pixels).unwrap_or(tick.at.saturating_mul(2) > WHOLE);
        let x = pixels_to(tick.at, pixels);
        let width = width(&tick.label);
        let from = if before { x.saturating_sub(width) } else { x };
        let span = (from, from.saturating_add(width));
        let free = |row: &Vec<(i64, i64)>| row.iter().all(|(a, b)| span.1 <= *a || *b <= span.0);
        let row = taken.iter().position(free).unwrap_or(taken.len());
        match taken.get_mut(row) {
            Some(spans) => spans.push(span),
            None => taken.push(vec![span]),
        }
        placed.push(Placed { tick, row: i64::try_from(row).unwrap_or(0), before });
    }
    placed
}

fn pixels_to(at: i64, pixels: i64) -> i64 {
    at.saturating_mul(pixels).checked_div(WHOLE).unwrap_or(0)
}

/// No label is wider, in a sans-serif of 11.5 pixels, with the blank after it.
fn width(text: &str) -> i64 {
    let letters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    letters.saturating_mul(13).checked_div(2).unwrap_or(0).saturating_add(10)
}

/// The whole axis.
pub const WHOLE: i64 = 10_000;
