//! `ascertain telegram proof`, and what `telegram status` says of proofs.

use std::path::PathBuf;

use super::preparing::Where;
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::logbook;
use crate::proofs;
use crate::store::Store;

#[derive(clap::Args)]
#[command(
    after_help = "`telegram run` writes them when it decides, into DIR/proofs/OFFICE: decision.proof, decision.brief.proof and trust.toml. They carry the bodies of statements; nothing there is published. Whoever has trust.toml from you by another way than the proof checks with `ascertain verify decision.proof --trust trust.toml`.\n\nExample:\n  ascertain telegram proof --data d --out handed-out"
)]
pub struct ProofArgs {
    #[command(flatten)]
    at: Where,
    /// The office decided on, where there are several
    #[arg(long)]
    office: Option<String>,
    /// Where they go [default: DIR/proofs/OFFICE]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Exit 0 if the full proof is written, 1 if there is nothing to prove or a body it needs is erased.
pub fn proof(args: &ProofArgs, out: &mut Out) -> Result<Answered, Error> {
    let store = Store::read(&args.at.folder())?;
    logbook::founding(&store, store.folder())?;
    let offices = store.decided_offices()?;
    let office = match (&args.office, offices.as_slice()) {
        (Some(office), offices) if offices.contains(office) => office,
        (None, [office]) => office,
        (None, [_, _, ..]) => {
            let message = format!("say which with --office: {}", offices.join(", "));
            return Err(Error::Usage { message });
        }
        _ => {
            out.line("nothing is decided yet");
            return Ok(Answered::No);
        }
    };
    let folder = args.out.clone().unwrap_or_else(|| proofs::folder_of(store.folder(), office));
    let written = proofs::write_to(&store, office, &folder)?;
    for file in &written.files {
        out.line(&format!("wrote {}", file.display()));
    }
    for note in &written.notes {
        out.line(note);
    }
    Ok(written.files.contains(&folder.join(proofs::PROOF)).into())
}

/// A line for each decision.
pub fn status(store: &Store, out: &mut Out) -> Result<(), Error> {
    for office in store.decided_offices()? {
        let said = proofs::file_of(store.folder(), &office).map_or_else(
            || "decided; no proof is written, `ascertain telegram proof` writes it".to_owned(),
            |path| format!("decided; proof {}", path.display()),
        );
        out.line(&format!("{office:<12} {said}"));
    }
    Ok(())
}
