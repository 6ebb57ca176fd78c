//! The tables in `tables/*.txt`: formulas and policies, statements, and the answers beside them.

use std::path::Path;

use policy::Case;

use crate::kit::{college, questions, script};

/// Every answer of a table that is not so.
fn check(name: &str, questions: &questions::Questions, script: &script::Script) -> Vec<String> {
    let evidence = college::evidence(script.statements.clone());
    let case = Case { law: &script.law, election: &script.election, evidence: &evidence, past: None };
    let mut wrong = Vec::new();
    for e in &script.expected {
        let found = questions::ask(questions, &case, e.at, &e.query);
        let holds = if e.exact { found == e.value } else { found.contains(&e.value) };
        if !holds {
            let word = if e.exact { "=" } else { "~" };
            wrong.push(format!("{name}:{}: {} {word} {}\n    found: {found}", e.line, e.query, e.value));
        }
    }
    wrong
}

fn tables() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(p).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_table_is_answered_as_written() {
    let of = |(name, text): &(String, String)| check(name, &questions::parse(text), &script::parse(text));
    let wrong: Vec<String> = tables().iter().flat_map(of).collect();
    assert!(wrong.is_empty(), "{} answers differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_answer_can_fail() {
    for (name, text) in tables() {
        let mut script = script::parse(&text);
        assert!(!script.expected.is_empty(), "{name} expects nothing");
        for e in &mut script.expected {
            e.value.push_str(" and the moon");
        }
        assert_eq!(check(&name, &questions::parse(&text), &script).len(), script.expected.len(), "{name}");
    }
}
