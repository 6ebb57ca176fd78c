//! Private keys as files: one a file, each with its class and its use.
//!
//! A key signs statements of its own class only, by type: nothing here signs without it. Trusts: the disk; who reads a
//! file can sign in its name until the key is revoked.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proof::Body;
use record::keyring::KeyUse;
use record::keys::SigningKey;
use record::signed_statement::{self, Class, Header, Salt};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::folder;
use crate::sequencer::Packed;

/// A private key, the class it signs, and what for.
pub struct Signer {
    class: Class,
    /// What it signs.
    pub key_use: KeyUse,
    /// Whose it is.
    pub name: String,
    key: SigningKey,
}

/// A key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    form: String,
    class: ClassText,
    #[serde(rename = "use")]
    key_use: KeyUse,
    name: String,
    seed: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClassText {
    Real,
    Drill,
    History,
}

const FORM: &str = "ascertain/key/v1";
const LARGEST: u64 = 4096;

/// Where the private keys of a record lie.
#[must_use]
pub fn folder_of(data: &Path) -> PathBuf {
    data.join("signing")
}

/// Makes a key and writes its file, readable by its owner only.
///
/// # Errors
/// No randomness, a name that is none, or the file cannot be written.
pub fn make(folder: &Path, class: Class, key_use: KeyUse, name: &str) -> Result<Signer, Error> {
    check_name(name)?;
    let seed = random()?;
    let key = SigningKey::from_seed(&seed);
    let file = KeyFile {
        form: FORM.into(),
        class: to_text(class),
        key_use,
        name: name.into(),
        seed: STANDARD.encode(seed),
    };
    let text = toml::to_string(&file).map_err(|e| Error::Usage { message: e.to_string() })?;
    let id = key.id().to_string();
    let path = folder.join(format!("{}.{name}.{}.key", word(key_use), id.get(..8).unwrap_or_default()));
    folder::write_private(&path, text.as_bytes())?;
    Ok(Signer { class, key_use, name: name.into(), key })
}

/// The key of a witness: made if there is none. It is of no class, for a witness signs no statement.
///
/// # Errors
/// No randomness, or the file cannot be read or written.
pub fn witness_key(folder: &Path) -> Result<SigningKey, Error> {
    let path = folder.join("witness.seed");
    if !path.exists() {
        folder::write_private(&path, STANDARD.encode(random()?).as_bytes())?;
    }
    let bytes = folder::read_bytes(&path, LARGEST)?;
    let seed = STANDARD.decode(bytes.trim_ascii()).ok().and_then(|seed| seed.try_into().ok());
    let wrong = || Error::Usage { message: format!("{}: not the key of a witness", path.display()) };
    Ok(SigningKey::from_seed(&seed.ok_or_else(wrong)?))
}

/// Every key in a folder, of one class; a key of another is an error, for it does not belong there.
///
/// # Errors
/// A file that is no key, or of another class.
pub fn read(folder: &Path, class: Class) -> Result<Vec<Signer>, Error> {
    let listed = |source| Error::File { path: folder.into(), doing: "cannot be listed", source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(listed)? {
        paths.push(entry.map_err(listed)?.path());
    }
    paths.sort();
    let keys = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "key"));
    keys.map(|path| read_file(path, class)).collect()
}

fn read_file(path: &Path, class: Class) -> Result<Signer, Error> {
    let text = String::from_utf8_lossy(&folder::read_bytes(path, LARGEST)?).into_owned();
    let wrong = |what: &str| Error::Usage { message: format!("{}: {what}", path.display()) };
    let file: KeyFile = toml::from_str(&text).map_err(|_| wrong("not a key file of this program"))?;
    let seed = STANDARD.decode(&file.seed).ok().and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    let (true, Some(seed)) = (file.form == FORM, seed) else {
        return Err(wrong("not a key file of this program's version"));
    };
    let found = from_text(file.class);
    if found != class {
        return Err(wrong(&format!(
            "a key of class {}, the record is of class {}: keys of drills and of real records never mix",
            class_word(found),
            class_word(class)
        )));
    }
    Ok(Signer { class, key_use: file.key_use, name: file.name, key: SigningKey::from_seed(&seed) })
}

/// What a statement says of itself.
pub struct Saying {
    /// Its id.
    pub statement: String,
    /// What it is filed under.
    pub subject: String,
    /// Since when its attester knows it.
    pub known_at: String,
}

/// Signs a body under a fresh salt.
///
/// # Errors
/// No randomness, or a header that cannot be written.
pub fn sign(signer: &Signer, saying: Saying, body: &Body) -> Result<Packed, Error> {
    let salt = Salt(random()?);
    let (canonical, digest) = proof::prepared_body(&salt, body)?;
    let Saying { statement, subject, known_at } = saying;
    let header = Header { attester: signer.key.id(), body: digest, known_at, statement, subject, v: 1 };
    let signed = signed_statement::sign(signer.class, header, &signer.key)?;
    let entry = signed_statement::to_entry(&signed)?;
    Ok(Packed { signed, entry, opened: Some((salt, canonical)) })
}

impl Signer {
    /// The key, to sign checkpoints and cosignatures with.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

/// The word for a use, as in notices and file names.
#[must_use]
pub fn word(key_use: KeyUse) -> &'static str {
    match key_use {
        KeyUse::Root => "root",
        KeyUse::Attester => "attester",
        KeyUse::Decider => "decider",
        KeyUse::Approver => "approver",
        KeyUse::Log => "log",
    }
}

/// The word for a class.
#[must_use]
pub fn class_word(class: Class) -> &'static str {
    match class {
        Class::Real => "real",
        Class::Drill => "drill",
        Class::History => "history",
    }
}

fn to_text(class: Class) -> ClassText {
    match class {
        Class::Real => ClassText::Real,
        Class::Drill => ClassText::Drill,
        Class::History => ClassText::History,
    }
}

fn from_text(class: ClassText) -> Class {
    match class {
        ClassText::Real => Class::Real,
        ClassText::Drill => Class::Drill,
        ClassText::History => Class::History,
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!("`{name}` is no name for a key: 1 to 64 of a-z, 0-9 and -");
    Err(Error::Usage { message })
}

/// 32 bytes from the system.
///
/// # Errors
/// It gives none.
pub fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::Usage { message: "the system gives no randomness".into() })?;
    Ok(bytes)
}
