//! One HTTP/1.1 POST: one call is one network write at most, and says what is known of it afterwards.
//!
//! Refuses to know what is sent, retries, redirects, cookies and pools. A connection is kept for the next message if the
//! answer allows it; one that turns out to be dead is given up, and the next attempt makes a new one.
//! Spec: RFC 9110, RFC 9112.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use super::address::{Reach, Target};
use super::connect::{Names, Stream, Touched, Trouble, Trust, connect};

/// How posts are made; the same for all lines.
#[derive(Clone)]
pub struct Terms {
    /// How far.
    pub reach: Reach,
    /// Who knows the addresses of names.
    pub names: Names,
    /// Which certificates are good.
    pub trust: Trust,
    /// How long.
    pub patience: Patience,
}

/// How long each part of a post may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection: name, TCP and TLS.
    pub connect: Duration,
    /// From the start of the post until the head of the answer.
    pub answer: Duration,
    /// From the head of the answer until its body; what came by then is what counts.
    pub body: Duration,
    /// How long a kept connection may be idle; an older one is not used.
    pub idle: Duration,
}

impl Default for Patience {
    /// Spec: Standard Webhooks 1.0.0 "Request timeouts" advises 15 to 30 s. Common servers close a connection after 5 s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(25),
            body: Duration::from_secs(3),
            idle: Duration::from_secs(2),
        }
    }
}

/// What is known of a post.
#[derive(Debug)]
pub enum Heard {
    /// The recipient answered.
    Answer {
        /// The status, 100 to 999.
        status: u16,
        /// When to ask again, in seconds, if it said so in seconds.
        retry_after_s: Option<u32>,
        /// The first 200 printable characters of the body, as one line.
        excerpt: String,
    },
    /// No byte of the message went out.
    NothingSent {
        /// Why.
        why: NotSent,
    },
    /// The message may have arrived.
    NoAnswer {
        /// Why that is not known.
        why: NotKnown,
    },
}

/// Why no byte went out.
#[derive(Debug)]
pub enum NotSent {
    /// There was no connection.
    Connection(Trouble),
    /// The connection ended before the message could be written.
    Ended,
    /// The message cannot be written as a request.
    Request,
}

/// Why nobody knows whether the message arrived.
#[derive(Debug)]
pub enum NotKnown {
    /// There was no answer in time.
    TooSlow,
    /// The connection ended before an answer.
    Ended,
    /// What came was not an answer.
    NotHttp {
        /// What the library says.
        source: hyper::Error,
    },
}

/// A way to one target, with a connection if one was kept.
pub struct Line {
    target: Target,
    host: String,
    // Boxed: it is large, and moved with every message.
    kept: Option<(Box<Open>, Instant)>,
}

/// A connection with the half that reads and writes it; it does nothing unless it is driven.
struct Open {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: http1::Connection<TokioIo<Stream>, Full<Bytes>>,
    ended: bool,
    touched: Touched,
}

impl Line {
    /// A line without a connection.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self { host: target.host_header(), target, kept: None }
    }

    /// The same way to another path of the target.
    pub fn aim(&mut self, path_and_query: &str) {
        path_and_query.clone_into(&mut self.target.path_and_query);
    }

    /// Whether a connection is kept; whether it still lives shows when it is used.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Posts a body once. If the caller stops waiting, the connection is closed.
    pub async fn post(
        &mut self,
        terms: &Terms,
        content_type: &'static str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Heard {
        let started = Instant::now();
        let Some(request) = self.request(content_type, headers, body) else {
            return Heard::NothingSent { why: NotSent::Request };
        };
        let mut open = match self.open(terms, started).await {
            Ok(open) => open,
            Err(why) => return Heard::NothingSent { why },
        };
        let answer = timeout_at(after(started, terms.patience.answer), exchange(&mut open, request)).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(why)) => return unanswered(&open, why),
            Err(_) => return unanswered(&open, NotKnown::TooSlow),
        };
        let status = response.status().as_u16();
        let retry_after_s = retry_after(response.headers());
        let (read, whole) = read_body(&mut open, response, terms.patience.body).await;
        if whole && open.lives().await {
            self.kept = Some((open, Instant::now()));
        }
        Heard::Answer { status, retry_after_s, excerpt: excerpt(&read) }
    }

    /// The kept connection if it is known to live now, or a new one. Nothing was ever written twice: a kept connection that
    /// dies after this moment ends the attempt.
    async fn open(&mut self, terms: &Terms, started: Instant) -> Result<Box<Open>, NotSent> {
        if let Some((mut open, since)) = self.kept.take()
            && since.elapsed() < terms.patience.idle
        {
            // Lets the runtime look at the socket before the connection is judged.
            tokio::task::yield_now().await;
            if open.lives().await {
                open.touched.clear();
                return Ok(open);
            }
        }
        let deadline = after(started, terms.patience.connect.min(terms.patience.answer));
        let stream = connect(&self.target, terms.reach, &terms.names, &terms.trust, deadline).await;
        let stream = stream.map_err(NotSent::Connection)?;
        let touched = stream.touched();
        // One buffer for head and body, so that a message is one write and one TLS record.
        let shaken = http1::Builder::new()
            .writev(false)
            .max_buf_size(LONGEST_HEAD)
            .max_headers(MOST_HEADERS)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, driver) = shaken.map_err(|_| NotSent::Ended)?;
        Ok(Box::new(Open { sender, driver, ended: false, touched }))
    }

    fn request(
        &self,
        content_type: &'static str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::post(self.target.path_and_query.as_str()).body(Full::new(body)).ok()?;
        // With room for the length, which the library adds.
        let mut all = HeaderMap::with_capacity(headers.len().saturating_add(4));
        all.insert(HOST, HeaderValue::from_str(&self.host).ok()?);
        all.insert(USER_AGENT, HeaderValue::from_static(PROGRAM));
        all.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in headers {
            all.append(*name, HeaderValue::from_str(value).ok()?);
        }
        *request.headers_mut() = all;
        Some(request)
    }
}

impl Open {
    /// Drives the connection until the other future is done, or the connection ends without it.
    async fn until<F: Future>(&mut self, wanted: F) -> Option<F::Output> {
        drive(&mut self.driver, &mut self.ended, wanted).await
    }

    /// Whether the other side has not ended it, as far as has been heard here.
    async fn lives(&mut self) -> bool {
        if !self.ended {
            let driver = &mut self.driver;
            self.ended =
                std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *driver).poll(cx).is_ready())).await;
        }
        !self.ended && !self.sender.is_closed()
    }
}

async fn drive<F: Future>(
    driver: &mut http1::Connection<TokioIo<Stream>, Full<Bytes>>,
    ended: &mut bool,
    wanted: F,
) -> Option<F::Output> {
    let mut wanted = pin!(wanted);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(done) = wanted.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        if !*ended {
            *ended = Pin::new(&mut *driver).poll(cx).is_ready();
        }
        // What the driver just read may be what is waited for.
        match wanted.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if *ended => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Writes the request and waits for the head of the answer.
async fn exchange(open: &mut Open, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, NotKnown> {
    let Open { sender, driver, ended, .. } = open;
    match drive(driver, ended, sender.ready()).await {
        Some(Ok(())) => {}
        Some(Err(_)) | None => return Err(NotKnown::Ended),
    }
    let answer = sender.send_request(request);
    match drive(driver, ended, answer).await {
        Some(Ok(response)) => Ok(response),
        Some(Err(source)) if source.is_parse() => Err(NotKnown::NotHttp { source }),
        Some(Err(_)) | None => Err(NotKnown::Ended),
    }
}

/// Without an answer, what matters is whether anything was written.
fn unanswered(open: &Open, why: NotKnown) -> Heard {
    if open.touched.is_set() {
        return Heard::NoAnswer { why };
    }
    Heard::NothingSent { why: NotSent::Ended }
}

/// The start of the body, and whether that was all of it. A body that ends badly changes nothing: the status was said.
async fn read_body(open: &mut Open, response: Response<Incoming>, patience: Duration) -> (Vec<u8>, bool) {
    let (mut body, deadline) = (response.into_body(), after(Instant::now(), patience));
    let mut read = Vec::new();
    while read.len() <= LONGEST_BODY {
        match timeout_at(deadline, open.until(body.frame())).await {
            Ok(Some(Some(Ok(frame)))) => read.extend(frame.into_data().unwrap_or_default()),
            Ok(Some(None)) => return (read, true),
            Ok(Some(Some(Err(_))) | None) | Err(_) => break,
        }
    }
    (read, false)
}

/// Spec: RFC 9110 §10.2.3. A date is not read: this code knows no calendar.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    // More than can be counted is still a time.
    digits.then(|| value.parse().unwrap_or(u32::MAX))
}

/// Letters, digits and ASCII signs; each run of anything else is one space. So no direction mark or escape gets into a log.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..LONGEST_EXCERPT_BYTES).unwrap_or(body));
    let shown = |c: char| c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric());
    let words: Vec<&str> = text.split(|c: char| !shown(c)).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LONGEST_EXCERPT).collect()
}

fn after(start: Instant, patience: Duration) -> Instant {
    start.checked_add(patience).unwrap_or(start)
}

impl std::fmt::Display for NotSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connection(trouble) => trouble.fmt(f),
            Self::Ended => f.write_str("the connection ended before the message was written"),
            Self::Request => f.write_str("the message cannot be written as an HTTP request"),
        }
    }
}

impl std::fmt::Display for NotKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooSlow => f.write_str("no answer in time"),
            Self::Ended => f.write_str("the connection ended before an answer"),
            Self::NotHttp { source } => write!(f, "what came back is not HTTP: {source}"),
        }
    }
}

impl std::error::Error for NotSent {}
impl std::error::Error for NotKnown {}

const PROGRAM: &str = concat!("ascertain/", env!("CARGO_PKG_VERSION"));
/// Bytes of an answer's head, and of what is read at once.
const LONGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// Bytes of an answer's body that are read before the connection is given up.
const LONGEST_BODY: usize = 16 * 1024;
const LONGEST_EXCERPT: usize = 200;
/// A character takes at most four bytes; what is skipped does not count on for ever.
const LONGEST_EXCERPT_BYTES: usize = 4 * LONGEST_EXCERPT;

#[cfg(test)]
mod tests {
    use super::super::address::parse;
    use super::super::connect::trust;
    use super::*;

    /// A connection that ended before anything was written to it: known, and known to be harmless.
    #[tokio::test]
    async fn a_connection_found_dead_before_a_byte_has_sent_nothing() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, reach) = (listener.local_addr().unwrap(), Reach { private: true });
        let mut line = Line::new(parse(&format!("http://{at}/"), reach).unwrap());
        let terms =
            Terms { reach, names: Names::System, trust: trust(&[]).unwrap(), patience: Patience::default() };
        let mut open = line.open(&terms, Instant::now()).await.unwrap();
        drop(listener.accept().await.unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
        let request = line.request("text/plain", &[], Bytes::new()).unwrap();
        let why = exchange(&mut open, request).await.unwrap_err();
        assert!(matches!(unanswered(&open, why), Heard::NothingSent { why: NotSent::Ended }));
        // The same end after a byte leaves it unknown.
        let mut open = line.open(&terms, Instant::now()).await.unwrap();
        let (theirs, _) = listener.accept().await.unwrap();
        let request = line.request("text/plain", &[], Bytes::new()).unwrap();
        let (answer, ()) = tokio::join!(exchange(&mut open, request), async {
            theirs.readable().await.unwrap();
            drop(theirs);
        });
        assert!(matches!(unanswered(&open, answer.unwrap_err()), Heard::NoAnswer { why: NotKnown::Ended }));
    }
}
