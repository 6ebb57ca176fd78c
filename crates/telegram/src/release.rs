//! What a person lets go: a telegram that is ready, a correction, or, with a quorum, one that no decision is for; and the
//! shares that open it first.
//!
//! Refuses to know how a body is opened, beyond how many shares that takes.

use std::collections::BTreeSet;

use crate::draft::{being_written, not_held, waiting};
use crate::state::chain;
use crate::{
    Approval, ApproverId, Command, Entry, Error, Ground, Happening, Instant, OfficeId, Reference, Refusal,
    Shares, Stage, State, TelegramId, missing_approvals, missing_overrides, spoken_for,
};

/// A person lets go what a decision made ready, or a correction of what was overtaken.
pub(crate) fn release(state: &mut State, id: &TelegramId, now: Instant) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    let ground = by_a_person(state, entry).and_then(|ground| unsealed(entry).map(|()| ground));
    begin_or_refuse(state, id, now, ground)
}

/// Enough approvers want a held telegram out. It is recorded as that, never as a decision.
pub(crate) fn without_decision(
    state: &mut State,
    id: &TelegramId,
    reason: &Reference,
    now: Instant,
) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    let ground = by_a_quorum(state, entry, reason).and_then(|ground| unsealed(entry).map(|()| ground));
    begin_or_refuse(state, id, now, ground)
}

/// An approver gives back a share of a key, of what may be released and only then.
pub(crate) fn share(state: &mut State, id: &TelegramId, by: &ApproverId) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    if let Some(refusal) = may_open(state, entry) {
        return refuse(refusal);
    }
    let (telegram, giver) = (id.clone(), by.clone());
    let Some(shares) = &mut state.entry_mut(id)?.shares else { return Ok(Vec::new()) };
    if !shares.holders.contains(by) {
        return refuse(Refusal::NoShare { telegram, by: giver });
    }
    if !shares.given.insert(giver.clone()) {
        return refuse(Refusal::ShareTaken { telegram, by: giver });
    }
    let complete = shares.missing() == 0;
    Ok(complete.then_some(Command::Offer { telegram }).into_iter().collect())
}

/// Why no share of a telegram's key is taken now, or handed out; nothing if it could be released but for them.
#[must_use]
pub fn may_open(state: &State, entry: &Entry) -> Option<Refusal> {
    let telegram = entry.telegram.id.clone();
    if entry.shares.is_none() {
        return Some(Refusal::NotShared { telegram });
    }
    let because = by_a_person(state, entry).err()?;
    let mut reasons = entry.overrides.values().filter_map(|a| a.without_decision.as_ref());
    let agreed = reasons.any(|reason| by_a_quorum(state, entry, reason).is_ok());
    (!agreed).then(|| Refusal::NotOpened { telegram, because: Box::new(because) })
}

/// The ground on which a person may let it go.
fn by_a_person(state: &State, entry: &Entry) -> Result<Ground, Refusal> {
    let id = &entry.telegram.id;
    let ground = match (&entry.stage, &entry.telegram.terms.corrects) {
        (Stage::Ready { decision, .. }, _) => Ground::Decision(decision.clone()),
        (Stage::Held, Some(of)) => Ground::Correction { of: of.clone() },
        (stage, _) => return Err(not_ready(id, stage)),
    };
    let barred = being_written(state, &entry.telegram.terms.office)
        .or_else(|| unapproved(state, entry))
        .or_else(|| ground_undone(state, entry))
        .or_else(|| nothing_to_correct(state, entry));
    barred.map_or(Ok(ground), Err)
}

/// The ground on which it may go without a decision.
fn by_a_quorum(state: &State, entry: &Entry, reason: &Reference) -> Result<Ground, Refusal> {
    let (id, office) = (&entry.telegram.id, &entry.telegram.terms.office);
    let barred =
        not_held(entry).or_else(|| being_written(state, office)).or_else(|| unapproved(state, entry));
    if let Some(refusal) = barred {
        return Err(refusal);
    }
    if let Some(out) = spoken_for(state, office).filter(|out| *out != id) {
        return Err(Refusal::SpokenFor { office: office.clone(), telegram: out.clone() });
    }
    let missing = missing_overrides(&state.quorum, entry, reason);
    if missing > 0 {
        return Err(Refusal::NoQuorum { telegram: id.clone(), missing });
    }
    let agreed = |a: &&Approval| a.without_decision.as_ref() == Some(reason);
    let may = |by: &ApproverId| state.quorum.approvers().contains(by);
    let by = entry.overrides.values().filter(agreed).map(|a| a.by.clone()).filter(may).collect();
    Ok(Ground::Override { reason: reason.clone(), by })
}

/// A released telegram that nobody can open would be lost.
fn unsealed(entry: &Entry) -> Result<(), Refusal> {
    match entry.shares.as_ref().map_or(0, Shares::missing) {
        0 => Ok(()),
        missing => Err(Refusal::Sealed { telegram: entry.telegram.id.clone(), missing }),
    }
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

/// The telegrams of an office that lose, and the corrections of those.
pub(crate) fn losers(state: &State, office: &OfficeId, loses: impl Fn(&Entry) -> bool) -> Vec<TelegramId> {
    let lost: BTreeSet<&TelegramId> = waiting(state, office)
        .filter(|e| e.telegram.terms.corrects.is_none() && loses(e))
        .map(|e| &e.telegram.id)
        .collect();
    let with =
        |e: &&Entry| lost.contains(&e.telegram.id) || chain(state, &e.telegram).any(|of| lost.contains(of));
    waiting(state, office).filter(with).map(|e| e.telegram.id.clone()).collect()
}

/// What cannot go out any more for an office of which `out` is let go or ready: all but that and its corrections.
pub(crate) fn all_but(state: &State, office: &OfficeId, out: &TelegramId) -> Vec<TelegramId> {
    let stays = |e: &&Entry| &e.telegram.id == out || chain(state, &e.telegram).any(|of| of == out);
    waiting(state, office).filter(|e| !stays(e)).map(|e| e.telegram.id.clone()).collect()
}

/// The correction that is out, or about to be, of a telegram.
pub(crate) fn corrected<'a>(state: &'a State, of: &TelegramId) -> Option<&'a Entry> {
    state.telegrams.values().find(|e| {
        e.telegram.terms.corrects.as_ref() == Some(of)
            && matches!(e.stage, Stage::Releasing { .. } | Stage::Released { .. })
    })
}

fn lost_by(state: &State, winner: &TelegramId, ground: &Ground) -> Vec<TelegramId> {
    let Some(entry) = state.telegrams.get(winner) else { return Vec::new() };
    let office = &entry.telegram.terms.office;
    match ground {
        Ground::Decision(_) => Vec::new(),
        Ground::Override { .. } => all_but(state, office, winner),
        Ground::Correction { of } => {
            let stays = |e: &&Entry| chain(state, &e.telegram).any(|id| id == winner);
            let others = waiting(state, office).filter(|e| chain(state, &e.telegram).any(|id| id == of));
            others.filter(|e| !stays(e)).map(|e| e.telegram.id.clone()).filter(|id| id != winner).collect()
        }
    }
}

fn begin_or_refuse(
    state: &mut State,
    id: &TelegramId,
    now: Instant,
    ground: Result<Ground, Refusal>,
) -> Result<Vec<Command>, Error> {
    match ground {
        Ok(ground) => {
            state.entry_mut(id)?.stage = Stage::Releasing { at: now, ground: ground.clone() };
            Ok(vec![commit(state, id, now, &ground)])
        }
        Err(refusal) => refuse(refusal),
    }
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
    let first = corrected(state, corrects)?;
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
