//! A script's file as a [`Script`]: every name known, every time in order, every outcome with a telegram.
//!
//! Refuses to know what telegrams say and who receives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use standing::{ActLine, Instant, StatementId};
use telegram::{Channel, TelegramId};
use toml::Spanned;

use super::preparing::{ReceiverFile, TelegramFile};
use super::receivers::{Does, Mood, Receiver};
use super::script::{Deed, Prepared, Script, Step, StepFile};
use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::message::{self, Row};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    start: Spanned<String>,
    policy: Option<String>,
    #[serde(default)]
    acts: Vec<Spanned<String>>,
    #[serde(default)]
    own_acts: bool,
    #[serde(default = "five_minutes")]
    late_after_s: u32,
    people: Spanned<PeopleFile>,
    #[serde(default)]
    receiver: Vec<ReceiverFile>,
    #[serde(default)]
    telegram: Vec<TelegramFile>,
    #[serde(default)]
    step: Vec<StepFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeopleFile {
    approvers: Vec<String>,
    needed: usize,
    #[serde(default = "clerk")]
    attesters: Vec<String>,
}

fn five_minutes() -> u32 {
    300
}

fn clerk() -> Vec<String> {
    vec!["clerk".into()]
}

/// What is known while the rest is read.
pub(super) struct Reading<'a> {
    pub file: String,
    pub text: String,
    pub folder: &'a Path,
    pub loaded: &'a Loaded,
    pub policy: policy::Policy,
    pub receivers: BTreeMap<String, Receiver>,
    /// The receivers as the recipients of messages, by an address of their channel that is nobody's.
    pub rows: BTreeMap<String, Row>,
    pub telegrams: BTreeMap<TelegramId, BTreeSet<String>>,
    pub approvers: Vec<String>,
    pub attesters: Vec<String>,
    pub statements: BTreeSet<StatementId>,
}

pub(super) fn read(path: &Path, loaded: &Loaded, policy: Option<&str>) -> Result<Script, Error> {
    let (file, text) = (path.display().to_string(), folder::read_text(path)?);
    let written: File = toml::from_str(&text).map_err(|e| {
        let line = line_at(&text, e.span().map_or(0, |s| s.start));
        wrong(&file, line, "toml", e.message().replace('\n', "; "))
    })?;
    let named = policy.map(str::to_owned).or_else(|| written.policy.clone());
    let policy = named.clone().unwrap_or_else(|| loaded.election.policy.clone());
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut r = Reading {
        file,
        text,
        folder,
        loaded,
        policy: folder::load_policy_for(&policy, loaded)?,
        receivers: BTreeMap::new(),
        rows: BTreeMap::new(),
        telegrams: BTreeMap::new(),
        approvers: written.people.get_ref().approvers.clone(),
        attesters: written.people.get_ref().attesters.clone(),
        statements: BTreeSet::new(),
    };
    r.people(&written.people)?;
    let start = r.instant(&written.start, "start")?;
    let order = written.receiver.iter().map(|f| r.receiver(f)).collect::<Result<Vec<_>, _>>()?;
    let telegrams = r.telegrams(&written.telegram)?;
    let acts = r.timeline(&written, start)?;
    let steps = r.steps(&written.step, start)?;
    r.covered(&steps, &telegrams)?;
    let rest = r.receivers.keys().filter(|id| !order.contains(id)).cloned().collect::<Vec<_>>();
    let receivers = order.iter().chain(&rest).filter_map(|id| r.receivers.get(id).cloned()).collect();
    Ok(Script {
        file: r.file,
        name: written.name,
        policy: named,
        start,
        needed: written.people.get_ref().needed,
        approvers: r.approvers,
        attesters: r.attesters,
        late_after: written.late_after_s,
        receivers,
        telegrams,
        acts,
        steps,
    })
}

impl Reading<'_> {
    pub(super) fn wrong(&self, at: usize, field: &str, message: String) -> Error {
        wrong(&self.file, line_at(&self.text, at), field, message)
    }

    pub(super) fn instant(&self, text: &Spanned<String>, field: &str) -> Result<Instant, Error> {
        let read = Instant::try_from(text.get_ref().as_str());
        read.map_err(|e| self.wrong(text.span().start, field, e.to_string()))
    }

    fn people(&self, people: &Spanned<PeopleFile>) -> Result<(), Error> {
        let (at, p) = (people.span().start, people.get_ref());
        if p.needed == 0 || p.needed > p.approvers.len() {
            let message = format!("{} of {} approvers cannot agree", p.needed, p.approvers.len());
            return Err(self.wrong(at, "people.needed", message));
        }
        if p.attesters.is_empty() {
            return Err(self.wrong(at, "people.attesters", "somebody must enter the acts".into()));
        }
        let mut seen = BTreeSet::from(["desk"]);
        for name in p.approvers.iter().chain(&p.attesters) {
            message::slug(name).map_err(|why| self.wrong(at, "people", why))?;
            if !seen.insert(name) {
                return Err(self.wrong(
                    at,
                    "people",
                    format!("`{name}` stands twice, or is the desk itself"),
                ));
            }
        }
        Ok(())
    }

    pub(super) fn moods(&self, at: usize, channel: Channel, does: &[Does]) -> Result<(), Error> {
        let moody = matches!(channel, Channel::Webhook | Channel::Email);
        if !moody && !does.is_empty() {
            let why = "only a webhook and electronic mail have moods: a file is put in place, and a person is spoken for by `acknowledge`";
            return Err(self.wrong(at, "does", why.into()));
        }
        for d in does {
            if d.times == 0 {
                return Err(self.wrong(at, "does.times", "for no request at all it does nothing".into()));
            }
            if d.retry_after.is_some() && d.mood != Mood::Busy {
                return Err(self.wrong(at, "does.retry_after", "only who is busy asks for time".into()));
            }
        }
        Ok(())
    }

    /// A complaint of another reader, at its line here.
    pub(super) fn placed(&self, at: usize, e: Error) -> Error {
        match e {
            Error::Message { line: 0, field, message, .. } => self.wrong(at, &field, message),
            e => e,
        }
    }

    pub(super) fn unknown<'n>(
        &self,
        at: usize,
        field: &str,
        name: &str,
        list: &str,
        known: impl Iterator<Item = &'n String>,
    ) -> Error {
        let known: Vec<&str> = known.map(String::as_str).collect();
        let meant =
            policy::nearest(name, &known).map(|w| format!("; did you mean `{w}`?")).unwrap_or_default();
        self.wrong(at, field, format!("`{name}` is not in {list}{meant}"))
    }

    pub(super) fn telegram(&self, name: &str, at: usize) -> Result<TelegramId, Error> {
        let found = self.telegrams.keys().find(|id| id.as_str() == name).cloned();
        let known: Vec<String> = self.telegrams.keys().map(ToString::to_string).collect();
        found.ok_or_else(|| self.unknown(at, "telegram", name, "[[telegram]] above", known.iter()))
    }

    /// The acts of the timeline, in the order in which they become known.
    fn timeline(&mut self, written: &File, start: Instant) -> Result<Vec<ActLine>, Error> {
        let mut acts = if written.own_acts { self.loaded.acts.clone() } else { Vec::new() };
        self.statements.extend(acts.iter().filter_map(|l| l.statement.clone()));
        for name in &written.acts {
            let path = self.folder.join(name.get_ref());
            let text = folder::read_text(&path)?;
            let lines =
                self.loaded.election.lines(&path.display().to_string(), &text, &mut self.statements)?;
            acts.extend(lines.into_iter().map(|(_, line)| line));
        }
        acts.sort_by_key(|l| l.known_at);
        if let Some(early) = acts.first().filter(|l| l.known_at.is_some_and(|t| t < start)) {
            let message = format!("the act {} was known before the drill begins; begin earlier", early.id);
            return Err(self.wrong(written.start.span().start, "start", message));
        }
        Ok(acts)
    }

    /// On the night nobody can write what is missing: unless a step says so, each outcome has its telegram.
    fn covered(&self, steps: &[Step], telegrams: &[Prepared]) -> Result<(), Error> {
        let whole = steps.iter().find(|s| matches!(s.deed, Deed::Hold { incomplete: false, .. }));
        let Some(step) = whole.filter(|s| s.refused.is_none()) else { return Ok(()) };
        let brief = crate::desk::Brief { loaded: self.loaded, policy: &self.policy };
        let office = self.policy.office_in(&self.loaded.law);
        for outcome in crate::desk::outcomes(&brief)? {
            let has = |p: &&Prepared| {
                p.corrects.is_none()
                    && p.message.office == *office
                    && crate::courier::machine_outcome(&p.message.outcome).is_ok_and(|o| o == outcome)
            };
            if telegrams.iter().find(has).is_none() {
                let message = format!(
                    "no telegram for the outcome `{outcome}`; write one, or hold with `incomplete = true`"
                );
                return Err(wrong(&self.file, step.line, "step.hold", message));
            }
        }
        Ok(())
    }
}

pub(super) fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or("").matches('\n').count().saturating_add(1)
}

fn wrong(file: &str, line: usize, field: &str, message: String) -> Error {
    Error::Message { file: file.into(), line, field: field.into(), message }
}
