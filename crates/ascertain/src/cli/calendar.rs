//! `ascertain calendar`: the legal dates of a cycle, computed from the law in force.

use serde::Serialize;
use standing::{Election, Law, LegalDate};

use super::{Answered, Out};
use crate::error::Error;
use crate::folder;

/// Every legal date of a cycle, as a table or an iCalendar file
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain calendar us-2028
  ascertain calendar us-2028 --ics > us-2028.ics")]
pub struct Args {
    /// A shipped name, or a folder
    election: String,
    /// Print an iCalendar file
    #[arg(long, conflicts_with = "json")]
    ics: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json {
    election: String,
    law: String,
    dates: Vec<DateJson>,
}

#[derive(Serialize)]
struct DateJson {
    event: String,
    name: String,
    date: String,
    weekday: String,
    ends: String,
    cite: String,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let (law, election) = (&loaded.law, &loaded.election);
    let dates = law.dates(election.year, &election.zone);
    let row = |d: &LegalDate| DateJson {
        event: d.id.clone(),
        name: d.name.clone(),
        date: d.date.clone(),
        weekday: standing::weekday(&d.date).unwrap_or_default(),
        ends: d.ends.to_string(),
        cite: law.cite(&d.cite),
    };
    let rows: Vec<DateJson> = dates.iter().map(row).collect();
    if args.json {
        let json = Json { election: election.id.clone(), law: law.title.clone(), dates: rows };
        out.json(&json)?;
    } else if args.ics {
        icalendar(election, law, &rows, out);
    } else {
        out.line(&format!("{}  {}", election.id, law.title));
        for r in &rows {
            out.line(&format!("{:<9} {}  {}", r.weekday, r.date, r.name));
            out.line(&format!("{:<9} {:<10}  {}", "", "", r.cite));
        }
    }
    Ok(Answered::Yes)
}

/// A VEVENT of a whole day for each date.
// Spec: RFC 5545 § 3.4, § 3.6.1
fn icalendar(election: &Election, law: &Law, rows: &[DateJson], out: &mut Out) {
    // The entries are as old as the law, whoever prints them when.
    let stamp = law.in_force_from.replace('-', "");
    let mut line = |text: &str| folded(text).iter().for_each(|l| out.line(&format!("{l}\r")));
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//ascertain//calendar//EN");
    line("CALSCALE:GREGORIAN");
    for r in rows {
        let day = r.date.replace('-', "");
        line("BEGIN:VEVENT");
        line(&format!("UID:{}.{}@ascertain.invalid", election.id, r.event));
        line(&format!("DTSTAMP:{stamp}T000000Z"));
        line(&format!("DTSTART;VALUE=DATE:{day}"));
        line(&format!("SUMMARY:{}", escaped(&r.name)));
        line(&format!("DESCRIPTION:{}", escaped(&format!("{}. {}. Ends {}.", r.cite, law.title, r.ends))));
        line("TRANSP:TRANSPARENT");
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
}

// Spec: RFC 5545 § 3.3.11
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// Lines of at most 75 octets, the following ones begun with a blank.
// Spec: RFC 5545 § 3.1
fn folded(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for c in text.chars() {
        if line.len().saturating_add(c.len_utf8()) > 75 {
            lines.push(std::mem::replace(&mut line, " ".to_owned()));
        }
        line.push(c);
    }
    lines.push(line);
    lines
}
