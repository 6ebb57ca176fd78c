//! Appends statements to the record and signs its checkpoints.
//!
//! Order of writes: signatures are checked, entries and the checkpoint that
//! covers them go into one transaction, the batch is read back and hashed again
//! before it is signed.

use proof::Logged;
use record::checkpoint::{self, Checkpoint};
use record::keys::SigningKey;
use record::merkle::{self, Frontier};
use record::signed_statement;
use rusqlite::Transaction;

use crate::error::Error;
use crate::store::{self, Store};

/// The record's head in memory, and the key that signs it.
pub struct Sequencer {
    frontier: Frontier,
    origin: String,
    log: SigningKey,
}

impl Sequencer {
    /// Rebuilds the head from the store's entries.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn start(store: &Store, origin: String, log: SigningKey) -> Result<Self, Error> {
        let mut frontier = Frontier::new();
        for row in store.rows()? {
            frontier.push(merkle::leaf_hash(&row.entry));
        }
        Ok(Self { frontier, origin, log })
    }

    /// Appends inside a write; statements that are there already are passed over.
    /// The head in memory moves only with [`Sequencer::moved`], after the commit.
    ///
    /// # Errors
    /// The store cannot be written, or what was written does not read back.
    pub fn append(&self, t: &Transaction<'_>, batch: &[Logged]) -> Result<Frontier, Error> {
        let mut next = self.frontier.clone();
        for logged in batch {
            if !store::insert_entry(t, next.size(), logged)? {
                continue;
            }
            let written = read_back(t, next.size())?;
            let meant = signed_statement::to_entry(&logged.signed)?;
            if written != meant {
                let message = format!("entry {} does not read back as written: check the disk", next.size());
                return Err(Error::WrongStore { message });
            }
            next.push(merkle::leaf_hash(&written));
        }
        if next.size() > self.frontier.size() {
            let head = Checkpoint { origin: self.origin.clone(), size: next.size(), root: next.root() };
            store::insert_checkpoint(t, head.size, &checkpoint::sign_checkpoint(&head, &self.log)?)?;
        }
        Ok(next)
    }

    /// The write is durable: the head moves.
    pub fn moved(&mut self, next: Frontier) {
        self.frontier = next;
    }
}

fn read_back(t: &Transaction<'_>, index: u64) -> Result<Vec<u8>, Error> {
    let index = i64::try_from(index).unwrap_or(i64::MAX);
    t.query_row("SELECT entry FROM entries WHERE idx = ?1", [index], |r| r.get(0))
        .map_err(|source| Error::Store { doing: "reading back", source })
}
