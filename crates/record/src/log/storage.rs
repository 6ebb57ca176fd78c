//! What a log asks of the world. Every call may fail, having done what it was asked or not.

use std::fmt;

use crate::digest::Digest;

/// Size and root of what is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// Storage failed. It may have done what it was asked all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What was tried.
    pub doing: String,
    /// What the system says.
    pub problem: String,
}

/// Receives entries by index.
pub type Visit<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), Fault>;

/// A database that commits whole transactions, and files that lose what was not synchronised. Paths begin with
/// `public/` or `guard/`; the second must be another place, which no backup of the first brings back.
pub trait Storage {
    /// The newest durable head; of an empty log if there is none.
    fn head(&mut self) -> Result<Head, Fault>;
    /// The root that was stored for a size.
    fn root_at(&mut self, size: u64) -> Result<Option<Digest>, Fault>;
    /// The entries with index `from` up to `to`, that one excluded.
    fn entries(&mut self, from: u64, to: u64, visit: Visit<'_>) -> Result<(), Fault>;
    /// The signed checkpoint that was stored for a size.
    fn note(&mut self, size: u64) -> Result<Option<Vec<u8>>, Fault>;
    /// Stores a signed checkpoint; it can be made again, so it need not be durable.
    fn put_note(&mut self, size: u64, note: &[u8]) -> Result<(), Fault>;
    /// The bytes of a file.
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Fault>;
    /// Writes new files or over old ones, with the folders they need. Nothing of it is durable.
    fn create(&mut self, files: &[(&str, &[u8])]) -> Result<(), Fault>;
    /// Makes the bytes of files durable, not their names.
    fn sync(&mut self, paths: &[&str]) -> Result<(), Fault>;
    /// Renames files, over others that may be there.
    fn rename(&mut self, pairs: &[(&str, &str)]) -> Result<(), Fault>;
    /// Makes the names in folders durable, and those of the folders themselves.
    fn sync_folders(&mut self, folders: &[&str]) -> Result<(), Fault>;
    /// Removes a folder with its files, if it is there.
    fn remove_folder(&mut self, folder: &str) -> Result<(), Fault>;
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.problem)
    }
}
