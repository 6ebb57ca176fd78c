//! What the electors' votes come to: a choice, a tie, or no choice.
//!
//! Two ballots are known. *Separate*: a list for each office. *Double*: one list,
//! each elector two votes of equal rank, the first in order being chosen for
//! the first office and the next for the second. Refuses to know who chooses
//! where the electors do not, and never draws a lot.

use std::collections::BTreeMap;

use crate::majority::over_half;

/// What a list of votes comes to. Every variant is a lawful outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<P> {
    /// One person is chosen.
    Chosen {
        /// Who.
        by: P,
        /// With how many votes.
        votes: u32,
    },
    /// Several have enough and as many as each other; only a double ballot can come to this.
    Tied {
        /// Who.
        among: Vec<P>,
        /// With how many votes each.
        votes: u32,
    },
    /// Nobody has enough, and every vote is in.
    Nobody,
    /// Not settled: votes are outstanding that could settle it.
    Open,
}

/// A list for one office: more than half of the base.
// Law: U.S. Const. amend. XII, text of 1804-06-15 ("if such number be a majority of the whole number of Electors appointed")
pub fn separate<P: Clone + Ord>(base: u32, votes: &BTreeMap<P, u32>, outstanding: u32) -> Choice<P> {
    match votes.iter().find(|(_, n)| over_half(**n, base)) {
        Some((p, n)) => Choice::Chosen { by: p.clone(), votes: *n },
        None if outstanding == 0 => Choice::Nobody,
        None => Choice::Open,
    }
}

/// One list of two votes an elector, for the first office: the greatest number, if it is more than
/// half of the *electors*. Two may have that; the more votes decide, and equal votes are a tie.
// Law: U.S. Const. art. II § 1 cl. 3, text of 1789-03-04 ("if there be more than one who have such Majority, and have an equal Number of Votes")
pub fn double_first<P: Clone + Ord>(base: u32, votes: &BTreeMap<P, u32>, outstanding: u32) -> Choice<P> {
    let most = votes.values().max().copied().unwrap_or(0);
    if outstanding > 0 {
        // An elector gives a person at most one of the two votes.
        let best_of_others =
            |p: &P| votes.iter().filter(|(q, _)| *q != p).map(|(_, n)| *n).max().unwrap_or(0);
        let ahead = votes.iter().find(|(p, n)| **n > best_of_others(p).saturating_add(outstanding));
        return match ahead.filter(|(_, n)| over_half(**n, base)) {
            Some((p, n)) => Choice::Chosen { by: p.clone(), votes: *n },
            None => Choice::Open,
        };
    }
    if !over_half(most, base) {
        return Choice::Nobody;
    }
    first_of(votes, most)
}

/// The second office of a double ballot: after the first is filled, the greatest number of the
/// others. No majority is asked.
// Law: U.S. Const. art. II § 1 cl. 3, text of 1789-03-04 ("after the Choice of the President, the Person having the greatest Number of Votes of the Electors")
pub fn double_second<P: Clone + Ord>(
    votes: &BTreeMap<P, u32>,
    first: Option<&P>,
    outstanding: u32,
) -> Choice<P> {
    let Some(first) = first else { return Choice::Open };
    let mut others = votes.clone();
    others.remove(first);
    let mut counts: Vec<u32> = others.values().copied().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let most = counts.first().copied().unwrap_or(0);
    let next = counts.get(1).copied().unwrap_or(0);
    if outstanding > 0 && most <= next.saturating_add(outstanding) {
        return Choice::Open;
    }
    if most == 0 { Choice::Nobody } else { first_of(&others, most) }
}

fn first_of<P: Clone + Ord>(votes: &BTreeMap<P, u32>, most: u32) -> Choice<P> {
    let among: Vec<P> = votes.iter().filter(|(_, n)| **n == most).map(|(p, _)| p.clone()).collect();
    match among.as_slice() {
        [one] => Choice::Chosen { by: one.clone(), votes: most },
        _ => Choice::Tied { among, votes: most },
    }
}

/// From whom a chamber may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortlist<P> {
    /// Those certainly on the list, most votes first.
    pub within: Vec<P>,
    /// Those with equal votes at its end, of whom not all have a place. Which of them
    /// is a question for the chamber, and is not answered here.
    pub at_the_end: Vec<P>,
}

/// The persons with the highest numbers, not exceeding `limit` on the list.
// Law: U.S. Const. amend. XII, text of 1804-06-15 ("from the persons having the highest numbers not exceeding three on the list")
#[must_use]
pub fn shortlist<P: Clone + Ord>(votes: &BTreeMap<P, u32>, limit: usize) -> Shortlist<P> {
    let mut by_votes: Vec<(u32, P)> =
        votes.iter().filter(|(_, n)| **n > 0).map(|(p, n)| (*n, p.clone())).collect();
    by_votes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let Some((last, _)) = limit.checked_sub(1).and_then(|l| by_votes.get(l)).cloned() else {
        return Shortlist { within: by_votes.into_iter().map(|(_, p)| p).collect(), at_the_end: Vec::new() };
    };
    let of = |keep: &dyn Fn(u32) -> bool| -> Vec<P> {
        by_votes.iter().filter(|(n, _)| keep(*n)).map(|(_, p)| p.clone()).collect()
    };
    let (within, at_the_end) = (of(&|n| n >= last), of(&|n| n == last));
    if within.len() <= limit {
        return Shortlist { within, at_the_end: Vec::new() };
    }
    Shortlist { within: of(&|n| n > last), at_the_end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(votes: &[(char, u32)]) -> BTreeMap<char, u32> {
        votes.iter().copied().collect()
    }

    fn chosen(by: char, votes: u32) -> Choice<char> {
        Choice::Chosen { by, votes }
    }

    #[test]
    fn two_may_have_a_majority_of_the_electors() {
        let votes = list(&[('a', 71), ('b', 70), ('c', 69)]);
        assert_eq!(double_first(138, &votes, 0), chosen('a', 71));
        assert_eq!(double_second(&votes, Some(&'a'), 0), chosen('b', 70));
        assert_eq!(
            double_first(138, &list(&[('a', 73), ('b', 73), ('c', 65)]), 0),
            Choice::Tied { among: vec!['a', 'b'], votes: 73 }
        );
    }

    #[test]
    fn the_second_needs_no_majority_and_waits_for_the_first() {
        let votes = list(&[('a', 69), ('b', 34), ('c', 9)]);
        assert_eq!(double_second(&votes, Some(&'a'), 0), chosen('b', 34));
        assert_eq!(double_second(&votes, None, 0), Choice::Open);
        assert_eq!(
            double_second(&list(&[('a', 69), ('b', 9), ('c', 9)]), Some(&'a'), 0),
            Choice::Tied { among: vec!['b', 'c'], votes: 9 }
        );
        assert_eq!(double_second(&list(&[('a', 69)]), Some(&'a'), 0), Choice::Nobody);
    }

    #[test]
    fn outstanding_votes_leave_it_open_until_they_cannot_matter() {
        let votes = list(&[('a', 71), ('b', 60)]);
        assert_eq!(double_first(138, &votes, 11), Choice::Open);
        assert_eq!(double_first(138, &votes, 10), chosen('a', 71));
        assert_eq!(separate(538, &list(&[('a', 269)]), 1), Choice::Open);
        assert_eq!(separate(538, &list(&[('a', 269), ('b', 269)]), 0), Choice::Nobody);
        assert_eq!(separate(538, &list(&[('a', 270)]), 100), chosen('a', 270));
    }

    #[test]
    fn the_list_ends_where_votes_are_equal() {
        let check = |votes: &[(char, u32)], limit, within: &[char], end: &[char]| {
            let s = shortlist(&list(votes), limit);
            assert_eq!((s.within.as_slice(), s.at_the_end.as_slice()), (within, end), "{votes:?}");
        };
        check(&[('j', 99), ('a', 84), ('c', 41), ('y', 37)], 3, &['j', 'a', 'c'], &[]);
        check(&[('j', 99), ('a', 84)], 3, &['j', 'a'], &[]);
        check(&[('j', 99), ('a', 50), ('c', 50), ('y', 50)], 3, &['j'], &['a', 'c', 'y']);
        check(&[('j', 99), ('a', 99), ('c', 50), ('y', 49)], 3, &['a', 'j', 'c'], &[]);
        check(&[('j', 99), ('n', 0)], 3, &['j'], &[]);
    }
}
