//! Telegrams: messages prepared for every outcome, of which a decision
//! releases one.
//!
//! In: the [`State`] and an [`Event`]. Out: the next state and the
//! [`Command`]s the courier carries out. Refuses to know votes, law, the text
//! of a message, signatures, keys, sockets, files, clocks and randomness: a
//! body is its hash, an instant is passed in, a decision comes from outside.
//!
//! What the courier owes in return:
//!
//! 1. It stores an event, together with every [`Command::AppendStatement`] the
//!    event gave, in one transaction, before it obeys any other command.
//! 2. [`Command::CommitDecisionAndRelease`] and [`Command::RecordAttempt`] are
//!    transactions themselves; each stores in the same transaction the event
//!    that reports it ([`Event::TransactionCommitted`],
//!    [`Event::AttemptRecorded`]). [`Event::Decided`] may be stored on arrival
//!    or in that transaction.
//! 3. It obeys commands in order and asks [`still_wanted`] just before each.
//! 4. A write whose result is unknown ends the process's trust in its memory:
//!    load, [`replay`], send [`Event::Restarted`]. It does so on every start.
//! 5. It reports [`Answer::Failed`] only when the channel knows that nothing
//!    went out; anything less certain is [`Answer::NoAnswer`].
//!
//! A telegram is *released* exactly once. It is *attempted* at least once
//! under one unchanging name, (telegram, recipient). Whether a recipient acts
//! once is the recipient's affair.

mod approval;
mod command;
mod decide;
mod decision;
mod deliver;
mod draft;
mod error;
mod event;
mod ids;
mod message;
mod restart;
mod state;

pub use approval::{Approval, Quorum, missing_approvals};
pub use command::{Command, Happening, Refusal, still_wanted};
pub use decision::{Decision, Finding, Ruling};
pub use error::Error;
pub use event::{Answer, Event, Fault, Resolution};
pub use ids::{
    ApproverId, Attempt, Instant, OfficeId, PersonId, RecipientId, Reference, Sha256Hex, TelegramId,
};
pub use message::{Channel, Delivery, Outcome, Telegram};
pub use state::{Entry, Key, Progress, Sending, Stage, State, missing_outcomes};

/// The state after `event`, and what to do.
///
/// # Errors
/// [`Error`] when the event cannot be about this state; nothing is changed.
/// What is merely not allowed now is a [`Command::Refuse`], not an error.
pub fn apply(state: &State, event: &Event) -> Result<(State, Vec<Command>), Error> {
    let mut next = state.clone();
    let commands = advance(&mut next, event)?;
    Ok((next, commands))
}

/// [`apply`] in place, for a courier with many recipients.
///
/// # Errors
/// As [`apply`]; on an error `state` is as it was.
pub fn advance(state: &mut State, event: &Event) -> Result<Vec<Command>, Error> {
    match event {
        Event::Draft(telegram) => draft::draft(state, telegram),
        Event::Edit(telegram) => draft::edit(state, telegram),
        Event::Approve(approval) => draft::approve(state, approval),
        Event::Hold { telegram } => draft::hold(state, telegram),
        Event::Withdraw { telegram } => draft::withdraw(state, telegram),
        Event::Decided { decision, now } => Ok(decide::decided(state, decision, *now)),
        Event::TransactionCommitted { office, decision } => decide::committed(state, office, decision),
        Event::Overtaken { office, at } => Ok(decide::overtaken(state, office, *at)),
        Event::KeyDestroyed { telegram } => draft::key_destroyed(state, telegram),
        Event::AttemptRecorded { telegram, recipient, attempt } => {
            deliver::recorded(state, telegram, recipient, *attempt)
        }
        Event::DeliveryReported { telegram, recipient, attempt, answer } => {
            deliver::reported(state, telegram, recipient, *attempt, answer)
        }
        Event::Resolve { telegram, recipient, how } => deliver::resolve(state, telegram, recipient, how),
        Event::Restarted => Ok(restart::restarted(state)),
    }
}

/// The state that stored events lead to; their commands were obeyed, or will
/// be asked for again by [`Event::Restarted`].
///
/// # Errors
/// As [`apply`], at the first event that cannot be about the state before it.
pub fn replay<'a>(start: State, events: impl IntoIterator<Item = &'a Event>) -> Result<State, Error> {
    events.into_iter().try_fold(start, |mut state, event| {
        advance(&mut state, event)?;
        Ok(state)
    })
}
