//! The forms in which words leave: what a webhook carries, the file a recipient gets.
//!
//! The same bytes for whoever looks beforehand and whoever receives. Refuses to know how they get there.

use record::digest::sha256;
use record::signed_statement::Class;
use serde::Serialize;

use super::recipient::Recipient;
use super::words::Rendered;
use crate::book::Book;
use crate::keychain;

/// Who sends, and what kind of record stands behind it.
#[derive(Debug, Clone)]
pub struct Sender {
    from: String,
    class: Option<&'static str>,
}

impl Sender {
    /// The one whose record it is.
    #[must_use]
    pub fn of(book: &Book<'_>) -> Self {
        match book {
            Book::History { .. } => Self {
                from: "A replay of ascertain <replay@ascertain.invalid>".into(),
                class: Some("history"),
            },
            Book::Own { logbook, .. } => Self {
                from: format!("{} <record@ascertain.invalid>", logbook.founding.origin),
                class: (logbook.founding.class != Class::Real)
                    .then(|| keychain::class_word(logbook.founding.class)),
            },
        }
    }
}

impl Sender {
    /// Whether what is sent is an exercise.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        self.class == Some("drill")
    }
}

/// The id under which a recipient gets a telegram by a channel that reaches out: the same in every attempt.
#[must_use]
pub fn sending_id(election: &str, telegram: &str, recipient: &str) -> String {
    sha256(format!("{election}/{telegram}/{recipient}").as_bytes()).to_string()
}

/// What a webhook carries; the same bytes in every attempt.
#[derive(Serialize)]
struct WebhookBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// When the telegram was released, in seconds since 1970.
    released: i64,
    telegram: &'a str,
    subject: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    /// Absent if nothing was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<&'a telegram::Ground>,
    /// Only in a rehearsal.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

/// What a webhook carries, as JSON.
#[must_use]
pub fn webhook_body(
    telegram: &str,
    words: &Rendered,
    by: &Sender,
    released: i64,
    ground: &telegram::Ground,
) -> String {
    webhook_json(telegram, words, by, (released, Some(ground), false))
}

/// The same before anything is released: without a ground; in a rehearsal it says so.
#[must_use]
pub fn webhook_beforehand(telegram: &str, words: &Rendered, by: &Sender, at: i64, test: bool) -> String {
    webhook_json(telegram, words, by, (at, None, test))
}

fn webhook_json(
    telegram: &str,
    words: &Rendered,
    by: &Sender,
    (released, ground, test): (i64, Option<&telegram::Ground>, bool),
) -> String {
    let (subject, body, html) = (&words.subject, words.body.trim(), words.html.as_deref());
    let class = by.class;
    let it = WebhookBody { kind: "telegram", released, telegram, subject, body, html, class, ground, test };
    // A struct of texts and numbers always has a JSON form.
    serde_json::to_string(&it).unwrap_or_default()
}

/// The file a recipient gets: shaped like an e-mail, its id fixed before the first attempt. What is no real record says
/// so in the subject too.
#[must_use]
pub fn eml(telegram: &str, recipient: &Recipient, words: &Rendered, by: &Sender, decision: &str) -> String {
    let id = sha256(format!("{decision}/{telegram}/{}", recipient.id).as_bytes()).to_string();
    let rests_on =
        if decision.is_empty() { String::new() } else { format!("X-Ascertain-Decision: {decision}\r\n") };
    file_of(&id, recipient, words, by, &rests_on)
}

/// The file of a rehearsal; `words` bear their mark already.
#[must_use]
pub fn eml_rehearsed(id: &str, recipient: &Recipient, words: &Rendered, by: &Sender) -> String {
    file_of(id, recipient, words, by, TEST_HEADER)
}

fn file_of(id: &str, recipient: &Recipient, words: &Rendered, by: &Sender, more: &str) -> String {
    let lines: Vec<&str> = words.body.trim_matches('\n').lines().collect();
    let class = by.class.map(|c| format!("X-Ascertain-Class: {c}\r\n")).unwrap_or_default();
    let mark = if by.is_drill() { "[DRILL] " } else { "" };
    format!(
        "Message-ID: <{id}@ascertain.invalid>\r\nFrom: {}\r\nTo: {} <{}>\r\nSubject: {mark}{}\r\n{class}{more}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        by.from,
        recipient.name,
        recipient.address,
        words.subject,
        lines.join("\r\n")
    )
}

const TEST_HEADER: &str = "X-Ascertain-Test: rehearsal\r\n";
