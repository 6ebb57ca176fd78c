//! Transitions as text: one event a line, beside it all that changed and all
//! that is to be done. Lines that begin with `|` go on; `#` is a remark; `=` is
//! nothing. Refuses to leave any change unwritten.

mod parse;
mod render;

use telegram::{State, advance, apply};

use parse::{Line, parse, quorum};
use render::{answer, changes};

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
    decision,
    decision_for_what_is_not_ready,
    errors,
    hold,
    restart,
    retries,
    withdrawal
);

fn play(name: &str, script: &str) {
    let mut state = State::new(quorum());
    let mut wrong = Vec::new();
    for (at, event, expected) in lines(script) {
        let line = parse(&state, &event).unwrap_or_else(|| panic!("{name}.txt:{at}: cannot read `{event}`"));
        let (next, actual) = happens(&state, &line);
        if actual != expected {
            wrong.push(format!("{name}.txt:{at}: {event} | {}\n    expected: {expected}", actual));
        }
        state = next;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Applies the event in both ways; on an error nothing may have changed.
fn happens(state: &State, line: &Line) -> (State, String) {
    let event = match line {
        Line::Event(event) => event,
        Line::Query(answered) => return (state.clone(), answered.clone()),
    };
    let mut in_place = state.clone();
    let advanced = advance(&mut in_place, event);
    match apply(state, event) {
        Ok((next, commands)) => {
            assert_eq!(Ok(&commands), advanced.as_ref());
            assert_eq!(next, in_place);
            let text = answer(&changes(state, &next), &commands);
            (next, short(&text))
        }
        Err(error) => {
            assert_eq!(Err(&error), advanced.as_ref());
            assert_eq!(state, &in_place, "an error changed something");
            (state.clone(), short(&format!("error: {error}")))
        }
    }
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
        if line.is_empty() || line.starts_with('#') {
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
