//! The page of `why` as a Markdown document: what the text says, in headings, tables and lists.
//!
//! Whatever comes from a file is escaped: a name makes no heading, no link and no column.

use policy::{OfficePage, State};
use standing::At;

use super::{Page, headline, missing_lines, undo_cite, without_effect};
use crate::cli::{Out, words};
use crate::folder::Loaded;

/// Prints the document.
pub fn print(page: &Page<'_>, out: &mut Out) {
    let Page { loaded, policy, at, answer, offices: pages, standing } = *page;
    let election = &loaded.election;
    heading(out, 1, &election.name);
    item(out, &format!("As of {}", words::when(at.effects, election)));
    if at.known != at.effects {
        item(out, &format!("As known on {}", words::when(at.known, election)));
    }
    item(out, &format!("Policy {}: {}", policy.name, policy.summary));
    out.line("");
    out.line(&format!("**{}**", escaped(&headline(answer, loaded))));
    if !answer.held_up.is_empty() {
        out.line("");
    }
    for why in &answer.held_up {
        item(out, why);
    }
    for p in pages {
        office(p, loaded, at, p.office == *policy.office_in(&loaded.law), out);
    }
    let nothing = without_effect(standing);
    if !nothing.is_empty() {
        heading(out, 2, "Kept and shown, without effect");
    }
    for a in nothing {
        let cite = a.cite.as_ref().map(|c| format!(" ({})", loaded.law.cite(c))).unwrap_or_default();
        item(out, &format!("{}: {}{cite}", a.act.id, a.reason));
    }
    if !standing.findings.is_empty() {
        heading(out, 2, "To be looked at");
    }
    for f in &standing.findings {
        item(out, &format!("{}: {} [{}]", f.act, f.message, f.code));
    }
}

fn office(p: &OfficePage, loaded: &Loaded, at: At, asked: bool, out: &mut Out) {
    let name = loaded.law.offices.iter().find(|o| o.id == p.office).map_or("", |o| o.name.as_str());
    heading(out, 2, name);
    out.line("| level | reached | by | figures |");
    out.line("| --- | --- | --- | --- |");
    for l in &p.levels {
        let Some(level) = loaded.law.level(&l.level) else { continue };
        let reached = if l.state == State::Met { "yes" } else { "no" };
        let who = l.person.as_ref().map(|p| loaded.election.name_of(p)).unwrap_or_default();
        let cells = [&level.name, reached, &who, &l.figures].map(escaped);
        out.line(&format!("| {} |", cells.join(" | ")));
    }
    if asked && !p.missing.is_empty() {
        heading(out, 3, "Missing under the policy");
        for text in missing_lines(&p.missing, loaded, at) {
            item(out, &text);
        }
    }
    if asked && !p.out_of_reach.is_empty() {
        heading(out, 3, "Out of reach");
        for why in &p.out_of_reach {
            item(out, why);
        }
    }
    if let Some((level, how)) = p.could_still_undo.last() {
        heading(out, 3, "What could still undo it");
        item(out, &format!("{how} ({})", undo_cite(&loaded.law, level)));
    }
}

/// A heading, with the blank lines Markdown wants; the first of a document has none above.
fn heading(out: &mut Out, level: usize, text: &str) {
    if level > 1 {
        out.line("");
    }
    out.line(&format!("{} {}", "#".repeat(level), escaped(text)));
    out.line("");
}

fn item(out: &mut Out, text: &str) {
    out.line(&format!("- {}", escaped(text)));
}

/// Text that is text and no markup, on one line.
// Spec: CommonMark 0.31.2 § 2.4; GitHub Flavored Markdown 0.29 § 4.10
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut word_begins = true;
    for (n, c) in text.chars().enumerate() {
        let opens = word_begins && matches!(c, '+' | '-' | '=' | ':');
        let numbers = n > 0 && matches!(c, '.' | ')') && text.chars().take(n).all(|d| d.is_ascii_digit());
        if opens || numbers || MARKUP.contains(c) {
            escaped.push('\\');
        }
        let c = if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
        word_begins = c == ' ';
        escaped.push(c);
    }
    escaped
}

const MARKUP: &str = "\\`*_[]<>|~&$!#";
