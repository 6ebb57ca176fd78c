//! The content of an age file: chunks of 64 KiB, each with its place and whether it is the last under its tag.
//!
//! Refuses to give anything out of a content that is not whole.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Fault;
use super::header::FILE_KEY;

/// Bytes before the chunks.
pub(super) const NONCE: usize = 16;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// The chunks of `plain`.
pub(super) fn sealed(file_key: &[u8; FILE_KEY], nonce: &[u8; NONCE], plain: &[u8]) -> Vec<u8> {
    let cipher = cipher(file_key, nonce);
    let mut out = Vec::with_capacity(plain.len().saturating_add(TAG));
    let (mut rest, mut counter) = (plain, 0_u64);
    loop {
        let (chunk, after) = rest.split_at_checked(CHUNK).unwrap_or((rest, &[]));
        let last = after.is_empty();
        // It fails only beyond 256 GiB, more than memory holds.
        out.extend(cipher.encrypt(&place(counter, last), chunk).unwrap_or_default());
        if last {
            return out;
        }
        (rest, counter) = (after, counter.saturating_add(1));
    }
}

/// What the chunks hold.
pub(super) fn opened(
    file_key: &[u8; FILE_KEY],
    nonce: &[u8; NONCE],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let cipher = cipher(file_key, nonce);
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let (mut rest, mut counter) = (sealed, 0_u64);
    loop {
        let (chunk, after) = rest.split_at_checked(CHUNK.saturating_add(TAG)).unwrap_or((rest, &[]));
        let last = after.is_empty();
        // Only nothing at all is written as an empty chunk.
        if counter > 0 && chunk.len() <= TAG {
            return Err(Fault::Payload);
        }
        let opened = cipher.decrypt(&place(counter, last), chunk).map_err(|_| Fault::Payload)?;
        plain.extend(Zeroizing::new(opened).iter());
        if last {
            return Ok(plain);
        }
        (rest, counter) = (after, counter.saturating_add(1));
    }
}

/// 32 bytes of key, from another and what they are for.
pub(super) fn derived(secret: &[u8], salt: &[u8], what: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // 32 bytes are never too many.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(what, key.as_mut_slice());
    key
}

fn cipher(file_key: &[u8; FILE_KEY], nonce: &[u8; NONCE]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*derived(file_key, nonce, b"payload")))
}

/// A chunk's nonce: 11 bytes of counter, and 1 for the last.
fn place(counter: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().skip(3).zip(counter.to_be_bytes()) {
        *to = from;
    }
    if let Some(flag) = nonce.last_mut() {
        *flag = u8::from(last);
    }
    Nonce::from(nonce)
}
