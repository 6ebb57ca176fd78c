//! The tables of witnessing: who cosigns this record, and what this witness has cosigned of others.

use record::checkpoint::{self, Checkpoint};
use record::cosignature::Witness;
use record::note::NoteVerifier;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Store, failed, signed, unsigned};
use crate::error::Error;

/// A witness that is asked.
pub struct WitnessRow {
    /// Its name here.
    pub name: String,
    /// Its key.
    pub witness: Witness,
    /// Where it is asked.
    pub url: String,
}

impl Store {
    /// The witnesses of this record, by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn witnesses(&self) -> Result<Vec<WitnessRow>, Error> {
        let mut query = self
            .db
            .prepare("SELECT name, vkey, url FROM witnesses ORDER BY name")
            .map_err(failed("reading witnesses"))?;
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)));
        let rows: Result<Vec<(String, String, String)>, _> = rows.and_then(Iterator::collect);
        let rows = rows.map_err(failed("reading witnesses"))?.into_iter();
        rows.map(|(name, vkey, url)| Ok(WitnessRow { name, witness: vkey.parse()?, url })).collect()
    }

    /// Adds a witness, or replaces the one of this name.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put_witness(&self, row: &WitnessRow) -> Result<(), Error> {
        let values = params![row.name, row.witness.to_string(), row.url];
        self.db
            .execute("INSERT OR REPLACE INTO witnesses VALUES (?1, ?2, ?3)", values)
            .map(drop)
            .map_err(failed("adding a witness"))
    }

    /// The cosignature lines on the checkpoint of a size.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn cosignatures(&self, size: u64) -> Result<String, Error> {
        let mut query = self
            .db
            .prepare("SELECT line FROM cosignatures WHERE size = ?1 ORDER BY rowid")
            .map_err(failed("reading cosignatures"))?;
        let rows = query.query_map([signed(size)], |r| r.get::<_, String>(0));
        rows.and_then(Iterator::collect).map_err(failed("reading cosignatures"))
    }

    /// The largest size with any cosignature.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_cosigned_size(&self) -> Result<Option<u64>, Error> {
        let row = self.db.query_row("SELECT max(size) FROM cosignatures", [], |r| r.get::<_, Option<i64>>(0));
        Ok(row.map_err(failed("reading cosignatures"))?.map(unsigned))
    }

    /// The largest size with a cosignature under this key name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_cosignature(&self, name: &str) -> Result<Option<u64>, Error> {
        let sql = "SELECT max(size) FROM cosignatures WHERE line LIKE ?1 ESCAPE '!'";
        let escaped = name.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let row = self.db.query_row(sql, [format!("\u{2014} {escaped} %")], |r| r.get::<_, Option<i64>>(0));
        Ok(row.map_err(failed("reading cosignatures"))?.map(unsigned))
    }

    /// Adds a cosignature line, ended by a newline.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put_cosignature(&self, size: u64, line: &str) -> Result<(), Error> {
        self.db
            .execute("INSERT OR IGNORE INTO cosignatures VALUES (?1, ?2)", params![signed(size), line])
            .map(drop)
            .map_err(failed("adding a cosignature"))
    }

    /// Enrols a log with this witness.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put_log(&self, log: &NoteVerifier) -> Result<(), Error> {
        self.db
            .execute("INSERT OR IGNORE INTO logs VALUES (?1, ?2)", params![log.name(), log.to_string()])
            .map(drop)
            .map_err(failed("adding a log"))
    }

    /// The keys of a log this witness cosigns for; none if it does not.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn log_keys(&self, origin: &str) -> Result<Vec<NoteVerifier>, Error> {
        let mut query =
            self.db.prepare("SELECT vkey FROM logs WHERE origin = ?1").map_err(failed("reading logs"))?;
        let rows = query.query_map([origin], |r| r.get::<_, String>(0));
        let rows: Result<Vec<String>, _> = rows.and_then(Iterator::collect);
        rows.map_err(failed("reading logs"))?.iter().map(|vkey| Ok(vkey.parse()?)).collect()
    }

    /// The origins this witness has cosigned for.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn cosigned_origins(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT origin FROM cosigned ORDER BY origin";
        let mut query = self.db.prepare(sql).map_err(failed("reading cosigned"))?;
        let rows = query.query_map([], |r| r.get(0)).and_then(Iterator::collect);
        rows.map_err(failed("reading cosigned"))
    }

    /// The note this witness cosigned last for an origin.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn cosigned(&self, origin: &str) -> Result<Option<Vec<u8>>, Error> {
        last_note(&self.db, origin)
    }
}

fn last_note(db: &Connection, origin: &str) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT note FROM cosigned WHERE origin = ?1 ORDER BY size DESC LIMIT 1";
    db.query_row(sql, [origin], |r| r.get(0)).optional().map_err(failed("reading cosigned"))
}

/// The checkpoint this witness cosigned last for an origin, as this transaction sees it.
///
/// # Errors
/// The store cannot be read.
pub fn last_cosigned(t: &Transaction<'_>, origin: &str) -> Result<Option<Checkpoint>, Error> {
    Ok(last_note(t, origin)?.map(|note| checkpoint::stated(&note)).transpose()?)
}

/// Stores what is about to be cosigned. A size of an origin is stored once, or again with the same root.
///
/// # Errors
/// The store cannot be written.
pub fn put_cosigned(t: &Transaction<'_>, head: &Checkpoint, note: &[u8]) -> Result<(), Error> {
    let values = params![head.origin, signed(head.size), note];
    t.execute("INSERT OR REPLACE INTO cosigned VALUES (?1, ?2, ?3)", values)
        .map(drop)
        .map_err(failed("storing what is cosigned"))
}
