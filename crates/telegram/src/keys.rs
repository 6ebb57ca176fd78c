//! The end of keys: of drafts replaced, of what is split, of what never goes out.
//!
//! Refuses to know a key: it knows where one is, and when it must not be there any more.

use crate::{Command, Error, Happening, Key, Sha256Hex, Stage, State, TelegramId};

/// A key is gone, or every share of it that was here. Hearing it again changes nothing. Of what never was held the record is
/// not told.
pub(crate) fn destroyed(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let entry = state.entry_mut(id)?;
    let voided = match &entry.stage {
        Stage::Void { ground, .. } => {
            Some(Happening::Voided { telegram: id.clone(), ground: ground.clone() })
        }
        Stage::Withdrawn => None,
        _ => return Err(Error::KeyInUse { telegram: id.clone() }),
    };
    if entry.key == Key::Destroyed {
        return Ok(Vec::new());
    }
    entry.key = Key::Destroyed;
    let destroyed = Happening::KeyDestroyed { telegram: id.clone() };
    let told = voided.into_iter().chain([destroyed]).filter(|_| entry.held);
    Ok(told.map(Command::AppendStatement).collect())
}

/// The key of a draft that was replaced is gone.
pub(crate) fn forgotten(state: &mut State, id: &TelegramId, body: &Sha256Hex) -> Result<Vec<Command>, Error> {
    let entry = state.entry_mut(id)?;
    if &entry.telegram.terms.body == body {
        return Err(Error::KeyInUse { telegram: id.clone() });
    }
    entry.replaced.remove(body);
    Ok(Vec::new())
}

/// A key that was split is not here any more.
pub(crate) fn parted(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let entry = state.entry_mut(id)?;
    if entry.shares.is_none() {
        return Err(Error::KeyInUse { telegram: id.clone() });
    }
    if entry.key == Key::Kept {
        entry.key = Key::Shared;
    }
    Ok(Vec::new())
}
