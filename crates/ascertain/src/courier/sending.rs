//! One sending after another: recorded, delivered, its answer stored.
//!
//! Refuses to know why a telegram is out.

use std::collections::VecDeque;

use record::digest::sha256;
use telegram::{
    Answer, Channel, Fault, Ground, Moment, Progress, RecipientId, Reference, Stage, Step, TelegramId,
};

use super::Courier;
use crate::book::Book;
use crate::error::Error;
use crate::folder;
use crate::keychain;
use crate::message::{self, Recipient, Rendered};
use crate::reaching::Parcel;
use crate::store::outbox::{self, OutboxRow};

impl Courier<'_> {
    /// Sends whatever is due of what is out; what is not due yet, and what waits for a person where none is at hand, stays
    /// pending.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn send(&mut self) -> Result<(), Error> {
        loop {
            self.tick()?;
            let due = self.book.store().due(self.machine_now(), AT_ONCE)?;
            if due.is_empty() {
                break;
            }
            due.into_iter().try_for_each(|row| self.attempt(row))?;
        }
        for row in self.book.store().by_hand()? {
            let note = format!(
                "{} to {} waits for a person: `ascertain telegram deliver --data DIR` shows it",
                row.telegram, row.recipient
            );
            if self.manual.is_some() {
                self.attempt(row)?;
            } else if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }

    fn attempt(&mut self, row: OutboxRow) -> Result<(), Error> {
        let Progress::Pending { attempt, due, .. } = row.sending.progress else { return Ok(()) };
        self.walk(row, VecDeque::from([Step::Record { attempt, due }]))
    }

    /// Takes the steps of one sending until it waits or is settled.
    fn walk(&mut self, mut row: OutboxRow, mut todo: VecDeque<Step>) -> Result<(), Error> {
        while let Some(step) = todo.pop_front() {
            if !telegram::still_due(&row.sending, &step) {
                continue;
            }
            let steps = match step {
                Step::Record { due, .. } if due > self.machine_now() => Vec::new(),
                Step::Record { attempt, .. } => {
                    self.step_and_store(&mut row, &Moment::Recorded { attempt })?
                }
                Step::Deliver { attempt } => {
                    self.open(&row.telegram)?;
                    self.tick()?;
                    let answer = self.deliver(&row.telegram, &row.recipient, row.sending.channel)?;
                    self.steps.step("after a delivery, before its answer is stored");
                    self.tick()?;
                    let (now, chance) = (self.machine_now(), self.chance()?);
                    self.step_and_store(&mut row, &Moment::Reported { attempt, answer, now, chance })?
                }
                Step::Tell(_) | Step::Refuse => Vec::new(),
            };
            todo.extend(steps);
        }
        Ok(())
    }

    /// Something happened to one sending; what follows is done.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn moment(&mut self, mut row: OutboxRow, moment: &Moment) -> Result<bool, Error> {
        let steps = self.step_and_store(&mut row, moment)?;
        let taken = !steps.contains(&Step::Refuse);
        let waits = self.manual.is_none() && row.sending.channel == Channel::Manual;
        if !waits {
            self.walk(row, steps.into())?;
        }
        Ok(taken)
    }

    /// 0 to 1000; a replay leaves nothing to chance.
    fn chance(&self) -> Result<u16, Error> {
        if matches!(self.book, Book::History { .. }) {
            return Ok(0);
        }
        let [low, high, ..] = keychain::random()?;
        Ok(u16::from_le_bytes([low, high]).rem_euclid(1001))
    }

    pub(super) fn step_and_store(
        &mut self,
        row: &mut OutboxRow,
        moment: &Moment,
    ) -> Result<Vec<Step>, Error> {
        let (next, steps) = telegram::next(&row.sending, moment)?;
        if next == row.sending {
            return Ok(steps);
        }
        let attempt = match moment {
            Moment::Recorded { attempt } => Some(*attempt),
            _ => None,
        };
        let (before, after) = match attempt {
            Some(_) => ("before an attempt is recorded", "after an attempt is recorded"),
            None => ("before an answer is stored", "after an answer is stored"),
        };
        self.steps.step(before);
        self.book.write(&[], |t| {
            if let Some(attempt) = attempt {
                outbox::insert_attempt(t, row, attempt)?;
            }
            outbox::update(t, row.id, &next)
        })?;
        self.steps.step(after);
        row.sending = next;
        Ok(steps)
    }

    /// Opens a released body, once in a process.
    fn open(&mut self, telegram: &TelegramId) -> Result<(), Error> {
        if self.opened.contains_key(telegram) {
            return Ok(());
        }
        let s = self.unsealed(telegram)?;
        self.opened.insert(telegram.clone(), (s.recipients, s.rendered));
        Ok(())
    }

    fn deliver(
        &mut self,
        telegram: &TelegramId,
        recipient: &RecipientId,
        channel: Channel,
    ) -> Result<Answer, Error> {
        let found = self.opened.get(telegram).and_then(|(recipients, words)| {
            recipients.iter().find(|r| r.id == recipient.as_str()).map(|r| (r.clone(), words.clone()))
        });
        let Some((to, words)) = found else {
            return Ok(Answer::Failed { fault: Fault::NoSuchRecipient, retry_after: None });
        };
        match channel {
            Channel::File => {
                let decision = self.decision_of(telegram);
                let path = self.outbox.join(format!("{telegram}--{recipient}.eml"));
                self.steps.step("before a file is put into the outbox");
                folder::write_whole(
                    &path,
                    message::eml(telegram.as_str(), &to, &words, &self.sender, &decision).as_bytes(),
                )?;
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                Ok(Answer::Acknowledged { reference: Reference::parse(&name)? })
            }
            Channel::Manual => {
                let typed = self.manual.and_then(|ask| ask(&to, &words));
                match typed.map(|t| Reference::parse(&t)) {
                    Some(Ok(reference)) => Ok(Answer::Acknowledged { reference }),
                    // Shown to a person who may have acted on it: only they can say.
                    Some(Err(_)) | None => Ok(Answer::NoAnswer),
                }
            }
            Channel::Webhook | Channel::Email => Ok(self.reach(telegram, &to, &words, channel)),
        }
    }

    /// By a channel that reaches out; a replay has none.
    fn reach(&mut self, telegram: &TelegramId, to: &Recipient, words: &Rendered, channel: Channel) -> Answer {
        let (at, ground) = match self.state.telegrams.get(telegram).map(|e| &e.stage) {
            Some(Stage::Released { at, ground }) => (*at, ground.clone()),
            _ => return Answer::Failed { fault: Fault::Refused, retry_after: None },
        };
        let Some(channels) = &mut self.channels else {
            return Answer::Failed { fault: Fault::Unreachable, retry_after: None };
        };
        let id = sha256(format!("{}/{telegram}/{}", self.election, to.id).as_bytes()).to_string();
        let parcel = Parcel {
            id: &id,
            released: at.0,
            name: &to.name,
            address: &to.address,
            subject: &words.subject,
            text: &words.body,
            drill: self.sender.is_drill(),
        };
        match channel {
            Channel::Email => channels.mail(&parcel),
            _ => {
                let body = message::webhook_body(telegram.as_str(), words, &self.sender, at.0, &ground);
                let now = u64::try_from(self.now.second()).unwrap_or_default();
                channels.post(&parcel, &body, now)
            }
        }
    }

    /// The decision a released telegram rests on; empty if there is none.
    fn decision_of(&self, telegram: &TelegramId) -> String {
        match self.state.telegrams.get(telegram).map(|e| &e.stage) {
            Some(telegram::Stage::Released { ground: Ground::Decision(id), .. }) => id.to_string(),
            _ => String::new(),
        }
    }
}

/// Rows read at a time.
const AT_ONCE: u32 = 256;
