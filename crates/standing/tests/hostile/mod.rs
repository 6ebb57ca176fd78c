//! The readers of files, given the real files with something wrong in them.

use std::path::Path;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use standing::{
    At, Election, Error, Evidence, Files, Law, Statement, accounts, change_points, parse_lines, standing,
};

/// Reads everything there is. Whatever is wrong, the answer is an error that
/// names a file of the folder and a line that exists, in one line of words.
fn check(files: &Files) -> Result<(), Error> {
    let read = Election::parse(files).and_then(|e| {
        Law::parse(files, &e.law, e.year)?;
        Law::paths(files, &e.law, e.year)?;
        e.acts(files).map(drop)
    });
    let lines = files.iter().filter(|(p, _)| p.ends_with(".jsonl"));
    let single: Result<Vec<_>, Error> = lines.map(|(p, text)| parse_lines(p, text).map(drop)).collect();
    let read = read.and(single.map(drop));
    if let Err(e) = &read {
        let text = e.to_string();
        assert!(!text.contains('\n') && !text.contains('\r'), "{text}");
        let (file, line) = match e {
            Error::Syntax { file, line, .. } => (file, (*line).max(1)),
            Error::Field { file, line, .. } => (file, (*line).max(1)),
            Error::NoFile { file, needed_by } => {
                assert!(text.contains(file.as_str()) && text.contains(needed_by.as_str()), "{text}");
                return read;
            }
            e => panic!("names no file: {e}"),
        };
        assert!(!matches!(e, Error::Syntax { line: 0, .. }), "{text}");
        assert!(text.starts_with(file.as_str()), "{text}");
        let contents = files.get(file).unwrap_or_else(|| panic!("no such file: {text}"));
        assert!(line <= contents.lines().count().max(1) + 1, "no such line: {text}");
    }
    read
}

/// The folder of the election of 2020, with the law it names.
fn real() -> Files {
    folder("us-2020")
}

/// A shipped election with the shipped law.
fn folder(name: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Files::new();
    let mut read = |folder: &Path, under: &str| {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.insert(format!("{under}{name}"), std::fs::read_to_string(&path).unwrap());
            }
        }
    };
    read(&root.join("history").join(name), "");
    read(&root.join("history").join(name).join("acts"), "acts/");
    for folder in ["us/", "us/president/", "us/apportionment/"] {
        read(&root.join("law").join(folder), folder);
    }
    files
}

/// What can happen to a file on its way.
#[derive(Debug, Clone)]
enum Damage {
    Truncate(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index, u8),
    Insert(prop::sample::Index, &'static str),
    RepeatLine(prop::sample::Index),
    ReplaceWord(prop::sample::Index, &'static str),
    Empty,
}

const PIECES: [&str; 12] =
    ["\"", "\n", "{", "}", ",", "]", "\u{0}", "\u{feff}", "4294967295", "-1", "é\u{202e}", "[[[[[[[["];

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        at().prop_map(Damage::Truncate),
        (at(), any::<u8>()).prop_map(|(i, b)| Damage::Flip(i, b)),
        (at(), any::<u8>()).prop_map(|(i, n)| Damage::Remove(i, n)),
        (at(), prop::sample::select(&PIECES[..])).prop_map(|(i, p)| Damage::Insert(i, p)),
        at().prop_map(Damage::RepeatLine),
        (at(), prop::sample::select(&PIECES[..])).prop_map(|(i, p)| Damage::ReplaceWord(i, p)),
        proptest::strategy::Just(Damage::Empty),
    ]
}

fn damaged(text: &str, damage: &Damage) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let place = |i: &prop::sample::Index| i.index(bytes.len().max(1)).min(bytes.len());
    match damage {
        Damage::Truncate(i) => bytes.truncate(place(i)),
        Damage::Flip(i, b) => {
            let at = place(i);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= b;
            }
        }
        Damage::Remove(i, n) => {
            let at = place(i);
            let end = bytes.len().min(at + usize::from(*n));
            bytes.drain(at..end);
        }
        Damage::Insert(i, piece) => {
            let at = place(i);
            bytes.splice(at..at, piece.bytes());
        }
        Damage::RepeatLine(i) => {
            let lines: Vec<&str> = text.lines().collect();
            let line = if lines.is_empty() { "" } else { i.get(&lines) };
            bytes.extend(line.bytes());
            bytes.push(b'\n');
        }
        Damage::ReplaceWord(i, piece) => {
            let words: Vec<&str> =
                text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            if !words.is_empty() {
                return text.replacen(*i.get(&words), piece, 1);
            }
        }
        Damage::Empty => bytes.clear(),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_refused_by_name(file in any::<prop::sample::Index>(), harm in prop::collection::vec(damage(), 1..3)) {
        let mut files = real();
        let names: Vec<String> = files.keys().cloned().collect();
        let text = files.get_mut(file.get(&names).as_str()).unwrap();
        for d in &harm {
            *text = damaged(text, d);
        }
        let _ = check(&files);
    }
}

/// What can still be read after the damage is counted: no panic, and never more electors than are allotted.
fn counted(files: &Files) {
    let Ok(()) = check(files) else { return };
    let election = Election::parse(files).unwrap();
    let law = Law::parse(files, &election.law, election.year).unwrap();
    let statements = election.acts(files).unwrap().into_iter().zip(0_u64..).map(|(line, index)| Statement {
        id: line.statement.clone().unwrap(),
        index,
        attester: "desk".try_into().unwrap(),
        known_at: line.known_at.unwrap(),
        amends: line.amends.clone(),
        channel: line.channel,
        sources: line.sources.clone(),
        act: line.to_act().unwrap(),
    });
    let enrolled = std::collections::BTreeSet::from(["desk".try_into().unwrap()]);
    let evidence = Evidence { statements: statements.collect(), enrolled };
    let Some(end) = change_points(&law, &election, &evidence).last().copied() else { return };
    // Sums beyond 32 bits are refused by name; nothing else is.
    let Ok(s) = standing(&law, &election, &evidence, At::same(end)) else { return };
    for a in accounts(&law, &election, &s) {
        assert!(a.counted <= a.allotted, "{}: {} of {}", a.office, a.counted, a.allotted);
        assert!(a.steps.iter().all(|step| !step.text.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_elections_are_counted_or_refused(
        name in prop::sample::select(&["us-1789", "us-1800", "us-1868", "us-1876", "us-2024"][..]),
        file in any::<prop::sample::Index>(),
        harm in prop::collection::vec(damage(), 1..3),
    ) {
        let mut files = folder(name);
        // Mostly the acts: what is damaged elsewhere is refused sooner.
        let names: Vec<String> = files.keys().filter(|n| !n.starts_with("us/")).cloned().collect();
        let text = files.get_mut(file.get(&names).as_str()).unwrap();
        for d in &harm {
            *text = damaged(text, d);
        }
        counted(&files);
    }
}

#[test]
fn the_real_files_are_read() {
    for name in ["us-1789", "us-1800", "us-1868", "us-1876", "us-2020", "us-2024"] {
        assert_eq!(check(&folder(name)), Ok(()), "{name}");
        counted(&folder(name));
    }
}

/// One thing wrong, in a named file, and the words by which it is refused.
fn refused(file: &str, old: &str, new: &str, expected: &str) {
    let mut files = real();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(old), "{file} has no `{old}`");
    *text = text.replacen(old, new, 1);
    let error = check(&files).expect_err(expected).to_string();
    assert!(error.contains(expected), "found: {error}");
}

#[test]
fn what_is_wrong_with_the_law_is_named() {
    let law = "us/president/eca-1887.toml";
    let seats = "us/apportionment/census-2010.toml";
    refused(
        "election.toml",
        "id = \"biden\"",
        "id = \"joe biden\"",
        "election.toml:12: `joe biden` is no PersonId",
    );
    refused(
        "election.toml",
        "America/New_York",
        "America/Nowhere",
        "election.toml: `zone`: `America/Nowhere` is no time zone",
    );
    refused("election.toml", "year = 2020", "year = 2024", "us/president/eca-1887.toml: `in_force_from`");
    refused(
        "election.toml",
        "id = \"trump\"",
        "id = \"biden\"",
        "election.toml: `person`: `biden` stands twice",
    );
    refused(law, "role = \"news\"", "roll = \"news\"", "unknown field `roll`");
    refused(
        law,
        "cite = \"usc-3-6\"",
        "cite = \"usc-3-66\"",
        "`usc-3-66` is cited but no [[cite]] defines it",
    );
    refused(
        law,
        "term_begins = \"term\"",
        "term_begins = \"terms\"",
        "`term_begins`: `terms` is named but no [[date]] defines it",
    );
    refused(
        law,
        "by = \"electors-vote\"",
        "by = \"electors-voted\"",
        "`by`: `electors-voted` is named but no [[date]] defines it",
    );
    refused(law, "id = \"demand\"", "id = \"count\"", "two [[date]] have the same id");
    refused(law, "kind = \"open\"", "kind = \"opens\"", "unknown variant `opens`");
    refused(seats, "code = \"AL\"", "code = \"AK\"", "`state`: AK stands twice");
    refused(seats, "code = \"DC\"", "code = \"AL\"", "`like_least`: AL stands among the states too");
    refused(
        seats,
        "representatives = 1",
        "representatives = 4294967295",
        "`representatives`: too many for AK",
    );
}

#[test]
fn what_is_wrong_with_tables_is_named() {
    refused(
        "issuers.news.csv",
        "\nap,",
        "\npa-biden,",
        "issuers.news.csv: `id`: `pa-biden` is a slate, which acts",
    );
    refused(
        "issuers.news.csv",
        "from,until\nap,The Associated Press,news,US,ap-votecast,,",
        "from,until\nap,The Associated Press,news,US,ap-votecast,,20 January",
        "issuers.news.csv:2:",
    );
    refused(
        "issuers.news.csv",
        "upstream,from,until",
        "upstream,from,from",
        "the header has two columns `from`",
    );
    refused(
        "slates.csv",
        "az-biden,AZ,AZ,11",
        "az-biden,AZ,AZ,eleven",
        "slates.csv:5: `electors`: `eleven` is no count",
    );
    refused(
        "slates.csv",
        "az-biden,AZ,AZ,11,biden",
        "az-biden,AZ,AZ,11,bidden",
        "slates.csv:5: `president`: `bidden` is not in election.toml",
    );
}

#[test]
fn what_is_wrong_with_acts_is_named() {
    let votes = "acts/40-electors-vote.jsonl";
    refused(votes, "\"id\":\"nh.vote\"", "\"id\":\"nh\\u001b[2J\"", "acts/40-electors-vote.jsonl:2: column");
    refused(votes, "\"id\":\"nh.vote\"", "\"id\":\"nh\\u001b[2J\"", "`nh\\u{1b}[2J` is no ActId");
    refused(
        votes,
        "\"kind\":\"elector_vote\"",
        "\"kind\":\"elector_votes\"",
        "acts/40-electors-vote.jsonl:1: column ",
    );
    refused(votes, "\"slate\":\"in-trump\"", "\"slat\":\"in-trump\"", "unknown field `slat`");
    refused(
        votes,
        "\"issuer\":\"in-trump\"",
        "\"issuer\":\"in-trumps\"",
        "acts/40-electors-vote.jsonl:1: `issuer`: `in-trumps` is not in",
    );
    refused(
        votes,
        "\"id\":\"nh.vote\"",
        "\"id\":\"in.vote\"",
        "acts/40-electors-vote.jsonl:2: `statement`: `in.vote` was used before",
    );
    refused(
        votes,
        "\"known_at\":",
        "\"of\":\"x\",\"known_at\":",
        "`of`: does not belong to a `elector_vote` act",
    );
    refused(
        votes,
        "\"not_after\":\"2020-12-14T11:05:00-05:00\"",
        "\"not_after\":\"2020-12-13T11:05:00-05:00\"",
        "is later than not_after",
    );
}
