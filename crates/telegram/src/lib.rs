//! Telegrams: messages prepared for every outcome, of which a decision
//! releases one.
//!
//! Two machines. In: the [`State`] and an [`Event`], or one [`Sending`] and a [`Moment`]. Out: the next, and the
//! [`Command`]s or [`Step`]s the courier carries out. Refuses to know votes, law, the text of a message, signatures,
//! keys, sockets, files, clocks and randomness: a body is its hash, an instant is passed in, a decision comes from
//! outside.
//!
//! What the courier owes in return:
//!
//! 1. It stores an event, together with every [`Command::AppendStatement`] the event gave, in one transaction, before it
//!    obeys any other command; and a sending after a [`Moment`], with its row of the attempt, before it takes a step.
//! 2. [`Command::CommitDecision`] and [`Command::CommitRelease`] are transactions themselves; each stores in the same
//!    transaction the event that reports it ([`Event::TransactionCommitted`], [`Event::ReleaseCommitted`]).
//!    [`Event::Decided`] may be stored on arrival or in that transaction.
//!    What is sealed is stored with the event that drafts it, its key before; a key is destroyed here only once its shares
//!    are stored with the event that holds it.
//! 3. The rows of a telegram's recipients are there before it is held, and due once it is released; each becomes a
//!    [`Sending::new`]. A correction's row waits until that of the telegram it corrects, to the same recipient, is
//!    settled.
//! 4. It obeys commands and steps in order and asks [`still_wanted`] or [`still_due`] just before each.
//! 5. A write whose result is unknown ends the process's trust in its memory: load, [`replay`], send
//!    [`Event::Restarted`], and [`Moment::Restarted`] to every sending that is not settled. It does so on every start.
//! 6. It reports [`Answer::Failed`] only when the channel knows that nothing was taken over; anything less certain is
//!    [`Answer::NoAnswer`].
//!
//! A telegram is *released* exactly once. It is *attempted* at least once
//! under one unchanging name, (telegram, recipient). Whether a recipient acts
//! once is the recipient's affair.

mod approval;
mod channel;
mod command;
mod decide;
mod decision;
mod draft;
mod error;
mod event;
mod ids;
mod keys;
mod message;
mod refusal;
mod release;
mod restart;
mod sending;
mod state;

pub use approval::{Approval, Quorum, missing_approvals, missing_overrides};
pub use channel::{Channel, wait};
pub use command::{Command, Happening, still_wanted};
pub use decision::{Decision, Finding, Ruling};
pub use error::Error;
pub use event::{Answer, Event, Fault, Resolution};
pub use ids::{
    ApproverId, Attempt, Instant, OfficeId, PersonId, RecipientId, Reference, Sha256Hex, TelegramId,
};
pub use message::{Opening, Outcome, Telegram, Terms};
pub use refusal::Refusal;
pub use release::may_open;
pub use sending::{Moment, Progress, Sending, Step, Told, next, still_due};
pub use state::{Entry, Ground, Key, Shares, Stage, State, corrections_of, missing_outcomes, spoken_for};

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
        Event::Quorum(quorum) => Ok(draft::quorum(state, quorum)),
        Event::Hold { telegram } => draft::hold(state, telegram),
        Event::Withdraw { telegram } => draft::withdraw(state, telegram),
        Event::Decided { decision, now } => Ok(decide::decided(state, decision, *now)),
        Event::TransactionCommitted { office, decision } => decide::committed(state, office, decision),
        Event::Release { telegram, now } => release::release(state, telegram, *now),
        Event::Override { telegram, reason, now } => release::without_decision(state, telegram, reason, *now),
        Event::ReleaseCommitted { telegram } => release::committed(state, telegram),
        Event::Overtaken { office, at } => Ok(decide::overtaken(state, office, *at)),
        Event::KeyDestroyed { telegram } => keys::destroyed(state, telegram),
        Event::DraftForgotten { telegram, body } => keys::forgotten(state, telegram, body),
        Event::KeyParted { telegram } => keys::parted(state, telegram),
        Event::ShareGiven { telegram, by } => release::share(state, telegram, by),
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
