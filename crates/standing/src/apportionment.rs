//! Apportionment files: how many representatives each state has, and so how many
//! electors; the census and the method behind them.
//!
//! Refuses to know who is elected by them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;
use crate::ids::{CiteId, PlaceId};
use crate::law::{Cite, Place};
use crate::tables::{self, Files};

/// An apportionment as enacted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apportionment {
    /// Its id.
    pub id: String,
    /// The election years it applies to.
    pub elections: Vec<i16>,
    additional_electors: u32,
    additional_cite: CiteId,
    seats_cite: CiteId,
    /// The census and the method, where entered.
    pub census: Option<Census>,
    like_least: Option<LikeLeast>,
    state: Vec<StateSeats>,
    /// Seats the act gives beside the method.
    #[serde(default)]
    pub extra: Vec<Extra>,
    pub(crate) cite: Vec<Cite>,
}

/// A census and what an act makes of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Census {
    /// Its year.
    pub year: i16,
    /// Whether an apportionment was made by it.
    #[serde(default = "yes")]
    pub enacted: bool,
    /// The method of the act.
    pub method: tally::Method,
    /// Inhabitants to a representative, if the act fixes that.
    pub ratio: Option<u64>,
    /// Seats of the house, if the act fixes that.
    pub house: Option<u32>,
    /// The act.
    pub cite: CiteId,
    /// What a reader should know of the figures.
    pub note: Option<String>,
}

fn yes() -> bool {
    true
}

/// Seats an act gives a state beside the method.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The state.
    pub state: PlaceId,
    /// How many.
    pub seats: u32,
    /// The provision.
    pub cite: CiteId,
}

/// A district that has as many electors as the least populous state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LikeLeast {
    code: PlaceId,
    name: String,
    from: Option<i16>,
    cite: CiteId,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateSeats {
    code: PlaceId,
    name: String,
    representatives: u32,
    population: Option<u64>,
    from: Option<i16>,
    until: Option<i16>,
    cite: Option<CiteId>,
}

impl Apportionment {
    /// Reads an apportionment file.
    ///
    /// # Errors
    /// What is wrong in it and where.
    pub fn parse(files: &Files, path: &str, needed_by: &str) -> Result<Self, Error> {
        let a: Self = tables::from_toml(path, tables::text(files, path, needed_by)?)?;
        let cites = [&a.additional_cite, &a.seats_cite].into_iter().chain(a.census.iter().map(|c| &c.cite));
        let cites = cites.chain(a.extra.iter().map(|e| &e.cite)).chain(a.like_least.iter().map(|d| &d.cite));
        let cites = cites.chain(a.state.iter().filter_map(|s| s.cite.as_ref()));
        if let Some(id) = cites.into_iter().find(|id| !a.cite.iter().any(|c| c.id == **id)) {
            return Err(field(path, "cite", &format!("`{id}` is cited but no [[cite]] defines it")));
        }
        if let Some(c) = &a.census
            && c.ratio.is_some() == c.house.is_some()
        {
            return Err(field(path, "census", "give either the `ratio` or the `house` the act fixes"));
        }
        Ok(a)
    }

    /// The states with electors at the election of a year.
    ///
    /// # Errors
    /// A state that stands twice for that year, or a number out of range.
    // Law: U.S. Const. art. II § 1 cl. 2, text of 1789-03-04
    // Law: U.S. Const. amend. XXIII § 1, text of 1961-03-29
    pub(crate) fn places(&self, file: &str, year: i16) -> Result<BTreeMap<PlaceId, Place>, Error> {
        let mut places = BTreeMap::new();
        let twice = |code: &PlaceId| field(file, "state", &format!("{code} stands twice for {year}"));
        for s in self.state.iter().filter(|s| s.in_the_union(year)) {
            let electors = s.representatives.checked_add(self.additional_electors);
            let electors = electors
                .ok_or_else(|| field(file, "representatives", &format!("too many for {}", s.code)))?;
            let cite = s.cite.clone().unwrap_or_else(|| self.additional_cite.clone());
            let place = Place::state(s.code.clone(), s.name.clone(), electors, cite);
            if places.insert(s.code.clone(), place).is_some() {
                return Err(twice(&s.code));
            }
        }
        if let Some(d) = self.like_least.as_ref().filter(|d| d.from.is_none_or(|from| from <= year)) {
            let electors = places.values().map(|p| p.electors).min().unwrap_or(0);
            let place = Place::state(d.code.clone(), d.name.clone(), electors, d.cite.clone());
            if places.insert(d.code.clone(), Place { state: false, ..place }).is_some() {
                return Err(field(file, "like_least", &format!("{} stands among the states too", d.code)));
            }
        }
        Ok(places)
    }

    /// Populations by state, as the act had them.
    #[must_use]
    pub fn population(&self) -> BTreeMap<PlaceId, u64> {
        self.state.iter().filter_map(|s| Some((s.code.clone(), s.population?))).collect()
    }

    /// The seats enacted for the states that were counted.
    #[must_use]
    pub fn enacted(&self) -> BTreeMap<PlaceId, u32> {
        let counted = self.state.iter().filter(|s| s.population.is_some());
        counted.map(|s| (s.code.clone(), s.representatives)).collect()
    }

    /// The text of a citation.
    #[must_use]
    pub fn cite_text(&self, id: &CiteId) -> String {
        self.cite.iter().find(|c| c.id == *id).map_or_else(|| id.to_string(), |c| c.text.clone())
    }
}

impl StateSeats {
    fn in_the_union(&self, year: i16) -> bool {
        self.from.is_none_or(|from| from <= year) && self.until.is_none_or(|until| year <= until)
    }
}

fn field(file: &str, name: &str, message: &str) -> Error {
    Error::Field { file: file.into(), line: 0, field: name.into(), message: message.into() }
}
