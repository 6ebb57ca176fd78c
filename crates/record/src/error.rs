//! Every way this room refuses its input.
//!
//! Refuses to guess: an error names what was wrong, where, and what to do, and there is no variant for "something".

mod sentence;

use crate::digest::Digest;
use crate::keys::KeyId;

/// Why bytes were refused. Texts taken from the input are cut short and fit to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Not JSON, or not JSON of the document's form.
    JsonRefused {
        /// The document.
        what: &'static str,
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault.
        column: usize,
        /// What the JSON reader said.
        problem: String,
    },
    /// JSON of the right form in another spelling than the canonical one.
    JsonNotCanonical {
        /// The document.
        what: &'static str,
        /// How many bytes agree with the canonical spelling.
        offset: usize,
    },
    /// A value that has no canonical JSON.
    JsonNotEncodable {
        /// What the JSON writer said.
        problem: String,
    },
    /// A number that is not an integer of at most 53 bits.
    JsonNumberRefused {
        /// The number as it would have been written.
        number: String,
    },
    /// Not 64 lower-case hex characters.
    HexRefused {
        /// The field.
        what: &'static str,
        /// How many characters were found.
        characters: usize,
    },
    /// Not padded base64.
    Base64Refused {
        /// The field.
        what: &'static str,
    },
    /// Base64 of the wrong number of bytes.
    Base64Length {
        /// The field.
        what: &'static str,
        /// How many bytes it must hold.
        expected: usize,
        /// How many it holds.
        found: usize,
    },
    /// Not an unsigned decimal of at most 64 bits without leading zeros.
    DecimalRefused {
        /// The field.
        what: &'static str,
    },
    /// Not UTF-8.
    NotUtf8 {
        /// The document.
        what: &'static str,
        /// Where it stops being UTF-8.
        offset: usize,
    },
    /// A control character other than newline.
    ControlCharacter {
        /// The document.
        what: &'static str,
        /// Where it is.
        offset: usize,
    },
    /// A line of a text form is not what the form says.
    LineRefused {
        /// The document.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// More bytes than the form allows.
    TooLong {
        /// The document.
        what: &'static str,
        /// How many bytes it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// Not a usable Ed25519 public key.
    KeyRefused,
    /// A signature that is not by this key over these bytes.
    SignatureRefused {
        /// The key it was checked with.
        key: KeyId,
    },
    /// The header names another attester than the key at hand.
    AttesterMismatch {
        /// The key named in the header.
        header: KeyId,
        /// The key at hand.
        key: KeyId,
    },
    /// A header of an unknown version.
    HeaderVersion {
        /// The version found.
        found: u8,
    },
    /// A `known_at` of the wrong shape.
    InstantRefused {
        /// The text found.
        found: String,
    },
    /// A statement or subject name with characters or a length that are not allowed.
    NameRefused {
        /// The header field.
        field: &'static str,
        /// The text found.
        found: String,
    },
    /// A payload type that is none of ours.
    PayloadTypeUnknown {
        /// The text found.
        found: String,
    },
    /// An envelope with no signature or several.
    SignatureCount {
        /// How many it has.
        found: usize,
    },
    /// A leaf index at or above the size of the tree.
    IndexOutsideTree {
        /// The index.
        index: u64,
        /// The size.
        size: u64,
    },
    /// Tree sizes between which there is no consistency proof.
    SizesRefused {
        /// The size said to be older.
        old_size: u64,
        /// The size said to be newer.
        new_size: u64,
    },
    /// A proof with too few or too many hashes for its tree.
    ProofLength {
        /// How many hashes it has.
        hashes: usize,
        /// The size of the tree.
        size: u64,
    },
    /// A proof that leads to another root.
    RootMismatch {
        /// The root that was to be proven.
        expected: Digest,
        /// The root the proof leads to.
        computed: Digest,
    },
    /// A key name that is empty or has a space, a plus or a control character.
    KeyNameRefused {
        /// The name.
        name: String,
    },
    /// A verifier key that is not `name+hash+key`, or whose hash is not that of its name and key.
    VerifierRefused {
        /// The text found.
        found: String,
    },
    /// A verifier key of an algorithm other than Ed25519.
    VerifierAlgorithm {
        /// The type byte found.
        found: u8,
    },
    /// A bad signature in the name of a known key.
    NoteSignatureRefused {
        /// The name of the key.
        name: String,
    },
    /// A note that no known key signed.
    NoteUnsigned,
    /// A note with too many signatures.
    TooManySignatures {
        /// How many are allowed.
        limit: usize,
    },
    /// A checkpoint of another log.
    OriginMismatch {
        /// The origin it states.
        origin: String,
        /// The log it was checked for.
        name: String,
    },
    /// A checkpoint with fewer good cosignatures than the policy asks.
    QuorumMissing {
        /// The name of the quorum.
        quorum: String,
        /// How many good cosignatures of the policy's witnesses there are.
        found: usize,
    },
    /// A tile, a bundle or a path that the layout does not have.
    TileRefused {
        /// What it was read as.
        what: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A path that names no tile and no bundle.
    PathRefused {
        /// The path.
        found: String,
    },
    /// A proof that does not carry the statement it is about.
    ProofWithoutStatement,
}

impl std::error::Error for Error {}

/// A text from the input, fit to print: cut at 160 characters, what cannot be seen or would end a quotation escaped.
pub(crate) fn excerpt(text: &str) -> String {
    let cut = if text.chars().nth(160).is_some() { "..." } else { "" };
    let start: String = text.chars().take(160).collect();
    format!("{}{cut}", start.escape_debug())
}
