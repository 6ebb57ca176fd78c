//! What anybody may read of a telegram: kept as text, read by parsers of others, and on a real desk published, healed, and
//! silent about everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use ascertain::announcing::{Allowed, Feed, Known, Words, feed, files, publish};
use serde_json::Value;
use telegram::{
    Approval, ApproverId, Decision, Event, Instant, OfficeId, Opening, Outcome, PersonId, Quorum, Reference,
    Sha256Hex, State, Telegram, TelegramId, Terms,
};

use crate::desk;
use crate::own_record::Desk;
use crate::run::{Said, Scratch, copy, root};

/// One step of a story about telegrams.
#[derive(Clone, Copy)]
enum Step {
    /// One is held for an outcome; it may correct another, and its announcement may be allowed: with words or without.
    Hold(&'static str, &'static str, Option<&'static str>, Option<Option<&'static str>>),
    /// The policy is met for an outcome.
    Decide(&'static str),
    /// Approvers let one go.
    Override(&'static str),
    /// A person lets go a correction.
    Release(&'static str),
    /// Later acts undid the ground.
    Overtake,
    /// One is taken back.
    Withdraw(&'static str),
}

use Step::{Decide, Hold, Override, Overtake, Release, Withdraw};

const FACT: Option<Option<&str>> = Some(None);
const SILENT: Option<Option<&str>> = None;
const WORDS: &str =
    "Dear Mr President-elect,\n\nplease accept our congratulations.\nWe look forward to working with you.\n";

const APPROVER: &str = "secret-approver";
/// Each second one step.
const BEGIN: i64 = 1_860_000_000;

fn hex(n: u8) -> Sha256Hex {
    Sha256Hex::parse(&format!("{n:02x}").repeat(32)).unwrap()
}

fn held(id: &str, outcome: &str, corrects: Option<&str>) -> Telegram {
    let outcome = match outcome {
        "nobody" => Outcome::Nobody,
        "annulled" => Outcome::Annulled,
        person => Outcome::Person(PersonId::parse(person).unwrap()),
    };
    let terms = Terms {
        office: OfficeId::parse("president").unwrap(),
        outcome,
        body: hex(1),
        recipients: hex(2),
        policy: hex(3),
        opening: Opening::Automatic,
        corrects: corrects.map(|c| TelegramId::parse(c).unwrap()),
    };
    Telegram { id: TelegramId::parse(id).unwrap(), terms, recipients: 7 }
}

fn id(id: &str) -> TelegramId {
    TelegramId::parse(id).unwrap()
}

fn office() -> OfficeId {
    OfficeId::parse("president").unwrap()
}

fn approval(telegram: &Telegram, without_decision: Option<Reference>) -> Event {
    let by = ApproverId::parse(APPROVER).unwrap();
    let (telegram, terms) = (telegram.id.clone(), telegram.terms.clone());
    Event::Approve(Approval { by, telegram, terms, without_decision })
}

/// The decision that an office goes to an outcome, and its transaction.
fn decided(outcome: &str, now: Instant) -> Vec<Event> {
    let decision = Decision {
        id: hex(4),
        office: office(),
        outcome: held("any", outcome, None).terms.outcome,
        policy: hex(3),
        at: now,
        record_size: 9,
        root: hex(5),
    };
    let committed = Event::TransactionCommitted { office: office(), decision: hex(4) };
    vec![Event::Decided { decision, now }, committed]
}

/// What the machine is told in a step.
fn events(step: Step, state: &State, now: Instant) -> Vec<Event> {
    match step {
        Hold(name, outcome, corrects, _) => {
            let telegram = held(name, outcome, corrects);
            let (draft, approve) = (Event::Draft(telegram.clone()), approval(&telegram, None));
            vec![draft, approve, Event::Hold { telegram: telegram.id }]
        }
        Decide(outcome) => decided(outcome, now),
        Override(name) => {
            let (telegram, reason) = (id(name), Reference::parse("a secret reason").unwrap());
            let approve = approval(&state.telegrams[&telegram].telegram, Some(reason.clone()));
            let released = Event::ReleaseCommitted { telegram: telegram.clone() };
            vec![approve, Event::Override { telegram, reason, now }, released]
        }
        Release(name) => {
            let released = Event::ReleaseCommitted { telegram: id(name) };
            vec![Event::Release { telegram: id(name), now }, released]
        }
        Overtake => vec![Event::Overtaken { office: office(), at: now }],
        Withdraw(name) => vec![Event::Withdraw { telegram: id(name) }],
    }
}

/// What the approvers of a step's telegram allowed.
fn allows(step: Step) -> Option<(TelegramId, Allowed)> {
    let Hold(name, outcome, _, Some(body)) = step else { return None };
    let words = body.map(|body| Words { subject: "To {person} & <others>".into(), body: body.into() });
    let (office, outcome) = ("President of the United States".into(), format!("The Hon. {outcome}"));
    Some((id(name), Allowed { office, outcome, words }))
}

/// Takes the steps, and says what is announced afterwards.
fn story(steps: &[Step], origin: &str) -> Feed {
    let approvers = BTreeSet::from([ApproverId::parse(APPROVER).unwrap()]);
    let mut state = State::new(Quorum::new(1, approvers).unwrap());
    for (step, second) in steps.iter().zip(BEGIN..) {
        for event in events(*step, &state, Instant(second)) {
            let (next, commands) = telegram::apply(&state, &event).unwrap();
            assert!(!commands.iter().any(|c| matches!(c, telegram::Command::Refuse(_))), "{commands:?}");
            state = next;
        }
    }
    // All is known here; only what is out may be told.
    let allowed: BTreeMap<_, _> = steps.iter().filter_map(|step| allows(*step)).collect();
    let founded = standing::Instant::from_second(BEGIN - 1).unwrap();
    let drill = origin.starts_with("drill/");
    feed(&Known { state: &state, allowed: &allowed, origin, drill, founded }).unwrap()
}

const REAL: &str = "example.org/telegrams";
const DRILL: &str = "drill/example.org/night,one";
const HOSTILE: &str = "]]></content> <script>alert(1)</script> &amp; \u{0}\u{7}\u{1b}[31m\r\n<!-- -->\n\n\u{202e}gnp.exe \u{200f}שלום\u{200e} \u{feff}\u{ffff}\u{1f9d1}\u{1f3fd}\u{200d}\u{2696}\u{fe0f} \"quoted' \u{2028}end ${x} {style} <![CDATA[";

/// The stories that are kept, each with its record's name.
fn stories() -> Vec<(&'static str, &'static str, Vec<Step>)> {
    let text = Some(Some(WORDS));
    let prepared = [
        Hold("ann", "ann-lee", None, text),
        Hold("bob", "bob-ray", None, text),
        Hold("none", "nobody", None, text),
    ];
    let sorry = Hold("sorry", "ann-lee", Some("ann"), text);
    vec![
        ("nothing", REAL, vec![prepared[0], prepared[1], Withdraw("bob")]),
        ("decided", REAL, [&prepared[..], &[Decide("ann-lee")]].concat()),
        (
            "fact",
            REAL,
            vec![Hold("none", "nobody", None, FACT), Hold("bob", "bob-ray", None, text), Decide("nobody")],
        ),
        ("override", REAL, [&prepared[..], &[Override("ann"), Decide("bob-ray")]].concat()),
        (
            "corrected",
            REAL,
            [&prepared[..], &[sorry, Decide("ann-lee"), Overtake, Release("sorry")]].concat(),
        ),
        ("drill", DRILL, [&prepared[..], &[sorry, Decide("ann-lee"), Overtake]].concat()),
        ("hostile", REAL, vec![Hold("ann", "ann-lee", None, Some(Some(HOSTILE))), Decide("ann-lee")]),
    ]
}

fn find(name: &str) -> Feed {
    let (_, origin, steps) = stories().into_iter().find(|(n, ..)| *n == name).unwrap();
    story(&steps, origin)
}

fn kept(story: &str) -> std::path::PathBuf {
    root().join("crates/ascertain/tests/snapshots/announcements").join(story)
}

/// Every file below a folder, by its name from there.
fn written(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (prefix, folder) in [("", folder.to_owned()), ("cap/", folder.join("cap"))] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            if entry.path().is_file() {
                let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
                all.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    all
}

#[test]
fn the_same_story_is_the_same_bytes() {
    for (name, origin, steps) in stories() {
        let scratch = Scratch::new("announced");
        publish(story(&steps, origin), scratch.path()).unwrap();
        let made = written(scratch.path());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let _ = std::fs::remove_dir_all(kept(name));
            publish(story(&steps, origin), &kept(name)).unwrap();
        }
        assert!(made == written(&kept(name)), "{name} differs; run with UPDATE_GOLDEN=1 and read the diff");
        let all: String = made.values().map(|b| String::from_utf8(b.clone()).unwrap()).collect();
        for never in ["secret", "bob", "Bob"] {
            assert!(!all.contains(never), "{name}: {never}");
        }
    }
}

/// What programs of others found; nothing without a Python.
fn read(folder: &Path) -> Option<Value> {
    let script = root().join("crates/ascertain/tests/scripts/read_announcements.py");
    let python =
        ["/usr/bin/python3", "python3"].into_iter().find(|p| Command::new(p).arg("-V").output().is_ok());
    let Some(python) = python else {
        println!("SKIPPED: no python3 here");
        return None;
    };
    let said = Command::new(python).arg(script).arg(folder).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let found: Value = serde_json::from_slice(&said.stdout).unwrap();
    if found["feedparser"].is_null() {
        println!("SKIPPED: no feedparser here (Debian: python3-feedparser)");
    }
    Some(found)
}

/// White space as a reader sees it, and what no XML can hold as what stands for it.
fn seen(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{202e}' | '\u{ffff}' => '\u{fffd}',
        c if c.is_control() && !"\n\t".contains(c) => '\u{fffd}',
        c => c,
    };
    let text: String = text.replace("\r\n", "\n").chars().map(shown).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn parsers_of_others_read_what_was_meant() {
    let long = format!("{}\n\n{}", "x".repeat(65_536), "wide 🗳 ".repeat(8_192));
    let long: &'static str = Box::leak(long.into_boxed_str());
    let mut all: Vec<(Feed, Option<&str>)> = Vec::new();
    for (name, origin, steps) in stories() {
        let words = ["fact", "nothing"].iter().all(|n| *n != name).then_some(WORDS);
        all.push((story(&steps, origin), if name == "hostile" { Some(HOSTILE) } else { words }));
    }
    all.push((story(&[Hold("ann", "ann-lee", None, Some(Some(long))), Decide("ann-lee")], REAL), Some(long)));
    for (feed, words) in all {
        let scratch = Scratch::new("announced");
        publish(feed.clone(), scratch.path()).unwrap();
        let Some(found) = read(scratch.path()) else { return };
        assert_eq!(found["atom"]["id"], *feed.id);
        assert_eq!(found["atom"]["updated"], feed.updated.to_string());
        let entries = found["atom"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), feed.entries.len());
        for (n, (entry, e)) in feed.entries.iter().rev().zip(entries).enumerate() {
            let item = &found["feed"]["items"][n];
            let cap = &found["cap"][&entry.name];
            let title = ascertain::announcing::title(&feed, entry);
            for said in [&e["id"], &item["id"], &cap["identifier"]] {
                assert_eq!(*said, *entry.id);
            }
            for said in [&e["title"], &item["title"], &cap["info"][0]["headline"]] {
                assert_eq!(*said, *title);
            }
            for said in [&e["published"], &item["date_published"]] {
                assert_eq!(*said, entry.at.to_string());
            }
            assert_eq!(e["updated"], item["date_modified"]);
            if let Some(by_another) = found["feedparser"].as_array() {
                assert_eq!((&by_another[n]["id"], &by_another[n]["title"]), (&e["id"], &e["title"]));
                assert_eq!(by_another[n]["updated"], e["updated"]);
            }
            assert!(found["page"]["ids"].as_array().unwrap().contains(&entry.name.as_str().into()));
            let words = words.filter(|_| entry.words.is_some());
            for shown in [&e["content"], &found["page"]["shown"]] {
                let shown = seen(shown.as_str().unwrap());
                assert!(words.is_none_or(|words| shown.contains(&seen(words))), "{shown}");
            }
            // JSON holds every character.
            for said in [&item["content_text"], &cap["info"][0]["description"]] {
                assert!(words.is_none_or(|words| said.as_str().unwrap().contains(words.trim())));
            }
        }
        let tags = &found["page"]["tags"];
        for never in ["script", "img", "iframe", "form", "object", "base", "svg"] {
            assert!(!tags.as_array().unwrap().contains(&never.into()), "{never}");
        }
    }
}

#[test]
fn xmllint_finds_nothing() {
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!("SKIPPED: no xmllint here (Debian: libxml2-utils)");
        return;
    }
    for (name, ..) in stories() {
        for file in ["feed.atom", "index.html"] {
            let said = Command::new("xmllint").arg("--noout").arg(kept(name).join(file)).output().unwrap();
            assert!(said.status.success(), "{name}: {}", String::from_utf8_lossy(&said.stderr));
        }
    }
}

/// The kinds of the messages with how many others each refers to.
fn kinds(feed: &Feed) -> Vec<(String, String, usize)> {
    let caps = files(feed).unwrap().into_iter().filter(|(name, _)| name.starts_with("cap/"));
    let said = |(_, text): (String, String)| {
        let cap: Value = serde_json::from_str(&text).unwrap();
        let references = cap["references"].as_str().unwrap_or_default().to_owned();
        for reference in references.split_whitespace() {
            let parts: Vec<&str> = reference.split(',').collect();
            assert_eq!(parts.len(), 3, "{reference}");
            assert_eq!(parts[0], cap["sender"]);
            assert!(feed.entries.iter().any(|e| e.id == parts[1]));
            assert!(parts[2].ends_with("-00:00"));
        }
        let word = |name: &str| cap[name].as_str().unwrap().to_owned();
        (word("status"), word("msgType"), references.split_whitespace().count())
    };
    caps.map(said).collect()
}

#[test]
fn an_alert_is_cancelled_or_updated_by_reference() {
    let kind = |status: &str, kind: &str, of: usize| (status.to_owned(), kind.to_owned(), of);
    assert_eq!(kinds(&find("nothing")), []);
    assert_eq!(kinds(&find("override")), [kind("Actual", "Alert", 0)]);
    let corrected = [kind("Actual", "Alert", 0), kind("Actual", "Cancel", 1), kind("Actual", "Update", 2)];
    assert_eq!(kinds(&find("corrected")), corrected);
    assert_eq!(kinds(&find("drill")), [kind("Exercise", "Alert", 0), kind("Exercise", "Cancel", 1)]);
}

#[test]
fn what_corrects_something_public_is_public_as_a_fact() {
    let steps = |first, second| {
        let text = Some(Some(WORDS));
        let sorry = Hold("sorry", "ann-lee", Some("ann"), if second { text } else { SILENT });
        let again = Hold("again", "ann-lee", Some("sorry"), SILENT);
        let ann = Hold("ann", "ann-lee", None, if first { text } else { SILENT });
        story(&[ann, sorry, Decide("ann-lee"), Overtake, Release("sorry"), again, Release("again")], REAL)
    };
    let said = |feed: &Feed| {
        feed.entries.iter().map(|e| (e.name.clone(), e.words.is_some(), e.earlier.len())).collect::<Vec<_>>()
    };
    let entry = |name: &str, words, earlier| (name.to_owned(), words, earlier);
    let (first, overtaken) = (entry("ann--released", true, 0), entry("ann--overtaken", false, 1));
    let (sorry, again) = (entry("sorry--released", false, 2), entry("again--released", false, 3));
    assert_eq!(said(&steps(true, false)), [first, overtaken, sorry, again]);
    let (sorry, again) = (entry("sorry--released", true, 0), entry("again--released", false, 1));
    assert_eq!(said(&steps(false, true)), [sorry, again]);
    assert_eq!(said(&steps(false, false)), []);
}

#[test]
fn no_word_makes_a_release_without_a_decision_a_decided_one() {
    for (name, text) in files(&find("override")).unwrap() {
        assert!(text.contains("without a decision"), "{name}");
        assert!(!text.contains("by decision") && !text.contains(hex(4).as_str()), "{name}");
    }
}

#[test]
fn names_last_and_differ_between_records() {
    let one = find("corrected");
    let ids: BTreeSet<&str> = one.entries.iter().map(|e| e.id.as_str()).chain([one.id.as_str()]).collect();
    assert_eq!(ids.len(), 4);
    // Kept here, since readers know them by heart.
    assert_eq!(one.entries[0].id, "urn:uuid:2e8eec33-501f-8ba6-9b9f-11d838c40190");
    assert_eq!(one.entries[0].id, find("decided").entries[0].id);
    assert_ne!(one.entries[0].id, find("drill").entries[0].id);
}

#[test]
fn a_proof_is_linked_where_it_lies() {
    let scratch = Scratch::new("announced");
    let folder = scratch.join("announcements");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("decision-president.proof"), "proof").unwrap();
    for name in ["corrected", "override"] {
        publish(find(name), &folder).unwrap();
        let files = written(&folder);
        let has =
            |file: &str| String::from_utf8(files[file].clone()).unwrap().contains("decision-president.proof");
        let all = ["feed.atom", "feed.json", "index.html"].map(has);
        assert_eq!(all, [name == "corrected"; 3]);
        if name == "corrected" {
            assert!(has("cap/ann--released.json") && has("cap/ann--overtaken.json"));
            assert!(!has("cap/sorry--released.json"));
            read(&folder);
        }
    }
}

/// Writes a message file that says how it is announced, and drafts it.
fn draft(desk: &Desk, id: &str, announce: &str, more: &[&str]) -> Said {
    let text = format!(
        "id = \"{id}\"\noffice = \"president\"\noutcome = {{ person = \"biden\" }}\nsubject = \"On {id}\"\nbody = \"To {{person}}.\"\n{announce}\n[[recipient]]\nid = \"embassy\"\nname = \"Our embassy\"\naddress = \"ambassador@example.org\"\nchannel = \"file\"\n"
    );
    let file = desk.path(&format!("{id}.toml"));
    std::fs::write(&file, text).unwrap();
    let mut words = vec!["draft", "us-2020", &file, "--policy", "electors-voted"];
    words.extend(more);
    desk::telegram(desk, &words)
}

const TEXT: &str = "announce = \"text\"";

fn hold(desk: &Desk, id: &str) {
    desk::approve(desk, id);
    let words = ["hold", id, "--for", "us-2020", "--incomplete", "--policy", "electors-voted"];
    desk::good(desk, &words);
}

fn public(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    written(&desk.scratch.join("data/public/announcements"))
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

#[test]
fn a_desk_announces_what_it_releases_and_nothing_before() {
    let desk = desk::desk();
    let said = draft(&desk, "biden", "announce = \"all\"", &[]);
    assert!(said.code == 2 && said.err.contains("unknown variant `all`"), "{}", said.err);
    assert_eq!(draft(&desk, "biden", "", &[]).code, 0);
    desk::approve(&desk, "biden");
    assert!(!desk::good(&desk, &["show", "biden"]).out.contains("Announced"));
    // How it is announced is approved with the rest.
    assert_eq!(draft(&desk, "biden", TEXT, &[]).code, 0);
    assert_eq!(desk::state(&desk, "biden"), "drafted");
    assert!(desk::good(&desk, &["show", "biden"]).out.contains("Announced: publicly, with these words, as "));
    hold(&desk, "biden");
    assert_eq!(draft(&desk, "sorry", "", &["--corrects", "biden"]).code, 0);
    hold(&desk, "sorry");
    let before = public(&desk);
    assert_eq!(before.keys().collect::<Vec<_>>(), ["feed.atom", "feed.json", "index.html"]);
    assert!(!text(&before, "index.html").contains("Biden"));
    desk.import("us-2020");
    assert_eq!(desk::look(&desk).code, 0);
    let first = public(&desk);
    let cap: Value = serde_json::from_slice(&first["cap/biden--released.json"]).unwrap();
    assert_eq!((&cap["status"], &cap["msgType"]), (&"Exercise".into(), &"Alert".into()));
    assert!(text(&first, "feed.atom").contains("To Joseph R. Biden"), "{}", text(&first, "feed.atom"));
    for file in first.iter().filter(|(name, _)| !name.ends_with(".proof")).map(|(_, file)| file) {
        let text = String::from_utf8(file.clone()).unwrap();
        assert!(!text.contains("mbassy") && !text.contains("sorry") && !text.contains("ann."), "{text}");
    }
    // The clock goes on, and nothing is written anew.
    let stamp =
        || std::fs::metadata(desk.path("data/public/announcements/feed.atom")).unwrap().modified().unwrap();
    let before = stamp();
    assert_eq!(desk::look(&desk).code, 0);
    assert_eq!((stamp(), public(&desk)), (before, first.clone()));
    // Broken off, spoiled or gone, it is whole after the next command, without the key of what is out.
    lose_key_of_biden(&desk);
    std::fs::write(desk.path("data/public/announcements/feed.partial"), "half").unwrap();
    std::fs::write(desk.path("data/public/announcements/feed.atom"), "half").unwrap();
    std::fs::remove_dir_all(desk.path("data/public/announcements/cap")).unwrap();
    let copy = desk.path("copy");
    let said = desk::good(&desk, &["announce", "--out", &copy]);
    assert!(said.out.contains("by decision\n1 announced, in "), "{}", said.out);
    assert_eq!((public(&desk), written(copy.as_ref())), (first.clone(), first));
    assert_eq!(desk.good(&["fsck"]).out.lines().last(), Some("holds"));
}

/// Killed at any file it puts in place: what is there leads nowhere that is not, and the next look finishes it.
#[test]
fn killed_while_publishing_it_is_whole_after_the_next_look() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("SKIPPED: no strace here (Debian: strace)");
        return;
    }
    let desk = desk::desk();
    assert_eq!(draft(&desk, "biden", TEXT, &[]).code, 0);
    hold(&desk, "biden");
    desk.import("us-2020");
    for folder in ["data", "guard"] {
        copy(desk.path(folder).as_ref(), desk.path(&format!("{folder}.before")).as_ref());
    }
    let folder = desk.scratch.join("data/public/announcements");
    let (mut kills, mut unfinished) = (0, 0);
    for n in 1.. {
        for folder in ["data", "guard"] {
            std::fs::remove_dir_all(desk.path(folder)).unwrap();
            copy(desk.path(&format!("{folder}.before")).as_ref(), desk.path(folder).as_ref());
        }
        let (log, data) = (desk.path("log"), desk.path("data"));
        let inject = format!("inject=rename:signal=KILL:when={n}");
        let strace = ["-f", "-o", &log, "-e", "trace=rename", "-e", &inject, env!("CARGO_BIN_EXE_ascertain")];
        let words = ["telegram", "run", "us-2020", "--once", "--policy", "electors-voted", "--data", &data];
        let said = Command::new("strace").args(strace).args(words).current_dir(root()).output().unwrap();
        if said.status.success() {
            break;
        }
        kills += 1;
        unfinished += usize::from(written(&folder).keys().any(|name| name.ends_with(".partial")));
        read(&folder);
        assert_eq!(desk::look(&desk).code, 0, "{n}");
        let names: Vec<_> = written(&folder).into_keys().collect();
        let all =
            ["cap/biden--released.json", "decision-president.proof", "feed.atom", "feed.json", "index.html"];
        assert_eq!(names, all, "{n}");
        let whole = public(&desk);
        assert!(text(&whole, "feed.atom").contains("To Joseph R. Biden"), "{n}");
        desk::good(&desk, &["announce"]);
        assert_eq!(public(&desk), whole, "{n}");
    }
    assert!(kills > 5 && unfinished > 2, "{kills} kills, {unfinished} while announcing");
}

#[test]
fn a_correction_is_announced_after_what_it_corrects() {
    let desk = desk::desk();
    assert_eq!(draft(&desk, "biden", TEXT, &[]).code, 0);
    assert_eq!(draft(&desk, "sorry", "", &["--corrects", "biden"]).code, 0);
    assert_eq!(draft(&desk, "other", TEXT, &[]).code, 0);
    ["biden", "sorry"].iter().for_each(|id| hold(&desk, id));
    desk::good(&desk, &["withdraw", "other"]);
    for name in ["ann", "ben"] {
        desk::good(&desk, &["approve", "biden", "--key", name, "--override", "told in person"]);
    }
    desk::good(&desk, &["release", "biden", "--override", "told in person"]);
    desk::good(&desk, &["release", "sorry"]);
    let files = public(&desk);
    let caps: Vec<_> = files.keys().filter(|name| name.starts_with("cap/")).collect();
    assert_eq!(caps, ["cap/biden--released.json", "cap/sorry--released.json"]);
    let cap = |name: &str| serde_json::from_slice::<Value>(&files[name]).unwrap();
    let (alert, update) = (cap("cap/biden--released.json"), cap("cap/sorry--released.json"));
    assert_eq!(update["msgType"], "Update");
    let reference = format!("{},{},{}", alert["sender"], alert["identifier"], alert["sent"]).replace('"', "");
    assert_eq!(update["references"], *reference);
    assert!(
        !text(&files, "feed.json").contains("told in person")
            && !text(&files, "feed.json").contains("On sorry")
    );
    let folder = desk.scratch.join("data/public/announcements");
    read(&folder);
}

#[test]
fn what_cannot_be_read_is_not_announced_and_said() {
    let desk = desk::desk();
    assert_eq!(draft(&desk, "biden", TEXT, &[]).code, 0);
    hold(&desk, "biden");
    desk.import("us-2020");
    assert_eq!(desk::look(&desk).code, 0);
    // As if it had been killed after the release, and its key lost before anything else.
    let store = rusqlite::Connection::open(desk.path("data/store.sqlite")).unwrap();
    assert_eq!(store.execute("DELETE FROM meta WHERE name = 'announced biden'", []).unwrap(), 1);
    drop(store);
    assert_eq!(desk::good(&desk, &["announce"]).out.lines().count(), 2, "the key is still here");
    let store = rusqlite::Connection::open(desk.path("data/store.sqlite")).unwrap();
    store.execute("DELETE FROM meta WHERE name = 'announced biden'", []).unwrap();
    drop(store);
    lose_key_of_biden(&desk);
    desk::refused(&desk, &["announce"], 1, "nothing about it is announced");
    assert_eq!(desk::look(&desk).code, 0, "it is in nobody's way");
}

fn lose_key_of_biden(desk: &Desk) {
    let name = desk::keys(desk).into_iter().find(|name| name.starts_with("biden.")).unwrap();
    std::fs::remove_file(desk.path(&format!("data/keys/{name}"))).unwrap();
}
