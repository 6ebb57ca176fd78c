//! What must hold when nothing is left to do: nothing lost, nothing untold.

use telegram::{Happening, Progress, Stage, State, Told};

use super::cast::{RECIPIENTS, TELEGRAMS, telegram_id};
use super::check::{Office, Violation};
use super::courier::Sim;
use super::covered::Covered;
use super::keys::no_key_left;

/// The check at quiescence.
pub(crate) fn check_quiet(sim: &mut Sim) -> Result<(), Violation> {
    let process = sim.process.as_ref().ok_or(Violation::MachineError)?;
    for (ours, office) in sim.checker.offices.iter().enumerate() {
        decided_and_released(sim, &process.state, ours, office)?;
    }
    for (t, seen) in sim.checker.telegrams.iter().enumerate() {
        no_key_left(&sim.checker, t)?;
        // Of what never was held the record knows nothing but that it was withdrawn.
        told(&sim.statements, t, seen.void && seen.held, |h| matches!(h, Happening::Voided { .. }))?;
        told(&sim.statements, t, seen.released, |h| matches!(h, Happening::Released { .. }))?;
        let destroyed = seen.key_destroyed && seen.held;
        told(&sim.statements, t, destroyed, |h| matches!(h, Happening::KeyDestroyed { .. }))?;
    }
    for t in 0..TELEGRAMS {
        for r in 0..RECIPIENTS {
            settled(sim, t, r)?;
        }
    }
    let statements = std::mem::take(&mut sim.statements);
    count(&mut sim.covered, &statements);
    for (_, _, told) in &sim.told {
        let counter = match told {
            Told::InDoubt => &mut sim.covered.in_doubt,
            Told::Undeliverable => &mut sim.covered.undeliverable,
            Told::Acknowledged | Told::Again => continue,
        };
        *counter = counter.wrapping_add(1);
    }
    Ok(())
}

fn decided_and_released(sim: &Sim, state: &State, ours: usize, office: &Office) -> Result<(), Violation> {
    if let Some(t) = office.must_release {
        wrong_if(office.released != Some(t), Violation::ReleaseLost)?;
    } else if let Some(t) = office.released {
        let by_a_person = office.must_be_ready == Some(t) || sim.checker.telegrams[t].without_decision;
        wrong_if(!by_a_person, Violation::ReleaseLost)?;
    }
    if let Some(t) = office.must_be_ready {
        let stage = state.telegrams.get(&telegram_id(t)).map(|e| &e.stage);
        let kept = matches!(stage, Some(Stage::Ready { .. } | Stage::Released { .. } | Stage::Withdrawn));
        wrong_if(!kept, Violation::ReleaseLost)?;
    }
    wrong_if(!office.must_void.iter().all(|t| sim.checker.telegrams[*t].void), Violation::VoidLost)?;
    let decided = state.rulings.values().filter(|r| r.committed);
    let known = decided.filter(|r| super::cast::number(r.decision.office.as_str()) == ours).count();
    wrong_if(known != usize::from(office.decision.is_some()), Violation::ReleaseLost)?;
    let undone = state.rulings.values().filter(|r| r.overtaken.is_some());
    let known = undone.filter(|r| super::cast::number(r.decision.office.as_str()) == ours).count();
    wrong_if(known != usize::from(office.overtaken), Violation::Overtaking)
}

/// Every recipient of what is out has an end, told once for each time it came to one; nobody else has any.
fn settled(sim: &Sim, t: usize, r: usize) -> Result<(), Violation> {
    let to = &sim.checker.telegrams[t].to[r];
    let arrived = to.files > 0 || to.reached > 0;
    let row = sim.rows.get(&(t, r));
    wrong_if(row.is_some() != sim.checker.telegrams[t].released, Violation::DeliveryLost)?;
    let Some(row) = row else { return wrong_if(arrived, Violation::OpenedUnreleased) };
    let end = match &row.progress {
        Progress::Pending { .. } | Progress::Attempting { .. } => return Err(Violation::DeliveryLost),
        Progress::Acknowledged { .. } => {
            wrong_if(!arrived, Violation::FalseAcknowledgement)?;
            Told::Acknowledged
        }
        Progress::Undeliverable { .. } => {
            wrong_if(arrived, Violation::FalseUndeliverable)?;
            Told::Undeliverable
        }
        Progress::InDoubt { .. } => Told::InDoubt,
    };
    let ours = |told: &&(usize, usize, Told)| (told.0, told.1) == (t, r);
    let last = sim.told.iter().rev().find(ours).map(|(_, _, told)| told);
    wrong_if(last != Some(&end), Violation::NotToldToTheRecord)
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
            Happening::Released { ground: telegram::Ground::Decision(_), .. } => &mut covered.released,
            Happening::Released { ground: telegram::Ground::Override { .. }, .. } => &mut covered.overridden,
            Happening::Released { ground: telegram::Ground::Correction { .. }, .. } => &mut covered.corrected,
            Happening::Ready { .. } => &mut covered.ready,
            Happening::KeyDestroyed { .. } => &mut covered.keys_destroyed,
            Happening::Found { .. } => &mut covered.findings,
            _ => continue,
        };
        *counter = counter.wrapping_add(1);
    }
}

fn wrong_if(wrong: bool, violation: Violation) -> Result<(), Violation> {
    if wrong { Err(violation) } else { Ok(()) }
}
