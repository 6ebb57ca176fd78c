//! Bodies at rest: sealed under one random key per telegram.
//!
//! Keys lie in files of their own, outside the database, so that a copy of the
//! database opens nothing; destroying a key overwrites and removes its file.
// Spec: RFC 8439 § 2.8 (each key seals one message, so the nonce is fixed)

use std::io::Write;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};

use crate::error::Error;

/// Makes a key for a telegram and seals `plain` under it. The key file is durable when this returns.
/// Every call makes a new key, since a key may seal one message only.
///
/// # Errors
/// No randomness, or the key file cannot be written.
pub fn seal(keys: &Path, telegram: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let key = new_key(&key_file(keys, telegram), telegram)?;
    cipher(&key)
        .encrypt(&Nonce::default(), Payload { msg: plain, aad: telegram.as_bytes() })
        .map_err(|_| Error::Seal { telegram: telegram.into(), message: "cannot be sealed" })
}

/// Opens a sealed body.
///
/// # Errors
/// The key is gone, or the body was changed.
pub fn open(keys: &Path, telegram: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let key = read_key(&key_file(keys, telegram), telegram)?;
    cipher(&key).decrypt(&Nonce::default(), Payload { msg: sealed, aad: telegram.as_bytes() }).map_err(|_| {
        Error::Seal { telegram: telegram.into(), message: "the sealed body was changed or is another's" }
    })
}

/// Overwrites and removes a key. Harmless if it is gone.
///
/// # Errors
/// The file cannot be removed.
pub fn destroy(keys: &Path, telegram: &str) -> Result<(), Error> {
    let path = key_file(keys, telegram);
    let failed = |source| Error::File { path: path.clone(), doing: "cannot be destroyed", source };
    match std::fs::OpenOptions::new().write(true).open(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(e)),
        Ok(mut file) => {
            file.write_all(&[0; 32]).and_then(|()| file.sync_all()).map_err(failed)?;
        }
    }
    std::fs::remove_file(&path).map_err(failed)
}

/// Whether a telegram's key exists.
#[must_use]
pub fn has_key(keys: &Path, telegram: &str) -> bool {
    key_file(keys, telegram).exists()
}

fn key_file(keys: &Path, telegram: &str) -> PathBuf {
    keys.join(format!("{telegram}.key"))
}

fn new_key(path: &Path, telegram: &str) -> Result<[u8; 32], Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|_| Error::Seal { telegram: telegram.into(), message: "the system gives no randomness" })?;
    crate::folder::write_private(path, &key)?;
    Ok(key)
}

fn read_key(path: &Path, telegram: &str) -> Result<[u8; 32], Error> {
    let gone = Error::Seal { telegram: telegram.into(), message: "its key is not there" };
    std::fs::read(path).ok().and_then(|b| b.try_into().ok()).ok_or(gone)
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*key))
}
