//! The road, end to end: statements into the record, the policy at every
//! instant at which anything can change, one decision, one release, one proof.
//!
//! Resumes where a killed run stopped: everything that matters is in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use policy::{Answer, Case, Policy};
use proof::{ApprovalBody, Body, DecisionBody, Kind, Logged, OutcomeText};
use record::digest::{Digest, sha256};
use record::signed_statement::{self};
use standing::{ActLine, At, Evidence, Instant, PersonId, Standing, Statement};
use telegram::{Approval, ApproverId, Event, Quorum, Sha256Hex, Stage, State, TelegramId};

use crate::courier::{self, Courier};
use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::history::{self, Use};
use crate::message::{self, Message};
use crate::sequencer::Sequencer;
use crate::steps::Steps;
use crate::store::{self, Store};

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
}

/// How a replay ended.
pub struct Ended {
    /// The last answer.
    pub answer: Answer,
    /// The last instant looked at.
    pub as_of: Instant,
    /// The decision.
    pub decision: Option<DecisionBody>,
    /// Every telegram: id, outcome, state, when released.
    pub telegrams: Vec<TelegramRow>,
    /// The proof file.
    pub proof: Option<PathBuf>,
    /// The brief proof file.
    pub brief: Option<PathBuf>,
    /// The trust file, where the program has none built in.
    pub trust: Option<PathBuf>,
    /// What a person should look at.
    pub notes: Vec<String>,
}

/// A telegram as shown at the end.
pub struct TelegramRow {
    /// Its id.
    pub id: String,
    /// Its outcome.
    pub outcome: OutcomeText,
    /// `held`, `released`, `void`, `withdrawn` or `drafted`.
    pub state: &'static str,
    /// When it was released.
    pub released_at: Option<Instant>,
    /// Recipients and what became of each.
    pub recipients: Vec<(String, String)>,
    /// Whether its key is still there.
    pub key: bool,
}

const APPROVERS: [u8; 2] = [1, 2];

/// Runs a replay; `show` is called in order of time.
///
/// # Errors
/// Files, store or outbox.
pub fn replay(plan: &Plan<'_>, show: &mut dyn FnMut(&Shown<'_>)) -> Result<Ended, Error> {
    let (election, law) = (&plan.loaded.election, &plan.loaded.law);
    let messages: Vec<Message> = message::messages(&plan.loaded.messages, election, law)?
        .into_iter()
        .filter(|m| m.office == plan.policy.office)
        .collect();
    let policy_sha256 = proof::policy_digest(plan.policy)?;
    let mut store = open_store(plan, &policy_sha256)?;
    let mut sequencer = Sequencer::start(&store, history::origin(&election.id), history::key(Use::Log))?;
    let start = first_instant(plan.loaded)?;
    let outbox = plan.out.join("outbox");
    let state = State::new(quorum()?);
    let mut courier =
        Courier::start(&mut store, &mut sequencer, state, &election.id, outbox, plan.steps, start)?;
    courier.tell(&Event::Restarted)?;
    for m in &messages {
        hold(&mut courier, m, policy_sha256)?;
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

/// The two demonstration approvers of replays.
///
/// # Errors
/// Never: their names are fixed.
pub fn quorum() -> Result<Quorum, Error> {
    let approvers: Result<BTreeSet<ApproverId>, _> = APPROVERS.iter().map(|n| approver(*n)).collect();
    Ok(Quorum::new(APPROVERS.len(), approvers?)?)
}

fn approver(n: u8) -> Result<ApproverId, Error> {
    Ok(ApproverId::parse(&format!("demonstration-approver-{n}"))?)
}

fn open_store(plan: &Plan<'_>, policy: &Digest) -> Result<Store, Error> {
    if !plan.kept {
        clear(plan.data, plan.out)?;
    }
    let store = Store::open(plan.data)?;
    if !plan.kept {
        store.scratch()?;
    }
    let acts: Vec<&ActLine> = plan.loaded.acts.iter().collect();
    let inputs = (&plan.loaded.head, &plan.loaded.law_files, &plan.loaded.messages, acts);
    let inputs = sha256(&serde_json::to_vec(&inputs)?).to_string();
    let wanted =
        [("election", plan.loaded.election.id.clone()), ("policy", policy.to_string()), ("inputs", inputs)];
    for (name, value) in wanted {
        let found = store.meta_once(name, &value)?;
        if found != value {
            let message = format!(
                "{}: the store was begun with another {name} ({found}, now {value}); name another --data folder",
                plan.data.display()
            );
            return Err(Error::WrongStore { message });
        }
    }
    Ok(store)
}

/// Removes what an earlier replay left in a scratch place, and nothing else.
fn clear(data: &Path, out: &Path) -> Result<(), Error> {
    let remove = |path: PathBuf| match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path, doing: "cannot be removed", source: e })
        }
        _ => Ok(()),
    };
    for suffix in ["", "-wal", "-shm"] {
        remove(data.join(format!("{}{suffix}", store::FILE)))?;
    }
    for (folder, ending) in [(data.join("keys"), "key"), (out.join("outbox"), "eml")] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == ending) {
                remove(path)?;
            }
        }
    }
    [PROOF, BRIEF, TRUST].into_iter().try_for_each(|name| remove(out.join(name)))
}

/// Names of the files a replay leaves.
pub const PROOF: &str = "decision.proof";
const BRIEF: &str = "decision.brief.proof";
const TRUST: &str = "trust.toml";

/// Draft, approvals, seal, hold: each durable, each passed over if it was done before.
fn hold(courier: &mut Courier<'_>, m: &Message, policy: Digest) -> Result<(), Error> {
    let election = courier.election.clone();
    let salt = history::salt(&election, &format!("telegram:{}", m.id));
    let (body, recipients) = (m.body_digest(&salt)?, m.recipients_digest(&salt)?);
    let id = TelegramId::parse(&m.id)?;
    let hex = |d: Digest| Sha256Hex::parse(&d.to_string());
    let outcome = courier::machine_outcome(&m.outcome)?;
    if !courier.state.telegrams.contains_key(&id) {
        let mut deliveries = Vec::new();
        for r in &m.recipients {
            let recipient = telegram::RecipientId::parse(&r.id)?;
            deliveries.push(telegram::Delivery { recipient, channel: r.channel });
        }
        let telegram = telegram::Telegram {
            id: id.clone(),
            office: telegram::OfficeId::parse(m.office.as_str())?,
            outcome: outcome.clone(),
            body: hex(body)?,
            recipients: hex(recipients)?,
            policy: hex(policy)?,
            deliveries,
        };
        courier.tell(&Event::Draft(telegram))?;
    }
    for n in APPROVERS {
        let bound = ApprovalBody {
            body,
            office: m.office.clone(),
            outcome: m.outcome.clone(),
            policy,
            recipients,
            telegram: m.id.clone(),
        };
        approve(courier, n, bound, outcome.clone())?;
    }
    let stage = courier.state.telegrams.get(&id).map(|e| e.stage.clone());
    if matches!(stage, Some(Stage::Drafted | Stage::Approved)) {
        courier.seal(m)?;
        courier.steps.step("after a body is sealed");
        courier.tell(&Event::Hold { telegram: id })?;
    }
    Ok(())
}

/// An approver signs; the signature is checked and recorded before it counts.
fn approve(
    courier: &mut Courier<'_>,
    n: u8,
    bound: ApprovalBody,
    outcome: telegram::Outcome,
) -> Result<(), Error> {
    let (election, id) = (courier.election.clone(), TelegramId::parse(&bound.telegram)?);
    let by = approver(n)?;
    if courier.state.telegrams.get(&id).is_some_and(|e| e.approvals.contains_key(&by)) {
        return Ok(());
    }
    let statement = format!("telegram:{id}:approval:{n}");
    let subject = format!("{election}:telegram");
    let hex = |d: Digest| Sha256Hex::parse(&d.to_string());
    let approval = Approval {
        by,
        telegram: id,
        body: hex(bound.body)?,
        recipients: hex(bound.recipients)?,
        outcome,
        policy: hex(bound.policy)?,
    };
    let body = Body::Approval(bound);
    let made =
        history::make(&election, &subject, &statement, courier.now.to_string(), body, Use::Approver(n))?;
    signed_statement::verify_signature(&made.signed, &history::key(Use::Approver(n)).verifying_key())?;
    courier.append(&[Logged { signed: made.signed, opened: Some((made.salt, made.body)) }])?;
    courier.tell(&Event::Approve(approval)).map(drop)
}

fn run(
    plan: &Plan<'_>,
    courier: &mut Courier<'_>,
    messages: &[Message],
    show: &mut dyn FnMut(&Shown<'_>),
) -> Result<Ended, Error> {
    let (election, law) = (&plan.loaded.election, &plan.loaded.law);
    let per_message = u64::try_from(APPROVERS.len()).unwrap_or(0).saturating_add(1);
    let mut offset = u64::try_from(messages.len()).unwrap_or(0).saturating_mul(per_message);
    let prepared: BTreeSet<PersonId> = messages
        .iter()
        .filter_map(|m| match &m.outcome {
            OutcomeText::Person(p) => Some(p.clone()),
            _ => None,
        })
        .collect();
    // Without any message nobody is left out: the policy is asked, nothing is released.
    let prepared = if messages.is_empty() { persons_of(plan) } else { prepared };
    let made =
        plan.loaded.acts.iter().map(|l| history::make_act(&election.id, l)).collect::<Result<Vec<_>, _>>()?;
    let logged: Vec<Logged> =
        made.into_iter().map(|m| Logged { signed: m.signed, opened: Some((m.salt, m.body)) }).collect();
    let mut evidence =
        Evidence { statements: statements(&election.id, &logged, offset)?, enrolled: history::enrolled()? };
    let instants = {
        let case = Case { law, election, evidence: &evidence };
        policy::instants(&case, plan.policy)
    };
    let last = plan.as_of.or_else(|| instants.last().copied()).unwrap_or(courier.now);
    let mut decision: Option<DecisionBody> = None;
    let mut before: Option<Standing> = None;
    let mut done = 0_usize;
    for t in instants.into_iter().filter(|t| *t <= last) {
        courier.now = t;
        let upto = evidence.statements.iter().take_while(|s| s.known_at <= t).count();
        if upto > done {
            courier.append(logged.get(done..upto).unwrap_or_default())?;
            done = upto;
        }
        let case = Case { law, election, evidence: &evidence };
        let answer = policy::answer(&case, plan.policy, Some(&prepared), At::same(t))?;
        let after = standing::standing(law, election, &evidence, At::same(t))?;
        let decided = decision.is_some();
        show(&Shown::Instant { at: t, before: before.as_ref(), after: &after, answer: &answer, decided });
        before = Some(after);
        if !decided && let Some(found) = policy::decided(&case, plan.policy, &answer, t) {
            let body = take(plan, courier, &found, &prepared)?;
            show(&Shown::Decided(&body));
            decision = Some(body);
            let next = entries_after(courier, &logged, done)?;
            let grown = next.saturating_sub(offset.saturating_add(u64::try_from(done).unwrap_or(0)));
            offset = offset.saturating_add(grown);
            for s in evidence.statements.iter_mut().skip(done) {
                s.index = s.index.saturating_add(grown);
            }
        }
    }
    let case = Case { law, election, evidence: &evidence };
    let answer = policy::answer(&case, plan.policy, Some(&prepared), At::same(last))?;
    end(plan, courier, messages, answer, last, decision)
}

/// Entries the record has when the acts up to `done` and everything they led to are in it.
fn entries_after(courier: &Courier<'_>, logged: &[Logged], done: usize) -> Result<u64, Error> {
    let later: BTreeSet<&str> =
        logged.iter().skip(done).map(|l| l.signed.header.statement.as_str()).collect();
    let rows = courier.store.rows()?;
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
    let persons = plan.loaded.election.persons.values();
    persons.filter(|p| p.office == plan.policy.office).map(|p| p.id.clone()).collect()
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

/// Takes a decision: its body, its id, and the one transaction.
fn take(
    plan: &Plan<'_>,
    courier: &mut Courier<'_>,
    found: &policy::Decision,
    prepared: &BTreeSet<PersonId>,
) -> Result<DecisionBody, Error> {
    let root = root_at(courier.store, found.record_size)?;
    let keys = BTreeSet::from([history::key(Use::Attester).id()]);
    let heads = (&plan.loaded.head, &plan.loaded.law_files);
    let election = &plan.loaded.election.id;
    let body = proof::decision_body(election, found, plan.policy, heads, &keys, prepared, root)?;
    let id = sha256(&record::canonical::to_canonical(&body)?);
    let refused = courier.decide(&body, id)?;
    courier.notes.extend(refused.iter().map(ToString::to_string));
    Ok(body)
}

fn root_at(store: &Store, size: u64) -> Result<Digest, Error> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let rows = store.rows()?;
    let leaves: Vec<Digest> = rows.iter().take(size).map(|r| record::merkle::leaf_hash(&r.entry)).collect();
    Ok(record::merkle::root(&leaves))
}

fn end(
    plan: &Plan<'_>,
    courier: &mut Courier<'_>,
    messages: &[Message],
    answer: Answer,
    as_of: Instant,
    decision: Option<DecisionBody>,
) -> Result<Ended, Error> {
    let telegrams = messages.iter().map(|m| row(courier, m)).collect::<Result<_, Error>>()?;
    let mut ended = Ended {
        answer,
        as_of,
        decision: None,
        telegrams,
        proof: None,
        brief: None,
        trust: None,
        notes: std::mem::take(&mut courier.notes),
    };
    if let Some(body) = decision {
        for (kind, name) in [(Kind::Full, PROOF), (Kind::Brief, BRIEF)] {
            let path = plan.out.join(name);
            folder::write_whole(&path, &proof_bytes(plan, courier.store, &body, kind)?)?;
            match kind {
                Kind::Full => ended.proof = Some(path),
                Kind::Brief => ended.brief = Some(path),
            }
        }
        if !plan.loaded.shipped {
            let path = plan.out.join(TRUST);
            let text = proof::trust_to_toml(&history::trust(plan.loaded)?)?;
            folder::write_whole(&path, text.as_bytes())?;
            ended.trust = Some(path);
        }
        ended.decision = Some(body);
    }
    Ok(ended)
}

fn proof_bytes(plan: &Plan<'_>, store: &Store, body: &DecisionBody, kind: Kind) -> Result<Vec<u8>, Error> {
    let size = usize::try_from(body.record_size).unwrap_or(usize::MAX);
    let entries: Vec<Logged> =
        store.rows()?.iter().take(size).map(store::logged).collect::<Result<_, _>>()?;
    let missing =
        Error::WrongStore { message: format!("no checkpoint of size {} is stored", body.record_size) };
    let checkpoint = store.checkpoint(body.record_size)?.ok_or(missing)?;
    let checkpoint = String::from_utf8_lossy(&checkpoint).into_owned();
    let decision = courier::decision_statement(&body.election, body)?;
    let salt = history::salt(&body.election, &decision.signed.header.statement);
    let heads = (&plan.loaded.head, &plan.loaded.law_files);
    let claims = history::claims(&body.election)?;
    let decision = (&decision.signed, &salt, body);
    Ok(proof::build(kind, claims, checkpoint, decision, plan.policy, heads, &entries)?)
}

fn row(courier: &Courier<'_>, m: &Message) -> Result<TelegramRow, Error> {
    let id = TelegramId::parse(&m.id)?;
    let entry = courier.state.telegrams.get(&id);
    let (state, released_at) = match entry.map(|e| &e.stage) {
        Some(Stage::Held) => ("held", None),
        Some(Stage::Released { at, .. }) => ("released", Some(Instant::from_second(at.0)?)),
        Some(Stage::Void { .. }) => ("void", None),
        Some(Stage::Withdrawn) => ("withdrawn", None),
        Some(Stage::Drafted | Stage::Approved) | None => ("drafted", None),
    };
    let sendings = entry.map(|e| e.sendings.clone()).unwrap_or_default();
    let recipients = sendings.into_iter().map(|(r, s)| (r.to_string(), progress(&s.progress))).collect();
    let key = crate::seal::has_key(&courier.store.keys(), &m.id);
    Ok(TelegramRow { id: m.id.clone(), outcome: m.outcome.clone(), state, released_at, recipients, key })
}

/// A recipient's progress in words.
#[must_use]
pub fn progress(p: &telegram::Progress) -> String {
    match p {
        telegram::Progress::Pending { .. } => "pending".into(),
        telegram::Progress::Attempting { attempt, .. } => format!("attempt {}", attempt.0),
        telegram::Progress::Acknowledged { reference } => format!("acknowledged: {reference}"),
        telegram::Progress::Undeliverable { .. } => "undeliverable".into(),
        telegram::Progress::InDoubt { .. } => "in doubt".into(),
    }
}
