//! Sessions with real mail servers: aiosmtpd with TLS and users, and Postfix's smtp-sink.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use ascertain::mail::address::Address;
use ascertain::mail::smtp::{
    Envelope, NotOpened, Outcome, Password, Patience, Relay, Session, Tls, Trust, connect, open,
};

use crate::mail_message::{Words, rendered, words};
use crate::mail_tools::{Folder, python, run, skipped, works};

struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    fn start(python: &str, mode: &str, folder: &Folder) -> Self {
        let (certificate, key) = (folder.path("server.pem"), folder.path("server.key"));
        let mut child = Command::new(python)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["tests/channels/scripts/mail_server.py", mode, &certificate, &key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Self { child, lines, address: SocketAddr::from(([127, 0, 0, 1], port.trim().parse().unwrap())) }
    }

    fn kept(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An authority, and a certificate for `localhost` of it.
fn certificates(folder: &Folder) {
    let (ca, ca_key) = (folder.path("ca.pem"), folder.path("ca.key"));
    let (request, key, certificate) =
        (folder.path("r.pem"), folder.path("server.key"), folder.path("server.pem"));
    std::fs::write(folder.path("ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    let new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let authority =
        [&new[..], &["-x509", "-subj", "/CN=test authority", "-keyout", &ca_key, "-out", &ca]].concat();
    let ask = [&new[..6], &["-subj", "/CN=localhost", "-keyout", &key, "-out", &request]].concat();
    let extensions = folder.path("ext");
    let sign =
        ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial", "-days", "2"];
    let sign = [&sign[..], &["-extfile", &extensions, "-out", &certificate]].concat();
    for arguments in [authority, ask, sign] {
        let said = run("openssl", &arguments);
        assert!(said.success, "{arguments:?}: {}", said.stderr);
    }
}

fn relay(tls: Tls, password: Option<&str>) -> Relay {
    Relay {
        host: "localhost".into(),
        port: 0,
        tls,
        user: password.map(|_| "clerk".into()),
        password: password.map(Password::new),
        ehlo: "sender.example.org".into(),
    }
}

async fn opened(server: SocketAddr, relay: &Relay, trust: &Trust) -> Result<Session, NotOpened> {
    let limit = Duration::from_secs(20);
    let patience = Patience { command: limit, body: limit, acceptance: limit, ..Patience::default() };
    open(connect(server, patience.connect).await?, relay, trust, patience).await
}

async fn attempt(session: &mut Session, to: &str, message: &[u8]) -> Outcome {
    let from = Address::parse("from", "board@example.org").unwrap();
    let to = Address::parse("to", to).unwrap();
    session.send(Envelope { from: &from, to: &to }, message).await
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Three messages and a refusal on one session; the server kept the exact bytes.
async fn exchange(server: &mut Server, relay: &Relay, trust: &Trust) {
    let mut session = opened(server.address, relay, trust).await.unwrap();
    for (n, text) in [".\n..\nFrom here\n", "Ελληνικά γράμματα\n", &"long ".repeat(40_000)].iter().enumerate()
    {
        let message = rendered(&Words { text: (*text).into(), ..words() }).unwrap();
        // Dots at the start of lines that no encoding has hidden.
        let message = [&message[..], b"..\r\n.\r\n.x\r\n"].concat();
        let to = format!("clerk{n}@example.org");
        let outcome = attempt(&mut session, &to, &message).await;
        assert_eq!(outcome, Outcome::Accepted { reply: "250 2.0.0 kept".into() });
        let hash = ring::digest::digest(&ring::digest::SHA256, &message);
        let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(server.kept(), format!("board@example.org {to} {hex}"));
        let outcome = attempt(&mut session, "nobody@example.org", &message).await;
        let text = "RCPT TO: 5.1.1 no such user".into();
        assert_eq!(outcome, Outcome::Refused { code: 550, text, passing: false });
    }
    session.quit().await;
}

#[test]
fn aiosmtpd_keeps_the_bytes_and_strangers_are_not_spoken_to() {
    let Some(python) = python("aiosmtpd", "sessions with aiosmtpd") else { return };
    if !works("openssl", &["version"], "sessions with aiosmtpd") {
        return;
    }
    let folder = Folder::new();
    certificates(&folder);
    let ours = Trust::only(&std::fs::read(folder.path("ca.pem")).unwrap()).unwrap();
    for (mode, tls) in [("starttls", Tls::StartTls), ("implicit", Tls::Implicit), ("plain", Tls::None)] {
        let mut server = Server::start(&python, mode, &folder);
        let user = if tls == Tls::None { None } else { Some("hunter2") };
        block_on(exchange(&mut server, &relay(tls, user), &ours));
        if tls == Tls::None {
            let not = block_on(opened(server.address, &relay(Tls::StartTls, None), &ours)).unwrap_err();
            assert!(not.to_string().contains("nothing is sent in plain text"), "{not}");
            continue;
        }
        let case = |relay: Relay, trust: &Trust| {
            let not = block_on(opened(server.address, &relay, trust)).unwrap_err();
            assert!(!format!("{not:?}{not}").contains("swordfish"));
            not.to_string()
        };
        let not = case(relay(tls, Some("swordfish")), &ours);
        assert!(not.starts_with("AUTH: refused with 535"), "{not}");
        let not = case(relay(tls, user), &Trust::public().unwrap());
        assert!(not.contains("invalid peer certificate: UnknownIssuer"), "{not}");
        let not = case(Relay { host: "mail.example.org".into(), ..relay(tls, user) }, &ours);
        assert!(not.contains("invalid peer certificate"), "{not}");
    }
}

#[test]
fn the_sink_of_postfix_takes_a_thousand_on_one_session() {
    let Some(sink) = Sink::start() else { return };
    block_on(async {
        let relay = relay(Tls::None, None);
        let mut session = opened(sink.address, &relay, &Trust::public().unwrap()).await.unwrap();
        let message = rendered(&words()).unwrap();
        for n in 0..1000 {
            let outcome = attempt(&mut session, "clerk@example.org", &message).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{n}: {outcome:?}");
        }
        session.quit().await;
    });
}

struct Sink {
    child: Child,
    address: SocketAddr,
}

impl Sink {
    fn start() -> Option<Self> {
        let postfix = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/postfix/usr");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        // It refuses to stay root.
        let user: &[&str] = if run("id", &["-u"]).stdout.trim() == "0" { &["-u", "nobody"] } else { &[] };
        let started = Command::new(format!("{postfix}/sbin/smtp-sink"))
            .env("LD_LIBRARY_PATH", format!("{postfix}/lib/postfix"))
            .args(user)
            .args([&address.to_string(), "100"])
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            skipped("a session with smtp-sink", "there is no tools/postfix");
            return None;
        };
        let sink = Self { child, address };
        for _ in 0..100 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Some(sink);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        skipped("a session with smtp-sink", "it does not listen");
        None
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
