//! A signed statement: a fixed header, a class and one signature; its envelope and its log entry.
//!
//! Refuses to know what the body says, whether the attester may say it, or whether `known_at` is a real date: it sees
//! the shape of the header and the digest of the body. The body can be erased and every signature stays good.
//! Spec: DSSE protocol.md 1.0.0 and envelope.md <https://github.com/secure-systems-lab/dsse>, where a verifier "MUST
//! accept" URL-safe base64 too. Deviates: only canonical JSON and standard padded base64 are read, because one statement
//! must have one spelling. The entry is this project's own form, [`to_entry`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::canonical::{from_canonical, to_canonical};
use crate::digest::{Digest, sha256_of};
use crate::error::{Error, excerpt};
use crate::header;
use crate::keys::{KeyId, SigningKey, VerifyingKey};
use crate::text;

pub use crate::header::Header;

/// What kind of record a statement belongs to. It is signed, so a statement cannot move from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The world as it happens.
    Real,
    /// An exercise.
    Drill,
    /// A past event, written down from its sources.
    History,
}

/// A header, its class, and the attester's signature over both. Reading one checks its shape; only
/// [`verify_signature`] checks its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    /// Which kind of record it is for.
    pub class: Class,
    /// What was signed.
    pub header: Header,
    /// Ed25519 over the DSSE pre-authentication encoding.
    pub signature: [u8; 64],
}

/// 32 unguessable bytes hashed before a body, so that the digest of an erased body cannot be guessed back. Erase the
/// salt with the body. In text it is 64 lower-case hex characters; `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// No log entry is longer.
// Spec: c2sp.org/tlog-tiles "Log entries": the length of an entry is a uint16.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The digest a header carries for its body: SHA-256 of the salt followed by the body.
pub fn body_digest(salt: &Salt, body: &[u8]) -> Digest {
    sha256_of(&[&salt.0, body])
}

/// Signs a header. The header must already name the signing key as its attester.
pub fn sign(class: Class, header: Header, key: &SigningKey) -> Result<SignedStatement, Error> {
    check_attester(&header, key.id())?;
    let signature = key.sign(&pre_authentication_encoding(class, &header::to_bytes(&header)?));
    Ok(SignedStatement { class, header, signature })
}

/// Checks that `key` is the attester's and that it signed this header for this class.
pub fn verify_signature(signed: &SignedStatement, key: &VerifyingKey) -> Result<(), Error> {
    check_attester(&signed.header, key.id())?;
    key.verify(
        &pre_authentication_encoding(signed.class, &header::to_bytes(&signed.header)?),
        &signed.signature,
    )
}

/// The DSSE envelope as canonical JSON: one signature, padded base64.
pub fn to_envelope(signed: &SignedStatement) -> Result<Vec<u8>, Error> {
    to_canonical(&Envelope {
        payload: text::to_base64(&header::to_bytes(&signed.header)?),
        payload_type: signed.class.payload_type().to_owned(),
        signatures: vec![EnvelopeSignature {
            keyid: signed.header.attester,
            sig: text::to_base64(&signed.signature),
        }],
    })
}

/// Reads an envelope, and refuses any bytes but those [`to_envelope`] makes. Does not check the signature.
pub fn from_envelope(bytes: &[u8]) -> Result<SignedStatement, Error> {
    check_length(bytes, "envelope")?;
    let envelope: Envelope = from_canonical(bytes, "envelope")?;
    // Spec: DSSE allows several signatures; Deviates: one statement has one attester, so exactly one.
    let [signature] = envelope.signatures.as_slice() else {
        return Err(Error::SignatureCount { found: envelope.signatures.len() });
    };
    let class = Class::from_payload_type(&envelope.payload_type)?;
    let header = header::from_bytes(&text::from_base64(&envelope.payload, "envelope payload")?)?;
    // Spec: DSSE keyid is an unauthenticated hint; what decides is the attester in the signed header.
    check_attester(&header, signature.keyid)?;
    let signature = text::from_base64_exact(&signature.sig, "envelope signature")?;
    Ok(SignedStatement { class, header, signature })
}

/// The log entry, the bytes hashed into the tree. Five lines, each ended by a newline: `ascertain/entry/v1`, payload
/// type, key id in hex, signature in padded base64, payload.
pub fn to_entry(signed: &SignedStatement) -> Result<Vec<u8>, Error> {
    let fields = [
        ENTRY_FORM.as_bytes(),
        signed.class.payload_type().as_bytes(),
        &signed.header.attester.to_string().into_bytes(),
        &text::to_base64(&signed.signature).into_bytes(),
        &header::to_bytes(&signed.header)?,
    ];
    let entry: Vec<u8> = fields.iter().flat_map(|field| [*field, b"\n"].concat()).collect();
    check_length(&entry, "entry")?;
    Ok(entry)
}

/// Reads a log entry, and refuses any bytes but those [`to_entry`] makes. Does not check the signature.
pub fn from_entry(bytes: &[u8]) -> Result<SignedStatement, Error> {
    check_length(bytes, "entry")?;
    let lines: Vec<&str> = text::from_utf8(bytes, "entry")?.split('\n').collect();
    let &[form, payload_type, key_id, signature, payload, ""] = lines.as_slice() else {
        return Err(Error::LineRefused { what: "entry", line: lines.len(), expected: "five ended lines" });
    };
    if form != ENTRY_FORM {
        return Err(Error::LineRefused { what: "entry", line: 1, expected: ENTRY_FORM });
    }
    let class = Class::from_payload_type(payload_type)?;
    let header = header::from_bytes(payload.as_bytes())?;
    check_attester(&header, key_id.parse()?)?;
    let signature = text::from_base64_exact(signature, "entry signature")?;
    Ok(SignedStatement { class, header, signature })
}

impl Class {
    /// The DSSE payload type, which is signed.
    pub fn payload_type(self) -> &'static str {
        match self {
            Class::Real => "application/vnd.ascertain.statement.real.v1+json",
            Class::Drill => "application/vnd.ascertain.statement.drill.v1+json",
            Class::History => "application/vnd.ascertain.statement.history.v1+json",
        }
    }

    /// The class that a record of this origin holds. The origin is signed in every checkpoint, so a drill's record can
    /// never pass for a real one, whatever is in it.
    // Spec: docs/spec.md § 10.5.7.
    pub fn of_origin(origin: &str) -> Class {
        match origin.split_once('/') {
            Some(("drill", _)) => Class::Drill,
            Some(("ascertain", rest)) if rest.starts_with("history/") => Class::History,
            _ if origin == "drill" => Class::Drill,
            _ => Class::Real,
        }
    }

    /// The class of a payload type; any other type is refused.
    pub fn from_payload_type(text: &str) -> Result<Class, Error> {
        [Class::Real, Class::Drill, Class::History]
            .into_iter()
            .find(|class| class.payload_type() == text)
            .ok_or_else(|| Error::PayloadTypeUnknown { found: excerpt(text) })
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(not shown)")
    }
}

impl Serialize for Salt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text::to_hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Salt, D::Error> {
        let text = String::deserialize(deserializer)?;
        text::from_hex(&text, "salt").map(Salt).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeSignature {
    keyid: KeyId,
    sig: String,
}

// Spec: DSSE protocol.md 1.0.0 "Signature Definition": PAE(type, body) =
// "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, lengths in ASCII decimal.
fn pre_authentication_encoding(class: Class, payload: &[u8]) -> Vec<u8> {
    let payload_type = class.payload_type();
    let prefix = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [prefix.as_bytes(), payload].concat()
}

fn check_attester(header: &Header, key: KeyId) -> Result<(), Error> {
    if header.attester != key {
        return Err(Error::AttesterMismatch { header: header.attester, key });
    }
    Ok(())
}

fn check_length(bytes: &[u8], what: &'static str) -> Result<(), Error> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Error::TooLong { what, bytes: bytes.len(), limit: MAX_ENTRY_BYTES });
    }
    Ok(())
}

const ENTRY_FORM: &str = "ascertain/entry/v1";
