//! An entry as a message with the fields of the Common Alerting Protocol, in JSON: for programs that pass alerts on.
//!
//! Once written it stays as it is; what changes it is a message of its own that refers to it. Refuses to say how urgent or
//! severe it is: that an office is filled is no emergency.
// Spec: Common Alerting Protocol 1.2 (OASIS, 1 July 2010) § 3.2.1, § 3.2.2
// Deviates: JSON for XML, `proof` besides, and addresses relative to the file, since nobody here knows where it is served.

use serde::Serialize;
use standing::Instant;

use super::entries::{Entry, Feed, Happened};
use super::wording;
use crate::error::Error;

#[derive(Serialize)]
struct Alert<'a> {
    identifier: &'a str,
    sender: String,
    sent: String,
    status: &'static str,
    #[serde(rename = "msgType")]
    kind: &'static str,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    references: String,
    info: [Info<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

#[derive(Serialize)]
struct Info<'a> {
    language: &'static str,
    category: [&'static str; 1],
    event: &'static str,
    urgency: &'static str,
    severity: &'static str,
    certainty: &'static str,
    #[serde(rename = "senderName")]
    sender_name: &'a str,
    headline: String,
    description: String,
    web: String,
    parameter: Vec<Parameter<'a>>,
}

#[derive(Serialize)]
struct Parameter<'a> {
    #[serde(rename = "valueName")]
    name: &'static str,
    value: &'a str,
}

/// The message.
///
/// # Errors
/// Only if the encoder fails.
pub fn cap(feed: &Feed, e: &Entry) -> Result<String, Error> {
    let sender = word(&feed.origin);
    let reference = |(id, at): (&String, Instant)| format!("{sender},{id},{}", sent(at));
    let references: Vec<String> = e.earlier.iter().map(|o| reference((&o.id, o.at))).collect();
    let kind = match (&e.happened, references.is_empty()) {
        (Happened::Overtaken(_), _) => "Cancel",
        (Happened::Corrected, false) => "Update",
        _ => "Alert",
    };
    let alert = Alert {
        identifier: &e.id,
        sent: sent(e.at),
        status: if feed.drill { "Exercise" } else { "Actual" },
        kind,
        scope: "Public",
        note: feed.drill.then(|| format!("Exercise {}", feed.origin)),
        references: references.join(" "),
        info: [info(feed, e)],
        proof: e.proof.as_ref().map(|proof| format!("../{proof}")),
        sender,
    };
    Ok(format!("{}\n", serde_json::to_string_pretty(&alert)?))
}

fn info<'a>(feed: &'a Feed, e: &'a Entry) -> Info<'a> {
    let mut description = wording::sentence(e);
    if let Some(words) = &e.words {
        description = format!("{description}\n\n{}\n\n{}", words.subject, words.body.trim());
    }
    Info {
        language: "en",
        category: ["Other"],
        event: match e.happened {
            Happened::Decided(_) | Happened::Overridden => "Release of a telegram",
            Happened::Overtaken(_) => "Decision overtaken",
            Happened::Corrected => "Correction",
        },
        urgency: "Unknown",
        severity: "Unknown",
        certainty: "Unknown",
        sender_name: &feed.origin,
        headline: wording::title(feed, e),
        description,
        web: format!("../index.html#{}", e.name),
        parameter: parameters(e),
    }
}

fn parameters(e: &Entry) -> Vec<Parameter<'_>> {
    let mut all = vec![
        Parameter { name: "event", value: wording::event(e) },
        Parameter { name: "ground", value: wording::ground(e) },
        Parameter { name: "office", value: &e.office.id },
        Parameter { name: "outcome", value: &e.outcome.id },
        Parameter { name: "telegram", value: e.telegram.as_str() },
        Parameter { name: "policy", value: e.policy.as_str() },
    ];
    all.extend(wording::decision(e).map(|value| Parameter { name: "decision", value }));
    all
}

/// "Alphabetic timezone designators such as “Z” MUST NOT be used."
// Spec: CAP 1.2 § 3.2.1 sent
fn sent(at: Instant) -> String {
    format!("{}-00:00", at.to_string().trim_end_matches('Z'))
}

/// A name without what separates the parts of a reference.
// Spec: CAP 1.2 § 3.2.1 sender
fn word(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '%' => out.push_str("%25"),
            ',' => out.push_str("%2C"),
            '<' => out.push_str("%3C"),
            '&' => out.push_str("%26"),
            c => out.push(c),
        }
    }
    out
}
