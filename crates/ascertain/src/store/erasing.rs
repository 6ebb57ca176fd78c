//! What is deleted: a body, at its subject's request, whose entry, signature and every proof stay; and what was sealed of a
//! telegram that never goes out, once its key is gone.

use rusqlite::Transaction;
use telegram::TelegramId;

use super::{Store, failed, signed};
use crate::error::Error;

/// Deletes a body and its salt; without the salt the digest in the entry cannot be guessed back. `false` if there was
/// none. The bytes are overwritten (`secure_delete`).
///
/// # Errors
/// The store cannot be written.
pub fn erase_body(t: &Transaction<'_>, index: u64) -> Result<bool, Error> {
    let erased = t.execute("DELETE FROM bodies WHERE idx = ?1", [signed(index)]);
    Ok(erased.map_err(failed("erasing a body"))? > 0)
}

/// Deletes what was sealed of a telegram, and every share of its key, sealed or given back.
///
/// # Errors
/// The store cannot be written.
pub fn forget_sealed(t: &Transaction<'_>, telegram: &TelegramId) -> Result<(), Error> {
    for sql in [
        "DELETE FROM sealed WHERE telegram = ?1",
        "DELETE FROM shares WHERE telegram = ?1",
        "DELETE FROM shares_given WHERE telegram = ?1",
    ] {
        t.execute(sql, [telegram.as_str()]).map_err(failed("forgetting what was sealed"))?;
    }
    Ok(())
}

impl Store {
    /// Empties the write-ahead log, in which an erased body would still stand.
    ///
    /// # Errors
    /// The store cannot be written, or another process reads it.
    pub fn empty_log(&self) -> Result<(), Error> {
        let busy: i64 = self
            .db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get(0))
            .map_err(failed("emptying the write-ahead log"))?;
        if busy == 0 {
            return Ok(());
        }
        let message = "another process reads the store, so the erased bytes may still stand in its write-ahead log; end that process and erase again";
        Err(Error::WrongStore { message: message.into() })
    }
}
