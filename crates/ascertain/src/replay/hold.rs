//! Messages become held telegrams: drafted, approved by two, sealed, held.
//!
//! The approvers of replays are demonstrations; their keys are public like all history keys.

use std::collections::BTreeSet;

use proof::{ApprovalBody, Body, Logged};
use record::digest::Digest;
use record::signed_statement;
use telegram::{Approval, ApproverId, Event, Quorum, Sha256Hex, Stage, TelegramId};

use crate::courier::{self, Courier};
use crate::error::Error;
use crate::history::{self, Use};
use crate::message::Message;

/// The demonstration approvers, by number.
pub const APPROVERS: [u8; 2] = [1, 2];

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

/// Draft, sealed; approvals; hold: each durable, each passed over if it was done before.
///
/// # Errors
/// The store cannot be written.
pub fn hold(courier: &mut Courier<'_>, m: &Message, policy: Digest) -> Result<(), Error> {
    let election = courier.election.clone();
    let salt = history::salt(&election, &format!("telegram:{}", m.id));
    let (body, recipients) = (m.body_digest(&salt)?, m.recipients_digest(&salt)?);
    let id = TelegramId::parse(&m.id)?;
    let hex = |d: Digest| Sha256Hex::parse(&d.to_string());
    let outcome = courier::machine_outcome(&m.outcome)?;
    let terms = telegram::Terms {
        office: telegram::OfficeId::parse(m.office.as_str())?,
        outcome,
        body: hex(body)?,
        recipients: hex(recipients)?,
        policy: hex(policy)?,
        opening: telegram::Opening::Automatic,
        corrects: None,
    };
    if !courier.state.telegrams.contains_key(&id) {
        let recipients = u32::try_from(m.recipients.len()).unwrap_or(u32::MAX);
        let telegram = telegram::Telegram { id: id.clone(), terms: terms.clone(), recipients };
        courier.draft(&Event::Draft(telegram), m, &terms.body, None)?;
    }
    for n in APPROVERS {
        let bound = ApprovalBody {
            body,
            corrects: None,
            office: m.office.clone(),
            opening: None,
            outcome: m.outcome.clone(),
            policy,
            reason: None,
            recipients,
            telegram: m.id.clone(),
        };
        approve(courier, n, bound, terms.clone())?;
    }
    let stage = courier.state.telegrams.get(&id).map(|e| e.stage.clone());
    if matches!(stage, Some(Stage::Drafted | Stage::Approved)) {
        courier.tell(&Event::Hold { telegram: id })?;
    }
    Ok(())
}

/// An approver signs; the signature is checked and recorded before it counts.
fn approve(
    courier: &mut Courier<'_>,
    n: u8,
    bound: ApprovalBody,
    terms: telegram::Terms,
) -> Result<(), Error> {
    let (election, id) = (courier.election.clone(), TelegramId::parse(&bound.telegram)?);
    let by = approver(n)?;
    if courier.state.telegrams.get(&id).is_some_and(|e| e.approvals.contains_key(&by)) {
        return Ok(());
    }
    let statement = format!("telegram:{id}:approval:{n}");
    let subject = format!("{election}:telegram");
    let approval = Approval { by, telegram: id, terms, without_decision: None };
    let body = Body::Approval(bound);
    let made =
        history::make(&election, &subject, &statement, courier.now.to_string(), body, Use::Approver(n))?;
    signed_statement::verify_signature(&made.signed, &history::key(Use::Approver(n)).verifying_key())?;
    courier.append(&[Logged { signed: made.signed, opened: Some((made.salt, made.body)) }])?;
    courier.tell(&Event::Approve(approval)).map(drop)
}
