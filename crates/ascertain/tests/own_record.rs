//! A record under own keys, as its owner and a stranger use it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::run::{Said, Scratch, ascertain, last_json, program, root};

/// A record in a scratch folder.
pub struct Desk {
    pub scratch: Scratch,
}

impl Desk {
    pub fn new(origin: &str) -> Desk {
        let desk = Desk { scratch: Scratch::new("desk") };
        let guard = desk.path("guard");
        let said = desk.run(&["init", "--origin", origin, "--guard", &guard, "--json"]);
        assert_eq!(said.code, 0, "{}", said.err);
        desk.good(&["key", "new", "--use", "attester", "--name", "alice"]);
        desk
    }

    pub fn path(&self, name: &str) -> String {
        self.scratch.join(name).to_str().unwrap().to_owned()
    }

    /// `record` with these words on this record's data folder.
    pub fn run(&self, words: &[&str]) -> Said {
        let data = self.path("data");
        let mut all = vec!["record"];
        all.extend(words);
        all.extend(["--data", &data]);
        ascertain(&all)
    }

    pub fn good(&self, words: &[&str]) -> Said {
        let said = self.run(words);
        assert_eq!(said.code, 0, "{words:?}: {}{}", said.out, said.err);
        said
    }

    pub fn import(&self, election: &str) -> Said {
        self.good(&["import", election, "--key", "alice"])
    }

    /// Writes acts into a file and appends them.
    pub fn append(&self, acts: &[&str], more: &[&str]) -> Said {
        let file = self.path("acts.jsonl");
        std::fs::write(&file, acts.join("\n")).unwrap();
        let mut words = vec!["append", &file, "--key", "alice", "--election", "us-2028", "--json"];
        words.extend(more);
        self.run(&words)
    }

    fn checked(&self) {
        for command in ["verify", "fsck"] {
            let said = last_json(&self.good(&[command, "--json"]));
            assert_eq!(
                (&said["holds"], &said["findings"]),
                (&true.into(), &Value::Array(vec![])),
                "{command}"
            );
        }
    }
}

/// An act that needs nothing else.
pub fn act(id: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"kind\":\"report\",\"issuer\":\"desk\",\"channel\":\"page\",\"sources\":[\"s\"],\"issued\":{{\"not_after\":\"2028-11-08T00:00:00Z\",\"not_after_basis\":\"act\"}},\"known_at\":\"2028-11-08T00:00:00Z\"}}"
    )
}

#[test]
fn asked_again_a_statement_has_the_same_index() {
    let desk = Desk::new("example.org/desk");
    let first = last_json(&desk.append(&[&act("one"), &act("two")], &[]));
    let states = |said: &Value| -> Vec<(String, u64)> {
        let rows = said["statements"].as_array().unwrap().iter();
        rows.map(|r| (r["state"].as_str().unwrap().to_owned(), r["index"].as_u64().unwrap())).collect()
    };
    assert_eq!(states(&first), [("new".into(), 2), ("new".into(), 3)]);
    assert_eq!(first["acknowledged"], "published");
    let again = last_json(&desk.append(&[&act("two"), &act("one"), &act("three")], &["--ack", "durable"]));
    assert_eq!(states(&again), [("again".into(), 3), ("again".into(), 2), ("new".into(), 4)]);
    assert_eq!(again["acknowledged"], "durable");
    // The same id with other words is another statement, and refused.
    let other = desk.append(&[&act("one").replace("report", "article")], &[]);
    assert_eq!(other.code, 1, "{}", other.out);
    assert_eq!(last_json(&other)["statements"][0]["state"], "taken");
    // Nothing witnesses this record.
    let alone = desk.append(&[&act("four")], &["--ack", "witnessed"]);
    assert_eq!((alone.code, &last_json(&alone)["acknowledged"]), (1, &"published".into()));
    desk.checked();
}

#[test]
fn a_stranger_checks_a_copy_and_a_proof() {
    let desk = Desk::new("example.org/desk");
    desk.import("us-2000");
    desk.checked();
    let (policy, copy) = (desk.path("policy"), desk.path("copy"));
    std::fs::write(&policy, desk.good(&["policy"]).out).unwrap();
    let keys = last_json(&desk.good(&["key", "list", "--json"]));
    let root_key = keys[0]["key"].as_str().unwrap().to_owned();
    let proof = desk.path("5.tlog-proof");
    desk.good(&["proof", "5", "--out", &proof]);
    let checked = ascertain(&["record", "verify", &proof, "--policy", &policy]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let text = std::fs::read_to_string(&proof).unwrap();
    std::fs::write(&proof, text.replacen("index 5", "index 6", 1)).unwrap();
    assert_eq!(ascertain(&["record", "verify", &proof, "--policy", &policy]).code, 1);
    let public = desk.path("data/public");
    let mirror =
        || ascertain(&["record", "mirror", &public, "--to", &copy, "--policy", &policy, "--root", &root_key]);
    assert_eq!(mirror().code, 0, "{}", mirror().out);
    let earlier = desk.path("earlier");
    copy_folder(&public, &earlier);
    desk.append(&[&act("later")], &[]);
    assert_eq!(mirror().code, 0, "{}", mirror().out);
    // A byte of any file changed in the copy is found and named.
    let fsck = || {
        ascertain(&["record", "fsck", "--mirror", &copy, "--policy", &policy, "--root", &root_key, "--json"])
    };
    assert_eq!(fsck().code, 0);
    let mut tried = 0;
    for file in files(Path::new(&copy)) {
        let name = file.strip_prefix(&copy).unwrap().to_str().unwrap().to_owned();
        // Partial files of an older checkpoint are not of this one.
        if name.contains(".p/") && !name.ends_with("/174") {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        std::fs::write(&file, changed).unwrap();
        let said = fsck();
        assert_eq!(said.code, 1, "{name}: {}", said.out);
        assert!(last_json(&said)["findings"].to_string().contains(&name), "{name}: {}", said.out);
        std::fs::write(&file, bytes).unwrap();
        tried += 1;
    }
    assert_eq!(tried, 4);
    // The owner's published files go back; the copy stays.
    copy_folder(&earlier, &public);
    let said = mirror();
    assert!(said.code == 2 && said.err.contains("it went back"), "{}{}", said.out, said.err);
    let head = std::fs::read_to_string(format!("{copy}/checkpoint")).unwrap();
    assert!(head.contains("\n174\n"), "{head}");
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

pub fn copy_folder(from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(to);
    for file in files(Path::new(from)) {
        let target = Path::new(to).join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(file, target).unwrap();
    }
}

#[test]
fn a_restored_backup_refuses_until_the_newer_copy_is_back() {
    let desk = Desk::new("example.org/desk");
    let (data, backup, newer) = (desk.path("data"), desk.path("backup"), desk.path("newer"));
    copy_folder(&data, &backup);
    desk.append(&[&act("one")], &[]);
    copy_folder(&data, &newer);
    copy_folder(&backup, &data);
    let said = desk.append(&[&act("other")], &[]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("older copy") && said.err.contains("reading only"), "{}", said.err);
    // It can be read, and its head is what it was.
    assert_eq!(last_json(&desk.good(&["verify", "--json"]))["size"], 2);
    // No guard, no word: the owner must say that no other copy signed more, and name the size.
    std::fs::remove_file(desk.path("guard/head")).unwrap();
    let said = desk.append(&[&act("other")], &[]);
    assert!(said.err.contains("guard --accept 2"), "{}", said.err);
    assert_eq!(desk.run(&["guard", "--accept", "1"]).code, 1);
    copy_folder(&newer, &data);
    desk.good(&["guard", "--accept", "3"]);
    assert_eq!(desk.append(&[&act("other")], &[]).code, 0);
    desk.checked();
}

#[test]
fn two_writers_and_a_guard_in_the_backup_are_refused() {
    let desk = Desk::new("example.org/desk");
    let lock = std::fs::File::options().append(true).open(desk.path("data/lock")).unwrap();
    lock.lock().unwrap();
    let said = desk.append(&[&act("one")], &[]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("another process writes"), "{}", said.err);
    drop(lock);
    let inside = desk.path("other/guard");
    let said = ascertain(&[
        "record",
        "init",
        "--data",
        &desk.path("other"),
        "--origin",
        "example.org/o",
        "--guard",
        &inside,
    ]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("restored backup"), "{}", said.err);
    // What is refused makes nothing.
    let data = desk.path("other");
    assert_eq!(
        ascertain(&["record", "init", "--data", &data, "--origin", "a b", "--guard", &desk.path("g")]).code,
        2
    );
    assert!(!Path::new(&data).exists() && !Path::new(&desk.path("g")).exists());
}

#[test]
fn keys_of_a_drill_and_of_a_record_never_mix() {
    let (drill, real) = (Desk::new("drill/2028"), Desk::new("example.org/desk"));
    let shown = drill.good(&["show", "--json"]).out;
    assert!(shown.lines().all(|line| line.contains("statement.drill.v1")), "{shown}");
    drill.append(&[&act("one")], &[]);
    let line = drill.good(&["export", "submission", "one"]).out;
    let file = real.path("line");
    std::fs::write(&file, line).unwrap();
    let said = real.run(&["append", &file]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("of class drill"), "{}", said.out);
    for entry in std::fs::read_dir(drill.path("data/signing")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains("alice") {
            let to = Path::new(&real.path("data/signing")).join(path.file_name().unwrap());
            std::fs::copy(&path, to).unwrap();
        }
    }
    let said = real.append(&[&act("one")], &[]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("never mix"), "{}", said.err);
}

#[test]
fn statements_of_others_keys_that_end_and_bodies_that_are_erased() {
    let (theirs, ours) = (Desk::new("example.org/theirs"), Desk::new("example.org/ours"));
    theirs.append(&[&act("one"), &act("two")], &[]);
    let line = |id: &str| theirs.good(&["export", "submission", id]).out;
    let hand_in = |text: &str| {
        let file = ours.path("line");
        std::fs::write(&file, text).unwrap();
        ours.run(&["append", &file, "--json"])
    };
    // Their key is not ours until the owner enrols it.
    let refused = hand_in(&line("one"));
    assert_eq!((refused.code, &last_json(&refused)["statements"][0]["state"]), (1, &"refused".into()));
    let keys = last_json(&theirs.good(&["key", "list", "--json"]));
    let public = keys.as_array().unwrap().iter().find(|k| k["name"] == "alice").unwrap()["key"].clone();
    ours.good(&["key", "add", "--use", "attester", "--name", "bob", "--public", public.as_str().unwrap()]);
    assert_eq!(hand_in(&line("one")).code, 0);
    assert_eq!(last_json(&hand_in(&line("one")))["statements"][0]["state"], "again");
    // A changed byte anywhere in the envelope or body.
    let whole = line("two");
    for (from, to) in [("\"sig\":\"", "\"sig\":\"A"), ("\"report\"", "\"article\""), ("real.v1", "drill.v1")]
    {
        let spoiled = hand_in(&whole.replacen(from, to, 1));
        assert!(spoiled.code > 0, "{from}: {}", spoiled.out);
    }
    ours.good(&["key", "revoke", "bob"]);
    let ended = hand_in(&whole);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("not in force"), "{}", ended.out);
    ours.checked();
    let proof = ours.path("p");
    let policy = ours.path("policy");
    std::fs::write(&policy, ours.good(&["policy"]).out).unwrap();
    ours.good(&["proof", "one", "--out", &proof]);
    ours.good(&["erase", "one"]);
    assert_eq!(ascertain(&["record", "verify", &proof, "--policy", &policy]).code, 0);
    assert_eq!(last_json(&ours.good(&["verify", "--json"]))["erased"].as_array().unwrap().len(), 1);
    // Not a byte of it is left in the database.
    for file in ["data/store.sqlite", "data/store.sqlite-wal"] {
        let bytes = std::fs::read(ours.path(file)).unwrap_or_default();
        assert!(!bytes.windows(9).any(|w| w == b"not_after"), "{file}");
    }
    assert_eq!(ours.run(&["erase", "0"]).code, 2, "a key notice stays");
}

#[test]
fn the_log_changes_its_key_without_a_flag_day() {
    let desk = Desk::new("example.org/desk");
    let policy = |name: &str| {
        let path = desk.path(name);
        std::fs::write(&path, desk.good(&["policy"]).out).unwrap();
        path
    };
    let old = policy("old");
    let first = last_json(&desk.good(&["key", "list", "--json"]))[1]["id"].as_str().unwrap().to_owned();
    desk.good(&["key", "rotate", "log"]);
    let both = policy("both");
    desk.append(&[&act("one")], &[]);
    let root_key = last_json(&desk.good(&["key", "list", "--json"]))[0]["key"].as_str().unwrap().to_owned();
    let public = desk.path("data/public");
    let fsck = |policy: &str| {
        ascertain(&["record", "fsck", "--mirror", &public, "--policy", policy, "--root", &root_key]).code
    };
    // Readers who know either key read on.
    assert_eq!((fsck(&old), fsck(&both)), (0, 0));
    desk.good(&["key", "revoke", &first[..16]]);
    desk.append(&[&act("two")], &[]);
    let new = policy("new");
    assert_eq!((fsck(&old), fsck(&both), fsck(&new)), (1, 0, 0));
    desk.checked();
    let last = desk.run(&["key", "revoke", "log"]);
    assert_eq!(last.code, 2);
    assert!(last.err.contains("no key to sign with"), "{}", last.err);
}

#[test]
fn the_side_index_finds_and_can_be_thrown_away() {
    let desk = Desk::new("example.org/desk");
    desk.import("us-2000");
    let find = |words: &[&str]| {
        let mut all = vec!["show", "--json"];
        all.extend(words);
        desk.run(&all).out
    };
    let found = find(&["--kind", "ascertain", "--issuer", "fl-executive"]);
    assert_eq!(found.lines().count(), 1, "{found}");
    let all = find(&["--subject", "us-2000"]).lines().count();
    let early = find(&["--subject", "us-2000", "--until", "2000-12-01T00:00:00Z"]).lines().count();
    let late = find(&["--subject", "us-2000", "--from", "2000-12-01T00:00:00Z"]).lines().count();
    assert_eq!((all, early + late), (171, all));
    let index = desk.path("data/index.sqlite");
    std::fs::remove_file(&index).unwrap();
    assert_eq!(find(&["--kind", "ascertain", "--issuer", "fl-executive"]), found);
    // It is not believed: what it says of another entry is compared with the entry.
    let db = rusqlite::Connection::open(&index).unwrap();
    db.execute("UPDATE found SET kind = 'ascertain', issuer = 'fl-executive' WHERE idx = 9", []).unwrap();
    drop(db);
    assert_eq!(find(&["--kind", "ascertain", "--issuer", "fl-executive"]), found);
    assert_eq!(desk.run(&["show", "--kind", "no-such-kind"]).code, 1);
}

pub struct Witness {
    child: Child,
    pub vkey: String,
    pub url: String,
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn witness(data: &str, log: &str) -> Witness {
    let mut child = program()
        .args(["record", "witness", "serve", "--data", data, "--name", "example.org/w1", "--log", log])
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(root())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = |word: &str| lines.next().unwrap().unwrap().strip_prefix(word).unwrap().trim().to_owned();
    let (vkey, url) = (next("vkey"), next("url"));
    Witness { child, vkey, url }
}

#[test]
fn a_witness_stops_a_restored_backup_whose_guard_came_back_too() {
    let desk = Desk::new("example.org/desk");
    let policy = desk.good(&["policy"]).out;
    let log = policy.lines().next().unwrap().strip_prefix("log ").unwrap().to_owned();
    let served = witness(&desk.path("witness"), &log);
    desk.good(&["witness", "add", &served.vkey, "--name", "w1", "--url", &served.url]);
    let appended = last_json(&desk.append(&[&act("one")], &["--ack", "witnessed"]));
    assert_eq!(appended["acknowledged"], "witnessed");
    for folder in ["data", "guard"] {
        copy_folder(&desk.path(folder), &desk.path(&format!("{folder}.backup")));
    }
    let appended = last_json(&desk.append(&[&act("two")], &["--ack", "witnessed"]));
    assert_eq!((&appended["acknowledged"], &appended["size"]), (&"witnessed".into(), &4.into()));
    // The proof on the cosigned checkpoint meets the policy; one without the cosignature does not.
    let (policy, proof) = (desk.path("policy"), desk.path("proof"));
    std::fs::write(&policy, desk.good(&["policy"]).out).unwrap();
    desk.good(&["proof", "two", "--witnessed", "--out", &proof]);
    let verify = || ascertain(&["record", "verify", &proof, "--policy", &policy, "--json"]);
    assert_eq!(last_json(&verify())["witnesses"], serde_json::json!(["example.org/w1"]));
    let text = std::fs::read_to_string(&proof).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("example.org/w1")).collect();
    std::fs::write(&proof, lines.join("\n") + "\n").unwrap();
    assert_eq!(verify().code, 1);
    // Backup and guard both restored: only the witness knows.
    for folder in ["data", "guard"] {
        copy_folder(&desk.path(&format!("{folder}.backup")), &desk.path(folder));
    }
    let said = desk.append(&[&act("other")], &[]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("the witness w1 has seen 4 entries"), "{}", said.err);
    // A silent witness is told of; the guard speaks.
    drop(served);
    let said = desk.append(&[&act("other")], &[]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("did not answer"), "{}", said.err);
}

#[test]
fn a_record_that_nobody_here_could_sign_any_more_is_not_made() {
    let (desk, other) = (Desk::new("example.org/desk"), Desk::new("example.org/other"));
    let public = last_json(&other.good(&["key", "list", "--json"]))[1]["key"].as_str().unwrap().to_owned();
    desk.good(&["key", "add", "--use", "log", "--name", "elsewhere", "--public", &public]);
    // The one log key whose private half lies here cannot be ended while another is in force only by name.
    let said = desk.run(&["key", "revoke", "log", "--use", "log"]);
    assert!(said.code != 0 && said.err.contains("private key of the log"), "{}{}", said.out, said.err);
    assert_eq!(desk.append(&[&act("one")], &[]).code, 0);
    // A second root key of whatever name can end the first.
    desk.good(&["key", "new", "--use", "root", "--name", "second"]);
    desk.good(&["key", "revoke", "root"]);
    desk.good(&["key", "new", "--use", "attester", "--name", "bob"]);
    desk.checked();
}
