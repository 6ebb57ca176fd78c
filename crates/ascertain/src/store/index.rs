//! A side index over the entries: by issuer, subject, kind and time, in a file of its own.
//!
//! It can be deleted at any time and is made again; nothing it says is trusted: what it finds is read from the entries and
//! compared once more.

use std::path::Path;

use proof::Body;
use rusqlite::{Connection, params};

use super::{Store, entries, failed, signed, unsigned};
use crate::error::Error;

/// What is looked for; every part that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The key id of the attester, or how it begins.
    pub attester: Option<String>,
    /// What it is filed under.
    pub subject: Option<String>,
    /// The kind of the body, or of the act in it.
    pub kind: Option<String>,
    /// The issuer of the act.
    pub issuer: Option<String>,
    /// Known at this instant or later.
    pub from: Option<String>,
    /// Known before this instant.
    pub until: Option<String>,
}

/// The file's name.
pub const FILE: &str = "index.sqlite";
const VERSION: i64 = 1;

/// What an entry is found by.
struct Found {
    attester: String,
    subject: String,
    kind: String,
    issuer: String,
    known_at: String,
}

/// The indices of the entries that fit, ascending; every one was read and compared.
///
/// # Errors
/// The store or the index cannot be read.
pub fn find(store: &Store, folder: &Path, wanted: &Wanted) -> Result<Vec<u64>, Error> {
    let index = opened(folder)?;
    caught_up(&index, store)?;
    let mut found = Vec::new();
    for at in asked(&index, wanted)? {
        let Some(row) = store.row(at)? else { continue };
        if fits(&found_by(&row)?, wanted) {
            found.push(at);
        }
    }
    Ok(found)
}

/// In memory where the folder cannot be written.
fn opened(folder: &Path) -> Result<Connection, Error> {
    let on_disk = || {
        let db = Connection::open(folder.join(FILE))?;
        let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
        if version != VERSION {
            db.execute_batch(TABLE)?;
        }
        db.pragma_update(None, "synchronous", "OFF")?;
        Ok::<_, rusqlite::Error>(db)
    };
    on_disk()
        .or_else(|_| {
            let db = Connection::open_in_memory()?;
            db.execute_batch(TABLE)?;
            Ok(db)
        })
        .map_err(failed("opening the side index"))
}

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS found (idx INTEGER PRIMARY KEY, attester TEXT NOT NULL, subject TEXT NOT NULL,
    kind TEXT NOT NULL, issuer TEXT NOT NULL, known_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS by_issuer ON found (issuer, known_at);
CREATE INDEX IF NOT EXISTS by_subject ON found (subject, known_at);
CREATE INDEX IF NOT EXISTS by_kind ON found (kind, known_at);
CREATE INDEX IF NOT EXISTS by_time ON found (known_at);
PRAGMA user_version = 1;
";

fn caught_up(index: &Connection, store: &Store) -> Result<(), Error> {
    let doing = "writing the side index";
    let last: Option<i64> =
        index.query_row("SELECT max(idx) FROM found", [], |r| r.get(0)).map_err(failed(doing))?;
    let from = last.map_or(0, |last| unsigned(last).saturating_add(1));
    let t = index.unchecked_transaction().map_err(failed(doing))?;
    store.each_row(from, u64::MAX, &mut |row| {
        let f = found_by(&row)?;
        let values = params![signed(row.index), f.attester, f.subject, f.kind, f.issuer, f.known_at];
        let add = t.prepare_cached("INSERT INTO found VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        add.and_then(|mut add| add.execute(values)).map(drop).map_err(failed(doing))
    })?;
    t.commit().map_err(failed(doing))
}

fn asked(index: &Connection, wanted: &Wanted) -> Result<Vec<u64>, Error> {
    let doing = "reading the side index";
    let sql = "SELECT idx FROM found WHERE (?1 IS NULL OR substr(attester, 1, length(?1)) = ?1)
        AND (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR issuer = ?4)
        AND (?5 IS NULL OR known_at >= ?5) AND (?6 IS NULL OR known_at < ?6) ORDER BY idx";
    let mut query = index.prepare(sql).map_err(failed(doing))?;
    let w = wanted;
    let values = params![w.attester, w.subject, w.kind, w.issuer, w.from, w.until];
    let rows: Result<Vec<i64>, _> = query.query_map(values, |r| r.get(0)).and_then(Iterator::collect);
    Ok(rows.map_err(failed(doing))?.into_iter().map(unsigned).collect())
}

fn found_by(row: &entries::Row) -> Result<Found, Error> {
    let logged = entries::logged(row)?;
    let (kind, issuer) = match &logged.opened {
        None => (String::new(), String::new()),
        Some((_, Body::Act(act))) => (word(&act.kind)?, act.issuer.to_string()),
        Some((_, Body::Approval(_))) => ("approval".into(), String::new()),
        Some((_, Body::Decision(_))) => ("decision".into(), String::new()),
        Some((_, Body::Deliveries(_))) => ("deliveries".into(), String::new()),
        Some((_, Body::Key(_))) => ("key".into(), String::new()),
        Some((_, Body::Telegram(_))) => ("telegram".into(), String::new()),
    };
    let header = logged.signed.header;
    let attester = header.attester.to_string();
    Ok(Found { attester, subject: header.subject, kind, issuer, known_at: header.known_at })
}

fn word<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    Ok(serde_json::to_string(value)?.trim_matches('"').to_owned())
}

fn fits(found: &Found, wanted: &Wanted) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|w| w == found);
    wanted.attester.as_ref().is_none_or(|w| found.attester.starts_with(w.as_str()))
        && is(&wanted.subject, &found.subject)
        && is(&wanted.kind, &found.kind)
        && is(&wanted.issuer, &found.issuer)
        && wanted.from.as_ref().is_none_or(|from| found.known_at.as_str() >= from.as_str())
        && wanted.until.as_ref().is_none_or(|until| found.known_at.as_str() < until.as_str())
}
