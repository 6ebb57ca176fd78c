//! Everything that is due at an instant, until nothing is left: acts, answers, the policy's question, attempts.
//!
//! What `telegram run` does at a look. Refuses to let time go on.

use policy::Case;
use telegram::{Moment, Progress, RecipientId, TelegramId};

use super::night::Night;
use super::receivers::{Coming, word};
use super::telling::Kind;
use crate::courier::Courier;
use crate::desk;
use crate::error::Error;

impl Night<'_> {
    /// Does what is due now.
    ///
    /// # Errors
    /// The record or the store fails.
    pub fn settle(&mut self, courier: &mut Courier<'_>) -> Result<(), Error> {
        self.timeline(courier)?;
        loop {
            self.attempts();
            let came = self.world.receivers.borrow_mut().came(self.time);
            for coming in &came {
                self.answered(courier, coming)?;
            }
            self.look(courier)?;
            courier.send()?;
            self.changed(courier)?;
            let more = self.world.receivers.borrow().next_answer().is_some_and(|t| t <= self.time);
            if !more && !self.ask {
                self.attempts();
                return Ok(());
            }
        }
    }

    /// Acts of the timeline known by now.
    fn timeline(&mut self, courier: &mut Courier<'_>) -> Result<(), Error> {
        let script = self.plan.script;
        let rest = script.acts.get(self.entered..).unwrap_or_default();
        let known = rest.iter().take_while(|l| l.known_at.is_some_and(|t| t <= self.time)).count();
        let Some(acts) = rest.get(..known).filter(|acts| !acts.is_empty()) else { return Ok(()) };
        let by = script.attesters.first().cloned().unwrap_or_default();
        self.enter(courier, acts, &by)?;
        self.entered = self.entered.saturating_add(known);
        self.told_of_acts(courier, acts, None)
    }

    /// An answer reaches the desk.
    fn answered(&mut self, courier: &mut Courier<'_>, coming: &Coming) -> Result<(), Error> {
        let Some(row) = courier.book.store().sending(&coming.telegram, &coming.to)? else { return Ok(()) };
        let was = row.sending.progress.clone();
        let now = courier.machine_now();
        let (attempt, answer) = (coming.attempt, coming.answer.clone());
        courier.moment(row, &Moment::Reported { attempt, answer, now, chance: 0 })?;
        self.world.receivers.borrow_mut().heard(coming);
        let after = courier.book.store().sending(&coming.telegram, &coming.to)?;
        let Some(after) = after.map(|row| row.sending.progress) else { return Ok(()) };
        let text =
            if after == was { "an answer once more; nothing changes".into() } else { self.progress(&after) };
        if matches!(after, Progress::Acknowledged { .. }) {
            self.reached(&coming.telegram, &coming.to);
        }
        self.tell(Kind::Answer, None, format!("{} to {}: {text}", coming.telegram, coming.to));
        Ok(())
    }

    /// It is known to have arrived.
    pub fn reached(&mut self, telegram: &TelegramId, to: &RecipientId) {
        self.acknowledged.entry((telegram.to_string(), to.to_string())).or_insert(self.time);
    }

    /// How far a delivery has come, in words.
    fn progress(&self, progress: &Progress) -> String {
        match progress {
            Progress::Pending { attempt, unsure, due } => {
                let shown = self.world.clock.get().second();
                let wait = due.0.saturating_sub(shown);
                let unsure = if *unsure { "no answer" } else { "not taken over" };
                format!("{unsure}; attempt {} in {wait} s", attempt.0)
            }
            Progress::Attempting { attempt, .. } => format!("attempt {} under way", attempt.0),
            Progress::Acknowledged { reference } => format!("acknowledged: {reference}"),
            Progress::Undeliverable { .. } => "undeliverable: a dead letter".into(),
            Progress::InDoubt { .. } => "in doubt: it may have arrived, and a person must find out".into(),
        }
    }

    /// Asks the policy, if it may answer otherwise than before.
    fn look(&mut self, courier: &mut Courier<'_>) -> Result<(), Error> {
        let shown = self.world.clock.get();
        if std::mem::take(&mut self.ask) {
            let evidence = desk::acts(courier, &mut self.known)?;
            let (law, election) = (&self.brief.loaded.law, &self.brief.loaded.election);
            let case = Case { law, election, evidence, past: None };
            self.instants = policy::instants(&case, self.brief.policy);
        } else if self.instants.range(self.asked.plus(1)..).next().is_none_or(|t| *t > shown) {
            return Ok(());
        }
        self.asked = shown.max(self.asked);
        let office = self.brief.policy.office_in(&self.brief.loaded.law);
        if !courier.state.rulings.keys().any(|o| o.as_str() == office.as_str()) {
            self.undecided = Some(courier.state.clone());
        }
        for refusal in desk::evaluate(courier, &self.brief, &mut self.seen)? {
            self.tell(Kind::Note, None, refusal.to_string());
        }
        self.changed(courier)
    }

    /// What receivers saw.
    fn attempts(&mut self) {
        let seen = self.world.receivers.borrow_mut().seen();
        for s in seen {
            let text =
                format!("{} to {}, attempt {}: the receiver {}", s.telegram, s.to, s.attempt, word(s.mood));
            self.tell(Kind::Attempt, None, text);
        }
    }
}
