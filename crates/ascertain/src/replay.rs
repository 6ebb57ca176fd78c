//! The road, end to end: statements into the record, the policy at every
//! instant at which anything can change, one decision, one release, one proof.
//!
//! Resumes where a killed run stopped: everything that matters is in the store.

mod ending;
mod hold;
mod place;

pub use ending::{Ended, recipients};
pub use hold::quorum;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use policy::{Answer, Case, Policy};
use proof::{DecisionBody, Logged, OutcomeText};
use record::digest::{Digest, sha256};
use record::signed_statement::{self};
use standing::{At, Evidence, Instant, PersonId, Standing, Statement};
use telegram::{Event, State};

use crate::book::Book;
use crate::courier::Courier;
use crate::error::Error;
use crate::folder::Loaded;
use crate::history::{self, Use};
use crate::message::{self, Message};
use crate::sequencer::Sequencer;
use crate::steps::Steps;
use crate::store::Store;

/// What to replay and where.
pub struct Plan<'a> {
    /// The election.
    pub loaded: &'a Loaded,
    /// The policy.
    pub policy: &'a Policy,
    /// Stop after this instant.
    pub as_of: Option<Instant>,
    /// Where proof and outbox go.
    pub out: &'a Path,
    /// Where the store lies.
    pub data: &'a Path,
    /// Whether the store is kept for a later run.
    pub kept: bool,
    /// Where tests stop the process.
    pub steps: &'a Steps,
}

/// Something to show, in order of time.
pub enum Shown<'a> {
    /// The messages held at the start.
    Held(&'a [Message]),
    /// An instant at which something happened, with the standing before and after.
    Instant {
        /// When.
        at: Instant,
        /// Before.
        before: Option<&'a Standing>,
        /// After.
        after: &'a Standing,
        /// What the policy says now.
        answer: &'a Answer,
        /// Whether its office was decided before this instant.
        decided: bool,
    },
    /// The decision, and what the release did.
    Decided(&'a DecisionBody),
    /// Later acts undid the ground of the decision; what was released stays released.
    Overtaken {
        /// Since when.
        at: Instant,
        /// What the policy says now.
        answer: &'a Answer,
    },
}

/// Runs a replay; `show` is called in order of time.
///
/// # Errors
/// Files, store or outbox.
pub fn replay(plan: &Plan<'_>, show: &mut dyn FnMut(&Shown<'_>)) -> Result<Ended, Error> {
    let (election, law) = (&plan.loaded.election, &plan.loaded.law);
    let messages: Vec<Message> = message::messages(&plan.loaded.messages, election, law)?
        .into_iter()
        .filter(|m| m.office == *plan.policy.office_in(law))
        .collect();
    let policy_sha256 = proof::policy_digest(plan.policy)?;
    let mut store = place::open_store(plan, &policy_sha256)?;
    let mut sequencer = Sequencer::start(&store, history::origin(&election.id), history::key(Use::Log))?;
    let start = first_instant(plan.loaded)?;
    let outbox = plan.out.join("outbox");
    let state = State::new(quorum()?);
    let book = Book::History { store: &mut store, sequencer: &mut sequencer, election: election.id.clone() };
    let mut courier = Courier::start(book, state, &election.id, outbox, plan.steps, start)?;
    courier.resume()?;
    for m in &messages {
        hold::hold(&mut courier, m, policy_sha256)?;
    }
    show(&Shown::Held(&messages));
    run(plan, &mut courier, &messages, show)
}

/// What is done before the first act is dated a second before it.
fn first_instant(loaded: &Loaded) -> Result<Instant, Error> {
    let first = loaded.acts.iter().filter_map(|l| l.known_at).min();
    let dates = loaded.law.dates(loaded.election.year, &loaded.election.zone);
    let election_day = dates.first().map(|d| d.ends);
    match [first, election_day].into_iter().flatten().min() {
        Some(t) => Ok(t.plus(-1)),
        None => Ok(Instant::from_second(0)?),
    }
}

fn run(
    plan: &Plan<'_>,
    courier: &mut Courier<'_>,
    messages: &[Message],
    show: &mut dyn FnMut(&Shown<'_>),
) -> Result<Ended, Error> {
    let mut walk = Walk::begin(plan, messages)?;
    let instants = policy::instants(&walk.case(), plan.policy);
    let end = instants.last().copied().unwrap_or(courier.now);
    let last = plan.as_of.map_or(end, |t| t.min(end));
    place::resumes(courier.book.store(), &plan.loaded.election.id, &walk.logged, last)?;
    for t in instants.into_iter().filter(|t| *t <= last) {
        walk.step(courier, t, show)?;
    }
    let answer = policy::answer(&walk.case(), plan.policy, Some(&walk.prepared), At::same(last))?;
    let mut ended = ending::end(plan, courier, messages, answer, last, walk.decision)?;
    ended.overtaken = walk.overtaken;
    Ok(ended)
}

/// A replay between two instants.
struct Walk<'a> {
    plan: &'a Plan<'a>,
    /// Persons a message is prepared for.
    prepared: BTreeSet<PersonId>,
    /// The acts as the record takes them, in order.
    logged: Vec<Logged>,
    /// The same acts as statements, each with its index in the record.
    evidence: Evidence,
    /// How many entries of other kinds stand before the next act.
    offset: u64,
    /// How many acts are in the record.
    done: usize,
    before: Option<Standing>,
    decision: Option<DecisionBody>,
    overtaken: Option<Instant>,
}

impl<'a> Walk<'a> {
    fn begin(plan: &'a Plan<'a>, messages: &[Message]) -> Result<Self, Error> {
        let id = &plan.loaded.election.id;
        let per_message = u64::try_from(hold::APPROVERS.len()).unwrap_or(0).saturating_add(1);
        let offset = u64::try_from(messages.len()).unwrap_or(0).saturating_mul(per_message);
        let mut logged = Vec::new();
        for line in &plan.loaded.acts {
            let made = history::make_act(id, line)?;
            logged.push(Logged { signed: made.signed, opened: Some((made.salt, made.body)) });
        }
        let evidence =
            Evidence { statements: statements(id, &logged, offset)?, enrolled: history::enrolled()? };
        let prepared = prepared(plan, messages);
        let (before, decision, overtaken) = (None, None, None);
        Ok(Self { plan, prepared, logged, evidence, offset, done: 0, before, decision, overtaken })
    }

    fn case(&self) -> Case<'_> {
        Case {
            law: &self.plan.loaded.law,
            election: &self.plan.loaded.election,
            evidence: &self.evidence,
            past: None,
        }
    }

    /// What becomes known at `t` goes into the record; then the policy is asked.
    fn step(
        &mut self,
        courier: &mut Courier<'_>,
        t: Instant,
        show: &mut dyn FnMut(&Shown<'_>),
    ) -> Result<(), Error> {
        courier.now = t;
        let upto = self.evidence.statements.iter().take_while(|s| s.known_at <= t).count();
        if upto > self.done {
            courier.append(self.logged.get(self.done..upto).unwrap_or_default())?;
            self.done = upto;
        }
        let policy = self.plan.policy;
        let answer = policy::answer(&self.case(), policy, Some(&self.prepared), At::same(t))?;
        let (law, election) = (&self.plan.loaded.law, &self.plan.loaded.election);
        let after = standing::standing(law, election, &self.evidence, At::same(t))?;
        let decided = self.decision.is_some();
        show(&Shown::Instant {
            at: t,
            before: self.before.as_ref(),
            after: &after,
            answer: &answer,
            decided,
        });
        self.before = Some(after);
        if decided {
            return self.watch(courier, t, &answer, show);
        }
        if let Some(found) = policy::decided(&self.case(), policy, &answer, t) {
            let body = take(self.plan, courier, &found, &self.prepared)?;
            show(&Shown::Decided(&body));
            self.decision = Some(body);
            self.renumber(courier)?;
        }
        Ok(())
    }

    /// A decision is single-use: what undoes its ground is told, nothing is taken back.
    fn watch(
        &mut self,
        courier: &mut Courier<'_>,
        t: Instant,
        answer: &Answer,
        show: &mut dyn FnMut(&Shown<'_>),
    ) -> Result<(), Error> {
        let Some(body) = self.decision.as_ref().filter(|d| self.overtaken.is_none() && !still_met(answer, d))
        else {
            return Ok(());
        };
        let office = telegram::OfficeId::parse(body.office.as_str())?;
        courier.tell(&Event::Overtaken { office, at: telegram::Instant(t.second()) })?;
        show(&Shown::Overtaken { at: t, answer });
        self.overtaken = Some(t);
        Ok(())
    }

    /// The decision and what followed stand in the record before the acts still to come.
    fn renumber(&mut self, courier: &Courier<'_>) -> Result<(), Error> {
        let next = entries_after(courier, &self.logged, self.done)?;
        let known = self.offset.saturating_add(u64::try_from(self.done).unwrap_or(0));
        let grown = next.saturating_sub(known);
        self.offset = self.offset.saturating_add(grown);
        for s in self.evidence.statements.iter_mut().skip(self.done) {
            s.index = s.index.saturating_add(grown);
        }
        Ok(())
    }
}

/// Persons a message is prepared for. Without any message nobody is left out: the policy is asked, nothing is released.
fn prepared(plan: &Plan<'_>, messages: &[Message]) -> BTreeSet<PersonId> {
    if messages.is_empty() {
        return persons_of(plan);
    }
    let persons = messages.iter().filter_map(|m| match &m.outcome {
        OutcomeText::Person(p) => Some(p.clone()),
        _ => None,
    });
    persons.collect()
}

/// Whether a policy still says what it said when it was decided.
fn still_met(answer: &Answer, decision: &DecisionBody) -> bool {
    let now = answer.outcome.as_ref().and_then(|o| OutcomeText::try_from(o).ok());
    answer.state == policy::State::Met && now.as_ref() == Some(&decision.outcome)
}

/// Entries the record has when the acts up to `done` and everything they led to are in it.
fn entries_after(courier: &Courier<'_>, logged: &[Logged], done: usize) -> Result<u64, Error> {
    let later: BTreeSet<&str> =
        logged.iter().skip(done).map(|l| l.signed.header.statement.as_str()).collect();
    let rows = courier.book.store().rows()?;
    let mut n = 0_u64;
    for row in &rows {
        let signed = signed_statement::from_entry(&row.entry)?;
        if !later.contains(signed.header.statement.as_str()) {
            n = n.saturating_add(1);
        }
    }
    Ok(n)
}

fn persons_of(plan: &Plan<'_>) -> BTreeSet<PersonId> {
    let office = plan.policy.office_in(&plan.loaded.law);
    let persons = plan.loaded.election.persons.values();
    persons.filter(|p| p.office == *office).map(|p| p.id.clone()).collect()
}

fn statements(election: &str, logged: &[Logged], offset: u64) -> Result<Vec<Statement>, Error> {
    let name = standing::AttesterId::try_from(history::ATTESTER)?;
    let names = BTreeMap::from([(history::key(Use::Attester).id(), name)]);
    let mut statements = Vec::new();
    for (n, l) in (offset..).zip(logged) {
        let body = l.opened.as_ref().map(|(_, b)| b);
        let statement = proof::logged_statement(election, n, &l.signed.header, body, &names);
        statements.extend(statement.map_err(|message| Error::WrongStore { message })?);
    }
    Ok(statements)
}

/// Takes a decision: its body, its id, and the one transaction. One taken before stands as it was taken.
fn take(
    plan: &Plan<'_>,
    courier: &mut Courier<'_>,
    found: &policy::Decision,
    prepared: &BTreeSet<PersonId>,
) -> Result<DecisionBody, Error> {
    if let Some(taken) = courier.book.store().decision(found.office.as_str())? {
        return Ok(record::canonical::from_canonical(taken.as_bytes(), "decision")?);
    }
    let root = root_at(courier.book.store(), found.record_size)?;
    let keys = BTreeSet::from([history::key(Use::Attester).id()]);
    let heads = (&plan.loaded.head, &plan.loaded.law_files);
    let election = &plan.loaded.election.id;
    let body = proof::decision_body(election, found, plan.policy, heads, &keys, prepared, root)?;
    let id = sha256(&record::canonical::to_canonical(&body)?);
    let refused = courier.decide(&body, id)?;
    courier.notes.extend(refused.iter().map(ToString::to_string));
    Ok(body)
}

/// The root of the first entries.
///
/// # Errors
/// The store cannot be read.
pub fn root_at(store: &Store, size: u64) -> Result<Digest, Error> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let rows = store.rows()?;
    let leaves: Vec<Digest> = rows.iter().take(size).map(|r| record::merkle::leaf_hash(&r.entry)).collect();
    Ok(record::merkle::root(&leaves))
}
