//! COSE receipts: a log's inclusion proof for readers of CBOR.
//!
//! Refuses to replace the tlog-proof: a receipt carries neither the statement nor a witness's signature, and the log signs
//! in it the root alone, so its size is only claimed. Spec: RFC 9942
//! "COSE Receipts", verifiable data structure 1 (RFC9162_SHA256), with the deterministic encoding of RFC 8949 § 4.2.1.

use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};

use crate::digest::Digest;
use crate::error::Error;
use crate::keys::{SigningKey, VerifyingKey};
use crate::merkle::root_from_inclusion;

/// An inclusion proof, as a receipt carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The size of the tree.
    pub size: u64,
    /// Where in it the entry is, from 0.
    pub index: u64,
    /// The path, the leaf's sibling first.
    pub hashes: Vec<Digest>,
}

/// A receipt signed by the log over the root.
pub fn to_receipt(inclusion: &Inclusion, root: &Digest, log: &SigningKey) -> Result<Vec<u8>, Error> {
    let protected = protected()?;
    let signature = log.sign(&signed_bytes(&protected, root)?);
    let proof = write(|e| {
        e.array(3)?.u64(inclusion.size)?.u64(inclusion.index)?;
        e.array(length(&inclusion.hashes))?;
        inclusion.hashes.iter().try_for_each(|hash| e.bytes(&hash.0).map(drop))
    })?;
    write(|e| {
        e.tag(Tag::new(COSE_SIGN1))?.array(4)?.bytes(&protected)?;
        e.map(1)?.i64(PROOFS)?.map(1)?.i64(INCLUSION)?.array(1)?.bytes(&proof)?;
        e.null()?.bytes(&signature).map(drop)
    })
}

/// Checks a receipt for the entry with this leaf hash, and returns its proof and the root that was signed.
pub fn verify(receipt: &[u8], leaf: &Digest, log: &VerifyingKey) -> Result<(Inclusion, Digest), Error> {
    let Parts { protected, proof, signature } = read(receipt)?;
    let inclusion = read_proof(proof)?;
    let root = root_from_inclusion(inclusion.index, inclusion.size, leaf, &inclusion.hashes)?;
    let signature = signature.try_into().map_err(|_| refused("a signature of 64 bytes"))?;
    log.verify(&signed_bytes(protected, &root)?, signature)?;
    Ok((inclusion, root))
}

struct Parts<'a> {
    protected: &'a [u8],
    proof: &'a [u8],
    signature: &'a [u8],
}

// Spec: RFC 9942 § 5.2: a COSE_Sign1 whose payload, the root, is detached.
fn read(receipt: &[u8]) -> Result<Parts<'_>, Error> {
    let parts = |d: &mut Decoder<'_>| {
        let tag = d.tag()?.as_u64();
        let array = d.array()?;
        Ok((tag, array))
    };
    let mut d = Decoder::new(receipt);
    if parts(&mut d).map_err(cbor)? != (COSE_SIGN1, Some(4)) {
        return Err(refused("a tagged COSE_Sign1 of four"));
    }
    let protected = d.bytes().map_err(cbor)?;
    check_protected(protected)?;
    let header = (d.map().map_err(cbor)?, d.i64().map_err(cbor)?);
    let proofs = (d.map().map_err(cbor)?, d.i64().map_err(cbor)?, d.array().map_err(cbor)?);
    if header != (Some(1), PROOFS) || proofs != (Some(1), INCLUSION, Some(1)) {
        return Err(refused("one inclusion proof and nothing else in the unprotected header"));
    }
    let proof = d.bytes().map_err(cbor)?;
    d.null().map_err(cbor)?;
    let signature = d.bytes().map_err(cbor)?;
    if d.position() != receipt.len() {
        return Err(refused("nothing after the signature"));
    }
    Ok(Parts { protected, proof, signature })
}

/// EdDSA and RFC9162_SHA256, in either order; nothing else.
fn check_protected(bytes: &[u8]) -> Result<(), Error> {
    let mut d = Decoder::new(bytes);
    let count = d.map().map_err(cbor)?;
    let mut pair = || Ok::<_, minicbor::decode::Error>((d.i64()?, d.i64()?));
    let mut pairs = [pair().map_err(cbor)?, pair().map_err(cbor)?];
    pairs.sort_unstable();
    if count != Some(2)
        || d.position() != bytes.len()
        || pairs != [(ALGORITHM, EDDSA), (STRUCTURE, RFC9162_SHA256)]
    {
        return Err(refused("the algorithm EdDSA and the structure RFC9162_SHA256 in the protected header"));
    }
    Ok(())
}

fn read_proof(bytes: &[u8]) -> Result<Inclusion, Error> {
    let mut d = Decoder::new(bytes);
    let three = d.array().map_err(cbor)?;
    let (size, index) = (d.u64().map_err(cbor)?, d.u64().map_err(cbor)?);
    let count = d.array().map_err(cbor)?.filter(|count| *count <= MAX_HASHES && three == Some(3));
    let count = count.ok_or_else(|| refused("size, index and at most 64 hashes in the proof"))?;
    let mut hashes = Vec::new();
    for _ in 0..count {
        let hash = d.bytes().map_err(cbor)?.try_into();
        hashes.push(Digest(hash.map_err(|_| refused("hashes of 32 bytes"))?));
    }
    if d.position() != bytes.len() {
        return Err(refused("nothing after the hashes"));
    }
    Ok(Inclusion { size, index, hashes })
}

fn protected() -> Result<Vec<u8>, Error> {
    write(|e| e.map(2)?.i64(ALGORITHM)?.i64(EDDSA)?.i64(STRUCTURE)?.i64(RFC9162_SHA256).map(drop))
}

// Spec: RFC 9052 § 4.4: Sig_structure ["Signature1", protected, external_aad, payload].
fn signed_bytes(protected: &[u8], root: &Digest) -> Result<Vec<u8>, Error> {
    write(|e| e.array(4)?.str("Signature1")?.bytes(protected)?.bytes(b"")?.bytes(&root.0).map(drop))
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(into: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Result<Vec<u8>, Error> {
    let mut encoder = Encoder::new(Vec::new());
    into(&mut encoder).map_err(|_| refused("a value that CBOR can hold"))?;
    Ok(encoder.into_writer())
}

fn length(hashes: &[Digest]) -> u64 {
    u64::try_from(hashes.len()).unwrap_or(u64::MAX)
}

fn cbor(_error: minicbor::decode::Error) -> Error {
    refused("CBOR of a COSE receipt")
}

fn refused(expected: &'static str) -> Error {
    Error::LineRefused { what: "COSE receipt", line: 1, expected }
}

// Spec: RFC 9052 § 2 and § 3.1, RFC 9053 § 2.2, RFC 9942 §§ 3 and 5.
const COSE_SIGN1: u64 = 18;
const ALGORITHM: i64 = 1;
const EDDSA: i64 = -8;
const STRUCTURE: i64 = 395;
const RFC9162_SHA256: i64 = 1;
const PROOFS: i64 = 396;
const INCLUSION: i64 = -1;
const MAX_HASHES: u64 = 64;
