//! Cosignatures: what a witness signs on a log's checkpoint, and the keys it is checked with.
//!
//! Refuses to know the time: a timestamp is an argument when signing and a value when reading. Whether enough witnesses
//! signed is asked of [`crate::witness_policy`]. Spec: c2sp.org/tlog-cosignature@v1.0.1, and the key form of v1.1.0-rc.1
//! for ML-DSA-44.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, excerpt};
use crate::keys::{SigningKey, VerifyingKey};
use crate::note::{self, SignatureLine, check_key_name, read_note};

/// A witness as a verifier knows it: the name and the key it signs with. In text it is a vkey.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Witness {
    name: String,
    key: WitnessKey,
}

/// The kinds of witness key there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WitnessKey {
    /// Type 0x04.
    Ed25519(VerifyingKey),
    /// Type 0x06: 1,312 bytes. Such keys can be written into a policy and are carried along, but this version checks no
    /// signature of theirs, so they count towards no quorum.
    MlDsa44(Vec<u8>),
}

/// A cosignature that was checked and found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Whose it is.
    pub witness: Witness,
    /// Seconds since 1970-01-01T00:00:00Z at which the witness says it signed.
    pub timestamp: u64,
}

/// The signature line of a witness over the text of a checkpoint, with its newline.
pub fn cosign(checkpoint: &str, name: &str, key: &SigningKey, timestamp: u64) -> Result<String, Error> {
    let witness = Witness::new(name, WitnessKey::Ed25519(key.verifying_key()))?;
    if timestamp > LATEST {
        return Err(Error::DecimalRefused { what: "cosignature timestamp" });
    }
    let signature = key.sign(&message(checkpoint, timestamp));
    let stamped = [timestamp.to_be_bytes().as_slice(), &signature].concat();
    Ok(note::signature_line(name, witness.key_hash(), &stamped))
}

/// The good cosignatures of these witnesses on a note, each witness once. A bad one in the name and key hash of a known
/// witness is an error; signatures of others are passed over.
pub fn cosignatures(note: &[u8], witnesses: &[Witness]) -> Result<Vec<Cosignature>, Error> {
    let (text, lines) = read_note(note)?;
    let mut found: Vec<Cosignature> = Vec::new();
    for line in &lines {
        let cosignature = check(line, text, witnesses)?;
        found.extend(cosignature.filter(|new| found.iter().all(|old| old.witness != new.witness)));
    }
    Ok(found)
}

fn check(line: &SignatureLine<'_>, text: &str, witnesses: &[Witness]) -> Result<Option<Cosignature>, Error> {
    let named = |w: &&Witness| w.name == line.name && w.key_hash() == line.key_hash;
    let mut known = false;
    for witness in witnesses.iter().filter(named) {
        let WitnessKey::Ed25519(key) = &witness.key else { continue };
        known = true;
        if let Some(timestamp) = timestamp_of(line, text, key) {
            return Ok(Some(Cosignature { witness: witness.clone(), timestamp }));
        }
    }
    if known { Err(Error::NoteSignatureRefused { name: excerpt(line.name) }) } else { Ok(None) }
}

// Spec: tlog-cosignature "Format": `timestamped_signature`, the timestamp first and big-endian, at most 2^63 - 1.
fn timestamp_of(line: &SignatureLine<'_>, text: &str, key: &VerifyingKey) -> Option<u64> {
    let (timestamp, signature) = line.signature.split_first_chunk::<8>()?;
    let timestamp = u64::from_be_bytes(*timestamp);
    let signature: &[u8; 64] = signature.try_into().ok()?;
    let good = timestamp <= LATEST && key.verify(&message(text, timestamp), signature).is_ok();
    good.then_some(timestamp)
}

// Spec: tlog-cosignature "Ed25519 signed message".
fn message(checkpoint: &str, timestamp: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {timestamp}\n{checkpoint}").into_bytes()
}

impl Witness {
    /// A witness under this name.
    pub fn new(name: &str, key: WitnessKey) -> Result<Witness, Error> {
        check_key_name(name)?;
        Ok(Witness { name: name.to_owned(), key })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub fn key(&self) -> &WitnessKey {
        &self.key
    }

    fn key_hash(&self) -> [u8; 4] {
        note::key_hash(&self.name, self.key.algorithm(), self.key.bytes().as_slice())
    }
}

impl WitnessKey {
    fn algorithm(&self) -> u8 {
        match self {
            WitnessKey::Ed25519(_) => ED25519,
            WitnessKey::MlDsa44(_) => ML_DSA_44,
        }
    }

    /// The public bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            WitnessKey::Ed25519(key) => key.to_bytes().to_vec(),
            WitnessKey::MlDsa44(bytes) => bytes.clone(),
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&note::to_vkey(&self.name, self.key.algorithm(), self.key.bytes().as_slice()))
    }
}

impl FromStr for Witness {
    type Err = Error;

    fn from_str(vkey: &str) -> Result<Witness, Error> {
        let (name, algorithm, bytes) = note::from_vkey(vkey)?;
        let expected = if algorithm == ML_DSA_44 { ML_DSA_44_BYTES } else { 32 };
        let wrong_length = Error::Base64Length {
            what: "witness key",
            expected: expected.saturating_add(1),
            found: bytes.len().saturating_add(1),
        };
        let key = match algorithm {
            ED25519 => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong_length)?;
                WitnessKey::Ed25519(VerifyingKey::from_bytes(&bytes)?)
            }
            ML_DSA_44 if bytes.len() == ML_DSA_44_BYTES => WitnessKey::MlDsa44(bytes),
            ML_DSA_44 => return Err(wrong_length),
            found => return Err(Error::VerifierAlgorithm { found }),
        };
        Witness::new(name, key)
    }
}

/// Signature type of Ed25519 cosignatures.
const ED25519: u8 = 0x04;
/// Signature type of ML-DSA-44 cosignatures.
const ML_DSA_44: u8 = 0x06;
const ML_DSA_44_BYTES: usize = 1312;
// Spec: tlog-cosignature "Format": the timestamp "MUST NOT exceed 2^63 - 1".
const LATEST: u64 = i64::MAX.unsigned_abs();
