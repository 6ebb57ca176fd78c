//! The steps of a count in words: who is appointed, whose votes count, what it comes to.
//!
//! Refuses to compute: every figure is read off the standing.

use std::collections::BTreeMap;

use tally::Choice;

use super::Step;
use crate::Standing;
use crate::act::{ByOffice, Deed};
use crate::appointment::{Appointment, PlaceStanding};
use crate::counting::BallotRule;
use crate::effect::{ActStanding, Status};
use crate::election::Election;
use crate::ids::{ActId, CiteId, PersonId, PlaceId};
use crate::law::Law;
use crate::misfit;
use crate::office::OfficeStanding;

/// What the steps are read off.
pub(super) struct Telling<'a> {
    pub(super) law: &'a Law,
    pub(super) election: &'a Election,
    pub(super) s: &'a Standing,
    pub(super) o: &'a OfficeStanding,
}

impl Telling<'_> {
    pub(super) fn electors_counted(&self) -> u32 {
        sum(self.o.voted.values()).div_ceil(self.votes_each())
    }

    /// How many votes an elector has on a list.
    fn votes_each(&self) -> u32 {
        if self.law.counting.ballot == BallotRule::Separate { 1 } else { 2 }
    }

    pub(super) fn steps(&self, totals: &[(PersonId, u32)]) -> Vec<Step> {
        let mut steps = vec![self.allotted()];
        steps.extend(self.shut_out());
        steps.extend(self.not_appointed());
        steps.extend(self.certificates_that_ended());
        steps.push(self.base());
        steps.extend(self.settled());
        steps.extend(self.purported());
        steps.push(self.counted(totals));
        steps.extend(self.not_given());
        steps.extend(self.overruled());
        steps.extend(self.not_counted());
        steps.extend(self.alternatives());
        steps.push(self.choice());
        if let Some(c) = &self.o.contingent {
            steps.extend(self.contingent(c));
        }
        steps.extend(self.announced_otherwise());
        steps
    }

    fn allotted(&self) -> Step {
        let places: Vec<_> = self.law.counted_places().collect();
        let states = places.iter().filter(|p| p.state).count();
        let others: Vec<&str> = places.iter().filter(|p| !p.state).map(|p| p.name.as_str()).collect();
        let others =
            if others.is_empty() { String::new() } else { format!(" and the {}", others.join(", ")) };
        let mut cites: BTreeMap<&CiteId, usize> = BTreeMap::new();
        for p in &places {
            let n = cites.entry(&p.cite).or_default();
            *n = n.saturating_add(1);
        }
        let mut cites: Vec<_> = cites.into_iter().collect();
        cites.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let cited: Vec<String> = cites.iter().take(3).map(|(id, _)| self.law.cite(id)).collect();
        let text = format!("{} electors are allotted to {states} states{others}.", self.o.base.allotted);
        Step { text, cite: Some(cited.join("; ")), acts: Vec::new() }
    }

    fn shut_out(&self) -> Option<Step> {
        let out: Vec<_> = self.law.places.values().filter(|p| p.excluded.is_some()).collect();
        let cite = out.first().and_then(|p| p.excluded.as_ref())?;
        let electors = sum(out.iter().map(|p| &p.electors));
        let names = list(out.iter().map(|p| p.name.as_str()));
        let text =
            format!("A law shuts {} states with {electors} electors out of this count: {names}.", out.len());
        Some(Step { text, cite: Some(self.law.cite(cite)), acts: Vec::new() })
    }

    fn not_appointed(&self) -> Vec<Step> {
        let of = |p: &PlaceStanding| match &p.appointment {
            Appointment::NotAppointed { by } => Some((p.electors, vec![by.clone()])),
            Appointment::Appointed { by, .. } if p.not_appointed > 0 => Some((p.not_appointed, by.clone())),
            _ => None,
        };
        let words = |p: &PlaceStanding, out: u32| match p.electors.saturating_sub(out) {
            0 => {
                format!(
                    "{} appointed none of its {} electors: they are not in the base.",
                    self.place(&p.place),
                    p.electors
                )
            }
            n => format!(
                "{} appointed {n} of its {} electors; {out} not appointed, and not in the base.",
                self.place(&p.place),
                p.electors
            ),
        };
        let steps = self.s.places.values().filter_map(|p| Some((p, of(p)?)));
        steps
            .map(|(p, (out, acts))| Step { text: words(p, out), cite: Some(self.base_cite()), acts })
            .collect()
    }

    /// Certificates of appointment that another act ended, and those that came too late.
    fn certificates_that_ended(&self) -> Vec<Step> {
        let of = self.s.acts.values().filter_map(|a| {
            let Deed::Ascertain { place, .. } = &a.act.deed else { return None };
            let acts = match &a.status {
                Status::Ended { by, .. } => vec![a.act.id.clone(), by.clone()],
                Status::Void | Status::Unsupported => vec![a.act.id.clone()],
                _ => return None,
            };
            let text =
                format!("{}: certificate {} is without effect: {}.", self.place(place), a.act.id, a.reason);
            Some(self.step(text, a, acts))
        });
        of.collect()
    }

    fn base(&self) -> Step {
        let b = self.o.base;
        let mut less = Vec::new();
        if b.not_appointed > 0 {
            less.push(format!("{} not appointed", b.not_appointed));
        }
        if b.removed > 0 {
            less.push(format!("{} leave it: the objection to their certification was sustained", b.removed));
        }
        if less.is_empty() {
            less.push("no elector is established as not appointed".to_owned());
        }
        let text = format!(
            "The base is {}: {}. A majority is {}.",
            b.whole_number,
            less.join(", "),
            tally::needed(b.whole_number)
        );
        Step { text, cite: Some(self.base_cite()), acts: Vec::new() }
    }

    fn base_cite(&self) -> String {
        self.law.cite(self.law.counting.base_cite.as_ref().unwrap_or(&self.law.majority_cite))
    }

    /// Places of which one return among several was decided for.
    fn settled(&self) -> Vec<Step> {
        let of = self.s.places.values().filter_map(|p| {
            let vote = p.vote.as_ref().and_then(|v| self.s.acts.get(v)).filter(|v| decided_for(v))?;
            let by = vote.reason.trim_start_matches(DECIDED_FOR).split(", ");
            let against: Vec<String> = by.flat_map(|ruling| self.objections_to(ruling)).collect();
            let against =
                if against.is_empty() { String::new() } else { format!("; {}", against.join("; ")) };
            let text = format!(
                "{}: return {} is the one counted: {}{against}.",
                self.place(&p.place),
                vote.act.id,
                vote.reason
            );
            Some(self.step(text, vote, vec![vote.act.id.clone()]))
        });
        of.collect()
    }

    /// Objections to a decision, with what the chambers made of them.
    fn objections_to(&self, ruling: &str) -> Vec<String> {
        let of = self
            .s
            .acts
            .values()
            .filter(|a| matches!(&a.act.deed, Deed::Object { of: Some(x), .. } if x.as_str() == ruling));
        of.map(|a| format!("objected to in {}: {}, and it takes both", a.act.id, self.rulings(&a.act.id)))
            .collect()
    }

    /// Certificates of vote without effect, other than those rejected.
    fn purported(&self) -> Vec<Step> {
        let told: Vec<&ActId> =
            self.s.places.values().flat_map(|p| p.not_counted.iter().map(|n| &n.act)).collect();
        let of = self.s.acts.values().filter_map(|a| {
            let Deed::ElectorVote { place, votes, .. } = &a.act.deed else { return None };
            let without =
                matches!(a.status, Status::Unsupported | Status::Void) && !told.contains(&&a.act.id);
            let (place, given) = (self.place(place), self.given(votes));
            let text = format!("{place}: paper {} ({given}) counts for nobody: {}.", a.act.id, a.reason);
            without.then(|| self.step(text, a, vec![a.act.id.clone()]))
        });
        of.collect()
    }

    fn given(&self, votes: &ByOffice) -> String {
        let of = votes.get(self.law.counting.list_of(&self.o.office));
        list(of.into_iter().flatten().map(|(p, n)| format!("{} {n}", self.name(p))))
    }

    fn counted(&self, totals: &[(PersonId, u32)]) -> Step {
        let votes = list(totals.iter().map(|(p, n)| format!("{} {n}", self.name(p))));
        let how = if self.votes_each() == 1 { "" } else { ", two each," };
        let text = format!("The votes of {} electors{how} are counted: {votes}.", self.electors_counted());
        let acts =
            self.s.places.values().filter(|p| !p.votes.is_empty()).filter_map(|p| p.vote.clone()).collect();
        let cite = self.law.counting.count_cite.as_ref().unwrap_or(&self.law.counting.cite);
        Step { text, cite: Some(self.law.cite(cite)), acts }
    }

    /// Electors who are appointed and whose certificate has no vote of theirs.
    fn not_given(&self) -> Option<Step> {
        let missing: Vec<(&PlaceStanding, u32)> =
            self.s.places.values().filter_map(|p| self.missing(p)).collect();
        let names = list(missing.iter().map(|(p, n)| format!("{} {n}", p.place)));
        let acts = missing.iter().filter_map(|(p, _)| p.vote.clone()).collect();
        let all = sum(missing.iter().map(|(_, n)| n));
        (all > 0).then(|| Step {
            text: format!(
                "Appointed electors who gave no vote here: {all} ({names}). They stay in the base."
            ),
            cite: Some(self.base_cite()),
            acts,
        })
    }

    fn missing<'a>(&self, p: &'a PlaceStanding) -> Option<(&'a PlaceStanding, u32)> {
        let list = self.law.counting.list_of(&self.o.office);
        let Appointment::Appointed { slate, .. } = &p.appointment else { return None };
        if p.excluded || p.rejected || p.vote.is_none() {
            return None;
        }
        let lost = sum(p.not_counted.iter().filter(|n| n.office == *list).map(|n| &n.votes));
        let cast = sum(p.votes.get(list).into_iter().flatten().map(|(_, n)| n));
        let due = misfit::size(self.election.slates.get(slate)?).saturating_mul(self.votes_each());
        let short = due.saturating_sub(cast).saturating_sub(lost).checked_div(self.votes_each())?;
        (short > 0).then_some((p, short))
    }

    fn choice(&self) -> Step {
        let base = self.o.base.whole_number;
        let office = self.office();
        let text = match &self.o.choice {
            Choice::Chosen { by, votes } if self.asks_no_majority() => format!(
                "{} has {votes}, the greatest number after the first; no majority is asked. Chosen by the electors as {office}.",
                self.name(by)
            ),
            Choice::Chosen { by, votes } => {
                format!("{} has {votes} of {base} and is chosen by the electors as {office}.", self.name(by))
            }
            Choice::Tied { among, votes } => {
                let names: Vec<String> = among.iter().map(|p| self.name(p)).collect();
                format!(
                    "{} have {votes} votes each: the electors choose neither as {office}.",
                    names.join(" and ")
                )
            }
            Choice::Nobody => {
                format!("Nobody has {} votes: the electors choose nobody as {office}.", tally::needed(base))
            }
            Choice::Open if self.o.not_voted > 0 => {
                format!("Not settled: the votes of {} electors are outstanding.", self.o.not_voted)
            }
            Choice::Open => "The electors' votes do not settle it.".to_owned(),
        };
        Step { text, cite: Some(self.law.cite(&self.law.majority_cite)), acts: Vec::new() }
    }

    /// The second office of a double ballot.
    fn asks_no_majority(&self) -> bool {
        let first = self.law.offices.first().is_some_and(|o| o.id == self.o.office);
        self.law.counting.ballot != BallotRule::Separate && !first
    }

    pub(super) fn step(&self, text: String, a: &ActStanding, acts: Vec<ActId>) -> Step {
        Step { text, cite: a.cite.as_ref().map(|c| self.law.cite(c)), acts }
    }

    fn office(&self) -> &str {
        self.law.offices.iter().find(|o| o.id == self.o.office).map_or("", |o| o.name.as_str())
    }

    pub(super) fn place(&self, p: &PlaceId) -> String {
        self.law.places.get(p).map_or_else(|| p.to_string(), |x| x.name.clone())
    }

    pub(super) fn name(&self, p: &PersonId) -> String {
        self.election.persons.get(p).map_or_else(|| p.to_string(), |x| x.short.clone())
    }
}

/// Whether a return was taken by decision among several.
pub(super) fn decided_for(vote: &ActStanding) -> bool {
    vote.reason.starts_with(DECIDED_FOR)
}

const DECIDED_FOR: &str = "decided for by ";

fn sum<'a>(numbers: impl IntoIterator<Item = &'a u32>) -> u32 {
    numbers.into_iter().fold(0_u32, |n, x| n.saturating_add(*x))
}

pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| i.to_string()).collect();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}
