//! The timeline of a drill: what happened, in order, in words.
//!
//! What became of telegrams is read off the machine's state, before and after. Refuses to name keys, roots and salts: they
//! differ from one rehearsal to the next, and the timeline does not.

use proof::DecisionBody;
use serde::Serialize;
use standing::{ActLine, At, Instant};
use telegram::{Ground, Stage, State};

use super::night::Night;
use crate::courier::Courier;
use crate::desk;
use crate::error::Error;

/// A line of the timeline.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// When, in true time.
    pub at: Instant,
    /// What kind of thing.
    pub kind: Kind,
    /// The line of the script, if it is a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What, in words.
    pub text: String,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Acts,
    Step,
    Refused,
    Decision,
    Telegram,
    Attempt,
    Answer,
    Crash,
    Expected,
    Note,
}

impl Night<'_> {
    pub(super) fn tell(&mut self, kind: Kind, line: Option<usize>, text: String) {
        self.told.push(Told { at: self.time, kind, line, text });
    }

    /// Acts were entered: which, and what they did.
    pub(super) fn told_of_acts(
        &mut self,
        courier: &Courier<'_>,
        acts: &[ActLine],
        line: Option<usize>,
    ) -> Result<(), Error> {
        let names: Vec<&str> = acts.iter().map(|l| l.id.as_str()).collect();
        self.tell(Kind::Acts, line, format!("entered: {}", names.join(", ")));
        let evidence = desk::acts(courier, &mut self.known)?;
        let loaded = self.brief.loaded;
        let after = standing::standing(&loaded.law, &loaded.election, evidence, At::same(self.time))?;
        let office = self.brief.policy.office_in(&loaded.law);
        for words in (self.plan.words)(loaded, office, self.standing.as_ref(), &after) {
            self.tell(Kind::Acts, line, words);
        }
        self.standing = Some(after);
        Ok(())
    }

    /// Whatever changed at the desk since the last time this was asked.
    pub(super) fn changed(&mut self, courier: &mut Courier<'_>) -> Result<(), Error> {
        let before = self.before.take();
        self.rulings(courier, before.as_ref())?;
        for (id, entry) in &courier.state.telegrams {
            let was = before.as_ref().and_then(|s| s.telegrams.get(id)).map(|e| &e.stage);
            if was == Some(&entry.stage) || (was.is_none() && entry.stage == Stage::Drafted) {
                continue;
            }
            self.tell(Kind::Telegram, None, format!("{id}: {}", stage(&entry.stage)));
        }
        self.before = Some(courier.state.clone());
        for note in std::mem::take(&mut courier.notes) {
            if self.noted.insert(note.clone()) {
                self.tell(Kind::Note, None, note);
            }
        }
        Ok(())
    }

    fn rulings(&mut self, courier: &Courier<'_>, before: Option<&State>) -> Result<(), Error> {
        for (office, ruling) in &courier.state.rulings {
            let was = before.and_then(|s| s.rulings.get(office));
            if was.is_none() {
                let relied = decision(courier, office.as_str())?.map(|d| d.relied).unwrap_or_default();
                let last = relied.iter().max_by_key(|r| r.statement);
                let last = last.map(|r| format!(", the last of them {}", r.act)).unwrap_or_default();
                let outcome = self.outcome(&ruling.decision.outcome);
                let n = relied.len();
                self.tell(
                    Kind::Decision,
                    None,
                    format!("the policy is met: {outcome}; statements relied on: {n}{last}"),
                );
            }
            if was.is_none_or(|r| r.overtaken.is_none()) && ruling.overtaken.is_some() {
                self.tell(Kind::Decision, None, "later acts undid the ground of the decision".into());
            }
        }
        Ok(())
    }

    /// An outcome in words.
    pub(super) fn outcome(&self, o: &telegram::Outcome) -> String {
        match o {
            telegram::Outcome::Person(p) => {
                let persons = self.brief.loaded.election.persons.values();
                let found = persons.into_iter().find(|x| x.id.as_str() == p.as_str());
                found.map_or_else(|| p.to_string(), |p| p.name.clone())
            }
            telegram::Outcome::Nobody => "nobody".into(),
            telegram::Outcome::Annulled => "annulled".into(),
        }
    }
}

/// The decision on an office, as it stands in the store.
pub(super) fn decision(courier: &Courier<'_>, office: &str) -> Result<Option<DecisionBody>, Error> {
    let text = courier.book.store().decision(office)?;
    Ok(text.map(|t| record::canonical::from_canonical(t.as_bytes(), "decision")).transpose()?)
}

/// On what ground one is out.
pub(super) fn ground(ground: &Ground) -> String {
    match ground {
        Ground::Decision(_) => "by the decision".into(),
        Ground::Override { reason, .. } => format!("without a decision: {reason}"),
        Ground::Correction { of } => format!("to correct {of}"),
    }
}

fn stage(stage: &Stage) -> String {
    match stage {
        Stage::Released { ground: g, .. } => format!("RELEASED {}", ground(g)),
        Stage::Void { .. } => "void, never opened, its key destroyed".into(),
        s => s.word().into(),
    }
}
