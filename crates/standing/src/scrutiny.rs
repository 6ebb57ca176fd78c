//! What an attentive clerk would remark on, though the law gives it no effect
//! here: days, short papers, arithmetic, announcements nothing supports.
//!
//! Only findings: nothing in this file changes what stands.

use std::collections::BTreeMap;

use tally::Choice;

use crate::act::{Deed, Kind, Undo};
use crate::appointment::{Appointment, PlaceStanding};
use crate::authority::may_end;
use crate::calendar::LegalDate;
use crate::counting::BallotRule;
use crate::effect::{ActStanding, Finding, Status};
use crate::election::Election;
use crate::ids::{ActId, OfficeId, PlaceId};
use crate::law::Law;
use crate::office::OfficeStanding;

/// Adds what is remarkable in `acts` to `findings`.
pub(crate) fn remarks(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    offices: &BTreeMap<OfficeId, OfficeStanding>,
    findings: &mut Vec<Finding>,
) {
    let due = law.level("voted").and_then(|l| l.by.as_deref());
    let due = due.and_then(|due| law.date(due, election.year, &election.zone));
    for a in acts.values() {
        let mut say = |code: &'static str, message: String| {
            findings.push(Finding { code, act: a.act.id.clone(), message });
        };
        if let Some(undo) = &a.act.undo
            && let Some(why) = ends_nothing(law, election, acts, a, undo)
        {
            say("ends-nothing", why);
        }
        if a.status != Status::Standing {
            continue;
        }
        if let Some(message) = other_day(due.as_ref(), a) {
            say("outside-legal-day", message);
        }
        match &a.act.deed {
            Deed::ElectorVote { .. } => {
                short_papers(law, election, a).into_iter().for_each(|m| say("fewer-votes", m))
            }
            Deed::Rule { chamber, .. } => {
                let carried = chamber.yeas.zip(chamber.nays).map(|(y, n)| y > n);
                if carried.is_some_and(|c| c != chamber.sustained) {
                    say(
                        "division-otherwise",
                        "the division as stated does not carry the ruling as stated".into(),
                    );
                }
            }
            Deed::Declare { elected, .. } if law.has_electors() => {
                let opened = acts.values().any(|x| x.act.deed == Deed::Open && x.status == Status::Standing);
                if !opened {
                    say("declared-before-opening", "no standing act has opened the certificates".into());
                }
                for (office, person) in elected {
                    let Some((o, p)) = offices.get(office).zip(person.as_ref()) else { continue };
                    let votes = o.voted.get(p).copied().unwrap_or(0);
                    let chosen = matches!(&o.choice, Choice::Chosen { by, .. } if by == p)
                        || o.contingent
                            .as_ref()
                            .is_some_and(|c| c.chosen.as_ref().is_some_and(|(c, _)| c == p));
                    if !chosen && votes < tally::needed(o.base.whole_number) {
                        let base = o.base.whole_number;
                        let message = format!(
                            "{p} is announced for {office} with {votes} of {base} votes counted here"
                        );
                        say("declared-without-majority", message);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Acts that certainly came before what they follow from: electors who voted before their certificate can have
/// been issued, an announcement before the opening.
pub(crate) fn out_of_order(
    acts: &BTreeMap<ActId, ActStanding>,
    places: &BTreeMap<PlaceId, PlaceStanding>,
    findings: &mut Vec<Finding>,
) {
    let mut say = |act: &ActId, message: String| {
        findings.push(Finding { code: "out-of-order", act: act.clone(), message });
    };
    for p in places.values() {
        let (Some(vote), Appointment::Appointed { by, .. }) = (&p.vote, &p.appointment) else { continue };
        let certificates =
            by.iter().filter(|id| acts.get(*id).is_some_and(|a| a.act.kind == Kind::Ascertain));
        let certificates: Vec<&ActId> = certificates.collect();
        if !certificates.is_empty() && certificates.iter().all(|c| precedes(acts, vote, c)) {
            say(
                vote,
                format!(
                    "given before {}, which appoints these electors, was issued",
                    certificates.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ")
                ),
            );
        }
    }
    let standing = |want: fn(&Deed) -> bool| {
        acts.values().filter(move |a| a.status == Status::Standing && want(&a.act.deed)).map(|a| &a.act.id)
    };
    let opened: Vec<&ActId> = standing(|d| *d == Deed::Open).collect();
    for declared in standing(|d| matches!(d, Deed::Declare { .. })) {
        if !opened.is_empty() && opened.iter().all(|o| precedes(acts, declared, o)) {
            say(declared, "announced before the certificates were opened".into());
        }
    }
}

/// Whether the one act had certainly happened before the other can have.
fn precedes(acts: &BTreeMap<ActId, ActStanding>, first: &ActId, then: &ActId) -> bool {
    let end = acts.get(first).and_then(|a| a.act.issued.not_after);
    let begin = acts.get(then).and_then(|a| a.act.issued.not_before);
    end.zip(begin).is_some_and(|(end, begin)| end.at < begin.at)
}

/// An act that says it ends another, and may not.
fn ends_nothing(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    a: &ActStanding,
    undo: &Undo,
) -> Option<String> {
    let Some(target) = acts.get(&undo.target) else {
        return Some(format!("it would end {}, which nobody attests", undo.target));
    };
    let may = may_end(law, election, &target.act, &a.act);
    (!may).then(|| format!("it does not end {}: {} has no power over that act", undo.target, a.act.issuer))
}

/// An electors' vote that cannot have been given on the day the law fixes.
// Law: 3 U.S.C. § 7, text of 2018-12-31
fn other_day(due: Option<&LegalDate>, a: &ActStanding) -> Option<String> {
    let day = due.filter(|_| matches!(a.act.deed, Deed::ElectorVote { .. }))?;
    // No place is much ahead of the reference zone; the last is some hours behind it.
    let (from, until) = (day.ends.plus(-DAY), day.ends.plus(DAY / 4));
    let early = a.act.effective.not_after.is_some_and(|b| b.at <= from);
    let late = a.act.effective.not_before.is_some_and(|b| b.at > until);
    (early || late).then(|| format!("not given on {}, the day fixed by law", day.date))
}

const DAY: i64 = 86_400;

/// A certificate that carries fewer votes for an office than the slate has electors.
fn short_papers(law: &Law, election: &Election, a: &ActStanding) -> Vec<String> {
    let Deed::ElectorVote { slate, votes, .. } = &a.act.deed else { return Vec::new() };
    let units = election.slates.get(slate).map_or(&[][..], |s| &s.units);
    let electors = units.iter().fold(0_u32, |n, u| n.saturating_add(u.electors));
    let each = if law.counting.ballot == BallotRule::Separate { 1 } else { 2 };
    let due = electors.saturating_mul(each);
    let cast = |by: &BTreeMap<_, u32>| by.values().fold(0_u32, |n, v| n.saturating_add(*v));
    let short = votes.iter().map(|(office, by)| (office, cast(by))).filter(|(_, n)| *n < due);
    short
        .map(|(office, n)| {
            format!("{n} votes for {office} by {electors} electors; the rest count for nobody")
        })
        .collect()
}
