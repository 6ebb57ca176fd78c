//! The sentence of each error: what is wrong, where, and what to do about it.
//!
//! Refuses to add anything the variant does not carry.

use std::fmt;

use super::Error;

#[expect(clippy::too_many_lines, reason = "one sentence for each variant")]
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::JsonRefused { what, line, column, problem } => {
                write!(
                    f,
                    "{what}: {problem}, at line {line} column {column}; write it as its specification says"
                )
            }
            Error::JsonNotCanonical { what, offset } => {
                write!(
                    f,
                    "{what}: not canonical JSON (RFC 8785) from byte {offset} on; re-encode it canonically"
                )
            }
            Error::JsonNotEncodable { problem } => {
                write!(f, "no canonical JSON for this value: {problem}; use string keys, each once")
            }
            Error::JsonNumberRefused { number } => {
                write!(f, "JSON number {number}: use an integer within ±(2^53 - 1), or a string")
            }
            Error::HexRefused { what, characters } => {
                write!(
                    f,
                    "{what}: need 64 lower-case hex characters, found {characters} characters that are not that"
                )
            }
            Error::Base64Refused { what } => {
                write!(
                    f,
                    "{what}: not base64; use the standard alphabet of RFC 4648 § 4, padded, on one line"
                )
            }
            Error::Base64Length { what, expected, found } => {
                write!(f, "{what}: need base64 of {expected} bytes, found {found} bytes")
            }
            Error::DecimalRefused { what } => {
                write!(f, "{what}: need a decimal number below 2^64 without sign or leading zeros")
            }
            Error::NotUtf8 { what, offset } => {
                write!(f, "{what}: not UTF-8 from byte {offset} on; check that this is the right file")
            }
            Error::ControlCharacter { what, offset } => {
                write!(f, "{what}: control character at byte {offset}; only newlines are allowed")
            }
            Error::LineRefused { what, line, expected } => write!(f, "{what}: line {line}: need {expected}"),
            Error::TooLong { what, bytes, limit } => {
                write!(f, "{what}: {bytes} bytes, {limit} allowed; put what is long in the body")
            }
            Error::KeyRefused => {
                write!(
                    f,
                    "public key: not a point of Ed25519, or one of small order; get the key again from its holder"
                )
            }
            Error::SignatureRefused { key } => {
                write!(f, "signature: not by key {key} over these bytes; do not rely on them")
            }
            Error::AttesterMismatch { header, key } => {
                write!(f, "header: attester is {header}, the key at hand is {key}; use the attester's key")
            }
            Error::HeaderVersion { found } => write!(f, "header: version {found}; only version 1 is known"),
            Error::InstantRefused { found } => {
                write!(f, "header: known_at is \"{found}\"; write it as YYYY-MM-DDTHH:MM:SSZ")
            }
            Error::NameRefused { field, found } => {
                write!(
                    f,
                    "header: {field} is \"{found}\"; use 1 to 128 of a-z 0-9 . _ : -, first a letter or digit"
                )
            }
            Error::PayloadTypeUnknown { found } => {
                write!(
                    f,
                    "payload type \"{found}\" is unknown; real, drill and history statements of version 1 are known"
                )
            }
            Error::SignatureCount { found } => {
                write!(f, "envelope: {found} signatures; it must have exactly one")
            }
            Error::IndexOutsideTree { index, size } => {
                write!(f, "index {index} is outside a tree of {size} leaves; check both numbers")
            }
            Error::SizesRefused { old_size, new_size } => {
                write!(
                    f,
                    "no consistency proof from size {old_size} to {new_size}; need 0 < old size <= new size"
                )
            }
            Error::ProofLength { hashes, size } => {
                write!(f, "proof: {hashes} hashes do not fit a tree of {size} leaves; fetch the proof again")
            }
            Error::RootMismatch { expected, computed } => {
                write!(f, "proof: leads to root {computed}, not to {expected}; do not rely on it")
            }
            Error::KeyNameRefused { name } => {
                write!(
                    f,
                    "key name \"{name}\": must not be empty nor have spaces, plus or control characters"
                )
            }
            Error::VerifierRefused { found } => {
                write!(
                    f,
                    "verifier key \"{found}\": not name+hash+key with the hash of that name and key; copy it again"
                )
            }
            Error::VerifierAlgorithm { found } => {
                write!(f, "verifier key: type {found:#04x}; only Ed25519 (0x01) is known")
            }
            Error::NoteSignatureRefused { name } => {
                write!(f, "note: bad signature in the name of {name}; do not rely on the note")
            }
            Error::NoteUnsigned => {
                write!(f, "note: signed by none of the known keys; check the verifier keys")
            }
            Error::TooManySignatures { limit } => {
                write!(f, "note: more than {limit} signatures; remove unknown ones")
            }
            Error::OriginMismatch { origin, name } => {
                write!(
                    f,
                    "checkpoint: of log \"{origin}\", not of \"{name}\"; use the checkpoint of that log"
                )
            }
            Error::QuorumMissing { quorum, found } => write!(
                f,
                "the checkpoint has {found} good cosignatures, too few for the quorum {quorum}; ask the witnesses, or a later proof"
            ),
            Error::TileRefused { what, problem } => {
                write!(f, "{what}: {problem}; fetch it again, or rebuild it from the entries")
            }
            Error::PathRefused { found } => {
                write!(
                    f,
                    "\"{found}\": no path of a tile; need tile/<level>/<number> or tile/entries/<number>"
                )
            }
            Error::ProofWithoutStatement => {
                write!(f, "tlog-proof: has no `extra` line; it must carry the statement's envelope")
            }
        }
    }
}
