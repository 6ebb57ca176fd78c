//! The disk a log writes on: the database, the published folder, and the guard in another place.
//!
//! Refuses to try again: a failure is a fault, and the process ends with it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use record::digest::Digest;
use record::log::{Fault, Head, Storage, Visit};

use crate::error::Error;
use crate::store::Store;

/// Where a log's files lie.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The published folder; a history has none.
    pub public: Option<PathBuf>,
    /// The folder of the guard; a history has none.
    pub guard: Option<PathBuf>,
}

/// Database and files.
pub struct Disk<'a> {
    /// The database.
    pub store: &'a Store,
    /// The files.
    pub place: &'a Place,
    /// Whether a folder was made whose own name is not durable yet.
    pub made: bool,
}

/// Files synchronised at once; the system merges what arrives together.
const AT_ONCE: usize = 16;

impl<'a> Disk<'a> {
    /// Database and files of a record.
    #[must_use]
    pub fn new(store: &'a Store, place: &'a Place) -> Self {
        Self { store, place, made: false }
    }

    fn path(&self, path: &str) -> Option<PathBuf> {
        let (place, rest) = path.split_once('/').unwrap_or((path, ""));
        let folder = if place == "guard" { &self.place.guard } else { &self.place.public };
        folder.as_ref().map(|folder| if rest.is_empty() { folder.clone() } else { folder.join(rest) })
    }

    fn paths(&self, paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().filter_map(|path| self.path(path)).collect()
    }
}

impl Storage for Disk<'_> {
    fn head(&mut self) -> Result<Head, Fault> {
        Ok(self.store.head()?)
    }

    fn root_at(&mut self, size: u64) -> Result<Option<Digest>, Fault> {
        Ok(self.store.root_at(size)?)
    }

    fn entries(&mut self, from: u64, to: u64, visit: Visit<'_>) -> Result<(), Fault> {
        self.store.each_entry(from, to, visit)
    }

    fn note(&mut self, size: u64) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.store.checkpoint(size)?)
    }

    fn put_note(&mut self, size: u64, note: &[u8]) -> Result<(), Fault> {
        Ok(self.store.put_checkpoint(size, note)?)
    }

    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(path) = self.path(path) else { return Ok(None) };
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(fault("reading", &path, &e)),
        }
    }

    fn create(&mut self, files: &[(&str, &[u8])]) -> Result<(), Fault> {
        for (path, bytes) in files {
            let Some(path) = self.path(path) else { continue };
            self.made |= create(&path, bytes).map_err(|e| fault("writing", &path, &e))?;
        }
        Ok(())
    }

    fn sync(&mut self, paths: &[&str]) -> Result<(), Fault> {
        let paths = self.paths(paths);
        if let [one] = paths.as_slice() {
            return sync_file(one);
        }
        let share = paths.len().div_ceil(AT_ONCE).max(1);
        std::thread::scope(|scope| {
            let sync = |paths: &[PathBuf]| paths.iter().try_for_each(|path| sync_file(path));
            let running: Vec<_> = paths.chunks(share).map(|some| scope.spawn(move || sync(some))).collect();
            running.into_iter().try_for_each(|thread| {
                let lost = || fault("synchronising", Path::new(""), &std::io::Error::other("a thread ended"));
                thread.join().map_err(|_| lost())?
            })
        })
    }

    fn rename(&mut self, pairs: &[(&str, &str)]) -> Result<(), Fault> {
        for (from, to) in pairs {
            let (Some(from), Some(to)) = (self.path(from), self.path(to)) else { continue };
            fs::rename(&from, &to).map_err(|e| fault("renaming", &from, &e))?;
        }
        Ok(())
    }

    fn sync_folders(&mut self, folders: &[&str]) -> Result<(), Fault> {
        let mut done = std::collections::BTreeSet::new();
        for folder in folders {
            // A new folder has a name in the one above it, and so on up to the place itself.
            let mut at = Some(*folder);
            while let Some(name) = at {
                if done.insert(name.to_owned())
                    && let Some(path) = self.path(name)
                {
                    sync_file(&path)?;
                }
                at = name.rsplit_once('/').map(|(above, _)| above).filter(|_| self.made);
            }
        }
        self.made = false;
        Ok(())
    }

    fn remove_folder(&mut self, folder: &str) -> Result<(), Fault> {
        let Some(path) = self.path(folder) else { return Ok(()) };
        match fs::remove_dir_all(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(fault("removing", &path, &e)),
            _ => Ok(()),
        }
    }
}

/// Writes a file, and says whether its folder had to be made.
fn create(path: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    let open = || OpenOptions::new().write(true).create(true).truncate(true).open(path);
    let (mut file, made) = match open() {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            (open()?, true)
        }
        opened => (opened?, false),
    };
    file.write_all(bytes).map(|()| made)
}

fn sync_file(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|e| fault("synchronising", path, &e))
}

fn fault(doing: &str, path: &Path, error: &std::io::Error) -> Fault {
    Fault { doing: format!("{doing} {}", path.display()), problem: error.to_string() }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault { doing: "the store".into(), problem: error.to_string() }
    }
}
