//! A desk that sends telegrams on a record of its own: the whole way, and killed on it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::own_record::Desk;
use crate::run::{Said, ascertain, copy, program, root};

pub const APPROVERS: [&str; 3] = ["ann", "ben", "cy"];
pub const POLICY: [&str; 2] = ["--policy", "electors-voted"];

/// A record with keys for everybody; two of three must agree.
pub fn desk() -> Desk {
    let desk = Desk::new("drill/example.org/telegrams");
    for name in APPROVERS {
        desk.good(&["key", "new", "--use", "approver", "--name", name]);
    }
    desk.good(&["key", "new", "--use", "decider", "--name", "desk"]);
    good(&desk, &["quorum", "2"]);
    desk
}

pub fn telegram(desk: &Desk, words: &[&str]) -> Said {
    let data = desk.path("data");
    let mut all = vec!["telegram"];
    all.extend(words);
    all.extend(["--data", &data]);
    ascertain(&all)
}

pub fn good(desk: &Desk, words: &[&str]) -> Said {
    let said = telegram(desk, words);
    assert_eq!(said.code, 0, "{words:?}: {}{}", said.out, said.err);
    said
}

/// The words are refused with this sentence; 1 is a refusal, 2 bad input.
pub fn refused(desk: &Desk, words: &[&str], code: i32, why: &str) {
    let said = telegram(desk, words);
    assert_eq!(said.code, code, "{words:?}: {}{}", said.out, said.err);
    assert!(format!("{}{}", said.out, said.err).contains(why), "{words:?}: {}{}", said.out, said.err);
}

/// Writes a message file and drafts it.
pub fn draft(desk: &Desk, id: &str, outcome: &str, recipients: &[(&str, &str, &str)], more: &[&str]) -> Said {
    let list = |(id, channel, address): &(&str, &str, &str)| {
        format!(
            "[[recipient]]\nid = \"{id}\"\nname = \"{id}\"\naddress = \"{address}\"\nchannel = \"{channel}\"\n"
        )
    };
    let list: String = recipients.iter().map(list).collect();
    let text = format!(
        "id = \"{id}\"\noffice = \"president\"\noutcome = {outcome}\nsubject = \"On {id}\"\nbody = \"Words.\"\n{list}"
    );
    let file = desk.path(&format!("{id}.toml"));
    std::fs::write(&file, text).unwrap();
    let mut words = vec!["draft", "us-2020", &file];
    words.extend(POLICY);
    words.extend(more);
    telegram(desk, &words)
}

pub fn approve(desk: &Desk, id: &str) {
    for name in &APPROVERS[..2] {
        good(desk, &["approve", id, "--key", name]);
    }
}

pub fn hold(desk: &Desk, ids: &[&str]) -> Said {
    let mut words = vec!["hold"];
    words.extend(ids);
    words.extend(["--for", "us-2020"]);
    words.extend(POLICY);
    telegram(desk, &words)
}

pub fn look(desk: &Desk) -> Said {
    telegram(desk, &["run", "us-2020", "--once", POLICY[0], POLICY[1]])
}

/// State and recipients by telegram.
pub fn status(desk: &Desk) -> BTreeMap<String, (String, BTreeMap<String, String>)> {
    let said = good(desk, &["status", "--json"]);
    let rows: Value = serde_json::from_str(&said.out).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let to = |row: &Value| {
        let pairs = row["recipients"].as_array().unwrap().iter();
        pairs.map(|p| (text(&p[0]), text(&p[1]))).collect::<BTreeMap<_, _>>()
    };
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (text(&row["id"]), (text(&row["state"]), to(row)))).collect()
}

pub fn state(desk: &Desk, id: &str) -> String {
    status(desk)[id].0.clone()
}

pub const FILE: (&str, &str, &str) = ("embassy", "file", "ambassador@example.org");

#[test]
fn the_whole_way() {
    let desk = desk();
    let all = ["biden", "trump", "nobody", "annulled"];
    for (id, outcome) in
        all.iter().zip([r#"{ person = "biden" }"#, r#"{ person = "trump" }"#, r#""nobody""#, r#""annulled""#])
    {
        assert_eq!(draft(&desk, id, outcome, &[FILE], &[]).code, 0);
    }
    assert!(good(&desk, &["show", "biden"]).out.contains("Subject: [DRILL] On biden\n\nWords."));
    assert_eq!(hold(&desk, &all).code, 1, "nobody approved");
    good(&desk, &["approve", "biden", "--key", "ann"]);
    good(&desk, &["approve", "biden", "--key", "ann"]);
    assert_eq!(state(&desk, "biden"), "drafted", "one approver counts once");
    // Any edit voids the approvals.
    good(&desk, &["approve", "biden", "--key", "ben"]);
    assert_eq!(state(&desk, "biden"), "approved");
    let dropped = [FILE, ("dropped", "file", "dropped@example.org")];
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &dropped, &[]).code, 0);
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &[FILE], &[]).code, 0);
    assert_eq!(state(&desk, "biden"), "drafted");
    refused(&desk, &["approve", "biden", "--key", "alice"], 2, "no private key of the name `alice`");
    all[..3].iter().for_each(|id| approve(&desk, id));
    // All or none: one is not approved, or one outcome has none.
    assert_eq!((hold(&desk, &all).code, state(&desk, "biden").as_str()), (1, "approved"));
    let said = hold(&desk, &all[..3]);
    assert!(said.code == 2 && said.err.contains("no telegram for annulled"), "{}", said.err);
    approve(&desk, "annulled");
    assert_eq!(hold(&desk, &all).code, 0);
    refused(&desk, &["release", "biden"], 1, "no decision is for it");
    assert_eq!(look(&desk).code, 1, "not yet");
    desk.import("us-2020");
    let said = look(&desk);
    assert_eq!((said.code, said.out.as_str()), (0, "biden is out, for biden\n"), "{}", said.err);
    let now = status(&desk);
    assert_eq!(now["biden"].0, "released");
    assert_eq!(now["biden"].1["embassy"], "acknowledged: biden--embassy.eml");
    assert!(["trump", "nobody", "annulled"].iter().all(|id| now[*id].0 == "void"));
    let outbox: Vec<_> = std::fs::read_dir(desk.path("data/outbox")).unwrap().collect();
    assert_eq!(outbox.len(), 1);
    // The keys of what lost are gone, and the record says so; recipients stand nowhere in it.
    refused(&desk, &["show", "trump"], 2, "the key of telegram trump is destroyed");
    let shown = desk.good(&["show"]).out;
    assert!(shown.contains("telegram:trump:key-destroyed") && !shown.contains("embassy"), "{shown}");
    refused(&desk, &["withdraw", "biden"], 1, "was released or is void already");
    assert_eq!(look(&desk).code, 0, "a second look releases nothing more");
    assert_eq!(last(&desk.good(&["fsck"]).out), "holds");
}

pub fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn without_a_decision_it_takes_the_quorum_and_one_reason() {
    let desk = desk();
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &[FILE], &[]).code, 0);
    assert_eq!(draft(&desk, "sorry", r#"{ person = "biden" }"#, &[FILE], &["--corrects", "biden"]).code, 0);
    for id in ["biden", "sorry"] {
        approve(&desk, id);
        let said = telegram(&desk, &["hold", id, "--for", "us-2020", "--incomplete", POLICY[0], POLICY[1]]);
        assert_eq!(said.code, 0, "{}", said.out);
    }
    let out = |reason| ["release", "biden", "--override", reason];
    refused(&desk, &out("told in person"), 1, "missing: 2");
    good(&desk, &["approve", "biden", "--key", "ann", "--override", "told in person"]);
    good(&desk, &["approve", "biden", "--key", "ben", "--override", "told by wire"]);
    refused(&desk, &out("told in person"), 1, "missing: 1");
    refused(&desk, &["release", "sorry"], 1, "which is not out");
    // A revoked key takes its approvals with it: of the telegram too.
    good(&desk, &["approve", "biden", "--key", "ben", "--override", "told in person"]);
    desk.good(&["key", "revoke", "ben"]);
    refused(&desk, &out("told in person"), 1, "approvals missing: 1");
    good(&desk, &["withdraw", "biden"]);
    assert_eq!(draft(&desk, "again", r#"{ person = "biden" }"#, &[FILE], &[]).code, 0);
    for name in ["ann", "cy"] {
        good(&desk, &["approve", "again", "--key", name]);
    }
    let said = telegram(&desk, &["hold", "again", "--for", "us-2020", "--incomplete", POLICY[0], POLICY[1]]);
    assert_eq!(said.code, 0, "{}", said.out);
    for name in ["ann", "cy"] {
        good(&desk, &["approve", "again", "--key", name, "--override", "told in person"]);
    }
    good(&desk, &["release", "again", "--override", "told in person"]);
    let now = status(&desk);
    assert_eq!((now["again"].0.as_str(), now["biden"].0.as_str()), ("released", "withdrawn"));
    // The decision, when it comes, is recorded and releases nothing more.
    desk.import("us-2020");
    assert!(look(&desk).out.contains("telegram again went out before, without a decision"));
    assert_eq!(std::fs::read_dir(desk.path("data/outbox")).unwrap().count(), 1);
}

#[test]
fn with_fewer_approvers_than_are_needed_nothing_is_approved() {
    let desk = desk();
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &[FILE], &[]).code, 0);
    approve(&desk, "biden");
    assert_eq!(hold_one(&desk, "biden").code, 0);
    desk.good(&["key", "revoke", "ben"]);
    desk.good(&["key", "revoke", "cy"]);
    desk.import("us-2020");
    assert!(look(&desk).out.contains("telegram biden was not released: approvals missing: 1"));
    assert_eq!(state(&desk, "biden"), "held");
    // Who may not add keys may not lower the number either.
    for entry in std::fs::read_dir(desk.path("data/signing")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("root.") {
            std::fs::remove_file(path).unwrap();
        }
    }
    refused(&desk, &["quorum", "1"], 2, "the private root key does not lie here");
}

#[test]
fn what_waits_for_a_person_is_in_nobodys_way_and_not_settled_before_it_is_out() {
    let desk = desk();
    let many: Vec<(String, String)> =
        (0..300).map(|n| (format!("m{n}"), format!("m{n}@example.org"))).collect();
    let mut list: Vec<_> = many.iter().map(|(id, to)| (id.as_str(), "manual", to.as_str())).collect();
    list.push(FILE);
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &list, &[]).code, 0);
    approve(&desk, "biden");
    assert_eq!(hold_one(&desk, "biden").code, 0);
    refused(&desk, &["acknowledge", "biden", "m7", "--reference", "note 1"], 2, "is not out to m7");
    desk.import("us-2020");
    assert_eq!(look(&desk).code, 0);
    let to = &status(&desk)["biden"].1;
    assert_eq!((to["m7"].as_str(), to["embassy"].as_str()), ("pending", "acknowledged: biden--embassy.eml"));
    good(&desk, &["acknowledge", "biden", "m7", "--reference", "note 1"]);
    refused(&desk, &["acknowledge", "biden", "m7", "--reference", "note 2"], 1, "is not in doubt");
    refused(&desk, &["redrive", "biden", "m8"], 1, "is no dead letter");
    assert_eq!(status(&desk)["biden"].1["m7"], "acknowledged: note 1");
}

#[test]
fn bad_lists_and_addresses_are_refused_before_anything_is_kept() {
    let desk = desk();
    for (to, why) in [
        (vec![("a", "webhook", "ftp://example.org/x")], "recipient.address"),
        (vec![("a", "webhook", "http://0x7f.1/")], "recipient.address"),
        (vec![("a", "email", "no address")], "recipient.address"),
        (vec![("a", "email", "a@example.org"), ("b", "email", "a@example.org")], "stands twice"),
        (vec![("a", "file", "a@example.org"), ("a", "file", "b@example.org")], "stands twice"),
        (vec![], "at least one recipient"),
    ] {
        let said = draft(&desk, "x", r#""nobody""#, &to, &[]);
        assert!(said.code == 2 && said.err.contains(why), "{to:?}: {}{}", said.out, said.err);
    }
    assert!(status(&desk).is_empty());
    std::fs::write(desk.path("data/channels.toml"), "[webhook]\nkeys = [\"whsec_SECRETsecret\"]\n").unwrap();
    let said = look(&desk);
    assert!(
        said.code == 2 && said.err.contains("channels.toml") && !said.err.contains("SECRET"),
        "{}",
        said.err
    );
}

/// Killed anywhere on the way, an edit leaves the old draft or the new one, whole: words that are shown, approvals of those
/// words, and one key.
#[test]
fn a_killed_edit_leaves_one_draft_or_the_other() {
    if !strace_is_here() {
        return;
    }
    let desk = desk();
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &[FILE], &[]).code, 0);
    approve(&desk, "biden");
    let text = std::fs::read_to_string(desk.path("biden.toml")).unwrap().replace("Words.", "Others.");
    std::fs::write(desk.path("biden.toml"), &text).unwrap();
    let file = desk.path("biden.toml");
    let killed = Killed::new(&desk, &["draft", "us-2020", &file, POLICY[0], POLICY[1]]);
    let mut both = [0, 0];
    killed.everywhere(|at| {
        let (shown, state) = (good(&desk, &["show", "biden"]).out, state(&desk, "biden"));
        let old = shown.contains("Words.");
        both[usize::from(old)] += 1;
        assert_eq!(state == "approved", old, "{at}: {shown}");
        assert_eq!(keys(&desk).len(), 1 + stray(&desk, old), "{at}: {:?}", keys(&desk));
        assert_eq!(hold_one(&desk, "biden").code == 0, old, "{at}");
        assert_eq!(draft(&desk, "again", r#""nobody""#, &[FILE], &[]).code, 0, "{at}");
    });
    assert!(both[0] > 0 && both[1] > 0, "{both:?}: no kill before, or none after");
}

/// A key that seals nothing, for its draft was never stored; the next draft of the name removes it.
fn stray(desk: &Desk, old: bool) -> usize {
    usize::from(old && keys(desk).len() > 1)
}

/// The files of keys that lie at a desk.
pub fn keys(desk: &Desk) -> Vec<String> {
    let entries = std::fs::read_dir(desk.path("data/keys")).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub fn strace_is_here() -> bool {
    let here = std::process::Command::new("strace").arg("-V").output().is_ok();
    if !here {
        println!("SKIPPED: no strace here (Debian: strace)");
    }
    here
}

/// A command that is killed at each of its writes, from the same beginning every time.
pub struct Killed<'a> {
    desk: &'a Desk,
    words: Vec<String>,
}

impl<'a> Killed<'a> {
    pub fn new(desk: &'a Desk, words: &[&str]) -> Self {
        for folder in ["data", "guard"] {
            copy(desk.path(folder).as_ref(), desk.path(&format!("{folder}.before")).as_ref());
        }
        Self { desk, words: words.iter().map(|w| (*w).to_owned()).collect() }
    }

    /// Calls `check` after each kill, and once after none.
    pub fn everywhere(&self, mut check: impl FnMut(&str)) {
        let log = self.run(None);
        check("not killed");
        for name in KILLED_AT {
            for n in 1..=log.matches(&format!(" {name}(")).count() {
                self.run(Some((name, n)));
                check(&format!("{name} {n}"));
            }
        }
    }

    fn run(&self, kill: Option<(&str, usize)>) -> String {
        let desk = self.desk;
        for folder in ["data", "guard"] {
            std::fs::remove_dir_all(desk.path(folder)).unwrap();
            copy(desk.path(&format!("{folder}.before")).as_ref(), desk.path(folder).as_ref());
        }
        let log = desk.path("log");
        let mut strace = std::process::Command::new("strace");
        strace.args(["-f", "-o", &log, "-e", &format!("trace={}", KILLED_AT.join(","))]);
        if let Some((name, n)) = kill {
            strace.args(["-e", &format!("inject={name}:signal=KILL:when={n}")]);
        }
        let data = desk.path("data");
        strace.arg(env!("CARGO_BIN_EXE_ascertain")).arg("telegram").args(&self.words).args(["--data", &data]);
        strace.current_dir(root()).output().unwrap();
        std::fs::read_to_string(log).unwrap()
    }
}

pub const KILLED_AT: [&str; 5] = ["fsync", "fdatasync", "rename", "unlink", "pwrite64"];

pub fn hold_one(desk: &Desk, id: &str) -> Said {
    telegram(desk, &["hold", id, "--for", "us-2020", "--incomplete", POLICY[0], POLICY[1]])
}

/// What a receiver does with the first request under an id; every later one is accepted.
#[derive(Debug, Clone, Copy)]
enum Does {
    Accepts,
    KillsUnanswered,
    AcceptsThenKills,
    IsBusy,
    HangsUp,
}

const TURNS: [Does; 5] =
    [Does::Accepts, Does::KillsUnanswered, Does::AcceptsThenKills, Does::IsBusy, Does::HangsUp];

/// What a receiver saw: bodies by id.
#[derive(Default)]
struct Ledger {
    bodies: BTreeMap<String, Vec<String>>,
    kills: usize,
    pid: Option<u32>,
}

#[test]
fn killed_by_its_receivers_it_sends_to_each_under_one_id() {
    let desk = desk();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/in", listener.local_addr().unwrap().port());
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let keeps = Arc::clone(&ledger);
    std::thread::spawn(move || {
        listener.incoming().for_each(|stream| {
            let keeps = Arc::clone(&keeps);
            std::thread::spawn(move || serve(stream.unwrap(), &keeps));
        });
    });
    let addresses: Vec<(String, String)> =
        (0..15).map(|n| (format!("r{n}"), format!("{url}?n={n}"))).collect();
    let list: Vec<_> = addresses.iter().map(|(id, url)| (id.as_str(), "webhook", url.as_str())).collect();
    assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &list, &[]).code, 0);
    approve(&desk, "biden");
    let said = telegram(&desk, &["hold", "biden", "--for", "us-2020", "--incomplete", POLICY[0], POLICY[1]]);
    assert_eq!(said.code, 0, "{}", said.out);
    let keys =
        "private = true\n[webhook]\nkeys = [\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"]\nat_once = 1\n";
    std::fs::write(desk.path("data/channels.toml"), keys).unwrap();
    desk.import("us-2020");
    let settled = |desk: &Desk| {
        let to = &status(desk)["biden"].1;
        to.len() == 15 && to.values().all(|p| p == "acknowledged: HTTP 204")
    };
    let mut runs = 0;
    while !settled(&desk) {
        runs += 1;
        assert!(runs < 500, "{:?}", status(&desk));
        let data = desk.path("data");
        let words = ["telegram", "run", "us-2020", "--once", POLICY[0], POLICY[1], "--data", &data];
        let quiet = std::process::Stdio::null;
        let mut child = program().args(words).current_dir(root()).stdout(quiet()).spawn().unwrap();
        ledger.lock().unwrap().pid = Some(child.id());
        child.wait().unwrap();
        ledger.lock().unwrap().pid = None;
    }
    let ledger = ledger.lock().unwrap();
    assert_eq!(ledger.bodies.len(), 15, "one id for each recipient");
    assert!(ledger.kills >= 6, "only {} kills", ledger.kills);
    for (id, bodies) in &ledger.bodies {
        assert!(bodies.iter().all(|b| b == &bodies[0]), "{id}: other bytes under the same id");
    }
    // Under one id a receiver saw at most one more than it failed or killed: 12 first requests did not end well.
    let requests: usize = ledger.bodies.values().map(Vec::len).sum();
    assert!(requests <= 15 + 12 + ledger.kills, "{requests} requests, {} kills", ledger.kills);
    assert_eq!(last(&desk.good(&["fsck"]).out), "holds");
}

fn serve(mut stream: TcpStream, ledger: &Mutex<Ledger>) {
    while let Some((id, body)) = request(&mut stream) {
        let mut seen = ledger.lock().unwrap();
        let turn = seen.bodies.len();
        let before = seen.bodies.entry(id).or_default();
        before.push(body);
        let does = if before.len() == 1 { TURNS[turn % TURNS.len()] } else { Does::Accepts };
        let kill = |seen: &mut Ledger| {
            let Some(pid) = seen.pid else { return };
            seen.kills += 1;
            std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        };
        let answer = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        match does {
            Does::Accepts => drop(stream.write_all(answer("204 No Content").as_bytes())),
            Does::KillsUnanswered => return kill(&mut seen),
            Does::AcceptsThenKills => {
                let _ = stream.write_all(answer("204 No Content").as_bytes());
                return kill(&mut seen);
            }
            Does::IsBusy => drop(stream.write_all(answer("503 Service Unavailable").as_bytes())),
            Does::HangsUp => return,
        }
    }
}

/// The id and the body of a request.
pub fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut head, mut byte) = (String::new(), [0]);
    while !head.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(char::from(byte[0]));
    }
    let value = |name: &str| {
        let line = head.lines().find(|l| l.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let mut body = vec![0; value("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some((value("webhook-id")?, String::from_utf8(body).unwrap()))
}
