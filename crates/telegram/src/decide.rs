//! A decision, the one telegram it releases or makes ready, and those it makes void.
//!
//! Refuses to know deliveries beyond that a release starts them.

use crate::draft::being_written;
use crate::release::{all_but, let_go, losers, void};
use crate::state::is_for;
use crate::{
    Command, Decision, Entry, Error, Finding, Ground, Happening, Instant, OfficeId, Opening, Refusal, Ruling,
    Sha256Hex, Stage, State, corrections_of, missing_approvals, spoken_for,
};

/// A policy was met. Nothing is released yet: the transaction must be durable first.
pub(crate) fn decided(state: &mut State, decision: &Decision, now: Instant) -> Vec<Command> {
    if let Some(standing) = state.rulings.get(&decision.office) {
        return again(&standing.decision, decision);
    }
    // Of a release being written nobody knows yet whether it is out; whoever decided asks again.
    if let Some(refusal) = being_written(state, &decision.office) {
        return vec![Command::Refuse(refusal)];
    }
    let ruling = rule(state, decision, now);
    let command = commit(&ruling);
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
    let ground = Ground::Decision(ruling.decision.id.clone());
    let mut commands = told(&ruling);
    if let Some(id) = &ruling.release {
        commands.extend(let_go(state, id, ruling.at, &ground));
    }
    commands.extend(make_ready(state, &ruling));
    commands.extend(void(state, &ruling.void, ruling.at, &ground));
    Ok(commands)
}

/// Later acts undid the ground. A flag: a release cannot be taken back. The corrections prepared are offered.
pub(crate) fn overtaken(state: &mut State, office: &OfficeId, at: Instant) -> Vec<Command> {
    // While the decision is being written nobody knows that there is one; whoever says this says it again.
    let Some(ruling) = state.rulings.get_mut(office).filter(|r| r.committed) else {
        return vec![Command::Refuse(Refusal::NotDecided { office: office.clone() })];
    };
    if ruling.overtaken.is_some() {
        return Vec::new();
    }
    ruling.overtaken = Some(at);
    let mut commands = vec![Command::AppendStatement(Happening::Overtaken { office: office.clone(), at })];
    commands.extend(offers(state, office));
    commands
}

/// The corrections that wait for a person because the ground of what is out is undone.
pub(crate) fn offers(state: &State, office: &OfficeId) -> Vec<Command> {
    let Some(out) = spoken_for(state, office) else { return Vec::new() };
    corrections_of(state, out).map(|e| Command::Offer { telegram: e.telegram.id.clone() }).collect()
}

/// The transaction a ruling asks for.
pub(crate) fn commit(ruling: &Ruling) -> Command {
    Command::CommitDecision {
        decision: ruling.decision.clone(),
        at: ruling.at,
        release: ruling.release.clone(),
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
    let before = spoken_for(state, &decision.office);
    let fits = |e: &&Entry| is_for(&e.telegram, &decision.office, &decision.outcome, &decision.policy);
    let sound = |e: &&Entry| e.stage == Stage::Held && missing_approvals(&state.quorum, e) == 0;
    let winner = state.telegrams.values().filter(fits).find(sound).filter(|_| before.is_none());
    let void = match winner.map(|w| &w.telegram.id).or(before) {
        Some(out) => all_but(state, &decision.office, out),
        // One that fits but is not held, or whose approvals do not hold, stays: a finding tells of it.
        None => losers(state, &decision.office, |e| !fits(&e)),
    };
    let findings = match (winner, before) {
        (Some(_), _) => Vec::new(),
        (None, Some(telegram)) => vec![Finding::ReleasedBefore { telegram: telegram.clone() }],
        (None, None) => findings(state, decision),
    };
    let opened =
        |by: Opening| winner.filter(|e| e.telegram.terms.opening == by).map(|e| e.telegram.id.clone());
    let (release, ready) = (opened(Opening::Automatic), opened(Opening::Shares));
    let decision = decision.clone();
    Ruling { decision, at: now, release, ready, void, findings, committed: false, overtaken: None }
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

fn make_ready(state: &mut State, ruling: &Ruling) -> Vec<Command> {
    let Some(entry) = ruling.ready.as_ref().and_then(|id| state.telegrams.get_mut(id)) else {
        return Vec::new();
    };
    let (telegram, decision) = (entry.telegram.id.clone(), ruling.decision.id.clone());
    entry.stage = Stage::Ready { at: ruling.at, decision: decision.clone() };
    let ready = Happening::Ready { telegram: telegram.clone(), decision };
    vec![Command::AppendStatement(ready), Command::Offer { telegram }]
}
