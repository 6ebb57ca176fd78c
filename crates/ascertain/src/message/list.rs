//! Lists of recipients: CSV with a header, each row with its place for whoever has to mend it.
//!
//! Refuses to know which values are good, and the words.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use telegram::Channel;

use super::recipient::{Recipient, channel_named};
use super::wrong;
use crate::error::Error;

/// A recipient as written, and where.
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) entry: Entry,
    pub(super) file: Rc<str>,
    pub(super) line: usize,
    /// What the names of its fields begin with.
    pub(super) under: &'static str,
}

/// As written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) channel: Option<Channel>,
    pub(super) language: Option<String>,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) field: BTreeMap<String, String>,
}

impl Row {
    /// A recipient that stands at a line of another file, by an address of its channel.
    #[must_use]
    pub fn of(to: &Recipient, address: String, (file, line): (&str, usize)) -> Self {
        let Recipient { channel, field, id, language, name, title, .. } = to.clone();
        let entry = Entry { id, name, address, channel: Some(channel), language, title, field };
        Self { entry, file: file.into(), line, under: "receiver." }
    }

    /// What is wrong with it.
    pub(super) fn wrong(&self, field: &str, message: String) -> Error {
        wrong(&self.file, self.line, &format!("{}{field}", self.under), message)
    }

    /// Its place, for a sentence about another.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// No telegram has more recipients.
pub const MOST: usize = 200_000;

/// A column of a list.
enum Column {
    Id,
    Name,
    Address,
    Channel,
    Language,
    Title,
    Field(String),
}

/// Reads a list.
///
/// # Errors
/// File, line and column.
pub fn list(file: &str, text: &str) -> Result<Vec<Row>, Error> {
    let shared: Rc<str> = file.into();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let broken = |e: &csv::Error| {
        let line = e.position().map_or(1, |p| usize::try_from(p.line()).unwrap_or_default());
        wrong(file, line, "csv", e.to_string())
    };
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = columns(file, reader.headers().map_err(|e| broken(&e))?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        let line = record.position().map_or(0, |p| line_of(text, p));
        if rows.len() >= MOST {
            return Err(wrong(
                file,
                line,
                "list",
                format!("more than {MOST} rows; part it into several telegrams"),
            ));
        }
        rows.push(Row {
            entry: entry(file, line, &columns, &record)?,
            file: shared.clone(),
            line,
            under: "",
        });
    }
    if rows.is_empty() {
        return Err(wrong(file, 0, "list", "it has no row: nobody would get anything".into()));
    }
    Ok(rows)
}

/// The line of a record. The reader says where the one before ended; comments and blank lines may lie between.
fn line_of(text: &str, ended: &csv::Position) -> usize {
    let line = usize::try_from(ended.line()).unwrap_or_default();
    let from = usize::try_from(ended.byte()).unwrap_or_default();
    let passed_over = |l: &&str| l.trim_end_matches('\r').is_empty() || l.starts_with('#');
    let between = text.get(from..).unwrap_or_default().split('\n').take_while(passed_over);
    line.saturating_add(between.count())
}

fn columns(file: &str, header: &csv::StringRecord) -> Result<Vec<Column>, Error> {
    let mut seen: Vec<&str> = Vec::new();
    let mut columns = Vec::new();
    for name in header {
        if seen.contains(&name) {
            return Err(wrong(file, 1, name, "two columns have this name".into()));
        }
        seen.push(name);
        columns.push(match (name, name.strip_prefix("field.")) {
            ("id", _) => Column::Id,
            ("name", _) => Column::Name,
            ("address", _) => Column::Address,
            ("channel", _) => Column::Channel,
            ("language", _) => Column::Language,
            ("title", _) => Column::Title,
            (_, Some(field)) => Column::Field(field.to_owned()),
            (other, None) => {
                let why = "no such column; there are id, name, address, channel, language, title, and field.NAME for fields of your own, with commas between them";
                return Err(wrong(file, 1, &other.escape_debug().to_string(), why.into()));
            }
        });
    }
    match ["id", "name", "address"].iter().find(|needed| !seen.contains(needed)) {
        Some(missing) => {
            Err(wrong(file, 1, missing, "the header has no such column, and it is needed".into()))
        }
        None => Ok(columns),
    }
}

fn entry(file: &str, line: usize, columns: &[Column], record: &csv::StringRecord) -> Result<Entry, Error> {
    let mut entry = Entry::default();
    for (column, cell) in columns.iter().zip(record) {
        let given = || (!cell.is_empty()).then(|| cell.to_owned());
        match column {
            Column::Id => cell.clone_into(&mut entry.id),
            Column::Name => cell.clone_into(&mut entry.name),
            Column::Address => cell.clone_into(&mut entry.address),
            Column::Language => entry.language = given(),
            Column::Title => entry.title = given(),
            Column::Field(name) => drop(given().map(|value| entry.field.insert(name.clone(), value))),
            Column::Channel if cell.is_empty() => {}
            Column::Channel => {
                let channel = channel_named(cell);
                let why =
                    || format!("`{}` is no channel: file, manual, webhook or email", cell.escape_debug());
                entry.channel = Some(channel.ok_or_else(|| wrong(file, line, "channel", why()))?);
            }
        }
    }
    Ok(entry)
}
