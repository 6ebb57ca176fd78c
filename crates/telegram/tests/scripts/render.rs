//! What changed, and what is to be done, as a script writes it.

use std::collections::BTreeMap;

use telegram::{
    Command, Entry, Ground, Happening, Key, Progress, RecipientId, Stage, State, Step, TelegramId,
    missing_approvals,
};

use super::world::{World, step_text};

/// The expectation side of a line.
pub(crate) fn answer(
    changes: &[String],
    commands: &[Command],
    steps: &[((TelegramId, RecipientId), Step)],
) -> String {
    let commands = commands.iter().map(|c| format!("> {}", command(c)));
    let steps = steps.iter().map(|(to, step)| format!("> {}", step_text(to, step)));
    let all: Vec<String> = changes.iter().cloned().chain(commands).chain(steps).collect();
    if all.is_empty() { "=".to_owned() } else { all.join("; ") }
}

/// Whatever reads differently now.
pub(crate) fn changes(before: &World, after: &World) -> Vec<String> {
    let old = readings(before);
    readings(after)
        .into_iter()
        .filter(|(name, text)| old.get(name) != Some(text))
        .map(|(name, text)| format!("{name} {text}"))
        .collect()
}

fn readings(world: &World) -> BTreeMap<String, String> {
    let (state, mut out) = (&world.state, BTreeMap::new());
    for (office, ruling) in &state.rulings {
        let decided = if ruling.committed { "decided" } else { "deciding" };
        let overtaken = if ruling.overtaken.is_some() { ", overtaken" } else { "" };
        out.insert(format!(" {office}"), format!("{decided}{overtaken}"));
    }
    for (id, entry) in &state.telegrams {
        out.insert(id.to_string(), reading(state, entry));
    }
    for ((id, recipient), sending) in &world.sendings {
        out.insert(format!("{id}/{recipient}"), progress(&sending.progress));
    }
    out.into_iter().map(|(name, text)| (name.trim().to_owned(), text)).collect()
}

fn reading(state: &State, entry: &Entry) -> String {
    let shares = entry.shares.as_ref().map_or(0, telegram::Shares::missing);
    let key = match entry.key {
        Key::Kept if entry.held => ", sealed".to_owned(),
        Key::Kept => String::new(),
        Key::Shared => format!(", in shares, {shares} missing"),
        Key::Destroyed => ", key destroyed".to_owned(),
    };
    let stage = match &entry.stage {
        Stage::Drafted => format!("drafted, {} missing", missing_approvals(&state.quorum, entry)),
        Stage::Approved => format!("approved by {}", entry.approvals.len()),
        Stage::Held => "held".to_owned(),
        Stage::Ready { at, .. } => format!("ready at {}", at.0),
        Stage::Releasing { .. } => "releasing".to_owned(),
        Stage::Released { at, ground } => format!("released at {}{}", at.0, on(ground)),
        Stage::Void { at, .. } => format!("void at {}", at.0),
        Stage::Withdrawn => "withdrawn".to_owned(),
    };
    format!("{stage}{key}")
}

fn on(ground: &Ground) -> String {
    match ground {
        Ground::Decision(_) => String::new(),
        Ground::Override { reason, by } => format!(" without a decision, by {}: {reason}", by.len()),
        Ground::Correction { of } => format!(" to correct {of}"),
    }
}

fn progress(progress: &Progress) -> String {
    let mark = |unsure: &bool| if *unsure { ", unsure" } else { "" };
    match progress {
        Progress::Pending { attempt, unsure, due } => {
            let later = if due.0 > 2_000 { format!(" at {}", due.0) } else { String::new() };
            format!("pending {}{later}{}", attempt.0, mark(unsure))
        }
        Progress::Attempting { attempt, unsure } => format!("attempting {}{}", attempt.0, mark(unsure)),
        Progress::Acknowledged { reference } => format!("acknowledged: {reference}"),
        Progress::Undeliverable { reason, .. } => format!("undeliverable: {reason:?}"),
        Progress::InDoubt { attempt } => format!("in doubt {}", attempt.0),
    }
}

fn command(command: &Command) -> String {
    match command {
        Command::CommitDecision { release, void, .. } => {
            format!("commit: release {}, void {}", listed(release.as_slice()), listed(void))
        }
        Command::CommitRelease { telegram, void, .. } => {
            format!("commit: release {telegram}, void {}", listed(void))
        }
        Command::OpenBody { telegram } => format!("open {telegram}"),
        Command::DestroyKey { telegram } => format!("destroy {telegram}"),
        Command::ForgetDraft { telegram, body } => format!("forget {telegram} {body}"),
        Command::PartWithKey { telegram } => format!("part with {telegram}"),
        Command::Offer { telegram } => format!("offer {telegram}"),
        Command::AppendStatement(Happening::Found { finding, .. }) => format!("say: {finding}"),
        Command::AppendStatement(happening) => said(happening),
        Command::Refuse(refusal) => format!("refuse: {refusal}"),
    }
}

fn listed(telegrams: &[TelegramId]) -> String {
    let names: Vec<&str> = telegrams.iter().map(TelegramId::as_str).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(",") }
}

pub(crate) fn said(it: &impl std::fmt::Debug) -> String {
    let text = format!("{it:?}");
    format!("say {}", text.split_whitespace().next().unwrap_or_default())
}
