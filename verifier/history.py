"""For the tests alone: elections, laws and policies as they are typed (docs/format.md), brought into the forms of proofs."""

import datetime
import json
import pathlib
import re
import tomllib

HOME = pathlib.Path(__file__).resolve().parent.parent


def utc(value):
    moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def head_files(name):
    folder = HOME / "history" / name
    return {path.name: path.read_text() for path in [folder / "election.toml", *sorted(folder.glob("*.csv"))]}


def law_files(name):
    """The procedure and the files it names."""
    procedure = tomllib.loads(head_files(name)["election.toml"])["law"]
    law = tomllib.loads((HOME / "law" / procedure).read_text())
    named = [procedure, *law.get("apportionment", []), *([law["appointment"]] if "appointment" in law else [])]
    return {path: (HOME / "law" / path).read_text() for path in named}


def acts(name):
    """(known_at, statement, act) in order of the record."""
    found = []
    for path in sorted((HOME / "history" / name / "acts").glob("*.jsonl")):
        for line in path.read_text().split("\n"):
            if line.strip() and not line.startswith("#"):
                act = json.loads(line)
                for key in ("issued", "effective"):
                    for end in act.get(key, {}):
                        if not end.endswith("_basis"):
                            act[key][end] = utc(act[key][end])
                known_at, statement = utc(act.pop("known_at")), act.pop("statement", act["id"])
                found.append((known_at, statement, act))
    return sorted(found, key=lambda one: one[0])


def canonical_formula(value):
    if isinstance(value, str):
        return value
    (name, inside), = value.items()
    if name in ("all", "any"):
        return {name: [canonical_formula(one) for one in inside]}
    if name == "at_least":
        return {name: {"n": inside["n"], "of": [canonical_formula(one) for one in inside["of"]]}}
    if name == "held_for":
        digits, unit = re.fullmatch("([0-9]+)([smhd])", inside["duration"]).groups()
        seconds = int(digits) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
        return {name: {"duration": seconds, "of": canonical_formula(inside["of"])}}
    return {name: {"by": [], "counting": "upstreams", **inside}} if name == "called" else value


def policy(name):
    value = tomllib.loads((HOME / "policies" / f"{name}.toml").read_text())
    for clause in value.values():
        if isinstance(clause, dict) and "when" in clause:
            clause["when"] = canonical_formula(clause["when"])
    return value


def first_decision(name, policy_name, prepared):
    """The first decision on an election as typed: (the answer, its instant), or (None, None)."""
    import forms
    import policy as language
    from election import Election, Law

    head = Election(head_files(name), name)
    law = Law(law_files(name), head)
    statements = []
    for index, (known_at, statement, act) in enumerate(acts(name)):
        forms.ACT(act), forms.act_rules(act)
        statements.append((index, statement, "history", forms.instant(known_at), act))
    found = language.Evaluation(head, law, statements, {"history"}, policy(policy_name), prepared).first()
    t, office, outcome, relied = found or (None, None, None, None)
    return (office, outcome, relied) if found else None, t
