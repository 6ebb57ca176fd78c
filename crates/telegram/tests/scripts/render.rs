//! What changed, and what is to be done, as a script writes it.

use std::collections::BTreeMap;

use telegram::{
    Attempt, Command, Entry, Happening, Key, Progress, RecipientId, Stage, State, TelegramId,
    missing_approvals,
};

/// The expectation side of a line.
pub(crate) fn answer(changes: &[String], commands: &[Command]) -> String {
    let commands = commands.iter().map(|c| format!("> {}", command(c)));
    let all: Vec<String> = changes.iter().cloned().chain(commands).collect();
    if all.is_empty() { "=".to_owned() } else { all.join("; ") }
}

/// Whatever reads differently now.
pub(crate) fn changes(before: &State, after: &State) -> Vec<String> {
    let old = readings(before);
    readings(after)
        .into_iter()
        .filter(|(name, text)| old.get(name) != Some(text))
        .map(|(name, text)| format!("{name} {text}"))
        .collect()
}

fn readings(state: &State) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (office, ruling) in &state.rulings {
        let decided = if ruling.committed { "decided" } else { "deciding" };
        let overtaken = if ruling.overtaken.is_some() { ", overtaken" } else { "" };
        out.insert(format!(" {office}"), format!("{decided}{overtaken}"));
    }
    for (id, entry) in &state.telegrams {
        out.insert(id.to_string(), reading(state, entry));
        for (recipient, sending) in &entry.sendings {
            out.insert(format!("{id}/{recipient}"), progress(&sending.progress));
        }
    }
    out.into_iter().map(|(name, text)| (name.trim().to_owned(), text)).collect()
}

fn reading(state: &State, entry: &Entry) -> String {
    let key = match entry.key {
        Key::Unmade => "",
        Key::Kept => ", sealed",
        Key::Destroyed => ", key destroyed",
    };
    let stage = match &entry.stage {
        Stage::Drafted => format!("drafted, {} missing", missing_approvals(&state.quorum, entry)),
        Stage::Approved => format!("approved by {}", entry.approvals.len()),
        Stage::Held => "held".to_owned(),
        Stage::Released { at, .. } => format!("released at {}", at.0),
        Stage::Void { at } => format!("void at {}", at.0),
        Stage::Withdrawn => "withdrawn".to_owned(),
    };
    format!("{stage}{key}")
}

fn progress(progress: &Progress) -> String {
    let mark = |unsure: &bool| if *unsure { ", unsure" } else { "" };
    match progress {
        Progress::Pending { attempt, unsure } => format!("pending {}{}", attempt.0, mark(unsure)),
        Progress::Attempting { attempt, unsure } => format!("attempting {}{}", attempt.0, mark(unsure)),
        Progress::Acknowledged { reference } => format!("acknowledged: {reference}"),
        Progress::Undeliverable { reason } => format!("undeliverable: {reason:?}"),
        Progress::InDoubt { attempt } => format!("in doubt {}", attempt.0),
    }
}

fn command(command: &Command) -> String {
    match command {
        Command::CommitDecisionAndRelease { release, outbox, void, .. } => {
            let release = release.as_ref().map_or("nothing", |t| t.as_str());
            let void: Vec<&str> = void.iter().map(TelegramId::as_str).collect();
            let void = if void.is_empty() { "nothing".to_owned() } else { void.join(",") };
            format!("commit: release {release} to {}, void {void}", outbox.len())
        }
        Command::OpenBody { telegram } => format!("open {telegram}"),
        Command::DestroyKey { telegram } => format!("destroy {telegram}"),
        Command::RecordAttempt { telegram, recipient, attempt } => {
            to("record", telegram, recipient, *attempt)
        }
        Command::Deliver { telegram, recipient, channel, attempt } => {
            format!("{} by {channel:?}", to("deliver", telegram, recipient, *attempt))
        }
        Command::AppendStatement(Happening::Found { finding, .. }) => format!("say: {finding}"),
        Command::AppendStatement(happening) => format!("say {}", variant(happening)),
        Command::Refuse(refusal) => format!("refuse: {refusal}"),
    }
}

fn to(verb: &str, telegram: &TelegramId, recipient: &RecipientId, attempt: Attempt) -> String {
    format!("{verb} {telegram}/{recipient} {}", attempt.0)
}

fn variant(it: &impl std::fmt::Debug) -> String {
    let text = format!("{it:?}");
    text.split_whitespace().next().unwrap_or_default().to_owned()
}
