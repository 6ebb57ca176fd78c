//! The choice by a chamber where the electors make none.
//!
//! Refuses to know how members of a state came to its one vote, and to go on
//! where a chamber has not voted.

use std::collections::{BTreeMap, BTreeSet};

use tally::{Choice, Shortlist};

use crate::act::{ChamberVotes, Deed};
use crate::counting::{ChamberVote, Contingent};
use crate::effect::{ActStanding, Finding, Status};
use crate::election::Election;
use crate::ids::{ActId, CiteId, PersonId, PlaceId, RoleId};
use crate::law::Law;
use crate::office::OfficeStanding;

/// A chamber's choice as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContingentStanding {
    /// The chamber.
    pub chamber: RoleId,
    /// Who has a vote in it.
    pub votes: ChamberVote,
    /// From whom it may choose.
    pub from: Shortlist<PersonId>,
    /// How many votes there are in all.
    pub entitled: u32,
    /// The least number that is a majority of all.
    pub needed: u32,
    /// The least number present that makes a quorum: two thirds.
    pub quorum: u32,
    /// Its ballots in order.
    pub ballots: Vec<BallotStanding>,
    /// Whom it has chosen, and by which act.
    pub chosen: Option<(PersonId, ActId)>,
    /// The provision.
    pub cite: CiteId,
}

/// One ballot of a chamber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotStanding {
    /// Its number.
    pub number: u32,
    /// The act.
    pub act: ActId,
    /// Votes by person: states, or members.
    pub votes: BTreeMap<PersonId, u32>,
    /// The states divided or blank, if states vote.
    pub divided: BTreeSet<PlaceId>,
    /// The states for each person, if states vote.
    pub states: BTreeMap<PersonId, BTreeSet<PlaceId>>,
    /// Votes present.
    pub present: u32,
}

/// Of an office the electors have not filled, when all votes are in and the law names a chamber.
// Law: U.S. Const. amend. XII, text of 1804-06-15
pub(crate) fn contingent(
    law: &Law,
    election: &Election,
    o: &OfficeStanding,
    acts: &BTreeMap<ActId, ActStanding>,
    findings: &mut Vec<Finding>,
) -> Option<ContingentStanding> {
    let rule = law.counting.contingent.iter().find(|c| c.office == o.office)?;
    let from = match &o.choice {
        Choice::Tied { among, .. } => Shortlist { within: among.clone(), at_the_end: Vec::new() },
        Choice::Nobody => listed(rule, tally::shortlist(&o.voted, usize::from(rule.from_highest))),
        Choice::Chosen { .. } | Choice::Open => return None,
    };
    let entitled = entitled(law, rule)?;
    let mut standing = ContingentStanding {
        chamber: rule.chamber.clone(),
        votes: rule.votes,
        from,
        entitled,
        needed: tally::needed(entitled),
        quorum: u32::try_from(u64::from(entitled).saturating_mul(2).div_ceil(3)).ok()?,
        ballots: ballots(rule, election, acts, findings),
        chosen: None,
        cite: rule.cite.clone(),
    };
    for ballot in &standing.ballots {
        if let Some(message) = strange(law, &standing, ballot) {
            findings.push(Finding { code: "ballot-of-chamber", act: ballot.act.clone(), message });
            continue;
        }
        let chosen = ballot.votes.iter().find(|(_, n)| **n >= standing.needed);
        if let (None, Some((p, _))) = (&standing.chosen, chosen) {
            standing.chosen = Some((p.clone(), ballot.act.clone()));
            break;
        }
    }
    Some(standing)
}

/// "From the persons having the highest numbers not exceeding three" leaves equals at the end open; "from
/// the two highest numbers" takes them all.
// Law: U.S. Const. amend. XII, text of 1804-06-15
// Law: U.S. Const. art. II § 1 cl. 3, text of 1789-03-04 ("from the five highest on the List")
fn listed(rule: &Contingent, list: Shortlist<PersonId>) -> Shortlist<PersonId> {
    if !rule.equals_are_all_on_the_list {
        return list;
    }
    let within = list.within.into_iter().chain(list.at_the_end).collect();
    Shortlist { within, at_the_end: Vec::new() }
}

/// One vote for each state, or two; a district that only has electors has none.
fn entitled(law: &Law, rule: &Contingent) -> Option<u32> {
    let states = u32::try_from(law.counted_places().filter(|p| p.state).count()).ok()?;
    match rule.votes {
        ChamberVote::ByState => Some(states),
        ChamberVote::ByTwoOfEachState => states.checked_mul(2),
    }
}

fn ballots(
    rule: &Contingent,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    findings: &mut Vec<Finding>,
) -> Vec<BallotStanding> {
    let mut ballots = Vec::new();
    for a in acts.values().filter(|a| a.status == Status::Standing) {
        let Deed::ContingentVote { office, ballot, votes } = &a.act.deed else { continue };
        if *office != rule.office {
            continue;
        }
        if election.issuers.get(&a.act.issuer).is_some_and(|i| i.role == rule.chamber) {
            ballots.push(ballot_of(*ballot, a.act.id.clone(), votes));
        } else {
            let message = format!(
                "a ballot for {office} by {}: the {} chooses, nobody else",
                a.act.issuer, rule.chamber
            );
            findings.push(Finding { code: "ballot-of-chamber", act: a.act.id.clone(), message });
        }
    }
    ballots.sort_by(|a, b| (a.number, &a.act).cmp(&(b.number, &b.act)));
    ballots
}

fn ballot_of(number: u32, act: ActId, votes: &ChamberVotes) -> BallotStanding {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match votes {
        ChamberVotes::ByMember(by) => BallotStanding {
            number,
            act,
            present: by.values().fold(0_u32, |n, v| n.saturating_add(*v)),
            votes: by.clone(),
            divided: BTreeSet::new(),
            states: BTreeMap::new(),
        },
        ChamberVotes::ByState(by) => {
            let mut states: BTreeMap<PersonId, BTreeSet<PlaceId>> = BTreeMap::new();
            for (state, person) in by {
                if let Some(p) = person {
                    states.entry(p.clone()).or_default().insert(state.clone());
                }
            }
            BallotStanding {
                number,
                act,
                votes: states.iter().map(|(p, of)| (p.clone(), count(of.len()))).collect(),
                divided: by.iter().filter(|(_, p)| p.is_none()).map(|(s, _)| s.clone()).collect(),
                states,
                present: count(by.len()),
            }
        }
    }
}

/// Why a ballot as entered cannot choose anybody.
fn strange(law: &Law, c: &ContingentStanding, ballot: &BallotStanding) -> Option<String> {
    let states = ballot.states.values().flatten().chain(&ballot.divided);
    let stranger =
        states.into_iter().find(|s| !law.places.get(*s).is_some_and(|p| p.state && p.excluded.is_none()));
    if let Some(s) = stranger {
        return Some(format!("{s} has no vote in this chamber: it is no state of this count"));
    }
    let by_state = !ballot.states.is_empty() || !ballot.divided.is_empty();
    if by_state != (c.votes == ChamberVote::ByState) && ballot.present > 0 {
        return Some("its votes are given by member where states vote, or the other way round".into());
    }
    if ballot.present > c.entitled {
        return Some(format!("{} votes where {} may be given", ballot.present, c.entitled));
    }
    let may = |p: &PersonId| c.from.within.contains(p) || c.from.at_the_end.contains(p);
    if let Some(p) = ballot.votes.keys().find(|p| !may(p)) {
        return Some(format!("votes for {p}, who is not among those it may choose from"));
    }
    (ballot.present < c.quorum)
        .then(|| format!("{} present of {}: no quorum of two thirds", ballot.present, c.entitled))
}
