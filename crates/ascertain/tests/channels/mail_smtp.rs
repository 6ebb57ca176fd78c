//! Sessions with a relay that follows a script: one line per fault, with what must be known afterwards.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ascertain::mail::address::Address;
use ascertain::mail::smtp::{
    Envelope, NotOpened, Outcome, Password, Patience, Relay, Session, Tls, Trust, connect, open,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(2),
    greeting: Duration::from_secs(2),
    command: Duration::from_secs(2),
    body: Duration::from_secs(2),
    acceptance: Duration::from_secs(2),
};
const MESSAGE: &[u8] = b"Subject: x\r\n\r\n.\r\n..dots\r\n.. and\r\nlast\r\n";

/// What the relay saw.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    commands: Vec<String>,
    messages: Vec<Vec<u8>>,
}

struct Peer {
    stream: TcpStream,
    buffer: Vec<u8>,
    script: HashMap<String, String>,
    seen: Seen,
    /// The client has said what it has to say.
    done: Arc<AtomicBool>,
}

impl Peer {
    fn new(stream: TcpStream, script: HashMap<String, String>, done: Arc<AtomicBool>) -> Self {
        Self { stream, buffer: Vec::new(), script, seen: Seen::default(), done }
    }

    /// Reads up to and with `end`; `None` if the client has gone.
    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        let mut from = 0;
        loop {
            let found = self.buffer[from..].windows(end.len()).position(|w| w == end);
            if let Some(at) = found {
                return Some(self.buffer.drain(..from + at + end.len()).collect());
            }
            from = self.buffer.len().saturating_sub(end.len());
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Does one step of the script; false if the session is over.
    async fn step(&mut self, step: &str, otherwise: &str) -> (bool, String) {
        let text = self.script.remove(step).unwrap_or_else(|| otherwise.to_owned());
        let (reply, mut rest) = text.split_once('<').map_or((text.as_str(), ""), |(r, a)| (r, a));
        self.say(reply).await;
        while !rest.is_empty() {
            let (action, tail) = rest.split_once('>').unwrap();
            match action.split(' ').collect::<Vec<_>>()[..] {
                ["close"] => return (false, text.clone()),
                ["reset"] => {
                    // Not before the client has seen the connection.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    self.stream.set_zero_linger().unwrap();
                    return (false, text.clone());
                }
                ["stall"] => {
                    while !self.done.load(Ordering::Relaxed) {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    return (false, text.clone());
                }
                ["take", count] => {
                    let mut taken = vec![0; count.parse().unwrap()];
                    let _ = self.stream.read_exact(&mut taken).await;
                }
                _ => panic!("no action {action}"),
            }
            let (more, next) = tail.split_once('<').unwrap_or((tail, ""));
            self.say(more).await;
            rest = next;
        }
        (true, text.clone())
    }

    async fn say(&mut self, reply: &str) {
        if !reply.is_empty() {
            let whole = match reply.contains("\\c") {
                true => reply.replace("\\c", ""),
                false => format!("{reply}\\n"),
            };
            let bytes = whole.replace("\\n", "\r\n").replace("\\l", "\n").replace("\\r", "\r");
            let _ = self.stream.write_all(bytes.replace("\\b", "\u{7}").as_bytes()).await;
        }
    }

    async fn serve(mut self, ehlo: String) -> Seen {
        self.seen.connections += 1;
        let mut on = self.step("greeting", "220 here").await.0;
        while on {
            let Some(line) = self.until(b"\n").await else { break };
            // The beginning of TLS is nothing that the script understands.
            let Ok(line) = String::from_utf8(line) else { break };
            assert!(line.ends_with("\r\n") && !line[..line.len() - 2].contains(['\r', '\n']), "{line:?}");
            let verb = line.trim_end().split(' ').next().unwrap().to_ascii_lowercase();
            self.seen.commands.push(line.trim_end().to_owned());
            on = match verb.as_str() {
                "ehlo" => self.step("ehlo", &ehlo).await.0,
                "auth" if line.trim_end() == "AUTH LOGIN" => self.step("auth", "334 VXNlcm5hbWU6").await.0,
                "y2xlcms=" => self.step("word", "334 UGFzc3dvcmQ6").await.0,
                "auth" => self.step("auth", "235 in").await.0,
                "data" => self.data().await,
                "quit" => {
                    self.step("quit", "221 bye").await;
                    false
                }
                "mail" | "rcpt" | "rset" | "starttls" => self.step(&verb, "250 fine").await.0,
                // The second word of AUTH LOGIN.
                _ => self.step("secret", "235 in").await.0,
            };
        }
        self.seen
    }

    async fn data(&mut self) -> bool {
        let (on, text) = self.step("data", "354 go").await;
        if !on || !text.starts_with("354") {
            return on;
        }
        let Some(message) = self.until(b"\r\n.\r\n").await else { return false };
        self.seen.messages.push(message);
        self.step("dot", "250 2.0.0 queued as 7").await.0
    }
}

fn relay(settings: &str) -> Relay {
    let user = settings.contains("password") || settings.contains("login");
    Relay {
        host: "localhost".into(),
        port: 0,
        tls: if settings.contains("starttls") { Tls::StartTls } else { Tls::None },
        user: user.then(|| "clerk".into()),
        password: user.then(|| Password::new("hunter2")),
        ehlo: "sender.example.org".into(),
    }
}

fn ehlo(settings: &str) -> String {
    let mut lines = vec!["here", "SIZE 100000000"];
    let offers = [("8bitmime", "8BITMIME"), ("tls", "starttls"), ("auth", "AUTH LOGIN PLAIN")];
    lines
        .extend(offers.iter().filter(|(n, _)| !settings.contains(&format!("no-{n}"))).map(|(_, line)| *line));
    let text = lines.iter().map(|l| format!("250-{l}\\n")).collect::<String>() + "250 HELP";
    if settings.contains("login") { text.replace("LOGIN PLAIN", "LOGIN") } else { text }
}

fn repeated(text: &str) -> String {
    let Some((before, rest)) = text.split_once('{') else {
        return text.into();
    };
    let (inner, after) = rest.split_once('}').unwrap();
    let (what, times) = inner.rsplit_once('*').unwrap();
    format!("{before}{}{after}", what.repeat(times.parse().unwrap()))
}

/// One line: the script, one or two messages, what is said of them, and what the relay saw.
async fn check(number: usize, line: &'static str) {
    let columns: Vec<&str> = line.split(" |").map(str::trim).collect();
    let [settings, faults, first, second] = columns[..] else {
        panic!("line {number}: four columns: {line}")
    };
    let script = faults.split(" ; ").filter(|f| !f.trim().is_empty()).map(|fault| {
        let (step, does) = fault.split_once(": ").unwrap_or_else(|| panic!("line {number}: {fault}"));
        (step.trim().to_owned(), repeated(does))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (script, offers) = (script.collect(), ehlo(settings));
    let done = Arc::new(AtomicBool::new(false));
    let finished = done.clone();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let served = Peer::new(stream, script, finished).serve(offers).await;
        // A second connection would be a hidden retry.
        let again = tokio::time::timeout(Duration::from_millis(5), listener.accept()).await;
        assert!(again.is_err(), "line {number}: connected twice");
        served
    });
    let mut message = MESSAGE.to_vec();
    if settings.contains("eight") {
        message.extend_from_slice("Grüße\r\n".as_bytes());
    }
    if settings.contains("big") {
        message
            .extend(b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n".repeat(512 * 1024));
    }
    let trust = Trust::public().unwrap();
    let stream = connect(address, PATIENCE.connect).await.unwrap();
    let patience = match settings.contains("big") && faults.is_empty() {
        true => Patience { body: Duration::from_secs(20), acceptance: Duration::from_secs(20), ..PATIENCE },
        false => PATIENCE,
    };
    let mut said = Vec::new();
    match open(stream, &relay(settings), &trust, patience).await {
        Ok(mut session) => {
            said.push(attempt(&mut session, &message).await);
            expect(number, first, &said[0], faults);
            said.push(attempt(&mut session, &message).await);
            expect(number, second, &said[1], faults);
            done.store(true, Ordering::Relaxed);
            session.quit().await;
        }
        Err(not) => {
            done.store(true, Ordering::Relaxed);
            not_opened(number, first, &not);
            said.push(Outcome::from(not));
        }
    }
    agrees(number, &said, &server.await.unwrap(), &message);
}

async fn attempt(session: &mut Session, message: &[u8]) -> Outcome {
    let from = Address::parse("from", "board@example.org").unwrap();
    let to = Address::parse("to", "clerk@example.org").unwrap();
    session.send(Envelope { from: &from, to: &to }, message).await
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { reply } => format!("Accepted {reply}"),
        Outcome::Refused { code, text, passing } => {
            format!("Refused {code} {} {text}", if *passing { "passing" } else { "lasting" })
        }
        Outcome::NothingSent { why } => format!("NothingSent {why}"),
        Outcome::NoAnswer { why } => format!("NoAnswer {why}"),
    }
}

fn expect(number: usize, expected: &str, outcome: &Outcome, faults: &str) {
    let words = in_words(outcome);
    let (kinds, part) = expected.split_once(' ').unwrap_or((expected, ""));
    let kind = words.split(' ').next().unwrap();
    assert!(kinds.split('/').any(|k| k == kind), "line {number}: {faults}\nexpected {expected}\ngot {words}");
    assert!(words.contains(part), "line {number}: {faults}\nexpected {expected}\ngot {words}");
    assert!(!words.chars().any(char::is_control) && words.len() < 500, "line {number}: {words:?}");
}

fn not_opened(number: usize, expected: &str, not: &NotOpened) {
    let words = not.to_string();
    let part = expected.strip_prefix("NotOpened ").unwrap_or_else(|| panic!("line {number}: got {words}"));
    assert!(words.contains(part), "line {number}: expected {expected}\ngot {words}");
    assert!(!format!("{not:?}").contains("hunter2") && !words.contains("AGNsZXJr"), "{not:?}");
}

/// What is said must agree with what the relay saw.
fn agrees(number: usize, said: &[Outcome], seen: &Seen, message: &[u8]) {
    assert_eq!(seen.connections, 1, "line {number}");
    let count = |verb: &str| seen.commands.iter().filter(|c| c.starts_with(verb)).count();
    assert!(count("MAIL") <= said.len() && count("DATA") <= said.len(), "line {number}: {seen:?}");
    let sure = |o: &&Outcome| {
        matches!(o, Outcome::Accepted { .. })
            || matches!(o, Outcome::Refused { text, .. } if text.starts_with("final dot"))
    };
    let doubt = said.iter().filter(|o| matches!(o, Outcome::NoAnswer { .. })).count();
    let least = said.iter().filter(sure).count();
    assert!((least..=least + doubt).contains(&seen.messages.len()), "line {number}: {said:?}");
    let stuffed =
        [&String::from_utf8(message.to_vec()).unwrap().replace("\r\n.", "\r\n..")[..], ".\r\n"].concat();
    assert!(seen.messages.iter().all(|m| m == stuffed.as_bytes()), "line {number}: other bytes arrived");
    let plain = format!("{:?}", seen.commands);
    if said.iter().any(|o| matches!(o, Outcome::NothingSent { why } if why.starts_with("STARTTLS"))) {
        assert!(count("MAIL") == 0 && count("AUTH") == 0, "line {number}: {plain}");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn what_is_said_of_an_attempt_is_what_the_relay_saw() {
    let table = include_str!("data/mail_smtp.txt");
    let cases = table.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let (big, small): (Vec<_>, Vec<_>) = cases.partition(|(_, line)| line.starts_with("big"));
    assert!(big.len() > 5 && small.len() > 90, "{} and {} cases were found", big.len(), small.len());
    let runtime = runtime();
    // The small ones at once, as most of them wait; the big ones in turn.
    let running: Vec<_> = small.iter().map(|(n, line)| runtime.spawn(check(n + 1, line))).collect();
    let mut failed = running.into_iter().map(|case| runtime.block_on(case)).filter(Result::is_err).count();
    for (n, line) in big {
        failed += usize::from(runtime.block_on(runtime.spawn(check(n + 1, line))).is_err());
    }
    assert_eq!(failed, 0, "cases failed, see above");
}

#[test]
fn messages_that_a_relay_could_misread_are_not_sent() {
    let bad: [(&[u8], &str); 7] = [
        (b"a\r\n\r\nb", "does not end in CRLF"),
        (b"", "does not end in CRLF"),
        (b"a\n\r\nb\r\n", "does not end in CRLF"),
        (b"a\r\n\r\nb\n.\r\nMAIL FROM:<x@example.org>\r\n", "does not end in CRLF"),
        (b"a\r\n\r\nb\r.\r\n", "a CR that ends no line"),
        (b"a\r\n\r\nb\0\r\n", "or a NUL"),
        (&[b"x".repeat(999), b"\r\n".to_vec()].concat(), "a line of more than 998"),
    ];
    runtime().block_on(async {
        for (message, why) in bad {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = tokio::spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                Peer::new(stream, HashMap::new(), Arc::default()).serve(ehlo("")).await
            });
            let stream = connect(address, PATIENCE.connect).await.unwrap();
            let trust = Trust::public().unwrap();
            let mut session = open(stream, &relay("plain"), &trust, PATIENCE).await.unwrap();
            let outcome = attempt(&mut session, message).await;
            assert!(in_words(&outcome).starts_with("NothingSent the message "), "{outcome:?}");
            assert!(in_words(&outcome).contains(why) || message.is_empty(), "{outcome:?}");
            // The session was not touched.
            assert!(session.is_usable());
            assert!(matches!(attempt(&mut session, MESSAGE).await, Outcome::Accepted { .. }));
            session.quit().await;
            let seen = server.await.unwrap();
            let verbs: Vec<&str> =
                seen.commands.iter().map(|c| c.split([' ', ':']).next().unwrap()).collect();
            assert_eq!(verbs, ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
            assert_eq!(seen.commands[1], format!("MAIL FROM:<board@example.org> SIZE={}", MESSAGE.len()));
            assert_eq!(seen.commands[2], "RCPT TO:<clerk@example.org>");
        }
    });
}

#[test]
fn a_dropped_attempt_ends_the_session() {
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = HashMap::from([("dot".to_owned(), "<stall>".to_owned())]);
        let done = Arc::new(AtomicBool::new(false));
        let finished = done.clone();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            Peer::new(stream, script, finished).serve(ehlo("")).await
        });
        let stream = connect(address, PATIENCE.connect).await.unwrap();
        let mut session = open(stream, &relay("plain"), &Trust::public().unwrap(), PATIENCE).await.unwrap();
        let dropped = tokio::time::timeout(Duration::from_millis(100), attempt(&mut session, MESSAGE)).await;
        assert!(dropped.is_err() && !session.is_usable());
        expect(0, "NothingSent over", &attempt(&mut session, MESSAGE).await, "dropped");
        drop(session);
        done.store(true, Ordering::Relaxed);
        assert_eq!(server.await.unwrap().messages.len(), 1);
    });
}

#[test]
fn settings_are_refused_by_name() {
    let good = relay("password");
    good.check().unwrap();
    let case = |change: fn(&mut Relay)| {
        let mut other = good.clone();
        change(&mut other);
        other.check().unwrap_err().to_string()
    };
    assert!(case(|r| r.host = "a b".into()).starts_with("`relay.host`"));
    assert!(case(|r| r.host = "müller.example".into()).starts_with("`relay.host`"));
    assert!(case(|r| r.ehlo = "x\r\nMAIL".into()).starts_with("`relay.ehlo`"));
    assert!(case(|r| r.ehlo = String::new()).starts_with("`relay.ehlo`"));
    assert!(case(|r| r.user = None).starts_with("`relay.password`"));
    assert!(case(|r| r.password = None).starts_with("`relay.password`"));
    assert!(case(|r| r.user = Some("a\0b".into())).starts_with("`relay.user`"));
    let shown = case(|r| r.password = Some(Password::new("hunter\0two")));
    assert!(shown.starts_with("`relay.password`") && !shown.contains("hunter"));
    assert!(!format!("{good:?}").contains("hunter2"));
    assert!(Trust::only(b"no certificate").is_err());
    let read: Relay = toml::from_str(
        "host = \"mail.example.org\"\nport = 587\ntls = \"starttls\"\nuser = \"u\"\npassword = \"p\"\nehlo = \"me.example.org\"",
    )
    .unwrap();
    assert_eq!((read.tls, read.port), (Tls::StartTls, 587));
    assert!(toml::from_str::<Relay>("host = \"h\"\nport = 25\ntls = \"maybe\"\nehlo = \"m\"").is_err());
}
