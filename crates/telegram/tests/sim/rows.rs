//! What a stored event amounts to, for the checker.

use telegram::{Answer, Event, Resolution, TelegramId};

use super::cast::{OUTCOMES, number, version};
use super::check::Fact;

/// What a stored event amounts to.
pub(crate) fn fact(event: &Event) -> Option<Fact> {
    let t = |id: &TelegramId| number(id.as_str());
    Some(match event {
        Event::Draft(it) | Event::Edit(it) => Fact::Draft {
            t: t(&it.id),
            version: version(&it.body),
            office: number(it.office.as_str()),
            outcome: outcome(&it.outcome),
            policy: number(it.policy.as_str()),
        },
        Event::Approve(it) => Fact::Approve {
            t: t(&it.telegram),
            by: number(it.by.as_str()),
            version: version(&it.body),
            outcome: outcome(&it.outcome),
            policy: number(it.policy.as_str()),
            recipients: number(it.recipients.as_str()),
        },
        Event::Hold { telegram } => Fact::Held { t: t(telegram) },
        Event::Withdraw { telegram } => Fact::Withdrawn { t: t(telegram) },
        Event::AttemptRecorded { telegram, recipient, attempt } => Fact::Attempt {
            t: t(telegram),
            r: number(recipient.as_str()),
            n: usize::try_from(attempt.0).expect("small"),
        },
        Event::DeliveryReported { telegram, recipient, answer: Answer::Acknowledged { .. }, .. } => {
            Fact::Acknowledged { t: t(telegram), r: number(recipient.as_str()) }
        }
        Event::Resolve { telegram, recipient, how } => {
            let (t, r) = (t(telegram), number(recipient.as_str()));
            match how {
                Resolution::Delivered { .. } => Fact::Acknowledged { t, r },
                Resolution::Resend => Fact::Resend { t, r },
            }
        }
        Event::Decided { .. }
        | Event::TransactionCommitted { .. }
        | Event::DeliveryReported { .. }
        | Event::KeyDestroyed { .. }
        | Event::Restarted
        | Event::Overtaken { .. } => return None,
    })
}

pub(crate) fn outcome(it: &telegram::Outcome) -> usize {
    OUTCOMES.iter().position(|o| o == it).expect("one of ours")
}
