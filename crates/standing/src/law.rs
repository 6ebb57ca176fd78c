//! The law of a place and office as dated, cited data.
//!
//! Data where it is a number, a date, an office or a choice among named
//! methods; every one of them carries a citation. Refuses expressions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::act::{Kind, Published};
use crate::apportionment::Apportionment;
use crate::calendar::{self, Formula, LegalDate};
use crate::counting::{Counting, Excluded};
use crate::ids::{CiteId, OfficeId, PlaceId, RoleId};
use crate::method::{self, PlaceMethod};
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
    /// What begins it for whoever is declared; an oath, if it is not said.
    pub begins: Option<Begins>,
    /// The provision that creates it.
    pub cite: CiteId,
}

/// What begins an office, where it is no oath.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Begins {
    /// The beginning of the term.
    Term,
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
    /// Of a publication: only of this; of either, if it is not said.
    pub what: Option<Published>,
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
    /// Those whom it names must have accepted.
    Acceptance,
}

/// How long after a declaration the law lets it be challenged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeTime {
    /// Calendar days after the day of the declaration; the last ends at midnight in the election's zone.
    pub days: Option<u16>,
    /// Or so many hours after it.
    pub hours: Option<u16>,
    /// The provision.
    pub cite: CiteId,
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
    /// The day another act fixed for this election, `YYYY-MM-DD`.
    #[serde(skip)]
    pub fixed: Option<String>,
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

/// A jurisdiction to which electors are allotted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: PlaceId,
    /// Its name.
    pub name: String,
    /// Electors allotted.
    pub electors: u32,
    /// Whether it is a state; a district that only has electors is none.
    pub state: bool,
    /// The provision that shuts its votes out of this count, if one does.
    pub excluded: Option<CiteId>,
    /// How it appoints its electors, where entered.
    pub method: Option<PlaceMethod>,
    /// The provision that gives it this number.
    pub cite: CiteId,
}

impl Place {
    pub(crate) fn state(code: PlaceId, name: String, electors: u32, cite: CiteId) -> Self {
        Self { code, name, electors, state: true, excluded: None, method: None, cite }
    }
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
    /// First day in force, `YYYY-MM-DD`.
    pub in_force_from: String,
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
    /// The time for challenges after a declaration, where the law gives one.
    pub challenge: Option<ChallengeTime>,
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

    /// Whether electors choose under this law. Where none do, named officers declare who is elected.
    #[must_use]
    pub fn has_electors(&self) -> bool {
        !self.places.is_empty()
    }

    /// Electors allotted in all, those of states shut out left aside.
    ///
    /// # Errors
    /// A sum beyond 32 bits.
    pub fn allotted(&self) -> Result<u32, Error> {
        let sum = self.counted_places().try_fold(0_u32, |n, p| n.checked_add(p.electors));
        sum.ok_or(Error::Count(tally::Error::Overflow))
    }

    /// The places whose votes this count takes.
    pub(crate) fn counted_places(&self) -> impl Iterator<Item = &Place> {
        self.places.values().filter(|p| p.excluded.is_none())
    }

    /// The citation's text, or its id if a file forgot it.
    #[must_use]
    pub fn cite(&self, id: &CiteId) -> String {
        self.cites.get(id).map_or_else(|| id.to_string(), |c| c.text.clone())
    }

    /// Every legal date of a cycle, in order.
    #[must_use]
    pub fn dates(&self, year: i16, zone_name: &str) -> Vec<LegalDate> {
        let mut dates: Vec<LegalDate> =
            self.dates.iter().filter_map(|d| legal_date(d, year, zone_name)).collect();
        dates.sort_by_key(|d| d.ends);
        dates
    }

    /// A legal date of a cycle by id.
    #[must_use]
    pub fn date(&self, id: &str, year: i16, zone_name: &str) -> Option<LegalDate> {
        let id = self.date_id(id);
        self.dates.iter().filter(|d| d.id == id).find_map(|d| legal_date(d, year, zone_name))
    }

    /// The id by which the law has a date: the word `term` also names the date at which the term begins
    /// where the law calls that otherwise.
    #[must_use]
    pub fn date_id<'a>(&'a self, id: &'a str) -> &'a str {
        if id == TERM && !self.dates.iter().any(|d| d.id == id) { &self.term_begins } else { id }
    }

    /// Whether some officer has the task of making this public.
    #[must_use]
    pub fn publishes(&self, what: Published) -> bool {
        self.authorities.iter().any(|a| a.kind == Kind::Publish && a.what.is_none_or(|w| w == what))
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

fn legal_date(d: &LawDate, year: i16, zone_name: &str) -> Option<LegalDate> {
    let date = match &d.fixed {
        Some(day) => day.parse().ok()?,
        None => calendar::date_of(d.formula, year)?,
    };
    let ends = calendar::instant_of(d.formula, date, &calendar::zone(zone_name).ok()?)?;
    let (id, name) = (d.id.clone(), d.name.clone());
    Some(LegalDate { id, name, date: date.to_string(), ends, cite: d.cite.clone() })
}

const COUNT: &str = "count";
const VOTE: &str = "election-day";
const TERM: &str = "term";

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
