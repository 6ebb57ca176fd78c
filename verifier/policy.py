"""The policy language, its answer, and the first decision: sections 5.4, 8.9 and 8.10 of docs/spec.md; the checks of 7.8."""

import election
from election import Unsupported
from forms import check, instant, matching, need, unbase64
from record import sha256
from standing import EVER, NEVER, Case

# ---- 5.4: the rules of a policy; its form is in forms.py ----

STEPS = ("certified", "validated", "accepted", "diploma", "published")  # election.Law refuses a law with rows for them
OF_OFFICE = ("nobody", "annulled", "contested", "after", "published", "challenge_window_closed", "no_challenge_pending")
JOINED = ("all", "any", "at_least", "held_for")


def parts(value):
    """Name, what stands inside, and the formulas inside."""
    if isinstance(value, str):
        return value, None, []
    (name, inside), = value.items()
    if name in ("at_least", "held_for"):
        of = inside["of"]
        return name, inside, of if name == "at_least" else [of]
    return name, inside, inside if name in ("all", "any") else []


def policy_rules(policy):
    need(policy["language"] == 1, "5.4.1", "another language")
    matching("[a-z0-9-]{1,64}", "a name of a policy")(policy["name"])
    for name in ("person", "another_person", "annulled", "contested", "never", "nobody"):
        if "when" in policy[name]:
            formula_rules(policy[name]["when"], name in ("annulled", "contested", "never", "nobody"), 1)
    need("release" not in [policy[name]["action"] for name in ("another_person", "contested", "never")], "5.4.4", "releases")


def formula_rules(value, of_office, depth):
    name, inside, inner = parts(value)
    need(depth <= 8, "5.4.1", "nested more than 8 deep")
    need(not of_office or name in OF_OFFICE or name in JOINED, "5.4.3", f"{name} is not about the office")
    if name in ("all", "any", "at_least"):
        need(1 <= len(inner) <= 64, "5.4.1", "not 1 to 64 formulas")
    if name == "at_least":
        need(1 <= inside["n"] <= len(inner), "5.4.2", "n")
    if name == "called":
        need(1 <= inside["at_least"] and (not inside["by"] or inside["at_least"] <= len(inside["by"])), "5.4.2", "at_least")
    if name in ("first_of", "canvassed"):
        need(inside["sources" if name == "first_of" else "places"], "5.4.2", "an empty list")
    for one in inner:
        formula_rules(one, of_office, depth + 1)


# ---- 8.9: an answer is (met, relied on), met being True, False for cannot be met, None for not yet ----

NOT_YET, CANNOT = (None, ()), (False, ())
MOST_INSTANTS = 200_000


class Evaluation:
    def __init__(self, case):
        self.case, self.law = case, case.law
        self.asked = {}

    def ask(self, value, t, k, office, person):
        key = (id(value), t, k, person)
        if key not in self.asked:
            self.case.spend(1)
            self.asked[key] = self.answer(value, t, k, office, person)
        return self.asked[key]

    def answer(self, value, t, k, office, person):
        name, inside, inner = parts(value)
        if name == "held_for":
            return self.held(inside, t, k, office, person)
        if inner:
            needed = {"all": len(inner), "any": 1}.get(name) or inside["n"]
            answers = [self.ask(one, t, k, office, person) for one in inner]
            met = [relied for state, relied in answers if state]
            if len(met) >= needed:
                return True, sum(map(tuple, met), ())
            return CANNOT if sum(state is not False for state, _ in answers) < needed else NOT_YET
        standing = self.case.standing(t, k)
        if office not in standing.offices:
            return CANNOT
        return self.predicate(name, inside, standing, standing.offices[office], person)

    def held(self, inside, t, k, office, person):
        now = self.ask(inside["of"], t, k, office, person)
        if now[0] is not True or inside["duration"] == 0:
            return now
        since = t
        for at in reversed(self.instants(inside["of"])):
            if at < t and since + inside["duration"] > t:
                if self.ask(inside["of"], at, min(at, k), office, person)[0] is not True:
                    break
                since = at
        return now if since + inside["duration"] <= t else NOT_YET

    def predicate(self, name, inside, standing, office, person):
        law, issuers = self.law, self.case.election.issuers
        declared = [act for act, _ in office.declared]
        if name == "after":
            ends = law.term_begins if inside["date"] == "term" and "term" not in law.ends else law.ends.get(inside["date"])
            return CANNOT if ends is None else (True, ()) if ends <= standing.t else NOT_YET
        if name == "annulled":
            met = office.outcome == ("annulled",)
            return (True, office.annulled_by) if met else CANNOT if not law.row("annul") else NOT_YET
        if name == "contested":
            return (True, declared) if office.outcome == ("contested",) else NOT_YET
        if name == "challenge_window_closed":  # the law has no [challenge], and no row of that kind
            return (True, declared) if declared else NOT_YET
        if name == "no_challenge_pending":
            return True, ()
        if name == "nobody":
            if office.outcome == ("nobody",):
                return True, declared + sum(office.voted_by.values(), [])
            return CANNOT if office.outcome and office.outcome[0] == "person" else NOT_YET
        if person is None or name in STEPS:  # a predicate about X, asked of the office
            return CANNOT
        if name in ("called", "first_of"):
            return self.sources(name, inside, office, person, issuers)
        if name == "canvassed":
            return self.canvassed(inside, standing, office, person)
        if name == "ascertained":
            have, lacking = office.ascertained.get(person, 0), office.not_ascertained
            met, never = 2 * have > office.base, 2 * (have + lacking) <= office.base
            return (True, office.ascertained_by.get(person, ())) if met else CANNOT if never else NOT_YET
        if name == "voted":
            have = office.voted.get(person, 0)
            met, never = 2 * have > office.base, 2 * (have + office.not_voted) <= office.base
            if law.double or office.alternative:
                met = office.choice == ("person", person)
                never = not met and office.choice[0] != "open" or never
            return (True, office.voted_by.get(person, ())) if met else CANNOT if never else NOT_YET
        if name == "living":
            dead = [act for act in standing.by_kind.get("die", ()) if act.begins <= standing.t and act.act.get("person") == person]
            return CANNOT if dead else (True, ())
        said, kind = {"declared": (office.declared, "declare"), "in_office": (office.in_office, "oath"),
                      "conceded": (office.conceded, "concede")}[name]  # fmt: skip
        named = {one for _, one in said}
        if named == {person}:
            return True, [act for act, _ in said]
        elsewhere = len(named) == 1 and (named != {None} or name == "declared")
        possible = law.row(kind) or (name == "in_office" and office.name in law.begins)
        return CANNOT if elsewhere or not possible else NOT_YET

    def sources(self, name, inside, office, person, issuers):
        def named(source):
            persons = {act.act["person"] for act in office.calls.get(source, ())}
            return persons == {person}

        if name == "first_of":
            first = next((source for source in inside["sources"] if source in office.calls), None)
            return (True, office.calls[first]) if first and named(first) else NOT_YET
        able = {source for source in inside["by"] or issuers if source in issuers and self.law.row("call", issuers[source].role)}
        able |= {source for source in office.calls if not inside["by"] or source in inside["by"]}
        naming = [source for source in sorted(able) if named(source)]

        def counted(sources):
            outlets = inside["counting"] == "outlets"
            return len({source if outlets or source not in issuers else issuers[source].upstream for source in sources})

        if counted(naming) >= inside["at_least"]:
            return True, sum((office.calls[source] for source in naming), [])
        return CANNOT if counted(able) < inside["at_least"] else NOT_YET

    def canvassed(self, inside, standing, office, person):
        relied = []
        if not all(place in self.law.places for place in inside["places"]):
            return CANNOT
        for code in inside["places"]:
            act = standing.places[code].canvass if code in standing.places else None
            pledged = self.case.election.slates[act.slate].pledged(office.name) if act else {}
            if not act or pledged.get(person, 0) <= max((n for one, n in pledged.items() if one != person), default=0):
                return NOT_YET
            relied.append(act)
        return True, relied

    # ---- 8.10 ----

    def instants(self, *formulas):
        """In ascending order; with none given, those of a predicate."""
        key = tuple(map(id, formulas))
        if ("instants", key) not in self.asked:
            found = {one.known_at for one in self.case.all} | set(self.law.ends.values())
            found |= {end for one in self.case.all for end in (one.begins, one.certain)} - {EVER, NEVER}
            for value in formulas:
                name, inside, inner = parts(value)
                below = set(self.instants(*inner)) if inner else set()
                found |= below | ({at + inside["duration"] for at in below} if name == "held_for" else set())
                if len(found) > MOST_INSTANTS:
                    raise Unsupported("too many instants")
            self.asked["instants", key] = sorted(found)
        return self.asked["instants", key]

    def decide(self, policy, prepared, t):
        """The answer of the policy at T = K = t: None, or (outcome, acts relied on) if it is met."""
        office = self.law.offices[0] if policy["office"] == "any" and self.law.offices else policy["office"]

        def clause(name):
            return self.ask(policy[name].get("when", name), t, t, office, None)

        met = {}
        for person in [id for id, of in self.case.election.persons if of == office]:
            when = policy["person"]["when"]
            if person not in prepared:
                when = policy["another_person"].get("when", when)
            state, relied = self.ask(when, t, t, office, person)
            if state:
                met[person] = relied
        if clause("annulled")[0]:  # 1
            released, outcome, relied = policy["annulled"]["action"] == "release", {"kind": "annulled"}, clause("annulled")[1]
        elif clause("contested")[0] or len(met) > 1:  # 2
            return None
        elif met:  # 3
            (person, relied), = met.items()
            released, outcome = person in prepared, {"id": person, "kind": "person"}
        elif clause("nobody")[0]:  # 4
            released, outcome, relied = policy["nobody"]["action"] == "release", {"kind": "nobody"}, clause("nobody")[1]
        else:  # 5
            return None
        return (office, outcome, self.relied_list(t, relied)) if released else None

    def relied_list(self, t, acts):
        other = self.case.standing(t, t).cited
        cited = {(act.index, act.id): self.law.cites[other.get(act.id, act.row["cite"])] for act in acts}
        return [{"act": id, "cite": cite, "statement": index} for (index, id), cite in sorted(cited.items())]


def check_decision(proof):
    """7.8"""
    decision, policy, claimed = proof.decision, proof.file["policy"], proof.claims["attesters"]
    head, law = election.read(proof.file, decision["election"])
    keys = sorted({sha256(unbase64(one["key"])).hex() for one in claimed})
    need(keys == decision["attesters"], "7.8.3", "other attesters")
    at = instant(decision["at"])
    with check("7.8.4"):
        evaluation = Evaluation(Case(head, law, proof.statements, {one["name"] for one in claimed}))
        formulas = [clause["when"] for clause in policy.values() if isinstance(clause, dict) and "when" in clause]
        instants = [one for one in evaluation.instants(*formulas) if one <= at] if proof.full else [at]
        answers = ((evaluation.decide(policy, set(decision["prepared"]), t), t) for t in instants)
        found, t = next(((answer, t) for answer, t in answers if answer), (None, None))
        need(found, "7.8.4", "the policy is not met")
    office, outcome, relied = found
    need((outcome, office, t) == (decision["outcome"], decision["office"], at), "7.8.5", "another outcome, office or instant")
    if proof.full:
        size = 1 + max((one.index for one in evaluation.case.all if one.known_at <= t), default=-1)
        need(size == decision["record_size"], "7.8.6", "another record size")
    need(relied == decision["relied"], "7.8.7", "another list of acts relied on")
