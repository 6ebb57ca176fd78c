"""The head of an election and the law, as files in a proof (docs/format.md; 7.8.1, 7.8.2, 8.1 of docs/spec.md)."""

import datetime
import json
import re
import zoneinfo
from collections import Counter, defaultdict

from ed25519 import need
from forms import APPORTIONMENT, COUNTING_DEFAULTS, DATE_FORMULAS, DAY, ELECTION, EPOCH_DAY, EVER, HEAD_TABLES, NEVER
from forms import PROCEDURE, UNIT, count, day_number, ident, list_of, read_csv, read_toml


class Unsupported(Exception):
    """The proof asks for something that this verifier does not implement."""


# What no presidential election of the United States and no shipped policy needs: name -> what does it. The table is
# empty but for what elsewhere.py puts there.
ELSEWHERE = {}
BEYOND = {"annul", "certify", "validate", "accept", "refuse", "diploma", "publish", "challenge", "begins"}  # 8.12


def elsewhere(name):
    if name not in ELSEWHERE:
        raise Unsupported(f"{name}: no election of a president of the United States needs it")
    return ELSEWHERE[name]


def total(numbers):
    count(result := sum(numbers))
    return result


def once(names, number):
    need(len(set(names)) == len(names), number, f"one stands twice of {names}")


# ---- The head ----

ZONES = {name.lower(): name for name in zoneinfo.available_timezones() - {"localtime", "posixrules"}}


def read_table(files, name):
    """All rows of `name.csv` and `name.*.csv`, which are one table."""
    paths = sorted(path for path in files if re.fullmatch(rf"{name}(\.[^/]*)?\.csv", path))
    return [row for path in paths for row in read_csv(files[path], HEAD_TABLES[name])]


class Holder:
    """An issuer, or a slate: its holding (8.3), its term in instants, and its electors with their pledges (8.7.2)."""

    def __init__(self, role, jurisdiction, upstream, first=EVER, last=NEVER):
        self.role, self.jurisdiction, self.upstream, self.first, self.last = role, jurisdiction, upstream, first, last
        self.electors, self.pledged = 0, defaultdict(Counter)  # office -> person -> electors


class Election:
    def __init__(self, files, election_id):
        need("election.toml" in files, "7.8.1", "no election.toml")
        head = read_toml(files["election.toml"], ELECTION)
        self.year, self.law, zone = (head[key] for key in ("year", "law", "zone"))
        need(head["id"] == election_id and zone.lower() in ZONES, "7.8.1", "another election, or an unknown time zone")
        self.zone = zoneinfo.ZoneInfo(ZONES[zone.lower()])
        self.persons = [(person["id"], person["office"]) for person in head["person"]]
        issuers, sources, units = (read_table(files, name) for name in HEAD_TABLES)
        for names in (self.persons, [row["id"] for row in issuers], [row["id"] for row in sources]):
            once(names, "7.8.1")
        self.holders, self.slates = {}, {}
        for row in issuers:
            first = self.instant_of(day_number(row["from"]), 0) if row.get("from") else EVER
            last = self.instant_of(day_number(row["until"]), DAY - 1, fold=1) if row.get("until") else NEVER
            upstream = row.get("upstream") or row["id"]
            self.holders[row["id"]] = Holder(row["role"], row["jurisdiction"], upstream, first, last)
        for row in units:
            place, electors, offices = row["jurisdiction"], int(row["electors"]), set(row) - set(UNIT)
            if row["slate"] not in self.holders:
                self.slates[row["slate"]] = self.holders[row["slate"]] = Holder("elector", place, row["slate"])
            slate, pledged = self.slates.get(row["slate"]), {office: row[office] for office in offices if row[office]}
            good = slate and slate.jurisdiction == place and set(pledged.values()) <= set(dict(self.persons))
            need(good, "7.8.1", f"the slate {row['slate']}")
            list_of(ident)([*offices])
            slate.electors = total([slate.electors, electors])
            for office, person in pledged.items():
                slate.pledged[office][person] += electors

    def instant_of(self, day, second, fold=0):
        """The instant of a local time; of an hour that there is twice, the first, or with `fold` the second."""
        since = datetime.timedelta(days=max(day - 1, 0), seconds=second)  # Python knows no year 0, when no zone changed
        local = (datetime.datetime(1, 1, 1, tzinfo=self.zone) + since).replace(fold=fold)
        return (day - EPOCH_DAY) * DAY + second - int(local.utcoffset().total_seconds())


# ---- The law ----


def day_of_formula(formula, year):
    month, weekday, more, _ = formula
    first = datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1).toordinal()
    return first + (0 if weekday is None else (weekday - first) % 7) + more


def cites_of(part):
    """The texts of the citations of a file, which defines all that it names, in keys that end in `cite`."""
    named, cites = re.findall('cite": "([^"]*)"', json.dumps(part)), {cite["id"]: cite["text"] for cite in part["cite"]}
    need(set(named) <= set(cites), "7.8.2", "a citation that is not defined")
    return cites


class Law:
    def __init__(self, files, election):
        need(election.law in files, "7.8.2", "no procedure")
        law = read_toml(files[election.law], PROCEDURE)
        need(law.get("appointment", election.law) in files, "7.8.2", "the file of `appointment` is missing")
        parts = {"apportionment", "majority_cite", "counting"} & set(law)
        need(len(parts) in (0, 3), "7.8.2", "apportionment, majority_cite and counting: all, or none")
        self.file, self.nation, self.rows, offices = law, law["nation"], law["authority"], law["office"]
        said = {*law, *(row["kind"] for row in self.rows), *(key for office in offices for key in office)}
        self.beyond = [elsewhere(name) for name in sorted(BEYOND & said if parts else {"no electors"})]
        self.counting = {**COUNTING_DEFAULTS, "rivals_cite": law["counting"]["cite"], **law["counting"]}
        need(self.counting["chambers"], "7.8.2", "no chambers")
        self.cites = cites_of(law)
        self.shared_roles = {row["role"] for row in self.rows if "needs" in row or row["kind"] == "call"}  # 8.5
        self.read_dates(law, election)
        self.read_places(files, law, election.year)
        self.double = None if (ballot := self.counting["ballot"]) == "separate" else ballot["double"]["list"]
        self.lists = {office["id"]: self.double or office["id"] for office in offices}
        self.offices = list(self.lists)

    def read_dates(self, law, election):
        once([date["id"] for date in law["date"]], "7.8.2")
        year, formulas = election.year, {date["id"]: DATE_FORMULAS[date["formula"]] for date in law["date"]}
        days = {name: day_of_formula(formula, year) for name, formula in formulas.items() if formula[0]}
        for fixed in reversed(law.get("fixed", [])):  # of several, the first
            need(fixed["id"] in formulas and day_number(fixed["date"]) > 0, "7.8.2", f"the date {fixed['id']}, fixed")
            if fixed["election"] == year:
                days[fixed["id"]] = day_number(fixed["date"])
        day = days.get("count") or day_of_formula(DATE_FORMULAS["tuesday_after_first_monday_of_november"], year)
        in_force = day_number(law["in_force_from"]) <= day <= day_number(law.get("in_force_until", "9999-12-31"))
        need(in_force and year in law.get("elections", [year]), "7.8.2", "the law was not in force")
        closes, levels = self.counting["certificate_closes"], law.get("level", [])
        named = {law["term_begins"], closes, *(level.get("by") for level in levels)} - {None}
        need(named <= set(formulas), "7.8.2", "a date that is not defined")
        self.ends = {name: election.instant_of(day, formulas[name][-1]) for name, day in days.items()}
        self.term_begins, self.closes = (self.ends.get(name, NEVER) for name in (law["term_begins"], closes))

    def read_places(self, files, law, year):
        """Sets `electors` of each place, in order, `states` and `shut_out`."""
        parts = (read_toml(files[path], APPORTIONMENT) for path in law["apportionment"] if path in files)
        chosen = next((part for part in parts if year in part["elections"]), None)
        need(chosen, "7.8.2", "no apportionment of the year")
        cites_of(chosen)
        in_year = [state for state in chosen["state"] if state.get("from", 0) <= year <= state.get("until", year)]
        more, least = chosen["additional_electors"], chosen.get("like_least")
        places = [(state["code"], total([state["representatives"], more])) for state in in_year]
        self.states = {code for code, _ in places}
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
