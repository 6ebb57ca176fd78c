//! `ascertain count`: an election re-derived from the electors' votes.

mod csv;
mod json;
mod set;
mod text;

use standing::Alteration;

use super::{Answered, Out};
use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::tallying::{self, Counted, Question};

/// Re-derive an election from the electors' votes, under the law of its day or another
///
/// Exit 0 if every office is decided and agrees with the announcement, 1 if not.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain count us-1872
  ascertain count us-1872 --under eca-1887
  ascertain count us-1824 --through contingent
  ascertain count us-2020 --set PA=abstain:20 --set WI=appointed:0
  ascertain count all --check

Alterations, of the form PLACE=WHAT:
  abstain:N            N electors give no vote (abstain:N:NAME: those of NAME)
  appointed:N          only N electors were appointed
  vote:N:FROM:TO       N electors vote for TO instead of FROM
  reject               every chamber sustains an objection to the certificate
  reject:GROUND        … on that ground: not-lawfully-certified, not-regularly-given")]
pub struct Args {
    /// A shipped name, a folder of acts, or `all`
    election: String,
    /// The counting regime of another law, such as eca-1887
    #[arg(long, value_name = "REGIME")]
    under: Option<String>,
    /// Alter the facts first; may be given several times
    #[arg(long, value_name = "PLACE=WHAT", value_parser = set::parse)]
    set: Vec<Alteration>,
    /// How far to follow it: what the electors did, or every ballot of the chamber that chose
    #[arg(long, value_enum)]
    through: Option<Through>,
    /// Add each state's votes
    #[arg(long)]
    by_state: bool,
    /// Compare every shipped election with its announcement; exit 1 on any difference
    #[arg(long)]
    check: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print the votes as CSV, a row for each state, office and person
    #[arg(long)]
    csv: bool,
}

/// How far a count is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Through {
    /// The electors' votes.
    Electors,
    /// The choice by a chamber, ballot by ballot.
    Contingent,
}

/// A count beside the one under the law of its own day, where they are two.
struct Asked {
    loaded: Loaded,
    counted: Counted,
    own: Option<Counted>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let loaded = if args.election == "all" { elections()? } else { vec![folder::load(&args.election)?] };
    let asked = loaded.into_iter().map(|l| ask(args, l)).collect::<Result<Vec<_>, _>>()?;
    if args.csv {
        csv::print(&asked, out)?;
    } else if args.json {
        json::print(args, &asked, out)?;
    } else if args.election == "all" || args.check {
        text::table(&asked, out);
    } else {
        for a in &asked {
            text::page(args, a, out)?;
        }
    }
    Ok(asked.iter().all(|a| settled(&a.counted)).into())
}

/// Whether every office is decided, and as announced.
fn settled(c: &Counted) -> bool {
    let decided = |a: &standing::Account| matches!(a.decided, standing::Decided::Elected { .. });
    c.accounts.iter().all(|a| decided(a) && tallying::as_announced(a))
}

/// Every shipped election in which electors have voted.
fn elections() -> Result<Vec<Loaded>, Error> {
    let mut found = Vec::new();
    for name in folder::shipped_elections() {
        if folder::has_acts(&name) {
            found.push(folder::load(&name)?);
        }
    }
    found.retain(|l| l.law.has_electors());
    if found.is_empty() {
        return Err(Error::Usage { message: "no shipped election has acts of electors".into() });
    }
    Ok(found)
}

fn ask(args: &Args, loaded: Loaded) -> Result<Asked, Error> {
    let q = Question { under: args.under.as_deref(), set: &args.set };
    let counted = tallying::count(&loaded, &q)?;
    let altered = args.under.is_some() || !args.set.is_empty();
    let own = if altered { Some(tallying::count(&loaded, &Question::default())?) } else { None };
    Ok(Asked { loaded, counted, own })
}
