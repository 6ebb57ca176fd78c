//! The tables of what opens by shares: whom each approver's are sealed to, the shares dealt, and those given back.
//!
//! Rows are added here and removed in [`super::erasing`]; refuses to know who may open what.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};
use telegram::{ApproverId, TelegramId};

use super::{Store, failed};
use crate::error::Error;
use crate::sharing::Dealt;

impl Store {
    /// The age recipient of each approver who has one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn age_recipients(&self) -> Result<BTreeMap<ApproverId, String>, Error> {
        let mut statement = self
            .db
            .prepare("SELECT approver, recipient FROM age_recipients")
            .map_err(failed("reading recipients"))?;
        let rows: Vec<(String, String)> = statement
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(failed("reading recipients"))?;
        rows.into_iter().map(|(approver, to)| Ok((ApproverId::parse(&approver)?, to))).collect()
    }

    /// The shares dealt of a telegram's key, by number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn shares(&self, telegram: &TelegramId) -> Result<Vec<Dealt>, Error> {
        let mut statement = self
            .db
            .prepare(
                "SELECT approver, number, digest, sealed FROM shares WHERE telegram = ?1 ORDER BY number",
            )
            .map_err(failed("reading shares"))?;
        let rows: Vec<(String, u8, String, Vec<u8>)> = statement
            .query_map([telegram.as_str()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
            .and_then(Iterator::collect)
            .map_err(failed("reading shares"))?;
        let dealt = |(approver, number, digest, sealed): (String, u8, String, Vec<u8>)| {
            Ok(Dealt { approver: ApproverId::parse(&approver)?, number, digest, sealed })
        };
        rows.into_iter().map(dealt).collect()
    }

    /// The lines of the shares given back.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn shares_given(&self, telegram: &TelegramId) -> Result<Vec<String>, Error> {
        let mut statement = self
            .db
            .prepare("SELECT line FROM shares_given WHERE telegram = ?1 ORDER BY approver")
            .map_err(failed("reading shares"))?;
        let rows = statement.query_map([telegram.as_str()], |r| r.get(0));
        rows.and_then(Iterator::collect).map_err(failed("reading shares"))
    }
}

/// From now on an approver's shares are sealed to this.
///
/// # Errors
/// The store cannot be written.
pub fn set_recipient(t: &Transaction<'_>, approver: &ApproverId, recipient: &str) -> Result<(), Error> {
    t.execute("INSERT OR REPLACE INTO age_recipients VALUES (?1, ?2)", [approver.as_str(), recipient])
        .map(drop)
        .map_err(failed("adding a recipient"))
}

/// The shares of a key; there are none before.
///
/// # Errors
/// The store cannot be written.
pub fn insert_shares(t: &Transaction<'_>, telegram: &TelegramId, dealt: &[Dealt]) -> Result<(), Error> {
    for share in dealt {
        let row =
            params![telegram.as_str(), share.approver.as_str(), share.number, share.digest, share.sealed];
        t.execute("INSERT INTO shares VALUES (?1, ?2, ?3, ?4, ?5)", row).map_err(failed("adding shares"))?;
    }
    Ok(())
}

/// A share given back, once.
///
/// # Errors
/// The store cannot be written.
pub fn insert_given(
    t: &Transaction<'_>,
    telegram: &TelegramId,
    approver: &ApproverId,
    line: &str,
) -> Result<(), Error> {
    let row = params![telegram.as_str(), approver.as_str(), line];
    t.execute("INSERT INTO shares_given VALUES (?1, ?2, ?3)", row).map(drop).map_err(failed("adding a share"))
}
