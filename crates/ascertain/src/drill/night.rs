//! Time in a drill: from one step to the next, through every instant at which something is due.
//!
//! The time of a script is the true one; the desk's clock may show another. Refuses to know what a step does.

use std::collections::{BTreeMap, BTreeSet};

use standing::{Instant, Standing};
use telegram::State;

use super::script::Deed;
use super::stepping::noted;
use super::telling::{Kind, Told};
use super::{Plan, World};
use crate::courier::Courier;
use crate::desk::{Brief, Seen};
use crate::error::Error;
use crate::keychain::Saying;
use crate::sequencer::Packed;

/// What a script expected and what was so.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Unmet {
    /// The line of the script.
    pub line: usize,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub instead: String,
}

/// A rehearsal under way: what survives when the desk's process does not.
pub(super) struct Night<'a> {
    pub plan: &'a Plan<'a>,
    pub brief: Brief<'a>,
    pub world: &'a World,
    /// The next step.
    pub next: usize,
    /// The next act of the timeline.
    pub entered: usize,
    /// The true time.
    pub time: Instant,
    /// How many seconds the desk's clock is ahead of it.
    pub ahead: i64,
    /// Whether the process began anew and has not looked yet.
    pub anew: bool,
    /// What the desk read of the record, and asked; a new process reads anew.
    pub seen: Seen,
    /// The acts in the record, as the rehearsal itself reads them.
    pub known: Seen,
    /// Instants at which the policy may answer otherwise.
    pub instants: BTreeSet<Instant>,
    /// Up to when it was asked, by the desk's clock.
    pub asked: Instant,
    /// Whether something it knows of changed since.
    pub ask: bool,
    pub told: Vec<Told>,
    pub unmet: Vec<Unmet>,
    pub met: usize,
    /// What was so before the last thing that happened.
    pub before: Option<State>,
    /// The last state without a decision of the policy's office.
    pub undecided: Option<State>,
    pub standing: Option<Standing>,
    pub noted: BTreeSet<String>,
    /// Who approved what.
    pub approved: Vec<(String, String)>,
    /// When a telegram was first known to have reached somebody.
    pub acknowledged: BTreeMap<(String, String), Instant>,
}

/// The true time of a world, as receivers see it. They have good clocks.
pub(super) fn now(world: &World) -> Instant {
    world.time.get()
}

impl<'a> Night<'a> {
    pub fn new(plan: &'a Plan<'a>, brief: Brief<'a>, world: &'a World) -> Self {
        let start = plan.script.start;
        Self {
            plan,
            brief,
            world,
            next: 0,
            entered: 0,
            time: start,
            ahead: 0,
            anew: false,
            seen: Seen::default(),
            known: Seen::default(),
            instants: BTreeSet::new(),
            asked: start.plus(-1),
            ask: true,
            told: Vec::new(),
            unmet: Vec::new(),
            met: 0,
            before: None,
            undecided: None,
            standing: None,
            noted: BTreeSet::new(),
            approved: Vec::new(),
            acknowledged: BTreeMap::new(),
        }
    }

    /// Goes on until the process crashes, and says so; or to the end of the script.
    ///
    /// # Errors
    /// The record or the store fails.
    pub fn until_crash(&mut self, courier: &mut Courier<'_>) -> Result<bool, Error> {
        courier.tick()?;
        if std::mem::take(&mut self.anew) {
            courier.resume()?;
            self.ask = true;
        }
        self.settle(courier)?;
        let script = self.plan.script;
        while let Some(step) = script.steps.get(self.next) {
            self.until(courier, step.at)?;
            self.next = self.next.saturating_add(1);
            if matches!(step.deed, Deed::Crash) {
                let lost = self.world.receivers.borrow_mut().hang_up();
                let under_way =
                    if lost == 0 { String::new() } else { format!(", attempts under way: {lost}") };
                let text = format!("the desk's process is gone, and begins anew{under_way}{}", noted(step));
                self.tell(Kind::Crash, Some(step.line), text);
                (self.anew, self.seen) = (true, Seen::default());
                return Ok(true);
            }
            self.step(courier, step)?;
            self.settle(courier)?;
        }
        Ok(false)
    }

    /// Lets time go on to `end`, through everything that is due before.
    fn until(&mut self, courier: &mut Courier<'_>, end: Instant) -> Result<(), Error> {
        while let Some(next) = self.next_instant(courier)?.filter(|t| *t <= end) {
            self.set(next);
            courier.tick()?;
            self.settle(courier)?;
        }
        self.set(end);
        courier.tick()
    }

    pub fn set(&mut self, time: Instant) {
        self.time = time;
        self.world.time.set(time);
        self.world.clock.set(time.plus(self.ahead));
    }

    /// The next instant after now at which something is due.
    fn next_instant(&self, courier: &Courier<'_>) -> Result<Option<Instant>, Error> {
        let act = self.plan.script.acts.get(self.entered).and_then(|l| l.known_at);
        let answer = self.world.receivers.borrow().next_answer();
        let true_time = |shown: Instant| shown.plus(self.ahead.saturating_neg());
        let due = courier.book.store().earliest_due()?.map(|d| Instant::from_second(d.0)).transpose()?;
        let shown = self.world.clock.get();
        let asked = self.instants.range(shown.plus(1)..).next().copied();
        let all = [act, answer, due.map(true_time), asked.map(true_time)];
        Ok(all.into_iter().flatten().filter(|t| *t > self.time).min())
    }

    /// Appends acts under an attester's key.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn enter(
        &mut self,
        courier: &mut Courier<'_>,
        acts: &[standing::ActLine],
        by: &str,
    ) -> Result<(), Error> {
        let batch: Vec<Packed> = {
            let logbook = logbook_of(courier)?;
            let signer = logbook.signer(Some(record::keyring::KeyUse::Attester), by)?;
            let sign = |line: &standing::ActLine| -> Result<Packed, Error> {
                let id = line.statement.as_ref().map_or_else(|| line.id.as_str(), |s| s.as_str());
                let saying = Saying {
                    statement: id.to_owned(),
                    subject: self.plan.loaded.election.id.clone(),
                    known_at: line.known_at.map(|t| t.to_string()).unwrap_or_default(),
                };
                let body = standing::ActLine { known_at: None, statement: None, ..line.clone() };
                crate::keychain::sign(signer, saying, &proof::Body::Act(Box::new(body)))
            };
            acts.iter().map(sign).collect::<Result<_, _>>()?
        };
        courier.book.write(&batch, |_| Ok(()))?;
        self.ask = true;
        Ok(())
    }
}

/// The record of a desk.
///
/// # Errors
/// It is that of a replay.
pub(super) fn logbook_of<'c>(courier: &'c Courier<'_>) -> Result<&'c crate::logbook::Logbook, Error> {
    match &courier.book {
        crate::book::Book::Own { logbook, .. } => Ok(logbook),
        crate::book::Book::History { .. } => {
            Err(Error::WrongStore { message: "a drill has a record of its own".into() })
        }
    }
}
