//! The report of a drill for a screen. Every line of what went out says that it is a drill.

use super::moment;
use crate::cli::Out;
use crate::cli::words::wrap;
use crate::drill::{Kind, Report, Severity};
use crate::folder::Loaded;

pub fn print(r: &Report, loaded: &Loaded, file: &str, out: &mut Out) {
    out.line(&format!("[DRILL]  {}", r.name));
    out.line(&format!("         {} under {}; nothing left this process", r.election, r.policy));
    let mut last = None;
    for t in &r.timeline {
        let time = moment(t.at, &loaded.election);
        if last.replace(t.at) != Some(t.at) {
            out.line(&format!("\n{time}"));
        }
        let line = t.line.map(|n| format!(" [line {n}]")).unwrap_or_default();
        out.line(&format!("  {:<9}{}", kind(t.kind), wrap(&format!("{}{line}", t.text), 11, 110)));
    }
    out.line("");
    decision(r, loaded, out);
    telegrams(r, loaded, out);
    otherwise(r, out);
    ledger(r, out);
    findings(r, out);
    ending(r, file, out);
}

/// The word of a kind.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Acts => "acts",
        Kind::Step => "step",
        Kind::Refused => "refused",
        Kind::Decision => "DECISION",
        Kind::Telegram => "telegram",
        Kind::Attempt => "attempt",
        Kind::Answer => "answer",
        Kind::Crash => "CRASH",
        Kind::Expected => "check",
        Kind::Note => "note",
    }
}

fn decision(r: &Report, loaded: &Loaded, out: &mut Out) {
    let Some(d) = &r.decision else {
        out.line("decision none");
        return;
    };
    out.line(&format!("decision {}, at {}", d.outcome.name, moment(d.at, &loaded.election)));
    if d.taken_up != d.at {
        out.line(&format!(
            "         taken up at {} by the desk's clock",
            moment(d.taken_up, &loaded.election)
        ));
    }
    if let Some(t) = d.overtaken {
        out.line(&format!("         its ground is undone since {}", moment(t, &loaded.election)));
    }
}

fn telegrams(r: &Report, loaded: &Loaded, out: &mut Out) {
    for t in &r.telegrams {
        let ground = t.ground.as_ref().map(|g| format!(", {g}")).unwrap_or_default();
        let at = t.released_at.map(|at| format!(" at {}", moment(at, &loaded.election))).unwrap_or_default();
        let mark = if t.released_at.is_some() { "[DRILL] " } else { "" };
        out.line(&format!("{:<9}{mark}{} for {}{at}{ground}", t.state, t.id, t.outcome.name));
        for s in &t.recipients {
            let after = s.after_s.map(|n| format!(" after {n} s")).unwrap_or_default();
            let reference = s.reference.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
            let late = if s.late { ", LATE OR MISSING" } else { "" };
            out.line(&format!(
                "         to {}: {}{after}{reference}{late}",
                s.to,
                s.progress.replace('_', " ")
            ));
        }
    }
}

fn otherwise(r: &Report, out: &mut Out) {
    out.line("");
    for o in &r.otherwise {
        let what = match &o.releases {
            Some(id) => format!("{id} would have gone out"),
            None => format!("NOTHING would have gone out: {}", o.because.join("; ")),
        };
        out.line(&format!("had it been {}: {what}", o.outcome.name));
    }
}

fn ledger(r: &Report, out: &mut Out) {
    out.line("");
    out.line(&format!(
        "{:<20} {:<20} {:>8} {:>5} {:>8} {:>10}",
        "receiver", "telegram", "requests", "kept", "repeats", "duplicates"
    ));
    for l in &r.ledger {
        out.line(&format!(
            "{:<20} {:<20} {:>8} {:>5} {:>8} {:>10}",
            l.receiver, l.telegram, l.requests, l.kept, l.repeats, l.duplicates
        ));
    }
}

fn findings(r: &Report, out: &mut Out) {
    out.line("");
    if r.findings.is_empty() {
        out.line("nothing found");
    }
    for f in &r.findings {
        out.line(&format!("{}: {}", severity(f.severity), wrap(&format!("{} [{}]", f.text, f.code), 2, 110)));
    }
}

/// The word of a severity.
pub fn severity(s: Severity) -> &'static str {
    match s {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn ending(r: &Report, file: &str, out: &mut Out) {
    out.line("");
    for u in &r.unmet {
        out.line(&format!("{file}:{}: expected {}; instead: {}", u.line, u.expected, u.instead));
    }
    let end = if r.as_expected { "as the script expects" } else { "NOT AS THE SCRIPT EXPECTS" };
    out.line(&format!("[DRILL]  {end}: {} as expected, {} not", r.met, r.unmet.len()));
}
