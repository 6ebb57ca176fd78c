//! The store: one SQLite file, one writer. SQL stands here and in the modules below, nowhere else.
//!
//! The record's entries are never updated or deleted; a body can be erased, and what is sealed for nobody any more
//! ([`erasing`]). A decision, its release
//! and its outbox rows are one transaction.
// Trusts: the disk; an attacker who owns it can erase and fork, not forge signatures of real keys.

pub mod entries;
pub mod erasing;
pub mod index;
pub mod messages;
pub mod outbox;
pub mod shares;
pub mod witnesses;

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use crate::error::Error;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS attesters (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    idx INTEGER PRIMARY KEY, attester INTEGER NOT NULL, statement TEXT NOT NULL, entry BLOB NOT NULL,
    UNIQUE (attester, statement)) STRICT;
CREATE TABLE IF NOT EXISTS bodies (idx INTEGER PRIMARY KEY, salt BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS notices (idx INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS heads (size INTEGER PRIMARY KEY, root BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosignatures (size INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (size, line)) STRICT;
CREATE TABLE IF NOT EXISTS witnesses (name TEXT PRIMARY KEY, vkey TEXT NOT NULL, url TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosigned (origin TEXT NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL,
    PRIMARY KEY (origin, size)) STRICT;
CREATE TABLE IF NOT EXISTS logs (origin TEXT NOT NULL, vkey TEXT NOT NULL, PRIMARY KEY (origin, vkey)) STRICT;
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sealed (telegram TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS age_recipients (approver TEXT PRIMARY KEY, recipient TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS shares (telegram TEXT NOT NULL, approver TEXT NOT NULL, number INTEGER NOT NULL,
    digest TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (telegram, approver), UNIQUE (telegram, number)) STRICT;
CREATE TABLE IF NOT EXISTS shares_given (telegram TEXT NOT NULL, approver TEXT NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (telegram, approver)) STRICT;
CREATE TABLE IF NOT EXISTS decisions (office TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS releases (what TEXT PRIMARY KEY, telegram TEXT NOT NULL UNIQUE, ground TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, telegram TEXT NOT NULL, recipient TEXT NOT NULL,
    by_hand INTEGER NOT NULL, lane INTEGER NOT NULL, state INTEGER NOT NULL, due INTEGER NOT NULL,
    untold INTEGER NOT NULL, sending TEXT NOT NULL, UNIQUE (telegram, recipient)) STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (by_hand, lane, due, id) WHERE state = 1;
CREATE TABLE IF NOT EXISTS attempts (row INTEGER NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (row, attempt))
    STRICT, WITHOUT ROWID;
";

/// Changes with every migration.
const VERSION: &str = "4";
/// What a store's `application_id` says: `asct`.
const APPLICATION: i64 = 0x6173_6374;

/// An open store.
pub struct Store {
    db: Connection,
    folder: PathBuf,
}

fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| Error::Store { doing, source }
}

impl Store {
    /// Opens the store in `folder`, making it if there is none.
    ///
    /// # Errors
    /// It cannot be made, is another program's, or of another version.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|source| Error::File {
            path: folder.into(),
            doing: "cannot be made",
            source,
        })?;
        let db = Connection::open(folder.join(FILE)).map_err(failed("opening"))?;
        Self::prepared(db, folder)
    }

    /// Opens a store that must exist.
    ///
    /// # Errors
    /// There is none, or as [`Store::open`].
    pub fn existing(folder: &Path) -> Result<Self, Error> {
        must_exist(folder)?;
        Self::open(folder)
    }

    /// Opens a store that must exist, to read it only.
    ///
    /// # Errors
    /// There is none, or it is another program's.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        must_exist(folder)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let open = |name: &str| {
            let db = Connection::open_with_flags(name, flags).map_err(failed("opening"))?;
            let store = Self { db, folder: folder.to_owned() };
            let ours = store.meta("version")?.as_deref() == Some(VERSION);
            let other = || Error::WrongStore {
                message: format!("{}: not a store of this program's version {VERSION}", folder.display()),
            };
            if ours { Ok(store) } else { Err(other()) }
        };
        let path = folder.join(FILE);
        let name = path.to_string_lossy();
        // In a folder that cannot be written SQLite cannot share the file: read it as it lies.
        let as_it_lies = || {
            open(&format!(
                "file:{}?immutable=1",
                name.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
            ))
        };
        open(&name).or_else(|_| as_it_lies())
    }

    fn prepared(db: Connection, folder: &Path) -> Result<Self, Error> {
        db.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed("opening"))?;
        for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("secure_delete", "ON")] {
            db.pragma_update(None, pragma, value).map_err(failed("opening"))?;
        }
        // A statement is planned once, not again for every value that is bound to it.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed("opening"))?;
        let store = Self { db, folder: folder.to_owned() };
        let id: i64 =
            store.db.pragma_query_value(None, "application_id", |r| r.get(0)).map_err(failed("opening"))?;
        if id == 0 && store.is_empty()? {
            store.create()?;
        } else if id != APPLICATION || store.meta("version")?.as_deref() != Some(VERSION) {
            let path = folder.join(FILE);
            let message = format!("{}: not a store of this program's version {VERSION}", path.display());
            return Err(Error::WrongStore { message });
        }
        Ok(store)
    }

    /// Gives up durability against a loss of power, for a store that is made anew on every run.
    ///
    /// # Errors
    /// SQLite refuses.
    pub fn scratch(&self) -> Result<(), Error> {
        self.db.pragma_update(None, "synchronous", "OFF").map_err(failed("opening"))
    }

    fn is_empty(&self) -> Result<bool, Error> {
        let n: i64 = self
            .db
            .query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))
            .map_err(failed("opening"))?;
        Ok(n == 0)
    }

    fn create(&self) -> Result<(), Error> {
        let sql = format!(
            "BEGIN IMMEDIATE; {SCHEMA} INSERT OR IGNORE INTO meta VALUES ('version', '{VERSION}'); PRAGMA application_id = {APPLICATION}; COMMIT;"
        );
        self.db.execute_batch(&sql).map_err(failed("making the tables"))
    }

    /// Sets named values that are not set yet, all or none.
    ///
    /// # Errors
    /// One of them is set, or the store cannot be written.
    pub fn found(&mut self, values: &[(&str, &str)]) -> Result<(), Error> {
        let t = self.write()?;
        for (name, value) in values {
            t.execute("INSERT INTO meta VALUES (?1, ?2)", [name, value])
                .map_err(failed("founding the record"))?;
        }
        commit(t)
    }

    /// The folder it lies in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the keys of sealed bodies lie.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// A named value.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn meta(&self, name: &str) -> Result<Option<String>, Error> {
        self.db
            .query_row("SELECT value FROM meta WHERE name = ?1", [name], |r| r.get(0))
            .optional()
            .map_err(failed("reading"))
    }

    /// Sets a named value if it is not set, and says what it is now.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn meta_once(&self, name: &str, value: &str) -> Result<String, Error> {
        self.db
            .execute("INSERT OR IGNORE INTO meta VALUES (?1, ?2)", [name, value])
            .map_err(failed("writing"))?;
        Ok(self.meta(name)?.unwrap_or_default())
    }

    /// Begins the one kind of write there is.
    ///
    /// # Errors
    /// Another program writes.
    pub fn write(&mut self) -> Result<Transaction<'_>, Error> {
        self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed("beginning a write"))
    }
}

/// The database's file name.
pub const FILE: &str = "store.sqlite";

fn must_exist(folder: &Path) -> Result<(), Error> {
    if folder.join(FILE).is_file() {
        return Ok(());
    }
    let message = format!(
        "{}: no store there; `ascertain record init --data DIR` or `ascertain replay ELECTION --data DIR` makes one, and --data names it",
        folder.display()
    );
    Err(Error::WrongStore { message })
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Ends a write.
///
/// # Errors
/// The commit is doubtful: the caller must not go on with what it has in memory.
pub fn commit(t: Transaction<'_>) -> Result<(), Error> {
    t.commit().map_err(failed("committing"))
}
