//! Webhooks: a message is signed so that its recipient can check it, and an answer is read for what it means.
//!
//! Refuses to know sockets, and never reads a clock: the time of an attempt is told. The id stays the same over all attempts
//! of a delivery; the time, and so the signature, is the attempt's. Spec: Standard Webhooks 1.0.0
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::http::Heard;

/// A key that messages are signed with. Its secret part is in no output.
pub enum Key {
    /// HMAC-SHA256 with a secret that the recipient has too: `whsec_`.
    Shared(Shared),
    /// Ed25519: `whsk_`. Only who has it can sign.
    Private(SigningKey),
}

/// A key that messages are checked with.
pub enum Check {
    /// The secret itself: `whsec_`.
    Shared(Shared),
    /// The public key: `whpk_`.
    Public(VerifyingKey),
}

/// A shared secret, ready for use.
#[derive(Clone)]
pub struct Shared(Hmac<Sha256>);

/// Why a key, an id or a request is refused. Never shows a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// A key that starts with none of the known words.
    KeyPrefix,
    /// What follows the word is not base64.
    KeyNotBase64,
    /// A shared secret with fewer than 24 or more than 64 bytes.
    SecretLength {
        /// How many it has.
        bytes: usize,
    },
    /// Not an Ed25519 key.
    BadKey,
    /// No key to sign or check with.
    NoKey,
    /// An id that is not 1 to 128 letters, digits, `_` and `-`.
    BadId,
    /// A time that is not whole seconds.
    BadTimestamp,
    /// More than [`TOLERANCE_S`] before the time of checking.
    TooOld,
    /// More than [`TOLERANCE_S`] after the time of checking.
    TooNew,
    /// No signature is good under a known key.
    NoGoodSignature,
}

/// The values of the three headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`: one for each key, separated by spaces.
    pub signature: String,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The recipient has it.
    Acknowledged {
        /// The status and the start of the answer: one line of at most 200 bytes.
        reference: String,
    },
    /// Not now; a further attempt may help.
    Passing {
        /// Why: one line of at most 200 bytes.
        why: String,
        /// Not before so many seconds from now, at most [`LONGEST_WAIT_S`].
        retry_after_s: Option<u32>,
        /// Whether the message may have been received all the same.
        may_have_arrived: bool,
    },
    /// No further attempt helps.
    Lasting {
        /// Why: one line of at most 200 bytes.
        why: String,
        /// The recipient says that it is gone for good.
        gone: bool,
    },
    /// The message may have arrived.
    NoAnswer {
        /// Why that is not known: one line of at most 200 bytes.
        why: String,
    },
}

/// How far the time of a message may be from the time of checking, in seconds either way.
pub const TOLERANCE_S: u64 = 300;
/// The longest wait a recipient can ask for, in seconds: an hour.
pub const LONGEST_WAIT_S: u32 = 3600;

impl Key {
    /// Reads a key as it is handed out: `whsec_` with a shared secret, `whsk_` with a private key of 32 bytes or with the
    /// public one after it.
    ///
    /// # Errors
    /// It is no such key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(secret) = text.strip_prefix("whsec_") {
            return Shared::parse(secret).map(Self::Shared);
        }
        let bytes = decode(text.strip_prefix("whsk_").ok_or(Error::KeyPrefix)?)?;
        if let Ok(pair) = <&[u8; 64]>::try_from(bytes.as_slice()) {
            return SigningKey::from_keypair_bytes(pair).map(Self::Private).map_err(|_| Error::BadKey);
        }
        let seed = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Error::BadKey)?;
        Ok(Self::Private(SigningKey::from_bytes(seed)))
    }

    /// What its signatures are checked with.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::Shared(secret) => Check::Shared(secret.clone()),
            Self::Private(key) => Check::Public(key.verifying_key()),
        }
    }

    /// The public key as it is handed out, `whpk_`; a shared secret has none.
    #[must_use]
    pub fn public(&self) -> Option<String> {
        match self {
            Self::Shared(_) => None,
            Self::Private(key) => Some(format!("whpk_{}", BASE64.encode(key.verifying_key().as_bytes()))),
        }
    }

    fn sign(&self, content: &[u8]) -> String {
        match self {
            Self::Shared(secret) => {
                format!("v1,{}", BASE64.encode(secret.over(content).finalize().into_bytes()))
            }
            Self::Private(key) => format!("v1a,{}", BASE64.encode(key.sign(content).to_bytes())),
        }
    }
}

impl Check {
    /// Reads a key as it is handed out: `whsec_` or `whpk_`.
    ///
    /// # Errors
    /// It is no such key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(secret) = text.strip_prefix("whsec_") {
            return Shared::parse(secret).map(Self::Shared);
        }
        let bytes = decode(text.strip_prefix("whpk_").ok_or(Error::KeyPrefix)?)?;
        let bytes = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Error::BadKey)?;
        VerifyingKey::from_bytes(bytes).map(Self::Public).map_err(|_| Error::BadKey)
    }

    /// Whether one entry of the signature header is good. Both comparisons take the same time wherever they fail.
    fn accepts(&self, entry: &str, content: &[u8]) -> bool {
        let Some((version, signature)) = entry.split_once(',') else { return false };
        let Ok(signature) = BASE64.decode(signature) else { return false };
        match (self, version) {
            (Self::Shared(secret), "v1") => secret.over(content).verify_slice(&signature).is_ok(),
            (Self::Public(key), "v1a") => ed25519_dalek::Signature::from_slice(&signature)
                .is_ok_and(|signature| key.verify_strict(content, &signature).is_ok()),
            _ => false,
        }
    }
}

/// Signs a message with every key: two while one replaces the other.
///
/// # Errors
/// The id cannot be used, or there is no key.
pub fn sign(keys: &[Key], id: &str, timestamp_s: u64, body: &[u8]) -> Result<Signed, Error> {
    checked_id(id)?;
    if keys.is_empty() {
        return Err(Error::NoKey);
    }
    let timestamp = timestamp_s.to_string();
    let content = content(id, &timestamp, body);
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(&content)).collect();
    Ok(Signed { id: id.to_owned(), timestamp, signature: signatures.join(" ") })
}

impl Signed {
    /// The headers.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [
            ("webhook-id", &self.id),
            ("webhook-timestamp", &self.timestamp),
            ("webhook-signature", &self.signature),
        ]
    }
}

/// Checks a message as its recipient does; `now_s` is the recipient's clock. That the id was not seen before is for the
/// recipient to check.
///
/// # Errors
/// Why it is not to be believed.
pub fn verify(checks: &[Check], signed: &Signed, body: &[u8], now_s: u64) -> Result<(), Error> {
    checked_id(&signed.id)?;
    if checks.is_empty() {
        return Err(Error::NoKey);
    }
    if !signed.timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::BadTimestamp);
    }
    let at: u64 = signed.timestamp.parse().map_err(|_| Error::BadTimestamp)?;
    if at < now_s.saturating_sub(TOLERANCE_S) {
        return Err(Error::TooOld);
    }
    if at > now_s.saturating_add(TOLERANCE_S) {
        return Err(Error::TooNew);
    }
    let content = content(&signed.id, &signed.timestamp, body);
    let entries = signed.signature.split(' ').take(MOST_SIGNATURES);
    let good = entries.into_iter().any(|entry| checks.iter().any(|check| check.accepts(entry, &content)));
    if good { Ok(()) } else { Err(Error::NoGoodSignature) }
}

/// What an answer means for the delivery.
#[must_use]
pub fn judge(heard: &Heard) -> Verdict {
    match heard {
        Heard::Answer { status, retry_after_s, excerpt } => by_status(*status, *retry_after_s, excerpt),
        // Names and certificates are put right, so even a forbidden address may be another one next time.
        Heard::NothingSent { why } => {
            Verdict::Passing { why: line(&why.to_string()), retry_after_s: None, may_have_arrived: false }
        }
        Heard::NoAnswer { why } => Verdict::NoAnswer { why: line(&why.to_string()) },
    }
}

/// Spec: Standard Webhooks 1.0.0 "Delivery success and failure"; RFC 9110 §15, RFC 8470 §5.2 for 425, RFC 6585 §4 for 429.
fn by_status(status: u16, retry_after_s: Option<u32>, excerpt: &str) -> Verdict {
    let said = line(format!("HTTP {status} {excerpt}").trim_end());
    let passing = |may_have_arrived| Verdict::Passing {
        why: said.clone(),
        retry_after_s: retry_after_s.map(|s| s.min(LONGEST_WAIT_S)),
        may_have_arrived,
    };
    match status {
        200..=299 => Verdict::Acknowledged { reference: said },
        // It was turned away before it was read.
        408 | 425 | 429 | 503 => passing(false),
        // It broke on the way or at work; a gateway may have passed it on.
        500..=599 => passing(true),
        // A redirect is not followed: the address is to be corrected by a person.
        300..=499 => Verdict::Lasting { why: said, gone: status == 410 },
        // No final status of HTTP.
        _ => Verdict::NoAnswer { why: said },
    }
}

// What keys and messages are made of.

impl Shared {
    /// Spec: Standard Webhooks 1.0.0 "Signature scheme": at least 24 bytes, 512 bits at most.
    fn parse(text: &str) -> Result<Self, Error> {
        let secret = decode(text)?;
        let wrong = Error::SecretLength { bytes: secret.len() };
        if !(24..=64).contains(&secret.len()) {
            return Err(wrong);
        }
        Hmac::new_from_slice(&secret).map(Self).map_err(|_| wrong)
    }

    fn over(&self, content: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(content)
    }
}

fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    BASE64.decode(text).map(Zeroizing::new).map_err(|_| Error::KeyNotBase64)
}

/// Spec: Standard Webhooks 1.0.0 "Signature scheme".
fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

/// A dot would let one message pass for another. Spec: Standard Webhooks 1.0.0 "Signature scheme".
fn checked_id(id: &str) -> Result<(), Error> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if (1..=128).contains(&id.len()) && id.bytes().all(plain) { Ok(()) } else { Err(Error::BadId) }
}

/// One line of at most 200 bytes: as long as the telegram machine keeps.
pub(crate) fn line(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    while line.len() > LONGEST_LINE {
        line.pop();
    }
    line
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shared(_) => f.write_str("Shared(secret)"),
            Self::Private(key) => f.debug_tuple("Private").field(&key.verifying_key().to_bytes()).finish(),
        }
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shared(_) => f.write_str("Shared(secret)"),
            Self::Public(key) => f.debug_tuple("Public").field(&key.to_bytes()).finish(),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::KeyPrefix => "a key starts with whsec_ (shared), whsk_ (private) or whpk_ (public)",
            Self::KeyNotBase64 => "what follows the key's first word is not base64",
            Self::SecretLength { bytes } => {
                return write!(f, "the shared secret has {bytes} bytes: it needs 24 to 64");
            }
            Self::BadKey => "not an Ed25519 key",
            Self::NoKey => "there is no key",
            Self::BadId => "an id is 1 to 128 letters, digits, `_` and `-`",
            Self::BadTimestamp => "the time is not whole seconds",
            Self::TooOld => "the message is older than 5 minutes",
            Self::TooNew => "the message is from more than 5 minutes ahead",
            Self::NoGoodSignature => "no signature is good under a known key",
        })
    }
}

impl std::error::Error for Error {}

/// Other libraries hand out secrets with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// More are not tried.
const MOST_SIGNATURES: usize = 16;
const LONGEST_LINE: usize = 200;
