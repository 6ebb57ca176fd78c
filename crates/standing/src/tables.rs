//! Text files in memory, and the two table formats read from them.
//!
//! Refuses to know where the texts came from: the program hands them in.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use crate::Error;

/// Files by path, as text.
pub type Files = BTreeMap<String, String>;

/// The text of a file somebody asks for.
pub(crate) fn text<'a>(files: &'a Files, path: &str, needed_by: &str) -> Result<&'a str, Error> {
    files
        .get(path)
        .map(String::as_str)
        .ok_or_else(|| Error::NoFile { file: path.into(), needed_by: needed_by.into() })
}

/// Parses TOML into a closed type; unknown and duplicate keys are refused.
pub(crate) fn from_toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        let line = text.get(..start).unwrap_or("").matches('\n').count().saturating_add(1);
        Error::Syntax { file: file.into(), line, message: e.message().replace('\n', "; ") }
    })
}

/// Parses CSV with a header line into rows with their line numbers.
pub(crate) fn from_csv<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<(usize, T)>, Error> {
    let wrong = |line: u64, e: &csv::Error| Error::Syntax {
        file: file.into(),
        line: usize::try_from(line).unwrap_or(0),
        message: e.to_string(),
    };
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| wrong(1, &e))?.clone();
    if let Some(column) = twice(&header) {
        let message = format!("the header has two columns `{column}`");
        return Err(Error::Syntax { file: file.into(), line: 1, message });
    }
    let (mut rows, mut record) = (Vec::new(), csv::StringRecord::new());
    let at = |e: csv::Error| wrong(e.position().map_or(0, csv::Position::line), &e);
    while reader.read_record(&mut record).map_err(at)? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize(Some(&header)).map_err(|e| wrong(line, &e))?;
        rows.push((usize::try_from(line).unwrap_or(0), row));
    }
    Ok(rows)
}

fn twice(header: &csv::StringRecord) -> Option<&str> {
    let mut seen = BTreeSet::new();
    header.iter().find(|column| !seen.insert(*column))
}
