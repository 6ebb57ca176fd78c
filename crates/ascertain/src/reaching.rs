//! The channels a desk may use, from a file of its own: keys, relay, and how far they reach.
//!
//! One call makes one attempt. What became of it is a [`telegram::Answer`]; only what certainly was not taken over is
//! *failed*. Refuses to know why something is sent, and to try twice.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use telegram::{Answer, Fault, Reference};
use tokio::runtime::Runtime;

use crate::channel::address::{self, Host, Reach, Target};
use crate::channel::connect::{self, Names};
use crate::channel::http::{Heard, Line, Patience, Terms};
use crate::channel::webhook::{self, Key, Verdict};
use crate::error::Error;
use crate::folder;
use crate::mail::address::{Address, MessageId};
use crate::mail::dkim::Signer;
use crate::mail::message::{Letter, Mailbox, render};
use crate::mail::smtp::{self, Envelope, Outcome, Relay, Session, Trust};

/// `channels.toml` in the data folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Whether addresses of the user's own network may be reached.
    #[serde(default)]
    private: bool,
    webhook: Option<WebhookFile>,
    email: Option<EmailFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookFile {
    /// What every request is signed with: `whsk_…` or `whsec_…`; two while one replaces the other.
    keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailFile {
    name: String,
    from: String,
    relay: Relay,
    #[serde(default)]
    dkim: Vec<DkimFile>,
    /// Whose certificates are believed, if not the public ones: a PEM file.
    roots: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DkimFile {
    domain: String,
    selector: String,
    /// A PEM file, from the data folder on.
    key: String,
}

/// Channels ready for use.
pub struct Channels {
    runtime: Runtime,
    reach: Reach,
    webhook: Option<Webhook>,
    email: Option<Email>,
}

struct Webhook {
    keys: Vec<Key>,
    terms: Terms,
    lines: BTreeMap<String, Line>,
}

struct Email {
    from: Mailbox,
    relay: Relay,
    trust: Trust,
    signers: Vec<Signer>,
    session: Option<Session>,
}

/// The file's name.
pub const FILE: &str = "channels.toml";
const LARGEST: u64 = 64 << 10;

/// Reads the channels of a data folder; without a file there are none.
///
/// # Errors
/// The file, the field and what is wrong with it; never a secret.
pub fn read(data: &Path) -> Result<Option<Channels>, Error> {
    let path = data.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&folder::read_bytes(&path, LARGEST)?).into_owned();
    // The parser's message would quote the line, and with it a secret.
    let file: File = toml::from_str(&text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        let line = text.get(..start).unwrap_or("").matches('\n').count().saturating_add(1);
        wrong(&format!("line {line}: {}", e.message().replace('\n', "; ")))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| wrong(&format!("no threads to send with: {e}")))?;
    let reach = Reach { private: file.private };
    let webhook = file.webhook.map(|w| webhook_of(&w, reach)).transpose()?;
    let email = file.email.map(|e| email_of(e, data)).transpose()?;
    Ok(Some(Channels { runtime, reach, webhook, email }))
}

fn webhook_of(file: &WebhookFile, reach: Reach) -> Result<Webhook, Error> {
    let key = |text: &String| Key::parse(text).map_err(|e| wrong(&format!("webhook.keys: {e}")));
    let keys: Vec<Key> = file.keys.iter().map(key).collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(wrong("webhook.keys: names no key; a receiver could not tell who sends"));
    }
    let trust = connect::trust(&[]).map_err(|e| wrong(&e.to_string()))?;
    let terms = Terms { reach, names: Names::System, trust, patience: Patience::default() };
    Ok(Webhook { keys, terms, lines: BTreeMap::new() })
}

fn email_of(file: EmailFile, data: &Path) -> Result<Email, Error> {
    let said = |e: crate::mail::Wrong| wrong(&format!("email: {e}"));
    file.relay.check().map_err(said)?;
    let mut signers = Vec::new();
    for d in &file.dkim {
        let pem = folder::read_bytes(&data.join(&d.key), LARGEST)?;
        signers.push(Signer::from_pem(&d.domain, &d.selector, &pem).map_err(said)?);
    }
    let trust = match &file.roots {
        None => Trust::public(),
        Some(path) => Trust::only(&folder::read_bytes(&data.join(path), LARGEST)?),
    };
    let from = Mailbox { name: file.name, address: Address::parse("from", &file.from).map_err(said)? };
    Ok(Email { from, relay: file.relay, trust: trust.map_err(said)?, signers, session: None })
}

/// What goes out, the same in every attempt.
pub struct Parcel<'a> {
    /// The unchanging id: letters and digits.
    pub id: &'a str,
    /// When the telegram was released, in seconds since 1970.
    pub released: i64,
    /// The recipient's name.
    pub name: &'a str,
    /// The recipient's address: of the channel's kind.
    pub address: &'a str,
    /// One line.
    pub subject: &'a str,
    /// The words.
    pub text: &'a str,
    /// Whether it is an exercise.
    pub drill: bool,
}

impl Channels {
    /// One request. `at` is the clock's reading, in seconds since 1970.
    pub fn post(&mut self, parcel: &Parcel<'_>, body: &str, at: u64) -> Answer {
        let Some(hook) = &mut self.webhook else { return not_set_up() };
        let Ok(target) = address::parse(parcel.address, self.reach) else {
            return failed(Fault::NoSuchRecipient, None);
        };
        let Ok(signed) = webhook::sign(&hook.keys, parcel.id, at, body.as_bytes()) else {
            return failed(Fault::Refused, None);
        };
        let line = hook.lines.entry(parcel.address.to_owned()).or_insert_with(|| Line::new(target));
        let (terms, headers) = (&hook.terms, signed.headers());
        let bytes = body.to_owned().into();
        let heard = self.runtime.block_on(line.post(terms, "application/json", &headers, bytes));
        heard_as(&heard)
    }

    /// One message.
    pub fn mail(&mut self, parcel: &Parcel<'_>) -> Answer {
        let reach = self.reach;
        let Some(email) = &mut self.email else { return not_set_up() };
        match letter(email, parcel) {
            Err(_) => failed(Fault::NoSuchRecipient, None),
            Ok((to, bytes)) => self.runtime.block_on(email.send(&to, &bytes, reach)),
        }
    }
}

/// The exact bytes of a message, signed as of its release.
fn letter(email: &Email, parcel: &Parcel<'_>) -> Result<(Address, Vec<u8>), crate::mail::Wrong> {
    let to = Mailbox { name: parcel.name.to_owned(), address: Address::parse("address", parcel.address)? };
    let (_, domain) = email.from.address.as_str().split_once('@').unwrap_or_default();
    let id = MessageId::parse(&format!("{}@{domain}", parcel.id))?;
    let subject = format!("{}{}", if parcel.drill { "[DRILL] " } else { "" }, parcel.subject);
    let bytes = render(&Letter {
        from: &email.from,
        to: &to,
        subject: &subject,
        text: parcel.text,
        html: None,
        date: parcel.released,
        id: &id,
        drill: parcel.drill,
    })?;
    let at = u64::try_from(parcel.released).unwrap_or_default();
    let mut signed = Vec::new();
    for signer in &email.signers {
        signed.extend_from_slice(signer.sign(&bytes, at)?.as_bytes());
    }
    signed.extend_from_slice(&bytes);
    Ok((to.address, signed))
}

impl Email {
    async fn send(&mut self, to: &Address, message: &[u8], reach: Reach) -> Answer {
        let mut session = match self.session.take().filter(Session::is_usable) {
            Some(session) => session,
            None => match self.open(reach).await {
                Ok(session) => session,
                Err(outcome) => return told(&outcome),
            },
        };
        let outcome = session.send(Envelope { from: &self.from.address, to }, message).await;
        if session.is_usable() {
            self.session = Some(session);
        }
        told(&outcome)
    }

    /// Guarded like every other connection: the relay's address is judged too.
    async fn open(&self, reach: Reach) -> Result<Session, Outcome> {
        let patience = smtp::Patience::default();
        let host = self.relay.host.parse().map_or_else(|_| Host::Name(self.relay.host.clone()), Host::Ip);
        // What protects it is said in the relay's own settings, and was checked with them.
        let target = Target { https: true, host, port: self.relay.port, path_and_query: "/".into() };
        let now = tokio::time::Instant::now();
        let deadline = now.checked_add(patience.connect).unwrap_or(now);
        let tcp = connect::reach_tcp(&target, reach, &Names::System, deadline).await;
        let tcp = tcp.map_err(|why| Outcome::NothingSent { why: why.to_string() })?;
        Ok(smtp::open(tcp, &self.relay, &self.trust, patience).await?)
    }
}

fn told(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Accepted { reply } => acknowledged(reply),
        Outcome::Refused { passing: true, .. } | Outcome::NothingSent { .. } => {
            failed(Fault::Unreachable, None)
        }
        Outcome::Refused { .. } => failed(Fault::Refused, None),
        Outcome::NoAnswer { .. } => Answer::NoAnswer,
    }
}

fn heard_as(heard: &Heard) -> Answer {
    match webhook::judge(heard) {
        Verdict::Acknowledged { reference } => acknowledged(&reference),
        // Whoever broke at work may have it; under the same id it is harmless to send it again.
        Verdict::NoAnswer { .. } | Verdict::Passing { may_have_arrived: true, .. } => Answer::NoAnswer,
        Verdict::Passing { retry_after_s, .. } => failed(Fault::Unreachable, retry_after_s),
        Verdict::Lasting { gone: true, .. } => failed(Fault::NoSuchRecipient, None),
        Verdict::Lasting { .. } => failed(Fault::Refused, None),
    }
}

fn acknowledged(said: &str) -> Answer {
    let plain = webhook::line(said.trim());
    match Reference::parse(if plain.is_empty() { "accepted" } else { &plain }) {
        Ok(reference) => Answer::Acknowledged { reference },
        Err(_) => Answer::NoAnswer,
    }
}

fn failed(fault: Fault, retry_after: Option<u32>) -> Answer {
    Answer::Failed { fault, retry_after }
}

/// The channel can still be set up: the schedule gives time for it.
fn not_set_up() -> Answer {
    failed(Fault::Unreachable, None)
}

fn wrong(what: &str) -> Error {
    Error::Usage { message: format!("{FILE}: {what}") }
}
