//! What a script says must be so, and what is so instead.
//!
//! Refuses to change anything.

use std::collections::BTreeSet;

use telegram::{Progress, RecipientId, Stage, TelegramId};

use super::night::{Night, Unmet};
use super::script::{Expectation, Step};
use super::stepping::noted;
use super::telling::Kind;
use crate::courier::Courier;
use crate::error::Error;

impl Night<'_> {
    /// Compares; what differs is kept, and the drill goes on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn expect(&mut self, courier: &Courier<'_>, e: &Expectation, step: &Step) -> Result<(), Error> {
        let (what, expected, instead) = self.compared(courier, e)?;
        let (line, note) = (step.line, noted(step));
        if expected == instead {
            self.met = self.met.saturating_add(1);
            self.tell(Kind::Expected, Some(line), format!("as expected, {what}: {expected}{note}"));
            return Ok(());
        }
        self.tell(Kind::Expected, Some(line), format!("EXPECTED {what}: {expected}; it is: {instead}{note}"));
        self.unmet.push(Unmet { line, expected: format!("{what}: {expected}"), instead });
        Ok(())
    }

    /// What of, what should be, what is.
    fn compared(&self, courier: &Courier<'_>, e: &Expectation) -> Result<(String, String, String), Error> {
        Ok(match e {
            Expectation::State(id, state) => {
                let is = courier.state.telegrams.get(id).map_or("drafted", |e| e.stage.word());
                (id.to_string(), state.clone(), is.into())
            }
            Expectation::Progress(id, to, progress) => {
                (format!("{id} to {to}"), progress.clone(), progress_of(courier, id, to)?.into())
            }
            Expectation::Requests(id, to, n) => {
                let receivers = self.world.receivers.borrow();
                let seen = receivers.ledger.get(&(to.clone(), id.to_string())).map_or(0, |k| k.requests);
                (format!("requests of {id} that {to} saw"), n.to_string(), seen.to_string())
            }
            Expectation::Decision(outcome) => {
                let office = self.brief.policy.office_in(&self.brief.loaded.law);
                let ruling = courier.state.rulings.iter().find(|(o, _)| o.as_str() == office.as_str());
                let named =
                    |o: Option<&telegram::Outcome>| o.map_or_else(|| "none".into(), |o| self.outcome(o));
                let is = named(ruling.map(|(_, r)| &r.decision.outcome));
                ("the decision".into(), named(outcome.as_ref()), is)
            }
            Expectation::Out(ids) => {
                let out =
                    courier.state.telegrams.values().filter(|e| matches!(e.stage, Stage::Released { .. }));
                let is: BTreeSet<TelegramId> = out.map(|e| e.telegram.id.clone()).collect();
                ("out".into(), list(ids), list(&is))
            }
            Expectation::Overtaken(undone) => {
                let is = courier.state.rulings.values().any(|r| r.overtaken.is_some());
                let said = |undone: bool| if undone { "undone" } else { "not undone" };
                ("the ground of the decision".into(), said(*undone).into(), said(is).into())
            }
        })
    }
}

fn list(ids: &BTreeSet<TelegramId>) -> String {
    if ids.is_empty() {
        return "nothing".into();
    }
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How far a delivery has come, in a script's words.
pub(super) fn progress_of(
    courier: &Courier<'_>,
    id: &TelegramId,
    to: &RecipientId,
) -> Result<&'static str, Error> {
    let out = courier.state.telegrams.get(id).is_some_and(|e| matches!(e.stage, Stage::Released { .. }));
    let row = courier.book.store().sending(id, to)?.filter(|_| out);
    Ok(row.map_or("waiting", |row| progress_word(&row.sending.progress)))
}

/// The word for how far a delivery has come.
pub(super) fn progress_word(progress: &Progress) -> &'static str {
    match progress {
        Progress::Pending { .. } => "pending",
        Progress::Attempting { .. } => "under_way",
        Progress::Acknowledged { .. } => "acknowledged",
        Progress::Undeliverable { .. } => "undeliverable",
        Progress::InDoubt { .. } => "in_doubt",
    }
}
