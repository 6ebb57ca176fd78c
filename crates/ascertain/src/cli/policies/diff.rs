//! `ascertain policy diff`: in which clauses two policies differ, in words.

use policy::Policy;
use serde::Serialize;

use super::{Answered, Out};
use crate::cli::words;
use crate::error::Error;
use crate::folder;

/// In which clauses two policies differ, in words, and both hashes
///
/// Exit 0 if both mean the same, 1 if not. Two that differ only in name, summary or the way they are
/// written mean the same, and have two hashes all the same.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain policy diff electors-voted declared-by-congress
  ascertain policy diff electors-voted my-rule.toml --json")]
pub struct Args {
    /// A file, or a shipped name
    a: String,
    /// Another
    b: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json {
    same: bool,
    a: PolicyJson,
    b: PolicyJson,
    differences: Vec<DifferenceJson>,
}

#[derive(Serialize)]
struct PolicyJson {
    name: String,
    summary: String,
    sha256: String,
}

#[derive(Serialize)]
struct DifferenceJson {
    clause: &'static str,
    a: String,
    b: String,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let (a, b) = (folder::load_policy(&args.a)?, folder::load_policy(&args.b)?);
    let differences = policy::differences(&a, &b);
    let (named_a, named_b) = (named(&a)?, named(&b)?);
    let same = differences.is_empty();
    if args.json {
        let of = |d: policy::Difference| DifferenceJson { clause: d.clause, a: d.a, b: d.b };
        let differences = differences.into_iter().map(of).collect();
        out.json(&Json { same, a: named_a, b: named_b, differences })?;
        return Ok(same.into());
    }
    for (letter, p) in [("a", &named_a), ("b", &named_b)] {
        out.line(&format!("{letter}  {}  sha256 {}", p.name, p.sha256));
        out.line(&format!("   {}", words::wrap(&p.summary, 3, 96)));
    }
    out.line("");
    match (same, named_a.sha256 == named_b.sha256) {
        (true, true) => out.line("The same policy."),
        (true, false) => out.line(
            "The same meaning. Name, summary or the way of writing differ, so the hashes do: they are two policies.",
        ),
        (false, _) => {
            for d in &differences {
                out.line(d.clause);
                out.line(&format!("  a  {}", words::wrap(&d.a, 5, 96)));
                out.line(&format!("  b  {}", words::wrap(&d.b, 5, 96)));
            }
        }
    }
    Ok(same.into())
}

fn named(p: &Policy) -> Result<PolicyJson, Error> {
    let sha256 = proof::policy_digest(p)?.to_string();
    Ok(PolicyJson { name: p.name.clone(), summary: p.summary.clone(), sha256 })
}
