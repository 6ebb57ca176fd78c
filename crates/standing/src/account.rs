//! The count of an office in words and figures: what every page about a count shows.
//!
//! Everything here is read off a [`Standing`]; nothing is computed anew. Refuses
//! to know files, pages and languages other than plain English.

mod chambers;
mod telling;

use std::collections::BTreeMap;

use tally::Choice;

use crate::account::telling::Telling;
use crate::act::{Deed, Stated};
use crate::contingent::ContingentStanding;
use crate::effect::Status;
use crate::election::Election;
use crate::ids::{ActId, OfficeId, PersonId, PlaceId, RoleId};
use crate::law::Law;
use crate::office::{Alternative, OfficeStanding};
use crate::{NotCounted, Standing};

/// The count of one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The office.
    pub office: OfficeId,
    /// Electors allotted.
    pub allotted: u32,
    /// Electors appointed.
    pub appointed: u32,
    /// The number of which a majority is asked.
    pub base: u32,
    /// The least number that is a majority of it.
    pub majority: u32,
    /// Base and majority as announced, where the words were read.
    pub announced: Option<Stated>,
    /// Totals as announced, by person; empty where none were entered.
    pub announced_totals: BTreeMap<PersonId, u32>,
    /// Who was announced as elected, by the President of the Senate or by the chamber that chose: a person,
    /// nobody, or `None` where no announcement for this office is entered.
    pub announced_elected: Option<Option<PersonId>>,
    /// Whether what was announced without a place agrees with what it comes to without it.
    pub announced_alternatives_agree: bool,
    /// Electors whose votes are counted. Of a double ballot each has two.
    pub counted: u32,
    /// Votes counted, the most first.
    pub totals: Vec<(PersonId, u32)>,
    /// Votes given and not counted.
    pub not_counted: Vec<NotCounted>,
    /// What it would come to without a place that is announced both ways.
    pub alternatives: Vec<Alternative>,
    /// What it comes to.
    pub decided: Decided,
    /// The chamber's choice, where the electors made none.
    pub contingent: Option<ContingentStanding>,
    /// How, step by step.
    pub steps: Vec<Step>,
}

/// What the count of an office comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// Somebody is elected.
    Elected {
        /// Who.
        person: PersonId,
        /// The chamber that chose; the electors, if none.
        chamber: Option<RoleId>,
    },
    /// Every vote is in and nobody is elected.
    Nobody,
    /// It is not settled.
    Open,
}

/// A step of the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In words.
    pub text: String,
    /// The provision it rests on, as its law cites it.
    pub cite: Option<String>,
    /// The acts it rests on.
    pub acts: Vec<ActId>,
}

/// The account of every office of the law, in its order.
#[must_use]
pub fn accounts(law: &Law, election: &Election, s: &Standing) -> Vec<Account> {
    law.offices.iter().filter_map(|o| Some(account(law, election, s, s.offices.get(&o.id)?))).collect()
}

fn account(law: &Law, election: &Election, s: &Standing, o: &OfficeStanding) -> Account {
    let mut totals: Vec<(PersonId, u32)> = o.voted.iter().map(|(p, n)| (p.clone(), *n)).collect();
    totals.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let list = law.counting.list_of(&o.office);
    let (announced, announced_totals, announced_elected) = announced(s, o, list);
    let tell = Telling { law, election, s, o };
    Account {
        office: o.office.clone(),
        allotted: o.base.allotted,
        appointed: o.base.allotted.saturating_sub(o.base.not_appointed),
        base: o.base.whole_number,
        majority: tally::needed(o.base.whole_number),
        announced,
        announced_totals,
        announced_elected,
        announced_alternatives_agree: alternatives_agree(s, o, list),
        counted: tell.electors_counted(),
        not_counted: o.not_counted.clone(),
        alternatives: o.alternatives.clone(),
        decided: decided(o),
        contingent: o.contingent.clone(),
        steps: tell.steps(&totals),
        totals,
    }
}

fn announced(
    s: &Standing,
    o: &OfficeStanding,
    list: &OfficeId,
) -> (Option<Stated>, BTreeMap<PersonId, u32>, Option<Option<PersonId>>) {
    let (mut figures, mut totals, mut elected) = (None, BTreeMap::new(), None);
    for a in s.acts.values().filter(|a| a.status == Status::Standing) {
        let Deed::Declare { votes, stated, elected: named, .. } = &a.act.deed else { continue };
        figures = figures.or(*stated);
        if let Some(by_person) = votes.get(list) {
            totals.clone_from(by_person);
        }
        // A person named outweighs that nobody was: a chamber chooses after the electors' votes are announced.
        match named.get(&o.office) {
            Some(Some(p)) => elected = Some(Some(p.clone())),
            Some(None) if elected.is_none() => elected = Some(None),
            _ => {}
        }
    }
    (figures, totals, elected)
}

fn alternatives_agree(s: &Standing, o: &OfficeStanding, list: &OfficeId) -> bool {
    let computed = |place: &PlaceId| o.alternatives.iter().find(|x| x.without == *place).map(|x| &x.voted);
    let announced =
        s.acts.values().filter(|a| a.status == Status::Standing).flat_map(|a| match &a.act.deed {
            Deed::Declare { without, .. } => without.iter().collect(),
            _ => Vec::new(),
        });
    let mut of_list = announced.filter_map(|(place, votes)| Some((place, votes.get(list)?)));
    of_list.all(|(place, votes)| computed(place) == Some(votes))
}

fn decided(o: &OfficeStanding) -> Decided {
    let elected = |person: &PersonId, chamber| Decided::Elected { person: person.clone(), chamber };
    match (&o.choice, &o.contingent) {
        (Choice::Chosen { by, .. }, _) => elected(by, None),
        (_, Some(c)) => match &c.chosen {
            Some((p, _)) => elected(p, Some(c.chamber.clone())),
            None => Decided::Nobody,
        },
        (Choice::Nobody | Choice::Tied { .. }, None) if o.not_voted == 0 && !o.voted.is_empty() => {
            Decided::Nobody
        }
        _ => Decided::Open,
    }
}
