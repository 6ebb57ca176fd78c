//! From the first draft to held or withdrawn, and the end of a key.
//!
//! Refuses to know decisions, beyond that an office has one.

use std::collections::BTreeMap;

use crate::approval::covers;
use crate::message::checked;
use crate::state::is_for;
use crate::{
    Approval, Command, Entry, Error, Happening, Key, OfficeId, Refusal, Stage, State, Telegram, TelegramId,
    missing_approvals,
};

/// A new draft.
pub(crate) fn draft(state: &mut State, telegram: &Telegram) -> Result<Vec<Command>, Error> {
    checked(telegram)?;
    if state.telegrams.contains_key(&telegram.id) {
        return Err(Error::TelegramExists { telegram: telegram.id.clone() });
    }
    if let Some(refusal) = decided(state, &telegram.office) {
        return refuse(refusal);
    }
    let entry = Entry {
        telegram: telegram.clone(),
        approvals: BTreeMap::new(),
        stage: Stage::Drafted,
        key: Key::Unmade,
        sendings: BTreeMap::new(),
    };
    state.telegrams.insert(telegram.id.clone(), entry);
    Ok(Vec::new())
}

/// A draft replaced. The office stays: an approval does not name it, so an old
/// one could otherwise be brought to bear on another office.
pub(crate) fn edit(state: &mut State, telegram: &Telegram) -> Result<Vec<Command>, Error> {
    checked(telegram)?;
    let entry = state.entry(&telegram.id)?;
    if entry.telegram.office != telegram.office {
        let office = entry.telegram.office.clone();
        return Err(Error::OfficeChanged { telegram: telegram.id.clone(), office });
    }
    if let Some(refusal) = frozen(state, entry) {
        return refuse(refusal);
    }
    let entry = state.entry_mut(&telegram.id)?;
    entry.telegram = telegram.clone();
    entry.approvals.clear();
    entry.stage = Stage::Drafted;
    Ok(Vec::new())
}

/// An approval of the draft as it reads.
pub(crate) fn approve(state: &mut State, approval: &Approval) -> Result<Vec<Command>, Error> {
    let entry = state.entry(&approval.telegram)?;
    if let Some(refusal) = frozen(state, entry) {
        return refuse(refusal);
    }
    if !state.quorum.approvers().contains(&approval.by) {
        return refuse(Refusal::NotAnApprover { by: approval.by.clone() });
    }
    if !covers(approval, &entry.telegram) {
        let (telegram, by) = (approval.telegram.clone(), approval.by.clone());
        return refuse(Refusal::OtherDraft { telegram, by });
    }
    let quorum = state.quorum.clone();
    let entry = state.entry_mut(&approval.telegram)?;
    entry.approvals.insert(approval.by.clone(), approval.clone());
    if missing_approvals(&quorum, entry) == 0 {
        entry.stage = Stage::Approved;
    }
    Ok(Vec::new())
}

/// An approved draft, sealed. Holding it again changes nothing.
pub(crate) fn hold(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    if entry.stage == Stage::Held {
        return Ok(Vec::new());
    }
    if let Some(refusal) = frozen(state, entry) {
        return refuse(refusal);
    }
    let missing = missing_approvals(&state.quorum, entry);
    if missing > 0 {
        return refuse(Refusal::NotApproved { telegram: id.clone(), missing });
    }
    if let Some(held) = rival(state, &entry.telegram) {
        return refuse(Refusal::OutcomeTaken { telegram: id.clone(), held });
    }
    let entry = state.entry_mut(id)?;
    entry.stage = Stage::Held;
    entry.key = Key::Kept;
    Ok(vec![Command::AppendStatement(Happening::Held { telegram: id.clone() })])
}

/// The kill switch. It comes too late once the release is being committed.
pub(crate) fn withdraw(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    match entry.stage {
        Stage::Withdrawn => return Ok(Vec::new()),
        Stage::Released { .. } | Stage::Void { .. } => {
            return refuse(Refusal::TooLate { telegram: id.clone() });
        }
        Stage::Drafted | Stage::Approved | Stage::Held => {}
    }
    if let Some(ruling) = state.rulings.get(&entry.telegram.office).filter(|r| !r.committed) {
        let (office, decision) = (ruling.decision.office.clone(), ruling.decision.id.clone());
        return refuse(Refusal::AlreadyDecided { office, decision });
    }
    let entry = state.entry_mut(id)?;
    entry.stage = Stage::Withdrawn;
    let mut commands = vec![Command::AppendStatement(Happening::Withdrawn { telegram: id.clone() })];
    if entry.key == Key::Kept {
        commands.push(Command::DestroyKey { telegram: id.clone() });
    }
    Ok(commands)
}

/// A key is gone. Hearing it again changes nothing.
pub(crate) fn key_destroyed(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let entry = state.entry_mut(id)?;
    let spent = matches!(entry.stage, Stage::Void { .. } | Stage::Withdrawn);
    match entry.key {
        Key::Destroyed => Ok(Vec::new()),
        Key::Kept if spent => {
            entry.key = Key::Destroyed;
            Ok(vec![Command::AppendStatement(Happening::KeyDestroyed { telegram: id.clone() })])
        }
        Key::Kept | Key::Unmade => Err(Error::KeyInUse { telegram: id.clone() }),
    }
}

fn frozen(state: &State, entry: &Entry) -> Option<Refusal> {
    match entry.stage {
        Stage::Drafted | Stage::Approved => decided(state, &entry.telegram.office),
        Stage::Held | Stage::Released { .. } | Stage::Void { .. } | Stage::Withdrawn => {
            Some(Refusal::NotADraft { telegram: entry.telegram.id.clone() })
        }
    }
}

fn decided(state: &State, office: &OfficeId) -> Option<Refusal> {
    let ruling = state.rulings.get(office)?;
    Some(Refusal::AlreadyDecided { office: office.clone(), decision: ruling.decision.id.clone() })
}

fn rival(state: &State, t: &Telegram) -> Option<TelegramId> {
    let same = |e: &&Entry| e.stage == Stage::Held && is_for(&e.telegram, &t.office, &t.outcome, &t.policy);
    state.telegrams.values().find(same).map(|e| e.telegram.id.clone())
}

fn refuse(refusal: Refusal) -> Result<Vec<Command>, Error> {
    Ok(vec![Command::Refuse(refusal)])
}
