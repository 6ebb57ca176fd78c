//! What a drill came to: the timeline, what became of telegrams and deliveries, what would have gone out else, findings.
//!
//! The same script gives the same report: nothing in it depends on keys, salts or the day it was made. Refuses to print.

use std::collections::BTreeSet;

use policy::lint::{self, Severity as Lint};
use proof::Relied;
use serde::Serialize;
use standing::Instant;
use telegram::{Command, Event, Outcome, Progress, Stage, State};

use super::expecting::progress_word;
use super::night::{Night, Unmet};
use super::telling::{Told, decision, ground};
use crate::courier::Courier;
use crate::desk;
use crate::error::Error;

/// A drill's report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The script's name.
    pub name: String,
    /// The election.
    pub election: String,
    /// The policy's name.
    pub policy: String,
    /// The policy's hash.
    pub policy_sha256: String,
    /// When the script began.
    pub from: Instant,
    /// When it ended.
    pub to: Instant,
    /// Whether everything was as expected, and nobody got anything twice.
    pub as_expected: bool,
    /// Expectations and refusals that came as the script says.
    pub met: usize,
    /// What came otherwise.
    pub unmet: Vec<Unmet>,
    /// The decision of the policy's office.
    pub decision: Option<Decided>,
    /// Every telegram.
    pub telegrams: Vec<TelegramRow>,
    /// What each outcome would have released at the time of the decision, or does at the end.
    pub otherwise: Vec<Otherwise>,
    /// What each receiver saw.
    pub ledger: Vec<Ledger>,
    /// What a person should look at.
    pub findings: Vec<Finding>,
    /// What happened, in order.
    pub timeline: Vec<Told>,
}

/// An outcome.
#[derive(Debug, Clone, Serialize)]
pub struct Named {
    /// `person`, `nobody` or `annulled`.
    pub kind: &'static str,
    /// Of a person.
    pub id: Option<String>,
    /// In words.
    pub name: String,
}

/// A decision.
#[derive(Debug, Clone, Serialize)]
pub struct Decided {
    /// For whom.
    pub outcome: Named,
    /// Since when the policy is met.
    pub at: Instant,
    /// When the desk took it up, by its clock.
    pub taken_up: Instant,
    /// What it released.
    pub released: Option<String>,
    /// Since when its ground is undone.
    pub overtaken: Option<Instant>,
    /// The statements relied on.
    pub relied: Vec<Relied>,
}

/// A telegram at the end.
#[derive(Debug, Clone, Serialize)]
pub struct TelegramRow {
    /// Its id.
    pub id: String,
    /// Its outcome.
    #[serde(rename = "for")]
    pub outcome: Named,
    /// Its state.
    pub state: &'static str,
    /// When it was released.
    pub released_at: Option<Instant>,
    /// On what ground.
    pub ground: Option<String>,
    /// Who approved it in this drill.
    pub approved_by: Vec<String>,
    /// To whom it went.
    pub recipients: Vec<Sent>,
}

/// A delivery at the end.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// To whom.
    pub to: String,
    /// What the receiver stands in for.
    pub channel: telegram::Channel,
    /// How far it came.
    pub progress: &'static str,
    /// The acknowledgement.
    pub reference: Option<String>,
    /// How many seconds after the release it was acknowledged.
    pub after_s: Option<i64>,
    /// Whether that is late, or it was not acknowledged at all by the end.
    pub late: bool,
}

/// What an outcome would have released.
#[derive(Debug, Clone, Serialize)]
pub struct Otherwise {
    /// The outcome.
    pub outcome: Named,
    /// The telegram.
    pub releases: Option<String>,
    /// Why none.
    pub because: Vec<String>,
}

/// What a receiver saw of a telegram.
#[derive(Debug, Clone, Serialize)]
pub struct Ledger {
    /// The receiver.
    pub receiver: String,
    /// The telegram.
    pub telegram: String,
    /// The ids it came under.
    pub ids: BTreeSet<String>,
    /// Requests.
    pub requests: u32,
    /// How often it kept one.
    pub kept: u32,
    /// How often again under one id, because no answer had come.
    pub repeats: u32,
    /// How often again otherwise: must be 0.
    pub duplicates: u32,
}

/// How grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// What a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave.
    pub severity: Severity,
    /// What kind.
    pub code: String,
    /// A sentence.
    pub text: String,
}

pub(super) fn report(night: &Night<'_>, courier: &Courier<'_>) -> Result<Report, Error> {
    let (plan, policy) = (night.plan, night.plan.policy);
    let telegrams = telegrams(night, courier)?;
    let ledger: Vec<Ledger> = ledger(night);
    let otherwise = otherwise(night, courier)?;
    let mut findings = findings(night, courier, (&telegrams, &ledger, &otherwise));
    if plan.lint {
        findings.extend(linted(night)?);
    }
    // Stable: within one severity in the order in which they are looked for.
    findings.sort_by_key(|f| f.severity);
    Ok(Report {
        name: plan.script.name.clone(),
        election: plan.loaded.election.id.clone(),
        policy: policy.name.clone(),
        policy_sha256: proof::policy_digest(policy)?.to_string(),
        from: plan.script.start,
        to: night.time,
        as_expected: night.unmet.is_empty() && ledger.iter().all(|l| l.duplicates == 0),
        met: night.met,
        unmet: night.unmet.clone(),
        decision: decided(night, courier)?,
        telegrams,
        otherwise,
        ledger,
        findings,
        timeline: night.told.clone(),
    })
}

fn decided(night: &Night<'_>, courier: &Courier<'_>) -> Result<Option<Decided>, Error> {
    let office = night.brief.policy.office_in(&night.brief.loaded.law);
    let ruling = courier.state.rulings.iter().find(|(o, _)| o.as_str() == office.as_str());
    let (Some((_, ruling)), Some(body)) = (ruling, decision(courier, office.as_str())?) else {
        return Ok(None);
    };
    Ok(Some(Decided {
        outcome: named(night, &ruling.decision.outcome),
        at: body.at,
        taken_up: Instant::from_second(ruling.at.0)?,
        released: ruling.release.as_ref().map(ToString::to_string),
        overtaken: ruling.overtaken.map(|t| Instant::from_second(t.0)).transpose()?,
        relied: body.relied,
    }))
}

fn named(night: &Night<'_>, outcome: &Outcome) -> Named {
    let (kind, id) = match outcome {
        Outcome::Person(p) => ("person", Some(p.to_string())),
        Outcome::Nobody => ("nobody", None),
        Outcome::Annulled => ("annulled", None),
    };
    Named { kind, id, name: night.outcome(outcome) }
}

fn telegrams(night: &Night<'_>, courier: &Courier<'_>) -> Result<Vec<TelegramRow>, Error> {
    let mut rows = Vec::new();
    for prepared in &night.plan.script.telegrams {
        let id = &prepared.message.id;
        let Some(entry) = courier.state.telegrams.values().find(|e| e.telegram.id.as_str() == id) else {
            continue;
        };
        let (released_at, on) = match &entry.stage {
            Stage::Released { at, ground: g } => (Some(Instant::from_second(at.0)?), Some(ground(g))),
            _ => (None, None),
        };
        let approved: BTreeSet<String> =
            night.approved.iter().filter(|(_, t)| t == id).map(|(by, _)| by.clone()).collect();
        rows.push(TelegramRow {
            id: id.clone(),
            outcome: named(night, &entry.telegram.terms.outcome),
            state: entry.stage.word(),
            released_at,
            ground: on,
            approved_by: approved.into_iter().collect(),
            recipients: sent(night, courier, entry, released_at)?,
        });
    }
    Ok(rows)
}

fn sent(
    night: &Night<'_>,
    courier: &Courier<'_>,
    entry: &telegram::Entry,
    released: Option<Instant>,
) -> Result<Vec<Sent>, Error> {
    let Some(released) = released else { return Ok(Vec::new()) };
    let mut sent = Vec::new();
    for row in courier.book.store().sendings(&entry.telegram.id)? {
        let reference = match &row.sending.progress {
            Progress::Acknowledged { reference } => Some(reference.to_string()),
            _ => None,
        };
        let key = (entry.telegram.id.to_string(), row.recipient.to_string());
        let after_s = night.acknowledged.get(&key).map(|t| t.second().saturating_sub(released.second()));
        let limit = i64::from(night.plan.script.late_after);
        sent.push(Sent {
            to: row.recipient.to_string(),
            channel: row.sending.channel,
            progress: progress_word(&row.sending.progress),
            late: reference.is_none() || after_s.is_some_and(|s| s > limit),
            reference,
            after_s,
        });
    }
    Ok(sent)
}

fn ledger(night: &Night<'_>) -> Vec<Ledger> {
    let receivers = night.world.receivers.borrow();
    let rows = receivers.ledger.iter().map(|((receiver, telegram), k)| Ledger {
        receiver: receiver.clone(),
        telegram: telegram.clone(),
        ids: k.ids.clone(),
        requests: k.requests,
        kept: k.kept,
        repeats: k.repeats,
        duplicates: k.duplicates,
    });
    rows.collect()
}

/// The machine itself says what each outcome would have released: it is told of a decision for it, and thrown away.
fn otherwise(night: &Night<'_>, courier: &Courier<'_>) -> Result<Vec<Otherwise>, Error> {
    let office = night.brief.policy.office_in(&night.brief.loaded.law);
    let office = telegram::OfficeId::parse(office.as_str())?;
    let decided = courier.state.rulings.contains_key(&office);
    let state = night.undecided.as_ref().filter(|_| decided).unwrap_or(&courier.state);
    let mut rows = Vec::new();
    for outcome in desk::outcomes(&night.brief)? {
        let (releases, because) = supposed(night, state, &office, &outcome)?;
        rows.push(Otherwise { outcome: named(night, &outcome), releases, because });
    }
    Ok(rows)
}

fn supposed(
    night: &Night<'_>,
    state: &State,
    office: &telegram::OfficeId,
    outcome: &Outcome,
) -> Result<(Option<String>, Vec<String>), Error> {
    let none = telegram::Sha256Hex::parse(&"0".repeat(64))?;
    let now = telegram::Instant(night.time.second());
    let decision = telegram::Decision {
        id: none.clone(),
        office: office.clone(),
        outcome: outcome.clone(),
        policy: telegram::Sha256Hex::parse(&proof::policy_digest(night.brief.policy)?.to_string())?,
        at: now,
        record_size: 0,
        root: none,
    };
    let (after, commands) = telegram::apply(state, &Event::Decided { decision, now })?;
    let refused = commands.iter().filter_map(|c| match c {
        Command::Refuse(why) => Some(why.to_string()),
        _ => None,
    });
    let mut because: Vec<String> = refused.collect();
    let Some(ruling) = after.rulings.get(office) else { return Ok((None, because)) };
    because.extend(ruling.findings.iter().map(ToString::to_string));
    Ok((ruling.release.as_ref().map(ToString::to_string), because))
}

type Rows<'a> = (&'a [TelegramRow], &'a [Ledger], &'a [Otherwise]);

fn findings(
    night: &Night<'_>,
    courier: &Courier<'_>,
    (telegrams, ledger, otherwise): Rows<'_>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for o in otherwise.iter().filter(|o| o.releases.is_none()) {
        let text = format!("had it been {}: {}", o.outcome.name, o.because.join("; "));
        found.push(finding(Severity::Error, "nothing-to-release", text));
    }
    for l in ledger.iter().filter(|l| l.duplicates > 0) {
        found.push(finding(
            Severity::Error,
            "duplicate",
            format!("{} kept {} more than once", l.receiver, l.telegram),
        ));
    }
    people(night, &mut found);
    deliveries(telegrams, night.plan.script.late_after, &mut found);
    corrections(courier, &mut found);
    found
}

fn people(night: &Night<'_>, found: &mut Vec<Finding>) {
    let script = night.plan.script;
    for name in script.approvers.iter().filter(|name| !night.approved.iter().any(|(by, _)| by == *name)) {
        found.push(finding(
            Severity::Warning,
            "never-approved",
            format!("{name} may approve, and approved nothing"),
        ));
    }
    if script.needed == 1 {
        let text = "one person alone can let a telegram out: one approval is enough".to_owned();
        found.push(finding(Severity::Warning, "single-approver", text));
    } else if script.needed == script.approvers.len() {
        let text =
            format!("all {} approvers are needed: with one of them away nothing is approved", script.needed);
        found.push(finding(Severity::Warning, "nobody-may-be-away", text));
    }
}

fn deliveries(telegrams: &[TelegramRow], late_after: u32, found: &mut Vec<Finding>) {
    for (t, s) in
        telegrams.iter().flat_map(|t| t.recipients.iter().map(move |s| (t, s))).filter(|(_, s)| s.late)
    {
        let delivery = format!("{} to {}", t.id, s.to);
        found.push(match (s.progress, s.after_s) {
            ("acknowledged", Some(after)) => finding(
                Severity::Note,
                "late",
                format!("{delivery}: acknowledged after {after} s, later than {late_after} s"),
            ),
            ("in_doubt", _) => finding(
                Severity::Error,
                "in-doubt",
                format!("{delivery}: it may have arrived, and nobody found out"),
            ),
            ("undeliverable", _) => finding(
                Severity::Error,
                "dead-letter",
                format!("{delivery}: it did not arrive, and is not tried again"),
            ),
            _ => finding(Severity::Warning, "missing", format!("{delivery}: not acknowledged by the end")),
        });
    }
}

fn corrections(courier: &Courier<'_>, found: &mut Vec<Finding>) {
    for ruling in courier.state.rulings.values().filter(|r| r.overtaken.is_some()) {
        let Some(out) = &ruling.release else { continue };
        let of = courier.state.telegrams.values().filter(|e| e.telegram.terms.corrects.as_ref() == Some(out));
        let stages: Vec<&Stage> = of.map(|e| &e.stage).collect();
        if stages.iter().any(|s| matches!(s, Stage::Released { .. })) {
            continue;
        }
        let text = match stages.is_empty() {
            true => format!("the ground of {out} is undone, and no correction was prepared"),
            false => format!("the ground of {out} is undone, and its correction is not out"),
        };
        found.push(finding(Severity::Error, "not-corrected", text));
    }
}

/// What the law lets go wrong with the policy: one of each kind.
fn linted(night: &Night<'_>) -> Result<Vec<Finding>, Error> {
    let loaded = night.brief.loaded;
    let linted = lint::lint(&loaded.law, &loaded.election, night.brief.policy)?;
    let mut kinds: Vec<(Severity, &'static str, String, usize)> = Vec::new();
    for f in linted.findings {
        let severity = match f.code.severity() {
            Lint::Error => Severity::Error,
            Lint::Warning => Severity::Warning,
            Lint::Note => continue,
        };
        match kinds.iter_mut().find(|(_, code, _, _)| *code == f.code.name()) {
            Some((_, _, _, more)) => *more = more.saturating_add(1),
            None => kinds.push((severity, f.code.name(), format!("in `{}`: {}", f.clause, f.message), 0)),
        }
    }
    let said = |(severity, code, text, more): (Severity, &str, String, usize)| {
        let more = if more == 0 { String::new() } else { format!("; and {more} more of this kind") };
        let told = "`ascertain lint` tells the story";
        finding(severity, code, format!("the policy, {text}{more}; {told}"))
    };
    Ok(kinds.into_iter().map(said).collect())
}

fn finding(severity: Severity, code: &str, text: String) -> Finding {
    Finding { severity, code: code.to_owned(), text }
}
