//! The election as a folder describes it: persons, issuers, slates, sources, acts.
//!
//! Refuses to know what any of them did or may do.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::Error;
use crate::act::{ChamberVotes, Deed};
use crate::calendar;
use crate::ids::{IssuerId, OfficeId, PersonId, PlaceId, RoleId, SlateId, SourceId, StatementId};
use crate::statement::{self, ActLine};
use crate::tables::{self, Files};

/// A person who can be voted for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Name for a narrow column.
    pub short: String,
    /// The office sought.
    pub office: OfficeId,
}

/// Somebody who acts: an officer, a body, a news organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Id.
    pub id: IssuerId,
    /// Name.
    pub name: String,
    /// The office or body.
    pub role: RoleId,
    /// Where.
    pub jurisdiction: PlaceId,
    /// Whose figures it depends on: sources with one upstream are one source.
    pub upstream: Option<String>,
    /// First day in the role, if it matters.
    #[serde(default, deserialize_with = "calendar::optional_day")]
    pub from: Option<String>,
    /// Last day in the role, if it matters.
    #[serde(default, deserialize_with = "calendar::optional_day")]
    pub until: Option<String>,
}

/// A body of electors and to whom each part of it is pledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slate {
    /// Id; the slate acts under it.
    pub id: SlateId,
    /// Its jurisdiction.
    pub place: PlaceId,
    /// Its parts: the whole jurisdiction, or districts.
    pub units: Vec<SlateUnit>,
}

/// Electors of a slate chosen together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlateUnit {
    /// The district, or the jurisdiction itself.
    pub unit: PlaceId,
    /// How many.
    pub electors: u32,
    /// To whom they are pledged.
    pub pledged: BTreeMap<OfficeId, PersonId>,
}

/// A source document that statements cite.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDocument {
    /// Id.
    pub id: SourceId,
    /// Who published it.
    pub publisher: String,
    /// Where.
    pub url: String,
    /// When, as printed.
    pub published: String,
    /// What it is used for, and its weaknesses.
    pub note: String,
}

/// An election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Election {
    /// Id, such as `us-2020`.
    pub id: String,
    /// Name.
    pub name: String,
    /// The year of the popular vote, from which the law's dates are computed.
    pub year: i16,
    /// The reference zone for bare dates.
    pub zone: String,
    /// Path of the law's procedure file.
    pub law: String,
    /// The policy used when none is named.
    pub policy: String,
    /// Persons by id.
    pub persons: BTreeMap<PersonId, Person>,
    /// Issuers by id.
    pub issuers: BTreeMap<IssuerId, Issuer>,
    /// Slates by id.
    pub slates: BTreeMap<SlateId, Slate>,
    /// Source documents by id.
    pub sources: BTreeMap<SourceId, SourceDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    name: String,
    year: i16,
    zone: String,
    law: String,
    policy: String,
    person: Vec<Person>,
}

const HEAD: &str = "election.toml";
const PLAIN: &str = "a name the record files things under is 1 to 64 of a-z, 0-9, `.`, `-` and `_`, beginning with a letter or digit";

/// Whether a name can stand in the header of a recorded statement.
fn plain(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    starts && name.len() <= 64 && name.chars().all(fits)
}

impl Election {
    /// Reads the head of a folder: everything but the acts.
    ///
    /// # Errors
    /// The first file, line and field that is wrong.
    pub fn parse(files: &Files) -> Result<Self, Error> {
        let head: Head = tables::from_toml(HEAD, tables::text(files, HEAD, "every election")?)?;
        calendar::zone(&head.zone).map_err(|e| wrong(HEAD, 0, "zone", &e.to_string()))?;
        if !plain(&head.id) {
            return Err(wrong(HEAD, 0, "id", &format!("`{}`: {PLAIN}", head.id)));
        }
        let mut persons = BTreeMap::new();
        for p in head.person {
            if let Some(twice) = persons.insert(p.id.clone(), p) {
                return Err(wrong(HEAD, 0, "person", &format!("`{}` stands twice", twice.id)));
            }
        }
        let slates = slates(files, &persons)?;
        let issuers: BTreeMap<IssuerId, Issuer> = unique(files, "issuers", |i: &Issuer| i.id.clone())?;
        if let Some(s) = slates.keys().find(|s| issuers.keys().any(|i| i.as_str() == s.as_str())) {
            let message = format!("`{s}` is a slate, which acts under its own name: an issuer needs another");
            let file = tables_of(files, "issuers").find(|(_, text)| text.contains(s.as_str()));
            return Err(wrong(file.map_or(HEAD, |(file, _)| file), 0, "id", &message));
        }
        Ok(Self {
            id: head.id,
            name: head.name,
            year: head.year,
            zone: head.zone,
            law: head.law,
            policy: head.policy,
            issuers,
            sources: unique(files, "sources", |s: &SourceDocument| s.id.clone())?,
            persons,
            slates,
        })
    }

    /// Whether a file of the folder belongs to the head, which a proof carries whole.
    #[must_use]
    pub fn is_head_file(path: &str) -> bool {
        path == HEAD || (path.ends_with(".csv") && !path.contains('/'))
    }

    /// Reads every acts file of the folder, in order of `known_at` and then of file and line.
    ///
    /// # Errors
    /// The first file, line and field that is wrong, references to unknown things included.
    pub fn acts(&self, files: &Files) -> Result<Vec<ActLine>, Error> {
        let mut all = Vec::new();
        let mut ids = BTreeSet::new();
        let acts = files.iter().filter(|(p, _)| p.starts_with("acts/") && p.ends_with(".jsonl"));
        for (file, text) in acts {
            all.extend(self.lines(file, text, &mut ids)?.into_iter().map(|(_, line)| line));
        }
        all.sort_by_key(|l| l.known_at);
        Ok(all)
    }

    /// Reads one acts file, in order of its lines; `ids` are the statements there were before, and then these too.
    ///
    /// # Errors
    /// The first line and field that is wrong, references to unknown things included.
    pub fn lines(
        &self,
        file: &str,
        text: &str,
        ids: &mut BTreeSet<StatementId>,
    ) -> Result<Vec<(usize, ActLine)>, Error> {
        let mut lines = Vec::new();
        for (n, mut line) in statement::parse_lines(file, text)? {
            self.check(&line).map_err(|(field, message)| wrong(file, n, &field, &message))?;
            let id = line.statement.clone().map_or_else(|| line.id.as_str().try_into(), Ok)?;
            if !plain(id.as_str()) {
                return Err(wrong(file, n, "id", &format!("`{id}`: {PLAIN}")));
            }
            if !ids.insert(id.clone()) {
                let message = format!(
                    "`{id}` was used before; a second statement of an act needs a `statement` id of its own"
                );
                return Err(wrong(file, n, "statement", &message));
            }
            line.statement = Some(id);
            lines.push((n, line));
        }
        Ok(lines)
    }

    /// Whether a line is a well-formed act that refers only to things this election knows.
    ///
    /// # Errors
    /// `(field, what is wrong)`.
    pub fn check(&self, line: &ActLine) -> Result<(), (String, String)> {
        let act = line.to_act()?;
        if line.known_at.is_none() {
            return Err(("known_at".into(), "missing: when did the attester know of the act?".into()));
        }
        let unknown =
            |field: &str, id: &str, list: &str| Err((field.into(), format!("`{id}` is not in {list}")));
        let slate_acts = self.slates.keys().any(|s| s.as_str() == act.issuer.as_str());
        if !self.issuers.contains_key(&act.issuer) && !slate_acts {
            return unknown("issuer", act.issuer.as_str(), "issuers.csv or slates.csv");
        }
        if let Some(s) = line.sources.iter().find(|s| !self.sources.contains_key(*s)) {
            return unknown("sources", s.as_str(), "sources.csv");
        }
        if line.sources.is_empty() {
            return Err(("sources".into(), "every act cites at least one source".into()));
        }
        if let Some(s) = line.slate.as_ref().filter(|s| !self.slates.contains_key(*s)) {
            return unknown("slate", s.as_str(), "slates.csv");
        }
        match persons_of(&act.deed).into_iter().find(|p| !self.persons.contains_key(*p)) {
            Some(p) => unknown("person", p.as_str(), "election.toml"),
            None => Ok(()),
        }
    }

    /// A person's name, or the id.
    #[must_use]
    pub fn name_of(&self, id: &PersonId) -> String {
        self.persons.get(id).map_or_else(|| id.to_string(), |p| p.name.clone())
    }
}

/// The source documents a line cites, for display.
#[must_use]
pub fn sources_of<'a>(election: &'a Election, ids: &[SourceId]) -> Vec<&'a SourceDocument> {
    ids.iter().filter_map(|id| election.sources.get(id)).collect()
}

fn persons_of(deed: &Deed) -> Vec<&PersonId> {
    match deed {
        Deed::Call { person, .. } | Deed::Oath { person, .. } => vec![person],
        Deed::Canvass { popular, .. } => popular.keys().collect(),
        Deed::ElectorVote { votes, ballots, .. } => {
            let named = ballots.iter().flat_map(|b| b.votes.values().flatten());
            votes.values().flat_map(BTreeMap::keys).chain(named).collect()
        }
        Deed::Object { votes_for: Some((_, person)), .. } => vec![person],
        Deed::ContingentVote { votes: ChamberVotes::ByState(by), .. } => by.values().flatten().collect(),
        Deed::ContingentVote { votes: ChamberVotes::ByMember(by), .. } => by.keys().collect(),
        Deed::Declare { elected, votes, without, .. } => {
            let votes = without.values().chain([votes]).flat_map(BTreeMap::values).flat_map(BTreeMap::keys);
            elected.values().flatten().chain(votes).collect()
        }
        Deed::Noted { person, .. } => person.iter().collect(),
        Deed::Confirm { elected } => elected.values().flatten().collect(),
        Deed::OfPerson { person, .. } => vec![person],
        _ => Vec::new(),
    }
}

/// Rows of all files `<stem>.csv` and `<stem>.*.csv`, by id.
fn unique<T, K>(files: &Files, stem: &str, key: impl Fn(&T) -> K) -> Result<BTreeMap<K, T>, Error>
where
    T: serde::de::DeserializeOwned,
    K: Ord + std::fmt::Display + Clone,
{
    let mut rows = BTreeMap::new();
    for (file, text) in tables_of(files, stem) {
        for (line, row) in tables::from_csv::<T>(file, text)? {
            let id = key(&row);
            if rows.insert(id.clone(), row).is_some() {
                return Err(wrong(file, line, "id", &format!("`{id}` stands twice")));
            }
        }
    }
    Ok(rows)
}

fn tables_of<'a>(files: &'a Files, stem: &'a str) -> impl Iterator<Item = (&'a String, &'a String)> {
    files.iter().filter(move |(p, _)| {
        p.strip_prefix(stem)
            .is_some_and(|rest| rest == ".csv" || (rest.starts_with('.') && rest.ends_with(".csv")))
    })
}

fn slates(files: &Files, persons: &BTreeMap<PersonId, Person>) -> Result<BTreeMap<SlateId, Slate>, Error> {
    let mut slates: BTreeMap<SlateId, Slate> = BTreeMap::new();
    for (file, text) in tables_of(files, "slates") {
        for (line, mut row) in tables::from_csv::<BTreeMap<String, String>>(file, text)? {
            let bad = |field: &str, message: String| wrong(file, line, field, &message);
            let mut take = |name: &str| {
                row.remove(name).ok_or_else(|| bad(name, format!("the header has no column `{name}`")))
            };
            let id = SlateId::try_from(take("slate")?).map_err(|e| bad("slate", e.to_string()))?;
            let place =
                PlaceId::try_from(take("jurisdiction")?).map_err(|e| bad("jurisdiction", e.to_string()))?;
            let unit = PlaceId::try_from(take("unit")?).map_err(|e| bad("unit", e.to_string()))?;
            let electors = take("electors")?;
            let electors =
                electors.parse().map_err(|_| bad("electors", format!("`{electors}` is no count")))?;
            let _note = take("note")?;
            let pledged = pledges(row, persons).map_err(|(f, m)| bad(&f, m))?;
            let slate = slates.entry(id.clone()).or_insert_with(|| Slate {
                id,
                place: place.clone(),
                units: Vec::new(),
            });
            if slate.place != place {
                return Err(bad("jurisdiction", format!("{} was of {} above", slate.id, slate.place)));
            }
            slate.units.push(SlateUnit { unit, electors, pledged });
        }
    }
    Ok(slates)
}

/// The remaining columns of a slate row are offices; a cell is the person pledged to, or empty.
fn pledges(
    row: BTreeMap<String, String>,
    persons: &BTreeMap<PersonId, Person>,
) -> Result<BTreeMap<OfficeId, PersonId>, (String, String)> {
    let mut pledged = BTreeMap::new();
    for (column, cell) in row.into_iter().filter(|(_, cell)| !cell.is_empty()) {
        let bad = |e: Error| (column.clone(), e.to_string());
        let office = OfficeId::try_from(column.as_str()).map_err(bad)?;
        let person = PersonId::try_from(cell).map_err(bad)?;
        if !persons.contains_key(&person) {
            return Err((column, format!("`{person}` is not in election.toml")));
        }
        pledged.insert(office, person);
    }
    Ok(pledged)
}

fn wrong(file: &str, line: usize, field: &str, message: &str) -> Error {
    Error::Field { file: file.into(), line, field: field.into(), message: message.into() }
}
