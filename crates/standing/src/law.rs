//! The law of a place and office as dated, cited data.
//!
//! Data where it is a number, a date, an office or a choice among named
//! methods; every one of them carries a citation. Refuses expressions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::act::{Kind, Published};
use crate::calendar::{self, Formula, LegalDate};
use crate::counting::Counting;
use crate::ids::{CiteId, OfficeId, PlaceId, RoleId};
use crate::method::PlaceMethod;

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

impl Law {
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

const TERM: &str = "term";
