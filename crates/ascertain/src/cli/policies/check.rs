//! `ascertain policy check`: whether a file is a policy and, if asked, fits an election.
//!
//! A file that is read and found wrong is an answer, not an error.

use serde::Serialize;

use super::{Answered, Out};
use crate::error::Error;
use crate::folder;

/// Whether a file is a policy and, with --for, fits an election
///
/// Exit 0 if it is and does; 1 if not, with file, line, column, key and what was expected.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain policy check my-rule.toml
  ascertain policy check my-rule.toml --for us-2028 --json")]
pub struct Args {
    /// A file, or a shipped name
    policy: String,
    /// Whether its office, dates, places and sources are known there: a shipped name, or a folder
    #[arg(long = "for", value_name = "ELECTION")]
    election: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json {
    file: String,
    holds: bool,
    policy: Option<PolicyJson>,
    r#for: Option<String>,
    office: Option<String>,
    fault: Option<FaultJson>,
}

#[derive(Serialize)]
struct PolicyJson {
    name: String,
    sha256: String,
}

#[derive(Serialize)]
struct FaultJson {
    line: Option<usize>,
    column: Option<usize>,
    key: Option<String>,
    message: String,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let (report, fault) = checked(args)?;
    if args.json {
        out.json(&report)?;
        return Ok(report.holds.into());
    }
    if let Some(p) = &report.policy {
        out.line(&format!("{}  sha256 {}", p.name, p.sha256));
        out.line("is a policy");
    }
    if let (Some(election), Some(office)) = (&report.r#for, &report.office) {
        out.line(&format!("fits {election}, of which it decides the office `{office}`"));
    }
    if let Some(fault) = fault {
        out.line(&fault.to_string());
    }
    Ok(report.holds.into())
}

fn checked(args: &Args) -> Result<(Json, Option<policy::Error>), Error> {
    let loaded = args.election.as_ref().map(|e| folder::load(e)).transpose()?;
    let mut report = Json {
        file: args.policy.clone(),
        holds: false,
        policy: None,
        r#for: loaded.as_ref().map(|l| l.election.id.clone()),
        office: None,
        fault: None,
    };
    let read = match folder::policy_file(&args.policy) {
        Ok(read) => read,
        Err(Error::Policy(e)) => return Ok(faulty(report, e)),
        Err(e) => return Err(e),
    };
    let sha256 = proof::policy_digest(&read.policy)?.to_string();
    report.policy = Some(PolicyJson { name: read.policy.name.clone(), sha256 });
    if let Some(loaded) = &loaded {
        match read.fits(loaded) {
            Ok(()) => report.office = Some(read.policy.office_in(&loaded.law).to_string()),
            Err(Error::Policy(e)) => return Ok(faulty(report, e)),
            Err(e) => return Err(e),
        }
    }
    report.holds = true;
    Ok((report, None))
}

fn faulty(report: Json, e: policy::Error) -> (Json, Option<policy::Error>) {
    let (at, key, message) = match &e {
        policy::Error::Syntax { line, column, message, .. } => {
            (Some((*line, *column)), None, message.clone())
        }
        policy::Error::Meaning { at, clause, message, .. } => {
            (at.map(|p| (p.line, p.column)), Some(clause.to_string()), message.clone())
        }
        policy::Error::Standing(e) => (None, None, e.to_string()),
    };
    let (line, column) = at.unzip();
    (Json { fault: Some(FaultJson { line, column, key, message }), ..report }, Some(e))
}
