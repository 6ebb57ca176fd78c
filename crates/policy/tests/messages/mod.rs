//! What is wrong with a policy file, said with file, line, column and key.

use proptest::prelude::{ProptestConfig, any, prop, proptest};

use crate::kit::questions;

const GOOD: &str = r#"# Official when electors have voted.
language = 1
name = "mine"
office = "president"
summary = "A majority of the electors have voted."

[person]
when = { held_for = { duration = "72h", of = { any = ["voted", { called = { at_least = 2, by = ["alpha", "beta"] } }] } } }

[another_person]
action = "ask"

[nobody]
action = "release"

[annulled]
action = "ask"

[contested]
action = "wait"

[never]
when = { after = { date = "term" } }
action = "ask"
"#;

/// Every row of the table: the policy with one thing changed is refused by exactly that sentence.
#[test]
fn faults_are_named_by_place_key_and_expectation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/messages/faults.txt");
    let table = std::fs::read_to_string(path).unwrap();
    let (mut old, mut new, mut rows) = (String::new(), String::new(), 0);
    let mut said = String::new();
    for line in table.lines() {
        let rest = line.get(1..).unwrap_or_default();
        let text = rest.strip_prefix(' ').unwrap_or(rest).replace("\\n", "\n");
        match line.chars().next() {
            Some('-') => old = text,
            Some('+') => new = text,
            Some('=') => {
                assert_eq!(GOOD.matches(&old).count(), 1, "`{old}` stands once");
                let error = policy::from_toml("mine.toml", &GOOD.replace(&old, &new)).expect_err(&new);
                said += &format!("= {error}\n");
                rows += 1;
                continue;
            }
            _ => {}
        }
        said += &format!("{line}\n");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &said).unwrap();
    }
    assert!(rows > 50, "only {rows} rows");
    for (kept, now) in table.lines().zip(said.lines()) {
        assert_eq!(kept, now, "run with UPDATE=1 and read the diff");
    }
}

#[test]
fn the_policy_is_good() {
    let p = policy::from_toml("mine.toml", GOOD).unwrap();
    assert_eq!(p.name, "mine");
    let english = policy::in_english(&p).join("\n");
    for part in [
        "for 72 hours without interruption it has been so that at least one of these is so: (1) appointed",
        "; or (2) X is called the winner of the whole election by at least 2 of alpha, beta, counted as independent sources.",
        "the legal date `term` has ended",
        "Independent sources: ",
        "Base: ",
    ] {
        assert!(english.contains(part), "{english}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_policies_are_read_or_refused(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..5), 1..4),
    ) {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (at, byte, how) in cuts {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 => bytes.truncate(at),
                1 => bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= byte),
                2 => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len()))),
                3 => bytes.insert(at, byte),
                _ => drop(bytes.splice(at..at, "{ all = [".repeat(usize::from(byte)).into_bytes())),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        match policy::from_toml("mine.toml", &text) {
            Ok(read) => {
                // The canonical form is read by another reader; both know one language.
                assert_eq!(toml::from_str::<policy::Policy>(&text).as_ref(), Ok(&read), "{text}");
            }
            Err(error) => {
                let words = error.to_string();
                assert!(words.starts_with("mine.toml:") && !words.contains('\n'), "{words}");
                let (line, column) = match error {
                    policy::Error::Syntax { line, column, .. } => (line, column),
                    policy::Error::Meaning { at: Some(at), .. } => (at.line, at.column),
                    other => panic!("{other} has no place"),
                };
                assert!((1..=text.lines().count() + 1).contains(&line), "{words}");
                assert!(column >= 1, "{words}");
            }
        }
    }
}

/// The one-line notation of the tables is the same language.
#[test]
fn canonical_form_has_no_text_durations() {
    let (p, _) = questions::one_line("x", "{ held_for = { duration = \"3d\", of = \"voted\" } }");
    let (q, _) = questions::one_line("x", "{ held_for = { duration = 259200, of = \"voted\" } }");
    assert_eq!(p, q);
    assert_eq!(serde_json::to_string(&p).unwrap(), serde_json::to_string(&q).unwrap());
    assert!(serde_json::to_string(&p).unwrap().contains("\"duration\":259200"));
}

/// A change of meaning is seen in its clause and in no other; a change of wording is none.
#[test]
fn policies_differ_by_clause() {
    let rows: [(&str, &str, &[&str]); 12] = [
        ("name = \"mine\"", "name = \"yours\"", &[]),
        ("duration = \"72h\"", "duration = 259200", &[]),
        ("by = [\"alpha\", \"beta\"]", "by = [\"beta\", \"alpha\"], counting = \"upstreams\"", &[]),
        ("action = \"release\"", "action = \"release\"\nwhen = \"nobody\"", &[]),
        ("\"president\"", "\"any\"", &["office"]),
        ("duration = \"72h\"", "duration = \"71h\"", &["person"]),
        ("at_least = 2", "at_least = 1", &["person"]),
        ("[another_person]\naction = \"ask\"", "[another_person]\naction = \"wait\"", &["another_person"]),
        ("action = \"release\"", "action = \"ask\"", &["nobody"]),
        ("[annulled]\naction = \"ask\"", "[annulled]\naction = \"release\"", &["annulled"]),
        ("\"wait\"", "\"wait\"\nwhen = { any = [\"contested\", \"annulled\"] }", &["contested"]),
        ("\"term\"", "\"count\"", &["never"]),
    ];
    let good = policy::from_toml("mine.toml", GOOD).unwrap();
    for (old, new, clauses) in rows {
        let other = policy::from_toml("other.toml", &GOOD.replace(old, new)).unwrap();
        let found = policy::differences(&good, &other);
        assert_eq!(found.iter().map(|d| d.clause).collect::<Vec<_>>(), clauses, "{new}");
        assert!(found.iter().all(|d| d.a != d.b), "{found:?}");
    }
}

/// Two readers, one language: the shipped policies are read alike by both.
#[test]
fn shipped_policies_are_read_alike() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let policy =
            policy::from_toml("shipped.toml", &text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(toml::from_str::<policy::Policy>(&text), Ok(policy), "{}", path.display());
        read += 1;
    }
    assert!(read >= 5, "only {read} policies");
}

/// Every way of counting calls, in words.
#[test]
fn calls_in_words() {
    let rows = [
        ("at_least = 1", "at least 1 source"),
        ("at_least = 2", "at least 2 independent sources"),
        ("at_least = 1, counting = \"outlets\"", "at least 1 outlet"),
        (
            "at_least = 2, counting = \"outlets\"",
            "at least 2 outlets, even if they share one supplier of figures",
        ),
        ("at_least = 1, by = [\"alpha\"]", "alpha"),
        (
            "at_least = 2, by = [\"alpha\", \"beta\"]",
            "at least 2 of alpha, beta, counted as independent sources",
        ),
        (
            "at_least = 1, by = [\"alpha\", \"beta\"], counting = \"outlets\"",
            "at least 1 of alpha, beta, even if they share one supplier of figures",
        ),
    ];
    for (written, told) in rows {
        let (p, _) = questions::one_line("x", &format!("{{ called = {{ {written} }} }}"));
        let words = policy::plain_english(&p.person.when);
        assert_eq!(words, format!("X is called the winner of the whole election by {told}"));
    }
}
