"""The head of an election and the law, read from the files a proof carries (docs/format.md; 7.8.1, 7.8.2 and 8.1 of docs/spec.md)."""

import csv
import datetime
import functools
import re
import zoneinfo
from dataclasses import dataclass, field

from ed25519 import Bad, need
from forms import APPORTIONMENT, DAY, ELECTION, EPOCH_DAY, PROCEDURE, check, count, day_number, ident, list_of, read_toml


class Unsupported(Exception):
    """The proof asks for something that this verifier does not implement."""


def total(numbers):
    result = sum(numbers)
    need(result < 2**32, "7.8", "a sum too large")
    return result


# ---- The head ----


def read_table(files, name, needed, optional=(), others=False):
    """All rows of `name.csv` and `name.*.csv`, which are one table."""
    for path in sorted(path for path in files if re.fullmatch(rf"{name}(\.[^/]*)?\.csv", path)):
        columns, *rows = list(csv_rows(files[path])) or [[]]
        known = len(set(columns)) == len(columns) and set(needed) <= set(columns)
        need(known and (others or set(columns) <= {*needed, *optional}), "7.8.1", f"{path}: columns")
        for row in rows:
            need(len(row) == len(columns), "7.8.1", f"{path}: a row of another length")
            yield dict(zip(columns, row))


def csv_rows(source):
    def uncommented():
        inside = False  # a quoted field
        for line in source.split("\n"):
            if inside or not line.startswith("#"):
                inside ^= line.count('"') % 2 == 1
                yield line + "\n"

    try:
        yield from (row for row in csv.reader(uncommented(), strict=True) if row)
    except csv.Error as error:
        raise Bad("7.8.1", f"not CSV: {error}") from None


@functools.cache
def zones():
    return {name.lower(): name for name in zoneinfo.available_timezones() if name not in ("localtime", "posixrules")}


@dataclass
class Issuer:
    role: str
    jurisdiction: str
    upstream: str
    first: int = None  # days
    last: int = None


@dataclass
class Slate:
    jurisdiction: str
    units: list = field(default_factory=list)  # (electors, {office: person})

    def electors(self):
        return total(electors for electors, _ in self.units)

    def pledged(self, office):
        sums = {}
        for electors, persons in self.units:
            if persons.get(office):
                sums[persons[office]] = sums.get(persons[office], 0) + electors
        return sums


class Election:
    def __init__(self, files):
        need("election.toml" in files, "7.8.1", "no election.toml")
        head = read_toml(files["election.toml"], ELECTION)
        self.id, self.year, self.law = head["id"], head["year"], head["law"]
        need(head["zone"].lower() in zones(), "7.8.1", "an unknown time zone")
        self.zone = zoneinfo.ZoneInfo(zones()[head["zone"].lower()])
        self.persons = [(person["id"], person["office"]) for person in head["person"]]
        need(len(set(self.persons)) == len(self.persons), "7.8.1", "a person stands twice")
        self.issuers, self.slates = {}, {}
        for row in read_table(files, "issuers", ["id", "name", "role", "jurisdiction"], ["upstream", "from", "until"]):
            self.add_issuer(row)
        for row in read_table(files, "slates", ["slate", "jurisdiction", "unit", "electors", "note"], others=True):
            self.add_slate(row)
        sources = [row["id"] for row in read_table(files, "sources", ["id", "publisher", "url", "published", "note"])]
        list_of(ident)(sources)
        need(len(set(sources)) == len(sources), "7.8.1", "a source stands twice")

    def add_issuer(self, row):
        list_of(ident)([row["id"], row["role"], row["jurisdiction"]])
        need(row["id"] not in self.issuers, "7.8.1", f"the issuer {row['id']} stands twice")
        days = [day_number(row[key]) if row.get(key) else None for key in ("from", "until")]
        self.issuers[row["id"]] = Issuer(row["role"], row["jurisdiction"], row.get("upstream") or row["id"], *days)

    def add_slate(self, row):
        name, place, electors = row.pop("slate"), row.pop("jurisdiction"), row.pop("electors")
        del row["note"]
        list_of(ident)([name, place, row.pop("unit"), *row])
        need(set(row.values()) <= {"", *(person for person, _ in self.persons)}, "7.8.1", f"an unknown person of {name}")
        need(re.fullmatch("[0-9]{1,10}", electors) and name not in self.issuers, "7.8.1", f"the slate {name}")
        count(int(electors))
        slate = self.slates.setdefault(name, Slate(place))
        need(slate.jurisdiction == place, "7.8.1", f"the slate {name} has two jurisdictions")
        slate.units.append((int(electors), row))

    def day_of(self, instant):
        """The local day of an instant, as `day_number` counts."""
        clamped = max(instant, (2 - EPOCH_DAY) * DAY)  # Python knows no year 0, when no zone changed
        moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=clamped)
        return int(instant + moment.astimezone(self.zone).utcoffset().total_seconds()) // DAY + EPOCH_DAY

    def instant_of(self, day, hour, minute, second):
        """The instant of a local time; of an hour that there is twice, the first."""
        local = datetime.datetime.combine(datetime.date.fromordinal(day), datetime.time(hour, minute, second), self.zone)
        return (day - EPOCH_DAY) * DAY + hour * 3600 + minute * 60 + second - int(local.utcoffset().total_seconds())


# ---- The law ----

MONDAY, TUESDAY, WEDNESDAY = 1, 2, 3  # day 1, 0001-01-01, was a Monday


def nth(year, month, weekday, n):
    """The day of the nth such weekday of the month."""
    first = datetime.date(year, month, 1).toordinal()
    return first + (weekday - first) % 7 + 7 * (n - 1)


def day_of_formula(name, y):
    """The day of a formula for the election year y, or None."""
    meeting, january = nth(y, 12, WEDNESDAY, 2), datetime.date(y + 1, 1, 1).toordinal()
    return {
        "tuesday_after_first_monday_of_november": nth(y, 11, MONDAY, 1) + 1,
        "thirty_four_days_before_first_wednesday_of_december": nth(y, 12, WEDNESDAY, 1) - 34,
        "first_wednesday_of_december": nth(y, 12, WEDNESDAY, 1),
        "first_monday_after_second_wednesday_of_december": meeting + 5,
        "first_tuesday_after_second_wednesday_of_december": meeting + 6,
        "six_days_before_monday_meeting": meeting - 1,
        "six_days_before_tuesday_meeting": meeting,
        "fourth_wednesday_of_december": nth(y, 12, WEDNESDAY, 4),
        "first_wednesday_of_january": nth(y + 1, 1, WEDNESDAY, 1),
        "second_monday_of_january": nth(y + 1, 1, MONDAY, 2),
        "six_days_before_first_wednesday_of_january": nth(y + 1, 1, WEDNESDAY, 1) - 6,
        "six_days_before_second_monday_of_january": nth(y + 1, 1, MONDAY, 2) - 6,
        "fourth_monday_of_january": nth(y + 1, 1, MONDAY, 4),
        "noon_of_third_of_january": january + 2,
        "sixth_of_january": january + 5,
        "noon_of_twentieth_of_january": january + 19,
        "second_wednesday_of_february": nth(y + 1, 2, WEDNESDAY, 2),
        "fourth_of_march": datetime.date(y + 1, 3, 4).toordinal(),
    }.get(name)


def end_of_day(formula):
    return (12, 0, 0) if formula.startswith("noon_of_") else (0, 0, 0) if formula == "fourth_of_march" else (23, 59, 59)


def cites_in(value):
    """Every citation that is named anywhere in a file of the law."""
    if isinstance(value, list):
        return set().union(*map(cites_in, value))
    if not isinstance(value, dict):
        return set()
    own = {item for key, item in value.items() if key.endswith("cite") and isinstance(item, str)}
    return own.union(*map(cites_in, value.values()))


STEPS = {"certify", "validate", "accept", "refuse", "diploma", "publish", "challenge"}  # 8.12


class Law:
    def __init__(self, files, election):
        need(election.law in files, "7.8.2", "no procedure")
        law = read_toml(files[election.law], PROCEDURE)
        parts = {"apportionment", "majority_cite", "counting"} & set(law)
        need(len(parts) in (0, 3), "7.8.2", "apportionment, majority_cite and counting: all, or none")
        if not parts or "challenge" in law or STEPS & {row["kind"] for row in law["authority"]}:
            raise Unsupported("a law with steps where no electors choose (spec 8.12)")
        self.nation, self.rows, self.counting = law["nation"], law["authority"], law["counting"]
        self.offices = [office["id"] for office in law["office"]]
        self.begins = {office["id"] for office in law["office"] if "begins" in office}
        self.cites = {cite["id"]: cite["text"] for cite in law["cite"]}
        self.places = {}  # code -> (electors, whether it is a state)
        self.read_dates(law, election)
        need(self.counting["chambers"], "7.8.2", "no chambers")
        need(cites_in(law) <= set(self.cites), "7.8.2", "a citation that is not defined")
        self.read_places(files, law["apportionment"], election.year)
        excluded = [one["states"] for one in law.get("excluded", []) if one["election"] == election.year]
        self.shut_out = {place for places in excluded for place in places}
        need(self.shut_out <= set(self.places), "7.8.2", "a place shut out is none of the law")
        ballot = self.counting.get("ballot", "separate")
        self.double = None if ballot == "separate" else ballot["double"]["list"]

    def read_dates(self, law, election):
        formulas = {date["id"]: date["formula"] for date in law["date"]}
        need(len(formulas) == len(law["date"]), "7.8.2", "a date stands twice")
        days = {name: day_of_formula(formula, election.year) for name, formula in formulas.items()}
        for fixed in reversed(law.get("fixed", [])):  # of several, the first
            need(fixed["id"] in days, "7.8.2", f"no date {fixed['id']}")
            need(day_number(fixed["date"]) > 0, "7.8.2", "a day of the year 0000")
            if fixed["election"] == election.year:
                days[fixed["id"]] = day_number(fixed["date"])
        day = days.get("count") or day_of_formula("tuesday_after_first_monday_of_november", election.year)
        in_force = day_number(law["in_force_from"]) <= day <= day_number(law.get("in_force_until", "9999-12-31"))
        need(in_force and election.year in law.get("elections", [election.year]), "7.8.2", "the law was not in force")
        named = [law["term_begins"], self.counting.get("certificate_closes"), *(level.get("by") for level in law.get("level", []))]
        need(all(name in days for name in named if name is not None), "7.8.2", "a date that is not defined")
        self.ends = {name: election.instant_of(day, *end_of_day(formulas[name])) for name, day in days.items() if day}
        self.term_begins = self.ends.get(law["term_begins"])

    def read_places(self, files, paths, year):
        parts = (read_toml(files[path], APPORTIONMENT) for path in paths if path in files)  # what is absent is passed over
        chosen = next((part for part in parts if year in part["elections"]), None)
        need(chosen, "7.8.2", "no apportionment of the year")
        need(cites_in(chosen) <= {cite["id"] for cite in chosen["cite"]}, "7.8.2", "a citation that is not defined")
        for state in chosen["state"]:
            if state.get("from", 0) <= year <= state.get("until", year):
                self.add_place(state["code"], total([state["representatives"], chosen["additional_electors"]]), True)
        least = chosen.get("like_least")
        if least and least.get("from", 0) <= year and self.places:
            self.add_place(least["code"], min(electors for electors, _ in self.places.values()), False)

    def add_place(self, code, electors, is_state):
        need(code not in self.places, "7.8.2", f"the place {code} stands twice")
        self.places[code] = (electors, is_state)

    def row(self, kind, role=None):
        """The first row of the authority table with this kind and, if given, this role."""
        return next((row for row in self.rows if row["kind"] == kind and role in (None, row["role"])), None)

    def ballot_list(self, office):
        return self.double or office


def read(proof, election_id):
    """7.8.1, 7.8.2"""
    with check("7.8.1"):
        election = Election(proof["election"])
        need(election.id == election_id, "7.8.1", "another election")
    with check("7.8.2"):
        return election, Law(proof["law"], election)
