//! From a connected stream to a session that can take messages: greeting, TLS, user.
//!
//! No message is known here. If the promised protection cannot be had, there is no session; nothing falls back to
//! plain text. It looks up no names: addresses come vetted from outside.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::relay::{Password, Patience, Relay, Tls, Trust};
use super::smtp::Session;
use super::wire::{Reply, Stream, Wire};

/// Why there is no session. No message was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOpened {
    /// The step that failed.
    pub step: &'static str,
    /// The reply code, if the relay refused.
    pub code: Option<u16>,
    /// One sentence; no part of a password.
    pub why: String,
}

impl std::fmt::Display for NotOpened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(f, "{}: refused with {code} {}", self.step, self.why),
            None => write!(f, "{}: {}", self.step, self.why),
        }
    }
}

impl std::error::Error for NotOpened {}

/// What the relay says it can.
#[derive(Debug, Clone, Default)]
pub(super) struct Offers {
    starttls: bool,
    plain: bool,
    login: bool,
    pub(super) size: bool,
    pub(super) eight_bit: bool,
}

/// Connects to a vetted address, once.
///
/// # Errors
/// Refused, unreachable, or not within `patience`.
pub async fn connect(address: SocketAddr, patience: Duration) -> Result<TcpStream, NotOpened> {
    let why = match timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(e)) => format!("{address}: {e}"),
        Err(_) => format!("{address}: no connection within {} s", patience.as_secs()),
    };
    Err(failed("connect", why))
}

/// Opens a session on a connected stream.
///
/// # Errors
/// The step that failed; the stream is closed.
pub async fn open(
    stream: TcpStream,
    relay: &Relay,
    trust: &Trust,
    patience: Patience,
) -> Result<Session, NotOpened> {
    relay.check().map_err(|e| failed("settings", e.to_string()))?;
    let peer = stream.peer_addr().map_err(|e| failed("connect", e.to_string()))?;
    relay.allows(peer.ip()).map_err(|why| failed("settings", why))?;
    // A reply that waits for the next packet would cost 40 ms per command.
    stream.set_nodelay(true).map_err(|e| failed("connect", e.to_string()))?;
    let mut wire = match relay.tls {
        Tls::Implicit => encrypted(stream, relay, trust, patience).await?,
        Tls::StartTls | Tls::None => Wire::new(Stream::Plain(stream)),
    };
    let greeting = wire.reply(patience.greeting).await.map_err(|why| failed("greeting", why))?;
    // Spec: RFC 5321 § 3.1: only 220 invites.
    expect("greeting", 220, &greeting)?;
    let mut offers = ehlo(&mut wire, relay, patience).await?;
    if relay.tls == Tls::StartTls {
        wire = turned(wire, relay, trust, &offers, patience).await?;
        // Spec: RFC 3207 § 4.2: what was offered before TLS is forgotten.
        offers = ehlo(&mut wire, relay, patience).await?;
    }
    if let (Some(user), Some(password)) = (&relay.user, &relay.password) {
        authenticate(&mut wire, user, password, &offers, patience).await?;
    }
    Ok(Session::new(wire, offers, patience))
}

async fn ehlo(wire: &mut Wire, relay: &Relay, patience: Patience) -> Result<Offers, NotOpened> {
    let reply = ask(wire, "EHLO", &format!("EHLO {}", relay.ehlo), patience).await?;
    expect("EHLO", 250, &reply)?;
    let mut offers = Offers::default();
    // The first line is the relay's name. Spec: RFC 5321 § 4.1.1.1: keywords in any case.
    for line in reply.lines.iter().skip(1) {
        let line = line.to_ascii_uppercase();
        let mut words = line.split([' ', '=']);
        match words.next() {
            Some("STARTTLS") => offers.starttls = true,
            Some("SIZE") => offers.size = true,
            Some("8BITMIME") => offers.eight_bit = true,
            Some("AUTH") => {
                for word in words {
                    offers.plain |= word == "PLAIN";
                    offers.login |= word == "LOGIN";
                }
            }
            _ => {}
        }
    }
    Ok(offers)
}

/// Spec: RFC 3207 § 4.
async fn turned(
    mut wire: Wire,
    relay: &Relay,
    trust: &Trust,
    offers: &Offers,
    patience: Patience,
) -> Result<Wire, NotOpened> {
    if !offers.starttls {
        let why = "the relay does not offer it, or somebody on the way took the offer out: nothing is sent in plain text";
        return Err(failed("STARTTLS", why));
    }
    let reply = ask(&mut wire, "STARTTLS", "STARTTLS", patience).await?;
    expect("STARTTLS", 220, &reply)?;
    // Words before the handshake would be read as if they had come under TLS.
    if wire.has_unread() {
        return Err(failed(
            "STARTTLS",
            "more came in plain text after the reply: somebody on the way may have put it there",
        ));
    }
    match wire.stream {
        Stream::Plain(stream) => encrypted(stream, relay, trust, patience).await,
        Stream::Tls(_) => Err(failed("STARTTLS", "the connection is under TLS already")),
    }
}

async fn encrypted(
    stream: TcpStream,
    relay: &Relay,
    trust: &Trust,
    patience: Patience,
) -> Result<Wire, NotOpened> {
    let name = relay.server_name().map_err(|e| failed("settings", e.to_string()))?;
    let handshake = TlsConnector::from(trust.0.clone()).connect(name, stream);
    match timeout(patience.connect, handshake).await {
        Ok(Ok(stream)) => Ok(Wire::new(Stream::Tls(Box::new(stream)))),
        Ok(Err(e)) => Err(failed("TLS", format!("no safe connection to {}: {e}", relay.host))),
        Err(_) => Err(failed("TLS", format!("no handshake within {} s", patience.connect.as_secs()))),
    }
}

/// Spec: RFC 4954 § 4; RFC 4616 for PLAIN. Of a refusal only the code is told: its text may echo what was sent.
async fn authenticate(
    wire: &mut Wire,
    user: &str,
    password: &Password,
    offers: &Offers,
    patience: Patience,
) -> Result<(), NotOpened> {
    let base64 = |text: &str| BASE64_STANDARD.encode(text);
    let password = password.reveal();
    let words = if offers.plain {
        vec![format!("AUTH PLAIN {}", base64(&format!("\0{user}\0{password}")))]
    } else if offers.login {
        vec!["AUTH LOGIN".to_owned(), base64(user), base64(password)]
    } else {
        return Err(failed("AUTH", "the relay offers neither PLAIN nor LOGIN"));
    };
    for (n, word) in words.iter().enumerate() {
        let last = n.saturating_add(1) == words.len();
        let reply = ask(wire, "AUTH", word, patience).await?;
        if reply.code != if last { 235 } else { 334 } {
            let why = "the relay does not take this user and password".to_owned();
            return Err(NotOpened { step: "AUTH", code: Some(reply.code), why });
        }
    }
    Ok(())
}

async fn ask(
    wire: &mut Wire,
    step: &'static str,
    line: &str,
    patience: Patience,
) -> Result<Reply, NotOpened> {
    if let Some(why) = wire.spoke_out_of_turn().await {
        return Err(failed(step, told(step, why)));
    }
    let written = wire.write(format!("{line}\r\n").as_bytes(), patience.command).await;
    written.map_err(|short| failed(step, short.why))?;
    wire.reply(patience.command).await.map_err(|why| failed(step, told(step, why)))
}

/// What was read is not repeated where it may hold a password.
fn told(step: &str, why: String) -> String {
    match why.split_once('`') {
        Some((before, _)) if step == "AUTH" => format!("{before}(not shown)"),
        _ => why,
    }
}

fn expect(step: &'static str, code: u16, reply: &Reply) -> Result<(), NotOpened> {
    if reply.code == code {
        return Ok(());
    }
    Err(NotOpened { step, code: Some(reply.code), why: reply.text() })
}

fn failed(step: &'static str, why: impl Into<String>) -> NotOpened {
    NotOpened { step, code: None, why: why.into() }
}
