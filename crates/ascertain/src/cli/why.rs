//! `ascertain why`: a page a minister could read.

mod markdown;
mod text;

use policy::{Answer, Case, Missing, OfficePage, Policy, State};
use serde::Serialize;
use standing::{At, Evidence, Finding, Instant, Standing, Status};

use super::words::{self, BecauseJson, MissingJson};
use super::{Answered, Out};
use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::history;

/// What is official so far, what is missing, who must supply it, what could still undo it
///
/// Exit 0 if the policy is met at that instant, 1 if it is not.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain why us-2020 --as-of 2020-12-13
  ascertain why us-2020 --as-of 2020-12-14T17:00:00-05:00 --policy electors-voted --json
  ascertain why us-2020 --as-of 2020-12-14 --known-at 2020-12-10
  ascertain why us-2020 --as-of 2020-12-13 --markdown > report.md")]
pub struct Args {
    /// A shipped name, or a folder of acts
    election: String,
    /// A policy file or shipped name [default: the election's]
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<String>,
    /// Effects up to this instant; a bare date means its end in the election's zone [default: now, or when nothing more can change]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Statements known by this instant [default: --as-of]
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Print the page as a Markdown document
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

#[derive(Serialize)]
struct Json {
    state: String,
    election: String,
    policy: String,
    as_of: Instant,
    known_at: Instant,
    offices: Vec<OfficeJson>,
    held_up: Vec<String>,
    recheck_at: Option<Instant>,
    without_effect: Vec<ActJson>,
    findings: Vec<FindingJson>,
}

#[derive(Serialize)]
struct OfficeJson {
    office: String,
    levels: Vec<LevelJson>,
    missing: Vec<MissingJson>,
    out_of_reach: Vec<String>,
    could_still_undo: Vec<UndoJson>,
}

#[derive(Serialize)]
struct LevelJson {
    level: String,
    state: String,
    person: Option<PersonJson>,
    figures: String,
    cite: String,
    because: Vec<BecauseJson>,
}

#[derive(Serialize)]
struct PersonJson {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct UndoJson {
    level: String,
    how: String,
    cite: String,
}

#[derive(Serialize)]
struct ActJson {
    act: String,
    issuer: String,
    status: String,
    reason: String,
    cite: Option<String>,
}

#[derive(Serialize)]
struct FindingJson {
    code: &'static str,
    act: String,
    message: String,
}

/// What a page of `why` is printed from.
struct Page<'a> {
    loaded: &'a Loaded,
    policy: &'a Policy,
    at: At,
    answer: &'a Answer,
    offices: &'a [OfficePage],
    standing: &'a Standing,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let policy = args.policy.as_ref().unwrap_or(&loaded.election.policy);
    let policy = folder::load_policy_for(policy, &loaded)?;
    let evidence = history::evidence(&loaded.acts)?;
    let at = instants(args, &loaded, &evidence)?;
    let case = Case { law: &loaded.law, election: &loaded.election, evidence: &evidence, past: None };
    let (answer, offices, standing) = policy::page(&case, &policy, at)?;
    let page = Page {
        loaded: &loaded,
        policy: &policy,
        at,
        answer: &answer,
        offices: &offices,
        standing: &standing,
    };
    if args.json {
        out.json(&json(&page))?;
    } else if args.markdown {
        markdown::print(&page, out);
    } else {
        text::print(&page, out);
    }
    Ok((answer.state == State::Met).into())
}

fn instants(args: &Args, loaded: &Loaded, evidence: &Evidence) -> Result<At, Error> {
    let zone = &loaded.election.zone;
    let last = || standing::change_points(&loaded.law, &loaded.election, evidence).last().copied();
    let effects = match &args.as_of {
        Some(text) => standing::parse_as_of(text, zone)?,
        None => last().map_or_else(super::now, |t| super::now().map(|now| now.min(t)))?,
    };
    let known = match &args.known_at {
        Some(text) => standing::parse_as_of(text, zone)?,
        None => effects,
    };
    Ok(At { effects, known })
}

fn without_effect(standing: &Standing) -> Vec<&standing::ActStanding> {
    let nothing = |s: &Status| matches!(s, Status::Unsupported | Status::Void);
    standing.acts.values().filter(|a| nothing(&a.status)).collect()
}

fn json(page: &Page<'_>) -> Json {
    let Page { loaded, policy, at, answer, offices: pages, standing } = *page;
    let law = &loaded.law;
    let level_cite = |id: &str| law.level(id).map_or_else(String::new, |l| law.cite(&l.cite));
    let person = |p: &standing::PersonId| PersonJson { id: p.to_string(), name: loaded.election.name_of(p) };
    let office = |p: &OfficePage| OfficeJson {
        office: p.office.to_string(),
        levels: p
            .levels
            .iter()
            .map(|l| LevelJson {
                level: l.level.clone(),
                state: l.state.to_string(),
                person: l.person.as_ref().map(person),
                figures: l.figures.clone(),
                cite: level_cite(&l.level),
                because: l.because.iter().map(BecauseJson::from).collect(),
            })
            .collect(),
        missing: p.missing.iter().map(MissingJson::from).collect(),
        out_of_reach: p.out_of_reach.clone(),
        could_still_undo: p
            .could_still_undo
            .iter()
            .map(|(level, how)| UndoJson {
                level: level.clone(),
                how: how.clone(),
                cite: undo_cite(law, level),
            })
            .collect(),
    };
    let act = |a: &standing::ActStanding| ActJson {
        act: a.act.id.to_string(),
        issuer: a.act.issuer.to_string(),
        status: a.status.to_string(),
        reason: a.reason.clone(),
        cite: a.cite.as_ref().map(|c| law.cite(c)),
    };
    let finding =
        |f: &Finding| FindingJson { code: f.code, act: f.act.to_string(), message: f.message.clone() };
    Json {
        state: answer.state.to_string(),
        election: loaded.election.id.clone(),
        policy: policy.name.clone(),
        as_of: at.effects,
        known_at: at.known,
        offices: pages.iter().map(office).collect(),
        held_up: answer.held_up.clone(),
        recheck_at: answer.verdict.recheck_at,
        without_effect: without_effect(standing).into_iter().map(act).collect(),
        findings: standing.findings.iter().map(finding).collect(),
    }
}

/// The answer in a line.
pub fn headline(answer: &Answer, loaded: &Loaded) -> String {
    let name = match &answer.outcome {
        Some(standing::Outcome::Person(p)) => format!(": {}", loaded.election.name_of(p)),
        Some(standing::Outcome::Nobody) => ": nobody is elected".into(),
        Some(standing::Outcome::Annulled) => ": the election is set aside".into(),
        Some(standing::Outcome::Contested(_)) => ": standing announcements contradict each other".into(),
        _ => String::new(),
    };
    format!("{}{name}", words::state(answer.state))
}

/// What is missing, who must act and by when, each in a line.
pub fn missing_lines(missing: &[Missing], loaded: &Loaded, at: At) -> Vec<String> {
    let today = standing::local_date(at.effects, &loaded.election.zone).unwrap_or_default();
    let due = |d: &String| if *d < today { format!("; it was due {d}") } else { format!("; by {d}") };
    let line = |m: &Missing| {
        let by = m.by.as_ref().map(due).unwrap_or_default();
        let who = if m.who == "time" { String::new() } else { format!(". {} must act", capital(&m.who)) };
        format!("{}{who}{by} ({})", m.clause, m.cite)
    };
    missing.iter().map(line).collect()
}

fn undo_cite(law: &standing::Law, level: &str) -> String {
    let level = law.level(level);
    level.map_or_else(String::new, |l| law.cite(l.undo_cite.as_ref().unwrap_or(&l.cite)))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
