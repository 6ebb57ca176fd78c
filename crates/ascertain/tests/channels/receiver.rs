//! A recipient that misbehaves as told: each connection is given to a closure, with its number from 0.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ascertain::channel::address::{Reach, Target, parse};
use ascertain::channel::connect::{Names, trust};
use ascertain::channel::http::{Heard, Line, Patience, Terms};

/// What the recipient has seen.
#[derive(Clone, Default)]
pub struct Seen {
    pub connections: Arc<AtomicUsize>,
    pub requests: Arc<Mutex<Vec<Vec<u8>>>>,
    /// How often the last request had to be read: once, if it was written at once.
    pub reads: Arc<AtomicUsize>,
}

impl Seen {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

/// A connection as the recipient has it.
pub struct Guest {
    pub tcp: TcpStream,
    seen: Seen,
}

impl Guest {
    /// Reads a request to its end; `None` when the connection ends before.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        let (mut request, mut buf, mut reads) = (Vec::new(), [0; 65536], 0);
        loop {
            let n = self.tcp.read(&mut buf).ok().filter(|n| *n > 0)?;
            request.extend(&buf[..n]);
            reads += 1;
            if complete(&request) {
                self.seen.reads.store(reads, Ordering::SeqCst);
                self.seen.requests.lock().unwrap().push(request.clone());
                return Some(request);
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> bool {
        self.tcp.write_all(bytes).is_ok()
    }

    /// Waits for the whole request and resets the connection: the kernel does so when something is left unread.
    pub fn peek_and_reset(self) {
        let mut buf = [0; 65536];
        while self.tcp.peek(&mut buf).is_ok_and(|n| n > 0 && !complete(&buf[..n])) {
            std::thread::yield_now();
        }
        self.seen.requests.lock().unwrap().push(Vec::new());
    }
}

fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() >= length.parse::<usize>().unwrap()
}

pub fn receive(serve: impl Fn(usize, Guest) + Send + Sync + 'static) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, seen) = (listener.local_addr().unwrap(), Seen::default());
    let (serve, told) = (Arc::new(serve), seen.clone());
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let guest = Guest { tcp: tcp.unwrap(), seen: told.clone() };
            let number = told.connections.fetch_add(1, Ordering::SeqCst);
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(number, guest));
        }
    });
    (at, seen)
}

/// A recipient that answers each request with these bytes.
pub fn answering(answer: &'static [u8]) -> (SocketAddr, Seen) {
    receive(move |_, mut guest| while guest.read().is_some() && guest.write(answer) {})
}

pub fn terms() -> Terms {
    Terms {
        reach: Reach { private: true },
        names: Names::Told(Arc::new(|_| vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])),
        trust: trust(&[]).unwrap(),
        patience: Patience {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(5),
            body: Duration::from_secs(2),
            idle: Duration::from_secs(5),
        },
    }
}

/// As above, but nothing may take longer than this.
pub fn hasty(ms: u64) -> Terms {
    let short = Duration::from_millis(ms);
    Terms { patience: Patience { connect: short, answer: short, body: short, idle: short }, ..terms() }
}

pub fn target(at: SocketAddr) -> Target {
    parse(&format!("http://{at}/hook"), Reach { private: true }).unwrap()
}

pub fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

pub async fn post(line: &mut Line, terms: &Terms) -> Heard {
    line.post(terms, "application/json", &[("webhook-id", "msg_1")], "{\"a\":1}".into()).await
}

/// One post on a new line, in one line of text.
pub fn once(at: SocketAddr, terms: &Terms) -> (String, bool) {
    run(async {
        let mut line = Line::new(target(at));
        let heard = post(&mut line, terms).await;
        (said(&heard), line.is_kept())
    })
}

pub fn said(heard: &Heard) -> String {
    match heard {
        Heard::Answer { status, retry_after_s: None, excerpt } => format!("answer {status} {excerpt}"),
        Heard::Answer { status, retry_after_s: Some(s), excerpt } => {
            format!("answer {status} after {s} {excerpt}")
        }
        Heard::NothingSent { why } => format!("nothing sent: {why}"),
        Heard::NoAnswer { why } => format!("no answer: {why}"),
    }
}
