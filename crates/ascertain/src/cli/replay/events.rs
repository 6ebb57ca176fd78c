//! What happened between two standings, a line a kind.
//!
//! Only what changed the standing, or was kept without effect, is told.

use std::collections::BTreeMap;

use standing::{Act, ActStanding, Basis, Deed, Instant, Kind, OfficeId, PersonId, PlaceId, Standing, Status};

use crate::folder::Loaded;

/// A line of a replay.
pub struct Event {
    /// A short word for the kind.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// The acts it tells of.
    pub acts: Vec<String>,
}

/// Legal dates that end, or begin at their hour, just now.
pub fn dates(loaded: &Loaded, at: Instant) -> Vec<Event> {
    let dates = loaded.law.dates(loaded.election.year, &loaded.election.zone);
    let now = dates.into_iter().filter(|d| d.ends == at);
    now.map(|d| Event {
        kind: "legal date",
        text: format!("{} ({})", d.name, loaded.law.cite(&d.cite)),
        acts: Vec::new(),
    })
    .collect()
}

/// What is new in `after`.
pub fn events(loaded: &Loaded, office: &OfficeId, before: Option<&Standing>, after: &Standing) -> Vec<Event> {
    let changed: Vec<&ActStanding> = after
        .acts
        .values()
        .filter(|a| {
            let was = before.and_then(|b| b.acts.get(&a.act.id)).map(|x| &x.status);
            tells(a) && was != Some(&a.status)
        })
        .collect();
    let mut events = Vec::new();
    calls(loaded, &changed, &mut events);
    places(loaded, &changed, Kind::Canvass, "canvass", "the canvass is complete in", &mut events);
    let (some, none): (Vec<&ActStanding>, Vec<&ActStanding>) =
        changed.iter().partition(|a| !matches!(a.act.deed, Deed::Ascertain { slate: None, .. }));
    places(loaded, &some, Kind::Ascertain, "ascertain", "electors are appointed in", &mut events);
    places(loaded, &none, Kind::Ascertain, "ascertain", "no electors are appointed in", &mut events);
    votes(loaded, office, &changed, after, &mut events);
    for a in changed {
        events.extend(single(loaded, a));
    }
    for f in after.findings.iter().filter(|f| before.is_none_or(|b| !b.findings.contains(f))) {
        events.push(Event {
            kind: "finding",
            text: format!("{}: {} [{}]", f.act, f.message, f.code),
            acts: vec![f.act.to_string()],
        });
    }
    events
}

/// An act is told when it stands, is ended, or has no effect for good; not while it only may have happened.
fn tells(a: &ActStanding) -> bool {
    match &a.status {
        Status::Standing | Status::Ended { .. } | Status::Void => true,
        Status::Supported => {
            matches!(a.act.deed, Deed::Noted { .. }) || (a.act.deed.is_a_step() && a.cite.is_none())
        }
        Status::Unsupported => true,
    }
}

fn standing_of<'a>(changed: &'a [&ActStanding], kind: Kind) -> impl Iterator<Item = &'a ActStanding> {
    changed.iter().copied().filter(move |a| a.act.kind == kind && a.status == Status::Standing)
}

/// The places called and the acts by which.
type Calls<'a> = (Vec<&'a PlaceId>, Vec<String>);

fn calls(loaded: &Loaded, changed: &[&ActStanding], events: &mut Vec<Event>) {
    let mut by: BTreeMap<(String, &PersonId), Calls<'_>> = BTreeMap::new();
    for a in standing_of(changed, Kind::Call) {
        let Deed::Call { place, person, .. } = &a.act.deed else { continue };
        let who = loaded
            .election
            .issuers
            .get(&a.act.issuer)
            .map_or_else(|| a.act.issuer.to_string(), |i| i.name.clone());
        let group = by.entry((who, person)).or_default();
        group.0.push(place);
        group.1.push(a.act.id.to_string());
    }
    for ((who, person), (places, acts)) in by {
        let nation = places.contains(&&loaded.law.nation);
        let names: Vec<&str> = places.iter().map(|p| p.as_str()).collect();
        let what = if nation { "the election".into() } else { names.join(", ") };
        let text = format!("{who} calls {what} for {}", short(loaded, person));
        events.push(Event { kind: "call", text, acts });
    }
}

fn places(
    loaded: &Loaded,
    changed: &[&ActStanding],
    kind: Kind,
    word: &'static str,
    text: &str,
    events: &mut Vec<Event>,
) {
    let found: Vec<&ActStanding> = standing_of(changed, kind).collect();
    let names: Vec<String> = found.iter().filter_map(|a| place(&a.act)).map(|p| named(loaded, p)).collect();
    if names.is_empty() {
        return;
    }
    // A day that is not established is told as what it is: known by report.
    let dated = |a: &&ActStanding| a.act.effective.not_after.is_some_and(|b| b.basis == Basis::Act);
    let text = if found.iter().any(dated) { text.to_owned() } else { format!("by report, {text}") };
    let acts = found.iter().map(|a| a.act.id.to_string()).collect();
    events.push(Event { kind: word, text: format!("{text} {}", names.join(", ")), acts });
}

fn votes(
    loaded: &Loaded,
    office: &OfficeId,
    changed: &[&ActStanding],
    after: &Standing,
    events: &mut Vec<Event>,
) {
    let mut parts = Vec::new();
    let mut acts = Vec::new();
    for a in standing_of(changed, Kind::ElectorVote) {
        let Deed::ElectorVote { place, votes, .. } = &a.act.deed else { continue };
        let for_office = votes.get(office).into_iter().flatten();
        let votes: Vec<String> = for_office.map(|(p, n)| format!("{} {n}", short(loaded, p))).collect();
        parts.push(format!("{} ({})", named(loaded, place), votes.join(", ")));
        acts.push(a.act.id.to_string());
    }
    let Some(o) = after.offices.get(office).filter(|_| !parts.is_empty()) else { return };
    let mut totals: Vec<_> = o.voted.iter().collect();
    totals.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let totals: Vec<String> = totals.into_iter().map(|(p, n)| format!("{} {n}", short(loaded, p))).collect();
    let text = format!(
        "electors vote in {}. So far {} of {}",
        parts.join(", "),
        totals.join(", "),
        o.base.whole_number
    );
    events.push(Event { kind: "vote", text, acts });
}

/// Kinds told one by one.
fn single(loaded: &Loaded, a: &ActStanding) -> Option<Event> {
    let event =
        |kind: &'static str, text: String| Some(Event { kind, text, acts: vec![a.act.id.to_string()] });
    let note = a.act.note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
    let who = issuer(loaded, &a.act);
    match (&a.status, &a.act.deed) {
        (Status::Unsupported | Status::Void, _) => event("no effect", format!("{}: {}", a.act.id, a.reason)),
        (Status::Ended { how, by }, _) => event("undone", format!("{} is {how} by {by}", a.act.id)),
        (_, Deed::Open) => event("open", format!("{who} opens the certificates")),
        (_, Deed::Object { of, members, .. }) => {
            let what = of.as_ref().map(ToString::to_string).unwrap_or_default();
            event("objection", format!("{} object to {what}", members.join(" and ")))
        }
        (_, Deed::Rule { of, chamber }) => {
            let count = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
            let verb = if chamber.sustained { "sustains" } else { "rejects" };
            event("ruling", format!("{who} {verb} {of}, {}–{}", count(chamber.yeas), count(chamber.nays)))
        }
        (_, Deed::Declare { elected, .. }) => {
            let persons: Vec<String> = elected
                .iter()
                .map(|(office, p)| {
                    let name = p.as_ref().map_or_else(|| "nobody".into(), |p| loaded.election.name_of(p));
                    format!("{name} ({})", office_name(loaded, office))
                })
                .collect();
            let what = if loaded.law.has_electors() {
                "announces the state of the vote"
            } else {
                "declares elected"
            };
            event("declare", format!("{who} {what}: {}", persons.join(", ")))
        }
        (_, Deed::Oath { office, person }) => {
            let name = loaded.election.name_of(person);
            event("oath", format!("{name} is in office as {}", office_name(loaded, office)))
        }
        (_, Deed::Annul { office }) => event("annul", format!("{who} sets the election of {office} aside")),
        (_, Deed::Confirm { elected }) => {
            let named = elected
                .values()
                .map(|p| p.as_ref().map_or_else(|| "nobody".into(), |p| loaded.election.name_of(p)));
            let verb = if a.act.kind == Kind::Certify { "certifies" } else { "validates" };
            event(word(a.act.kind), format!("{who} {verb}: {}", named.collect::<Vec<_>>().join(", ")))
        }
        (_, Deed::OfPerson { person, .. }) => {
            event(word(a.act.kind), format!("{who}: {}{note}", loaded.election.name_of(person)))
        }
        (_, Deed::Challenge { .. }) => event("challenge", format!("{who} challenges the result{note}")),
        (_, Deed::Publish { what, .. }) => {
            let what = match what {
                standing::Published::Result => "the result",
                standing::Published::Records => "the records of the polling stations",
            };
            event("published", format!("{who} publishes {what}{note}"))
        }
        (_, Deed::Noted { .. }) => event(word(a.act.kind), format!("{who}{note}")),
        _ => None,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "order",
        Kind::Report => "report",
        Kind::Concede => "concession",
        Kind::Certify => "certified",
        Kind::Validate => "validated",
        Kind::Accept => "accepted",
        Kind::Refuse => "refused",
        Kind::Diploma => "diploma",
        Kind::Recognise => "recognition",
        Kind::ContraryStatement => "contrary",
        _ => "noted",
    }
}

fn place(act: &Act) -> Option<&PlaceId> {
    match &act.deed {
        Deed::Canvass { place, .. } | Deed::Ascertain { place, .. } | Deed::ElectorVote { place, .. } => {
            Some(place)
        }
        _ => None,
    }
}

fn named(loaded: &Loaded, place: &PlaceId) -> String {
    loaded.law.places.get(place).map_or_else(|| place.to_string(), |p| p.name.clone())
}

fn short(loaded: &Loaded, person: &PersonId) -> String {
    loaded.election.persons.get(person).map_or_else(|| person.to_string(), |p| p.short.clone())
}

fn office_name(loaded: &Loaded, office: &OfficeId) -> String {
    loaded.law.offices.iter().find(|o| o.id == *office).map_or_else(|| office.to_string(), |o| o.name.clone())
}

fn issuer(loaded: &Loaded, act: &Act) -> String {
    loaded.election.issuers.get(&act.issuer).map_or_else(|| act.issuer.to_string(), |i| i.name.clone())
}
