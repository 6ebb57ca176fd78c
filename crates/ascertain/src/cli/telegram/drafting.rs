//! `ascertain telegram draft`: message files and lists become drafts.
//!
//! Everything is read, filled in and checked before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ::telegram::{Channel, Opening, Refusal, Stage, TelegramId};
use proof::OutcomeText;
use standing::{OfficeId, PersonId};

use super::answered;
use super::preparing::{Where, with_desk};
use crate::cli::{Answered, Out};
use crate::courier::{Courier, machine_outcome};
use crate::desk;
use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::message::{self, Asked, Message, Recipient, Row, Template};

#[derive(clap::Args)]
#[command(
    after_help = "A file says for which office and outcome it is, or leaves that to --office and --outcome; so one file can serve several outcomes. With --outcome, a file that says another is passed over.\n\nExamples:\n  ascertain telegram draft us-2028 telegrams/*.toml --policy electors-voted --data d\n  ascertain telegram draft us-2028 winner.toml --outcome ann --outcome ben --to embassies.csv --channel email --policy electors-voted --data d\n  ascertain telegram draft us-2028 winner-a.toml --policy electors-voted --opening shares --data d"
)]
pub struct DraftArgs {
    #[command(flatten)]
    at: Where,
    /// A folder with election.toml, or a shipped name
    election: String,
    /// Message files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A policy file or shipped name: its decision alone releases
    #[arg(long, value_name = "POLICY")]
    policy: String,
    /// Who opens them: the release step, by a key kept here; or the approvers together, by shares of a key that is not
    #[arg(long, value_name = "HOW", default_value = "automatic")]
    opening: OpeningWord,
    /// The telegram that these correct, once its ground is undone
    #[arg(long, value_name = "TELEGRAM")]
    corrects: Option<String>,
    /// A list of recipients, besides those in the file; may be given again
    #[arg(long, value_name = "LIST")]
    to: Vec<PathBuf>,
    /// The channel of recipients that name none: file, manual, webhook or email
    #[arg(long, value_name = "CHANNEL", value_parser = channel)]
    channel: Option<Channel>,
    /// The office, where a file says none
    #[arg(long)]
    office: Option<String>,
    /// A person's id, `nobody` or `annulled`, where a file says none; may be given again
    #[arg(long, value_name = "OUTCOME")]
    outcome: Vec<String>,
    /// The telegram's id, where the file says none [default: OFFICE-OUTCOME]
    #[arg(long)]
    id: Option<String>,
}

/// As [`Opening`].
#[derive(Clone, Copy, clap::ValueEnum)]
enum OpeningWord {
    Automatic,
    Shares,
}

/// A channel by its word.
pub fn channel(word: &str) -> Result<Channel, String> {
    message::channel_named(word).ok_or_else(|| "there are file, manual, webhook and email".into())
}

pub fn draft(args: &DraftArgs, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let policy = folder::load_policy_for(&args.policy, &loaded)?;
    let digest = proof::policy_digest(&policy)?;
    let corrects = args.corrects.as_deref().map(TelegramId::parse).transpose()?;
    let opening = match args.opening {
        OpeningWord::Automatic => Opening::Automatic,
        OpeningWord::Shares => Opening::Shares,
    };
    let messages = messages(args, &loaded, out)?;
    let data = args.at.folder();
    let (refused, shared) = with_desk(&data, Some(&loaded.election.id), data.join("outbox"), |courier| {
        let (mut refused, mut shared) = (Vec::new(), Vec::new());
        for m in &messages {
            shared.extend(sharing(courier, m, corrects.as_ref())?);
            refused.extend::<Vec<Refusal>>(desk::draft(courier, m, digest, (opening, corrects.clone()))?);
        }
        Ok((refused, shared))
    })?;
    shared.iter().take(SAID).for_each(|line| out.warn(line));
    if shared.len() > SAID {
        out.warn(&format!("and {} more of that kind", shared.len().saturating_sub(SAID)));
    }
    out.line(&format!("{} drafted under policy {digest}", messages.len().saturating_sub(refused.len())));
    answered(&refused, out)
}

/// So many shared addresses are told of at a time.
const SAID: usize = 5;

/// Every message the files give for what is asked.
fn messages(args: &DraftArgs, loaded: &Loaded, out: &mut Out) -> Result<Vec<Message>, Error> {
    let office = args.office.as_deref().map(OfficeId::try_from).transpose()?;
    let outcomes: Vec<OutcomeText> = args.outcome.iter().map(|o| outcome(o)).collect::<Result<_, _>>()?;
    let mut to: Vec<Row> = Vec::new();
    for list in &args.to {
        to.extend(message::list(&list.display().to_string(), &folder::read_text(list)?)?);
    }
    let asked = Asked {
        id: args.id.as_deref(),
        office: office.as_ref(),
        channel: args.channel,
        to: &to,
        outcome: None,
    };
    let mut messages: Vec<Message> = Vec::new();
    for file in &args.files {
        let name = file.display().to_string();
        let template = message::read(&name, &folder::read_text(file)?)?;
        let wanted = wanted(&template, &asked, &outcomes);
        if wanted.is_empty() {
            out.warn(&format!("{name} is for another office or outcome, and passed over"));
        }
        for outcome in wanted {
            let m = message::message(&template, &Asked { outcome, ..asked }, &loaded.election, &loaded.law)?;
            if messages.iter().any(|other| other.id == m.id) {
                let message = format!(
                    "{name}: two of these would be the telegram `{}`: give each an id of its own",
                    m.id
                );
                return Err(Error::Usage { message });
            }
            messages.push(m);
        }
    }
    if messages.is_empty() {
        let message = "none of the files is for this office and outcome: nothing is drafted".into();
        return Err(Error::Usage { message });
    }
    Ok(messages)
}

/// The outcomes to draft a file for; `None` for the one it says.
fn wanted<'a>(t: &Template, asked: &Asked<'_>, outcomes: &'a [OutcomeText]) -> Vec<Option<&'a OutcomeText>> {
    if t.office().zip(asked.office).is_some_and(|(says, asked)| says != asked) {
        return Vec::new();
    }
    match t.outcome() {
        Some(says) if outcomes.is_empty() || outcomes.contains(&says) => vec![None],
        Some(_) => Vec::new(),
        None if outcomes.is_empty() => vec![None],
        None => outcomes.iter().map(Some).collect(),
    }
}

fn outcome(word: &str) -> Result<OutcomeText, Error> {
    Ok(match word {
        "nobody" => OutcomeText::Nobody,
        "annulled" => OutcomeText::Annulled,
        person => OutcomeText::Person(PersonId::try_from(person)?),
    })
}

/// Which other drafts for the same outcome go to some of the same addresses. Only one of them can go out.
fn sharing(courier: &Courier<'_>, m: &Message, corrects: Option<&TelegramId>) -> Result<Vec<String>, Error> {
    let outcome = machine_outcome(&m.outcome)?;
    let same = |e: &&::telegram::Entry| {
        let (t, waits) = (&e.telegram, !matches!(e.stage, Stage::Void { .. } | Stage::Withdrawn));
        waits
            && t.id.as_str() != m.id
            && t.terms.office.as_str() == m.office.as_str()
            && t.terms.outcome == outcome
            && t.terms.corrects.as_ref() == corrects
    };
    let others: Vec<TelegramId> =
        courier.state.telegrams.values().filter(same).map(|e| e.telegram.id.clone()).collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let ours: BTreeMap<String, &str> =
        m.recipients.iter().filter_map(|r| Some((normal(r)?, r.id.as_str()))).collect();
    let mut lines = Vec::new();
    for other in others {
        // What cannot be read cannot be approved either.
        let Ok(opened) = courier.words(&other) else { continue };
        let theirs: BTreeSet<String> = opened.recipients().iter().filter_map(normal).collect();
        let mut both = ours.iter().filter(|(address, _)| theirs.contains(*address));
        if let Some((_, first)) = both.next() {
            let count = both.count().saturating_add(1);
            lines.push(format!(
                "{} and {other} are both for {outcome} and share {count} of their addresses, among them that of `{first}`; at most one of the two goes out",
                m.id
            ));
        }
    }
    Ok(lines)
}

fn normal(r: &Recipient) -> Option<String> {
    message::normal(r.channel, &r.address).ok()
}
