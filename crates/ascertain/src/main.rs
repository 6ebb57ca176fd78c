//! The program: the only room that touches the world.

mod admission;
mod backtesting;
mod checking;
mod cli;
mod courier;
mod disk;
mod drafting;
mod error;
mod folder;
mod history;
mod keychain;
mod logbook;
mod message;
mod mirror;
mod replay;
mod seal;
mod sequencer;
mod steps;
mod store;
mod submission;
mod tallying;
mod whatif;
mod witness_server;
mod witnessing;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
