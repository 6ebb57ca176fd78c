//! The store and the world, and how they break.

use telegram::{Answer, Attempt, Channel, Fault, Moment};

use super::cast::{STARTS, reference};
use super::check::{Fact, Why};
use super::courier::Sim;

/// How a write breaks; the process dies of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    Lost,
    DoneButReportedLost,
}

/// A mistake planted in the courier, its store or the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    OpensVoidBody,
    WritesFileAgain,
    WritesOtherBytes,
    DeliversUnrecorded,
    DeliversTwice,
    NeverAsksWhetherWanted,
    LosesAnswers,
    ReleasesAnother,
    ReleasesUndecided,
    SwapsBodyAfterApproval,
    DecidesTwice,
    DestroysKeyOfReleased,
    ForgetsStatements,
    NeverWaits,
    TriesCorrected,
    KeepsKeysOfDrafts,
    PartsWithKeyFirst,
    TakesAnyShare,
    ForgetsShares,
}

impl Sim<'_> {
    pub(crate) fn deliver(&mut self, t: usize, r: usize, channel: Channel, attempt: Attempt) {
        let n = usize::try_from(attempt.0).expect("small");
        let broken = self.breaks();
        if broken == Some(Break::Lost) {
            return self.crash();
        }
        self.facts.push(Fact::Tried { t, r, n });
        if self.bug == Some(Bug::DeliversTwice) {
            self.facts.push(Fact::Tried { t, r, n });
        }
        let luck = if self.draining || broken.is_some() { 0 } else { self.rng.below(100) };
        let acknowledged = || Answer::Acknowledged { reference: reference() };
        let (arrives, answers) = match luck {
            0..66 => (true, vec![acknowledged()]),
            66..74 => (true, vec![Answer::NoAnswer, acknowledged()]),
            74..78 => (true, vec![Answer::NoAnswer]),
            78..84 => (false, vec![Answer::NoAnswer]),
            84..92 => (false, vec![Answer::Failed { fault: Fault::Unreachable, retry_after: None }]),
            92..94 => (false, vec![Answer::Failed { fault: Fault::Full, retry_after: Some(7_200) }]),
            _ => (false, vec![Answer::Failed { fault: Fault::Refused, retry_after: None }]),
        };
        if arrives {
            self.arrive(t, r, channel);
        }
        if broken.is_some() {
            return self.crash();
        }
        let (now, chance) = (self.now(), 0);
        let report = |answer| (t, r, Moment::Reported { attempt, answer, now, chance });
        self.reports.extend(answers.into_iter().map(report));
    }

    /// A file is put in place once, whoever tries; a person acts every time.
    fn arrive(&mut self, t: usize, r: usize, channel: Channel) {
        let other = usize::from(self.bug == Some(Bug::WritesOtherBytes));
        let version = self.checker.telegrams[t].version.wrapping_add(other);
        match channel {
            Channel::Manual | Channel::Email => self.facts.push(Fact::PersonReached { t, r }),
            // Who gets the same id again does nothing.
            Channel::File | Channel::Webhook => {
                if self.files.insert((t, r)) || self.bug == Some(Bug::WritesFileAgain) {
                    self.facts.push(Fact::File { t, r, version });
                }
            }
        }
    }

    /// Makes a write, unless it breaks; says whether the process lives on.
    pub(crate) fn durable(&mut self, write: impl FnOnce(&mut Self)) -> bool {
        match self.breaks() {
            None => {
                write(self);
                return true;
            }
            Some(Break::Lost) => {}
            Some(Break::DoneButReportedLost) => write(self),
        }
        self.crash();
        false
    }

    fn breaks(&mut self) -> Option<Break> {
        let index = self.writes;
        self.writes = self.writes.wrapping_add(1);
        let by_chance = !self.draining && self.rng.percent(2);
        let broken = match self.plan {
            Some((at, how)) if at == index => Some(how),
            _ if by_chance => Some(*self.rng.pick(&[Break::Lost, Break::DoneButReportedLost])),
            _ => None,
        };
        match broken {
            Some(Break::Lost) => self.covered.lost = self.covered.lost.wrapping_add(1),
            Some(Break::DoneButReportedLost) => {
                self.covered.done_but_reported_lost = self.covered.done_but_reported_lost.wrapping_add(1);
            }
            None => {}
        }
        broken
    }

    /// Plants the bugs of the transaction.
    pub(crate) fn spoil(&self, rows: &mut Vec<Fact>) {
        let Some(Fact::Release { office, t, ground: ground @ Why::Decision(_) }) = rows.get(1).copied()
        else {
            return;
        };
        let (_, outcome, policy) = STARTS[t];
        match self.bug {
            Some(Bug::ReleasesAnother) => rows.push(Fact::Release { office, t: 1, ground }),
            Some(Bug::ReleasesUndecided) => drop(rows.remove(0)),
            Some(Bug::SwapsBodyAfterApproval) => {
                rows.insert(1, Fact::KeyMade { t, version: 99 });
                rows.insert(2, Fact::Draft { t, version: 99, office, outcome, policy });
            }
            Some(Bug::DecidesTwice) => rows.push(Fact::Decision { office, d: 5, outcome, policy }),
            Some(Bug::DestroysKeyOfReleased) => rows.push(Fact::KeyDestroyed { t }),
            _ => {}
        }
    }
}
