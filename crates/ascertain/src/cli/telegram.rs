//! `ascertain telegram …`: what is prepared, who agreed, what is out, and what waits for a person.
//!
//! Refuses to decide anything: it asks [`crate::desk`] and prints the answer.

mod announcing;
mod drafting;
mod going;
mod preparing;
mod proving;
mod rehearsing;
mod running;
mod sharing;
mod showing;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use telegram::{Key, Moment, Reference, Refusal, Resolution, State};

use super::{Answered, Out, default_data};
use crate::book::Book;
use crate::courier::Courier;
use crate::desk;
use crate::error::Error;
use crate::history::{self, Use};
use crate::message::{Recipient, Rendered};
use crate::proofs;
use crate::replay;
use crate::sequencer::Sequencer;
use crate::steps::Steps;
use crate::store::Store;

/// Messages prepared for every outcome, approved, held, released once, delivered
#[derive(clap::Subcommand)]
#[command(
    after_help = "Examples, on a record of your own (`ascertain record init`), with an approver's key each (`record key new --use approver --name NAME`) and a decider's of the name `desk`:\n\n  ascertain telegram quorum 2 --data d\n  ascertain telegram draft us-2028 telegrams/*.toml --policy electors-voted --data d\n  ascertain telegram approve winner-a --key alice --data d\n  ascertain telegram hold winner-a winner-b nobody annulled --for us-2028 --policy electors-voted --data d\n  ascertain telegram run us-2028 --policy electors-voted --data d"
)]
pub enum Command {
    /// How many of the approvers in force must agree to a telegram
    Quorum(preparing::QuorumArgs),
    /// Read message files and keep each as a draft, sealed; a draft of the same name is replaced
    Draft(drafting::DraftArgs),
    /// Print exactly what would go out, and to whom
    Show(showing::ShowArgs),
    /// Send what one recipient would get to your own address, marked as a test; nothing is released
    Rehearse(rehearsing::RehearseArgs),
    /// Whose age key an approver's share of a key is sealed to
    Recipient(sharing::RecipientArgs),
    /// Sign a telegram as it reads, with an approver's key
    Approve(preparing::ApproveArgs),
    /// Hold approved drafts: from now on a decision can release them
    Hold(preparing::HoldArgs),
    /// The kill switch: a telegram that is not out does not go out
    Withdraw(preparing::NamedArgs),
    /// Write each approver's sealed share of the key of what may be released
    Shares(sharing::SharesArgs),
    /// Take an approver's share of a key; with enough of them the telegram can be released
    Open(sharing::OpenArgs),
    /// Let go a correction, or what is ready; with --override what no decision is for
    Release(preparing::ReleaseArgs),
    /// Write the proof files of a decision again, or elsewhere
    Proof(proving::ProofArgs),
    /// Ask the policy again and again, release what it decides, deliver what is due
    Run(running::RunArgs),
    /// Write what is announced again: feeds, files for programs, and a page
    Announce(announcing::AnnounceArgs),
    /// Settle a delivery in doubt: --delivered or --resend
    Resolve(running::ResolveArgs),
    /// Try a dead letter again
    Redrive(running::RedriveArgs),
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
    /// Say that a delivery in doubt, or one that waits for a person, arrived
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
        #[command(flatten)]
        at: preparing::Where,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<SharesRow>,
    recipients: Vec<(String, String)>,
    /// The proof of the decision on its office, where one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

/// How many of the shares of its key open it, are given back, and were dealt.
#[derive(Serialize)]
struct SharesRow {
    needed: usize,
    given: usize,
    of: usize,
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    let folder = |data: &Option<PathBuf>| data.clone().unwrap_or_else(default_data);
    match command {
        Command::Quorum(args) => preparing::quorum(args, out),
        Command::Draft(args) => drafting::draft(args, out),
        Command::Show(args) => showing::show(args, out),
        Command::Rehearse(args) => rehearsing::rehearse(args, out),
        Command::Recipient(args) => sharing::recipient(args, out),
        Command::Shares(args) => sharing::shares(args, out),
        Command::Open(args) => sharing::open(args, out),
        Command::Approve(args) => preparing::approve(args, out),
        Command::Hold(args) => preparing::hold(args, out),
        Command::Withdraw(args) => preparing::withdraw(args, out),
        Command::Release(args) => preparing::release(args, out),
        Command::Run(args) => running::run(args, out),
        Command::Announce(args) => announcing::announce(args, out),
        Command::Proof(args) => proving::proof(args, out),
        Command::Resolve(args) => running::resolve(args, out),
        Command::Redrive(args) => running::redrive(args, out),
        Command::Status { data, json } => status(&folder(data), *json, out),
        Command::Deliver { data, out: to } => {
            let data = folder(data);
            let outbox = to.clone().unwrap_or_else(|| data.join("outbox"));
            let steps = Steps::default();
            let told = with_courier(&data, outbox, &steps, |courier| {
                courier.manual = Some(&ask);
                courier.resume()
            });
            told.and_then(|refused| answered(&refused, out))
        }
        Command::Acknowledge { telegram, recipient, reference, at } => {
            let how = Resolution::Delivered { reference: Reference::parse(reference)? };
            let moment = Moment::Resolved { how, now: ::telegram::Instant(super::now()?.second()) };
            running::moment(at, (telegram, recipient), &moment, out)
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
    if store.meta("origin")?.is_some() {
        drop(store);
        return preparing::with_desk(data, None, outbox, act);
    }
    let election = store.meta("election")?.unwrap_or_default();
    let mut sequencer = Sequencer::start(&store, history::origin(&election), history::key(Use::Log))?;
    let state = State::new(replay::quorum()?);
    let now = super::now()?;
    let book = Book::History { store: &mut store, sequencer: &mut sequencer, election: election.clone() };
    let mut courier = Courier::start(book, state, &election, outbox, steps, now)?;
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
    let own = store.meta("origin")?.is_some();
    let state = if own {
        desk::state(&store)?
    } else {
        ::telegram::replay(State::new(replay::quorum()?), &store.events()?)?
    };
    let rows: Vec<Row> = state.telegrams.values().map(|e| row(&store, e)).collect::<Result<_, _>>()?;
    if json {
        out.json(&rows)?;
        return Ok(Answered::Yes);
    }
    if rows.is_empty() {
        out.line("no telegram is drafted here");
    }
    for r in rows {
        let demonstration = if own { "" } else { " demonstration" };
        let (id, state, outcome, approvals) = (&r.id, r.state, &r.outcome, r.approvals);
        let shares =
            r.shares.as_ref().map(|s| format!(", {} of {} shares needed are here", s.given, s.needed));
        out.line(&format!(
            "{id:<12} {state:<10} for {outcome:<10} {approvals}{demonstration} approvals{}",
            shares.unwrap_or_default()
        ));
        for (recipient, progress) in &r.recipients {
            out.line(&format!("{:<12} {recipient}: {progress}", ""));
        }
    }
    if own {
        proving::status(&store, out)?;
    }
    Ok(Answered::Yes)
}

fn row(store: &Store, e: &::telegram::Entry) -> Result<Row, Error> {
    let state = e.stage.word();
    let recipients = replay::recipients(store, &e.telegram.id, state == "released")?;
    Ok(Row {
        id: e.telegram.id.to_string(),
        office: e.telegram.terms.office.to_string(),
        outcome: e.telegram.terms.outcome.to_string(),
        approvals: e.approvals.len(),
        state,
        shares: e.shares.as_ref().filter(|_| e.key != Key::Destroyed).map(|s| SharesRow {
            needed: s.needed,
            given: s.given.len(),
            of: s.holders.len(),
        }),
        recipients,
        proof: proofs::file_of(store.folder(), e.telegram.terms.office.as_str())
            .map(|path| path.display().to_string()),
    })
}
