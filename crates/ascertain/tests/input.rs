//! Bad input gets a message that says what, where and what to do; exit 2; nothing changed; never a panic.

use std::path::Path;

use crate::run::{Scratch, ascertain, history, root};

/// Runs and expects exit 2 with every word of `says` in the message.
fn check(words: &[&str], says: &[&str]) {
    let said = ascertain(words);
    assert_eq!(said.code, 2, "{words:?}: {} {}", said.out, said.err);
    assert!(!said.err.contains("panicked"), "{words:?}: {}", said.err);
    for word in says {
        assert!(said.err.contains(word), "{words:?}: `{word}` is not in: {}", said.err);
    }
}

/// Replaces the first `from` in a file of a copied history and expects the message.
fn spoiled(file: &str, from: &str, to: &str, says: &[&str]) {
    let scratch = Scratch::new("input");
    let folder = history(&scratch, "us-2020");
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    // Only a replay looks at the messages.
    if !file.starts_with("telegrams/") {
        check(&["why", folder.to_str().unwrap()], says);
    }
    let out = scratch.join("o");
    check(&["replay", folder.to_str().unwrap(), "--out", out.to_str().unwrap()], says);
    assert!(!out.join("decision.proof").exists());
}

#[test]
fn acts_name_file_line_and_field() {
    let acts = "acts/30-ascertain.jsonl";
    spoiled(acts, "\"kind\":\"ascertain\"", "\"kind\":\"ascertane\"", &[acts, ":1:", "ascertane"]);
    spoiled(
        acts,
        "\"slate\":\"al-trump\"",
        "\"slate\":\"al-nobody\"",
        &[acts, ":1:", "`slate`", "al-nobody"],
    );
    spoiled(acts, "\"slate\":\"al-trump\"", "\"slate\":7", &[acts, ":1:"]);
    spoiled(
        acts,
        "\"kind\":\"ascertain\"",
        "\"kind\":\"ascertain\",\"kind\":\"ascertain\"",
        &[acts, ":1:", "duplicate field"],
    );
    spoiled(acts, "\"kind\":\"ascertain\"", "\"kind\":\"ascertain\",\"seal\":true", &[acts, ":1:", "seal"]);
    spoiled(acts, "\"slate\":\"al-trump\"", "\"person\":\"trump\"", &[acts, ":1:", "`slate`"]);
    spoiled(acts, "\"issuer\":\"al-executive\"", "\"issuer\":\"me\"", &[acts, ":1:", "`issuer`", "me"]);
    spoiled(acts, "T00:00:00-05:00\"", "T25:00:00-05:00\"", &[acts, ":1:", "T25"]);
    spoiled(acts, "}\n", "\n", &[acts, ":1:"]);
    spoiled(acts, "\"id\":\"al.ascertain\"", "\"id\":\"AL.ascertain\"", &[acts, ":1:", "`id`", "a-z"]);
    spoiled(acts, "T00:00:00-05:00\"", " 00:00:00-05:00\"", &[acts, ":1:", "RFC 3339"]);
    spoiled(
        acts,
        "2020-11-04T00:00:00-05:00",
        "0000-01-01T00:00:00+01:00",
        &[acts, ":1:", "years 0000 to 9999"],
    );
    spoiled(
        "acts/40-electors-vote.jsonl",
        "{\"trump\":11}",
        "{\"trump\":11,\"trump\":0}",
        &["40-electors-vote.jsonl", ":1:", "duplicate field `trump`"],
    );
    spoiled(
        "acts/40-electors-vote.jsonl",
        "{\"trump\":11}",
        "{\"trump\":-11}",
        &["40-electors-vote.jsonl", ":1:", "-11"],
    );
    spoiled(
        "acts/40-electors-vote.jsonl",
        "{\"trump\":11}",
        "{\"trump\":99999999999}",
        &["40-electors-vote.jsonl", ":1:"],
    );
    spoiled(
        "acts/40-electors-vote.jsonl",
        "{\"trump\":11}",
        "{\"nobody-known\":11}",
        &["nobody-known", "election.toml"],
    );
}

#[test]
fn heads_name_file_line_and_field() {
    spoiled("election.toml", "year = 2020", "year = 2024", &["eca-1887.toml", "in_force_from", "2022-12-28"]);
    spoiled(
        "election.toml",
        "year = 2020",
        "year = 2020\nyear = 2020",
        &["election.toml:7", "duplicate key"],
    );
    spoiled("election.toml", "year = 2020", "yeer = 2020", &["election.toml", "yeer"]);
    spoiled("election.toml", "America/New_York", "America/New_Yorck", &["America/New_Yorck", "no time zone"]);
    spoiled("election.toml", "id = \"us-2020\"", "id = \"US 2020\"", &["election.toml", "`id`", "US 2020"]);
    spoiled("election.toml", "id = \"harris\"", "id = \"biden\"", &["election.toml", "stands twice"]);
    spoiled("slates.csv", ",9,", ",nine,", &["slates.csv", "electors", "nine"]);
    spoiled("slates.csv", "slate,jurisdiction,unit", "slate,jurisdiction,part", &["slates.csv", "unit"]);
    spoiled("issuers.news.csv", "\nap,", "\ncnn,", &["issuers.news.csv", "stands twice"]);
    spoiled("telegrams/biden.toml", "{person}", "{peerson}", &["telegrams/biden.toml", "peerson"]);
    spoiled(
        "telegrams/biden.toml",
        "Congratulations on",
        "Hello\\nBcc: all@example.org",
        &["subject", "one line"],
    );
    spoiled("telegrams/biden.toml", "transition@example.org", "transition", &["recipient.address"]);
    spoiled("telegrams/trump.toml", "{ person = \"trump\" }", "{ person = \"biden\" }", &["same outcome"]);
    spoiled(
        "telegrams/biden.toml",
        "channel = \"file\"",
        "channel = \"fax\"",
        &["telegrams/biden.toml", "fax"],
    );
}

fn policy(text: &[u8], says: &[&str]) {
    let scratch = Scratch::new("policy");
    let path = scratch.join("rule.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    check(&["policy", "hash", path], says);
    check(&["why", "us-2020", "--policy", path], says);
}

#[test]
fn policies_name_file_line_column_and_key() {
    let good = std::fs::read_to_string(root().join("policies/electors-voted.toml")).unwrap();
    let bad = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    policy(&bad("\"voted\"", "\"votted\""), &["rule.toml:11:8", "votted", "did you mean `voted`?"]);
    policy(&bad("language = 1", "language = 2"), &["rule.toml:5:12", "`language`", "2 is unknown"]);
    policy(&bad("[nobody] ", "[nobodies] "), &["rule.toml:", "nobodies"]);
    policy(&bad("\"voted\"", "{ held_for = { duration = \"3 weeks\", of = \"voted\" } }"), &["duration"]);
    policy(
        &bad("\"voted\"", "{ at_least = { n = 3, of = [\"voted\"] } }"),
        &["rule.toml:11:", "`person.when.at_least.n`", "never be decided"],
    );
    policy(&bad("\"voted\"", "{ all = [] }"), &["person.when", "1 to 64"]);
    policy(b"", &["rule.toml:1"]);
    policy(b"\xff\xfe", &["not UTF-8"]);
    policy("a = [".repeat(100_000).as_bytes(), &["rule.toml"]);
}

#[test]
fn words_of_a_user() {
    check(&["why", "us-2021"], &["us-2021", "ascertain elections"]);
    check(&["why", "us-2020", "--policy", "nothing"], &["nothing", "policy list"]);
    check(&["why", "us-2020", "--as-of", "yesterday"], &["yesterday", "RFC 3339"]);
    check(&["why", "us-2020", "--as-of", "2020-02-30"], &["2020-02-30"]);
    check(&["verify", "no-such-file"], &["no-such-file"]);
    check(&["record", "show", "--data", "no-such-folder"], &["no-such-folder", "no store"]);
    check(&["replay"], &["ELECTION"]);
    check(&["replay", "us-2020", "--sped", "3"], &["--speed"]);
    check(&["frobnicate"], &["frobnicate"]);
    assert!(!Path::new("no-such-folder").exists());
}

#[test]
fn any_readable_file_gets_a_verdict() {
    let scratch = Scratch::new("verify");
    let deep = "[".repeat(100_000);
    let huge = "x".repeat(3_000_000);
    let files: [&[u8]; 8] = [
        b"",
        b"{}",
        b"null",
        b"\xff\xfe\x00",
        deep.as_bytes(),
        huge.as_bytes(),
        b"{\"v\":1,\"v\":1}",
        b"{\"v\": 1}",
    ];
    for (n, bytes) in files.iter().enumerate() {
        let path = scratch.join(&format!("{n}.proof"));
        std::fs::write(&path, bytes).unwrap();
        let said = ascertain(&["verify", path.to_str().unwrap()]);
        assert_eq!(said.code, 1, "file {n}: {} {}", said.out, said.err);
        assert!(said.out.contains("FAILS  form"), "file {n}: {}", said.out);
    }
}

#[test]
fn a_store_of_something_else_is_refused_and_left_alone() {
    let scratch = Scratch::new("store");
    let file = scratch.join("store.sqlite");
    std::fs::write(&file, "not a database at all, but somebody's file").unwrap();
    let data = scratch.path().to_str().unwrap();
    let said = ascertain(&["record", "verify", "--data", data]);
    assert!(said.code == 2 || said.code == 3, "{}", said.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a database at all, but somebody's file");
    let out = scratch.join("o");
    let kept = scratch.join("kept");
    let words = |policy: &'static str| {
        [
            "replay",
            "us-2020",
            "--policy",
            policy,
            "--out",
            out.to_str().unwrap(),
            "--data",
            kept.to_str().unwrap(),
        ]
        .map(str::to_owned)
    };
    let run = |policy| ascertain(&words(policy).iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(run("tv-consensus").code, 0);
    let said = run("in-office");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("begun with another policy"), "{}", said.err);
}

/// What a policy names must be known to law and election; the place in the file is found again.
#[test]
fn policies_that_do_not_fit_name_the_place() {
    let good = std::fs::read_to_string(root().join("policies/electors-voted.toml")).unwrap();
    let rows: [(&str, &str, &[&str]); 6] = [
        ("\"president\"", "\"presidnet\"", &["rule.toml:7:10", "`office`", "did you mean `president`?"]),
        ("\"term\"", "\"trem\"", &["rule.toml:26:27", "`never.when.after.date`", "did you mean `term`?"]),
        (
            "\"voted\"",
            "{ any = [\"voted\",\n  { called = { at_least = 1, by = [\"ap\", \"cmn\"] } }] }",
            &["rule.toml:12:42", "`person.when.any[2].called.by[2]`", "`cmn`", "did you mean `cnn`?"],
        ),
        ("\"voted\"", "{ first_of = { sources = [\"apx\"] } }", &["rule.toml:11:34", "`apx`"]),
        ("\"voted\"", "{ canvassed = { places = [\"GA\", \"QA\"] } }", &["rule.toml:11:40", "`QA`"]),
        ("\"voted\"", "{ all = [\"voted\", { after = { date = \"never\" } }] }", &["rule.toml:11:45"]),
    ];
    let scratch = Scratch::new("policy");
    let path = scratch.join("rule.toml");
    let path = path.to_str().unwrap();
    for (from, to, says) in rows {
        std::fs::write(path, good.replacen(from, to, 1)).unwrap();
        assert_eq!(ascertain(&["policy", "hash", path]).code, 0, "{to}");
        check(&["why", "us-2020", "--policy", path], says);
        check(&["replay", "us-2020", "--policy", path], says);
    }
    check(&["why", "us-2020", "--policy", "electors-vote"], &["did you mean `electors-voted`?"]);
}
