//! One recipient of a released telegram: recorded, attempted, answered, resolved.
//!
//! A machine of its own for each recipient, so that a hundred thousand of them need not be in memory. Refuses to know
//! why a telegram was released, to whom it goes, and what the clock says: instants and chance are passed in.

use serde::{Deserialize, Serialize};

use crate::{Answer, Attempt, Channel, Error, Fault, Instant, Reference, Resolution, wait};

/// One recipient of a released telegram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// How.
    pub channel: Channel,
    /// The first attempt of this round; a person who has it sent again begins another.
    pub round: Attempt,
    /// How far.
    pub progress: Progress,
}

/// How far a released telegram has come with one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// An attempt is to be recorded.
    Pending {
        /// Its number.
        attempt: Attempt,
        /// Whether an earlier attempt may have arrived.
        unsure: bool,
        /// Not before this instant.
        due: Instant,
    },
    /// The attempt's row is durable; it may be on its way.
    Attempting {
        /// Its number.
        attempt: Attempt,
        /// Whether an earlier attempt may have arrived.
        unsure: bool,
    },
    /// The recipient has it.
    Acknowledged {
        /// The first answer.
        reference: Reference,
    },
    /// No attempt arrived, and none will be made: a dead letter.
    Undeliverable {
        /// Why the last one failed.
        reason: Fault,
        /// The last attempt.
        attempt: Attempt,
    },
    /// An attempt may have arrived; a person must find out.
    InDoubt {
        /// The last attempt.
        attempt: Attempt,
    },
}

/// Something that happened to one sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The row of an attempt is durable.
    Recorded {
        /// The attempt.
        attempt: Attempt,
    },
    /// How an attempt ended. May come twice, late, or in any order.
    Reported {
        /// The attempt.
        attempt: Attempt,
        /// How it ended.
        answer: Answer,
        /// The clock's reading.
        now: Instant,
        /// Chance, 0 to 1000, to spread what would else be tried again at the same moment.
        chance: u16,
    },
    /// A person's word.
    Resolved {
        /// What it is.
        how: Resolution,
        /// The clock's reading.
        now: Instant,
    },
    /// A person has a dead letter tried again.
    Redriven {
        /// The clock's reading.
        now: Instant,
    },
    /// A correction of the telegram is out: no further attempt is made of what it corrects. One under way ends as it ends.
    Corrected,
    /// The process began anew from what is stored.
    Restarted {
        /// The clock's reading.
        now: Instant,
    },
}

/// What a sending calls for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make a row, unique per telegram, recipient and attempt, durable, when it is due.
    Record {
        /// The attempt.
        attempt: Attempt,
        /// Not before this instant.
        due: Instant,
    },
    /// Make the one write this attempt is.
    Deliver {
        /// The attempt.
        attempt: Attempt,
    },
    /// Let the record know how it ended.
    Tell(Told),
    /// The person's word is not about this sending as it stands.
    Refuse,
}

/// How a sending ended, or began again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The recipient has it.
    Acknowledged,
    /// The recipient cannot be reached.
    Undeliverable,
    /// The recipient may have it.
    InDoubt,
    /// A person had it sent again.
    Again,
}

impl Sending {
    /// To be attempted at once.
    #[must_use]
    pub fn new(channel: Channel, now: Instant) -> Self {
        let progress = Progress::Pending { attempt: Attempt::FIRST, unsure: false, due: now };
        Self { channel, round: Attempt::FIRST, progress }
    }

    /// Whether nothing will happen any more unless a person acts.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self.progress, Progress::Pending { .. } | Progress::Attempting { .. })
    }
}

/// The sending after a moment, and what it calls for, in order.
///
/// # Errors
/// [`Error::NoAttempt`] when an attempt is reported that was never asked for.
pub fn next(sending: &Sending, moment: &Moment) -> Result<(Sending, Vec<Step>), Error> {
    let mut after = sending.clone();
    let steps = match moment {
        Moment::Recorded { attempt } => recorded(&mut after, *attempt)?,
        Moment::Reported { attempt, answer, now, chance } => {
            reported(&mut after, *attempt, answer, (*now, *chance))?
        }
        Moment::Resolved { how, now } => resolved(&mut after, how, *now),
        Moment::Redriven { now } => redriven(&mut after, *now),
        Moment::Corrected => corrected(&mut after),
        Moment::Restarted { now } => restarted(&mut after, *now),
    };
    Ok((after, steps))
}

/// Whether the step is still to be taken, asked just before taking it: something may have happened since it was given.
#[must_use]
pub fn still_due(sending: &Sending, step: &Step) -> bool {
    match (step, &sending.progress) {
        (Step::Record { attempt, .. }, Progress::Pending { attempt: now, .. })
        | (Step::Deliver { attempt }, Progress::Attempting { attempt: now, .. }) => attempt == now,
        (Step::Record { .. } | Step::Deliver { .. }, _) => false,
        (Step::Tell(_) | Step::Refuse, _) => true,
    }
}

/// The attempt's row is durable: make the attempt, unless it is no longer called for.
fn recorded(sending: &mut Sending, attempt: Attempt) -> Result<Vec<Step>, Error> {
    let Progress::Pending { attempt: asked, unsure, .. } = sending.progress else {
        return Ok(Vec::new());
    };
    if attempt > asked {
        return Err(Error::NoAttempt { attempt });
    }
    if attempt < asked {
        return Ok(Vec::new());
    }
    sending.progress = Progress::Attempting { attempt, unsure };
    Ok(vec![Step::Deliver { attempt }])
}

/// An answer. An acknowledgement counts whenever it comes; anything else only
/// of the attempt under way, since an older attempt's failure says nothing of it.
fn reported(
    sending: &mut Sending,
    attempt: Attempt,
    answer: &Answer,
    (now, chance): (Instant, u16),
) -> Result<Vec<Step>, Error> {
    if attempt > last_recorded(&sending.progress) {
        return Err(Error::NoAttempt { attempt });
    }
    let under_way = match sending.progress {
        Progress::Attempting { attempt: now, unsure } if now == attempt => Some(unsure),
        _ => None,
    };
    let progress = match (answer, under_way) {
        (Answer::Acknowledged { reference }, _) => {
            if matches!(sending.progress, Progress::Acknowledged { .. }) {
                return Ok(Vec::new());
            }
            Progress::Acknowledged { reference: reference.clone() }
        }
        (Answer::Failed { fault, retry_after }, Some(unsure)) => {
            let again = later(sending, attempt, *retry_after, now, chance).filter(|_| fault.is_passing());
            match again {
                Some(due) => Progress::Pending { attempt: attempt.next(), unsure, due },
                None if unsure => Progress::InDoubt { attempt },
                None => Progress::Undeliverable { reason: *fault, attempt },
            }
        }
        (Answer::NoAnswer, Some(_)) => silent(sending, attempt, now, chance),
        (Answer::Failed { .. } | Answer::NoAnswer, None) => return Ok(Vec::new()),
    };
    sending.progress = progress;
    Ok(follow_up(&sending.progress))
}

/// A person's word on what is in doubt; on a channel that is a person, on anything not acknowledged yet.
fn resolved(sending: &mut Sending, how: &Resolution, now: Instant) -> Vec<Step> {
    let in_doubt = match sending.progress {
        Progress::InDoubt { attempt } => Some(attempt),
        _ => None,
    };
    let by_hand =
        sending.channel == Channel::Manual && !matches!(sending.progress, Progress::Acknowledged { .. });
    match (how, in_doubt) {
        (Resolution::Delivered { reference }, _) if in_doubt.is_some() || by_hand => {
            sending.progress = Progress::Acknowledged { reference: reference.clone() };
            follow_up(&sending.progress)
        }
        // The person may be wrong, so the earlier attempt stays unsure.
        (Resolution::Resend, Some(attempt)) => again(sending, attempt, true, now),
        (Resolution::Delivered { .. } | Resolution::Resend, _) => vec![Step::Refuse],
    }
}

/// A dead letter is tried again in a round of its own; not if a correction is out.
fn redriven(sending: &mut Sending, now: Instant) -> Vec<Step> {
    match sending.progress {
        Progress::Undeliverable { reason: Fault::Corrected, .. } => vec![Step::Refuse],
        Progress::Undeliverable { attempt, .. } => again(sending, attempt, false, now),
        _ => vec![Step::Refuse],
    }
}

fn again(sending: &mut Sending, last: Attempt, unsure: bool, now: Instant) -> Vec<Step> {
    sending.round = last.next();
    sending.progress = Progress::Pending { attempt: sending.round, unsure, due: now };
    let mut steps = vec![Step::Tell(Told::Again)];
    steps.extend(follow_up(&sending.progress));
    steps
}

/// What waits for its next attempt waits no more.
fn corrected(sending: &mut Sending) -> Vec<Step> {
    let Progress::Pending { attempt, unsure, .. } = sending.progress else { return Vec::new() };
    let last = Attempt(attempt.0.saturating_sub(1));
    sending.progress = match unsure {
        true => Progress::InDoubt { attempt: last },
        false => Progress::Undeliverable { reason: Fault::Corrected, attempt: last },
    };
    follow_up(&sending.progress)
}

/// After a crash: ask again for whatever may not have been done, and guess nothing.
fn restarted(sending: &mut Sending, now: Instant) -> Vec<Step> {
    match sending.progress {
        // Past the last attempt too: a crash is not the recipient's fault.
        Progress::Attempting { attempt, .. } if sending.channel.repeats_safely() => {
            sending.progress = Progress::Pending { attempt: attempt.next(), unsure: true, due: now };
        }
        Progress::Attempting { attempt, .. } => sending.progress = Progress::InDoubt { attempt },
        Progress::Pending { .. } => {}
        Progress::Acknowledged { .. } | Progress::Undeliverable { .. } | Progress::InDoubt { .. } => {
            return Vec::new();
        }
    }
    follow_up(&sending.progress)
}

/// What becomes of an attempt of which nobody knows how it ended.
fn silent(sending: &Sending, attempt: Attempt, now: Instant, chance: u16) -> Progress {
    let again = later(sending, attempt, None, now, chance).filter(|_| sending.channel.repeats_safely());
    match again {
        Some(due) => Progress::Pending { attempt: attempt.next(), unsure: true, due },
        None => Progress::InDoubt { attempt },
    }
}

/// When the next attempt is due; nothing after the last of the round.
fn later(
    sending: &Sending,
    failed: Attempt,
    asked: Option<u32>,
    now: Instant,
    chance: u16,
) -> Option<Instant> {
    let nth = usize::try_from(failed.0.saturating_sub(sending.round.0)).unwrap_or(usize::MAX);
    let scheduled = sending.channel.schedule().get(nth)?;
    Some(Instant(now.0.saturating_add(i64::from(wait(*scheduled, asked, chance)))))
}

fn follow_up(progress: &Progress) -> Vec<Step> {
    vec![match progress {
        Progress::Pending { attempt, due, .. } => Step::Record { attempt: *attempt, due: *due },
        Progress::Attempting { .. } => return Vec::new(),
        Progress::Acknowledged { .. } => Step::Tell(Told::Acknowledged),
        Progress::Undeliverable { .. } => Step::Tell(Told::Undeliverable),
        Progress::InDoubt { .. } => Step::Tell(Told::InDoubt),
    }]
}

/// The last attempt whose row was durable; beyond an acknowledgement any may have been.
fn last_recorded(progress: &Progress) -> Attempt {
    match progress {
        Progress::Pending { attempt, .. } => Attempt(attempt.0.saturating_sub(1)),
        Progress::Attempting { attempt, .. }
        | Progress::Undeliverable { attempt, .. }
        | Progress::InDoubt { attempt } => *attempt,
        Progress::Acknowledged { .. } => Attempt(u32::MAX),
    }
}
