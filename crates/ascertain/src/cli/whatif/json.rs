//! What a script changes, as one JSON document.

use policy::{Answer, Policy, State};
use serde::Serialize;
use standing::{Instant, Kind, Outcome, PersonId};

use crate::cli::Out;
use crate::cli::replay::events;
use crate::cli::words::MissingJson;
use crate::error::Error;
use crate::whatif::{How, LevelChange, Step, Supposed};

#[derive(Serialize)]
struct Json<'a> {
    election: &'a str,
    policy: PolicyJson<'a>,
    acts: usize,
    before: AnswerJson,
    steps: Vec<StepJson>,
    after: AnswerJson,
    released: Option<ReleasedJson>,
}

#[derive(Serialize)]
struct PolicyJson<'a> {
    name: &'a str,
    sha256: String,
}

#[derive(Serialize)]
struct StepJson {
    at: Instant,
    act: Option<ActJson>,
    events: Vec<EventJson>,
    levels: Vec<LevelJson>,
    answer: AnswerJson,
    answer_changed: bool,
    released: Option<NamedJson>,
    overtaken: bool,
}

#[derive(Serialize)]
struct ActJson {
    id: String,
    line: usize,
    kind: Kind,
    status: String,
    reason: String,
    cite: Option<String>,
}

#[derive(Serialize)]
struct EventJson {
    event: &'static str,
    text: String,
    acts: Vec<String>,
}

#[derive(Serialize)]
struct LevelJson {
    office: String,
    level: String,
    change: &'static str,
    state: String,
    was: Option<NamedJson>,
    person: Option<NamedJson>,
    figures: String,
}

#[derive(Serialize)]
struct AnswerJson {
    at: Instant,
    state: String,
    outcome: Option<NamedJson>,
    held_up: Vec<String>,
    missing: Vec<MissingJson>,
    why: Vec<String>,
    recheck_at: Option<Instant>,
}

/// An outcome, or a person of a level.
#[derive(Serialize)]
struct NamedJson {
    kind: &'static str,
    id: Option<String>,
    name: String,
}

#[derive(Serialize)]
struct ReleasedJson {
    outcome: NamedJson,
    at: Instant,
    overtaken: Option<Instant>,
}

/// Prints the document; the state in the end.
pub fn print(
    supposed: &Supposed,
    policy: &Policy,
    until: Option<Instant>,
    out: &mut Out,
) -> Result<State, Error> {
    let mut steps = Vec::new();
    let end = supposed.run(policy, until, &mut |step| steps.extend(step_json(supposed, policy, step)))?;
    let released = end.released.as_ref().map(|(outcome, at)| ReleasedJson {
        outcome: outcome_json(outcome, supposed),
        at: *at,
        overtaken: end.overtaken,
    });
    out.json(&Json {
        election: &supposed.loaded.election.id,
        policy: PolicyJson { name: &policy.name, sha256: proof::policy_digest(policy)?.to_string() },
        acts: supposed.acts(),
        before: answer_json(&end.before.answer, end.before.at, supposed),
        steps,
        after: answer_json(&end.after.answer, end.after.at, supposed),
        released,
    })?;
    Ok(end.after.answer.state)
}

/// A step, unless nothing of it is to be told.
fn step_json(supposed: &Supposed, policy: &Policy, step: &Step<'_>) -> Option<StepJson> {
    let loaded = &supposed.loaded;
    let office = policy.office_in(&loaded.law);
    let told = events::events(loaded, office, Some(&step.before.standing), &step.after.standing);
    let changes = step.changes();
    if step.act.is_none() && told.is_empty() && !changes.matter() {
        return None;
    }
    let told = events::dates(loaded, step.after.at).into_iter().chain(told);
    let act = step.act.as_ref().and_then(|(line, id)| {
        let a = step.after.standing.acts.get(id)?;
        Some(ActJson {
            id: id.to_string(),
            line: *line,
            kind: a.act.kind,
            status: a.status.to_string(),
            reason: a.reason.clone(),
            cite: a.cite.as_ref().map(|c| loaded.law.cite(c)),
        })
    });
    Some(StepJson {
        at: step.after.at,
        act,
        events: told.map(|e| EventJson { event: e.kind, text: e.text, acts: e.acts }).collect(),
        levels: changes.levels.iter().map(|l| level_json(l, supposed)).collect(),
        answer: answer_json(&step.after.answer, step.after.at, supposed),
        answer_changed: changes.answer,
        released: step.released.as_ref().map(|o| outcome_json(o, supposed)),
        overtaken: step.overtaken,
    })
}

fn level_json(l: &LevelChange<'_>, supposed: &Supposed) -> LevelJson {
    let person = |p: &PersonId| person_json(p, supposed);
    LevelJson {
        office: l.office.to_string(),
        level: l.now.level.clone(),
        change: match l.how {
            How::Reached => "reached",
            How::Lost => "lost",
            How::Passed => "passed",
            How::Figures => "figures",
        },
        state: l.now.state.to_string(),
        was: l.was.map(person),
        person: l.now.person.as_ref().map(person),
        figures: l.now.figures.clone(),
    }
}

fn answer_json(answer: &Answer, at: Instant, supposed: &Supposed) -> AnswerJson {
    AnswerJson {
        at,
        state: answer.state.to_string(),
        outcome: answer.outcome.as_ref().map(|o| outcome_json(o, supposed)),
        held_up: answer.held_up.clone(),
        missing: answer.verdict.missing.iter().map(MissingJson::from).collect(),
        why: answer.verdict.why.clone(),
        recheck_at: answer.verdict.recheck_at,
    }
}

fn person_json(p: &PersonId, supposed: &Supposed) -> NamedJson {
    NamedJson { kind: "person", id: Some(p.to_string()), name: supposed.loaded.election.name_of(p) }
}

fn outcome_json(o: &Outcome, supposed: &Supposed) -> NamedJson {
    let of = |kind, name: &str| NamedJson { kind, id: None, name: name.to_owned() };
    match o {
        Outcome::Person(p) => person_json(p, supposed),
        Outcome::Nobody => of("nobody", "nobody"),
        Outcome::Annulled => of("annulled", "annulled"),
        Outcome::NobodyYet => of("nobody_yet", "nobody yet"),
        Outcome::Contested(between) => {
            let names: Vec<String> = between.iter().map(|p| supposed.loaded.election.name_of(p)).collect();
            of("contested", &names.join(", "))
        }
    }
}
