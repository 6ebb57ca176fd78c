//! DKIM signatures: relaxed/relaxed, RSA-SHA256 and Ed25519-SHA256, over the whole body.
//!
//! It verifies nothing and asks no DNS. The `l=` tag, which would leave room for words after the signed ones, is never
//! written. Spec: RFC 6376; RFC 8463 for Ed25519.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::address::domain_fits;
use super::{Wrong, wrong};

/// A private key and the name under which its public half is found. Its `Debug` shows no key.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Headers named once more than they stand, so that none can be added. Spec: RFC 6376 § 5.4.2.
const CLOSED: [&str; 10] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "cc",
    "reply-to",
];
/// Headers signed as often as they stand.
const OPEN: [&str; 2] = ["auto-submitted", "x-ascertain-class"];

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}._domainkey.{}, {})", self.selector, self.domain, self.algorithm())
    }
}

impl Signer {
    /// Reads a key: PEM, `PRIVATE KEY` (PKCS#8, RSA or Ed25519) or `RSA PRIVATE KEY` (PKCS#1); RSA of 2048 to 4096
    /// bits.
    ///
    /// # Errors
    /// `dkim.domain`, `dkim.selector` or `dkim.key`; the text holds nothing of the key.
    pub fn from_pem(domain: &str, selector: &str, pem: &[u8]) -> Result<Self, Wrong> {
        let bad = |why: &str| wrong("dkim.domain", format!("`{}` {why}", domain.escape_debug()));
        domain_fits(domain).map_err(bad)?;
        // A selector is labels too; any name below the domain must be one.
        domain_fits(&format!("{selector}.{domain}")).map_err(|_| {
            wrong("dkim.selector", format!("`{}` is not labels of a DNS name", selector.escape_debug()))
        })?;
        Ok(Self { domain: domain.to_ascii_lowercase(), selector: selector.to_owned(), key: key(pem)? })
    }

    /// The header line that signs a message, ended by CRLF: put it before the message. `at` is in seconds since
    /// 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// The message has no blank line after its headers, no `From`, or a header that cannot be read.
    pub fn sign(&self, message: &[u8], at: u64) -> Result<String, Wrong> {
        let (headers, body) = split(message)?;
        let signed = chosen(&headers)?;
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let body_hash = BASE64_STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let start = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed;\r\n d={};\r\n s={}; t={at};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.algorithm(),
            self.domain,
            self.selector,
            names.join(":\r\n "),
        );
        // Spec: RFC 6376 § 3.7: the signed headers, then this one with an empty `b=` and without a line end.
        let mut input = Vec::new();
        for (name, value) in signed.iter().filter_map(|(name, v)| v.map(|v| (name, v))) {
            input.extend_from_slice(relaxed_header(name, value).as_bytes());
            input.extend_from_slice(b"\r\n");
        }
        let own = start.strip_prefix("DKIM-Signature:").unwrap_or("");
        input.extend_from_slice(relaxed_header("dkim-signature", own).as_bytes());
        let signature = BASE64_STANDARD.encode(self.signature(&input)?);
        Ok(format!("{start}{}\r\n", in_lines(&signature)))
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, Wrong> {
        match &self.key {
            // Spec: RFC 8463 § 3: PureEdDSA over the SHA-256 of the input.
            Key::Ed25519(pair) => Ok(pair.sign(digest(&SHA256, input).as_ref()).as_ref().to_vec()),
            Key::Rsa(pair) => {
                let mut out = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut out).map_err(|_| {
                    wrong("dkim.key", "the RSA key does not sign: its parts contradict each other")
                })?;
                Ok(out)
            }
        }
    }

    /// The value of the `a=` tag.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// The name at which the public key must be published.
    #[must_use]
    pub fn dns_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The text of the DNS record, in one piece.
    #[must_use]
    pub fn dns_text(&self) -> String {
        match &self.key {
            Key::Rsa(pair) => {
                format!("v=DKIM1; k=rsa; p={}", BASE64_STANDARD.encode(rsa_public(pair.public().as_ref())))
            }
            // Spec: RFC 8463 § 4.
            Key::Ed25519(pair) => {
                format!("v=DKIM1; k=ed25519; p={}", BASE64_STANDARD.encode(pair.public_key().as_ref()))
            }
        }
    }

    /// The record as a line of a zone file; a text of more than 255 octets is several strings. Spec: RFC 6376 § 3.6.2.2.
    #[must_use]
    pub fn dns_record(&self) -> String {
        let text = self.dns_text();
        let pieces = text.as_bytes().chunks(255).map(|c| format!("\"{}\"", String::from_utf8_lossy(c)));
        format!("{}. IN TXT ( {} )", self.dns_name(), pieces.collect::<Vec<_>>().join(" "))
    }
}

fn key(pem: &[u8]) -> Result<Key, Wrong> {
    let bad = |why: &str| wrong("dkim.key", why);
    let read = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| bad("is not a private key in PEM: make one with `openssl genpkey`"))?;
    let weak = "is not an RSA key of 2048 to 4096 bits, nor an Ed25519 key, or is damaged";
    match &read {
        PrivateKeyDer::Pkcs1(der) => {
            let pair = RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| bad(weak))?;
            Ok(Key::Rsa(Box::new(pair)))
        }
        PrivateKeyDer::Pkcs8(der) => {
            let der = der.secret_pkcs8_der();
            // OpenSSL writes Ed25519 keys without the public half.
            if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                return Ok(Key::Ed25519(pair));
            }
            Ok(Key::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(|_| bad(weak))?)))
        }
        _ => Err(bad(weak)),
    }
}

/// A name in lower case, and the value with its folds.
type Header<'a> = (String, &'a str);

fn split(message: &[u8]) -> Result<(Vec<Header<'_>>, &[u8]), Wrong> {
    let bad = |why: &str| wrong("message", why);
    let end = message.windows(4).position(|w| w == b"\r\n\r\n");
    let (head, body) = end
        .and_then(|at| message.split_at_checked(at))
        .ok_or_else(|| bad("has no blank line between headers and body, with CRLF line ends"))?;
    let head = std::str::from_utf8(head).map_err(|_| bad("has headers that are not UTF-8"))?;
    let mut headers: Vec<Header<'_>> = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let end = end_of_header(rest);
        let (header, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (name, value) = header.split_once(':').ok_or_else(|| bad("has a header line without a colon"))?;
        headers.push((name.trim_end().to_ascii_lowercase(), value));
        rest = tail.strip_prefix("\r\n").unwrap_or(tail);
    }
    Ok((headers, body.strip_prefix(b"\r\n\r\n").unwrap_or(body)))
}

/// Where a header ends: at a CRLF that no space or tab follows.
fn end_of_header(text: &str) -> usize {
    let ends = text.match_indices("\r\n").map(|(at, _)| at);
    let folded = |at: &usize| {
        let after = text.as_bytes().get(at.saturating_add(2));
        matches!(after, Some(b' ' | b'\t'))
    };
    ends.into_iter().find(|at| !folded(at)).unwrap_or(text.len())
}

/// Names for `h=` in order, each with the value it signs: `None` for the one that is to stay absent.
///
/// Spec: RFC 6376 § 5.4.2: of several of a name, the lowest is signed first.
fn chosen<'a>(headers: &[Header<'a>]) -> Result<Vec<(&'static str, Option<&'a str>)>, Wrong> {
    let mut signed = Vec::new();
    for name in CLOSED.into_iter().chain(OPEN) {
        let found = headers.iter().rev().filter(|(n, _)| n == name).map(|(_, v)| (name, Some(*v)));
        signed.extend(found);
        if CLOSED.contains(&name) {
            signed.push((name, None));
        }
    }
    // Spec: RFC 6376 § 5.4.
    if signed.iter().any(|(name, value)| *name == "from" && value.is_some()) {
        return Ok(signed);
    }
    Err(wrong("message", "has no From header, which every signature must cover"))
}

/// Spec: RFC 6376 § 3.4.2.
fn relaxed_header(name: &str, value: &str) -> String {
    let words: Vec<&str> = value.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect();
    format!("{name}:{}", words.join(" "))
}

/// Spec: RFC 6376 § 3.4.4.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    // Line ends that count only if more follows.
    let mut held = 0_usize;
    let text = body.strip_suffix(b"\r\n").unwrap_or(body);
    for line in text.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)) {
        let relaxed = relaxed_line(line);
        if !relaxed.is_empty() {
            out.extend(std::iter::repeat_n(*b"\r\n", held).flatten());
            out.extend_from_slice(&relaxed);
            held = 0;
        }
        held = held.saturating_add(1);
    }
    if !out.is_empty() {
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn relaxed_line(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut space = false;
    for byte in line {
        if matches!(byte, b' ' | b'\t') {
            space = true;
            continue;
        }
        if space {
            out.push(b' ');
            space = false;
        }
        out.push(*byte);
    }
    out
}

fn in_lines(signature: &str) -> String {
    let lines: Vec<_> = signature.as_bytes().chunks(70).map(String::from_utf8_lossy).collect();
    lines.join("\r\n ")
}

/// The public key as verifiers expect it: RFC 5280 SubjectPublicKeyInfo around the RSAPublicKey that ring gives.
fn rsa_public(key: &[u8]) -> Vec<u8> {
    // Spec: RFC 3279 § 2.3.1: rsaEncryption with NULL parameters.
    const ALGORITHM: [u8; 15] = [48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0];
    let bits = der(0x03, &[&[0], key].concat());
    der(0x30, &[&ALGORITHM[..], &bits].concat())
}

/// A DER value with a length of at most 65535, far more than a 4096-bit key needs.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let mut out = match (high, low) {
        (0, 0..=127) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    out.extend_from_slice(content);
    out
}
