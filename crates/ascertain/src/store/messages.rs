//! The tables of the telegram machine: events, sealed bodies, decisions, releases, attempts.

use rusqlite::{OptionalExtension, Transaction, params};
use telegram::{Attempt, Decision, Delivery, Event, RecipientId, TelegramId};

use super::{Store, failed};
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
