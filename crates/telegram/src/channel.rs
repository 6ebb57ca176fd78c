//! The ways a telegram takes to a recipient, and what each can promise.
//!
//! Refuses to know how any of them works.

use serde::{Deserialize, Serialize};

/// How a telegram reaches a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A file, put in place atomically under an unchanging name: there is one, however often it is tried.
    File,
    /// A person: a note, a telephone call. Trying again may reach the recipient twice.
    Manual,
    /// An HTTP request under an unchanging id: at least once; who honours the id acts once.
    Webhook,
    /// Electronic mail: at most once across the window in which the server takes the message over, else in doubt.
    Email,
}

impl Channel {
    /// Whether a further try, after one whose answer is unknown, leaves the
    /// recipient with one message.
    #[must_use]
    pub fn repeats_safely(self) -> bool {
        match self {
            Self::File | Self::Webhook => true,
            Self::Manual | Self::Email => false,
        }
    }

    /// Seconds to wait after each failed try of a round, before [`wait`] spreads them. Their number, and one, is the
    /// number of tries in a round.
    #[must_use]
    pub fn schedule(self) -> &'static [u32] {
        match self {
            // A disk that is full, a folder that is not mounted.
            Self::File => &[1, 2, 5, 15, 60, 300, 900],
            // About a day and a half: a receiver that is down overnight.
            Self::Webhook => &[2, 10, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 43_200],
            // What a mail server would do with a message it cannot pass on.
            Self::Email => &[30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200],
            // The person decides when.
            Self::Manual => &[0, 0, 0, 0, 0, 0, 0],
        }
    }
}

/// Seconds until the next try: the schedule's, or what the recipient asked for if that is longer, and up to a tenth
/// more. `chance`, 0 to 1000, says how much of that tenth; it comes from outside. Never earlier than scheduled.
#[must_use]
pub fn wait(scheduled: u32, asked: Option<u32>, chance: u16) -> u32 {
    let base = scheduled.max(asked.unwrap_or(0).min(LONGEST_ASKED));
    let tenth = base.div_ceil(10);
    let more = u64::from(tenth).saturating_mul(u64::from(chance.min(1000))).div_euclid(1000);
    base.saturating_add(u32::try_from(more).unwrap_or(tenth))
}

/// Six hours: who asks for longer is asked again before that.
const LONGEST_ASKED: u32 = 21_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_never_early_and_a_tenth_late_at_most() {
        for (scheduled, asked, chance, seconds) in [
            (10, None, 0, 10),
            (10, None, 1000, 11),
            (60, None, 500, 63),
            (60, Some(5), 0, 60),
            (60, Some(120), 1000, 132),
            (60, Some(u32::MAX), 0, 21_600),
            (60, None, u16::MAX, 66),
            (0, None, 1000, 0),
        ] {
            assert_eq!(wait(scheduled, asked, chance), seconds, "{scheduled} {asked:?} {chance}");
        }
    }
}
