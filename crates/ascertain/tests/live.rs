//! A folder that grows: the same store is resumed, what is recorded stays, and nothing of others is overwritten.

use std::path::Path;

use crate::run::{Said, Scratch, ascertain, history, last_json};

struct Growing {
    scratch: Scratch,
    acts: Vec<(String, String)>,
}

/// A copy of 2020 without its acts, which come later.
fn growing() -> Growing {
    let scratch = Scratch::new("live");
    let folder = history(&scratch, "us-2020");
    let mut acts = Vec::new();
    for entry in std::fs::read_dir(folder.join("acts")).unwrap() {
        let path = entry.unwrap().path();
        acts.push((
            path.file_name().unwrap().to_string_lossy().into_owned(),
            std::fs::read_to_string(&path).unwrap(),
        ));
    }
    Growing { scratch, acts }
}

/// Leaves only acts known by `until` in the folder, and replays into the kept store.
fn check(g: &Growing, until: &str, state: &str) -> Said {
    let folder = g.scratch.join("us-2020");
    for (file, text) in &g.acts {
        let known = |l: &&str| {
            let line: serde_json::Value = serde_json::from_str(l).unwrap();
            line["known_at"].as_str().unwrap() <= until
        };
        let kept: String = text.lines().filter(known).map(|l| format!("{l}\n")).collect();
        std::fs::write(folder.join("acts").join(file), kept).unwrap();
    }
    let said = run(g, until);
    assert_eq!(
        last_json(&said)["state"],
        state,
        "{until}: {} {}",
        said.out.lines().last().unwrap_or(""),
        said.err
    );
    said
}

fn run(g: &Growing, as_of: &str) -> Said {
    let (folder, out, data) = (g.scratch.join("us-2020"), g.scratch.join("o"), g.scratch.join("d"));
    let words = [folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--data", data.to_str().unwrap()];
    ascertain(&[&["replay"], &words[..], &["--as-of", as_of, "--json"]].concat())
}

#[test]
fn acts_come_one_after_another() {
    let g = growing();
    check(&g, "2020-11-30T00:00:00-05:00", "not_yet");
    check(&g, "2020-12-14T17:10:00-05:00", "not_yet");
    let met = check(&g, "2020-12-14T18:00:00-05:00", "met");
    assert_eq!(last_json(&met)["decision"]["at"], "2020-12-14T22:33:59Z");
    let after = check(&g, "2021-01-07T12:00:00-05:00", "met");
    assert_eq!(last_json(&after)["decision"]["root"], last_json(&met)["decision"]["root"]);
    let data = g.scratch.join("d");
    assert_eq!(ascertain(&["record", "verify", "--data", data.to_str().unwrap()]).code, 0);
    // Grown step by step or replayed at once, the decision is the same.
    let once = ascertain(&["replay", "us-2020", "--out", g.scratch.join("p").to_str().unwrap(), "--json"]);
    assert_eq!(last_json(&once)["decision"]["root"], last_json(&met)["decision"]["root"]);
}

#[test]
fn what_is_recorded_cannot_be_changed_left_out_or_gone_back_before() {
    let g = growing();
    check(&g, "2020-12-01T00:00:00-05:00", "not_yet");
    let back = run(&g, "2020-11-05");
    assert_eq!((back.code, back.err.contains("cannot go back")), (2, true), "{}", back.err);
    let folder = g.scratch.join("us-2020");
    crate::run::rewrite(
        &folder,
        "20-canvass.jsonl",
        |l| if l["id"] == "mi.canvass" { vec![] } else { vec![l] },
    );
    let changed = run(&g, "2020-12-02");
    assert_eq!(
        (changed.code, changed.err.contains("mi.canvass is recorded already")),
        (2, true),
        "{}",
        changed.err
    );
}

#[test]
fn a_kept_store_and_the_files_of_others_are_not_overwritten() {
    let g = growing();
    check(&g, "2020-12-01T00:00:00-05:00", "not_yet");
    let data = g.scratch.join("d");
    let before = std::fs::read(key_of(&data, "biden")).unwrap();
    let said = ascertain(&["replay", "us-2020", "--out", data.to_str().unwrap()]);
    assert_eq!((said.code, said.err.contains("kept store")), (2, true), "{}", said.err);
    assert_eq!(std::fs::read(key_of(&data, "biden")).unwrap(), before);
    for (file, text) in [("store.sqlite", "mine"), ("decision.proof", "mine"), ("keys/mine.key", "mine")] {
        let place = g.scratch.join(&file.replace('/', "-"));
        let path = place.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let said = ascertain(&["replay", "us-2020", "--out", place.to_str().unwrap()]);
        assert_eq!(said.code, if file.starts_with("keys") { 0 } else { 2 }, "{file}: {}", said.err);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{file}");
    }
}

#[test]
fn a_policy_cannot_name_a_place_outside() {
    let scratch = Scratch::new("name");
    let text = std::fs::read_to_string(crate::run::root().join("policies/electors-voted.toml")).unwrap();
    let path = scratch.join("rule.toml");
    for (from, to, says) in [
        ("name = \"electors-voted\"", "name = \"../../x\"", "`name`"),
        ("office = \"president\"", "office = \"king\"", "no office `king`"),
        ("date = \"term\"", "date = \"nope\"", "no date `nope`; expected one of `election-day`"),
        ("\"voted\"", "{ first_of = { sources = [\"bbc\"] } }", "no issuer `bbc`"),
    ] {
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let said = ascertain(&["replay", "us-2020", "--policy", path.to_str().unwrap()]);
        assert_eq!((said.code, said.err.contains(says)), (2, true), "{to}: {}", said.err);
    }
    assert!(!Path::new("x").exists());
}

/// The file of a telegram's one key.
fn key_of(data: &std::path::Path, telegram: &str) -> std::path::PathBuf {
    let keys = std::fs::read_dir(data.join("keys")).unwrap().map(|e| e.unwrap().path());
    let of_it = |p: &std::path::PathBuf| {
        p.file_name().unwrap().to_string_lossy().starts_with(&format!("{telegram}."))
    };
    keys.into_iter().find(of_it).unwrap()
}
