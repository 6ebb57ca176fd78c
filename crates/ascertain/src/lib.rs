//! The program: the only room that touches the world.
//!
//! A library so that benchmarks reach its parts; nothing here is promised to other programs.

pub mod admission;
pub mod age;
pub mod announcing;
pub mod appender;
mod backtesting;
mod book;
pub mod channel;
pub mod checking;
mod cli;
mod clock;
mod courier;
mod desk;
pub mod disk;
mod drafting;
mod drill;
pub mod error;
mod escaped;
mod folder;
mod history;
pub mod keychain;
pub mod logbook;
pub mod mail;
mod message;
mod mirror;
mod proofs;
mod reaching;
mod replay;
mod resident;
mod seal;
pub mod sequencer;
mod shamir;
mod sharing;
mod steps;
pub mod store;
mod submission;
mod tallying;
mod visiting;
mod whatif;
mod witness_server;
mod witnessing;

/// Runs the program on the words of its command line.
#[must_use]
pub fn main() -> std::process::ExitCode {
    cli::main()
}
