//! The channels a desk may use, from a file of its own: keys, relay, and how far they reach.
//!
//! One call makes one attempt, beside others. What became of it is a [`telegram::Answer`]; only what certainly was not
//! taken over is *failed*. Refuses to know why something is sent, and to try twice.

use std::collections::HashMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
use crate::message::{Recipient, Rendered};

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
    /// Requests under way to one host at a time.
    at_once: Option<u16>,
    /// Requests to one host in a second, if that is limited.
    per_second: Option<u16>,
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
    /// Sessions with the relay at a time.
    at_once: Option<u16>,
    /// Messages to the relay in a second, if that is limited.
    per_second: Option<u16>,
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
    webhook: Option<Arc<Webhook>>,
    email: Option<Arc<Email>>,
}

struct Webhook {
    keys: Vec<Key>,
    terms: Terms,
    limits: Limits,
    /// Ways to hosts whose connections are kept.
    lines: Mutex<HashMap<String, Vec<Line>>>,
}

struct Email {
    from: Mailbox,
    relay: Relay,
    reach: Reach,
    trust: Trust,
    limits: Limits,
    signers: Vec<Signer>,
    sessions: Mutex<Vec<(Session, Instant)>>,
}

/// How much goes one way: to one host, or to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts under way.
    pub at_once: u16,
    /// Attempts begun in a second, if that is limited.
    pub per_second: Option<u16>,
}

/// The file's name.
pub const FILE: &str = "channels.toml";
const LARGEST: u64 = 64 << 10;
/// Requests under way to one host, unless the file says otherwise.
const TO_A_HOST: u16 = 32;
/// Sessions with the relay, unless the file says otherwise.
const TO_THE_RELAY: u16 = 4;
const MOST_AT_ONCE: u16 = 1_000;
/// A session that has been idle for longer may have been given up by the relay.
const IDLE: Duration = Duration::from_secs(20);

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
    let email = file.email.map(|e| email_of(e, data, reach)).transpose()?;
    Ok(Some(Channels { runtime, webhook: webhook.map(Arc::new), email: email.map(Arc::new) }))
}

/// None is wrong: nothing would ever go out.
fn limits(table: &str, at_once: Option<u16>, per_second: Option<u16>, usual: u16) -> Result<Limits, Error> {
    let limits = Limits { at_once: at_once.unwrap_or(usual), per_second };
    for (field, value) in [("at_once", Some(limits.at_once)), ("per_second", limits.per_second)] {
        if value.is_some_and(|n| !(1..=MOST_AT_ONCE).contains(&n)) {
            return Err(wrong(&format!("{table}.{field}: from 1 to {MOST_AT_ONCE}")));
        }
    }
    Ok(limits)
}

fn webhook_of(file: &WebhookFile, reach: Reach) -> Result<Webhook, Error> {
    let key = |text: &String| Key::parse(text).map_err(|e| wrong(&format!("webhook.keys: {e}")));
    let keys: Vec<Key> = file.keys.iter().map(key).collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(wrong("webhook.keys: names no key; a receiver could not tell who sends"));
    }
    let trust = connect::trust(&[]).map_err(|e| wrong(&e.to_string()))?;
    let terms = Terms { reach, names: Names::System, trust, patience: Patience::default() };
    let limits = limits("webhook", file.at_once, file.per_second, TO_A_HOST)?;
    Ok(Webhook { keys, terms, limits, lines: Mutex::default() })
}

fn email_of(file: EmailFile, data: &Path, reach: Reach) -> Result<Email, Error> {
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
    let limits = limits("email", file.at_once, file.per_second, TO_THE_RELAY)?;
    let (relay, trust) = (file.relay, trust.map_err(said)?);
    Ok(Email { from, relay, reach, trust, limits, signers, sessions: Mutex::default() })
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
    /// The words as HTML, if there are any.
    pub html: Option<&'a str>,
    /// Whether it is an exercise.
    pub drill: bool,
    /// Whether it is a rehearsal, to one's own address.
    pub test: bool,
}

impl<'a> Parcel<'a> {
    /// What goes to a recipient, in earnest; `drill` if it is an exercise.
    #[must_use]
    pub fn of(id: &'a str, to: &'a Recipient, words: &'a Rendered, released: i64, drill: bool) -> Self {
        Self {
            id,
            released,
            name: &to.name,
            address: &to.address,
            subject: &words.subject,
            text: &words.body,
            html: words.html.as_deref(),
            drill,
            test: false,
        }
    }
}

/// The host of a webhook's address, with how it is reached; what goes there goes one way.
#[must_use]
pub fn way_of(address: &str) -> String {
    address::parse(address, Reach { private: true })
        .map_or_else(|_| address.to_owned(), |target| way(&target))
}

fn way(target: &Target) -> String {
    format!("{}{}", if target.https { "https://" } else { "http://" }, target.host_header())
}

impl Channels {
    /// How much goes to one host, or to the relay.
    #[must_use]
    pub fn limits(&self, channel: telegram::Channel) -> Limits {
        let set = match channel {
            telegram::Channel::Webhook => self.webhook.as_ref().map(|w| w.limits),
            telegram::Channel::Email => self.email.as_ref().map(|e| e.limits),
            telegram::Channel::File | telegram::Channel::Manual => None,
        };
        set.unwrap_or(Limits { at_once: 1, per_second: None })
    }

    /// One request, and its answer. `at` is the clock's reading, in seconds since 1970.
    pub fn post(&self, parcel: &Parcel<'_>, body: &str, at: u64) -> Answer {
        self.runtime.block_on(self.posting(parcel, body, at))
    }

    /// One message, and its answer.
    pub fn mail(&self, parcel: &Parcel<'_>) -> Answer {
        self.runtime.block_on(self.mailing(parcel))
    }

    /// The exact bytes of a message, as [`Channels::mail`] sends them; the address it goes to stands in it.
    ///
    /// # Errors
    /// No e-mail is set up, or an address or a text that cannot be sent.
    pub fn letter(&self, parcel: &Parcel<'_>) -> Result<Vec<u8>, Error> {
        let email = self.email.as_ref().ok_or_else(|| wrong("email: no such table"))?;
        Ok(letter(email, parcel).map_err(|e| wrong(&format!("the message cannot be sent: {e}")))?.1)
    }

    /// Whether a channel that reaches out is set up.
    #[must_use]
    pub fn has(&self, channel: telegram::Channel) -> bool {
        match channel {
            telegram::Channel::Webhook => self.webhook.is_some(),
            telegram::Channel::Email => self.email.is_some(),
            telegram::Channel::File | telegram::Channel::Manual => true,
        }
    }

    /// One request beside others; `done` is called with its answer on another thread.
    pub fn post_beside(
        &self,
        parcel: &Parcel<'_>,
        body: &str,
        at: u64,
        done: impl FnOnce(Answer) + Send + 'static,
    ) {
        // Boxed, since it is large and moved several times.
        let posting = Box::pin(self.posting(parcel, body, at));
        self.runtime.spawn(async move { done(posting.await) });
    }

    /// One message beside others; `done` is called with its answer on another thread.
    pub fn mail_beside(&self, parcel: &Parcel<'_>, done: impl FnOnce(Answer) + Send + 'static) {
        let mailing = self.mailing(parcel);
        self.runtime.spawn(async move { done(mailing.await) });
    }

    fn posting(
        &self,
        parcel: &Parcel<'_>,
        body: &str,
        at: u64,
    ) -> impl Future<Output = Answer> + Send + 'static {
        let hook = self.webhook.clone();
        let (id, address, body) = (parcel.id.to_owned(), parcel.address.to_owned(), body.to_owned());
        let test = parcel.test;
        async move {
            match hook {
                None => not_set_up(),
                Some(hook) => hook.post(&id, &address, body, (at, test)).await,
            }
        }
    }

    fn mailing(&self, parcel: &Parcel<'_>) -> impl Future<Output = Answer> + Send + 'static {
        let email = self.email.clone();
        let letter = email.as_deref().map(|email| letter(email, parcel));
        async move {
            match (email, letter) {
                (Some(email), Some(Ok((to, bytes)))) => email.send(&to, &bytes).await,
                (Some(_), Some(Err(_))) => failed(Fault::NoSuchRecipient, None),
                _ => not_set_up(),
            }
        }
    }
}

impl Webhook {
    async fn post(&self, id: &str, address: &str, body: String, (at, test): (u64, bool)) -> Answer {
        let Ok(target) = address::parse(address, self.terms.reach) else {
            return failed(Fault::NoSuchRecipient, None);
        };
        let Ok(signed) = webhook::sign(&self.keys, id, at, body.as_bytes()) else {
            return failed(Fault::Refused, None);
        };
        let way = way(&target);
        let mut line = self.line(&way, target);
        let mut headers = signed.headers().to_vec();
        if test {
            headers.push(("x-ascertain-test", "rehearsal"));
        }
        let heard = line.post(&self.terms, "application/json", &headers, body.into()).await;
        self.keep(way, line);
        heard_as(&heard)
    }

    fn line(&self, way: &str, target: Target) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.get_mut(way).and_then(Vec::pop) {
            None => Line::new(target),
            Some(mut line) => {
                line.aim(&target.path_and_query);
                line
            }
        }
    }

    fn keep(&self, way: String, line: Line) {
        if !line.is_kept() {
            return;
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // Hosts that are done with keep no connection for ever.
        if !lines.contains_key(&way) && lines.len() >= usize::from(MOST_AT_ONCE) {
            lines.clear();
        }
        lines.entry(way).or_default().push(line);
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
        html: parcel.html,
        date: parcel.released,
        id: &id,
        drill: parcel.drill,
        test: parcel.test,
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
    async fn send(&self, to: &Address, message: &[u8]) -> Answer {
        let kept = self.sessions.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session = match kept.filter(|(session, since)| session.is_usable() && since.elapsed() < IDLE)
        {
            Some((session, _)) => session,
            None => match self.open(self.reach).await {
                Ok(session) => session,
                Err(outcome) => return told(&outcome),
            },
        };
        let outcome = session.send(Envelope { from: &self.from.address, to }, message).await;
        if session.is_usable() {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.push((session, Instant::now()));
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

/// What an answer of the relay means.
pub fn told(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Accepted { reply } => acknowledged(reply),
        Outcome::Refused { passing: true, .. } | Outcome::NothingSent { .. } => {
            failed(Fault::Unreachable, None)
        }
        Outcome::Refused { .. } => failed(Fault::Refused, None),
        Outcome::NoAnswer { .. } => Answer::NoAnswer,
    }
}

/// What an answer to a post means.
pub fn heard_as(heard: &Heard) -> Answer {
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
