//! The steps of a count in words: what the chambers did, to the votes and in place of the electors.
//!
//! Refuses to compute: every figure is read off the standing.

use tally::Choice;

use super::Step;
use super::telling::{Telling, decided_for, list};
use crate::act::Deed;
use crate::appointment::PlaceStanding;
use crate::contingent::{BallotStanding, ContingentStanding};
use crate::counting::{ChamberVote, Rejects, Rivals};
use crate::effect::{ActStanding, Status};
use crate::ids::{ActId, RoleId};

impl Telling<'_> {
    /// Objections that took nothing away.
    pub(super) fn overruled(&self) -> Vec<Step> {
        let taken: Vec<&ActId> = self.o.not_counted.iter().filter_map(|n| n.objection.as_ref()).collect();
        let of = self.s.acts.values().filter_map(|a| {
            let Deed::Object { of: Some(of), votes_for, .. } = &a.act.deed else { return None };
            let elsewhere = votes_for.as_ref().is_some_and(|(office, _)| *office != self.o.office);
            let p = self.s.places.values().find(|p| p.vote.as_ref() == Some(of) && !p.rejected)?;
            if elsewhere || taken.contains(&&a.act.id) || self.s.acts.get(of).is_some_and(decided_for) {
                return None;
            }
            self.objection(p, a)
        });
        of.collect()
    }

    fn objection(&self, p: &PlaceStanding, a: &ActStanding) -> Option<Step> {
        let (place, id) = (self.place(&p.place), &a.act.id);
        let order = p.alternative.as_ref().and_then(|o| self.s.acts.get(o));
        let rulings = self.rulings(id);
        let text = match (&a.status, order) {
            (Status::Void, _) => format!("{place}: objection {id} was {}.", a.reason),
            (Status::Standing, Some(order)) => format!(
                "{place}: objection {id}: {rulings}. The order {} governs: the votes are announced both ways.",
                order.act.id
            ),
            (Status::Standing, None) if rulings == NO_RULING => {
                format!("{place}: objection {id} was not ruled on, and the votes are counted.")
            }
            (Status::Standing, None) => {
                format!("{place}: objection {id} did not prevail: {rulings}, and it takes {}.", self.takes())
            }
            _ => return None,
        };
        let mut step = self.step(text, a, vec![id.clone()]);
        if let Some(order) = order {
            step.cite = Some(self.order_cite(order));
        }
        Some(step)
    }

    /// How many chambers a rejection takes.
    fn takes(&self) -> &'static str {
        match self.law.counting.rejects {
            Rejects::EveryChamber => "both",
            Rejects::AnyChamber => "one",
        }
    }

    /// How the chambers ruled on an objection, or the body that decides under this law.
    pub(super) fn rulings(&self, objection: &ActId) -> String {
        let body = match &self.law.counting.rivals {
            Rivals::DecidedBy(body) => Some(body),
            _ => None,
        };
        let rules = |role: &RoleId| self.law.counting.chambers.contains(role) || body == Some(role);
        let said = self.s.acts.values().filter_map(|a| {
            let Deed::Rule { of, chamber } = &a.act.deed else { return None };
            let role = self.election.issuers.get(&a.act.issuer).map(|i| &i.role)?;
            if of != objection || a.status != Status::Standing || !rules(role) {
                return None;
            }
            let division =
                chamber.yeas.zip(chamber.nays).map_or_else(String::new, |(y, n)| format!(" {y} to {n}"));
            let how = if chamber.sustained { "sustained it" } else { "overruled it" };
            Some(format!("{} {how}{division}", titled(role)))
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() { NO_RULING.into() } else { said.join(", ") }
    }

    pub(super) fn not_counted(&self) -> Vec<Step> {
        let of = self.o.not_counted.iter();
        of.map(|n| {
            let why = match &n.objection {
                Some(objection) => format!(
                    "objection {objection}: {}; under this law {} is enough",
                    self.rulings(objection),
                    if self.law.counting.rejects == Rejects::AnyChamber {
                        "one"
                    } else {
                        "only both together"
                    }
                ),
                None => n.reason.clone(),
            };
            let place = self.place_of(&n.act);
            Step {
                text: format!("Not counted: {} for {} from {place}: {why}.", n.votes, self.name(&n.person)),
                cite: Some(self.law.cite(&n.cite)),
                acts: vec![n.act.clone()],
            }
        })
        .collect()
    }

    fn place_of(&self, act: &ActId) -> String {
        match self.s.acts.get(act).map(|a| &a.act.deed) {
            Some(Deed::ElectorVote { place, .. }) => self.place(place),
            _ => act.to_string(),
        }
    }

    pub(super) fn alternatives(&self) -> Vec<Step> {
        let of = self.o.alternatives.iter();
        of.map(|a| {
            let mut voted: Vec<_> = a.voted.iter().collect();
            voted.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
            let votes = list(voted.into_iter().map(|(p, n)| format!("{} {n}", self.name(p))));
            let same = if self.o.choice == Choice::Open {
                "the outcome depends on it"
            } else {
                "the outcome is the same"
            };
            Step {
                text: format!(
                    "Announced both ways. Without {}: base {}, majority {}; {votes}: {same}.",
                    self.place(&a.without),
                    a.base.whole_number,
                    tally::needed(a.base.whole_number)
                ),
                cite: self.s.acts.get(&a.order).map(|x| self.order_cite(x)),
                acts: vec![a.order.clone()],
            }
        })
        .collect()
    }

    /// The provision an order says it rests on, if the law has it; otherwise that of the power.
    fn order_cite(&self, order: &ActStanding) -> String {
        let own = order.act.law.as_ref().filter(|id| self.law.cites.contains_key(*id));
        own.or(order.cite.as_ref()).map_or_else(String::new, |id| self.law.cite(id))
    }

    pub(super) fn contingent(&self, c: &ContingentStanding) -> Vec<Step> {
        let of = match c.votes {
            ChamberVote::ByState => "one vote for each state",
            ChamberVote::ByTwoOfEachState => "two members for each state",
        };
        let mut from = list(c.from.within.iter().map(|p| self.name(p)));
        if !c.from.at_the_end.is_empty() {
            let tied = list(c.from.at_the_end.iter().map(|p| self.name(p)));
            from = format!("{from}; and of {tied}, equal at the end of the list, the law does not say which");
        }
        let text = format!(
            "The {} chooses, {of}, from {from}. Of {} votes {} are a majority and {} present a quorum.",
            titled(&c.chamber),
            c.entitled,
            c.needed,
            c.quorum
        );
        let mut steps = vec![Step { text, cite: Some(self.law.cite(&c.cite)), acts: Vec::new() }];
        let chosen = c.chosen.as_ref().map(|(_, act)| act);
        let before: Vec<ActId> =
            c.ballots.iter().take_while(|b| Some(&b.act) != chosen).map(|b| b.act.clone()).collect();
        match before.len() {
            0 => {}
            1 => steps.push(Step { text: "One ballot comes to no choice.".into(), cite: None, acts: before }),
            n => {
                steps.push(Step { text: format!("{n} ballots come to no choice."), cite: None, acts: before })
            }
        }
        if let Some((p, act)) = &c.chosen
            && let Some(b) = c.ballots.iter().find(|b| b.act == *act)
        {
            let text = format!("On ballot {} {} is chosen: {}.", b.number, self.name(p), self.ballot(b));
            steps.push(Step { text, cite: Some(self.law.cite(&c.cite)), acts: vec![act.clone()] });
        }
        steps
    }

    fn ballot(&self, b: &BallotStanding) -> String {
        let mut votes: Vec<_> = b.votes.iter().collect();
        votes.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let divided = if b.divided.is_empty() {
            String::new()
        } else {
            format!(", divided or blank {}", b.divided.len())
        };
        format!("{}{divided}", list(votes.into_iter().map(|(p, n)| format!("{} {n}", self.name(p)))))
    }

    pub(super) fn announced_otherwise(&self) -> Vec<Step> {
        let head = format!("{}: ", self.o.office);
        let of =
            self.s.findings.iter().filter(|f| f.code == "stated-otherwise" && f.message.starts_with(&head));
        of.map(|f| Step {
            text: format!("Announced otherwise: {}.", f.message.trim_start_matches(&head)),
            cite: None,
            acts: vec![f.act.clone()],
        })
        .collect()
    }
}

const NO_RULING: &str = "no ruling of the chambers is entered";

/// A role as it stands in a sentence.
fn titled(role: &RoleId) -> String {
    let mut letters = role.as_str().chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect::<String>().replace('-', " ")
}
