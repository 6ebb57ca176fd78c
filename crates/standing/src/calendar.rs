//! Legal dates as named formulas, and instants in a jurisdiction's zone.
//!
//! Refuses to know today's date.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::ids::CiteId;
use crate::instant::Instant;

/// A date or instant fixed by statute for the cycle of an election year.
/// Data chooses among these; only code computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// Election day.
    TuesdayAfterFirstMondayOfNovember,
    /// The electors' meeting, 1936 to 2020.
    FirstMondayAfterSecondWednesdayOfDecember,
    /// The electors' meeting since the act of 2022.
    FirstTuesdayAfterSecondWednesdayOfDecember,
    /// Six days before the meeting on a Monday.
    SixDaysBeforeMondayMeeting,
    /// Six days before the meeting on a Tuesday.
    SixDaysBeforeTuesdayMeeting,
    /// When missing certificates are to be demanded.
    FourthWednesdayOfDecember,
    /// The first day of the thirty-four before the electors' meeting of 1792 to 1844.
    ThirtyFourDaysBeforeFirstWednesdayOfDecember,
    /// The electors' meeting, 1792 to 1884.
    FirstWednesdayOfDecember,
    /// When certificates of vote are to have arrived, 1792 to 1884, in the January after.
    FirstWednesdayOfJanuary,
    /// The electors' meeting, 1888 to 1932, in the January after.
    SecondMondayOfJanuary,
    /// Six days before the meeting on the second Monday of January.
    SixDaysBeforeSecondMondayOfJanuary,
    /// Six days before a meeting on the first Wednesday of January.
    SixDaysBeforeFirstWednesdayOfJanuary,
    /// When missing certificates were to be demanded, 1888 to 1932, in the January after.
    FourthMondayOfJanuary,
    /// The count, 1792 to 1932, in the February after.
    SecondWednesdayOfFebruary,
    /// The beginning of the term until 1933, in the March after.
    FourthOfMarch,
    /// The beginning of the new Congress, in the January after, at noon.
    NoonOfThirdOfJanuary,
    /// Whatever day an act fixed for this one election.
    FixedByAct,
    /// The count, in the January after.
    SixthOfJanuary,
    /// The beginning of the term, in the January after, at noon.
    NoonOfTwentiethOfJanuary,
}

/// A legal date of a cycle, computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalDate {
    /// Its id in the law.
    pub id: String,
    /// What falls on it.
    pub name: String,
    /// The civil date, `YYYY-MM-DD`.
    pub date: String,
    /// The last instant of it in the election's zone, or the instant itself where the law gives an hour.
    pub ends: Instant,
    /// The provision.
    pub cite: CiteId,
}

/// The civil date a formula gives for an election year; `None` outside the calendar.
// Law: 3 U.S.C. § 1, text of 2018-12-31
// Law: 3 U.S.C. § 7, text of 2018-12-31
// Law: 3 U.S.C. § 12, text of 2018-12-31
// Law: 3 U.S.C. § 15, text of 2018-12-31
// Law: U.S. Const. amend. XX § 1, text of 1933-01-23
pub(crate) fn date_of(formula: Formula, year: i16) -> Option<Date> {
    let next = year.checked_add(1)?;
    let meeting = |day: Weekday| {
        let wednesday = Date::new(year, 12, 1).ok()?.nth_weekday_of_month(2, Weekday::Wednesday).ok()?;
        wednesday.nth_weekday(1, day).ok()
    };
    let before = |d: Date| d.checked_sub(jiff::Span::new().days(6)).ok();
    let nth = |y: i16, month: i8, n: i8, day: Weekday| {
        Date::new(y, month, 1).ok()?.nth_weekday_of_month(n, day).ok()
    };
    match formula {
        Formula::TuesdayAfterFirstMondayOfNovember => nth(year, 11, 1, Weekday::Monday)?.tomorrow().ok(),
        Formula::FirstMondayAfterSecondWednesdayOfDecember => meeting(Weekday::Monday),
        Formula::FirstTuesdayAfterSecondWednesdayOfDecember => meeting(Weekday::Tuesday),
        Formula::SixDaysBeforeMondayMeeting => before(meeting(Weekday::Monday)?),
        Formula::SixDaysBeforeTuesdayMeeting => before(meeting(Weekday::Tuesday)?),
        Formula::FourthWednesdayOfDecember => nth(year, 12, 4, Weekday::Wednesday),
        Formula::ThirtyFourDaysBeforeFirstWednesdayOfDecember => {
            let meeting = nth(year, 12, 1, Weekday::Wednesday)?;
            meeting.checked_sub(jiff::Span::new().days(34)).ok()
        }
        Formula::FirstWednesdayOfDecember => nth(year, 12, 1, Weekday::Wednesday),
        Formula::FirstWednesdayOfJanuary => nth(next, 1, 1, Weekday::Wednesday),
        Formula::SecondMondayOfJanuary => nth(next, 1, 2, Weekday::Monday),
        Formula::SixDaysBeforeSecondMondayOfJanuary => before(nth(next, 1, 2, Weekday::Monday)?),
        Formula::SixDaysBeforeFirstWednesdayOfJanuary => before(nth(next, 1, 1, Weekday::Wednesday)?),
        Formula::FourthMondayOfJanuary => nth(next, 1, 4, Weekday::Monday),
        Formula::SecondWednesdayOfFebruary => nth(next, 2, 2, Weekday::Wednesday),
        Formula::FourthOfMarch => Date::new(next, 3, 4).ok(),
        Formula::NoonOfThirdOfJanuary => Date::new(next, 1, 3).ok(),
        Formula::FixedByAct => None,
        Formula::SixthOfJanuary => Date::new(next, 1, 6).ok(),
        Formula::NoonOfTwentiethOfJanuary => Date::new(next, 1, 20).ok(),
    }
}

/// The instant at which a legal date is over, or its hour where the law gives one.
pub(crate) fn instant_of(formula: Formula, date: Date, zone: &TimeZone) -> Option<Instant> {
    let hour = match formula {
        Formula::NoonOfTwentiethOfJanuary | Formula::NoonOfThirdOfJanuary => Some(12),
        // The day the term begins is itself of the term: it begins with it.
        Formula::FourthOfMarch => Some(0),
        _ => None,
    };
    if let Some(hour) = hour {
        let noon = date.at(hour, 0, 0, 0).to_zoned_datetime(zone.clone()).ok()?;
        return Instant::from_second(noon.timestamp().as_second()).ok();
    }
    end_of(date, zone)
}

fn end_of(date: Date, zone: &TimeZone) -> Option<Instant> {
    let next = date.tomorrow().ok()?.at(0, 0, 0, 0).to_zoned_datetime(zone.clone()).ok()?;
    Instant::from_second(next.timestamp().as_second().checked_sub(1)?).ok()
}

thread_local! {
    /// Zones read before: reading one costs more than all that is asked of it. Only names that exist are kept.
    static ZONES: RefCell<BTreeMap<String, TimeZone>> = const { RefCell::new(BTreeMap::new()) };
}

pub(crate) fn zone(name: &str) -> Result<TimeZone, Error> {
    ZONES.with_borrow_mut(|zones| {
        if let Some(zone) = zones.get(name) {
            return Ok(zone.clone());
        }
        let zone = TimeZone::get(name).map_err(|_| Error::Zone { name: name.chars().take(40).collect() })?;
        zones.insert(name.to_owned(), zone.clone());
        Ok(zone)
    })
}

/// The last second of a civil date in a zone.
///
/// # Errors
/// A text that is no date, or an unknown zone.
pub fn end_of_day(date: &str, zone_name: &str) -> Result<Instant, Error> {
    let bad = |message: String| Error::Instant { text: date.chars().take(40).collect(), message };
    let day: Date = date.parse().map_err(|e: jiff::Error| bad(e.to_string()))?;
    end_of(day, &zone(zone_name)?).ok_or_else(|| bad("outside the calendar".into()))
}

/// An instant as a user writes it: RFC 3339, or a bare date meaning its end in the zone.
///
/// # Errors
/// A text that is neither, or an unknown zone.
pub fn parse_as_of(text: &str, zone_name: &str) -> Result<Instant, Error> {
    let bare = text.len() == 10 && text.matches('-').count() == 2;
    if bare { end_of_day(text, zone_name) } else { Instant::try_from(text) }
}

/// The civil date of an instant in a zone, `YYYY-MM-DD`.
///
/// # Errors
/// An unknown zone.
pub fn local_date(t: Instant, zone_name: &str) -> Result<String, Error> {
    Ok(t.timestamp().to_zoned_datetime(zone(zone_name)?).date().to_string())
}

/// The end of the civil day that lies so many days after that of an instant.
pub(crate) fn end_of_day_after(t: Instant, days: i64, zone_name: &str) -> Option<Instant> {
    let day: Date = local_date(t, zone_name).ok()?.parse().ok()?;
    let later = day.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    end_of_day(&later.to_string(), zone_name).ok()
}

/// Whole days from one civil date to another, both `YYYY-MM-DD`; `None` where either is no date.
#[must_use]
pub fn days_between(from: &str, to: &str) -> Option<i64> {
    let (from, to): (Date, Date) = (from.parse().ok()?, to.parse().ok()?);
    Some(i64::from(from.until(to).ok()?.get_days()))
}

/// The weekday of a civil date in English; `None` for what is no date.
#[must_use]
pub fn weekday(date: &str) -> Option<String> {
    let day: Date = date.parse().ok()?;
    Some(day.strftime("%A").to_string())
}

/// An instant for people: `14 Dec 2020 17:30 EST`.
///
/// # Errors
/// An unknown zone.
pub fn format_local(t: Instant, zone_name: &str) -> Result<String, Error> {
    Ok(t.timestamp()
        .to_zoned_datetime(zone(zone_name)?)
        .strftime("%e %b %Y %H:%M %Z")
        .to_string()
        .trim()
        .to_owned())
}

/// A civil date in a file.
pub(crate) fn day<'de, D: serde::Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    optional_day(d)?.ok_or_else(|| serde::de::Error::custom("a date is needed; write it as 2020-12-14"))
}

/// A civil date in a file, or nothing: a date misspelt would compare as text and end no term.
pub(crate) fn optional_day<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(d)?;
    let Some(text) = text else { return Ok(None) };
    let day: Option<Date> = text.parse().ok();
    match day.filter(|day| day.to_string() == text) {
        Some(_) => Ok(Some(text)),
        None => Err(serde::de::Error::custom(format!("`{text}` is no date; write it as 2020-12-14"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(formula: Formula, year: i16, expected: &str) {
        assert_eq!(date_of(formula, year).unwrap().to_string(), expected, "{formula:?} {year}");
    }

    #[test]
    fn legal_dates_of_several_cycles() {
        check(Formula::TuesdayAfterFirstMondayOfNovember, 2020, "2020-11-03");
        check(Formula::TuesdayAfterFirstMondayOfNovember, 2028, "2028-11-07");
        check(Formula::TuesdayAfterFirstMondayOfNovember, 2032, "2032-11-02");
        check(Formula::FirstMondayAfterSecondWednesdayOfDecember, 2020, "2020-12-14");
        check(Formula::FirstMondayAfterSecondWednesdayOfDecember, 2000, "2000-12-18");
        check(Formula::FirstMondayAfterSecondWednesdayOfDecember, 1960, "1960-12-19");
        check(Formula::FirstTuesdayAfterSecondWednesdayOfDecember, 2024, "2024-12-17");
        check(Formula::FirstTuesdayAfterSecondWednesdayOfDecember, 2028, "2028-12-19");
        check(Formula::SixDaysBeforeMondayMeeting, 2020, "2020-12-08");
        check(Formula::SixDaysBeforeTuesdayMeeting, 2028, "2028-12-13");
        check(Formula::FourthWednesdayOfDecember, 2020, "2020-12-23");
        check(Formula::FourthWednesdayOfDecember, 2028, "2028-12-27");
        check(Formula::SixthOfJanuary, 2020, "2021-01-06");
        check(Formula::NoonOfTwentiethOfJanuary, 2020, "2021-01-20");
    }

    #[test]
    fn noon_and_the_end_of_a_day_are_local() {
        let eastern = zone("America/New_York").unwrap();
        let noon = instant_of(Formula::NoonOfTwentiethOfJanuary, Date::constant(2021, 1, 20), &eastern);
        assert_eq!(noon.unwrap().to_string(), "2021-01-20T17:00:00Z");
        assert_eq!(end_of_day("2020-12-13", "America/New_York").unwrap().to_string(), "2020-12-14T04:59:59Z");
        assert_eq!(
            parse_as_of("2020-12-14T17:00:00-05:00", "UTC").unwrap().to_string(),
            "2020-12-14T22:00:00Z"
        );
        assert!(parse_as_of("2020-02-30", "UTC").is_err());
        assert!(parse_as_of("tomorrow", "UTC").is_err());
    }
}
