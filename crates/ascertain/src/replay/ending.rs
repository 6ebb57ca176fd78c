//! What a replay leaves: the state of every telegram, both proofs, and a trust file where none is built in.

use std::path::PathBuf;

use policy::Answer;
use proof::{DecisionBody, Kind, Logged, OutcomeText};
use standing::Instant;
use telegram::{Stage, TelegramId};

use crate::courier::{self, Courier};
use crate::error::Error;
use crate::message::Message;
use crate::replay::Plan;
use crate::replay::place::{BRIEF, PROOF, TRUST};
use crate::store::outbox::OutboxRow;
use crate::store::{Store, entries};
use crate::{folder, history};

/// How a replay ended.
pub struct Ended {
    /// The last answer.
    pub answer: Answer,
    /// The last instant looked at.
    pub as_of: Instant,
    /// The decision.
    pub decision: Option<DecisionBody>,
    /// Since when later acts undo the ground of the decision, if they do.
    pub overtaken: Option<Instant>,
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

/// Writes the files of a replay that has come to its last instant.
///
/// # Errors
/// A file or the store fails.
pub fn end(
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
        overtaken: None,
        telegrams,
        proof: None,
        brief: None,
        trust: None,
        notes: std::mem::take(&mut courier.notes),
    };
    let head = proof::files_digest(&plan.loaded.head)?;
    if let Some(body) = decision.as_ref().filter(|d| d.election_sha256 != head) {
        // The proof carries the head as it was; the one written then stays.
        ended.proof = Some(plan.out.join(PROOF)).filter(|p| p.exists());
        ended.decision = Some(body.clone());
    } else if let Some(body) = decision {
        for (kind, name) in [(Kind::Full, PROOF), (Kind::Brief, BRIEF)] {
            let path = plan.out.join(name);
            let bytes = proof_bytes(plan, courier.book.store(), &body, kind)?;
            // What rests on rulings needs the papers they ruled on, which a brief proof does not carry.
            if kind == Kind::Brief && proof::verify(&bytes, None).verdict == proof::Verdict::DoesNotHold {
                let left = "no brief proof: this decision does not follow from the statements it relies on alone; the full proof has the rest";
                ended.notes.push(left.into());
                continue;
            }
            folder::write_whole(&path, &bytes)?;
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
        store.rows()?.iter().take(size).map(entries::logged).collect::<Result<_, _>>()?;
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
        Some(Stage::Held | Stage::Ready { .. } | Stage::Releasing { .. }) => ("held", None),
        Some(Stage::Released { at, .. }) => ("released", Some(Instant::from_second(at.0)?)),
        Some(Stage::Void { .. }) => ("void", None),
        Some(Stage::Withdrawn) => ("withdrawn", None),
        Some(Stage::Drafted | Stage::Approved) | None => ("drafted", None),
    };
    let recipients = recipients(courier.book.store(), &id, state == "released")?;
    let name = entry.map(|e| crate::seal::name(&id, &e.telegram.terms.body)).unwrap_or_default();
    let key = crate::seal::has_key(&courier.book.store().keys(), &name);
    Ok(TelegramRow { id: m.id.clone(), outcome: m.outcome.clone(), state, released_at, recipients, key })
}

/// How far a telegram has come with each recipient; nobody's business before it is out.
///
/// # Errors
/// The store cannot be read.
pub fn recipients(store: &Store, id: &TelegramId, released: bool) -> Result<Vec<(String, String)>, Error> {
    if !released {
        return Ok(Vec::new());
    }
    let words = |row: OutboxRow| (row.recipient.to_string(), progress(&row.sending.progress));
    Ok(store.sendings(id)?.into_iter().map(words).collect())
}

/// A recipient's progress in words.
fn progress(p: &telegram::Progress) -> String {
    match p {
        telegram::Progress::Pending { .. } => "pending".into(),
        telegram::Progress::Attempting { attempt, .. } => format!("attempt {}", attempt.0),
        telegram::Progress::Acknowledged { reference } => format!("acknowledged: {reference}"),
        telegram::Progress::Undeliverable { .. } => "undeliverable".into(),
        telegram::Progress::InDoubt { .. } => "in doubt".into(),
    }
}
