//! `ascertain elections`.

use serde::Serialize;

use super::{Answered, Out};
use crate::error::Error;
use crate::folder;

/// List the shipped elections
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain elections --json")]
pub struct Args {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    law: String,
    acts: usize,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let mut rows = Vec::new();
    for id in folder::shipped_elections() {
        let l = folder::load(&id)?;
        rows.push(Row { id, name: l.election.name.clone(), law: l.law.title.clone(), acts: l.acts.len() });
    }
    if args.json {
        out.json(&rows)?;
        return Ok(Answered::Yes);
    }
    let width = rows.iter().map(|r| r.id.len()).max().unwrap_or_default();
    for r in rows {
        out.line(&format!("{:<width$} {} ({} statements)", r.id, r.name, r.acts));
        out.line(&format!("{:<width$} {}", "", r.law));
    }
    Ok(Answered::Yes)
}
