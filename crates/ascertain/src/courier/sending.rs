//! Many sendings at once: recorded in groups, made beside each other, their answers stored in groups.
//!
//! One transaction holds the answers that came since the last and the attempts that begin after it; only then is
//! anything written to the world. Refuses to know why a telegram is out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Sender;
use std::time::Duration;

use record::digest::sha256;
use telegram::{
    Answer, Attempt, Channel, Fault, Ground, Moment, Progress, Reference, Sending, Stage, Step, TelegramId,
};

use super::flight::{Arrival, Landed, Room, WINDOW};
use super::{Courier, Handed, Mode};
use crate::book::Book;
use crate::error::Error;
use crate::folder;
use crate::keychain;
use crate::message::{self, Opened, Recipient, Rendered};
use crate::reaching::{Limits, Parcel, way_of};
use crate::store::outbox::{self, OutboxRow};

/// A row as it is to be stored.
struct Change {
    row: OutboxRow,
    /// An attempt that begins with it.
    begins: Option<Attempt>,
    untold: bool,
}

impl Courier<'_> {
    /// Sends whatever is due of what is out, and stores what became of it; what is not due yet, and what waits for a
    /// person where none is at hand, stays pending. Where another process sends, nothing.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn send(&mut self) -> Result<(), Error> {
        if self.mode != Mode::Once {
            return Ok(());
        }
        self.flight.stale = true;
        loop {
            if self.turn()? {
                self.tell_outcomes(TOLD)?;
                continue;
            }
            if !self.flight.is_under_way() && self.held_back <= self.now.second() {
                break;
            }
            self.flight.wait(if self.flight.is_under_way() { LONG } else { SECOND });
        }
        while self.tell_outcomes(1)? {}
        self.by_hand()
    }

    /// Stores what landed and begins what is due, as one transaction and what follows from it. Says whether there was
    /// anything of that.
    ///
    /// # Errors
    /// As [`Courier::tell`]; then what is under way is not known any more.
    pub fn turn(&mut self) -> Result<bool, Error> {
        self.tick()?;
        self.load_lanes()?;
        let mut lanes = BTreeMap::new();
        let mut changes = self.landed(&mut lanes)?;
        let landed = changes.len();
        // Where something landed there is room again, and what takes it is stored with what left it.
        for lane in lanes.keys() {
            self.flight.queue(*lane, Some(self.machine_now().0));
        }
        self.claim(&mut changes, &mut lanes)?;
        let busy = !changes.is_empty();
        if busy {
            self.store_changes(&changes, landed)?;
        }
        for change in changes.drain(landed..) {
            if let Some(attempt) = change.begins {
                self.begin(change.row, attempt)?;
            }
        }
        for (lane, not_before) in lanes {
            let due = self.book.store().next_due(lane)?;
            self.flight.queue(lane, due.map(|due| due.max(not_before)));
        }
        Ok(busy)
    }

    /// What landed, as it is to be stored.
    fn landed(&mut self, lanes: &mut BTreeMap<i64, i64>) -> Result<Vec<Change>, Error> {
        let landings = self.flight.landings();
        if landings.is_empty() {
            return Ok(Vec::new());
        }
        let corrected = self.corrected();
        let mut changes = Vec::with_capacity(landings.len());
        for Landed { mut row, attempt, answer } in landings {
            let (now, chance) = (self.machine_now(), self.chance_after(&answer)?);
            let (mut next, mut steps) =
                telegram::next(&row.sending, &Moment::Reported { attempt, answer, now, chance })?;
            if corrected.contains(&row.telegram) {
                let (ended, more) = telegram::next(&next, &Moment::Corrected)?;
                next = ended;
                steps.extend(more);
            }
            lanes.entry(row.lane).or_insert(0);
            row.sending = next;
            changes.push(Change { row, begins: None, untold: self.is_told(&steps) });
        }
        Ok(changes)
    }

    /// What is due and has room, as it is to be stored before it begins.
    fn claim(&mut self, changes: &mut Vec<Change>, lanes: &mut BTreeMap<i64, i64>) -> Result<(), Error> {
        let now = self.machine_now();
        while let Some(lane) = self.flight.next_lane(now.0) {
            let later = now.0.saturating_add(1);
            match self.flight.room(lane, self.limits(lane), now.0) {
                Room::Now(0) => {}
                Room::NextSecond => {
                    self.held_back = later;
                    lanes.insert(lane, later);
                }
                Room::Now(room) => {
                    let due = self.book.store().due(lane, now, room)?;
                    lanes.entry(lane).or_insert(0);
                    for row in due {
                        if self.waits_for_what_it_corrects(&row, changes)? {
                            lanes.insert(lane, later);
                            continue;
                        }
                        changes.extend(self.claimed(row)?);
                    }
                }
            }
        }
        Ok(())
    }

    fn claimed(&mut self, mut row: OutboxRow) -> Result<Option<Change>, Error> {
        let Progress::Pending { attempt, .. } = row.sending.progress else { return Ok(None) };
        (row.sending, _) = telegram::next(&row.sending, &Moment::Recorded { attempt })?;
        self.flight.begin(row.lane);
        Ok(Some(Change { row, begins: Some(attempt), untold: false }))
    }

    fn store_changes(&mut self, changes: &[Change], landed: usize) -> Result<(), Error> {
        let begun = changes.len() > landed;
        if begun {
            self.steps.step("before an attempt is recorded");
        }
        if landed > 0 {
            self.steps.step("before an answer is stored");
        }
        self.book.write(&[], |t| {
            for Change { row, begins, untold } in changes {
                if let Some(attempt) = begins {
                    outbox::insert_attempt(t, row.id, *attempt)?;
                }
                outbox::update(t, row.id, &row.sending, *untold)?;
            }
            Ok(())
        })?;
        if let Some(ended) = &mut self.ended {
            ended.extend(changes.iter().filter(|c| c.untold).map(|c| c.row.clone()));
        }
        if begun {
            self.steps.step("after an attempt is recorded");
        }
        if landed > 0 {
            self.steps.step("after an answer is stored");
        }
        Ok(())
    }

    /// The one write this attempt is, or the beginning of it.
    fn begin(&mut self, row: OutboxRow, attempt: Attempt) -> Result<(), Error> {
        self.open(&row.telegram)?;
        if self.staged(&row, attempt) {
            self.flight.hand_over(row.lane);
            return Ok(());
        }
        let answer = match (row.sending.channel, self.to_and_words(&row)) {
            (_, None) => Answer::Failed { fault: Fault::NoSuchRecipient, retry_after: None },
            (Channel::File, Some((to, words))) => match self.put_file(&row, &to, &words) {
                // A folder that is full or gone holds up nobody else; put again, it is still one file.
                Err(why @ Error::File { .. }) if matches!(self.book, Book::Own { .. }) => {
                    if self.notes.len() < NOTES {
                        self.notes.push(why.to_string());
                    }
                    Answer::NoAnswer
                }
                put => put?,
            },
            // It is never claimed.
            (Channel::Manual, Some(_)) => Answer::NoAnswer,
            (Channel::Webhook | Channel::Email, Some((to, words))) => {
                let (door, channel, telegram) =
                    (self.flight.door(), row.sending.channel, row.telegram.clone());
                let done = Done { door, row, attempt };
                return self.reach(&telegram, (&to, &words), channel, done);
            }
        };
        self.steps.step("after a delivery, before its answer is stored");
        self.flight.land(Landed { row, attempt, answer });
        Ok(())
    }

    /// Waits for what its rows are told of nowhere else: after a start, a release, or another's work.
    fn load_lanes(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.flight.stale) {
            for lane in self.book.store().lanes()? {
                let due = self.book.store().next_due(lane)?;
                self.flight.queue(lane, due);
            }
        }
        Ok(())
    }

    fn limits(&self, lane: i64) -> Limits {
        let free = Limits { at_once: u16::try_from(WINDOW).unwrap_or(u16::MAX), per_second: None };
        let channel = match lane {
            FILES => return free,
            MAIL => Channel::Email,
            _ => Channel::Webhook,
        };
        self.channels.as_ref().map_or(free, |channels| channels.limits(channel))
    }

    /// The telegrams of which a correction is out.
    pub(super) fn corrected(&self) -> BTreeSet<TelegramId> {
        let out = self.state.telegrams.values().filter(|e| matches!(e.stage, Stage::Released { .. }));
        out.filter_map(|e| e.telegram.terms.corrects.clone()).collect()
    }

    /// Whether what a row's telegram corrects is under way to the same recipient; `changes` are not stored yet.
    fn waits_for_what_it_corrects(&self, row: &OutboxRow, changes: &[Change]) -> Result<bool, Error> {
        let corrects =
            self.state.telegrams.get(&row.telegram).and_then(|e| e.telegram.terms.corrects.as_ref());
        let Some(of) = corrects else { return Ok(false) };
        let Some(stored) = self.book.store().sending(of, &row.recipient)? else { return Ok(false) };
        let changed = changes.iter().find(|change| change.row.id == stored.id).map(|change| &change.row);
        Ok(matches!(changed.unwrap_or(&stored).sending.progress, Progress::Attempting { .. }))
    }

    /// What waits for a person: asked now if one is at hand.
    fn by_hand(&mut self) -> Result<(), Error> {
        for row in self.book.store().by_hand()? {
            if self.manual.is_some() {
                self.ask(row)?;
                continue;
            }
            let note = format!(
                "{} to {} waits for a person: `ascertain telegram deliver --data DIR` shows it",
                row.telegram, row.recipient
            );
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }

    fn ask(&mut self, mut row: OutboxRow) -> Result<(), Error> {
        let Progress::Pending { attempt, due, .. } = row.sending.progress else { return Ok(()) };
        if due > self.machine_now() {
            return Ok(());
        }
        self.step_and_store(&mut row, &Moment::Recorded { attempt })?;
        self.open(&row.telegram)?;
        let typed =
            self.to_and_words(&row).and_then(|(to, words)| self.manual.and_then(|ask| ask(&to, &words)));
        let answer = match typed.map(|t| Reference::parse(&t)) {
            Some(Ok(reference)) => Answer::Acknowledged { reference },
            // Shown to a person who may have acted on it: only they can say.
            Some(Err(_)) | None => Answer::NoAnswer,
        };
        self.steps.step("after a delivery, before its answer is stored");
        self.tick()?;
        let (now, chance) = (self.machine_now(), self.chance_after(&answer)?);
        self.step_and_store(&mut row, &Moment::Reported { attempt, answer, now, chance }).map(drop)
    }

    /// A person's word on one sending, or the answer to a rehearsal; what follows is done.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn moment(&mut self, mut row: OutboxRow, moment: &Moment) -> Result<bool, Error> {
        let again = matches!(moment, Moment::Redriven { .. })
            || matches!(moment, Moment::Resolved { how: telegram::Resolution::Resend, .. });
        if again && self.corrected().contains(&row.telegram) {
            return Ok(false);
        }
        let steps = self.step_and_store(&mut row, moment)?;
        let taken = !steps.contains(&Step::Refuse);
        // What was corrected meanwhile is tried no more.
        if matches!(moment, Moment::Reported { .. }) && self.corrected().contains(&row.telegram) {
            self.step_and_store(&mut row, &Moment::Corrected)?;
        }
        if taken && (row.sending.channel != Channel::Manual || self.manual.is_some()) {
            self.send()?;
        }
        while self.mode == Mode::Once && self.tell_outcomes(1)? {}
        Ok(taken)
    }

    /// 0 to 1000, for the next attempt where there may be one; a replay and a rehearsal leave nothing to chance.
    fn chance_after(&self, answer: &Answer) -> Result<u16, Error> {
        let last = matches!(answer, Answer::Acknowledged { .. });
        if last || matches!(self.book, Book::History { .. }) || self.clock.is_scripted() {
            return Ok(0);
        }
        let [low, high, ..] = keychain::random()?;
        Ok(u16::from_le_bytes([low, high]).rem_euclid(1001))
    }

    /// Whether the record is told of what follows from a moment; a history's record has ended by then.
    fn is_told(&self, steps: &[Step]) -> bool {
        let ended = |s: &Step| matches!(s, Step::Tell(told) if *told != telegram::Told::Again);
        matches!(self.book, Book::Own { .. }) && steps.iter().any(ended)
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
        let begins = match moment {
            Moment::Recorded { attempt } => Some(*attempt),
            _ => None,
        };
        row.sending = next;
        let change = Change { row: row.clone(), begins, untold: self.is_told(&steps) };
        self.store_changes(&[change], usize::from(begins.is_none()))?;
        Ok(steps)
    }

    /// What a correction of a telegram does to the rows that still wait.
    pub(super) fn ended_by_correction(&self, of: &TelegramId) -> Result<Vec<(i64, Sending, bool)>, Error> {
        let mut ended = Vec::new();
        for row in self.book.store().waiting_of(of)? {
            let (next, steps) = telegram::next(&row.sending, &Moment::Corrected)?;
            ended.push((row.id, next, self.is_told(&steps)));
        }
        Ok(ended)
    }

    /// Opens a released body; a few are kept open.
    pub(super) fn open(&mut self, telegram: &TelegramId) -> Result<(), Error> {
        if self.opened.contains_key(telegram) {
            return Ok(());
        }
        if self.opened.len() >= OPEN {
            self.opened.clear();
        }
        let sealed = self.unsealed(telegram)?;
        let body = Opened::new(sealed.recipients, sealed.rendered);
        self.opened.insert(telegram.clone(), super::Open { body, salt: sealed.salt });
        Ok(())
    }

    fn to_and_words(&self, row: &OutboxRow) -> Option<(Recipient, Rendered)> {
        self.opened.get(&row.telegram)?.body.to(row.recipient.as_str())
    }

    /// Hands over to a rehearsal, if this is one: then nothing reaches out.
    fn staged(&self, row: &OutboxRow, attempt: Attempt) -> bool {
        let (Some(stage), Some(entry)) = (self.stage, self.state.telegrams.get(&row.telegram)) else {
            return false;
        };
        let (Stage::Released { at, ground }, Some((to, words))) = (&entry.stage, self.to_and_words(row))
        else {
            return false;
        };
        let telegram = row.telegram.as_str();
        let id = message::sending_id(&self.election, telegram, &to.id);
        let bytes = match row.sending.channel {
            Channel::Webhook => message::webhook_body(telegram, &words, &self.sender, at.0, ground),
            _ => message::eml(telegram, &to, &words, &self.sender, &self.decision_of(&row.telegram)),
        };
        stage(&Handed { telegram: &row.telegram, to: &to, attempt, id: &id, bytes: bytes.as_bytes() });
        true
    }

    fn put_file(&mut self, row: &OutboxRow, to: &Recipient, words: &Rendered) -> Result<Answer, Error> {
        let (telegram, recipient) = (&row.telegram, &row.recipient);
        let decision = self.decision_of(telegram);
        let path = self.outbox.join(format!("{telegram}--{recipient}.eml"));
        self.steps.step("before a file is put into the outbox");
        let text = message::eml(telegram.as_str(), to, words, &self.sender, &decision);
        folder::write_whole(&path, text.as_bytes())?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Answer::Acknowledged { reference: Reference::parse(&name)? })
    }

    /// By a channel that reaches out; a replay has none.
    fn reach(
        &mut self,
        telegram: &TelegramId,
        (to, words): (&Recipient, &Rendered),
        channel: Channel,
        done: Done,
    ) -> Result<(), Error> {
        let (at, ground) = match self.state.telegrams.get(telegram).map(|e| &e.stage) {
            Some(Stage::Released { at, ground }) => (*at, ground.clone()),
            _ => {
                done.with(Answer::Failed { fault: Fault::Refused, retry_after: None });
                return Ok(());
            }
        };
        let Some(channels) = &self.channels else {
            done.with(Answer::Failed { fault: Fault::Unreachable, retry_after: None });
            return Ok(());
        };
        let id = message::sending_id(&self.election, telegram.as_str(), &to.id);
        let parcel = Parcel::of(&id, to, words, at.0, self.sender.is_drill());
        if channel == Channel::Email {
            channels.mail_beside(&parcel, |answer| done.with(answer));
        } else {
            let body = message::webhook_body(telegram.as_str(), words, &self.sender, at.0, &ground);
            let now = u64::try_from(self.now.second()).unwrap_or_default();
            channels.post_beside(&parcel, &body, now, |answer| done.with(answer));
        }
        Ok(())
    }

    /// The decision a released telegram rests on; empty if there is none.
    fn decision_of(&self, telegram: &TelegramId) -> String {
        match self.state.telegrams.get(telegram).map(|e| &e.stage) {
            Some(Stage::Released { ground: Ground::Decision(id), .. }) => id.to_string(),
            _ => String::new(),
        }
    }
}

/// An attempt under way, until its answer is handed in.
struct Done {
    door: Sender<Arrival>,
    row: OutboxRow,
    attempt: Attempt,
}

impl Done {
    fn with(self, answer: Answer) {
        let Self { door, row, attempt } = self;
        // Nobody listens any more when the process ends; the row is found under way then.
        let _ = door.send(Arrival::Landed(Box::new(Landed { row, attempt, answer })));
    }
}

/// The lane of a recipient: what goes to one host, to the relay, or into the folder. Hosts are salted: a store at rest
/// names none.
#[must_use]
pub fn lane_of(channel: Channel, address: &str, salt: &str) -> i64 {
    match channel {
        Channel::File | Channel::Manual => FILES,
        Channel::Email => MAIL,
        Channel::Webhook => {
            let digest = sha256(format!("{salt}/{}", way_of(address)).as_bytes());
            let mut eight = [0; 8];
            eight.copy_from_slice(digest.0.first_chunk::<8>().unwrap_or(&[0; 8]));
            i64::from_le_bytes(eight).saturating_abs().max(MAIL.saturating_add(1))
        }
    }
}

const FILES: i64 = 0;
const MAIL: i64 = 1;
/// Endings told of while more is sent.
pub const TOLD: usize = 1_000;
/// What a person is told of one fault at a time.
const NOTES: usize = 20;
/// Bodies open at a time: what is due of others is opened again.
const OPEN: usize = 4;
/// Longer than any attempt may take.
const LONG: Duration = Duration::from_secs(600);
const SECOND: Duration = Duration::from_secs(1);
