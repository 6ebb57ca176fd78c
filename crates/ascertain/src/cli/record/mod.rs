//! `ascertain record …`: a record under your own keys, and the check of any.

mod adding;
mod exporting;
mod founding;
mod keys;
mod reading;
mod verifying;
mod witness;

use std::path::PathBuf;

use super::{Answered, Out, default_data};
use crate::error::Error;

/// Keep a record under your own keys, publish it, have it witnessed, check any
#[derive(clap::Subcommand)]
#[command(
    after_help = "Examples:\n  ascertain record init --data d --origin example.org/desk --guard /mnt/other/guard\n  ascertain record key new --data d --use attester --name alice\n  ascertain record append --data d --key alice --election us-2028 acts.jsonl\n  ascertain record proof 1 --data d --out 1.tlog-proof\n  ascertain record verify --data d"
)]
pub enum Command {
    /// Found a record: its keys, its store, its guard
    Init(founding::Args),
    /// Make, enrol, revoke, replace or list keys
    #[command(subcommand)]
    Key(keys::Command),
    /// Append acts, signed with a key that lies here, or statements that others signed
    Append(adding::Args),
    /// Append every act of an election's folder or of a file
    Import(adding::ImportArgs),
    /// Print entries
    Show(reading::Args),
    /// Print the last entries, and with --follow those that come
    Tail(reading::TailArgs),
    /// Check the store, or a tlog-proof somebody gave you
    Verify(verifying::Args),
    /// Check a published record from its files alone
    Fsck(verifying::FsckArgs),
    /// Copy a published record, check it, and check that it extends the copy before
    Mirror(verifying::MirrorArgs),
    /// Serve as a witness for the logs of others; add and ask witnesses for this record
    #[command(subcommand)]
    Witness(witness::Command),
    /// Print the witness policy by which this record's checkpoints are accepted
    Policy(witness::PolicyArgs),
    /// Write the proof that the record holds a statement
    Proof(exporting::ProofArgs),
    /// Write a statement for readers of other forms
    #[command(subcommand)]
    Export(exporting::Command),
    /// Say that no other copy of this record has signed more
    Guard(founding::GuardArgs),
    /// Make every published file again from the entries
    Rebuild(founding::RebuildArgs),
    /// Erase the body of an entry; its proofs stay valid
    Erase(adding::EraseArgs),
}

/// Which record.
#[derive(clap::Args)]
pub struct At {
    /// The data folder [default: the platform's]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl At {
    fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(default_data)
    }
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    match command {
        Command::Init(args) => founding::init(args, out),
        Command::Key(command) => keys::run(command, out),
        Command::Append(args) => adding::append(args, out),
        Command::Import(args) => adding::import(args, out),
        Command::Show(args) => reading::show(args, out),
        Command::Tail(args) => reading::tail(args, out),
        Command::Verify(args) => verifying::verify(args, out),
        Command::Fsck(args) => verifying::fsck(args, out),
        Command::Mirror(args) => verifying::mirror(args, out),
        Command::Witness(command) => witness::run(command, out),
        Command::Policy(args) => witness::policy(args, out),
        Command::Proof(args) => exporting::proof(args, out),
        Command::Export(command) => exporting::run(command, out),
        Command::Guard(args) => founding::guard(args, out),
        Command::Rebuild(args) => founding::rebuild(args, out),
        Command::Erase(args) => adding::erase(args, out),
    }
}
