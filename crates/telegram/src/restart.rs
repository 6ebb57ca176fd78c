//! After a crash: ask again for whatever may not have been done.
//!
//! Refuses to guess. What became of each recipient is [`crate::Sending`]'s to say.

use crate::decide::{commit, offers};
use crate::{Command, Entry, Key, Ruling, Stage, State, release};

/// The process began anew from what is stored.
pub(crate) fn restarted(state: &State) -> Vec<Command> {
    let open = |r: &&Ruling| !r.committed;
    let mut commands: Vec<Command> = state.rulings.values().filter(open).map(commit).collect();
    commands.extend(state.telegrams.values().filter_map(|entry| again(state, entry)));
    commands.extend(state.telegrams.values().flat_map(keys_left));
    let overtaken = state.rulings.iter().filter(|(_, r)| r.overtaken.is_some());
    commands.extend(overtaken.flat_map(|(office, _)| offers(state, office)));
    commands
}

fn again(state: &State, entry: &Entry) -> Option<Command> {
    let telegram = entry.telegram.id.clone();
    match &entry.stage {
        Stage::Releasing { at, ground } => Some(release::commit(state, &telegram, *at, ground)),
        Stage::Released { .. } => Some(Command::OpenBody { telegram }),
        Stage::Ready { .. } => Some(Command::Offer { telegram }),
        Stage::Void { .. } | Stage::Withdrawn if entry.key != Key::Destroyed => {
            Some(Command::DestroyKey { telegram })
        }
        Stage::Void { .. } | Stage::Withdrawn | Stage::Drafted | Stage::Approved | Stage::Held => None,
    }
}

/// Keys that may still be here though they should not.
fn keys_left(entry: &Entry) -> impl Iterator<Item = Command> {
    let telegram = &entry.telegram.id;
    let drafts = entry.replaced.iter();
    let drafts = drafts.map(|body| Command::ForgetDraft { telegram: telegram.clone(), body: body.clone() });
    let spent = matches!(entry.stage, Stage::Void { .. } | Stage::Withdrawn);
    let parting = entry.shares.as_ref().filter(|_| entry.key == Key::Kept && !spent);
    drafts.chain(parting.map(|_| Command::PartWithKey { telegram: telegram.clone() }))
}
