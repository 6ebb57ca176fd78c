//! Seeded schedules of users, an evaluator, a courier, a store and a world.
//!
//! Refuses every source of chance but the seed.

mod cast;
mod check;
mod courier;
mod covered;
mod keys;
mod people;
mod quiet;
mod rng;
mod rows;
mod schedule;
mod world;

use check::Violation;
use courier::Sim;
use schedule::{Start, every_write_broken, run};
use world::Bug;

/// Each seed runs once as it falls, then once per write and way of breaking it.
fn suite(start: &Start, seeds: std::ops::Range<u64>, at_least: usize) -> covered::Covered {
    let mut ran = 0_usize;
    let mut covered = covered::Covered::default();
    for seed in seeds {
        match every_write_broken(start, seed, &mut covered) {
            Ok(n) => ran = ran.saturating_add(n),
            Err(broken) => panic!("{broken}"),
        }
    }
    println!("{ran} schedules, {covered:?}");
    assert!(ran >= at_least, "only {ran} schedules");
    covered
}

#[test]
fn from_the_first_draft() {
    let covered = suite(&Start::empty(), 0..200, 18_000);
    assert!(covered.released > 1_000 && covered.findings > 1_000 && covered.overridden > 10, "{covered:?}");
}

#[test]
fn from_telegrams_held() {
    suite(&Start::held(), 1_000_000..1_001_000, 82_000).assert_all_reached();
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    let (one, two) = (trace(11), trace(11));
    assert_eq!(one, two);
    assert_ne!(one, trace(12));
}

#[test]
fn check_catches_every_planted_bug() {
    for (bug, expected) in BUGS {
        let search = |start: &Start| (0..1_000).find_map(|seed| run(start, seed, None, Some(bug)).err());
        let caught = search(&Start::held()).or_else(|| search(&Start::empty()));
        let caught = caught.unwrap_or_else(|| panic!("{bug:?} was never caught"));
        assert_eq!(caught.violation, expected, "{bug:?}: {caught}");
    }
}

fn trace(seed: u64) -> Vec<check::Fact> {
    match run(&Start::held(), seed, None, None) {
        Ok(Sim { facts, .. }) => facts,
        Err(broken) => panic!("{broken}"),
    }
}

const BUGS: [(Bug, Violation); 19] = [
    (Bug::TriesCorrected, Violation::TriedWhatIsCorrected),
    (Bug::KeepsKeysOfDrafts, Violation::KeyLeft),
    (Bug::PartsWithKeyFirst, Violation::KeyInUseDestroyed),
    (Bug::TakesAnyShare, Violation::OpenedEarly),
    (Bug::ForgetsShares, Violation::ReleasedSealed),
    (Bug::NeverWaits, Violation::TriedTooEarly),
    (Bug::OpensVoidBody, Violation::OpenedUnreleased),
    (Bug::WritesFileAgain, Violation::TwoFiles),
    (Bug::WritesOtherBytes, Violation::WrongBytes),
    (Bug::DeliversUnrecorded, Violation::AttemptUnrecorded),
    (Bug::DeliversTwice, Violation::AttemptRepeated),
    (Bug::NeverAsksWhetherWanted, Violation::AttemptAfterAcknowledgement),
    (Bug::LosesAnswers, Violation::DeliveryLost),
    (Bug::ReleasesAnother, Violation::TwoReleased),
    (Bug::ReleasesUndecided, Violation::ReleasedWithoutDecision),
    (Bug::SwapsBodyAfterApproval, Violation::ReleasedWithoutQuorum),
    (Bug::DecidesTwice, Violation::TwoDecisions),
    (Bug::DestroysKeyOfReleased, Violation::KeyInUseDestroyed),
    (Bug::ForgetsStatements, Violation::NotToldToTheRecord),
];
