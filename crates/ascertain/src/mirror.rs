//! The published files of a record, in a folder or behind a web server; and a copy of them.
//!
//! Nothing that comes from there is believed. Limits: no file is longer than a bundle can be, no answer slower than
//! [`PATIENCE`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use record::tile::MAX_BUNDLE_BYTES;

use crate::error::Error;
use crate::folder;

/// Where published files are read.
pub enum Mirror {
    /// A folder.
    Folder(PathBuf),
    /// The address before the path.
    Web(ureq::Agent, String),
}

/// How long an answer may take in all.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a mirror: an address with `http://` or `https://`, or a folder.
///
/// # Errors
/// There is no such folder.
pub fn open(at: &str) -> Result<Mirror, Error> {
    if at.starts_with("http://") || at.starts_with("https://") {
        return Ok(Mirror::Web(agent(PATIENCE), at.trim_end_matches('/').to_owned()));
    }
    let folder = PathBuf::from(at);
    // A data folder is meant by its published part.
    let folder = if folder.join("public").is_dir() { folder.join("public") } else { folder };
    if folder.is_dir() {
        return Ok(Mirror::Folder(folder));
    }
    Err(Error::Usage { message: format!("{at}: neither a folder nor an address with http:// or https://") })
}

/// A client that asks once, follows nobody, and reports an answer of any status as an answer.
#[must_use]
pub fn agent(patience: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("ascertain/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

impl Mirror {
    /// A published file; the error is a sentence.
    ///
    /// # Errors
    /// It is not there, too long, or cannot be read.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let limit = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX);
        match self {
            Mirror::Folder(folder) => read_file(&folder.join(path), limit),
            Mirror::Web(agent, base) => get(agent, &format!("{base}/{path}"), limit),
        }
    }
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    folder::read_bytes(path, limit).map_err(|e| match e {
        Error::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => "is not there".into(),
        Error::File { source, .. } => source.to_string(),
        other => other.to_string(),
    })
}

fn get(agent: &ureq::Agent, url: &str, limit: u64) -> Result<Vec<u8>, String> {
    let mut answer = agent.get(url).call().map_err(|e| e.to_string())?;
    match answer.status().as_u16() {
        200 => answer.body_mut().with_config().limit(limit).read_to_vec().map_err(|e| e.to_string()),
        404 => Err("is not there".into()),
        status => Err(format!("answered {status}")),
    }
}
