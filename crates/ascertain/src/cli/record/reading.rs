//! `ascertain record show | tail`.

use std::time::Duration;

use proof::Body;
use record::merkle;
use serde::Serialize;

use super::At;
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::store::Store;
use crate::store::entries::{self, Row};
use crate::store::index::{self, Wanted};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ascertain record show --data d --json\n  ascertain record show --data d --kind ascertain --issuer pa.governor --from 2020-11-24T00:00:00Z\n  ascertain record show 17 --data d"
)]
pub struct Args {
    /// One entry: its index or its statement's id
    #[arg(value_name = "INDEX|STATEMENT")]
    entry: Option<String>,
    #[command(flatten)]
    at: At,
    /// By this attester: its key id, or how that begins
    #[arg(long, value_name = "ID")]
    attester: Option<String>,
    /// Filed under this: an election's id, `record:keys`
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Of this kind: a kind of act, or `approval`, `decision`, `key`, `telegram`
    #[arg(long)]
    kind: Option<String>,
    /// Acts of this issuer
    #[arg(long, value_name = "ID")]
    issuer: Option<String>,
    /// Known at this instant or later
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<String>,
    /// Known before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<String>,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  ascertain record tail --data d --lines 20 --follow")]
pub struct TailArgs {
    #[command(flatten)]
    at: At,
    /// How many of the last
    #[arg(long, default_value_t = 10)]
    lines: u64,
    /// Go on with those that come, until interrupted
    #[arg(long)]
    follow: bool,
}

#[derive(Serialize)]
struct Entry {
    index: u64,
    class: &'static str,
    statement: String,
    subject: String,
    known_at: String,
    attester: String,
    leaf: String,
    body: Option<Body>,
}

fn instant(text: &str) -> Result<String, String> {
    standing::Instant::try_from(text)
        .map(|at| at.to_string())
        .map_err(|_| "an instant in UTC, such as 2028-12-18T17:00:00Z".to_owned())
}

pub fn show(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let store = Store::read(&data)?;
    if let Some(entry) = &args.entry {
        print(&entry_named(&store, entry)?, args.at.json, out)?;
        return Ok(Answered::Yes);
    }
    let wanted = Wanted {
        attester: args.attester.clone(),
        subject: args.subject.clone(),
        kind: args.kind.clone(),
        issuer: args.issuer.clone(),
        from: args.from.clone(),
        until: args.until.clone(),
    };
    if wanted == Wanted::default() {
        store.each_row(0, u64::MAX, &mut |row| print(&row, args.at.json, out))?;
        return Ok(Answered::Yes);
    }
    let found = index::find(&store, &data, &wanted)?;
    for at in &found {
        let Some(row) = store.row(*at)? else { continue };
        print(&row, args.at.json, out)?;
    }
    Ok((!found.is_empty()).into())
}

pub fn tail(args: &TailArgs, out: &mut Out) -> Result<Answered, Error> {
    let store = Store::read(&args.at.folder())?;
    let mut next = store.head()?.size.saturating_sub(args.lines);
    loop {
        let size = store.head()?.size;
        store.each_row(next, size, &mut |row| print(&row, args.at.json, out))?;
        next = size;
        out.flush();
        if !args.follow || out.gone() {
            return Ok(Answered::Yes);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The entry of an index, or of the one statement of an id.
///
/// # Errors
/// There is none, or several attesters used the id.
pub fn entry_named(store: &Store, name: &str) -> Result<Row, Error> {
    let wrong = |message: String| Error::Usage { message };
    let index = match name.parse::<u64>() {
        Ok(index) => index,
        Err(_) => match store.indices_of(name)?.as_slice() {
            [index] => *index,
            [] => return Err(wrong(format!("no statement `{name}` is in this record"))),
            several => {
                let list: Vec<String> = several.iter().map(ToString::to_string).collect();
                let list = list.join(", ");
                return Err(wrong(format!(
                    "several attesters have a statement `{name}`: say which by its index: {list}"
                )));
            }
        },
    };
    let size = store.head()?.size;
    store.row(index)?.ok_or_else(|| wrong(format!("no entry {index}: the record has {size}, from 0")))
}

fn print(row: &Row, json: bool, out: &mut Out) -> Result<(), Error> {
    let logged = entries::logged(row)?;
    let h = &logged.signed.header;
    if json {
        return out.json(&Entry {
            index: row.index,
            class: logged.signed.class.payload_type(),
            statement: h.statement.clone(),
            subject: h.subject.clone(),
            known_at: h.known_at.clone(),
            attester: h.attester.to_string(),
            leaf: merkle::leaf_hash(&row.entry).to_string(),
            body: logged.opened.map(|(_, b)| b),
        });
    }
    let what = match &logged.opened {
        None => "(body erased)".to_owned(),
        Some((_, Body::Act(a))) => format!("{} by {}", kind(a.kind), a.issuer),
        Some((_, Body::Approval(a))) => format!("approval of telegram {}", a.telegram),
        Some((_, Body::Decision(d))) => format!("decision on {}", d.office),
        Some((_, Body::Deliveries(d))) => {
            format!(
                "deliveries of telegram {}: {} acknowledged, {} undeliverable, {} in doubt",
                d.telegram, d.acknowledged, d.undeliverable, d.in_doubt
            )
        }
        Some((_, Body::Key(k))) => format!("{} {} key of {}", kind(k.action), kind(k.key_use), k.name),
        Some((_, Body::Telegram(t))) => format!("telegram {} {}", t.telegram, kind(t.state)),
    };
    out.line(&format!("{:>5}  {}  {:<34} {what}", row.index, h.known_at, h.statement));
    Ok(())
}

fn kind<T: Serialize>(k: T) -> String {
    serde_json::to_string(&k).unwrap_or_default().trim_matches('"').to_owned()
}
