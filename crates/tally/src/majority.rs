//! More than half of a base: an exact comparison of integers.
//!
//! Refuses to know what follows when nobody has one.

use std::collections::BTreeMap;

/// What a count against a base comes to. All three are lawful outcomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Majority<P> {
    /// One option has more than half of the base.
    Reached {
        /// Who.
        by: P,
        /// With how many votes.
        votes: u32,
    },
    /// Nobody has more than half, and votes still to come could change that.
    Open,
    /// Nobody has more than half and nobody can get it from what is outstanding.
    Impossible,
}

/// The least number of votes that is a majority of `base`.
#[must_use]
pub fn needed(base: u32) -> u32 {
    (base / 2).saturating_add(1)
}

/// Compares every option with `base`; `outstanding` votes may still be cast for any one of them.
// Law: U.S. Const. amend. XII, text of 1804-06-15 ("a majority of the whole number of Electors appointed")
pub fn majority<P: Clone + Ord>(base: u32, votes: &BTreeMap<P, u32>, outstanding: u32) -> Majority<P> {
    let over = |n: u32| over_half(n, base);
    if let Some((by, n)) = votes.iter().find(|(_, n)| over(**n)) {
        return Majority::Reached { by: by.clone(), votes: *n };
    }
    let best = votes.values().copied().max().unwrap_or(0);
    if over(best.saturating_add(outstanding)) { Majority::Open } else { Majority::Impossible }
}

/// `2 × votes > base`, exactly.
pub(crate) fn over_half(votes: u32, base: u32) -> bool {
    u64::from(votes).saturating_mul(2) > u64::from(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: u32, a: u32, b: u32, outstanding: u32, expected: &Majority<char>) {
        let votes = BTreeMap::from([('a', a), ('b', b)]);
        assert_eq!(&majority(base, &votes, outstanding), expected, "{a}-{b} of {base}");
    }

    #[test]
    fn half_is_not_a_majority() {
        check(538, 269, 269, 0, &Majority::Impossible);
        check(538, 269, 268, 1, &Majority::Open);
        check(538, 270, 268, 0, &Majority::Reached { by: 'a', votes: 270 });
        check(537, 269, 268, 0, &Majority::Reached { by: 'a', votes: 269 });
        check(0, 0, 0, 0, &Majority::Impossible);
    }

    #[test]
    fn needed_is_the_least_that_compares_over() {
        for base in 0..2000 {
            let n = needed(base);
            assert!(2 * n > base && 2 * (n - 1) <= base, "{base}");
        }
    }
}
