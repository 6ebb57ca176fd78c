//! The habits of the repository, checked: arrows, banned words, sizes, citations.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::run::root;

const PURE: [&str; 6] = ["tally", "record", "standing", "policy", "proof", "telegram"];

fn files(under: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(under) else { return };
    for path in entries.map(|e| e.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "out"].contains(&name.as_str()) && !name.starts_with('.') {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

fn all(under: &str, ending: &str) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    files(&root.join(under), ending, &mut found);
    let relative = |p: &PathBuf| p.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    let mut texts: Vec<_> =
        found.iter().map(|p| (relative(p), std::fs::read_to_string(p).unwrap())).collect();
    texts.sort();
    assert!(!texts.is_empty(), "no {ending} under {under}: the test looks in the wrong place");
    texts
}

/// Code without comments and without the tests in the file.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    before_tests.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect()
}

/// The one check: no text may hold any of the words.
fn check(texts: &[(String, String)], words: &[&str], why: &str) {
    let found: Vec<String> = texts
        .iter()
        .flat_map(|(file, text)| {
            let hit = move |w: &&str| {
                let at = text.find(*w)?;
                let line = text.get(..at)?.matches('\n').count() + 1;
                Some(format!("{file}:{line}: `{w}`"))
            };
            words.iter().filter_map(hit).collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "{why}:\n{}", found.join("\n"));
}

fn sources(of: &str) -> Vec<(String, String)> {
    let read = all(&format!("crates/{of}/src"), ".rs");
    read.into_iter().filter(|(f, _)| !f.contains("/tests")).map(|(f, t)| (f, code(&t))).collect()
}

#[test]
fn pure_rooms_name_no_world() {
    for room in PURE {
        let words = [
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::time",
            "SystemTime",
            "tokio",
            "rand::",
            "getrandom",
            "rusqlite",
            "f32",
            "f64",
            "serde_json::Value",
            "::now(",
            "println!",
            "eprintln!",
        ];
        check(&sources(room), &words, "a pure room names the world");
    }
}

#[test]
fn a_drill_opens_no_channel_and_reads_no_clock() {
    let drill: Vec<_> =
        sources("ascertain").into_iter().filter(|(file, _)| file.contains("/src/drill/")).collect();
    assert!(drill.len() > 5, "the test looks in the wrong place");
    let words = [
        "Channels",
        "reaching::read",
        "connect::reach",
        "std::net",
        "tokio",
        "sleep",
        "SystemTime",
        "::now()",
    ];
    check(&drill, &words, "a drill reaches out");
}

#[test]
fn rooms_refuse_to_know() {
    let election = ["elect", "ballot", "candidate", "voter", "congress", "senate", "telegram"];
    let lower: Vec<_> = sources("record").into_iter().map(|(f, t)| (f, t.to_lowercase())).collect();
    check(&lower, &election, "the record knows of elections");
    // A map's keys are no keys to anything.
    let tally: Vec<_> = sources("tally").into_iter().map(|(f, t)| (f, t.replace(".keys()", ""))).collect();
    check(&tally, &["key", "signature", "Digest", "sha"], "the tally knows of keys");
    check(&sources("telegram"), &["vote", "tally", "elector", "law::"], "telegrams know of votes");
    check(&sources("policy"), &["SigningKey", "KeyId", "record::", "socket"], "the policy knows of keys");
}

#[test]
fn arrows_point_one_way() {
    let may: [(&str, &[&str]); 6] = [
        ("tally", &[]),
        ("record", &[]),
        ("standing", &["tally"]),
        ("policy", &["tally", "standing"]),
        ("proof", &["record", "standing", "policy"]),
        ("telegram", &[]),
    ];
    for (room, allowed) in may {
        let manifest = std::fs::read_to_string(root().join(format!("crates/{room}/Cargo.toml"))).unwrap();
        for other in PURE.iter().filter(|o| !allowed.contains(o)) {
            let names = |l: &str| l.starts_with(&format!("{other} =")) || l.starts_with(&format!("{other}."));
            assert!(!manifest.lines().any(names), "crates/{room} depends on {other}: an arrow backwards");
        }
    }
}

#[test]
fn no_answer_about_an_election_stands_in_code() {
    for room in PURE.iter().chain(&["ascertain"]) {
        let texts: Vec<_> = sources(room).into_iter().map(|(f, t)| (f, t.to_lowercase())).collect();
        let words = ["270", "538", "306", "302", "biden", "trump", "harris", "pence", "california"];
        check(&texts, &words, "an answer about an election stands in code");
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (file, text) in all("crates", ".rs") {
        let lines = text.lines().count();
        assert!(lines <= 800, "{file}: {lines} lines; stop at 800");
        assert!(text.starts_with("//!"), "{file}: does not open with what it is and what it refuses to know");
        let name = Path::new(&file).file_stem().unwrap().to_string_lossy().into_owned();
        let vague =
            ["utils", "helpers", "helper", "common", "misc", "manager", "service", "structs", "types"];
        assert!(!vague.contains(&name.as_str()), "{file}: a name that says nothing");
    }
}

#[test]
fn words_the_project_refuses() {
    let mut texts = Vec::new();
    for ending in [".rs", ".md", ".toml", ".jsonl", ".csv", ".json"] {
        for (file, text) in all(".", ending) {
            // The glossary and this test name the words in order to refuse them.
            if !file.ends_with("GLOSSARY.md")
                && !file.ends_with("CONTRIBUTING.md")
                && !file.ends_with("tidy.rs")
            {
                texts.push((file, text.to_lowercase()));
            }
        }
    }
    let words = [
        "exactly-once deliver",
        "exactly once deliver",
        "safe harbo",
        "congress certif",
        "fake elector",
        "fake certificate",
        "electoral college met",
        "todo!",
        "unimplemented!",
        "fixme",
    ];
    check(&texts, &words, "words the project refuses");
}

#[test]
fn nothing_in_the_record_is_changed_or_deleted() {
    let words = [
        "UPDATE ",
        "DELETE FROM",
        "REPLACE INTO entries",
        "REPLACE INTO bodies",
        "REPLACE INTO heads",
        "DROP TABLE",
    ];
    // A body may be erased, and what was sealed for nobody any more, in one place, and nothing else.
    let (erasing, others): (Vec<_>, Vec<_>) =
        sources("ascertain").into_iter().partition(|(file, _)| file.ends_with("store/erasing.rs"));
    // How far a recipient has come is no part of the record, and changes.
    let record: Vec<_> =
        others.iter().filter(|(file, _)| !file.ends_with("store/outbox.rs")).cloned().collect();
    check(&record, &words, "the store changes or deletes");
    let outbox: Vec<_> =
        others.iter().filter(|(file, _)| file.ends_with("store/outbox.rs")).cloned().collect();
    let not_its_own =
        ["UPDATE entries", "UPDATE bodies", "UPDATE heads", "UPDATE releases", "UPDATE decisions"];
    check(&outbox, &not_its_own, "the outbox changes more than its rows");
    let deleted: Vec<&str> = outbox.iter().flat_map(|(_, text)| text.split("DELETE ").skip(1)).collect();
    assert!(deleted.len() == 1 && deleted[0].starts_with("FROM outbox WHERE telegram = ?1 AND state = ?2"));
    let erasing = &erasing[0].1;
    let erased: Vec<&str> =
        erasing.split("DELETE FROM ").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
    assert_eq!(erased, ["bodies", "sealed", "shares", "shares_given"]);
    // SQL stands in the store alone.
    let sql = ["SELECT ", "INSERT ", "CREATE TABLE", "PRAGMA "];
    let elsewhere: Vec<_> = others.into_iter().filter(|(file, _)| !file.contains("/store")).collect();
    check(&elsewhere, &sql, "SQL outside the store");
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let rust: Vec<_> = all("crates", ".rs").into_iter().filter(|(f, _)| !f.ends_with("tidy.rs")).collect();
    check(&rust, &["#[allow(", "#![allow(", "#[ignore]", "assert!(true)"], "a lint or a test is silenced");
}

/// Every `// Law:` tag in code is a citation in law/, and every citation there has a text, a date and the
/// address where it was read.
#[test]
fn law_tags_and_citations_agree() {
    let mut cited = BTreeSet::new();
    for (file, text) in all("law", ".toml") {
        let law: toml::Value = toml::from_str(&text).unwrap();
        for c in law.get("cite").and_then(|c| c.as_array()).unwrap_or_else(|| panic!("{file}: cites nothing"))
        {
            let field = |name: &str| c.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            // What was not read has no address, and says so.
            let unread =
                field("says").contains("general knowledge") || field("text").starts_with("No provision");
            let address = field("url").starts_with("http") || (unread && field("url").is_empty());
            assert!(address, "{file}: {} has no address", field("id"));
            assert!(field("text").contains("text of "), "{file}: {} is not dated", field("id"));
            cited.insert(field("text"));
        }
    }
    let mut tags = 0;
    for (file, text) in all("crates", ".rs") {
        for line in text.lines().filter_map(|l| l.trim().strip_prefix("// Law: ")) {
            let tag = line.split(" (").next().unwrap_or(line).trim();
            assert!(
                cited.contains(tag),
                "{file}: `{tag}` is cited in code, but no [[cite]] in law/ has this text"
            );
            tags += 1;
        }
    }
    assert!(tags > 5, "only {tags} tags found: the test looks in the wrong place");
}

/// A citation nothing rests on says that the law is modelled where it is not. Rules of the file rest on it, or
/// acts that name it.
#[test]
fn every_citation_is_rested_on() {
    let acts: String = all("history", ".jsonl").into_iter().map(|(_, text)| text).collect();
    let mut idle = Vec::new();
    for (file, text) in all("law", ".toml") {
        let law: toml::Value = toml::from_str(&text).unwrap();
        for c in law["cite"].as_array().unwrap() {
            let id = c["id"].as_str().unwrap();
            let rules =
                text.lines().filter(|l| !l.starts_with("id = ") && l.contains(&format!("\"{id}\""))).count();
            if rules == 0 && !acts.contains(&format!("\"law\":\"{id}\"")) {
                idle.push(format!("{file}: {id}"));
            }
        }
    }
    assert!(idle.is_empty(), "nothing rests on:\n{}", idle.join("\n"));
}

/// Every rule in code, cited at its deciding line, is one that some tested page shows.
#[test]
fn every_law_tag_stands_in_a_snapshot() {
    let mut pages = String::new();
    for ending in [".txt", ".json", ".jsonl"] {
        for (_, text) in all("crates/ascertain/tests/snapshots", ending) {
            pages += &text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
    let mut missing = BTreeSet::new();
    for (file, text) in all("crates", ".rs") {
        for line in text.lines().filter_map(|l| l.trim().strip_prefix("// Law: ")) {
            let tag = line.split(" (").next().unwrap_or(line).trim();
            if !pages.contains(tag) {
                missing.insert(format!("{file}: {tag}"));
            }
        }
    }
    let missing: Vec<String> = missing.into_iter().collect();
    assert!(
        missing.is_empty(),
        "decided in code, and shown by no page that is tested:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_test_file_is_played() {
    let all_rs = std::fs::read_to_string(root().join("crates/ascertain/tests/all.rs")).unwrap();
    for entry in std::fs::read_dir(root().join("crates/ascertain/tests")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let rust = path.extension().is_some_and(|e| e == "rs");
        assert!(!rust || stem == "all" || all_rs.contains(&format!("mod {stem};")), "{stem}.rs is forgotten");
    }
}

#[test]
fn the_readme_names_its_two_commands() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for command in ["cargo run --release -- replay us-2020", "cargo test --workspace"] {
        assert!(readme.lines().any(|l| l.starts_with(command)), "README.md does not show `{command}`");
    }
}
