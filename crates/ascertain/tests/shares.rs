//! Telegrams in the hands of their approvers: split when held, opened by enough of them, killed on the way.

use std::collections::BTreeMap;

use ascertain::age::{self, Identity};
use ascertain::store::Store;
use telegram::TelegramId;

use crate::age_files::{age_is_here, piped};
use crate::desk::{
    APPROVERS, FILE, Killed, POLICY, approve, desk, draft, good, hold, hold_one, keys, last, look, refused,
    state, status, strace_is_here, telegram as say,
};
use crate::own_record::Desk;
use crate::run::answered;

const BIDEN: &str = r#"{ person = "biden" }"#;
const TRUMP: &str = r#"{ person = "trump" }"#;
const SHARES: [&str; 2] = ["--opening", "shares"];

/// A desk whose three approvers have an age key each, in files of their names.
fn officers() -> (Desk, BTreeMap<&'static str, Identity>) {
    let desk = desk();
    let mut officers = BTreeMap::new();
    for name in APPROVERS {
        let key = Identity::generate().unwrap();
        good(&desk, &["recipient", name, &key.recipient().to_string()]);
        std::fs::write(desk.path(name), format!("# created for a test\n{}\n", *key.text())).unwrap();
        officers.insert(name, key);
    }
    (desk, officers)
}

fn drafted(desk: &Desk, id: &str, outcome: &str) {
    let said = draft(desk, id, outcome, &[FILE], &SHARES);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

/// The line an approver finds in the share handed out.
fn share(desk: &Desk, officers: &BTreeMap<&'static str, Identity>, id: &str, name: &str) -> String {
    let entries = std::fs::read_dir(desk.path("shares")).unwrap().map(|e| e.unwrap().path());
    let of_theirs = |p: &std::path::PathBuf| {
        p.file_name().unwrap().to_string_lossy().starts_with(&format!("{id}--{name}."))
    };
    let file = entries.into_iter().find(of_theirs).unwrap();
    let opened = age::decrypt(&officers[name], &std::fs::read(file).unwrap()).unwrap();
    String::from_utf8(opened.to_vec()).unwrap()
}

/// Hands a share in on the standard input.
fn hand_in(desk: &Desk, id: &str, line: &str) -> (i32, String) {
    let said = answered(&["telegram", "open", id, "--share", "-", "--data", &desk.path("data")], line);
    (said.code, format!("{}{}", said.out, said.err))
}

#[test]
fn the_whole_way_in_the_hands_of_three_officers() {
    let (desk, officers) = officers();
    let all = ["biden", "trump", "nobody", "annulled"];
    for (id, outcome) in all.iter().zip([BIDEN, TRUMP, r#""nobody""#, r#""annulled""#]) {
        drafted(&desk, id, outcome);
        // Until it is held those who approve it read it here.
        assert!(good(&desk, &["show", id]).out.contains("Words."));
        approve(&desk, id);
    }
    refused(
        &desk,
        &["open", "biden", "--identity", &desk.path("ann")],
        1,
        "only what is drafted with --opening shares",
    );
    assert_eq!((hold(&desk, &all).code, keys(&desk).len()), (0, 0));
    refused(&desk, &["show", "biden"], 2, "in the hands of its approvers: 2 of 3 open it");
    let early = "is not opened, for it may not be released";
    refused(&desk, &["open", "biden", "--identity", &desk.path("ann")], 1, early);
    refused(&desk, &["shares", "biden", "--out", &desk.path("shares")], 1, early);
    assert!(!std::path::Path::new(&desk.path("shares")).exists());
    desk.import("us-2020");
    assert!(look(&desk).out.contains("biden waits for its approvers, shares missing: 2"));
    assert_eq!(state(&desk, "biden"), "ready");
    refused(&desk, &["release", "biden"], 1, "nobody could open it: shares missing: 2");
    refused(&desk, &["shares", "trump", "--out", &desk.path("shares")], 1, "was released or is void already");
    assert_eq!(good(&desk, &["shares", "biden", "--out", &desk.path("shares")]).out.lines().count(), 3);
    bad_shares(&desk, &officers);
    // One officer is lost; the two others are enough.
    let (code, said) = hand_in(&desk, "biden", &share(&desk, &officers, "biden", "ann"));
    assert_eq!((code, said.as_str()), (0, "taken; shares of biden missing: 1\n"));
    let again = share(&desk, &officers, "biden", "ann");
    let (code, said) = hand_in(&desk, "biden", &again);
    assert!(code == 1 && said.contains("was given before"), "{said}");
    refused(&desk, &["release", "biden"], 1, "shares missing: 1");
    assert!(good(&desk, &["status"]).out.contains("1 of 2 shares needed are here"));
    let said = good(&desk, &["open", "biden", "--identity", &desk.path("cy")]);
    assert!(said.out.contains("`ascertain telegram release biden` lets it go"), "{}", said.out);
    assert!(keys(&desk).is_empty(), "a key lies here again");
    good(&desk, &["release", "biden"]);
    let now = status(&desk);
    assert_eq!(now["biden"].1["embassy"], "acknowledged: biden--embassy.eml");
    let sent = std::fs::read_to_string(desk.path("data/outbox/biden--embassy.eml")).unwrap();
    assert!(sent.contains("Words."));
    assert!(desk.good(&["show"]).out.contains("telegram:trump:key-destroyed"));
    assert!(dealt(&desk, "trump").is_empty() && !dealt(&desk, "biden").is_empty());
    assert_eq!(last(&desk.good(&["fsck"]).out), "holds");
}

/// A wrong, foreign, damaged or sealed share is an error and changes nothing.
fn bad_shares(desk: &Desk, officers: &BTreeMap<&'static str, Identity>) {
    let line = share(desk, officers, "biden", "ann");
    let line = line.trim();
    let parts: Vec<&str> = line.split(':').collect();
    let with = |n: usize, part: &str| {
        let mut parts: Vec<&str> = parts.clone();
        parts[n] = part;
        let text = parts[..6].join(":");
        let check = record::digest::sha256(text.as_bytes()).to_string();
        format!("{text}:{}", &check[..8])
    };
    let sealed = std::fs::read_dir(desk.path("shares")).unwrap().next().unwrap().unwrap().path();
    let sealed = std::fs::read_to_string(sealed).unwrap();
    let cases = [
        (String::new(), "that is no share"),
        ("words".into(), "that is no share"),
        (sealed, "still sealed"),
        (line[..line.len() - 1].into(), "damaged"),
        (line.replace(":2:", ":3:"), "damaged"),
        (format!("{line} {line}"), "damaged"),
        (with(1, "trump"), "a share of telegram trump"),
        (with(2, "biden.0000000000000000"), "another telegram of the name biden"),
        (with(3, "3"), "not a share that was dealt"),
        (with(3, "0"), "not a share that was dealt"),
        (with(3, "255"), "not a share that was dealt"),
        (with(4, "1"), "not a share that was dealt"),
        (with(5, &"A".repeat(43)), "not a share that was dealt"),
    ];
    for (text, why) in cases {
        let (code, said) = hand_in(desk, "biden", &text);
        assert!(code == 2 && said.contains(why), "{text}: {said}");
    }
    for (name, text, why) in [
        ("empty", String::new(), "holds no age key"),
        (
            "stranger",
            Identity::generate().unwrap().text().to_string(),
            "no share of telegram biden is sealed",
        ),
    ] {
        std::fs::write(desk.path(name), text).unwrap();
        refused(desk, &["open", "biden", "--identity", &desk.path(name)], 2, why);
    }
    refused(desk, &["open", "biden", "--identity", &desk.path("nowhere")], 2, "cannot be read");
    refused(desk, &["release", "biden"], 1, "shares missing: 2");
}

fn dealt(desk: &Desk, id: &str) -> Vec<Vec<u8>> {
    let store = Store::read(desk.path("data").as_ref()).unwrap();
    store.shares(&TelegramId::parse(id).unwrap()).unwrap().into_iter().map(|d| d.sealed).collect()
}

#[test]
fn recipients_are_set_by_the_root_key_and_nobody_has_two() {
    let desk = desk();
    drafted(&desk, "biden", BIDEN);
    approve(&desk, "biden");
    let (one, two) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let (one, two) = (one.recipient().to_string(), two.recipient().to_string());
    let said = hold_one(&desk, "biden");
    assert!(said.code == 2 && said.err.contains("has no age key here"), "{}", said.err);
    assert_eq!((state(&desk, "biden").as_str(), keys(&desk).len()), ("approved", 1));
    refused(&desk, &["recipient", "ann", "age1x"], 2, "is no recipient of the kind");
    refused(&desk, &["recipient", "alice", &one], 2, "no approver's key of the name `alice`");
    good(&desk, &["recipient", "ann", &one]);
    refused(&desk, &["recipient", "ben", &one], 2, "nobody is to hold two shares");
    good(&desk, &["recipient", "ben", &two]);
    let said = good(&desk, &["recipient", "ann", &one]).out;
    assert!(said.contains(&format!(" {one}")) && said.contains("cy.") && said.contains("has none"), "{said}");
    // Who is no approver any more is asked for none.
    desk.good(&["key", "revoke", "cy"]);
    assert_eq!(hold_one(&desk, "biden").code, 0);
    assert_eq!(dealt(&desk, "biden").len(), 2);
    for entry in std::fs::read_dir(desk.path("data/signing")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("root.") {
            std::fs::remove_file(path).unwrap();
        }
    }
    refused(&desk, &["recipient", "ann", &one], 2, "the private root key does not lie here");
}

/// Killed anywhere while it is held, a telegram is a draft that can be read here, or in shares of which enough open it.
#[test]
fn a_killed_hold_leaves_the_key_or_its_shares() {
    if !strace_is_here() {
        return;
    }
    let (desk, officers) = officers();
    drafted(&desk, "biden", BIDEN);
    approve(&desk, "biden");
    let words = ["hold", "biden", "--for", "us-2020", "--incomplete", POLICY[0], POLICY[1]];
    let killed = Killed::new(&desk, &words);
    let mut seen = [0, 0];
    killed.everywhere(|at| {
        // The next command of the desk finishes what was begun.
        let shown = say(&desk, &["show", "biden"]);
        let held = state(&desk, "biden") == "held";
        seen[usize::from(held)] += 1;
        assert_eq!((shown.code == 0, keys(&desk).len()), (!held, usize::from(!held)), "{at}: {}", shown.err);
        let sealed = dealt(&desk, "biden");
        let opened = sealed.iter().filter(|s| officers.values().any(|key| age::decrypt(key, s).is_ok()));
        assert_eq!(opened.count(), if held { 3 } else { 0 }, "{at}");
    });
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}: no kill before, or none after");
    // The last one, killed or not, opens and goes.
    if state(&desk, "biden") != "held" {
        assert_eq!(hold_one(&desk, "biden").code, 0);
    }
    for name in ["ann", "ben"] {
        good(&desk, &["approve", "biden", "--key", name, "--override", "told in person"]);
    }
    for name in ["ben", "cy"] {
        good(&desk, &["open", "biden", "--identity", &desk.path(name)]);
    }
    good(&desk, &["release", "biden", "--override", "told in person"]);
    assert_eq!(status(&desk)["biden"].1["embassy"], "acknowledged: biden--embassy.eml");
}

#[test]
fn no_key_of_what_can_never_go_out_is_kept() {
    let (desk, _) = officers();
    let sealed = |id: &str| {
        let store = Store::read(desk.path("data").as_ref()).unwrap();
        store.sealed(id).unwrap().is_some()
    };
    drafted(&desk, "biden", BIDEN);
    // A draft replaced, and replaced again by one that opens by itself.
    drafted(&desk, "biden", BIDEN);
    assert_eq!(draft(&desk, "biden", BIDEN, &[FILE], &[]).code, 0);
    assert_eq!(keys(&desk).len(), 1);
    // A draft withdrawn, with its correction.
    drafted(&desk, "trump", TRUMP);
    assert_eq!(draft(&desk, "sorry", TRUMP, &[FILE], &["--corrects", "trump"]).code, 0);
    good(&desk, &["withdraw", "trump"]);
    assert_eq!((keys(&desk).len(), sealed("trump"), sealed("sorry")), (1, false, false));
    assert_eq!(state(&desk, "sorry"), "withdrawn");
    let said = draft(&desk, "late", TRUMP, &[FILE], &["--corrects", "trump"]);
    assert!(said.code == 1 && said.out.contains("corrects trump, which is not out"), "{}", said.out);
    // What was never held when the office is decided.
    drafted(&desk, "nobody", r#""nobody""#);
    assert_eq!(draft(&desk, "pardon", BIDEN, &[FILE], &["--corrects", "biden"]).code, 0);
    approve(&desk, "biden");
    assert_eq!(hold_one(&desk, "biden").code, 0);
    desk.import("us-2020");
    assert_eq!(look(&desk).code, 0);
    assert_eq!((state(&desk, "nobody").as_str(), sealed("nobody")), ("void", false));
    // What is out, and its correction, which may be needed yet.
    let names = keys(&desk);
    assert!(
        names.len() == 2 && names[0].starts_with("biden.") && names[1].starts_with("pardon."),
        "{names:?}"
    );
    let shown = desk.good(&["show"]).out;
    assert!(!shown.contains("key-destroyed"), "the record speaks of what it never knew: {shown}");
}

#[test]
fn officers_open_shares_and_backups_with_age() {
    if !age_is_here() {
        return;
    }
    let (desk, _) = officers();
    drafted(&desk, "biden", BIDEN);
    // A body that is kept here opens with its key file.
    let sealed = Store::read(desk.path("data").as_ref()).unwrap().sealed("biden").unwrap().unwrap();
    let key = desk.path(&format!("data/keys/{}", keys(&desk)[0]));
    let plain = String::from_utf8(piped("age", &["-d", "-i", &key], &sealed)).unwrap();
    assert!(plain.contains("Words."), "{plain}");
    approve(&desk, "biden");
    assert_eq!(hold_one(&desk, "biden").code, 0);
    desk.import("us-2020");
    look(&desk);
    let written = good(&desk, &["shares", "biden", "--out", &desk.path("shares")]).out;
    for (line, name) in written.lines().zip(["ann", "ben"]) {
        let file = line.split_once(' ').unwrap().1;
        let share = String::from_utf8(piped("age", &["-d", "-i", &desk.path(name), file], b"")).unwrap();
        assert_eq!(hand_in(&desk, "biden", &share).0, 0);
    }
    good(&desk, &["release", "biden"]);
}
