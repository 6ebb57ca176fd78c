//! Policies over many elections: loads each, asks the one engine, keeps what is needed to tell it.
//!
//! Refuses to print, and to judge.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Backtested, Case, Policy};
use standing::{ActId, ActLine, Election, Instant, Law};

use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::history;

/// An election with what every policy would have done in it.
pub struct Tested {
    /// The election.
    pub election: Election,
    /// Its law.
    pub law: Law,
    /// Who did each act that undid a release.
    pub issuers: BTreeMap<ActId, String>,
    /// The day of the vote, `YYYY-MM-DD`, where the law has one.
    pub vote: Option<String>,
    /// One result for each policy, in the order asked.
    pub results: Vec<Backtested>,
}

/// The legal date that is the day of the vote.
const VOTE: &str = "election-day";

/// Back-tests policies over elections, two at a time.
///
/// # Errors
/// The first election that cannot be read.
pub fn backtest(elections: &[String], policies: &[Policy]) -> Result<Vec<Tested>, Error> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(name) = elections.get(n) else { return done };
            done.push((n, one(name, policies)));
        }
    };
    let mut tested: Vec<(usize, Result<Tested, Error>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|t| t.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    tested.sort_by_key(|(n, _)| *n);
    tested.into_iter().map(|(_, result)| result).collect()
}

fn one(name: &str, policies: &[Policy]) -> Result<Tested, Error> {
    let loaded = folder::load(name)?;
    let evidence = history::evidence(&loaded.acts)?;
    let case = Case { law: &loaded.law, election: &loaded.election, evidence: &evidence, past: None };
    let results = policy::backtest(&case, policies)?;
    let vote = loaded.law.date(VOTE, loaded.election.year, &loaded.election.zone);
    let issuers = issuers(&loaded, &results);
    let (election, law) = (loaded.election, loaded.law);
    Ok(Tested { vote: vote.map(|d| d.date), election, law, issuers, results })
}

fn issuers(loaded: &Loaded, results: &[Backtested]) -> BTreeMap<ActId, String> {
    let undone = |r: &Backtested| match r {
        Backtested::Fired(f) => f.undone.as_ref().map(|u| u.by.clone()).unwrap_or_default(),
        _ => Vec::new(),
    };
    let wanted: BTreeSet<ActId> = results.iter().flat_map(undone).collect();
    let of =
        |line: &ActLine| Some((line.id.clone(), loaded.election.issuers.get(&line.issuer)?.name.clone()));
    loaded.acts.iter().filter(|line| wanted.contains(&line.id)).filter_map(of).collect()
}

impl Tested {
    /// Whole days from the day of the vote to the local day of an instant.
    #[must_use]
    pub fn days_after_vote(&self, t: Instant) -> Option<i64> {
        let day = standing::local_date(t, &self.election.zone).ok()?;
        standing::days_between(self.vote.as_ref()?, &day)
    }
}
