//! A decision, the one telegram it releases, and those it makes void.
//!
//! Refuses to know deliveries beyond that a release starts them.

use crate::state::is_for;
use crate::{
    Attempt, Command, Decision, Entry, Error, Finding, Happening, Instant, OfficeId, Progress, Refusal,
    Ruling, Sending, Sha256Hex, Stage, State, TelegramId, missing_approvals,
};

/// A policy was met. Nothing is released yet: the transaction must be durable first.
pub(crate) fn decided(state: &mut State, decision: &Decision, now: Instant) -> Vec<Command> {
    if let Some(standing) = state.rulings.get(&decision.office) {
        return again(&standing.decision, decision);
    }
    let ruling = rule(state, decision, now);
    let command = commit(state, &ruling);
    state.rulings.insert(decision.office.clone(), ruling);
    vec![command]
}

/// The transaction is durable: release, void, deliver.
pub(crate) fn committed(
    state: &mut State,
    office: &OfficeId,
    decision: &Sha256Hex,
) -> Result<Vec<Command>, Error> {
    let known = state.rulings.get_mut(office).filter(|r| &r.decision.id == decision);
    let Some(ruling) = known else {
        return Err(Error::NoTransaction { office: office.clone(), decision: decision.clone() });
    };
    if ruling.committed {
        return Ok(Vec::new());
    }
    ruling.committed = true;
    let ruling = ruling.clone();
    let mut commands = told(&ruling);
    commands.extend(release(state, &ruling));
    commands.extend(void(state, &ruling));
    Ok(commands)
}

/// Later acts undid the ground. A flag: a release cannot be taken back.
pub(crate) fn overtaken(state: &mut State, office: &OfficeId, at: Instant) -> Vec<Command> {
    let Some(ruling) = state.rulings.get_mut(office) else {
        return vec![Command::Refuse(Refusal::NotDecided { office: office.clone() })];
    };
    if ruling.overtaken.is_some() {
        return Vec::new();
    }
    ruling.overtaken = Some(at);
    vec![Command::AppendStatement(Happening::Overtaken { office: office.clone(), at })]
}

/// The transaction a ruling asks for.
pub(crate) fn commit(state: &State, ruling: &Ruling) -> Command {
    let released = ruling.release.as_ref().and_then(|id| state.telegrams.get(id));
    Command::CommitDecisionAndRelease {
        decision: ruling.decision.clone(),
        at: ruling.at,
        release: ruling.release.clone(),
        outbox: released.map(|e| e.telegram.deliveries.clone()).unwrap_or_default(),
        void: ruling.void.clone(),
    }
}

fn again(standing: &Decision, offered: &Decision) -> Vec<Command> {
    if standing == offered {
        return Vec::new();
    }
    let (office, decision) = (standing.office.clone(), standing.id.clone());
    vec![Command::Refuse(Refusal::AlreadyDecided { office, decision })]
}

fn rule(state: &State, decision: &Decision, now: Instant) -> Ruling {
    let fits = |e: &&Entry| is_for(&e.telegram, &decision.office, &decision.outcome, &decision.policy);
    let ready = |e: &&Entry| e.stage == Stage::Held && missing_approvals(&state.quorum, e) == 0;
    let release = state.telegrams.values().filter(fits).find(ready).map(|e| e.telegram.id.clone());
    // One that fits but whose approvals do not hold is neither: a finding tells of it.
    let loses = |e: &&Entry| {
        e.stage == Stage::Held
            && e.telegram.office == decision.office
            && release.as_ref() != Some(&e.telegram.id)
            && (ready(e) || !fits(e))
    };
    let void = state.telegrams.values().filter(loses).map(|e| e.telegram.id.clone()).collect();
    let findings = if release.is_some() { Vec::new() } else { findings(state, decision) };
    Ruling { decision: decision.clone(), at: now, release, void, findings, committed: false, overtaken: None }
}

fn findings(state: &State, decision: &Decision) -> Vec<Finding> {
    let fits = |e: &&Entry| {
        e.stage != Stage::Withdrawn
            && is_for(&e.telegram, &decision.office, &decision.outcome, &decision.policy)
    };
    let why = |e: &Entry| match (e.telegram.id.clone(), missing_approvals(&state.quorum, e)) {
        (telegram, 0) => Finding::NotHeld { telegram },
        (telegram, missing) => Finding::NotApproved { telegram, missing },
    };
    let found: Vec<Finding> = state.telegrams.values().filter(fits).map(why).collect();
    if found.is_empty() { vec![Finding::NoTelegramFor { outcome: decision.outcome.clone() }] } else { found }
}

fn told(ruling: &Ruling) -> Vec<Command> {
    let office = &ruling.decision.office;
    let found = |finding: &Finding| Happening::Found { office: office.clone(), finding: finding.clone() };
    std::iter::once(Happening::Decided { decision: ruling.decision.clone() })
        .chain(ruling.findings.iter().map(found))
        .map(Command::AppendStatement)
        .collect()
}

fn release(state: &mut State, ruling: &Ruling) -> Vec<Command> {
    let decision = ruling.decision.id.clone();
    let Some(entry) = ruling.release.as_ref().and_then(|id| state.telegrams.get_mut(id)) else {
        return Vec::new();
    };
    let telegram = entry.telegram.id.clone();
    entry.stage = Stage::Released { at: ruling.at, decision: decision.clone() };
    let mut commands = vec![
        Command::AppendStatement(Happening::Released { telegram: telegram.clone(), decision }),
        Command::OpenBody { telegram: telegram.clone() },
    ];
    for delivery in &entry.telegram.deliveries {
        let (attempt, recipient) = (Attempt::FIRST, delivery.recipient.clone());
        let progress = Progress::Pending { attempt, unsure: false };
        entry.sendings.insert(recipient.clone(), Sending { channel: delivery.channel, progress });
        commands.push(Command::RecordAttempt { telegram: telegram.clone(), recipient, attempt });
    }
    commands
}

fn void(state: &mut State, ruling: &Ruling) -> Vec<Command> {
    let (at, decision) = (ruling.at, &ruling.decision.id);
    let end = |id: &TelegramId| {
        if let Some(entry) = state.telegrams.get_mut(id) {
            entry.stage = Stage::Void { at };
        }
        let voided = Happening::Voided { telegram: id.clone(), decision: decision.clone() };
        [Command::AppendStatement(voided), Command::DestroyKey { telegram: id.clone() }]
    };
    ruling.void.iter().flat_map(end).collect()
}
