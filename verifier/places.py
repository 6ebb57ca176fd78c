"""A place: whose electors are appointed, and which of their votes count: section 8.7 of docs/spec.md.

Step 6 is of no effect but for the formula `canvassed` (elsewhere.py), and step 11 of none at all.
"""


class Place:
    def __init__(self, standing, code, electors):
        self.standing, self.counting, self.code, self.electors = standing, standing.law.counting, code, electors
        self.slate, self.by, self.pledged = None, [], {}  # the slate appointed, the acts that appoint it, its pledges
        self.outside = 0  # electors who are not in the base
        self.returns = standing.find("elector_vote", code)  # 7
        self.appoint()  # 1, 2, 12
        self.vote = self.find_vote()  # 3 to 5
        if len(self.returns) > 1 and self.counting["rivals"] != "certificate":
            self.decide_returns()  # 8
        self.votes = {name: dict(votes) for name, votes in self.vote.votes.items()} if self.vote else {}
        self.alternative = bool(standing.find("order", code, announce="alternative"))  # 9
        if self.vote and not self.alternative:
            self.reject()  # 10
        self.silent = 0 if self.vote or self.none_appointed else electors
        if self.none_appointed:
            self.outside = electors

    def set_slate(self, slate, acts):
        self.slate, self.by, self.none_appointed = slate, acts, False
        self.pledged = self.standing.election.slates[slate].pledged

    def appoint(self):
        """8.7.1, 8.7.2; 8.7.12, of the slate appointed here, whatever rulings make of it. A slate None: no electors."""
        certain, live = (self.standing.find("ascertain", self.code, certain=one) for one in (True, False))
        slates = {act.slate for act in live} if certain else set()
        self.none_appointed = slates == {None}
        if len(slates) == 1 and not self.none_appointed:
            self.set_slate(*slates, certain)
            missing = self.electors - self.standing.election.slates[self.slate].electors
            stated = max(act.not_appointed or 0 for act in certain)
            self.outside = missing if self.counting["short_certificate_leaves_base"] else min(stated, missing)

    def find_vote(self):
        """8.7.3 to 8.7.5: the first certain vote of the slate appointed, if there is no other that may hold."""
        bound = any(row.get("needs") == "appointment" for row in self.standing.law.rows)
        first = next((act for act in self.returns if act.slate == self.slate or not bound), None)
        live = self.standing.find("elector_vote", self.code, certain=False, slate=self.slate) if bound else []
        differ = any((act.votes, act.ballots or []) != (first.votes, first.ballots or []) for act in live if first)
        return None if differ else first

    def decide_returns(self):
        """8.7.8: certainly, or else perhaps."""
        decide = self.agreed if self.counting["rivals"] == "chambers_agree" else self.decided_by
        certain, decided = True, decide(True)
        if len(decided) != 1:
            certain, decided = False, decide(False)
        if len(decided) != 1:
            return
        (winner, rulings), = decided.items()
        if certain:
            self.vote = winner
            self.standing.cited[winner] = self.counting["rivals_cite"]
            if self.slate != winner.slate:
                self.set_slate(winner.slate, rulings)
        elif self.vote is not winner:
            self.vote = None

    def agreed(self, certain):
        """The return that all chambers kept while they put every other one aside, with their rulings."""
        objections, ruled = {act: self.standing.objections(act) for act in self.returns}, self.standing.ruled
        lost = {act for act in self.returns if any(ruled(one, True) for one in objections[act])}
        kept = [act for act in self.returns if objections[act] and all(ruled(one, False) for one in objections[act])]
        return {act: [ruling for one in objections[act] for role in self.counting["chambers"]
                      for ruling in self.standing.rulings(role, one, False, True)]
                for act in kept if certain and lost >= {*self.returns} - {act}}  # fmt: skip

    def decided_by(self, certain):
        """The returns that a role decided for, each with the first of its rulings."""
        standing, role, decided = self.standing, self.counting["rivals"]["decided_by"], {}
        pairs = [(act, objection) for act in self.returns for objection in standing.objections(act)]
        for act, objection in pairs:
            for ruling in standing.rulings(role, objection, False, certain):
                if not any(standing.ruled(one, True, certain) for one in standing.objections(ruling)):
                    decided.setdefault(act, [ruling])
        return decided

    def falls(self, objection, certain):
        """Whether all chambers sustain it, or one does, as the law asks."""
        how = all if self.counting["rejects"] == "every_chamber" else any
        return self.standing.holds(objection, certain) and self.standing.ruled(objection, True, certain, how)

    def reject(self):
        """8.7.10: what certainly falls, then what may; in each those about all votes first."""
        objections = sorted(self.standing.objections(self.vote), key=lambda one: one.person is not None)
        surely = [one for one in objections if self.falls(one, True)]
        fallen = surely + [one for one in objections if one not in surely and self.falls(one, False)]
        for one in fallen:
            self.standing.cited[self.vote] = self.counting["cite"]
            self.votes.get(one.office, {}).pop(one.person, None)
        about_all = [one for one in fallen if one.person is None]
        if about_all:
            self.votes = {}
            self.vote = self.vote if about_all[0] in surely else None
        leave = self.counting["rejected_leave_base"]
        if any(leave in ("always", True, one.ground) for one in about_all if one in surely):
            self.outside = self.electors
