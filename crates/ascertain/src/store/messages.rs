//! The tables of the telegram machine: events, sealed bodies, decisions, releases.

use rusqlite::{OptionalExtension, Transaction, params};
use telegram::{Decision, Event, Ground, TelegramId};

use super::{Store, failed, signed, unsigned};
use crate::error::Error;

impl Store {
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

    /// The offices decided on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn decided_offices(&self) -> Result<Vec<String>, Error> {
        let mut statement = self
            .db
            .prepare("SELECT office FROM decisions ORDER BY office")
            .map_err(failed("reading decisions"))?;
        let rows = statement.query_map([], |r| r.get(0));
        rows.and_then(Iterator::collect).map_err(failed("reading decisions"))
    }

    /// What the decision on an office was made with, if it was kept.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn grounds(&self, office: &str) -> Result<Option<String>, Error> {
        self.meta(&grounds_of(office))
    }

    /// The checkpoint by which an entry is best shown: of those that cover it the one most witnesses cosigned, of equals
    /// the smallest.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn covering_checkpoint(&self, index: u64) -> Result<Option<u64>, Error> {
        let sql =
            "SELECT p.size FROM checkpoints p LEFT JOIN cosignatures c ON c.size = p.size WHERE p.size > ?1
                   GROUP BY p.size ORDER BY count(c.line) DESC, p.size LIMIT 1";
        let found = self.db.query_row(sql, [signed(index)], |r| r.get::<_, i64>(0)).optional();
        Ok(found.map_err(failed("reading checkpoints"))?.map(unsigned))
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

/// The decision on an office; unique, so that a second one cannot be written.
///
/// # Errors
/// The store cannot be written, or the office was decided before.
pub fn insert_decision(t: &Transaction<'_>, decision: &Decision, body: &str) -> Result<(), Error> {
    let row = params![decision.office.as_str(), decision.id.as_str(), body];
    t.execute("INSERT INTO decisions VALUES (?1, ?2, ?3)", row)
        .map(drop)
        .map_err(failed("adding the decision"))
}

/// What a decision was made with, kept so that its proof can be made again.
///
/// # Errors
/// The store cannot be written.
pub fn insert_grounds(t: &Transaction<'_>, office: &str, text: &str) -> Result<(), Error> {
    t.execute("INSERT INTO meta VALUES (?1, ?2)", [&grounds_of(office), text])
        .map(drop)
        .map_err(failed("adding the grounds of the decision"))
}

fn grounds_of(office: &str) -> String {
    format!("grounds of the decision on {office}")
}

/// A release; unique for an office, and for what a correction corrects, so that a second one cannot be written.
///
/// # Errors
/// The store cannot be written, or a release was written before.
pub fn insert_release(
    t: &Transaction<'_>,
    what: &str,
    telegram: &TelegramId,
    ground: &Ground,
) -> Result<(), Error> {
    let row = params![what, telegram.as_str(), serde_json::to_string(ground)?];
    t.execute("INSERT INTO releases VALUES (?1, ?2, ?3)", row).map(drop).map_err(failed("adding the release"))
}
