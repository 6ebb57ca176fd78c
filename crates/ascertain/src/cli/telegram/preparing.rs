//! `ascertain telegram quorum | approve | hold | withdraw | release`, and how a desk is opened for any of them.

use std::path::{Path, PathBuf};

use ::telegram::{Event, Quorum, Reference, Refusal, TelegramId};

use super::answered;
use crate::announcing;
use crate::cli::{Answered, Out, default_data};
use crate::courier::{Courier, Mode};
use crate::desk::{self, Brief};
use crate::error::Error;
use crate::folder;
use crate::logbook::{Logbook, Opening};
use crate::reaching;
use crate::steps::Steps;
use crate::visiting::{self, PATIENTLY};

/// Where the record lies, and whose key signs what becomes of telegrams.
#[derive(clap::Args)]
pub struct Where {
    /// The data folder [default: the platform's]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Where {
    pub fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(default_data)
    }
}

#[derive(clap::Args)]
#[command(
    after_help = "The private root key must lie here, as for adding keys.\n\nExample:\n  ascertain telegram quorum 2 --data d"
)]
pub struct QuorumArgs {
    #[command(flatten)]
    at: Where,
    /// How many
    needed: usize,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ascertain telegram approve winner-a --key alice --data d\n  ascertain telegram approve winner-a --key alice --override \"the count was announced in person\" --data d"
)]
pub struct ApproveArgs {
    #[command(flatten)]
    at: Where,
    /// Telegrams, each as it reads now
    #[arg(required = true)]
    telegrams: Vec<String>,
    /// The name of the approver's key
    #[arg(long, value_name = "NAME")]
    key: String,
    /// Agree that it go out without a decision, for this reason
    #[arg(long = "override", value_name = "REASON")]
    reason: Option<String>,
}

#[derive(clap::Args)]
#[command(
    after_help = "A set that misses an outcome is not held: on the night there would be nothing to send.\n\nExample:\n  ascertain telegram hold winner-a winner-b nobody annulled --for us-2028 --policy electors-voted --data d"
)]
pub struct HoldArgs {
    #[command(flatten)]
    at: Where,
    /// Approved drafts
    #[arg(required = true)]
    telegrams: Vec<String>,
    /// The election whose outcomes are to be covered
    #[arg(long = "for", value_name = "ELECTION")]
    election: String,
    /// The policy they wait for
    #[arg(long, value_name = "POLICY")]
    policy: String,
    /// Hold them though an outcome has none
    #[arg(long)]
    incomplete: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain telegram withdraw winner-a --data d")]
pub struct NamedArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
}

#[derive(clap::Args)]
#[command(
    after_help = "With --override the quorum must have approved that, with this very reason: `telegram approve ID --key NAME --override REASON`.\n\nExample:\n  ascertain telegram release correction-a --data d"
)]
pub struct ReleaseArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// Without a decision, for this reason; recorded as that, never as a decision
    #[arg(long = "override", value_name = "REASON")]
    reason: Option<String>,
}

pub fn quorum(args: &QuorumArgs, out: &mut Out) -> Result<Answered, Error> {
    let refused = with_desk(&args.at.folder(), None, args.at.folder().join("outbox"), |courier| {
        let crate::book::Book::Own { logbook, .. } = &courier.book else { return Ok(Vec::new()) };
        // Whoever could lower the number could send alone: it takes who can add keys as well.
        logbook.root(None)?;
        let approvers = desk::approvers(logbook)?;
        let quorum = Quorum::new(args.needed, approvers)?;
        courier.tell(&Event::Quorum(quorum))
    })?;
    if refused.is_empty() {
        out.line(&format!("a telegram needs {} approvals from now on", args.needed));
    }
    answered(&refused, out)
}

pub fn approve(args: &ApproveArgs, out: &mut Out) -> Result<Answered, Error> {
    let reason = args.reason.as_deref().map(Reference::parse).transpose()?;
    let ids = ids(&args.telegrams)?;
    let data = args.at.folder();
    let refused = with_desk(&data, None, data.join("outbox"), |courier| {
        each(&ids, |id| {
            // What is in its approvers' hands they read when they approved it, before it was held.
            let in_shares = courier.state.telegrams.get(&id).is_some_and(|e| e.shares.is_some());
            if !in_shares {
                courier.words(&id)?;
            }
            desk::approve(courier, &id, &args.key, reason.clone())
        })
    })?;
    done(&refused, out, "approved, with the key of", std::slice::from_ref(&args.key))
}

pub fn hold(args: &HoldArgs, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let policy = folder::load_policy_for(&args.policy, &loaded)?;
    let ids = ids(&args.telegrams)?;
    let data = args.at.folder();
    let refused = with_desk(&data, Some(&loaded.election.id), data.join("outbox"), |courier| {
        desk::hold(courier, &Brief { loaded: &loaded, policy: &policy }, &ids, args.incomplete)
    })?;
    done(&refused, out, "held:", &args.telegrams)
}

pub fn withdraw(args: &NamedArgs, out: &mut Out) -> Result<Answered, Error> {
    let telegram = TelegramId::parse(&args.telegram)?;
    let data = args.at.folder();
    let event = Event::Withdraw { telegram };
    let refused = with_desk(&data, None, data.join("outbox"), |courier| courier.tell(&event))?;
    done(&refused, out, "withdrawn:", std::slice::from_ref(&args.telegram))
}

pub fn release(args: &ReleaseArgs, out: &mut Out) -> Result<Answered, Error> {
    let telegram = TelegramId::parse(&args.telegram)?;
    let reason = args.reason.as_deref().map(Reference::parse).transpose()?;
    let now = ::telegram::Instant(crate::cli::now()?.second());
    let event = match reason {
        Some(reason) => Event::Override { telegram, reason, now },
        None => Event::Release { telegram, now },
    };
    let data = args.at.folder();
    let refused = with_desk(&data, None, data.join("outbox"), |courier| courier.tell(&event))?;
    done(&refused, out, "released:", std::slice::from_ref(&args.telegram))
}

fn done(refused: &[Refusal], out: &mut Out, what: &str, names: &[String]) -> Result<Answered, Error> {
    if refused.is_empty() {
        out.line(&format!("{what} {}", names.join(", ")));
    }
    answered(refused, out)
}

fn each(
    ids: &[TelegramId],
    mut act: impl FnMut(TelegramId) -> Result<Vec<Refusal>, Error>,
) -> Result<Vec<Refusal>, Error> {
    let mut refused = Vec::new();
    for id in ids {
        refused.extend(act(id.clone())?);
    }
    Ok(refused)
}

fn ids(names: &[String]) -> Result<Vec<TelegramId>, Error> {
    Ok(names.iter().map(|n| TelegramId::parse(n)).collect::<Result<_, _>>()?)
}

/// Opens the record, does one thing at its desk, and publishes: the record, then what is announced. A desk is about one election, for good.
pub fn with_desk<T>(
    data: &Path,
    election: Option<&str>,
    outbox: PathBuf,
    act: impl FnOnce(&mut Courier<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut logbook = visiting::open(data, &Opening::default(), PATIENTLY)?;
    let mode = if logbook.loan.is_some() { Mode::Lent } else { Mode::Once };
    let election = about(&logbook, data, election)?;
    let steps = Steps::default();
    let channels = reaching::read(data)?;
    let mut courier = desk::open(&mut logbook, DECIDER, &election, outbox, &steps)?;
    (courier.channels, courier.mode) = (channels, mode);
    // Who lent the record ends the keys that an earlier process left; and what is out does not wait for that.
    if mode == Mode::Once {
        courier.find_spent()?;
        while courier.book.store().lanes()?.is_empty() && courier.destroy_keys()? {}
    }
    let done = act(&mut courier)?;
    while courier.destroy_keys()? {}
    announcing::with_record(&mut courier, data)?;
    Ok(done)
}

/// The election a desk is about: the one asked for, for good, or the one it is about already.
pub fn about(logbook: &Logbook, data: &Path, election: Option<&str>) -> Result<String, Error> {
    let known = logbook.store.meta(ELECTION)?;
    Ok(match (known, election) {
        (Some(known), Some(asked)) if known != asked => {
            let message = format!(
                "{}: its telegrams are about {known}, not about {asked}; keep another record for that",
                data.display()
            );
            return Err(Error::Usage { message });
        }
        (None, Some(asked)) => logbook.store.meta_once(ELECTION, asked)?,
        (known, _) => known.unwrap_or_default(),
    })
}

/// The name of the key that signs decisions and what becomes of telegrams.
pub const DECIDER: &str = "desk";
/// Where the store keeps which election the telegrams are about.
const ELECTION: &str = "telegrams about";
