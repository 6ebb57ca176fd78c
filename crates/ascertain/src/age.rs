//! Files in the age format, to one X25519 recipient: sealed here, opened there with `age`, and the other way.
//!
//! Refuses every other kind of recipient, and to know what is in a file.
// Spec: age-encryption.org/v1, c2sp.org/age

mod armor;
mod header;
mod keys;
mod payload;

pub use armor::armored;
pub use keys::{Identity, Recipient};

use zeroize::Zeroizing;

use crate::error::Error;

/// Why a file cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The armour is not as it must be.
    Armor,
    /// It does not begin as an age file does, or its header is not canonical.
    Header,
    /// It is sealed to somebody else.
    NoMatch,
    /// The header was changed.
    Mac,
    /// What it holds was changed, or cut off.
    Payload,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Armor => "its armour is damaged",
            Self::Header => "it is no file in the age format, or its header is damaged",
            Self::NoMatch => "it is sealed to another key",
            Self::Mac => "its header was changed",
            Self::Payload => "its content was changed or is not whole",
        })
    }
}

impl std::error::Error for Fault {}

/// Seals `plain` to a recipient.
///
/// # Errors
/// The system gives no randomness.
pub fn encrypt(to: &Recipient, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut file_key = Zeroizing::new([0; header::FILE_KEY]);
    let mut nonce = [0; payload::NONCE];
    keys::fill(file_key.as_mut_slice())?;
    keys::fill(&mut nonce)?;
    let mut file = header::written(&keys::wrapped(to, &file_key)?, &file_key);
    file.extend(nonce);
    file.extend(payload::sealed(&file_key, &nonce, plain));
    Ok(file)
}

/// Opens a file, in armour or without.
///
/// # Errors
/// It is not of this format, changed, or sealed to another key.
pub fn decrypt(with: &Identity, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let bare = if is_armored(file) { Some(armor::bare(file)?) } else { None };
    let file = bare.as_deref().unwrap_or(file);
    let header = header::parsed(file)?;
    let file_key = keys::unwrapped(with, &header.stanzas)?.ok_or(Fault::NoMatch)?;
    header::check_mac(file, &header, &file_key)?;
    let rest = file.get(header.end..).unwrap_or_default();
    let (nonce, rest) = rest.split_first_chunk::<{ payload::NONCE }>().ok_or(Fault::Header)?;
    payload::opened(&file_key, nonce, rest)
}

/// Whether bytes begin as a file in the age format does, in armour or without.
#[must_use]
pub fn is_sealed(file: &[u8]) -> bool {
    is_armored(file) || file.starts_with(header::VERSION)
}

fn is_armored(file: &[u8]) -> bool {
    file.trim_ascii_start().starts_with(b"-----BEGIN ")
}
