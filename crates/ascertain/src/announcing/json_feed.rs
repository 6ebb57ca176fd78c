//! Entries as a JSON Feed. What a program asks for beyond the form stands under `_ascertain`.
//!
//! Refuses to know where the feed is served: addresses are relative to it, and stand where the form asks for none.
// Spec: JSON Feed 1.1 <https://www.jsonfeed.org/version/1.1/>

use serde::Serialize;

use super::entries::{Entry, Feed};
use super::wording;
use crate::error::Error;

#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: String,
    description: &'static str,
    language: &'static str,
    authors: [Author<'a>; 1],
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    title: String,
    content_text: String,
    date_published: String,
    date_modified: String,
    tags: [&'static str; 1],
    #[serde(rename = "_ascertain")]
    more: More<'a>,
}

#[derive(Serialize)]
struct More<'a> {
    event: &'static str,
    ground: &'static str,
    drill: bool,
    telegram: &'a str,
    office: Named<'a>,
    outcome: Named<'a>,
    policy: &'a str,
    decision: Option<&'a str>,
    proof: Option<&'a str>,
    subject: Option<&'a str>,
    text: Option<&'a str>,
    page: String,
    cap: String,
    earlier: Vec<&'a str>,
    later: Vec<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    name: &'a str,
}

/// The feed, the newest entry first.
///
/// # Errors
/// Only if the encoder fails.
pub fn json_feed(feed: &Feed) -> Result<String, Error> {
    let it = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: wording::heading(feed),
        description: "What went out, on what ground, and what was overtaken or corrected.",
        language: "en",
        authors: [Author { name: &feed.origin }],
        items: feed.entries.iter().rev().map(|e| item(feed, e)).collect(),
    };
    Ok(format!("{}\n", serde_json::to_string_pretty(&it)?))
}

fn item<'a>(feed: &Feed, e: &'a Entry) -> Item<'a> {
    let mut said = vec![wording::sentence(e)];
    said.extend(wording::afterwards(e));
    if let Some(words) = &e.words {
        said.extend([words.subject.clone(), words.body.trim().to_owned()]);
    }
    let words = e.words.as_ref();
    Item {
        id: &e.id,
        title: wording::title(feed, e),
        content_text: said.join("\n\n"),
        date_published: e.at.to_string(),
        date_modified: wording::updated(e).to_string(),
        tags: [wording::event(e)],
        more: More {
            event: wording::event(e),
            ground: wording::ground(e),
            drill: feed.drill,
            telegram: e.telegram.as_str(),
            office: Named { id: &e.office.id, name: &e.office.name },
            outcome: Named { id: &e.outcome.id, name: &e.outcome.name },
            policy: e.policy.as_str(),
            decision: wording::decision(e),
            proof: e.proof.as_deref(),
            subject: words.map(|w| w.subject.as_str()),
            text: words.map(|w| w.body.trim()),
            page: format!("index.html#{}", e.name),
            cap: format!("cap/{}.json", e.name),
            earlier: e.earlier.iter().map(|o| o.id.as_str()).collect(),
            later: e.later.iter().map(|o| o.id.as_str()).collect(),
        },
    }
}
