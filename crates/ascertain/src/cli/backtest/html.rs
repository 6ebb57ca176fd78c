//! A back-test as one page: a table, and a drawing for each election.
//!
//! It loads nothing, runs nothing and knows no clock: the same back-test is the
//! same bytes. Refuses to judge.

mod axis;
mod lane;
mod table;
mod timeline;
mod wording;

use std::collections::BTreeMap;

use policy::Policy;

use super::text;
use crate::backtesting::Tested;
use crate::error::Error;
use crate::escaped;

/// The page.
///
/// # Errors
/// A policy that has no hash.
pub fn page(policies: &[Policy], tested: &[Tested]) -> Result<String, Error> {
    let elections = named(tested);
    let mut out = HEAD.replace("{style}", include_str!("html/style.css"));
    out.push_str("<div class=\"wide\">\n");
    out.push_str(&introduction(policies, tested));
    out.push_str(LEGEND);
    out.push_str(&table::table(policies, &elections));
    out.push_str(&policy_list(policies, tested)?);
    out.push_str(&contents(&elections));
    out.push_str("</div>\n");
    for (anchor, t) in &elections {
        out.push_str(&section(policies, anchor, t));
    }
    out.push_str("</main>\n</body>\n</html>\n");
    Ok(out)
}

/// Each election under a name of its own on the page: two folders may hold one election.
fn named(tested: &[Tested]) -> Vec<(String, &Tested)> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let anchor = |t: &'_ Tested, n: u32| match n {
        1 => escaped::text(&t.election.id),
        // No id of an election has a colon.
        n => format!("{}:{n}", escaped::text(&t.election.id)),
    };
    let mut elections = Vec::new();
    for t in tested {
        let n = seen.entry(&t.election.id).or_default();
        *n = n.saturating_add(1);
        elections.push((anchor(t, *n), t));
    }
    elections
}

fn introduction(policies: &[Policy], tested: &[Tested]) -> String {
    let counted = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    format!(
        "<h1>When policies would have released, and what undid it</h1>\n\
         <p>{} followed through the record of {}: for whom each would have released its message, how long after \
         the vote, and which act, if any, afterwards left it no longer met for that outcome.</p>\n\
         <p class=\"quiet\">An instant is when the record can be certain, not when something happened; times are in \
         the election’s zone. This is a back-test of rules, by <code>ascertain backtest</code>; it is no act of any \
         authority and decides who won in no election.</p>\n",
        counted(policies.len(), "policy", "policies"),
        counted(tested.len(), "election", "elections"),
    )
}

fn policy_list(policies: &[Policy], tested: &[Tested]) -> Result<String, Error> {
    let mut out = "<h2 id=\"policies\">Policies</h2>\n<dl class=\"policies\">\n".to_owned();
    for (n, p) in policies.iter().enumerate() {
        let results: Vec<_> = tested.iter().filter_map(|t| Some((t, t.results.get(n)?))).collect();
        out.push_str(&format!(
            "<dt id=\"p{n}\">{}</dt><dd>{}</dd><dd class=\"quiet\">{}</dd><dd class=\"quiet\"><code>sha256 {}</code></dd>\n",
            escaped::text(&p.name),
            escaped::text(&p.summary),
            escaped::text(&text::summary(&results)),
            proof::policy_digest(p)?
        ));
    }
    out.push_str("</dl>\n");
    Ok(out)
}

fn contents(elections: &[(String, &Tested)]) -> String {
    let mut out =
        "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Each election</h2>\n<ol>\n".to_owned();
    for (anchor, _) in elections {
        out.push_str(&format!("<li><a href=\"#e-{anchor}\">{anchor}</a></li>\n"));
    }
    out.push_str("</ol>\n</nav>\n");
    out
}

fn section(policies: &[Policy], anchor: &str, t: &Tested) -> String {
    let mut out = format!(
        "<section aria-labelledby=\"h-{anchor}\" id=\"e-{anchor}\">\n\
         <h2 id=\"h-{anchor}\">{} <small>{anchor}</small></h2>\n",
        escaped::text(&t.election.name)
    );
    if let Some(drawing) = timeline::drawing(policies, anchor, t) {
        out.push_str(&format!("<figure>\n{drawing}</figure>\n"));
    }
    out.push_str(&words(policies, t));
    out.push_str(&dates(t));
    out.push_str("<p class=\"back\"><small><a href=\"#all\">All elections</a></small></p>\n</section>\n");
    out
}

/// A sentence for each policy; policies of which the same is to be said share one.
fn words(policies: &[Policy], t: &Tested) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for (p, result) in policies.iter().zip(&t.results) {
        let sentence = wording::sentence(t, result);
        match said.iter_mut().find(|(s, _)| *s == sentence) {
            Some((_, names)) => names.push(&p.name),
            None => said.push((sentence, vec![&p.name])),
        }
    }
    let mut out = "<ul class=\"words\">\n".to_owned();
    for (sentence, names) in said {
        let names = escaped::text(&names.join(", "));
        out.push_str(&format!("<li><b>{names}</b> {}</li>\n", escaped::text(&sentence)));
    }
    out.push_str("</ul>\n");
    out
}

fn dates(t: &Tested) -> String {
    let dates = t.law.dates(t.election.year, &t.election.zone);
    if dates.is_empty() {
        return String::new();
    }
    let mut out = "<h3>The law’s dates</h3>\n<ul class=\"dates\">\n".to_owned();
    for d in dates {
        let cite = t.law.cites.get(&d.cite);
        let cited = cite.map_or_else(|| escaped::text(d.cite.as_str()), |c| escaped::cited(&c.text, &c.url));
        let (date, name) = (escaped::text(&wording::date(d.ends, t)), escaped::text(&d.name));
        out.push_str(&format!("<li>{date}: {name} <small>[{cited}]</small></li>\n"));
    }
    out.push_str("</ul>\n");
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
<title>ascertain: when policies would have released, and what undid it</title>
<style>
{style}</style>
</head>
<body>
<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<circle id="r" class="r" r="5.5"/>
<g id="x" class="x"><circle r="5"/><path d="M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5"/></g>
</defs></svg>
<main>
"##;

const LEGEND: &str = r##"<ul class="legend" aria-label="Legend">
<li><svg aria-hidden="true"><line class="b" x1="0" x2="56" y1="11" y2="11"/><line class="s" x1="16" x2="56" y1="11" y2="11"/><use href="#r" x="16" y="11"/></svg><span>released, and not undone to the end of the record</span></li>
<li><svg aria-hidden="true"><line class="b" x1="0" x2="56" y1="11" y2="11"/><rect class="u" x="10" y="7" width="32" height="8"/><use href="#r" x="10" y="11"/><use href="#x" x="42" y="11"/></svg><span>released, and undone at the crossed mark by the act named there; a bar shorter than the marks is not to scale</span></li>
<li><svg aria-hidden="true"><line class="d" x1="0" x2="56" y1="11" y2="11"/></svg><span>no release: <i>never</i>, something was still missing at the end, or <i>cannot be met</i>. Without a line: <i>not applicable</i>, it does not fit this election</span></li>
<li><svg aria-hidden="true"><line class="b" x1="28" x2="28" y1="0" y2="22"/></svg><span>a date of the law, where its day ends or at its hour; the axis begins with the day of the vote. +41 d: 41 days after it</span></li>
</ul>
"##;
