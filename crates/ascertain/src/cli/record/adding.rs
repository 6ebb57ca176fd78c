//! `ascertain record append | import | erase`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use proof::Body;
use record::keyring::KeyUse;
use serde::Serialize;
use standing::ActLine;

use super::At;
use super::reading::entry_named;
use crate::appender;
use crate::cli::{Answered, Out, now, witness};
use crate::error::Error;
use crate::folder;
use crate::keychain::{self, Saying, Signer};
use crate::logbook::{Logbook, Opening};
use crate::proofs;
use crate::sequencer::{Packed, Placed};
use crate::store::{self, entries, erasing};
use crate::submission::{self, Submission};
use crate::visiting::{self, AT_ONCE};

/// How much must have happened before a statement is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Its index is fixed and survives a loss of power
    Durable,
    /// The published files show it
    Published,
    /// Every witness has cosigned a checkpoint that covers it
    Witnessed,
}

#[derive(clap::Args)]
#[command(
    after_help = "A statement that is there already is answered with the index it has: asking again is safe.\n\nExamples:\n  ascertain record append --data d --key alice --election us-2028 acts.jsonl\n  ascertain record append --data d signed-by-others.jsonl --ack witnessed"
)]
pub struct Args {
    #[command(flatten)]
    at: At,
    /// Acts, or statements that others signed, one a line; `-` is the standard input
    file: PathBuf,
    /// The name of the attester's key that signs acts
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// The election that acts are about
    #[arg(long, value_name = "ID")]
    election: Option<String>,
    /// What must have happened when this returns
    #[arg(long, value_enum, default_value = "published")]
    ack: Level,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain record import --data d --key alice my-election")]
pub struct ImportArgs {
    #[command(flatten)]
    at: At,
    /// An election: a folder with election.toml, or a shipped name
    election: String,
    /// The name of the attester's key that signs
    #[arg(long, value_name = "NAME")]
    key: String,
    /// What must have happened when this returns
    #[arg(long, value_enum, default_value = "published")]
    ack: Level,
}

#[derive(Serialize)]
struct Appended {
    size: u64,
    root: String,
    acknowledged: &'static str,
    statements: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    statement: String,
    index: Option<u64>,
    state: &'static str,
    problem: Option<String>,
}

pub fn append(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let name = args.file.display().to_string();
    let text = text_of(&args.file)?;
    let submitted = submission::read(&name, &text)?;
    let data = args.at.folder();
    if let (Submission::Signed(batch), false) = (&submitted, args.ack == Level::Witnessed)
        && let Some(answer) = visiting::append(&data, &text)?
    {
        return handed_in(batch, &answer, args, out);
    }
    let logbook = open(&data, out)?;
    let batch = match submitted {
        Submission::Signed(batch) => batch,
        Submission::Acts(lines) => {
            let missing = |what: &str| Error::Usage {
                message: format!("{name}: holds acts, which are signed here: name {what}"),
            };
            let key = args.key.as_ref().ok_or_else(|| missing("the key with --key NAME"))?;
            let election =
                args.election.as_ref().ok_or_else(|| missing("their election with --election ID"))?;
            let signer = logbook.signer(Some(KeyUse::Attester), key)?;
            sign_acts(&logbook, signer, election, lines.into_iter().map(|(_, line)| line))?
        }
    };
    enter(logbook, batch, args.ack, args.at.json, out)
}

pub fn import(args: &ImportArgs, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let logbook = open(&args.at.folder(), out)?;
    let signer = logbook.signer(Some(KeyUse::Attester), &args.key)?;
    let batch = sign_acts(&logbook, signer, &loaded.election.id, loaded.acts.into_iter())?;
    enter(logbook, batch, args.ack, args.at.json, out)
}

/// Opens the record with what its witnesses have seen.
fn open(data: &Path, out: &mut Out) -> Result<Logbook, Error> {
    let seen = witness::witness_seen(data, out)?;
    visiting::open(data, &Opening { seen, accept: None }, AT_ONCE)
}

fn text_of(path: &Path) -> Result<String, Error> {
    if path != Path::new("-") {
        return folder::read_text(path);
    }
    let mut text = String::new();
    let read = std::io::stdin().take(32 << 20).read_to_string(&mut text);
    read.map_err(|source| Error::File { path: path.into(), doing: "cannot be read", source })?;
    Ok(text)
}

/// Signs acts; one that the same key signed before with the same content is taken as it stands.
fn sign_acts(
    logbook: &Logbook,
    signer: &Signer,
    election: &str,
    acts: impl Iterator<Item = ActLine>,
) -> Result<Vec<Packed>, Error> {
    let mut batch = Vec::new();
    for act in acts {
        act.to_act().map_err(|(field, message)| Error::Usage {
            message: format!("{}: `{field}`: {message}", act.id),
        })?;
        let statement = act.statement.as_ref().map_or_else(|| act.id.as_str(), |s| s.as_str()).to_owned();
        let known_at = act.known_at.map_or_else(now, Ok)?.to_string();
        let body = Body::Act(Box::new(ActLine { known_at: None, statement: None, ..act }));
        let stands = standing_already(logbook, signer, election, &statement, &body)?;
        let saying = Saying { statement, subject: election.to_owned(), known_at };
        batch.push(stands.map_or_else(|| keychain::sign(signer, saying, &body), Ok)?);
    }
    Ok(batch)
}

fn standing_already(
    logbook: &Logbook,
    signer: &Signer,
    election: &str,
    statement: &str,
    body: &Body,
) -> Result<Option<Packed>, Error> {
    for index in logbook.store.indices_of(statement)? {
        let Some(row) = logbook.store.row(index)? else { continue };
        let logged = entries::logged(&row)?;
        let header = &logged.signed.header;
        let ours = header.attester == signer.key().id() && header.subject == election;
        let same = matches!(&logged.opened, Some((_, stored)) if stored == body);
        if ours && same {
            return Ok(Some(crate::sequencer::pack(&logged)?));
        }
    }
    Ok(None)
}

fn enter(
    logbook: Logbook,
    batch: Vec<Packed>,
    wanted: Level,
    json: bool,
    out: &mut Out,
) -> Result<Answered, Error> {
    let names: Vec<String> = batch.iter().map(|packed| packed.signed.header.statement.clone()).collect();
    let (mut logbook, placed) = write(logbook, batch, wanted)?;
    let mut reached = Level::Durable;
    if wanted != Level::Durable {
        reached = Level::Published;
    }
    let mut complaints = Vec::new();
    if wanted == Level::Witnessed {
        let asked = witness::ask_all(&mut logbook)?;
        complaints =
            asked.iter().filter_map(|row| Some(format!("{}: {}", row.name, row.problem.as_ref()?))).collect();
        if !asked.is_empty() && complaints.is_empty() {
            reached = Level::Witnessed;
        }
    }
    let head = logbook.head()?;
    let appended = Appended {
        size: head.size,
        root: head.root.to_string(),
        acknowledged: word(reached),
        statements: names.into_iter().zip(&placed).map(|(name, placed)| row(name, placed)).collect(),
    };
    let stands = show(&appended, json, out)?;
    complaints.iter().filter(|_| !json).for_each(|line| out.line(&format!("witness {line}")));
    Ok((stands && reached == wanted).into())
}

/// A desk that stays open took them in.
fn handed_in(
    batch: &[Packed],
    answer: &visiting::Answer,
    args: &Args,
    out: &mut Out,
) -> Result<Answered, Error> {
    let names = batch.iter().map(|packed| packed.signed.header.statement.clone());
    let appended = Appended {
        size: answer.size,
        root: answer.root.clone(),
        acknowledged: word(Level::Published),
        statements: names.zip(&answer.placed).map(|(name, placed)| row(name, placed)).collect(),
    };
    Ok(show(&appended, args.at.json, out)?.into())
}

/// Whether every statement has its place.
fn show(appended: &Appended, json: bool, out: &mut Out) -> Result<bool, Error> {
    if json {
        out.json(appended)?;
    } else {
        tell(appended, out);
    }
    Ok(appended.statements.iter().all(|row| row.problem.is_none()))
}

/// Few at once; many in groups, each checked while the one before is written.
fn write(
    mut logbook: Logbook,
    mut batch: Vec<Packed>,
    wanted: Level,
) -> Result<(Logbook, Vec<Placed>), Error> {
    if batch.len() <= appender::GROUP {
        let placed = logbook.append(&batch)?;
        if wanted != Level::Durable {
            logbook.publish()?;
        }
        return Ok((logbook, placed));
    }
    let appender = appender::start(logbook);
    let mut answers = Vec::new();
    while !batch.is_empty() {
        let rest = batch.split_off(batch.len().min(appender::GROUP));
        answers.push(appender.submit(batch));
        batch = rest;
    }
    let placed = answers.into_iter().flat_map(|answer| answer.recv().unwrap_or_default()).collect();
    Ok((appender.finish()?, placed))
}

fn tell(appended: &Appended, out: &mut Out) {
    for row in &appended.statements {
        let index = row.index.map_or_else(|| "    -".to_owned(), |index| format!("{index:>5}"));
        let problem = row.problem.as_ref().map(|p| format!(": {p}")).unwrap_or_default();
        out.line(&format!("{index}  {:<8} {}{problem}", row.state, row.statement));
    }
    out.line(&format!("{} entries, root {}; {}", appended.size, appended.root, appended.acknowledged));
}

fn row(statement: String, placed: &Placed) -> Row {
    let (index, state, problem) = match placed {
        Placed::New(index) => (Some(*index), "new", None),
        Placed::Again(index) => (Some(*index), "again", None),
        Placed::Taken(index) => {
            let why = "its attester has another statement of this id; an amendment needs an id of its own";
            (Some(*index), "taken", Some(why.to_owned()))
        }
        Placed::Refused(why) => (None, "refused", Some(why.clone())),
    };
    Row { statement, index, state, problem }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Durable => "durable",
        Level::Published => "published",
        Level::Witnessed => "witnessed",
    }
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain record erase 17 --data d")]
pub struct EraseArgs {
    /// The index of the entry, or its statement's id
    #[arg(value_name = "INDEX|STATEMENT")]
    entry: String,
    #[command(flatten)]
    at: At,
}

#[derive(Serialize)]
struct Erased {
    index: u64,
    erased: bool,
}

pub fn erase(args: &EraseArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let mut logbook = visiting::open(&data, &Opening::default(), AT_ONCE)?;
    let row = entry_named(&logbook.store, &args.entry)?;
    let (index, opened) = (row.index, entries::logged(&row)?.opened);
    if logbook.store.notices()?.contains(&index) {
        let message = format!("entry {index} is a key notice, which is published with its body and stays");
        return Err(Error::Usage { message });
    }
    let t = logbook.store.write()?;
    let erased = erasing::erase_body(&t, index)?;
    store::commit(t)?;
    logbook.store.empty_log()?;
    for path in opened.map(|(salt, _)| proofs::carrying(&data, &salt)).unwrap_or_default() {
        out.warn(&format!("{}: carries the body as well, and is yours to erase", path.display()));
    }
    if args.at.json {
        out.json(&Erased { index, erased })?;
    } else if erased {
        out.line(&format!("entry {index}: body and salt are erased here; entry and proofs stay. Copies and backups are yours to erase."));
    } else {
        out.line(&format!("entry {index}: there is no body"));
    }
    Ok(Answered::Yes)
}
