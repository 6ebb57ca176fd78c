//! The notation of the timelines.
//!
//! ```text
//! law OLD => NEW                                   a word of the procedure replaced; \n in NEW is a new line
//! ID KIND ISSUER WORD… @SPAN [known=T] [by=ATTESTER]   a statement
//!     => QUERY = VALUE; QUERY ~ PART               what stands when it is known
//! at T [known K] => QUERY = VALUE; …               what stands at another instant
//! ```
//!
//! An instant is `12-17T10:00` in the cycle 2040, UTC. A span is `T`, `T..T`, `T..`, `..T` or `..`.

use serde_json::{Map, Value, json};
use standing::{ActLine, At, Election, Instant, Law, Statement};

use super::college;

/// A timeline: who knew what when, and what is expected.
pub(crate) struct Script {
    pub(crate) law: Law,
    pub(crate) election: Election,
    pub(crate) statements: Vec<Statement>,
    pub(crate) expected: Vec<Expected>,
}

/// One query with the value it must have.
pub(crate) struct Expected {
    pub(crate) line: usize,
    pub(crate) at: At,
    pub(crate) query: String,
    pub(crate) exact: bool,
    pub(crate) value: String,
}

/// Reads a timeline; anything not understood is a mistake in the test.
pub(crate) fn parse(text: &str) -> Script {
    let replace: Vec<(String, String)> = text
        .lines()
        .filter_map(|l| l.strip_prefix("law ")?.split_once(" => "))
        .map(|(old, new)| (old.trim().replace("\\n", "\n"), new.trim().replace("\\n", "\n")))
        .collect();
    let (law, election) = college::college(&replace);
    let (mut statements, mut expected) = (Vec::new(), Vec::new());
    let mut at = None;
    for (n, line) in text.lines().enumerate() {
        let number = n + 1;
        let head = ["#", "law ", "formula ", "policy "].iter().any(|word| line.starts_with(word));
        if line.trim().is_empty() || head {
            continue;
        }
        let (left, right) = line.split_once("=>").map_or((line, ""), |(l, r)| (l, r));
        let left = left.trim();
        if let Some(times) = left.strip_prefix("at ") {
            let (t, k) = times.split_once(" known ").unwrap_or((times, times));
            at = Some(At { effects: instant(t), known: instant(k) });
        } else if !left.is_empty() {
            let s = parse_statement(&election, left, number, statements.len());
            at = Some(At::same(s.known_at));
            statements.push(s);
        }
        for e in right.split("; ").map(str::trim).filter(|e| !e.is_empty()) {
            let (query, exact, value) = match (e.split_once(" = "), e.split_once(" ~ ")) {
                (Some((q, v)), _) => (q, true, v),
                (None, Some((q, v))) => (q, false, v),
                // A semicolon within a value.
                _ => {
                    let last: &mut Expected = expected.last_mut().expect("no expectation");
                    last.value.push_str("; ");
                    last.value.push_str(e);
                    continue;
                }
            };
            let (query, value) = (query.trim().to_owned(), value.trim().to_owned());
            expected.push(Expected { line: number, at: at.expect("no instant yet"), query, exact, value });
        }
    }
    Script { law, election, statements, expected }
}

/// `12-17T10:00` as an instant; months before November are of the next year.
pub(crate) fn instant(text: &str) -> Instant {
    let text = text.trim();
    let year = if text < "11" { 2041 } else { 2040 };
    let seconds = if text.len() == "12-17T10:00".len() { ":00" } else { "" };
    Instant::try_from(format!("{year}-{text}{seconds}Z").as_str()).unwrap_or_else(|e| panic!("`{text}`: {e}"))
}

/// One statement of the notation, without expectations.
pub(crate) fn parse_statement(election: &Election, text: &str, number: usize, index: usize) -> Statement {
    let mut words = text.split_whitespace();
    let [id, kind, issuer] =
        [(); 3].map(|()| words.next().unwrap_or_else(|| panic!("line {number}: too short")));
    let mut act = Map::new();
    for (key, value) in [("id", id), ("kind", kind), ("issuer", issuer), ("channel", "paper")] {
        act.insert(key.into(), value.into());
    }
    act.insert("sources".into(), json!(["paper"]));
    if kind == "elector_vote" {
        act.insert("slate".into(), issuer.into());
    }
    let mut attester = "desk";
    for word in words {
        match word.split_once('=') {
            Some(("by", who)) => attester = who,
            _ => word_of(election, &mut act, word).unwrap_or_else(|e| panic!("line {number}: {e}")),
        }
    }
    let slate = act.get("slate").and_then(Value::as_str).and_then(|s| {
        election.slates.values().find(|slate| slate.id.as_str() == s).map(|slate| slate.place.to_string())
    });
    if let Some(place) = slate {
        act.entry("jurisdiction").or_insert(place.into());
    }
    if !act.contains_key("known_at") {
        let issued = act.get("issued").cloned().unwrap_or_default();
        let end = issued.get("not_after").or_else(|| issued.get("not_before"));
        act.insert("known_at".into(), end.unwrap_or_else(|| panic!("line {number}: known when?")).clone());
    }
    let line: ActLine =
        serde_json::from_value(Value::Object(act)).unwrap_or_else(|e| panic!("line {number}: {e}"));
    election.check(&line).unwrap_or_else(|(f, m)| panic!("line {number}: `{f}`: {m}"));
    college::statement(&line, attester, u64::try_from(index).unwrap())
}

fn word_of(election: &Election, act: &mut Map<String, Value>, word: &str) -> Result<(), String> {
    if let Some(span) = word.strip_prefix('@') {
        act.insert("issued".into(), bounds(span));
        return Ok(());
    }
    if word == "none" {
        act.insert("none_appointed".into(), true.into());
        return Ok(());
    }
    if word == "all" {
        let slate = act.get("slate").cloned().unwrap_or_default();
        act.insert("votes".into(), as_pledged(election, slate.as_str().unwrap_or_default()));
        return Ok(());
    }
    let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is no word of the notation"))?;
    let list = || value.split(',').map(Value::from).collect::<Vec<_>>();
    match key {
        "in" => act.insert("jurisdiction".into(), value.into()),
        "as" => act.insert("statement".into(), value.into()),
        "known" => act.insert("known_at".into(), instant(value).to_string().into()),
        "effective" => act.insert("effective".into(), bounds(value)),
        "signed" => act.insert("signed_by".into(), list().into()),
        "yeas" | "nays" => act.insert(key.into(), value.parse::<u32>().map_err(|e| e.to_string())?.into()),
        "announce" | "ground" => act.insert(key.into(), value.into()),
        "ballot" | "not_appointed" => {
            act.insert(key.into(), value.parse::<u32>().map_err(|e| e.to_string())?.into())
        }
        "states" => act.insert(key.into(), elected(value)),
        "signers" => act.insert(key.into(), signers(value)),
        "elector" => {
            let (who, votes) = value.split_once('/').ok_or("elector=NAME/OFFICE:PERSON,…")?;
            let ballots = act.entry("ballots").or_insert_with(|| json!([]));
            if let Some(ballots) = ballots.as_array_mut() {
                ballots.push(json!({"elector": who, "votes": elected(votes)}));
            }
            None
        }
        "list" => {
            let votes = json!({"both": pairs(value, ':')});
            act.insert("votes".into(), votes)
        }
        "sustained" => act.insert("sustained".into(), (value == "yes").into()),
        "president" | "vice_president" => {
            let votes = act.entry("votes").or_insert_with(|| json!({}));
            votes.as_object_mut().and_then(|v| v.insert(key.into(), pairs(value, ':')));
            None
        }
        "elected" => act.insert("elected".into(), elected(value)),
        "stated" => {
            let (base, majority) = value.split_once('/').ok_or("stated=BASE/MAJORITY")?;
            let number = |n: &str| n.parse::<u32>().map_err(|e| e.to_string());
            act.insert("stated".into(), json!({"base": number(base)?, "majority": number(majority)?}))
        }
        _ => act.insert(key.into(), value.into()),
    };
    Ok(())
}

fn pairs(text: &str, between: char) -> Value {
    let pair = |p: &str| {
        let (name, n) = p.split_once(between)?;
        Some((name.to_owned(), Value::from(n.parse::<u32>().ok()?)))
    };
    Value::Object(text.split(',').filter_map(pair).collect())
}

fn signers(text: &str) -> Value {
    let one = |s: &str| {
        let (chamber, n) = s.split_once(':')?;
        let (signed, sworn) = n.split_once('/')?;
        let (signed, sworn): (u32, u32) = (signed.parse().ok()?, sworn.parse().ok()?);
        Some((chamber.to_owned(), json!({"signed": signed, "sworn": sworn})))
    };
    Value::Object(text.split(',').filter_map(one).collect())
}

fn elected(text: &str) -> Value {
    let one = |p: &str| {
        let (office, person) = p.split_once(':')?;
        Some((office.to_owned(), if person == "-" { Value::Null } else { person.into() }))
    };
    Value::Object(text.split(',').filter_map(one).collect())
}

fn as_pledged(election: &Election, slate: &str) -> Value {
    let mut votes = Map::new();
    let slate = election.slates.values().find(|s| s.id.as_str() == slate).expect("no such slate");
    for unit in &slate.units {
        for (office, person) in &unit.pledged {
            let office = votes.entry(office.to_string()).or_insert_with(|| json!({}));
            let n =
                office.get(person.as_str()).and_then(Value::as_u64).unwrap_or(0) + u64::from(unit.electors);
            office.as_object_mut().and_then(|o| o.insert(person.to_string(), n.into()));
        }
    }
    Value::Object(votes)
}

fn bounds(span: &str) -> Value {
    let (from, to) = span.split_once("..").unwrap_or((span, span));
    let mut bounds = Map::new();
    for (key, text, basis) in [("not_before", from, "act"), ("not_after", to, "report")] {
        if !text.is_empty() {
            bounds.insert(key.into(), instant(text).to_string().into());
            bounds.insert(format!("{key}_basis"), basis.into());
        }
    }
    Value::Object(bounds)
}
