//! The tables of the record: entries, bodies, heads, signed checkpoints.
//!
//! Every insert of a head is a compare-and-swap on the size and root before it. Nothing here is updated or deleted.

use proof::{Body, Logged};
use record::digest::Digest;
use record::keys::KeyId;
use record::log::Head;
use record::merkle;
use record::signed_statement::{self, Salt};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Store, failed, signed, unsigned};
use crate::error::Error;

/// An entry as a row.
pub struct Row {
    /// Its index.
    pub index: u64,
    /// The entry form.
    pub entry: Vec<u8>,
    /// Salt and body, unless erased.
    pub opened: Option<(Vec<u8>, Vec<u8>)>,
}

/// What is to be inserted.
pub struct NewRow<'a> {
    /// Its attester, as [`attester`] numbers them.
    pub attester: i64,
    /// The statement's id.
    pub statement: &'a str,
    /// The entry form.
    pub entry: &'a [u8],
    /// Salt and canonical body.
    pub opened: Option<(&'a Salt, &'a [u8])>,
}

/// What is there under an attester's statement id.
pub enum Known {
    /// Nothing.
    No,
    /// These very bytes, at this index.
    Same(u64),
    /// Another statement, at this index.
    Other(u64),
}

/// Receives the bytes of entries by index.
pub type Visit<'a, E> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), E>;

/// Statements read with one query at most.
const PAGE: u64 = 4096;

impl Store {
    /// Every entry, by index.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn rows(&self) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each_row(0, u64::MAX, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The entries from an index up to another, that one excluded, in order.
    ///
    /// # Errors
    /// The store cannot be read; what `visit` says.
    pub fn each_row(
        &self,
        from: u64,
        to: u64,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = "SELECT e.idx, entry, salt, body FROM entries e LEFT JOIN bodies b ON b.idx = e.idx
                   WHERE e.idx >= ?1 AND e.idx < ?2 ORDER BY e.idx";
        let mut statement = self.db.prepare_cached(sql).map_err(failed("reading entries"))?;
        let rows = statement.query_map([signed(from), signed(to)], |r| {
            let (salt, body): (Option<Vec<u8>>, Option<Vec<u8>>) = (r.get(2)?, r.get(3)?);
            Ok(Row { index: unsigned(r.get(0)?), entry: r.get(1)?, opened: salt.zip(body) })
        });
        for row in rows.map_err(failed("reading entries"))? {
            visit(row.map_err(failed("reading entries"))?)?;
        }
        Ok(())
    }

    /// The bytes of entries, without their bodies, in order; page by page, so that a writer is not held up.
    ///
    /// # Errors
    /// The store cannot be read; what `visit` says.
    pub fn each_entry<E: From<Error>>(&self, from: u64, to: u64, visit: Visit<'_, E>) -> Result<(), E> {
        let sql = "SELECT idx, entry FROM entries WHERE idx >= ?1 AND idx < ?2 ORDER BY idx";
        let mut statement = self.db.prepare_cached(sql).map_err(failed("reading entries"))?;
        let mut at = from;
        while at < to {
            let until = at.saturating_add(PAGE).min(to);
            let mut rows = statement.query([signed(at), signed(until)]).map_err(failed("reading entries"))?;
            let mut seen = false;
            while let Some(row) = rows.next().map_err(failed("reading entries"))? {
                let index: i64 = row.get(0).map_err(failed("reading entries"))?;
                let entry = row.get_ref(1).and_then(|v| Ok(v.as_blob()?));
                visit(unsigned(index), entry.map_err(failed("reading entries"))?)?;
                seen = true;
            }
            if !seen {
                break;
            }
            at = until;
        }
        Ok(())
    }

    /// One entry with its body.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn row(&self, index: u64) -> Result<Option<Row>, Error> {
        let mut found = None;
        self.each_row(index, index.saturating_add(1), &mut |row| {
            found = Some(row);
            Ok(())
        })?;
        Ok(found)
    }

    /// The indices of the statements of this id, of whatever attester.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn indices_of(&self, statement: &str) -> Result<Vec<u64>, Error> {
        let sql = "SELECT idx FROM attesters a JOIN entries e ON e.attester = a.id WHERE e.statement = ?1 ORDER BY idx";
        let mut query = self.db.prepare_cached(sql).map_err(failed("reading entries"))?;
        let rows = query.query_map([statement], |r| r.get::<_, i64>(0));
        let rows: Result<Vec<i64>, _> = rows.and_then(Iterator::collect);
        Ok(rows.map_err(failed("reading entries"))?.into_iter().map(unsigned).collect())
    }

    /// The indices of the key notices, ascending.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn notices(&self) -> Result<Vec<u64>, Error> {
        let mut query = self
            .db
            .prepare_cached("SELECT idx FROM notices ORDER BY idx")
            .map_err(failed("reading notices"))?;
        let rows: Result<Vec<i64>, _> = query.query_map([], |r| r.get(0)).and_then(Iterator::collect);
        Ok(rows.map_err(failed("reading notices"))?.into_iter().map(unsigned).collect())
    }

    /// The newest head.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn head(&self) -> Result<Head, Error> {
        let sql = "SELECT size, root FROM heads ORDER BY size DESC LIMIT 1";
        let row = self.db.query_row(sql, [], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, [u8; 32]>(1)?)));
        let row = row.optional().map_err(failed("reading heads"))?;
        Ok(row.map_or_else(empty, |(size, root)| Head { size: unsigned(size), root: Digest(root) }))
    }

    /// The root that was stored for a size.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn root_at(&self, size: u64) -> Result<Option<Digest>, Error> {
        if size == 0 {
            return Ok(Some(empty().root));
        }
        let row = self
            .db
            .query_row("SELECT root FROM heads WHERE size = ?1", [signed(size)], |r| r.get::<_, [u8; 32]>(0));
        Ok(row.optional().map_err(failed("reading heads"))?.map(Digest))
    }

    /// The signed checkpoint of a size.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, Error> {
        self.db
            .query_row("SELECT note FROM checkpoints WHERE size = ?1", [signed(size)], |r| r.get(0))
            .optional()
            .map_err(failed("reading checkpoints"))
    }

    /// The signed checkpoint of the largest size there is one of.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn newest_checkpoint(&self) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1";
        self.db.query_row(sql, [], |r| r.get(0)).optional().map_err(failed("reading checkpoints"))
    }

    /// Every signed checkpoint, by size.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut statement =
            self.db.prepare("SELECT size, note FROM checkpoints ORDER BY size").map_err(failed("reading"))?;
        let rows = statement.query_map([], |r| Ok((unsigned(r.get(0)?), r.get(1)?)));
        rows.and_then(Iterator::collect).map_err(failed("reading checkpoints"))
    }

    /// Stores a signed checkpoint, without waiting for the disk: the same keys sign the same bytes again, and the next
    /// commit makes it durable.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put_checkpoint(&self, size: u64, note: &[u8]) -> Result<(), Error> {
        let doing = "adding a checkpoint";
        let level: i64 =
            self.db.pragma_query_value(None, "synchronous", |r| r.get(0)).map_err(failed(doing))?;
        self.db.pragma_update(None, "synchronous", level.min(NORMAL)).map_err(failed(doing))?;
        let sql = "INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2)";
        let added = self.db.execute(sql, params![signed(size), note]);
        self.db.pragma_update(None, "synchronous", level).map_err(failed(doing))?;
        added.map(drop).map_err(failed(doing))
    }
}

// SQLite's number for `synchronous = NORMAL`, which in its write-ahead mode does not wait at a commit.
const NORMAL: i64 = 1;

fn empty() -> Head {
    Head { size: 0, root: merkle::root(&[]) }
}

/// The number of an attester, given now if it has none yet.
///
/// # Errors
/// The store cannot be written.
pub fn attester(t: &Transaction<'_>, key: KeyId) -> Result<i64, Error> {
    let key = key.0.0;
    let find = "SELECT id FROM attesters WHERE key = ?1";
    let mut find = t.prepare_cached(find).map_err(failed("reading attesters"))?;
    let found = find.query_row([key], |r| r.get(0)).optional().map_err(failed("reading attesters"))?;
    if let Some(id) = found {
        return Ok(id);
    }
    t.execute("INSERT INTO attesters (key) VALUES (?1)", [key]).map_err(failed("adding an attester"))?;
    Ok(t.last_insert_rowid())
}

/// What the record holds under an attester's statement id.
///
/// # Errors
/// The store cannot be read.
pub fn known(t: &Transaction<'_>, row: &NewRow<'_>) -> Result<Known, Error> {
    let sql = "SELECT idx FROM entries WHERE attester = ?1 AND statement = ?2";
    let mut find = t.prepare_cached(sql).map_err(failed("reading entries"))?;
    let found = find.query_row(params![row.attester, row.statement], |r| r.get::<_, i64>(0)).optional();
    let Some(index) = found.map_err(failed("reading entries"))? else { return Ok(Known::No) };
    let entry: Vec<u8> = read_back(t, unsigned(index))?;
    Ok(if entry == row.entry { Known::Same(unsigned(index)) } else { Known::Other(unsigned(index)) })
}

/// Adds an entry, with its body if there is one.
///
/// # Errors
/// The store cannot be written, or the place or the id is taken.
pub fn insert(t: &Transaction<'_>, index: u64, row: &NewRow<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO entries VALUES (?1, ?2, ?3, ?4)";
    let mut add = t.prepare_cached(sql).map_err(failed("adding an entry"))?;
    add.execute(params![signed(index), row.attester, row.statement, row.entry])
        .map_err(failed("adding an entry"))?;
    let Some((salt, body)) = row.opened else { return Ok(()) };
    let mut add =
        t.prepare_cached("INSERT INTO bodies VALUES (?1, ?2, ?3)").map_err(failed("adding a body"))?;
    add.execute(params![signed(index), salt.0, body]).map(drop).map_err(failed("adding a body"))
}

/// Notes that an entry is a key notice.
///
/// # Errors
/// The store cannot be written.
pub fn insert_notice(t: &Transaction<'_>, index: u64) -> Result<(), Error> {
    t.execute("INSERT INTO notices VALUES (?1)", [signed(index)]).map(drop).map_err(failed("adding a notice"))
}

/// The bytes of an entry, as this transaction sees them.
///
/// # Errors
/// It is not there.
pub fn read_back(t: &Transaction<'_>, index: u64) -> Result<Vec<u8>, Error> {
    let sql = "SELECT entry FROM entries WHERE idx = ?1";
    let mut find = t.prepare_cached(sql).map_err(failed("reading back"))?;
    find.query_row([signed(index)], |r| r.get(0)).map_err(failed("reading back"))
}

/// Adds a head that follows `old`; refused if that is not the newest.
///
/// # Errors
/// The store cannot be written, or another process appended.
pub fn swap_head(t: &Transaction<'_>, old: &Head, new: &Head) -> Result<(), Error> {
    let sql = "INSERT INTO heads SELECT ?1, ?2 WHERE
        coalesce((SELECT max(size) FROM heads), 0) = ?3
        AND coalesce((SELECT root FROM heads WHERE size = ?3), ?4) = ?4";
    let values = params![signed(new.size), new.root.0, signed(old.size), old.root.0];
    let added = t.execute(sql, values).map_err(failed("adding a head"))?;
    if added == 1 {
        return Ok(());
    }
    let message = format!(
        "the record has another head than the one of {} entries this process knows: another process appended; start again",
        old.size
    );
    Err(Error::WrongStore { message })
}

/// An entry row read back: header, signature, and body if it is there.
///
/// # Errors
/// The row is no entry of this program.
pub fn logged(row: &Row) -> Result<Logged, Error> {
    let signed = signed_statement::from_entry(&row.entry)?;
    let opened = match &row.opened {
        None => None,
        Some((salt, body)) => {
            let salt: [u8; 32] = salt.as_slice().try_into().map_err(|_| Error::WrongStore {
                message: format!("entry {}: its salt is not 32 bytes", row.index),
            })?;
            let salt = Salt(salt);
            if signed_statement::body_digest(&salt, body) != signed.header.body {
                let message = format!("entry {}: the stored body is not the one signed", row.index);
                return Err(Error::WrongStore { message });
            }
            Some((salt, record::canonical::from_canonical::<Body>(body, "body")?))
        }
    };
    Ok(Logged { signed, opened })
}
