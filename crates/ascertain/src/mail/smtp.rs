//! One session with a relay: messages in turn over one connection, each attempted once.
//!
//! The final dot divides what is certain from what is not. Before it the relay may not deliver anything; once it may
//! have gone out without a reply, nobody here knows. Nothing is sent twice within a call. Spec: RFC 5321.

use super::address::Address;
use super::opening::Offers;
pub use super::opening::{NotOpened, connect, open};
pub use super::relay::{Password, Patience, Relay, Tls, Trust};
use super::wire::{Reply, Short, Wire};

/// An open session. Dropping it closes the connection.
pub struct Session {
    wire: Wire,
    offers: Offers,
    patience: Patience,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    /// A message was refused half-way: RSET comes first.
    Reset,
    /// No further command can be sent.
    Over,
}

/// From whom and to whom the relay is told.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Where reports of failed delivery go.
    pub from: &'a Address,
    /// The one recipient.
    pub to: &'a Address,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took responsibility.
    Accepted {
        /// Its words, in one line.
        reply: String,
    },
    /// The relay said no: certainly not accepted.
    Refused {
        /// The reply code, 400 to 599.
        code: u16,
        /// The command it answered, and its words in one line.
        text: String,
        /// Whether a later attempt may succeed (4xx), or not (5xx).
        passing: bool,
    },
    /// The final dot did not go out: certainly not accepted.
    NothingSent {
        /// One sentence.
        why: String,
    },
    /// The final dot may have gone out, and no reply was understood: in doubt.
    NoAnswer {
        /// One sentence.
        why: String,
    },
}

impl From<NotOpened> for Outcome {
    fn from(not: NotOpened) -> Self {
        Self::NothingSent { why: not.to_string() }
    }
}

/// What ends the data. Spec: RFC 5321 § 4.1.1.4.
const END: &[u8] = b"\r\n.\r\n";
// Spec: RFC 5321 § 4.5.3.1.6: 1000 with the CRLF.
const MAX_LINE: usize = 998;

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?}, {:?})", self.state, self.offers)
    }
}

impl Session {
    pub(super) fn new(wire: Wire, offers: Offers, patience: Patience) -> Self {
        Self { wire, offers, patience, state: State::Ready }
    }

    /// Whether another message can be tried on this session. A relay that has left in the meantime is only noticed
    /// by trying.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.state != State::Over
    }

    /// Attempts one message, once. A future that is dropped half-way leaves the message in doubt and the session
    /// unusable.
    pub async fn send(&mut self, envelope: Envelope<'_>, message: &[u8]) -> Outcome {
        let (before, outcome) = (self.state, self.attempt(envelope, message));
        match before {
            State::Over => Outcome::NothingSent { why: "the session is over: open another".into() },
            State::Ready | State::Reset => outcome.await.unwrap_or_else(|outcome| outcome),
        }
    }

    /// Says goodbye and closes. Nothing depends on the answer.
    pub async fn quit(mut self) {
        if self.is_usable() && self.wire.write(b"QUIT\r\n", self.patience.command).await.is_ok() {
            let _ = self.wire.reply(self.patience.command.min(QUIT)).await;
            self.wire.shut().await;
        }
    }

    async fn attempt(&mut self, envelope: Envelope<'_>, message: &[u8]) -> Result<Outcome, Outcome> {
        self.fits(message).map_err(|why| Outcome::NothingSent { why })?;
        let before = std::mem::replace(&mut self.state, State::Over);
        if before == State::Reset {
            self.ask("RSET", "RSET", 2).await?;
        }
        self.ask("MAIL FROM", &self.mail_from(envelope, message), 2).await?;
        self.ask("RCPT TO", &format!("RCPT TO:<{}>", envelope.to.as_str()), 2).await?;
        // Spec: RFC 5321 § 4.3.2: DATA is invited by 354 alone.
        self.ask("DATA", "DATA", 3).await?;
        self.body(&stuffed(message)).await
    }

    /// Spec: RFC 1870 § 6 for SIZE, RFC 6152 § 2 for BODY.
    fn mail_from(&self, envelope: Envelope<'_>, message: &[u8]) -> String {
        let mut line = format!("MAIL FROM:<{}>", envelope.from.as_str());
        if self.offers.size {
            line.push_str(&format!(" SIZE={}", message.len()));
        }
        if !message.is_ascii() {
            line.push_str(" BODY=8BITMIME");
        }
        line
    }

    fn fits(&self, message: &[u8]) -> Result<(), String> {
        if !message.is_ascii() && !self.offers.eight_bit {
            return Err("the message has octets over 127 and the relay does not offer 8BITMIME".into());
        }
        let text = message.strip_suffix(b"\r\n").ok_or("the message does not end in CRLF")?;
        for line in text.split(|b| *b == b'\n') {
            let bare = line.strip_suffix(b"\r").unwrap_or(line);
            // Spec: RFC 5321 § 2.3.8: a relay that takes a lone CR or LF for a line end could be made to see a dot.
            if bare.iter().any(|b| matches!(b, b'\r' | 0)) {
                return Err("the message has a CR that ends no line, or a NUL".into());
            }
            if bare.len() > MAX_LINE {
                return Err(format!("the message has a line of more than {MAX_LINE} octets"));
            }
        }
        let ends = |end: &[u8]| message.windows(end.len()).filter(|w| *w == end).count();
        if ends(b"\n") != ends(b"\r\n") {
            return Err("the message has a line that does not end in CRLF".into());
        }
        Ok(())
    }

    /// One command before the dot; a reply of another kind than `kind` ends the attempt.
    async fn ask(&mut self, step: &str, line: &str, kind: u16) -> Result<(), Outcome> {
        let nothing = |why: String| Outcome::NothingSent { why: format!("{step}: {why}") };
        // A reply that lay there already must not pass for the answer to this.
        if let Some(why) = self.wire.spoke_out_of_turn().await {
            return Err(nothing(why));
        }
        let written = self.wire.write(format!("{line}\r\n").as_bytes(), self.patience.command).await;
        written.map_err(|short| nothing(short.why))?;
        let reply = self.wire.reply(self.patience.command).await.map_err(nothing)?;
        if reply.kind() == kind && (kind != 3 || reply.code == 354) {
            return Ok(());
        }
        Err(self.refused(step, &reply).unwrap_or_else(|| nothing(unexpected(&reply))))
    }

    /// A refusal, if the reply is one; the session goes on unless the relay says that it leaves.
    fn refused(&mut self, step: &str, reply: &Reply) -> Option<Outcome> {
        let passing = match reply.kind() {
            4 => true,
            5 => false,
            _ => return None,
        };
        // Spec: RFC 5321 § 3.8: 421 is the relay's own end of the session.
        self.state = if reply.code == 421 { State::Over } else { State::Reset };
        Some(Outcome::Refused { code: reply.code, text: format!("{step}: {}", reply.text()), passing })
    }

    /// The data with its final dot, in one write, and the reply that decides.
    async fn body(&mut self, data: &[u8]) -> Result<Outcome, Outcome> {
        if let Some(why) = self.wire.spoke_out_of_turn().await {
            return Err(Outcome::NothingSent { why: format!("before the data: {why}") });
        }
        if let Err(short) = self.wire.write(data, self.patience.body).await {
            return Err(self.cut_short(data, short).await);
        }
        let reply = self.wire.reply(self.patience.acceptance).await;
        let reply = reply.map_err(|why| Outcome::NoAnswer { why: format!("after the final dot: {why}") })?;
        if reply.kind() == 2 {
            self.state = State::Ready;
            return Ok(Outcome::Accepted {
                reply: format!("{} {}", reply.code, reply.text()).trim_end().to_owned(),
            });
        }
        let refused = self.refused("final dot", &reply);
        if self.state == State::Reset {
            // Spec: RFC 5321 § 3.3: the end of the data has cleared the buffers, accepted or not.
            self.state = State::Ready;
        }
        refused
            .ok_or_else(|| Outcome::NoAnswer { why: format!("after the final dot: {}", unexpected(&reply)) })
    }

    /// A write that failed. If not even the beginning of the end was taken, the relay cannot have seen the end.
    async fn cut_short(&mut self, data: &[u8], short: Short) -> Outcome {
        if short.taken > data.len().saturating_sub(END.len()) {
            return Outcome::NoAnswer { why: format!("while the final dot was sent: {}", short.why) };
        }
        // Nothing more is written. The relay may have said why it stopped reading.
        if let Ok(reply) = self.wire.reply(self.patience.command.min(LAST_WORDS)).await
            && let Some(refused) = self.refused("data", &reply)
        {
            self.state = State::Over;
            return refused;
        }
        Outcome::NothingSent { why: format!("before the final dot: {}", short.why) }
    }
}

/// Spec: RFC 5321 § 4.5.2. The message ends in CRLF, which is the first line end of [`END`].
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len().saturating_add(64));
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(END.strip_prefix(b"\r\n").unwrap_or(END));
    out
}

fn unexpected(reply: &Reply) -> String {
    format!("the relay answered {} {}, which means nothing here", reply.code, reply.text())
}

/// How long a goodbye is waited for.
const QUIT: std::time::Duration = std::time::Duration::from_secs(2);
/// How long the reason of a relay that stopped reading is waited for.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(2);
