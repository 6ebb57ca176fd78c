//! `ascertain telegram run | resolve | redrive`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::telegram::{Moment, RecipientId, Reference, Resolution, Stage, TelegramId};

use super::preparing::{DECIDER, Where, about, with_desk};
use super::with_courier;
use crate::cli::{Answered, Out, now};
use crate::desk::{self, Brief, Seen};
use crate::error::Error;
use crate::folder;
use crate::proofs;
use crate::reaching;
use crate::resident::{self, Night};
use crate::steps::Steps;

#[derive(clap::Args)]
#[command(
    after_help = "Other commands borrow the record from it, and signed statements are handed in to it (`record append`). End it with Ctrl-C at any moment: whatever was under way is found again.\n\nExample:\n  ascertain telegram run us-2028 --policy electors-voted --data d"
)]
pub struct RunArgs {
    #[command(flatten)]
    at: Where,
    /// A folder with election.toml, or a shipped name
    election: String,
    /// A policy file or shipped name
    #[arg(long, value_name = "POLICY")]
    policy: String,
    /// Where files of the file channel go [default: DIR/outbox]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Look once, deliver what is due, and end
    #[arg(long)]
    once: bool,
    /// The longest time between two questions to the policy, in seconds; a new statement is asked about at once
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    every: u64,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ascertain telegram resolve winner-a embassy --delivered \"seen by the duty officer\" --data d\n  ascertain telegram resolve winner-a embassy --resend --data d"
)]
pub struct ResolveArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// The recipient
    recipient: String,
    /// It arrived: who says so, when, under which reference
    #[arg(long, value_name = "REFERENCE", required_unless_present = "resend", conflicts_with = "resend")]
    delivered: Option<String>,
    /// Send it again, at the risk that the recipient has it twice
    #[arg(long)]
    resend: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain telegram redrive winner-a embassy --data d")]
pub struct RedriveArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// The recipient
    recipient: String,
}

/// Looks until the process is ended, or once. Exit 0 if something is out, 1 if not yet.
pub fn run(args: &RunArgs, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let policy = folder::load_policy_for(&args.policy, &loaded)?;
    let brief = Brief { loaded: &loaded, policy: &policy };
    let data = args.at.folder();
    let outbox = args.out.clone().unwrap_or_else(|| data.join("outbox"));
    if args.once {
        return once(&data, outbox, &brief, out);
    }
    let channels = reaching::read(&data)?;
    let every = Duration::from_secs(args.every.clamp(1, 3_600));
    let (id, folder) = (&loaded.election.id, data.clone());
    let night = Night { data, outbox, decider: DECIDER, brief, every };
    resident::stay(&night, channels, &|logbook| about(logbook, &folder, Some(id)), &mut |line| {
        out.line(line);
        out.flush();
    })?;
    Ok(Answered::Yes)
}

/// What a crash left, of this process or of another, what the policy says, what is due.
fn once(data: &Path, outbox: PathBuf, brief: &Brief<'_>, out: &mut Out) -> Result<Answered, Error> {
    with_desk(data, Some(&brief.loaded.election.id), outbox, |courier| {
        let mut refused = courier.resume()?;
        refused.extend(desk::evaluate(courier, brief, &mut Seen::default())?);
        let mut lines: Vec<String> = refused.iter().map(ToString::to_string).collect();
        lines.append(&mut courier.notes);
        lines.extend(proofs::heal(courier.book.store())?);
        let released = resident::out(courier);
        lines.iter().chain(&released).for_each(|line| out.line(line));
        Ok((!released.is_empty()).into())
    })
}

pub fn resolve(args: &ResolveArgs, out: &mut Out) -> Result<Answered, Error> {
    let how = match &args.delivered {
        Some(reference) => Resolution::Delivered { reference: Reference::parse(reference)? },
        None => Resolution::Resend,
    };
    let now = ::telegram::Instant(now()?.second());
    moment(&args.at, (&args.telegram, &args.recipient), &Moment::Resolved { how, now }, out)
}

pub fn redrive(args: &RedriveArgs, out: &mut Out) -> Result<Answered, Error> {
    let now = ::telegram::Instant(now()?.second());
    moment(&args.at, (&args.telegram, &args.recipient), &Moment::Redriven { now }, out)
}

/// A person's word on one recipient of what is out.
pub fn moment(
    at: &Where,
    (telegram, recipient): (&str, &str),
    moment: &Moment,
    out: &mut Out,
) -> Result<Answered, Error> {
    let (telegram, recipient) = (TelegramId::parse(telegram)?, RecipientId::parse(recipient)?);
    let data = at.folder();
    let taken = with_courier(&data, data.join("outbox"), &Steps::default(), |courier| {
        let out_now =
            courier.state.telegrams.get(&telegram).is_some_and(|e| matches!(e.stage, Stage::Released { .. }));
        let row = courier.book.store().sending(&telegram, &recipient)?.filter(|_| out_now);
        let none = || Error::Usage {
            message: format!("telegram {telegram} is not out to {recipient}: check both names"),
        };
        courier.moment(row.ok_or_else(none)?, moment)
    })?;
    if !taken {
        let what = match moment {
            Moment::Redriven { .. } => "no dead letter",
            _ => "not in doubt",
        };
        out.line(&format!("the delivery of telegram {telegram} to {recipient} is {what}"));
    }
    Ok(taken.into())
}
