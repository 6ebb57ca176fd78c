//! `ascertain telegram status | deliver | acknowledge`.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use telegram::{Event, RecipientId, Reference, Refusal, Resolution, Stage, State, TelegramId};

use super::{Answered, Out, default_data};
use crate::courier::Courier;
use crate::error::Error;
use crate::history::{self, Use};
use crate::message::{Recipient, Rendered};
use crate::replay;
use crate::sequencer::Sequencer;
use crate::steps::Steps;
use crate::store::Store;

/// State of the telegrams in a data folder, and delivery by hand
#[derive(clap::Subcommand)]
#[command(after_help = "Example:\n  ascertain telegram status --data d")]
pub enum Command {
    /// One line a telegram: outcome, approvals, state, and what became of each recipient
    #[command(after_help = "Example:\n  ascertain telegram status --data d --json")]
    Status {
        /// The data folder [default: the platform's]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show what waits for a person, and take the typed acknowledgement
    ///
    /// Each message is printed; what you type on the line that follows (who received it, when, under which
    /// reference) acknowledges it. An empty line leaves it in doubt.
    #[command(after_help = "Example:\n  ascertain telegram deliver --data d")]
    Deliver {
        /// The data folder [default: the platform's]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Where files of the file channel go [default: DIR/outbox]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Say that a delivery in doubt arrived
    #[command(
        after_help = "Example:\n  ascertain telegram acknowledge TELEGRAM RECIPIENT --reference \"note 17\" --data d"
    )]
    Acknowledge {
        /// The telegram
        telegram: String,
        /// The recipient
        recipient: String,
        /// Who received it, when, under which reference
        #[arg(long)]
        reference: String,
        /// The data folder [default: the platform's]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

#[derive(Serialize)]
struct Row {
    id: String,
    office: String,
    #[serde(rename = "for")]
    outcome: String,
    approvals: usize,
    state: &'static str,
    recipients: Vec<(String, String)>,
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    let folder = |data: &Option<PathBuf>| data.clone().unwrap_or_else(default_data);
    match command {
        Command::Status { data, json } => status(&folder(data), *json, out),
        Command::Deliver { data, out: to } => {
            let data = folder(data);
            let outbox = to.clone().unwrap_or_else(|| data.join("outbox"));
            let steps = Steps::default();
            let told = with_courier(&data, outbox, &steps, |courier| {
                courier.manual = Some(&ask);
                courier.tell(&Event::Restarted)
            });
            told.and_then(|refused| answered(&refused, out))
        }
        Command::Acknowledge { telegram, recipient, reference, data } => {
            let how = Resolution::Delivered { reference: Reference::parse(reference)? };
            let telegram = TelegramId::parse(telegram)?;
            let recipient = RecipientId::parse(recipient)?;
            let data = folder(data);
            let outbox = data.join("outbox");
            let steps = Steps::default();
            let event = Event::Resolve { telegram, recipient, how };
            let told = with_courier(&data, outbox, &steps, |courier| courier.tell(&event));
            told.and_then(|refused| answered(&refused, out))
        }
    }
}

/// Opens the store and replays the machine, then does one thing with it.
fn with_courier<T>(
    data: &Path,
    outbox: PathBuf,
    steps: &Steps,
    act: impl FnOnce(&mut Courier<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut store = Store::existing(data)?;
    let election = store.meta("election")?.unwrap_or_default();
    let mut sequencer = Sequencer::start(&store, history::origin(&election), history::key(Use::Log))?;
    let state = State::new(replay::quorum()?);
    let now = standing::Instant::from_second(0)?;
    let mut courier = Courier::start(&mut store, &mut sequencer, state, &election, outbox, steps, now)?;
    act(&mut courier)
}

fn answered(refused: &[Refusal], out: &mut Out) -> Result<Answered, Error> {
    for why in refused {
        out.line(&why.to_string());
    }
    Ok(refused.is_empty().into())
}

/// Prints a message and waits for a typed line.
fn ask(to: &Recipient, words: &Rendered) -> Option<String> {
    let mut screen = std::io::stdout();
    let shown = writeln!(
        screen,
        "To {} <{}>\n{}\n\n{}\n\nAcknowledged by, when, reference (empty: not known): ",
        to.name,
        to.address,
        words.subject,
        words.body.trim()
    );
    shown.and_then(|()| screen.flush()).ok()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    Some(line.trim().to_owned()).filter(|l| !l.is_empty())
}

fn status(data: &Path, json: bool, out: &mut Out) -> Result<Answered, Error> {
    let store = Store::read(data)?;
    let state = ::telegram::replay(State::new(replay::quorum()?), &store.events()?)?;
    let rows: Vec<Row> = state.telegrams.values().map(row).collect();
    if json {
        out.json(&rows)?;
        return Ok(Answered::Yes);
    }
    if rows.is_empty() {
        out.line("no telegram is drafted here");
    }
    for r in rows {
        out.line(&format!(
            "{:<12} {:<10} for {:<10} {} demonstration approvals",
            r.id, r.state, r.outcome, r.approvals
        ));
        for (recipient, progress) in &r.recipients {
            out.line(&format!("{:<12} {recipient}: {progress}", ""));
        }
    }
    Ok(Answered::Yes)
}

fn row(e: &::telegram::Entry) -> Row {
    let state = match e.stage {
        Stage::Drafted => "drafted",
        Stage::Approved => "approved",
        Stage::Held => "held",
        Stage::Released { .. } => "released",
        Stage::Void { .. } => "void",
        Stage::Withdrawn => "withdrawn",
    };
    let recipients = e.sendings.iter().map(|(r, s)| (r.to_string(), replay::progress(&s.progress))).collect();
    Row {
        id: e.telegram.id.to_string(),
        office: e.telegram.office.to_string(),
        outcome: e.telegram.outcome.to_string(),
        approvals: e.approvals.len(),
        state,
        recipients,
    }
}
