//! The page of `why` as text.

use policy::{OfficePage, State};
use standing::At;

use super::{Page, headline, missing_lines, undo_cite, without_effect};
use crate::cli::{Out, words};
use crate::folder::Loaded;

/// Prints the page.
pub fn print(page: &Page<'_>, out: &mut Out) {
    let Page { loaded, policy, at, answer, offices: pages, standing } = *page;
    let (election, law) = (&loaded.election, &loaded.law);
    out.line(&election.name);
    out.line(&format!("as of {}", words::when(at.effects, election)));
    if at.known != at.effects {
        out.line(&format!("as known on {}", words::when(at.known, election)));
    }
    out.line(&format!("policy {}: {}", policy.name, words::wrap(&policy.summary, 2, 96)));
    out.line("");
    out.line(&headline(answer, loaded));
    for why in &answer.held_up {
        out.line(&format!("  {why}"));
    }
    for p in pages {
        let name = law.offices.iter().find(|o| o.id == p.office).map_or_else(String::new, |o| o.name.clone());
        out.line("");
        out.line(&name);
        levels(p, loaded, out);
        missing(p, loaded, at, p.office == *policy.office_in(&loaded.law), out);
    }
    let nothing = without_effect(standing);
    if !nothing.is_empty() {
        out.line("");
        out.line("Kept and shown, without effect");
        for a in nothing {
            let cite = a.cite.as_ref().map(|c| format!(" ({})", law.cite(c))).unwrap_or_default();
            let line = format!("{}: {}{cite}", a.act.id, a.reason);
            out.line(&format!("  {}", words::wrap(&line, 4, 100)));
        }
    }
    if !standing.findings.is_empty() {
        out.line("");
        out.line("To be looked at");
        for f in &standing.findings {
            out.line(&format!(
                "  {}",
                words::wrap(&format!("{}: {} [{}]", f.act, f.message, f.code), 4, 100)
            ));
        }
    }
}

fn levels(p: &OfficePage, loaded: &Loaded, out: &mut Out) {
    for l in &p.levels {
        let Some(level) = loaded.law.level(&l.level) else { continue };
        let mark = if l.state == State::Met { "x" } else { " " };
        let who = l.person.as_ref().map(|p| format!("{}; ", loaded.election.name_of(p))).unwrap_or_default();
        let who = if ["declared", "in_office"].contains(&l.level.as_str()) { String::new() } else { who };
        let text = words::wrap(&format!("{who}{}", l.figures), 23, 100);
        out.line(&format!("  [{mark}] {:<16} {text}", level.name));
    }
}

fn missing(p: &OfficePage, loaded: &Loaded, at: At, asked: bool, out: &mut Out) {
    if asked && !p.missing.is_empty() {
        out.line("  Missing under the policy");
        for text in missing_lines(&p.missing, loaded, at) {
            out.line(&format!("    {}", words::wrap(&text, 6, 100)));
        }
    }
    for why in p.out_of_reach.iter().filter(|_| asked) {
        out.line(&format!("    out of reach: {}", words::wrap(why, 6, 100)));
    }
    if let Some((level, how)) = p.could_still_undo.last() {
        let cite = undo_cite(&loaded.law, level);
        out.line("  What could still undo it");
        out.line(&format!("    {}", words::wrap(&format!("{how} ({cite})"), 6, 100)));
    }
}
