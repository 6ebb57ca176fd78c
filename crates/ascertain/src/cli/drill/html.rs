//! The report of a drill as one page: no script, nothing loaded, a watermark that says what it is.
//!
//! Refuses to know more than the report, and to look like the real thing.

use super::moment;
use super::text::{kind, severity};
use crate::escaped::text as escaped;

use crate::drill::{Report, Told};
use crate::folder::Loaded;

/// The page.
pub fn page(r: &Report, loaded: &Loaded) -> String {
    let mut out = HEAD.replace("{style}", include_str!("html/style.css"));
    let ending = if r.as_expected {
        "Everything came as the script expects."
    } else {
        "It did not come as the script expects."
    };
    out.push_str(&format!(
        "<h1><b>[DRILL]</b> {}</h1>\n<p>{}, under <code>{}</code>. {ending} {} as expected, {} not.</p>\n\
         <p class=\"quiet\">An exercise by <code>ascertain drill</code>: nothing on this page was sent to anybody, and nothing here says what any person or authority did.</p>\n",
        escaped(&r.name),
        escaped(&loaded.election.name),
        escaped(&r.policy),
        r.met,
        r.unmet.len()
    ));
    let unmet =
        r.unmet.iter().map(|u| vec![format!("line {}", u.line), u.expected.clone(), u.instead.clone()]);
    out.push_str(&table("Not as expected", &["where", "expected", "instead"], unmet.collect()));
    let findings =
        r.findings.iter().map(|f| vec![severity(f.severity).into(), f.text.clone(), f.code.clone()]);
    out.push_str(&table("Findings", &["", "what", "code"], findings.collect()));
    out.push_str(&decision(r, loaded));
    out.push_str(&table("Telegrams", &["telegram", "for", "state", "approved by"], telegrams(r, loaded)));
    out.push_str(&table("Deliveries", &["telegram", "to", "came to", "after"], deliveries(r)));
    let otherwise = r.otherwise.iter().map(|o| {
        vec![
            o.outcome.name.clone(),
            o.releases.clone().unwrap_or_else(|| format!("nothing: {}", o.because.join("; "))),
        ]
    });
    out.push_str(&table(
        "Had it been another outcome",
        &["outcome", "would have gone out"],
        otherwise.collect(),
    ));
    let ledger = r.ledger.iter().map(|l| {
        let n = [l.requests, l.kept, l.repeats, l.duplicates].map(|n| n.to_string());
        [vec![l.receiver.clone(), l.telegram.clone()], n.to_vec()].concat()
    });
    out.push_str(&table(
        "Receivers' ledger",
        &["receiver", "telegram", "requests", "kept", "repeats", "duplicates"],
        ledger.collect(),
    ));
    out.push_str(&timeline(r, loaded));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn decision(r: &Report, loaded: &Loaded) -> String {
    let words = r.decision.as_ref().map_or_else(
        || "None.".to_owned(),
        |d| {
            let undone =
                d.overtaken.map(|t| format!(" Its ground is undone since {}.", moment(t, &loaded.election)));
            let relied: Vec<&str> = d.relied.iter().map(|x| x.act.as_str()).collect();
            format!(
                "{}, at {}.{} Relied on: {}.",
                d.outcome.name,
                moment(d.at, &loaded.election),
                undone.unwrap_or_default(),
                relied.join(", ")
            )
        },
    );
    format!("<h2>Decision</h2>\n<p>{}</p>\n", escaped(&words))
}

fn telegrams(r: &Report, loaded: &Loaded) -> Vec<Vec<String>> {
    let row = |t: &crate::drill::TelegramRow| {
        let at = t.released_at.map(|at| format!(" at {}", moment(at, &loaded.election))).unwrap_or_default();
        let ground = t.ground.as_ref().map(|g| format!(", {g}")).unwrap_or_default();
        vec![
            t.id.clone(),
            t.outcome.name.clone(),
            format!("{}{at}{ground}", t.state),
            t.approved_by.join(", "),
        ]
    };
    r.telegrams.iter().map(row).collect()
}

fn deliveries(r: &Report) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for t in &r.telegrams {
        for s in &t.recipients {
            let reference = s.reference.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
            let late = if s.late { " (late or missing)" } else { "" };
            let after = s.after_s.map(|n| format!("{n} s")).unwrap_or_default();
            let came = format!("{}{reference}{late}", s.progress.replace('_', " "));
            rows.push(vec![t.id.clone(), s.to.clone(), came, after]);
        }
    }
    rows
}

fn timeline(r: &Report, loaded: &Loaded) -> String {
    let mut out = "<h2>What happened</h2>\n<dl>\n".to_owned();
    let mut last = None;
    for t in &r.timeline {
        if last.replace(t.at) != Some(t.at) {
            out.push_str(&format!("<dt>{}</dt>\n", escaped(&moment(t.at, &loaded.election))));
        }
        out.push_str(&told(t));
    }
    out.push_str("</dl>\n");
    out
}

fn told(t: &Told) -> String {
    let line = t.line.map(|n| format!(" <small>line {n}</small>")).unwrap_or_default();
    let class = kind(t.kind).to_lowercase();
    format!("<dd class=\"{class}\"><i>{class}</i> {}{line}</dd>\n", escaped(&t.text))
}

fn table(title: &str, head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = format!("<h2>{title}</h2>\n<table>\n<thead><tr>");
    head.iter().for_each(|h| out.push_str(&format!("<th scope=\"col\">{h}</th>")));
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        let cell = |(h, c): (&&str, &String)| format!("<td data-h=\"{h}\">{}</td>", escaped(c));
        out.push_str(&format!("<tr>{}</tr>\n", head.iter().zip(&row).map(cell).collect::<String>()));
    }
    out.push_str("</tbody>\n</table>\n");
    out
}

/// Nothing is loaded, whatever a name on the page may say.
// Spec: Content Security Policy Level 3 § 3.3
const HEAD: &str = r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>[DRILL] ascertain: a night rehearsed</title>
<style>
{style}</style>
</head>
<body>
<p class="mark" aria-hidden="true">[DRILL]</p>
<main>
"##;
