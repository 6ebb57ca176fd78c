//! The program's count against a second one that shares no code with it: on
//! random elections under every regime, and on the sixty of history.

mod random;
mod rules;
mod sixty;

use std::collections::BTreeMap;

use standing::{At, Decided, Standing, accounts, standing};

use random::{Dice, Ground0, PERSONS};
use rules::{Chamber, Regime, Result, State};

const NONE: Regime = Regime {
    two_votes_each: false,
    either_house_rejects: false,
    houses_choose: false,
    commission: false,
    reform_of_2022: false,
};

/// Random elections of one regime; each ground is a new apportionment.
const GROUNDS: u64 = 20;
const EACH: u64 = 5_000;

fn engine(g: &Ground0, s: &Standing) -> Result {
    let number = |id: &standing::PersonId| PERSONS.iter().position(|p| *p == id.as_str()).unwrap();
    let told = accounts(&g.law, &g.election, s);
    let of =
        |n: usize| -> BTreeMap<usize, u32> { told[n].totals.iter().map(|(p, v)| (number(p), *v)).collect() };
    let elected = |n: usize| match &told[n].decided {
        Decided::Elected { person, .. } => Some(number(person)),
        Decided::Nobody | Decided::Open => None,
    };
    Result { base: told[0].base, votes: [of(0), of(1)], elected: [elected(0), elected(1)] }
}

/// The one check: both counts of `GROUNDS` × `EACH` elections come to the same.
fn check(file: &str, year: i16, regime: Regime) {
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 1..=GROUNDS {
        let mut dice = Dice::new(seed);
        let g = random::ground(file, year, &mut dice);
        for n in 0..EACH {
            let (states, house, senate) = random::election(regime, &g, &mut dice);
            let (ours, theirs) = both(regime, &g, &states, &house, &senate);
            let same = ours == theirs || early(regime, &ours, &theirs);
            assert!(
                same,
                "{file} {year}, ground {seed}, election {n}:\n{ours:#?}\n{theirs:#?}\n{states:#?} {house:?} {senate:?}"
            );
            *outcomes.entry(if ours.elected[0].is_some() { "elected" } else { "nobody" }).or_default() += 1;
        }
    }
    assert!(
        outcomes.values().all(|n| *n > 1_000) && outcomes.len() == 2,
        "{file}: hardly anything is tried: {outcomes:?}"
    );
}

fn both(
    regime: Regime,
    g: &Ground0,
    states: &[State],
    house: &Chamber,
    senate: &Chamber,
) -> (Result, Result) {
    let evidence = random::evidence(regime, &g.law, states, house, senate);
    let s = standing(&g.law, &g.election, &evidence, At::same(random::at())).unwrap();
    (engine(g, &s), rules::count(regime, states, house, senate))
}

/// On one list of two votes each the program may name somebody before all votes are in, when those
/// outstanding cannot matter; the clerk waits.
fn early(regime: Regime, ours: &Result, theirs: &Result) -> bool {
    let counted = |r: &Result| (r.base, r.votes.clone());
    let waits = ours.elected.iter().zip(&theirs.elected).all(|(o, t)| t.is_none() || o == t);
    regime.two_votes_each && counted(ours) == counted(theirs) && waits
}

#[test]
fn two_votes_each() {
    check("act-1792.toml", 1796, Regime { two_votes_each: true, ..NONE });
}

#[test]
fn practice_before_1865() {
    check("amend-12-1804.toml", 1820, NONE);
}

#[test]
fn twenty_second_joint_rule() {
    check("joint-rule-22.toml", 1872, Regime { either_house_rejects: true, houses_choose: true, ..NONE });
}

#[test]
fn states_shut_out() {
    check("joint-rule-22.toml", 1864, Regime { either_house_rejects: true, houses_choose: true, ..NONE });
}

#[test]
fn commission_of_1877() {
    check("commission-1877.toml", 1876, Regime { commission: true, ..NONE });
}

#[test]
fn act_of_1887() {
    check("eca-1887.toml", 1980, Regime { houses_choose: true, ..NONE });
}

#[test]
fn reform_of_2022() {
    check("ecra-2022.toml", 2024, Regime { reform_of_2022: true, ..NONE });
}

const ALL: [(&str, i16, Regime); 6] = [
    ("act-1792.toml", 1796, Regime { two_votes_each: true, ..NONE }),
    ("amend-12-1804.toml", 1820, NONE),
    ("joint-rule-22.toml", 1872, Regime { either_house_rejects: true, houses_choose: true, ..NONE }),
    ("commission-1877.toml", 1876, Regime { commission: true, ..NONE }),
    ("eca-1887.toml", 1980, Regime { houses_choose: true, ..NONE }),
    ("ecra-2022.toml", 2024, Regime { reform_of_2022: true, ..NONE }),
];

/// Anonymity: other names for the persons, and the outcome bears the other names.
#[test]
fn names_do_not_matter() {
    for (file, year, regime) in ALL {
        let mut dice = Dice::new(7);
        let g = random::ground(file, year, &mut dice);
        for n in 0..2_000 {
            let (mut states, mut house, mut senate) = random::election(regime, &g, &mut dice);
            let before = both(regime, &g, &states, &house, &senate).0;
            let shift = 1 + dice.below(5);
            let other = |p: &mut usize| *p = (*p + shift) % PERSONS.len();
            for paper in states.iter_mut().flat_map(|s| &mut s.papers) {
                paper.ballots.iter_mut().flatten().flatten().for_each(other);
                paper.objections.iter_mut().filter_map(|o| o.only.as_mut()).for_each(|(_, p)| other(p));
            }
            house.ballots.iter_mut().chain(&mut senate.ballots).flatten().flatten().for_each(other);
            let after = both(regime, &g, &states, &house, &senate).0;
            let renamed = |p: usize| (p + shift) % PERSONS.len();
            let votes = before.votes.map(|v| v.into_iter().map(|(p, n)| (renamed(p), n)).collect());
            let elected = before.elected.map(|e| e.map(renamed));
            assert_eq!(after, Result { base: before.base, votes, elected }, "{file}, election {n}");
        }
    }
}

/// Monotonicity: whoever is elected by the electors stays so when an elector comes over.
#[test]
fn more_votes_do_no_harm() {
    let mut tried = 0;
    for (file, year, regime) in ALL {
        let mut dice = Dice::new(11);
        let g = random::ground(file, year, &mut dice);
        for n in 0..2_000 {
            let (mut states, _, _) = random::election(regime, &g, &mut dice);
            let none = Chamber::default();
            let before = both(regime, &g, &states, &none, &none).0;
            let Some(winner) = before.elected[0] else { continue };
            let papers = states.iter_mut().flat_map(|s| &mut s.papers);
            let mut ballots: Vec<_> =
                papers.flat_map(|p| &mut p.ballots).filter(|b| !b.contains(&Some(winner))).collect();
            if ballots.is_empty() {
                continue;
            }
            let chosen = dice.below(ballots.len());
            ballots[chosen][0] = Some(winner);
            tried += 1;
            let after = both(regime, &g, &states, &none, &none).0;
            assert_eq!(after.elected[0], Some(winner), "{file}, election {n}: {states:#?}");
        }
    }
    assert!(tried > 2_000, "only {tried} were tried");
}
