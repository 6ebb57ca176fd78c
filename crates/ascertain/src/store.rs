//! The store: one SQLite file, one writer, the only SQL.
//!
//! The record's entries are never updated or deleted. A decision, its release
//! and its outbox rows are one transaction.
// Trusts: the disk; an attacker who owns it can erase and fork, not forge signatures of real keys.

use std::path::{Path, PathBuf};

use proof::{Body, Logged};

use record::signed_statement::{self, Salt};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use telegram::{Attempt, Decision, Delivery, Event, RecipientId, TelegramId};

use crate::error::Error;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    idx INTEGER PRIMARY KEY, attester TEXT NOT NULL, statement TEXT NOT NULL,
    body TEXT NOT NULL, entry BLOB NOT NULL, UNIQUE (attester, statement)) STRICT;
CREATE TABLE IF NOT EXISTS bodies (digest TEXT PRIMARY KEY, salt BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sealed (telegram TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS decisions (office TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS releases (office TEXT PRIMARY KEY, telegram TEXT NOT NULL UNIQUE, decision TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS outbox (telegram TEXT NOT NULL, recipient TEXT NOT NULL, channel TEXT NOT NULL,
    PRIMARY KEY (telegram, recipient)) STRICT;
CREATE TABLE IF NOT EXISTS attempts (telegram TEXT NOT NULL, recipient TEXT NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY (telegram, recipient, attempt)) STRICT;
";

/// Changes with every migration.
const VERSION: &str = "1";
/// What a store's `application_id` says: `asct`.
const APPLICATION: i64 = 0x6173_6374;

/// An open store.
pub struct Store {
    db: Connection,
    folder: PathBuf,
}

/// An entry as a row.
pub struct Row {
    /// Its index.
    pub index: u64,
    /// The entry form.
    pub entry: Vec<u8>,
    /// Salt and body, unless erased.
    pub opened: Option<(Vec<u8>, Vec<u8>)>,
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

    /// Every entry, by index.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn rows(&self) -> Result<Vec<Row>, Error> {
        let sql = "SELECT idx, entry, salt, b.body FROM entries e LEFT JOIN bodies b ON b.digest = e.body ORDER BY idx";
        let mut statement = self.db.prepare(sql).map_err(failed("reading entries"))?;
        let rows = statement.query_map([], |r| {
            let index: i64 = r.get(0)?;
            let (salt, body): (Option<Vec<u8>>, Option<Vec<u8>>) = (r.get(2)?, r.get(3)?);
            Ok(Row {
                index: u64::try_from(index).unwrap_or(u64::MAX),
                entry: r.get(1)?,
                opened: salt.zip(body),
            })
        });
        rows.and_then(Iterator::collect).map_err(failed("reading entries"))
    }

    /// The signed checkpoint of a size.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, Error> {
        self.db
            .query_row("SELECT note FROM checkpoints WHERE size = ?1", [signed(size)], |r| r.get(0))
            .optional()
            .map_err(failed("reading checkpoints"))
    }

    /// Every signed checkpoint, by size.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut statement =
            self.db.prepare("SELECT size, note FROM checkpoints ORDER BY size").map_err(failed("reading"))?;
        let rows = statement.query_map([], |r| {
            let size: i64 = r.get(0)?;
            Ok((u64::try_from(size).unwrap_or(u64::MAX), r.get(1)?))
        });
        rows.and_then(Iterator::collect).map_err(failed("reading checkpoints"))
    }

    /// Every event of the telegram machine, in order.
    ///
    /// # Errors
    /// The store cannot be read, or holds what this version does not know.
    pub fn events(&self) -> Result<Vec<Event>, Error> {
        let mut statement =
            self.db.prepare("SELECT event FROM events ORDER BY seq").map_err(failed("reading events"))?;
        let texts: Vec<String> = statement
            .query_map([], |r| r.get(0))
            .and_then(Iterator::collect)
            .map_err(failed("reading events"))?;
        texts.iter().map(|t| serde_json::from_str(t).map_err(Error::Json)).collect()
    }

    /// The telegrams whose bodies were sealed here.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sealed_telegrams(&self) -> Result<Vec<String>, Error> {
        let mut statement = self.db.prepare("SELECT telegram FROM sealed").map_err(failed("reading"))?;
        let rows = statement.query_map([], |r| r.get(0));
        rows.and_then(Iterator::collect).map_err(failed("reading"))
    }

    /// The decision on an office, as canonical JSON.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn decision(&self, office: &str) -> Result<Option<String>, Error> {
        self.db
            .query_row("SELECT body FROM decisions WHERE office = ?1", [office], |r| r.get(0))
            .optional()
            .map_err(failed("reading decisions"))
    }

    /// A sealed body.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sealed(&self, telegram: &str) -> Result<Option<Vec<u8>>, Error> {
        self.db
            .query_row("SELECT body FROM sealed WHERE telegram = ?1", [telegram], |r| r.get(0))
            .optional()
            .map_err(failed("reading"))
    }
}

/// The database's file name.
pub const FILE: &str = "store.sqlite";

fn must_exist(folder: &Path) -> Result<(), Error> {
    if folder.join(FILE).is_file() {
        return Ok(());
    }
    let message = format!(
        "{}: no store there; `ascertain replay ELECTION --data DIR` makes one, and --data names it",
        folder.display()
    );
    Err(Error::WrongStore { message })
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Adds an entry. `Ok(false)` if the attester's statement of this id is there already.
///
/// # Errors
/// The store cannot be written.
pub fn insert_entry(t: &Transaction<'_>, index: u64, made: &Logged) -> Result<bool, Error> {
    let header = &made.signed.header;
    let (attester, statement) = (header.attester.to_string(), &header.statement);
    let known: bool = t
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM entries WHERE attester = ?1 AND statement = ?2)",
            params![attester, statement],
            |r| r.get(0),
        )
        .map_err(failed("reading entries"))?;
    if known {
        return Ok(false);
    }
    let entry = signed_statement::to_entry(&made.signed)?;
    let digest = header.body.to_string();
    t.execute(
        "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5)",
        params![signed(index), attester, statement, digest, entry],
    )
    .map_err(failed("adding an entry"))?;
    if let Some((salt, body)) = &made.opened {
        let bytes = record::canonical::to_canonical(body)?;
        t.execute("INSERT OR IGNORE INTO bodies VALUES (?1, ?2, ?3)", params![digest, salt.0, bytes])
            .map_err(failed("adding a body"))?;
    }
    Ok(true)
}

/// Adds the signed checkpoint of a size; a second one of the same size is refused by the table.
///
/// # Errors
/// The store cannot be written.
pub fn insert_checkpoint(t: &Transaction<'_>, size: u64, note: &[u8]) -> Result<(), Error> {
    t.execute("INSERT INTO checkpoints VALUES (?1, ?2)", params![signed(size), note])
        .map(drop)
        .map_err(failed("adding a checkpoint"))
}

/// Adds an event of the telegram machine.
///
/// # Errors
/// The store cannot be written.
pub fn insert_event(t: &Transaction<'_>, event: &Event) -> Result<(), Error> {
    t.execute("INSERT INTO events (event) VALUES (?1)", [serde_json::to_string(event)?])
        .map(drop)
        .map_err(failed("adding an event"))
}

/// Adds a sealed body; an earlier one of the same telegram stays.
///
/// # Errors
/// The store cannot be written.
pub fn insert_sealed(t: &Transaction<'_>, telegram: &str, body: &[u8]) -> Result<(), Error> {
    t.execute("INSERT OR REPLACE INTO sealed VALUES (?1, ?2)", params![telegram, body])
        .map(drop)
        .map_err(failed("adding a sealed body"))
}

/// Decision, release and outbox rows; all unique, so a second release cannot be written.
///
/// # Errors
/// The store cannot be written, or a release was written before.
pub fn insert_release(
    t: &Transaction<'_>,
    decision: &Decision,
    body: &str,
    release: Option<&TelegramId>,
    outbox: &[Delivery],
) -> Result<(), Error> {
    let (office, id) = (decision.office.as_str(), decision.id.as_str());
    t.execute("INSERT INTO decisions VALUES (?1, ?2, ?3)", params![office, id, body])
        .map_err(failed("adding the decision"))?;
    let Some(telegram) = release else { return Ok(()) };
    t.execute("INSERT INTO releases VALUES (?1, ?2, ?3)", params![office, telegram.as_str(), id])
        .map_err(failed("adding the release"))?;
    for d in outbox {
        let channel = serde_json::to_string(&d.channel)?;
        let row = params![telegram.as_str(), d.recipient.as_str(), channel.trim_matches('"')];
        t.execute("INSERT INTO outbox VALUES (?1, ?2, ?3)", row).map_err(failed("adding an outbox row"))?;
    }
    Ok(())
}

/// An attempt, before it is made.
///
/// # Errors
/// The store cannot be written.
pub fn insert_attempt(
    t: &Transaction<'_>,
    telegram: &TelegramId,
    recipient: &RecipientId,
    attempt: Attempt,
) -> Result<(), Error> {
    let row = params![telegram.as_str(), recipient.as_str(), attempt.0];
    t.execute("INSERT INTO attempts VALUES (?1, ?2, ?3)", row).map(drop).map_err(failed("adding an attempt"))
}

/// Ends a write.
///
/// # Errors
/// The commit is doubtful: the caller must not go on with what it has in memory.
pub fn commit(t: Transaction<'_>) -> Result<(), Error> {
    t.commit().map_err(failed("committing"))
}

/// An entry row read back: header, signature, and body if it is there.
///
/// # Errors
/// The row is no entry of this program.
pub fn logged(row: &Row) -> Result<Logged, Error> {
    let signed = signed_statement::from_entry(&row.entry)?;
    let opened = match &row.opened {
        None => None,
        Some((salt, body)) => {
            let salt: [u8; 32] = salt.as_slice().try_into().map_err(|_| Error::WrongStore {
                message: format!("entry {}: its salt is not 32 bytes", row.index),
            })?;
            let salt = Salt(salt);
            if signed_statement::body_digest(&salt, body) != signed.header.body {
                let message = format!("entry {}: the stored body is not the one signed", row.index);
                return Err(Error::WrongStore { message });
            }
            Some((salt, record::canonical::from_canonical::<Body>(body, "body")?))
        }
    };
    Ok(Logged { signed, opened })
}
