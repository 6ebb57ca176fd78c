//! The timelines in `timelines/*.txt`: one statement a line, the expected standing beside it.

use std::path::Path;

use standing::standing;

use crate::kit::{college, facts, script};

/// Every expectation of a timeline that is not so.
fn check(name: &str, script: &script::Script) -> Vec<String> {
    let evidence = college::evidence(script.statements.clone());
    let mut wrong = Vec::new();
    for e in &script.expected {
        let s = standing(&script.law, &script.election, &evidence, e.at).unwrap();
        let found = facts::fact(&s, &e.query);
        let holds = if e.exact { found == e.value } else { found.contains(&e.value) };
        if !holds {
            let word = if e.exact { "=" } else { "~" };
            wrong.push(format!("{name}:{}: {} {word} {}\n    found: {found}", e.line, e.query, e.value));
        }
    }
    wrong
}

fn timelines() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timelines");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(p).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_timeline_stands_as_written() {
    let wrong: Vec<String> =
        timelines().iter().flat_map(|(name, text)| check(name, &script::parse(text))).collect();
    assert!(wrong.is_empty(), "{} expectations fail\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_expectation_can_fail() {
    for (name, text) in timelines() {
        let mut script = script::parse(&text);
        assert!(!script.expected.is_empty(), "{name} expects nothing");
        for e in &mut script.expected {
            e.value.push_str(" and the moon");
        }
        assert_eq!(check(&name, &script).len(), script.expected.len(), "{name}");
    }
}
