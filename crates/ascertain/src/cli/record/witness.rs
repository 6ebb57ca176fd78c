//! `ascertain record witness serve | add | ask`, `record policy`.

use std::path::PathBuf;
use std::sync::Mutex;

use record::cosignature::{Witness, WitnessKey};
use record::note::NoteVerifier;
use record::witness_policy::{self, PolicyWitness};
use serde::Serialize;

use super::At;
use crate::cli::witness::{Asked, ask_all};
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::keychain;
use crate::logbook::{self, Opening};
use crate::store::Store;
use crate::store::witnesses::WitnessRow;
use crate::visiting::{self, AT_ONCE};
use crate::witness_server::{self, Server};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Cosign for the logs of others (c2sp.org/tlog-witness), until interrupted
    #[command(
        after_help = "Example:\n  ascertain record witness serve --data w --name example.org/witness --log VKEY --listen 127.0.0.1:7380"
    )]
    Serve(Serve),
    /// Name a witness that is asked about this record
    #[command(
        after_help = "Example:\n  ascertain record witness add --data d --name w1 --url https://witness.example VKEY"
    )]
    Add(Add),
    /// Send the head to every witness and publish their cosignatures
    #[command(after_help = "Example:\n  ascertain record witness ask --data d")]
    Ask(Ask),
}

#[derive(clap::Args)]
pub struct Serve {
    #[command(flatten)]
    at: At,
    /// The name of the witness's key
    #[arg(long)]
    name: String,
    /// A log to cosign for, as a vkey; may be given several times, and is kept
    #[arg(long, value_name = "VKEY")]
    log: Vec<NoteVerifier>,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7380")]
    listen: String,
}

#[derive(clap::Args)]
pub struct Add {
    /// Its key
    vkey: Witness,
    #[command(flatten)]
    at: At,
    /// What it is called in the policy
    #[arg(long)]
    name: String,
    /// Its submission prefix
    #[arg(long)]
    url: String,
}

#[derive(clap::Args)]
pub struct Ask {
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain record policy --data d > desk.policy")]
pub struct PolicyArgs {
    #[command(flatten)]
    at: At,
    /// How many of the witnesses must have cosigned [default: all]
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
}

#[derive(Serialize)]
struct Serving {
    listen: String,
    name: String,
    vkey: String,
}

#[derive(Serialize)]
struct AskedAll {
    size: u64,
    root: String,
    witnesses: Vec<Asked>,
}

pub fn run(command: &Command, out: &mut Out) -> Result<Answered, Error> {
    match command {
        Command::Serve(args) => serve(args, out),
        Command::Add(args) => add(args, out),
        Command::Ask(args) => ask(args, out),
    }
}

fn serve(args: &Serve, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let mut store = Store::open(&data)?;
    if store.meta("origin")?.is_some() || store.meta("election")?.is_some() {
        let message = format!("{}: holds a record; a witness needs a folder of its own", data.display());
        return Err(Error::WrongStore { message });
    }
    match store.meta("witness")? {
        None => store.found(&[("witness", &args.name)])?,
        Some(name) if name == args.name => {}
        Some(name) => {
            let message = format!("{}: is the witness `{name}`; its name is part of its key", data.display());
            return Err(Error::WrongStore { message });
        }
    }
    for log in &args.log {
        store.put_log(log)?;
    }
    let key = keychain::witness_key(&keychain::folder_of(&data))?;
    let witness = Witness::new(&args.name, WitnessKey::Ed25519(key.verifying_key()))?;
    let server = Server { name: args.name.clone(), key, store: Mutex::new(store) };
    witness_server::serve(server, &args.listen, &mut |listen| {
        let serving = Serving { listen, name: args.name.clone(), vkey: witness.to_string() };
        if args.at.json {
            let _ = out.json(&serving);
        } else {
            out.line(&format!("vkey {}", serving.vkey));
            out.line(&format!("url  http://{}", serving.listen));
        }
        out.flush();
    })?;
    Ok(Answered::Yes)
}

fn add(args: &Add, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let store = Store::existing(&data)?;
    logbook::founding(&store, &data)?;
    if !(args.url.starts_with("http://") || args.url.starts_with("https://")) {
        return Err(Error::Usage {
            message: format!("{}: an address begins with http:// or https://", args.url),
        });
    }
    if args.name == "none" || args.name.is_empty() || args.name.contains(char::is_whitespace) {
        let message = format!("`{}`: a name without spaces, and not `none`", args.name);
        return Err(Error::Usage { message });
    }
    let row = WitnessRow { name: args.name.clone(), witness: args.vkey.clone(), url: args.url.clone() };
    store.put_witness(&row)?;
    out.line(&format!(
        "{} is asked at {} from now on; it must be told this record's key:",
        row.name, row.url
    ));
    for log in logs(&store, &data)? {
        out.line(&format!("  {log}"));
    }
    Ok(Answered::Yes)
}

fn logs(store: &Store, data: &std::path::Path) -> Result<Vec<NoteVerifier>, Error> {
    let founding = logbook::founding(store, data)?;
    let keyring = logbook::keyring(store, founding.root)?;
    Ok(logbook::log_verifiers(&founding.origin, &keyring, Some(store.head()?.size)))
}

fn ask(args: &Ask, out: &mut Out) -> Result<Answered, Error> {
    let data: PathBuf = args.at.folder();
    let mut logbook = visiting::open(&data, &Opening::default(), AT_ONCE)?;
    let witnesses = ask_all(&mut logbook)?;
    let head = logbook.head()?;
    let good = !witnesses.is_empty() && witnesses.iter().all(|asked| asked.cosigned);
    if args.at.json {
        out.json(&AskedAll { size: head.size, root: head.root.to_string(), witnesses })?;
        return Ok(good.into());
    }
    if witnesses.is_empty() {
        out.line("no witness is named; `record witness add` names one");
    }
    for asked in &witnesses {
        out.line(&format!("{:<16} {}", asked.name, asked.problem.as_deref().unwrap_or("cosigned")));
    }
    out.line(&format!("{} entries, root {}", head.size, head.root));
    Ok(good.into())
}

pub fn policy(args: &PolicyArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let store = Store::read(&data)?;
    let logs: Vec<_> = logs(&store, &data)?.into_iter().map(|log| (log, None)).collect();
    let rows = store.witnesses()?.into_iter();
    let witnesses: Vec<PolicyWitness> =
        rows.map(|row| PolicyWitness { name: row.name, witness: row.witness, url: Some(row.url) }).collect();
    let quorum = args.quorum.unwrap_or(witnesses.len());
    if quorum > witnesses.len() {
        let message = format!("--quorum {quorum}: only {} witnesses are named", witnesses.len());
        return Err(Error::Usage { message });
    }
    let text = witness_policy::to_text(&logs, &witnesses, quorum);
    text.lines().for_each(|line| out.line(line));
    Ok(Answered::Yes)
}
