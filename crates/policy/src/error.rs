//! What is wrong with a policy, and where: file, line, column, key.
//!
//! Refuses to know how a policy is read.

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It is no TOML.
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// It is TOML but no policy, or one that cannot be meant here.
    Meaning {
        /// The file.
        file: String,
        /// Where in the file; nothing for a policy that is no file.
        at: Option<Place>,
        /// The key.
        clause: KeyPath,
        /// What is wrong, what was expected, and what may have been meant.
        message: String,
    },
    /// The law and the record do not fit.
    Standing(standing::Error),
}

/// A place in a text, both numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// The way to a value: `person.when.any[2].called.by[1]`, items counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

impl KeyPath {
    /// The value of a key of the table that is here.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// An item of the list that is here, the first being 0.
    pub(crate) fn item(&self, n: usize) -> Self {
        self.then(Step::Item(n))
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl std::fmt::Display for KeyPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if n == 0 => f.write_str(&shown(key))?,
                Step::Key(key) => write!(f, ".{}", shown(key))?,
                Step::Item(n) => write!(f, "[{}]", n.saturating_add(1))?,
            }
        }
        Ok(())
    }
}

/// A fault before it is known in which file it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: KeyPath,
    /// Whether the key itself is wrong, not its value.
    pub(crate) key: bool,
    pub(crate) message: String,
}

impl Fault {
    /// A value that is wrong.
    pub(crate) fn of(at: &KeyPath, message: String) -> Self {
        Self { at: at.clone(), key: false, message }
    }

    pub(crate) fn in_file(self, file: &str, at: Option<Place>) -> Error {
        Error::Meaning { file: file.to_owned(), at, clause: self.at, message: self.message }
    }
}

/// What is invisible or moves the cursor is spelt out, and nothing is endless.
pub(crate) fn shown(text: &str) -> String {
    let hidden = |c: char| !(c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation());
    let spelt = |c: char| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(spelt).collect()
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax { file, line, column, message } => write!(f, "{file}:{line}:{column}: {message}"),
            Self::Meaning { file, at, clause, message } => {
                f.write_str(file)?;
                if let Some(Place { line, column }) = at {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": `{clause}`: {message}")
            }
            Self::Standing(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<standing::Error> for Error {
    fn from(e: standing::Error) -> Self {
        Self::Standing(e)
    }
}
