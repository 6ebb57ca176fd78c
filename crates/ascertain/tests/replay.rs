//! The road on the real 2020 election: each policy at its instant, one release, two identical runs.

use std::collections::BTreeMap;
use std::path::Path;

use crate::run::{Scratch, ascertain, last_json};

/// Replays with a policy and checks when and what was released; every proof must verify.
fn check(policy: &str, at: &str, telegrams: &[(&str, &str)]) {
    let scratch = Scratch::new("replay");
    let out = scratch.join("o");
    let place = out.to_str().unwrap();
    let said = ascertain(&["replay", "us-2020", "--policy", policy, "--out", place, "--json"]);
    assert_eq!(said.code, 0, "{policy}: {}", said.err);
    let summary = last_json(&said);
    assert_eq!(summary["state"], "met", "{policy}");
    assert_eq!(summary["decision"]["at"], at, "{policy}");
    assert_eq!(summary["decision"]["outcome"]["id"], "biden");
    for (id, state) in telegrams {
        let rows = summary["telegrams"].as_array().unwrap();
        let row =
            rows.iter().find(|t| t["id"] == *id).unwrap_or_else(|| panic!("{policy}: no telegram {id}"));
        assert_eq!(row["state"], *state, "{policy}: {id}");
        assert_eq!(row["released_at"].is_null(), *state != "released", "{policy}: {id}");
    }
    for name in ["decision.proof", "decision.brief.proof"] {
        let proof = out.join(name);
        let said = ascertain(&["verify", proof.to_str().unwrap(), "--json"]);
        assert_eq!(
            (said.code, last_json(&said)["holds"].as_bool()),
            (0, Some(true)),
            "{policy} {name}: {}",
            said.out
        );
    }
    let names: Vec<String> = files(&out).into_keys().filter(|f| f.ends_with(".eml")).collect();
    assert_eq!(names, ["outbox/biden--embassy-washington.eml", "outbox/biden--transition-office.eml"]);
    assert!(
        files(&out.join("keys")).keys().all(|k| k.starts_with("biden.")),
        "a key of a void telegram is left"
    );
}

fn files(under: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                into.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(under, under, &mut found);
    found
}

const LOSERS: [(&str, &str); 3] = [("biden", "released"), ("trump", "void"), ("nobody", "void")];

#[test]
fn electors_voted_falls_with_californias_report() {
    check("electors-voted", "2020-12-14T22:33:59Z", &LOSERS);
}

#[test]
fn tv_consensus_falls_on_the_seventh_of_november() {
    check("tv-consensus", "2020-11-07T16:26:59Z", &LOSERS);
}

#[test]
fn ascertained_majority_falls_when_the_record_knows() {
    check("ascertained-majority", "2020-12-14T22:33:59Z", &LOSERS);
}

#[test]
fn declared_falls_in_the_small_hours_of_the_seventh_of_january() {
    check("declared-by-congress", "2021-01-07T08:45:59Z", &LOSERS);
}

#[test]
fn in_office_falls_at_noon_on_the_twentieth() {
    check("in-office", "2021-01-20T17:00:00Z", &LOSERS);
}

#[test]
fn before_the_instant_everything_stays_held() {
    let scratch = Scratch::new("before");
    let out = scratch.join("o");
    let place = out.to_str().unwrap();
    for as_of in ["2020-12-13", "2020-12-14T17:00:00-05:00", "2020-12-14T22:33:58Z"] {
        let said = ascertain(&["replay", "us-2020", "--as-of", as_of, "--out", place, "--json"]);
        let summary = last_json(&said);
        assert_eq!((said.code, summary["state"].as_str()), (1, Some("not_yet")), "{as_of}: {}", said.err);
        assert!(summary["telegrams"].as_array().unwrap().iter().all(|t| t["state"] == "held"), "{as_of}");
        assert!(summary["proof"].is_null() && !out.join("decision.proof").exists(), "{as_of}");
        assert!(files(&out).keys().all(|f| !f.ends_with(".eml")), "{as_of}");
    }
    let figures = |as_of: &str| {
        let why = last_json(&ascertain(&["why", "us-2020", "--as-of", as_of, "--json"]));
        let levels = why["offices"][0]["levels"].as_array().unwrap().clone();
        levels.iter().find(|l| l["level"] == "voted").unwrap()["figures"].as_str().unwrap().to_owned()
    };
    assert!(figures("2020-12-14T17:00:00-05:00").starts_with("Biden 240, Trump 229;"));
    assert!(figures("2020-12-14T23:59:00-05:00").starts_with("Biden 306, Trump 232;"));
}

#[test]
fn why_names_the_clause_the_actor_and_the_date() {
    let said = ascertain(&["why", "us-2020", "--as-of", "2020-12-13", "--json"]);
    let why = last_json(&said);
    assert_eq!((said.code, why["state"].as_str()), (1, Some("not_yet")));
    let missing = &why["offices"][0]["missing"][0];
    assert_eq!(missing["by"], "2020-12-14");
    assert_eq!(missing["who"], "the electors of 51 jurisdictions");
    assert!(missing["cite"].as_str().unwrap().starts_with("3 U.S.C. § 7"));
    let met = ascertain(&["why", "us-2020", "--as-of", "2020-12-15", "--json"]);
    let acts = last_json(&met)["without_effect"].as_array().unwrap().clone();
    let purported = acts.iter().filter(|a| a["act"].as_str().unwrap().ends_with(".purported")).count();
    assert_eq!((met.code, purported), (0, 7));
}

#[test]
fn two_runs_give_the_same_bytes() {
    let scratch = Scratch::new("twice");
    let run = |name: &str| {
        let out = scratch.join(name);
        let said = ascertain(&["replay", "us-2020", "--out", out.to_str().unwrap()]);
        assert_eq!(said.code, 0, "{}", said.err);
        let mut found = files(&out);
        found.retain(|f, _| f.ends_with(".eml") || f.ends_with(".proof"));
        assert_eq!(found.len(), 4);
        found
    };
    assert!(run("a") == run("b"), "two runs differ");
}

#[test]
fn a_scratch_place_is_cleared_and_nothing_else_is_touched() {
    let scratch = Scratch::new("clear");
    let out = scratch.join("o");
    std::fs::create_dir_all(out.join("outbox")).unwrap();
    std::fs::write(out.join("outbox/mine.txt"), "keep").unwrap();
    std::fs::write(out.join("notes.md"), "keep").unwrap();
    let place = out.to_str().unwrap();
    assert_eq!(ascertain(&["replay", "us-2020", "--out", place]).code, 0);
    assert_eq!(ascertain(&["replay", "us-2020", "--out", place, "--as-of", "2020-12-01"]).code, 1);
    let left: Vec<String> =
        files(&out).into_keys().filter(|f| f.ends_with(".eml") || f.ends_with(".proof")).collect();
    assert_eq!(left, Vec::<String>::new(), "an earlier release was left standing");
    assert_eq!(std::fs::read_to_string(out.join("outbox/mine.txt")).unwrap(), "keep");
    assert_eq!(std::fs::read_to_string(out.join("notes.md")).unwrap(), "keep");
}
