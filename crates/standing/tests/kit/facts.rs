//! A standing asked by name, each answer as one line of text.

use std::collections::{BTreeMap, BTreeSet};

use standing::{Appointment, OfficeStanding, Outcome, PlaceStanding, Standing, Status};

/// The answer to one query of the notation.
pub(crate) fn fact(s: &Standing, query: &str) -> String {
    if query == "findings" {
        let findings: BTreeSet<String> = s.findings.iter().map(|f| format!("{} {}", f.code, f.act)).collect();
        return list(findings);
    }
    if query == "messages" {
        return list(s.findings.iter().map(|f| f.message.clone()));
    }
    if let Some(id) = query.strip_prefix("why ") {
        return act(s, id, |a| a.reason.clone());
    }
    if let Some(id) = query.strip_prefix("cite ") {
        return act(s, id, |a| a.cite.as_ref().map_or("-".into(), ToString::to_string));
    }
    let (name, field) = query.split_once('.').unwrap_or((query, ""));
    if let Some(o) = s.offices.values().find(|o| o.office.as_str() == name) {
        return office(o, field);
    }
    if let Some(p) = s.places.values().find(|p| p.place.as_str() == name) {
        return place(p, field);
    }
    act(s, query, |a| match &a.status {
        Status::Ended { how, by } => format!("{how} by {by}"),
        status => status.to_string(),
    })
}

fn act(s: &Standing, id: &str, ask: impl Fn(&standing::ActStanding) -> String) -> String {
    s.acts.values().find(|a| a.act.id.as_str() == id).map_or("unheard of".into(), ask)
}

fn place(p: &PlaceStanding, field: &str) -> String {
    match field {
        "" => match &p.appointment {
            Appointment::Unknown => "unknown".into(),
            Appointment::Appointed { slate, by } => format!("{slate} by {}", list(by)),
            Appointment::Contested { slates, by } => format!("contested {} by {}", list(slates), list(by)),
            Appointment::NotAppointed { by } => format!("none by {by}"),
        },
        "vote" => list(&p.vote),
        "canvass" => list(p.canvassed.iter().map(|(slate, _)| slate)),
        "pending" => list(&p.objections_pending),
        "rejected" => p.rejected.to_string(),
        _ => p.votes.iter().find(|(o, _)| o.as_str() == field).map_or("-".into(), |(_, v)| votes(v)),
    }
}

fn office(o: &OfficeStanding, field: &str) -> String {
    match field {
        "base" => format!("{}/{}", o.base.whole_number, tally::needed(o.base.whole_number)),
        "parts" => format!("{}-{}-{}", o.base.allotted, o.base.not_appointed, o.base.removed),
        "ascertained" => votes(&o.ascertained),
        "ascertained_by" => by(&o.ascertained_by),
        "voted" => votes(&o.voted),
        "voted_by" => by(&o.voted_by),
        "open" => format!("{} to appoint, {} to vote", o.not_ascertained, o.not_voted),
        "called" => list(o.calls.iter().map(|c| format!("{} {} ({})", c.person, c.issuer, c.upstream))),
        "declared" => {
            list(o.declared.iter().map(|(p, _)| p.as_ref().map_or("nobody".into(), ToString::to_string)))
        }
        "in_office" => list(o.in_office.iter().map(|(p, _)| p)),
        "annulled_by" => list(&o.annulled_by),
        "choice" => match &o.choice {
            tally::Choice::Chosen { by, votes } => format!("{by} {votes}"),
            tally::Choice::Tied { among, votes } => format!("tied {} at {votes}", list(among)),
            tally::Choice::Nobody => "nobody".into(),
            tally::Choice::Open => "open".into(),
        },
        "without" => list(o.alternatives.iter().map(|a| {
            let needed = tally::needed(a.base.whole_number);
            format!("{}: {} of {}/{needed}", a.without, votes(&a.voted), a.base.whole_number)
        })),
        "not_counted" => list(o.not_counted.iter().map(|n| format!("{} {} in {}", n.person, n.votes, n.act))),
        "chamber" => o.contingent.as_ref().map_or("-".into(), |c| {
            let end = if c.from.at_the_end.is_empty() {
                String::new()
            } else {
                format!(" or {}", list(&c.from.at_the_end))
            };
            let chosen = c.chosen.as_ref().map_or("nobody".into(), |(p, act)| format!("{p} by {act}"));
            format!(
                "{} from {}{end}: {}/{} quorum {}: {chosen}",
                c.chamber,
                list(&c.from.within),
                c.entitled,
                c.needed,
                c.quorum
            )
        }),
        "contested_places" => list(&o.contested_places),
        "outcome" => match &o.outcome {
            Outcome::Person(p) => p.to_string(),
            Outcome::NobodyYet => "nobody yet".into(),
            Outcome::Nobody => "nobody".into(),
            Outcome::Annulled => "annulled".into(),
            Outcome::Contested(set) => format!("contested {}", list(set)),
        },
        _ => steps(o, field),
    }
}

fn steps(o: &OfficeStanding, field: &str) -> String {
    match field {
        "certified" | "validated" | "accepted" | "refused" | "diploma" | "conceded" => {
            let of = o.steps.iter().filter(|(kind, _)| step(**kind) == field).flat_map(|(_, by)| by);
            list(of.map(|(p, _)| p.as_ref().map_or("nobody".into(), ToString::to_string)))
        }
        "published" => {
            list(o.published.iter().map(|(what, act)| format!("{what:?} by {act}").to_lowercase()))
        }
        "challenges" => list(&o.challenges),
        "challenge_ends" => o.challenge_ends.map_or("-".into(), |t| t.to_string()),
        "died" => list(o.died.iter().map(|(p, _)| p)),
        _ => panic!("an office has no `{field}`"),
    }
}

fn step(kind: standing::Kind) -> &'static str {
    match kind {
        standing::Kind::Certify => "certified",
        standing::Kind::Validate => "validated",
        standing::Kind::Accept => "accepted",
        standing::Kind::Refuse => "refused",
        standing::Kind::Diploma => "diploma",
        _ => "conceded",
    }
}

fn votes<P: std::fmt::Display>(votes: &BTreeMap<P, u32>) -> String {
    list(votes.iter().map(|(p, n)| format!("{p} {n}")))
}

fn by<P: std::fmt::Display, A: std::fmt::Display>(by: &BTreeMap<P, Vec<A>>) -> String {
    list(by.iter().map(|(p, acts)| {
        format!("{p}: {}", acts.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"))
    }))
}

fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| i.to_string()).collect();
    if items.is_empty() { "-".into() } else { items.join(", ") }
}
