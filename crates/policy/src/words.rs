//! A policy in plain English.
//!
//! Refuses to know whether anything of it holds.

use standing::{IssuerId, PlaceId, Published};

use crate::language::{Action, Clause, Counting, Formula, Policy};

/// A formula in words.
#[must_use]
pub fn plain_english(f: &Formula) -> String {
    let join = |of: &[Formula], word: &str| {
        let parts: Vec<String> = of.iter().map(plain_english).collect();
        format!("({})", parts.join(word))
    };
    match f {
        Formula::All(of) => join(of, " and "),
        Formula::Any(of) => join(of, " or "),
        Formula::AtLeast { n, of } => format!("at least {n} of {}", join(of, ", ")),
        Formula::HeldFor { duration, of } => {
            format!("{} without interruption for {} seconds", plain_english(of), duration.get())
        }
        Formula::Called { at_least, by, counting } => {
            let what = match counting {
                Counting::Upstreams => "independent sources (outlets that share one supplier count as one)",
                Counting::Outlets => "outlets (even where they share one supplier)",
            };
            let names: Vec<&str> = by.iter().map(IssuerId::as_str).collect();
            let among = if by.is_empty() { String::new() } else { format!(" among {}", names.join(", ")) };
            format!("X is called the winner of the whole election by at least {at_least} {what}{among}")
        }
        Formula::FirstOf { sources } => {
            let names: Vec<&str> = sources.iter().map(IssuerId::as_str).collect();
            format!("X is called the winner by the first of {} that has called at all", names.join(", "))
        }
        Formula::Canvassed { places } => {
            let names: Vec<&str> = places.iter().map(PlaceId::as_str).collect();
            format!("the canvass of {} shows X's electors ahead", names.join(", "))
        }
        Formula::Ascertained => {
            "electors pledged to X, more than half of the electors appointed, are named in standing certificates of ascertainment".into()
        }
        Formula::Voted => "appointed electors have voted for X in a majority of the electors appointed".into(),
        Formula::Declared => "the competent officer has announced X as elected".into(),
        Formula::InOffice => "X's term has begun and X has taken the oath".into(),
        Formula::Certified => "the body whose task it is has certified the result for X".into(),
        Formula::Validated => "a competent court or body has found X's election valid".into(),
        Formula::Accepted => "X has accepted the election".into(),
        Formula::Diploma => "X has been given the diploma of the office".into(),
        Formula::Conceded => "another candidate's concession to X stands (a private statement)".into(),
        Formula::Living => "no attested act says that X has died".into(),
        Formula::Published { what } => match what {
            Published::Result => "the result is published by those whom the law charges with it".into(),
            Published::Records => {
                "the records of the polling stations are published by those whom the law charges with it".into()
            }
        },
        Formula::ChallengeWindowClosed => {
            "a declaration stands and the law's time for challenging it is over".into()
        }
        Formula::NoChallengePending => "no challenge to the result is pending".into(),
        Formula::Nobody => "nobody is elected: so announced, or every vote cast without a majority".into(),
        Formula::Annulled => "a competent act sets the election aside".into(),
        Formula::Contested => "two standing announcements name different persons".into(),
        Formula::After { date } => format!("the legal date `{date}` has passed"),
    }
}

fn office(p: &Policy) -> String {
    if p.office.as_str() == "any" {
        "whatever office the law fills first".into()
    } else {
        format!("the office `{}`", p.office)
    }
}

/// A policy as sentences, one a clause.
#[must_use]
pub fn in_english(p: &Policy) -> Vec<String> {
    let act = |a: Action| match a {
        Action::Release => "the message prepared for it is released",
        Action::Wait => "nothing is released while it holds",
        Action::Ask => "nothing is released and a person is asked",
    };
    let clause = |name: &str, c: &Clause, meaning: &Formula| {
        let when = plain_english(c.when.as_ref().unwrap_or(meaning));
        format!("{name}: when {when}, {}.", act(c.action))
    };
    let another = p.another_person.when.as_ref();
    let another = another.map_or_else(String::new, |f| format!(", when {}", plain_english(f)));
    let mut lines = vec![
        format!("Person X is official for {} when {}.", office(p), plain_english(&p.person.when)),
        format!(
            "Another person than those a message is prepared for{another}: {}.",
            act(p.another_person.action)
        ),
        clause("Nobody", &p.nobody, &Formula::Nobody),
        clause("Annulled", &p.annulled, &Formula::Annulled),
        clause("Contested", &p.contested, &Formula::Contested),
    ];
    lines.push(match &p.never.when {
        Some(f) => {
            format!("Never: when {} and nothing was decided, {}.", plain_english(f), act(p.never.action))
        }
        None => "Never: the policy sets no limit to waiting.".into(),
    });
    lines
}
