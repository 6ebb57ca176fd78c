//! What people, and the evaluator of policies, do: right, wrong, twice, too late.

use telegram::{Event, Instant, Moment, Progress, Resolution, Stage};

use super::cast::{
    APPROVERS, DECISIONS, NAMED, NEEDED, OFFICES, RECIPIENTS, SHARED, STARTS, TELEGRAMS, approval, approver,
    decision, office_id, quorum, reason, reference, telegram, telegram_id, version,
};
use super::check::Violation;
use super::courier::Sim;

/// Somebody does something about one telegram.
pub(crate) fn somebody_acts(sim: &mut Sim) -> Result<(), Violation> {
    let t = sim.rng.below(TELEGRAMS);
    let Some(process) = &sim.process else { return Ok(()) };
    let event = match process.state.telegrams.get(&telegram_id(t)) {
        None => Event::Draft(telegram(t, 1, STARTS[t].1)),
        Some(entry) => {
            let (now, stage) = (entry.telegram.clone(), entry.stage.clone());
            match (sim.rng.below(100), stage) {
                (0..10, _) => {
                    let outcome = if sim.rng.percent(80) { STARTS[t].1 } else { sim.rng.below(4) };
                    Event::Edit(telegram(t, version(&now.terms.body).saturating_add(1), outcome))
                }
                // A share comes at any time: too early, too late, twice.
                (10..12, _) => Event::ShareGiven { telegram: now.id, by: approver(sim.rng.below(APPROVERS)) },
                (12..16, _) => Event::Withdraw { telegram: now.id },
                (16..19, _) => {
                    sim.covered.revoked = sim.covered.revoked.wrapping_add(1);
                    Event::Quorum(quorum(*sim.rng.pick(&[NAMED, NAMED, NEEDED, 1])))
                }
                (16..60, Stage::Held | Stage::Ready { .. }) => lets_go(sim, t, &now),
                (16..60, _) | (_, Stage::Drafted) => signed(sim, t, &now),
                _ => Event::Hold { telegram: now.id },
            }
        }
    };
    if matches!(event, Event::Withdraw { .. }) {
        sim.covered.withdrawn = sim.covered.withdrawn.wrapping_add(1);
    }
    sim.handle(event)
}

/// The evaluator says that a policy is met; it may be asked again and again.
pub(crate) fn offer(sim: &mut Sim, d: usize) -> Result<(), Violation> {
    sim.handle(Event::Decided { decision: decision(d), now: Instant(2_000) })
}

/// The evaluator says so of some policy, perhaps another than before.
pub(crate) fn offer_any(sim: &mut Sim) -> Result<(), Violation> {
    let d = sim.rng.below(DECISIONS.len());
    offer(sim, d)
}

/// A person looks at what is in doubt, and sends it again even if it arrived; or has a dead letter tried again.
pub(crate) fn resolve(sim: &mut Sim) -> Result<(), Violation> {
    let (t, r) = (sim.rng.below(TELEGRAMS), sim.rng.below(RECIPIENTS));
    let to = &sim.checker.telegrams[t].to[r];
    let (arrived, now) = (to.files > 0 || to.reached > 0, sim.now());
    let moment = match sim.rows.get(&(t, r)).map(|row| &row.progress) {
        Some(Progress::InDoubt { .. }) if arrived && sim.rng.percent(70) => {
            Moment::Resolved { how: Resolution::Delivered { reference: reference() }, now }
        }
        Some(Progress::InDoubt { .. }) => {
            sim.covered.resent = sim.covered.resent.wrapping_add(1);
            Moment::Resolved { how: Resolution::Resend, now }
        }
        Some(Progress::Undeliverable { .. }) => {
            sim.covered.redriven = sim.covered.redriven.wrapping_add(1);
            Moment::Redriven { now }
        }
        _ => return Ok(()),
    };
    sim.moment(t, r, &moment)
}

/// Later acts undo the ground of a decision.
pub(crate) fn overtake(sim: &mut Sim) -> Result<(), Violation> {
    let o = sim.rng.below(OFFICES);
    if sim.checker.offices[o].decision.is_some() {
        sim.covered.overtaken = sim.covered.overtaken.wrapping_add(1);
    }
    sim.handle(Event::Overtaken { office: office_id(o), at: Instant(3_000) })
}

/// Somebody wants out what is held or ready: lets it go, or gathers a quorum for it to go without a decision.
fn lets_go(sim: &mut Sim, t: usize, now: &telegram::Telegram) -> Event {
    let at = sim.now();
    if t == SHARED {
        let opened = sim.checker.telegrams[t].shares.len() >= NEEDED;
        return match sim.rng.below(if opened { 3 } else { 12 }) {
            0 => Event::Release { telegram: now.id.clone(), now: at },
            1 => Event::Override { telegram: now.id.clone(), reason: reason(1), now: at },
            _ => Event::ShareGiven { telegram: now.id.clone(), by: approver(sim.rng.below(APPROVERS)) },
        };
    }
    match sim.rng.below(10) {
        0..3 => Event::Release { telegram: now.id.clone(), now: at },
        3 => Event::Override { telegram: now.id.clone(), reason: reason(1), now: at },
        _ => {
            let mut it = approval(sim.rng.below(APPROVERS), now);
            it.without_decision = Some(reason(if sim.rng.percent(90) { 1 } else { 2 }));
            if sim.rng.percent(5) {
                it.terms.body = telegram(t, 99, 0).terms.body;
            }
            Event::Approve(it)
        }
    }
}

/// An approval: mostly right, else old, of something else, or by nobody we know.
fn signed(sim: &mut Sim, t: usize, now: &telegram::Telegram) -> Event {
    let by = sim.rng.below(APPROVERS);
    let old = version(&now.terms.body).saturating_sub(1);
    let mut it = approval(by, now);
    match sim.rng.below(16) {
        0 => it.terms.body = telegram(t, old, 0).terms.body,
        1 => it.terms.recipients = telegram((t ^ 1).min(3), 1, 0).terms.recipients,
        2 => it.terms.outcome = telegram(t, 1, 1).terms.outcome,
        3 => it.terms.policy = telegram(if t == 2 { 0 } else { 2 }, 1, 0).terms.policy,
        _ => {}
    }
    Event::Approve(it)
}
