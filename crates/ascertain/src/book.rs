//! The record a courier writes to: a history under public keys, or a record under the user's own.
//!
//! Statements and rows are one transaction. Refuses to know what they say.

use proof::{Body, Logged};
use record::keyring::KeyUse;
use rusqlite::Transaction;

use crate::error::Error;
use crate::history::{self, Use};
use crate::keychain::{self, Saying};
use crate::logbook::Logbook;
use crate::sequencer::{self, Packed, Placed, Sequencer};
use crate::store::{self, Store};

/// A record, and who signs in it what becomes of decisions and telegrams.
pub enum Book<'a> {
    /// A replay's.
    History {
        /// The store.
        store: &'a mut Store,
        /// The log.
        sequencer: &'a mut Sequencer,
        /// The election's id.
        election: String,
    },
    /// The user's own.
    Own {
        /// The record.
        logbook: &'a mut Logbook,
        /// The name of the decider's key.
        decider: String,
    },
}

impl Book<'_> {
    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        match self {
            Self::History { store, .. } => store,
            Self::Own { logbook, .. } => &logbook.store,
        }
    }

    /// A statement of the decider.
    ///
    /// # Errors
    /// A key that is not there, or no randomness.
    pub fn sign(&self, saying: Saying, body: Body) -> Result<Packed, Error> {
        match self {
            Self::History { election, .. } => {
                let Saying { statement, subject, known_at } = saying;
                let made = history::make(election, &subject, &statement, known_at, body, Use::Decider)?;
                sequencer::pack(&Logged { signed: made.signed, opened: Some((made.salt, made.body)) })
            }
            Self::Own { logbook, decider } => {
                keychain::sign(logbook.signer(Some(KeyUse::Decider), decider)?, saying, &body)
            }
        }
    }

    /// One transaction: statements, each of which must find its place, and whatever else belongs to them.
    ///
    /// # Errors
    /// A statement that may not stand there, with nothing written; or the store or the guard failed, and the record must
    /// be opened again.
    pub fn write(
        &mut self,
        batch: &[Packed],
        more: impl FnOnce(&Transaction<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::History { store, sequencer, .. } => {
                let t = store.write()?;
                more(&t)?;
                let (staged, _) = sequencer.place(&t, batch, &mut |_, _| Ok(()))?;
                store::commit(t)?;
                sequencer.moved(store, staged)
            }
            Self::Own { logbook, .. } => logbook.append_with(batch, |t, placed| {
                all_stand(batch, placed)?;
                more(t)
            }),
        }
    }
}

fn all_stand(batch: &[Packed], placed: &[Placed]) -> Result<(), Error> {
    for (packed, placed) in batch.iter().zip(placed) {
        let id = &packed.signed.header.statement;
        let why = match placed {
            Placed::New(_) | Placed::Again(_) => continue,
            Placed::Taken(index) => format!("stands at {index} with another content"),
            Placed::Refused(why) => why.clone(),
        };
        return Err(Error::Usage { message: format!("{id}: {why}") });
    }
    Ok(())
}
