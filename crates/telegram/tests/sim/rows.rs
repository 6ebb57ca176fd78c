//! What a stored event, or a stored moment of a sending, amounts to, for the checker.

use telegram::{Answer, Approval, Event, Moment, Resolution, TelegramId};

use super::cast::{OUTCOMES, number, version};
use super::check::Fact;

/// What a stored event amounts to.
pub(crate) fn fact(event: &Event) -> Option<Fact> {
    let t = |id: &TelegramId| number(id.as_str());
    Some(match event {
        Event::Draft(it) | Event::Edit(it) => Fact::Draft {
            t: t(&it.id),
            version: version(&it.terms.body),
            office: number(it.terms.office.as_str()),
            outcome: outcome(&it.terms.outcome),
            policy: number(it.terms.policy.as_str()),
        },
        Event::Approve(it) => approved(it),
        Event::Quorum(quorum) => Fact::Quorum { named: quorum.approvers().len() },
        Event::Hold { telegram } => Fact::Held { t: t(telegram) },
        Event::Withdraw { telegram } => Fact::Withdrawn { t: t(telegram) },
        Event::DraftForgotten { .. } | Event::KeyParted { .. } => return None,
        Event::ShareGiven { telegram, by } => Fact::Share { t: t(telegram), by: number(by.as_str()) },
        Event::Overtaken { office, .. } => Fact::Overtaken { office: number(office.as_str()) },
        Event::Decided { .. }
        | Event::TransactionCommitted { .. }
        | Event::Release { .. }
        | Event::Override { .. }
        | Event::ReleaseCommitted { .. }
        | Event::KeyDestroyed { .. }
        | Event::Restarted => return None,
    })
}

fn approved(it: &Approval) -> Fact {
    let (t, by, version) = (number(it.telegram.as_str()), number(it.by.as_str()), version(&it.terms.body));
    let (outcome, policy) = (outcome(&it.terms.outcome), number(it.terms.policy.as_str()));
    let recipients = number(it.terms.recipients.as_str());
    match &it.without_decision {
        None => Fact::Approve { t, by, version, outcome, policy, recipients },
        Some(reason) => Fact::ApproveOverride { t, by, version, reason: number(reason.as_str()) },
    }
}

/// What a stored moment of a sending amounts to.
pub(crate) fn moment_fact(t: usize, r: usize, moment: &Moment) -> Option<Fact> {
    match moment {
        Moment::Recorded { attempt } => {
            Some(Fact::Attempt { t, r, n: usize::try_from(attempt.0).expect("small") })
        }
        Moment::Reported { answer: Answer::Acknowledged { .. }, .. }
        | Moment::Resolved { how: Resolution::Delivered { .. }, .. } => Some(Fact::Acknowledged { t, r }),
        Moment::Resolved { how: Resolution::Resend, .. } => Some(Fact::Resend { t, r }),
        Moment::Reported { .. } | Moment::Redriven { .. } | Moment::Corrected | Moment::Restarted { .. } => {
            None
        }
    }
}

pub(crate) fn outcome(it: &telegram::Outcome) -> usize {
    OUTCOMES.iter().position(|o| o == it).expect("one of ours")
}
