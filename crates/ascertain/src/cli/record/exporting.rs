//! `ascertain record proof`, `record export dsse | cose | submission | trust`.

use std::path::PathBuf;

use record::keyring::{KeyUse, Span};
use record::receipt::{self, Inclusion};
use record::signed_statement::{from_entry, to_envelope};
use record::tile::{self, TileId};
use record::tlog_proof::{self, TlogProof};

use super::At;
use super::reading::entry_named;
use crate::cli::{Answered, Out, witness};
use crate::error::Error;
use crate::keychain;
use crate::logbook;
use crate::proofs;
use crate::sequencer::pack;
use crate::store::Store;
use crate::store::entries::{self, Row};
use crate::submission;

#[derive(clap::Args)]
#[command(
    after_help = "Give the file to anybody with the policy (`record policy`): `record verify FILE --policy POLICY` checks it, and so do other programs that read c2sp.org/tlog-proof.\n\nExample:\n  ascertain record proof 17 --data d --out 17.tlog-proof"
)]
pub struct ProofArgs {
    #[command(flatten)]
    which: Which,
    /// On the newest checkpoint that witnesses cosigned, not on the newest
    #[arg(long)]
    witnessed: bool,
}

#[derive(clap::Args)]
pub struct Which {
    /// The index of the entry, or its statement's id
    #[arg(value_name = "INDEX|STATEMENT")]
    entry: String,
    #[command(flatten)]
    at: At,
    /// Where to [default: the standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
pub enum Command {
    /// The DSSE envelope
    #[command(after_help = "Example:\n  ascertain record export dsse 17 --data d --out 17.dsse.json")]
    Dsse(Which),
    /// A COSE receipt of inclusion (RFC 9942), signed by the log
    #[command(after_help = "Example:\n  ascertain record export cose 17 --data d --out 17.cose")]
    Cose(Which),
    /// Envelope, salt and body on one line, as `record append` of another record takes it
    #[command(after_help = "Example:\n  ascertain record export submission 17 --data d")]
    Submission(Which),
    /// Whose keys count in this record, for those who check its decisions with `ascertain verify --trust`
    Trust(TrustArgs),
}

#[derive(clap::Args)]
#[command(
    after_help = "Give it by another way than the proofs, and again when a key is enrolled, revoked or replaced. If witnesses are named, proofs must be cosigned by so many of them: `record witness ask`.\n\nExample:\n  ascertain record export trust --data d --out trust.toml"
)]
pub struct TrustArgs {
    #[command(flatten)]
    at: At,
    /// The name of the decider's key, or how its id begins
    #[arg(long, value_name = "NAME", default_value = "desk")]
    decider: String,
    /// How many of the witnesses must have cosigned [default: all]
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
    /// Where to [default: the standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn proof(args: &ProofArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.which.at.folder();
    let store = Store::read(&data)?;
    let row = entry_named(&store, &args.which.entry)?;
    let newest = store.head()?.size;
    let size = if args.witnessed { store.last_cosigned_size()?.unwrap_or(0) } else { newest };
    if size <= row.index {
        let message = format!(
            "entry {} is not covered by a cosigned checkpoint, the last is of {size}; `record witness ask` asks for one",
            row.index
        );
        return Err(Error::Usage { message });
    }
    let missing = || Error::WrongStore { message: format!("no checkpoint of size {size} is stored") };
    let mut checkpoint = store.checkpoint(size)?.ok_or_else(missing)?;
    checkpoint.extend(store.cosignatures(size)?.into_bytes());
    let hashes = inclusion(&store, &row, size, newest)?;
    let signed = from_entry(&row.entry)?;
    let proof = TlogProof { extra: Some(to_envelope(&signed)?), index: row.index, hashes, checkpoint };
    write(&args.which, &tlog_proof::to_text(&proof), out)
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    match command {
        Command::Dsse(which) => {
            let row = entry_named(&Store::read(&which.at.folder())?, &which.entry)?;
            let mut envelope = to_envelope(&from_entry(&row.entry)?)?;
            if which.out.is_none() {
                envelope.push(b'\n');
            }
            write(which, &envelope, out)
        }
        Command::Cose(which) => cose(which, out),
        Command::Trust(args) => trust(args, out),
        Command::Submission(which) => {
            let row = entry_named(&Store::read(&which.at.folder())?, &which.entry)?;
            let line = submission::to_line(&pack(&entries::logged(&row)?)?)?;
            write(which, format!("{line}\n").as_bytes(), out)
        }
    }
}

/// The trust of the decider in force, of every attester there ever was, and of the log's newest key.
fn trust(args: &TrustArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let store = Store::read(&data)?;
    let founding = logbook::founding(&store, &data)?;
    let keyring = logbook::keyring(&store, founding.root)?;
    let head = store.head()?;
    let newest = |key_use: KeyUse, fits: &dyn Fn(&Span) -> bool| {
        let spans = keyring.spans().iter().filter(|s| s.key_use == key_use && fits(s));
        spans.filter(|s| keyring.at(s.key.id(), head.size).is_some()).max_by_key(|s| s.from).map(|s| s.key)
    };
    let named = |s: &Span| s.name == args.decider || s.key.id().to_string().starts_with(&args.decider);
    let none = |message: String| Error::Usage { message };
    let decider = newest(KeyUse::Decider, &named).ok_or_else(|| {
        none(format!(
            "no decider's key of the name `{}` is in force; `record key list` shows them",
            args.decider
        ))
    })?;
    let log = newest(KeyUse::Log, &|_| true).ok_or_else(|| none("the log has no key in force".into()))?;
    let trust = proofs::trust(&store, &founding, &keyring, (decider, log), head.size, args.quorum)?;
    if args.at.json {
        out.json(&trust)?;
        return Ok(Answered::Yes);
    }
    let text = format!(
        "# Whose keys count for decisions in {}; as of {} entries, root {}.\n{}",
        founding.origin,
        head.size,
        head.root,
        proof::trust_to_toml(&trust)?
    );
    put(args.out.as_ref(), text.as_bytes(), out)
}

/// The receipt is signed here and now, so the private key of the log must lie here.
fn cose(which: &Which, out: &mut Out) -> Result<Answered, Error> {
    let data = which.at.folder();
    let store = Store::read(&data)?;
    let row = entry_named(&store, &which.entry)?;
    let founding = logbook::founding(&store, &data)?;
    let keyring = logbook::keyring(&store, founding.root)?;
    let head = store.head()?;
    let signers = keychain::read(&keychain::folder_of(&data), founding.class)?;
    let keys = logbook::log_keys(&signers, &keyring, head.size)?;
    let hashes = inclusion(&store, &row, head.size, head.size)?;
    let inclusion = Inclusion { size: head.size, index: row.index, hashes };
    let gone = || Error::Usage { message: "the private key of the log does not lie here".into() };
    let receipt = receipt::to_receipt(&inclusion, &head.root, keys.first().ok_or_else(gone)?)?;
    if which.out.is_none() {
        return Err(Error::Usage { message: "a COSE receipt is binary: name a file with --out FILE".into() });
    }
    write(which, &receipt, out)
}

/// From the published tiles where they are, and checked against the head.
fn inclusion(store: &Store, row: &Row, size: u64, tree: u64) -> Result<Vec<record::digest::Digest>, Error> {
    let public = logbook::public_of(store.folder());
    let mut read = |id: TileId| witness::hashes(store, &public, id);
    let hashes = tile::inclusion_proof(row.index, size, tree, &mut read)?;
    let root = store.root_at(size)?.ok_or(record::Error::NoteUnsigned)?;
    let leaf = record::merkle::leaf_hash(&row.entry);
    record::merkle::verify_inclusion(row.index, size, &leaf, &hashes, &root).map_err(|_| {
        Error::WrongStore {
            message: "the published tiles do not lead to the signed root; `record rebuild` makes them again"
                .into(),
        }
    })?;
    Ok(hashes)
}

fn write(which: &Which, bytes: &[u8], out: &mut Out) -> Result<Answered, Error> {
    put(which.out.as_ref(), bytes, out)
}

fn put(to: Option<&PathBuf>, bytes: &[u8], out: &mut Out) -> Result<Answered, Error> {
    match to {
        Some(path) => {
            crate::folder::write_whole(path, bytes)?;
            out.line(&format!("wrote {}", path.display()));
        }
        None => out.line(String::from_utf8_lossy(bytes).trim_end_matches('\n')),
    }
    Ok(Answered::Yes)
}
