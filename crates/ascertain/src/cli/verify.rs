//! `ascertain verify`.

use std::path::PathBuf;

use proof::{Check, Kind, Report, Trust};
use serde::Serialize;

use super::{Answered, Out, words};
use crate::error::Error;
use crate::{folder, history};

/// Re-derive a decision from its proof file, offline
///
/// Exit 0 if it holds, 1 if it does not or the signer is unknown. Trust comes from --trust; it is built in only
/// for the shipped histories; for a record under somebody's own keys that owner exports it (`record export trust`).
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain verify decision.proof
  ascertain verify decision.proof --trust trust.toml --json")]
pub struct Args {
    /// The proof file
    file: PathBuf,
    /// Whose keys count (TOML)
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json<'a> {
    holds: bool,
    verdict: String,
    kind: Option<&'static str>,
    checks: Vec<CheckJson<'a>>,
    election: Option<String>,
    at: Option<String>,
    policy_sha256: Option<String>,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    name: &'a str,
    holds: bool,
    detail: &'a str,
}

/// No proof of a real election is larger.
const LARGEST_PROOF: u64 = 256 << 20;

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let bytes = folder::read_bytes(&args.file, LARGEST_PROOF)?;
    let trust = match &args.trust {
        Some(path) => Some(proof::trust_from_toml(&path.display().to_string(), &folder::read_text(path)?)?),
        None => built_in(&bytes)?,
    };
    let report = proof::verify(&bytes, trust.as_ref());
    if args.json {
        json(&report, out)?
    } else {
        text(&report, &bytes, out)
    }
    Ok(report.holds().into())
}

/// The program trusts the histories it ships, and nothing else.
fn built_in(bytes: &[u8]) -> Result<Option<Trust>, Error> {
    let named = proof::history_of(bytes).filter(|e| folder::shipped_elections().contains(e));
    match named {
        Some(election) => Ok(Some(history::trust(&folder::load(&election)?)?)),
        None => Ok(None),
    }
}

fn kind(k: Kind) -> &'static str {
    match k {
        Kind::Brief => "brief",
        Kind::Full => "full",
    }
}

fn json(report: &Report, out: &mut Out) -> Result<(), Error> {
    let check = |c: &'_ Check| (c.name, c.holds, c.detail.clone());
    let checks: Vec<_> = report.checks.iter().map(check).collect();
    let d = report.decision.as_ref();
    out.json(&Json {
        holds: report.holds(),
        verdict: report.verdict.to_string(),
        kind: report.kind.map(kind),
        checks: checks
            .iter()
            .map(|(name, holds, detail)| CheckJson { name, holds: *holds, detail })
            .collect(),
        election: d.map(|d| d.election.clone()),
        at: d.map(|d| d.at.to_string()),
        policy_sha256: d.map(|d| d.policy_sha256.to_string()),
    })
}

fn text(report: &Report, bytes: &[u8], out: &mut Out) {
    for c in &report.checks {
        let mark = if c.holds { "ok   " } else { "FAILS" };
        out.line(&format!("{mark}  {:<20} {}", c.name, words::wrap(&c.detail, 28, 110)));
    }
    out.line("");
    out.line(&format!("{} ({} bytes)", report.verdict.to_string().to_uppercase(), bytes.len()));
    if let Some(d) = &report.decision {
        let what = match &d.outcome {
            proof::OutcomeText::Person(p) => p.to_string(),
            proof::OutcomeText::Nobody => "nobody".into(),
            proof::OutcomeText::Annulled => "annulled".into(),
        };
        out.line(&format!("{}: {} is {what}, at {}", d.election, d.office, d.at));
    }
    if report.kind == Some(Kind::Brief) {
        out.line("A brief proof: that no other statement contradicts these is not proven.");
    }
    out.line("Proves what was recorded, when and by whom, and what follows from it; not that it is true.");
}
