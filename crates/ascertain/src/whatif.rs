//! What would happen if: the acts of a script on an election's record, asked after each.
//!
//! The same standing, policy and explanation as everywhere; a script adds statements and nothing else.
//! Refuses to print, and to know the clock: nothing of a script has happened.

use std::collections::BTreeSet;
use std::path::Path;

use policy::{Answer, Case, LevelLine, OfficePage, Policy, State};
use standing::{
    ActId, ActLine, At, Evidence, Instant, OfficeId, Outcome, PersonId, SourceDocument, SourceId, Standing,
    Statement, StatementId,
};

use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::history;

/// The source that acts of a script may cite: the script itself.
pub const SOURCE: &str = "script";

/// An election's record with a script behind it.
pub struct Supposed {
    /// The election; its acts are its own.
    pub loaded: Loaded,
    /// The lines of the script by statement.
    lines: Vec<(StatementId, usize)>,
    /// Its own statements and those of the script, in order.
    evidence: Evidence,
    /// When the first act of the script becomes known.
    start: Instant,
}

/// What is so at an instant.
#[derive(Clone)]
pub struct Page {
    /// When.
    pub at: Instant,
    /// What the policy says.
    pub answer: Answer,
    /// How far each office has come.
    pub offices: Vec<OfficePage>,
    /// What became of every act.
    pub standing: Standing,
}

/// One act of the script, or an instant at which something else may change.
pub struct Step<'a> {
    /// The line of the script and the act in it; nothing where time, or the election's own record, went on.
    pub act: Option<(usize, ActId)>,
    /// What was so before.
    pub before: &'a Page,
    /// What is so now.
    pub after: &'a Page,
    /// What is released now.
    pub released: Option<Outcome>,
    /// Whether what was released is no longer so since now.
    pub overtaken: bool,
}

/// How the steps ended.
pub struct End {
    /// Before the script.
    pub before: Page,
    /// After everything.
    pub after: Page,
    /// What was released, and when; before the script too.
    pub released: Option<(Outcome, Instant)>,
    /// When it ceased to be so.
    pub overtaken: Option<Instant>,
}

/// Puts a script on the record of an election, of which only what was known by `cut` is kept.
///
/// # Errors
/// The first file, line and key that is wrong.
pub fn suppose(mut loaded: Loaded, script: &Path, cut: Option<Instant>) -> Result<Supposed, Error> {
    let file = script.display().to_string();
    let text = folder::read_text(script)?;
    let source = SourceId::try_from(SOURCE)?;
    loaded.election.sources.entry(source.clone()).or_insert_with(|| document(source));
    loaded.acts.retain(|l| cut.is_none_or(|cut| l.known_at.is_some_and(|t| t <= cut)));
    let mut ids: BTreeSet<StatementId> = loaded.acts.iter().filter_map(|l| l.statement.clone()).collect();
    let written = loaded.election.lines(&file, &text, &mut ids)?;
    let Some(start) = written.iter().filter_map(|(_, l)| l.known_at).min() else {
        return Err(Error::Usage { message: format!("{file}: no act in it; write one a line") });
    };
    let mut all: Vec<ActLine> = loaded.acts.clone();
    all.extend(written.iter().map(|(_, l)| l.clone()));
    all.sort_by_key(|l| l.known_at);
    let evidence = history::evidence(&all)?;
    let lines = written.into_iter().filter_map(|(n, l)| Some((l.statement?, n))).collect();
    Ok(Supposed { loaded, lines, evidence, start })
}

/// A script as a source of what it says.
#[must_use]
pub fn document(id: SourceId) -> SourceDocument {
    SourceDocument {
        id,
        publisher: "whoever wrote the script".into(),
        url: String::new(),
        published: String::new(),
        note: "supposed, not seen".into(),
    }
}

impl Supposed {
    /// How many acts the script has.
    #[must_use]
    pub fn acts(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, s: &Statement) -> Option<usize> {
        self.lines.iter().find(|(id, _)| *id == s.id).map(|(_, n)| *n)
    }

    fn case<'a>(&'a self, evidence: &'a Evidence) -> Case<'a> {
        Case { law: &self.loaded.law, election: &self.loaded.election, evidence, past: None }
    }

    fn page(&self, evidence: &Evidence, policy: &Policy, at: Instant) -> Result<Page, Error> {
        let (answer, offices, standing) = policy::page(&self.case(evidence), policy, At::same(at))?;
        Ok(Page { at, answer, offices, standing })
    }

    /// The record without those statements.
    fn without(&self, left_out: impl Fn(&Statement) -> bool) -> Evidence {
        let statements = self.evidence.statements.iter().filter(|s| !left_out(s)).cloned().collect();
        Evidence { statements, enrolled: self.evidence.enrolled.clone() }
    }

    /// Asks after each act of the script and at every other instant at which anything can change, in order of time.
    ///
    /// # Errors
    /// Only when law and election do not fit each other.
    pub fn run(
        &self,
        policy: &Policy,
        until: Option<Instant>,
        show: &mut dyn FnMut(&Step<'_>),
    ) -> Result<End, Error> {
        let own = self.without(|s| self.line(s).is_some());
        let before = self.page(&own, policy, self.start)?;
        let earlier = policy::first_decision(&self.case(&own), policy, None, self.start.plus(-1))?;
        let mut end = End {
            after: before.clone(),
            before,
            released: earlier.map(|d| (d.outcome, d.at)),
            overtaken: None,
        };
        if end.released.as_ref().is_some_and(|(o, _)| end.before.answer.released().as_ref() != Some(o)) {
            end.overtaken = Some(self.start);
        }
        let instants = policy::instants(&self.case(&self.evidence), policy);
        for t in instants.into_iter().filter(|t| *t >= self.start && until.is_none_or(|u| *t <= u)) {
            self.instant(policy, t, &mut end, show)?;
        }
        Ok(end)
    }

    /// Acts known at one instant are one batch: each is shown, and only the last releases.
    fn instant(
        &self,
        policy: &Policy,
        t: Instant,
        end: &mut End,
        show: &mut dyn FnMut(&Step<'_>),
    ) -> Result<(), Error> {
        let batch: Vec<&Statement> =
            self.evidence.statements.iter().filter(|s| s.known_at == t && self.line(s).is_some()).collect();
        for n in 0..batch.len().max(1) {
            let later = batch.get(n.saturating_add(1)..).unwrap_or_default();
            let known = self.without(|s| later.iter().any(|l| l.index == s.index));
            let after = self.page(&known, policy, t)?;
            let act = batch.get(n).and_then(|s| Some((self.line(s)?, s.act.id.clone())));
            let (mut released, mut overtaken) = (None, false);
            if later.is_empty() {
                let said = after.answer.released();
                match &end.released {
                    None => released = said,
                    Some((outcome, _)) => {
                        overtaken = end.overtaken.is_none() && said.as_ref() != Some(outcome)
                    }
                }
            }
            let before = std::mem::replace(&mut end.after, after);
            let step = Step { act, before: &before, after: &end.after, released, overtaken };
            show(&step);
            end.released = end.released.take().or(step.released.map(|o| (o, t)));
            end.overtaken = end.overtaken.or(overtaken.then_some(t));
        }
        Ok(())
    }
}

/// What differs between two pages.
pub struct Changes<'a> {
    /// Levels, of every office.
    pub levels: Vec<LevelChange<'a>>,
    /// Whether the policy says something else.
    pub answer: bool,
    /// Whether something else is missing.
    pub missing: bool,
}

/// A level of an office that changed.
pub struct LevelChange<'a> {
    /// The office.
    pub office: &'a OfficeId,
    /// In what way.
    pub how: How,
    /// Who had reached it.
    pub was: Option<&'a PersonId>,
    /// How it is now.
    pub now: &'a LevelLine,
}

/// How a level changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is reached.
    Reached,
    /// It is no longer reached.
    Lost,
    /// It is reached by another.
    Passed,
    /// Only its figures are others.
    Figures,
}

impl Step<'_> {
    /// What the step changed.
    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        let (before, after) = (self.before, self.after);
        let (a, b) = (&before.answer, &after.answer);
        Changes {
            levels: levels(before, after),
            answer: (a.state, &a.outcome, a.action, &a.held_up)
                != (b.state, &b.outcome, b.action, &b.held_up),
            missing: a.verdict.missing != b.verdict.missing || a.verdict.why != b.verdict.why,
        }
    }
}

impl Changes<'_> {
    /// Whether a level is reached, lost or passed on, or the policy says something else.
    #[must_use]
    pub fn matter(&self) -> bool {
        self.answer || self.levels.iter().any(|l| l.how != How::Figures)
    }
}

fn levels<'a>(before: &'a Page, after: &'a Page) -> Vec<LevelChange<'a>> {
    let mut changes = Vec::new();
    for (o, was) in after.offices.iter().zip(&before.offices) {
        for (now, was) in o.levels.iter().zip(&was.levels) {
            let how = match (was.state == State::Met, now.state == State::Met) {
                (false, true) => How::Reached,
                (true, false) => How::Lost,
                (true, true) if was.person != now.person => How::Passed,
                _ if was.figures != now.figures => How::Figures,
                _ => continue,
            };
            changes.push(LevelChange { office: &o.office, how, was: was.person.as_ref(), now });
        }
    }
    changes
}
