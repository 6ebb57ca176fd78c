//! The header of an age file: stanzas, each of which may hold the file key for somebody, and a code over them.
//!
//! Refuses to know how a stanza is opened, and any header that a writer of this format would not write.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Fault;

/// How a file begins.
pub(super) const VERSION: &[u8] = b"age-encryption.org/v1\n";
/// Bytes of a file key.
pub(super) const FILE_KEY: usize = 16;
const WIDTH: usize = 64;

/// One stanza.
pub(super) struct Stanza {
    pub(super) args: Vec<String>,
    pub(super) body: Vec<u8>,
}

/// A header as read.
pub(super) struct Header {
    pub(super) stanzas: Vec<Stanza>,
    mac: Vec<u8>,
    /// Up to where the code covers the file.
    covered: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// The bytes of a header with one stanza.
pub(super) fn written(stanza: &Stanza, file_key: &[u8; FILE_KEY]) -> Vec<u8> {
    let mut out = VERSION.to_vec();
    out.extend(format!("-> {}\n", stanza.args.join(" ")).bytes());
    let text = STANDARD_NO_PAD.encode(&stanza.body);
    // A body ends with a line that is not full, an empty one if need be.
    let mut rest = text.as_str();
    while let Some((line, after)) = rest.split_at_checked(WIDTH) {
        out.extend(format!("{line}\n").bytes());
        rest = after;
    }
    out.extend(format!("{rest}\n---").bytes());
    let code = mac(file_key, &out).finalize().into_bytes();
    out.extend(format!(" {}\n", STANDARD_NO_PAD.encode(code)).bytes());
    out
}

/// Reads a header.
pub(super) fn parsed(file: &[u8]) -> Result<Header, Fault> {
    let mut at = VERSION.len();
    if !file.starts_with(VERSION) {
        return Err(Fault::Header);
    }
    let mut stanzas = Vec::new();
    loop {
        let begin = at;
        let line = next_line(file, &mut at)?;
        if let Some(args) = line.strip_prefix("-> ") {
            stanzas.push(Stanza { args: arguments(args)?, body: body(file, &mut at)? });
            continue;
        }
        let code = line.strip_prefix("--- ").and_then(|text| STANDARD_NO_PAD.decode(text).ok());
        let mac = code.filter(|code| code.len() == 32).ok_or(Fault::Header)?;
        if stanzas.is_empty() {
            return Err(Fault::Header);
        }
        return Ok(Header { stanzas, mac, covered: begin.saturating_add(3), end: at });
    }
}

/// Whether the header is the one that was written with this key.
pub(super) fn check_mac(file: &[u8], header: &Header, file_key: &[u8; FILE_KEY]) -> Result<(), Fault> {
    let covered = file.get(..header.covered).unwrap_or_default();
    mac(file_key, covered).verify_slice(&header.mac).map_err(|_| Fault::Mac)
}

fn mac(file_key: &[u8; FILE_KEY], covered: &[u8]) -> Hmac<Sha256> {
    let key = super::payload::derived(file_key, &[], b"header");
    // A shorter key stands for itself and zeros, up to a block.
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key.iter()) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    mac.update(covered);
    mac
}

fn next_line<'a>(file: &'a [u8], at: &mut usize) -> Result<&'a str, Fault> {
    let rest = file.get(*at..).unwrap_or_default();
    let long = rest.iter().position(|b| *b == b'\n').ok_or(Fault::Header)?;
    *at = at.saturating_add(long).saturating_add(1);
    rest.get(..long).and_then(|line| std::str::from_utf8(line).ok()).ok_or(Fault::Header)
}

fn arguments(text: &str) -> Result<Vec<String>, Fault> {
    let fits = |arg: &&str| !arg.is_empty() && arg.bytes().all(|b| b.is_ascii_graphic());
    let args: Vec<&str> = text.split(' ').collect();
    if args.iter().all(fits) { Ok(args.into_iter().map(str::to_owned).collect()) } else { Err(Fault::Header) }
}

fn body(file: &[u8], at: &mut usize) -> Result<Vec<u8>, Fault> {
    let mut text = String::new();
    loop {
        let line = next_line(file, at)?;
        text.push_str(line);
        match line.len() {
            WIDTH => {}
            0..WIDTH => return STANDARD_NO_PAD.decode(text).map_err(|_| Fault::Header),
            _ => return Err(Fault::Header),
        }
    }
}
