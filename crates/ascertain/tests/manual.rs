//! The manual channel: shown to a person, acknowledged by what they type, in doubt otherwise.

use std::io::Write;
use std::process::Stdio;

use crate::run::{Scratch, ascertain, history, last_json, program};

struct Held {
    scratch: Scratch,
    data: String,
}

/// A replay with one recipient who is reached by hand; the replay itself reaches nobody.
fn held() -> Held {
    let scratch = Scratch::new("manual");
    let folder = history(&scratch, "us-2020");
    let path = folder.join("telegrams/biden.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("channel = \"file\"", "channel = \"manual\"", 1)).unwrap();
    let (out, data) = (scratch.join("o"), scratch.join("d").to_str().unwrap().to_owned());
    let words =
        ["replay", folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--data", &data, "--json"];
    let said = ascertain(&words);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(std::fs::read_dir(out.join("outbox")).unwrap().count(), 1);
    Held { scratch, data }
}

fn deliver(held: &Held, typed: &str) -> String {
    let out = held.scratch.join("by-hand");
    let mut child = program()
        .args(["telegram", "deliver", "--data", &held.data, "--out", out.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that shows nothing reads nothing and may be gone before the line is written.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn check(held: &Held, transition: &str) {
    let status = last_json(&ascertain(&["telegram", "status", "--data", &held.data, "--json"]));
    let recipients = status[0]["recipients"].as_array().unwrap();
    let of = |id: &str| recipients.iter().find(|r| r[0] == id).unwrap()[1].as_str().unwrap().to_owned();
    assert_eq!(of("transition-office"), transition);
    assert!(of("embassy-washington").starts_with("acknowledged"));
}

#[test]
fn a_typed_line_acknowledges() {
    let held = held();
    check(&held, "pending");
    let shown = deliver(&held, "read to the chief of staff, 15 December 10:20, note 17\n");
    assert!(shown.contains("I congratulate you, Joseph R. Biden Jr.,"), "{shown}");
    check(&held, "acknowledged: read to the chief of staff, 15 December 10:20, note 17");
    // Asked again, nothing is shown a second time.
    assert_eq!(deliver(&held, "again\n"), "");
    check(&held, "acknowledged: read to the chief of staff, 15 December 10:20, note 17");
}

#[test]
fn an_empty_line_is_in_doubt_until_a_person_says() {
    let held = held();
    deliver(&held, "\n");
    check(&held, "in doubt");
    assert_eq!(deliver(&held, "too late\n"), "");
    check(&held, "in doubt");
    let words = [
        "telegram",
        "acknowledge",
        "biden",
        "transition-office",
        "--reference",
        "note 18",
        "--data",
        &held.data,
    ];
    assert_eq!(ascertain(&words).code, 0);
    check(&held, "acknowledged: note 18");
    let said = ascertain(&words);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("is not in doubt"), "{}", said.out);
}
