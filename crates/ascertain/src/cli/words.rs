//! Words and columns shared by the pages of several commands.

use policy::{Missing, State};
use proof::OutcomeText;
use serde::Serialize;
use standing::{Because, Election, Instant};

/// A time for people, in the election's zone.
pub fn when(t: Instant, election: &Election) -> String {
    standing::format_local(t, &election.zone).unwrap_or_else(|_| t.to_string())
}

/// The three answers as a person reads them.
pub fn state(s: State) -> &'static str {
    match s {
        State::Met => "MET",
        State::NotYet => "NOT YET",
        State::CannotBeMet => "CANNOT BE MET",
    }
}

/// The name of an outcome.
pub fn outcome(o: &OutcomeText, election: &Election) -> String {
    match o {
        OutcomeText::Person(p) => election.name_of(p),
        OutcomeText::Nobody => "nobody".into(),
        OutcomeText::Annulled => "annulled".into(),
    }
}

/// Wraps text at word boundaries, every line after the first indented.
pub fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        let fits = column.saturating_add(length).saturating_add(1) <= width;
        if !out.is_empty() && !fits {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column = column.saturating_add(1);
        }
        out.push_str(word);
        column = column.saturating_add(length);
    }
    out
}

/// An outcome in JSON.
#[derive(Serialize)]
pub struct OutcomeJson {
    pub kind: &'static str,
    pub id: Option<String>,
    pub name: String,
}

pub fn outcome_json(o: &OutcomeText, election: &Election) -> OutcomeJson {
    let (kind, id) = match o {
        OutcomeText::Person(p) => ("person", Some(p.to_string())),
        OutcomeText::Nobody => ("nobody", None),
        OutcomeText::Annulled => ("annulled", None),
    };
    OutcomeJson { kind, id, name: outcome(o, election) }
}

/// A missing clause in JSON.
#[derive(Serialize)]
pub struct MissingJson {
    pub clause: String,
    pub who: String,
    pub by: Option<String>,
    pub cite: String,
}

impl From<&Missing> for MissingJson {
    fn from(m: &Missing) -> Self {
        Self { clause: m.clause.clone(), who: m.who.clone(), by: m.by.clone(), cite: m.cite.clone() }
    }
}

/// A step of reasoning in JSON.
#[derive(Serialize)]
pub struct BecauseJson {
    pub act: String,
    pub statement: u64,
    pub cite: String,
}

impl From<&Because> for BecauseJson {
    fn from(b: &Because) -> Self {
        Self { act: b.act.to_string(), statement: b.statement, cite: b.cite.clone() }
    }
}

/// A cell of a CSV table.
// Spec: RFC 4180 § 2
pub fn csv_cell(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
