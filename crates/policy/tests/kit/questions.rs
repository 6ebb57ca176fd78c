//! The notation of the tables, beyond that of the timelines.
//!
//! ```text
//! formula NAME FORMULA
//! policy NAME FORMULA | CLAUSE ACTION [FORMULA] | … | prepared PERSON,…
//! ```
//!
//! A query is `FORMULA PERSON [missing|why|relied|recheck]`, or `POLICY [missing|why|relied|recheck|held_up|first]`.
//! `office` in the place of a person asks of the office itself.

use std::collections::BTreeMap;

use policy::{Answer, Case, Formula, Policy, Prepared, State, Subject, Verdict};
use standing::{At, OfficeId, Outcome, PersonId};

/// What a table may ask about.
pub(crate) struct Questions {
    formulas: BTreeMap<String, Formula>,
    policies: BTreeMap<String, (Policy, Option<Prepared>)>,
}

/// Reads the headers of a table.
pub(crate) fn parse(text: &str) -> Questions {
    let mut q = Questions { formulas: BTreeMap::new(), policies: BTreeMap::new() };
    for line in text.lines() {
        if let Some((name, formula)) = line.strip_prefix("formula ").and_then(|l| l.split_once(' ')) {
            let (policy, _) = one_line("formula", formula);
            q.formulas.insert(name.to_owned(), policy.person.when);
        }
        if let Some((name, rest)) = line.strip_prefix("policy ").and_then(|l| l.split_once(' ')) {
            q.policies.insert(name.to_owned(), one_line(name, rest));
        }
    }
    q
}

/// A policy from its one line.
pub(crate) fn one_line(name: &str, text: &str) -> (Policy, Option<Prepared>) {
    let mut parts = text.split('|').map(str::trim);
    let person = parts.next().unwrap_or_default();
    let mut clauses: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for name in ["another_person", "nobody", "annulled", "contested", "never"] {
        clauses.insert(name, ("ask", ""));
    }
    let (mut office, mut prepared) = ("president", None);
    for part in parts {
        let (key, value) = part.split_once(' ').unwrap_or((part, ""));
        match key {
            "office" => office = value,
            "prepared" => {
                let ids = value.split(',').filter(|p| !p.is_empty()).map(|p| PersonId::try_from(p).unwrap());
                prepared = Some(ids.collect());
            }
            _ => {
                let (action, when) = value.split_once(' ').unwrap_or((value, ""));
                assert!(clauses.insert(key, (action, when)).is_some(), "no clause `{key}`");
            }
        }
    }
    let mut toml = format!(
        "language = 1\nname = \"{name}\"\noffice = \"{office}\"\nsummary = \"\"\n[person]\nwhen = {person}\n"
    );
    for (key, (action, when)) in clauses {
        let when = if when.is_empty() { String::new() } else { format!("when = {when}\n") };
        toml.push_str(&format!("[{key}]\naction = \"{action}\"\n{when}"));
    }
    (policy::from_toml(name, &toml).unwrap_or_else(|e| panic!("{e}\n{toml}")), prepared)
}

/// The answer to one query, in one line.
pub(crate) fn ask(q: &Questions, case: &Case<'_>, at: At, query: &str) -> String {
    let words: Vec<&str> = query.split(' ').collect();
    let (name, rest) = words.split_first().expect("an empty query");
    if let Some((policy, prepared)) = q.policies.get(*name) {
        let field = rest.first().copied().unwrap_or_default();
        if field == "first" {
            let d = policy::first_decision(case, policy, prepared.as_ref(), at.effects).unwrap();
            return d.map_or("-".into(), |d| {
                let relied: Vec<&str> = d.relied.iter().map(|b| b.act.as_str()).collect();
                format!("{} at {} size {} on {}", outcome(&d.outcome), d.at, d.record_size, relied.join("+"))
            });
        }
        return of_answer(&policy::answer(case, policy, prepared.as_ref(), at).unwrap(), field);
    }
    let formula = q.formulas.get(*name).unwrap_or_else(|| panic!("no formula or policy `{name}`"));
    let (person, field) = match rest {
        [person] => (*person, ""),
        [person, field] => (*person, *field),
        _ => panic!("`{query}` is no query"),
    };
    let subject = match person {
        "office" => Subject::Office,
        p => Subject::Person(PersonId::try_from(p).unwrap()),
    };
    let office =
        OfficeId::try_from(if matches!(person, "cyn" | "dan") { "vice_president" } else { "president" });
    let verdict = policy::evaluate(case, &office.unwrap(), formula, &subject, at).unwrap();
    if field.is_empty() { state(verdict.state).into() } else { of_verdict(&verdict, field) }
}

fn of_answer(a: &Answer, field: &str) -> String {
    match field {
        "" => match &a.outcome {
            Some(o) => format!("{} {} {:?}", state(a.state), outcome(o), a.action).to_lowercase(),
            None => format!("{} - {:?}", state(a.state), a.action).to_lowercase(),
        },
        "held_up" => list(a.held_up.clone()),
        field => of_verdict(&a.verdict, field),
    }
}

fn of_verdict(v: &Verdict, field: &str) -> String {
    match field {
        "missing" => list(v.missing.iter().map(|m| {
            let by = m.by.as_deref().unwrap_or("no date");
            format!("{} -- {} -- {by} -- {}", m.clause, m.who, m.cite)
        })),
        "why" => list(v.why.clone()),
        "relied" => list(v.relied.iter().map(|b| b.act.to_string())),
        "recheck" => v.recheck_at.map_or("-".into(), |t| t.to_string()),
        _ => panic!("a verdict has no `{field}`"),
    }
}

fn state(s: State) -> &'static str {
    match s {
        State::Met => "met",
        State::NotYet => "not yet",
        State::CannotBeMet => "cannot be met",
    }
}

fn outcome(o: &Outcome) -> String {
    match o {
        Outcome::Person(p) => p.to_string(),
        Outcome::Contested(set) => {
            format!("contested({})", set.iter().map(PersonId::as_str).collect::<Vec<_>>().join("+"))
        }
        Outcome::NobodyYet => "nobody-yet".into(),
        Outcome::Nobody => "nobody".into(),
        Outcome::Annulled => "annulled".into(),
    }
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() { "-".into() } else { items.join(" / ") }
}
