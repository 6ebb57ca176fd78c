//! `whatif`: the acts of a script are statements on the record, asked about by the one engine.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{Said, Scratch, ascertain, copy, last_json, root};
use crate::snapshots::kept;

/// The college of the tests as a folder of an election without any act.
pub fn college(scratch: &Scratch) -> PathBuf {
    let (from, to) = (root().join("crates/standing/tests/fixtures/college"), scratch.join("college"));
    copy(&from, &to);
    std::fs::create_dir(to.join("law")).unwrap();
    for file in ["procedure.toml", "seats.toml"] {
        std::fs::rename(to.join(file), to.join("law").join(file)).unwrap();
    }
    to
}

fn script(name: &str) -> PathBuf {
    Path::new("crates/ascertain/tests/whatif").join(name)
}

fn whatif(election: &Path, script: &Path, more: &[&str]) -> Said {
    let words = ["whatif", election.to_str().unwrap(), "--script", script.to_str().unwrap()];
    ascertain(&[&words, more].concat())
}

fn check(name: &str, election: &Path, file: &str, more: &[&str]) {
    let said = whatif(election, &script(file), more);
    kept(&format!("whatif/{name}"), &format!("{}{}exit {}\n", said.out, said.err, said.code));
}

#[test]
fn each_act_says_what_it_changed() {
    let scratch = Scratch::new("whatif");
    let college = college(&scratch);
    check("replaced.txt", &college, "replaced.jsonl", &[]);
    check("replaced.json", &college, "replaced.jsonl", &["--json"]);
    check("replaced-held.txt", &college, "replaced.jsonl", &["--policy", &held(&scratch)]);
    check("replaced-until.txt", &college, "replaced.jsonl", &["--as-of", "2040-12-17"]);
    let us = Path::new("us-2020");
    check("after-the-vote.txt", us, "after-the-vote.jsonl", &["--as-of", "2020-12-31"]);
    check("one-state.txt", us, "one-state.jsonl", &["--known-at", "2020-12-13"]);
    let declared = ["--policy", "declared-by-congress", "--as-of", "2021-01-07"];
    check("after-the-vote-declared.txt", us, "after-the-vote.jsonl", &declared);
}

/// A rule that must have held for five days: time alone meets it.
fn held(scratch: &Scratch) -> String {
    let text = std::fs::read_to_string(root().join("policies/electors-voted.toml")).unwrap();
    let held = "{ held_for = { duration = \"120h\", of = \"voted\" } }";
    let path = scratch.join("held.toml");
    std::fs::write(&path, text.replacen("\"voted\"", held, 1)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A script of the very acts of 2020 ends as 2020 ended: nothing is added but statements.
#[test]
fn the_record_as_a_script_ends_as_the_record() {
    let scratch = Scratch::new("whatif");
    let mut all = String::new();
    for file in std::fs::read_dir(root().join("history/us-2020/acts")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        all += &text
            .lines()
            .filter(|l| !l.contains("\"kind\":\"call\""))
            .map(|l| format!("{l}\n"))
            .collect::<String>();
    }
    let path = scratch.join("all.jsonl");
    std::fs::write(&path, all).unwrap();
    // Nothing of the record itself was known by then.
    let said = whatif(Path::new("us-2020"), &path, &["--known-at", "2020-11-01", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let page: Value = last_json(&said);
    let replay = ascertain(&["backtest", "electors-voted", "--election", "us-2020", "--json"]);
    assert_eq!(page["released"]["at"], last_json(&replay)["runs"][0]["at"]);
    assert_eq!(page["released"]["outcome"]["id"], "biden");
    let why = ascertain(&["why", "us-2020", "--as-of", "2021-01-21", "--json"]);
    let last = &page["steps"].as_array().unwrap().last().unwrap()["levels"];
    assert!(last.as_array().unwrap().iter().any(|l| l["level"] == "in_office" && l["change"] == "reached"));
    assert_eq!(last_json(&why)["state"], page["after"]["state"]);
}

/// One thing wrong with the script, and what the message says.
#[test]
fn what_is_wrong_is_said_with_file_line_and_key() {
    let scratch = Scratch::new("whatif");
    let (college, path) = (college(&scratch), scratch.join("my.jsonl"));
    let good = std::fs::read_to_string(root().join(script("replaced.jsonl"))).unwrap();
    let rows: [(&str, &str, &[&str]); 12] = [
        ("\"n-gov\"", "\"n-guv\"", &["my.jsonl:2:", "`issuer`", "n-guv"]),
        ("\"e-red\"", "\"e-read\"", &["my.jsonl:3:", "`slate`", "e-read"]),
        ("\"e-red\"", "7", &["my.jsonl:3:", "`slate`", "invalid type"]),
        ("\"none_appointed\"", "\"nobody_appointed\"", &["my.jsonl:6:", "nobody_appointed"]),
        ("\"elector_vote\"", "\"electors_vote\"", &["my.jsonl:8:", "electors_vote"]),
        ("\"jurisdiction\": \"N\", \"slate\"", "\"slate\"", &["my.jsonl:2:", "`jurisdiction`"]),
        ("[\"script\"]", "[\"scrap\"]", &["my.jsonl:2:", "`sources`", "scrap"]),
        ("[\"script\"]", "[]", &["my.jsonl:2:", "`sources`", "at least one"]),
        ("\"e.asc\",", "\"n.asc\",", &["my.jsonl:3:", "`statement`", "used before"]),
        ("T12:00:00Z", " 12:00", &["my.jsonl:2:", "RFC 3339"]),
        ("\"ada\": 5", "\"eve\": 5", &["my.jsonl:8:", "`person`", "eve"]),
        ("\"paper\"}\n", "\"paper\"\n", &["my.jsonl:2:"]),
    ];
    for (old, new, says) in rows {
        assert!(good.contains(old), "`{old}`");
        std::fs::write(&path, good.replacen(old, new, 1)).unwrap();
        let said = whatif(&college, &path, &[]);
        assert_eq!(said.code, 2, "{new}: {}", said.out);
        assert!(says.iter().all(|w| said.err.contains(w)), "{new}: {}", said.err);
    }
    for (text, says) in [("", "no act in it"), ("# nothing\n\n", "no act in it")] {
        std::fs::write(&path, text).unwrap();
        let said = whatif(&college, &path, &[]);
        assert_eq!((said.code, said.err.contains(says)), (2, true), "{}", said.err);
    }
    let said = whatif(&college, &scratch.join("none.jsonl"), &[]);
    assert_eq!((said.code, said.err.contains("none.jsonl")), (2, true), "{}", said.err);
    // An act of the record is not said twice under one name.
    let ids = std::fs::read_to_string(root().join(script("one-state.jsonl"))).unwrap();
    std::fs::write(&path, ids.replace("if.ca.vote", "ca.vote")).unwrap();
    let said = whatif(Path::new("us-2020"), &path, &[]);
    assert_eq!((said.code, said.err.contains("used before")), (2, true), "{}", said.err);
}

/// Names are text in a Markdown page, whatever stands in them: no column, heading, link or markup more.
#[test]
fn names_make_no_markup() {
    let scratch = Scratch::new("markdown");
    let college = college(&scratch);
    let page = |name: &str| {
        let head =
            std::fs::read_to_string(root().join("crates/standing/tests/fixtures/college/election.toml"))
                .unwrap();
        let name = serde_json::to_string(name).unwrap();
        let head = head
            .replace("\"An election nobody held\"", &name)
            .replace("\"Ada\"", &name)
            .replace("\"Ada of the tests\"", &name);
        std::fs::write(college.join("election.toml"), head).unwrap();
        std::fs::create_dir_all(college.join("acts")).unwrap();
        let acts = std::fs::read_to_string(root().join(script("replaced.jsonl")))
            .unwrap()
            .replace("\"script\"", "\"paper\"");
        std::fs::write(college.join("acts/all.jsonl"), acts).unwrap();
        let said = ascertain(&["why", college.to_str().unwrap(), "--as-of", "2040-12-18", "--markdown"]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    // What is left of a line when everything escaped is gone, and every word.
    let shape = |page: &str| {
        let mut shape = String::new();
        let mut chars = page.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                c if c == '\n' || (c.is_ascii_punctuation() && !".,;:()'/%\"".contains(c)) => shape.push(c),
                _ => {}
            }
        }
        shape
    };
    let plain = shape(&page("Ada"));
    for name in [
        "**Ada** | _x_",
        "# Ada",
        "- Ada",
        "1. Ada",
        "[Ada](x)",
        "![Ada](x)",
        "<b>Ada</b>",
        "`Ada`",
        "A\nda\n\n# B",
        "~~A~~ &lt; $a$",
        "\\|",
    ] {
        assert_eq!(shape(&page(name)), plain, "{name}");
    }
}
