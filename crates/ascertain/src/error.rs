//! What can go wrong in the world: files, the store, the words of a user.

use std::path::PathBuf;

/// Says what is wrong, where, and what to do. Nothing was changed.
#[derive(Debug)]
pub enum Error {
    /// A name that is neither shipped nor a path.
    UnknownElection {
        /// The name.
        name: String,
    },
    /// A policy that is neither shipped nor a file.
    UnknownPolicy {
        /// The name.
        name: String,
    },
    /// A file or folder cannot be read or written.
    File {
        /// Its path.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not text.
    NotText {
        /// Its path.
        path: PathBuf,
        /// The first byte that is wrong.
        byte: usize,
    },
    /// A file is larger than any such file may be.
    TooLarge {
        /// Its path.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A telegram file is wrong.
    Message {
        /// Its path.
        file: String,
        /// Line, from 1; 0 for the whole file.
        line: usize,
        /// The field.
        field: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The store cannot be used.
    Store {
        /// What was tried.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Another process writes this record.
    Busy {
        /// Its lock.
        path: PathBuf,
    },
    /// The store is not what this command needs.
    WrongStore {
        /// What it holds and what was expected.
        message: String,
    },
    /// A body cannot be sealed or opened.
    Seal {
        /// The telegram.
        telegram: String,
        /// What is wrong.
        message: &'static str,
    },
    /// The user's words do not fit.
    Usage {
        /// What is wrong and what to do.
        message: String,
    },
    /// Law, election or acts.
    Standing(standing::Error),
    /// Policy.
    Policy(policy::Error),
    /// Bytes or keys.
    Record(record::Error),
    /// Proof.
    Proof(proof::Error),
    /// Trust file.
    Trust(proof::TrustError),
    /// The telegram machine was told something impossible.
    Telegram(telegram::Error),
    /// The log does not go on.
    Stopped(record::log::Stop),
    /// A value could not be written as JSON.
    Json(serde_json::Error),
}

impl Error {
    /// 2 for usage and bad input, 3 for what should not happen.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            // Somebody else's file under the store's name is bad input.
            Self::Store { source, .. }
                if source.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) =>
            {
                2
            }
            Self::Stopped(record::log::Stop::Refused(_)) => 1,
            Self::Store { .. } | Self::Seal { .. } | Self::Json(_) | Self::Stopped(_) => 3,
            _ => 2,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownElection { name } => write!(
                f,
                "`{name}` is neither a shipped election nor a folder with an election.toml; `ascertain elections` lists the shipped ones"
            ),
            Self::UnknownPolicy { name } => {
                let shipped = crate::folder::shipped_policies();
                let names: Vec<&str> = shipped.keys().map(String::as_str).collect();
                let meant = policy::nearest(name, &names);
                let meant = meant.map(|w| format!(" (did you mean `{w}`?)")).unwrap_or_default();
                write!(
                    f,
                    "`{name}` is neither a shipped policy nor a file{meant}; `ascertain policy list` lists the shipped ones"
                )
            }
            Self::File { path, doing, source } => write!(f, "{}: {doing}: {source}", path.display()),
            Self::NotText { path, byte } => {
                write!(f, "{}: byte {byte} is not UTF-8: save the file as UTF-8 text", path.display())
            }
            Self::TooLarge { path, limit } => {
                write!(f, "{}: larger than {limit} bytes, the limit for such a file", path.display())
            }
            Self::Message { file, line: 0, field, message } => write!(f, "{file}: `{field}`: {message}"),
            Self::Message { file, line, field, message } => write!(f, "{file}:{line}: `{field}`: {message}"),
            Self::Store { doing, source } => write!(f, "the store, {doing}: {source}"),
            Self::Busy { path } => write!(
                f,
                "{}: another process writes this record; try again when it has ended",
                path.display()
            ),
            Self::WrongStore { message } | Self::Usage { message } => f.write_str(message),
            Self::Seal { telegram, message } => write!(f, "telegram {telegram}: {message}"),
            Self::Standing(e) => e.fmt(f),
            Self::Policy(e) => e.fmt(f),
            Self::Record(e) => e.fmt(f),
            Self::Proof(e) => e.fmt(f),
            Self::Trust(e) => e.fmt(f),
            Self::Telegram(e) => e.fmt(f),
            Self::Stopped(e) => e.fmt(f),
            Self::Json(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

macro_rules! from {
    ($($variant:ident($source:ty)),+ $(,)?) => {$(
        impl From<$source> for Error {
            fn from(e: $source) -> Self {
                Self::$variant(e)
            }
        }
    )+};
}

from! {
    Standing(standing::Error),
    Policy(policy::Error),
    Record(record::Error),
    Proof(proof::Error),
    Trust(proof::TrustError),
    Telegram(telegram::Error),
    Stopped(record::log::Stop),
    Json(serde_json::Error),
}
