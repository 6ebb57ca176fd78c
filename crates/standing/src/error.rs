//! What can be wrong with the files of a law, an election or its acts.

/// Says what is wrong, where, and what to do. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A name has characters names may not have.
    BadId {
        /// The kind of name.
        what: &'static str,
        /// The text found.
        text: String,
    },
    /// A file is missing from the folder or the law.
    NoFile {
        /// Its path.
        file: String,
        /// Who asks for it.
        needed_by: String,
    },
    /// A file does not parse.
    Syntax {
        /// Its path.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A line parses but a field of it is wrong.
    Field {
        /// The file's path.
        file: String,
        /// Line, from 1; 0 for the whole file.
        line: usize,
        /// The field.
        field: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// Instants out of the calendar's range.
    Instant {
        /// The text found.
        text: String,
        /// What the parser says.
        message: String,
    },
    /// A time zone that the bundled table does not know.
    Zone {
        /// The name found.
        name: String,
    },
    /// Counts do not add up.
    Count(tally::Error),
}

/// Text from a file as a message may show it: what is invisible or moves the cursor is spelt out.
pub(crate) fn shown(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadId { what, text } => write!(
                f,
                "`{}` is no {what}: 1 to 96 of the characters A-Z a-z 0-9 . - _ : / beginning with a letter or digit",
                shown(text)
            ),
            Self::NoFile { file, needed_by } => write!(f, "{file}: not found, but {needed_by} asks for it"),
            Self::Syntax { file, line, message } => write!(f, "{file}:{line}: {}", shown(message)),
            Self::Field { file, line: 0, field, message } => {
                write!(f, "{file}: `{}`: {}", shown(field), shown(message))
            }
            Self::Field { file, line, field, message } => {
                write!(f, "{file}:{line}: `{}`: {}", shown(field), shown(message))
            }
            Self::Instant { text, message } => write!(
                f,
                "`{}` is no instant: {}; write RFC 3339 with seconds and offset, such as 2020-12-14T17:30:00-05:00",
                shown(text),
                shown(message)
            ),
            Self::Zone { name } => {
                write!(f, "`{}` is no time zone: write an IANA name such as America/New_York", shown(name))
            }
            Self::Count(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<tally::Error> for Error {
    fn from(e: tally::Error) -> Self {
        Self::Count(e)
    }
}
