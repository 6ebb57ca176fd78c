//! Entries as an Atom feed. Every text goes through one escape.
//!
//! Refuses to know where the feed is served: its links are relative to it.
// Spec: RFC 4287 (Atom 1.0)

use super::entries::{Entry, Feed};
use super::wording;
use crate::escaped::text;

/// The feed, the newest entry first.
pub fn atom(feed: &Feed) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n<author><name>{}</name></author>\n\
         <generator>ascertain</generator>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"feed.atom\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"index.html\"/>\n",
        text(&feed.id),
        text(&wording::heading(feed)),
        feed.updated,
        text(&feed.origin),
    );
    for e in feed.entries.iter().rev() {
        out.push_str(&entry(feed, e));
    }
    out.push_str("</feed>\n");
    out
}

fn entry(feed: &Feed, e: &Entry) -> String {
    let name = text(&e.name);
    let mut out = format!(
        "<entry>\n<id>{}</id>\n<title>{}</title>\n<published>{}</published>\n<updated>{}</updated>\n\
         <category term=\"{}\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"index.html#{name}\"/>\n\
         <link rel=\"related\" type=\"application/json\" href=\"cap/{name}.json\"/>\n",
        text(&e.id),
        text(&wording::title(feed, e)),
        e.at,
        wording::updated(e),
        wording::event(e),
    );
    if let Some(proof) = &e.proof {
        out.push_str(&format!(
            "<link rel=\"related\" title=\"Proof of the decision\" href=\"{}\"/>\n",
            text(proof)
        ));
    }
    out.push_str("<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">\n");
    for sentence in std::iter::once(wording::sentence(e)).chain(wording::afterwards(e)) {
        out.push_str(&format!("<p>{}</p>\n", text(&sentence)));
    }
    out.push_str(&words(e));
    out.push_str("</div></content>\n</entry>\n");
    out
}

/// Their language is not known here, and neither is their direction.
fn words(e: &Entry) -> String {
    let Some(words) = &e.words else { return String::new() };
    let mut out =
        format!("<blockquote xml:lang=\"\" lang=\"\"><p dir=\"auto\"><b>{}</b></p>\n", text(&words.subject));
    for lines in wording::paragraphs(&words.body) {
        let lines: Vec<String> = lines.into_iter().map(text).collect();
        out.push_str(&format!("<p dir=\"auto\">{}</p>\n", lines.join("<br/>\n")));
    }
    out.push_str("</blockquote>\n");
    out
}
