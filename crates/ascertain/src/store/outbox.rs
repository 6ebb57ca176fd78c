//! The rows of recipients: there from the holding of a telegram on, due from its release on, and every attempt.
//!
//! A row is a [`Sending`] with what is asked of it most pulled out: its state and when it is due.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use telegram::{Attempt, Channel, Instant, Progress, RecipientId, Sending, TelegramId};

use super::{Store, failed};
use crate::error::Error;

/// A recipient's row.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Its number, in the order of the list.
    pub id: i64,
    /// What it shares with all that goes the same way: a host, a relay, a folder.
    pub lane: i64,
    /// The telegram.
    pub telegram: TelegramId,
    /// The recipient.
    pub recipient: RecipientId,
    /// How far it has come.
    pub sending: Sending,
}

/// The telegram is not out.
const WAITING: i64 = 0;
/// An attempt is due at `due`.
const PENDING: i64 = 1;
/// An attempt's row is durable; how it ended is not known.
const UNDER_WAY: i64 = 2;
/// Nothing happens any more unless a person acts.
const SETTLED: i64 = 3;

const COLUMNS: &str = "SELECT id, lane, telegram, recipient, sending FROM outbox";

impl Store {
    /// Rows of a lane that are due and need no person, the longest due first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn due(&self, lane: i64, now: Instant, most: usize) -> Result<Vec<OutboxRow>, Error> {
        // The index is used only if the state is spelled as in the index.
        let sql = format!(
            "{COLUMNS} WHERE state = 1 AND by_hand = 0 AND lane = ?1 AND due <= ?2 ORDER BY due, id LIMIT ?3"
        );
        self.outbox(&sql, params![lane, now.0, i64::try_from(most).unwrap_or(i64::MAX)])
    }

    /// When the next row of a lane is due.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn next_due(&self, lane: i64) -> Result<Option<i64>, Error> {
        self.db
            .prepare_cached("SELECT min(due) FROM outbox WHERE state = 1 AND by_hand = 0 AND lane = ?1")
            .and_then(|mut s| s.query_row([lane], |r| r.get(0)))
            .map_err(failed("reading the outbox"))
    }

    /// The lanes in which rows wait.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn lanes(&self) -> Result<Vec<i64>, Error> {
        let sql = "SELECT DISTINCT lane FROM outbox WHERE state = 1 AND by_hand = 0";
        let mut statement = self.db.prepare_cached(sql).map_err(failed("reading the outbox"))?;
        let rows = statement.query_map([], |r| r.get(0)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        rows.map_err(failed("reading the outbox"))
    }

    /// Settled rows of which the record was not told. Looks at every row: to be asked once, not again and again.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn untold(&self) -> Result<Vec<OutboxRow>, Error> {
        self.outbox(&format!("{COLUMNS} WHERE untold = 1 ORDER BY id"), [])
    }

    /// Rows of a telegram that wait for their next attempt.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn waiting_of(&self, telegram: &TelegramId) -> Result<Vec<OutboxRow>, Error> {
        self.outbox(&format!("{COLUMNS} WHERE telegram = ?1 AND state = 1 ORDER BY id"), [telegram.as_str()])
    }

    /// When the next row of any lane is due that needs no person.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn earliest_due(&self) -> Result<Option<Instant>, Error> {
        let sql = "SELECT min(due) FROM outbox WHERE state = 1 AND by_hand = 0";
        let due: Option<i64> =
            self.db.query_row(sql, [], |r| r.get(0)).map_err(failed("reading the outbox"))?;
        Ok(due.map(Instant))
    }

    /// Rows that wait for a person.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn by_hand(&self) -> Result<Vec<OutboxRow>, Error> {
        self.outbox(&format!("{COLUMNS} WHERE state = 1 AND by_hand = 1 ORDER BY due, id"), [])
    }

    /// Rows of which an attempt is under way. Looks at every row.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn under_way(&self) -> Result<Vec<OutboxRow>, Error> {
        self.outbox(&format!("{COLUMNS} WHERE state = 2 ORDER BY id"), [])
    }

    /// All rows of a telegram.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sendings(&self, telegram: &TelegramId) -> Result<Vec<OutboxRow>, Error> {
        self.outbox(&format!("{COLUMNS} WHERE telegram = ?1 ORDER BY id"), [telegram.as_str()])
    }

    /// One row.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sending(
        &self,
        telegram: &TelegramId,
        recipient: &RecipientId,
    ) -> Result<Option<OutboxRow>, Error> {
        let sql = format!("{COLUMNS} WHERE telegram = ?1 AND recipient = ?2");
        self.db
            .query_row(&sql, [telegram.as_str(), recipient.as_str()], read)
            .optional()
            .map_err(failed("reading the outbox"))?
            .map(parse)
            .transpose()
    }

    fn outbox(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<OutboxRow>, Error> {
        let mut statement = self.db.prepare_cached(sql).map_err(failed("reading the outbox"))?;
        let rows = statement.query_map(params, read).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        rows.map_err(failed("reading the outbox"))?.into_iter().map(parse).collect()
    }
}

type Raw = (i64, i64, String, String, String);

fn read(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn parse((id, lane, telegram, recipient, sending): Raw) -> Result<OutboxRow, Error> {
    let (telegram, recipient) = (TelegramId::parse(&telegram)?, RecipientId::parse(&recipient)?);
    Ok(OutboxRow { id, lane, telegram, recipient, sending: serde_json::from_str(&sending)? })
}

/// Replaces the rows of a telegram that is not out yet.
///
/// # Errors
/// The store cannot be written, or the telegram is out.
pub fn insert_recipients(
    t: &Transaction<'_>,
    telegram: &TelegramId,
    recipients: &[(RecipientId, Channel, i64)],
) -> Result<(), Error> {
    // Whoever an edit leaves out gets nothing.
    t.execute("DELETE FROM outbox WHERE telegram = ?1 AND state = ?2", params![telegram.as_str(), WAITING])
        .map_err(failed("replacing recipients"))?;
    let mut statement = t
        .prepare_cached(
            "INSERT INTO outbox (telegram, recipient, by_hand, lane, state, due, untold, sending)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)",
        )
        .map_err(failed("adding recipients"))?;
    for (recipient, channel, lane) in recipients {
        let sending = serde_json::to_string(&Sending::new(*channel, Instant(0)))?;
        let by_hand = *channel == Channel::Manual;
        let row = params![telegram.as_str(), recipient.as_str(), by_hand, lane, WAITING, sending];
        statement.execute(row).map_err(failed("adding recipients"))?;
    }
    Ok(())
}

/// A telegram is out: its rows are due.
///
/// # Errors
/// The store cannot be written.
pub fn begin(t: &Transaction<'_>, telegram: &TelegramId) -> Result<(), Error> {
    t.execute(
        "UPDATE outbox SET state = ?2 WHERE telegram = ?1 AND state = ?3",
        params![telegram.as_str(), PENDING, WAITING],
    )
    .map(drop)
    .map_err(failed("releasing"))
}

/// How far a recipient has come, and whether the record is to be told.
///
/// # Errors
/// The store cannot be written.
pub fn update(t: &Transaction<'_>, id: i64, sending: &Sending, untold: bool) -> Result<(), Error> {
    let (state, due) = match &sending.progress {
        Progress::Pending { due, .. } => (PENDING, due.0),
        Progress::Attempting { .. } => (UNDER_WAY, 0),
        Progress::Acknowledged { .. } | Progress::Undeliverable { .. } | Progress::InDoubt { .. } => {
            (SETTLED, 0)
        }
    };
    let text = serde_json::to_string(sending)?;
    t.prepare_cached("UPDATE outbox SET state = ?2, due = ?3, sending = ?4, untold = ?5 WHERE id = ?1")
        .and_then(|mut s| s.execute(params![id, state, due, text, untold]))
        .map(drop)
        .map_err(failed("writing the outbox"))
}

/// The record was told of these rows.
///
/// # Errors
/// The store cannot be written.
pub fn told(t: &Transaction<'_>, rows: &[OutboxRow]) -> Result<(), Error> {
    let mut statement = t
        .prepare_cached("UPDATE outbox SET untold = 0 WHERE id = ?1")
        .map_err(failed("writing the outbox"))?;
    rows.iter()
        .try_for_each(|row| statement.execute([row.id]).map(drop))
        .map_err(failed("writing the outbox"))
}

/// An attempt, before it is made; unique, so that none is made twice.
///
/// # Errors
/// The store cannot be written.
pub fn insert_attempt(t: &Transaction<'_>, row: i64, attempt: Attempt) -> Result<(), Error> {
    t.prepare_cached("INSERT INTO attempts VALUES (?1, ?2)")
        .and_then(|mut s| s.execute(params![row, attempt.0]))
        .map(drop)
        .map_err(failed("adding an attempt"))
}
