//! What happened to decisions and telegrams, as statements of the decider.
//!
//! Refuses to name a recipient.

use proof::{Body, DecisionBody, DeliveriesBody, Logged, OutcomeText, TelegramBody, TelegramState};
use record::digest::{Digest, sha256};
use record::signed_statement::Salt;
use telegram::{Ground, Happening, Progress, State};

use super::Courier;
use crate::book::Book;
use crate::error::Error;
use crate::history::{self, Use};
use crate::keychain::Saying;
use crate::message;
use crate::sequencer::Packed;
use crate::store::outbox::{self, OutboxRow};

impl Courier<'_> {
    /// The statement by which what happened goes into the record; recipients never appear in it.
    pub(super) fn statement(&mut self, next: &State, happened: &Happening) -> Result<Option<Packed>, Error> {
        let (id, state, ground) = match happened {
            Happening::Decided { .. } => {
                return self.decision.clone().map(|d| self.decision_statement(&d)).transpose();
            }
            Happening::Held { telegram } => (telegram, TelegramState::Held, None),
            Happening::Ready { telegram, decision } => {
                (telegram, TelegramState::Ready, Some(Ground::Decision(decision.clone())))
            }
            Happening::Released { telegram, ground } => {
                (telegram, TelegramState::Released, Some(ground.clone()))
            }
            Happening::Voided { telegram, ground } => (telegram, TelegramState::Void, Some(ground.clone())),
            Happening::Withdrawn { telegram } => (telegram, TelegramState::Withdrawn, None),
            // A history's record has ended by then, and its bytes are fixed.
            Happening::KeyDestroyed { telegram } if matches!(self.book, Book::Own { .. }) => {
                (telegram, TelegramState::KeyDestroyed, None)
            }
            Happening::Found { finding, .. } => {
                self.notes.push(finding.to_string());
                return Ok(None);
            }
            Happening::KeyDestroyed { .. } | Happening::Overtaken { .. } => return Ok(None),
        };
        let Some(entry) = next.telegrams.get(id) else { return Ok(None) };
        let body = telegram_body(&entry.telegram, state, ground.as_ref())?;
        let name = serde_json::to_string(&state)?;
        let saying = Saying {
            statement: format!("telegram:{id}:{}", name.trim_matches('"').replace('_', "-")),
            subject: format!("{}:telegram", self.election),
            known_at: self.now.to_string(),
        };
        self.book.sign(saying, Body::Telegram(body)).map(Some)
    }

    /// Tells the record of sendings that came to an end, of one telegram, if there are at least so many. Says whether it did.
    ///
    /// # Errors
    /// As [`Courier::tell`].
    pub fn tell_outcomes(&mut self, least: usize) -> Result<bool, Error> {
        if matches!(self.book, Book::History { .. }) {
            return Ok(false);
        }
        let mut ended = match self.ended.take() {
            Some(ended) => ended,
            None => self.book.store().untold()?,
        };
        let first = ended.first().filter(|_| ended.len() >= least).map(|row| row.telegram.clone());
        let Some(telegram) = first else {
            self.ended = Some(ended);
            return Ok(false);
        };
        let (mut rows, mut later) = (Vec::new(), Vec::new());
        for row in ended.drain(..) {
            let with = row.telegram == telegram && rows.len() < TOLD_AT_ONCE;
            if with { rows.push(row) } else { later.push(row) }
        }
        self.ended = Some(later);
        self.open(&telegram)?;
        let salt = self.opened.get(&telegram).and_then(|o| o.salt).map(|salt| Salt(salt.0));
        let Some(salt) = salt else {
            self.book.write(&[], |t| outbox::told(t, &rows))?;
            return Ok(true);
        };
        let mut told = DeliveriesBody {
            acknowledged: 0,
            ended: Vec::with_capacity(rows.len()),
            in_doubt: 0,
            telegram: telegram.to_string(),
            undeliverable: 0,
        };
        rows.iter().try_for_each(|row| count(&mut told, row, &salt))?;
        let digest = sha256(&told.ended.iter().flat_map(|d| d.0).collect::<Vec<u8>>()).to_string();
        let saying = Saying {
            statement: format!("deliveries:{}", digest.get(..32).unwrap_or_default()),
            subject: format!("{}:telegram", self.election),
            known_at: self.now.to_string(),
        };
        let packed = self.book.sign(saying, Body::Deliveries(told))?;
        self.book.write(&[packed], |t| outbox::told(t, &rows))?;
        Ok(true)
    }

    fn decision_statement(&self, d: &DecisionBody) -> Result<Packed, Error> {
        let saying = decision_saying(&self.election, d);
        self.book.sign(saying, Body::Decision(Box::new(d.clone())))
    }
}

fn telegram_body(
    t: &telegram::Telegram,
    state: TelegramState,
    ground: Option<&Ground>,
) -> Result<TelegramBody, Error> {
    let digest = |hex: &telegram::Sha256Hex| hex.as_str().parse::<Digest>().map_err(Error::Record);
    let (decision, reason) = match ground {
        Some(Ground::Decision(id)) => (Some(digest(id)?), None),
        Some(Ground::Override { reason, .. }) => (None, Some(reason.to_string())),
        Some(Ground::Correction { .. }) | None => (None, None),
    };
    Ok(TelegramBody {
        body: digest(&t.terms.body)?,
        corrects: t.terms.corrects.as_ref().map(ToString::to_string),
        decision,
        office: standing::OfficeId::try_from(t.terms.office.as_str())?,
        outcome: outcome_text(&t.terms.outcome)?,
        policy: digest(&t.terms.policy)?,
        reason,
        recipients: digest(&t.terms.recipients)?,
        state,
        telegram: t.id.to_string(),
    })
}

fn count(told: &mut DeliveriesBody, row: &OutboxRow, salt: &Salt) -> Result<(), Error> {
    let (count, ending, attempt, answer) = match &row.sending.progress {
        Progress::Acknowledged { reference } => {
            (&mut told.acknowledged, "acknowledged", 0, reference.as_str())
        }
        Progress::Undeliverable { attempt, .. } => (&mut told.undeliverable, "undeliverable", attempt.0, ""),
        Progress::InDoubt { attempt } => (&mut told.in_doubt, "in_doubt", attempt.0, ""),
        // Sent again since.
        Progress::Pending { .. } | Progress::Attempting { .. } => return Ok(()),
    };
    *count = count.saturating_add(1);
    told.ended.push(message::digest_of(salt, &(row.recipient.as_str(), ending, attempt, answer))?);
    Ok(())
}

/// Endings in one statement.
const TOLD_AT_ONCE: usize = 1_000;

fn decision_saying(election: &str, d: &DecisionBody) -> Saying {
    Saying {
        statement: decision_name(d),
        subject: proof::subject_of_decisions(election),
        known_at: d.at.to_string(),
    }
}

/// The id of a decision's statement.
#[must_use]
pub fn decision_name(d: &DecisionBody) -> String {
    format!("decision:{}", d.office.as_str().replace('_', "-"))
}

/// The signed decision.
///
/// # Errors
/// Only if the encoder fails.
pub fn decision_statement(election: &str, d: &DecisionBody) -> Result<Logged, Error> {
    let Saying { statement, subject, known_at } = decision_saying(election, d);
    let body = Body::Decision(Box::new(d.clone()));
    let made = history::make(election, &subject, &statement, known_at, body, Use::Decider)?;
    Ok(Logged { signed: made.signed, opened: Some((made.salt, made.body)) })
}

/// An outcome as the machine names it.
///
/// # Errors
/// A person's id the machine does not accept.
pub fn machine_outcome(o: &OutcomeText) -> Result<telegram::Outcome, Error> {
    Ok(match o {
        OutcomeText::Person(p) => telegram::Outcome::Person(telegram::PersonId::parse(p.as_str())?),
        OutcomeText::Nobody => telegram::Outcome::Nobody,
        OutcomeText::Annulled => telegram::Outcome::Annulled,
    })
}

/// An outcome as files name it.
///
/// # Errors
/// A person's id no file accepts.
pub fn outcome_text(o: &telegram::Outcome) -> Result<OutcomeText, Error> {
    Ok(match o {
        telegram::Outcome::Person(p) => OutcomeText::Person(standing::PersonId::try_from(p.as_str())?),
        telegram::Outcome::Nobody => OutcomeText::Nobody,
        telegram::Outcome::Annulled => OutcomeText::Annulled,
    })
}
