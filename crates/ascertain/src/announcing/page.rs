//! Entries as one page for people: no script, nothing loaded, readable on a telephone and on paper.
//!
//! Refuses to know what the words say: they are text, whatever they look like.

use super::entries::{Entry, Feed, Other};
use super::wording;
use crate::escaped::text;

/// The page, the newest entry first.
pub fn page(feed: &Feed) -> String {
    let heading = text(&wording::heading(feed));
    let mut out = HEAD.replace("{style}", include_str!("page.css")).replace("{title}", &heading);
    out.push_str(if feed.drill { "<body class=\"exercise\">\n" } else { "<body>\n" });
    out.push_str(&format!("<main>\n<h1>{heading}</h1>\n"));
    if feed.drill {
        out.push_str("<p class=\"drill\">[DRILL] This is an exercise. Nothing on this page happened.</p>\n");
    }
    out.push_str(INTRODUCTION);
    if feed.entries.is_empty() {
        out.push_str("<p>Nothing is announced.</p>\n");
    }
    for e in feed.entries.iter().rev() {
        out.push_str(&article(feed, e));
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn article(feed: &Feed, e: &Entry) -> String {
    let name = text(&e.name);
    let mut out = format!(
        "<article id=\"{name}\" aria-labelledby=\"h-{name}\">\n<h2 id=\"h-{name}\">{}</h2>\n\
         <p class=\"quiet\"><time datetime=\"{at}\">{at}</time></p>\n",
        text(&wording::title(feed, e)),
        at = e.at
    );
    for (o, said) in e.later.iter().zip(wording::afterwards(e)) {
        out.push_str(&format!("<p class=\"later\">{}</p>\n", link(o, &said)));
    }
    out.push_str(&format!("<p>{}</p>\n", text(&wording::sentence(e))));
    out.push_str(&words(e));
    out.push_str(&details(e));
    out.push_str(&format!("<p class=\"links\"><a href=\"cap/{name}.json\">This entry for programs</a>"));
    if let Some(proof) = &e.proof {
        out.push_str(&format!(" · <a href=\"{}\">Proof of the decision</a>", text(proof)));
    }
    for o in &e.earlier {
        let said = if o.overtaken { "What overtook it" } else { "What this is about" };
        out.push_str(&format!(" · {}", link(o, said)));
    }
    out.push_str("</p>\n</article>\n");
    out
}

fn link(to: &Other, said: &str) -> String {
    format!("<a href=\"#{}\">{}</a>", text(&to.name), text(said))
}

/// Their language is not known here, and neither is their direction.
fn words(e: &Entry) -> String {
    let Some(words) = &e.words else { return String::new() };
    let subject = text(&words.subject);
    let mut out = format!("<blockquote lang=\"\">\n<p class=\"subject\" dir=\"auto\">{subject}</p>\n");
    for lines in wording::paragraphs(&words.body) {
        let lines: Vec<String> = lines.into_iter().map(text).collect();
        out.push_str(&format!("<p dir=\"auto\">{}</p>\n", lines.join("<br/>\n")));
    }
    out.push_str("</blockquote>\n");
    out
}

fn details(e: &Entry) -> String {
    let row = |name: &str, value: &str| format!("<dt>{name}</dt><dd>{value}</dd>\n");
    let digest = |hex: &str| format!("<code>sha256 {}</code>", text(hex));
    let mut out = String::from("<dl>\n");
    out.push_str(&row("Office", &text(&e.office.name)));
    out.push_str(&row("Outcome", &text(&e.outcome.name)));
    out.push_str(&row("Telegram", &text(e.telegram.as_str())));
    out.push_str(&row("Ground", wording::ground_in_words(e)));
    if let Some(decision) = wording::decision(e) {
        out.push_str(&row("Decision", &digest(decision)));
    }
    out.push_str(&row("Policy", &digest(e.policy.as_str())));
    out.push_str("</dl>\n");
    out
}

const INTRODUCTION: &str = "<p class=\"quiet\">What went out, on what ground, and what was overtaken or corrected; the newest first, times in UTC. \
A decision here is that of a policy written before the outcome was known; it is no act of any authority. \
<a href=\"feed.atom\">Atom</a> · <a href=\"feed.json\">JSON Feed</a></p>\n";

/// Nothing is loaded, whatever the words say.
// Spec: Content Security Policy Level 3 § 3.3
const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\"/>
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>
<title>{title}</title>
<link rel=\"alternate\" type=\"application/atom+xml\" href=\"feed.atom\"/>
<link rel=\"alternate\" type=\"application/feed+json\" href=\"feed.json\"/>
<style>
{style}</style>
</head>
";
