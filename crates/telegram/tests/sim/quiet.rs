//! What must hold when nothing is left to do: nothing lost, nothing untold.

use telegram::{Happening, Progress, State};

use super::cast::{RECIPIENTS, TELEGRAMS, recipient, telegram_id};
use super::check::Violation;
use super::courier::Sim;
use super::covered::Covered;

/// The check at quiescence.
pub(crate) fn check_quiet(sim: &mut Sim) -> Result<(), Violation> {
    let process = sim.process.as_ref().ok_or(Violation::MachineError)?;
    for (ours, office) in sim.checker.offices.iter().enumerate() {
        wrong_if(office.released != office.must_release, Violation::ReleaseLost)?;
        let void = office.must_void.iter().all(|t| sim.checker.telegrams[*t].void);
        wrong_if(!void, Violation::VoidLost)?;
        let decided = process.state.rulings.values().filter(|r| r.committed);
        let known = decided.filter(|r| super::cast::number(r.decision.office.as_str()) == ours).count();
        wrong_if(known != usize::from(office.decision.is_some()), Violation::ReleaseLost)?;
    }
    for (t, seen) in sim.checker.telegrams.iter().enumerate() {
        let spent = seen.void || (seen.held && seen.withdrawn);
        wrong_if(spent && !seen.key_destroyed, Violation::KeyLeft)?;
        told(&sim.statements, t, seen.void, |h| matches!(h, Happening::Voided { .. }))?;
        told(&sim.statements, t, seen.released, |h| matches!(h, Happening::Released { .. }))?;
        told(&sim.statements, t, seen.key_destroyed, |h| matches!(h, Happening::KeyDestroyed { .. }))?;
    }
    for t in (0..TELEGRAMS).filter(|t| sim.checker.telegrams[*t].released) {
        for r in 0..RECIPIENTS {
            settled(sim, &process.state, t, r)?;
        }
    }
    let statements = std::mem::take(&mut sim.statements);
    count(&mut sim.covered, &statements);
    Ok(())
}

fn settled(sim: &Sim, state: &State, t: usize, r: usize) -> Result<(), Violation> {
    let (telegram, recipient) = (telegram_id(t), recipient(r));
    let to = &sim.checker.telegrams[t].to[r];
    let arrived = to.files > 0 || to.reached > 0;
    let sending = state.telegrams.get(&telegram).and_then(|e| e.sendings.get(&recipient));
    let told = match sending.map(|s| s.progress.clone()).ok_or(Violation::DeliveryLost)? {
        Progress::Pending { .. } | Progress::Attempting { .. } => return Err(Violation::DeliveryLost),
        Progress::Acknowledged { reference } => {
            wrong_if(!arrived, Violation::FalseAcknowledgement)?;
            Happening::Acknowledged { telegram, recipient, reference }
        }
        Progress::Undeliverable { reason } => {
            wrong_if(arrived, Violation::FalseUndeliverable)?;
            Happening::Undeliverable { telegram, recipient, reason }
        }
        Progress::InDoubt { attempt } => Happening::InDoubt { telegram, recipient, attempt },
    };
    let times = sim.statements.iter().filter(|h| **h == told).count();
    wrong_if(times != 1, Violation::NotToldToTheRecord)
}

/// Whether it was told once if it happened, and never otherwise.
fn told(
    statements: &[Happening],
    t: usize,
    happened: bool,
    kind: impl Fn(&Happening) -> bool,
) -> Result<(), Violation> {
    let of_ours = |h: &Happening| match h {
        Happening::Voided { telegram, .. }
        | Happening::Released { telegram, .. }
        | Happening::KeyDestroyed { telegram } => super::cast::number(telegram.as_str()) == t,
        _ => false,
    };
    let times = statements.iter().filter(|h| kind(h) && of_ours(h)).count();
    wrong_if(times != usize::from(happened), Violation::NotToldToTheRecord)
}

fn count(covered: &mut Covered, statements: &[Happening]) {
    for happening in statements {
        let counter = match happening {
            Happening::Released { .. } => &mut covered.released,
            Happening::Found { .. } => &mut covered.findings,
            Happening::InDoubt { .. } => &mut covered.in_doubt,
            Happening::Undeliverable { .. } => &mut covered.undeliverable,
            _ => continue,
        };
        *counter = counter.wrapping_add(1);
    }
}

fn wrong_if(wrong: bool, violation: Violation) -> Result<(), Violation> {
    if wrong { Err(violation) } else { Ok(()) }
}
