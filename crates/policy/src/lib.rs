//! A user's written definition of official, evaluated against a standing.
//!
//! Three-valued and total: met, not yet (what is missing, who can supply it,
//! by when), cannot be met (why). Refuses to know keys, votes and sockets.

mod answer;
mod backtest;
mod calls;
mod compare;
mod constraints;
mod decision;
mod error;
mod evaluate;
mod explain;
mod fit;
mod held;
mod language;
pub mod lint;
mod predicates;
mod spelling;
mod steps;
mod tree;
mod words;
mod written;

pub use answer::{Answer, Prepared, answer};
pub use backtest::{Backtested, Fired, Undone, backtest};
pub use compare::{Difference, differences};
pub use decision::{Decision, decided, decision_between, first_decision, instants};
pub use error::{Error, KeyPath, Place};
pub use evaluate::{Case, Missing, Subject, Verdict, evaluate};
pub use explain::{LevelLine, OfficePage, page};
pub use fit::fits;
pub use held::Past;
pub use language::{Action, Clause, Counting, Formula, PersonClause, Policy, Seconds};
pub use spelling::nearest;
pub use words::{clauses_in_english, in_english, plain_english};
pub use written::{from_toml, located};

/// The three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The formula holds, on named statements.
    Met,
    /// It does not hold and still can.
    NotYet,
    /// As the record stands it can no longer hold.
    CannotBeMet,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::NotYet => "not_yet",
            Self::CannotBeMet => "cannot_be_met",
        })
    }
}
