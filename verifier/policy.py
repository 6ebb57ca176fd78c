"""The policy language, its answer, and the first decision: 5.4, 8.9 and 8.10 of docs/spec.md; the checks of 7.8."""

import election
from election import Unsupported
from forms import EVER, NEVER, check, instant, matching, need
from standing import Case

# ---- 5.4: the rules of a policy; its form is in forms.py ----

STEPS = ("certified", "validated", "accepted", "diploma", "published")  # election.Law refuses a law with rows for them
OF_OFFICE = ("nobody", "annulled", "contested", "after", "published", "challenge_window_closed", "no_challenge_pending")
JOINED = ("all", "any", "at_least", "held_for")


def parts(value):
    """Name, what stands inside, and the formulas inside."""
    (name, inside), = value.items() if isinstance(value, dict) else [(value, {})]
    inner = inside["of"] if name in ("at_least", "held_for") else inside if name in ("all", "any") else []
    return name, inside, [inner] if name == "held_for" else inner


def policy_rules(policy):
    need(policy["language"] == 1, "5.4.1", "another language")
    matching("[a-z0-9-]{1,64}", "a name of a policy")(policy["name"])
    for name in ("person", "another_person", "annulled", "contested", "never", "nobody"):
        if "when" in policy[name]:
            formula_rules(policy[name]["when"], name in ("annulled", "contested", "never", "nobody"), 1)
    actions = [policy[name]["action"] for name in ("another_person", "contested", "never")]
    need("release" not in actions, "5.4.4", "what must not release does")


def formula_rules(value, of_office, depth):
    name, inside, inner = parts(value)
    need(depth <= 8, "5.4.1", "nested more than 8 deep")
    need(not of_office or name in OF_OFFICE or name in JOINED, "5.4.3", f"{name} is not about the office")
    if name in ("all", "any", "at_least"):
        need(1 <= len(inner) <= 64, "5.4.1", "not 1 to 64 formulas")
    if name == "at_least":
        need(1 <= inside["n"] <= len(inner), "5.4.2", "n")
    if name == "called":
        need(1 <= inside["at_least"] <= (len(inside["by"]) or NEVER), "5.4.2", "at_least")
    if name in ("first_of", "canvassed"):
        need(all(inside.values()), "5.4.2", "an empty list")
    for one in inner:
        formula_rules(one, of_office, depth + 1)


# ---- 8.9: an answer is (met, relied on), met being True, False for cannot be met, None for not yet ----

NOT_YET, CANNOT = (None, ()), (False, ())
MOST_INSTANTS = 200_000


class Evaluation:
    """Of a policy over a case, with messages prepared for some persons."""

    def __init__(self, case, policy, prepared):
        self.case, self.law, self.policy, self.prepared = case, case.law, policy, prepared
        self.office = self.law.offices[0] if policy["office"] == "any" and self.law.offices else policy["office"]
        self.asked, self.lists = {}, {}
        ends = {end for one in case.all for end in (one.known_at, one.begins, one.certain)} - {EVER, NEVER}
        self.of_predicate = ends | set(self.law.ends.values())

    def ask(self, value, t, k, person):
        key = (id(value), t, k, person)
        if key not in self.asked:
            self.case.spend(1)
            self.asked[key] = self.answer(value, t, k, person)
        return self.asked[key]

    def answer(self, value, t, k, person):
        name, inside, inner = parts(value)
        answers = [self.ask(one, t, k, person) for one in inner]
        if name == "held_for":
            lasting = answers[0][0] and inside["duration"]
            return NOT_YET if lasting and not self.held(inside["of"], lasting, t, k, person) else answers[0]
        if inner:
            needed = {"all": len(inner), "any": 1}.get(name) or inside["n"]
            met = [relied for state, relied in answers if state]
            if len(met) >= needed:
                return True, [act for relied in met for act in relied]
            return CANNOT if sum(state is not False for state, _ in answers) < needed else NOT_YET
        standing = self.case.standing(t, k)
        if self.office not in standing.offices:
            return CANNOT
        met, never, relied = self.predicate(name, inside, standing, standing.offices[self.office], person)
        return (True, relied) if met else CANNOT if never else NOT_YET

    def held(self, of, duration, t, k, person):
        """Whether what is met at (t, k) was met at each of its instants before, back to one that is long enough ago."""
        for at in reversed(self.instants(of)):
            if at < t and not self.ask(of, at, min(at, k), person)[0]:
                return False
            if at < t and at + duration <= t:
                return True
        return False

    def predicate(self, name, inside, standing, office, person):
        """(met, cannot be met, relied on)"""
        declared, outcome, row = [act for act, _ in office.declared], office.outcome or ("nobody yet",), self.law.row
        if name == "after":
            ends = {"term": self.law.term_begins, **self.law.ends}.get(inside["date"], NEVER)
            return ends <= standing.t, ends == NEVER, ()
        of_office = {
            "annulled": (outcome[0] == "annulled", not row("annul"), office.annulled_by),
            "contested": (outcome[0] == "contested", False, declared),
            "nobody": (outcome[0] == "nobody", outcome[0] == "person", declared + sum(office.voted_by.values(), [])),
            "challenge_window_closed": (bool(declared), False, declared),  # the law has no [challenge]
            "no_challenge_pending": (True, False, ()),  # and no row of that kind
        }
        if name in of_office:
            return of_office[name]
        if person is None or name in STEPS:  # a predicate about X, asked of the office
            return False, True, ()
        if name in ("called", "first_of", "canvassed"):
            return getattr(self, name)(standing, office, person, **inside)
        if name == "ascertained":
            have, lacking = office.ascertained[person], office.not_ascertained
            return 2 * have > office.base, 2 * (have + lacking) <= office.base, office.ascertained_by[person]
        if name == "voted":
            have, relied = office.voted[person], office.voted_by[person]
            met, never = 2 * have > office.base, 2 * (have + office.not_voted) <= office.base
            if self.law.double or office.alternatives:
                met, never = office.choice == ("person", person), never or office.choice[0] != "open"
            return met, never, relied
        if name == "living":
            dead = [act for act in standing.groups["die", None] if act.begins <= standing.t and act.person == person]
            return not dead, True, ()
        said, kind = {"declared": (office.declared, "declare"), "in_office": (office.in_office, "oath"),
                      "conceded": (office.conceded, "concede")}[name]  # fmt: skip
        named = {one for _, one in said}
        possible = row(kind) or (name == "in_office" and self.office in self.law.begins)
        return named == {person}, len(named) == 1 or not possible, [act for act, _ in said]

    def names(self, office, source, person):
        return {act.person for act in office.calls.get(source, ())} == {person}

    def first_of(self, standing, office, person, sources):
        first = next((source for source in sources if source in office.calls), None)
        return self.names(office, first, person), False, office.calls.get(first, ())

    def called(self, standing, office, person, at_least, by, counting):
        issuers = self.case.election.issuers
        able = {name for name, issuer in issuers.items() if self.law.row("call", issuer.role)} | set(office.calls)
        able = [source for source in sorted(able) if not by or source in by]
        naming = [source for source in able if self.names(office, source, person)]

        def counted(sources):
            outlets = counting == "outlets"
            return len({source if outlets or source not in issuers else issuers[source].upstream for source in sources})

        relied = [act for source in naming for act in office.calls[source]]
        return counted(naming) >= at_least, counted(able) < at_least, relied

    def canvassed(self, standing, office, person, places):
        if not set(places) <= set(self.law.electors):
            return False, True, ()
        relied = [standing.places[code].canvass if code in standing.places else None for code in places]
        for act in relied:
            pledged = self.case.election.slates[act.slate].pledged[office.name] if act else {}
            if pledged.get(person, 0) <= max((n for one, n in pledged.items() if one != person), default=0):
                return False, False, ()
        return True, False, relied

    # ---- 8.10 ----

    def instants(self, *formulas):
        """In ascending order; with none given, those of a predicate."""
        key = tuple(map(id, formulas))
        if key not in self.lists:
            found = set(self.of_predicate)
            for value in formulas:
                name, inside, inner = parts(value)
                below = self.instants(*inner) if inner else []
                found.update(below, (at + inside["duration"] for at in below if name == "held_for"))
                if len(found) > MOST_INSTANTS:
                    raise Unsupported("too many instants")
            self.lists[key] = sorted(found)
        return self.lists[key]

    def decide(self, t):
        """The answer of the policy at T = K = t: None, or (outcome, acts relied on) if it is met."""
        policy, met = self.policy, {}
        for person in [id for id, of in self.case.election.persons if of == self.office]:
            clause = policy["person"] if person in self.prepared else {**policy["person"], **policy["another_person"]}
            state, relied = self.ask(clause["when"], t, t, person)
            if state:
                met[person] = relied
        clauses = {name: self.ask(policy[name].get("when", name), t, t, None)
                   for name in ("annulled", "contested", "nobody")}  # fmt: skip
        if not clauses["annulled"][0]:  # 1
            if clauses["contested"][0] or len(met) > 1:  # 2, which never releases (5.4.4)
                return None
            for person, relied in met.items():  # 3
                return ({"id": person, "kind": "person"}, self.cite(t, relied)) if person in self.prepared else None
        name = "annulled" if clauses["annulled"][0] else "nobody"  # 1, 4
        holds, relied = clauses[name]
        return ({"kind": name}, self.cite(t, relied)) if holds and policy[name]["action"] == "release" else None

    def cite(self, t, acts):
        other = self.case.standing(t, t).cited
        cited = {(act.index, act.id): self.law.cites[other.get(act.id, act.row["cite"])] for act in acts}
        return [{"act": id, "cite": cite, "statement": index} for (index, id), cite in sorted(cited.items())]

    def first(self, until=NEVER):
        """The first decision up to an instant: its instant, office, outcome and acts relied on; or None."""
        whens = [clause["when"] for clause in self.policy.values() if isinstance(clause, dict) and "when" in clause]
        decided = ((t, self.decide(t)) for t in self.instants(*whens) if t <= until)
        return next(((t, self.office, *found) for t, found in decided if found), None)

    def record_size(self, t):
        return 1 + max((one.index for one in self.case.all if one.known_at <= t), default=-1)


def check_decision(proof):
    """7.8"""
    decision, claimed = proof.decision, proof.claims["attesters"]
    head, law = election.read(proof.file, decision["election"])
    need(sorted(proof.names) == decision["attesters"], "7.8.3", "other attesters")
    at = instant(decision["at"])
    with check("7.8.4"):
        case = Case(head, law, proof.statements, {one["name"] for one in claimed})
        evaluation = Evaluation(case, proof.file["policy"], set(decision["prepared"]))
        found = evaluation.first(at) if proof.full else (at, evaluation.office, *(evaluation.decide(at) or ()))
        need(found and len(found) == 4, "7.8.4", "the policy is not met")
    t, office, outcome, relied = found
    stated = at, decision["office"], decision["outcome"]
    need((t, office, outcome) == stated, "7.8.5", "another outcome, office or instant")
    need(not proof.full or evaluation.record_size(t) == decision["record_size"], "7.8.6", "another record size")
    need(relied == decision["relied"], "7.8.7", "another list of acts relied on")
