//! The exact bytes of one telegram to one recipient. Same letter, same bytes.
//!
//! It reads no clock and draws no lots: the date and the id are given, the boundary follows from the content. It
//! knows no relay. Control characters in a header are refused, not removed.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use ring::digest::{SHA256, digest};

use super::address::{Address, MessageId};
use super::{Wrong, parts, wrong};

/// A mailbox with the name shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown; may be empty.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// Everything a message is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter<'a> {
    /// The author.
    pub from: &'a Mailbox,
    /// The one recipient.
    pub to: &'a Mailbox,
    /// One line of text.
    pub subject: &'a str,
    /// The plain text.
    pub text: &'a str,
    /// The HTML part; made from the plain text if none.
    pub html: Option<&'a str>,
    /// The date, in seconds since 1970-01-01T00:00:00Z. Given once, so that a later attempt has the same bytes.
    pub date: i64,
    /// The id, the same in every attempt.
    pub id: &'a MessageId,
    /// Whether the message is an exercise; it then says so in `X-Ascertain-Class`.
    pub drill: bool,
    /// Whether the message is a rehearsal, to the sender's own address; it then says so in `X-Ascertain-Test`.
    pub test: bool,
}

/// Octets of UTF-8.
pub const MAX_SUBJECT: usize = 400;
/// Octets of UTF-8.
pub const MAX_NAME: usize = 200;
/// Octets of UTF-8, for the text and for the HTML.
pub const MAX_BODY: usize = 1024 * 1024;

/// Octets that a subject leaves free for the marks of exercises and rehearsals.
const MARKS: usize = 16;

/// Whether words can be sent, whoever gets them; with room for marks before the subject.
///
/// # Errors
/// As [`render`].
pub fn fits(subject: &str, text: &str, html: Option<&str>) -> Result<(), Wrong> {
    one_line("subject", subject, MAX_SUBJECT.saturating_sub(MARKS))?;
    if subject.trim().is_empty() {
        return Err(wrong("subject", "is empty: give the message a subject"));
    }
    body("text", text)?;
    html.map(|html| body("html", html)).transpose().map(drop)
}

/// Renders a letter: RFC 5322 and MIME, 7-bit, lines that end in CRLF.
///
/// # Errors
/// A control character in a header or in the body, an empty or overlong field, a date outside of years 1 to 9999.
pub fn render(letter: &Letter<'_>) -> Result<Vec<u8>, Wrong> {
    one_line("subject", letter.subject, MAX_SUBJECT)?;
    if letter.subject.trim().is_empty() {
        return Err(wrong("subject", "is empty: give the message a subject"));
    }
    let text = body("text", letter.text)?;
    let html = match letter.html {
        Some(given) => body("html", given)?,
        None => parts::html(letter.subject, &text),
    };
    let (text, html) = (parts::encoded(&text), parts::encoded(&html));
    let boundary = boundary(&text.lines, &html.lines);
    let mut out = headers(letter)?;
    out.push_str("MIME-Version: 1.0\r\n");
    out.push_str(&format!("Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n"));
    // Spec: RFC 2046 § 5.1.4: the plainest first.
    for (kind, part) in [("plain", &text), ("html", &html)] {
        out.push_str(&format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}\r\n",
            part.encoding, part.lines
        ));
    }
    out.push_str(&format!("--{boundary}--\r\n"));
    Ok(out.into_bytes())
}

fn headers(letter: &Letter<'_>) -> Result<String, Wrong> {
    let mut out = String::new();
    out.push_str(&format!("From: {}\r\n", mailbox("from", letter.from)?));
    out.push_str(&format!("To: {}\r\n", mailbox("to", letter.to)?));
    out.push_str(&format!("Subject: {}\r\n", parts::unstructured("Subject:", letter.subject)));
    out.push_str(&format!("Date: {}\r\n", date(letter.date)?));
    out.push_str(&format!("Message-ID: <{}>\r\n", letter.id.as_str()));
    // Spec: RFC 3834 § 5.
    out.push_str("Auto-Submitted: auto-generated\r\n");
    if letter.drill {
        out.push_str("X-Ascertain-Class: drill\r\n");
    }
    if letter.test {
        out.push_str("X-Ascertain-Test: rehearsal\r\n");
    }
    Ok(out)
}

fn mailbox(field: &'static str, mailbox: &Mailbox) -> Result<String, Wrong> {
    let address = mailbox.address.as_str();
    one_line(field, &mailbox.name, MAX_NAME)?;
    if mailbox.name.is_empty() {
        return Ok(address.to_owned());
    }
    // On a line of its own, so that a long name and a long address do not add up.
    Ok(format!("{}\r\n <{address}>", parts::phrase(&mailbox.name)))
}

/// Spec: RFC 5322 § 3.3; `-0000` says that the time is UTC and tells nothing of the place.
fn date(seconds: i64) -> Result<String, Wrong> {
    let outside = |_| wrong("date", format!("{seconds} is outside of the years 1 to 9999"));
    let at = Timestamp::from_second(seconds).map_err(outside)?;
    rfc2822::DateTimePrinter::new().timestamp_to_string(&at).map_err(outside)
}

fn one_line(field: &'static str, text: &str, limit: usize) -> Result<(), Wrong> {
    // U+2028 and U+2029 end lines in some readers.
    if let Some(c) = text.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(wrong(field, format!("has the control character U+{:04X}: remove it", u32::from(c))));
    }
    if text.len() > limit {
        return Err(wrong(field, format!("has {} octets of at most {limit}: shorten it", text.len())));
    }
    Ok(())
}

/// The body with `\n` as its only line end, and ended by one.
fn body(field: &'static str, text: &str) -> Result<String, Wrong> {
    let text = text.replace("\r\n", "\n");
    if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(wrong(field, format!("has the control character U+{:04X}: remove it", u32::from(c))));
    }
    let text = text.trim_matches('\n');
    if text.trim().is_empty() {
        return Err(wrong(field, "is empty: give the message a text"));
    }
    if text.len() > MAX_BODY {
        return Err(wrong(field, format!("has {} octets of at most {MAX_BODY}: shorten it", text.len())));
    }
    Ok(format!("{text}\n"))
}

/// Spec: RFC 2045 § 6.7: `=_` stands in no quoted-printable and no base64, so the boundary is in no part.
fn boundary(text: &str, html: &str) -> String {
    let both = digest(&SHA256, format!("{}\n{text}{html}", text.len()).as_bytes());
    let hex: String = both.as_ref().iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("=_{hex}")
}
