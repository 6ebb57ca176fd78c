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

/// The most letters of a label that find room on one side of any tick.
pub fn most_letters(pixels: i64) -> usize {
    let room = pixels.saturating_div(2).saturating_sub(BLANK);
    usize::try_from(room.saturating_mul(2).saturating_div(LETTER_TWICE)).unwrap_or(0)
}

fn pixels_to(at: i64, pixels: i64) -> i64 {
    at.saturating_mul(pixels).checked_div(WHOLE).unwrap_or(0)
}

/// No label is wider, with the blank after it.
fn width(text: &str) -> i64 {
    let letters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    letters.saturating_mul(LETTER_TWICE).saturating_div(2).saturating_add(BLANK)
}

/// The whole axis.
pub const WHOLE: i64 = 10_000;
/// Twice the pixels of a letter of 11.5 pixels.
const LETTER_TWICE: i64 = 13;
/// The pixels left blank between labels.
const BLANK: i64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_second(second).unwrap()
    }

    #[test]
    fn places_are_hundredths_of_a_per_cent() {
        let axis = Axis::new(at(1_000), at(4_000));
        let places = [0, 1_000, 2_000, 3_999, 4_000, 9_000].map(|t| percent(axis.place(at(t))));
        assert_eq!(places, ["0%", "0%", "33.33%", "99.96%", "100%", "100%"]);
        assert_eq!(Axis::new(at(7), at(7)).place(at(7)), 0, "an axis of one instant");
        assert_eq!(percent(5), "0.05%");
    }

    #[test]
    fn a_label_has_room_at_every_place() {
        for pixels in [310, 640] {
            let label = "x".repeat(most_letters(pixels));
            assert!((0..=WHOLE).all(|at| fits(at, &label, pixels).is_some()), "{pixels}");
        }
    }

    #[test]
    fn labels_meet_on_no_axis() {
        let places = [0, 20, 4_487, 5_256, 6_410, 7_800, 8_205, 9_990, 10_000, 10_000];
        let tick = |at| Tick { at, label: "14 Dec electors vote".to_owned() };
        let ticks: Vec<Tick> = places.into_iter().map(tick).collect();
        for (least, pixels) in [(310, 310), (310, 640), (310, 2_000), (640, 640), (640, 1_100)] {
            let placed = rows(&ticks, least);
            let spans: Vec<(i64, i64)> = placed
                .iter()
                .map(|p| {
                    let (x, width) = (pixels_to(p.tick.at, pixels), width(&p.tick.label));
                    if p.before { (x - width, x) } else { (x, x + width) }
                })
                .collect();
            for (n, a) in spans.iter().enumerate() {
                assert!(a.0 >= 0 && a.1 <= pixels, "off the axis at {pixels}");
                let meets = |m: usize| spans[m].0 < a.1 && a.0 < spans[m].1;
                let same_row = |m: &usize| placed[*m].row == placed[n].row;
                assert!(!(0..n).filter(same_row).any(meets), "labels meet at {pixels}");
            }
        }
    }
}
