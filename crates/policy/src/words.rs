//! A policy in plain English, every clause and every term it rests on.
//!
//! Refuses to know whether anything of it holds.

use standing::{IssuerId, PlaceId, Published};

use crate::language::{ANY, Action, Clause, Counting, Formula, Policy, Seconds};

/// A policy as sentences: one a clause, then what its terms mean.
#[must_use]
pub fn in_english(p: &Policy) -> Vec<String> {
    let clauses = clauses_in_english(p).into_iter().map(|(_, sentence)| sentence);
    clauses.chain(terms(p)).collect()
}

/// Every clause with its key.
#[must_use]
pub fn clauses_in_english(p: &Policy) -> Vec<(&'static str, String)> {
    vec![
        ("office", office(p)),
        ("person", person(p)),
        ("another_person", another_person(p)),
        ("nobody", nobody(&p.nobody)),
        ("annulled", annulled(&p.annulled)),
        ("contested", contested(&p.contested)),
        ("never", never(&p.never)),
    ]
}

/// A formula in words.
#[must_use]
pub fn plain_english(f: &Formula) -> String {
    told(f, "")
}

fn office(p: &Policy) -> String {
    if p.office.as_str() == ANY {
        "Office: this policy speaks of the office that the law of the election lists first, whatever it is called \
         there, and of no other."
            .into()
    } else {
        format!("Office: this policy speaks of the office `{}` and of no other.", p.office)
    }
}

fn person(p: &Policy) -> String {
    format!(
        "Person: a person X is official when {}. The message prepared for X is then released, once.",
        plain_english(&p.person.when)
    )
}

fn another_person(p: &Policy) -> String {
    let act = act(p.another_person.action);
    match &p.another_person.when {
        None => format!(
            "Another person: when the person who is official by that formula is one no message was prepared for, {act}."
        ),
        Some(f) => format!(
            "Another person: of a person no message was prepared for, another formula is asked; when {}, {act}.",
            plain_english(f)
        ),
    }
}

fn nobody(c: &Clause) -> String {
    let when = plain_english(c.when.as_ref().unwrap_or(&Formula::Nobody));
    format!("Nobody: when {when}, {}. This is asked only while no person is official.", act(c.action))
}

fn annulled(c: &Clause) -> String {
    let when = plain_english(c.when.as_ref().unwrap_or(&Formula::Annulled));
    format!("Annulled: when {when}, {}. This goes before every other clause.", act(c.action))
}

fn contested(c: &Clause) -> String {
    let when = plain_english(c.when.as_ref().unwrap_or(&Formula::Contested));
    format!(
        "Contested: when {when}, or when two persons are official by this policy at once, {}. This goes before \
         every clause but that for an election set aside.",
        act(c.action)
    )
}

fn never(c: &Clause) -> String {
    let Some(f) = &c.when else {
        return "Never: there is no limit to waiting; until one of the above holds, nothing is released."
            .into();
    };
    let then = match c.action {
        Action::Ask => "a person is asked whether to go on waiting",
        Action::Wait | Action::Release => "waiting goes on",
    };
    format!(
        "Never: when none of the above holds and {}, nothing is released and {then}. If one of the above holds \
         later, it is acted upon then.",
        plain_english(f)
    )
}

fn act(a: Action) -> &'static str {
    match a {
        Action::Release => "the message prepared for that outcome is released, once",
        Action::Wait => "nothing is released while it is so",
        Action::Ask => "nothing is released and a person is asked",
    }
}

/// What the words of the formulas mean: only those that occur.
fn terms(p: &Policy) -> Vec<String> {
    let all = p.formulas();
    let occurs = |is: fn(&Formula) -> bool| all.iter().any(|(_, f)| f.any(&is));
    let mut terms = vec![
        "Standing: an act stands when it is known from an enrolled attester, the law gives its issuer that power, \
         and no act that may end it has done so."
            .to_owned(),
    ];
    if occurs(|f| matches!(f, Formula::Ascertained | Formula::Voted)) {
        terms.push(
            "Base: the electors the law allots, less those established as not appointed and those the law itself \
             removes. A place of which nothing is known stays in it."
                .into(),
        );
    }
    if occurs(|f| matches!(f, Formula::Called { counting: Counting::Upstreams, .. })) {
        terms.push(
            "Independent sources: those who call. Those that depend on one supplier of figures count together as \
             one."
                .into(),
        );
    }
    if occurs(|f| matches!(f, Formula::HeldFor { .. })) {
        terms.push(
            "Without interruption: the time runs from when it was both so and known to be so, and begins anew after \
             any interruption."
                .into(),
        );
    }
    terms.push(
        "Once: what was released is not taken back. If its ground falls away later, that is reported.".into(),
    );
    terms
}

/// A formula in words; the parts of what is joined are numbered, under the number the whole has.
fn told(f: &Formula, under: &str) -> String {
    match f {
        Formula::All(of) => joined("each of these is so", "and", of, under),
        Formula::Any(of) => joined("at least one of these is so", "or", of, under),
        Formula::AtLeast { n, of } => joined(&format!("at least {n} of these are so"), "or", of, under),
        Formula::HeldFor { duration, of } => {
            format!("for {} without interruption it has been so that {}", lasting(*duration), told(of, under))
        }
        other => predicate(other),
    }
}

fn joined(all: &str, last: &str, of: &[Formula], under: &str) -> String {
    let mut text = format!("{all}:");
    for (n, f) in (1_usize..).zip(of) {
        let number = format!("{under}{n}");
        let between = match n {
            1 => String::new(),
            n if n == of.len() => format!("; {last}"),
            _ => ";".into(),
        };
        text.push_str(&format!("{between} ({number}) {}", told(f, &format!("{number}."))));
    }
    text
}

fn predicate(f: &Formula) -> String {
    let words = match f {
        Formula::Called { at_least, by, counting } => return called(*at_least, by, *counting),
        Formula::FirstOf { sources } => {
            let names: Vec<&str> = sources.iter().map(IssuerId::as_str).collect();
            return format!(
                "X is called the winner by the first of {}, in this order, that has called at all",
                names.join(", ")
            );
        }
        Formula::Canvassed { places } => {
            let names: Vec<&str> = places.iter().map(PlaceId::as_str).collect();
            return format!("the standing canvass of each of {} shows X's electors ahead", names.join(", "));
        }
        Formula::After { date } => return format!("the legal date `{date}` has ended"),
        Formula::Ascertained => {
            "electors pledged to X, more than half of the base, are appointed by standing certificates of ascertainment"
        }
        Formula::Voted => {
            "appointed electors have voted for X in the majority the law asks for: more than half of the base"
        }
        Formula::Declared => {
            "the officer or body whose task it is has announced X, and nobody else, as elected, and that stands"
        }
        Formula::InOffice => "X's term has begun and X, and nobody else, has taken the oath",
        Formula::Certified => {
            "the body whose task it is has certified the result for X and nobody else, and that stands"
        }
        Formula::Validated => {
            "the court or body whose task it is has found the election of X, and of nobody else, valid, and that stands"
        }
        Formula::Accepted => "X's acceptance of the election stands",
        Formula::Diploma => "the diploma of the office has been given to X, and that stands",
        Formula::Conceded => {
            "another candidate's concession to X stands (a private statement, in law evidence of nothing)"
        }
        Formula::Living => "no act known says that X has died",
        Formula::Published { what: Published::Result } => {
            "the result is made public by those whom the law charges with it"
        }
        Formula::Published { what: Published::Records } => {
            "the records of the polling stations are made public by those whom the law charges with it"
        }
        Formula::ChallengeWindowClosed => {
            "a declaration stands and the law's time for challenging it has ended"
        }
        Formula::NoChallengePending => "no challenge to the result is pending",
        Formula::Nobody => {
            "nobody is elected (it is so announced; or every elector's vote is cast, nobody has the majority the law \
             asks for, and nobody has been chosen since)"
        }
        Formula::Annulled => {
            "a standing act of an authority to which the law gives that power sets the election aside"
        }
        _ => "standing announcements name different persons as elected",
    };
    words.into()
}

fn called(at_least: u32, by: &[IssuerId], counting: Counting) -> String {
    let names: Vec<&str> = by.iter().map(IssuerId::as_str).collect();
    let who = match (names.as_slice(), counting, at_least) {
        ([one], ..) => (*one).to_owned(),
        ([], Counting::Upstreams, 1) => "at least 1 source".into(),
        ([], Counting::Upstreams, n) => format!("at least {n} independent sources"),
        ([], Counting::Outlets, 1) => "at least 1 outlet".into(),
        ([], Counting::Outlets, n) => {
            format!("at least {n} outlets, even if they share one supplier of figures")
        }
        (some, Counting::Upstreams, n) => {
            format!("at least {n} of {}, counted as independent sources", some.join(", "))
        }
        (some, Counting::Outlets, n) => {
            format!("at least {n} of {}, even if they share one supplier of figures", some.join(", "))
        }
    };
    format!("X is called the winner of the whole election by {who}")
}

/// In the largest unit that is exact; a day is a day of 24 hours.
fn lasting(of: Seconds) -> String {
    let units = [(3_600, "hour"), (60, "minute"), (1, "second")];
    let exact = units.iter().find(|(length, _)| of.get().checked_rem(*length) == Some(0));
    let (length, unit) = exact.copied().unwrap_or((1, "second"));
    let n = of.get().checked_div(length).unwrap_or(0);
    if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") }
}
