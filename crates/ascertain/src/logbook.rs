//! A record under the user's own keys: founded, opened for writing, appended to, published.
//!
//! Refuses to write where another process does, and where somebody has seen more of the record than lies here.

use std::fs::File;
use std::path::{Path, PathBuf};

use proof::Body;
use record::check::{KEYS_FILE, KeyBody, KeyLine, keyring_of, keys_to_text};
use record::guard::Seen;
use record::keyring::{Action, KeyNotice, KeyUse, Keyring, SUBJECT};
use record::keys::{SigningKey, VerifyingKey};
use record::log::{self, Config, Guarding, PUBLIC, Publication};
use record::note::{NoteVerifier, check_key_name};
use record::signed_statement::{self, Class};
use rusqlite::Transaction;

use crate::admission::{self, Desk};
use crate::disk::{Disk, Place};
use crate::error::Error;
use crate::keychain::{self, Saying, Signer};
use crate::sequencer::{Packed, Placed, Sequencer};
use crate::store::{self, Store, entries};
use crate::visiting::Loan;

/// What stands in the store about a record, and in no entry.
#[derive(Debug, Clone)]
pub struct Founding {
    /// Its name.
    pub origin: String,
    /// What it holds, as its name says.
    pub class: Class,
    /// The root of its keys.
    pub root: VerifyingKey,
    /// Where its guard lies.
    pub guard: PathBuf,
}

/// An open record.
pub struct Logbook {
    /// The database.
    pub store: Store,
    /// What it was founded with.
    pub founding: Founding,
    /// Its keys.
    pub desk: Desk,
    /// Its private keys.
    pub signers: Vec<Signer>,
    sequencer: Sequencer,
    place: Place,
    // The published notices, as they stand with `desk.keyring`.
    notices: Vec<u8>,
    // Held while the record is open.
    _locks: [File; 2],
    /// By whom it was lent, who is to have it back once the locks are gone.
    pub loan: Option<Loan>,
}

/// Files to be written, and where.
pub struct Published {
    keys: Vec<u8>,
    files: Publication,
    place: Place,
}

impl Published {
    /// Writes them, the checkpoint last.
    ///
    /// # Errors
    /// A file cannot be written; the record must be opened again.
    pub fn write(&self, store: &Store) -> Result<(), Error> {
        let mut disk = Disk::new(store, &self.place);
        log::write_beside(&mut disk, &keys_path(), &self.keys)?;
        Ok(self.files.write(&mut disk)?)
    }
}

/// How a record is opened.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// What others have seen of it.
    pub seen: Vec<Seen>,
    /// The size the owner vouches for.
    pub accept: Option<u64>,
}

/// The published folder of a record.
#[must_use]
pub fn public_of(data: &Path) -> PathBuf {
    data.join("public")
}

/// Founds a record: keys, store, guard, and as its first entry the key of the log.
///
/// # Errors
/// There is one already, the name is none, or files cannot be written.
pub fn found(data: &Path, origin: &str, guard: &Path) -> Result<Logbook, Error> {
    let class = Class::of_origin(origin);
    if class == Class::History {
        let message = format!("`{origin}`: records of histories are made by `replay`; choose another name");
        return Err(Error::Usage { message });
    }
    // Nothing is made before what the user said is known to fit.
    check_key_name(origin)?;
    apart(&absolute(data)?, &absolute(guard)?)?;
    let mut store = Store::open(data)?;
    if let Some(there) = store.meta("origin")?.or(store.meta("election")?) {
        let message = format!("{}: holds the record of {there} already", data.display());
        return Err(Error::WrongStore { message });
    }
    let signing = keychain::folder_of(data);
    let root = kept_or_made(&signing, class, KeyUse::Root)?;
    let log = kept_or_made(&signing, class, KeyUse::Log)?;
    let made = |source| Error::File { path: guard.into(), doing: "cannot be made", source };
    std::fs::create_dir_all(guard).map_err(made)?;
    let guard = std::fs::canonicalize(guard).map_err(made)?;
    apart(&std::fs::canonicalize(data).map_err(made)?, &guard)?;
    let root_key = root.key().verifying_key().to_string();
    store.found(&[("origin", origin), ("root", &root_key), ("guard", &guard.to_string_lossy())])?;
    drop(store);
    let mut logbook = open(data, Opening::default())?;
    logbook.append(&[notice(&root, Action::Add, &log)?])?;
    logbook.publish()?;
    Ok(logbook)
}

/// A backup of the data folder must not bring the guard back with it.
fn apart(data: &Path, guard: &Path) -> Result<(), Error> {
    if !guard.starts_with(data) {
        return Ok(());
    }
    let message = format!(
        "{}: the guard lies in the data folder, so a restored backup would bring an old guard with it; name a folder elsewhere, best on another disk, with --guard",
        guard.display()
    );
    Err(Error::Usage { message })
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::File {
        path: path.into(),
        doing: "has no place",
        source,
    })
}

fn kept_or_made(folder: &Path, class: Class, key_use: KeyUse) -> Result<Signer, Error> {
    let kept = if folder.is_dir() { keychain::read(folder, class)? } else { Vec::new() };
    match kept.into_iter().find(|signer| signer.key_use == key_use) {
        Some(signer) => Ok(signer),
        None => keychain::make(folder, class, key_use, keychain::word(key_use)),
    }
}

/// What a record was founded with; an error says that a folder holds none.
///
/// # Errors
/// No record under own keys lies there.
pub fn founding(store: &Store, data: &Path) -> Result<Founding, Error> {
    let none = || Error::WrongStore {
        message: format!(
            "{}: no record under own keys; `ascertain record init --data DIR --origin NAME` makes one",
            data.display()
        ),
    };
    let origin = store.meta("origin")?.ok_or_else(none)?;
    let root = store.meta("root")?.ok_or_else(none)?.parse()?;
    let guard = PathBuf::from(store.meta("guard")?.ok_or_else(none)?);
    Ok(Founding { class: Class::of_origin(&origin), origin, root, guard })
}

/// Opens a record to write to it.
///
/// # Errors
/// Another process writes, somebody has seen more of it, or files are missing.
pub fn open(data: &Path, opening: Opening) -> Result<Logbook, Error> {
    let store = Store::existing(data)?;
    let founding = founding(&store, data)?;
    let locks = [lock(data)?, lock(&founding.guard)?];
    let signers = keychain::read(&keychain::folder_of(data), founding.class)?;
    let keyring = keyring(&store, founding.root)?;
    let place = Place { public: Some(public_of(data)), guard: Some(founding.guard.clone()) };
    let notices = keys_to_text(&key_lines(&store)?)?;
    let config = Config {
        origin: founding.origin.clone(),
        keys: log_keys(&signers, &keyring, store.head()?.size)?,
        seen: opening.seen,
        guarding: opening.accept.map_or(Guarding::Kept, Guarding::Accept),
        beside: vec![(keys_path(), notices.clone())],
    };
    let sequencer = Sequencer::open(&store, config, place.clone())?;
    let desk = Desk { keyring, class: founding.class };
    Ok(Logbook { store, founding, desk, signers, sequencer, place, notices, _locks: locks, loan: None })
}

/// Held until the process ends, however it ends.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let failed = |source| Error::File { path: path.clone(), doing: "cannot be locked", source };
    let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Busy { path }),
        Err(std::fs::TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// The keys of a record, from its notices.
///
/// # Errors
/// The store cannot be read, or a notice is not the one signed.
pub fn keyring(store: &Store, root: VerifyingKey) -> Result<Keyring, Error> {
    let lines = key_lines(store)?;
    let mut entry = |index| {
        let row = store.row(index).map_err(|e| e.to_string())?.ok_or("is not stored")?;
        signed_statement::from_entry(&row.entry).map_err(|e| e.to_string())
    };
    keyring_of(root, &lines, &mut entry).map_err(|message| Error::WrongStore { message })
}

/// The notices with their bodies, as they are published.
///
/// # Errors
/// The store cannot be read, or the body of a notice is gone.
pub fn key_lines(store: &Store) -> Result<Vec<KeyLine>, Error> {
    let mut lines = Vec::new();
    for index in store.notices()? {
        let gone = || Error::WrongStore { message: format!("entry {index}: the body of the notice is gone") };
        let row = store.row(index)?.ok_or_else(gone)?;
        let Some((salt, Body::Key(key))) = entries::logged(&row)?.opened else { return Err(gone()) };
        lines.push(KeyLine { body: KeyBody { key }, index, salt });
    }
    Ok(lines)
}

fn keys_path() -> String {
    format!("{PUBLIC}{KEYS_FILE}")
}

/// The private keys of the log that are in force; all there are while the record is empty.
///
/// # Errors
/// None of them lies here.
pub fn log_keys(signers: &[Signer], keyring: &Keyring, size: u64) -> Result<Vec<SigningKey>, Error> {
    let logs = signers.iter().filter(|signer| signer.key_use == KeyUse::Log);
    let in_force = |s: &&Signer| size == 0 || keyring.at(s.key().id(), size).is_some();
    let keys: Vec<SigningKey> = logs.filter(in_force).map(|s| s.key().clone()).collect();
    if keys.is_empty() {
        let message =
            "no private key of the log that is in force lies in the folder `signing`; bring it back";
        return Err(Error::WrongStore { message: message.into() });
    }
    Ok(keys)
}

/// The public keys of the log: those in force at a size, or all there ever were, since an old checkpoint was signed by an
/// old one.
#[must_use]
pub fn log_verifiers(origin: &str, keyring: &Keyring, at: Option<u64>) -> Vec<NoteVerifier> {
    let logs = keyring.spans().iter().filter(|span| span.key_use == KeyUse::Log);
    let meant = logs.filter(|span| at.is_none_or(|size| keyring.at(span.key.id(), size).is_some()));
    meant.filter_map(|span| NoteVerifier::new(origin, span.key).ok()).collect()
}

/// Makes a private key here, and the notice that enrols it: the private half is on the disk before the notice is in the
/// record, and takes part from then on.
///
/// # Errors
/// No randomness, no root key here, or the file cannot be written.
pub fn new_key(
    logbook: &mut Logbook,
    data: &Path,
    key_use: KeyUse,
    name: &str,
) -> Result<(VerifyingKey, Packed), Error> {
    let made = keychain::make(&keychain::folder_of(data), logbook.founding.class, key_use, name)?;
    let key = made.key().verifying_key();
    let notice = notice(logbook.root(None)?, Action::Add, &made)?;
    logbook.signers.push(made);
    Ok((key, notice))
}

/// The statement by which a root key adds or revokes another.
///
/// # Errors
/// No randomness.
pub fn notice(root: &Signer, action: Action, of: &Signer) -> Result<Packed, Error> {
    notice_of(root, action, &of.name, of.key_use, of.key().verifying_key())
}

/// The same for a key of which only the public half is here.
///
/// # Errors
/// No randomness.
pub fn notice_of(
    root: &Signer,
    action: Action,
    name: &str,
    key_use: KeyUse,
    key: VerifyingKey,
) -> Result<Packed, Error> {
    let body = Body::Key(KeyNotice { action, key, name: name.into(), key_use });
    let verb = if action == Action::Add { "add" } else { "revoke" };
    let id = key.id().to_string();
    let statement = format!("key:{verb}:{}", id.get(..32).unwrap_or_default());
    let saying = Saying { statement, subject: SUBJECT.into(), known_at: crate::cli::now()?.to_string() };
    keychain::sign(root, saying, &body)
}

impl Logbook {
    /// Appends statements: durable, guarded and signed when this returns.
    ///
    /// # Errors
    /// Store or guard failed; the record must be opened again.
    pub fn append(&mut self, batch: &[Packed]) -> Result<Vec<Placed>, Error> {
        let checked = admission::check_batch(&self.desk, batch, admission::threads());
        self.append_checked(batch, checked)
    }

    /// The same for statements whose signatures and bodies were checked before.
    ///
    /// # Errors
    /// As [`Logbook::append`].
    pub fn append_checked(
        &mut self,
        batch: &[Packed],
        checked: Vec<Result<(), String>>,
    ) -> Result<Vec<Placed>, Error> {
        self.write(batch, checked, |_, _| Ok(()))
    }

    /// Appends statements, and in the same transaction whatever belongs to them; an error of `more` leaves nothing of
    /// either.
    ///
    /// # Errors
    /// As [`Logbook::append`], and what `more` says.
    pub fn append_with(
        &mut self,
        batch: &[Packed],
        more: impl FnOnce(&Transaction<'_>, &[Placed]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if batch.is_empty() {
            // The record stays as it is; one that failed before is not written beside either.
            self.sequencer.log()?;
            let t = self.store.write()?;
            more(&t, &[])?;
            return store::commit(t);
        }
        let checked = admission::check_batch(&self.desk, batch, admission::threads());
        self.write(batch, checked, more).map(drop)
    }

    fn write(
        &mut self,
        batch: &[Packed],
        mut checked: Vec<Result<(), String>>,
        more: impl FnOnce(&Transaction<'_>, &[Placed]) -> Result<(), Error>,
    ) -> Result<Vec<Placed>, Error> {
        let mut desk = Desk { keyring: self.desk.keyring.clone(), class: self.desk.class };
        let t = self.store.write()?;
        let mut admit = |index: u64, number: usize| {
            let gone = || Err("was not checked".to_owned());
            checked.get_mut(number).map_or_else(gone, |c| std::mem::replace(c, Ok(())))?;
            batch.get(number).map_or_else(gone, |packed| admission::place(&mut desk, index, packed))
        };
        let (staged, placed) = self.sequencer.place(&t, batch, &mut admit)?;
        // Before the point of no return: a record whose next head nobody here can sign could never be opened again.
        let keys = log_keys(&self.signers, &desk.keyring, staged.head.size)?;
        more(&t, &placed)?;
        store::commit(t)?;
        self.sequencer.sign_with(keys);
        self.sequencer.moved(&self.store, staged)?;
        if self.desk.keyring != desk.keyring {
            self.notices = keys_to_text(&key_lines(&self.store)?)?;
        }
        self.desk = desk;
        Ok(placed)
    }

    /// Publishes what is signed, with the cosignatures there are.
    ///
    /// # Errors
    /// A file cannot be written; the record must be opened again.
    pub fn publish(&mut self) -> Result<(), Error> {
        let done = self.publication()?.write(&self.store);
        if done.is_err() {
            self.sequencer.end();
        }
        done
    }

    /// What [`Logbook::publish`] would write, for another thread to write; one after another.
    ///
    /// # Errors
    /// The store cannot be read, or the record failed before.
    pub fn publication(&mut self) -> Result<Published, Error> {
        let cosignatures = self.store.cosignatures(self.head()?.size)?;
        let files = self.sequencer.publication(&cosignatures)?;
        Ok(Published { keys: self.notices.clone(), files, place: self.place.clone() })
    }

    /// What is signed.
    ///
    /// # Errors
    /// The record failed before.
    pub fn head(&self) -> Result<record::checkpoint::Checkpoint, Error> {
        Ok(self.sequencer.log()?.checkpoint())
    }

    /// What is signed, as a note without cosignatures.
    ///
    /// # Errors
    /// The record failed before.
    pub fn note(&self) -> Result<Vec<u8>, Error> {
        Ok(self.sequencer.log()?.note().to_vec())
    }

    /// Makes every derived file again.
    ///
    /// # Errors
    /// The entries do not lead to the head, or a file cannot be written.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        log::rebuild(&mut Disk::new(&self.store, &self.place))?;
        self.publish()
    }

    /// A private root key in force, another than this one if there is one: a key had better not end itself.
    ///
    /// # Errors
    /// None lies here.
    pub fn root(&self, other_than: Option<VerifyingKey>) -> Result<&Signer, Error> {
        let size = self.head()?.size;
        let fits =
            |s: &&Signer| s.key_use == KeyUse::Root && self.desk.keyring.at(s.key().id(), size).is_some();
        let roots = self.signers.iter().filter(fits);
        roots.max_by_key(|s| other_than != Some(s.key().verifying_key())).ok_or_else(|| Error::Usage {
            message: "the private root key does not lie here; bring it back for this".into(),
        })
    }

    /// A private key by use and name; the newest if several have the name.
    ///
    /// # Errors
    /// There is none.
    pub fn signer(&self, key_use: Option<KeyUse>, name: &str) -> Result<&Signer, Error> {
        let size = self.head()?.size;
        let fits = |s: &&Signer| {
            (s.name == name || s.key().id().to_string().starts_with(name))
                && key_use.is_none_or(|wanted| s.key_use == wanted)
        };
        let in_force = |s: &&Signer| self.desk.keyring.at(s.key().id(), size);
        let found = self.signers.iter().filter(fits).filter(|s| in_force(s).is_some());
        found.max_by_key(|s| in_force(s).map_or(0, |span| span.from)).ok_or_else(|| Error::Usage {
            message: format!(
                "no private key of the name `{name}` that is in force; `record key list` shows them, `record key new` makes one"
            ),
        })
    }
}
