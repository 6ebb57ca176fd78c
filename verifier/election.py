"""The head of an election and the law, as files in a proof (docs/format.md; 7.8.1, 7.8.2, 8.1 of docs/spec.md)."""

import csv
import datetime
import functools
import re
import zoneinfo
from collections import Counter, defaultdict, namedtuple

from ed25519 import Bad, need
from forms import APPORTIONMENT, DATE_FORMULAS, DAY, ELECTION, EPOCH_DAY, EVER, NEVER, PROCEDURE
from forms import check, count, day_number, ident, list_of, read_toml


class Unsupported(Exception):
    """The proof asks for something that this verifier does not implement."""


def total(numbers):
    result = sum(numbers)
    need(result < 2**32, "7.8", "a sum too large")
    return result


def once(names, number):
    names = list(names)
    need(len(set(names)) == len(names), number, f"one stands twice of {names}")


# ---- The head ----


def uncommented(source):
    inside = False  # a quoted field
    for line in source.split("\n"):
        if inside or not line.startswith("#"):
            inside ^= line.count('"') % 2 == 1
            yield line + "\n"


def read_table(files, name, needed, optional=(), others=False):
    """All rows of `name.csv` and `name.*.csv`, which are one table."""
    for path in sorted(path for path in files if re.fullmatch(rf"{name}(\.[^/]*)?\.csv", path)):
        try:
            columns, *rows = [row for row in csv.reader(uncommented(files[path]), strict=True) if row] or [[]]
        except csv.Error as error:
            raise Bad("7.8.1", f"not CSV: {error}") from None
        once(columns, "7.8.1")
        fitting = set(needed) <= set(columns) and (others or set(columns) <= {*needed, *optional})
        need(fitting and all(len(row) == len(columns) for row in rows), "7.8.1", f"{path}: columns")
        yield from (dict(zip(columns, row)) for row in rows)


@functools.cache
def zones():
    return {name.lower(): name for name in zoneinfo.available_timezones() if name not in ("localtime", "posixrules")}


Issuer = namedtuple("Issuer", "role jurisdiction upstream first last")  # the last two are days


class Slate:
    def __init__(self, jurisdiction):
        self.jurisdiction, self.electors = jurisdiction, 0
        self.pledged = defaultdict(Counter)  # office -> person -> electors


class Election:
    def __init__(self, files):
        need("election.toml" in files, "7.8.1", "no election.toml")
        head = read_toml(files["election.toml"], ELECTION)
        self.id, self.year, self.law = head["id"], head["year"], head["law"]
        need(head["zone"].lower() in zones(), "7.8.1", "an unknown time zone")
        self.zone = zoneinfo.ZoneInfo(zones()[head["zone"].lower()])
        self.persons = [(person["id"], person["office"]) for person in head["person"]]
        needed, optional = ["id", "name", "role", "jurisdiction"], ["upstream", "from", "until"]
        issuers = list(read_table(files, "issuers", needed, optional))
        sources = [row["id"] for row in read_table(files, "sources", ["id", "publisher", "url", "published", "note"])]
        list_of(ident)(sources + [row[key] for row in issuers for key in ("id", "role", "jurisdiction")])
        for names in (self.persons, [row["id"] for row in issuers], sources):
            once(names, "7.8.1")
        self.issuers, self.slates = {}, {}
        for row in issuers:
            first = day_number(row["from"]) if row.get("from") else EVER
            last = day_number(row["until"]) if row.get("until") else NEVER
            upstream = row.get("upstream") or row["id"]
            self.issuers[row["id"]] = Issuer(row["role"], row["jurisdiction"], upstream, first, last)
        for row in read_table(files, "slates", ["slate", "jurisdiction", "unit", "electors", "note"], others=True):
            self.add_unit(*(row.pop(key) for key in ("slate", "jurisdiction", "unit", "electors", "note")), row)
        self.holders = dict(self.issuers)
        for name, slate in self.slates.items():
            self.holders[name] = Issuer("elector", slate.jurisdiction, name, EVER, NEVER)

    def add_unit(self, name, place, unit, electors, _, persons):
        list_of(ident)([name, place, unit, *persons])
        need(set(persons.values()) <= {"", *dict(self.persons)}, "7.8.1", f"an unknown person of {name}")
        slate = self.slates.setdefault(name, Slate(place))
        good = re.fullmatch("[0-9]{1,10}", electors) and name not in self.issuers and slate.jurisdiction == place
        need(good, "7.8.1", f"the slate {name}")
        count(int(electors))
        slate.electors = total([slate.electors, int(electors)])
        for office, person in persons.items():
            slate.pledged[office].update({person: int(electors)} if person else {})

    def day_of(self, instant):
        """The local day of an instant, as `day_number` counts."""
        if instant in (EVER, NEVER):
            return instant
        clamped = max(instant, (2 - EPOCH_DAY) * DAY)  # Python knows no year 0, when no zone changed
        moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=clamped)
        return int(instant + moment.astimezone(self.zone).utcoffset().total_seconds()) // DAY + EPOCH_DAY

    def instant_of(self, day, second):
        """The instant of a local time; of an hour that there is twice, the first."""
        local = datetime.datetime(1, 1, 1, tzinfo=self.zone) + datetime.timedelta(days=day - 1, seconds=second)
        return (day - EPOCH_DAY) * DAY + second - int(local.utcoffset().total_seconds())


# ---- The law ----


def day_of_formula(name, year):
    if DATE_FORMULAS[name] is None:
        return None
    month, weekday, nth, more = DATE_FORMULAS[name]
    first = datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1).toordinal()
    return first + (0 if weekday is None else (weekday - first) % 7 + 7 * (nth - 1)) + more


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
        need(self.counting["chambers"], "7.8.2", "no chambers")
        need(cites_in(law) <= set(self.cites), "7.8.2", "a citation that is not defined")
        self.read_dates(law, election)
        self.read_places(files, law, election.year)
        ballot = self.counting.get("ballot", "separate")
        self.double = None if ballot == "separate" else ballot["double"]["list"]

    def read_dates(self, law, election):
        year, formulas = election.year, {date["id"]: date["formula"] for date in law["date"]}
        once([date["id"] for date in law["date"]], "7.8.2")
        days = {name: day_of_formula(formula, year) for name, formula in formulas.items()}
        for fixed in reversed(law.get("fixed", [])):  # of several, the first
            need(fixed["id"] in days and day_number(fixed["date"]) > 0, "7.8.2", f"the date {fixed['id']}, fixed")
            if fixed["election"] == year:
                days[fixed["id"]] = day_number(fixed["date"])
        day = days.get("count") or day_of_formula("tuesday_after_first_monday_of_november", year)
        in_force = day_number(law["in_force_from"]) <= day <= day_number(law.get("in_force_until", "9999-12-31"))
        need(in_force and year in law.get("elections", [year]), "7.8.2", "the law was not in force")
        levels = [level["by"] for level in law.get("level", []) if "by" in level]
        named = {law["term_begins"], self.counting.get("certificate_closes", law["term_begins"]), *levels}
        need(named <= set(days), "7.8.2", "a date that is not defined")

        def end_of_day(name):
            return DAY // 2 if name.startswith("noon_of_") else 0 if name == "fourth_of_march" else DAY - 1

        self.ends = {name: election.instant_of(day, end_of_day(formulas[name])) for name, day in days.items() if day}
        self.term_begins = self.ends.get(law["term_begins"], NEVER)

    def read_places(self, files, law, year):
        """Sets `electors` of each place, in order, `states` and `shut_out`."""
        parts = (read_toml(files[path], APPORTIONMENT) for path in law["apportionment"] if path in files)
        chosen = next((part for part in parts if year in part["elections"]), None)
        need(chosen, "7.8.2", "no apportionment of the year")
        need(cites_in(chosen) <= {cite["id"] for cite in chosen["cite"]}, "7.8.2", "a citation that is not defined")
        places = [(state["code"], total([state["representatives"], chosen["additional_electors"]]))
                  for state in chosen["state"] if state.get("from", 0) <= year <= state.get("until", year)]  # fmt: skip
        self.states, least = {code for code, _ in places}, chosen.get("like_least")
        if least and least.get("from", 0) <= year and places:
            places.append((least["code"], min(electors for _, electors in places)))
        once([code for code, _ in places], "7.8.2")
        self.electors = dict(places)
        excluded = [one["states"] for one in law.get("excluded", []) if one["election"] == year]
        self.shut_out = set().union(*excluded)
        need(self.shut_out <= set(self.electors), "7.8.2", "a place shut out is none of the law")

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
