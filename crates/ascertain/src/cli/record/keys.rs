//! `ascertain record key new | add | revoke | rotate | list`.

use record::keyring::{Action, KeyUse, Span};
use record::keys::VerifyingKey;
use serde::Serialize;

use super::At;
use super::founding::use_from_word;
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::keychain;
use crate::logbook::{self, Logbook, Opening};
use crate::sequencer::{Packed, Placed};
use crate::store::Store;
use crate::visiting::{self, AT_ONCE};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a key here and enrol it
    #[command(after_help = "Example:\n  ascertain record key new --data d --use attester --name alice")]
    New(New),
    /// Enrol a key of somebody else, of which only the public half is here
    #[command(
        after_help = "Example:\n  ascertain record key add --data d --use attester --name bob --public BASE64"
    )]
    Add(Add),
    /// End a key: what it signs from the next entry on has no effect
    #[command(after_help = "Example:\n  ascertain record key revoke alice --data d")]
    Revoke(Revoke),
    /// Make a new key of the same name and use, then end the old one
    #[command(after_help = "Example:\n  ascertain record key rotate alice --data d")]
    Rotate(Revoke),
    /// Every key there was, and the entries at which it may sign
    #[command(after_help = "Example:\n  ascertain record key list --data d --json")]
    List(List),
}

#[derive(clap::Args)]
pub struct New {
    #[command(flatten)]
    at: At,
    /// What it signs: root, attester, decider, approver or log
    #[arg(long = "use", value_name = "USE", value_parser = use_from_word)]
    key_use: KeyUse,
    /// Whose it is
    #[arg(long)]
    name: String,
}

#[derive(clap::Args)]
pub struct Add {
    #[command(flatten)]
    new: New,
    /// The public key
    #[arg(long, value_name = "BASE64")]
    public: String,
}

#[derive(clap::Args)]
pub struct Revoke {
    /// Its name, or how its id begins
    #[arg(value_name = "NAME|ID")]
    key: String,
    #[command(flatten)]
    at: At,
    /// What it signs, if the name has several
    #[arg(long = "use", value_name = "USE", value_parser = use_from_word)]
    key_use: Option<KeyUse>,
}

#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    at: At,
}

#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(rename = "use")]
    key_use: &'static str,
    key: String,
    id: String,
    from: u64,
    until: Option<u64>,
    private: bool,
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    match command {
        Command::New(args) => new(args, out),
        Command::Add(args) => add(args, out),
        Command::Revoke(args) => revoke(args, out),
        Command::Rotate(args) => rotate(args, out),
        Command::List(args) => list(args, out),
    }
}

fn new(args: &New, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let mut logbook = visiting::open(&data, &Opening::default(), AT_ONCE)?;
    let key = make(&mut logbook, &data, args.key_use, &args.name)?;
    say(&logbook, key, args.at.json, out)
}

fn make(
    logbook: &mut Logbook,
    data: &std::path::Path,
    key_use: KeyUse,
    name: &str,
) -> Result<VerifyingKey, Error> {
    let (key, notice) = logbook::new_key(logbook, data, key_use, name)?;
    enter(logbook, notice)?;
    Ok(key)
}

fn add(args: &Add, out: &mut Out) -> Result<Answered, Error> {
    let mut logbook = visiting::open(&args.new.at.folder(), &Opening::default(), AT_ONCE)?;
    let key: VerifyingKey = args.public.parse()?;
    let notice = logbook::notice_of(logbook.root(None)?, Action::Add, &args.new.name, args.new.key_use, key)?;
    enter(&mut logbook, notice)?;
    say(&logbook, key, args.new.at.json, out)
}

fn revoke(args: &Revoke, out: &mut Out) -> Result<Answered, Error> {
    let mut logbook = visiting::open(&args.at.folder(), &Opening::default(), AT_ONCE)?;
    let span = find(&logbook, args)?;
    end(&mut logbook, &span)?;
    say(&logbook, span.key, args.at.json, out)
}

fn rotate(args: &Revoke, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let mut logbook = visiting::open(&data, &Opening::default(), AT_ONCE)?;
    let old = find(&logbook, args)?;
    let key = make(&mut logbook, &data, old.key_use, &old.name)?;
    // Readers of the log must learn of the new key before the old one ends.
    if old.key_use == KeyUse::Log {
        out.line("Both keys sign from now on. When every reader knows the new one, end the old one:");
        out.line(&format!("  ascertain record key revoke {}", short(&old.key)));
    } else {
        end(&mut logbook, &old)?;
    }
    say(&logbook, key, args.at.json, out)
}

fn end(logbook: &mut Logbook, span: &Span) -> Result<(), Error> {
    let root = logbook.root(Some(span.key))?;
    let notice = logbook::notice_of(root, Action::Revoke, &span.name, span.key_use, span.key)?;
    enter(logbook, notice)
}

fn find(logbook: &Logbook, args: &Revoke) -> Result<Span, Error> {
    let size = logbook.head()?.size;
    let fits = |span: &&Span| {
        (span.name == args.key || span.key.id().to_string().starts_with(&args.key))
            && args.key_use.is_none_or(|wanted| span.key_use == wanted)
            && logbook.desk.keyring.at(span.key.id(), size).is_some()
    };
    let found: Vec<&Span> = logbook.desk.keyring.spans().iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Error::Usage {
            message: format!("no key `{}` is in force; `record key list` shows them", args.key),
        }),
        several => {
            let ids: Vec<String> = several.iter().map(|span| short(&span.key)).collect();
            let message = format!("several keys fit `{}`: say which by its id: {}", args.key, ids.join(", "));
            Err(Error::Usage { message })
        }
    }
}

fn short(key: &VerifyingKey) -> String {
    key.id().to_string().get(..16).unwrap_or_default().to_owned()
}

fn enter(logbook: &mut Logbook, notice: Packed) -> Result<(), Error> {
    let placed = logbook.append(&[notice])?;
    if let Some(Placed::Refused(why)) = placed.first() {
        return Err(Error::Usage { message: why.clone() });
    }
    logbook.publish()
}

fn say(logbook: &Logbook, key: VerifyingKey, json: bool, out: &mut Out) -> Result<Answered, Error> {
    let rows =
        rows(logbook.desk.keyring.spans(), |id| logbook.signers.iter().any(|signer| signer.key().id() == id));
    let Some(row) = rows.into_iter().find(|row| row.key == key.to_string()) else { return Ok(Answered::No) };
    if json {
        out.json(&row)?;
    } else {
        out.line(&line(&row));
    }
    Ok(Answered::Yes)
}

fn list(args: &List, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let store = Store::read(&data)?;
    let founding = logbook::founding(&store, &data)?;
    let keyring = logbook::keyring(&store, founding.root)?;
    let signing = keychain::folder_of(&data);
    let here = if signing.is_dir() { keychain::read(&signing, founding.class)? } else { Vec::new() };
    let rows = rows(keyring.spans(), |id| here.iter().any(|signer| signer.key().id() == id));
    if args.at.json {
        out.json(&rows)?;
    } else {
        rows.iter().for_each(|row| out.line(&line(row)));
    }
    Ok(Answered::Yes)
}

fn rows(spans: &[Span], private: impl Fn(record::keys::KeyId) -> bool) -> Vec<Row> {
    let row = |span: &Span| Row {
        name: span.name.clone(),
        key_use: keychain::word(span.key_use),
        key: span.key.to_string(),
        id: span.key.id().to_string(),
        from: span.from,
        until: span.until,
        private: private(span.key.id()),
    };
    spans.iter().map(row).collect()
}

fn line(row: &Row) -> String {
    let until = row.until.map_or_else(|| "on".to_owned(), |until| format!("up to {until}"));
    let here = if row.private { "" } else { "  (public half only)" };
    let id = row.id.get(..16).unwrap_or_default();
    format!("{:<9} {:<16} {id}  {}  entries {} {until}{here}", row.key_use, row.name, row.key, row.from)
}
