"""What stands at an instant T as known by K: the acts and the places, sections 8.2 to 8.7 of docs/spec.md.

A `Case` is an election, its law and the statements in evidence; `case.standing(t, k)` has the status of every act, `places` and `offices`.
"""

from dataclasses import dataclass, field

from election import Unsupported, total
from forms import ENDINGS, REPORTS, instant
from offices import Office

STANDING, SUPPORTED, UNSUPPORTED, VOID, ENDED = "standing", "supported", "unsupported", "void", "ended"
NATIONAL = ("declare", "open", "object", "rule_on_objection", "contingent_vote", "annul", "oath", "certify", "validate", "publish")
EVER, NEVER = float("-inf"), float("inf")
MOST_WORK = 20_000_000  # acts looked at; a proof that asks for more is not decided here


@dataclass
class Reading:
    """A statement and its act, with what does not depend on the instant."""

    index: int
    statement: str
    attester: str
    known_at: int
    act: dict

    def prepare(self, election, law):
        act, effective = self.act, self.act.get("effective", self.act["issued"])
        self.id, self.kind, self.place, self.issuer = act["id"], act["kind"], act.get("jurisdiction"), act["issuer"]
        self.of, self.slate = act.get("of"), act.get("slate")
        self.ends = next((act[ending] for ending in ENDINGS if ending in act), None)
        self.begins = instant(effective["not_before"]) if "not_before" in effective else EVER
        self.certain = instant(effective["not_after"]) if "not_after" in effective else NEVER
        slate = election.slates.get(self.issuer)
        held = election.issuers.get(self.issuer)
        self.holding = (held.role, held.jurisdiction) if held else ("elector", slate.jurisdiction) if slate else None
        self.within, self.row = within_term(held, act["issued"], election), None
        self.first = self.first_status(law)
        if self.first != UNSUPPORTED and not fits(act, election, law):
            self.first = VOID
        return self

    def first_status(self, law):
        """8.3 for this act: unsupported, supported without a row, or standing once it is certain."""
        if not law.row(self.kind):  # 1
            idle = self.kind in (*REPORTS, "certify", "validate", "publish") and "announce" not in self.act
            return SUPPORTED if idle else UNSUPPORTED
        if not self.holding:  # 2
            return UNSUPPORTED
        place = law.nation if self.kind in NATIONAL else None
        if self.kind in ("canvass", "ascertain", "elector_vote") or "announce" in self.act:
            place = self.place
        row = law.row(self.kind, self.holding[0])
        if not row or (place and self.holding[1] not in (place, law.nation)):  # 3, 4
            return UNSUPPORTED
        if (self.kind == "elector_vote" and self.slate != self.issuer) or not self.within:  # 5, 6
            return UNSUPPORTED
        self.row = row
        return STANDING

    def status_at(self, t, law):
        if self.first != STANDING:
            return self.first
        early = self.row.get("needs") == "term_begun" and (law.term_begins is None or t < law.term_begins)  # 7
        return STANDING if self.certain <= t and not early else SUPPORTED  # 8


def within_term(issuer, issued, election):
    if issuer and issuer.first and "not_after" in issued and issuer.first > election.day_of(instant(issued["not_after"])):
        return False
    bounded = issuer and issuer.last and "not_before" in issued
    return not (bounded and issuer.last < election.day_of(instant(issued["not_before"])))


def fits(act, election, law):
    """8.4"""
    kind, place, slate = act["kind"], act.get("jurisdiction"), election.slates.get(act.get("slate"))
    if kind == "object":
        return all(signed_enough(role, act, law) for role in law.counting["objection_needs"])
    if kind not in ("ascertain", "canvass", "elector_vote"):
        return True
    closes, issued = law.ends.get(law.counting.get("certificate_closes")), act["issued"].get("not_before")
    late = kind == "ascertain" and closes is not None and issued and instant(issued) > closes
    if late or place not in law.places:
        return False
    if "slate" not in act:
        return True
    if not slate or slate.jurisdiction != place or slate.electors() > law.places[place][0]:
        return False
    return kind != "elector_vote" or votes_fit(act, slate.electors(), law)


def signed_enough(role, act, law):
    signers = act.get("signers", {}).get(role)
    fifth = law.counting.get("objection_signed_by") == "one_fifth"
    return role in act["signed_by"] and (not fifth or signers is not None and 5 * signers["signed"] >= signers["sworn"])


def votes_fit(act, electors, law):
    lists = {law.ballot_list(office) for office in law.offices}
    for office, votes in act["votes"].items():
        most = electors * (2 if law.double else 1)
        if office not in lists or max(votes.values(), default=0) > electors or total(votes.values()) > most:
            return False
    ballots, cast = act.get("ballots", []), {}
    for ballot in ballots:
        for office, person in ballot["votes"].items():
            cast[office, person] = cast.get((office, person), 0) + 1
    names = {ballot["elector"] for ballot in ballots}
    enough = all(n <= act["votes"].get(office, {}).get(person, 0) for (office, person), n in cast.items() if person is not None)
    return len(names) == len(ballots) and enough


class Case:
    def __init__(self, election, law, statements, enrolled):
        self.election, self.law, self.enrolled = election, law, enrolled
        readings = [Reading(*one).prepare(election, law) for one in statements]
        self.all = sorted(readings, key=lambda one: (one.known_at, one.statement, one.attester, one.index))
        self.standings, self.work = {}, 0

    def standing(self, t, k):
        if (t, k) not in self.standings:
            self.spend(len(self.all) + len(self.law.places))
            self.standings[t, k] = Standing(self, t, k)
        return self.standings[t, k]

    def spend(self, work):
        self.work += work
        if self.work > MOST_WORK:
            raise Unsupported("too much work")

    def follow(self, k):
        """8.2: act id -> the reading followed, in order of the ids."""
        known = [one for one in self.all if one.known_at <= k and one.attester in self.enrolled]
        means = {(one.attester, one.statement): one for one in known}
        dropped = set()
        for one in known:
            name = (one.attester, one.act.get("amends"))
            target = means.get(name)
            if target and target.known_at <= one.known_at and not leads_back(target, one, means):
                dropped.add(name)
        followed = {}
        for one in known:
            if (one.attester, one.statement) not in dropped:
                followed.setdefault(one.id, one)
        return dict(sorted(followed.items()))


def paper(vote):
    return vote.act["votes"], vote.act.get("ballots", [])


def leads_back(at, start, means):
    looked = 0
    while at and at.known_at == start.known_at:
        if at.statement == start.statement or looked == 64:
            return True
        at, looked = means.get((at.attester, at.act.get("amends"))), looked + 1
    return False


@dataclass
class Place:
    electors: int
    appointment: str = "unknown"  # or appointed, not appointed, contested
    slate: str = None
    by: list = field(default_factory=list)  # the acts that appoint
    pledged: dict = field(default_factory=dict)  # office -> person -> electors
    vote: Reading = None
    votes: dict = field(default_factory=dict)  # list -> person -> votes that are counted
    canvass: Reading = None
    alternative: bool = False
    leaves_base: bool = False
    beside: int = 0  # electors not appointed beside the slate

    def outside_base(self):
        return self.electors if self.leaves_base or self.appointment == "not appointed" else self.beside


class Standing:
    def __init__(self, case, t, k):
        self.case, self.law, self.t = case, case.law, t
        self.acts = case.follow(k)
        self.status = {id: act.status_at(t, case.law) for id, act in self.acts.items()}
        self.cited = {}  # act id -> the citation it has instead of its row's
        self.by_kind = {}
        for act in self.acts.values():
            self.by_kind.setdefault(act.kind, []).append(act)
        self.end_acts()
        places = {code: self.place(code) for code in self.law.places}
        self.places = {code: place for code, place in places.items() if code not in self.law.shut_out}
        self.set_aside()
        self.offices = {}
        for office in self.law.offices:
            self.offices[office] = Office(self, office)

    def is_standing(self, act):
        return self.status[act.id] == STANDING

    def is_live(self, act):
        """Standing, or supported and begun."""
        return self.is_standing(act) or (self.status[act.id] == SUPPORTED and act.begins <= self.t)

    def kind(self, kind, test=None):
        """The acts of a kind that are standing, or pass another test, in order of their ids."""
        acts = self.by_kind.get(kind, ())
        self.case.spend(len(acts))
        return [act for act in acts if (test or self.is_standing)(act)]

    # ---- 8.5 ----

    def works(self, act, target):
        active = self.status[act.id] in (STANDING, SUPPORTED) and act.begins <= self.t and act.within
        if not active or not act.holding or not target.holding:
            return False
        (role, jurisdiction), rows = target.holding, self.law.rows
        several = any(row["role"] == role and ("needs" in row or row["kind"] == "call") for row in rows)
        if several or target.kind in ("call", "concede", "challenge", "accept", "refuse"):
            own = act.issuer == target.issuer
        else:
            own = act.holding == target.holding
        undone_by = (self.law.row(target.kind, role) or {}).get("undone_by", ())
        return own or (act.holding[0] in undone_by and act.holding[1] in (jurisdiction, self.law.nation))

    def end_acts(self):
        against = {}
        for act in self.acts.values():
            if act.ends in self.acts and self.works(act, self.acts[act.ends]):
                against.setdefault(act.ends, []).append(act)
        may = {id: False for id in self.acts if id not in against}  # act id -> True or False; what is open is not in it
        surely, changed = dict(may), True
        while changed:
            changed = False
            for id, acts in against.items():
                certain = [act for act in acts if act.certain <= self.t]
                for answers, others, enders in ((may, surely, acts), (surely, may, certain)):
                    seen = [others.get(act.id) for act in enders]
                    if id not in answers and (False in seen or None not in seen):
                        answers[id], changed = False in seen, True
        for id, acts in against.items():
            if self.status[id] in (STANDING, SUPPORTED) and any(surely.get(act.id) is False for act in acts):
                self.status[id] = ENDED

    def set_aside(self):
        """8.12.1. 8.12.2 and 8.12.3 are of laws that election.Law does not take."""
        since = {}  # office -> from when on
        for act in self.kind("annul", self.is_live):
            start = act.begins if act.begins != EVER else act.certain if act.certain != NEVER else self.t
            since[act.act["office"]] = max(start, since.get(act.act["office"], EVER))
        for act in [*self.kind("declare"), *self.kind("oath")]:
            offices = act.act["elected"] if act.kind == "declare" else [act.act["office"]]
            made = act.begins if act.begins != EVER else act.certain
            if offices and all(made < since.get(office, EVER) for office in offices):
                self.status[act.id] = VOID

    # ---- 8.7 ----

    def place(self, code):
        place = Place(self.law.places[code][0])
        votes = [act for act in self.by_kind.get("elector_vote", ()) if act.place == code]
        returns = [act for act in votes if self.is_standing(act)]  # 7
        if code in self.law.shut_out:  # 8.6
            self.status.update({act.id: VOID for act in returns})
            return place
        self.appoint(place, code, votes)  # 1 to 4
        if place.appointment == "appointed":  # 12, before 8: what the rulings appoint does not change it (finding 4)
            missing = place.electors - self.case.election.slates[place.slate].electors()
            stated = max((act.act.get("not_appointed", 0) for act in place.by), default=0)
            place.beside = missing if self.law.counting.get("short_certificate_leaves_base") else min(stated, missing)
        place.vote = next((act for act in votes if self.is_standing(act)), None)  # 5
        canvasses = [act for act in self.kind("canvass") if act.place == code]  # 6
        place.canvass = canvasses[-1] if len({act.slate for act in canvasses}) == 1 else None
        if len(returns) >= 2:
            self.decide_returns(place, returns)  # 8
        place.votes = {office: dict(votes) for office, votes in place.vote.act["votes"].items()} if place.vote else {}
        place.alternative = any("announce" in act.act and act.place == code for act in self.kind("order"))  # 9
        if place.vote and not place.alternative:
            self.reject(place)  # 10
        elif not place.alternative:  # 11
            for act in returns:
                if any(self.is_standing(one) and self.falls(one, True) for one in self.objections(act)):
                    self.status[act.id] = VOID
        return place

    def set_slate(self, place, slate, acts):
        place.appointment, place.slate, place.by = "appointed", slate, acts
        place.pledged = {office: self.case.election.slates[slate].pledged(office) for office in self.law.offices}

    def appoint(self, place, code, votes):
        here = [act for act in self.by_kind.get("ascertain", ()) if act.place == code]
        acts = [act for act in here if self.is_standing(act)]  # 1; a slate None says that none was appointed
        if acts:
            acts += [act for act in here if self.is_live(act) and not self.is_standing(act) and act.slate != acts[0].slate]
        named = {act.slate for act in acts}
        if len(named) > 1:
            place.appointment = "contested"
        elif named == {None}:
            place.appointment = "not appointed"
        elif named:
            self.set_slate(place, acts[0].slate, acts)  # 2
        if not any(row.get("needs") == "appointment" for row in self.law.rows):
            return
        voided = {act.slate for act in here if self.status[act.id] == ENDED} | (named if place.appointment == "contested" else set())
        for act in votes:  # 3
            if self.status[act.id] in (STANDING, SUPPORTED) and act.slate != place.slate:
                self.status[act.id] = VOID if act.slate in voided else UNSUPPORTED
        standing = [act for act in votes if self.is_standing(act)]  # 4
        if standing:
            later = standing[1:] + [act for act in votes if self.is_live(act) and not self.is_standing(act)]
            differ = [act for act in later if paper(act) != paper(standing[0])]
            self.status.update({act.id: VOID for act in later + (standing[:1] if differ else [])})

    def objections(self, act):
        return self.kind("object", lambda one: one.of == act.id and self.is_live(one))

    def rulings(self, role, objection, sustained, certain):
        """Those by which the role certainly rules so, or may."""
        found = self.kind("rule_on_objection", self.is_standing if certain else self.is_live)
        held = self.case.election.issuers
        return [act for act in found if act.of == objection.id and act.act["sustained"] == sustained
                and act.issuer in held and held[act.issuer].role == role]  # fmt: skip

    def all_rule(self, objection, sustained, certain=True):
        return all(self.rulings(role, objection, sustained, certain) for role in self.law.counting["chambers"])

    def falls(self, objection, certain):
        if self.law.counting["rejects"] == "every_chamber":
            return self.all_rule(objection, True, certain)
        return any(self.rulings(role, objection, True, certain) for role in self.law.counting["chambers"])

    def decide_returns(self, place, returns):
        """8.7.8"""
        rivals, chambers = self.law.counting.get("rivals", "certificate"), self.law.counting["chambers"]
        decided, certain = [], True
        if rivals == "certificate":
            return
        if rivals == "chambers_agree":
            lost = [act for act in returns if any(self.all_rule(one, True) for one in self.objections(act))]
            for act in returns:
                objections = self.objections(act)
                cleared = objections and all(self.all_rule(one, False) for one in objections)
                if cleared and all(other in lost for other in returns if other is not act):
                    decided.append((act, [one for o in objections for role in chambers for one in self.rulings(role, o, False, True)]))
        else:
            decided = self.decided_by(rivals["decided_by"], returns, True)
            if len(decided) != 1:
                decided, certain = self.decided_by(rivals["decided_by"], returns, False), False
        if len(decided) != 1:
            return
        winner, rulings = decided[0]
        if certain:
            self.status.update({act.id: STANDING if act is winner else VOID for act in returns})
            place.vote = winner
            self.cited[winner.id] = self.law.counting.get("rivals_cite", self.law.counting["cite"])
            if place.slate != winner.slate:
                self.set_slate(place, winner.slate, rulings)
        elif winner is not place.vote:
            place.vote = None

    def decided_by(self, role, returns, certain):
        """The returns with an objection that the role overruled, and its rulings."""
        decided = []
        for act in returns:
            rulings = [ruling for one in self.objections(act) for ruling in self.rulings(role, one, False, certain)
                       if not any(self.all_rule(other, True, certain) for other in self.objections(ruling))]  # fmt: skip
            decided += [(act, rulings[:1])] if rulings else []
        return decided

    def reject(self, place):
        """8.7.10"""
        act, leave, rejected = place.vote, self.law.counting["rejected_leave_base"], False
        objections = sorted(self.objections(act), key=lambda one: "person" in one.act)  # those about all votes first
        surely = [one for one in objections if self.is_standing(one) and self.falls(one, True)]
        perhaps = [one for one in objections if one not in surely and self.falls(one, False)]
        for one in surely + perhaps:
            self.cited[act.id] = self.law.counting["cite"]
            if "person" in one.act:
                place.votes.get(one.act["office"], {}).pop(one.act["person"], None)
                continue
            place.votes = {}
            if one in surely:
                self.status[act.id], rejected = VOID, True
                lawless = one.act.get("ground") == "not_lawfully_certified"
                place.leaves_base |= leave in ("always", True) or (leave == "not_lawfully_certified" and lawless)
            elif not rejected:
                place.vote = None
