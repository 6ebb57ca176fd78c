//! The file of a law: its keys, and what has to be true of them together.
//!
//! Refuses to know what a law is asked afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::Error;
use crate::act::Kind;
use crate::apportionment::Apportionment;
use crate::calendar::{self, Formula};
use crate::counting::{Counting, Excluded};
use crate::ids::{CiteId, PlaceId};
use crate::law::{Authority, ChallengeTime, Cite, Law, LawDate, Level, OfficeLaw, Place};
use crate::method;
use crate::tables::{self, Files};

impl Law {
    /// Reads the procedure at `path` and the apportionment it names for `year`.
    ///
    /// # Errors
    /// A file that is missing or wrong, a citation nobody defines, a year the law was not in force for.
    pub fn parse(files: &Files, path: &str, year: i16) -> Result<Self, Error> {
        let p: Procedure = tables::from_toml(path, tables::text(files, path, "the election")?)?;
        in_force(path, &p, year)?;
        let (counting, majority_cite) = counting_of(path, &p)?;
        challenge_is_whole(path, p.challenge.as_ref())?;
        let mut ids = vec![p.id.clone()];
        let (mut places, mut more) = (BTreeMap::new(), Vec::new());
        if let Some((file, a)) = apportionment(files, path, &p, year)? {
            places = a.places(&file, year)?;
            ids.push(a.id);
            more = a.cite;
        }
        exclude(path, &p.excluded, year, &mut places)?;
        if let Some(file) = &p.appointment {
            more.extend(method::apply(files, file, year, &mut places)?);
        }
        let dates = dated(path, p.date, &p.fixed, year)?;
        let cites: BTreeMap<CiteId, Cite> =
            p.cite.into_iter().chain(more).map(|c| (c.id.clone(), c)).collect();
        let law = Self {
            ids,
            title: p.title,
            nation: p.nation,
            in_force_from: p.in_force_from,
            cites,
            offices: p.office,
            authorities: p.authority,
            term_begins: p.term_begins,
            dates,
            levels: p.level,
            challenge: p.challenge,
            counting,
            majority_cite,
            places,
        };
        law.every_cite_is_defined(path)?;
        law.every_date_is_defined(path)?;
        Ok(law)
    }

    /// The paths of the files `parse` uses for the election of a year.
    ///
    /// # Errors
    /// As [`Law::parse`].
    pub fn paths(files: &Files, path: &str, year: i16) -> Result<Vec<String>, Error> {
        let p: Procedure = tables::from_toml(path, tables::text(files, path, "the election")?)?;
        let file = apportionment(files, path, &p, year)?.map(|(file, _)| file);
        Ok([path.to_owned()].into_iter().chain(file).chain(p.appointment).collect())
    }

    /// Whether a procedure file is meant for the election of a year.
    ///
    /// # Errors
    /// A file that is missing or wrong.
    pub fn speaks_for(files: &Files, path: &str, year: i16) -> Result<bool, Error> {
        let p: Procedure = tables::from_toml(path, tables::text(files, path, "this command")?)?;
        Ok(in_force(path, &p, year).is_ok())
    }

    /// This law with the counting regime of another: its dates, offices and electors stay, and so do the
    /// states it shuts out. Whether an objection was received is taken from its own day: the chambers acted
    /// on it or did not.
    ///
    /// # Errors
    /// A file that is missing or wrong, a citation nobody defines.
    pub fn under(&self, files: &Files, path: &str) -> Result<Self, Error> {
        let p: Procedure = tables::from_toml(path, tables::text(files, path, "the regime")?)?;
        let mut law = self.clone();
        (law.counting, law.majority_cite) = counting_of(path, &p)?;
        law.ids.push(p.id);
        law.counting.objection_needs.clone_from(&self.counting.objection_needs);
        law.counting.objection_signed_by = self.counting.objection_signed_by;
        // Where both give a power, the provision is that of the law asked for.
        for a in &mut law.authorities {
            let theirs = p.authority.iter().find(|b| b.role == a.role && b.kind == a.kind);
            if let Some(b) = theirs {
                a.cite = b.cite.clone();
            }
        }
        let powers = |kind: Kind| matches!(kind, Kind::Object | Kind::RuleOnObjection | Kind::ContingentVote);
        let others = p.authority.into_iter().filter(|a| powers(a.kind));
        law.authorities.extend(
            others.filter(|a| !self.authorities.iter().any(|b| b.role == a.role && b.kind == a.kind)),
        );
        law.cites.extend(p.cite.into_iter().map(|c| (c.id.clone(), c)));
        law.every_cite_is_defined(path)?;
        law.every_date_is_defined(path)?;
        Ok(law)
    }

    fn every_date_is_defined(&self, file: &str) -> Result<(), Error> {
        let ids: BTreeSet<&str> = self.dates.iter().map(|d| d.id.as_str()).collect();
        if ids.len() != self.dates.len() {
            return Err(field(file, "date", "two [[date]] have the same id"));
        }
        let used = self.levels.iter().filter_map(|l| l.by.as_deref().map(|by| ("by", by)));
        let closes = self.counting.certificate_closes.as_deref().map(|id| ("certificate_closes", id));
        match used
            .chain([("term_begins", self.term_begins.as_str())])
            .chain(closes)
            .find(|(_, id)| !ids.contains(id))
        {
            None => Ok(()),
            Some((key, id)) => Err(field(file, key, &format!("`{id}` is named but no [[date]] defines it"))),
        }
    }

    fn every_cite_is_defined(&self, file: &str) -> Result<(), Error> {
        let used: BTreeSet<&CiteId> = (self.offices.iter().map(|x| &x.cite))
            .chain(self.authorities.iter().map(|x| &x.cite))
            .chain(self.dates.iter().map(|x| &x.cite))
            .chain(self.levels.iter().map(|x| &x.cite))
            .chain(self.levels.iter().filter_map(|x| x.undo_cite.as_ref()))
            .chain(self.places.values().map(|x| &x.cite))
            .chain(self.places.values().filter_map(|x| x.excluded.as_ref()))
            .chain(self.counting.cites())
            .chain(self.challenge.as_ref().map(|c| &c.cite))
            .chain([&self.majority_cite])
            .collect();
        match used.into_iter().find(|id| !self.cites.contains_key(id)) {
            None => Ok(()),
            Some(id) => Err(field(file, "cite", &format!("`{id}` is cited but no [[cite]] defines it"))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Procedure {
    id: String,
    title: String,
    nation: PlaceId,
    in_force_from: String,
    in_force_until: Option<String>,
    majority_cite: Option<CiteId>,
    term_begins: String,
    elections: Option<Vec<i16>>,
    #[serde(default)]
    apportionment: Vec<String>,
    appointment: Option<String>,
    office: Vec<OfficeLaw>,
    authority: Vec<Authority>,
    date: Vec<LawDate>,
    level: Vec<Level>,
    counting: Option<Counting>,
    challenge: Option<ChallengeTime>,
    #[serde(default)]
    fixed: Vec<Fixed>,
    #[serde(default)]
    excluded: Vec<Excluded>,
    cite: Vec<Cite>,
}

/// A legal date that another act fixed for one election.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    id: String,
    election: i16,
    #[serde(deserialize_with = "calendar::day")]
    date: String,
    cite: CiteId,
}

/// A law speaks for an election if it is in force when its votes are counted, or,
/// where it knows no count, on election day.
fn in_force(file: &str, p: &Procedure, year: i16) -> Result<(), Error> {
    let deciding = p.date.iter().find(|d| d.id == COUNT).or_else(|| p.date.iter().find(|d| d.id == VOTE));
    let formula = deciding.map_or(Formula::TuesdayAfterFirstMondayOfNovember, |d| d.formula);
    let id = deciding.map_or(COUNT, |d| d.id.as_str());
    let fixed = p.fixed.iter().find(|f| f.id == id && f.election == year).map(|f| f.date.clone());
    let computed = || calendar::date_of(formula, year).map(|d| d.to_string());
    let day = fixed.or_else(computed).ok_or_else(|| field(file, "year", "outside the calendar"))?;
    let over = p.in_force_until.as_ref().is_some_and(|until| *until < day);
    if day < p.in_force_from || over {
        let until = p.in_force_until.as_deref().unwrap_or("now");
        let message = format!(
            "in force {} to {until}, but what decides which law the election of {year} is under, `{id}`, falls on {day}",
            p.in_force_from
        );
        return Err(field(file, "in_force_from", &message));
    }
    if p.elections.as_ref().is_some_and(|years| !years.contains(&year)) {
        let message = format!("the dates of this file are checked for other elections than that of {year}");
        return Err(field(file, "elections", &message));
    }
    Ok(())
}

const COUNT: &str = "count";
const VOTE: &str = "election-day";

/// The regime of the count, and the provision for the majority. A law that allots electors has both; one
/// that allots none has neither, and its offices are filled by what named officers declare.
fn counting_of(file: &str, p: &Procedure) -> Result<(Counting, CiteId), Error> {
    let electors = !p.apportionment.is_empty();
    match (&p.counting, &p.majority_cite, p.office.first()) {
        (Some(counting), Some(cite), _) if electors => {
            if counting.chambers.is_empty() {
                let message = "name at least one chamber that rules on objections";
                return Err(field(file, "counting.chambers", message));
            }
            Ok((counting.clone(), cite.clone()))
        }
        (None, None, Some(office)) if !electors => {
            Ok((Counting::without_electors(office.cite.clone()), office.cite.clone()))
        }
        (_, _, None) => Err(field(file, "office", "name at least one office to be filled")),
        _ => {
            let message = "a law that allots electors has `apportionment`, `majority_cite` and [counting]; one that allots none has none of them";
            Err(field(file, "apportionment", message))
        }
    }
}

fn challenge_is_whole(file: &str, c: Option<&ChallengeTime>) -> Result<(), Error> {
    match c {
        Some(c) if c.days.is_some() == c.hours.is_some() => {
            Err(field(file, "challenge", "give either `days` or `hours`"))
        }
        _ => Ok(()),
    }
}

/// The dates with what other acts fixed for this election.
fn dated(file: &str, mut dates: Vec<LawDate>, fixed: &[Fixed], year: i16) -> Result<Vec<LawDate>, Error> {
    for f in fixed {
        let Some(d) = dates.iter_mut().find(|d| d.id == f.id) else {
            return Err(field(file, "fixed", &format!("`{}` is fixed but no [[date]] defines it", f.id)));
        };
        if f.election == year {
            d.fixed = Some(f.date.clone());
            d.cite = f.cite.clone();
        }
    }
    Ok(dates)
}

fn exclude(
    file: &str,
    excluded: &[Excluded],
    year: i16,
    places: &mut BTreeMap<PlaceId, Place>,
) -> Result<(), Error> {
    for e in excluded.iter().filter(|e| e.election == year) {
        for state in &e.states {
            let Some(place) = places.get_mut(state) else {
                return Err(field(file, "excluded", &format!("{state} has no electors in {year}")));
            };
            place.excluded = Some(e.cite.clone());
        }
    }
    Ok(())
}

fn apportionment(
    files: &Files,
    path: &str,
    p: &Procedure,
    year: i16,
) -> Result<Option<(String, Apportionment)>, Error> {
    if p.apportionment.is_empty() {
        return Ok(None);
    }
    // A proof carries only the file its election needs.
    for file in p.apportionment.iter().filter(|file| files.contains_key(*file)) {
        let a = Apportionment::parse(files, file, path)?;
        if a.elections.contains(&year) {
            return Ok(Some((file.clone(), a)));
        }
    }
    if let Some(missing) = p.apportionment.iter().find(|file| !files.contains_key(*file)) {
        return Err(Error::NoFile { file: missing.clone(), needed_by: path.into() });
    }
    Err(field(path, "apportionment", &format!("none of the files named is for the election of {year}")))
}

fn field(file: &str, name: &str, message: &str) -> Error {
    Error::Field { file: file.into(), line: 0, field: name.into(), message: message.into() }
}
