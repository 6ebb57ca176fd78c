//! Ed25519 keys and their names.
//!
//! Refuses to know whose key it is, where it is kept, or how its seed was made. Spec: RFC 8032, with the one stricter
//! rule of [`VerifyingKey::verify`].

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::{Digest, sha256};
use crate::error::Error;
use crate::text;

/// A private key. It is never printed and has no text form.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

/// A public key: a valid Ed25519 point that is not of small order. In text it is padded base64 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

/// The name of a key: the SHA-256 of its 32 public bytes, as lower-case hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub Digest);

impl SigningKey {
    /// The key of a 32-byte seed. Trusts: the caller to have drawn the seed well and to keep it secret; an attacker
    /// who owns it could sign anything in this key's name.
    pub fn from_seed(seed: &[u8; 32]) -> SigningKey {
        SigningKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// The name of this key.
    pub fn id(&self) -> KeyId {
        self.verifying_key().id()
    }

    /// Signs raw bytes. Kept inside the crate: callers sign statements and notes, whose bytes cannot be mistaken for
    /// each other (a note ends in a newline, a DSSE message here in `}`).
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl VerifyingKey {
    /// Reads 32 public bytes; refuses what is not a curve point in its one spelling, and points of small order, under
    /// which a signature proves nothing.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<VerifyingKey, Error> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| Error::KeyRefused)?;
        // Spec: RFC 8032 § 5.1.3 step 1: decoding fails if y is not below p; the library lets such spellings pass.
        if key.is_weak() || key.to_edwards().compress().to_bytes() != *bytes {
            return Err(Error::KeyRefused);
        }
        Ok(VerifyingKey(key))
    }

    /// The 32 public bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The name of this key.
    pub fn id(&self) -> KeyId {
        KeyId(sha256(self.0.as_bytes()))
    }

    /// Checks a signature over `message`. Verifiers of Ed25519 disagree on edge cases; this is the one rule here.
    // Spec: docs of ed25519-dalek 3.0 `verify_strict`: RFC 8032 § 5.1.7 without the cofactor, canonical S and R, and
    // neither R nor the key of small order. Never a batch verification: its verdicts differ.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).map_err(|_| Error::SignatureRefused { key: self.id() })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(secret of {})", self.id())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::to_base64(self.0.as_bytes()))
    }
}

impl FromStr for VerifyingKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<VerifyingKey, Error> {
        VerifyingKey::from_bytes(&text::from_base64_exact(text, "public key")?)
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<VerifyingKey, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<KeyId, Error> {
        text::from_hex(text, "key id").map(|bytes| KeyId(Digest(bytes)))
    }
}
