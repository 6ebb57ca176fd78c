//! The courier: keeps the contract of the crate's front page, unless a
//! [`Bug`] is planted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use telegram::{
    Command, Error, Event, Ground, Happening, Instant, Moment, Sending, State, Step, TelegramId, Told,
    advance, next, replay, still_due, still_wanted,
};

use super::cast::{CHANNELS, CORRECTED, CORRECTION, RECIPIENTS, number, version};
use super::check::{Checker, Fact, Violation, Why, check};
use super::covered::Covered;
use super::rng::Rng;
use super::rows::{fact, moment_fact, outcome};
use super::schedule::Start;
use super::world::{Break, Bug};

/// One schedule under way.
pub(crate) struct Sim<'s> {
    pub(crate) start: &'s Start,
    pub(crate) rng: Rng,
    pub(crate) process: Option<Process>,
    pub(crate) clock: i64,
    pub(crate) journal: Vec<Event>,
    /// The rows of recipients, as they are durable.
    pub(crate) rows: BTreeMap<(usize, usize), Sending>,
    pub(crate) statements: Vec<Happening>,
    pub(crate) told: Vec<(usize, usize, Told)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) checker: Checker,
    /// Answers on their way: telegram, recipient, and what comes.
    pub(crate) reports: Vec<(usize, usize, Moment)>,
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
    pub(crate) queue: VecDeque<Work>,
}

pub(crate) enum Work {
    Command(Command),
    Step(usize, usize, Step),
}

/// Events of a decision or a release, its rows, and the telegram that is out by it.
type Transaction = (Vec<Event>, Vec<Fact>, Option<usize>);

/// Rows that come to an end, and what follows.
type Ended = (Vec<((usize, usize), Sending)>, Vec<(usize, usize, Step)>);

/// What one transaction holds.
#[derive(Default)]
struct Write {
    events: Vec<Event>,
    commands: Vec<Command>,
    facts: Vec<Fact>,
    sendings: Vec<((usize, usize), Sending)>,
    steps: Vec<(usize, usize, Step)>,
}

impl<'s> Sim<'s> {
    pub(crate) fn new(start: &'s Start, seed: u64, plan: Option<(usize, Break)>, bug: Option<Bug>) -> Self {
        let mut rng = Rng::new(seed);
        let stores_decided_first = rng.percent(50);
        Self {
            start,
            rng,
            process: Some(Process { state: start.state.clone(), queue: VecDeque::new() }),
            clock: 2_000,
            journal: Vec::new(),
            rows: BTreeMap::new(),
            statements: Vec::new(),
            told: Vec::new(),
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
        self.handle(Event::Restarted)?;
        let open: Vec<(usize, usize)> =
            self.rows.iter().filter(|(_, s)| !s.is_settled()).map(|(to, _)| *to).collect();
        let now = self.now();
        open.into_iter().try_for_each(|(t, r)| self.moment(t, r, &Moment::Restarted { now }))
    }

    pub(crate) fn now(&self) -> Instant {
        Instant(self.clock)
    }

    /// Answers die with the process, but for those of a person, who can still report.
    pub(crate) fn crash(&mut self) {
        self.process = None;
        self.facts.push(Fact::Crash);
        self.covered.crashes = self.covered.crashes.wrapping_add(1);
        self.reports.retain(|(_, r, _)| *r == 1);
    }

    /// An event comes in: next state, store, then the queue of commands.
    pub(crate) fn handle(&mut self, event: Event) -> Result<(), Violation> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let parts_first = self.bug == Some(Bug::PartsWithKeyFirst);
        if let Event::Hold { telegram } = &event
            && parts_first
        {
            self.facts.push(Fact::KeyParted { t: number(telegram.as_str()) });
        }
        let commands = match advance(&mut process.state, &event) {
            Ok(commands) => commands,
            // After a write reported lost the user tries again.
            Err(Error::TelegramExists { .. }) => return Ok(()),
            Err(_) => return Err(Violation::MachineError),
        };
        if commands.iter().any(|c| matches!(c, Command::Refuse(_))) {
            self.covered.refused = self.covered.refused.wrapping_add(1);
            if let Event::ShareGiven { .. } = &event {
                self.covered.shares_refused = self.covered.shares_refused.wrapping_add(1);
                self.facts.extend(fact(&event).filter(|_| self.bug == Some(Bug::TakesAnyShare)));
            }
            return Ok(());
        }
        self.count_shares(&event, &commands);
        if let Event::Draft(it) | Event::Edit(it) = &event {
            let (t, version) = (number(it.id.as_str()), version(&it.terms.body));
            if !self.durable(|s| s.facts.push(Fact::KeyMade { t, version })) {
                return Ok(());
            }
        }
        let Some(process) = &mut self.process else { return Ok(()) };
        if matches!(event, Event::Decided { .. }) && !self.stores_decided_first {
            process.queue.extend(commands.into_iter().map(Work::Command));
            return Ok(());
        }
        self.store(Write { events: vec![event], commands, ..Write::default() });
        Ok(())
    }

    /// Something happened to one sending: its row and what it says of itself are one write.
    pub(crate) fn moment(&mut self, t: usize, r: usize, moment: &Moment) -> Result<(), Violation> {
        if self.process.is_none() {
            return Ok(());
        }
        let row = self.rows.get(&(t, r)).ok_or(Violation::MachineError)?;
        let (mut after, mut steps) = next(row, moment).map_err(|_| Violation::MachineError)?;
        if self.is_corrected(t) {
            let (ended, more) = next(&after, &Moment::Corrected).map_err(|_| Violation::MachineError)?;
            (after, _) = (ended, steps.extend(more));
        }
        if steps.contains(&Step::Refuse) {
            self.covered.refused = self.covered.refused.wrapping_add(1);
            return Ok(());
        }
        let steps: Vec<_> = steps.into_iter().map(|step| (t, r, step)).collect();
        if self.bug == Some(Bug::DeliversUnrecorded) && matches!(moment, Moment::Recorded { .. }) {
            self.rows.insert((t, r), after);
            let process = self.process.as_mut().ok_or(Violation::MachineError)?;
            process.queue.extend(steps.into_iter().map(|(t, r, s)| Work::Step(t, r, s)));
            return Ok(());
        }
        let facts = moment_fact(t, r, moment).into_iter().collect();
        self.store(Write { facts, sendings: vec![((t, r), after)], steps, ..Write::default() });
        Ok(())
    }

    /// Whether a correction of it is out.
    fn is_corrected(&self, t: usize) -> bool {
        t == CORRECTED && self.rows.contains_key(&(CORRECTION, 0)) && self.bug != Some(Bug::TriesCorrected)
    }

    /// What a correction that is about to be out does to the rows of what it corrects.
    fn ends_corrected(&self, released: Option<usize>) -> Result<Ended, Violation> {
        let (mut rows, mut said) = (Vec::new(), Vec::new());
        let corrects = released == Some(CORRECTION) && self.bug != Some(Bug::TriesCorrected);
        for r in (0..RECIPIENTS).filter(|_| corrects) {
            let Some(row) = self.rows.get(&(CORRECTED, r)) else { continue };
            let (after, steps) = next(row, &Moment::Corrected).map_err(|_| Violation::MachineError)?;
            rows.push(((CORRECTED, r), after));
            said.extend(steps.into_iter().map(|step| (CORRECTED, r, step)));
        }
        Ok((rows, said))
    }

    /// Obeys the next command or takes the next step, if it is still wanted.
    pub(crate) fn obey(&mut self) -> Result<(), Violation> {
        let Some(process) = &mut self.process else { return Ok(()) };
        match process.queue.pop_front() {
            None => Ok(()),
            Some(Work::Command(command)) if still_wanted(&process.state, &command) => self.command(command),
            Some(Work::Command(_)) => {
                self.covered.no_longer_wanted = self.covered.no_longer_wanted.wrapping_add(1);
                Ok(())
            }
            Some(Work::Step(t, r, step)) => self.step(t, r, step),
        }
    }

    fn command(&mut self, command: Command) -> Result<(), Violation> {
        match command {
            Command::CommitDecision { .. } | Command::CommitRelease { .. } => self.commit(command),
            Command::OpenBody { telegram } => {
                let t = number(telegram.as_str());
                if self.durable(|s| s.facts.push(Fact::Opened { t })) {
                    self.begin(t);
                }
                Ok(())
            }
            Command::DestroyKey { telegram } => self.destroy(telegram),
            Command::ForgetDraft { .. } if self.bug == Some(Bug::KeepsKeysOfDrafts) => Ok(()),
            Command::ForgetDraft { telegram, body } => {
                let (t, version) = (number(telegram.as_str()), version(&body));
                if self.durable(|s| s.facts.push(Fact::DraftForgotten { t, version })) {
                    return self.handle(Event::DraftForgotten { telegram, body });
                }
                Ok(())
            }
            Command::PartWithKey { telegram } => {
                let t = number(telegram.as_str());
                if self.durable(|s| s.facts.push(Fact::KeyParted { t })) {
                    return self.handle(Event::KeyParted { telegram });
                }
                Ok(())
            }
            Command::Offer { .. } | Command::AppendStatement(_) | Command::Refuse(_) => Ok(()),
        }
    }

    /// The rows of what is out are due.
    fn begin(&mut self, t: usize) {
        let Some(process) = &mut self.process else { return };
        for r in 0..RECIPIENTS {
            let pending = self.rows.get(&(t, r)).map(|row| row.progress.clone());
            if let Some(telegram::Progress::Pending { attempt, due, .. }) = pending {
                process.queue.push_back(Work::Step(t, r, Step::Record { attempt, due }));
            }
        }
    }

    fn step(&mut self, t: usize, r: usize, step: Step) -> Result<(), Violation> {
        let row = self.rows.get(&(t, r)).ok_or(Violation::MachineError)?;
        let trusting = self.bug == Some(Bug::NeverAsksWhetherWanted) && matches!(step, Step::Deliver { .. });
        if !still_due(row, &step) && !trusting {
            self.covered.no_longer_wanted = self.covered.no_longer_wanted.wrapping_add(1);
            return Ok(());
        }
        match step {
            Step::Record { due, .. } if due.0 > self.clock && self.bug != Some(Bug::NeverWaits) => {
                self.covered.waited = self.covered.waited.wrapping_add(1);
                // In calm the clock goes on to the instant; before it may jump anywhere.
                self.clock = if self.draining { due.0 } else { self.clock };
                let process = self.process.as_mut().ok_or(Violation::MachineError)?;
                process.queue.push_back(Work::Step(t, r, step));
                Ok(())
            }
            // A correction waits for what is under way to the same recipient.
            Step::Record { .. } if t == CORRECTION && self.under_way(CORRECTED, r) => {
                let process = self.process.as_mut().ok_or(Violation::MachineError)?;
                process.queue.push_back(Work::Step(t, r, step));
                self.report()
            }
            Step::Record { attempt, due } => {
                if due.0 > self.clock {
                    return Err(Violation::TriedTooEarly);
                }
                self.moment(t, r, &Moment::Recorded { attempt })
            }
            Step::Deliver { attempt } => {
                self.deliver(t, r, CHANNELS[r], attempt);
                Ok(())
            }
            Step::Tell(_) | Step::Refuse => Ok(()),
        }
    }

    fn under_way(&self, t: usize, r: usize) -> bool {
        let row = self.rows.get(&(t, r));
        row.is_some_and(|row| matches!(row.progress, telegram::Progress::Attempting { .. }))
    }

    /// Some report arrives; perhaps not for the last time.
    pub(crate) fn report(&mut self) -> Result<(), Violation> {
        if self.reports.is_empty() || self.process.is_none() {
            return Ok(());
        }
        let (t, r, moment) = self.reports.swap_remove(self.rng.below(self.reports.len()));
        if !self.draining && self.rng.percent(25) {
            self.covered.duplicated = self.covered.duplicated.wrapping_add(1);
            self.reports.push((t, r, moment.clone()));
        }
        let (now, chance) = (self.now(), u16::try_from(self.rng.below(1_001)).expect("small"));
        let moment = match moment {
            Moment::Reported { attempt, answer, .. } => Moment::Reported { attempt, answer, now, chance },
            other => other,
        };
        if self.bug == Some(Bug::LosesAnswers) { Ok(()) } else { self.moment(t, r, &moment) }
    }

    fn commit(&mut self, command: Command) -> Result<(), Violation> {
        let (events, mut facts, released) = self.transaction(command)?;
        self.spoil(&mut facts);
        let done = events.last().ok_or(Violation::MachineError)?;
        let process = self.process.as_mut().ok_or(Violation::MachineError)?;
        let commands = advance(&mut process.state, done).map_err(|_| Violation::MachineError)?;
        let now = self.now();
        let row = |t: usize| (0..RECIPIENTS).map(move |r| ((t, r), Sending::new(CHANNELS[r], now)));
        let (mut sendings, steps) = self.ends_corrected(released)?;
        sendings.extend(released.into_iter().flat_map(row));
        self.store(Write { events, commands, facts, sendings, steps });
        Ok(())
    }

    /// The events and rows of a decision or a release, the event that reports it last, and what is out by it.
    fn transaction(&self, command: Command) -> Result<Transaction, Violation> {
        let t = |id: &TelegramId| number(id.as_str());
        match command {
            Command::CommitDecision { decision, at, release, void } => {
                let (office, d) = (number(decision.office.as_str()), number(decision.id.as_str()));
                let (outcome, policy) = (outcome(&decision.outcome), number(decision.policy.as_str()));
                let mut facts = vec![Fact::Decision { office, d, outcome, policy }];
                let released = release.as_ref().map(t);
                facts.extend(released.map(|t| Fact::Release { office, t, ground: Why::Decision(d) }));
                facts.extend(void.iter().map(|id| Fact::Void { t: t(id) }));
                let mut events = vec![Event::TransactionCommitted {
                    office: decision.office.clone(),
                    decision: decision.id.clone(),
                }];
                if !self.stores_decided_first {
                    events.insert(0, Event::Decided { decision, now: at });
                }
                Ok((events, facts, released))
            }
            Command::CommitRelease { telegram, ground, void, .. } => {
                let why = match &ground {
                    Ground::Decision(d) => Why::Decision(number(d.as_str())),
                    Ground::Override { reason, .. } => Why::Override(number(reason.as_str())),
                    Ground::Correction { .. } => Why::Correction,
                };
                let out = t(&telegram);
                let office = super::cast::STARTS[out].0;
                let mut facts = vec![Fact::Release { office, t: out, ground: why }];
                facts.extend(void.iter().map(|id| Fact::Void { t: t(id) }));
                Ok((vec![Event::ReleaseCommitted { telegram }], facts, Some(out)))
            }
            _ => Err(Violation::MachineError),
        }
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

    fn count_shares(&mut self, event: &Event, commands: &[Command]) {
        if matches!(event, Event::ShareGiven { .. }) {
            self.covered.shares = self.covered.shares.wrapping_add(1);
            let complete = usize::from(!commands.is_empty());
            self.covered.opened_by_shares = self.covered.opened_by_shares.wrapping_add(complete);
        }
    }

    fn store(&mut self, write: Write) {
        let Write { events, commands, facts, sendings, steps } = write;
        let (mut statements, mut work) = (Vec::new(), Vec::new());
        for command in commands {
            match command {
                Command::AppendStatement(happening) => statements.push(happening),
                other => work.push(Work::Command(other)),
            }
        }
        let mut told = Vec::new();
        for (t, r, step) in steps {
            match step {
                Step::Tell(what) => told.push((t, r, what)),
                other => work.push(Work::Step(t, r, other)),
            }
        }
        let forgets = self.bug == Some(Bug::ForgetsStatements);
        let stored = self.durable(|s| {
            s.facts.extend(facts);
            let forgets_shares = s.bug == Some(Bug::ForgetsShares);
            let kept = |fact: &Fact| !(forgets_shares && matches!(fact, Fact::Share { .. }));
            s.facts.extend(events.iter().filter_map(fact).filter(kept));
            s.journal.extend(events);
            s.rows.extend(sendings);
            s.statements.extend(statements.into_iter().filter(|_| !forgets));
            s.told.extend(told.into_iter().filter(|_| !forgets));
        });
        if let Some(process) = self.process.as_mut().filter(|_| stored) {
            process.queue.extend(work);
        }
    }
}
