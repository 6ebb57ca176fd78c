//! `ascertain record show | verify`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proof::Body;
use record::digest::Digest;
use record::keys::{KeyId, VerifyingKey};
use record::note::NoteVerifier;
use record::{checkpoint, merkle, signed_statement};
use serde::Serialize;

use super::{Answered, Out, default_data};
use crate::error::Error;
use crate::history::{self, Use};
use crate::store::{self, Row, Store};

/// Show or check the record in a data folder
#[derive(clap::Subcommand)]
#[command(
    after_help = "Examples:\n  ascertain replay us-2020 --data d\n  ascertain record show --data d\n  ascertain record verify --data d"
)]
pub enum Command {
    /// Print every entry
    #[command(after_help = "Example:\n  ascertain record show --data d --json")]
    Show(Args),
    /// Check every signature, body and checkpoint, and rebuild the root
    #[command(after_help = "Example:\n  ascertain record verify --data d")]
    Verify(Args),
}

#[derive(clap::Args)]
pub struct Args {
    /// The data folder [default: the platform's]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    index: u64,
    class: &'static str,
    statement: String,
    subject: String,
    known_at: String,
    attester: String,
    leaf: String,
    body: Option<Body>,
}

#[derive(Serialize)]
struct Checked {
    holds: bool,
    size: u64,
    root: String,
    checkpoints: usize,
    erased: Vec<u64>,
    findings: Vec<String>,
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    match command {
        Command::Show(args) => show(args, out),
        Command::Verify(args) => verify(args, out),
    }
}

fn open(args: &Args) -> Result<Store, Error> {
    Store::read(&args.data.clone().unwrap_or_else(default_data))
}

fn show(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    for row in open(args)?.rows()? {
        let logged = store::logged(&row)?;
        let h = &logged.signed.header;
        if args.json {
            out.json(&Entry {
                index: row.index,
                class: logged.signed.class.payload_type(),
                statement: h.statement.clone(),
                subject: h.subject.clone(),
                known_at: h.known_at.clone(),
                attester: h.attester.to_string(),
                leaf: merkle::leaf_hash(&row.entry).to_string(),
                body: logged.opened.map(|(_, b)| b),
            })?;
            continue;
        }
        let what = match &logged.opened {
            None => "(body erased)".to_owned(),
            Some((_, Body::Act(a))) => format!("{} by {}", kind(a.kind), a.issuer),
            Some((_, Body::Approval(a))) => format!("approval of telegram {}", a.telegram),
            Some((_, Body::Decision(d))) => format!("decision on {}", d.office),
            Some((_, Body::Key(k))) => format!("{} {} key of {}", kind(k.action), kind(k.key_use), k.name),
            Some((_, Body::Telegram(t))) => format!("telegram {} {}", t.telegram, kind(t.state)),
        };
        out.line(&format!("{:>5}  {}  {:<34} {what}", row.index, h.known_at, h.statement));
    }
    Ok(Answered::Yes)
}

fn kind<T: Serialize>(k: T) -> String {
    serde_json::to_string(&k).unwrap_or_default().trim_matches('"').to_owned()
}

fn verify(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let store = open(args)?;
    let rows = store.rows()?;
    let mut c = Checked {
        holds: false,
        size: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        root: String::new(),
        checkpoints: 0,
        erased: Vec::new(),
        findings: Vec::new(),
    };
    let leaves = entries(&rows, &mut c);
    c.root = merkle::root(&leaves).to_string();
    checkpoints(&store, &leaves, &mut c)?;
    c.holds = c.findings.is_empty();
    if args.json {
        out.json(&c)?;
        return Ok(c.holds.into());
    }
    for f in &c.findings {
        out.line(&format!("FAILS  {f}"));
    }
    out.line(&format!("{} entries, {} checkpoints, root {}", c.size, c.checkpoints, c.root));
    if !c.erased.is_empty() {
        out.line(&format!("{} bodies are erased; their entries and proofs stay valid", c.erased.len()));
    }
    out.line(if c.holds { "holds" } else { "does not hold" });
    Ok(c.holds.into())
}

/// Every entry parses, has its place, is signed by its attester, and its body is the one signed.
fn entries(rows: &[Row], c: &mut Checked) -> Vec<Digest> {
    let keys = known_keys();
    let mut leaves = Vec::new();
    let mut ids = BTreeSet::new();
    for (place, row) in (0_u64..).zip(rows) {
        leaves.push(merkle::leaf_hash(&row.entry));
        let mut say = |what: String| c.findings.push(format!("entry {}: {what}", row.index));
        if row.index != place {
            say(format!("stands at place {place}"));
        }
        let signed = match signed_statement::from_entry(&row.entry) {
            Ok(signed) => signed,
            Err(e) => {
                say(e.to_string());
                continue;
            }
        };
        match keys.get(&signed.header.attester) {
            None => say(format!("signed by a key that is not known here, {}", signed.header.attester)),
            Some(key) => {
                if let Err(e) = signed_statement::verify_signature(&signed, key) {
                    say(e.to_string());
                }
            }
        }
        if !ids.insert((signed.header.attester, signed.header.statement.clone())) {
            say(format!("a second statement {} of the same attester", signed.header.statement));
        }
        match store::logged(row) {
            Ok(logged) if logged.opened.is_none() => c.erased.push(row.index),
            Ok(_) => {}
            Err(e) => say(e.to_string()),
        }
    }
    leaves
}

/// Every signed checkpoint is of a prefix of the entries, and the last covers them all.
fn checkpoints(store: &Store, leaves: &[Digest], c: &mut Checked) -> Result<(), Error> {
    let election = store.meta("election")?.unwrap_or_default();
    let log = NoteVerifier::new(&history::origin(&election), history::key(Use::Log).verifying_key())?;
    let mut last = 0;
    for (size, note) in store.checkpoints()? {
        c.checkpoints = c.checkpoints.saturating_add(1);
        last = size;
        let prefix = usize::try_from(size).ok().and_then(|n| leaves.get(..n));
        match (checkpoint::open_checkpoint(&note, &log), prefix) {
            (Err(e), _) => c.findings.push(format!("checkpoint {size}: {e}")),
            (Ok(_), None) => {
                c.findings.push(format!("checkpoint {size}: only {} entries are stored", c.size))
            }
            (Ok(head), Some(prefix)) => {
                if head.size != size || head.root != merkle::root(prefix) {
                    c.findings.push(format!("checkpoint {size}: the entries hash to another root"));
                }
            }
        }
    }
    if last != c.size {
        c.findings.push(format!("{} entries, but the last checkpoint is of {last}", c.size));
    }
    Ok(())
}

fn known_keys() -> BTreeMap<KeyId, VerifyingKey> {
    let uses = [Use::Attester, Use::Decider, Use::Approver(1), Use::Approver(2)];
    uses.into_iter().map(|u| (history::key(u).id(), history::key(u).verifying_key())).collect()
}
