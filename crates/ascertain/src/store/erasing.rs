//! The one deletion there is: of a body, at its subject's request. The entry, its signature and every proof of it stay.

use rusqlite::Transaction;

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
