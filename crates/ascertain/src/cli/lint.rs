//! `ascertain lint`: what the law lets go wrong with a policy.

use policy::lint::{self, BOUNDS, Code, Finding, Linted, Severity, Walked};
use serde::Serialize;
use standing::Instant;

use super::{Answered, Out, words};
use crate::error::Error;
use crate::folder::{self, Loaded};

/// What the law lets go wrong with a policy: every finding with a sequence of acts that shows it
///
/// Explores what may be done under the law of the election, one act after another, and asks the policy
/// of every state; each story is replayed before it is printed. Exit 0 without findings (notes are
/// none), 1 with errors or warnings.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain lint electors-voted
  ascertain lint my-rule.toml --for us-2028
  ascertain lint tv-consensus --for us-2020 --json
  ascertain lint declared-and-living --walks 10000
  ascertain lint --explain order-of-arrival")]
pub struct Args {
    /// A policy file, or a shipped name
    #[arg(required_unless_present = "explain")]
    policy: Option<String>,
    /// The election whose law is explored: a shipped name or a folder
    #[arg(long = "for", value_name = "ELECTION", default_value = "us-2028")]
    election: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Beside it, so many random walks with every jurisdiction by itself
    #[arg(long, value_name = "N")]
    walks: Option<u64>,
    /// What a code means and what to do about it; `all` for every code
    #[arg(long, value_name = "CODE", conflicts_with_all = ["policy", "json"])]
    explain: Option<String>,
}

#[derive(Serialize)]
struct Json {
    policy: String,
    sha256: String,
    #[serde(rename = "for")]
    election: String,
    law: Vec<String>,
    findings: Vec<FindingJson>,
    exhaustive: bool,
    states: u64,
    not_borne_out: u32,
    bounds: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    walks: Option<WalksJson>,
}

#[derive(Serialize)]
struct WalksJson {
    walks: u64,
    steps: u64,
    met: u64,
    broken: Option<BrokenJson>,
}

#[derive(Serialize)]
struct BrokenJson {
    code: &'static str,
    story: Vec<StepJson>,
}

#[derive(Serialize)]
struct FindingJson {
    code: &'static str,
    severity: &'static str,
    clause: &'static str,
    message: String,
    story: Vec<StepJson>,
}

#[derive(Serialize)]
struct StepJson {
    at: Instant,
    what: String,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    if let Some(code) = &args.explain {
        return explain(code, out);
    }
    let policy = folder::load_policy(args.policy.as_deref().unwrap_or_default())?;
    let loaded = folder::load(&args.election)?;
    let linted = lint::lint(&loaded.law, &loaded.election, &policy)?;
    let clean = linted.findings.iter().all(|f| f.code.severity() == Severity::Note);
    let walked = match args.walks {
        Some(n) => Some(lint::walks(&loaded.law, &loaded.election, &policy, SEED, n)?),
        None => None,
    };
    let broken = walked.as_ref().is_some_and(|w| w.broken.is_some());
    if args.json {
        let sha256 = proof::policy_digest(&policy)?.to_string();
        out.json(&json(policy.name, sha256, &loaded, linted, walked))?;
    } else {
        out.line(&format!("{} for {}, under {}", policy.name, loaded.election.id, loaded.law.title));
        text(&loaded, &linted, out);
        if let Some(w) = &walked {
            walks(&loaded, w, out);
        }
    }
    Ok((clean && !broken).into())
}

fn explain(code: &str, out: &mut Out) -> Result<Answered, Error> {
    let asked: Vec<Code> = Code::ALL.iter().copied().filter(|c| code == "all" || c.name() == code).collect();
    if asked.is_empty() {
        let known: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
        let message = format!("no finding is called `{code}`; they are {}, or `all`", known.join(", "));
        return Err(Error::Usage { message });
    }
    for (n, c) in asked.into_iter().enumerate() {
        if n > 0 {
            out.line("");
        }
        out.line(&format!("{} ({})", c.name(), c.severity().name()));
        out.line(&format!("  {}", words::wrap(c.says(), 2, 100)));
        out.line(&format!("  {}", words::wrap(c.explain(), 2, 100)));
    }
    Ok(Answered::Yes)
}

fn text(loaded: &Loaded, linted: &Linted, out: &mut Out) {
    for f in &linted.findings {
        out.line("");
        let severity = f.code.severity().name();
        let head = format!("{severity}: {} [{}] in `{}`", f.message, f.code.name(), f.clause);
        out.line(&words::wrap(&head, 2, 100));
        for s in &f.story {
            let when = words::when(s.at, &loaded.election);
            out.line(&format!("  {when}  {}", words::wrap(&s.what, 25, 100)));
        }
    }
    out.line("");
    let looked = if linted.exhaustive { "all there are within the bounds" } else { "NOT all there are" };
    out.line(&format!("{}; {} states explored, {looked}", counted(&linted.findings), linted.states));
    if linted.not_borne_out > 0 {
        out.line(&format!(
            "left out, because the law's own jurisdictions do not bear them out: {}",
            linted.not_borne_out
        ));
    }
    if !linted.findings.is_empty() {
        out.line("What a code means: ascertain lint --explain CODE");
    }
}

/// The walks are drawn from this, so that they can be taken again.
const SEED: u64 = 1787;

fn walks(loaded: &Loaded, w: &Walked, out: &mut Out) {
    out.line(&format!(
        "{} random walks of {} steps in all; the policy was met in {}",
        w.walks, w.steps, w.met
    ));
    let Some((code, story)) = &w.broken else {
        return out.line("none of them met it twice or undid it");
    };
    out.line(&format!("one of them broke it: {}", code.name()));
    for s in story {
        let when = words::when(s.at, &loaded.election);
        out.line(&format!("  {when}  {}", words::wrap(&s.what, 25, 100)));
    }
}

fn counted(findings: &[Finding]) -> String {
    let count = |s: Severity| findings.iter().filter(|f| f.code.severity() == s).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    match (errors, warnings, notes) {
        (0, 0, 0) => "nothing found".into(),
        _ => format!("errors {errors}, warnings {warnings}, notes {notes}"),
    }
}

fn json(policy: String, sha256: String, loaded: &Loaded, linted: Linted, walked: Option<Walked>) -> Json {
    let step = |s: lint::Step| StepJson { at: s.at, what: s.what };
    let finding = |f: Finding| FindingJson {
        code: f.code.name(),
        severity: f.code.severity().name(),
        clause: f.clause,
        message: f.message,
        story: f.story.into_iter().map(step).collect(),
    };
    Json {
        policy,
        sha256,
        election: loaded.election.id.clone(),
        law: loaded.law.ids.clone(),
        findings: linted.findings.into_iter().map(finding).collect(),
        exhaustive: linted.exhaustive,
        states: linted.states,
        not_borne_out: linted.not_borne_out,
        bounds: &BOUNDS,
        walks: walked.map(|w| WalksJson {
            walks: w.walks,
            steps: w.steps,
            met: w.met,
            broken: w.broken.map(|(code, story)| BrokenJson {
                code: code.name(),
                story: story.into_iter().map(step).collect(),
            }),
        }),
    }
}
