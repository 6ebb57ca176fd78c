//! The known word somebody may have meant, and how an unknown one is refused.
//!
//! Refuses to guess where nothing is close.

use crate::error::shown;

/// `` `votted` is no formula (did you mean `voted`?); expected one of … ``
pub(crate) fn unknown<'a>(what: &str, found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let short: String = found.chars().take(LONGEST).collect();
    stranger(&format!("`{}` is no {what}", shown(&short)), found, &known)
}

/// What is said of a word that is not among the known, with the nearest of them and all.
pub(crate) fn stranger(said: &str, found: &str, known: &[&str]) -> String {
    let meant = nearest(found, known).map(|w| format!(" (did you mean `{w}`?)")).unwrap_or_default();
    format!("{said}{meant}; expected {}", listed(known))
}

/// The nearest known word by edits, if it is close.
#[must_use]
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let length = found.chars().count();
    if length > LONGEST {
        return None;
    }
    let close = |word: &&'a str| {
        let edits = strsim::osa_distance(&found.to_lowercase(), &word.to_lowercase());
        let longer = length.max(word.chars().count());
        (edits <= longer.checked_div(3).unwrap_or(0).min(3) && edits < longer).then_some((edits, *word))
    };
    known.iter().filter_map(close).min().map(|(_, word)| word)
}

/// Words in a sentence; of many, the first.
fn listed(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().take(MOST).map(|w| format!("`{w}`")).collect();
    match (known.len(), known.len().saturating_sub(MOST)) {
        (0, _) => "none: there are none".into(),
        (1, _) => quoted.join(""),
        (_, 0) => format!("one of {}", quoted.join(", ")),
        (_, more) => format!("one of {} and {more} more", quoted.join(", ")),
    }
}

const LONGEST: usize = 64;
const MOST: usize = 32;
