//! The command line: parse, call, print. A file per command.

mod apportion;
mod backtest;
mod calendar;
mod count;
mod drill;
mod elections;
mod lint;
mod policies;
mod record;
mod replay;
mod telegram;
mod verify;
mod whatif;
mod why;
mod witness;
mod words;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Knows when an election is official, by a rule you wrote before the vote.
///
/// Not an election authority, and not a certificate of ascertainment: it reports which named
/// authorities did which act, as entered by named attesters, and whether your policy is met.
#[derive(Parser)]
#[command(name = "ascertain", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  ascertain replay us-2020                       follow 2020 and release the right message, once
  ascertain why us-2020 --as-of 2020-12-13       what is official, what is missing, who must act
  ascertain lint tv-consensus --for us-2028      what could go wrong with a rule, before the vote
  ascertain backtest tv-consensus electors-voted  when each would have released, and what undid it
  ascertain count us-1872                        re-derive an election from its electors' votes
  ascertain calendar us-2028                     every legal date of a cycle
  ascertain verify out/us-2020/electors-voted/decision.proof

Exit codes: 0 met, holds, or nothing to say; 1 not yet or does not hold; 2 usage or bad input; 3 internal.";

#[derive(Subcommand)]
enum Command {
    /// Follow an election as it happened, hold a message per outcome, release one, prove it
    Replay(replay::Args),
    /// What is official so far, what is missing, who must supply it, what could still undo it
    Why(why::Args),
    /// What the law lets go wrong with a policy: every finding with a sequence of acts that shows it
    Lint(lint::Args),
    /// Put acts of your own on an election's record and see, after each, what changed and what is missing
    Whatif(whatif::Args),
    /// Run policies over past elections: when each would have released, for whom, and whether it was undone
    Backtest(backtest::Args),
    /// Re-derive an election from the electors' votes, under the law of its day or another
    Count(count::Args),
    /// Every legal date of a cycle, as a table or an iCalendar file
    Calendar(calendar::Args),
    /// Seats, and so electors, from a census by a method
    Apportion(apportion::Args),
    /// Re-derive a decision from its proof file, offline
    Verify(verify::Args),
    /// Keep a record under your own keys, publish it, have it witnessed, check any
    #[command(subcommand)]
    Record(record::Command),
    /// Write, check, compare, show, hash or list policies
    #[command(subcommand)]
    Policy(policies::Command),
    /// Messages prepared for every outcome: approved, held, released once, delivered
    #[command(subcommand)]
    Telegram(telegram::Command),
    /// Rehearse the whole night from a script, under drill keys, with receivers that cannot be real
    Drill(drill::Args),
    /// List the shipped elections
    Elections(elections::Args),
}

/// Runs the program; never panics on what a user or a file says.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = Out::new();
    let done = match cli.command {
        Command::Replay(args) => replay::run(&args, &mut out),
        Command::Why(args) => why::run(&args, &mut out),
        Command::Lint(args) => lint::run(&args, &mut out),
        Command::Whatif(args) => whatif::run(&args, &mut out),
        Command::Backtest(args) => backtest::run(&args, &mut out),
        Command::Count(args) => count::run(&args, &mut out),
        Command::Calendar(args) => calendar::run(&args, &mut out),
        Command::Apportion(args) => apportion::run(&args, &mut out),
        Command::Verify(args) => verify::run(&args, &mut out),
        Command::Record(command) => record::run(&command, &mut out),
        Command::Policy(command) => policies::run(&command, &mut out),
        Command::Telegram(command) => telegram::run(&command, &mut out),
        Command::Drill(args) => drill::run(&args, &mut out),
        Command::Elections(args) => elections::run(&args, &mut out),
    };
    out.flush();
    if let Some(e) = out.failed.take() {
        let _ = writeln!(std::io::stderr(), "ascertain: standard output: {e}");
        return ExitCode::from(2);
    }
    match done {
        Ok(Answered::Yes) => ExitCode::SUCCESS,
        Ok(Answered::No) => ExitCode::from(1),
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "ascertain: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}

/// What the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Yes,
    No,
}

impl From<bool> for Answered {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Standard output. A reader that goes away ends the printing, not the work.
struct Out {
    to: std::io::BufWriter<std::io::Stdout>,
    gone: bool,
    failed: Option<std::io::Error>,
}

impl Out {
    fn new() -> Self {
        Self { to: std::io::BufWriter::new(std::io::stdout()), gone: false, failed: None }
    }

    fn line(&mut self, text: &str) {
        if !self.gone {
            let written = writeln!(self.to, "{text}");
            self.noted(written);
        }
    }

    /// Bytes as they are.
    fn bytes(&mut self, bytes: &[u8]) {
        if !self.gone {
            let written = self.to.write_all(bytes);
            self.noted(written);
        }
    }

    /// What a person should know and a program need not read.
    fn warn(&mut self, text: &str) {
        self.flush();
        let _ = writeln!(std::io::stderr(), "ascertain: {text}");
    }

    fn json<T: serde::Serialize>(&mut self, value: &T) -> Result<(), Error> {
        let text = serde_json::to_string(value)?;
        self.line(&text);
        Ok(())
    }

    fn gone(&self) -> bool {
        self.gone
    }

    fn flush(&mut self) {
        if !self.gone {
            let flushed = self.to.flush();
            self.noted(flushed);
        }
    }

    /// A reader who goes away is no failure; a full disk is.
    fn noted(&mut self, done: std::io::Result<()>) {
        let Err(e) = done else { return };
        self.gone = true;
        if e.kind() != std::io::ErrorKind::BrokenPipe {
            self.failed = Some(e);
        }
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The clock's reading: what lies ahead of it has not happened.
pub fn now() -> Result<standing::Instant, Error> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(standing::Instant::from_second(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))?)
}

/// Where the store lies when no --data is given: the platform's data folder.
fn default_data() -> PathBuf {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        var("APPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|h| h.join("Library/Application Support"))
    } else {
        var("XDG_DATA_HOME").or_else(|| var("HOME").map(|h| h.join(".local/share")))
    };
    base.unwrap_or_default().join("ascertain")
}
