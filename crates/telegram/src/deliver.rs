//! One recipient of a released telegram: recorded, attempted, answered, resolved.
//!
//! Refuses to know why a telegram was released and when to try again.

use crate::{
    Answer, Attempt, Channel, Command, Error, Fault, Happening, Progress, RecipientId, Reference, Refusal,
    Resolution, Sending, State, TelegramId,
};

/// The attempt's row is durable: make the attempt, unless it is no longer called for.
pub(crate) fn recorded(
    state: &mut State,
    telegram: &TelegramId,
    recipient: &RecipientId,
    attempt: Attempt,
) -> Result<Vec<Command>, Error> {
    let sending = sending(state, telegram, recipient)?;
    let Progress::Pending { attempt: asked, unsure } = sending.progress else {
        return Ok(Vec::new());
    };
    if attempt > asked {
        return Err(no_attempt(telegram, recipient, attempt));
    }
    if attempt < asked {
        return Ok(Vec::new());
    }
    sending.progress = Progress::Attempting { attempt, unsure };
    let (channel, telegram, recipient) = (sending.channel, telegram.clone(), recipient.clone());
    Ok(vec![Command::Deliver { telegram, recipient, channel, attempt }])
}

/// An answer. An acknowledgement counts whenever it comes; anything else only
/// of the attempt under way, since an older attempt's failure says nothing of it.
pub(crate) fn reported(
    state: &mut State,
    telegram: &TelegramId,
    recipient: &RecipientId,
    attempt: Attempt,
    answer: &Answer,
) -> Result<Vec<Command>, Error> {
    let sending = sending(state, telegram, recipient)?;
    if last_recorded(&sending.progress).is_some_and(|last| attempt.0 > last) {
        return Err(no_attempt(telegram, recipient, attempt));
    }
    let next = match (answer, &sending.progress) {
        (_, Progress::Acknowledged { .. }) => return Ok(Vec::new()),
        (Answer::Acknowledged { reference }, _) => acknowledged(reference),
        (Answer::Failed { fault }, Progress::Attempting { attempt: now, unsure }) if *now == attempt => {
            failed(attempt, *unsure, *fault)
        }
        (Answer::NoAnswer, Progress::Attempting { attempt: now, .. }) if *now == attempt => {
            silent(sending.channel, attempt)
        }
        (Answer::Failed { .. } | Answer::NoAnswer, _) => return Ok(Vec::new()),
    };
    sending.progress = next;
    Ok(follow_up(telegram, recipient, &sending.progress).into_iter().collect())
}

/// A person's word on what is in doubt.
pub(crate) fn resolve(
    state: &mut State,
    telegram: &TelegramId,
    recipient: &RecipientId,
    how: &Resolution,
) -> Result<Vec<Command>, Error> {
    let sending = sending(state, telegram, recipient)?;
    let (telegram, recipient) = (telegram.clone(), recipient.clone());
    let Progress::InDoubt { attempt } = sending.progress else {
        return Ok(vec![Command::Refuse(Refusal::NotInDoubt { telegram, recipient })]);
    };
    sending.progress = match how {
        Resolution::Delivered { reference } => acknowledged(reference),
        // The person may be wrong, so the earlier attempt stays unsure.
        Resolution::Resend => Progress::Pending { attempt: attempt.next(), unsure: true },
    };
    let mut commands = Vec::new();
    if *how == Resolution::Resend {
        let resent = Happening::Resent { telegram: telegram.clone(), recipient: recipient.clone() };
        commands.push(Command::AppendStatement(resent));
        commands.push(Command::OpenBody { telegram: telegram.clone() });
    }
    commands.extend(follow_up(&telegram, &recipient, &sending.progress));
    Ok(commands)
}

/// What becomes of an attempt of which nobody knows how it ended.
pub(crate) fn silent(channel: Channel, attempt: Attempt) -> Progress {
    if channel.repeats_safely() && attempt < LAST_ATTEMPT {
        Progress::Pending { attempt: attempt.next(), unsure: true }
    } else {
        Progress::InDoubt { attempt }
    }
}

/// What a progress just reached calls for.
pub(crate) fn follow_up(
    telegram: &TelegramId,
    recipient: &RecipientId,
    progress: &Progress,
) -> Option<Command> {
    let (telegram, recipient) = (telegram.clone(), recipient.clone());
    let happening = match progress {
        Progress::Pending { attempt, .. } => {
            return Some(Command::RecordAttempt { telegram, recipient, attempt: *attempt });
        }
        Progress::Attempting { .. } => return None,
        Progress::Acknowledged { reference } => {
            Happening::Acknowledged { telegram, recipient, reference: reference.clone() }
        }
        Progress::Undeliverable { reason } => {
            Happening::Undeliverable { telegram, recipient, reason: *reason }
        }
        Progress::InDoubt { attempt } => Happening::InDoubt { telegram, recipient, attempt: *attempt },
    };
    Some(Command::AppendStatement(happening))
}

fn acknowledged(reference: &Reference) -> Progress {
    Progress::Acknowledged { reference: reference.clone() }
}

fn failed(attempt: Attempt, unsure: bool, fault: Fault) -> Progress {
    if fault.is_passing() && attempt < LAST_ATTEMPT {
        Progress::Pending { attempt: attempt.next(), unsure }
    } else if unsure {
        Progress::InDoubt { attempt }
    } else {
        Progress::Undeliverable { reason: fault }
    }
}

fn last_recorded(progress: &Progress) -> Option<u32> {
    match progress {
        Progress::Pending { attempt, .. } => Some(attempt.0.saturating_sub(1)),
        Progress::Attempting { attempt, .. } | Progress::InDoubt { attempt } => Some(attempt.0),
        Progress::Acknowledged { .. } | Progress::Undeliverable { .. } => None,
    }
}

fn sending<'a>(
    state: &'a mut State,
    telegram: &TelegramId,
    recipient: &RecipientId,
) -> Result<&'a mut Sending, Error> {
    state
        .entry_mut(telegram)?
        .sendings
        .get_mut(recipient)
        .ok_or_else(|| Error::NoDelivery { telegram: telegram.clone(), recipient: recipient.clone() })
}

fn no_attempt(telegram: &TelegramId, recipient: &RecipientId, attempt: Attempt) -> Error {
    Error::NoAttempt { telegram: telegram.clone(), recipient: recipient.clone(), attempt }
}

const LAST_ATTEMPT: Attempt = Attempt(8);
