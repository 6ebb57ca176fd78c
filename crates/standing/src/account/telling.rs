//! The steps of a count in words.
//!
//! Refuses to compute: every figure is read off the standing.

use tally::Choice;

use super::Step;
use crate::Standing;
use crate::act::{ByOffice, Deed};
use crate::appointment::{Appointment, PlaceStanding};
use crate::contingent::{BallotStanding, ContingentStanding};
use crate::counting::{BallotRule, ChamberVote};
use crate::effect::Status;
use crate::election::Election;
use crate::ids::{ActId, PersonId, PlaceId};
use crate::law::Law;
use crate::misfit;
use crate::office::OfficeStanding;

pub(super) struct Telling<'a> {
    pub(super) law: &'a Law,
    pub(super) election: &'a Election,
    pub(super) s: &'a Standing,
    pub(super) o: &'a OfficeStanding,
}

impl Telling<'_> {
    pub(super) fn electors_counted(&self) -> u32 {
        let votes = self.o.voted.values().fold(0_u32, |n, v| n.saturating_add(*v));
        if self.law.counting.ballot == BallotRule::Separate { votes } else { votes.div_ceil(2) }
    }

    pub(super) fn steps(&self, totals: &[(PersonId, u32)]) -> Vec<Step> {
        let mut steps = vec![self.allotted()];
        steps.extend(self.shut_out());
        steps.extend(self.not_appointed());
        steps.extend(self.certificates_that_ended());
        steps.push(self.base());
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
        let places = self.s.places.values().filter(|p| !p.excluded).count();
        let text = format!("{} electors are allotted to {places} places.", self.o.base.allotted);
        let cite = self.law.places.values().next().map(|p| &p.cite);
        Step { text, cite: cite.map(|c| self.law.cite(c)), acts: Vec::new() }
    }

    fn shut_out(&self) -> Option<Step> {
        let out: Vec<_> = self.law.places.values().filter(|p| p.excluded.is_some()).collect();
        let cite = out.first().and_then(|p| p.excluded.as_ref())?;
        let electors = out.iter().fold(0_u32, |n, p| n.saturating_add(p.electors));
        let names = list(out.iter().map(|p| p.code.as_str()));
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
        let steps = self.s.places.values().filter_map(|p| Some((p, of(p)?)));
        steps
            .map(|(p, (n, acts))| Step {
                text: format!(
                    "{} appointed {n} fewer than its {}: they leave the base.",
                    self.place(&p.place),
                    p.electors
                ),
                cite: Some(self.base_cite()),
                acts,
            })
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
            Some(Step { text, cite: a.cite.as_ref().map(|c| self.law.cite(c)), acts })
        });
        of.collect()
    }

    fn base(&self) -> Step {
        let b = self.o.base;
        let removed = if b.removed == 0 {
            String::new()
        } else {
            format!(" and {} more removed by the law of the count", b.removed)
        };
        let less = if b.not_appointed == 0 && b.removed == 0 {
            "no elector is established as not appointed".to_owned()
        } else {
            format!("{} not appointed{removed}", b.not_appointed)
        };
        let text = format!(
            "The base is {}: {less}. A majority is {}.",
            b.whole_number,
            tally::needed(b.whole_number)
        );
        Step { text, cite: Some(self.base_cite()), acts: Vec::new() }
    }

    fn base_cite(&self) -> String {
        self.law.cite(self.law.counting.base_cite.as_ref().unwrap_or(&self.law.majority_cite))
    }

    /// Certificates of vote without effect, other than those rejected.
    fn purported(&self) -> Vec<Step> {
        let told: Vec<&ActId> =
            self.s.places.values().flat_map(|p| p.not_counted.iter().map(|n| &n.act)).collect();
        let of = self.s.acts.values().filter_map(|a| {
            let Deed::ElectorVote { place, votes, .. } = &a.act.deed else { return None };
            let without =
                matches!(a.status, Status::Unsupported | Status::Void) && !told.contains(&&a.act.id);
            let given = self.given(votes);
            without.then(|| Step {
                text: format!(
                    "{}: paper {} ({given}) counts for nobody: {}.",
                    self.place(place),
                    a.act.id,
                    a.reason
                ),
                cite: a.cite.as_ref().map(|c| self.law.cite(c)),
                acts: vec![a.act.id.clone()],
            })
        });
        let settled = self.s.places.values().filter_map(|p| {
            let vote = p.vote.as_ref().and_then(|v| self.s.acts.get(v))?;
            vote.reason.contains("decided for by").then(|| Step {
                text: format!(
                    "{}: return {} is the one counted: {}.",
                    self.place(&p.place),
                    vote.act.id,
                    vote.reason
                ),
                cite: vote.cite.as_ref().map(|c| self.law.cite(c)),
                acts: vec![vote.act.id.clone()],
            })
        });
        settled.chain(of).collect()
    }

    fn given(&self, votes: &ByOffice) -> String {
        let of = votes.get(self.law.counting.list_of(&self.o.office));
        list(of.into_iter().flatten().map(|(p, n)| format!("{} {n}", self.name(p))))
    }

    fn counted(&self, totals: &[(PersonId, u32)]) -> Step {
        let votes = list(totals.iter().map(|(p, n)| format!("{} {n}", self.name(p))));
        let how = match &self.law.counting.ballot {
            BallotRule::Separate => "",
            BallotRule::Double { .. } => ", two each,",
        };
        let text = format!("The votes of {} electors{how} are counted: {votes}.", self.electors_counted());
        let acts =
            self.s.places.values().filter(|p| !p.votes.is_empty()).filter_map(|p| p.vote.clone()).collect();
        Step { text, cite: Some(self.law.cite(&self.law.counting.cite)), acts }
    }

    /// Electors who are appointed and whose certificate has no vote of theirs.
    fn not_given(&self) -> Option<Step> {
        let list_id = self.law.counting.list_of(&self.o.office);
        let each = if self.law.counting.ballot == BallotRule::Separate { 1 } else { 2 };
        let missing = self.s.places.values().filter(|p| !p.excluded && !p.rejected).filter_map(|p| {
            let slate = match &p.appointment {
                Appointment::Appointed { slate, .. } => self.election.slates.get(slate)?,
                _ => return None,
            };
            p.vote.as_ref()?;
            let rejected = p
                .not_counted
                .iter()
                .filter(|n| n.office == *list_id)
                .fold(0_u32, |n, x| n.saturating_add(x.votes));
            let cast =
                p.votes.get(list_id).into_iter().flatten().fold(0_u32, |n, (_, v)| n.saturating_add(*v));
            let due = misfit::size(slate).saturating_mul(each);
            let short = due.saturating_sub(cast).saturating_sub(rejected).checked_div(each)?;
            (short > 0).then_some((p, short))
        });
        let missing: Vec<_> = missing.collect();
        let sum = missing.iter().fold(0_u32, |n, (_, x)| n.saturating_add(*x));
        let names = list(missing.iter().map(|(p, n)| format!("{} {n}", p.place)));
        let acts = missing.iter().filter_map(|(p, _)| p.vote.clone()).collect();
        (sum > 0).then(|| Step {
            text: format!(
                "Appointed electors who gave no vote here: {sum} ({names}). They stay in the base."
            ),
            cite: Some(self.base_cite()),
            acts,
        })
    }

    /// Objections that took nothing away.
    fn overruled(&self) -> Vec<Step> {
        let told: Vec<&str> = self.o.not_counted.iter().map(|n| n.reason.as_str()).collect();
        let of = self.s.acts.values().filter_map(|a| {
            let Deed::Object { of: Some(of), votes_for, .. } = &a.act.deed else { return None };
            let elsewhere = votes_for.as_ref().is_some_and(|(office, _)| *office != self.o.office);
            let taken = told.iter().any(|reason| reason.contains(a.act.id.as_str()));
            let counted = self.s.places.values().find(|p| p.vote.as_ref() == Some(of) && !p.rejected)?;
            if elsewhere || taken || !matches!(a.status, Status::Standing | Status::Void) {
                return None;
            }
            let place = self.place(&counted.place);
            let text = match a.status {
                Status::Void => format!("{place}: objection {} was {}.", a.act.id, a.reason),
                _ => format!("{place}: objection {} did not prevail: {}.", a.act.id, self.rulings(&a.act.id)),
            };
            Some(Step { text, cite: a.cite.as_ref().map(|c| self.law.cite(c)), acts: vec![a.act.id.clone()] })
        });
        of.collect()
    }

    /// How chambers and bodies ruled on an objection.
    fn rulings(&self, objection: &ActId) -> String {
        let said = self.s.acts.values().filter_map(|a| {
            let Deed::Rule { of, chamber } = &a.act.deed else { return None };
            if of != objection || a.status != Status::Standing {
                return None;
            }
            let role = self
                .election
                .issuers
                .get(&a.act.issuer)
                .map_or_else(|| a.act.issuer.to_string(), |i| i.role.to_string());
            let division =
                chamber.yeas.zip(chamber.nays).map_or_else(String::new, |(y, n)| format!(" {y} to {n}"));
            Some(format!(
                "{role} {}{division}",
                if chamber.sustained { "sustained it" } else { "overruled it" }
            ))
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() { "no ruling is entered".into() } else { said.join(", ") }
    }

    fn not_counted(&self) -> Vec<Step> {
        let of = self.o.not_counted.iter();
        of.map(|n| {
            let place = self.place_of(&n.act);
            Step {
                text: format!(
                    "Not counted: {} for {} from {place}: {}.",
                    n.votes,
                    self.name(&n.person),
                    n.reason
                ),
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

    fn alternatives(&self) -> Vec<Step> {
        let of = self.o.alternatives.iter();
        of.map(|a| {
            let votes = list(a.voted.iter().map(|(p, n)| format!("{} {n}", self.name(p))));
            let cite = self.s.acts.get(&a.order).and_then(|x| x.cite.as_ref()).map(|c| self.law.cite(c));
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
                cite,
                acts: vec![a.order.clone()],
            }
        })
        .collect()
    }

    fn choice(&self) -> Step {
        let office = &self.o.office;
        let majority = tally::needed(self.o.base.whole_number);
        let text = match &self.o.choice {
            Choice::Chosen { by, votes } if *votes >= majority => {
                format!(
                    "{} has {votes} of {} and is chosen by the electors for {office}.",
                    self.name(by),
                    self.o.base.whole_number
                )
            }
            Choice::Chosen { by, votes } => {
                format!(
                    "{} has {votes}, the most after the first, and is chosen by the electors for {office}.",
                    self.name(by)
                )
            }
            Choice::Tied { among, votes } => {
                format!(
                    "{} have {votes} votes each: the electors choose neither for {office}.",
                    list(among.iter().map(|p| self.name(p)))
                )
            }
            Choice::Nobody => {
                format!("Nobody has {majority} votes: the electors choose nobody for {office}.")
            }
            Choice::Open if self.o.not_voted > 0 => {
                format!(
                    "Not settled for {office}: the votes of {} electors are outstanding.",
                    self.o.not_voted
                )
            }
            Choice::Open => format!("The electors' votes do not settle {office}."),
        };
        Step { text, cite: Some(self.law.cite(&self.law.majority_cite)), acts: Vec::new() }
    }

    fn contingent(&self, c: &ContingentStanding) -> Vec<Step> {
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
            c.chamber, c.entitled, c.needed, c.quorum
        );
        let mut steps = vec![Step { text, cite: Some(self.law.cite(&c.cite)), acts: Vec::new() }];
        let chosen = c.chosen.as_ref().map(|(_, act)| act);
        let before = c.ballots.iter().take_while(|b| Some(&b.act) != chosen).count();
        if before > 0 {
            let acts = c.ballots.iter().take(before).map(|b| b.act.clone()).collect();
            steps.push(Step { text: format!("{before} ballots come to no choice."), cite: None, acts });
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
        votes.sort_by(|a, b| b.1.cmp(a.1));
        let divided = if b.divided.is_empty() {
            String::new()
        } else {
            format!(", divided or blank {}", b.divided.len())
        };
        format!("{}{divided}", list(votes.iter().map(|(p, n)| format!("{} {n}", self.name(p)))))
    }

    fn announced_otherwise(&self) -> Vec<Step> {
        let of = self.s.findings.iter().filter(|f| f.code == "stated-otherwise");
        let here = of.filter(|f| f.message.starts_with(&format!("{}:", self.o.office)));
        here.map(|f| Step {
            text: format!(
                "Announced otherwise: {}.",
                f.message.trim_start_matches(&format!("{}: ", self.o.office))
            ),
            cite: None,
            acts: vec![f.act.clone()],
        })
        .collect()
    }

    fn place(&self, p: &PlaceId) -> String {
        self.law.places.get(p).map_or_else(|| p.to_string(), |x| x.name.clone())
    }

    fn name(&self, p: &PersonId) -> String {
        self.election.persons.get(p).map_or_else(|| p.to_string(), |x| x.short.clone())
    }
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| i.to_string()).collect();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}
