//! `ascertain apportion`: seats, and so electors, from a census.

use std::collections::BTreeMap;

use serde::Serialize;
use standing::{Apportionment, PlaceId};
use tally::{Method, Seats};

use super::{Answered, Out};
use crate::error::Error;
use crate::folder;

/// Seats, and so electors, from a census by a method
///
/// Without options: by the method of the act, compared with what was enacted; exit 1 on any difference.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain apportion 2020
  ascertain apportion 1940 --method webster
  ascertain apportion 1880 --method hamilton --seats 299 --then 300      the Alabama paradox
  ascertain apportion 1900 --method hamilton --add OK=1000000 --then 391 the paradox of a new state
  ascertain apportion 2020 --seats 436")]
pub struct Args {
    /// The year of a census
    census: i16,
    /// jefferson, webster, adams, dean, huntington-hill or hamilton [default: that of the act]
    #[arg(long, value_parser = method)]
    method: Option<Method>,
    /// Seats to divide [default: as the act fixes]
    #[arg(long)]
    seats: Option<u32>,
    /// Inhabitants to a representative, instead of a number of seats
    #[arg(long, conflicts_with = "seats")]
    ratio: Option<u64>,
    /// A second house size, to see who loses when the house grows
    #[arg(long, value_name = "SEATS")]
    then: Option<u32>,
    /// A further state, of so many inhabitants, in the second house
    #[arg(long, value_name = "STATE=POPULATION", value_parser = state, requires = "then")]
    add: Option<(PlaceId, u64)>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// A method by the name of whoever proposed it.
fn method(text: &str) -> Result<Method, String> {
    let quoted = format!("\"{}\"", text.replace('-', "_"));
    serde_json::from_str(&quoted).map_err(|_| format!("write one of {METHODS}"))
}

const METHODS: &str = "jefferson, webster, adams, dean, huntington-hill, hamilton";

fn state(text: &str) -> Result<(PlaceId, u64), String> {
    let (state, n) = text.split_once('=').ok_or("write STATE=POPULATION, such as OK=1000000")?;
    let n = n.parse().map_err(|_| format!("`{n}` is no population"))?;
    Ok((PlaceId::try_from(state.to_uppercase()).map_err(|e| e.to_string())?, n))
}

#[derive(Serialize)]
struct Json {
    census: i16,
    method: Method,
    house: u32,
    seats: BTreeMap<PlaceId, u32>,
    tied: Vec<PlaceId>,
    enacted: Option<BTreeMap<PlaceId, u32>>,
    extra: BTreeMap<PlaceId, ExtraJson>,
    differs: Vec<Differs>,
    then: Option<Then>,
    cite: String,
    note: Option<String>,
}

#[derive(Serialize)]
struct ExtraJson {
    seats: u32,
    cite: String,
}

/// A state whose seats by the method, with what the act adds, are not those enacted.
#[derive(Serialize)]
struct Differs {
    state: PlaceId,
    computed: u32,
    enacted: u32,
}

/// The second house: who has other seats than in the first.
#[derive(Serialize)]
struct Then {
    house: u32,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    state: PlaceId,
    before: u32,
    after: u32,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let a = find(args.census)?;
    let json = answer(args, &a)?;
    if args.json {
        out.json(&json)?;
    } else {
        page(args, &a, &json, out);
    }
    Ok(json.differs.is_empty().into())
}

fn find(census: i16) -> Result<Apportionment, Error> {
    let files = folder::shipped_law();
    let mut known = Vec::new();
    for path in files.keys().filter(|p| p.contains("/apportionment/")) {
        let a = Apportionment::parse(&files, path, "apportion")?;
        match a.census.as_ref().map(|c| c.year) {
            Some(year) if year == census => return Ok(a),
            Some(year) => known.push(year.to_string()),
            None => {}
        }
    }
    Err(Error::Usage { message: format!("no census of {census} is entered; there are {}", known.join(", ")) })
}

fn divide(args: &Args, a: &Apportionment, method: Method) -> Result<Seats<PlaceId>, Error> {
    let population = a.population();
    let act = a.census.as_ref();
    let house = args.seats.or(act.and_then(|c| c.house).filter(|_| args.ratio.is_none()));
    let ratio = args.ratio.or(act.and_then(|c| c.ratio));
    let divided = match (house, ratio) {
        (Some(house), _) => tally::apportion(method, &population, house),
        (None, Some(ratio)) => tally::apportion_with_ratio(method, &population, ratio),
        (None, None) => Err(tally::Error::NeedsHouse),
    };
    Ok(divided.map_err(standing::Error::Count)?)
}

fn answer(args: &Args, a: &Apportionment) -> Result<Json, Error> {
    let Some(act) = &a.census else {
        return Err(Error::Usage { message: "this file holds no census".into() });
    };
    let method = args.method.unwrap_or(act.method);
    let divided = divide(args, a, method)?;
    let sum = |seats: &BTreeMap<PlaceId, u32>| seats.values().fold(0_u32, |n, s| n.saturating_add(*s));
    let enacted = act.enacted.then(|| a.enacted());
    let extra: BTreeMap<PlaceId, ExtraJson> = a
        .extra
        .iter()
        .map(|e| (e.state.clone(), ExtraJson { seats: e.seats, cite: a.cite_text(&e.cite) }))
        .collect();
    // Another house than the act's is a question, not a check.
    let checked = enacted.as_ref().filter(|_| args.seats.is_none() && args.ratio.is_none());
    let differs = checked.into_iter().flatten().filter_map(|(state, enacted)| {
        let more = extra.get(state).map_or(0, |e| e.seats);
        let computed = divided.seats.get(state).copied().unwrap_or(0).saturating_add(more);
        (computed != *enacted).then(|| Differs { state: state.clone(), computed, enacted: *enacted })
    });
    Ok(Json {
        census: act.year,
        method,
        house: sum(&divided.seats).saturating_add(divided.left),
        tied: divided.tied.clone(),
        differs: differs.collect(),
        then: then(args, a, method, &divided)?,
        seats: divided.seats,
        enacted,
        extra,
        cite: a.cite_text(&act.cite),
        note: act.note.clone(),
    })
}

fn then(
    args: &Args,
    a: &Apportionment,
    method: Method,
    first: &Seats<PlaceId>,
) -> Result<Option<Then>, Error> {
    let Some(house) = args.then else { return Ok(None) };
    let mut population = a.population();
    population.extend(args.add.clone());
    let second = tally::apportion(method, &population, house).map_err(standing::Error::Count)?;
    let changes = second.seats.iter().filter_map(|(state, after)| {
        let before = first.seats.get(state).copied().unwrap_or(0);
        (before != *after).then(|| Change { state: state.clone(), before, after: *after })
    });
    Ok(Some(Then { house, changes: changes.collect() }))
}

fn page(args: &Args, a: &Apportionment, json: &Json, out: &mut Out) {
    let name = serde_json::to_string(&json.method).unwrap_or_default();
    let act = if args.method.is_some() || args.seats.is_some() || args.ratio.is_some() {
        "asked for"
    } else {
        "the act's"
    };
    out.line(&format!(
        "census of {}, {} seats, method {} ({act})",
        json.census,
        json.house,
        name.trim_matches('"')
    ));
    out.line(&json.cite);
    if let Some(note) = &json.note {
        out.line(&super::words::wrap(note, 0, 100));
    }
    out.line("state  population  seats  electors  enacted");
    let population = a.population();
    for (state, seats) in &json.seats {
        let more = json.extra.get(state);
        let all = seats.saturating_add(more.map_or(0, |e| e.seats));
        let enacted = json
            .enacted
            .as_ref()
            .and_then(|e| e.get(state))
            .map_or_else(|| "-".to_owned(), ToString::to_string);
        let mark = more.map_or_else(String::new, |e| format!("  {seats} and {} by {}", e.seats, e.cite));
        let other = json.differs.iter().any(|d| d.state == *state);
        let mark = if other { format!("{mark}  DIFFERS") } else { mark };
        let electors = all.saturating_add(2);
        let people = population.get(state).copied().unwrap_or(0);
        out.line(&format!(
            "{:<5} {people:>11}  {all:>5}  {electors:>8}  {enacted:>7}{mark}",
            state.to_string()
        ));
    }
    if !json.tied.is_empty() {
        let names: Vec<String> = json.tied.iter().map(ToString::to_string).collect();
        out.line(&format!("equal claims to what is left: {}; no lot is drawn here", names.join(", ")));
    }
    if let Some(t) = &json.then {
        out.line(&format!("in a house of {}:", t.house));
        for c in &t.changes {
            let loses = if c.after < c.before { "  loses, though the house grew" } else { "" };
            out.line(&format!("{:<5} {} then {}{loses}", c.state.to_string(), c.before, c.after));
        }
    }
    let verdict = match (&json.enacted, json.differs.is_empty()) {
        (None, _) => "no apportionment was made by this census",
        (Some(_), true) if args.seats.is_some() || args.ratio.is_some() => {
            "not compared: the act divided another house"
        }
        (Some(_), true) => "as enacted",
        (Some(_), false) => "not as enacted",
    };
    out.line(verdict);
}
