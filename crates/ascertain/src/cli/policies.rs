//! `ascertain policy list | show | hash | check | diff | new`.

mod asking;
mod check;
mod diff;
mod new;

use serde::Serialize;

use super::{Answered, Out, words};
use crate::error::Error;
use crate::folder;

/// Write, check, compare, show, hash or list policies
#[derive(clap::Subcommand)]
#[command(after_help = "Examples:
  ascertain policy list
  ascertain policy show electors-voted
  ascertain policy new my-rule.toml
  ascertain policy check my-rule.toml --for us-2028
  ascertain policy diff electors-voted my-rule.toml")]
pub enum Command {
    /// List the shipped policies
    #[command(after_help = "Example:\n  ascertain policy list --json")]
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// A policy in words, in canonical form, and its hash
    #[command(
        after_help = "Examples:\n  ascertain policy show electors-voted\n  ascertain policy show my-rule.toml --json"
    )]
    Show {
        /// A file, or a shipped name
        policy: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    New(new::Args),
    Check(check::Args),
    Diff(diff::Args),
    /// The SHA-256 that names a policy for ever
    #[command(after_help = "Example:\n  ascertain policy hash electors-voted")]
    Hash {
        /// A file, or a shipped name
        policy: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Shown {
    name: String,
    sha256: String,
    summary: String,
    english: Vec<String>,
    canonical: String,
}

#[derive(Serialize)]
struct Hash {
    name: String,
    sha256: String,
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    match command {
        Command::List { json } => list(*json, out),
        Command::Show { policy, json } => show(policy, *json, out),
        Command::New(args) => new::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::Hash { policy, json } => {
            let p = folder::load_policy(policy)?;
            let sha256 = proof::policy_digest(&p)?.to_string();
            if *json {
                out.json(&Hash { name: p.name, sha256 })?;
            } else {
                out.line(&sha256);
            }
            Ok(Answered::Yes)
        }
    }
}

fn list(json: bool, out: &mut Out) -> Result<Answered, Error> {
    let mut all = Vec::new();
    for name in folder::shipped_policies().into_keys() {
        all.push(shown(&name)?);
    }
    if json {
        out.json(&all)?;
        return Ok(Answered::Yes);
    }
    for p in all {
        out.line(&format!("{:<22} {}", p.name, p.summary));
    }
    Ok(Answered::Yes)
}

fn show(policy: &str, json: bool, out: &mut Out) -> Result<Answered, Error> {
    let p = shown(policy)?;
    if json {
        out.json(&p)?;
        return Ok(Answered::Yes);
    }
    out.line(&format!("{}  sha256 {}", p.name, p.sha256));
    out.line(&p.summary);
    out.line("");
    for line in &p.english {
        out.line(&format!("- {}", words::wrap(line, 2, 96)));
    }
    out.line("");
    out.line(&p.canonical);
    Ok(Answered::Yes)
}

fn shown(name: &str) -> Result<Shown, Error> {
    let p = folder::load_policy(name)?;
    let canonical = String::from_utf8_lossy(&record::canonical::to_canonical(&p)?).into_owned();
    Ok(Shown {
        sha256: proof::policy_digest(&p)?.to_string(),
        english: policy::in_english(&p),
        summary: p.summary,
        name: p.name,
        canonical,
    })
}
