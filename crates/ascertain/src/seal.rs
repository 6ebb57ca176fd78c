//! Bodies at rest: each sealed in the age format to a key of its own, so that with its key file `age -d -i` opens it.
//!
//! Keys lie in files of their own, outside the database, so that a copy of the database opens nothing; destroying a key
//! overwrites and removes its file. Refuses to know who may open what.

use std::io::Write;
use std::path::{Path, PathBuf};

use telegram::{Sha256Hex, TelegramId};
use zeroize::Zeroizing;

use crate::age::{self, Identity};
use crate::error::Error;

/// The name of a draft's key: an edit has another.
#[must_use]
pub fn name(telegram: &TelegramId, body: &Sha256Hex) -> String {
    format!("{telegram}.{}", body.as_str().get(..16).unwrap_or_default())
}

/// Makes a key and seals `plain` to it. The key file is durable when this returns.
///
/// # Errors
/// No randomness, or the key file cannot be written.
pub fn seal(keys: &Path, name: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let key = Identity::generate()?;
    let text = Zeroizing::new(format!("{}\n", *key.text()));
    crate::folder::write_private(&key_file(keys, name), text.as_bytes())?;
    age::encrypt(&key.recipient(), plain)
}

/// Opens a sealed body.
///
/// # Errors
/// It was changed, or is sealed to another key.
pub fn open(key: &Identity, telegram: &TelegramId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = |_| Error::Seal {
        telegram: telegram.to_string(),
        message: "the sealed body was changed or is another's",
    };
    age::decrypt(key, sealed).map_err(wrong)
}

/// A key that lies here.
///
/// # Errors
/// It is gone.
pub fn key(keys: &Path, telegram: &TelegramId, name: &str) -> Result<Identity, Error> {
    let gone = || Error::Seal { telegram: telegram.to_string(), message: "its key is not there" };
    let text = std::fs::read_to_string(key_file(keys, name)).map(Zeroizing::new).map_err(|_| gone())?;
    Identity::parse(text.trim()).ok_or_else(gone)
}

/// Whether a key lies here.
#[must_use]
pub fn has_key(keys: &Path, name: &str) -> bool {
    key_file(keys, name).exists()
}

/// Overwrites and removes a key; durable when this returns. Harmless if it is gone.
///
/// # Errors
/// The file cannot be removed.
pub fn destroy(keys: &Path, name: &str) -> Result<(), Error> {
    destroy_file(&key_file(keys, name))
}

/// Destroys every key of a telegram but one: of drafts that were replaced or never stored, and what a crash left half written.
///
/// # Errors
/// A file cannot be removed.
pub fn destroy_all_but(keys: &Path, telegram: &str, but: Option<&str>) -> Result<(), Error> {
    let kept = but.map(|name| key_file(keys, name));
    let of_it = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.strip_prefix(telegram).is_some_and(|rest| rest.starts_with('.'))
    };
    let paths = std::fs::read_dir(keys).into_iter().flatten().flatten().map(|entry| entry.path());
    let others = paths.filter(|path| of_it(path) && Some(path) != kept.as_ref());
    others.collect::<Vec<_>>().iter().try_for_each(|path| destroy_file(path))
}

fn destroy_file(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::File { path: path.into(), doing: "cannot be destroyed", source };
    match std::fs::OpenOptions::new().write(true).open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(e)),
        Ok(mut file) => {
            let long = file.metadata().map_err(failed)?.len();
            let zeros = vec![0; usize::try_from(long).unwrap_or_default()];
            file.write_all(&zeros).and_then(|()| file.sync_all()).map_err(failed)?;
        }
    }
    std::fs::remove_file(path).map_err(failed)?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn key_file(keys: &Path, name: &str) -> PathBuf {
    keys.join(format!("{name}.key"))
}
