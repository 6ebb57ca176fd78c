//! One post to a recipient that answers, fails, stalls, resets, floods or misleads: what is known afterwards.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ascertain::channel::address::{Reach, parse};
use ascertain::channel::connect::Names;
use ascertain::channel::http::{Heard, Line, Terms};

use crate::receiver::{answering, hasty, once, post, receive, run, said, target, terms};

/// A recipient answers these bytes; this is heard, and the connection is kept or not.
#[track_caller]
fn check(answer: &'static [u8], heard: &str, kept: bool) {
    let (at, seen) = answering(answer);
    let (said, is_kept) = once(at, &terms());
    assert!(said.starts_with(heard), "{said:?} is not {heard:?}");
    assert_eq!((is_kept, seen.connections(), seen.requests()), (kept, 1, 1), "{heard}");
}

#[test]
fn an_answer_is_heard_with_its_status() {
    check(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "answer 200 ok", true);
    check(b"HTTP/1.1 204 No Content\r\n\r\n", "answer 204 ", true);
    check(b"HTTP/1.1 202 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", "answer 202 ok", false);
    check(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", "answer 200 ok", false);
    check(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", "answer 410 ", true);
    check(b"HTTP/1.1 500 x\r\ncontent-length: 4\r\n\r\noops", "answer 500 oops", true);
    check(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "answer 200 ", true);
    check(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "answer 200 ok",
        true,
    );
}

#[test]
fn a_wait_is_heard_if_it_is_said_in_seconds() {
    check(b"HTTP/1.1 429 x\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", "answer 429 after 7 ", true);
    check(
        b"HTTP/1.1 503 x\r\nretry-after:  120 \r\ncontent-length: 0\r\n\r\n",
        "answer 503 after 120 ",
        true,
    );
    let most = "answer 503 after 4294967295 ";
    check(b"HTTP/1.1 503 x\r\nretry-after: 99999999999999999999\r\ncontent-length: 0\r\n\r\n", most, true);
    for other in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "", "+5"] {
        let answer = format!("HTTP/1.1 503 x\r\nretry-after: {other}\r\ncontent-length: 0\r\n\r\n");
        check(Box::leak(answer.into_bytes().into_boxed_slice()), "answer 503 ", true);
    }
}

#[test]
fn an_excerpt_is_one_line_that_can_be_shown() {
    let body = "a\r\nb\tc\u{1b}[31md \u{202e}e\u{0}f Zoë 漢字\u{200b}<script>";
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let shown = "answer 200 a b c [31md e f Zoë 漢字 <script>";
    check(Box::leak(answer.into_bytes().into_boxed_slice()), shown, true);
    let (at, _) = answering(
        Box::leak(
            format!("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{}", "ü".repeat(450)).into_boxed_str(),
        )
        .as_bytes(),
    );
    assert_eq!(once(at, &terms()).0, format!("answer 200 {}", "ü".repeat(200)));
}

#[test]
fn a_redirect_is_heard_and_never_followed() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let to = trap.local_addr().unwrap();
        let answer = format!("HTTP/1.1 {status} x\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n");
        check(Box::leak(answer.into_bytes().into_boxed_slice()), &format!("answer {status} "), true);
    }
    assert_eq!(trap.accept().map(drop).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn what_is_not_http_is_no_answer() {
    check(b"SSH-2.0-OpenSSH_9.2\r\n", "no answer: what came back is not HTTP", false);
    check(b"HTTP/2 200\r\n\r\n", "no answer: what came back is not HTTP", false);
    check(b"\x16\x03\x01\x00\x00", "no answer: what came back is not HTTP", false);
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(65));
    check(Box::leak(many.into_boxed_str()).as_bytes(), "no answer: what came back is not HTTP", false);
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    check(Box::leak(long.into_boxed_str()).as_bytes(), "no answer: what came back is not HTTP", false);
}

#[test]
fn a_body_that_ends_badly_takes_nothing_from_the_status() {
    let end_after = |answer: &'static [u8]| {
        let (at, _) = receive(move |_, mut guest| {
            guest.read();
            guest.write(answer);
        });
        once(at, &terms())
    };
    let half = end_after(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    assert_eq!(half, ("answer 200 half".into(), false));
    let garbage = end_after(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\ngarbage");
    assert_eq!(garbage, ("answer 200 ok".into(), false));
    let closed = end_after(b"HTTP/1.1 200 OK\r\n\r\nuntil the end");
    assert_eq!(closed, ("answer 200 until the end".into(), false));
    assert_eq!(end_after(b"HTTP/1.1 200 OK\r\ncontent-le"), (ENDED.into(), false));
    assert_eq!(end_after(b""), (ENDED.into(), false));
}

#[test]
fn a_reset_after_the_request_leaves_it_unknown() {
    let (at, seen) = receive(|_, guest| guest.peek_and_reset());
    assert_eq!(once(at, &terms()), (ENDED.into(), false));
    assert_eq!((seen.connections(), seen.requests()), (1, 1));
}

#[test]
fn nobody_there_is_known_to_be_nothing_sent() {
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (said, _) = once(at, &terms());
    assert!(said.starts_with(&format!("nothing sent: no connection to {at}")), "{said}");
}

#[test]
fn a_stall_ends_in_time() {
    let late = "no answer: no answer in time";
    let started = Instant::now();
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(once(deaf.local_addr().unwrap(), &hasty(60)).0, late);
    let (at, seen) = receive(|_, mut guest| while guest.read().is_some() {});
    assert_eq!(once(at, &hasty(60)).0, late);
    assert_eq!(seen.requests(), 1);
    // A byte now and then does not buy time.
    let (at, _) = receive(|_, mut guest| {
        guest.read();
        let drop_by_drop = |b: &u8| {
            std::thread::sleep(Duration::from_millis(5));
            guest.write(&[*b])
        };
        let _ = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nnever ends".iter().all(drop_by_drop);
    });
    assert_eq!(once(at, &hasty(60)).0, late);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_body_that_stalls_or_floods_is_left() {
    let (at, _) = receive(|_, mut guest| {
        guest.read();
        guest.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome");
        guest.read();
    });
    assert_eq!(once(at, &hasty(60)), ("answer 200 some".into(), false));
    let (report, reported) = mpsc::channel();
    let (at, _) = receive(move |_, mut guest| {
        guest.read();
        guest.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
        let block = [b'x'; 65536];
        let written = (0..15_000).take_while(|_| guest.write(&block)).count();
        report.send(written * block.len()).unwrap();
    });
    assert_eq!(once(at, &terms()), (format!("answer 200 {}", "x".repeat(200)), false));
    // What the kernel's buffers take, and no more.
    assert!(reported.recv().unwrap() < 16 << 20);
}

#[test]
fn a_message_is_one_write_with_the_headers_asked_for() {
    let (at, seen) = answering(OK);
    let heard = run(async {
        let headers = [("webhook-id", "msg_1"), ("webhook-signature", "v1,a v1a,b")];
        Line::new(target(at)).post(&terms(), "text/plain", &headers, vec![b'x'; 20_000].into()).await
    });
    assert!(matches!(heard, Heard::Answer { status: 200, .. }), "{heard:?}");
    assert_eq!(seen.reads.load(Ordering::SeqCst), 1);
    let request = String::from_utf8(seen.requests.lock().unwrap()[0].clone()).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let expected = format!(
        "POST /hook HTTP/1.1\r\nhost: {at}\r\nuser-agent: ascertain/{}\r\ncontent-type: text/plain\r\n\
         webhook-id: msg_1\r\nwebhook-signature: v1,a v1a,b\r\ncontent-length: 20000",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!((head, body.len()), (expected.as_str(), 20_000));
}

#[test]
fn a_header_with_a_line_break_is_not_sent() {
    let (at, seen) = answering(OK);
    let headers = [("webhook-id", "msg_1\r\nx: y")];
    let heard = run(async { Line::new(target(at)).post(&terms(), "text/plain", &headers, "".into()).await });
    assert_eq!(said(&heard), "nothing sent: the message cannot be written as an HTTP request");
    assert_eq!(seen.connections(), 0);
}

#[test]
fn a_connection_is_kept_for_the_next_message() {
    let (at, seen) = answering(OK);
    run(async {
        let mut line = Line::new(target(at));
        for _ in 0..5 {
            assert_eq!(said(&post(&mut line, &terms()).await), "answer 200 ok");
        }
    });
    assert_eq!((seen.connections(), seen.requests()), (1, 5));
}

#[test]
fn a_connection_that_ended_meanwhile_is_replaced_by_the_next_attempt() {
    let (report, reported) = mpsc::channel();
    let (at, seen) = receive(move |_, mut guest| {
        guest.read();
        guest.write(OK);
        drop(guest);
        report.send(()).unwrap();
    });
    run(async {
        let mut line = Line::new(target(at));
        for _ in 0..3 {
            assert_eq!(said(&post(&mut line, &terms()).await), "answer 200 ok");
            reported.recv().unwrap();
        }
    });
    assert_eq!((seen.connections(), seen.requests()), (3, 3));
}

#[test]
fn a_kept_connection_that_breaks_under_a_message_is_not_tried_again() {
    let (at, seen) = receive(|_, mut guest| {
        guest.read();
        guest.write(OK);
        guest.peek_and_reset();
    });
    run(async {
        let mut line = Line::new(target(at));
        assert_eq!(said(&post(&mut line, &terms()).await), "answer 200 ok");
        assert!(line.is_kept());
        assert_eq!(said(&post(&mut line, &terms()).await), ENDED);
        assert!(!line.is_kept());
    });
    assert_eq!((seen.connections(), seen.requests()), (1, 2));
}

#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let proxy = format!("http://{}", trap.local_addr().unwrap());
    let mut other = std::process::Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "posts::a_connection_is_kept_for_the_next_message"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        other.env(name, &proxy);
    }
    let ran = other.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"), "{ran:?}");
    assert_eq!(trap.accept().map(drop).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn an_idle_connection_is_not_used_for_long() {
    let (at, seen) = answering(OK);
    run(async {
        let mut line = Line::new(target(at));
        let mut terms = terms();
        terms.patience.idle = Duration::ZERO;
        for _ in 0..2 {
            assert_eq!(said(&post(&mut line, &terms).await), "answer 200 ok");
        }
    });
    assert_eq!(seen.connections(), 2);
}

#[test]
fn an_answer_nobody_asked_for_is_not_taken_for_the_next() {
    let (report, reported) = mpsc::channel();
    let (at, seen) = receive(move |number, mut guest| {
        guest.read();
        guest.write(if number == 0 { OK_TWICE } else { b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n" });
        report.send(()).unwrap();
        guest.read();
    });
    run(async {
        let mut line = Line::new(target(at));
        assert_eq!(said(&post(&mut line, &terms()).await), "answer 200 ok");
        reported.recv().unwrap();
        assert_eq!(said(&post(&mut line, &terms()).await), "answer 500 ");
    });
    assert_eq!((seen.connections(), seen.requests()), (2, 2));
}

#[test]
fn who_stops_waiting_closes_the_connection() {
    let (report, reported) = mpsc::channel();
    let (at, _) = receive(move |_, mut guest| {
        guest.read();
        let mut byte = [0];
        report.send(guest.tcp.read(&mut byte).unwrap_or(0)).unwrap();
    });
    run(async {
        let mut line = Line::new(target(at));
        let terms = terms();
        let waiting = tokio::time::timeout(Duration::from_millis(60), post(&mut line, &terms));
        assert!(waiting.await.is_err());
        assert!(!line.is_kept());
        assert_eq!(reported.recv().unwrap(), 0);
    });
}

/// A name with these answers, one list for each time it is asked; what is heard, and how often it was asked.
fn named(
    url: &str,
    reach: Reach,
    answers: &'static [&'static [&'static str]],
    posts: usize,
) -> (Vec<String>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let tell = move |_: &str| -> Vec<IpAddr> {
        let list = answers[counter.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)];
        list.iter().map(|ip| ip.parse().unwrap()).collect()
    };
    let terms = Terms { reach, names: Names::Told(Arc::new(tell)), ..terms() };
    let mut line = Line::new(parse(url, reach).unwrap());
    let heard = run(async {
        let mut heard = Vec::new();
        for _ in 0..posts {
            heard.push(said(&post(&mut line, &terms).await));
        }
        heard
    });
    (heard, asked.load(Ordering::SeqCst))
}

#[test]
fn a_name_with_a_forbidden_answer_is_not_connected_to() {
    let url = "https://rebind.example/";
    let refused = |ip: &str, why: &str| (vec![format!("nothing sent: messages do not go to {ip}: {why}")], 1);
    let public = Reach::default();
    assert_eq!(named(url, public, &[&["127.0.0.1"]], 1), refused("127.0.0.1", "loopback"));
    assert_eq!(named(url, public, &[&["1.1.1.1", "10.0.0.1"]], 1), refused("10.0.0.1", "private"));
    assert_eq!(named(url, public, &[&["2606:4700::1111", "::1"]], 1), refused("::1", "loopback"));
    let mapped = refused("::ffff:127.0.0.1", "IPv4 in IPv6 notation");
    assert_eq!(named(url, public, &[&["::ffff:127.0.0.1"]], 1), mapped);
    let nothing = vec!["nothing sent: the name has no address".to_owned()];
    assert_eq!(named(url, public, &[&[]], 1), (nothing, 1));
    let abroad = refused("1.1.1.1", "plain http outside the own network");
    assert_eq!(named("http://rebind.example/", Reach { private: true }, &[&["1.1.1.1"]], 1), abroad);
}

#[test]
fn every_forbidden_address_is_forbidden_as_an_answer() {
    let (good, mut seen) = ("1.1.1.1".parse::<IpAddr>().unwrap(), 0);
    for line in include_str!("data/addresses.txt").lines().filter(|l| !l.starts_with('#')) {
        let row: Vec<&str> = line.split('|').map(str::trim).collect();
        if row[1] == "ok" {
            continue;
        }
        let ip: IpAddr = row[0].parse().unwrap();
        let names = Names::Told(Arc::new(move |_| vec![good, ip]));
        let terms = Terms { reach: Reach::default(), names, ..terms() };
        let mut line = Line::new(parse("https://mixed.example/", Reach::default()).unwrap());
        let heard = said(&run(post(&mut line, &terms)));
        assert_eq!(heard, format!("nothing sent: messages do not go to {ip}: {}", row[1]));
        seen += 1;
    }
    assert!(seen > 80);
}

#[test]
fn a_name_is_asked_once_for_a_connection_and_judged_anew_for_the_next() {
    let closing = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    let (at, seen) = answering(closing);
    let url = format!("http://rebind.example:{}/", at.port());
    const ANSWERS: &[&[&str]] = &[&["127.0.0.1"], &["169.254.169.254"]];
    let (heard, asked) = named(&url, Reach { private: true }, ANSWERS, 2);
    let refused = "nothing sent: messages do not go to 169.254.169.254: link-local";
    assert_eq!((heard, asked), (vec!["answer 200 ok".into(), refused.into()], 2));
    assert_eq!(seen.connections(), 1);
}

#[test]
fn the_next_address_is_tried_while_nothing_is_sent() {
    let (at, seen) = answering(OK);
    let url = format!("http://two.example:{}/", at.port());
    // Nothing listens on the first; connecting is not writing.
    let (heard, _) = named(&url, Reach { private: true }, &[&["127.0.0.9", "127.0.0.1"]], 1);
    assert_eq!((heard, seen.requests()), (vec!["answer 200 ok".into()], 1));
}

#[test]
fn the_system_knows_localhost_in_the_own_network() {
    let (at, _) = answering(OK);
    let url = format!("http://localhost:{}/", at.port());
    let terms = Terms { names: Names::System, ..terms() };
    let mut line = Line::new(parse(&url, terms.reach).unwrap());
    assert_eq!(said(&run(post(&mut line, &terms))), "answer 200 ok");
    assert_eq!(at.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OK_TWICE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno";
const ENDED: &str = "no answer: the connection ended before an answer";
