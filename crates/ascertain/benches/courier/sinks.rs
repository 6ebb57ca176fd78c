//! Recipients that take everything, and clients that do nothing but send: the limits.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A recipient.
pub struct Sink {
    _runtime: Runtime,
    /// Host and port.
    pub at: String,
    seen: Arc<Watched>,
}

#[derive(Default)]
struct Seen {
    first: Option<Instant>,
    count: usize,
    ids: BTreeSet<String>,
}

impl Sink {
    fn new(serve: fn(TcpStream, Arc<Watched>) -> Serving) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let keeps = Arc::clone(&seen);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(serve(stream, Arc::clone(&keeps)));
            }
        });
        Self { _runtime: runtime, at, seen }
    }

    /// When the first byte came since the last reset.
    pub fn first(&self) -> Instant {
        self.seen.0.lock().unwrap().first.unwrap()
    }

    /// The same, waited for.
    pub fn wait_first(&self) -> Instant {
        let seen = self.seen.1.wait_while(self.seen.0.lock().unwrap(), |seen| seen.first.is_none()).unwrap();
        seen.first.unwrap()
    }

    /// Messages taken.
    pub fn count(&self) -> usize {
        self.seen.0.lock().unwrap().count
    }

    /// Different ids of those that had one.
    pub fn ids(&self) -> usize {
        self.seen.0.lock().unwrap().ids.len()
    }

    /// Forgets when the first byte came.
    pub fn reset(&self) {
        self.seen.0.lock().unwrap().first = None;
    }
}

type Watched = (Mutex<Seen>, Condvar);

type Serving = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn taken(seen: &Watched, id: Option<&str>) {
    let mut now = seen.0.lock().unwrap();
    now.count += 1;
    if let Some(id) = id {
        now.ids.insert(id.to_owned());
    }
}

fn began(seen: &Watched) {
    let mut now = seen.0.lock().unwrap();
    if now.first.is_none() {
        now.first = Some(Instant::now());
        seen.1.notify_all();
    }
}

/// Answers 204 to every request.
pub fn http() -> Sink {
    Sink::new(|stream, seen| Box::pin(async move { drop(serve_http(stream, &seen).await) }))
}

async fn serve_http(stream: TcpStream, seen: &Watched) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(16 << 10, stream);
    loop {
        let (mut length, mut id, mut line) = (0, None, String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            began(seen);
            let (name, value) = line.trim_end().split_once(": ").unwrap_or((line.trim_end(), ""));
            match name.to_ascii_lowercase().as_str() {
                "" => break,
                "content-length" => length = value.parse().unwrap(),
                "webhook-id" => id = Some(value.to_owned()),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        taken(seen, id.as_deref());
        stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
}

/// A limit measured in a process of its own, in messages a second.
pub fn bare_process(sink: &Sink, what: &str, count: usize) -> f64 {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    let said = again.args(["--bare", &format!("{what} {} {count}", sink.at)]).output().unwrap();
    sink.reset();
    String::from_utf8(said.stdout).unwrap().trim().parse().unwrap()
}

/// What that process does.
pub fn bare(words: &str) -> f64 {
    let words: Vec<&str> = words.split(' ').collect();
    let count = words[2].parse().unwrap();
    if words[0] == "posts" { bare_posts(words[1], count) } else { bare_mail(words[1], count) }
}

/// The limit: a bare HTTP client on as many connections, posting a body of the same size, with no signature and no rows.
fn bare_posts(at: &str, count: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let body = Bytes::from(vec![b'x'; 200]);
    let at = at.to_owned();
    let start = Instant::now();
    runtime.block_on(async {
        let mut all = tokio::task::JoinSet::new();
        for n in 0..CONNECTIONS {
            let (at, body) = (at.clone(), body.clone());
            let mine = count / CONNECTIONS + usize::from(n < count % CONNECTIONS);
            all.spawn(async move {
                let stream = TcpStream::connect(&at).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let io = hyper_util::rt::TokioIo::new(stream);
                let (mut sender, driver) = http1::handshake::<_, Full<Bytes>>(io).await.unwrap();
                tokio::spawn(driver);
                for _ in 0..mine {
                    sender.ready().await.unwrap();
                    let request = hyper::Request::post("/in").header("host", at.as_str());
                    let request = request.header("content-type", "application/json");
                    let answer =
                        sender.send_request(request.body(Full::new(body.clone())).unwrap()).await.unwrap();
                    assert_eq!(answer.status(), 204);
                    answer.into_body().collect().await.unwrap();
                }
            });
        }
        while let Some(done) = all.join_next().await {
            done.unwrap();
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}

/// As many as the desk may have under way.
const CONNECTIONS: usize = 512;

/// Takes every message over.
pub fn smtp() -> Sink {
    Sink::new(|stream, seen| Box::pin(async move { drop(serve_smtp(stream, &seen).await) }))
}

async fn serve_smtp(stream: TcpStream, seen: &Watched) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(16 << 10, stream);
    stream.get_mut().write_all(b"220 sink ESMTP\r\n").await?;
    let (mut line, mut data) = (Vec::new(), false);
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        began(seen);
        let answer: &[u8] = if data {
            if line != b".\r\n" {
                continue;
            }
            data = false;
            taken(seen, None);
            b"250 2.0.0 queued\r\n"
        } else if line.starts_with(b"DATA") {
            data = true;
            b"354 go on\r\n"
        } else if line.starts_with(b"EHLO") {
            b"250-sink\r\n250 8BITMIME\r\n"
        } else {
            b"250 ok\r\n"
        };
        stream.get_mut().write_all(answer).await?;
    }
}

/// The limit: the same dialogue on one connection with TCP_NODELAY, and nothing else.
fn bare_mail(at: &str, count: usize) -> f64 {
    use std::io::{BufRead, Write};
    let stream = std::net::TcpStream::connect(at).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    let mut ask = |words: &[u8]| {
        writer.write_all(words).unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if line.as_bytes()[3] == b' ' {
                break;
            }
        }
    };
    ask(b"");
    ask(b"EHLO desk.example.org\r\n");
    let message = format!("Subject: On biden\r\n\r\n{}\r\n.\r\n", "x".repeat(600));
    let start = Instant::now();
    for _ in 0..count {
        ask(b"MAIL FROM:<desk@example.org>\r\n");
        ask(b"RCPT TO:<a@example.org>\r\n");
        ask(b"DATA\r\n");
        ask(message.as_bytes());
    }
    count as f64 / start.elapsed().as_secs_f64()
}
