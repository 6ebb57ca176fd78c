//! Transitions as text: one event a line, beside it all that changed and all
//! that is to be done. Lines that begin with `|` go on; `#` is a remark; `=` is
//! nothing. `UPDATE=1` writes what happens instead of comparing it. Refuses to leave any change unwritten.

mod parse;
mod render;
mod world;

use parse::{parse, quorum};
use world::{World, happens};

/// Every script of the folder, by name.
macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            play(stringify!($name), include_str!(concat!(stringify!($name), ".txt")));
        })+

        #[test]
        fn every_script_is_played() {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
            let entries = std::fs::read_dir(folder).expect("the folder");
            let names = entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned());
            let mut found: Vec<String> = names.filter_map(|n| n.strip_suffix(".txt").map(str::to_owned)).collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),+]);
        }
    };
}

scripts!(
    approval,
    channel_manual,
    correction,
    decision,
    decision_for_what_is_not_ready,
    errors,
    hold,
    overriding,
    ready,
    restart,
    retries,
    withdrawal
);

fn play(name: &str, script: &str) {
    let mut world = World::new(quorum());
    let (mut wrong, mut written) = (Vec::new(), String::new());
    for (at, event, expected) in lines(script) {
        if event.starts_with('#') {
            written.push_str(&format!("{event}\n"));
            continue;
        }
        let line =
            parse(&world.state, &event).unwrap_or_else(|| panic!("{name}.txt:{at}: cannot read `{event}`"));
        let (next, actual) = happens(&world, &line);
        let actual = short(&actual);
        written.push_str(&wrapped(&event, &actual));
        if actual != expected {
            wrong.push(format!("{name}.txt:{at}: {event} | {actual}\n    expected: {expected}"));
        }
        world = next;
    }
    if std::env::var_os("UPDATE").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/scripts/{name}.txt"));
        std::fs::write(path, written).expect("a script written");
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line of a script, its expectation going on below where it is long.
fn wrapped(event: &str, answer: &str) -> String {
    let mut rows = vec![String::new()];
    for part in answer.split("; ") {
        let row = rows.last_mut().expect("a row");
        let room = row.is_empty() || row.len().saturating_add(part.len()) < 72;
        match room {
            true if row.is_empty() => part.clone_into(row),
            true => row.push_str(&format!("; {part}")),
            false => rows.push(part.to_owned()),
        }
    }
    let left = std::iter::once(event).chain(std::iter::repeat(""));
    left.zip(rows).map(|(event, row)| format!("{event:<50} | {row}\n")).collect()
}

/// Digests without their leading zeros.
fn short(text: &str) -> String {
    text.replace(&"0".repeat(60), "")
}

/// Line number, event and expectation, with continuations joined.
fn lines(script: &str) -> Vec<(usize, String, String)> {
    let mut out: Vec<(usize, String, String)> = Vec::new();
    for (at, line) in script.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            out.push((at.saturating_add(1), line.to_owned(), String::new()));
            continue;
        }
        let (event, expected) = line.split_once('|').unwrap_or((line, ""));
        match out.last_mut().filter(|_| event.trim().is_empty()) {
            Some((_, _, before)) => *before = format!("{before}; {}", expected.trim()),
            None => out.push((at.saturating_add(1), event.trim().to_owned(), expected.trim().to_owned())),
        }
    }
    out
}
