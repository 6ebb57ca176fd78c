//! Drills: the shipped night, every mood of a receiver, what is expected and does not come, scripts that are none.

use std::path::PathBuf;

use serde_json::Value;

use crate::run::{Said, Scratch, ascertain, last_json, root};
use crate::snapshots::kept;

const SHIPPED: &str = "drills/us-2028.toml";

fn drill(election: &str, script: &str, more: &[&str]) -> Said {
    ascertain(&[&["drill", election, "--script", script], more].concat())
}

/// Rehearses a script of its own without the lint, as JSON.
fn rehearsed(scratch: &Scratch, text: &str) -> (i32, Value) {
    rehearsed_as(scratch, "script.toml", text)
}

fn rehearsed_as(scratch: &Scratch, name: &str, text: &str) -> (i32, Value) {
    let said = drill("us-2028", &written_as(scratch, name, text), &["--json", "--no-lint"]);
    assert!(said.code < 2, "{}\n{text}", said.err);
    (said.code, last_json(&said))
}

fn written(scratch: &Scratch, text: &str) -> String {
    written_as(scratch, "script.toml", text)
}

fn written_as(scratch: &Scratch, name: &str, text: &str) -> String {
    let path = scratch.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_shipped_night() {
    let scratch = Scratch::new("drill");
    let (one, two) = (scratch.join("one"), scratch.join("two"));
    let said = drill("us-2028", SHIPPED, &["--out", one.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    kept("drill/us-2028.txt", &said.out.replace(scratch.path().to_str().unwrap(), "SCRATCH"));
    // The same script, the same bytes: new keys, another record, another hour.
    let again = drill("us-2028", SHIPPED, &["--json", "--no-lint", "--out", two.to_str().unwrap()]);
    let json = drill("us-2028", SHIPPED, &["--json", "--no-lint"]);
    assert_eq!(again.out, json.out);
    let page = |dir: &PathBuf| std::fs::read_to_string(dir.join("report.html")).unwrap();
    let (one, two) = (page(&one), page(&two));
    assert_eq!(timeline(&one), timeline(&two));
    assert!(one.contains("<p class=\"mark\" aria-hidden=\"true\">[DRILL]</p>"));
    for word in ["<script", "<link", "src=", "http://", "https://", "javascript"] {
        assert!(!one.contains(word), "{word}");
    }
}

fn timeline(page: &str) -> &str {
    page.split_once("<h2>What happened</h2>").unwrap().1
}

/// Wherever the desk's process dies between two steps, the night comes to the same, and nobody has anything twice. A night
/// in which it dies after every step; then each step has three nights of seven, never the same three, so that for any two
/// steps there is a night in which it dies after the one and not after the other: no crash hides what another spoilt.
#[test]
fn a_crash_after_any_step_changes_nothing() {
    let scratch = Scratch::new("drill");
    std::fs::copy(root().join("drills/us-2028.jsonl"), scratch.join("us-2028.jsonl")).unwrap();
    let text = std::fs::read_to_string(root().join(SHIPPED)).unwrap();
    let pieces: Vec<&str> = text.split("[[step]]\n").collect();
    let crash = |piece: &str| {
        let at = piece.lines().find(|l| l.starts_with("at = ")).unwrap();
        format!("[[step]]\n{at}\ncrash = true\n\n")
    };
    let with = |name: &str, crashes: &dyn Fn(usize) -> bool| {
        let mut script = pieces[0].to_owned();
        for (n, piece) in pieces.iter().enumerate().skip(1) {
            script += &format!("[[step]]\n{piece}\n");
            if crashes(n) {
                script += &crash(piece);
            }
        }
        end(&rehearsed_as(&scratch, &format!("{name}.toml"), &script).1)
    };
    let nights: Vec<u32> = (0_u32..1 << 7).filter(|set| set.count_ones() == 3).collect();
    assert!(pieces.len() <= nights.len() + 1, "more steps than sets of nights");
    // They wait for the disk most of the time.
    std::thread::scope(|s| {
        let plain = s.spawn(|| with("none", &|_| false));
        let each = s.spawn(|| with("each", &|_| true));
        let some = [0, 1, 2, 3, 4, 5, 6].map(|night| {
            let (with, nights) = (&with, &nights);
            s.spawn(move || with(&format!("some-{night}"), &|n| nights[n - 1] >> night & 1 == 1))
        });
        let plain = plain.join().unwrap();
        assert_eq!(each.join().unwrap(), plain, "after every step");
        for (night, it) in some.into_iter().enumerate() {
            assert_eq!(it.join().unwrap(), plain, "night {night} of {nights:?}");
        }
    });
}

/// What a night came to, without how it came there: a crash in time makes an attempt come earlier.
fn end(report: &Value) -> String {
    let unmet = report["unmet"].as_array().unwrap();
    assert!(unmet.iter().all(|u| u["expected"].as_str().unwrap().ends_with(": under_way")), "{unmet:?}");
    let mut telegrams = report["telegrams"].clone();
    for t in telegrams.as_array_mut().unwrap() {
        for s in t["recipients"].as_array_mut().unwrap() {
            s.as_object_mut().unwrap().remove("after_s");
        }
    }
    let decision = ["outcome", "at", "released", "overtaken"].map(|key| report["decision"][key].clone());
    let relied: Vec<&Value> =
        report["decision"]["relied"].as_array().unwrap().iter().map(|r| &r["act"]).collect();
    format!("{telegrams} {decision:?} {relied:?} {} {}", report["ledger"], report["otherwise"])
}

/// A night of five calls: one receiver and its moods, then what must be so after a while.
fn night(receiver: &str, steps: &str) -> String {
    let calls = ["ap", "cnn", "ddhq", "abc", "nbc"];
    let call = |by: &str| {
        format!(
            "{{ id = \"{by}.call\", kind = \"call\", issuer = \"{by}\", office = \"president\", jurisdiction = \"US\", person = \"a\" }}"
        )
    };
    let acts: Vec<String> = calls.iter().map(|by| call(by)).collect();
    format!(
        "name = \"n\"\npolicy = \"tv-consensus\"\nstart = \"2028-11-01T00:00:00Z\"\n\
         [people]\napprovers = [\"ann\", \"ben\"]\nneeded = 1\n\
         [[receiver]]\nid = \"r\"\n{receiver}\n\
         [[telegram]]\nid = \"a\"\noutcome = {{ person = \"a\" }}\nsubject = \"s\"\nbody = \"b\"\nto = [\"r\"]\n\
         [[telegram]]\nid = \"b\"\noutcome = {{ person = \"b\" }}\nsubject = \"s\"\nbody = \"b\"\nto = [\"r\"]\n\
         [[step]]\nat = \"2028-11-01T01:00:00Z\"\napprove = [\"a\"]\nby = \"ann\"\n\
         [[step]]\nat = \"2028-11-01T02:00:00Z\"\nhold = [\"a\"]\nincomplete = true\n\
         [[step]]\nat = \"2028-11-08T05:00:00Z\"\nenter = [{}]\n{steps}",
        acts.join(", ")
    )
}

fn at(time: &str, what: &str) -> String {
    format!("[[step]]\nat = \"2028-11-{time}Z\"\n{what}\n")
}

fn expect(time: &str, what: &str) -> String {
    at(time, &format!("expect = {{ {what} }}"))
}

/// Channel, moods, what is expected when; then requests, kept, repeats. Duplicates are never any.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], [u64; 3]);

const MOODS: [Case<'_>; 14] = [
    ("webhook", "", &[("08T05:00:00", "acknowledged")], [1, 1, 0]),
    ("email", "", &[("08T05:00:00", "acknowledged")], [1, 1, 0]),
    ("webhook", r#"{ mood = "answers_twice" }"#, &[("08T05:00:01", "acknowledged")], [1, 1, 0]),
    (
        "webhook",
        r#"{ mood = "hangs_up" }"#,
        &[("08T05:00:01", "pending"), ("08T05:00:02", "acknowledged")],
        [2, 2, 1],
    ),
    (
        "email",
        r#"{ mood = "hangs_up" }"#,
        &[("08T05:00:01", "in_doubt"), ("20T00:00:00", "in_doubt")],
        [1, 1, 0],
    ),
    (
        "webhook",
        r#"{ mood = "stalls" }"#,
        &[("08T05:00:24", "under_way"), ("08T05:00:25", "pending"), ("08T05:00:27", "acknowledged")],
        [2, 1, 0],
    ),
    (
        "email",
        r#"{ mood = "stalls" }"#,
        &[("08T05:09:59", "under_way"), ("08T05:10:00", "in_doubt")],
        [1, 0, 0],
    ),
    (
        "webhook",
        r#"{ mood = "busy", retry_after = 600, times = 2 }"#,
        &[("08T05:19:59", "pending"), ("08T05:20:00", "acknowledged")],
        [3, 1, 0],
    ),
    (
        "email",
        r#"{ mood = "busy", times = 2 }"#,
        &[("08T05:02:29", "pending"), ("08T05:02:30", "acknowledged")],
        [3, 1, 0],
    ),
    ("webhook", r#"{ mood = "fails" }"#, &[("08T05:00:02", "acknowledged")], [2, 1, 0]),
    // Nothing was taken over, however often it was tried: a dead letter after a day and a half.
    (
        "webhook",
        r#"{ mood = "unreachable", times = 12 }"#,
        &[("09T18:00:00", "pending"), ("11T00:00:00", "undeliverable")],
        [0, 0, 0],
    ),
    // Each time it may have arrived: in doubt.
    ("webhook", r#"{ mood = "fails", times = 12 }"#, &[("11T00:00:00", "in_doubt")], [12, 0, 0]),
    (
        "webhook",
        r#"{ mood = "refuses" }"#,
        &[("08T05:00:00", "undeliverable"), ("20T00:00:00", "undeliverable")],
        [1, 0, 0],
    ),
    ("email", r#"{ mood = "refuses" }"#, &[("08T05:00:00", "undeliverable")], [1, 0, 0]),
];

#[test]
fn a_receiver_of_each_mood() {
    let scratch = Scratch::new("drill");
    for (channel, does, expected, seen) in MOODS {
        let receiver = format!("channel = \"{channel}\"\ndoes = [{does}]");
        let steps: String = expected
            .iter()
            .map(|(time, progress)| {
                expect(time, &format!("telegram = \"a\", to = \"r\", progress = \"{progress}\""))
            })
            .collect();
        let (code, report) = rehearsed(&scratch, &night(&receiver, &steps));
        assert_eq!(code, 0, "{channel} {does}: {}", report["unmet"]);
        let row = &report["ledger"][0];
        let is = ["requests", "kept", "repeats"].map(|key| row[key].as_u64().unwrap());
        assert_eq!((is, row["duplicates"].as_u64()), (seen, Some(0)), "{channel} {does}");
        assert!(row["ids"].as_array().unwrap().len() <= 1, "{channel} {does}: {row}");
    }
}

/// Everything a person can do, and what may befall them; each step expects what the desk says.
#[test]
fn people_clocks_and_keys() {
    let scratch = Scratch::new("drill");
    let rest = [
        at("08T05:00:00", "resolve = { telegram = \"a\", to = \"r\", resend = true }"),
        expect("08T05:00:00", "telegram = \"a\", to = \"r\", requests = 2"),
        at("08T05:01:00", "redrive = { telegram = \"a\", to = \"r\" }\nrefused = \"no dead letter\""),
        at("08T05:01:00", "withdraw = \"a\"\nrefused = \"was released or is void already\""),
        // The draft that was left behind went with the decision.
        at("08T05:02:00", "withdraw = \"b\"\nrefused = \"was released or is void already\""),
        expect("08T05:02:00", "telegram = \"b\", state = \"void\""),
    ];
    let mail = "channel = \"email\"\ndoes = [{ mood = \"stalls\" }]";
    let steps = rest.concat().replace("08T05", "08T06");
    let (code, report) = rehearsed(&scratch, &night(mail, &steps));
    assert_eq!(code, 0, "{}", report["unmet"]);
    // Sent again at a person's word, after it was in doubt: kept once, since the first was not.
    assert_eq!(report["ledger"][0]["duplicates"], 0);
    // The approver is gone before the night: nothing is out, and the report says why.
    let gone = night("channel = \"file\"", &expect("08T05:00:00", "out = []"));
    let withdrawn = expect("03T00:00:00", "telegram = \"b\", state = \"withdrawn\"");
    let (revoke, withdraw) = (at("03T00:00:00", "revoke = \"ann\""), at("03T00:00:00", "withdraw = \"b\""));
    let revoke = [revoke, withdraw, withdrawn].concat();
    let enter = "[[step]]\nat = \"2028-11-08T05:00:00Z\"\nenter";
    let (code, report) = rehearsed(&scratch, &gone.replacen(enter, &format!("{revoke}{enter}"), 1));
    assert_eq!(code, 0, "{}", report["unmet"]);
    assert!(report.to_string().contains("approvals missing: 1"), "{report}");
    // A clock that is an hour behind takes the decision up an hour late; what it is dated is when the policy was met.
    let slow = at("03T00:00:00", "clock_ahead_s = -3600");
    let late =
        [expect("08T05:59:59", "decision = \"none\""), expect("08T06:00:00", "decision = \"a\"")].concat();
    let late = night("channel = \"file\"", &late).replacen(enter, &format!("{slow}{enter}"), 1);
    let (code, report) = rehearsed(&scratch, &late);
    assert_eq!(code, 0, "{}", report["unmet"]);
    assert_eq!(report["decision"]["at"], "2028-11-08T05:00:00Z");
    // Without a decision, for a reason enough approvers signed.
    let out = [
        at("01T03:00:00", "release = \"a\"\nreason = \"said in person\"\nrefused = \"missing: 1\""),
        at("01T03:00:00", "approve = [\"a\"]\nby = \"ben\"\nreason = \"said in person\""),
        at("01T03:00:00", "release = \"a\"\nreason = \"said in person\""),
        expect("01T03:00:00", "telegram = \"a\", to = \"r\", progress = \"acknowledged\""),
    ];
    let early = night("channel = \"file\"", "").replacen(enter, &format!("{}{enter}", out.concat()), 1);
    let (code, report) = rehearsed(&scratch, &early);
    assert_eq!(code, 0, "{}", report["unmet"]);
    assert_eq!(report["telegrams"][0]["ground"], "without a decision: said in person");
    assert_eq!(report["decision"]["released"], Value::Null);
}

/// What a correction overtakes is tried no more, be it waiting or under way; to whom it is under way, the correction waits.
#[test]
fn a_correction_ends_what_it_corrects() {
    let scratch = Scratch::new("drill");
    let back = "id = \"ap.back\", kind = \"report\", issuer = \"ap\", office = \"president\", jurisdiction = \"US\", retracts = \"ap.call\"";
    let steps = [
        at("08T05:00:05", &format!("enter = [{{ {back} }}]")),
        at("08T05:00:10", "release = \"c\""),
        expect("08T05:00:10", "telegram = \"a\", to = \"s\", progress = \"undeliverable\""),
        expect("08T05:00:10", "telegram = \"c\", to = \"s\", progress = \"acknowledged\""),
        expect("08T05:00:24", "telegram = \"a\", to = \"r\", progress = \"under_way\""),
        expect("08T05:00:24", "telegram = \"c\", to = \"r\", progress = \"pending\""),
        expect("08T05:00:25", "telegram = \"a\", to = \"r\", progress = \"in_doubt\""),
        expect("08T05:00:25", "telegram = \"c\", to = \"r\", progress = \"acknowledged\""),
        expect("20T00:00:00", "telegram = \"a\", to = \"r\", requests = 1"),
        expect("20T00:00:00", "telegram = \"a\", to = \"s\", requests = 1"),
    ];
    let receivers = "channel = \"webhook\"\ndoes = [{ mood = \"stalls\" }]\n\
        [[receiver]]\nid = \"s\"\nchannel = \"webhook\"\ndoes = [{ mood = \"busy\", retry_after = 600 }]";
    let first = "[[step]]\nat = \"2028-11-01T01";
    let correction = "[[telegram]]\nid = \"c\"\ncorrects = \"a\"\noutcome = { person = \"a\" }\nsubject = \"s\"\nbody = \"b\"\nto = [\"r\"]\n";
    let text = night(receivers, &steps.concat())
        .replacen(first, &format!("{correction}{first}"), 1)
        .replace("to = [\"r\"]", "to = [\"r\", \"s\"]")
        .replace("approve = [\"a\"]", "approve = [\"a\", \"c\"]")
        .replace("hold = [\"a\"]", "hold = [\"a\", \"c\"]");
    let (code, report) = rehearsed(&scratch, &text);
    assert_eq!(code, 0, "{}", report["unmet"]);
}

/// Words have what a receiver is called, and what a file leaves open stands in the script.
#[test]
fn words_with_fields_of_the_receivers_own() {
    let scratch = Scratch::new("drill");
    let receiver =
        "channel = \"email\"\nname = \"A. B.\"\ntitle = \"Ambassador\"\nfield = { post = \"Nowhere\" }";
    let inline = night(receiver, "").replacen("subject = \"s\"", "subject = \"{title} {name}, {post}\"", 1);
    let open = "subject = \"{title}\"\nbody = \"{post}\"\n";
    let whole = format!(
        "{open}[[recipient]]\nid = \"x\"\nname = \"x\"\naddress = \"x@example.org\"\nchannel = \"file\"\ntitle = \"T\"\nfield = {{ post = \"P\" }}\n"
    );
    let of_file = |to: &str| {
        inline.replacen(
            "subject = \"{title} {name}, {post}\"\nbody = \"b\"\nto = [\"r\"]",
            &format!("file = \"words.toml\"\n{to}"),
            1,
        )
    };
    for (file, script, out) in [
        ("", inline.clone(), "r"),
        (open, of_file("to = [\"r\"]"), "r"),
        (&whole, of_file(""), "x"),
        (&whole, of_file("to = [\"x\", \"r\"]"), "x"),
    ] {
        std::fs::write(scratch.join("words.toml"), file).unwrap();
        let expected =
            expect("08T05:00:00", &format!("telegram = \"a\", to = \"{out}\", progress = \"acknowledged\""));
        let (code, report) = rehearsed(&scratch, &format!("{script}{expected}"));
        assert_eq!(code, 0, "{script}{}", report["unmet"]);
    }
    std::fs::write(scratch.join("words.toml"), &whole).unwrap();
    let without = of_file("to = [\"r\"]").replacen("title = \"Ambassador\"\n", "", 1);
    let said = drill("us-2028", &written(&scratch, &without), &["--no-lint"]);
    assert!(said.code == 2 && said.err.contains("`telegram.to`: `r` lacks a language"), "{}", said.err);
}

#[test]
fn what_does_not_come_is_said_with_its_line() {
    let scratch = Scratch::new("drill");
    for (step, words) in [
        ("expect = { out = [] }", "expected out: nothing; instead: a"),
        ("expect = { telegram = \"a\", state = \"held\" }", "expected a: held; instead: released"),
        (
            "expect = { telegram = \"a\", to = \"r\", progress = \"pending\" }",
            "expected a to r: pending; instead: acknowledged",
        ),
        ("expect = { decision = \"b\" }", "expected the decision: Candidate B; instead: Candidate A"),
        ("expect = { overtaken = true }", "instead: not undone"),
        (
            "withdraw = \"a\"",
            "expected withdraw a: done; instead: telegram a was released or is void already",
        ),
        ("withdraw = \"b\"\nrefused = \"\"", "expected withdraw b: refused, ; instead: it was done"),
        (
            "withdraw = \"a\"\nrefused = \"some other reason\"",
            "refused, some other reason; instead: telegram a",
        ),
    ] {
        // After the decision what was left behind cannot be withdrawn any more.
        let enter = "[[step]]\nat = \"2028-11-08T05:00:00Z\"\nenter";
        let text = if step.starts_with("withdraw = \"b\"") {
            let first = format!("{}{enter}", at("03T00:00:00", step));
            night("channel = \"file\"", "").replacen(enter, &first, 1)
        } else {
            night("channel = \"file\"", &at("08T05:00:00", step))
        };
        let line = text[..text.find(step).unwrap()].lines().count();
        let said = drill("us-2028", &written(&scratch, &text), &["--no-lint"]);
        let expected = format!("script.toml:{line}: expected");
        assert!(
            said.code == 1 && said.out.contains(&expected),
            "{step}: {expected}\n{}{}",
            said.out,
            said.err
        );
        assert!(said.out.contains(words), "{step}: {words}\n{}", said.out);
    }
}

/// What is put in whose place, and what is said.
const BAD: [(&str, &str, &str); 36] = [
    (
        "outcome = { person = \"b\" }",
        "outcome = { person = \"b\" }\ncorrects = \"b\"",
        "`b` is not in [[telegram]] above",
    ),
    ("\"ann\", \"ben\"", "\"ann\", \"Ben\"", ":4: `people`: `Ben`: 1 to 48"),
    ("name = \"n\"", "nam = \"n\"", ":1: `toml`: unknown field `nam`"),
    ("start = \"2028-11-01T00:00:00Z\"", "start = \"2028-11-01\"", ":3: `start`"),
    ("policy = \"tv-consensus\"", "policy = \"tv-consensu\"", "did you mean `tv-consensus`?"),
    ("needed = 1", "needed = 3", "3 of 2 approvers cannot agree"),
    ("needed = 1", "needed = 0", "0 of 2 approvers cannot agree"),
    ("\"ann\", \"ben\"", "\"ann\", \"desk\"", "`desk` stands twice, or is the desk itself"),
    ("id = \"r\"\n", "id = \"r\"\naddress = \"https://example.org/\"\n", "unknown field `address`"),
    ("id = \"r\"\n", "id = \"https://example.org/\"\n", "1 to 48 of a-z, 0-9 and -"),
    ("channel = \"webhook\"", "channel = \"telex\"", "unknown variant `telex`"),
    ("channel = \"webhook\"", "channel = \"file\"\ndoes = [{ mood = \"busy\" }]", "have moods"),
    (
        "channel = \"webhook\"",
        "channel = \"email\"\ndoes = [{ mood = \"sulks\" }]",
        "unknown variant `sulks`",
    ),
    (
        "channel = \"webhook\"",
        "channel = \"email\"\ndoes = [{ mood = \"busy\", times = 0 }]",
        ":8: `does.times`",
    ),
    (
        "channel = \"webhook\"",
        "channel = \"email\"\ndoes = [{ mood = \"stalls\", retry_after = 9 }]",
        "only who is busy",
    ),
    ("to = [\"r\"]", "to = [\"s\"]", ":11: `telegram.to`: `s` is not in [[receiver]]"),
    ("to = [\"r\"]", "to = [\"r\", \"r\"]", "none twice"),
    ("to = [\"r\"]", "to = [\"mailto:x@example.org\"]", "is not in [[receiver]]"),
    ("subject = \"s\"", "subject = \"{titel}\"", "{titel}"),
    ("subject = \"s\"", "subject = \"{title}\"", ":8: `receiver.title`: `r` has none, and the words of"),
    ("outcome = { person = \"a\" }", "outcome = { person = \"z\" }", "`z` is nobody's id"),
    ("outcome = { person = \"a\" }\n", "", ":11: `telegram.outcome`: missing"),
    ("incomplete = true", "", ":27: `step.hold`: no telegram for the outcome `nobody`"),
    ("hold = [\"a\"]", "hold = [\"aa\"]", "`aa` is not in [[telegram]] above"),
    (
        "by = \"ann\"",
        "by = \"anna\"",
        ":23: `step.by`: `anna` is not in people.approvers; did you mean `ann`?",
    ),
    ("by = \"ann\"", "", "`` is not in people.approvers"),
    ("by = \"ann\"", "by = \"ann\"\ncrash = true", "a step does one thing"),
    ("approve = [\"a\"]\nby = \"ann\"", "", "a step does one thing"),
    ("approve = [\"a\"]\nby = \"ann\"", "crash = true\nrefused = \"no\"", "nobody can refuse that"),
    ("approve = [\"a\"]", "expect = { out = [] }", "`step.by`: does not belong to this step"),
    ("01T02:00:00Z", "01T00:59:59Z", ":27: `step.at`: 2028-11-01T00:59:59Z is before 2028-11-01T01:00:00Z"),
    ("01T01:00:00Z", "01T01:00Z", ":23: `step.at`"),
    ("kind = \"call\"", "kind = \"shout\"", "unknown variant `shout`"),
    ("issuer = \"ap\"", "issuer = \"aap\"", "`issuer`: `aap` is not in"),
    (
        "id = \"ap.call\"",
        "id = \"ap.call\", known_at = \"2028-11-09T00:00:00Z\"",
        "nobody enters what is not known yet",
    ),
    ("id = \"cnn.call\"", "id = \"ap.call\"", "`ap.call` was used before"),
];

const BAD_EXPECTATIONS: [(&str, &str); 5] = [
    ("state = \"held\"", "expects one thing"),
    ("telegram = \"a\", state = \"sent\"", "`sent` is none of drafted, approved"),
    ("telegram = \"a\", to = \"s\", progress = \"pending\"", "`s` is not in the telegram's `to`"),
    ("decision = \"z\"", "`z` is not in the election"),
    ("telegram = \"a\", state = \"held\", out = []", "expects one thing"),
];

#[test]
fn scripts_that_are_none() {
    let scratch = Scratch::new("drill");
    let good = night("channel = \"webhook\"", "");
    for (from, to, words) in BAD {
        assert!(good.contains(from), "{from}");
        let path = written(&scratch, &good.replacen(from, to, 1));
        let data = scratch.join("kept");
        let said = drill("us-2028", &path, &["--no-lint", "--data", data.to_str().unwrap()]);
        assert!(
            said.code == 2 && said.err.contains(words),
            "{from} -> {to}: {words}\n{}{}",
            said.out,
            said.err
        );
        assert!(!data.exists(), "{from} -> {to}: something was made");
    }
    for (expected, words) in BAD_EXPECTATIONS {
        let said = drill(
            "us-2028",
            &written(&scratch, &night("channel = \"file\"", &expect("08T05:00:00", expected))),
            &[],
        );
        assert!(said.code == 2 && said.err.contains(words), "{expected}: {words}\n{}", said.err);
    }
    let said = drill("us-2028", "no-such-script.toml", &[]);
    assert!(said.code == 2 && said.err.contains("no-such-script.toml: cannot be read"), "{}", said.err);
}

/// Message files are rehearsed as they are; their addresses stay behind. The record is of a drill and of nothing else.
#[test]
fn own_files_and_an_own_record() {
    let scratch = Scratch::new("drill");
    let message = "id = \"a\"\noffice = \"president\"\noutcome = { person = \"a\" }\nsubject = \"To {person}\"\nbody = \"Words.\"\n[[recipient]]\nid = \"desk-1\"\nname = \"A desk\"\naddress = \"https://desk.example.org/in\"\nchannel = \"webhook\"\n";
    std::fs::write(scratch.join("a.toml"), message).unwrap();
    let inline = "id = \"a\"\noutcome = { person = \"a\" }\nsubject = \"s\"\nbody = \"b\"\nto = [\"r\"]";
    let text = night(
        "channel = \"file\"",
        &expect("08T05:00:00", "telegram = \"a\", to = \"desk-1\", progress = \"acknowledged\""),
    );
    let (path, data) =
        (written(&scratch, &text.replacen(inline, "file = \"a.toml\"", 1)), scratch.join("kept"));
    let said = drill("us-2028", &path, &["--no-lint", "--json", "--data", data.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(!said.out.contains("desk.example.org"));
    let record = data.join("record");
    let record = record.to_str().unwrap();
    let fsck = ascertain(&["record", "fsck", "--data", record]);
    assert!(fsck.code == 0 && fsck.out.ends_with("holds\n"), "{}{}", fsck.out, fsck.err);
    let origin = std::fs::read_to_string(data.join("record/public/checkpoint")).unwrap();
    assert!(origin.starts_with("drill/us-2028\n"), "{origin}");
    assert!(ascertain(&["record", "show", "--data", record]).out.contains("telegram:a:released"));
    let twice = drill("us-2028", &path, &["--no-lint", "--data", data.to_str().unwrap()]);
    assert!(
        twice.code == 2 && twice.err.contains("holds the record of drill/us-2028 already"),
        "{}",
        twice.err
    );
    // A spoiled address is found before the night, though nothing would be sent to it.
    std::fs::write(scratch.join("a.toml"), message.replace("https://", "ftp://")).unwrap();
    let said = drill("us-2028", &path, &[]);
    assert!(said.code == 2 && said.err.contains("recipient.address"), "{}", said.err);
}

/// The acts of an election's own record are the timeline: the decision falls when the replay's does.
#[test]
fn a_past_election_as_a_timeline() {
    let scratch = Scratch::new("drill");
    let text = night("channel = \"file\"", "")
        .replace(
            "policy = \"tv-consensus\"\nstart = \"2028-11-01T00:00:00Z\"",
            "own_acts = true\npolicy = \"tv-consensus\"\nstart = \"2020-11-01T00:00:00Z\"",
        )
        .replace("person = \"a\"", "person = \"biden\"")
        .replace("person = \"b\"", "person = \"trump\"")
        .replace("2028-11-01", "2020-11-01");
    let steps = text.split("[[step]]\nat = \"2028-11-08").next().unwrap();
    let script = format!("{steps}[[step]]\nat = \"2020-11-08T00:00:00Z\"\nexpect = {{ out = [\"a\"] }}\n");
    let said = drill("us-2020", &written(&scratch, &script), &["--json", "--no-lint"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let backtest = ascertain(&["backtest", "tv-consensus", "--election", "us-2020", "--json"]);
    assert_eq!(last_json(&said)["decision"]["at"], last_json(&backtest)["runs"][0]["at"]);
}
