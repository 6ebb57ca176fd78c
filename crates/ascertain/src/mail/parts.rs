//! The encodings of headers and bodies: encoded-words, quoted-printable, base64, and HTML made from plain text.
//!
//! Every line is at most 76 octets of printable ASCII. It knows no addresses and no dates.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::escaped;

// Spec: RFC 2045 § 6.7 (5) and § 6.8.
const MAX_LINE: usize = 76;
/// A word of a header that is longer is encoded, as it could not be folded.
const MAX_WORD: usize = 60;
/// 45 octets are 60 letters of base64: with `=?utf-8?B?` and `?=`, 72. Spec: RFC 2047 § 2, at most 75.
const MAX_ENCODED: usize = 45;

/// An encoded body and the name of its encoding.
pub(super) struct Encoded {
    pub(super) encoding: &'static str,
    pub(super) lines: String,
}

/// Encodes text whose line ends are `\n`: quoted-printable, or base64 where that would be hard to read anyway.
pub(super) fn encoded(text: &str) -> Encoded {
    let other = text.bytes().filter(|b| !b.is_ascii()).count();
    if other.saturating_mul(6) > text.len() {
        return Encoded { encoding: "base64", lines: base64_lines(text.replace('\n', "\r\n").as_bytes()) };
    }
    Encoded { encoding: "quoted-printable", lines: quoted_printable(text) }
}

fn base64_lines(bytes: &[u8]) -> String {
    // 57 octets are one line of 76.
    bytes.chunks(57).map(|c| format!("{}\r\n", BASE64_STANDARD.encode(c))).collect()
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        quoted_line(&mut out, line);
        out.push_str("\r\n");
    }
    out
}

/// Spec: RFC 2045 § 6.7. `From ` and a lone dot at the start of a line are quoted too: some relays change them.
fn quoted_line(out: &mut String, line: &str) {
    let count = line.len();
    let mut width = 0_usize;
    for (at, byte) in line.bytes().enumerate() {
        let last = at.saturating_add(1) == count;
        let plain = match byte {
            b'=' => false,
            b' ' | b'\t' => !last,
            b'.' => width != 0,
            b'F' => !(at == 0 && line.starts_with("From ")),
            _ => byte.is_ascii_graphic(),
        };
        let piece = if plain { char::from(byte).to_string() } else { format!("={byte:02X}") };
        // The line may only be full when nothing follows: a soft break needs one octet.
        let room = if last { MAX_LINE } else { MAX_LINE.saturating_sub(1) };
        if width.saturating_add(piece.len()) > room {
            out.push_str("=\r\n");
            width = 0;
            if byte == b'.' {
                out.push_str("=2E");
                width = 3;
                continue;
            }
        }
        out.push_str(&piece);
        width = width.saturating_add(piece.len());
    }
}

/// An unstructured header value after `Name: `, folded.
pub(super) fn unstructured(name: &str, text: &str) -> String {
    if stays_plain(text) { folded(name, text) } else { encoded_words(text) }
}

/// A display name: an atom phrase, a quoted string, or encoded-words.
pub(super) fn phrase(text: &str) -> String {
    let atoms = |t: &str| t.bytes().all(|b| b == b' ' || super::address::is_atext(b));
    if !stays_plain(text) || text.len() > MAX_WORD {
        encoded_words(text)
    } else if atoms(text) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Whether a reader gets back just these words from a header that was folded at their spaces.
fn stays_plain(text: &str) -> bool {
    let ascii = text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    let words = text.split(' ').all(|w| (1..=MAX_WORD).contains(&w.len()));
    ascii && words && !text.contains("=?")
}

fn folded(name: &str, text: &str) -> String {
    let mut width = name.len().saturating_add(1);
    let mut out = String::new();
    for word in text.split(' ') {
        let next = width.saturating_add(word.len()).saturating_add(1);
        if next > MAX_LINE && !out.is_empty() {
            out.push_str("\r\n ");
            width = word.len().saturating_add(1);
        } else {
            if !out.is_empty() {
                out.push(' ');
            }
            width = next;
        }
        out.push_str(word);
    }
    out
}

/// Spec: RFC 2047 § 5 (3): no letter is split between two words.
fn encoded_words(text: &str) -> String {
    let mut pieces = vec![String::new()];
    for letter in text.chars() {
        let full = pieces.last().is_none_or(|p| p.len().saturating_add(letter.len_utf8()) > MAX_ENCODED);
        if full {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    let words: Vec<String> =
        pieces.iter().map(|p| format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(p))).collect();
    words.join("\r\n ")
}

/// A page that says what the plain text says: blank lines part paragraphs, line ends are kept.
pub(super) fn html(title: &str, text: &str) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>");
    out.push_str(&escaped::words(title));
    out.push_str("</title>\n</head>\n<body>\n");
    for paragraph in text.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.trim().is_empty()) {
        // Each paragraph takes the direction of its own first letter.
        out.push_str("<p dir=\"auto\">");
        out.push_str(&escaped::words(paragraph).replace('\n', "<br>\n"));
        out.push_str("</p>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}
