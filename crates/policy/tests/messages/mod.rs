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

/// One thing wrong, and the whole sentence by which it is refused.
fn check(old: &str, new: &str, expected: &str) {
    assert_eq!(GOOD.matches(old).count(), 1, "`{old}`");
    let error = policy::from_toml("mine.toml", &GOOD.replace(old, new)).expect_err(expected);
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_policy_is_good() {
    let p = policy::from_toml("mine.toml", GOOD).unwrap();
    assert_eq!(p.name, "mine");
    let english = policy::in_english(&p).join("\n");
    for part in [
        "259200 seconds",
        "at least 2 independent sources",
        "among alpha, beta",
        "the legal date `term` has passed",
    ] {
        assert!(english.contains(part), "{english}");
    }
}

#[test]
fn what_does_not_parse() {
    check("language = 1\n", "", "mine.toml:1:1: missing field `language`");
    check(
        "language = 1",
        "language = 300",
        "mine.toml:2:12: `language`: invalid value: integer `300`, expected u8",
    );
    check(
        "office = \"president\"",
        "office = 5",
        "mine.toml:4:10: `office`: invalid type: integer `5`, expected a string",
    );
    check(
        "\"president\"",
        "\"the president\"",
        "mine.toml:4:10: `office`: `the president` is no OfficeId: 1 to 96 of the characters A-Z a-z 0-9 . - _ : / beginning with a letter or digit",
    );
    check(
        "summary",
        "sumary",
        "mine.toml:5:1: unknown field `sumary`, expected one of `another_person`, `annulled`, `contested`, `language`, `name`, `never`, `nobody`, `office`, `person`, `summary`",
    );
    check(
        "\"72h\"",
        "\"72 hours\"",
        "mine.toml:8:34: `duration`: expected a duration such as \"90s\", \"30m\", \"72h\" or \"3d\", at most ten years",
    );
    check(
        "\"72h\"",
        "\"-1s\"",
        "mine.toml:8:34: `duration`: expected a duration such as \"90s\", \"30m\", \"72h\" or \"3d\", at most ten years",
    );
    check(
        "\"72h\"",
        "\"99999999999999999d\"",
        "mine.toml:8:34: `duration`: expected a duration such as \"90s\", \"30m\", \"72h\" or \"3d\", at most ten years",
    );
    check(
        "at_least = 2",
        "at_least = \"two\"",
        "mine.toml:8:88: `at_least`: invalid type: string \"two\", expected u32",
    );
    check(
        "at_least = 2",
        "atleast = 2",
        "mine.toml:8:77: unexpected keys in table: atleast, available keys: at_least, by, counting",
    );
    check(
        "action = \"release\"",
        "action = \"publish\"",
        "mine.toml:14:10: `action`: unknown variant `publish`, expected one of `release`, `wait`, `ask`",
    );
    check("[never]", "[nobody]", "mine.toml:22:2: duplicate key");
    check("[never]", "[never", "mine.toml:22:7: unclosed table, expected `]`");
}

#[test]
fn what_parses_but_cannot_be_meant() {
    check("language = 1", "language = 2", "mine.toml: `language`: 2 is unknown; this program reads 1");
    check(
        "at_least = 2",
        "at_least = 3",
        "mine.toml: `person.when`: called.at_least is 3, but only 2 sources are named",
    );
    check("at_least = 2", "at_least = 0", "mine.toml: `person.when`: called.at_least must be 1 or more");
    check(
        "any = [\"voted\", { called = { at_least = 2, by = [\"alpha\", \"beta\"] } }]",
        "any = []",
        "mine.toml: `person.when`: a list of 1 to 64 formulas is needed, not 0",
    );
    check(
        "any = [",
        "at_least = { n = 3, of = [\"declared\"] } }, ignored = { any = [",
        "mine.toml:8:91: unexpected keys in table: ignored, available keys: duration, of",
    );
    check(
        "{ after = { date = \"term\" } }",
        "\"voted\"",
        "mine.toml: `never`: this clause is about the office: use nobody, annulled, contested or after",
    );
    check(
        "action = \"wait\"",
        "action = \"release\"",
        "mine.toml: `contested`: no message can be prepared for this: use \"wait\" or \"ask\"",
    );
    let deep = format!("{}\"voted\"{}", "{ all = [".repeat(9), "] }".repeat(9));
    check("{ after = { date = \"term\" } }", &deep, "mine.toml: `never`: nested more than eight deep");
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
        if let Err(error) = policy::from_toml("mine.toml", &text) {
            let words = error.to_string();
            assert!(words.starts_with("mine.toml:") && !words.contains('\n'), "{words}");
            if let policy::Error::Syntax { line, column, .. } = error {
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
