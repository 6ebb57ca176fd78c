//! Obeys the commands of the telegram machine.
//!
//! The machine decides, the courier writes: events and the statements they give
//! in one transaction, commits and attempts as transactions of their own, then
//! the write to the world. A result that is unknown ends the process; on the
//! next start the machine is replayed from its stored events.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use proof::{Body, DecisionBody, Logged, OutcomeText, TelegramBody, TelegramState};
use record::digest::Digest;
use serde::{Deserialize, Serialize};
use telegram::{
    Answer, Attempt, Channel, Command, Event, Happening, RecipientId, Reference, Refusal, State, TelegramId,
};

use crate::error::Error;
use crate::folder;
use crate::history::{self, Use};
use crate::message::{self, Message, Recipient, Rendered};
use crate::seal;
use crate::sequencer::Sequencer;
use crate::steps::Steps;
use crate::store::{self, Store, messages};

/// What is sealed: the words and to whom.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    recipients: Vec<Recipient>,
    rendered: Rendered,
}

/// The telegram machine with the store and the channels it may reach.
pub struct Courier<'a> {
    /// The store.
    pub store: &'a mut Store,
    /// The record.
    pub sequencer: &'a mut Sequencer,
    /// The machine's state.
    pub state: State,
    /// The election's id.
    pub election: String,
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
    /// Bodies opened in this process.
    opened: BTreeMap<TelegramId, (Vec<Recipient>, Rendered)>,
    decision: Option<DecisionBody>,
}

/// Shows a message and returns what the person typed, if anything.
pub type Ask<'a> = &'a dyn Fn(&Recipient, &Rendered) -> Option<String>;

impl<'a> Courier<'a> {
    /// A courier on a store, with the machine replayed from its events.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn start(
        store: &'a mut Store,
        sequencer: &'a mut Sequencer,
        state: State,
        election: &str,
        outbox: PathBuf,
        steps: &'a Steps,
        now: standing::Instant,
    ) -> Result<Self, Error> {
        let events = store.events()?;
        let state = telegram::replay(state, &events)?;
        let (opened, notes) = (BTreeMap::new(), Vec::new());
        let election = election.to_owned();
        Ok(Self {
            store,
            sequencer,
            state,
            election,
            now,
            outbox,
            manual: None,
            steps,
            notes,
            opened,
            decision: None,
        })
    }

    /// Seals a message's words and recipients; durable before it can be held.
    ///
    /// # Errors
    /// The key or the store cannot be written.
    pub fn seal(&mut self, m: &Message) -> Result<(), Error> {
        let plain = Sealed { recipients: m.recipients.clone(), rendered: m.rendered.clone() };
        let body = seal::seal(&self.store.keys(), &m.id, &record::canonical::to_canonical(&plain)?)?;
        let t = self.store.write()?;
        messages::insert_sealed(&t, &m.id, &body)?;
        store::commit(t)
    }

    /// Appends statements to the record.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn append(&mut self, batch: &[Logged]) -> Result<(), Error> {
        let t = self.store.write()?;
        let head = self.sequencer.append(&t, batch)?;
        store::commit(t)?;
        self.sequencer.moved(self.store, head)
    }

    /// Tells the machine of an event and obeys until nothing is left to do.
    ///
    /// # Errors
    /// The store or a channel failed in a way nobody can interpret.
    pub fn tell(&mut self, event: &Event) -> Result<Vec<Refusal>, Error> {
        let mut refused = Vec::new();
        let mut todo = VecDeque::from(self.store_event(event)?);
        while let Some(command) = todo.pop_front() {
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
        self.tell(&Event::Decided { decision, now: telegram::Instant(body.at.second()) })
    }

    /// Stores an event and the statements it gives in one transaction; returns the other commands.
    /// A decision's event is stored in its own transaction, see [`Courier::commit_release`].
    fn store_event(&mut self, event: &Event) -> Result<Vec<Command>, Error> {
        let (next, commands) = telegram::apply(&self.state, event)?;
        let refused = commands.iter().any(|c| matches!(c, Command::Refuse(_)));
        let with_commit = commands.iter().any(|c| matches!(c, Command::CommitDecisionAndRelease { .. }));
        let idle = *event == Event::Restarted && next == self.state;
        if !refused && !with_commit && !idle {
            self.steps.step("before an event is stored");
            self.durable(std::slice::from_ref(event), &next, &commands, |_| Ok(()))?;
            self.steps.step("after an event is stored");
        }
        self.state = next;
        Ok(commands.into_iter().filter(|c| !matches!(c, Command::AppendStatement(_))).collect())
    }

    /// One transaction: events, the statements they gave, and whatever else belongs to it.
    fn durable(
        &mut self,
        events: &[Event],
        next: &State,
        commands: &[Command],
        more: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let batch: Vec<Logged> = commands
            .iter()
            .filter_map(|c| match c {
                Command::AppendStatement(h) => self.statement(next, h).transpose(),
                _ => None,
            })
            .collect::<Result<_, _>>()?;
        let t = self.store.write()?;
        for event in events {
            messages::insert_event(&t, event)?;
        }
        more(&t)?;
        let head = self.sequencer.append(&t, &batch)?;
        store::commit(t)?;
        self.sequencer.moved(self.store, head)
    }

    fn obey(&mut self, command: &Command) -> Result<Vec<Command>, Error> {
        match command {
            Command::CommitDecisionAndRelease { .. } => self.commit_release(command),
            Command::OpenBody { telegram } => {
                let sealed = self.store.sealed(telegram.as_str())?;
                let gone =
                    Error::Seal { telegram: telegram.to_string(), message: "no sealed body is stored" };
                let plain = seal::open(&self.store.keys(), telegram.as_str(), &sealed.ok_or(gone)?)?;
                let s: Sealed = record::canonical::from_canonical(&plain, "sealed message")?;
                self.opened.insert(telegram.clone(), (s.recipients, s.rendered));
                Ok(Vec::new())
            }
            Command::DestroyKey { telegram } => {
                self.steps.step("before a key is destroyed");
                seal::destroy(&self.store.keys(), telegram.as_str())?;
                self.steps.step("after a key is destroyed");
                self.store_event(&Event::KeyDestroyed { telegram: telegram.clone() })
            }
            // No person is at hand to act and to type: the delivery stays pending.
            Command::RecordAttempt { telegram, recipient, .. }
                if self.manual.is_none() && self.is_manual(telegram, recipient) =>
            {
                self.notes.push(format!(
                    "{telegram} to {recipient} waits for a person: `ascertain telegram deliver --data DIR` shows it"
                ));
                Ok(Vec::new())
            }
            Command::RecordAttempt { telegram, recipient, attempt } => {
                let (telegram, recipient, attempt) = (telegram.clone(), recipient.clone(), *attempt);
                let event = Event::AttemptRecorded {
                    telegram: telegram.clone(),
                    recipient: recipient.clone(),
                    attempt,
                };
                let (next, commands) = telegram::apply(&self.state, &event)?;
                self.steps.step("before an attempt is recorded");
                self.durable(&[event], &next, &commands, |t| {
                    messages::insert_attempt(t, &telegram, &recipient, attempt)
                })?;
                self.steps.step("after an attempt is recorded");
                self.state = next;
                Ok(commands.into_iter().filter(|c| !matches!(c, Command::AppendStatement(_))).collect())
            }
            Command::Deliver { telegram, recipient, channel, attempt } => {
                let answer = self.deliver(telegram, recipient, *channel)?;
                self.steps.step("after a delivery, before its answer is stored");
                self.reported(telegram, recipient, *attempt, answer)
            }
            Command::AppendStatement(_) | Command::Refuse(_) => Ok(Vec::new()),
        }
    }

    fn is_manual(&self, telegram: &TelegramId, recipient: &RecipientId) -> bool {
        let entry = self.state.telegrams.get(telegram);
        let sending = entry.and_then(|e| e.sendings.get(recipient));
        sending.is_some_and(|s| s.channel == Channel::Manual)
    }

    fn reported(
        &mut self,
        telegram: &TelegramId,
        recipient: &RecipientId,
        attempt: Attempt,
        answer: Answer,
    ) -> Result<Vec<Command>, Error> {
        let (telegram, recipient) = (telegram.clone(), recipient.clone());
        self.store_event(&Event::DeliveryReported { telegram, recipient, attempt, answer })
    }

    /// Decision, release, void rows and outbox: one transaction under unique keys.
    fn commit_release(&mut self, command: &Command) -> Result<Vec<Command>, Error> {
        let Command::CommitDecisionAndRelease { decision, at, release, outbox, .. } = command else {
            return Ok(Vec::new());
        };
        let Some(body) = self.decision.clone() else { return Ok(Vec::new()) };
        let decided = Event::Decided { decision: decision.clone(), now: *at };
        let committed =
            Event::TransactionCommitted { office: decision.office.clone(), decision: decision.id.clone() };
        let (next, commands) = telegram::apply(&self.state, &committed)?;
        let text = String::from_utf8_lossy(&record::canonical::to_canonical(&body)?).into_owned();
        self.steps.step("before the decision and the release are committed");
        self.durable(&[decided, committed], &next, &commands, |t| {
            messages::insert_release(t, decision, &text, release.as_ref(), outbox)
        })?;
        self.steps.step("after the decision and the release are committed");
        self.state = next;
        Ok(commands.into_iter().filter(|c| !matches!(c, Command::AppendStatement(_))).collect())
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
            return Ok(Answer::Failed { fault: telegram::Fault::NoSuchRecipient });
        };
        match channel {
            Channel::File => {
                let decision = self.decision_of(telegram);
                let path = self.outbox.join(format!("{telegram}--{recipient}.eml"));
                self.steps.step("before a file is put into the outbox");
                folder::write_whole(
                    &path,
                    message::eml(telegram.as_str(), &to, &words, &decision).as_bytes(),
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
        }
    }

    fn decision_of(&self, telegram: &TelegramId) -> String {
        match self.state.telegrams.get(telegram).map(|e| &e.stage) {
            Some(telegram::Stage::Released { decision, .. }) => decision.to_string(),
            _ => String::new(),
        }
    }

    /// The statement by which what happened goes into the record; recipients never appear in it.
    fn statement(&mut self, next: &State, happened: &Happening) -> Result<Option<Logged>, Error> {
        let body = match happened {
            Happening::Decided { .. } => match &self.decision {
                Some(d) => return Ok(Some(decision_statement(&self.election, d)?)),
                None => return Ok(None),
            },
            Happening::Held { telegram } => (telegram, TelegramState::Held, None),
            Happening::Released { telegram, decision } => (telegram, TelegramState::Released, Some(decision)),
            Happening::Voided { telegram, decision } => (telegram, TelegramState::Void, Some(decision)),
            Happening::Withdrawn { telegram } => (telegram, TelegramState::Withdrawn, None),
            Happening::Found { finding, .. } => {
                self.notes.push(finding.to_string());
                return Ok(None);
            }
            _ => return Ok(None),
        };
        let (id, state, decision) = body;
        let Some(entry) = next.telegrams.get(id) else { return Ok(None) };
        let t = &entry.telegram;
        let digest = |hex: &telegram::Sha256Hex| hex.as_str().parse::<Digest>().map_err(Error::Record);
        let body = TelegramBody {
            body: digest(&t.body)?,
            decision: decision.map(digest).transpose()?,
            office: standing::OfficeId::try_from(t.office.as_str())?,
            outcome: outcome_text(&t.outcome)?,
            policy: digest(&t.policy)?,
            recipients: digest(&t.recipients)?,
            state,
            telegram: id.to_string(),
        };
        let name = serde_json::to_string(&state)?;
        let statement = format!("telegram:{id}:{}", name.trim_matches('"'));
        let subject = format!("{}:telegram", self.election);
        let body = Body::Telegram(body);
        let made =
            history::make(&self.election, &subject, &statement, self.now.to_string(), body, Use::Decider)?;
        Ok(Some(Logged { signed: made.signed, opened: Some((made.salt, made.body)) }))
    }
}

/// The signed decision.
///
/// # Errors
/// Only if the encoder fails.
pub fn decision_statement(election: &str, d: &DecisionBody) -> Result<Logged, Error> {
    let subject = proof::subject_of_decisions(election);
    let id = format!("decision:{}", d.office.as_str().replace('_', "-"));
    let body = Body::Decision(Box::new(d.clone()));
    let made = history::make(election, &subject, &id, d.at.to_string(), body, Use::Decider)?;
    Ok(Logged { signed: made.signed, opened: Some((made.salt, made.body)) })
}

/// An outcome as the machine names it.
///
/// # Errors
/// A person's id the machine does not accept.
pub fn machine_outcome(o: &OutcomeText) -> Result<telegram::Outcome, Error> {
    Ok(match o {
        OutcomeText::Person(p) => telegram::Outcome::Person(telegram::PersonId::parse(p.as_str())?),
        OutcomeText::Nobody => telegram::Outcome::Nobody,
        OutcomeText::Annulled => telegram::Outcome::Annulled,
    })
}

fn outcome_text(o: &telegram::Outcome) -> Result<OutcomeText, Error> {
    Ok(match o {
        telegram::Outcome::Person(p) => OutcomeText::Person(standing::PersonId::try_from(p.as_str())?),
        telegram::Outcome::Nobody => OutcomeText::Nobody,
        telegram::Outcome::Annulled => OutcomeText::Annulled,
    })
}
