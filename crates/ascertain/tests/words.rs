//! What is written and to whom: drafted from a template and a list, looked at, rehearsed, and sent as it was shown.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::desk::{POLICY, approve, desk, good, hold, look, refused, request, state, telegram};
use crate::own_record::Desk;
use crate::run::{Said, program, root};

const TEMPLATE: &str = r#"
language = "en"
office = "president"

[text.en]
subject = "To {title} {name}"
body = "On {date.electors-vote}, {salutation}."
html = "<p>{salutation}</p>"

[text.de]
subject = "An {name}"
body = "Am {date.electors-vote}, {salutation}."
"#;

fn list(url: &str) -> String {
    format!(
        "id,name,title,language,address,channel,field.salutation\n\
        ann,Ann,Ms,,ann@example.org,email,Dear <Ann>\n\
        buro,Büro,,de,{url},webhook,liebes Büro\n\
        cy,Cy,Mr,en,cy@example.org,,Dear Cy\n"
    )
}

/// Drafts the template for the outcomes, to the list.
fn drafted(desk: &Desk, url: &str, outcomes: &[&str], more: &[&str]) -> Said {
    let (file, to) = (desk.path("t.toml"), desk.path("l.csv"));
    std::fs::write(&file, TEMPLATE).unwrap();
    std::fs::write(&to, list(url)).unwrap();
    let mut words = vec!["draft", "us-2020", &file, "--to", &to, "--channel", "file", POLICY[0], POLICY[1]];
    outcomes.iter().for_each(|o| words.extend(["--outcome", o]));
    words.extend(more);
    telegram(desk, &words)
}

const KEYS: &str = "private = true\n[webhook]\nkeys = [\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"]\n";

/// A receiver that accepts everything: ids and bodies as they come.
fn receiver() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/in", listener.local_addr().unwrap().port());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            while let Some(seen) = request(&mut stream) {
                stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").unwrap();
                tell.send(seen).unwrap();
            }
        }
    });
    (url, told)
}

#[test]
fn one_file_serves_every_outcome_and_is_sent_as_it_was_shown() {
    let desk = desk();
    let (url, told) = receiver();
    std::fs::write(desk.path("data/channels.toml"), KEYS).unwrap();
    let all = ["biden", "trump", "nobody", "annulled"];
    let said = drafted(&desk, &url, &all, &[]);
    assert!(said.code == 0 && said.out.starts_with("4 drafted"), "{}{}", said.out, said.err);
    let ids = all.map(|outcome| format!("president-{outcome}"));
    let shown = good(&desk, &["show", &ids[0]]).out;
    for line in [
        "president-biden for biden: drafted, 3 recipients",
        "1 by email in en",
        "1 by file in en",
        "1 by webhook in de",
        "To: ann: Ms, Ann <ann@example.org> by email",
        "--- de, each with the recipient's own fields",
        "Subject: [DRILL] An {name}",
        "Am 14. Dezember 2020, {salutation}.",
        "<p>{salutation}</p>",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    refused(&desk, &["show", &ids[0], "--to", "bob"], 2, "goes to nobody of the id `bob`");
    refused(&desk, &["show", &ids[0], "--to", "ann", "--raw"], 2, "no such table");
    let buro = good(&desk, &["show", &ids[0], "--to", "buro"]).out;
    for line in [
        "webhook-timestamp and webhook-signature are made at each sending",
        "Am 14. Dezember 2020, liebes Büro.",
        &url,
    ] {
        assert!(buro.contains(line), "{line} is not in\n{buro}");
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.iter().for_each(|id| approve(&desk, id));
    assert_eq!(hold(&desk, &ids).code, 0);
    desk.import("us-2020");
    assert_eq!(look(&desk).code, 0);
    // What came is what is shown of what is out, to the byte.
    let (id, body) = told.recv().unwrap();
    assert_eq!(good(&desk, &["show", ids[0], "--to", "buro", "--raw"]).out, body);
    assert!(buro.contains(&format!("webhook-id: {id}")), "{buro}");
    let file = std::fs::read_to_string(desk.path("data/outbox/president-biden--cy.eml")).unwrap();
    assert_eq!(good(&desk, &["show", ids[0], "--to", "cy", "--raw"]).out, file);
    assert!(
        file.contains("Subject: [DRILL] To Mr Cy\r\n")
            && file.ends_with("\r\n\r\nOn 14 December 2020, Dear Cy.\r\n")
    );
    refused(
        &desk,
        &["rehearse", ids[0], "--to-address", "me@example.org", "--channel", "file"],
        2,
        "is released",
    );
    refused(
        &desk,
        &["rehearse", ids[1], "--to-address", "me@example.org", "--channel", "file"],
        2,
        "destroyed",
    );
}

#[test]
fn what_is_asked_for_must_fit_the_files() {
    let desk = desk();
    let good_url = "https://example.org/in";
    assert_eq!(drafted(&desk, good_url, &["biden"], &["--id", "b"]).code, 0);
    // The same addresses for the same outcome: one of the two will go out.
    let said = drafted(&desk, good_url, &["biden", "nobody"], &[]);
    assert!(
        said.code == 0 && said.err.contains("president-biden and b are both for biden and share 3"),
        "{}",
        said.err
    );
    for (outcomes, more, says) in [
        (&["biden", "nobody"][..], &["--id", "x"][..], "two of these would be the telegram `x`"),
        (&["somebody"], &[], "`somebody` is nobody's id"),
        (&[], &[], "--outcome"),
        (&["biden"], &["--office", "vice_president"], "none of the files is for this office"),
        (&["biden"], &["--to", "/nowhere.csv"], "/nowhere.csv"),
    ] {
        let said = drafted(&desk, good_url, outcomes, more);
        assert!(said.code == 2 && said.err.contains(says), "{outcomes:?} {more:?}: {}{}", said.out, said.err);
    }
    let twice = desk.path("l.csv");
    let said = drafted(&desk, good_url, &["biden"], &["--to", &twice]);
    assert!(said.code == 2 && said.err.contains("l.csv:2: `id`: `ann` stands twice"), "{}", said.err);
    assert_eq!(state(&desk, "b"), "drafted");
}

/// The outbox, the events and the record, as they lie.
fn kept(desk: &Desk) -> String {
    let status = good(desk, &["status", "--json"]).out;
    let record = desk.good(&["show"]).out;
    let outbox = std::fs::read_dir(desk.path("data/outbox")).map(Iterator::count).unwrap_or_default();
    format!("{status}{record}{outbox}")
}

#[test]
fn a_rehearsal_reaches_ones_own_address_alone_and_leaves_no_trace() {
    let desk = desk();
    let (url, told) = receiver();
    std::fs::write(desk.path("data/channels.toml"), KEYS).unwrap();
    assert_eq!(drafted(&desk, &format!("{url}?theirs"), &["biden", "trump"], &[]).code, 0);
    let id = "president-biden";
    approve(&desk, id);
    let before = kept(&desk);
    let said = good(&desk, &["rehearse", id, "--to-address", &url, "--channel", "webhook"]);
    assert!(
        said.out.starts_with("president-biden as to buro") && said.out.contains("acknowledged: HTTP 204"),
        "{}",
        said.out
    );
    let (first, body) = told.recv().unwrap();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["subject"], &body["test"]), (&"[TEST] An Büro".into(), &true.into()));
    assert_eq!(
        (&body["body"], &body["class"]),
        (&"Am 14. Dezember 2020, liebes Büro.".into(), &"drill".into())
    );
    assert!(body.get("ground").is_none());
    good(&desk, &["rehearse", id, "--to-address", &url, "--channel", "webhook", "--as", "ann"]);
    let (second, _) = told.recv().unwrap();
    let real = good(&desk, &["show", id, "--to", "buro"]).out;
    assert!(first != second && !real.contains(&first), "an id of its own each time");
    good(&desk, &["rehearse", id, "--to-address", "me@example.org", "--as", "cy"]);
    let file = std::fs::read_to_string(desk.path("data/rehearsed/president-biden--cy.test.eml")).unwrap();
    assert!(file.contains("To: Cy <me@example.org>\r\nSubject: [DRILL] [TEST] To Mr Cy\r\n"), "{file}");
    assert!(file.contains("\r\nX-Ascertain-Test: rehearsal\r\n"), "{file}");
    for (address, by, says) in [
        ("ann@EXAMPLE.org", "email", "telegram president-biden goes there, to `ann`"),
        ("Ann@example.org", "file", "goes there"),
        (&format!("{url}?theirs"), "webhook", "goes there, to `buro`"),
        ("me@example.org\r\nBcc: ann@example.org", "email", "--to-address"),
        ("me@example.org", "email", "email is not set up"),
        ("me@example.org", "manual", "a person delivers"),
    ] {
        refused(&desk, &["rehearse", id, "--to-address", address, "--channel", by], 2, says);
    }
    refused(&desk, &["rehearse", "nothing", "--to-address", "me@example.org"], 2, "nothing");
    assert_eq!(kept(&desk), before);
    good(&desk, &["withdraw", id]);
    refused(&desk, &["rehearse", id, "--to-address", &url, "--channel", "webhook"], 2, "is withdrawn");
    assert!(told.try_recv().is_err(), "nothing more came");
}

struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: String,
}

impl Server {
    fn start() -> Option<Self> {
        let python = "/usr/bin/python3";
        let there = Command::new(python).args(["-c", "import aiosmtpd, dkim"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|s| s.success()) {
            println!("SKIPPED: no aiosmtpd and dkim here (Debian: python3-aiosmtpd, python3-dkim)");
            return None;
        }
        let script = root().join("crates/ascertain/tests/scripts/mail_keep.py");
        let piped = Stdio::piped;
        let mut child = Command::new(python).arg(script).stdin(piped()).stdout(piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Some(Self { child, lines, port: port.trim().to_owned() })
    }

    fn kept(&mut self) -> (String, Vec<u8>) {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let (to, hex) = line.trim().split_once(' ').unwrap();
        let byte = |n: usize| u8::from_str_radix(&hex[n..n + 2], 16).unwrap();
        (to.to_owned(), (0..hex.len()).step_by(2).map(byte).collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn mail_is_shown_rehearsed_and_sent_in_the_same_words_and_signed() {
    let Some(mut server) = Server::start() else { return };
    let desk = desk();
    let key = desk.path("data/dkim.pem");
    let made = Command::new("openssl").args(["genpkey", "-algorithm", "ED25519", "-out", &key]).output();
    if !made.is_ok_and(|o| o.status.success()) {
        println!("SKIPPED: no openssl here");
        return;
    }
    let channels = format!(
        "private = true\n[email]\nname = \"Board\"\nfrom = \"board@example.org\"\n\
        relay = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", ehlo = \"desk.example.org\" }}\n\
        dkim = [{{ domain = \"example.org\", selector = \"e\", key = \"dkim.pem\" }}]\n",
        server.port
    );
    std::fs::write(desk.path("data/channels.toml"), channels).unwrap();
    assert_eq!(drafted(&desk, "https://example.org/in", &["biden"], &[]).code, 0);
    let id = "president-biden";
    good(&desk, &["rehearse", id, "--to-address", "me@example.org", "--channel", "email"]);
    let (to, rehearsed) = server.kept();
    let rehearsed = String::from_utf8(rehearsed).unwrap();
    assert_eq!(to, "me@example.org");
    for line in [
        "DKIM-Signature: ",
        "To: Ann\r\n <me@example.org>\r\n",
        "Subject: [DRILL] [TEST] To Ms Ann\r\n",
        "X-Ascertain-Class: drill\r\nX-Ascertain-Test: rehearsal\r\n",
        "On 14 December 2020, Dear <Ann>.\r\n",
        "<p>Dear &lt;Ann&gt;</p>\r\n",
    ] {
        assert!(rehearsed.contains(line), "{line} is not in\n{rehearsed}");
    }
    approve(&desk, id);
    let said = telegram(&desk, &["hold", id, "--for", "us-2020", "--incomplete", POLICY[0], POLICY[1]]);
    assert_eq!(said.code, 0, "{}", said.out);
    desk.import("us-2020");
    look(&desk);
    let (to, sent) = server.kept();
    assert_eq!(to, "ann@example.org");
    // Shown once it is out, it is what the relay got, signature and all.
    let raw = program()
        .args(["telegram", "show", id, "--to", "ann", "--raw", "--data", &desk.path("data")])
        .output()
        .unwrap();
    assert!(raw.status.success() && raw.stdout == sent, "{}", String::from_utf8_lossy(&raw.stdout));
    let body = |text: &str| text.split("\r\n\r\n").skip(1).collect::<String>();
    let boundary =
        |text: &str| text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let sent = String::from_utf8(sent).unwrap();
    assert_eq!(
        body(&sent),
        body(&rehearsed).replace(&boundary(&rehearsed), &boundary(&sent)),
        "the same words"
    );
    assert!(!sent.contains("TEST") && !sent.contains("X-Ascertain-Test"), "{sent}");
}
