//! A desk that sends telegrams on a record under its own keys: drafts, approvals, holding, release, and the question
//! whether the policy is met.
//!
//! Everything it does goes through the one machine and the one `first_decision`. Refuses to decide for a person.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use policy::{Case, Policy};
use proof::{ApprovalBody, Body, OpeningText, OutcomeText};
use record::digest::{Digest, sha256};
use record::keyring::{KeyUse, Span};
use record::keys::KeyId;
use record::signed_statement::{Header, Salt, from_entry};
use standing::{AttesterId, Evidence, PersonId, Statement};
use telegram::{
    Approval, ApproverId, Command, Event, Opening, Outcome, Quorum, Reference, Refusal, Sha256Hex, Stage,
    State, Telegram, TelegramId, Terms,
};

use crate::book::Book;
use crate::clock::Clock;
use crate::courier::{Courier, machine_outcome};
use crate::error::Error;
use crate::folder::Loaded;
use crate::keychain::{self, Saying};
use crate::logbook::Logbook;
use crate::message::Message;
use crate::proofs;
use crate::replay;
use crate::steps::Steps;
use crate::store::entries;

/// What is to be official, and of what.
pub struct Brief<'a> {
    /// The election.
    pub loaded: &'a Loaded,
    /// The policy.
    pub policy: &'a Policy,
}

/// A courier on a record under own keys; the approvals of revoked keys are gone.
///
/// # Errors
/// The store cannot be read, or the record written.
pub fn open<'a>(
    logbook: &'a mut Logbook,
    decider: &str,
    election: &str,
    outbox: PathBuf,
    steps: &'a Steps,
) -> Result<Courier<'a>, Error> {
    open_at(logbook, decider, election, outbox, steps, Clock::System)
}

/// [`open`] by another clock.
///
/// # Errors
/// As [`open`].
pub fn open_at<'a>(
    logbook: &'a mut Logbook,
    decider: &str,
    election: &str,
    outbox: PathBuf,
    steps: &'a Steps,
    clock: Clock<'a>,
) -> Result<Courier<'a>, Error> {
    let book = Book::Own { logbook, decider: decider.to_owned() };
    let mut courier = Courier::start(book, nobody_yet()?, election, outbox, steps, clock.now()?)?;
    courier.clock = clock;
    renew_quorum(&mut courier)?;
    Ok(courier)
}

/// The approvals of keys that are not in force any more are gone.
///
/// # Errors
/// The record cannot be read or written.
pub fn renew_quorum(courier: &mut Courier<'_>) -> Result<(), Error> {
    let Book::Own { logbook, .. } = &courier.book else { return Err(not_own()) };
    let approvers = approvers(logbook)?;
    if courier.state.quorum.approvers() != &approvers {
        let quorum = courier.state.quorum.among(approvers);
        courier.tell(&Event::Quorum(quorum))?;
    }
    Ok(())
}

/// Until somebody says who must approve, nothing can be.
fn nobody_yet() -> Result<State, Error> {
    let nobody = BTreeSet::from([ApproverId::parse("nobody")?]);
    Ok(State::new(Quorum::new(1, nobody)?.among(BTreeSet::new())))
}

/// The machine's state of a record, to look at.
///
/// # Errors
/// The store cannot be read.
pub fn state(store: &crate::store::Store) -> Result<State, Error> {
    Ok(telegram::replay(nobody_yet()?, &store.events()?)?)
}

/// Who may approve now: a name and the beginning of the key, so that another key of the same name is another approver.
///
/// # Errors
/// The record failed before.
pub fn approvers(logbook: &Logbook) -> Result<BTreeSet<ApproverId>, Error> {
    let size = logbook.head()?.size;
    let in_force =
        |s: &&Span| s.key_use == KeyUse::Approver && logbook.desk.keyring.at(s.key.id(), size).is_some();
    let spans = logbook.desk.keyring.spans().iter().filter(in_force);
    spans.map(|s| approver(&s.name, s.key.id())).collect()
}

/// Those of the approvers in force whose key has this name.
///
/// # Errors
/// As [`approvers`].
pub fn approvers_of(logbook: &Logbook, name: &str) -> Result<BTreeSet<ApproverId>, Error> {
    let of_that_name = |a: &ApproverId| a.as_str().rsplit_once('.').is_some_and(|(of, _)| of == name);
    Ok(approvers(logbook)?.into_iter().filter(of_that_name).collect())
}

fn approver(name: &str, key: KeyId) -> Result<ApproverId, Error> {
    Ok(ApproverId::parse(&format!("{name}.{}", key.to_string().get(..8).unwrap_or_default()))?)
}

/// A message becomes a draft, or replaces one. Nothing is sealed that would be refused.
///
/// # Errors
/// A telegram that goes to nobody, or the store cannot be written.
pub fn draft(
    courier: &mut Courier<'_>,
    message: &Message,
    policy: Digest,
    (opening, corrects): (Opening, Option<TelegramId>),
) -> Result<Vec<Refusal>, Error> {
    let salt = Salt(keychain::random()?);
    let hex = |d: Digest| Sha256Hex::parse(&d.to_string());
    let telegram = Telegram {
        id: TelegramId::parse(&message.id)?,
        terms: Terms {
            office: telegram::OfficeId::parse(message.office.as_str())?,
            outcome: machine_outcome(&message.outcome)?,
            body: hex(message.body_digest(&salt)?)?,
            recipients: hex(message.recipients_digest(&salt)?)?,
            policy: hex(policy)?,
            opening,
            corrects,
        },
        recipients: u32::try_from(message.recipients.len()).unwrap_or(u32::MAX),
    };
    let there = courier.state.telegrams.contains_key(&telegram.id);
    let body = telegram.terms.body.clone();
    let event = if there { Event::Edit(telegram) } else { Event::Draft(telegram) };
    courier.draft(&event, message, &body, Some(Digest(salt.0)))
}

/// An approver signs a telegram as it reads; with a reason, that it go out without a decision.
///
/// # Errors
/// No such telegram or key, or the record cannot be written.
pub fn approve(
    courier: &mut Courier<'_>,
    id: &TelegramId,
    key: &str,
    reason: Option<Reference>,
) -> Result<Vec<Refusal>, Error> {
    let none = || telegram::Error::NoTelegram { telegram: id.clone() };
    let terms = courier.state.telegrams.get(id).ok_or_else(none)?.telegram.terms.clone();
    let Book::Own { logbook, .. } = &courier.book else { return Err(not_own()) };
    let signer = logbook.signer(Some(KeyUse::Approver), key)?;
    let by = approver(&signer.name, signer.key().id())?;
    let bound = approval_body(id, &terms, reason.as_ref())?;
    let approval = Approval { by: by.clone(), telegram: id.clone(), terms, without_decision: reason };
    let given = courier
        .state
        .telegrams
        .get(id)
        .into_iter()
        .flat_map(|e| [e.approvals.get(&by), e.overrides.get(&by)]);
    if given.flatten().any(|a| *a == approval) {
        return Ok(Vec::new());
    }
    let body = Body::Approval(bound);
    let bytes = [by.as_str().as_bytes(), b"\n", &record::canonical::to_canonical(&body)?].concat();
    let saying = Saying {
        statement: format!("approval:{}", sha256(&bytes).to_string().get(..32).unwrap_or_default()),
        subject: format!("{}:telegram", courier.election),
        known_at: courier.now.to_string(),
    };
    let signed = keychain::sign(signer, saying, &body)?;
    courier.tell_with(&Event::Approve(approval), vec![signed])
}

fn approval_body(id: &TelegramId, terms: &Terms, reason: Option<&Reference>) -> Result<ApprovalBody, Error> {
    let digest = |hex: &Sha256Hex| hex.as_str().parse::<Digest>().map_err(Error::Record);
    Ok(ApprovalBody {
        body: digest(&terms.body)?,
        corrects: terms.corrects.as_ref().map(ToString::to_string),
        office: standing::OfficeId::try_from(terms.office.as_str())?,
        opening: (terms.opening == Opening::Shares).then_some(OpeningText::Shares),
        outcome: crate::courier::outcome_text(&terms.outcome)?,
        policy: digest(&terms.policy)?,
        reason: reason.map(ToString::to_string),
        recipients: digest(&terms.recipients)?,
        telegram: id.to_string(),
    })
}

/// Holds approved drafts. Unless told `incomplete`, all of them or none, and none if an outcome the office can have would be
/// left without.
///
/// # Errors
/// An outcome without a telegram, words that are not those drafted, or the record cannot be written.
pub fn hold(
    courier: &mut Courier<'_>,
    brief: &Brief<'_>,
    ids: &[TelegramId],
    incomplete: bool,
) -> Result<Vec<Refusal>, Error> {
    let (mut trial, mut refused) = (courier.state.clone(), Vec::new());
    for id in ids {
        readable(courier, id)?;
        let commands = telegram::advance(&mut trial, &Event::Hold { telegram: id.clone() })?;
        refused.extend(commands.into_iter().filter_map(|c| match c {
            Command::Refuse(why) => Some(why),
            _ => None,
        }));
    }
    if !refused.is_empty() && !incomplete {
        return Ok(refused);
    }
    let missing = uncovered(&trial, brief)?;
    if !missing.is_empty() && !incomplete {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let message = format!(
            "nothing is held: no telegram for {}; draft one for each, or say --incomplete",
            missing.join(", ")
        );
        return Err(Error::Usage { message });
    }
    let mut refused = Vec::new();
    for id in ids {
        refused.extend(courier.hold(id)?);
    }
    Ok(refused)
}

/// Whether a draft can be opened here, and those who are to have shares of its key can get them.
fn readable(courier: &Courier<'_>, id: &TelegramId) -> Result<(), Error> {
    let entry = courier.state.telegrams.get(id);
    if entry.is_some_and(|e| e.shares.is_some()) {
        return Ok(());
    }
    if entry.is_some_and(|e| e.telegram.terms.opening == Opening::Shares) {
        courier.holders()?;
    }
    courier.words(id).map(drop)
}

/// The outcomes an office can have of which a telegram can speak.
///
/// # Errors
/// A person's id the machine does not accept.
pub fn outcomes(brief: &Brief<'_>) -> Result<Vec<Outcome>, Error> {
    let office = brief.policy.office_in(&brief.loaded.law);
    let mut outcomes = vec![Outcome::Nobody, Outcome::Annulled];
    for person in brief.loaded.election.persons.values().filter(|p| p.office == *office) {
        outcomes.push(Outcome::Person(telegram::PersonId::parse(person.id.as_str())?));
    }
    Ok(outcomes)
}

/// The outcomes the office can have for which no telegram is held that a decision of the policy would release.
fn uncovered(state: &State, brief: &Brief<'_>) -> Result<Vec<Outcome>, Error> {
    let office = brief.policy.office_in(&brief.loaded.law);
    let outcomes = outcomes(brief)?;
    let policy = Sha256Hex::parse(&proof::policy_digest(brief.policy)?.to_string())?;
    let office = telegram::OfficeId::parse(office.as_str())?;
    Ok(telegram::missing_outcomes(state, &office, &policy, &outcomes))
}

/// Whether the policy is met now on what is in the record; if so, the decision and whatever it releases. After it,
/// whether later acts undid its ground.
///
/// # Errors
/// A statement of this election without its body, or the record cannot be written.
pub fn evaluate(
    courier: &mut Courier<'_>,
    brief: &Brief<'_>,
    seen: &mut Seen,
) -> Result<Vec<Refusal>, Error> {
    let office = brief.policy.office_in(&brief.loaded.law);
    let earliest = read_on(courier, seen)?;
    let evidence = &seen.evidence;
    let case = Case { law: &brief.loaded.law, election: &brief.loaded.election, evidence, past: None };
    let (now, prepared) = (courier.now, prepared(&courier.state, brief));
    let office_id = telegram::OfficeId::parse(office.as_str())?;
    if let Some(ruling) = courier.state.rulings.get(&office_id) {
        let answer = policy::answer(&case, brief.policy, Some(&prepared), standing::At::same(now))?;
        let said = answer.outcome.as_ref().and_then(|o| OutcomeText::try_from(o).ok());
        let stands = answer.state == policy::State::Met
            && said.map(|o| machine_outcome(&o)).transpose()? == Some(ruling.decision.outcome.clone());
        if stands || ruling.overtaken.is_some() {
            return Ok(Vec::new());
        }
        return courier.tell(&Event::Overtaken { office: office_id, at: telegram::Instant(now.second()) });
    }
    let before = seen.asked.take().filter(|(_, then)| *then == prepared);
    let from = before.map(|(until, _)| earliest.map_or(until, |earliest| until.min(earliest)));
    let Some(found) = policy::decision_between(&case, brief.policy, Some(&prepared), (from, now))? else {
        seen.asked = Some((now, prepared));
        return Ok(Vec::new());
    };
    let root = replay::root_at(courier.book.store(), found.record_size)?;
    // A key added later has signed nothing of what is decided on.
    let keys =
        seen.since.iter().filter(|(_, from)| **from < found.record_size).map(|(key, _)| *key).collect();
    let heads = (&brief.loaded.head, &brief.loaded.law_files);
    let body = proof::decision_body(&courier.election, &found, brief.policy, heads, &keys, &prepared, root)?;
    let id = sha256(&record::canonical::to_canonical(&body)?);
    courier.grounds = Some(proofs::grounds(brief)?);
    courier.decide(&body, id)
}

/// The acts of the election in the record. `seen` is another than that of [`evaluate`], which would miss that they are new.
///
/// # Errors
/// A statement of this election without its body.
pub fn acts<'s>(courier: &Courier<'_>, seen: &'s mut Seen) -> Result<&'s Evidence, Error> {
    read_on(courier, seen)?;
    Ok(&seen.evidence)
}

/// The persons a telegram is held for; before a decision that is what the policy is asked about.
fn prepared(state: &State, brief: &Brief<'_>) -> BTreeSet<PersonId> {
    let office = brief.policy.office_in(&brief.loaded.law);
    let held = state.telegrams.values().filter(|e| {
        e.held && e.stage != Stage::Withdrawn && e.telegram.terms.office.as_str() == office.as_str()
    });
    held.filter_map(|e| match &e.telegram.terms.outcome {
        Outcome::Person(p) => PersonId::try_from(p.as_str()).ok(),
        Outcome::Nobody | Outcome::Annulled => None,
    })
    .collect()
}

/// What a desk has read of the record, and what it asked about it; one that stays open keeps it between two questions.
#[derive(Default)]
pub struct Seen {
    evidence: Evidence,
    names: BTreeMap<KeyId, AttesterId>,
    /// From which entry on each may attest.
    since: BTreeMap<KeyId, u64>,
    /// The first entry not read yet.
    next: u64,
    /// Until when nothing was decided, for which persons prepared.
    asked: Option<(standing::Instant, BTreeSet<PersonId>)>,
}

/// Reads the acts of the election that came since, and says when the first of them was known. Other attesters make
/// everything be read again.
fn read_on(courier: &Courier<'_>, seen: &mut Seen) -> Result<Option<standing::Instant>, Error> {
    let Book::Own { logbook, .. } = &courier.book else { return Err(not_own()) };
    let (mut names, mut since) = (BTreeMap::new(), BTreeMap::new());
    for span in logbook.desk.keyring.spans().iter().filter(|s| s.key_use == KeyUse::Attester) {
        since.insert(span.key.id(), span.from);
        names.insert(span.key.id(), AttesterId::try_from(span.name.as_str())?);
    }
    if names != seen.names {
        let enrolled = names.values().cloned().collect();
        let evidence = Evidence { statements: Vec::new(), enrolled };
        *seen = Seen { evidence, names, ..Seen::default() };
    }
    seen.since = since;
    let size = logbook.head()?.size;
    let mut new: Vec<Statement> = Vec::new();
    logbook.store.each_row(seen.next, size, &mut |row| {
        let header: Header = from_entry(&row.entry)?.header;
        if header.subject != courier.election {
            return Ok(());
        }
        let opened = entries::logged(&row)?.opened;
        let body = opened.as_ref().map(|(_, body)| body);
        let statement = proof::logged_statement(&courier.election, row.index, &header, body, &seen.names);
        new.extend(statement.map_err(|message| Error::WrongStore { message })?);
        Ok(())
    })?;
    seen.next = size;
    let earliest = new.iter().map(|s| s.known_at).min();
    seen.evidence.statements.extend(new);
    Ok(earliest)
}

fn not_own() -> Error {
    Error::WrongStore {
        message: "the record of a replay takes no approvals; `record init` founds one that does".into(),
    }
}
