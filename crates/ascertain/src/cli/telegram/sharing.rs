//! `ascertain telegram recipient | shares | open`: keys in the hands of approvers.
//!
//! Refuses to keep an age key: it reads one to open a share, and forgets it.

use std::io::Read;
use std::path::{Path, PathBuf};

use ::telegram::{ApproverId, Refusal, Shares, TelegramId};
use zeroize::Zeroizing;

use super::answered;
use super::preparing::{Where, with_desk};
use crate::age::{self, Identity, Recipient};
use crate::book::Book;
use crate::cli::{Answered, Out};
use crate::courier::Courier;
use crate::desk;
use crate::error::Error;
use crate::folder;
use crate::store::shares;

#[derive(clap::Args)]
#[command(
    after_help = "An approver makes a key with `age-keygen -o key.txt`, keeps the file, and gives away the line that begins with `age1`. The private root key must lie here, as for adding keys: whoever could name other recipients could get the shares.\n\nExamples:\n  ascertain telegram recipient ann age1… --data d\n  ascertain telegram recipient --data d"
)]
pub struct RecipientArgs {
    #[command(flatten)]
    at: Where,
    /// The name of an approver's key [none: list them]
    #[arg(requires = "recipient")]
    name: Option<String>,
    /// The approver's age recipient, `age1…`
    recipient: Option<String>,
}

#[derive(clap::Args)]
#[command(
    after_help = "An approver opens theirs with `age -d -i key.txt FILE` (or `rage`) and hands in the line it holds.\n\nExample:\n  ascertain telegram shares winner-a --out shares --data d"
)]
pub struct SharesArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// Where the files go, one for each approver
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(clap::Args)]
#[command(
    after_help = "Nothing is opened before a decision, or a quorum for a release without one.\n\nExamples:\n  age -d -i key.txt shares/winner-a--ann.share.age | ascertain telegram open winner-a --share - --data d\n  ascertain telegram open winner-a --identity key.txt --data d"
)]
pub struct OpenArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// A file with an approver's share, opened; `-` for the standard input
    #[arg(long, value_name = "FILE", required_unless_present = "identity", conflicts_with = "identity")]
    share: Option<PathBuf>,
    /// A file with an approver's age key (`AGE-SECRET-KEY-1…`), to open their share here
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

pub fn recipient(args: &RecipientArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let wanted = match (&args.name, &args.recipient) {
        (Some(name), Some(text)) => Some((name, parsed(text)?)),
        _ => None,
    };
    let lines = with_desk(&data, None, data.join("outbox"), |courier| {
        if let Some((name, recipient)) = &wanted {
            set(courier, name, recipient)?;
        }
        let known = courier.book.store().age_recipients()?;
        let approvers = courier.state.quorum.approvers().iter();
        let line = |a: &ApproverId| format!("{a} {}", known.get(a).map_or("has none", String::as_str));
        Ok(approvers.map(line).collect::<Vec<_>>())
    })?;
    lines.iter().for_each(|line| out.line(line));
    Ok(Answered::Yes)
}

fn parsed(text: &str) -> Result<Recipient, Error> {
    let message = format!(
        "`{}` is no recipient of the kind `age1…` (X25519): `age-keygen` makes one",
        text.escape_debug()
    );
    Recipient::parse(text).ok_or(Error::Usage { message })
}

fn set(courier: &mut Courier<'_>, name: &str, recipient: &Recipient) -> Result<(), Error> {
    let Book::Own { logbook, .. } = &courier.book else { return Ok(()) };
    logbook.root(None)?;
    let approvers = desk::approvers_of(logbook, name)?;
    if approvers.is_empty() {
        let message =
            format!("no approver's key of the name `{name}` is in force; `record key list` shows them");
        return Err(Error::Usage { message });
    }
    let known = courier.book.store().age_recipients()?;
    let text = recipient.to_string();
    if let Some((other, _)) = known.iter().find(|(a, to)| **to == text && !approvers.contains(*a)) {
        let message = format!("{other} has that recipient: nobody is to hold two shares");
        return Err(Error::Usage { message });
    }
    courier.book.write(&[], |t| approvers.iter().try_for_each(|a| shares::set_recipient(t, a, &text)))
}

pub fn shares(args: &SharesArgs, out: &mut Out) -> Result<Answered, Error> {
    let id = TelegramId::parse(&args.telegram)?;
    let data = args.at.folder();
    let (refused, written) = with_desk(&data, None, data.join("outbox"), |courier| {
        if let Some(refusal) = closed(courier, &id)? {
            return Ok((vec![refusal], Vec::new()));
        }
        let mut written = Vec::new();
        for dealt in courier.book.store().shares(&id)? {
            let path = args.out.join(format!("{id}--{}.share.age", dealt.approver));
            folder::write_whole(&path, age::armored(&dealt.sealed).as_bytes())?;
            written.push(format!("{} {}", dealt.approver, path.display()));
        }
        Ok((Vec::new(), written))
    })?;
    written.iter().for_each(|line| out.line(line));
    answered(&refused, out)
}

/// Why no share of it is handed out or taken now.
fn closed(courier: &Courier<'_>, id: &TelegramId) -> Result<Option<Refusal>, Error> {
    let none = || ::telegram::Error::NoTelegram { telegram: id.clone() };
    let entry = courier.state.telegrams.get(id).ok_or_else(none)?;
    Ok(::telegram::may_open(&courier.state, entry))
}

pub fn open(args: &OpenArgs, out: &mut Out) -> Result<Answered, Error> {
    let id = TelegramId::parse(&args.telegram)?;
    let data = args.at.folder();
    let (refused, missing) = with_desk(&data, None, data.join("outbox"), |courier| {
        if let Some(refusal) = closed(courier, &id)? {
            return Ok((vec![refusal], 0));
        }
        let share = match (&args.share, &args.identity) {
            (Some(file), _) => read(file)?,
            (None, Some(file)) => opened_with(courier, &id, file)?,
            (None, None) => Zeroizing::default(),
        };
        let refused = courier.give(&id, &share)?;
        let shares = courier.state.telegrams.get(&id).and_then(|e| e.shares.as_ref());
        Ok((refused, shares.map_or(0, Shares::missing)))
    })?;
    if refused.is_empty() {
        out.line(&match missing {
            0 => format!("taken; {id} can be opened: `ascertain telegram release {id}` lets it go"),
            n => format!("taken; shares of {id} missing: {n}"),
        });
    }
    answered(&refused, out)
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    if file != Path::new("-") {
        return Ok(Zeroizing::new(folder::read_bytes(file, LARGEST)?));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = std::io::stdin().take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|source| Error::File { path: file.into(), doing: "cannot be read", source })?;
    Ok(bytes)
}

/// The share of a telegram that one of the keys in a file opens.
fn opened_with(courier: &Courier<'_>, id: &TelegramId, file: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = Zeroizing::new(folder::read_bytes(file, LARGEST)?);
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let keys: Vec<Identity> = text.lines().filter_map(|line| Identity::parse(line.trim())).collect();
    let wrong =
        |why: &str| Error::Usage { message: format!("{}: {why}; nothing was changed", file.display()) };
    if keys.is_empty() {
        return Err(wrong(
            "holds no age key (a line AGE-SECRET-KEY-1…); one under a passphrase or of a plugin is used with `age -d`, and its result with --share",
        ));
    }
    let dealt = courier.book.store().shares(id)?;
    let opened = dealt.iter().find_map(|share| keys.iter().find_map(|k| age::decrypt(k, &share.sealed).ok()));
    opened.ok_or_else(|| wrong(&format!("no share of telegram {id} is sealed to a key in it")))
}

/// No share, and no file of keys, is larger.
const LARGEST: u64 = 64 * 1024;
