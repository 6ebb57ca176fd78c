"""Statements and their acts: sections 8.2 to 8.4 of docs/spec.md.

Nothing that a proof is checked for tells apart what is unsupported, void or ended: all of it is of no effect here.
"""

from collections import Counter

from election import total
from forms import ENDINGS, EVER, KEYS, NEVER, REPORTS, instant

OF_A_SLATE = ("canvass", "ascertain", "elector_vote")
NATIONAL = ("declare", "open", "object", "rule_on_objection", "contingent_vote", "annul", "oath")
IDLE = (*REPORTS, "certify", "validate", "publish")  # without a row: supported, and at most ending other acts


def span(bounds):
    ends = ("not_before", EVER), ("not_after", NEVER)
    return [instant(bounds[end]) if end in bounds else otherwise for end, otherwise in ends]


class Reading:
    """A statement and its act, with what does not depend on the instant. What the act says is an attribute, or None.

    It is *supported*, or more, if it is `able`, and *standing* from `stands` on.
    """

    def __init__(self, election, law, index, statement, attester, known_at, act):
        vars(self).update({**dict.fromkeys(KEYS), **act})
        self.index, self.statement, self.attester, self.known_at = index, statement, attester, known_at
        self.ends = next((act[ending] for ending in ENDINGS if ending in act), None)
        self.begins, self.certain = span(act.get("effective", act["issued"]))
        self.issued = span(act["issued"])
        self.holder = election.holders.get(self.issuer)
        self.role = self.holder and self.issuer not in election.slates and self.holder.role
        self.within = self.holder and self.holder.first <= self.issued[1] and self.issued[0] <= self.holder.last
        self.row = self.holder and law.row(self.kind, self.holder.role)
        self.able = self.has_authority(law) and self.fits(election, law)
        waits = self.row and self.row.get("needs") == "term_begun"  # 8.3.7
        self.stands = max(self.certain, law.term_begins if waits else EVER) if self.row else NEVER  # 8.3.8

    def has_authority(self, law):
        """8.3"""
        if not law.row(self.kind):  # 1
            return self.kind in IDLE and not self.announce
        local = self.kind in OF_A_SLATE or self.announce
        place = self.jurisdiction if local else law.nation if self.kind in NATIONAL else None
        own = self.kind != "elector_vote" or self.slate == self.issuer  # 5
        return self.row and self.within and own and (not place or self.holder.jurisdiction in (place, law.nation))

    def fits(self, election, law):
        """8.4"""
        if self.kind == "object":
            needs, fifth = set(law.counting["objection_needs"]), law.counting["objection_signed_by"] == "one_fifth"
            signers = {role for role, n in (self.signers or {}).items() if 5 * n["signed"] >= n["sworn"]}
            return needs <= set(self.signed_by) and (not fifth or needs <= signers)
        if self.kind not in OF_A_SLATE:
            return True
        slate, allotted = election.slates.get(self.slate), law.electors.get(self.jurisdiction)
        if allotted is None or (self.kind == "ascertain" and self.issued[0] > law.closes):
            return False
        if not slate or slate.jurisdiction != self.jurisdiction or slate.electors > allotted:
            return self.slate is None
        return self.kind != "elector_vote" or self.votes_fit(slate.electors, law)

    def votes_fit(self, electors, law):
        given = Counter({(name, person): n for name, votes in self.votes.items() for person, n in votes.items()})
        if not set(self.votes) <= set(law.lists.values()) or max(given.values(), default=0) > electors:
            return False
        ballots, most = self.ballots or [], electors * (2 if law.double else 1)
        cast = Counter(vote for ballot in ballots for vote in ballot["votes"].items() if vote[1] is not None)
        once = len({ballot["elector"] for ballot in ballots}) == len(ballots)
        return once and cast <= given and all(total(votes.values()) <= most for votes in self.votes.values())


def follow(readings, t, enrolled):
    """8.2: act id -> the reading followed, in order of the ids. `readings` are in the order of 8.2.1."""
    known = [one for one in readings if one.known_at <= t and one.attester in enrolled]
    means = {(one.attester, one.statement): one for one in known}
    dropped = {(one.attester, one.amends) for one in known if drops(one, means)}
    kept = [one for one in known if (one.attester, one.statement) not in dropped]
    return {one.id: one for one in sorted(reversed(kept), key=lambda one: one.id)}  # of several, the first


def drops(one, means):
    """8.2.3: whether it drops what it amends, which does not lead back to it."""
    at, looked = means.get((one.attester, one.amends)), 0
    if not at or at.known_at > one.known_at:
        return False
    while at and at.known_at == one.known_at:
        if at.statement == one.statement or looked == 64:
            return False
        at, looked = means.get((at.attester, at.amends)), looked + 1
    return True
