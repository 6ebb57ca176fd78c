//! SIGKILL at the system calls of an append, and damage to the database's files: the record is there, or it says why not.
//!
//! `KILL=all cargo test -p ascertain kill_record` kills at every system call, not only at those that touch files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::own_record::{Desk, act, copy_folder};
use crate::run::{last_json, root};

const FILES: &str = "openat,write,pwrite64,fsync,fdatasync,rename,unlink,unlinkat,rmdir,mkdir,ftruncate";

fn traced() -> &'static str {
    if std::env::var("KILL").is_ok_and(|which| which == "all") { "all" } else { FILES }
}

/// `record append` under strace, which kills it at the n-th call of a name in its first thread if it is told to.
fn append(desk: &Desk, file: &str, kill: Option<(&str, usize)>) -> Option<i32> {
    let log = desk.path("log");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", &log, "-e", &format!("trace={}", traced())]);
    if let Some((name, n)) = kill {
        strace.args(["-e", &format!("inject={name}:signal=KILL:when={n}")]);
    }
    let data = desk.path("data");
    let words = ["record", "append", file, "--key", "alice", "--election", "us-2028", "--data", &data];
    let done = strace.arg(env!("CARGO_BIN_EXE_ascertain")).args(words).current_dir(root()).output();
    done.unwrap().status.code()
}

/// The calls of the first thread, by name, from the log of one run.
fn calls(desk: &Desk) -> BTreeMap<String, usize> {
    let log = std::fs::read_to_string(desk.path("log")).unwrap();
    let first = log.split_whitespace().next().unwrap().to_owned();
    let mut counts = BTreeMap::new();
    for line in log.lines() {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(') else { continue };
        if pid == first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            *counts.entry(name.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

/// Opened again, it holds, has the statement once, and published files that fit.
fn check(desk: &Desk, file: &str, label: &str) {
    let index = |said: &serde_json::Value| said["statements"][0]["index"].clone();
    let words = ["append", file, "--key", "alice", "--election", "us-2028", "--json"];
    let said = desk.run(&words);
    assert_eq!(said.code, 0, "{label}: {}{}", said.out, said.err);
    let said = last_json(&said);
    assert_eq!((index(&said), &said["size"]), (2.into(), &3.into()), "{label}");
    for command in ["verify", "fsck"] {
        let checked = desk.run(&[command, "--json"]);
        assert_eq!(checked.code, 0, "{label}: {command}: {}{}", checked.out, checked.err);
    }
}

#[test]
fn killed_at_the_system_calls_of_an_append() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("SKIPPED: no strace here (Debian: strace)");
        return;
    }
    let desk = Desk::new("example.org/desk");
    let file = desk.path("acts.jsonl");
    std::fs::write(&file, act("one")).unwrap();
    let restore = || {
        for folder in ["data", "guard"] {
            copy_folder(&desk.path(&format!("{folder}.before")), &desk.path(folder));
        }
    };
    for folder in ["data", "guard"] {
        copy_folder(&desk.path(folder), &desk.path(&format!("{folder}.before")));
    }
    restore();
    assert_eq!(append(&desk, &file, None), Some(0));
    let calls = calls(&desk);
    let all: usize = calls.values().sum();
    assert!(all > 80, "{calls:?}");
    let mut killed = 0;
    for (name, n) in calls.iter().flat_map(|(name, count)| (1..=*count).map(move |n| (name, n))) {
        // The process ends by these; a kill before them is one before the last of the others.
        if ["exit_group", "execve"].contains(&name.as_str()) {
            continue;
        }
        restore();
        killed += usize::from(append(&desk, &file, Some((name, n))) != Some(0));
        // Before anything is repaired, what is published can be read.
        let published = desk.run(&["fsck", "--json"]);
        assert_eq!(published.code, 0, "{name} {n}: {}{}", published.out, published.err);
        check(&desk, &file, &format!("killed at {name} {n}"));
    }
    println!("killed at {killed} of {all} system calls");
    assert!(killed * 10 >= all * 9, "{killed} of {all}");
}

/// Cut off or changed anywhere, the write-ahead log loses whole transactions or nothing, and what is lost is refused.
#[test]
fn a_damaged_write_ahead_log() {
    let desk = Desk::new("example.org/desk");
    let file = desk.path("acts.jsonl");
    std::fs::write(&file, act("one")).unwrap();
    // A reader that is open keeps the log from being taken in.
    let reader = rusqlite::Connection::open(desk.path("data/store.sqlite")).unwrap();
    reader.query_row("SELECT count(*) FROM entries", [], |r| r.get::<_, i64>(0)).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM heads;").unwrap();
    desk.good(&["append", &file, "--key", "alice", "--election", "us-2028"]);
    for folder in ["data", "guard"] {
        copy_folder(&desk.path(folder), &desk.path(&format!("{folder}.before")));
    }
    drop(reader);
    let wal = desk.path("data.before/store.sqlite-wal");
    let bytes = std::fs::read(&wal).unwrap();
    assert!(bytes.len() > 4096, "{}", bytes.len());
    let (mut refused, mut held) = (0, 0);
    for step in 0..60 {
        for folder in ["data", "guard"] {
            copy_folder(&desk.path(&format!("{folder}.before")), &desk.path(folder));
        }
        let _ = std::fs::remove_file(desk.path("data/store.sqlite-shm"));
        let at = bytes.len() * step / 60;
        let damaged = if step % 2 == 0 {
            bytes[..at].to_vec()
        } else {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            flipped
        };
        std::fs::write(desk.path("data/store.sqlite-wal"), damaged).unwrap();
        let said = desk.run(&["append", &file, "--key", "alice", "--election", "us-2028", "--json"]);
        match said.code {
            0 => {
                check(&desk, &file, &format!("log damaged at {at}"));
                held += 1;
            }
            1 => {
                assert!(said.err.contains("older copy"), "{at}: {}", said.err);
                refused += 1;
            }
            _ => assert!(!said.err.is_empty() && !said.err.contains("panicked"), "{at}: {}", said.err),
        }
    }
    println!("{refused} refused, {held} held");
    assert!(refused > 10 && held > 0, "{refused} refused, {held} held");
}

/// A bit changed in any page of the database: refused, found by the check, or of no effect.
#[test]
fn a_changed_bit_in_the_database() {
    let desk = Desk::new("example.org/desk");
    desk.import("us-2000");
    let database = desk.path("data/store.sqlite");
    rusqlite::Connection::open(&database).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let bytes = std::fs::read(&database).unwrap();
    let mut found = 0;
    for step in 0..80 {
        let at = bytes.len() * step / 80 + 777;
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        std::fs::write(&database, &flipped).unwrap();
        let said = desk.run(&["verify"]);
        assert!(!said.err.contains("panicked"), "{at}: {}", said.err);
        found += usize::from(said.code != 0);
        // What is published does not depend on it.
        assert!(Path::new(&desk.path("data/public/checkpoint")).exists());
    }
    std::fs::write(&database, &bytes).unwrap();
    desk.good(&["verify"]);
    println!("{found} of 80 found");
    assert!(found > 30, "{found} of 80");
}
