//! What the program prints and reads is as schemas/ says, and the schemas refuse what is not.

mod pattern;
mod validator;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::run::{Scratch, ascertain, history, rewrite, root};
use validator::Schemas;

/// The one check: these documents are valid, and each stops being so when one value is put in (`null` takes it out).
fn check(schema: &str, documents: &[Value], spoiled: &[(&str, Value)]) {
    let schemas = Schemas::read();
    assert!(!documents.is_empty(), "{schema}: nothing to check");
    for document in documents {
        let faults = schemas.faults(schema, document);
        assert!(faults.is_empty(), "{schema}: {}\nin {document}", faults.join("\n"));
    }
    for (pointer, value) in spoiled {
        let mut document = documents[0].clone();
        put(&mut document, pointer, value.clone());
        assert!(!schemas.faults(schema, &document).is_empty(), "{schema}: {pointer} = {value} is accepted");
    }
}

fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer} to spoil"));
    match (parent, value) {
        (Value::Object(o), Value::Null) => assert!(o.remove(key).is_some(), "no {pointer} to take out"),
        (Value::Object(o), value) => drop(o.insert(key.to_owned(), value)),
        (Value::Array(a), value) => a[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer} leads into no object"),
    }
}

/// The JSON lines a command prints.
fn said(words: &[&str]) -> Vec<Value> {
    let said = ascertain(words);
    assert!(said.code < 2, "{words:?}: {}", said.err);
    said.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn toml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every TOML file in a folder of the repository.
fn tomls(folder: &str) -> Vec<Value> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|e| e.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths.iter().map(|p| toml(p)).collect()
}

#[test]
fn replays() {
    let scratch = Scratch::new("schemas");
    let runs: [(&str, &[&str]); 5] = [
        ("met", &[]),
        ("not-yet", &["--as-of", "2020-12-13"]),
        ("tv", &["--policy", "tv-consensus"]),
        ("in-office", &["--policy", "in-office"]),
        ("overtaken", &["--policy", "tv-consensus"]),
    ];
    let mut summaries = Vec::new();
    let (mut events, mut not_yet, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    let retracted = retracted(&scratch);
    for (name, more) in runs {
        let out = scratch.join(name);
        let election = if name == "overtaken" { retracted.to_str().unwrap() } else { "us-2020" };
        let mut lines =
            said(&[&["replay", election, "--json", "--out", out.to_str().unwrap()], more].concat());
        summaries.extend(lines.pop());
        for line in lines {
            match line["event"].as_str() {
                Some("not_yet") => not_yet.push(line),
                Some("decision") => decisions.push(line),
                _ => events.push(line),
            }
        }
    }
    let states: Vec<_> = summaries.iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["met", "not_yet", "met", "met", "met"]);
    assert!(summaries[4]["decision"]["overtaken"].is_string(), "{}", summaries[4]);
    let spoiled = [
        ("/as_of", json!("2020-12-14")),
        ("/decision", Value::Null),
        ("/decision/outcome/kind", json!("nobody")),
        ("/telegrams/0/state", json!("sent")),
        ("/telegrams/1/for/kind", json!("somebody")),
        ("/policy/sha256", json!("2EE0")),
        ("/decision/overtaken", json!(true)),
        ("/state", json!("not_yet")),
        ("/more", json!(1)),
    ];
    check("replay", &summaries, &spoiled);
    check("replay#/$defs/event", &events, &[("/event", json!("decision")), ("/acts", json!([1]))]);
    let spoiled =
        [("/state", json!("met")), ("/missing/0/cite", Value::Null), ("/missing/0/by", json!("soon"))];
    check("replay#/$defs/not_yet", &not_yet, &spoiled);
    let spoiled =
        [("/decision/outcome/kind", json!("annulled")), ("/decision/relied/0/statement", json!(-1))];
    check("replay#/$defs/decision", &decisions, &spoiled);
}

/// A copy of 2020 in which every call of the whole election is retracted a day later.
fn retracted(scratch: &Scratch) -> PathBuf {
    let folder = history(scratch, "us-2020");
    rewrite(&folder, "10-calls.jsonl", |call| {
        let mut retraction = call.clone();
        let id = call["id"].as_str().unwrap();
        if !id.ends_with(".call.us") {
            return vec![call];
        }
        let hour = "2020-11-08T12:00:00-05:00";
        retraction["id"] = json!(format!("{id}.retracted"));
        retraction["kind"] = json!("contrary_statement");
        retraction["retracts"] = json!(id);
        retraction["issued"] = json!({"not_before": hour, "not_before_basis": "act", "not_after": hour, "not_after_basis": "act"});
        retraction["known_at"] = json!(hour);
        vec![call, retraction]
    });
    folder
}

#[test]
fn drills() {
    let pages = said(&["drill", "us-2028", "--script", "drills/us-2028.toml", "--json"]);
    let spoiled = [
        ("/drill", json!(false)),
        ("/as_expected", json!("yes")),
        ("/policy_sha256", json!("ab")),
        ("/decision/overtaken", json!("later")),
        ("/decision/outcome/kind", json!("contested")),
        ("/telegrams/0/state", json!("sent")),
        ("/telegrams/0/recipients/0/progress", json!("waiting")),
        ("/telegrams/0/recipients/0/address", json!("drill:embassy")),
        ("/otherwise/0/because", Value::Null),
        ("/ledger/0/duplicates", json!(-1)),
        ("/findings/0/severity", json!("fatal")),
        ("/timeline/0/line", json!(0)),
        ("/timeline/0/kind", json!("rumour")),
    ];
    check("drill", &pages, &spoiled);
}

#[test]
fn backtests() {
    let pages = said(&["backtest", "--all", "--json"]);
    let runs = pages[0]["runs"].as_array().unwrap();
    let results: std::collections::BTreeSet<&str> =
        runs.iter().map(|r| r["result"].as_str().unwrap()).collect();
    assert_eq!(
        results.into_iter().collect::<Vec<_>>(),
        ["cannot_be_met", "fired", "never", "not_applicable"]
    );
    let undone = runs.iter().position(|r| !r["undone"].is_null()).unwrap();
    let spoiled = [
        ("/runs/0/result", json!("met")),
        ("/runs/0/sha256", json!("ab")),
        (&*format!("/runs/{undone}/undone/at"), json!("later")),
        (&*format!("/runs/{undone}/outcome/kind"), json!("contested")),
        (&*format!("/runs/{undone}/days_after_vote"), json!("1")),
    ];
    check("backtest", &pages, &spoiled);
}

#[test]
fn lints() {
    let walks = ["lint", "market-three-networks", "--walks", "20", "--json"];
    let mut pages = said(&["lint", "electors-voted", "--for", "us-2020", "--json"]);
    pages.extend(said(&walks));
    pages.extend(said(&["lint", "declared-by-authority", "--for", "ke-2017-president", "--json"]));
    let spoiled = [
        ("/findings/0/code", json!("two")),
        ("/findings/0/severity", json!("grave")),
        ("/findings/0/story/0/at", json!("soon")),
        ("/exhaustive", Value::Null),
        ("/states", json!(-1)),
    ];
    check("lint", &pages, &spoiled);
}

#[test]
fn reasons() {
    let mut pages = Vec::new();
    let rows: [&[&str]; 5] = [
        &["--as-of", "2020-12-13"],
        &["--as-of", "2020-12-15"],
        &["--as-of", "2020-12-15", "--known-at", "2020-12-10"],
        &["--policy", "in-office"],
        &["--policy", "tv-consensus", "--as-of", "2020-11-03"],
    ];
    for more in rows {
        pages.extend(said(&[&["why", "us-2020", "--json"], more].concat()));
    }
    let states: Vec<_> = pages.iter().map(|p| p["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["not_yet", "met", "not_yet", "met", "not_yet"]);
    let spoiled = [
        ("/state", json!("NOT YET")),
        ("/offices/0/levels/0/person", json!("biden")),
        ("/offices/0/levels/0/because/0/cite", Value::Null),
        ("/offices/0/missing/0/who", json!("")),
        ("/recheck_at", json!("2021-01-20T17:00:00+00:00")),
    ];
    check("why", &pages, &spoiled);
}

#[test]
fn suppositions() {
    let scratch = Scratch::new("schemas");
    let college = crate::whatif::college(&scratch);
    let script = |name: &str| format!("crates/ascertain/tests/whatif/{name}");
    let pages = [
        said(&["whatif", college.to_str().unwrap(), "--script", &script("replaced.jsonl"), "--json"]),
        said(&["whatif", "us-2020", "--script", &script("after-the-vote.jsonl"), "--json"]),
        said(&[
            "whatif",
            "us-2020",
            "--script",
            &script("one-state.jsonl"),
            "--known-at",
            "2020-12-13",
            "--json",
        ]),
    ]
    .concat();
    let spoiled = [
        ("/steps/0/levels/0/change", json!("won")),
        ("/steps/0/act/line", json!(0)),
        ("/steps/0/act/kind", json!("tweet")),
        ("/steps/0/answer/state", json!("official")),
        ("/released/outcome/kind", json!("somebody")),
        ("/before/missing/0/who", json!("")),
        ("/after", Value::Null),
    ];
    check("whatif", &pages, &spoiled);
    let scripts = ["replaced.jsonl", "after-the-vote.jsonl", "one-state.jsonl"].map(|name| {
        let text = std::fs::read_to_string(root().join(script(name))).unwrap();
        let acts = text.lines().filter(|l| l.starts_with('{'));
        acts.map(|l| serde_json::from_str::<Value>(l).unwrap()).collect::<Vec<_>>()
    });
    check("act", &scripts.concat(), &[("/kind", json!("tweet"))]);
}

#[test]
fn proofs_and_trust() {
    let scratch = Scratch::new("schemas");
    let (folder, out) = (history(&scratch, "us-2020"), scratch.join("o"));
    let summary = said(&["replay", folder.to_str().unwrap(), "--json", "--out", out.to_str().unwrap()]).pop();
    check("replay", &[summary.unwrap()], &[("/trust", json!(7))]);
    let trust = out.join("trust.toml");
    let spoiled = [
        ("/class", json!("test")),
        ("/pins/acts/0/leaf", json!("ab")),
        ("/log", json!("AAAA")),
        ("/log", Value::Null),
    ];
    check("trust", &[toml(&trust)], &spoiled);

    let garbage = scratch.join("garbage");
    std::fs::write(&garbage, "no proof\n").unwrap();
    let cut = scratch.join("cut");
    let text = std::fs::read_to_string(out.join("decision.proof")).unwrap();
    std::fs::write(&cut, text.replacen("us-2020", "us-2021", 1)).unwrap();
    let mut reports = Vec::new();
    for file in [&out.join("decision.proof"), &out.join("decision.brief.proof"), &cut, &garbage] {
        let words = ["verify", file.to_str().unwrap(), "--trust", trust.to_str().unwrap(), "--json"];
        reports.extend(said(&words));
    }
    let kinds: Vec<_> = reports.iter().map(|r| (r["holds"].as_bool().unwrap(), r["kind"].as_str())).collect();
    assert_eq!(kinds[..2], [(true, Some("full")), (true, Some("brief"))]);
    assert_eq!((kinds[2].0, kinds[3]), (false, (false, None)));
    let spoiled = [
        ("/verdict", json!("does not hold")),
        ("/checks/0/holds", json!(false)),
        ("/checks/0/name", json!("shape")),
        ("/kind", json!("short")),
    ];
    check("verify", &reports, &spoiled);
}

#[test]
fn policies() {
    let list = said(&["policy", "list", "--json"]);
    let show = said(&["policy", "show", "electors-voted", "--json"]);
    let hash = said(&["policy", "hash", "electors-voted", "--json"]);
    let canonical: Vec<Value> = list[0].as_array().unwrap().iter().map(canonical).collect();
    check("policy-output#/$defs/list", &list, &[("/0/sha256", json!("no")), ("/0/english", json!([]))]);
    check("policy-output#/$defs/show", &show, &[("/canonical", Value::Null)]);
    check("policy-output#/$defs/hash", &hash, &[("/summary", json!("more than asked"))]);
    let checks = [
        said(&["policy", "check", "electors-voted", "--for", "us-2028", "--json"]),
        said(&["policy", "check", "electors-voted", "--json"]),
        said(&["policy", "check", "deny.toml", "--json"]),
    ]
    .concat();
    let spoiled = [("/holds", json!(false)), ("/policy", Value::Null), ("/fault", json!({"line": 1}))];
    check("policy-output#/$defs/check", &checks, &spoiled);
    let diffs = [
        said(&["policy", "diff", "electors-voted", "in-office", "--json"]),
        said(&["policy", "diff", "electors-voted", "electors-voted", "--json"]),
    ]
    .concat();
    let spoiled = [("/differences/0/clause", json!("summary")), ("/a/sha256", json!("2EE0"))];
    check("policy-output#/$defs/diff", &diffs, &spoiled);
    check("policy-output", &[list, show, hash, checks, diffs].concat(), &[("/0/name", Value::Null)]);
    let spoiled =
        [("/nobody/action", json!("guess")), ("/person/when", json!("elected")), ("/never", Value::Null)];
    check("policy", &canonical, &spoiled);
    check("policy", &tomls("policies"), &spoiled);
}

fn canonical(shown: &Value) -> Value {
    serde_json::from_str(shown["canonical"].as_str().unwrap()).unwrap()
}

#[test]
fn data_folders() {
    let scratch = Scratch::new("schemas");
    let (out, data) = (scratch.join("o"), scratch.join("d"));
    let (out, data) = (out.to_str().unwrap(), data.to_str().unwrap());
    let status = || said(&["telegram", "status", "--json", "--data", data]);
    said(&["replay", "us-2020", "--out", out, "--data", data, "--as-of", "2020-12-13", "--json"]);
    let held = status();
    said(&["replay", "us-2020", "--out", out, "--data", data, "--json"]);
    let spoiled = [("/0/state", json!("sent")), ("/0/recipients/0", json!(["one"])), ("/0/for", Value::Null)];
    check("telegram-status", &[status(), held].concat(), &spoiled);

    let entries = said(&["record", "show", "--json", "--data", data]);
    let mut acts = Vec::new();
    for entry in &entries {
        let mut act = entry["body"]["act"].clone();
        if let Some(a) = act.as_object_mut() {
            a.insert("known_at".into(), entry["known_at"].clone());
            acts.push(act);
        }
    }
    check("act", &acts, &[]);
    let spoiled = [
        ("/class", json!("history")),
        ("/body/approval/telegram", Value::Null),
        ("/body/act", json!({})),
        ("/index", json!(1.5)),
    ];
    check("record#/$defs/entry", &entries, &spoiled);
    let mut erased = entries[0].clone();
    erased["body"] = Value::Null;
    check("record", &[erased], &[("/leaf", Value::Null)]);
    let verified = said(&["record", "verify", "--json", "--data", data]);
    let spoiled =
        [("/holds", json!(false)), ("/findings", json!(["entry 3: forged"])), ("/size", json!("all"))];
    check("record", &verified, &spoiled);
}

#[test]
fn own_records() {
    let scratch = Scratch::new("schemas");
    let (data, guard) = (scratch.join("d"), scratch.join("g"));
    let (data, guard) = (data.to_str().unwrap(), guard.to_str().unwrap());
    let run = |words: &[&str]| said(&[&["record"], words, &["--json", "--data", data]].concat());
    let made = run(&["init", "--origin", "drill/schemas", "--guard", guard]);
    check(
        "record#/$defs/init",
        &made,
        &[("/class", json!("other")), ("/log", json!("a+b")), ("/guard", Value::Null)],
    );
    let key = run(&["key", "new", "--use", "attester", "--name", "alice"]);
    let spoiled = [("/use", json!("clerk")), ("/key", json!("AAAA")), ("/until", Value::Null)];
    check("record#/$defs/key_row", &key, &spoiled);
    let file = scratch.join("acts.jsonl");
    std::fs::write(&file, crate::own_record::act("one")).unwrap();
    let file = file.to_str().unwrap();
    let append = |ack| run(&["append", file, "--key", "alice", "--election", "us-2028", "--ack", ack]);
    let appended = [append("published"), append("durable"), append("witnessed")].concat();
    let spoiled =
        [("/acknowledged", json!("seen")), ("/statements/0/state", json!("old")), ("/root", Value::Null)];
    check("record#/$defs/appended", &appended, &spoiled);
    check("record#/$defs/key_row", &run(&["key", "rotate", "alice"]), &[]);
    check("record#/$defs/keys", &run(&["key", "list"]), &[("/0/id", json!("x"))]);
    check("record#/$defs/entry", &run(&["show"]), &[("/body/key/use", json!("clerk"))]);
    check("record#/$defs/verify", &[run(&["verify"]), run(&["fsck"])].concat(), &[("/files", Value::Null)]);
    check("record#/$defs/asked", &run(&["witness", "ask"]), &[("/witnesses", json!([{"name": "w"}]))]);
    check("record#/$defs/stands", &run(&["rebuild"]), &[("/size", json!(-1))]);
    check("record#/$defs/erased", &run(&["erase", "one"]), &[("/erased", json!("yes"))]);
    let proof = scratch.join("p");
    let proof = proof.to_str().unwrap();
    let whole = ["record", "proof", "one", "--data", data, "--out", proof];
    assert_eq!(ascertain(&whole).code, 0);
    let log = made[0]["log"].as_str().unwrap().to_owned();
    let proved = || said(&["record", "verify", proof, "--log", &log, "--json"]);
    let good = proved();
    std::fs::write(proof, "c2sp.org/tlog-proof@v1\n").unwrap();
    let spoiled = [("/verdict", json!("fine")), ("/class", json!("other")), ("/index", Value::Null)];
    check("record#/$defs/proved", &[good, proved()].concat(), &spoiled);
}

#[test]
fn elections() {
    let listed = said(&["elections", "--json"]);
    check("elections", &listed, &[("/0/id", json!("US 2020")), ("/0/acts", Value::Null)]);
    let mut all = Vec::new();
    for row in listed[0].as_array().unwrap() {
        let acts = acts_of(row["id"].as_str().unwrap());
        assert_eq!(row["acts"], json!(acts.len()), "acts of {} were left out", row["id"]);
        all.extend(acts);
    }
    let spoiled = [
        ("/kind", json!("tweet")),
        ("/sources", json!([])),
        ("/known_at", json!("2020-12-14")),
        ("/ballots", json!([{"elector": "", "votes": {}}])),
        ("/announce", json!("alternative")),
    ];
    check("act", &all, &spoiled);
    let of = |kind: &str| all.iter().filter(|a| a["kind"] == kind).cloned().collect::<Vec<_>>();
    let spoiled = [("/states", json!({"NY": 3})), ("/ballot", Value::Null), ("/votes", json!({}))];
    check("act", &of("contingent_vote"), &spoiled);
    check("act", &of("object"), &[("/ground", json!("fraud")), ("/office", json!("president"))]);
    check("act", &of("declare"), &[("/without", json!({"GA": 9})), ("/announce", json!("alternative"))]);
    let spoiled =
        [("/ballots", json!([{"elector": "A", "votes": {"president": 1}}])), ("/states", json!({}))];
    check("act", &of("elector_vote"), &spoiled);
    let announced: Vec<_> = of("order").into_iter().filter(|a| a["announce"].is_string()).collect();
    check("act", &announced, &[("/jurisdiction", Value::Null), ("/announce", json!("twice"))]);

    let college = "crates/standing/tests/fixtures/college";
    let heads = [
        toml(&root().join("history/us-2020/election.toml")),
        toml(&root().join(college).join("election.toml")),
    ];
    let spoiled = [("/year", json!("2020")), ("/person/0/short", Value::Null), ("/id", json!("US-2020"))];
    check("election", &heads, &spoiled);

    let spoiled = [
        ("/subject", json!("two\nlines")),
        ("/body", json!("Dear {name}")),
        ("/outcome", json!("everybody")),
        ("/outcome/nobody", json!(true)),
        ("/announce", json!("words")),
        ("/recipient", json!([])),
        ("/recipient/0/address", json!("nowhere")),
        ("/recipient/0/channel", json!("fax")),
    ];
    check("telegram", &tomls("history/us-2020/telegrams"), &spoiled);
}

fn acts_of(election: &str) -> Vec<Value> {
    let mut acts = Vec::new();
    let folder = root().join("history").join(election).join("acts");
    let Ok(entries) = std::fs::read_dir(folder) else { return acts };
    for entry in entries {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
        acts.extend(lines.map(|l| serde_json::from_str::<Value>(l).unwrap()));
    }
    acts
}

#[test]
fn counts() {
    let mut counts = said(&["count", "us-1824", "--json", "--by-state"]);
    counts.extend(said(&["count", "us-1872", "--json", "--under", "eca-1887"]));
    counts.extend(said(&["count", "us-1868", "--json", "--through", "electors"]));
    counts.extend(said(&["count", "us-2028", "--json"]));
    let spoiled = [
        ("/offices/0/outcome/kind", json!("won")),
        ("/offices/0/base", json!(-1)),
        ("/offices/0/steps/0/cite", Value::Null),
        ("/offices/0/contingent/ballots/0/number", json!("first")),
        ("/offices/0/by_state/0/votes", json!(3)),
        ("/more", json!(1)),
    ];
    check("count", &counts, &spoiled);
    check("count", &said(&["count", "all", "--json"]), &[("/0/offices", json!([]))]);
    let spoiled = [("/dates/0/date", json!("7 November")), ("/dates/0/weekday", json!("Tue"))];
    check("calendar", &said(&["calendar", "us-2028", "--json"]), &spoiled);
    let mut seats = said(&["apportion", "1860", "--json"]);
    seats.extend(said(&["apportion", "1920", "--json"]));
    seats.extend(said(&[
        "apportion",
        "1880",
        "--method",
        "hamilton",
        "--seats",
        "299",
        "--then",
        "300",
        "--json",
    ]));
    let spoiled = [("/method", json!("vinton")), ("/seats/AL", json!(-1)), ("/enacted", json!(241))];
    check("apportion", &seats, &spoiled);
}

/// The files of a story that is kept.
fn announced(story: &str) -> (Vec<Value>, Vec<Value>) {
    let folder = root().join("crates/ascertain/tests/snapshots/announcements").join(story);
    let read = |path: &Path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let caps = std::fs::read_dir(folder.join("cap")).into_iter().flatten().map(|e| e.unwrap().path());
    let mut caps: Vec<_> = caps.collect();
    caps.sort();
    (caps.iter().map(|path| read(path)).collect(), vec![read(&folder.join("feed.json"))])
}

#[test]
fn announcements() {
    let (mut caps, mut feeds) = announced("corrected");
    for story in ["decided", "drill", "fact", "hostile", "nothing", "override"] {
        let (more, feed) = announced(story);
        caps.extend(more);
        feeds.extend(feed);
    }
    // The first is an overtaking.
    let spoiled = [
        ("/identifier", json!("urn:uuid:1")),
        ("/sender", json!("a,b")),
        ("/sent", json!("2028-12-09T18:40:05Z")),
        ("/status", json!("Test")),
        ("/status", json!("Exercise")),
        ("/msgType", json!("Alert")),
        ("/references", Value::Null),
        ("/references", json!("a,b")),
        ("/info/0/parameter/0/value", json!("won")),
        ("/info/0/parameter/1", json!({"valueName": "recipient", "value": "embassy"})),
        ("/info/0/web", json!("https://example.org/")),
        ("/more", json!(1)),
    ];
    check("announcement", &caps, &spoiled);
    let spoiled = [
        ("/version", json!("1")),
        ("/items/0/id", json!("1")),
        ("/items/0/date_modified", Value::Null),
        ("/items/0/_ascertain/ground", json!("decided")),
        ("/items/0/_ascertain/decision", json!("none")),
        ("/items/0/_ascertain/recipients", json!(7)),
    ];
    check("announcements", &feeds, &spoiled);
}

#[test]
fn laws() {
    let mut procedures = tomls("law/us/president");
    let college = root().join("crates/standing/tests/fixtures/college");
    procedures.push(toml(&college.join("procedure.toml")));
    let spoiled = [
        ("/date/0/formula", json!("easter")),
        ("/authority/0/kind", json!("tweet")),
        ("/counting/chambers", json!([])),
        ("/counting/ballot", json!("triple")),
        ("/counting/rivals", json!({"decided_by": 3})),
        ("/counting/contingent", json!([{"office": "president"}])),
        ("/excluded", json!([{"election": 1864, "states": [], "cite": "x"}])),
        ("/fixed", json!([{"id": "count", "election": 1876}])),
        ("/in_force_from", json!("1961")),
        ("/cite/0/url", json!("http://example.org")),
        ("/office/0/cite", Value::Null),
    ];
    check("law", &procedures, &spoiled);
    check("law#/$defs/procedure", &procedures, &[("/state", json!([]))]);
    let methods = [toml(&root().join("law/us/appointment.toml"))];
    check("law", &methods, &[("/method/0/method", json!("lot")), ("/compact/0/states", json!([]))]);
    let mut seats = tomls("law/us/apportionment");
    seats.push(toml(&college.join("seats.toml")));
    let spoiled = [
        ("/state/0/representatives", json!(-1)),
        ("/state/0/population", json!(0)),
        ("/seats_cite", Value::Null),
        ("/census", json!({"year": 1790, "method": "jefferson", "cite": "x"})),
    ];
    check("law", &seats, &spoiled);
}

#[test]
fn every_schema_is_played() {
    let text = std::fs::read_to_string(root().join("crates/ascertain/tests/schemas.rs")).unwrap();
    let text: String = text.split_whitespace().collect();
    for name in Schemas::read().names() {
        let checks = ["\"", "#"].iter().any(|end| text.contains(&format!("check(\"{name}{end}")));
        assert!(checks, "schemas/{name}.schema.json is checked against nothing");
    }
}
