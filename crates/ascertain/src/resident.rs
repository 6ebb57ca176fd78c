//! A desk that stays open: takes in statements, asks the policy, releases, and delivers many at once.
//!
//! One loop owns the record. Attempts land in it, callers are heard between two turns, and the record is lent to whoever
//! asks for it. Refuses to decide anything: it asks [`crate::desk`].

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::announcing;
use crate::courier::flight::Flight;
use crate::courier::{Courier, Mode, TOLD};
use crate::desk::{self, Brief, Seen};
use crate::error::Error;
use crate::logbook::{self, Logbook, Opening};
use crate::proofs;
use crate::reaching::Channels;
use crate::sequencer::{Packed, Placed};
use crate::steps::Steps;
use crate::visiting::{self, Visit, Wants};

/// What a desk stays open for.
pub struct Night<'a> {
    /// The data folder.
    pub data: PathBuf,
    /// Where files go.
    pub outbox: PathBuf,
    /// The name of the decider's key.
    pub decider: &'a str,
    /// The election and the policy.
    pub brief: Brief<'a>,
    /// The longest time between two questions to the policy.
    pub every: Duration,
}

/// What outlives the loans of the record.
#[derive(Default)]
struct Kept {
    channels: Option<Channels>,
    flight: Flight,
    seen: Seen,
    begun: bool,
    said: Vec<String>,
}

/// Stays open until the process ends or something fails; `say` is told once of everything that is new.
///
/// # Errors
/// The record cannot be opened or written; what was under way is found again on the next start.
pub fn stay(
    night: &Night<'_>,
    channels: Option<Channels>,
    about: &dyn Fn(&Logbook) -> Result<String, Error>,
    say: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    visiting::nobody_else(&night.data)?;
    let mut kept = Kept { channels, ..Kept::default() };
    loop {
        let mut logbook = reopened(night)?;
        let election = about(&logbook)?;
        if !kept.begun {
            visiting::listen(&night.data, kept.flight.door())?;
            say("open; end it with Ctrl-C at any moment");
        }
        let borrower = sit(night, &mut logbook, &election, &mut kept, say)?;
        // The borrower finds it free.
        drop(logbook);
        borrower.lend();
    }
}

/// Between two loans somebody may be quicker.
fn reopened(night: &Night<'_>) -> Result<Logbook, Error> {
    let mut tries = visiting::PATIENTLY;
    loop {
        match logbook::open(&night.data, Opening::default()) {
            Err(Error::Busy { .. }) if tries > 0 => tries = tries.saturating_sub(1),
            opened => return opened,
        }
        std::thread::sleep(visiting::BETWEEN);
    }
}

/// From one opening of the record to the next loan.
fn sit(
    night: &Night<'_>,
    logbook: &mut Logbook,
    election: &str,
    kept: &mut Kept,
    say: &mut dyn FnMut(&str),
) -> Result<Visit, Error> {
    let steps = Steps::default();
    let mut courier = desk::open(logbook, night.decider, election, night.outbox.clone(), &steps)?;
    courier.mode = Mode::Resident;
    courier.channels = kept.channels.take();
    courier.flight = std::mem::take(&mut kept.flight);
    courier.flight.stale = true;
    let refused = if kept.begun { courier.tell(&telegram::Event::Restarted)? } else { courier.resume()? };
    kept.begun = true;
    tell(kept, &mut courier, &refused, say);
    let visit = turns(night, &mut courier, kept, say)?;
    while courier.tell_outcomes(1)? {}
    announcing::with_record(&mut courier, &night.data)?;
    kept.channels = courier.channels.take();
    kept.flight = std::mem::take(&mut courier.flight);
    Ok(visit)
}

/// Turns until somebody wants the record.
fn turns(
    night: &Night<'_>,
    courier: &mut Courier<'_>,
    kept: &mut Kept,
    say: &mut dyn FnMut(&str),
) -> Result<Visit, Error> {
    let mut ask_at = Instant::now();
    let (mut show_at, mut shown) = (ask_at, None);
    loop {
        let (callers, borrower) = callers(courier);
        let answers = append(courier, callers)?;
        if !answers.is_empty() || Instant::now() >= ask_at {
            let refused = desk::evaluate(courier, &night.brief, &mut kept.seen)?;
            tell(kept, courier, &refused, say);
            ask_at = after(night.every);
        }
        let busy = courier.turn()?;
        // What is out does not wait for its proof, nor for being shown.
        if !answers.is_empty() || Instant::now() >= show_at {
            let stands = stands(courier)?;
            if shown != Some(stands) {
                let said = show(night, courier)?;
                shown = said.is_empty().then_some(stands);
                courier.notes.extend(said);
                tell(kept, courier, &[], say);
            }
            show_at = after(night.every);
        }
        for (visit, placed) in answers {
            let head = courier.head()?;
            visit.answer(&visiting::Answer { size: head.size, root: head.root.to_string(), placed });
        }
        if let Some(visit) = borrower {
            return Ok(visit);
        }
        // What is out comes first, then the record, then the keys of what is not.
        if !busy && !courier.tell_outcomes(1)? && !courier.destroy_keys()? {
            courier.wait(ask_at.saturating_duration_since(Instant::now()));
        } else if busy {
            courier.tell_outcomes(TOLD)?;
        }
    }
}

/// What of a record can be seen from outside, in short: its size, and how many decisions are overtaken.
fn stands(courier: &Courier<'_>) -> Result<(u64, usize), Error> {
    let overtaken = courier.state.rulings.values().filter(|r| r.overtaken.is_some()).count();
    Ok((courier.head()?.size, overtaken))
}

/// Proofs, the record, announcements; says what could not be written, to be tried again.
fn show(night: &Night<'_>, courier: &mut Courier<'_>) -> Result<Vec<String>, Error> {
    let said = proofs::heal(courier.book.store())?;
    announcing::with_record(courier, &night.data)?;
    Ok(said)
}

/// Who hands statements in, and the first who wants the whole record.
fn callers(courier: &mut Courier<'_>) -> (Vec<(Visit, Vec<Packed>)>, Option<Visit>) {
    let mut callers = Vec::new();
    while let Some(mut visit) = courier.flight.visits.pop_front() {
        match std::mem::replace(&mut visit.wants, Wants::Record) {
            Wants::Append(batch) => callers.push((visit, batch)),
            Wants::Record => return (callers, Some(visit)),
        }
    }
    (callers, None)
}

type Answers = Vec<(Visit, Vec<Placed>)>;

fn append(courier: &mut Courier<'_>, callers: Vec<(Visit, Vec<Packed>)>) -> Result<Answers, Error> {
    let mut answers = Vec::new();
    for (visit, batch) in callers {
        answers.push((visit, courier.append_signed(&batch)?));
    }
    Ok(answers)
}

fn tell(
    kept: &mut Kept,
    courier: &mut Courier<'_>,
    refused: &[telegram::Refusal],
    say: &mut dyn FnMut(&str),
) {
    let mut now: Vec<String> = refused.iter().map(ToString::to_string).collect();
    now.append(&mut courier.notes);
    now.extend(out(courier));
    for line in now {
        if !kept.said.contains(&line) {
            say(&line);
            kept.said.push(line);
        }
    }
    let forget = kept.said.len().saturating_sub(REMEMBERED);
    kept.said.drain(..forget);
}

/// What is out, a line each.
pub fn out(courier: &Courier<'_>) -> Vec<String> {
    let out_now = |e: &&telegram::Entry| matches!(e.stage, telegram::Stage::Released { .. });
    let entries = courier.state.telegrams.values().filter(out_now);
    entries.map(|e| format!("{} is out, for {}", e.telegram.id, e.telegram.terms.outcome)).collect()
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

/// Lines not said twice.
const REMEMBERED: usize = 1_000;
