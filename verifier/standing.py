"""What stands at an instant T as known by K: the acts and the places, sections 8.2 to 8.7 of docs/spec.md.

A `Case` is an election, its law and the statements in evidence; `case.standing(t, k)` has the status of every act,
`places` and `offices`.
"""

from collections import Counter, defaultdict

from election import Unsupported, total
from forms import ENDINGS, EVER, KEYS, NEVER, REPORTS, instant
from offices import Office

STANDING, SUPPORTED, UNSUPPORTED, VOID, ENDED = "standing", "supported", "unsupported", "void", "ended"
LOCAL = ("canvass", "ascertain", "elector_vote")  # and `order` with `announce`
NATIONAL = ("declare", "open", "object", "rule_on_objection", "contingent_vote", "annul", "oath")
IDLE = (*REPORTS, "certify", "validate", "publish")  # without a row: supported, and of no effect
MOST_WORK = 20_000_000  # acts looked at; a proof that asks for more is not decided here


def span(bounds):
    return tuple(instant(bounds[end]) if end in bounds else open_end
                 for end, open_end in (("not_before", EVER), ("not_after", NEVER)))  # fmt: skip


class Reading:
    """A statement and its act, with what does not depend on the instant. What the act says is an attribute, or None."""

    def __init__(self, election, law, index, statement, attester, known_at, act):
        vars(self).update({**dict.fromkeys(KEYS), **act})
        self.index, self.statement, self.attester, self.known_at = index, statement, attester, known_at
        self.ends = next((act[ending] for ending in ENDINGS if ending in act), None)
        self.begins, self.certain = span(act.get("effective", act["issued"]))
        self.issued_from, issued_until = span(act["issued"])
        self.holder, held = election.holders.get(self.issuer), election.issuers.get(self.issuer)
        self.role = held and held.role
        first_day, last_day = (election.day_of(end) for end in (self.issued_from, issued_until))
        self.within = not held or (held.first <= last_day and first_day <= held.last)
        self.row = self.holder and law.row(self.kind, self.holder.role)
        self.first = self.first_status(election, law)

    def first_status(self, election, law):
        """8.3, 8.4: the status but for the instant. STANDING: once it is certain, and SUPPORTED before."""
        if not law.row(self.kind):  # 1
            return SUPPORTED if self.kind in IDLE and not self.announce else UNSUPPORTED
        if not self.row:  # 2, 3
            return UNSUPPORTED
        local = self.kind in LOCAL or self.announce
        place = law.nation if self.kind in NATIONAL else self.jurisdiction if local else None
        elsewhere = place and self.holder.jurisdiction not in (place, law.nation)  # 4
        if elsewhere or (self.kind == "elector_vote" and self.slate != self.issuer) or not self.within:  # 5, 6
            return UNSUPPORTED
        return STANDING if self.fits(election, law) else VOID

    def status_at(self, t, law):
        if self.first != STANDING:
            return self.first
        early = self.row.get("needs") == "term_begun" and t < law.term_begins  # 7
        return STANDING if self.certain <= t and not early else SUPPORTED  # 8

    def fits(self, election, law):
        """8.4"""
        if self.kind == "object":
            return all(self.signed_enough(role, law) for role in law.counting["objection_needs"])
        if self.kind not in LOCAL:
            return True
        closes = law.ends.get(law.counting.get("certificate_closes"), NEVER)
        if self.jurisdiction not in law.electors or (self.kind == "ascertain" and self.issued_from > closes):
            return False
        slate = election.slates.get(self.slate)
        if not slate or slate.jurisdiction != self.jurisdiction or slate.electors > law.electors[self.jurisdiction]:
            return self.slate is None
        return self.kind != "elector_vote" or self.votes_fit(slate.electors, law)

    def signed_enough(self, role, law):
        signers, fifth = (self.signers or {}).get(role), law.counting.get("objection_signed_by") == "one_fifth"
        return role in self.signed_by and (not fifth or bool(signers) and 5 * signers["signed"] >= signers["sworn"])

    def votes_fit(self, electors, law):
        lists, most = {law.ballot_list(office) for office in law.offices}, electors * (2 if law.double else 1)
        for name, votes in self.votes.items():
            if name not in lists or max(votes.values(), default=0) > electors or total(votes.values()) > most:
                return False
        ballots = self.ballots or []
        cast = Counter(vote for ballot in ballots for vote in ballot["votes"].items() if vote[1] is not None)
        enough = all(n <= self.votes.get(name, {}).get(person, 0) for (name, person), n in cast.items())
        return enough and len({ballot["elector"] for ballot in ballots}) == len(ballots)


class Case:
    def __init__(self, election, law, statements, enrolled):
        self.election, self.law, self.enrolled = election, law, enrolled
        readings = [Reading(election, law, *one) for one in statements]
        self.all = sorted(readings, key=lambda one: (one.known_at, one.statement, one.attester, one.index))
        self.standings, self.work = {}, 0

    def standing(self, t, k):
        if (t, k) not in self.standings:
            self.spend(len(self.all) + len(self.law.electors))
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
            target = means.get((one.attester, one.amends))
            if target and target.known_at <= one.known_at and not leads_back(target, one, means):
                dropped.add((one.attester, one.amends))
        kept = [one for one in known if (one.attester, one.statement) not in dropped]
        return {one.id: one for one in sorted(reversed(kept), key=lambda one: one.id)}  # of several, the first


def leads_back(at, start, means):
    looked = 0
    while at and at.known_at == start.known_at:
        if at.statement == start.statement or looked == 64:
            return True
        at, looked = means.get((at.attester, at.amends)), looked + 1
    return False


class Place:
    def __init__(self, electors):
        self.electors, self.beside = electors, 0  # electors not appointed beside the slate
        self.appointment = "unknown"  # or appointed, not appointed, contested
        self.slate, self.by = None, []  # the one appointed; the acts that appoint
        self.pledged, self.votes = {}, {}  # office -> person -> electors; list -> person -> votes that are counted
        self.vote = self.canvass = None
        self.alternative = self.leaves_base = False

    def outside_base(self):
        return self.electors if self.leaves_base or self.appointment == "not appointed" else self.beside

    def silent(self):
        return 0 if self.vote or self.appointment == "not appointed" else self.electors


class Standing:
    def __init__(self, case, t, k):
        self.case, self.election, self.law, self.counting, self.t = case, case.election, case.law, case.law.counting, t
        self.acts = case.follow(k)
        self.status = {id: act.status_at(t, case.law) for id, act in self.acts.items()}
        self.cited = {}  # act id -> the citation it has instead of its row's
        self.groups = defaultdict(list)  # (kind, place), and (kind, None) -> its acts, in order of their ids
        for act in self.acts.values():
            for place in {act.jurisdiction, None}:
                self.groups[act.kind, place].append(act)
        self.end_acts()
        self.places = {}
        for code, electors in self.law.electors.items():
            if code in self.law.shut_out:  # 8.6
                self.set_status(VOID, self.find("elector_vote", code))
            else:
                self.places[code] = self.place(code, Place(electors))
        self.set_aside()
        self.offices = {}
        for office in self.law.offices:
            self.offices[office] = Office(self, office)

    def is_standing(self, act):
        return self.status[act.id] == STANDING

    def is_live(self, act):
        """Standing, or supported and begun."""
        return self.is_standing(act) or (self.status[act.id] == SUPPORTED and act.begins <= self.t)

    def find(self, kind, place=None, live=False, **said):
        """The acts of a kind, and of a place, that are standing, or live, and say this, in order of their ids."""
        found = list(filter(self.is_live if live else self.is_standing, self.groups[kind, place]))
        self.case.spend(len(self.groups[kind, place]))
        return [act for act in found if all(getattr(act, key) == value for key, value in said.items())]

    def set_status(self, status, acts):
        self.status.update({act.id: status for act in acts})

    # ---- 8.5 ----

    def works(self, act, target):
        if not (self.is_live(act) and act.within and act.holder and target.holder):
            return False
        mine, theirs = act.holder, target.holder
        several = any(row["role"] == theirs.role and ("needs" in row or row["kind"] == "call") for row in self.law.rows)
        if several or target.kind in ("call", "concede", "challenge", "accept", "refuse"):
            own = act.issuer == target.issuer
        else:
            own = (mine.role, mine.jurisdiction) == (theirs.role, theirs.jurisdiction)
        undone_by = (target.row or {}).get("undone_by", ())
        return own or (mine.role in undone_by and mine.jurisdiction in (theirs.jurisdiction, self.law.nation))

    def end_acts(self):
        """(id, False): may the act be ended; (id, True): is it certainly; yes if an ender is no, no if all are yes."""
        enders = {(id, certainly): [] for id in self.acts for certainly in (False, True)}
        for act in self.acts.values():
            if act.ends in self.acts and self.works(act, self.acts[act.ends]):
                enders[act.ends, False].append((act.id, True))
                if act.certain <= self.t:
                    enders[act.ends, True].append((act.id, False))
        ended, found = {}, True  # the answers; what stays open is in a circle
        while found:
            seen = {one: [ended.get(other) for other in enders[one]] for one in enders if one not in ended}
            found = {one: False in answers for one, answers in seen.items() if False in answers or None not in answers}
            ended.update(found)
        for id, status in self.status.items():
            if status in (STANDING, SUPPORTED) and ended.get((id, False)):
                self.status[id] = ENDED

    def set_aside(self):
        """8.12.1. 8.12.2 and 8.12.3 are of laws that election.Law does not take."""
        since = defaultdict(lambda: EVER)  # office -> from when on
        for act in self.find("annul", live=True):
            start = next(one for one in (act.begins, act.certain, self.t) if one not in (EVER, NEVER))
            since[act.office] = max(start, since[act.office])
        for act in self.find("declare") + self.find("oath"):
            offices = [act.office] if act.kind == "oath" else act.elected
            made = act.begins if act.begins != EVER else act.certain
            if offices and all(made < since[office] for office in offices):
                self.set_status(VOID, [act])

    # ---- 8.7 ----

    def place(self, code, place):
        returns = self.find("elector_vote", code)  # 7
        self.appoint(place, code)  # 1 to 4
        if place.appointment == "appointed":  # 12, before 8: what the rulings appoint does not change it (finding 4)
            missing = place.electors - self.election.slates[place.slate].electors
            stated = max((act.not_appointed or 0 for act in place.by), default=0)
            place.beside = missing if self.counting.get("short_certificate_leaves_base") else min(stated, missing)
        place.vote = next(iter(self.find("elector_vote", code)), None)  # 5
        canvasses = self.find("canvass", code)  # 6
        place.canvass = canvasses[-1] if len({act.slate for act in canvasses}) == 1 else None
        if len(returns) >= 2:
            self.decide_returns(place, returns)  # 8
        place.votes = {name: dict(votes) for name, votes in place.vote.votes.items()} if place.vote else {}
        place.alternative = bool(self.find("order", code, announce="alternative"))  # 9
        if place.vote and not place.alternative:
            self.reject(place)  # 10
        elif not place.alternative:  # 11
            fallen = [act for act in returns if any(map(self.falls, filter(self.is_standing, self.objections(act))))]
            self.set_status(VOID, fallen)
        return place

    def set_slate(self, place, slate, acts):
        place.appointment, place.slate, place.by = "appointed", slate, acts
        place.pledged = self.election.slates[slate].pledged

    def appoint(self, place, code):
        acts = self.find("ascertain", code)  # 1; a slate None says that none was appointed
        live = self.find("ascertain", code, live=True)
        acts += [act for act in live if acts and act not in acts and act.slate != acts[0].slate]
        named = {act.slate for act in acts}
        if len(named) > 1:
            place.appointment = "contested"
        elif named == {None}:
            place.appointment = "not appointed"
        elif named:
            self.set_slate(place, acts[0].slate, acts)  # 2
        if not any(row.get("needs") == "appointment" for row in self.law.rows):
            return
        ended = {act.slate for act in self.groups["ascertain", code] if self.status[act.id] == ENDED}
        voided = ended | named if len(named) > 1 else ended
        for act in self.groups["elector_vote", code]:  # 3
            if self.status[act.id] in (STANDING, SUPPORTED) and act.slate != place.slate:
                self.status[act.id] = VOID if act.slate in voided else UNSUPPORTED
        standing = self.find("elector_vote", code)  # 4
        if standing:
            first, live = standing[0], self.find("elector_vote", code, live=True)
            differ = any((act.votes, act.ballots or []) != (first.votes, first.ballots or []) for act in live)
            self.set_status(VOID, [act for act in live if differ or act is not first])

    def objections(self, act):
        return self.find("object", live=True, of=act.id)

    def rulings(self, role, objection, sustained, certain):
        """Those by which the role certainly rules so, or may."""
        return self.find("rule_on_objection", live=not certain, of=objection.id, sustained=sustained, role=role)

    def ruled(self, objection, sustained, certain=True, how=all):
        return how(self.rulings(role, objection, sustained, certain) for role in self.counting["chambers"])

    def falls(self, objection, certain=True):
        return self.ruled(objection, True, certain, all if self.counting["rejects"] == "every_chamber" else any)

    def decide_returns(self, place, returns):
        """8.7.8"""
        rivals = self.counting.get("rivals", "certificate")
        if rivals == "certificate":
            return
        tries = [(certain, self.decided_by(rivals, returns, certain)) for certain in (True, False)]
        certain, decided = next(((certain, decided) for certain, decided in tries if len(decided) == 1), (None, None))
        if not decided:
            return
        (winner, rulings), = decided.items()
        if certain:
            self.set_status(VOID, returns)
            self.set_status(STANDING, [winner])
            place.vote = winner
            self.cited[winner.id] = self.counting.get("rivals_cite", self.counting["cite"])
            if place.slate != winner.slate:
                self.set_slate(place, winner.slate, rulings)
        elif winner is not place.vote:
            place.vote = None

    def agreed(self, returns):
        """The returns that all chambers kept while they put every other one aside, with their rulings."""
        objections = {act: self.objections(act) for act in returns}
        lost = {act for act in returns if any(self.ruled(one, True) for one in objections[act])}
        kept = [act for act in returns if objections[act] and all(self.ruled(one, False) for one in objections[act])]
        return {act: [ruling for one in objections[act] for role in self.counting["chambers"]
                      for ruling in self.rulings(role, one, False, True)]
                for act in kept if lost >= set(returns) - {act}}  # fmt: skip

    def decided_by(self, rivals, returns, certain):
        """The returns that are decided for, certainly or perhaps, with the rulings."""
        if rivals == "chambers_agree":
            return self.agreed(returns) if certain else {}
        decided = {}
        for act in returns:
            for objection in self.objections(act):
                for ruling in self.rulings(rivals["decided_by"], objection, False, certain):
                    if not any(self.ruled(one, True, certain) for one in self.objections(ruling)):
                        decided.setdefault(act, [ruling])
        return decided

    def reject(self, place):
        """8.7.10"""
        act, leave = place.vote, self.counting["rejected_leave_base"]
        objections = sorted(self.objections(act), key=lambda one: one.person is not None)  # those about all votes first
        surely = [one for one in objections if self.is_standing(one) and self.falls(one)]
        perhaps = [one for one in objections if one not in surely and self.falls(one, False)]
        for one in surely + perhaps:
            self.cited[act.id] = self.counting["cite"]
            if one.person:
                place.votes.get(one.office, {}).pop(one.person, None)
                continue
            place.votes = {}
            if one in surely:
                self.status[act.id] = VOID
                place.leaves_base |= leave in ("always", True, one.ground)  # of grounds, not_lawfully_certified alone
            elif self.status[act.id] != VOID:
                place.vote = None
