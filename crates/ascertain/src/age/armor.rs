//! The armour of an age file: lines of base64 between two marks, for places that take only text.
//!
//! Refuses all but the one way to write it; space around it is no part of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Fault;

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const WIDTH: usize = 64;

/// A file as text.
#[must_use]
pub fn armored(file: &[u8]) -> String {
    let text = STANDARD.encode(file);
    let mut out = format!("{BEGIN}\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(WIDTH).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(END);
    out.push('\n');
    out
}

/// The file in the armour.
pub(super) fn bare(text: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = std::str::from_utf8(text).map_err(|_| Fault::Armor)?;
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let mut lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    if lines.first() != Some(&BEGIN) || lines.pop() != Some(END) {
        return Err(Fault::Armor);
    }
    let body = lines.get(1..).unwrap_or_default();
    let Some((last, full)) = body.split_last() else { return Ok(Vec::new()) };
    let fits = !last.is_empty() && last.len() <= WIDTH && full.iter().all(|line| line.len() == WIDTH);
    if !fits {
        return Err(Fault::Armor);
    }
    STANDARD.decode(body.concat()).map_err(|_| Fault::Armor)
}
