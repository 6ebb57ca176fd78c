//! Seats from populations, by the named methods, in exact integers.
//!
//! Every place gets at least one. Equal claims to the last seat are an outcome
//! and are left open, never decided by order or chance. Refuses to know which
//! act used which method.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// How fractions are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Fractions are disregarded.
    Jefferson,
    /// A fraction above one half counts as one (major fractions).
    Webster,
    /// Every fraction counts as one.
    Adams,
    /// Rounded at the harmonic mean of the two neighbouring numbers.
    Dean,
    /// Rounded at the geometric mean of the two neighbouring numbers (equal proportions).
    HuntingtonHill,
    /// Whole quotas first, then the largest remainders (Vinton).
    Hamilton,
}

/// Who gets how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats<P> {
    /// By place.
    pub seats: BTreeMap<P, u32>,
    /// Places with equal claims to what is left.
    pub tied: Vec<P>,
    /// Seats left because of such a tie.
    pub left: u32,
}

/// Divides a house of a fixed number of seats.
///
/// # Errors
/// No place, a place without population, fewer seats than places, or numbers out of range.
pub fn apportion<P: Clone + Ord>(
    method: Method,
    population: &BTreeMap<P, u64>,
    house: u32,
) -> Result<Seats<P>, Error> {
    let places = u32::try_from(population.len()).map_err(|_| Error::Overflow)?;
    if places == 0 || house < places {
        return Err(Error::TooFewSeats { seats: house, places });
    }
    if population.values().any(|p| *p == 0 || *p > MOST) {
        return Err(Error::Population);
    }
    match method {
        Method::Hamilton => by_remainders(population, house),
        _ => by_priority(method, population, house.saturating_sub(places)),
    }
}

/// No place has more inhabitants; within it no product below leaves 128 bits.
const MOST: u64 = 100_000_000_000;

/// Divides every population by one ratio; the house is as large as it comes out.
///
/// # Errors
/// A ratio of nought, a place without population, a method that needs a house size, or numbers out of range.
// Law: U.S. Const. art. I § 2 cl. 3, text of 1789-03-04 ("each State shall have at Least one Representative")
pub fn apportion_with_ratio<P: Clone + Ord>(
    method: Method,
    population: &BTreeMap<P, u64>,
    ratio: u64,
) -> Result<Seats<P>, Error> {
    if ratio == 0 || population.values().any(|p| *p == 0 || *p > MOST) {
        return Err(Error::Population);
    }
    let mut seats = BTreeMap::new();
    for (place, p) in population {
        let whole = p.checked_div(ratio).unwrap_or(0);
        let rest = p.checked_rem(ratio).unwrap_or(0);
        let up = match method {
            Method::Jefferson => false,
            Method::Adams => rest > 0,
            Method::Webster => rest.saturating_mul(2) > ratio,
            Method::Dean | Method::HuntingtonHill | Method::Hamilton => return Err(Error::NeedsHouse),
        };
        let n = whole.saturating_add(u64::from(up)).max(1);
        seats.insert(place.clone(), u32::try_from(n).map_err(|_| Error::Overflow)?);
    }
    Ok(Seats { seats, tied: Vec::new(), left: 0 })
}

/// Each further seat goes to the place with the greatest claim, population over a divisor of the seats it has.
fn by_priority<P: Clone + Ord>(
    method: Method,
    population: &BTreeMap<P, u64>,
    further: u32,
) -> Result<Seats<P>, Error> {
    let mut seats: BTreeMap<P, u32> = population.keys().map(|place| (place.clone(), 1)).collect();
    let mut left = further;
    while left > 0 {
        let claims: Vec<(&P, Ratio)> =
            population.iter().filter_map(|(p, n)| Some((p, claim(method, *n, *seats.get(p)?)))).collect();
        let best = claims.iter().map(|(_, c)| *c).reduce(|a, b| if compare(b, a).is_gt() { b } else { a });
        let Some(best) = best else { break };
        let first: Vec<P> =
            claims.iter().filter(|(_, c)| compare(*c, best).is_eq()).map(|(p, _)| (*p).clone()).collect();
        let wanted = u32::try_from(first.len()).map_err(|_| Error::Overflow)?;
        if wanted > left {
            return Ok(Seats { seats, tied: first, left });
        }
        for p in &first {
            let n = seats.entry(p.clone()).or_default();
            *n = n.checked_add(1).ok_or(Error::Overflow)?;
        }
        left = left.saturating_sub(wanted);
    }
    Ok(Seats { seats, tied: Vec::new(), left: 0 })
}

type Ratio = (u128, u128);

fn claim(method: Method, population: u64, n: u32) -> Ratio {
    let (p, n) = (u128::from(population), u128::from(n));
    let next = n.saturating_add(1);
    let both = n.saturating_mul(next);
    let twice = n.saturating_add(next);
    match method {
        Method::Jefferson => (p, next),
        Method::Webster => (p.saturating_mul(2), twice),
        Method::Adams => (p, n),
        Method::Dean => (p.saturating_mul(twice), both.saturating_mul(2)),
        // Squares compare as their roots do.
        // Law: 2 U.S.C. § 2a, text of 2018-12-31 ("the method known as the method of equal proportions")
        Method::HuntingtonHill | Method::Hamilton => (p.saturating_mul(p), both),
    }
}

fn compare(a: Ratio, b: Ratio) -> Ordering {
    a.0.saturating_mul(b.1).cmp(&b.0.saturating_mul(a.1))
}

/// Whole quotas, at least one, then one more for each of the largest remainders.
fn by_remainders<P: Clone + Ord>(population: &BTreeMap<P, u64>, house: u32) -> Result<Seats<P>, Error> {
    let total: u128 = population.values().map(|p| u128::from(*p)).fold(0, u128::saturating_add);
    let mut seats = BTreeMap::new();
    let mut remainders: Vec<(u128, &P)> = Vec::new();
    let mut given = 0_u32;
    for (place, p) in population {
        let claim = u128::from(*p).saturating_mul(u128::from(house));
        let whole = claim.checked_div(total).unwrap_or(0);
        let whole = u32::try_from(whole).map_err(|_| Error::Overflow)?;
        if whole > 0 {
            remainders.push((claim.checked_rem(total).unwrap_or(0), place));
        }
        let n = whole.max(1);
        given = given.checked_add(n).ok_or(Error::Overflow)?;
        seats.insert(place.clone(), n);
    }
    let places = u32::try_from(population.len()).map_err(|_| Error::Overflow)?;
    let left = house.checked_sub(given).ok_or(Error::TooFewSeats { seats: house, places })?;
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let taken = usize::try_from(left).map_err(|_| Error::Overflow)?;
    let last = taken.checked_sub(1).and_then(|i| remainders.get(i)).map(|r| r.0);
    let next = remainders.get(taken).map(|r| r.0);
    let tie = last.filter(|l| Some(*l) == next);
    let mut open = left;
    for (r, place) in remainders.iter().take(taken).filter(|(r, _)| Some(*r) != tie) {
        debug_assert!(tie.is_none_or(|t| *r > t));
        let n = seats.entry((*place).clone()).or_default();
        *n = n.checked_add(1).ok_or(Error::Overflow)?;
        open = open.saturating_sub(1);
    }
    let tied = remainders.iter().filter(|(r, _)| Some(*r) == tie).map(|(_, p)| (*p).clone()).collect();
    Ok(Seats { seats, tied, left: open })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of an old textbook: five places, 26 seats.
    fn five() -> BTreeMap<char, u64> {
        BTreeMap::from([('a', 9061), ('b', 7179), ('c', 5259), ('d', 3319), ('e', 1182)])
    }

    fn check(method: Method, expected: [u32; 5]) {
        let s = apportion(method, &five(), 26).unwrap();
        let found: Vec<u32> = s.seats.values().copied().collect();
        assert_eq!((found.as_slice(), s.left), (&expected[..], 0), "{method:?}");
    }

    #[test]
    fn five_methods_five_answers() {
        check(Method::Adams, [9, 7, 5, 3, 2]);
        check(Method::Dean, [9, 7, 5, 4, 1]);
        check(Method::HuntingtonHill, [9, 7, 6, 3, 1]);
        check(Method::Webster, [9, 8, 5, 3, 1]);
        check(Method::Jefferson, [10, 7, 5, 3, 1]);
        check(Method::Hamilton, [9, 7, 5, 4, 1]);
    }

    #[test]
    fn equal_claims_are_left_open() {
        for method in [Method::Jefferson, Method::Webster, Method::HuntingtonHill, Method::Hamilton] {
            let s = apportion(method, &BTreeMap::from([('a', 100), ('b', 100)]), 3).unwrap();
            assert_eq!((s.tied.as_slice(), s.left), (&['a', 'b'][..], 1), "{method:?}");
            assert_eq!(s.seats.values().sum::<u32>(), 2, "{method:?}");
        }
    }

    #[test]
    fn a_ratio_makes_the_house() {
        let seats =
            |m| apportion_with_ratio(m, &five(), 1000).unwrap().seats.into_values().collect::<Vec<_>>();
        assert_eq!(seats(Method::Jefferson), [9, 7, 5, 3, 1]);
        assert_eq!(seats(Method::Webster), [9, 7, 5, 3, 1]);
        assert_eq!(seats(Method::Adams), [10, 8, 6, 4, 2]);
        let half =
            apportion_with_ratio(Method::Webster, &BTreeMap::from([('a', 1500), ('b', 1501)]), 1000).unwrap();
        assert_eq!(
            half.seats.into_values().collect::<Vec<_>>(),
            [1, 2],
            "a half is no fraction above one half"
        );
        assert_eq!(apportion_with_ratio(Method::Hamilton, &five(), 1000), Err(Error::NeedsHouse));
    }

    #[test]
    fn what_cannot_be_divided() {
        assert_eq!(apportion(Method::Webster, &five(), 4), Err(Error::TooFewSeats { seats: 4, places: 5 }));
        assert_eq!(
            apportion::<char>(Method::Webster, &BTreeMap::new(), 4),
            Err(Error::TooFewSeats { seats: 4, places: 0 })
        );
        assert_eq!(apportion(Method::Webster, &BTreeMap::from([('a', 0)]), 4), Err(Error::Population));
    }
}
