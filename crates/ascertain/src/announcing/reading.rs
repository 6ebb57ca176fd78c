//! What approvers allowed to be public, read from what is out.
//!
//! It is read once, when the telegram is out, and kept beside the record; nothing that is not out is ever opened for it.

use std::collections::BTreeMap;

use record::signed_statement::{Header, from_entry};
use standing::Instant;
use telegram::{Stage, TelegramId};

use super::entries::{Allowed, Feed, Known, Words, feed};
use super::{Announce, Announced};
use crate::book::Book;
use crate::courier::Courier;
use crate::error::Error;
use crate::message;
use crate::store::Store;

/// What is announced, and the telegrams that are out but cannot be read any more: of those nothing is.
///
/// # Errors
/// The store cannot be read or written.
pub fn read(courier: &Courier<'_>) -> Result<(Feed, Vec<TelegramId>), Error> {
    let (mut allowed, mut unread) = (BTreeMap::new(), Vec::new());
    let out = courier.state.telegrams.values().filter(|e| matches!(e.stage, Stage::Released { .. }));
    for id in out.map(|e| &e.telegram.id) {
        match allowed_of(courier, id)? {
            Read::Allowed(it) => drop(allowed.insert(id.clone(), it)),
            Read::Nothing => {}
            Read::Gone => unread.push(id.clone()),
        }
    }
    let store = courier.book.store();
    let origin = match &courier.book {
        Book::Own { logbook, .. } => logbook.founding.origin.clone(),
        Book::History { election, .. } => crate::history::origin(election),
    };
    let (drill, founded) = (courier.sender.is_drill(), founded(store)?);
    let known = Known { state: &courier.state, allowed: &allowed, origin: &origin, drill, founded };
    Ok((feed(&known)?, unread))
}

enum Read {
    Allowed(Allowed),
    Nothing,
    Gone,
}

fn allowed_of(courier: &Courier<'_>, id: &TelegramId) -> Result<Read, Error> {
    let (store, name) = (courier.book.store(), format!("announced {id}"));
    let kept = match store.meta(&name)? {
        Some(kept) => kept,
        None => match courier.words_out(id) {
            Ok(words) => store.meta_once(&name, &serde_json::to_string(&allowed(&words))?)?,
            Err(Error::Seal { .. } | Error::Usage { .. } | Error::Record(_)) => return Ok(Read::Gone),
            Err(e) => return Err(e),
        },
    };
    Ok(serde_json::from_str::<Option<Allowed>>(&kept)?.map_or(Read::Nothing, Read::Allowed))
}

fn allowed(words: &message::Words) -> Option<Allowed> {
    let Announced { how, office, outcome } = words.announce()?.clone();
    let public = words.public().filter(|_| how == Announce::Text);
    let words = public.map(|rendered| Words { subject: rendered.subject, body: rendered.body });
    Some(Allowed { office, outcome, words })
}

/// When the record's first entry was made: the feed is as old, while nothing is announced.
fn founded(store: &Store) -> Result<Instant, Error> {
    let Some(row) = store.row(0)? else { return Ok(Instant::from_second(0)?) };
    let header: Header = from_entry(&row.entry)?.header;
    Ok(Instant::try_from(header.known_at.as_str())?)
}
