"""What no presidential election of the United States and no shipped policy needs: elections set aside, offices that
begin with the term (8.12.1, 8.12.5 of docs/spec.md), and two formulas (8.9). Without it, they are not supported.

A part of a law is called with the standing, before its offices, and then with each office too.
"""

from collections import defaultdict

from election import ELSEWHERE
from forms import EVER, NEVER


def annul(standing, office=None):
    """8.12.1"""
    if office:
        office.annulled_by = standing.find("annul", office=office.name)
        return
    since = defaultdict(lambda: EVER)  # office -> from when on
    for act in standing.find("annul", certain=False):
        start = next(one for one in (act.begins, act.certain, standing.t) if one not in (EVER, NEVER))
        since[act.office] = max(start, since[act.office])
    for act in standing.find("declare") + standing.find("oath"):
        offices = [act.office] if act.kind == "oath" else act.elected
        made = act.begins if act.begins != EVER else act.certain
        if offices and all(made < since[office] for office in offices):
            standing.out.add(act)


def begins(standing, office=None):
    """8.12.5"""
    offices = [one["id"] for one in standing.law.file["office"] if "begins" in one]
    if office and office.name in offices and standing.law.term_begins <= standing.t:
        office.said["in_office"] += [one for one in office.said["declared"] if one[1] is not None]


def first_of(standing, office, person, sources):
    calls = [[call for call in office.calls if call.issuer == source] for source in sources]
    first = next(filter(None, calls), [])
    return {call.person for call in first} == {person}, first


def canvassed(standing, office, person, places):
    """With 8.7.6."""
    relied = []
    for code in places:
        acts = standing.find("canvass", code) if code in standing.places else []
        slates = {act.slate for act in acts}
        pledged = standing.election.slates[acts[-1].slate].pledged[office.name] if len(slates) == 1 else {}
        if pledged.get(person, 0) <= max((n for one, n in pledged.items() if one != person), default=0):
            return False, []
        relied.append(acts[-1])
    return True, relied


ELSEWHERE.update(annul=annul, begins=begins, first_of=first_of, canvassed=canvassed)
