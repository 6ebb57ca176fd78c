"""What stands at an instant T as known by K = T: the acts that others end, and the order of it all (8.5, 8.6).

No decision asks for another K: 8.10 starts at T = K, and `held_for` goes back to (t, min(t, K)), with t before T.
"""

from collections import defaultdict

from offices import Office
from places import Place

BY_ISSUER = ("call", "concede", "challenge", "accept", "refuse")  # 8.5: each issuer ends its own alone


class Standing:
    def __init__(self, election, law, acts, t):
        self.election, self.law, self.acts, self.t = election, law, acts, t
        self.cited = {}  # act -> the citation it has instead of its row's
        self.groups = defaultdict(list)  # kind, and its place, or what it is about, or None -> the acts, ordered by id
        for act in self.acts.values():
            for place, of in {(act.jurisdiction, None), (None, act.of), (None, None)}:
                self.groups[act.kind, place, of].append(act)
        self.out = set()  # acts that are ended, or set aside
        self.out = self.find_ended()
        counted = {code: electors for code, electors in self.law.electors.items() if code not in self.law.shut_out}
        self.dead = {act.person for act in self.groups["die", None, None] if act.begins <= t}
        self.places = {code: Place(self, code, electors) for code, electors in counted.items()}
        for extend in self.law.beyond:
            extend(self)
        self.offices = {}
        for office in self.law.offices:
            self.offices[office] = Office(self, office)

    def holds(self, act, certain=True):
        """Certainly, if it is standing; perhaps, if it is standing, or supported and begun."""
        since = act.stands if certain else min(act.stands, act.begins)
        return act.able and since <= self.t and act not in self.out

    def find(self, kind, place=None, of=None, certain=True, **said):
        """The acts of a kind, of a place or about an act, that hold and say this, in order of their ids."""
        acts = [act for act in self.groups[kind, place, of] if self.holds(act, certain)]
        return [act for act in acts if all(getattr(act, key) == value for key, value in said.items())]

    # ---- 8.7.7: objections and rulings ----

    def objections(self, act):
        return self.find("object", of=act.id, certain=False)

    def rulings(self, role, objection, sustained, certain):
        return self.find("rule_on_objection", of=objection.id, certain=certain, role=role, sustained=sustained)

    def ruled(self, objection, sustained, certain=True, how=all):
        """Whether all chambers rule so, or any."""
        return how(self.rulings(role, objection, sustained, certain) for role in self.law.counting["chambers"])

    # ---- 8.5 ----

    def works(self, act, target):
        """Whether one works against the other."""
        mine, theirs = act.holder, target.holder
        if not (self.holds(act, certain=False) and act.within and theirs):
            return False
        alone = theirs.role in self.law.shared_roles or target.kind in BY_ISSUER
        same = (mine.role, mine.jurisdiction) == (theirs.role, theirs.jurisdiction)
        own = act.issuer == target.issuer if alone else same
        undone_by = (target.row or {}).get("undone_by", ())
        return own or (mine.role in undone_by and mine.jurisdiction in (theirs.jurisdiction, self.law.nation))

    def find_ended(self):
        """The acts that may be ended: yes. The set grows to what the rules give; a circle stays open."""
        against = [(act, self.acts[act.ends]) for act in self.acts.values() if act.ends in self.acts]
        against = [pair for pair in against if self.works(*pair)]
        ended, before = set(), None
        while ended != before:
            before = ended
            certainly = {target for act, target in against if act.certain <= self.t and act not in before}  # or open
            ended = {target for act, target in against if act not in certainly}
        return ended
