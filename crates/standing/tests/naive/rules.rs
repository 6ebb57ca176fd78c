//! The count written a second time, from the words of the Constitution and the
//! acts, as a clerk would do it by hand: paper by paper, ballot by ballot.
//!
//! Shares no code with the program. Slow, and easy to compare with the text.

use std::collections::BTreeMap;

/// A person, by number.
pub(crate) type Person = usize;

/// What a clerk must know of the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Regime {
    /// Article II before the Twelfth Amendment: one list, two votes each.
    pub(crate) two_votes_each: bool,
    /// Either House can keep a vote objected to from being counted.
    pub(crate) either_house_rejects: bool,
    /// Several returns: those both Houses decide for are counted.
    pub(crate) houses_choose: bool,
    /// Several returns: a commission decides.
    pub(crate) commission: bool,
    /// Rejected for want of lawful certification, electors leave the whole number; so do those not named.
    pub(crate) reform_of_2022: bool,
}

/// A certificate of vote: the ballots of each elector, for the first and for the second office. Under
/// two votes each, both are on one list and the order means nothing.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    pub(crate) slate: char,
    pub(crate) ballots: Vec<[Option<Person>; 2]>,
    pub(crate) objections: Vec<Objection>,
}

#[derive(Debug, Clone)]
pub(crate) struct Objection {
    /// Whether it was signed as the law asks.
    pub(crate) in_due_form: bool,
    /// The office (0 or 1) and person it is confined to.
    pub(crate) only: Option<(usize, Person)>,
    pub(crate) not_lawfully_certified: bool,
    pub(crate) senate: Option<bool>,
    pub(crate) house: Option<bool>,
    pub(crate) commission: Option<bool>,
    /// Both Houses concurred in setting the commission's decision aside.
    pub(crate) set_aside: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) electors: u32,
    pub(crate) shut_out: bool,
    /// Slates certified by the executive, with the number of electors each names.
    pub(crate) certified: BTreeMap<char, u32>,
    /// Electors of whom the certificate says that they were not appointed.
    pub(crate) not_appointed: u32,
    pub(crate) says_none: bool,
    pub(crate) both_ways: bool,
    pub(crate) papers: Vec<Paper>,
}

/// The ballots of the House: for each of them the votes of the states.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chamber {
    pub(crate) ballots: Vec<Vec<Option<Person>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Result {
    pub(crate) base: u32,
    pub(crate) votes: [BTreeMap<Person, u32>; 2],
    pub(crate) elected: [Option<Person>; 2],
}

pub(crate) fn count(regime: Regime, states: &[State], house: &Chamber, senate: &Chamber) -> Result {
    let whole = tabulate(regime, states, None);
    let number_of_states = states.iter().filter(|s| !s.shut_out).count();
    let (mut elected, ties) = decide(regime, &whole);
    let mut depends = [false, false];
    for (n, s) in states.iter().enumerate().filter(|(_, s)| s.both_ways && !s.shut_out) {
        // Announced both ways: nobody is elected, and no chamber chooses, while it depends on those votes.
        let without = tabulate(regime, states, Some(n));
        let base = whole.base - still_in_base(regime, s);
        let (other, _) = decide(regime, &Table { base, complete: whole.complete, ..without });
        for office in 0..2 {
            depends[office] |= other[office] != elected[office];
        }
    }
    for office in 0..2 {
        elected[office] = elected[office].filter(|_| !depends[office]);
    }
    if elected[0].is_none() && whole.complete && !depends[0] {
        let limit = if regime.two_votes_each { 5 } else { 3 };
        let from = ties[0].clone().unwrap_or_else(|| highest(&whole.votes[0], limit));
        elected[0] = house_chooses(house, &from, number_of_states);
    }
    if regime.two_votes_each {
        // "In every Case, after the Choice of the President, the Person having the greatest Number of Votes"
        elected[1] = None;
        if let Some(president) = elected[0].filter(|_| whole.complete) {
            let others: BTreeMap<Person, u32> =
                whole.votes[0].iter().filter(|(p, _)| **p != president).map(|(p, n)| (*p, *n)).collect();
            let most = others.values().max().copied().unwrap_or(0);
            let first: Vec<Person> =
                others.iter().filter(|(_, n)| **n == most && most > 0).map(|(p, _)| *p).collect();
            elected[1] = match first.as_slice() {
                [] => None,
                [one] => Some(*one),
                several => senate_chooses(senate, several, number_of_states),
            };
        }
    } else if elected[1].is_none() && whole.complete && !depends[1] {
        elected[1] = senate_chooses(senate, &highest(&whole.votes[1], 2), number_of_states);
    }
    Result { base: whole.base, votes: whole.votes, elected }
}

/// The electors of a state who are in the whole number.
fn still_in_base(regime: Regime, s: &State) -> u32 {
    match (s.says_none, s.certified.len()) {
        (true, 0) => 0,
        (false, 1) if regime.reform_of_2022 => s.certified.values().sum(),
        (false, 1) => s.electors - s.not_appointed,
        _ => s.electors,
    }
}

struct Table {
    base: u32,
    votes: [BTreeMap<Person, u32>; 2],
    /// Whether no state's votes are outstanding.
    complete: bool,
}

fn tabulate(regime: Regime, states: &[State], leave_out: Option<usize>) -> Table {
    let mut base = 0;
    let mut votes: [BTreeMap<Person, u32>; 2] = Default::default();
    let mut complete = true;
    for (n, state) in states.iter().enumerate() {
        if state.shut_out {
            continue;
        }
        base += state.electors;
        let only_none = state.says_none && state.certified.is_empty();
        if only_none {
            base -= state.electors;
        }
        if !only_none {
            base -= state.electors - still_in_base(regime, state);
        }
        let Some((paper, _)) = the_return(regime, state) else {
            complete &= only_none;
            continue;
        };
        let rejected = |o: &&Objection| !state.both_ways && falls(regime, o);
        if let Some(o) = paper.objections.iter().filter(rejected).find(|o| o.only.is_none()) {
            if regime.reform_of_2022 && o.not_lawfully_certified {
                // "as to whom the objection was sustained": those not named have left it already.
                base -= still_in_base(regime, state);
            }
            continue;
        }
        if leave_out == Some(n) {
            continue;
        }
        for ballot in &paper.ballots {
            for (office, person) in ballot.iter().enumerate() {
                let Some(person) = person else { continue };
                let struck = paper.objections.iter().filter(rejected).any(|o| {
                    o.only.is_some_and(|(of, p)| p == *person && (of == office || regime.two_votes_each))
                });
                if !struck {
                    let list = if regime.two_votes_each { 0 } else { office };
                    *votes[list].entry(*person).or_default() += 1;
                }
            }
        }
    }
    if regime.two_votes_each {
        votes[1] = votes[0].clone();
    }
    Table { base, votes, complete }
}

/// The one return of a state that is counted, and whether its electors hold the executive's certificate.
fn the_return(regime: Regime, state: &State) -> Option<(&Paper, bool)> {
    let several = state.papers.len() > 1;
    let alone =
        |p: &Paper| state.certified.len() == 1 && state.certified.contains_key(&p.slate) && !state.says_none;
    if several && regime.commission {
        let good = |p: &&Paper| {
            p.objections.iter().any(|o| o.in_due_form && o.commission == Some(false) && !o.set_aside)
        };
        let found: Vec<&Paper> = state.papers.iter().filter(good).collect();
        if let [one] = found.as_slice() {
            return Some((one, alone(one)));
        }
    }
    if several && regime.houses_choose {
        let both = |o: &Objection, sustain| o.senate == Some(sustain) && o.house == Some(sustain);
        let received = |p: &Paper| p.objections.iter().filter(|o| o.in_due_form).cloned().collect::<Vec<_>>();
        let for_it = |p: &Paper| !received(p).is_empty() && received(p).iter().all(|o| both(o, false));
        let against = |p: &Paper| received(p).iter().any(|o| both(o, true));
        let found: Vec<usize> = (0..state.papers.len())
            .filter(|n| {
                for_it(&state.papers[*n])
                    && (0..state.papers.len()).all(|m| m == *n || against(&state.papers[m]))
            })
            .collect();
        if let [one] = found.as_slice() {
            let paper = &state.papers[*one];
            return Some((paper, alone(paper)));
        }
    }
    state.papers.iter().find(|p| alone(p)).map(|p| (p, true))
}

fn falls(regime: Regime, o: &Objection) -> bool {
    let (senate, house) = (o.senate == Some(true), o.house == Some(true));
    o.in_due_form && if regime.either_house_rejects { senate || house } else { senate && house }
}

type Ties = [Option<Vec<Person>>; 2];

/// Whom the electors choose, and between whom they are tied.
fn decide(regime: Regime, t: &Table) -> ([Option<Person>; 2], Ties) {
    let mut elected = [None, None];
    let mut ties: Ties = [None, None];
    for office in 0..2 {
        let most = t.votes[office].values().max().copied().unwrap_or(0);
        let first: Vec<Person> =
            t.votes[office].iter().filter(|(_, n)| **n == most).map(|(p, _)| *p).collect();
        if most * 2 > t.base && (t.complete || !regime.two_votes_each) {
            match first.as_slice() {
                [one] => elected[office] = Some(*one),
                several => ties[office] = Some(several.to_vec()),
            }
        }
    }
    if regime.two_votes_each {
        elected[1] = None;
    }
    (elected, ties)
}

/// The persons with the highest numbers, all who are equal at the end among them.
fn highest(votes: &BTreeMap<Person, u32>, limit: usize) -> Vec<Person> {
    let mut list: Vec<(Person, u32)> = votes.iter().map(|(p, n)| (*p, *n)).collect();
    list.sort_by_key(|x| std::cmp::Reverse(x.1));
    let last = list.get(limit - 1).map_or(1, |x| x.1);
    list.into_iter().filter(|(_, n)| *n >= last).map(|(p, _)| p).collect()
}

/// "a quorum for this purpose shall consist of a member or members from two-thirds of the states, and a
/// majority of all the states shall be necessary to a choice"
fn house_chooses(house: &Chamber, from: &[Person], states: usize) -> Option<Person> {
    house.ballots.iter().find_map(|ballot| {
        let valid = ballot.iter().flatten().all(|p| from.contains(p)) && ballot.len() * 3 >= states * 2;
        let votes = |p: Person| ballot.iter().filter(|v| **v == Some(p)).count();
        from.iter().copied().find(|p| valid && votes(*p) * 2 > states)
    })
}

/// "a quorum for the purpose shall consist of two-thirds of the whole number of Senators, and a majority of
/// the whole number shall be necessary to a choice"
fn senate_chooses(senate: &Chamber, from: &[Person], states: usize) -> Option<Person> {
    senate.ballots.iter().find_map(|ballot| {
        let valid = ballot.iter().flatten().all(|p| from.contains(p)) && ballot.len() * 3 >= states * 4;
        let votes = |p: Person| ballot.iter().filter(|v| **v == Some(p)).count();
        from.iter().copied().find(|p| valid && votes(*p) > states)
    })
}
