//! Where a replay keeps its store and leaves its files.
//!
//! A scratch place is cleared of what an earlier replay left, and of nothing else.

use std::path::{Path, PathBuf};

use record::digest::{Digest, sha256};
use standing::ActLine;

use crate::error::Error;
use crate::replay::Plan;
use crate::store::{self, Store};

/// Opens the store of a replay; a kept one must have been begun with the same inputs.
///
/// # Errors
/// The store cannot be used, or was begun with other inputs.
pub fn open_store(plan: &Plan<'_>, policy: &Digest) -> Result<Store, Error> {
    if !plan.kept {
        clear(plan.data, plan.out)?;
    }
    let store = Store::open(plan.data)?;
    if !plan.kept {
        store.scratch()?;
    }
    let acts: Vec<&ActLine> = plan.loaded.acts.iter().collect();
    let inputs = (&plan.loaded.head, &plan.loaded.law_files, &plan.loaded.messages, acts);
    let inputs = sha256(&serde_json::to_vec(&inputs)?).to_string();
    let wanted =
        [("election", plan.loaded.election.id.clone()), ("policy", policy.to_string()), ("inputs", inputs)];
    for (name, value) in wanted {
        let found = store.meta_once(name, &value)?;
        if found != value {
            let message = format!(
                "{}: the store was begun with another {name} ({found}, now {value}); name another --data folder",
                plan.data.display()
            );
            return Err(Error::WrongStore { message });
        }
    }
    Ok(store)
}

/// Removes what an earlier replay left in a scratch place, and nothing else.
fn clear(data: &Path, out: &Path) -> Result<(), Error> {
    let remove = |path: PathBuf| match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path, doing: "cannot be removed", source: e })
        }
        _ => Ok(()),
    };
    for suffix in ["", "-wal", "-shm"] {
        remove(data.join(format!("{}{suffix}", store::FILE)))?;
    }
    for (folder, ending) in [(data.join("keys"), "key"), (out.join("outbox"), "eml")] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == ending) {
                remove(path)?;
            }
        }
    }
    [PROOF, BRIEF, TRUST].into_iter().try_for_each(|name| remove(out.join(name)))
}

/// The full proof.
pub const PROOF: &str = "decision.proof";
/// The brief proof.
pub const BRIEF: &str = "decision.brief.proof";
/// The trust file.
pub const TRUST: &str = "trust.toml";
