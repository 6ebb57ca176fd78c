//! SIGKILL between any two steps of a release, then start again: one decision, one release, nothing lost.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::run::{Scratch, ascertain, last_json, program, root};

fn words<'a>(out: &'a str, data: &'a str) -> Vec<&'a str> {
    vec![
        "replay",
        "us-2020",
        "--policy",
        "tv-consensus",
        "--as-of",
        "2020-11-08",
        "--out",
        out,
        "--data",
        data,
        "--json",
    ]
}

/// Runs until the given step and kills there; `None` when the run has no such step.
fn kill_at(step: u32, out: &Path, data: &Path) -> Option<String> {
    let n = step.to_string();
    let mut child = program()
        .args(words(out.to_str().unwrap(), data.to_str().unwrap()))
        .args(["--pause-at", &n])
        .current_dir(root())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    // `kill` is SIGKILL: the process gets no chance to tidy up.
    child.kill().unwrap();
    child.wait().unwrap();
    line.strip_prefix(&format!("paused at step {n}: ")).map(|s| s.trim().to_owned())
}

/// After the last start: exactly one of everything, and the proof holds.
fn check(step: &str, scratch: &Scratch, reference: &[u8]) {
    let (out, data) = (scratch.join("o"), scratch.join("d"));
    let said = ascertain(&words(out.to_str().unwrap(), data.to_str().unwrap()));
    assert_eq!(said.code, 0, "{step}: {}", said.err);
    let summary = last_json(&said);
    let states: Vec<_> =
        summary["telegrams"].as_array().unwrap().iter().map(|t| t["state"].clone()).collect();
    assert_eq!(states, ["released", "void", "void"], "{step}");
    let data = data.to_str().unwrap();
    let status = last_json(&ascertain(&["telegram", "status", "--data", data, "--json"]));
    for recipient in status[0]["recipients"].as_array().unwrap() {
        assert!(recipient[1].as_str().unwrap().starts_with("acknowledged"), "{step}: {recipient}");
    }
    assert_eq!(
        std::fs::read_dir(out.join("outbox")).unwrap().count(),
        2,
        "{step}: a file is missing or left over"
    );
    let record = last_json(&ascertain(&["record", "verify", "--data", data, "--json"]));
    assert_eq!(record["holds"], true, "{step}: {record}");
    let shown = ascertain(&["record", "show", "--data", data, "--json"]);
    let count = |what: &str| shown.out.lines().filter(|l| l.contains(what)).count();
    assert_eq!(count("\"body\":{\"decision\""), 1, "{step}: one decision");
    assert_eq!(count("\"state\":\"released\""), 1, "{step}: one release");
    assert_eq!(count("\"state\":\"void\""), 2, "{step}");
    assert!(
        std::fs::read(out.join("decision.proof")).unwrap() == reference,
        "{step}: another proof than undisturbed"
    );
}

#[test]
fn killed_between_any_two_steps() {
    let undisturbed = Scratch::new("undisturbed");
    let (out, data) = (undisturbed.join("o"), undisturbed.join("d"));
    let said = ascertain(&words(out.to_str().unwrap(), data.to_str().unwrap()));
    assert_eq!(said.code, 0, "{}", said.err);
    let reference = std::fs::read(out.join("decision.proof")).unwrap();
    let mut steps = Vec::new();
    for step in 1..200 {
        let scratch = Scratch::new("kill");
        let Some(name) = kill_at(step, &scratch.join("o"), &scratch.join("d")) else { break };
        check(&format!("step {step}, {name}"), &scratch, &reference);
        steps.push(name);
    }
    assert!(steps.len() >= 20, "only {} steps: {steps:?}", steps.len());
    for wanted in [
        "decision and the release are committed",
        "attempt is recorded",
        "key is destroyed",
        "answer is stored",
    ] {
        assert!(steps.iter().any(|s| s.contains(wanted)), "no step is about `{wanted}`");
    }
}

#[test]
fn killed_again_and_again() {
    let undisturbed = Scratch::new("undisturbed");
    let (out, data) = (undisturbed.join("o"), undisturbed.join("d"));
    assert_eq!(ascertain(&words(out.to_str().unwrap(), data.to_str().unwrap())).code, 0);
    let reference = std::fs::read(out.join("decision.proof")).unwrap();
    for every in [2, 3, 5] {
        let scratch = Scratch::new("again");
        let mut kills = 0;
        // Some steps come again on every start, so the killing stops some time; what is left then is finished.
        while kills < 12 && kill_at(every, &scratch.join("o"), &scratch.join("d")).is_some() {
            kills += 1;
        }
        check(&format!("killed {kills} times, always at step {every}"), &scratch, &reference);
    }
}
