//! Elections, laws and policies as files: shipped in the program, or in a folder.
//!
//! Shipped files and a user's files are read by the same functions; nothing
//! about a particular election stands in code.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use policy::Policy;
use standing::{ActLine, Election, Files, Law};

use crate::error::Error;

static HISTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../history");
static LAW: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../law");
static POLICIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies");

/// No text file of an election, law or policy is larger.
const LARGEST_TEXT: u64 = 32 << 20;

/// An election with its law and acts, and where it came from.
pub struct Loaded {
    /// The name or folder it was asked for by.
    pub name: String,
    /// The election.
    pub election: Election,
    /// The law.
    pub law: Law,
    /// The acts, in order of `known_at`.
    pub acts: Vec<ActLine>,
    /// The head files, as a proof carries them.
    pub head: Files,
    /// The law's files, as a proof carries them.
    pub law_files: Files,
    /// Telegram files by path.
    pub messages: Files,
    /// Whether it is one of the shipped elections.
    pub shipped: bool,
}

/// Ids of the shipped elections.
#[must_use]
pub fn shipped_elections() -> Vec<String> {
    HISTORY.dirs().filter_map(|d| Some(d.path().to_str()?.to_owned())).collect()
}

/// Shipped policies by name.
#[must_use]
pub fn shipped_policies() -> BTreeMap<String, &'static str> {
    let named = |f: &'static include_dir::File<'static>| {
        let name = f.path().file_stem()?.to_str()?.to_owned();
        Some((name, f.contents_utf8()?))
    };
    POLICIES.files().filter_map(named).collect()
}

/// Loads ELECTION: a shipped name, or a folder.
///
/// # Errors
/// The first file, line and field that is wrong.
pub fn load(election: &str) -> Result<Loaded, Error> {
    let shipped = HISTORY.get_dir(election);
    let files = match shipped {
        Some(dir) => embedded(dir, Path::new(election)),
        None => read_folder(election)?,
    };
    parse(election, files, shipped.is_some())
}

/// Whether a shipped election has any acts.
#[must_use]
pub fn has_acts(name: &str) -> bool {
    HISTORY.get_dir(Path::new(name).join("acts")).is_some()
}

fn parse(name: &str, files: Files, shipped: bool) -> Result<Loaded, Error> {
    let election = Election::parse(&files)?;
    // A folder may bring its own law under law/; otherwise the shipped law is used.
    let own = sub(&files, "law/");
    let all_law = if own.is_empty() { embedded(&LAW, Path::new("")) } else { own };
    let law = Law::parse(&all_law, &election.law, election.year)?;
    let mut law_files = Files::new();
    for path in Law::paths(&all_law, &election.law, election.year)? {
        if let Some(text) = all_law.get(&path) {
            law_files.insert(path, text.clone());
        }
    }
    let acts = election.acts(&files)?;
    let messages = sub(&files, "telegrams/");
    let head = files.into_iter().filter(|(p, _)| Election::is_head_file(p)).collect();
    let name = name.to_owned();
    Ok(Loaded { name, election, law, acts, head, law_files, messages, shipped })
}

fn sub(files: &Files, prefix: &str) -> Files {
    files.iter().filter_map(|(p, t)| Some((p.strip_prefix(prefix)?.to_owned(), t.clone()))).collect()
}

/// Every law there is for a loaded election: the shipped files, and its own over them.
#[must_use]
pub fn all_law(loaded: &Loaded) -> Files {
    let mut files = embedded(&LAW, Path::new(""));
    files.extend(loaded.law_files.clone());
    files
}

/// Every shipped law file by path.
#[must_use]
pub fn shipped_law() -> Files {
    embedded(&LAW, Path::new(""))
}

/// The path of a procedure named as a regime: a file beside the election's own, or a path.
///
/// # Errors
/// None of that name.
pub fn regime(files: &Files, name: &str, own: &str) -> Result<String, Error> {
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = format!("{folder}/{name}.toml");
    let found = [beside, name.to_owned()].into_iter().find(|path| files.contains_key(path));
    let known = || {
        let of =
            files.keys().filter_map(|p| p.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".toml"));
        of.map(str::to_owned).collect::<Vec<_>>().join(", ")
    };
    found.ok_or_else(|| Error::Usage {
        message: format!("`{name}` is no regime known here; known are {}", known()),
    })
}

/// The file and line of each statement of an election, for messages.
///
/// # Errors
/// As [`load`].
pub fn lines(election: &str) -> Result<BTreeMap<String, (String, usize)>, Error> {
    let files = match HISTORY.get_dir(election) {
        Some(dir) => embedded(dir, Path::new(election)),
        None => read_folder(election)?,
    };
    let mut lines = BTreeMap::new();
    for (file, text) in files.iter().filter(|(p, _)| p.starts_with("acts/") && p.ends_with(".jsonl")) {
        for (n, line) in standing::parse_lines(file, text)? {
            lines.entry(line.id.to_string()).or_insert((file.clone(), n));
        }
    }
    Ok(lines)
}

/// A policy with the text it was read from.
pub struct PolicyFile {
    /// The policy.
    pub policy: Policy,
    file: String,
    text: String,
}

/// Loads a policy: a file, or a shipped name.
///
/// # Errors
/// File, line, column and the key that is wrong.
pub fn load_policy(name: &str) -> Result<Policy, Error> {
    Ok(policy_file(name)?.policy)
}

/// Loads a policy as [`load_policy`], and refuses one that does not fit the election.
///
/// # Errors
/// File, line, column and the key that is wrong.
pub fn load_policy_for(name: &str, loaded: &Loaded) -> Result<Policy, Error> {
    let read = policy_file(name)?;
    read.fits(loaded)?;
    Ok(read.policy)
}

/// Loads a policy as [`load_policy`], with its text.
///
/// # Errors
/// File, line, column and the key that is wrong.
pub fn policy_file(name: &str) -> Result<PolicyFile, Error> {
    let (file, text) = match shipped_policies().get(name) {
        Some(text) => (format!("policies/{name}.toml"), (*text).to_owned()),
        None if Path::new(name).is_file() => (name.to_owned(), read_text(Path::new(name))?),
        None => return Err(Error::UnknownPolicy { name: name.into() }),
    };
    Ok(PolicyFile { policy: policy::from_toml(&file, &text)?, file, text })
}

impl PolicyFile {
    /// Whether law and election know what it speaks of.
    ///
    /// # Errors
    /// File, line, column and the key that is wrong.
    pub fn fits(&self, loaded: &Loaded) -> Result<(), Error> {
        let fits = policy::fits(&self.policy, &loaded.law, &loaded.election);
        Ok(fits.map_err(|e| policy::located(e, &self.file, &self.text))?)
    }
}

/// Reads a text file within the limit.
///
/// # Errors
/// Unreadable, too large, or not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = read_bytes(path, LARGEST_TEXT)?;
    String::from_utf8(bytes)
        .map_err(|e| Error::NotText { path: path.into(), byte: e.utf8_error().valid_up_to() })
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Unreadable, no regular file, or too large.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::File { path: path.into(), doing: "cannot be read", source };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file");
        return Err(failed(source));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    std::io::Read::take(file, limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(Error::TooLarge { path: path.into(), limit });
    }
    Ok(bytes)
}

/// Writes a file by way of a temporary name, so that it is there whole or not at all.
///
/// # Errors
/// The system's words.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write(path, bytes, std::fs::OpenOptions::new())
}

/// Writes a file that is not there yet; one that is stays as it is.
///
/// # Errors
/// The system's words.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::File { path: path.into(), doing: "cannot be written", source };
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    let written = std::io::Write::write_all(&mut file, bytes).and_then(|()| file.sync_all());
    written.map_err(|e| {
        // Half a file is none.
        let _ = std::fs::remove_file(path);
        failed(e)
    })
}

/// As [`write_whole`], and readable by its owner only from the first byte on.
///
/// # Errors
/// The system's words.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    #[cfg(unix)]
    let options = {
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
    };
    #[cfg(not(unix))]
    let options = std::fs::OpenOptions::new();
    write(path, bytes, options)
}

fn write(path: &Path, bytes: &[u8], mut options: std::fs::OpenOptions) -> Result<(), Error> {
    let failed = |source| Error::File { path: path.into(), doing: "cannot be written", source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let temporary = path.with_extension("partial");
    // What a killed run left may have another owner's rights.
    let _ = std::fs::remove_file(&temporary);
    let mut file = options.write(true).create_new(true).open(&temporary).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&temporary, path).map_err(failed)?;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::File::open(parent).and_then(|d| d.sync_all()).map_err(failed)
}

fn embedded(dir: &Dir<'_>, prefix: &Path) -> Files {
    let mut files = Files::new();
    for f in dir.files() {
        let path = f.path().strip_prefix(prefix).unwrap_or_else(|_| f.path());
        if let (Some(path), Some(text)) = (path.to_str(), f.contents_utf8()) {
            files.insert(path.replace('\\', "/"), text.to_owned());
        }
    }
    for d in dir.dirs() {
        files.extend(embedded(d, prefix));
    }
    files
}

fn read_folder(name: &str) -> Result<Files, Error> {
    let root = PathBuf::from(name);
    if !root.join("election.toml").is_file() {
        return Err(Error::UnknownElection { name: name.into() });
    }
    let mut files = Files::new();
    read_into(&root, &root, 0, &mut files)?;
    Ok(files)
}

const DEEPEST_FOLDER: usize = 5;

fn read_into(root: &Path, dir: &Path, depth: usize, files: &mut Files) -> Result<(), Error> {
    if depth > DEEPEST_FOLDER {
        return Ok(());
    }
    let failed = |source| Error::File { path: dir.into(), doing: "cannot be listed", source };
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            read_into(root, &path, depth.saturating_add(1), files)?;
            continue;
        }
        let wanted = path.extension().is_some_and(|e| e == "toml" || e == "csv" || e == "jsonl");
        if let (true, Ok(relative)) = (wanted, path.strip_prefix(root)) {
            files.insert(relative.to_string_lossy().replace('\\', "/"), read_text(&path)?);
        }
    }
    Ok(())
}
