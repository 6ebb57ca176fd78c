//! `ascertain drill`: the whole night rehearsed, and a report.

mod html;
mod text;

use std::path::PathBuf;

use serde::Serialize;

use super::replay::events;
use super::{Answered, Out};
use crate::drill::{self, Plan, Report, Scratch};
use crate::error::Error;
use crate::folder;

/// Rehearse the whole night from a script, under drill keys, with receivers that cannot be real
///
/// Everything happens at the desk that sends the real thing, on a record of its own whose name begins with `drill/`, by a
/// clock that the script sets: nothing sleeps, and no connection is opened. Receivers live in the process and do as the
/// script says. Of an election that names nobody yet the script speaks of candidates `a` and `b`, as `whatif` does.
/// Exit 0 if everything came as the script expects, 1 if not, with the line and what was instead.
#[derive(clap::Args)]
#[command(after_help = "docs/format.md says how a script is written.

Examples:
  ascertain drill us-2028 --script drills/us-2028.toml
  ascertain drill us-2028 --script drills/us-2028.toml --out drill --json
  ascertain drill my-election --script my-night.toml --policy my-rule.toml --data drill-record")]
pub struct Args {
    /// A folder with election.toml, or a shipped name
    election: String,
    /// The script
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// A policy file or shipped name [default: the script's, or the election's]
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Write report.html, one page, into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keep the drill's record in DIR/record and its guard in DIR/guard [default: both are thrown away]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Leave out what the law lets go wrong with the policy
    #[arg(long)]
    no_lint: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json<'a> {
    drill: bool,
    #[serde(flatten)]
    report: &'a Report,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let mut loaded = folder::load(&args.election)?;
    let source = standing::SourceId::try_from(crate::whatif::SOURCE)?;
    if loaded.election.persons.is_empty() {
        loaded.election = policy::lint::stand_ins(&loaded.law, &loaded.election)?;
    }
    loaded.election.sources.entry(source.clone()).or_insert_with(|| crate::whatif::document(source));
    let script = drill::read(&args.script, &loaded, args.policy.as_deref())?;
    let named = args.policy.as_deref().or(script.policy.as_deref()).unwrap_or(&loaded.election.policy);
    let policy = folder::load_policy_for(named, &loaded)?;
    let words = |loaded: &_, office: &_, before: Option<&_>, after: &_| -> Vec<String> {
        events::events(loaded, office, before, after).into_iter().map(|e| e.text).collect()
    };
    let plan = Plan { loaded: &loaded, policy: &policy, script: &script, words, lint: !args.no_lint };
    let report = rehearsed(args, &plan)?;
    if let Some(dir) = &args.out {
        folder::write_whole(&dir.join(REPORT), html::page(&report, &loaded).as_bytes())?;
    }
    if args.json {
        out.json(&Json { drill: true, report: &report })?;
    } else {
        text::print(&report, &loaded, &script.file, out);
        if let Some(dir) = &args.out {
            out.line(&format!("report   {}", dir.join(REPORT).display()));
        }
    }
    Ok(report.as_expected.into())
}

fn rehearsed(args: &Args, plan: &Plan<'_>) -> Result<Report, Error> {
    match &args.data {
        Some(dir) => drill::run(plan, &dir.join("record"), &dir.join("guard")),
        None => {
            let scratch = Scratch::new()?;
            drill::run(plan, &scratch.path().join("record"), &scratch.path().join("guard"))
        }
    }
}

/// A time of a drill for people, to the second where a night is rehearsed by seconds.
fn moment(t: standing::Instant, election: &standing::Election) -> String {
    let minute = super::words::when(t, election);
    match t.second().rem_euclid(60) {
        0 => minute,
        seconds => format!("{minute} and {seconds} s"),
    }
}

/// The page's name.
const REPORT: &str = "report.html";
