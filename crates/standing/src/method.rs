//! How the states appoint their electors, and by what ballots voters choose them.
//!
//! Said of each place for a reader; the certificate of appointment decides. Refuses
//! to know what a method came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::ids::{CiteId, PlaceId};
use crate::law::{Cite, Place};
use crate::tables::{self, Files};

/// How a state appoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentMethod {
    /// Its legislature appoints them.
    Legislature,
    /// Voters choose in districts.
    Districts,
    /// Partly one, partly the other, or by voters subject to the legislature.
    Mixed,
    /// Voters of the whole state choose them all.
    GeneralTicket,
    /// Voters of the whole state choose two, each district one.
    TwoAtLargeAndDistricts,
    /// A compact among states: all for whoever leads in the votes of all states.
    Compact,
}

/// What a place's law says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceMethod {
    /// How it appoints.
    pub method: AppointmentMethod,
    /// Whether voters rank the candidates.
    pub ranked: bool,
    /// The provision.
    pub cite: CiteId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Methods {
    #[expect(dead_code, reason = "files say what they are")]
    id: String,
    method: Vec<Row>,
    #[serde(default)]
    ranked: Vec<Span>,
    #[serde(default)]
    compact: Vec<Span>,
    cite: Vec<Cite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    method: AppointmentMethod,
    elections: Option<Vec<i16>>,
    from: Option<i16>,
    until: Option<i16>,
    states: Option<Vec<PlaceId>>,
    cite: CiteId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    states: Vec<PlaceId>,
    from: Option<i16>,
    until: Option<i16>,
    cite: CiteId,
}

impl Row {
    fn speaks_of(&self, state: &PlaceId, year: i16) -> bool {
        within(self.from, self.until, year)
            && self.elections.as_ref().is_none_or(|e| e.contains(&year))
            && self.states.as_ref().is_none_or(|s| s.contains(state))
    }
}

fn within(from: Option<i16>, until: Option<i16>, year: i16) -> bool {
    from.is_none_or(|from| from <= year) && until.is_none_or(|until| year <= until)
}

/// Writes the methods into the places, and returns the citations they rest on.
///
/// # Errors
/// A file that is missing or wrong, a citation nobody defines.
pub(crate) fn apply(
    files: &Files,
    path: &str,
    year: i16,
    places: &mut BTreeMap<PlaceId, Place>,
) -> Result<Vec<Cite>, Error> {
    let m: Methods = tables::from_toml(path, tables::text(files, path, "the procedure")?)?;
    let used = m.method.iter().map(|r| &r.cite).chain(m.ranked.iter().chain(&m.compact).map(|s| &s.cite));
    if let Some(id) = used.into_iter().find(|id| !m.cite.iter().any(|c| c.id == **id)) {
        let message = format!("`{id}` is cited but no [[cite]] defines it");
        return Err(Error::Field { file: path.into(), line: 0, field: "cite".into(), message });
    }
    for p in places.values_mut() {
        // The row that names the state first; else one for all states.
        let named = m.method.iter().find(|r| r.states.is_some() && r.speaks_of(&p.code, year));
        let row =
            named.or_else(|| m.method.iter().find(|r| r.states.is_none() && r.speaks_of(&p.code, year)));
        let ranked = m.ranked.iter().any(|s| within(s.from, s.until, year) && s.states.contains(&p.code));
        p.method = row.map(|r| PlaceMethod { method: r.method, ranked, cite: r.cite.clone() });
    }
    for compact in m.compact.iter().filter(|c| within(c.from, c.until, year)) {
        join(compact, places);
    }
    Ok(m.cite)
}

/// A compact takes effect once its members have a majority of all electors; before that it changes nothing.
fn join(compact: &Span, places: &mut BTreeMap<PlaceId, Place>) {
    let sum = |of: &mut dyn Iterator<Item = u32>| of.fold(0_u32, u32::saturating_add);
    let all = sum(&mut places.values().map(|p| p.electors));
    let members = sum(&mut compact.states.iter().filter_map(|s| places.get(s)).map(|p| p.electors));
    if members < tally::needed(all) {
        return;
    }
    for p in compact.states.iter() {
        if let Some(place) = places.get_mut(p) {
            let (method, cite) = (AppointmentMethod::Compact, compact.cite.clone());
            place.method = Some(PlaceMethod { method, ranked: false, cite });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
id = "methods"
[[method]]
method = "legislature"
elections = [2040]
states = ["A"]
cite = "c"
[[method]]
method = "general_ticket"
from = 2036
cite = "c"
[[ranked]]
states = ["B"]
from = 2044
cite = "c"
[[compact]]
states = ["B", "C"]
from = 2048
cite = "c"
[[cite]]
id = "c"
text = "t"
url = "u"
says = "s"
"#;

    fn check(year: i16, b: u32, expected: [&str; 3]) {
        let files = Files::from([("m.toml".to_owned(), FILE.to_owned())]);
        let cite = || CiteId::try_from("c").unwrap();
        let place = |code: &str, n| {
            let code = PlaceId::try_from(code).unwrap();
            (code.clone(), Place::state(code, "n".into(), n, cite()))
        };
        let mut places = BTreeMap::from([place("A", 5), place("B", b), place("C", 2)]);
        apply(&files, "m.toml", year, &mut places).unwrap();
        let said = places.values().map(|p| {
            p.method
                .as_ref()
                .map_or("-".into(), |m| format!("{:?}{}", m.method, if m.ranked { " ranked" } else { "" }))
        });
        assert_eq!(said.collect::<Vec<_>>(), expected, "{year} {b}");
    }

    #[test]
    fn a_row_that_names_the_state_goes_first() {
        check(2032, 4, ["-", "-", "-"]);
        check(2036, 4, ["GeneralTicket", "GeneralTicket", "GeneralTicket"]);
        check(2040, 4, ["Legislature", "GeneralTicket", "GeneralTicket"]);
        check(2044, 4, ["GeneralTicket", "GeneralTicket ranked", "GeneralTicket"]);
    }

    #[test]
    fn a_compact_sleeps_until_its_members_are_a_majority() {
        check(2048, 3, ["GeneralTicket", "GeneralTicket ranked", "GeneralTicket"]);
        check(2048, 4, ["GeneralTicket", "Compact", "Compact"]);
    }
}
