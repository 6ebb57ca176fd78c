//! A count as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use standing::{Account, AppointmentMethod, BallotStanding, Decided, PersonId, PlaceId};

use super::{Args, Asked, Through};
use crate::cli::Out;
use crate::error::Error;
use crate::folder;
use crate::tallying::{self, Counted};

#[derive(Serialize)]
struct CountJson {
    election: String,
    law: String,
    under: Option<String>,
    offices: Vec<OfficeJson>,
    differs: Option<Vec<String>>,
    notes: Vec<String>,
    findings: Vec<FindingJson>,
}

#[derive(Serialize)]
struct OfficeJson {
    office: String,
    allotted: u32,
    appointed: u32,
    base: u32,
    majority: u32,
    announced: Option<FiguresJson>,
    counted: u32,
    totals: Vec<VotesJson>,
    not_counted: Vec<NotCountedJson>,
    alternative: Option<AlternativeJson>,
    outcome: OutcomeJson,
    contingent: Option<ContingentJson>,
    announced_totals: Vec<VotesJson>,
    announced_elected: Option<PersonJson>,
    as_announced: bool,
    by_state: Option<Vec<StateJson>>,
    steps: Vec<StepJson>,
}

#[derive(Serialize)]
struct FiguresJson {
    base: u32,
    majority: u32,
}

#[derive(Serialize)]
struct PersonJson {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct VotesJson {
    id: String,
    name: String,
    votes: u32,
}

#[derive(Serialize)]
struct NotCountedJson {
    state: String,
    votes: u32,
    id: String,
    name: String,
    act: String,
    reason: String,
    cite: String,
}

#[derive(Serialize)]
struct AlternativeJson {
    without: String,
    base: u32,
    majority: u32,
    totals: Vec<VotesJson>,
}

#[derive(Serialize)]
struct OutcomeJson {
    kind: &'static str,
    id: Option<String>,
    name: Option<String>,
    decided_by: Option<String>,
    settled: bool,
}

#[derive(Serialize)]
struct ContingentJson {
    chamber: String,
    from: Vec<PersonJson>,
    entitled: u32,
    majority: u32,
    quorum: u32,
    ballots: Vec<BallotJson>,
    cite: String,
}

#[derive(Serialize)]
struct BallotJson {
    number: u32,
    votes: Vec<VotesJson>,
    states: BTreeMap<PersonId, BTreeSet<PlaceId>>,
    divided: BTreeSet<PlaceId>,
}

#[derive(Serialize)]
struct StateJson {
    state: String,
    allotted: u32,
    method: Option<AppointmentMethod>,
    ranked: bool,
    votes: Vec<VotesJson>,
    not_counted: u32,
}

#[derive(Serialize)]
struct StepJson {
    text: String,
    cite: Option<String>,
    acts: Vec<String>,
}

#[derive(Serialize)]
struct FindingJson {
    code: String,
    act: String,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    rule: Option<String>,
}

pub fn print(args: &Args, asked: &[Asked], out: &mut Out) -> Result<(), Error> {
    let mut counts = Vec::new();
    for a in asked {
        counts.push(count(args, a)?);
    }
    match counts.as_slice() {
        [one] if args.election != "all" => out.json(one),
        all => out.json(&all),
    }
}

fn count(args: &Args, a: &Asked) -> Result<CountJson, Error> {
    let c = &a.counted;
    let found = tallying::findings(c);
    let lines = if found.is_empty() { BTreeMap::new() } else { folder::lines(&a.loaded.name)? };
    let findings = found.into_iter().map(|(f, rule)| {
        let at = lines.get(f.act.as_str());
        FindingJson {
            code: f.code.to_owned(),
            act: f.act.to_string(),
            message: f.message,
            file: at.map(|(file, _)| file.clone()),
            line: at.map(|(_, line)| *line),
            rule,
        }
    });
    let differs = a.own.as_ref().map(|own| {
        let of = c.accounts.iter().map(|x| (x, tallying::differences(own, c, &x.office)));
        of.flat_map(|(x, said)| said.into_iter().map(|s| format!("{}: {s}", x.office)).collect::<Vec<_>>())
            .collect()
    });
    Ok(CountJson {
        election: c.election.id.clone(),
        law: c.law.title.clone(),
        under: args.under.clone(),
        offices: c.accounts.iter().map(|x| office(args, c, x)).collect(),
        differs,
        notes: c.notes.clone(),
        findings: findings.collect(),
    })
}

fn office(args: &Args, c: &Counted, a: &Account) -> OfficeJson {
    let person = |p: &PersonId| PersonJson { id: p.to_string(), name: c.election.name_of(p) };
    let not_counted = a.not_counted.iter().map(|n| NotCountedJson {
        state: state_of(c, &n.act),
        votes: n.votes,
        id: n.person.to_string(),
        name: c.election.name_of(&n.person),
        act: n.act.to_string(),
        reason: n.reason.clone(),
        cite: c.law.cite(&n.cite),
    });
    let alternative = a.alternatives.first().map(|x| AlternativeJson {
        without: x.without.to_string(),
        base: x.base.whole_number,
        majority: tally::needed(x.base.whole_number),
        totals: votes(c, x.voted.iter()),
    });
    let steps = a.steps.iter().map(|s| StepJson {
        text: s.text.clone(),
        cite: s.cite.clone(),
        acts: s.acts.iter().map(ToString::to_string).collect(),
    });
    OfficeJson {
        office: a.office.to_string(),
        allotted: a.allotted,
        appointed: a.appointed,
        base: a.base,
        majority: a.majority,
        announced: a.announced.map(|s| FiguresJson { base: s.base, majority: s.majority }),
        counted: a.counted,
        totals: votes(c, a.totals.iter().map(|(p, n)| (p, n))),
        not_counted: not_counted.collect(),
        alternative,
        outcome: outcome(args, c, a),
        contingent: contingent(args, c, a),
        announced_totals: votes(c, a.announced_totals.iter()),
        announced_elected: a.announced_elected.as_ref().and_then(Option::as_ref).map(person),
        as_announced: tallying::as_announced(a),
        by_state: args.by_state.then(|| by_state(c, a)),
        steps: steps.collect(),
    }
}

fn outcome(args: &Args, c: &Counted, a: &Account) -> OutcomeJson {
    let none = |settled| OutcomeJson { kind: "none", id: None, name: None, decided_by: None, settled };
    match &a.decided {
        Decided::Elected { chamber: Some(_), .. } if args.through == Some(Through::Electors) => none(true),
        Decided::Elected { person, chamber } => OutcomeJson {
            kind: "elected",
            id: Some(person.to_string()),
            name: Some(c.election.name_of(person)),
            decided_by: Some(chamber.as_ref().map_or_else(|| "electors".into(), ToString::to_string)),
            settled: true,
        },
        Decided::Nobody => none(true),
        Decided::Open => none(false),
    }
}

fn contingent(args: &Args, c: &Counted, a: &Account) -> Option<ContingentJson> {
    let x = a.contingent.as_ref().filter(|_| args.through != Some(Through::Electors))?;
    let listed = x.from.within.iter().chain(&x.from.at_the_end);
    let ballot = |b: &BallotStanding| BallotJson {
        number: b.number,
        votes: votes(c, b.votes.iter()),
        states: b.states.clone(),
        divided: b.divided.clone(),
    };
    Some(ContingentJson {
        chamber: x.chamber.to_string(),
        from: listed.map(|p| PersonJson { id: p.to_string(), name: c.election.name_of(p) }).collect(),
        entitled: x.entitled,
        majority: x.needed,
        quorum: x.quorum,
        ballots: x.ballots.iter().map(ballot).collect(),
        cite: c.law.cite(&x.cite),
    })
}

fn by_state(c: &Counted, a: &Account) -> Vec<StateJson> {
    let list = c.law.counting.list_of(&a.office);
    let method = |p: &standing::PlaceStanding| c.law.places.get(&p.place).and_then(|x| x.method.as_ref());
    let row = |p: &standing::PlaceStanding| StateJson {
        state: p.place.to_string(),
        allotted: p.electors,
        method: method(p).map(|m| m.method),
        ranked: method(p).is_some_and(|m| m.ranked),
        votes: votes(c, p.votes.get(list).into_iter().flatten()),
        not_counted: p
            .not_counted
            .iter()
            .filter(|n| n.office == *list)
            .fold(0, |n, x| n.saturating_add(x.votes)),
    };
    c.standing.places.values().map(row).collect()
}

fn votes<'a>(c: &Counted, of: impl Iterator<Item = (&'a PersonId, &'a u32)>) -> Vec<VotesJson> {
    let mut votes: Vec<VotesJson> =
        of.map(|(p, n)| VotesJson { id: p.to_string(), name: c.election.name_of(p), votes: *n }).collect();
    votes.sort_by(|a, b| b.votes.cmp(&a.votes).then_with(|| a.id.cmp(&b.id)));
    votes
}

pub fn state_of(c: &Counted, act: &standing::ActId) -> String {
    match c.standing.acts.get(act).map(|a| &a.act.deed) {
        Some(standing::Deed::ElectorVote { place, .. }) => place.to_string(),
        _ => String::new(),
    }
}
