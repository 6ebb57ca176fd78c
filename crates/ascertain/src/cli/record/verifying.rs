//! `ascertain record verify | fsck | mirror`.

use std::path::{Path, PathBuf};

use record::check::{CHECKPOINT, Depth, Effort, Issuers, KEYS_FILE, Trusted, check_record};
use record::checkpoint::{Checkpoint, open_checkpoint_of};
use record::keys::VerifyingKey;
use record::note::NoteVerifier;
use record::signed_statement::verify_signature;
use record::tile::{self, TileId};
use record::tlog_proof;
use record::witness_policy::{self, WitnessPolicy};
use serde::Serialize;

use super::At;
use crate::admission;
use crate::checking::{self, Checked};
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::folder;
use crate::logbook;
use crate::mirror::{self, Mirror};
use crate::store::Store;

/// Whose record it must be.
#[derive(clap::Args)]
pub struct Whose {
    /// A witness policy (c2sp.org/tlog-policy): the keys of the log, and which witnesses must have cosigned
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A key of the log, as a vkey; may be given several times
    #[arg(long, value_name = "VKEY")]
    log: Vec<NoteVerifier>,
    /// The root of the issuers' keys
    #[arg(long, value_name = "BASE64")]
    root: Option<VerifyingKey>,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ascertain record verify --data d\n  ascertain record verify 17.tlog-proof --policy desk.policy"
)]
pub struct Args {
    /// A tlog-proof; without one the store in the data folder is checked
    proof: Option<PathBuf>,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    whose: Whose,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ascertain record fsck --data d\n  ascertain record fsck --mirror https://record.example.org --policy desk.policy --root BASE64\n  ascertain record fsck --mirror copy --policy desk.policy --structure"
)]
pub struct FsckArgs {
    #[command(flatten)]
    at: At,
    /// The published files: a folder or an address [default: those of the data folder]
    #[arg(long, value_name = "URL|DIR")]
    mirror: Option<String>,
    #[command(flatten)]
    whose: Whose,
    /// Hashes and structure only, no signature of an entry
    #[arg(long)]
    structure: bool,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  ascertain record mirror https://record.example.org --to copy --policy desk.policy --root BASE64"
)]
pub struct MirrorArgs {
    /// The published files: a folder or an address
    #[arg(value_name = "URL|DIR")]
    from: String,
    /// Where the copy lies
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    whose: Whose,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is known of the record from outside it.
fn trusted(whose: &Whose, own: Option<(&Path, &Store)>) -> Result<Trusted, Error> {
    let policy = whose.policy.as_ref().map(|path| read_policy(path)).transpose()?;
    let mut logs = whose.log.clone();
    logs.extend(policy.iter().flat_map(|policy| policy.logs.iter().map(|(log, _)| log.clone())));
    let mut issuers = whose.root.map_or(Issuers::Unknown, Issuers::Root);
    if let (true, Some((data, store))) = (logs.is_empty(), own) {
        let founding = logbook::founding(store, data)?;
        logs = logbook::log_verifiers(&founding.origin, &logbook::keyring(store, founding.root)?, None);
        issuers = Issuers::Root(founding.root);
    }
    if logs.is_empty() {
        let message = "whose record must it be? Name the witness policy with --policy FILE, or a key of the log with --log VKEY; you have them from its owner by another way than the record";
        return Err(Error::Usage { message: message.into() });
    }
    Ok(Trusted { logs, issuers, policy })
}

/// Reads a witness policy.
///
/// # Errors
/// The file cannot be read, or is none.
pub fn read_policy(path: &Path) -> Result<WitnessPolicy, Error> {
    let limit = u64::try_from(witness_policy::MAX_POLICY_BYTES).unwrap_or(u64::MAX);
    let bytes = folder::read_bytes(path, limit)?;
    witness_policy::from_text(&bytes)
        .map_err(|e| Error::Usage { message: format!("{}: {e}", path.display()) })
}

pub fn verify(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    if let Some(path) = &args.proof {
        return verify_proof(path, args, out);
    }
    let data = args.at.folder();
    say(&checking::check_store(Store::read(&data)?, &data)?, args.at.json, out)
}

pub fn fsck(args: &FsckArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let store = match &args.mirror {
        None => Some(Store::read(&data)?),
        Some(_) => None,
    };
    let mirror = match &args.mirror {
        Some(at) => mirror::open(at)?,
        None => Mirror::Folder(logbook::public_of(&data)),
    };
    let trusted = trusted(&args.whose, store.as_ref().map(|store| (data.as_path(), store)))?;
    if !args.structure && trusted.issuers == Issuers::Unknown {
        let message = "the signatures of entries are checked from the root of their keys: name it with --root BASE64, or ask for hashes and structure alone with --structure";
        return Err(Error::Usage { message: message.into() });
    }
    let depth = if args.structure { Depth::Structure } else { Depth::Signatures };
    say(&checked(&mirror, &trusted, depth), args.at.json, out)
}

fn checked(mirror: &Mirror, trusted: &Trusted, depth: Depth) -> Checked {
    let threads = admission::threads();
    // Waiting for answers takes no processor.
    let threads = if matches!(mirror, Mirror::Web(..)) { threads.max(8) } else { threads };
    let read = |path: &str| mirror.read(path);
    checking::shown(check_record(&read, trusted, Effort { depth, threads }))
}

fn say(checked: &Checked, json: bool, out: &mut Out) -> Result<Answered, Error> {
    if json {
        out.json(checked)?;
        return Ok(checked.holds.into());
    }
    for finding in &checked.findings {
        out.line(&format!("FAILS  {finding}"));
    }
    let Checked { size, checkpoints, root, signatures, .. } = checked;
    out.line(&format!(
        "{size} entries, {signatures} signatures good, {checkpoints} checkpoints, root {root}"
    ));
    if !checked.witnesses.is_empty() {
        out.line(&format!("cosigned by {}", checked.witnesses.join(", ")));
    }
    if !checked.erased.is_empty() {
        out.line(&format!("{} bodies are erased; their entries and proofs stay valid", checked.erased.len()));
    }
    out.line(if checked.holds { "holds" } else { "does not hold" });
    Ok(checked.holds.into())
}

#[derive(Serialize)]
struct Proved {
    holds: bool,
    verdict: &'static str,
    problem: Option<String>,
    index: Option<u64>,
    size: Option<u64>,
    origin: Option<String>,
    statement: Option<String>,
    attester: Option<String>,
    class: Option<&'static str>,
    witnesses: Vec<String>,
}

fn verify_proof(path: &Path, args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let trusted = trusted(&args.whose, None)?;
    let bytes = folder::read_bytes(path, LONGEST_PROOF)?;
    let proved = prove(&bytes, &trusted).unwrap_or_else(|e| Proved {
        holds: false,
        verdict: "does not hold",
        problem: Some(e.to_string()),
        index: None,
        size: None,
        origin: None,
        statement: None,
        attester: None,
        class: None,
        witnesses: Vec::new(),
    });
    if args.at.json {
        out.json(&proved)?;
        return Ok(proved.holds.into());
    }
    if let Some(problem) = &proved.problem {
        out.line(&format!("FAILS  {problem}"));
    }
    if let (Some(statement), Some(index), Some(size)) = (&proved.statement, proved.index, proved.size) {
        let by = proved.attester.as_deref().unwrap_or_default();
        out.line(&format!("statement {statement} by {by}"));
        out.line(&format!("entry {index} of {size} in {}", proved.origin.as_deref().unwrap_or_default()));
    }
    if !proved.witnesses.is_empty() {
        out.line(&format!("cosigned by {}", proved.witnesses.join(", ")));
    }
    out.line(proved.verdict);
    Ok(proved.holds.into())
}

const LONGEST_PROOF: u64 = 256 * 1024;

/// Inclusion under a key of the log and the quorum, and the signature if its key is the given root; other issuers are for
/// the reader to know.
fn prove(bytes: &[u8], trusted: &Trusted) -> Result<Proved, record::Error> {
    let proof = tlog_proof::from_text(bytes)?;
    let (head, witnesses) = match &trusted.policy {
        None => (open_checkpoint_of(&proof.checkpoint, &trusted.logs)?, Vec::new()),
        Some(policy) => {
            let witnessed = witness_policy::check_for(&proof.checkpoint, &trusted.logs, policy)?;
            let names = witnessed.cosignatures.iter().map(|c| c.witness.name().to_owned()).collect();
            (witnessed.checkpoint, names)
        }
    };
    let signed = tlog_proof::statement_under(&proof, &head)?;
    if let Issuers::Root(root) = &trusted.issuers
        && root.id() == signed.header.attester
    {
        verify_signature(&signed, root)?;
    }
    Ok(Proved {
        holds: true,
        verdict: "holds: the record has this statement",
        problem: None,
        index: Some(proof.index),
        size: Some(head.size),
        origin: Some(head.origin),
        statement: Some(signed.header.statement),
        attester: Some(signed.header.attester.to_string()),
        class: Some(crate::keychain::class_word(signed.class)),
        witnesses,
    })
}

pub fn mirror(args: &MirrorArgs, out: &mut Out) -> Result<Answered, Error> {
    let trusted = trusted(&args.whose, None)?;
    let from = mirror::open(&args.from)?;
    let unread = |problem| Error::Usage { message: format!("{}: {CHECKPOINT}: {problem}", args.from) };
    let note = from.read(CHECKPOINT).map_err(unread)?;
    let head = open_checkpoint_of(&note, &trusted.logs)?;
    let before = copied_before(&args.to, &trusted)?;
    if let Some(old) = before.as_ref().filter(|old| old.size > head.size) {
        let message = format!(
            "the copy has {} entries, {} shows {}: it went back; the copy stays as it is",
            old.size, args.from, head.size
        );
        return Err(Error::WrongStore { message });
    }
    copy(&from, &args.to, before.as_ref(), &head)?;
    extends(&args.to, before.as_ref(), &head)?;
    if let Ok(keys) = from.read(KEYS_FILE) {
        folder::write_whole(&args.to.join(KEYS_FILE), &keys)?;
    }
    folder::write_whole(&args.to.join(CHECKPOINT), &note)?;
    let depth = if trusted.issuers == Issuers::Unknown { Depth::Entries } else { Depth::Signatures };
    say(&checked(&Mirror::Folder(args.to.clone()), &trusted, depth), args.json, out)
}

fn copied_before(to: &Path, trusted: &Trusted) -> Result<Option<Checkpoint>, Error> {
    match Mirror::Folder(to.into()).read(CHECKPOINT) {
        Ok(note) => Ok(Some(open_checkpoint_of(&note, &trusted.logs)?)),
        Err(_) => Ok(None),
    }
}

/// Fetches what the copy lacks; what is full does not change.
fn copy(from: &Mirror, to: &Path, before: Option<&Checkpoint>, head: &Checkpoint) -> Result<(), Error> {
    let old = before.map_or(0, |old| old.size);
    for id in tile::tiles_between(old, head.size) {
        let path = id.to_string();
        let bytes = tile::read_or_cut(id, |id| from.read(&id.to_string()));
        let bytes = bytes.map_err(|problem| Error::Usage { message: format!("{path}: {problem}") })?;
        folder::write_whole(&to.join(path), &bytes)?;
    }
    Ok(())
}

/// The new files lead to the root of the copy before.
fn extends(to: &Path, before: Option<&Checkpoint>, head: &Checkpoint) -> Result<(), Error> {
    let Some(old) = before else { return Ok(()) };
    let copy = Mirror::Folder(to.into());
    let missing = |_| record::Error::TileRefused { what: "tile", problem: "it is not in the copy" };
    let mut read = |id: TileId| tile::from_tile(&copy.read(&id.to_string()).map_err(missing)?, id.width);
    let root = tile::root(old.size, head.size, &mut read)?;
    if root == old.root {
        return Ok(());
    }
    let message = format!(
        "the first {} entries have another root than in the copy before: two histories were signed. The checkpoint of the copy stays as it is; keep both as evidence",
        old.size
    );
    Err(Error::WrongStore { message })
}
