//! What is official so far, what is missing, what could still undo it.
//!
//! Structure only: words for a page are put together by the program.

use std::collections::{BTreeMap, BTreeSet};

use standing::{ActId, At, Because, Kind, OfficeId, OfficeStanding, PersonId, Standing};

use crate::State;
use crate::answer::{Answer, answer};
use crate::error::Error;
use crate::evaluate::{Case, Missing, Subject, in_standing};
use crate::language::{Counting, Formula, Policy};

/// One level of finality of one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelLine {
    /// The level's id.
    pub level: String,
    /// Whether it is reached by anybody.
    pub state: State,
    /// By whom.
    pub person: Option<PersonId>,
    /// The figures, in words.
    pub figures: String,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// One office on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficePage {
    /// The office.
    pub office: OfficeId,
    /// The levels, lowest first.
    pub levels: Vec<LevelLine>,
    /// What is missing for the policy's formula, for anybody who can still meet it.
    pub missing: Vec<Missing>,
    /// Why some can no longer meet it.
    pub out_of_reach: Vec<String>,
    /// What could still undo what has been reached: level and words.
    pub could_still_undo: Vec<(String, String)>,
}

/// The page of every office at `at`, and the policy's answer for its own office.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn page(case: &Case<'_>, policy: &Policy, at: At) -> Result<(Answer, Vec<OfficePage>, Standing), Error> {
    let standing = standing::standing(case.law, case.election, case.evidence, at)?;
    let mut pages = Vec::new();
    for office in &case.law.offices {
        if let Some(o) = standing.offices.get(&office.id) {
            pages.push(office_page(case, policy, &standing, o)?);
        }
    }
    Ok((answer(case, policy, None, at)?, pages, standing))
}

fn office_page(
    case: &Case<'_>,
    policy: &Policy,
    s: &Standing,
    o: &OfficeStanding,
) -> Result<OfficePage, Error> {
    let persons: Vec<&PersonId> =
        case.election.persons.values().filter(|p| p.office == o.office).map(|p| &p.id).collect();
    let mut levels = Vec::new();
    for level in &case.law.levels {
        levels.push(level_line(case, s, o, &level.id, &persons)?);
    }
    let mut missing = BTreeSet::new();
    let mut out_of_reach = Vec::new();
    let mut anybody_met = false;
    for p in &persons {
        let v = in_standing(case, &o.office, &policy.person.when, &Subject::Person((*p).clone()), s)?;
        anybody_met |= v.state == State::Met;
        missing.extend(v.missing);
        out_of_reach.extend(v.why);
    }
    let could_still_undo = levels
        .iter()
        .filter(|l| l.state == State::Met)
        .filter_map(|l| case.law.level(&l.level))
        .map(|l| (l.id.clone(), l.undone_by.clone()))
        .collect();
    let (missing, out_of_reach) =
        if anybody_met { (Vec::new(), Vec::new()) } else { (missing.into_iter().collect(), out_of_reach) };
    Ok(OfficePage { office: o.office.clone(), levels, missing, out_of_reach, could_still_undo })
}

fn level_line(
    case: &Case<'_>,
    s: &Standing,
    o: &OfficeStanding,
    level: &str,
    persons: &[&PersonId],
) -> Result<LevelLine, Error> {
    let formula = match level {
        "called" => Some(Formula::Called { at_least: 1, by: Vec::new(), counting: Counting::Upstreams }),
        "ascertained" => Some(Formula::Ascertained),
        "voted" => Some(Formula::Voted),
        "declared" => Some(Formula::Declared),
        "in_office" => Some(Formula::InOffice),
        "certified" => Some(Formula::Certified),
        "validated" => Some(Formula::Validated),
        "accepted" => Some(Formula::Accepted),
        "diploma" => Some(Formula::Diploma),
        "published" => Some(Formula::Published { what: standing::Published::Result }),
        "unchallenged" => {
            Some(Formula::All(vec![Formula::ChallengeWindowClosed, Formula::NoChallengePending]))
        }
        _ => None,
    };
    let mut line = LevelLine {
        level: level.to_owned(),
        state: State::NotYet,
        person: None,
        figures: figures(case, s, o, level),
        because: Vec::new(),
    };
    let Some(formula) = formula else {
        let all = s.places.values().all(|p| p.canvassed.is_some());
        line.state = if all { State::Met } else { State::NotYet };
        return Ok(line);
    };
    for p in persons {
        let v = in_standing(case, &o.office, &formula, &Subject::Person((*p).clone()), s)?;
        if v.state == State::Met {
            line.state = State::Met;
            line.person = names_a_person(level).then(|| (*p).clone());
            line.because = v.relied;
        }
    }
    Ok(line)
}

/// Whether a level is reached by somebody; the others are reached by the office.
fn names_a_person(level: &str) -> bool {
    !matches!(level, "published" | "unchallenged")
}

fn figures(case: &Case<'_>, s: &Standing, o: &OfficeStanding, level: &str) -> String {
    let short =
        |p: &PersonId| case.election.persons.get(p).map_or_else(|| p.to_string(), |p| p.short.clone());
    let by_person = |votes: &BTreeMap<PersonId, u32>| {
        let mut rows: Vec<_> = votes.iter().collect();
        rows.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let parts: Vec<String> = rows.into_iter().map(|(p, n)| format!("{} {n}", short(p))).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    };
    let needed = tally::needed(o.base.whole_number);
    let open = |n: u32, what: &str| if n == 0 { String::new() } else { format!("{n} {what}; ") };
    match level {
        "called" => {
            let mut of: BTreeMap<PersonId, (u32, BTreeSet<&str>)> = BTreeMap::new();
            for c in &o.calls {
                let entry = of.entry(c.person.clone()).or_default();
                entry.0 = entry.0.saturating_add(1);
                entry.1.insert(&c.upstream);
            }
            let part = |(p, (n, up)): (&PersonId, &(u32, BTreeSet<&str>))| {
                format!("{}: {n} outlets, {} independent", short(p), up.len())
            };
            let parts: Vec<String> = of.iter().map(part).collect();
            if parts.is_empty() { "no standing call of the whole election".into() } else { parts.join("; ") }
        }
        "canvassed" => {
            let done = s.places.values().filter(|p| p.canvassed.is_some()).count();
            format!("{done} of {} jurisdictions", s.places.len())
        }
        "ascertained" => format!(
            "{}; {}{needed} of {} are a majority",
            by_person(&o.ascertained),
            open(o.not_ascertained, "electors not yet ascertained"),
            o.base.whole_number
        ),
        "voted" => format!(
            "{}; {}{needed} of {} are a majority",
            by_person(&o.voted),
            open(o.not_voted, "electors' votes outstanding"),
            o.base.whole_number
        ),
        "declared" => names(&o.declared, "no announcement", &short),
        _ => step_figures(case, o, level, &short),
    }
}

fn step_figures(
    case: &Case<'_>,
    o: &OfficeStanding,
    level: &str,
    short: &dyn Fn(&PersonId) -> String,
) -> String {
    let local = |t: standing::Instant| {
        standing::format_local(t, &case.election.zone).unwrap_or_else(|_| t.to_string())
    };
    let step = |kind: Kind| names(o.steps.get(&kind).into_iter().flatten(), "not yet", short);
    match level {
        "certified" => step(Kind::Certify),
        "validated" => step(Kind::Validate),
        "accepted" => step(Kind::Accept),
        "diploma" => step(Kind::Diploma),
        "published" if o.published.len() == 1 => "1 publication".into(),
        "published" => format!("{} publications", o.published.len()),
        "unchallenged" => match (o.challenges.len(), o.challenge_ends) {
            (0, None) => "no challenge pending".into(),
            (0, Some(end)) => format!("no challenge pending; the time for them ends {}", local(end)),
            (1, _) => "1 challenge pending".into(),
            (n, _) => format!("{n} challenges pending"),
        },
        _ => o.in_office.first().map_or_else(|| "nobody elected here".into(), |(p, _)| short(p)),
    }
}

fn names<'a>(
    of: impl IntoIterator<Item = &'a (Option<PersonId>, ActId)>,
    empty: &str,
    short: &dyn Fn(&PersonId) -> String,
) -> String {
    let names = of.into_iter().map(|(p, _)| p.as_ref().map_or_else(|| "nobody".into(), short));
    let names: BTreeSet<String> = names.collect();
    if names.is_empty() { empty.into() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}
