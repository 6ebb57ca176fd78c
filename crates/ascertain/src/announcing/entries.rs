//! From the machine's state to entries: what went out, what was overtaken, what was corrected, and which is about which.
//!
//! Refuses to know the clock: every instant is one that was recorded when it happened.

use std::collections::BTreeMap;

use record::digest::sha256;
use serde::{Deserialize, Serialize};
use standing::Instant;
use telegram::{Ground, Sha256Hex, Stage, State, Telegram, TelegramId};

use crate::error::Error;

/// What may be public of a telegram that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The office's name.
    pub office: String,
    /// The person's name, `nobody` or `annulled`.
    pub outcome: String,
    /// Its words, if they may be public.
    pub words: Option<Words>,
}

/// Words as they went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Everything entries follow from.
#[derive(Debug)]
pub struct Known<'a> {
    /// The machine's state.
    pub state: &'a State,
    /// What may be public, of telegrams that are out.
    pub allowed: &'a BTreeMap<TelegramId, Allowed>,
    /// The record's name.
    pub origin: &'a str,
    /// Whether it is an exercise.
    pub drill: bool,
    /// When the record was founded.
    pub founded: Instant,
}

/// Everything announced, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its name, for ever.
    pub id: String,
    /// The record's name.
    pub origin: String,
    /// Whether it is an exercise.
    pub drill: bool,
    /// When something last happened.
    pub updated: Instant,
    /// What happened.
    pub entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, for ever.
    pub id: String,
    /// What its files are called.
    pub name: String,
    /// When it happened.
    pub at: Instant,
    /// What happened.
    pub happened: Happened,
    /// The telegram.
    pub telegram: TelegramId,
    /// The office.
    pub office: Named,
    /// For which outcome the telegram is.
    pub outcome: Named,
    /// The policy it waited for.
    pub policy: Sha256Hex,
    /// Its words, if they may be public.
    pub words: Option<Words>,
    /// What this entry changes.
    pub earlier: Vec<Other>,
    /// What changed this one afterwards.
    pub later: Vec<Other>,
    /// Where the proof of the decision lies, from the announcements on; set only where it is there.
    pub proof: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A decision released the telegram.
    Decided(Sha256Hex),
    /// Approvers let it go though no decision is for it.
    Overridden,
    /// Later acts undid the ground of the decision that had released it.
    Overtaken(Sha256Hex),
    /// It went out to correct another.
    Corrected,
}

/// An id and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// Another entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its id.
    pub id: String,
    /// What its files are called.
    pub name: String,
    /// When it happened.
    pub at: Instant,
    /// Whether it is an overtaking; else a release or a correction.
    pub overtaken: bool,
}

/// The entries of what may be public.
///
/// # Errors
/// An instant outside the calendar.
pub fn feed(known: &Known<'_>) -> Result<Feed, Error> {
    let mut entries = Vec::new();
    for released in known.state.telegrams.values() {
        entries.extend(release(known, &released.telegram)?);
        entries.extend(overtaking(known, &released.telegram)?);
    }
    entries.sort_by(|a, b| (a.at, a.earlier.len(), &a.name).cmp(&(b.at, b.earlier.len(), &b.name)));
    let others: Vec<Other> = entries.iter().map(other).collect();
    let about: Vec<Vec<String>> = entries.iter().map(|e| ids(&e.earlier)).collect();
    for entry in &mut entries {
        let changes = others.iter().zip(&about).filter(|(_, earlier)| earlier.contains(&entry.id));
        entry.later = changes.map(|(other, _)| other.clone()).collect();
    }
    let updated = entries.iter().map(|e| e.at).max().unwrap_or(known.founded);
    let id = lasting_id(&[known.origin]);
    Ok(Feed { id, origin: known.origin.into(), drill: known.drill, updated, entries })
}

/// The entry of a telegram that is out, with what it changes.
fn release(known: &Known<'_>, t: &Telegram) -> Result<Option<Entry>, Error> {
    let Some(mut entry) = bare_release(known, t)? else { return Ok(None) };
    for before in line(known.state, t).skip(1) {
        entry.earlier.extend(bare_release(known, before)?.iter().map(other));
        entry.earlier.extend(overtaking(known, before)?.iter().map(other));
    }
    entry.earlier.sort_by(|a, b| (a.at, a.overtaken, &a.name).cmp(&(b.at, b.overtaken, &b.name)));
    Ok(Some(entry))
}

fn bare_release(known: &Known<'_>, t: &Telegram) -> Result<Option<Entry>, Error> {
    let Some((at, ground)) = out(known.state, &t.id) else { return Ok(None) };
    let happened = match ground {
        Ground::Decision(decision) => Happened::Decided(decision.clone()),
        Ground::Override { .. } => Happened::Overridden,
        Ground::Correction { .. } => Happened::Corrected,
    };
    let words = known.allowed.get(&t.id).and_then(|a| a.words.clone());
    Ok(entry(known, t, (happened, RELEASED), at)?.map(|entry| Entry { words, ..entry }))
}

/// The entry that says that the decision which had released it no longer stands.
fn overtaking(known: &Known<'_>, t: &Telegram) -> Result<Option<Entry>, Error> {
    let Some((_, Ground::Decision(ground))) = out(known.state, &t.id) else { return Ok(None) };
    let ruling = known.state.rulings.get(&t.terms.office).filter(|r| &r.decision.id == ground);
    let Some(at) = ruling.and_then(|r| r.overtaken) else { return Ok(None) };
    let earlier = bare_release(known, t)?.iter().map(other).collect();
    let happened = (Happened::Overtaken(ground.clone()), OVERTAKEN);
    Ok(entry(known, t, happened, at)?.map(|entry| Entry { earlier, ..entry }))
}

/// Nothing, unless it may be public. What corrects something public is public too, as a fact at least: no entry is to stand
/// as if nothing had come after it.
fn entry(
    known: &Known<'_>,
    t: &Telegram,
    (happened, what): (Happened, &str),
    at: telegram::Instant,
) -> Result<Option<Entry>, Error> {
    let Some(names) = line(known.state, t).find_map(|t| known.allowed.get(&t.id)) else { return Ok(None) };
    Ok(Some(Entry {
        id: lasting_id(&[known.origin, t.id.as_str(), what]),
        name: format!("{}--{what}", plain(t.id.as_str())),
        at: Instant::from_second(at.0)?,
        happened,
        telegram: t.id.clone(),
        office: Named { id: t.terms.office.to_string(), name: names.office.clone() },
        outcome: Named { id: t.terms.outcome.to_string(), name: names.outcome.clone() },
        policy: t.terms.policy.clone(),
        words: None,
        earlier: Vec::new(),
        later: Vec::new(),
        proof: None,
    }))
}

/// When and on what ground a telegram went out.
fn out<'a>(state: &'a State, id: &TelegramId) -> Option<(telegram::Instant, &'a Ground)> {
    match &state.telegrams.get(id)?.stage {
        Stage::Released { at, ground } => Some((*at, ground)),
        _ => None,
    }
}

/// A telegram, the one it corrects, and so on; of what is out.
fn line<'a>(state: &'a State, t: &'a Telegram) -> impl Iterator<Item = &'a Telegram> {
    let before = |t: &&'a Telegram| {
        let of = t.terms.corrects.as_ref()?;
        out(state, of)?;
        state.telegrams.get(of).map(|e| &e.telegram)
    };
    // What a correction corrects was out before it: no line comes back to where it began.
    std::iter::successors(Some(t), before).take(state.telegrams.len())
}

fn other(entry: &Entry) -> Other {
    let overtaken = matches!(entry.happened, Happened::Overtaken(_));
    Other { id: entry.id.clone(), name: entry.name.clone(), at: entry.at, overtaken }
}

fn ids(others: &[Other]) -> Vec<String> {
    others.iter().map(|o| o.id.clone()).collect()
}

/// A UUID from a digest: the same for ever, and in a namespace that is registered.
// Spec: RFC 9562 § 5.8, § 6.5 (a name hashed by SHA-256), RFC 4287 § 4.2.6
fn lasting_id(parts: &[&str]) -> String {
    let name = format!("ascertain announcement\n{}", parts.join("\n"));
    let mut out = String::from("urn:uuid:");
    for (n, digit) in sha256(name.as_bytes()).to_string().chars().take(32).enumerate() {
        if [8, 12, 16, 20].contains(&n) {
            out.push('-');
        }
        out.push(match (n, digit.to_digit(16).unwrap_or_default() & 3) {
            (12, _) => '8',
            (16, 0) => '8',
            (16, 1) => '9',
            (16, 2) => 'a',
            (16, _) => 'b',
            _ => digit,
        });
    }
    out
}

/// A name that stays in its folder.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '.' }).collect()
}

const RELEASED: &str = "released";
const OVERTAKEN: &str = "overtaken";
