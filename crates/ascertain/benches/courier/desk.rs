//! A desk on a record of its own, made and run by the program itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ascertain::store::{Store, entries};

/// Recipients of one telegram.
#[derive(Clone)]
pub struct Many {
    pub channel: &'static str,
    /// Each gets an address with its number in it.
    pub address: String,
    pub count: usize,
}

/// A data folder and what belongs to it; gone when dropped.
pub struct Desk {
    folder: PathBuf,
    /// A name or a file.
    policy: String,
    /// What the ids of telegrams begin with.
    prefix: String,
}

impl Desk {
    /// A record with an attester, an approver and a decider; the election is that of 2020.
    pub fn new(name: &str) -> Self {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let desk = Self { folder, policy: "electors-voted".into(), prefix: String::new() };
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../history/us-2020"),
            &desk.folder.join("election"),
        );
        desk.run(&["record", "init", "--origin", "drill/example.org/bench", "--guard", &desk.path("guard")]);
        for (key_use, name) in [("attester", "alice"), ("approver", "ann"), ("decider", "desk")] {
            desk.run(&["record", "key", "new", "--use", key_use, "--name", name]);
        }
        desk.run(&["telegram", "quorum", "1"]);
        desk
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    pub fn channels(&self, text: &str) {
        std::fs::write(self.path("data/channels.toml"), text).unwrap();
    }

    /// From now on, another policy that says the same.
    pub fn policy(&mut self, number: usize) {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/electors-voted.toml");
        let text = std::fs::read_to_string(shipped).unwrap();
        let text = text.replacen("name = \"electors-voted\"", &format!("name = \"rule-{number}\""), 1);
        (self.policy, self.prefix) = (self.path(&format!("rule-{number}.toml")), format!("t{number}-"));
        std::fs::write(&self.policy, text).unwrap();
    }

    /// Drafts, approves and holds a telegram for each outcome.
    pub fn prepared(&self, telegrams: &[(&str, Many)]) {
        let mut files = Vec::new();
        for (name, many) in telegrams {
            let outcome = match *name {
                "nobody" | "annulled" => format!("\"{name}\""),
                person => format!("{{ person = \"{person}\" }}"),
            };
            let mut text = format!(
                "id = \"{}{name}\"\noffice = \"president\"\noutcome = {outcome}\nsubject = \"On {name}\"\nbody = \"{}\"\n",
                self.prefix,
                "Words. ".repeat(10)
            );
            for n in 0..many.count {
                let address = match many.channel {
                    "email" => format!("a{n}{}", many.address),
                    _ => format!("{}{n}", many.address),
                };
                write!(text, "[[recipient]]\nid = \"r{n}\"\nname = \"R {n}\"\naddress = \"{address}\"\nchannel = \"{}\"\n", many.channel).unwrap();
            }
            files.push(self.path(&format!("{name}.toml")));
            std::fs::write(files.last().unwrap(), text).unwrap();
        }
        let (election, policy) = (self.path("election"), ["--policy", self.policy.as_str()]);
        let names: Vec<String> = telegrams.iter().map(|(name, _)| format!("{}{name}", self.prefix)).collect();
        let files = files.iter().map(String::as_str);
        self.run(
            &[&["telegram", "draft", &election], files.collect::<Vec<_>>().as_slice(), &policy].concat(),
        );
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.run(&[&["telegram", "approve"], names.as_slice(), &["--key", "ann"]].concat());
        self.run(
            &[&["telegram", "hold"], names.as_slice(), &["--for", &election, "--incomplete"], &policy]
                .concat(),
        );
    }

    /// All acts of the election.
    pub fn import(&self) {
        self.run(&["record", "import", &self.path("election"), "--key", "alice"]);
    }

    /// All acts of the election up to the one by which the policy is met, and that one, signed.
    pub fn all_but_the_decisive(&self) -> String {
        copy(&self.folder.join("data"), &self.folder.join("before"));
        copy(&self.folder.join("guard"), &self.folder.join("guard.before"));
        let from = Store::read(&self.folder.join("data")).unwrap().head().unwrap().size;
        self.import();
        let rows = Store::read(&self.folder.join("data")).unwrap().rows().unwrap();
        let lines: Vec<String> = rows.iter().filter(|row| row.index >= from).map(line).collect();
        // With `enough` of them it is met, with `short` not yet.
        let (mut short, mut enough) = (0, lines.len());
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            self.with(&lines[..middle]);
            if self.command(&self.look()).status().unwrap().success() {
                enough = middle;
            } else {
                short = middle;
            }
        }
        self.with(&lines[..short]);
        lines[short].clone()
    }

    /// The record as it was, and these statements.
    fn with(&self, lines: &[String]) {
        self.bring_back(&("before".into(), "guard.before".into()));
        if !lines.is_empty() {
            let file = self.path("signed.jsonl");
            std::fs::write(&file, lines.concat()).unwrap();
            self.run(&["record", "append", &file]);
        }
    }

    /// A copy of the record, to begin from again and again.
    pub fn keep(&self) -> (String, String) {
        copy(&self.folder.join("data"), &self.folder.join("kept"));
        copy(&self.folder.join("guard"), &self.folder.join("guard.kept"));
        ("kept".into(), "guard.kept".into())
    }

    pub fn bring_back(&self, (data, guard): &(String, String)) {
        for (from, to) in [(data, "data"), (guard, "guard")] {
            let _ = std::fs::remove_dir_all(self.folder.join(to));
            copy(&self.folder.join(from), &self.folder.join(to));
        }
    }

    fn look(&self) -> Vec<String> {
        let mut words = vec!["telegram".to_owned(), "run".into(), self.path("election"), "--once".into()];
        words.extend(["--policy".to_owned(), self.policy.clone()]);
        words
    }

    /// One look that delivers everything: when it ended, and the most memory it used, in MB.
    pub fn deliver(&self) -> (Instant, u64) {
        let mut child = self.command(&self.look()).spawn().unwrap();
        let mut peak = 0;
        loop {
            peak = peak.max(peak_of(child.id()));
            match child.try_wait().unwrap() {
                Some(status) => {
                    assert!(status.success());
                    return (Instant::now(), peak);
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// A desk that stays open, once it listens and has looked for the first time.
    pub fn stay_open(&self) -> Child {
        let _ = std::fs::remove_file(self.path("data/desk.sock"));
        let mut words = self.look();
        words.retain(|word| word != "--once");
        let child = self.command(&words).spawn().unwrap();
        while std::os::unix::net::UnixStream::connect(self.path("data/desk.sock")).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // It looks at once; by then it has.
        std::thread::sleep(Duration::from_millis(300));
        child
    }

    fn run(&self, words: &[&str]) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let status = self.command(&words).status().unwrap();
        assert!(status.success(), "{words:?}");
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ascertain"));
        command.args(words).args(["--data", &self.path("data")]).stdout(Stdio::null());
        command
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An entry as `record append` takes it.
fn line(row: &entries::Row) -> String {
    let logged = entries::logged(row).unwrap();
    let envelope = String::from_utf8(record::signed_statement::to_envelope(&logged.signed).unwrap()).unwrap();
    let (salt, body) = logged.opened.unwrap();
    let body = String::from_utf8(record::canonical::to_canonical(&body).unwrap()).unwrap();
    let salt: String = salt.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"body\":{body},\"envelope\":{envelope},\"salt\":\"{salt}\"}}\n")
}

/// The most memory a process used until now, in MB; 0 if it is gone.
fn peak_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1_024
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => drop(std::fs::copy(entry.path(), target).unwrap()),
            _ => {}
        }
    }
}
