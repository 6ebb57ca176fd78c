//! The courier: keeps the contract of the crate's front page, unless a
//! [`Bug`] is planted.

use std::collections::{BTreeSet, VecDeque};

use telegram::{Command, Error, Event, Happening, State, TelegramId, advance, replay, still_wanted};

use super::cast::number;
use super::check::{Checker, Fact, Violation, check};
use super::covered::Covered;
use super::rng::Rng;
use super::rows::{fact, outcome};
use super::schedule::Start;
use super::world::{Break, Bug};

/// One schedule under way.
pub(crate) struct Sim<'s> {
    pub(crate) start: &'s Start,
    pub(crate) rng: Rng,
    pub(crate) process: Option<Process>,
    pub(crate) journal: Vec<Event>,
    pub(crate) statements: Vec<Happening>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) checker: Checker,
    pub(crate) reports: Vec<Event>,
    pub(crate) writes: usize,
    pub(crate) plan: Option<(usize, Break)>,
    pub(crate) draining: bool,
    pub(crate) stores_decided_first: bool,
    pub(crate) bug: Option<Bug>,
    pub(crate) covered: Covered,
    pub(crate) files: BTreeSet<(usize, usize)>,
}

/// What dies in a crash.
pub(crate) struct Process {
    pub(crate) state: State,
    pub(crate) queue: VecDeque<Command>,
}

impl<'s> Sim<'s> {
    pub(crate) fn new(start: &'s Start, seed: u64, plan: Option<(usize, Break)>, bug: Option<Bug>) -> Self {
        let mut rng = Rng::new(seed);
        let stores_decided_first = rng.percent(50);
        Self {
            start,
            rng,
            process: Some(Process { state: start.state.clone(), queue: VecDeque::new() }),
            journal: Vec::new(),
            statements: Vec::new(),
            facts: Vec::new(),
            checker: start.checker.clone(),
            reports: Vec::new(),
            writes: 0,
            plan,
            draining: false,
            stores_decided_first,
            bug,
            covered: Covered::default(),
            files: BTreeSet::new(),
        }
    }

    pub(crate) fn check(&mut self) -> Result<(), Violation> {
        check(&mut self.checker, &self.facts)
    }

    /// Loads what is stored, as on every start.
    pub(crate) fn restart(&mut self) -> Result<(), Violation> {
        let state = replay(self.start.state.clone(), &self.journal).map_err(|_| Violation::MachineError)?;
        self.process = Some(Process { state, queue: VecDeque::new() });
        self.handle(Event::Restarted)
    }

    /// Files' answers die with the process; a person can still report.
    pub(crate) fn crash(&mut self) {
        self.process = None;
        self.facts.push(Fact::Crash);
        self.covered.crashes = self.covered.crashes.wrapping_add(1);
        let by_a_person = |event: &Event| matches!(event, Event::DeliveryReported { recipient, .. } if number(recipient.as_str()) == 1);
        self.reports.retain(by_a_person);
    }

    /// An event comes in: next state, store, then the queue of commands.
    pub(crate) fn handle(&mut self, event: Event) -> Result<(), Violation> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let commands = match advance(&mut process.state, &event) {
            Ok(commands) => commands,
            // After a write reported lost the user tries again.
            Err(Error::TelegramExists { .. }) => return Ok(()),
            Err(_) => return Err(Violation::MachineError),
        };
        if commands.iter().any(|c| matches!(c, Command::Refuse(_))) {
            self.covered.refused = self.covered.refused.wrapping_add(1);
            return Ok(());
        }
        if matches!(event, Event::Decided { .. }) && !self.stores_decided_first {
            process.queue.extend(commands);
            return Ok(());
        }
        self.store(vec![event], commands, Vec::new());
        Ok(())
    }

    /// Obeys the next command, if it is still wanted.
    pub(crate) fn obey(&mut self) -> Result<(), Violation> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(command) = process.queue.pop_front() else { return Ok(()) };
        let trusting =
            self.bug == Some(Bug::NeverAsksWhetherWanted) && matches!(command, Command::Deliver { .. });
        if !still_wanted(&process.state, &command) && !trusting {
            self.covered.no_longer_wanted = self.covered.no_longer_wanted.wrapping_add(1);
            return Ok(());
        }
        match command {
            Command::CommitDecisionAndRelease { .. } => self.commit(command),
            Command::OpenBody { telegram } => {
                let t = number(telegram.as_str());
                self.durable(|s| s.facts.push(Fact::Opened { t }));
                Ok(())
            }
            Command::DestroyKey { telegram } => self.destroy(telegram),
            Command::RecordAttempt { telegram, recipient, attempt } => {
                let event = Event::AttemptRecorded { telegram, recipient, attempt };
                self.record(event)
            }
            Command::Deliver { ref telegram, ref recipient, channel, attempt } => {
                let n = usize::try_from(attempt.0).expect("small");
                let report = |answer| Event::DeliveryReported {
                    telegram: telegram.clone(),
                    recipient: recipient.clone(),
                    attempt,
                    answer,
                };
                self.deliver(telegram, recipient, channel, n, report);
                Ok(())
            }
            Command::AppendStatement(_) | Command::Refuse(_) => Ok(()),
        }
    }

    /// Some report arrives; perhaps not for the last time.
    pub(crate) fn report(&mut self) -> Result<(), Violation> {
        if self.reports.is_empty() || self.process.is_none() {
            return Ok(());
        }
        let event = self.reports.swap_remove(self.rng.below(self.reports.len()));
        if !self.draining && self.rng.percent(25) {
            self.covered.duplicated = self.covered.duplicated.wrapping_add(1);
            self.reports.push(event.clone());
        }
        if self.bug == Some(Bug::LosesAnswers) { Ok(()) } else { self.handle(event) }
    }

    fn commit(&mut self, command: Command) -> Result<(), Violation> {
        let Command::CommitDecisionAndRelease { decision, at, release, void, .. } = command else {
            return Err(Violation::MachineError);
        };
        let done =
            Event::TransactionCommitted { office: decision.office.clone(), decision: decision.id.clone() };
        let (office, d) = (number(decision.office.as_str()), number(decision.id.as_str()));
        let (outcome, policy) = (outcome(&decision.outcome), number(decision.policy.as_str()));
        let mut rows = vec![Fact::Decision { office, d, outcome, policy }];
        rows.extend(release.map(|t| Fact::Release { office, t: number(t.as_str()), d }));
        rows.extend(void.iter().map(|t| Fact::Void { t: number(t.as_str()) }));
        self.spoil(&mut rows);
        let process = self.process.as_mut().ok_or(Violation::MachineError)?;
        let commands = advance(&mut process.state, &done).map_err(|_| Violation::MachineError)?;
        let mut events = vec![done];
        if !self.stores_decided_first {
            events.insert(0, Event::Decided { decision, now: at });
        }
        self.store(events, commands, rows);
        Ok(())
    }

    fn record(&mut self, event: Event) -> Result<(), Violation> {
        let process = self.process.as_mut().ok_or(Violation::MachineError)?;
        let commands = advance(&mut process.state, &event).map_err(|_| Violation::MachineError)?;
        if self.bug == Some(Bug::DeliversUnrecorded) {
            process.queue.extend(commands);
        } else {
            self.store(vec![event], commands, Vec::new());
        }
        Ok(())
    }

    fn destroy(&mut self, telegram: TelegramId) -> Result<(), Violation> {
        let t = number(telegram.as_str());
        if self.bug == Some(Bug::OpensVoidBody) {
            self.facts.push(Fact::Opened { t });
        }
        if self.durable(|s| s.facts.push(Fact::KeyDestroyed { t })) {
            return self.handle(Event::KeyDestroyed { telegram });
        }
        Ok(())
    }

    fn store(&mut self, events: Vec<Event>, commands: Vec<Command>, rows: Vec<Fact>) {
        let mut told = Vec::new();
        let mut to_do = Vec::new();
        for command in commands {
            match command {
                Command::AppendStatement(happening) => told.push(happening),
                other => to_do.push(other),
            }
        }
        let forgets = self.bug == Some(Bug::ForgetsStatements);
        let stored = self.durable(|s| {
            s.facts.extend(rows);
            s.facts.extend(events.iter().filter_map(fact));
            s.journal.extend(events);
            s.statements.extend(told.into_iter().filter(|_| !forgets));
        });
        if let Some(process) = self.process.as_mut().filter(|_| stored) {
            process.queue.extend(to_do);
        }
    }
}
