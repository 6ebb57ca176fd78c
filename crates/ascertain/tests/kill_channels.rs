//! The program killed again and again by a mail server and a webhook receiver that also fail, stall, reset and answer twice:
//! afterwards their ledgers and ours say the same.
//!
//! `KILL=all` tries more seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::desk::{POLICY, approve, desk, draft, hold_one, last, request, status};
use crate::own_record::Desk;
use crate::run::{program, root};

#[test]
fn killed_by_servers_and_receivers_the_ledgers_agree() {
    let all = std::env::var("KILL").is_ok_and(|all| all == "all");
    let seeds = if all { 1..=40 } else { 1..=2 };
    let mut killed = BTreeMap::new();
    for seed in seeds {
        let Some(night) = Night::new(seed) else { return };
        night.goes_by();
        night.ledgers_agree(&mut killed);
    }
    println!("kills by moment: {killed:?}");
    // Six moments of a message, and a request. With few seeds not each has its turn.
    assert!(killed.len() >= if all { 7 } else { 5 } && killed.contains_key("request"), "{killed:?}");
}

const EACH: usize = 12;
/// By the mail server.
const KILLS: usize = 6;

/// One telegram to as many by mail as by webhook, and the ledgers of those who take it.
struct Night {
    desk: Desk,
    hooks: Arc<(Mutex<Hooks>, Condvar)>,
    mail: MailServer,
}

impl Night {
    fn new(seed: usize) -> Option<Self> {
        let desk = desk();
        let mail = MailServer::start(&desk, seed)?;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/in", listener.local_addr().unwrap().port());
        let hooks = Hooks { turn: seed, pid: desk.path("pid"), ..Hooks::default() };
        let hooks = Arc::new((Mutex::new(hooks), Condvar::new()));
        let keeps = Arc::clone(&hooks);
        std::thread::spawn(move || {
            listener.incoming().for_each(|stream| {
                let keeps = Arc::clone(&keeps);
                std::thread::spawn(move || receive(stream.unwrap(), &keeps));
            });
        });
        let webhook = |n| (format!("w{n}"), "webhook", format!("{url}?n={n}"));
        let letter = |n| (format!("m{n}"), "email", format!("m{n}@example.org"));
        let all: Vec<_> = (0..EACH).flat_map(|n| [webhook(n), letter(n)]).collect();
        let list: Vec<_> = all.iter().map(|(id, channel, to)| (id.as_str(), *channel, to.as_str())).collect();
        assert_eq!(draft(&desk, "biden", r#"{ person = "biden" }"#, &list, &[]).code, 0);
        approve(&desk, "biden");
        assert_eq!(hold_one(&desk, "biden").code, 0);
        let channels = format!(
            "private = true\n[webhook]\nkeys = [\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"]\nat_once = 4\n\
             [email]\nname = \"Board\"\nfrom = \"board@example.org\"\nat_once = 2\n\
             relay = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", ehlo = \"desk.example.org\" }}\n",
            mail.port
        );
        std::fs::write(desk.path("data/channels.toml"), channels).unwrap();
        desk.import("us-2020");
        Some(Self { desk, hooks, mail })
    }

    /// Begun again after every end until everybody has it; what is in doubt is looked up, as a person would.
    fn goes_by(&self) {
        // What was tried three times before its third kill waits for a minute, of runs that find nothing due.
        for _ in 0..3_000 {
            self.may_be_killed(&["run", "us-2020", "--once", POLICY[0], POLICY[1]]);
            let now = status(&self.desk)["biden"].1.clone();
            self.nothing_is_forgotten(&now);
            // One at a time: if its process is killed, another may be in doubt, or it is settled all the same.
            if let Some((to, _)) = now.iter().find(|(_, progress)| *progress == "in doubt") {
                self.resolve(to);
            }
            if now.values().all(|progress| progress.starts_with("acknowledged: ")) {
                return;
            }
        }
        panic!("{:?}", status(&self.desk));
    }

    /// The program, until it ends well or is killed.
    fn may_be_killed(&self, words: &[&str]) {
        let (data, pid) = (self.desk.path("data"), self.desk.path("pid"));
        let mut program = program();
        program.arg("telegram").args(words).args(["--data", &data]).current_dir(root());
        let mut child = program.stdout(Stdio::null()).spawn().unwrap();
        // Whole or not at all: the servers read it at any moment.
        std::fs::write(format!("{pid}.new"), child.id().to_string()).unwrap();
        std::fs::rename(format!("{pid}.new"), &pid).unwrap();
        let ended = child.wait().unwrap();
        std::fs::remove_file(pid).unwrap();
        assert!(ended.success() || ended.signal() == Some(9), "{words:?}: {ended}");
    }

    /// What a server took over waits for nothing but its answer, or a person; what is acknowledged was taken over.
    fn nothing_is_forgotten(&self, now: &BTreeMap<String, String>) {
        let kept = self.mail.kept();
        for (to, progress) in now.iter().filter(|(to, _)| to.starts_with('m')) {
            let there = kept.contains_key(to);
            assert!(!there || progress != "pending", "{to} has it and would get it again");
            assert!(there || !progress.starts_with("acknowledged"), "{to} never got it: {progress}");
        }
        let hooks = self.hooks.0.lock().unwrap();
        for (to, progress) in now.iter().filter(|(to, _)| to.starts_with('w')) {
            assert_ne!(progress, "in doubt", "a webhook is tried again under the same id");
            assert!(
                !progress.starts_with("acknowledged") || hooks.taken.contains(&format!("n={}", &to[1..]))
            );
        }
    }

    /// A person looks into the server's ledger. What is due goes out with that, so this may be killed too.
    fn resolve(&self, to: &str) {
        let there = self.mail.kept().contains_key(to);
        let how: &[&str] = if there { &["--delivered", "in the server's ledger"] } else { &["--resend"] };
        self.may_be_killed(&[&["resolve", "biden", to], how].concat());
    }

    fn ledgers_agree(&self, killed: &mut BTreeMap<String, usize>) {
        let kept = self.mail.kept();
        assert_eq!(kept.len(), EACH, "everybody got mail");
        for (to, ids) in &kept {
            assert_eq!(ids.len(), 1, "{to} got it {} times: {ids:?}", ids.len());
        }
        let hooks = self.hooks.0.lock().unwrap();
        assert_eq!(hooks.bodies.len(), EACH, "one id for each");
        assert!(hooks.bodies.values().all(|bodies| bodies.iter().all(|b| *b == bodies[0])), "other bytes");
        // An attempt's row is there before anything is written: no write without one.
        let store = rusqlite::Connection::open(self.desk.path("data/store.sqlite")).unwrap();
        let count = |like: &str| -> usize {
            let sql = "SELECT count(*) FROM attempts JOIN outbox ON outbox.id = attempts.row WHERE recipient LIKE ?1";
            usize::try_from(store.query_row(sql, [like], |row| row.get::<_, i64>(0)).unwrap()).unwrap()
        };
        let posts: usize = hooks.bodies.values().map(Vec::len).sum();
        assert!(count("w%") >= posts, "{} rows, {posts} requests", count("w%"));
        let letters = self.mail.lines().iter().filter(|line| line.get("data").is_some()).count();
        assert!(count("m%") >= letters, "{} rows, {letters} messages begun", count("m%"));
        assert_eq!(last(&self.desk.good(&["fsck"]).out), "holds");
        for line in self.mail.lines() {
            if let Some(moment) = line["killed"].as_str() {
                *killed.entry(moment.to_owned()).or_default() += 1;
            }
        }
        if hooks.kills > 0 {
            *killed.entry("request".into()).or_default() += hooks.kills;
        }
    }
}

/// aiosmtpd, and what it wrote down.
struct MailServer {
    child: Child,
    ledger: String,
    port: String,
}

impl MailServer {
    fn start(desk: &Desk, seed: usize) -> Option<Self> {
        let python = "/usr/bin/python3";
        let there = Command::new(python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            println!("SKIPPED: no aiosmtpd here (Debian: python3-aiosmtpd)");
            return None;
        }
        let (ledger, pid) = (desk.path("mail.jsonl"), desk.path("pid"));
        std::fs::write(&ledger, "").unwrap();
        let script = root().join("crates/ascertain/tests/scripts/mail_killing.py");
        let words = [seed.to_string(), ledger.clone(), pid, KILLS.to_string()];
        let piped = Stdio::piped;
        let mut child =
            Command::new(python).arg(script).args(words).stdin(piped()).stdout(piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Self { child, ledger, port: port.trim().to_owned() })
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.ledger).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Message-IDs that were taken over, by recipient.
    fn kept(&self) -> BTreeMap<String, Vec<String>> {
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.lines().iter().filter(|line| line.get("kept").is_some()) {
            let to = line["to"].as_str().unwrap().trim_end_matches("@example.org");
            kept.entry(to.to_owned()).or_default().push(line["kept"].as_str().unwrap().to_owned());
        }
        kept
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the receiver saw.
#[derive(Default)]
struct Hooks {
    /// Whose turn in [`DEEDS`] it is.
    turn: usize,
    pid: String,
    kills: usize,
    /// Bodies by id.
    bodies: BTreeMap<String, Vec<String>>,
    /// Whose first request came.
    seen: BTreeSet<String>,
    /// Who was told that it is taken.
    taken: BTreeSet<String>,
}

/// What is done with a request; an id that failed once fails no more, since its third try would be far off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Takes,
    TakesTwice,
    TakesLate,
    Fails,
    IsBusy,
    HangsUp,
    Resets,
    KillsFirst,
    TakesAndKills,
}

const DEEDS: [Does; 12] = [
    Does::Takes,
    Does::KillsFirst,
    Does::TakesTwice,
    Does::Fails,
    Does::TakesAndKills,
    Does::TakesLate,
    Does::Resets,
    Does::IsBusy,
    Does::Takes,
    Does::HangsUp,
    Does::KillsFirst,
    Does::TakesTwice,
];

fn receive(mut stream: TcpStream, hooks: &(Mutex<Hooks>, Condvar)) {
    let mut peeked = [0; 4096];
    while stream.peek(&mut peeked).is_ok_and(|n| n > 0) {
        let does = next(&mut hooks.0.lock().unwrap(), &peeked);
        if does == Does::Resets {
            // What was not read makes the end a reset.
            let _ = stream.read(&mut [0; 16]);
            return;
        }
        let path = path(&peeked);
        let Some((id, body)) = request(&mut stream) else { return };
        hooks.0.lock().unwrap().bodies.entry(id).or_default().push(body);
        if does == Does::TakesLate {
            // Until the desk is killed by somebody else, or a while.
            let held = hooks.0.lock().unwrap();
            drop(hooks.1.wait_timeout(held, Duration::from_millis(300)).unwrap());
        }
        if does == Does::KillsFirst {
            return kill(hooks);
        }
        let status = match does {
            Does::Fails => "500 Broken",
            Does::IsBusy => "503 Service Unavailable\r\nretry-after: 1",
            Does::HangsUp => return,
            _ => {
                hooks.0.lock().unwrap().taken.insert(path);
                "204 No Content"
            }
        };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        let answer = if does == Does::TakesTwice { answer.repeat(2) } else { answer };
        let _ = stream.write_all(answer.as_bytes());
        if does == Does::TakesAndKills {
            return kill(hooks);
        }
    }
}

/// Seen once, a recipient gets the next deed; seen again, it takes what comes.
fn next(hooks: &mut Hooks, head: &[u8]) -> Does {
    if !hooks.seen.insert(path(head)) {
        return Does::Takes;
    }
    hooks.turn += 5;
    DEEDS[hooks.turn % DEEDS.len()]
}

/// The query of the request's address.
fn path(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let target = head.split(' ').nth(1).unwrap_or_default();
    target.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

fn kill((hooks, told): &(Mutex<Hooks>, Condvar)) {
    let mut hooks = hooks.lock().unwrap();
    if let Ok(pid) = std::fs::read_to_string(&hooks.pid) {
        let killed = Command::new("kill").args(["-9", pid.trim()]).stderr(Stdio::null()).status().unwrap();
        hooks.kills += usize::from(killed.success());
    }
    told.notify_all();
}
