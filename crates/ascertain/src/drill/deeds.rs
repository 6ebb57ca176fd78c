//! The steps of a script, each as the one thing it does.
//!
//! Refuses a step that does none or several, speaks of what the script does not have, or stands out of the order of time.

use standing::Instant;
use telegram::{RecipientId, Reference, TelegramId};

use super::parsing::{Reading, line_at};
use super::script::{Deed, ExpectFile, Expectation, PROGRESS, STATES, Step, StepFile, ToFile, Word};
use crate::error::Error;
use crate::whatif;

impl Reading<'_> {
    /// Every step, in order.
    ///
    /// # Errors
    /// File, line and field.
    pub(super) fn steps(&mut self, written: &[StepFile], start: Instant) -> Result<Vec<Step>, Error> {
        let mut steps: Vec<Step> = Vec::new();
        let mut last = start;
        for s in written {
            let (place, at) = (s.at.span().start, self.instant(&s.at, "step.at")?);
            if at < last {
                let message = format!("{at} is before {last}: steps stand in the order of time");
                return Err(self.wrong(place, "step.at", message));
            }
            last = at;
            let deed = self.deed(s, at, place)?;
            if s.refused.is_some()
                && matches!(deed, Deed::Expect(_) | Deed::Crash | Deed::Mood { .. } | Deed::ClockAhead(_))
            {
                return Err(self.wrong(place, "step.refused", "nobody can refuse that".into()));
            }
            let line = line_at(&self.text, place);
            steps.push(Step { at, line, deed, refused: s.refused.clone(), note: s.note.clone() });
        }
        Ok(steps)
    }

    fn deed(&mut self, s: &StepFile, at: Instant, place: usize) -> Result<Deed, Error> {
        let mut deeds = Vec::new();
        if let Some(acts) = &s.enter {
            deeds.push(self.enter(acts, s, at, place)?);
        }
        if let Some(names) = &s.approve {
            let by = s.by.clone().unwrap_or_default();
            if !self.approvers.contains(&by) {
                return Err(self.unknown(place, "step.by", &by, "people.approvers", self.approvers.iter()));
            }
            let telegrams = self.named(names, place)?;
            deeds.push(Deed::Approve { telegrams, by, reason: self.reference(s.reason.as_deref(), place)? });
        }
        if let Some(names) = &s.hold {
            deeds.push(Deed::Hold { telegrams: self.named(names, place)?, incomplete: s.incomplete });
        }
        if let Some(name) = &s.withdraw {
            deeds.push(Deed::Withdraw(self.telegram(name, place)?));
        }
        if let Some(name) = &s.release {
            let reason = self.reference(s.reason.as_deref(), place)?;
            deeds.push(Deed::Release { telegram: self.telegram(name, place)?, reason });
        }
        self.words(s, place, &mut deeds)?;
        if let Some(name) = &s.revoke {
            if !self.approvers.contains(name) {
                return Err(self.unknown(
                    place,
                    "step.revoke",
                    name,
                    "people.approvers",
                    self.approvers.iter(),
                ));
            }
            deeds.push(Deed::Revoke(name.clone()));
        }
        if s.crash == Some(true) {
            deeds.push(Deed::Crash);
        }
        deeds.extend(s.clock_ahead_s.map(Deed::ClockAhead));
        if let Some(name) = &s.receiver {
            let does = s.does.clone().unwrap_or_default();
            let known = self.receivers.get(name).map(|r| r.to.channel);
            let known = known.ok_or_else(|| {
                self.unknown(place, "step.receiver", name, "[[receiver]]", self.receivers.keys())
            })?;
            self.moods(place, known, &does)?;
            deeds.push(Deed::Mood { receiver: name.clone(), does });
        }
        if let Some(expected) = &s.expect {
            deeds.push(Deed::Expect(self.expectation(expected, place)?));
        }
        self.belongs(s, &deeds, place)?;
        match (deeds.pop(), deeds.is_empty()) {
            (Some(deed), true) => Ok(deed),
            _ => Err(self.wrong(
                place,
                "step",
                "a step does one thing, and this one does none or several".into(),
            )),
        }
    }

    /// Keys that say more of a deed stand only beside it.
    fn belongs(&self, s: &StepFile, deeds: &[Deed], place: usize) -> Result<(), Error> {
        let any = |fits: fn(&Deed) -> bool| deeds.iter().any(fits);
        let by = any(|d| matches!(d, Deed::Approve { .. } | Deed::Enter { .. }));
        let reason = any(|d| matches!(d, Deed::Approve { .. } | Deed::Release { .. }));
        let hold = any(|d| matches!(d, Deed::Hold { .. }));
        let mood = any(|d| matches!(d, Deed::Mood { .. }));
        let stray = [
            ("by", s.by.is_some() && !by),
            ("reason", s.reason.is_some() && !reason),
            ("incomplete", s.incomplete && !hold),
            ("does", s.does.is_some() && !mood),
        ];
        match stray.iter().find(|(_, stray)| *stray) {
            Some((key, _)) => {
                Err(self.wrong(place, &format!("step.{key}"), "does not belong to this step".into()))
            }
            None => Ok(()),
        }
    }

    fn words(&self, s: &StepFile, place: usize, deeds: &mut Vec<Deed>) -> Result<(), Error> {
        let said = |to: &ToFile| -> Result<Reference, Error> {
            let missing =
                || self.wrong(place, "step.reference", "who says so, when, under which reference?".into());
            self.reference(to.reference.as_deref(), place)?.ok_or_else(missing)
        };
        if let Some(to) = &s.acknowledge {
            deeds.push(self.settle(to, place, Word::Arrived(said(to)?))?);
        }
        if let Some(to) = &s.resolve {
            let word = if to.resend { Word::Resend } else { Word::Arrived(said(to)?) };
            deeds.push(self.settle(to, place, word)?);
        }
        if let Some(to) = &s.redrive {
            deeds.push(self.settle(to, place, Word::Redrive)?);
        }
        Ok(())
    }

    fn settle(&self, to: &ToFile, place: usize, word: Word) -> Result<Deed, Error> {
        let (telegram, to) = self.delivery(&to.telegram, &to.to, place)?;
        Ok(Deed::Settle { telegram, to, word })
    }

    fn delivery(&self, telegram: &str, to: &str, place: usize) -> Result<(TelegramId, RecipientId), Error> {
        let telegram = self.telegram(telegram, place)?;
        let names = self.telegrams.get(&telegram).cloned().unwrap_or_default();
        if !names.contains(to) {
            return Err(self.unknown(place, "to", to, "the telegram's `to`", names.iter()));
        }
        Ok((telegram, RecipientId::parse(to)?))
    }

    fn named(&self, names: &[String], place: usize) -> Result<Vec<TelegramId>, Error> {
        if names.iter().map(String::as_str).eq(["all"]) {
            return Ok(self.telegrams.keys().cloned().collect());
        }
        names.iter().map(|name| self.telegram(name, place)).collect()
    }

    fn reference(&self, text: Option<&str>, place: usize) -> Result<Option<Reference>, Error> {
        let read = text.map(Reference::parse).transpose();
        read.map_err(|e| self.wrong(place, "step", e.to_string()))
    }

    /// Acts written in a step: known and issued at its time, if they do not say otherwise.
    fn enter(
        &mut self,
        acts: &[toml::Table],
        s: &StepFile,
        at: Instant,
        place: usize,
    ) -> Result<Deed, Error> {
        let by = s.by.clone().or_else(|| self.attesters.first().cloned()).unwrap_or_default();
        if !self.attesters.contains(&by) {
            return Err(self.unknown(place, "step.by", &by, "people.attesters", self.attesters.iter()));
        }
        let mut lines = Vec::new();
        for act in acts {
            let act = completed(act.clone(), at);
            let line = serde_json::to_string(&act)?;
            let read = self.loaded.election.lines(&self.file, &line, &mut self.statements);
            let read = read.map_err(|e| self.wrong(place, "step.enter", sentence(&e)))?;
            lines.extend(read.into_iter().map(|(_, line)| line));
        }
        if lines.iter().any(|l| l.known_at.is_some_and(|t| t > at)) {
            return Err(self.wrong(place, "step.enter", "nobody enters what is not known yet".into()));
        }
        Ok(Deed::Enter { acts: lines, by })
    }

    fn expectation(&self, e: &ExpectFile, place: usize) -> Result<Expectation, Error> {
        let none = || {
            self.wrong(place, "expect", "expects one thing: `telegram` with `state`; `telegram`, `to` with `progress` or `requests`; `decision`; `out`; or `overtaken`".into())
        };
        let one_of = |field: &str, word: &str, known: &[&str]| match known.contains(&word) {
            true => Ok(word.to_owned()),
            false => Err(self.wrong(place, field, format!("`{word}` is none of {}", known.join(", ")))),
        };
        let of = (&e.telegram, &e.to, &e.state, &e.progress, &e.requests);
        Ok(match (of, &e.decision, &e.out, e.overtaken) {
            ((Some(t), None, Some(state), None, None), None, None, None) => {
                Expectation::State(self.telegram(t, place)?, one_of("expect.state", state, &STATES)?)
            }
            ((Some(t), Some(to), None, Some(how), None), None, None, None) => {
                let (t, to) = self.delivery(t, to, place)?;
                Expectation::Progress(t, to, one_of("expect.progress", how, &PROGRESS)?)
            }
            ((Some(t), Some(to), None, None, Some(n)), None, None, None) => {
                Expectation::Requests(self.delivery(t, to, place)?.0, to.clone(), *n)
            }
            ((None, None, None, None, None), Some(d), None, None) => {
                Expectation::Decision(self.decision(d, place)?)
            }
            ((None, None, None, None, None), None, Some(out), None) => {
                Expectation::Out(self.named(out, place)?.into_iter().collect())
            }
            ((None, None, None, None, None), None, None, Some(o)) => Expectation::Overtaken(o),
            _ => return Err(none()),
        })
    }

    fn decision(&self, word: &str, place: usize) -> Result<Option<telegram::Outcome>, Error> {
        Ok(match word {
            "none" => None,
            "nobody" => Some(telegram::Outcome::Nobody),
            "annulled" => Some(telegram::Outcome::Annulled),
            id => {
                let persons: Vec<String> =
                    self.loaded.election.persons.keys().map(ToString::to_string).collect();
                if !persons.iter().any(|p| p == id) {
                    return Err(self.unknown(
                        place,
                        "expect.decision",
                        id,
                        "the election, and neither `none`, `nobody` nor `annulled`",
                        persons.iter(),
                    ));
                }
                Some(telegram::Outcome::Person(telegram::PersonId::parse(id)?))
            }
        })
    }
}

fn completed(mut act: toml::Table, at: Instant) -> toml::Table {
    let text = |t: &str| toml::Value::String(t.to_owned());
    let at = at.to_string();
    let mut default = |key: &str, value: toml::Value| {
        act.entry(key).or_insert(value);
    };
    let mut issued = toml::Table::new();
    for (key, value) in
        [("not_before", &*at), ("not_before_basis", "act"), ("not_after", &at), ("not_after_basis", "act")]
    {
        issued.insert(key.into(), text(value));
    }
    default("issued", toml::Value::Table(issued));
    default("known_at", text(&at));
    default("channel", text("page"));
    default("sources", toml::Value::Array(vec![text(whatif::SOURCE)]));
    act
}

/// What is wrong with an act, without the place it has in no file.
fn sentence(e: &standing::Error) -> String {
    match e {
        standing::Error::Field { field, message, .. } => format!("`{field}`: {message}"),
        standing::Error::Syntax { message, .. } => message.clone(),
        e => e.to_string(),
    }
}
