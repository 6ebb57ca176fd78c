//! One step of a script: what a person does at the desk, or what befalls it.
//!
//! A refusal is no error: the script may have expected it. Refuses to do anything the commands of a desk do not.

use record::keyring::{Action, KeyUse};
use telegram::{Event, Instant, Moment, RecipientId, Resolution, Stage, TelegramId};

use super::night::{Night, Unmet, logbook_of};
use super::script::{Deed, Step, Word};
use super::telling::Kind;
use crate::book::Book;
use crate::courier::Courier;
use crate::desk;
use crate::error::Error;
use crate::logbook;

impl Night<'_> {
    /// Takes a step.
    ///
    /// # Errors
    /// The record or the store fails.
    pub fn step(&mut self, courier: &mut Courier<'_>, step: &Step) -> Result<(), Error> {
        if let Deed::Expect(expected) = &step.deed {
            return self.expect(courier, expected, step);
        }
        let refused = match self.done(courier, step) {
            Ok(refused) => refused,
            Err(e) if e.exit_code() == 2 => vec![e.to_string()],
            Err(e) => return Err(e),
        };
        let what = format!("{}{}", words(&step.deed), noted(step));
        if refused.is_empty() {
            if !matches!(step.deed, Deed::Enter { .. }) {
                self.tell(Kind::Step, Some(step.line), what.clone());
            }
        } else {
            self.tell(Kind::Refused, Some(step.line), format!("{what}: {}", refused.join("; ")));
        }
        self.ask = true;
        self.judged(step, &what, &refused);
        self.changed(courier)
    }

    /// Whether the step went as the script says.
    fn judged(&mut self, step: &Step, what: &str, refused: &[String]) {
        let said = refused.join("; ");
        let instead = match &step.refused {
            None if refused.is_empty() => return,
            None => said,
            Some(_) if refused.is_empty() => "it was done".into(),
            Some(words) if said.contains(words) => {
                self.met = self.met.saturating_add(1);
                return;
            }
            Some(_) => said,
        };
        let expected = match &step.refused {
            None => format!("{what}: done"),
            Some(words) => format!("{what}: refused, {words}"),
        };
        self.unmet.push(Unmet { line: step.line, expected, instead });
    }

    /// Does it; the sentences of who refused.
    fn done(&mut self, courier: &mut Courier<'_>, step: &Step) -> Result<Vec<String>, Error> {
        let now = Instant(self.world.clock.get().second());
        let refused = match &step.deed {
            Deed::Enter { acts, by } => {
                self.enter(courier, acts, by)?;
                self.told_of_acts(courier, acts, Some(step.line))?;
                return Ok(Vec::new());
            }
            Deed::Approve { telegrams, by, reason } => {
                return self.approve(courier, telegrams, by, reason.as_ref());
            }
            Deed::Hold { telegrams, incomplete } => desk::hold(courier, &self.brief, telegrams, *incomplete)?,
            Deed::Withdraw(telegram) => courier.tell(&Event::Withdraw { telegram: telegram.clone() })?,
            Deed::Release { telegram, reason } => {
                let telegram = telegram.clone();
                courier.tell(&match reason.clone() {
                    Some(reason) => Event::Override { telegram, reason, now },
                    None => Event::Release { telegram, now },
                })?
            }
            Deed::Settle { telegram, to, word } => {
                let refused = settle(courier, telegram, to, word, now)?;
                if refused.is_empty() && matches!(word, Word::Arrived(_)) {
                    self.reached(telegram, to);
                }
                return Ok(refused);
            }
            Deed::Revoke(name) => return revoke(courier, name),
            Deed::ClockAhead(seconds) => {
                self.ahead = *seconds;
                self.set(self.time);
                courier.tick()?;
                return Ok(Vec::new());
            }
            Deed::Mood { receiver, does } => {
                self.world.receivers.borrow_mut().change(receiver, does);
                return Ok(Vec::new());
            }
            Deed::Crash | Deed::Expect(_) => return Ok(Vec::new()),
        };
        Ok(refused.iter().map(ToString::to_string).collect())
    }

    fn approve(
        &mut self,
        courier: &mut Courier<'_>,
        telegrams: &[TelegramId],
        by: &str,
        reason: Option<&telegram::Reference>,
    ) -> Result<Vec<String>, Error> {
        let mut refused = Vec::new();
        for id in telegrams {
            courier.words(id)?;
            let no = desk::approve(courier, id, by, reason.cloned())?;
            if no.is_empty() {
                self.approved.push((by.to_owned(), id.to_string()));
            }
            refused.extend(no.iter().map(ToString::to_string));
        }
        Ok(refused)
    }
}

/// A person's word on a delivery of what is out.
fn settle(
    courier: &mut Courier<'_>,
    telegram: &TelegramId,
    to: &RecipientId,
    word: &Word,
    now: Instant,
) -> Result<Vec<String>, Error> {
    let out =
        courier.state.telegrams.get(telegram).is_some_and(|e| matches!(e.stage, Stage::Released { .. }));
    let row = courier.book.store().sending(telegram, to)?.filter(|_| out);
    let Some(row) = row else { return Ok(vec![format!("telegram {telegram} is not out to {to}")]) };
    let moment = match word {
        Word::Arrived(reference) => {
            Moment::Resolved { how: Resolution::Delivered { reference: reference.clone() }, now }
        }
        Word::Resend => Moment::Resolved { how: Resolution::Resend, now },
        Word::Redrive => Moment::Redriven { now },
    };
    let what = if matches!(word, Word::Redrive) { "no dead letter" } else { "not in doubt" };
    let refused = format!("the delivery of telegram {telegram} to {to} is {what}");
    Ok(if courier.moment(row, &moment)? { Vec::new() } else { vec![refused] })
}

/// An approver's key ends, and with it what it approved.
fn revoke(courier: &mut Courier<'_>, name: &str) -> Result<Vec<String>, Error> {
    let notice = {
        let logbook = logbook_of(courier)?;
        let key = logbook.signer(Some(KeyUse::Approver), name)?.key().verifying_key();
        logbook::notice_of(logbook.root(Some(key))?, Action::Revoke, name, KeyUse::Approver, key)?
    };
    if let Book::Own { logbook, .. } = &mut courier.book {
        logbook.append(&[notice])?;
    }
    desk::renew_quorum(courier)?;
    Ok(Vec::new())
}

/// A step's note, behind what it did.
pub(super) fn noted(step: &Step) -> String {
    step.note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default()
}

fn words(deed: &Deed) -> String {
    let list = |ids: &[TelegramId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match deed {
        Deed::Enter { acts, by } => {
            let names: Vec<&str> = acts.iter().map(|l| l.id.as_str()).collect();
            format!("{by} enters {}", names.join(", "))
        }
        Deed::Approve { telegrams, by, reason: None } => format!("{by} approves {}", list(telegrams)),
        Deed::Approve { telegrams, by, reason: Some(why) } => {
            format!("{by} approves that {} go out without a decision: {why}", list(telegrams))
        }
        Deed::Hold { telegrams, incomplete } => {
            format!(
                "hold {}{}",
                list(telegrams),
                if *incomplete { ", outcomes without a telegram or not" } else { "" }
            )
        }
        Deed::Withdraw(id) => format!("withdraw {id}"),
        Deed::Release { telegram, reason: None } => format!("a person lets {telegram} go"),
        Deed::Release { telegram, reason: Some(why) } => {
            format!("a person lets {telegram} go without a decision: {why}")
        }
        Deed::Settle { telegram, to, word: Word::Arrived(r) } => {
            format!("a person says that {telegram} reached {to}: {r}")
        }
        Deed::Settle { telegram, to, word: Word::Resend } => {
            format!("a person has {telegram} sent to {to} again")
        }
        Deed::Settle { telegram, to, word: Word::Redrive } => {
            format!("a person has the dead letter {telegram} to {to} tried again")
        }
        Deed::Revoke(name) => format!("the key of {name} is revoked"),
        Deed::Crash => "crash".into(),
        Deed::ClockAhead(s) => format!("the desk's clock is {s} s ahead of the time from now on"),
        Deed::Mood { receiver, .. } => format!("{receiver} changes its mood"),
        Deed::Expect(_) => "expect".into(),
    }
}
