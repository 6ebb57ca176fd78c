//! `ascertain whatif`: a script of acts put on an election's record, and why after each.

mod json;
mod text;

use std::path::PathBuf;

use policy::State;

use super::{Answered, Out};
use crate::error::Error;
use crate::folder;
use crate::whatif;

/// Put acts of your own on an election's record and see, after each, what changed and what is missing
///
/// The script is a file of acts as in acts/*.jsonl (docs/format.md), one JSON object a line; it may
/// cite the source `script`, itself. Of an election that names nobody yet, such as us-2028, it may speak of
/// candidates `a` and `b`, their slates `GA.a` and `GA.b`, and officers by role and place: `executive.GA`,
/// `president-of-senate.US`, `officer-elect.a`. Nothing is stored, released or signed, and the clock is not asked:
/// nothing of a script has happened. Exit 0 if the policy is met in the end, 1 if it is not.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain whatif us-2028 --script rival-certificates.jsonl
  ascertain whatif us-2020 --known-at 2020-12-13 --script my-december.jsonl --policy declared-by-congress
  ascertain whatif my-election --script my-acts.jsonl --as-of 2028-12-31 --json")]
pub struct Args {
    /// A shipped name, or a folder of acts
    election: String,
    /// Acts, one JSON object a line
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// A policy file or shipped name [default: the election's]
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<String>,
    /// Of the election's own acts only those known by this instant [default: all]
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// Stop after this instant [default: when nothing more can change]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let mut loaded = folder::load(&args.election)?;
    if loaded.election.persons.is_empty() {
        loaded.election = policy::lint::stand_ins(&loaded.law, &loaded.election)?;
    }
    let policy = args.policy.as_ref().unwrap_or(&loaded.election.policy);
    let policy = folder::load_policy_for(policy, &loaded)?;
    let zone = loaded.election.zone.clone();
    let instant = |text: &Option<String>| text.as_ref().map(|t| standing::parse_as_of(t, &zone)).transpose();
    let (cut, until) = (instant(&args.known_at)?, instant(&args.as_of)?);
    let supposed = whatif::suppose(loaded, &args.script, cut)?;
    let met = if args.json {
        json::print(&supposed, &policy, until, out)?
    } else {
        text::print(&supposed, &policy, until, &args.script, out)?
    };
    Ok((met == State::Met).into())
}
