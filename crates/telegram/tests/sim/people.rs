//! What people, and the evaluator of policies, do: right, wrong, twice, too late.

use telegram::{Event, Instant, Progress, Resolution, Stage, State};

use super::cast::{
    APPROVERS, DECISIONS, OFFICES, RECIPIENTS, STARTS, TELEGRAMS, approval, decision, office_id, recipient,
    reference, telegram, telegram_id, version,
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
                (0..12, _) => {
                    let outcome = if sim.rng.percent(80) { STARTS[t].1 } else { sim.rng.below(4) };
                    Event::Edit(telegram(t, version(&now.body).saturating_add(1), outcome))
                }
                (12..16, _) => Event::Withdraw { telegram: now.id },
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

/// A person looks at what is in doubt, and sends it again even if it arrived.
pub(crate) fn resolve(sim: &mut Sim) -> Result<(), Violation> {
    let (t, r) = (sim.rng.below(TELEGRAMS), sim.rng.below(RECIPIENTS));
    let to = &sim.checker.telegrams[t].to[r];
    let arrived = to.files > 0 || to.reached > 0;
    if !sim.process.as_ref().is_some_and(|p| in_doubt(&p.state, t, r)) {
        return Ok(());
    }
    let how = if arrived && sim.rng.percent(70) {
        Resolution::Delivered { reference: reference() }
    } else {
        sim.covered.resent = sim.covered.resent.wrapping_add(1);
        Resolution::Resend
    };
    sim.handle(Event::Resolve { telegram: telegram_id(t), recipient: recipient(r), how })
}

/// Later acts undo the ground of a decision.
pub(crate) fn overtake(sim: &mut Sim) -> Result<(), Violation> {
    let o = sim.rng.below(OFFICES);
    if sim.checker.offices[o].decision.is_some() {
        sim.covered.overtaken = sim.covered.overtaken.wrapping_add(1);
    }
    sim.handle(Event::Overtaken { office: office_id(o), at: Instant(3_000) })
}

/// An approval: mostly right, else old, of something else, or by nobody we know.
fn signed(sim: &mut Sim, t: usize, now: &telegram::Telegram) -> Event {
    let by = sim.rng.below(APPROVERS);
    let old = version(&now.body).saturating_sub(1);
    let mut it = approval(by, now);
    match sim.rng.below(16) {
        0 => it.body = telegram(t, old, 0).body,
        1 => it.recipients = telegram((t ^ 1).min(3), 1, 0).recipients,
        2 => it.outcome = telegram(t, 1, 1).outcome,
        3 => it.policy = telegram(if t == 2 { 0 } else { 2 }, 1, 0).policy,
        _ => {}
    }
    Event::Approve(it)
}

fn in_doubt(state: &State, t: usize, r: usize) -> bool {
    let sending = state.telegrams.get(&telegram_id(t)).and_then(|e| e.sendings.get(&recipient(r)));
    sending.is_some_and(|s| matches!(s.progress, Progress::InDoubt { .. }))
}
