//! From the first draft to held or withdrawn.
//!
//! Refuses to know decisions, beyond that an office has one.

use std::collections::{BTreeMap, BTreeSet};

use crate::approval::covers;
use crate::message::checked;
use crate::release::corrected;
use crate::state::{chain, is_for};
use crate::{
    Approval, Command, Entry, Error, Happening, Key, OfficeId, Opening, Quorum, Refusal, Shares, Stage,
    State, Telegram, TelegramId, missing_approvals, spoken_for,
};

/// A new draft.
pub(crate) fn draft(state: &mut State, telegram: &Telegram) -> Result<Vec<Command>, Error> {
    checked(telegram)?;
    if state.telegrams.contains_key(&telegram.id) {
        return Err(Error::TelegramExists { telegram: telegram.id.clone() });
    }
    if let Some(refusal) = closed(state, telegram) {
        return refuse(refusal);
    }
    let entry = Entry {
        telegram: telegram.clone(),
        approvals: BTreeMap::new(),
        overrides: BTreeMap::new(),
        stage: Stage::Drafted,
        held: false,
        key: Key::Kept,
        replaced: BTreeSet::new(),
        shares: None,
    };
    state.telegrams.insert(telegram.id.clone(), entry);
    Ok(Vec::new())
}

/// A draft replaced. The office stays: what is filed under one is not found under another.
pub(crate) fn edit(state: &mut State, telegram: &Telegram) -> Result<Vec<Command>, Error> {
    checked(telegram)?;
    let entry = state.entry(&telegram.id)?;
    if entry.telegram.terms.office != telegram.terms.office {
        let office = entry.telegram.terms.office.clone();
        return Err(Error::OfficeChanged { telegram: telegram.id.clone(), office });
    }
    if let Some(refusal) = frozen(state, entry).or_else(|| closed(state, telegram)) {
        return refuse(refusal);
    }
    let entry = state.entry_mut(&telegram.id)?;
    let before = std::mem::replace(&mut entry.telegram, telegram.clone()).terms.body;
    entry.approvals.clear();
    entry.stage = Stage::Drafted;
    entry.replaced.remove(&telegram.terms.body);
    if before == telegram.terms.body {
        return Ok(Vec::new());
    }
    entry.replaced.insert(before.clone());
    Ok(vec![Command::ForgetDraft { telegram: telegram.id.clone(), body: before }])
}

/// An approval of the draft as it reads, or of the release of a held one without a decision.
pub(crate) fn approve(state: &mut State, approval: &Approval) -> Result<Vec<Command>, Error> {
    let entry = state.entry(&approval.telegram)?;
    let overriding = approval.without_decision.is_some();
    let barred = if overriding { not_held(entry) } else { frozen(state, entry) };
    if let Some(refusal) = barred {
        return refuse(refusal);
    }
    if !state.quorum.approvers().contains(&approval.by) {
        return refuse(Refusal::NotAnApprover { by: approval.by.clone() });
    }
    if !covers(approval, entry) {
        let (telegram, by) = (approval.telegram.clone(), approval.by.clone());
        return refuse(Refusal::OtherDraft { telegram, by });
    }
    let quorum = state.quorum.clone();
    let entry = state.entry_mut(&approval.telegram)?;
    let given = if overriding { &mut entry.overrides } else { &mut entry.approvals };
    given.insert(approval.by.clone(), approval.clone());
    counted(&quorum, entry);
    Ok(Vec::new())
}

/// Others may approve now; what those gave who may not any more does not count. Not while something is being written:
/// what it rests on must read the same when the state is loaded again.
pub(crate) fn quorum(state: &mut State, quorum: &Quorum) -> Vec<Command> {
    let offices: BTreeSet<&OfficeId> = state.telegrams.values().map(|e| &e.telegram.terms.office).collect();
    let offices = offices.into_iter().chain(state.rulings.keys());
    if let Some(refusal) = offices.into_iter().find_map(|office| being_written(state, office)) {
        return vec![Command::Refuse(refusal)];
    }
    state.quorum = quorum.clone();
    state.telegrams.values_mut().for_each(|entry| counted(quorum, entry));
    Vec::new()
}

fn counted(quorum: &Quorum, entry: &mut Entry) {
    if matches!(entry.stage, Stage::Drafted | Stage::Approved) {
        let enough = missing_approvals(quorum, entry) == 0;
        entry.stage = if enough { Stage::Approved } else { Stage::Drafted };
    }
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
    let (needed, holders) = (state.quorum.needed(), state.quorum.approvers().clone());
    let entry = state.entry_mut(id)?;
    entry.stage = Stage::Held;
    entry.held = true;
    let mut commands = vec![Command::AppendStatement(Happening::Held { telegram: id.clone() })];
    if entry.telegram.terms.opening == Opening::Shares {
        entry.shares = Some(Shares { needed, holders, given: BTreeSet::new() });
        commands.push(Command::PartWithKey { telegram: id.clone() });
    }
    Ok(commands)
}

/// The kill switch. It comes too late once the release is being committed. Corrections of what never goes out go with it.
pub(crate) fn withdraw(state: &mut State, id: &TelegramId) -> Result<Vec<Command>, Error> {
    let entry = state.entry(id)?;
    match entry.stage {
        Stage::Withdrawn => return Ok(Vec::new()),
        Stage::Released { .. } | Stage::Void { .. } => {
            return refuse(Refusal::TooLate { telegram: id.clone() });
        }
        Stage::Drafted | Stage::Approved | Stage::Held | Stage::Ready { .. } | Stage::Releasing { .. } => {}
    }
    if let Some(refusal) = being_written(state, &entry.telegram.terms.office) {
        return refuse(refusal);
    }
    let office = &entry.telegram.terms.office;
    let corrections = waiting(state, office).filter(|e| chain(state, &e.telegram).any(|of| of == id));
    let corrections: Vec<TelegramId> = corrections.map(|e| e.telegram.id.clone()).collect();
    let end = |telegram: &TelegramId| {
        if let Some(entry) = state.telegrams.get_mut(telegram) {
            entry.stage = Stage::Withdrawn;
        }
        let withdrawn = Happening::Withdrawn { telegram: telegram.clone() };
        [Command::AppendStatement(withdrawn), Command::DestroyKey { telegram: telegram.clone() }]
    };
    Ok(std::iter::once(id).chain(&corrections).flat_map(end).collect())
}

/// The telegrams of an office that could still be let go, but for one that is ready.
pub(crate) fn waiting<'a>(state: &'a State, office: &'a OfficeId) -> impl Iterator<Item = &'a Entry> {
    state.telegrams.values().filter(move |e| {
        &e.telegram.terms.office == office
            && matches!(e.stage, Stage::Drafted | Stage::Approved | Stage::Held)
    })
}

/// A decision or a release of the office whose transaction may or may not be durable: nothing of it may change.
pub(crate) fn being_written(state: &State, office: &OfficeId) -> Option<Refusal> {
    if let Some(ruling) = state.rulings.get(office).filter(|r| !r.committed) {
        return Some(Refusal::AlreadyDecided {
            office: office.clone(),
            decision: ruling.decision.id.clone(),
        });
    }
    let writing =
        |e: &&Entry| &e.telegram.terms.office == office && matches!(e.stage, Stage::Releasing { .. });
    let entry = state.telegrams.values().find(writing)?;
    Some(Refusal::BeingReleased { telegram: entry.telegram.id.clone() })
}

fn frozen(state: &State, entry: &Entry) -> Option<Refusal> {
    match entry.stage {
        Stage::Drafted | Stage::Approved => closed(state, &entry.telegram),
        Stage::Held
        | Stage::Ready { .. }
        | Stage::Releasing { .. }
        | Stage::Released { .. }
        | Stage::Void { .. }
        | Stage::Withdrawn => Some(Refusal::NotADraft { telegram: entry.telegram.id.clone() }),
    }
}

/// Only what is held or ready, and no correction, can go out without a decision that stands.
pub(crate) fn not_held(entry: &Entry) -> Option<Refusal> {
    let held = matches!(entry.stage, Stage::Held | Stage::Ready { .. });
    let fits = held && entry.telegram.terms.corrects.is_none();
    (!fits).then(|| Refusal::NotHeld { telegram: entry.telegram.id.clone() })
}

/// Whether nothing can be prepared for the office any more: something is out. Corrections of that can.
fn closed(state: &State, telegram: &Telegram) -> Option<Refusal> {
    let office = &telegram.terms.office;
    if let Some(refusal) = being_written(state, office) {
        return Some(refusal);
    }
    let out = spoken_for(state, office);
    if let Some(corrects) = &telegram.terms.corrects {
        return vain(state, telegram, corrects, out);
    }
    let out = out?;
    let decision = state.rulings.get(office).filter(|r| r.release.is_some() || r.ready.is_some());
    Some(match decision {
        Some(r) => Refusal::AlreadyDecided { office: office.clone(), decision: r.decision.id.clone() },
        None => Refusal::SpokenFor { office: office.clone(), telegram: out.clone() },
    })
}

/// Whether a correction could never go out: of what never does, or not the first of it.
fn vain(
    state: &State,
    correction: &Telegram,
    corrects: &TelegramId,
    out: Option<&TelegramId>,
) -> Option<Refusal> {
    let office = &correction.terms.office;
    let never = state.telegrams.get(corrects).is_some_and(|e| {
        matches!(e.stage, Stage::Void { .. } | Stage::Withdrawn) || &e.telegram.terms.office != office
    });
    if never || out.is_some_and(|out| chain(state, correction).all(|of| of != out)) {
        let (telegram, corrects) = (correction.id.clone(), corrects.clone());
        return Some(Refusal::NothingToCorrect { telegram, corrects });
    }
    let first = corrected(state, corrects)?.telegram.id.clone();
    Some(Refusal::SpokenFor { office: office.clone(), telegram: first })
}

fn rival(state: &State, t: &Telegram) -> Option<TelegramId> {
    let terms = &t.terms;
    let same = |e: &&Entry| {
        let other = &e.telegram.terms;
        let for_the_same = match &terms.corrects {
            None => is_for(&e.telegram, &terms.office, &terms.outcome, &terms.policy),
            corrects => &other.corrects == corrects,
        };
        e.stage == Stage::Held && for_the_same
    };
    state.telegrams.values().find(same).map(|e| e.telegram.id.clone())
}

fn refuse(refusal: Refusal) -> Result<Vec<Command>, Error> {
    Ok(vec![Command::Refuse(refusal)])
}
