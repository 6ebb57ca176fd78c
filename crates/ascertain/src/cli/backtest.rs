//! `ascertain backtest`: when policies would have released in past elections, and what undid it.

mod csv;
mod html;
mod text;

use std::path::{Path, PathBuf};

use policy::{Backtested, Policy};
use serde::Serialize;
use standing::{Instant, Outcome};

use super::words::{self, MissingJson, OutcomeJson};
use super::{Answered, Out};
use crate::backtesting::{self, Tested};
use crate::error::Error;
use crate::folder;

/// Run policies over past elections: when each would have released, for whom, and whether it was undone
///
/// Each policy is followed to the end of each record, at every instant at which something became
/// known or took effect. A release is reported as undone when the policy was afterwards no longer
/// met for that outcome. Exit 0 whatever is found: a back-test is a table, not a verdict.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain backtest tv-consensus electors-voted
  ascertain backtest my-rule.toml --election us-1876 --election us-2000
  ascertain backtest --all --csv > table.csv
  ascertain backtest --all --html backtest.html")]
pub struct Args {
    /// Policy files or shipped names
    #[arg(required_unless_present = "all")]
    policies: Vec<String>,
    /// Every shipped policy
    #[arg(long, conflicts_with = "policies")]
    all: bool,
    /// Only these elections: shipped names or folders [default: every shipped history]
    #[arg(long, value_name = "ELECTION")]
    election: Vec<String>,
    /// Print one JSON document
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print one CSV table
    #[arg(long)]
    csv: bool,
    /// Write a page with the table and a drawing of each election; it loads nothing from elsewhere
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Serialize)]
struct Json {
    runs: Vec<RunJson>,
}

/// One policy in one election.
#[derive(Serialize)]
struct RunJson {
    policy: String,
    sha256: String,
    election: String,
    result: &'static str,
    at: Option<Instant>,
    outcome: Option<OutcomeJson>,
    days_after_vote: Option<i64>,
    undone: Option<UndoneJson>,
    missing: Vec<MissingJson>,
    why: Vec<String>,
}

#[derive(Serialize)]
struct UndoneJson {
    at: Instant,
    by: Vec<String>,
    then: Option<OutcomeJson>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    if let Some(path) = &args.html {
        can_hold_a_page(path)?;
    }
    let shipped = || folder::shipped_policies().into_keys().collect();
    let names: Vec<String> = if args.all { shipped() } else { args.policies.clone() };
    let policies = names.iter().map(|n| folder::load_policy(n)).collect::<Result<Vec<Policy>, Error>>()?;
    let with_acts = || folder::shipped_elections().into_iter().filter(|e| folder::has_acts(e)).collect();
    let elections: Vec<String> = if args.election.is_empty() { with_acts() } else { args.election.clone() };
    let tested = backtesting::backtest(&elections, &policies)?;
    if let Some(path) = &args.html {
        folder::write_whole(path, html::page(&policies, &tested)?.as_bytes())?;
    }
    if args.json {
        out.json(&json(&policies, &tested)?)?;
    } else if args.csv {
        csv::print(&json(&policies, &tested)?.runs, out);
    } else {
        text::print(&policies, &tested, out);
        if let Some(path) = &args.html {
            out.line(&format!("\npage     {}", path.display()));
        }
    }
    Ok(Answered::Yes)
}

/// A page takes a file's place, in a folder that is there; it takes no folder's and no device's.
/// Asked before the work, not after it.
fn can_hold_a_page(path: &Path) -> Result<(), Error> {
    let wrong = |kind, message: &str| Error::File {
        path: path.into(),
        doing: "cannot be written",
        source: std::io::Error::new(kind, message.to_owned()),
    };
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    if parent.is_some_and(|p| !p.is_dir()) {
        return Err(wrong(std::io::ErrorKind::NotFound, "there is no such folder"));
    }
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        return Err(wrong(std::io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(())
}

fn json(policies: &[Policy], tested: &[Tested]) -> Result<Json, Error> {
    let mut runs = Vec::new();
    for (n, p) in policies.iter().enumerate() {
        let sha256 = proof::policy_digest(p)?.to_string();
        for t in tested {
            if let Some(result) = t.results.get(n) {
                runs.push(run_json(p, &sha256, t, result));
            }
        }
    }
    Ok(Json { runs })
}

fn run_json(p: &Policy, sha256: &str, t: &Tested, result: &Backtested) -> RunJson {
    let mut run = RunJson {
        policy: p.name.clone(),
        sha256: sha256.to_owned(),
        election: t.election.id.clone(),
        result: result_word(result),
        at: None,
        outcome: None,
        days_after_vote: None,
        undone: None,
        missing: Vec::new(),
        why: Vec::new(),
    };
    match result {
        Backtested::Fired(f) => {
            run.at = Some(f.decision.at);
            run.days_after_vote = t.days_after_vote(f.decision.at);
            run.outcome = outcome(&f.decision.outcome, t);
            run.undone = f.undone.as_ref().map(|u| UndoneJson {
                at: u.at,
                by: u.by.iter().map(ToString::to_string).collect(),
                then: u.then.as_ref().and_then(|o| outcome(o, t)),
            });
        }
        Backtested::Never { missing } => run.missing = missing.iter().map(MissingJson::from).collect(),
        Backtested::CannotBeMet { why } => run.why.clone_from(why),
        Backtested::NotApplicable { why } => run.why = vec![why.clone()],
    }
    run
}

fn result_word(result: &Backtested) -> &'static str {
    match result {
        Backtested::Fired(_) => "fired",
        Backtested::Never { .. } => "never",
        Backtested::CannotBeMet { .. } => "cannot_be_met",
        Backtested::NotApplicable { .. } => "not_applicable",
    }
}

/// Only what a message can be prepared for is ever released.
fn outcome(o: &Outcome, t: &Tested) -> Option<OutcomeJson> {
    let text = match o {
        Outcome::Person(p) => proof::OutcomeText::Person(p.clone()),
        Outcome::Nobody => proof::OutcomeText::Nobody,
        Outcome::Annulled => proof::OutcomeText::Annulled,
        Outcome::NobodyYet | Outcome::Contested(_) => return None,
    };
    Some(words::outcome_json(&text, &t.election))
}
