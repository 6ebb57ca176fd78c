//! What a person lets go: a telegram that is ready, a correction, or, with a quorum, one that no decision is for.
//!
//! Refuses to know how a body is opened.

use std::collections::BTreeSet;

use crate::draft::{being_written, not_held};
use crate::{
    Approval, ApproverId, Command, Entry, Error, Ground, Happening, Instant, OfficeId, Reference, Refusal,
    Stage, State, TelegramId, missing_approvals, missing_overrides, spoken_for,
};

/// A person lets go what a decision made ready, or a correction of what was overtaken.
pub(crate) fn release(state: &mut State, id: &TelegramId, now: Instant) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    let ground = match (&entry.stage, &entry.telegram.terms.corrects) {
        (Stage::Ready { decision, .. }, _) => Ground::Decision(decision.clone()),
        (Stage::Held, Some(of)) => Ground::Correction { of: of.clone() },
        (stage, _) => return refuse(not_ready(id, stage)),
    };
    let barred = being_written(state, &entry.telegram.terms.office)
        .or_else(|| unapproved(state, entry))
        .or_else(|| ground_undone(state, entry))
        .or_else(|| nothing_to_correct(state, entry));
    match barred {
        Some(refusal) => refuse(refusal),
        None => begin(state, id, now, &ground),
    }
}

/// Enough approvers want a held telegram out. It is recorded as that, never as a decision.
pub(crate) fn without_decision(
    state: &mut State,
    id: &TelegramId,
    reason: &Reference,
    now: Instant,
) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    let office = &entry.telegram.terms.office;
    let barred =
        not_held(entry).or_else(|| being_written(state, office)).or_else(|| unapproved(state, entry));
    if let Some(refusal) = barred {
        return refuse(refusal);
    }
    if let Some(out) = spoken_for(state, office).filter(|out| *out != id) {
        return refuse(Refusal::SpokenFor { office: office.clone(), telegram: out.clone() });
    }
    let missing = missing_overrides(&state.quorum, entry, reason);
    if missing > 0 {
        return refuse(Refusal::NoQuorum { telegram: id.clone(), missing });
    }
    let agreed = |a: &&Approval| a.without_decision.as_ref() == Some(reason);
    let may = |by: &ApproverId| state.quorum.approvers().contains(by);
    let by = entry.overrides.values().filter(agreed).map(|a| a.by.clone()).filter(may).collect();
    begin(state, id, now, &Ground::Override { reason: reason.clone(), by })
}

/// The transaction is durable: release, void, deliver.
pub(crate) fn committed(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let (at, ground) = match &state.entry(id)?.stage {
        Stage::Released { .. } => return Ok(Vec::new()),
        Stage::Releasing { at, ground } => (*at, ground.clone()),
        _ => return Err(Error::NoRelease { telegram: id.clone() }),
    };
    let lost = lost_by(state, id, &ground);
    let mut commands = let_go(state, id, at, &ground);
    commands.extend(void(state, &lost, at, &ground));
    Ok(commands)
}

/// The transaction that a release under way asks for.
pub(crate) fn commit(state: &State, id: &TelegramId, at: Instant, ground: &Ground) -> Command {
    let void = lost_by(state, id, ground);
    Command::CommitRelease { telegram: id.clone(), at, ground: ground.clone(), void }
}

/// The telegram is out.
pub(crate) fn let_go(state: &mut State, id: &TelegramId, at: Instant, ground: &Ground) -> Vec<Command> {
    let Some(entry) = state.telegrams.get_mut(id) else { return Vec::new() };
    entry.stage = Stage::Released { at, ground: ground.clone() };
    let released = Happening::Released { telegram: id.clone(), ground: ground.clone() };
    vec![Command::AppendStatement(released), Command::OpenBody { telegram: id.clone() }]
}

/// These never go out. The record is told when their keys are destroyed: what is out does not wait for that.
pub(crate) fn void(state: &mut State, lost: &[TelegramId], at: Instant, ground: &Ground) -> Vec<Command> {
    let end = |id: &TelegramId| {
        if let Some(entry) = state.telegrams.get_mut(id) {
            entry.stage = Stage::Void { at, ground: ground.clone() };
        }
        Command::DestroyKey { telegram: id.clone() }
    };
    lost.iter().map(end).collect()
}

/// The held telegrams of an office that lose, and the corrections held for those.
pub(crate) fn losers(state: &State, office: &OfficeId, loses: impl Fn(&Entry) -> bool) -> Vec<TelegramId> {
    let held = |e: &&Entry| e.stage == Stage::Held && &e.telegram.terms.office == office;
    let lost: BTreeSet<&TelegramId> = state
        .telegrams
        .values()
        .filter(held)
        .filter(|e| e.telegram.terms.corrects.is_none() && loses(e))
        .map(|e| &e.telegram.id)
        .collect();
    let with = |e: &&Entry| {
        lost.contains(&e.telegram.id)
            || e.telegram.terms.corrects.as_ref().is_some_and(|of| lost.contains(of))
    };
    state.telegrams.values().filter(held).filter(with).map(|e| e.telegram.id.clone()).collect()
}

fn lost_by(state: &State, winner: &TelegramId, ground: &Ground) -> Vec<TelegramId> {
    let Some(entry) = state.telegrams.get(winner).filter(|_| matches!(ground, Ground::Override { .. }))
    else {
        return Vec::new();
    };
    losers(state, &entry.telegram.terms.office, |e| &e.telegram.id != winner)
}

fn begin(state: &mut State, id: &TelegramId, now: Instant, ground: &Ground) -> Result<Vec<Command>, Error> {
    state.entry_mut(id)?.stage = Stage::Releasing { at: now, ground: ground.clone() };
    Ok(vec![commit(state, id, now, ground)])
}

fn unapproved(state: &State, entry: &Entry) -> Option<Refusal> {
    let missing = missing_approvals(&state.quorum, entry);
    (missing > 0).then(|| Refusal::NotApproved { telegram: entry.telegram.id.clone(), missing })
}

/// What is ready no longer rests on a decision that stands; without one it takes a quorum.
fn ground_undone(state: &State, entry: &Entry) -> Option<Refusal> {
    let ready = matches!(entry.stage, Stage::Ready { .. });
    let at = state.rulings.get(&entry.telegram.terms.office)?.overtaken.filter(|_| ready)?;
    Some(Refusal::GroundUndone { telegram: entry.telegram.id.clone(), at })
}

/// A correction is of something that is out, whose ground was undone or which had none, and the first of it.
fn nothing_to_correct(state: &State, correction: &Entry) -> Option<Refusal> {
    let corrects = correction.telegram.terms.corrects.as_ref()?;
    let telegram = correction.telegram.id.clone();
    let undone = state.rulings.get(&correction.telegram.terms.office).is_some_and(|r| r.overtaken.is_some());
    let out = state.telegrams.get(corrects).is_some_and(|e| match &e.stage {
        Stage::Released { ground: Ground::Override { .. }, .. } => true,
        Stage::Released { .. } => undone,
        _ => false,
    });
    if !out {
        return Some(Refusal::NothingToCorrect { telegram, corrects: corrects.clone() });
    }
    let another = |e: &&Entry| {
        e.telegram.terms.corrects.as_ref() == Some(corrects)
            && matches!(e.stage, Stage::Releasing { .. } | Stage::Released { .. })
    };
    let first = state.telegrams.values().find(another)?;
    let office = correction.telegram.terms.office.clone();
    Some(Refusal::SpokenFor { office, telegram: first.telegram.id.clone() })
}

fn not_ready(id: &TelegramId, stage: &Stage) -> Refusal {
    let telegram = id.clone();
    match stage {
        Stage::Released { .. } | Stage::Void { .. } | Stage::Withdrawn => Refusal::TooLate { telegram },
        Stage::Releasing { .. } => Refusal::BeingReleased { telegram },
        Stage::Drafted | Stage::Approved | Stage::Held | Stage::Ready { .. } => {
            Refusal::NotReady { telegram }
        }
    }
}

fn refuse(refusal: Refusal) -> Result<Vec<Command>, Error> {
    Ok(vec![Command::Refuse(refusal)])
}
