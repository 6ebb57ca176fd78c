//! Bytes to and from a relay: strict replies with limits, and writes that know how far they got.
//!
//! It knows no phases of a session. Nothing is written twice.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// The connection as it stands.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream, and what was read from it that no reply has taken yet.
pub(super) struct Wire {
    pub(super) stream: Stream,
    unread: Vec<u8>,
}

/// A reply: its code and the text of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

/// How far a write got before it failed.
pub(super) struct Short {
    /// Octets that were taken; the rest certainly did not go out.
    pub(super) taken: usize,
    pub(super) why: String,
}

// Spec: RFC 5321 § 4.5.3.1.5 allows 512 octets; relays that quote a policy page write more.
const MAX_LINE: usize = 1024;
const MAX_LINES: usize = 64;
/// Characters of a reply that are kept for people to read.
const MAX_TEXT: usize = 300;

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// Whether the relay has said something that was not asked for, or has gone: then the next reply would be
    /// taken for the answer to a question that came after it.
    pub(super) async fn spoke_out_of_turn(&mut self) -> Option<String> {
        // Lets the runtime look at the socket once, so that what has arrived is seen.
        tokio::task::yield_now().await;
        if self.unread.is_empty() {
            match self.read_now().await {
                Poll::Pending => return None,
                Poll::Ready(Ok(0)) => return Some("the relay closed the connection".into()),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(e)) => return Some(format!("the connection broke: {e}")),
            }
        }
        Some(format!("the relay spoke out of turn: `{}`", readable(&String::from_utf8_lossy(&self.unread))))
    }

    /// What can be read without waiting.
    async fn read_now(&mut self) -> Poll<std::io::Result<usize>> {
        let mut reading = pin!(self.fill());
        std::future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await
    }

    /// Whether bytes wait that came before TLS.
    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    async fn fill(&mut self) -> std::io::Result<usize> {
        let mut some = [0_u8; 2048];
        let count = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut some).await?,
            Stream::Tls(stream) => stream.read(&mut some).await?,
        };
        self.unread.extend_from_slice(some.get(..count).unwrap_or(&[]));
        Ok(count)
    }

    /// Reads one reply, which must be complete within `patience`.
    pub(super) async fn reply(&mut self, patience: Duration) -> Result<Reply, String> {
        match timeout(patience, self.whole_reply()).await {
            Ok(reply) => reply,
            Err(_) => Err(format!("no reply within {}", span(patience))),
        }
    }

    async fn whole_reply(&mut self) -> Result<Reply, String> {
        let mut reply: Option<Reply> = None;
        for _ in 0..MAX_LINES {
            let line = self.line().await?;
            let (code, more, text) = parsed(&line).ok_or_else(|| {
                format!("the reply is not SMTP: `{}`", readable(&String::from_utf8_lossy(&line)))
            })?;
            let so_far = reply.get_or_insert(Reply { code, lines: Vec::new() });
            // Spec: RFC 5321 § 4.2.1: the code is the same on every line.
            if so_far.code != code {
                return Err(format!("one reply has the codes {} and {code}", so_far.code));
            }
            so_far.lines.push(text);
            if !more {
                return reply.ok_or_else(String::new);
            }
        }
        Err(format!("the reply has more than {MAX_LINES} lines"))
    }

    /// A line without its CRLF. Spec: RFC 5321 § 2.3.8: neither CR nor LF stands alone.
    async fn line(&mut self) -> Result<Vec<u8>, String> {
        loop {
            if let Some(end) = self.unread.iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.pop();
                if line.pop() != Some(b'\r') || line.contains(&b'\r') {
                    return Err("the reply has a line that does not end in CRLF".into());
                }
                return if line.len() > MAX_LINE { Err(too_long()) } else { Ok(line) };
            }
            if self.unread.len() > MAX_LINE {
                return Err(too_long());
            }
            match self.fill().await {
                Ok(0) if self.unread.is_empty() => return Err("the relay closed the connection".into()),
                Ok(0) => return Err("the relay closed the connection in the middle of a reply".into()),
                Ok(_) => {}
                Err(e) => return Err(format!("the connection broke: {e}")),
            }
        }
    }

    /// Writes all of `bytes`, in as few writes as the connection takes, within `patience`.
    pub(super) async fn write(&mut self, bytes: &[u8], patience: Duration) -> Result<(), Short> {
        let mut taken = 0_usize;
        let written = timeout(patience, self.write_counting(bytes, &mut taken)).await;
        let why = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(e)) => format!("the connection broke: {e}"),
            Err(_) => format!("the relay took {taken} of {} octets within {}", bytes.len(), span(patience)),
        };
        Err(Short { taken, why })
    }

    async fn write_counting(&mut self, bytes: &[u8], taken: &mut usize) -> std::io::Result<()> {
        while let Some(rest) = bytes.get(*taken..).filter(|r| !r.is_empty()) {
            let count = match &mut self.stream {
                Stream::Plain(stream) => stream.write(rest).await?,
                Stream::Tls(stream) => stream.write(rest).await?,
            };
            if count == 0 {
                return Err(std::io::ErrorKind::WriteZero.into());
            }
            *taken = taken.saturating_add(count);
        }
        match &mut self.stream {
            Stream::Plain(stream) => stream.flush().await,
            Stream::Tls(stream) => stream.flush().await,
        }
    }

    pub(super) async fn shut(&mut self) {
        // The other side may be gone already; nothing depends on it.
        let _ = match &mut self.stream {
            Stream::Plain(stream) => stream.shutdown().await,
            Stream::Tls(stream) => stream.shutdown().await,
        };
    }
}

impl Reply {
    /// The first digit of the code.
    pub(super) fn kind(&self) -> u16 {
        self.code.checked_div(100).unwrap_or(0)
    }

    /// The text in one line.
    pub(super) fn text(&self) -> String {
        readable(&self.lines.join(" / "))
    }
}

/// Code, whether more lines follow, text. Spec: RFC 5321 § 4.2.
fn parsed(line: &[u8]) -> Option<(u16, bool, String)> {
    let (code, rest) = line.split_at_checked(3)?;
    let [b'2'..=b'5', b'0'..=b'5', b'0'..=b'9'] = code else { return None };
    let code = std::str::from_utf8(code).ok()?.parse().ok()?;
    let (more, text) = match rest.split_first() {
        None => (false, rest),
        Some((b' ', text)) => (false, text),
        Some((b'-', text)) => (true, text),
        Some(_) => return None,
    };
    Some((code, more, String::from_utf8_lossy(text).into_owned()))
}

fn readable(text: &str) -> String {
    let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    one_line.take(MAX_TEXT).collect::<String>().trim().to_owned()
}

fn too_long() -> String {
    format!("the reply has a line of more than {MAX_LINE} octets")
}

fn span(patience: Duration) -> String {
    if patience.as_secs() == 0 {
        format!("{} ms", patience.as_millis())
    } else {
        format!("{} s", patience.as_secs())
    }
}
