"""Text forms, canonical JSON (section 1 of docs/spec.md), TOML and CSV, and the closed forms of all objects and files:
headers and envelopes (2), bodies (5), policies (5.4), proofs and trust files (6), key notices (10.4), heads and laws
(docs/format.md).

A form is a function that takes a value and raises `Bad` if it is not of the form.
"""

import base64
import csv
import datetime
import io
import json
import re
import tomllib
from contextlib import contextmanager

from ed25519 import Bad, good_key, need

MOST_BYTES, MOST_NESTING = 1 << 28, 100  # of any one input; more is refused
SAFE_INTEGER = 2**53 - 1


@contextmanager
def check(number):
    """Whatever fails inside fails the check `number`."""
    try:
        yield
    except Bad as bad:
        raise Bad(number, bad.why if bad.number == number else str(bad)) from None


def under(number, do, *args):
    with check(number):
        return do(*args)


# ---- Makers of forms ----


def form(test, what, number="1.4"):
    return lambda value: need(test(value), number, f"not {what}")


def matching(pattern, what):
    return form(lambda value: isinstance(value, str) and re.fullmatch(pattern, value), what)


def number(most, least=0):
    return form(lambda value: type(value) is int and least <= value <= most, f"an integer from {least} to {most}")


def word(*words):
    return form(lambda value: any(type(value) is type(one) and value == one for one in words), f"one of {words}")


def list_of(test_item):
    return lambda value: [need(isinstance(value, list), "1.4", "not a list"), *map(test_item, value)]


def map_of(test_key, test_item):
    test = form(lambda value: isinstance(value, dict), "an object")
    return lambda value: [test(value), *map(test_key, value), *map(test_item, value.values())]


def shape(needed, optional=(), others=None):
    """An object with exactly these keys (1.4); `optional` are omitted when absent, `others` any others."""
    forms = {**needed, **dict(optional)}

    def test(value):
        need(isinstance(value, dict), "1.4", "not an object")
        good = set(needed) <= set(value) and (others or set(value) <= set(forms))
        need(good, "1.4", f"keys: {sorted(set(value) ^ set(needed))}")
        for key, item in value.items():
            with check(f"1.4 in {key}"):
                forms.get(key, others)(item)

    return test


# ---- 1. Text forms ----

text = form(lambda value: isinstance(value, str), "a text")
boolean = form(lambda value: isinstance(value, bool), "true or false")
hex_digest = matching("[0-9a-f]{64}", "64 lower-case hex characters")
ident = matching(r"[A-Za-z0-9][A-Za-z0-9.\-_:/]{0,95}", "an id")
header_name = matching(r"[a-z0-9][a-z0-9._:\-]{0,127}", "a name")
instant_shape = matching("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "of the shape of an instant")
count = number(2**32 - 1)
safe = number(SAFE_INTEGER)
EPOCH_DAY, DAY = 719_163, 86_400  # 1970-01-01 as `day_number` counts; seconds of a day
EVER, NEVER = float("-inf"), float("inf")  # the days and instants where there is no bound


def unbase64(value):
    """RFC 4648 section 4, in its one spelling."""
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except ValueError:
        raise Bad("1", "not base64") from None
    need(base64.b64encode(data).decode() == value, "1", "not the one spelling in base64")
    return data


def utf8(data, number):
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Bad(number, "not UTF-8") from None


def public_key(value):
    text(value)
    good_key(unbase64(value))


def decimal(value):
    need(re.fullmatch("0|[1-9][0-9]{0,19}", value) and int(value) < 2**64, "1", "not a decimal")
    return int(value)


def day_number(value):
    """The day YYYY-MM-DD, counted from 0001-01-01, which is day 1. Year 0000 is a leap year like 0400."""
    need(isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value), "1", "not a day")
    year = int(value[:4])
    try:
        return datetime.date(year or 400, int(value[5:7]), int(value[8:])).toordinal() - (0 if year else 146_097)
    except ValueError:
        raise Bad("1", "not a real day") from None


def instant(value):
    """Seconds since 1970-01-01T00:00:00Z."""
    instant_shape(value)
    hour, minute, second = int(value[11:13]), int(value[14:16]), int(value[17:19])
    real = hour < 24 and minute < 60 and second < 60 and value <= "9999-12-30T22:00:00Z"
    need(real, "1", "not a real time, or too late")
    return (day_number(value[:10]) - EPOCH_DAY) * DAY + hour * 3600 + minute * 60 + second


# ---- 1. Canonical JSON, and TOML ----


def parse_json(source):
    """JSON with integers only. A key that stands twice is seen by whoever compares with the canonical form."""

    def integer(digits):
        need(len(digits) < 18 and abs(int(digits)) <= SAFE_INTEGER, "1.2", "an integer out of range")
        return int(digits)

    def refuse(digits):
        raise Bad("1.2", "a number that is no integer")

    try:
        return json.loads(source, parse_int=integer, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Bad("1.1", f"not JSON: {error}") from None


def ordered(value, depth=0):
    need(depth <= MOST_NESTING, "1.1", "nested too deep")
    if isinstance(value, dict):  # 1.3: by UTF-16 code units
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: ordered(value[key], depth + 1) for key in keys}
    return [ordered(item, depth + 1) for item in value] if isinstance(value, list) else value


def canonical(value):
    try:
        return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode()
    except ValueError:  # half of a surrogate pair
        raise Bad("1.1", "not UTF-8") from None


def read_canonical(data, test):
    """1.1 to 1.5: read, check the form, write again, compare."""
    need(len(data) <= MOST_BYTES, "1.1", "too long")
    value = parse_json(utf8(data, "1.1"))
    test(value)
    need(canonical(value) == data, "1.3", "not canonical JSON")
    return value


def read_toml(source, test):
    try:
        value = tomllib.loads(source)
    except (ValueError, RecursionError) as error:
        raise Bad("toml", f"not TOML: {error}") from None
    test(value)
    return value


COMMENT = r'(?m)("[^"]*(?:"|\Z))|^#.*'  # or something in quotes, which stays


def read_csv(source, test_row):
    """The rows of a table, each with the columns as its keys."""
    rows = csv.DictReader(io.StringIO(re.sub(COMMENT, r"\1", source).lstrip("\r\n")), restkey="", strict=True)
    try:
        found, columns = list(rows), rows.fieldnames or []
    except csv.Error as error:
        raise Bad("csv", f"not CSV: {error}") from None
    need(len(set(columns)) == len(columns), "csv", "a column twice")
    list_of(test_row)(found)
    return found


# ---- 2. Headers and envelopes; 10.4 key notices; 10.6 submissions ----

HEADER = shape({"attester": hex_digest, "body": hex_digest, "known_at": instant_shape, "statement": header_name,
                "subject": header_name, "v": word(1)})  # fmt: skip
ENVELOPE = shape({"payload": text, "payloadType": text, "signatures": list_of(shape({"keyid": text, "sig": text}))})
KEY = shape({"action": word("add", "revoke"), "key": public_key, "name": text,
             "use": word("approver", "attester", "decider", "log", "root")})  # fmt: skip
KEY_LINE = shape({"body": shape({"key": KEY}), "index": safe, "salt": hex_digest})

SUBMISSION = shape({"envelope": ENVELOPE}, {"body": lambda value: None, "salt": hex_digest})  # 10.6

# ---- 5.1 Acts ----

ENDINGS = ("corrects", "resolves", "retracts", "revokes", "supersedes")
REPORTS = ("report", "concede", "order", "challenge", "accept", "diploma", "refuse", "die", "withdraw", "recognise",
           "contrary_statement", "poll", "article")  # fmt: skip
BOUNDS = shape({}, {"not_after": instant, "not_before": instant, "not_after_basis": word("act", "report", "deadline"),
                    "not_before_basis": word("act", "report", "announced", "deadline")})  # fmt: skip


def bounds(value):
    BOUNDS(value)
    for end in ("not_after", "not_before"):
        need((end in value) == (end + "_basis" in value), "5.1", "a bound and its basis go together")
    need(value.get("not_before", "") <= value.get("not_after", "~"), "5.1", "not_before is later than not_after")


def person_or_nobody(value):
    return value is None or ident(value)


PERSONS, TALLY = map_of(ident, person_or_nobody), map_of(ident, map_of(ident, count))
STARRED = {"channel": word("paper", "scan", "signed_pdf", "feed", "page", "telephone"), "id": ident, "issued": bounds,
           "issuer": ident, "sources": list_of(ident)}  # fmt: skip
KEYS = {
    "announce": word("alternative"), "ballot": count, "capacity": text, "effective": bounds, "elected": PERSONS,
    "ballots": list_of(shape({"elector": text, "votes": PERSONS})), "members": list_of(text),
    "nays": count, "yeas": count,
    "ground": word("not_lawfully_certified", "not_regularly_given"), "none_appointed": boolean, "not_appointed": count,
    "note": text, "popular": map_of(ident, safe), "signed_by": list_of(ident), "sustained": boolean, "states": PERSONS,
    "signers": map_of(ident, shape({"signed": count, "sworn": count})),
    "stated": shape({"base": count, "majority": count}),
    "votes": TALLY, "what": word("result", "records"), "without": map_of(ident, TALLY),
    **{key: ident for key in ("amends", "jurisdiction", "law", "of", "office", "person", "slate", *ENDINGS)},
}  # fmt: skip
ALWAYS = {*STARRED, "kind", "amends", "capacity", "effective", "jurisdiction", "law", "note", *ENDINGS}
LOOSE = "person office popular members of"
KINDS = {  # kind: what it needs, what it may have
    "call": ("office jurisdiction person", ""), "canvass": ("jurisdiction slate", "popular"), "annul": ("office", ""),
    "ascertain": ("jurisdiction", "slate none_appointed not_appointed"), "transmit": ("", "of"), "receive": ("", "of"),
    "elector_vote": ("jurisdiction slate votes", "ballots"), "open": ("", ""), "oath": ("office person", ""),
    "object": ("signed_by", "members of ground signers office person"),
    "rule_on_objection": ("of sustained", "yeas nays"),
    "contingent_vote": ("office ballot", "states votes"), "declare": ("elected", "votes stated without"),
    "certify": ("", "elected votes " + LOOSE), "validate": ("", "elected votes " + LOOSE),
    "publish": ("", "what " + LOOSE),
    **{kind: ("", LOOSE) for kind in REPORTS},
}  # fmt: skip
ACT = shape({**STARRED, "kind": word(*KINDS)}, KEYS)


def act_rules(value):
    """What of 5.1 goes beyond the forms of the values: checked in 7.7.4."""
    kind = value["kind"]
    needs, may = (keys.split() for keys in KINDS[kind])
    if kind == "order" and "announce" in value:
        needs, may = ["announce", "jurisdiction"], LOOSE.split()
    need(set(needs) <= set(value) <= {*ALWAYS, *needs, *may}, "5.1", f"{kind} needs {needs} and may have {may}")
    ends = [value[ending] for ending in ENDINGS if ending in value]
    need(len(ends) <= 1 and value["id"] not in ends, "5.1", "ends more than one act, or itself")
    if kind == "ascertain":
        need(("slate" in value) != value.get("none_appointed", False), "5.1", "a slate, or none appointed")
        need("slate" in value or "not_appointed" not in value, "5.1", "not_appointed stands beside a slate")
    if kind == "object":
        need(("office" in value) == ("person" in value), "5.1", "office and person, both or neither")
    if kind == "contingent_vote":
        need(("states" in value) != ("votes" in value), "5.1", "states or votes")
        need(list(value.get("votes", [value["office"]])) == [value["office"]], "5.1", "votes for another office")


# ---- 5.2, 5.3 Decisions, telegrams, approvals ----


def outcome(value):
    shape({"kind": word("person", "nobody", "annulled")}, {"id": ident})(value)
    need(("id" in value) == (value["kind"] == "person"), "5.2", "not an outcome")


DECISION = shape({
    "at": instant, "attesters": list_of(hex_digest), "election": text, "election_sha256": hex_digest,
    "law_sha256": hex_digest, "office": ident, "outcome": outcome, "policy_sha256": hex_digest,
    "prepared": list_of(ident), "record_root": hex_digest, "record_size": safe,
    "relied": list_of(shape({"act": ident, "cite": text, "statement": safe})), "semantics": safe,
})  # fmt: skip
MESSAGE = {"body": hex_digest, "office": ident, "outcome": outcome, "policy": hex_digest, "recipients": hex_digest,
           "telegram": text}  # fmt: skip
SAID = {"corrects": text, "reason": text}
BODIES = {
    "act": ACT, "decision": DECISION, "key": KEY, "approval": shape(MESSAGE, {**SAID, "opening": word("shares")}),
    "telegram": shape({**MESSAGE, "state": word("held", "key_destroyed", "ready", "released", "void", "withdrawn")},
                      {**SAID, "decision": hex_digest}),
    "deliveries": shape({"acknowledged": safe, "ended": list_of(hex_digest), "in_doubt": safe, "telegram": text,
                         "undeliverable": safe}),
}  # fmt: skip


def body(value):
    need(isinstance(value, dict) and len(value) == 1 and set(value) <= set(BODIES), "5", "not a body")
    return [BODIES[kind](value[kind]) for kind in value]


# ---- 5.4 Policies ----

ATOMS = """ascertained voted declared in_office nobody annulled contested certified validated accepted diploma conceded
    living challenge_window_closed no_challenge_pending""".split()


def formula(value):
    if isinstance(value, str):
        return word(*ATOMS)(value)
    need(isinstance(value, dict) and len(value) == 1 and set(value) <= set(FORMULAS), "5.4", "not a formula")
    return [FORMULAS[name](value[name]) for name in value]


FORMULAS = {
    "all": list_of(formula), "any": list_of(formula), "at_least": shape({"n": count, "of": list_of(formula)}),
    "held_for": shape({"duration": number(316_224_000), "of": formula}), "first_of": shape({"sources": list_of(ident)}),
    "called": shape({"at_least": count, "by": list_of(ident), "counting": word("upstreams", "outlets")}),
    "canvassed": shape({"places": list_of(ident)}), "after": shape({"date": text}),
    "published": shape({"what": word("result", "records")}),
}  # fmt: skip
CLAUSE = shape({"action": word("release", "wait", "ask")}, {"when": formula})
CLAUSES = {"person": shape({"when": formula}),
           **dict.fromkeys(("another_person", "annulled", "contested", "never", "nobody"), CLAUSE)}  # fmt: skip
POLICY = shape({**CLAUSES, "language": count, "name": text, "office": ident, "summary": text})
OF_OFFICE = {"nobody", "annulled", "contested", "after", "published", "challenge_window_closed", "no_challenge_pending",
             "all", "any", "at_least", "held_for"}  # fmt: skip


class Formula:
    """With the formulas inside, how many of them must be met, and for how long they must have been."""

    def __init__(self, value, of_office, depth=1):
        (self.name, inside), = value.items() if isinstance(value, dict) else [(value, {})]
        self.inside = inside = {"of": inside} if self.name in ("all", "any") else inside
        need(depth <= 8, "5.4.1", "nested more than 8 deep")
        need(not of_office or self.name in OF_OFFICE, "5.4.3", f"{self.name} is not about the office")
        inner = inside.get("of", [])
        self.parts = [Formula(one, of_office, depth + 1) for one in (inner if isinstance(inner, list) else [inner])]
        self.needed = inside.get("n", 1 if self.name == "any" else len(self.parts))
        self.duration = inside.get("duration", 0)
        need("of" not in inside or 1 <= self.needed <= len(self.parts) <= 64, "5.4.1", "n, or how many formulas")
        need(1 <= inside.get("at_least", 1) <= (len(inside.get("by", [])) or NEVER), "5.4.2", "at_least")
        need([] not in (inside.get("sources"), inside.get("places")), "5.4.2", "an empty list")


def read_policy(policy):
    """5.4.1 to 5.4.4: the formula of each clause; of one without, that of a person, or its own word."""
    need(policy["language"] == 1, "5.4.1", "another language")
    matching("[a-z0-9-]{1,64}", "a name of a policy")(policy["name"])
    actions = [policy[name]["action"] for name in ("another_person", "contested", "never")]
    need("release" not in actions, "5.4.4", "what must not release does")
    default = {"another_person": policy["person"]["when"], "never": "nobody"}
    whens = {name: policy[name].get("when", default.get(name, name)) for name in CLAUSES}
    return {name: Formula(when, name not in ("person", "another_person")) for name, when in whens.items()}


# ---- 6. Proofs and trust files ----

FILES, ATTESTERS = map_of(text, text), list_of(shape({"key": public_key, "name": ident}))
WITH_BODY = shape({"entry": text, "index": safe}, {"body": body, "inclusion": list_of(hex_digest), "salt": hex_digest})
PROOF = shape({
    "claims": shape({"attesters": ATTESTERS, "decider": public_key, "log": public_key, "origin": text}),
    "checkpoint": text, "decision": WITH_BODY, "election": FILES, "kind": word("full", "brief"), "law": FILES,
    "policy": POLICY, "statements": list_of(WITH_BODY), "v": safe,
}, {"consistency": list_of(hex_digest)})  # fmt: skip
PINS = shape({"election_sha256": hex_digest, "law_sha256": hex_digest},
             {"acts": list_of(shape({"known_at": instant, "leaf": hex_digest}))})  # fmt: skip
IN_FORCE = list_of(shape({"key": public_key, "from": safe}, {"until": safe}))


def in_force(value):
    IN_FORCE(value)
    need(len(value) == len({one["key"] for one in value}), "6", "a key twice in in_force")


TRUST = shape({"class": word("history", "real", "drill"), "origin": text, "log": public_key, "decider": public_key,
               "attester": ATTESTERS}, {"pins": PINS, "witnesses": text, "in_force": in_force})  # fmt: skip

# ---- docs/format.md: the head and the law ----

year = number(9998, 1)
ELECTION = shape({
    "id": matching(r"[a-z0-9][a-z0-9.\-_]{0,63}", "the id of an election"), "name": text, "year": year, "zone": text,
    "law": text, "policy": text, "person": list_of(shape({"id": ident, "name": text, "short": text, "office": ident})),
})  # fmt: skip
UNIT = {"slate": ident, "jurisdiction": ident, "unit": ident, "note": text,
        "electors": matching("[0-9]{1,10}", "a count")}  # fmt: skip
HEAD_TABLES = {  # the CSV files of the head: what each row is
    "issuers": shape({"id": ident, "name": text, "role": ident, "jurisdiction": ident},
                     {"upstream": text, "from": text, "until": text}),
    "sources": shape({"id": ident, "publisher": text, "url": text, "published": text, "note": text}),
    "slates": shape(UNIT, others=text),  # the others are offices
}  # fmt: skip
MONDAY, WEDNESDAY = 1, 3  # day 1, 0001-01-01, was a Monday
END, NOON, START = DAY - 1, DAY // 2, 0  # seconds of a day
DATE_FORMULAS = {  # month (13 is the next January), its first such weekday or its first day, days added, the end
    "tuesday_after_first_monday_of_november": (11, MONDAY, 1, END),
    "thirty_four_days_before_first_wednesday_of_december": (12, WEDNESDAY, -34, END),
    "first_wednesday_of_december": (12, WEDNESDAY, 0, END),
    "first_monday_after_second_wednesday_of_december": (12, WEDNESDAY, 12, END),
    "first_tuesday_after_second_wednesday_of_december": (12, WEDNESDAY, 13, END),
    "six_days_before_monday_meeting": (12, WEDNESDAY, 6, END),
    "six_days_before_tuesday_meeting": (12, WEDNESDAY, 7, END),
    "fourth_wednesday_of_december": (12, WEDNESDAY, 21, END),
    "first_wednesday_of_january": (13, WEDNESDAY, 0, END),
    "second_monday_of_january": (13, MONDAY, 7, END),
    "six_days_before_first_wednesday_of_january": (13, WEDNESDAY, -6, END),
    "six_days_before_second_monday_of_january": (13, MONDAY, 1, END),
    "fourth_monday_of_january": (13, MONDAY, 21, END),
    "noon_of_third_of_january": (13, None, 2, NOON),
    "sixth_of_january": (13, None, 5, END),
    "noon_of_twentieth_of_january": (13, None, 19, NOON),
    "second_wednesday_of_february": (14, WEDNESDAY, 7, END),
    "fourth_of_march": (15, None, 3, START),
    "fixed_by_act": (None, None, None, END),
}
LEVELS = """called canvassed certified ascertained voted validated declared accepted diploma published unchallenged
    in_office""".split()
METHODS = "jefferson webster adams dean huntington_hill hamilton".split()
CITE = list_of(shape({"id": ident, "text": text, "url": text, "says": text}))
DOUBLE, DECIDED_BY = shape({"double": shape({"list": ident})}), shape({"decided_by": ident})
COUNTING = shape({
    "chambers": list_of(ident), "rejects": word("every_chamber", "any_chamber"), "objection_needs": list_of(ident),
    "rejected_leave_base": word("never", "always", "not_lawfully_certified", False, True), "cite": ident,
}, {
    "name": text, "ballot": lambda value: value == "separate" or DOUBLE(value), "certificate_closes": ident,
    "rivals": lambda value: value in ("certificate", "chambers_agree") or DECIDED_BY(value),
    "objection_signed_by": word("one_member", "one_fifth"), "short_certificate_leaves_base": boolean,
    **{key: ident for key in ("count_cite", "base_cite", "rivals_cite", "certificate_cite")},
    "contingent": list_of(shape({"office": ident, "chamber": ident, "votes": word("by_state", "by_two_of_each_state"),
                                 "from_highest": count, "cite": ident}, {"equals_are_all_on_the_list": boolean})),
})  # fmt: skip
COUNTING_DEFAULTS = {"ballot": "separate", "rivals": "certificate", "objection_signed_by": "one_member",
                     "certificate_closes": None, "short_certificate_leaves_base": False, "contingent": ()}  # fmt: skip
PROCEDURE = shape({
    "id": text, "title": text, "nation": ident, "in_force_from": day_number, "term_begins": ident, "cite": CITE,
    "office": list_of(shape({"id": ident, "name": text, "cite": ident}, {"begins": word("term")})),
    "authority": list_of(shape({"kind": word(*KINDS), "role": ident, "cite": ident}, {
        "needs": word("appointment", "term_begun", "acceptance"), "undone_by": list_of(ident),
        "what": word("result", "records")})),
    "date": list_of(shape({"id": ident, "name": text, "formula": word(*DATE_FORMULAS), "cite": ident})),
}, {
    "in_force_until": day_number, "majority_cite": ident, "counting": COUNTING, "elections": list_of(year),
    "apportionment": list_of(text), "appointment": text,
    "challenge": shape({"cite": ident}, {"days": count, "hours": count}),
    "fixed": list_of(shape({"id": ident, "election": year, "date": day_number, "cite": ident})),
    "excluded": list_of(shape({"election": year, "states": list_of(ident), "cite": ident})),
    "level": list_of(shape({"id": word(*LEVELS), "name": text, "meaning": text, "who": text, "undone_by": text,
                            "cite": ident}, {"by": ident, "undo_cite": ident})),
})  # fmt: skip
APPORTIONMENT = shape({
    "id": text, "elections": list_of(year), "additional_electors": count, "additional_cite": ident, "seats_cite": ident,
    "cite": CITE, "state": list_of(shape({"code": ident, "name": text, "representatives": count},
                                         {"from": year, "until": year, "population": count, "cite": ident})),
}, {
    "like_least": shape({"code": ident, "name": text, "cite": ident}, {"from": year}),
    "census": shape({"year": year, "method": word(*METHODS), "cite": ident},
                    {"ratio": count, "house": count, "enacted": text, "note": text}),
    "extra": list_of(shape({"state": ident, "seats": count, "cite": ident})),
})  # fmt: skip
