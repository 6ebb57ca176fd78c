//! `policy new`: whatever is answered, what is written is a policy, or nothing is written.

use proptest::prelude::{ProptestConfig, prop, proptest};

use crate::run::{Said, Scratch, answered, ascertain};
use crate::snapshots::kept;

/// Answers a policy into a file of this test's own; the text of the file, if there is one.
fn new(more: &[&str], answers: &str) -> (Said, Option<String>) {
    let scratch = Scratch::new("asking");
    let path = scratch.join("my-rule.toml");
    let path = path.to_str().unwrap();
    let said = answered(&[&["policy", "new", path], more].concat(), answers);
    let text = std::fs::read_to_string(path).ok();
    if let Some(text) = &text {
        let check = ascertain(&["policy", "check", path]);
        assert_eq!(check.code, 0, "{}\n{}", check.out, text);
    }
    let place = scratch.path().to_str().unwrap();
    let (out, err) = (said.out.replace(place, "SCRATCH"), said.err.replace(place, "SCRATCH"));
    (Said { code: said.code, out, err }, text)
}

/// What is asked and answered, and the file.
fn check(name: &str, more: &[&str], answers: &[&str]) {
    let (said, text) = new(more, &answers.iter().map(|a| format!("{a}\n")).collect::<String>());
    let file = text.unwrap_or_else(|| "no file\n".into());
    let page = format!("{}{}exit {}\n\n{file}", said.err, said.out, said.code);
    kept(&format!("policy-new/{name}.txt"), &page);
}

#[test]
fn answers_make_a_policy() {
    check("enter", &[], &[""; 16]);
    check(
        "calls",
        &["--for", "us-2020"],
        &[
            "My Rule",
            "desk",
            "",
            "caled",
            "1",
            "ap,cmn",
            "ap, cnn ,fox",
            "all of them",
            "independent",
            "4",
            "2",
            "3 weeks",
            "72h",
            "release",
            "ask",
            "release",
            "",
            "",
            "2020-12-14",
            "electors-vote",
            "wait",
            "Two desks that do not share their figures, for three days.",
        ],
    );
    check("first-of", &[], &["", "any", "2", "", "ap,ap", "ap,dpa", "none", "", "", "", "", "none", ""]);
    check(
        "canvassed",
        &["--for", "us-2020"],
        &["", "", "canvassed", "GA,QA", "GA,PA", "", "", "", "", "", "", "", ""],
    );
    check("ended", &[], &["mine", "president", "voted"]);
    check("nothing", &[], &[]);
    check("defaults", &["--defaults"], &[]);
}

#[test]
fn every_act_can_be_chosen() {
    for n in 1..=11 {
        let further = match n {
            2 => "ap\n",
            3 => "GA\n",
            _ => "",
        };
        let (said, text) = new(&[], &format!("\n\n{n}\n{further}{}", "\n".repeat(12)));
        assert_eq!((said.code, text.is_some()), (0, true), "{n}: {}", said.err);
    }
}

#[test]
fn no_file_is_written_over() {
    let scratch = Scratch::new("asking");
    let path = scratch.join("rule.toml");
    std::fs::write(&path, "mine").unwrap();
    for more in [&["--defaults"][..], &[]] {
        let said =
            answered(&[&["policy", "new", path.to_str().unwrap()], more].concat(), "\n\n\n\n\n\n\n\n\n\n\n");
        assert_eq!(said.code, 2);
        assert!(said.err.contains("there is a file already"), "{}", said.err);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
    let said =
        answered(&["policy", "new", scratch.join("no/such/rule.toml").to_str().unwrap(), "--defaults"], "");
    assert_eq!(said.code, 2, "{}", said.err);
}

#[test]
fn without_a_file_the_policy_is_printed() {
    let said = ascertain(&["policy", "new", "--defaults"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let scratch = Scratch::new("asking");
    let path = scratch.join("rule.toml");
    std::fs::write(&path, &said.out).unwrap();
    assert_eq!(ascertain(&["policy", "check", path.to_str().unwrap(), "--for", "us-2028"]).code, 0);
}

const ANSWERS: [&str; 30] = [
    "",
    "",
    "",
    "1",
    "2",
    "3",
    "4",
    "voted",
    "called",
    "ap",
    "ap,cnn",
    "GA",
    "none",
    "all",
    "outlets",
    "independent",
    "72h",
    "1d",
    "-1s",
    "release",
    "wait",
    "ask",
    "any",
    "president",
    "term",
    "\"",
    "'''\\u0007",
    "é \u{202e}x",
    "a\tb",
    "0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is answered: a policy that `policy check` takes, or no file and exit 2.
    #[test]
    fn any_answers(drawn in prop::collection::vec(prop::sample::select(&ANSWERS[..]), 0..60)) {
        let lines: String = drawn.iter().map(|a| format!("{a}\n")).collect();
        let (said, text) = new(&[], &lines);
        assert_eq!(said.code, if text.is_some() { 0 } else { 2 }, "{lines}: {}", said.err);
        assert!(!said.err.contains("panicked"), "{}", said.err);
    }
}
