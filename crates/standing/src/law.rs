//! The law of a place and office as dated, cited data.
//!
//! Data where it is a number, a date, an office or a choice among named
//! methods; every one of them carries a citation. Refuses expressions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::act::Kind;
use crate::calendar::{self, Formula, LegalDate};
use crate::ids::{CiteId, OfficeId, PlaceId, RoleId};
use crate::tables::{self, Files};

/// A citation: what the text is called, as of when, where to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cite {
    /// Its id in the law's files.
    pub id: CiteId,
    /// The citation with the date of the text.
    pub text: String,
    /// Where it can be read.
    pub url: String,
    /// What it says, in our words.
    pub says: String,
}

/// An office to be filled.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeLaw {
    /// Its id.
    pub id: OfficeId,
    /// Its name.
    pub name: String,
    /// The provision that creates it.
    pub cite: CiteId,
}

/// Who may do which act.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// The act.
    pub kind: Kind,
    /// Who may do it: the issuer must hold this office, for the act's own place or the whole country.
    pub role: RoleId,
    /// What else must stand before the act can have effect.
    pub needs: Option<Need>,
    /// Offices whose act may end it, besides the same office itself.
    #[serde(default)]
    pub undone_by: Vec<RoleId>,
    /// The provision.
    pub cite: CiteId,
}

/// What an act presupposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The acting slate must be appointed by a standing certificate of ascertainment.
    Appointment,
    /// The beginning of the term.
    TermBegun,
}

/// A legal date: a named formula and its provision.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawDate {
    /// Its id.
    pub id: String,
    /// What falls on it.
    pub name: String,
    /// How it is computed.
    pub formula: Formula,
    /// The provision.
    pub cite: CiteId,
}

/// A level of finality, described for people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Its id, one of the predicates of the policy language.
    pub id: String,
    /// Its name on a page.
    pub name: String,
    /// What it means in law.
    pub meaning: String,
    /// Who supplies it.
    pub who: String,
    /// The legal date by which it is due, if one is fixed.
    pub by: Option<String>,
    /// What can still undo it.
    pub undone_by: String,
    /// The provision by which it can be undone, if it is another than `cite`.
    pub undo_cite: Option<CiteId>,
    /// The provision.
    pub cite: CiteId,
}

/// The rule for rejecting votes at the count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// Offices of the chambers that rule.
    pub chambers: Vec<RoleId>,
    /// Whose rejection is needed.
    pub rejects: Rejects,
    /// Chambers of which a member must sign an objection for it to be received.
    pub objection_needs: Vec<RoleId>,
    /// Whether rejected votes also leave the base.
    pub rejected_leave_base: bool,
    /// The provision.
    pub cite: CiteId,
}

/// Whose rejection makes a vote fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejects {
    /// All chambers must sustain the objection.
    EveryChamber,
    /// One chamber suffices.
    AnyChamber,
}

/// A jurisdiction to which electors are allotted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: PlaceId,
    /// Its name.
    pub name: String,
    /// Electors allotted.
    pub electors: u32,
    /// The provision that gives it this number.
    pub cite: CiteId,
}

/// The law of one election: procedure and apportionment.
#[derive(Debug, Clone)]
pub struct Law {
    /// Ids of the files it was read from.
    pub ids: Vec<String>,
    /// Title of the procedure.
    pub title: String,
    /// The code of the whole country.
    pub nation: PlaceId,
    /// Citations by id.
    pub cites: BTreeMap<CiteId, Cite>,
    /// Offices to be filled, in the law's order.
    pub offices: Vec<OfficeLaw>,
    /// Who may do what.
    pub authorities: Vec<Authority>,
    /// The legal date at which the term begins.
    pub term_begins: String,
    /// Legal dates.
    pub dates: Vec<LawDate>,
    /// Levels of finality, lowest first.
    pub levels: Vec<Level>,
    /// Objections at the count.
    pub counting: Counting,
    /// The provision for the majority.
    pub majority_cite: CiteId,
    /// Jurisdictions with their electors.
    pub places: BTreeMap<PlaceId, Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Procedure {
    id: String,
    title: String,
    nation: PlaceId,
    in_force_from: String,
    in_force_until: Option<String>,
    majority_cite: CiteId,
    term_begins: String,
    elections: Option<Vec<i16>>,
    apportionment: Vec<String>,
    office: Vec<OfficeLaw>,
    authority: Vec<Authority>,
    date: Vec<LawDate>,
    level: Vec<Level>,
    counting: Counting,
    cite: Vec<Cite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Apportionment {
    id: String,
    elections: Vec<i16>,
    additional_electors: u32,
    additional_cite: CiteId,
    seats_cite: CiteId,
    like_least: Option<LikeLeast>,
    state: Vec<StateSeats>,
    cite: Vec<Cite>,
}

/// A district that has as many electors as the least populous state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LikeLeast {
    code: PlaceId,
    name: String,
    cite: CiteId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateSeats {
    code: PlaceId,
    name: String,
    representatives: u32,
}

impl Law {
    /// Reads the procedure at `path` and the apportionment it names for `year`.
    ///
    /// # Errors
    /// A file that is missing or wrong, a citation nobody defines, a year the law was not in force for.
    pub fn parse(files: &Files, path: &str, year: i16) -> Result<Self, Error> {
        let p: Procedure = tables::from_toml(path, tables::text(files, path, "the election")?)?;
        in_force(path, &p, year)?;
        let (file, a) = apportionment(files, path, &p, year)?;
        let places = places(&file, &a)?;
        let cites: BTreeMap<CiteId, Cite> =
            p.cite.into_iter().chain(a.cite).map(|c| (c.id.clone(), c)).collect();
        let law = Self {
            ids: vec![p.id, a.id],
            title: p.title,
            nation: p.nation,
            cites,
            offices: p.office,
            authorities: p.authority,
            term_begins: p.term_begins,
            dates: p.date,
            levels: p.level,
            counting: p.counting,
            majority_cite: p.majority_cite,
            places,
        };
        if law.counting.chambers.is_empty() {
            return Err(field(
                path,
                "counting.chambers",
                "name at least one chamber that rules on objections",
            ));
        }
        law.every_cite_is_defined(path)?;
        law.every_date_is_defined(path)?;
        Ok(law)
    }

    /// The paths of the files `parse` will ask for.
    ///
    /// # Errors
    /// As [`Law::parse`].
    pub fn paths(files: &Files, path: &str) -> Result<Vec<String>, Error> {
        let p: Procedure = tables::from_toml(path, tables::text(files, path, "the election")?)?;
        Ok(std::iter::once(path.to_owned()).chain(p.apportionment).collect())
    }

    /// Electors allotted in all.
    ///
    /// # Errors
    /// A sum beyond 32 bits.
    pub fn allotted(&self) -> Result<u32, Error> {
        let sum = self.places.values().try_fold(0_u32, |n, p| n.checked_add(p.electors));
        sum.ok_or(Error::Count(tally::Error::Overflow))
    }

    /// The citation's text, or its id if a file forgot it.
    #[must_use]
    pub fn cite(&self, id: &CiteId) -> String {
        self.cites.get(id).map_or_else(|| id.to_string(), |c| c.text.clone())
    }

    /// Every legal date of a cycle, in order.
    #[must_use]
    pub fn dates(&self, year: i16, zone_name: &str) -> Vec<LegalDate> {
        let Ok(zone) = calendar::zone(zone_name) else { return Vec::new() };
        let mut dates: Vec<LegalDate> = self
            .dates
            .iter()
            .filter_map(|d| {
                let date = calendar::date_of(d.formula, year)?;
                let ends = calendar::instant_of(d.formula, date, &zone)?;
                let (id, name) = (d.id.clone(), d.name.clone());
                Some(LegalDate { id, name, date: date.to_string(), ends, cite: d.cite.clone() })
            })
            .collect();
        dates.sort_by_key(|d| d.ends);
        dates
    }

    /// A legal date of a cycle by id.
    #[must_use]
    pub fn date(&self, id: &str, year: i16, zone_name: &str) -> Option<LegalDate> {
        self.dates(year, zone_name).into_iter().find(|d| d.id == id)
    }

    /// A level of finality by id.
    #[must_use]
    pub fn level(&self, id: &str) -> Option<&Level> {
        self.levels.iter().find(|l| l.id == id)
    }

    fn every_date_is_defined(&self, file: &str) -> Result<(), Error> {
        let ids: BTreeSet<&str> = self.dates.iter().map(|d| d.id.as_str()).collect();
        if ids.len() != self.dates.len() {
            return Err(field(file, "date", "two [[date]] have the same id"));
        }
        let used = self.levels.iter().filter_map(|l| l.by.as_deref().map(|by| ("by", by)));
        match used.chain([("term_begins", self.term_begins.as_str())]).find(|(_, id)| !ids.contains(id)) {
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
            .chain([&self.counting.cite, &self.majority_cite])
            .collect();
        match used.into_iter().find(|id| !self.cites.contains_key(id)) {
            None => Ok(()),
            Some(id) => Err(field(file, "cite", &format!("`{id}` is cited but no [[cite]] defines it"))),
        }
    }
}

fn in_force(file: &str, p: &Procedure, year: i16) -> Result<(), Error> {
    let day = calendar::date_of(Formula::TuesdayAfterFirstMondayOfNovember, year)
        .ok_or_else(|| field(file, "year", "outside the calendar"))?
        .to_string();
    let over = p.in_force_until.as_ref().is_some_and(|until| *until < day);
    if day < p.in_force_from || over {
        let until = p.in_force_until.as_deref().unwrap_or("now");
        let message = format!("in force {} to {until}, but the election is of {day}", p.in_force_from);
        return Err(field(file, "in_force_from", &message));
    }
    if p.elections.as_ref().is_some_and(|years| !years.contains(&year)) {
        let message = format!("the dates of this file are checked for other elections than that of {year}");
        return Err(field(file, "elections", &message));
    }
    Ok(())
}

fn apportionment(
    files: &Files,
    path: &str,
    p: &Procedure,
    year: i16,
) -> Result<(String, Apportionment), Error> {
    for file in &p.apportionment {
        let a: Apportionment = tables::from_toml(file, tables::text(files, file, path)?)?;
        if a.elections.contains(&year) {
            return Ok((file.clone(), a));
        }
    }
    Err(field(path, "apportionment", &format!("none of the files named is for the election of {year}")))
}

// Law: U.S. Const. art. II § 1 cl. 2, text of 1789-03-04
// Law: U.S. Const. amend. XXIII § 1, text of 1961-03-29
fn places(file: &str, a: &Apportionment) -> Result<BTreeMap<PlaceId, Place>, Error> {
    let mut places = BTreeMap::new();
    for s in &a.state {
        let electors = s.representatives.checked_add(a.additional_electors);
        let electors =
            electors.ok_or_else(|| field(file, "representatives", &format!("too many for {}", s.code)))?;
        let place =
            Place { code: s.code.clone(), name: s.name.clone(), electors, cite: a.additional_cite.clone() };
        if places.insert(s.code.clone(), place).is_some() {
            return Err(field(file, "state", &format!("{} stands twice", s.code)));
        }
    }
    if let Some(d) = &a.like_least {
        let electors = places.values().map(|p| p.electors).min().unwrap_or(0);
        let place = Place { code: d.code.clone(), name: d.name.clone(), electors, cite: d.cite.clone() };
        if places.insert(d.code.clone(), place).is_some() {
            return Err(field(file, "like_least", &format!("{} stands among the states too", d.code)));
        }
    }
    if !a.cite.iter().any(|c| c.id == a.seats_cite) {
        return Err(field(file, "seats_cite", "no [[cite]] defines it"));
    }
    Ok(places)
}

fn field(file: &str, name: &str, message: &str) -> Error {
    Error::Field { file: file.into(), line: 0, field: name.into(), message: message.into() }
}
