//! Obeys the commands of the telegram machine.
//!
//! The machine decides, the courier writes: events and the statements they give
//! in one transaction, commits and attempts as transactions of their own, then
//! the write to the world. A result that is unknown ends the process; on the
//! next start the machine is replayed from its stored events.

pub mod flight;
mod sealing;
mod sending;
mod telling;

pub use sending::{TOLD, lane_of};
pub use telling::{decision_name, decision_statement, machine_outcome, outcome_text};

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use proof::{DecisionBody, Logged};
use record::digest::Digest;
use rusqlite::Transaction;
use telegram::{Attempt, Command, Event, Ground, Moment, Refusal, State, TelegramId};

use crate::book::Book;
use crate::clock::Clock;
use crate::courier::flight::Flight;
use crate::error::Error;
use crate::message::{self, Opened, Recipient, Rendered};
use crate::reaching::Channels;
use crate::sequencer::{self, Packed, Placed};
use crate::steps::Steps;
use crate::store::messages;
use crate::store::outbox::{self, OutboxRow};

/// The telegram machine with the store and the channels it may reach.
pub struct Courier<'a> {
    /// The record and its store.
    pub book: Book<'a>,
    /// The machine's state.
    pub state: State,
    /// The election's id.
    pub election: String,
    /// The channels that reach out, where there are any.
    pub channels: Option<Channels>,
    /// Where the time comes from.
    pub clock: Clock<'a>,
    /// Takes the place of every channel in a rehearsal, where nothing reaches out.
    pub stage: Option<Stage<'a>>,
    /// Who sends, as messages name them.
    pub sender: message::Sender,
    /// What the statements of this step are dated.
    pub now: standing::Instant,
    /// Where the file channel puts files.
    pub outbox: PathBuf,
    /// Asks a person on the manual channel; `None` where a manual channel cannot be reached.
    pub manual: Option<Ask<'a>>,
    /// Where tests stop the process.
    pub steps: &'a Steps,
    /// What a person should be told.
    pub notes: Vec<String>,
    /// Who sends what is due.
    pub mode: Mode,
    /// What is under way.
    pub flight: Flight,
    /// Something due has to wait for this second.
    held_back: i64,
    /// Sendings that ended and of which the record was not told; not looked for yet if there is none.
    ended: Option<Vec<OutboxRow>>,
    /// Whose keys are to be destroyed: of drafts replaced, of what is in shares, of what is void or withdrawn.
    spent: VecDeque<Command>,
    /// Bodies opened in this process.
    opened: BTreeMap<TelegramId, Open>,
    decision: Option<DecisionBody>,
    /// What a decision on a record of one's own is made with, as it is kept.
    pub grounds: Option<String>,
}

/// Who sends what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// This courier, until nothing is due.
    Once,
    /// This courier, turn by turn: whoever holds it calls [`Courier::turn`].
    Resident,
    /// Another process, which has lent the record and may have attempts under way.
    Lent,
}

/// A body, open.
struct Open {
    body: Opened,
    salt: Option<Digest>,
}

/// What a rehearsal is handed at the place where a channel would be.
pub struct Handed<'a> {
    /// The telegram.
    pub telegram: &'a TelegramId,
    /// To whom.
    pub to: &'a Recipient,
    /// The number of the attempt.
    pub attempt: Attempt,
    /// The unchanging id.
    pub id: &'a str,
    /// What goes out, the same in every attempt.
    pub bytes: &'a [u8],
}

/// Takes what is handed to it. It answers later, by [`Courier::moment`], or never.
pub type Stage<'a> = &'a dyn Fn(&Handed<'_>);

/// Shows a message and returns what the person typed, if anything.
pub type Ask<'a> = &'a dyn Fn(&Recipient, &Rendered) -> Option<String>;

impl<'a> Courier<'a> {
    /// A courier on a store, with the machine replayed from its events.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn start(
        book: Book<'a>,
        state: State,
        election: &str,
        outbox: PathBuf,
        steps: &'a Steps,
        now: standing::Instant,
    ) -> Result<Self, Error> {
        let events = book.store().events()?;
        let state = telegram::replay(state, &events)?;
        let (opened, notes) = (BTreeMap::new(), Vec::new());
        let election = election.to_owned();
        let (sender, manual, decision, channels) = (message::Sender::of(&book), None, None, None);
        let (clock, stage) = (Clock::System, None);
        Ok(Self {
            book,
            state,
            election,
            channels,
            clock,
            stage,
            sender,
            now,
            outbox,
            manual,
            steps,
            notes,
            mode: Mode::Once,
            flight: Flight::default(),
            held_back: i64::MIN,
            ended: None,
            spent: VecDeque::new(),
            opened,
            decision,
            grounds: None,
        })
    }

    /// The process began anew: whatever may not have been done is asked for again.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn resume(&mut self) -> Result<Vec<Refusal>, Error> {
        let corrected = self.corrected();
        for mut row in self.book.store().under_way()? {
            // Who lent the record knows what it has under way; only what waits for a person was under way here.
            if self.mode == Mode::Lent && row.sending.channel != telegram::Channel::Manual {
                continue;
            }
            let now = self.machine_now();
            self.step_and_store(&mut row, &Moment::Restarted { now })?;
            if corrected.contains(&row.telegram) {
                self.step_and_store(&mut row, &Moment::Corrected)?;
            }
        }
        self.tell(&Event::Restarted)
    }

    /// Appends statements that others signed; each finds its place or is refused.
    ///
    /// # Errors
    /// The record cannot be written; it is no record of one's own.
    pub fn append_signed(&mut self, batch: &[Packed]) -> Result<Vec<Placed>, Error> {
        match &mut self.book {
            Book::Own { logbook, .. } => logbook.append(batch),
            Book::History { .. } => Err(Error::Usage { message: "a replay takes in nothing".into() }),
        }
    }

    /// Publishes what is signed; of a replay there is nothing to publish.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn publish(&mut self) -> Result<(), Error> {
        match &mut self.book {
            Book::Own { logbook, .. } => logbook.publish(),
            Book::History { .. } => Ok(()),
        }
    }

    /// What is signed.
    ///
    /// # Errors
    /// The record failed before.
    pub fn head(&self) -> Result<record::checkpoint::Checkpoint, Error> {
        match &self.book {
            Book::Own { logbook, .. } => logbook.head(),
            Book::History { sequencer, .. } => Ok(sequencer.log()?.checkpoint()),
        }
    }

    /// Waits until something arrives or is due, or for that long.
    pub fn wait(&mut self, longest: std::time::Duration) {
        let now = self.machine_now().0;
        let due = self.flight.next().map(|due| due.saturating_sub(now).max(1));
        let due = due.and_then(|s| u64::try_from(s).ok()).map(std::time::Duration::from_secs);
        self.flight.wait(due.map_or(longest, |due| due.min(longest)));
    }

    /// Appends statements to the record.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn append(&mut self, batch: &[Logged]) -> Result<(), Error> {
        let packed: Vec<Packed> = batch.iter().map(sequencer::pack).collect::<Result<_, _>>()?;
        self.book.write(&packed, |_| Ok(()))
    }

    /// Reads the clock anew, where time goes on while something is sent: a wait counts from the answer, and a request is
    /// dated when it is made.
    ///
    /// # Errors
    /// The clock shows no time.
    pub fn tick(&mut self) -> Result<(), Error> {
        if matches!(self.book, Book::Own { .. }) {
            self.now = self.clock.now()?;
        }
        Ok(())
    }

    /// The machine's reading of the clock.
    pub fn machine_now(&self) -> telegram::Instant {
        telegram::Instant(self.now.second())
    }

    /// Tells the machine of an event and obeys until nothing is left to do.
    ///
    /// # Errors
    /// The store or a channel failed in a way nobody can interpret.
    pub fn tell(&mut self, event: &Event) -> Result<Vec<Refusal>, Error> {
        self.tell_with(event, Vec::new())
    }

    /// The same with statements that go into the record with the event, and only with it.
    ///
    /// # Errors
    /// As [`Courier::tell`], and a statement that may not stand in the record.
    pub fn tell_with(&mut self, event: &Event, also: Vec<Packed>) -> Result<Vec<Refusal>, Error> {
        self.tell_storing(event, also, |_| Ok(()))
    }

    /// The same with rows that are stored with the event, and only with it.
    fn tell_storing(
        &mut self,
        event: &Event,
        also: Vec<Packed>,
        more: impl FnOnce(&Transaction<'_>) -> Result<(), Error>,
    ) -> Result<Vec<Refusal>, Error> {
        let mut refused = Vec::new();
        let mut todo = VecDeque::from(self.store_event(event, also, more)?);
        loop {
            let Some(command) = todo.pop_front() else {
                // What is out does not wait for the end of keys.
                if self.mode == Mode::Resident || !self.destroy_keys()? {
                    break;
                }
                continue;
            };
            if !telegram::still_wanted(&self.state, &command) {
                continue;
            }
            match command {
                Command::Refuse(why) => refused.push(why),
                command => todo.extend(self.obey(&command)?),
            }
        }
        Ok(refused)
    }

    /// Takes up a decision: the machine commits it with its release.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn decide(&mut self, body: &DecisionBody, id: Digest) -> Result<Vec<Refusal>, Error> {
        self.decision = Some(body.clone());
        let decision = telegram::Decision {
            id: telegram::Sha256Hex::parse(&id.to_string())?,
            office: telegram::OfficeId::parse(body.office.as_str())?,
            outcome: machine_outcome(&body.outcome)?,
            policy: telegram::Sha256Hex::parse(&body.policy_sha256.to_string())?,
            at: telegram::Instant(body.at.second()),
            record_size: body.record_size,
            root: telegram::Sha256Hex::parse(&body.record_root.to_string())?,
        };
        let now = self.machine_now();
        self.tell(&Event::Decided { decision, now })
    }

    /// Stores an event and the statements it gives in one transaction; returns the other commands.
    /// A decision's event is stored in its own transaction, see [`Courier::commit_decision`].
    fn store_event(
        &mut self,
        event: &Event,
        also: Vec<Packed>,
        more: impl FnOnce(&Transaction<'_>) -> Result<(), Error>,
    ) -> Result<Vec<Command>, Error> {
        let (next, commands) = telegram::apply(&self.state, event)?;
        let refused = commands.iter().any(|c| matches!(c, Command::Refuse(_)));
        let with_commit = commands.iter().any(|c| matches!(c, Command::CommitDecision { .. }));
        let idle = *event == Event::Restarted && next == self.state;
        if !refused && !with_commit && !idle {
            self.steps.step("before an event is stored");
            self.durable(std::slice::from_ref(event), &next, (&commands, also), more)?;
            self.steps.step("after an event is stored");
        }
        self.state = next;
        Ok(to_obey(commands))
    }

    /// One transaction: events, the statements they gave, and whatever else belongs to it.
    fn durable(
        &mut self,
        events: &[Event],
        next: &State,
        (commands, also): (&[Command], Vec<Packed>),
        more: impl FnOnce(&Transaction<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut batch = also;
        for command in commands {
            if let Command::AppendStatement(happened) = command {
                batch.extend(self.statement(next, happened)?);
            }
        }
        self.book.write(&batch, |t| {
            for event in events {
                messages::insert_event(t, event)?;
            }
            more(t)
        })
    }

    fn obey(&mut self, command: &Command) -> Result<Vec<Command>, Error> {
        match command {
            Command::CommitDecision { .. } => self.commit_decision(command),
            Command::CommitRelease { telegram, ground, .. } => self.commit_release(telegram, ground),
            Command::OpenBody { .. } => {
                self.send()?;
                Ok(Vec::new())
            }
            Command::DestroyKey { .. } | Command::ForgetDraft { .. } | Command::PartWithKey { .. } => {
                self.spent.push_back(command.clone());
                Ok(Vec::new())
            }
            Command::Offer { telegram } => {
                let note = self.offered(telegram);
                self.notes.push(note);
                Ok(Vec::new())
            }
            Command::AppendStatement(_) | Command::Refuse(_) => Ok(Vec::new()),
        }
    }

    /// Decision, release and void rows, the rows of recipients due: one transaction under unique keys.
    fn commit_decision(&mut self, command: &Command) -> Result<Vec<Command>, Error> {
        let Command::CommitDecision { decision, at, release, .. } = command else { return Ok(Vec::new()) };
        let Some(body) = self.decision.clone() else { return Ok(Vec::new()) };
        let decided = Event::Decided { decision: decision.clone(), now: *at };
        let committed =
            Event::TransactionCommitted { office: decision.office.clone(), decision: decision.id.clone() };
        let (next, commands) = telegram::apply(&self.state, &committed)?;
        let text = String::from_utf8_lossy(&record::canonical::to_canonical(&body)?).into_owned();
        let (ground, grounds) = (Ground::Decision(decision.id.clone()), self.grounds.clone());
        self.steps.step("before the decision and the release are committed");
        self.durable(&[decided, committed], &next, (&commands, Vec::new()), |t| {
            messages::insert_decision(t, decision, &text)?;
            if let Some(grounds) = &grounds {
                messages::insert_grounds(t, decision.office.as_str(), grounds)?;
            }
            let Some(telegram) = release else { return Ok(()) };
            messages::insert_release(t, decision.office.as_str(), telegram, &ground)?;
            outbox::begin(t, telegram)
        })?;
        self.steps.step("after the decision and the release are committed");
        self.flight.stale = true;
        self.state = next;
        Ok(to_obey(commands))
    }

    /// The same for what a person lets go.
    fn commit_release(&mut self, telegram: &TelegramId, ground: &Ground) -> Result<Vec<Command>, Error> {
        let Some(entry) = self.state.telegrams.get(telegram) else { return Ok(Vec::new()) };
        let what = match ground {
            Ground::Correction { of } => format!("correction of {of}"),
            Ground::Decision(_) | Ground::Override { .. } => entry.telegram.terms.office.to_string(),
        };
        let committed = Event::ReleaseCommitted { telegram: telegram.clone() };
        let (next, commands) = telegram::apply(&self.state, &committed)?;
        let ended = match ground {
            Ground::Correction { of } => self.ended_by_correction(of)?,
            Ground::Decision(_) | Ground::Override { .. } => Vec::new(),
        };
        self.steps.step("before a release is committed");
        self.durable(&[committed], &next, (&commands, Vec::new()), |t| {
            messages::insert_release(t, &what, telegram, ground)?;
            for (row, sending, untold) in &ended {
                outbox::update(t, *row, sending, *untold)?;
            }
            outbox::begin(t, telegram)
        })?;
        self.steps.step("after a release is committed");
        (self.flight.stale, self.ended) = (true, None);
        self.state = next;
        Ok(to_obey(commands))
    }
}

fn to_obey(commands: Vec<Command>) -> Vec<Command> {
    commands.into_iter().filter(|c| !matches!(c, Command::AppendStatement(_))).collect()
}
