//! `ascertain record init | guard | rebuild`.

use std::path::PathBuf;

use record::keyring::KeyUse;
use serde::Serialize;

use super::At;
use crate::cli::witness::witness_seen;
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::keychain::{self, class_word};
use crate::logbook::{self, Logbook, Opening};
use crate::visiting::{self, AT_ONCE};

#[derive(clap::Args)]
#[command(
    after_help = "The name says the class: a drill's begins with `drill/`, and its entries can never stand in a real record.\nThe guard remembers how far the record had got; keep it where no backup of the data folder brings it back.\n\nExamples:\n  ascertain record init --data d --origin example.org/desk --guard /mnt/other/guard\n  ascertain record init --data d --origin drill/2028"
)]
pub struct Args {
    #[command(flatten)]
    at: At,
    /// The record's name, such as a domain and a path
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// Where the guard lies, best on another disk [default: the platform's folder for state]
    #[arg(long, value_name = "DIR")]
    guard: Option<PathBuf>,
}

#[derive(Serialize)]
struct Founded {
    origin: String,
    class: &'static str,
    log: String,
    root: String,
    guard: String,
    published: String,
    size: u64,
}

pub fn init(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let guard = args.guard.clone().unwrap_or_else(|| default_guard(&args.origin));
    let logbook = logbook::found(&data, &args.origin, &guard)?;
    let size = logbook.head()?.size;
    let logs = logbook::log_verifiers(&args.origin, &logbook.desk.keyring, Some(size));
    let founded = Founded {
        origin: args.origin.clone(),
        class: class_word(logbook.founding.class),
        log: logs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        root: logbook.founding.root.to_string(),
        guard: logbook.founding.guard.display().to_string(),
        published: logbook::public_of(&data).display().to_string(),
        size,
    };
    if args.at.json {
        out.json(&founded)?;
        return Ok(Answered::Yes);
    }
    out.line(&format!("record of {}, class {}", founded.origin, founded.class));
    out.line(&format!("log    {}", founded.log));
    out.line(&format!("root   {}", founded.root));
    out.line(&format!("guard  {}", founded.guard));
    out.line(&format!("public {}: any web server can serve it", founded.published));
    let signing = keychain::folder_of(&data);
    out.line(&format!(
        "Private keys lie in {}; take the root key away from this machine.",
        signing.display()
    ));
    out.line("Give `log` and `root` to those who check, by another way than the record.");
    Ok(Answered::Yes)
}

/// The platform's folder for state, and in it one of this record's name.
fn default_guard(origin: &str) -> PathBuf {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|h| h.join(".local/state")));
    let name = record::digest::sha256(origin.as_bytes()).to_string();
    base.unwrap_or_default().join("ascertain/guard").join(name.get(..32).unwrap_or_default())
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain record guard --data d --accept 120")]
pub struct GuardArgs {
    #[command(flatten)]
    at: At,
    /// The size of the record here, which no other copy has passed
    #[arg(long, value_name = "SIZE")]
    accept: u64,
}

pub fn guard(args: &GuardArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let seen = witness_seen(&data, out)?;
    let logbook = visiting::open(&data, &Opening { seen, accept: Some(args.accept) }, AT_ONCE)?;
    said(&logbook, args.at.json, out)
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain record rebuild --data d")]
pub struct RebuildArgs {
    #[command(flatten)]
    at: At,
}

pub fn rebuild(args: &RebuildArgs, out: &mut Out) -> Result<Answered, Error> {
    let mut logbook = visiting::open(&args.at.folder(), &Opening::default(), AT_ONCE)?;
    logbook.rebuild()?;
    said(&logbook, args.at.json, out)
}

#[derive(Serialize)]
struct Stands {
    origin: String,
    size: u64,
    root: String,
}

fn said(logbook: &Logbook, json: bool, out: &mut Out) -> Result<Answered, Error> {
    let head = logbook.head()?;
    if json {
        out.json(&Stands { origin: head.origin, size: head.size, root: head.root.to_string() })?;
    } else {
        out.line(&format!("{}: {} entries, root {}", head.origin, head.size, head.root));
    }
    Ok(Answered::Yes)
}

/// The word of a user for what a key signs.
pub fn use_from_word(word: &str) -> Result<KeyUse, String> {
    let all = [KeyUse::Root, KeyUse::Attester, KeyUse::Decider, KeyUse::Approver, KeyUse::Log];
    let found = all.into_iter().find(|key_use| keychain::word(*key_use) == word);
    found.ok_or_else(|| "one of root, attester, decider, approver, log".to_owned())
}
