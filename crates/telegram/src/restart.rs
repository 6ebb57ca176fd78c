//! After a crash: ask again for whatever may not have been done.
//!
//! Refuses to guess: what may have reached a person is in doubt.

use crate::decide::commit;
use crate::deliver::follow_up;
use crate::{Channel, Command, Entry, Key, Progress, Ruling, Stage, State};

/// The process began anew from what is stored.
pub(crate) fn restarted(state: &mut State) -> Vec<Command> {
    let open = |r: &&Ruling| !r.committed;
    let mut commands: Vec<Command> = state.rulings.values().filter(open).map(|r| commit(state, r)).collect();
    for entry in state.telegrams.values_mut() {
        match entry.stage {
            Stage::Released { .. } => commands.extend(resumed(entry)),
            Stage::Void { .. } | Stage::Withdrawn if entry.key == Key::Kept => {
                commands.push(Command::DestroyKey { telegram: entry.telegram.id.clone() });
            }
            Stage::Void { .. } | Stage::Withdrawn | Stage::Drafted | Stage::Approved | Stage::Held => {}
        }
    }
    commands
}

fn resumed(entry: &mut Entry) -> Vec<Command> {
    let telegram = &entry.telegram.id;
    let mut commands = Vec::new();
    for (recipient, sending) in &mut entry.sendings {
        let next = match (&sending.progress, sending.channel) {
            (Progress::Pending { attempt, unsure }, _) => {
                Progress::Pending { attempt: *attempt, unsure: *unsure }
            }
            // Past the last attempt too: a crash is not the recipient's fault.
            (Progress::Attempting { attempt, .. }, Channel::File) => {
                Progress::Pending { attempt: attempt.next(), unsure: true }
            }
            (Progress::Attempting { attempt, .. }, Channel::Manual) => {
                Progress::InDoubt { attempt: *attempt }
            }
            (
                Progress::Acknowledged { .. } | Progress::Undeliverable { .. } | Progress::InDoubt { .. },
                _,
            ) => {
                continue;
            }
        };
        sending.progress = next;
        commands.extend(follow_up(telegram, recipient, &sending.progress));
    }
    if commands.iter().any(|c| matches!(c, Command::RecordAttempt { .. })) {
        commands.insert(0, Command::OpenBody { telegram: telegram.clone() });
    }
    commands
}
