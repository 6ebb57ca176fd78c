//! Appends statements to the record: inside a transaction first, then, once that is durable, guarded and signed.
//!
//! Order of writes: entries, read back and hashed again, and the head over them in one transaction; the guard; the
//! signature; the files, the checkpoint last. What may not go wrong in between is in `record::log`.

use std::collections::HashMap;

use proof::Logged;
use record::canonical::to_canonical;
use record::keyring::SUBJECT;
use record::keys::{KeyId, SigningKey};
use record::log::{self, Config, Guarding, Log, Publication, Staged, Stop};
use record::signed_statement::{self, Salt, SignedStatement};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use crate::disk::{Disk, Place};
use crate::error::Error;
use crate::store::Store;
use crate::store::entries::{self, Known, NewRow};

/// The log, and where its files lie.
pub struct Sequencer {
    // None once something failed: nothing can be appended any more.
    log: Option<Log>,
    place: Place,
}

/// A statement in the bytes it is stored in.
pub struct Packed {
    /// Header, class, signature.
    pub signed: SignedStatement,
    /// The entry form.
    pub entry: Vec<u8>,
    /// Salt and canonical body.
    pub opened: Option<(Salt, Vec<u8>)>,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// It was added.
    New(u64),
    /// It was there, byte for byte.
    Again(u64),
    /// Its attester said something else under this id.
    Taken(u64),
    /// It may not stand there, for this reason.
    Refused(String),
}

/// Whether a statement may get a place; the error is a sentence.
pub type Admit<'a> = &'a mut dyn FnMut(u64, usize) -> Result<(), String>;

impl Sequencer {
    /// Opens the log of a history: one key, no guard, nothing published.
    ///
    /// # Errors
    /// The store cannot be read, or its entries are not those its head says.
    pub fn start(store: &Store, origin: String, key: SigningKey) -> Result<Self, Error> {
        let config = Config {
            origin,
            keys: vec![key],
            seen: Vec::new(),
            guarding: Guarding::None,
            beside: Vec::new(),
        };
        Self::open(store, config, Place::default())
    }

    /// Opens a log.
    ///
    /// # Errors
    /// It may not sign; the store or the files fail.
    pub fn open(store: &Store, config: Config, place: Place) -> Result<Self, Error> {
        let log = log::open(&mut Disk::new(store, &place), config)?;
        Ok(Self { log: Some(log), place })
    }

    /// Appends inside a write; statements that are there already are passed over.
    ///
    /// # Errors
    /// The store cannot be written, or what was written does not read back.
    pub fn append(&self, t: &Transaction<'_>, batch: &[Logged]) -> Result<Staged, Error> {
        let packed: Vec<Packed> = batch.iter().map(pack).collect::<Result<_, _>>()?;
        Ok(self.place(t, &packed, &mut |_, _| Ok(()))?.0)
    }

    /// Gives statements their places inside a write, in order; `admit` is asked of each new one.
    ///
    /// # Errors
    /// The store cannot be written, or what was written does not read back.
    pub fn place(
        &self,
        t: &Transaction<'_>,
        batch: &[Packed],
        admit: Admit<'_>,
    ) -> Result<(Staged, Vec<Placed>), Error> {
        let log = self.log()?;
        let first = log.checkpoint();
        let old = log::Head { size: first.size, root: first.root };
        let (mut placed, mut new, mut ids) = (Vec::with_capacity(batch.len()), Vec::new(), HashMap::new());
        let mut next = old.size;
        for (number, packed) in batch.iter().enumerate() {
            let row = row(t, packed, &mut ids)?;
            let stands = match entries::known(t, &row)? {
                Known::Same(index) => Placed::Again(index),
                Known::Other(index) => Placed::Taken(index),
                Known::No => match admit(next, number) {
                    Err(why) => Placed::Refused(why),
                    Ok(()) => {
                        insert(t, next, packed, &row)?;
                        new.push(packed.entry.clone());
                        Placed::New(next)
                    }
                },
            };
            next = old.size.saturating_add(u64::try_from(new.len()).unwrap_or(u64::MAX));
            placed.push(stands);
        }
        let staged = log::stage(log, &new)?;
        if next > old.size {
            let back: Result<Vec<_>, _> =
                (old.size..next).map(|index| entries::read_back(t, index)).collect();
            log::recheck(log, &staged, &back?)?;
            entries::swap_head(t, &old, &staged.head)?;
        }
        Ok((staged, placed))
    }

    /// The write is durable: guard, then signature. What was appended may be acknowledged.
    ///
    /// # Errors
    /// Guard or store failed; nothing can be appended any more.
    pub fn moved(&mut self, store: &Store, staged: Staged) -> Result<(), Error> {
        if self.log()?.checkpoint().size == staged.head.size {
            return Ok(());
        }
        let place = self.place.clone();
        self.step(|log| log.committed(&mut Disk::new(store, &place), staged))
    }

    /// What is to be written to show the head; if it cannot be, [`Sequencer::end`] is to be called.
    ///
    /// # Errors
    /// Something failed before.
    pub fn publication(&mut self, cosignatures: &str) -> Result<Publication, Error> {
        Ok(self.log.as_mut().ok_or_else(ended)?.publication(cosignatures))
    }

    /// Something failed: nothing can be appended any more.
    pub fn end(&mut self) {
        self.log = None;
    }

    /// Signs with these keys from the next checkpoint on.
    pub fn sign_with(&mut self, keys: Vec<SigningKey>) {
        self.log = self.log.take().map(|log| log.with_keys(keys));
    }

    /// The log as it stands.
    ///
    /// # Errors
    /// Something failed before.
    pub fn log(&self) -> Result<&Log, Error> {
        self.log.as_ref().ok_or_else(ended)
    }

    fn step(&mut self, act: impl FnOnce(Log) -> Result<Log, Stop>) -> Result<(), Error> {
        let log = self.log.take().ok_or_else(ended)?;
        self.log = Some(act(log)?);
        Ok(())
    }
}

fn ended() -> Error {
    Error::WrongStore { message: "the record failed before; start again".into() }
}

/// The bytes of a statement.
///
/// # Errors
/// A body that has no canonical form.
pub fn pack(logged: &Logged) -> Result<Packed, Error> {
    let entry = signed_statement::to_entry(&logged.signed)?;
    let opened = match &logged.opened {
        Some((salt, body)) => Some((*salt, to_canonical(body)?)),
        None => None,
    };
    Ok(Packed { signed: logged.signed.clone(), entry, opened })
}

fn insert(t: &Transaction<'_>, index: u64, packed: &Packed, row: &NewRow<'_>) -> Result<(), Error> {
    entries::insert(t, index, row)?;
    if packed.signed.header.subject == SUBJECT && packed.opened.is_some() {
        entries::insert_notice(t, index)?;
    }
    Ok(())
}

fn row<'a>(
    t: &Transaction<'_>,
    packed: &'a Packed,
    ids: &mut HashMap<KeyId, i64>,
) -> Result<NewRow<'a>, Error> {
    let header = &packed.signed.header;
    let attester = match ids.get(&header.attester) {
        Some(id) => *id,
        None => entries::attester(t, header.attester)?,
    };
    ids.insert(header.attester, attester);
    let opened = packed.opened.as_ref().map(|(salt, body)| (salt, body.as_slice()));
    Ok(NewRow { attester, statement: &header.statement, entry: &packed.entry, opened })
}
