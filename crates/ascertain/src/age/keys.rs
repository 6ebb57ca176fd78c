//! Keys of the age format, `age1…` and `AGE-SECRET-KEY-1…`, and the file key wrapped to one.
//!
//! Refuses keys of any other kind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::Fault;
use super::header::{FILE_KEY, Stanza};
use super::payload::derived;
use crate::error::Error;

/// A private key; overwritten when it is dropped.
pub struct Identity(StaticSecret);

/// A public key: whom a file is sealed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(PublicKey);

const KIND: &str = "X25519";
const INFO: &[u8] = b"age-encryption.org/v1/X25519";
const SECRET: &str = "AGE-SECRET-KEY-";
const PUBLIC: &str = "age";

impl Identity {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        fill(bytes.as_mut_slice())?;
        Ok(Self::from_bytes(&bytes))
    }

    /// That of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(StaticSecret::from(*bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads `AGE-SECRET-KEY-1…`; nothing if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = !text.bytes().any(|b| b.is_ascii_lowercase());
        upper.then(|| decoded(SECRET, text)).flatten().map(|bytes| Self::from_bytes(&bytes))
    }

    /// `AGE-SECRET-KEY-1…`
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let hrp = Hrp::parse_unchecked(SECRET);
        // 32 bytes are never too many.
        Zeroizing::new(bech32::encode_upper::<Bech32>(hrp, self.bytes().as_slice()).unwrap_or_default())
    }

    /// Whom to seal to, so that this opens it.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(PublicKey::from(&self.0))
    }
}

impl Recipient {
    /// Reads `age1…`; nothing if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
        let key = PublicKey::from(*lower.then(|| decoded(PUBLIC, text)).flatten()?);
        // To a point of low order everybody has the secret.
        let everybody = StaticSecret::from([1; 32]);
        everybody.diffie_hellman(&key).was_contributory().then_some(Self(key))
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hrp = Hrp::parse_unchecked(PUBLIC);
        f.write_str(&bech32::encode::<Bech32>(hrp, self.0.as_bytes()).map_err(|_| std::fmt::Error)?)
    }
}

fn decoded(hrp: &str, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let hrp = Hrp::parse(hrp).ok().filter(|hrp| *hrp == checked.hrp())?;
    let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(checked.byte_iter().collect());
    // The bits that fill up the last character must be those that are written.
    let again = Zeroizing::new(bech32::encode_lower::<Bech32>(hrp, &bytes).ok()?);
    let canonical = again.eq_ignore_ascii_case(text);
    canonical.then(|| <[u8; 32]>::try_from(bytes.as_slice()).ok()).flatten().map(Zeroizing::new)
}

/// The stanza that holds a file key for a recipient.
pub(super) fn wrapped(to: &Recipient, file_key: &[u8; FILE_KEY]) -> Result<Stanza, Error> {
    let once = Identity::generate()?;
    let share = PublicKey::from(&once.0);
    let cipher = wrapping(&once.0.diffie_hellman(&to.0), &share, &to.0);
    let args = vec![KIND.to_owned(), STANDARD_NO_PAD.encode(share.as_bytes())];
    // 16 bytes are never too many.
    let body = cipher.encrypt(&Nonce::default(), file_key.as_slice()).unwrap_or_default();
    Ok(Stanza { args, body })
}

/// The file key, if one of the stanzas is for this key.
pub(super) fn unwrapped(
    with: &Identity,
    stanzas: &[Stanza],
) -> Result<Option<Zeroizing<[u8; FILE_KEY]>>, Fault> {
    let mut found = None;
    for stanza in stanzas {
        let kind = stanza.args.first().map(String::as_str);
        // A passphrase stands alone, or whoever knows it could have changed the rest.
        if kind == Some("scrypt") && stanzas.len() > 1 {
            return Err(Fault::Header);
        }
        if kind == Some(KIND) && found.is_none() {
            found = one(with, stanza)?;
        }
    }
    Ok(found)
}

fn one(with: &Identity, stanza: &Stanza) -> Result<Option<Zeroizing<[u8; FILE_KEY]>>, Fault> {
    let [_, share] = stanza.args.as_slice() else { return Err(Fault::Header) };
    let share = STANDARD_NO_PAD.decode(share).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let share = PublicKey::from(share.ok_or(Fault::Header)?);
    if stanza.body.len() != 32 {
        return Err(Fault::Header);
    }
    let shared = with.0.diffie_hellman(&share);
    if !shared.was_contributory() {
        return Err(Fault::Header);
    }
    let cipher = wrapping(&shared, &share, &PublicKey::from(&with.0));
    let opened = cipher.decrypt(&Nonce::default(), stanza.body.as_slice()).ok().map(Zeroizing::new);
    Ok(opened.and_then(|key| <[u8; FILE_KEY]>::try_from(key.as_slice()).ok()).map(Zeroizing::new))
}

fn wrapping(shared: &x25519_dalek::SharedSecret, share: &PublicKey, to: &PublicKey) -> ChaCha20Poly1305 {
    let salt = [share.as_bytes().as_slice(), to.as_bytes().as_slice()].concat();
    ChaCha20Poly1305::new(&Key::from(*derived(shared.as_bytes(), &salt, INFO)))
}

/// Bytes from the system.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| Error::Usage { message: "the system gives no randomness".into() })
}
