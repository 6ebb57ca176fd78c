//! Where a replay keeps its store and leaves its files.
//!
//! A scratch place is cleared of what an earlier replay left, and of nothing else.

use std::path::{Path, PathBuf};

use proof::Logged;
use record::digest::{Digest, sha256};
use record::signed_statement;
use standing::Instant;

use crate::error::Error;
use crate::replay::Plan;
use crate::store::{self, Store};

/// Opens the store of a replay. A kept one must have been begun for the same election, policy, law and messages;
/// acts may have come since.
///
/// # Errors
/// The store cannot be used, or was begun with something else.
pub fn open_store(plan: &Plan<'_>, policy: &Digest) -> Result<Store, Error> {
    if !plan.kept {
        clear(plan.data, plan.out)?;
    }
    let store = Store::open(plan.data)?;
    if !plan.kept {
        store.scratch()?;
    }
    let digest = |files: &standing::Files| serde_json::to_vec(files).map(|bytes| sha256(&bytes).to_string());
    let wanted = [
        ("kept", plan.kept.to_string()),
        ("election", plan.loaded.election.id.clone()),
        ("policy", policy.to_string()),
        ("law", digest(&plan.loaded.law_files)?),
        ("set of messages", digest(&plan.loaded.messages)?),
    ];
    for (name, value) in wanted {
        if store.meta_once(name, &value)? != value {
            let message = format!(
                "{}: the store was begun with another {name}; name another --data folder",
                plan.data.display()
            );
            return Err(Error::WrongStore { message });
        }
    }
    Ok(store)
}

/// The acts in a store are the first of those given: nothing recorded is changed, left out or put in between.
///
/// # Errors
/// They are not, or the store is past `last` already.
pub fn resumes(store: &Store, election: &str, logged: &[Logged], last: Instant) -> Result<(), Error> {
    let mut given = logged.iter();
    for row in store.rows()? {
        let recorded = signed_statement::from_entry(&row.entry)?;
        if recorded.header.subject != election {
            continue;
        }
        let id = &recorded.header.statement;
        if given.next().is_none_or(|l| l.signed != recorded) {
            let message = format!(
                "statement {id} is recorded already, but the folder has another act in its place; recorded acts stay: add acts with a later known_at, or name another --data folder"
            );
            return Err(Error::WrongStore { message });
        }
        if Instant::try_from(recorded.header.known_at.as_str()).is_ok_and(|t| t > last) {
            let message = format!(
                "the store is at {} already; --as-of cannot go back before it",
                recorded.header.known_at
            );
            return Err(Error::WrongStore { message });
        }
    }
    Ok(())
}

/// Removes what an earlier replay left in a scratch place, and nothing else: what it cannot tell to be its own stays.
fn clear(data: &Path, out: &Path) -> Result<(), Error> {
    if data.join(store::FILE).exists() {
        let old = Store::read(data)?;
        if old.meta("kept")?.as_deref() != Some("false") {
            let message = format!(
                "{}: holds a kept store, which a scratch replay does not overwrite; name it with --data, or choose another --out",
                data.join(store::FILE).display()
            );
            return Err(Error::WrongStore { message });
        }
        for telegram in old.sealed_telegrams()? {
            crate::seal::destroy_all_but(&data.join("keys"), &telegram, None)?;
        }
        drop(old);
        for suffix in ["", "-wal", "-shm"] {
            remove(data.join(format!("{}{suffix}", store::FILE)))?;
        }
    }
    for entry in std::fs::read_dir(out.join("outbox")).into_iter().flatten().flatten() {
        let ours =
            |p: &PathBuf| p.extension().is_some_and(|e| e == "eml") && says(p, "X-Ascertain-Class: history");
        if ours(&entry.path()) {
            remove(entry.path())?;
        }
    }
    for (name, word) in
        [(PROOF, "\"ascertain/history/"), (BRIEF, "\"ascertain/history/"), (TRUST, "class = \"history\"")]
    {
        let path = out.join(name);
        if says(&path, word) {
            remove(path)?;
        } else if path.exists() {
            let message = format!("{}: not a file of a replay; choose another --out", path.display());
            return Err(Error::WrongStore { message });
        }
    }
    Ok(())
}

fn says(path: &Path, word: &str) -> bool {
    std::fs::read(path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(word))
}

fn remove(path: PathBuf) -> Result<(), Error> {
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path, doing: "cannot be removed", source: e })
        }
        _ => Ok(()),
    }
}

/// The full proof.
pub const PROOF: &str = "decision.proof";
/// The brief proof.
pub const BRIEF: &str = "decision.brief.proof";
/// The trust file.
pub const TRUST: &str = "trust.toml";
