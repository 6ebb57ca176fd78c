"""The answer of a policy, and the first decision: 8.9 and 8.10 of docs/spec.md; the checks of 7.8.

A decision rests on what is met alone: that a formula *cannot* be met any more is nowhere computed.
"""

import functools
import itertools

from acts import Reading, follow
from election import Election, Law, Unsupported, elsewhere
from forms import EVER, NEVER, instant, need, read_policy, under
from standing import Standing

MOST_WORK = 20_000_000  # acts to be looked at; a proof that asks for more is not decided here


class Evaluation:
    """Of a policy, over statements (index, id, attester, known_at, act), with messages prepared for some persons."""

    def __init__(self, election, law, statements, enrolled, policy, prepared):
        self.election, self.law, self.policy, self.prepared = election, law, policy, prepared
        self.office = law.offices[0] if policy["office"] == "any" and law.offices else policy["office"]
        self.formulas = read_policy(policy)
        readings = [Reading(election, law, *one) for one in statements]
        readings.sort(key=lambda one: (one.known_at, one.statement, one.attester, one.index))  # 8.2.1
        self.standing = functools.cache(lambda t: Standing(election, law, follow(readings, t, enrolled), t))
        self.ask, self.instants = functools.cache(self.answer), functools.cache(self.instants_of)
        ends = {end for one in readings for end in (one.known_at, one.begins, one.certain)} - {EVER, NEVER}
        self.readings, self.of_predicate = readings, ends | set(law.ends.values())  # 8.10

    # ---- 8.9 ----

    def answer(self, formula, t, person):
        """The acts relied on if the formula is met, of a person or of the office; otherwise None."""
        standing, answers = self.standing(t), [self.ask(part, t, person) for part in formula.parts]
        if formula.parts:
            met = [relied for relied in answers if relied is not None]
            good, relied = len(met) >= formula.needed, sum(met, [])
        elif self.office in standing.offices:
            good, relied = self.predicate(formula, standing, standing.offices[self.office], person)
        else:
            return None
        if good and formula.duration:  # `held_for`: since when it has been met without a break
            before = reversed([at for at in self.instants(formula.parts[0]) if at < t])
            lasting = itertools.takewhile(lambda at: self.ask(formula.parts[0], at, person) is not None, before)
            good = min(lasting, default=t) + formula.duration <= t
        return relied if good else None

    def predicate(self, formula, standing, office, person):
        """(met, relied on)"""
        declared, t = [act for act, _ in office.said["declared"]], standing.t
        answers = {  # of the office
            "after": ({"term": self.law.term_begins, **self.law.ends}.get(formula.inside.get("date"), NEVER) <= t, []),
            "annulled": (office.outcome == "annulled", office.annulled_by),
            "contested": (office.outcome == "contested", declared),
            "nobody": (office.outcome == "nobody", declared + sum(office.voted_by.values(), [])),
            "challenge_window_closed": (bool(declared), declared),  # no law that is read has [challenge]
            "no_challenge_pending": (True, []),  # nor a row of that kind
        }
        if person is not None:
            answers |= {
                "ascertained": (2 * office.ascertained[person] > office.base, office.ascertained_by[person]),
                "voted": (person in office.winners, office.voted_by[person]),
                "living": (person not in standing.dead, []),
            }
            for name, said in office.said.items():
                answers[name] = ({one for _, one in said} == {person}, [act for act, _ in said])
        if person is None or formula.name in answers:
            return answers.get(formula.name, (False, []))
        do = called if formula.name == "called" else elsewhere(formula.name)
        return do(standing, office, person, **formula.inside)

    # ---- 8.10 ----

    def instants_of(self, formula):
        found = self.of_predicate.union(*map(self.instants, formula.parts))
        found |= {at + formula.duration for at in found}
        if len(found) * len(self.readings) * (1 + len(self.law.offices)) > MOST_WORK:
            raise Unsupported("too much work")
        return sorted(found)

    def met(self, clause, t, person=None):
        """If a clause is met: [(its action, the outcome, what is relied on)]"""
        outcome = {"id": person, "kind": "person"} if person else {"kind": clause}
        relied = self.ask(self.formulas[clause], t, person)
        return [] if relied is None else [(self.policy[clause].get("action", "release"), outcome, relied)]

    def decide(self, t):
        """The answer of the policy at T = K = t: (t, office, outcome, relied), or None if nothing is to be released."""
        of_persons = [one for person, office in self.election.persons if office == self.office
                      for one in self.met("person" if person in self.prepared else "another_person", t, person)]
        applies = self.met("annulled", t) or self.met("contested", t) or of_persons or self.met("nobody", t)
        if len(applies) != 1 or applies[0][0] != "release":  # several persons are contested: never released (5.4.4)
            return None
        (_, outcome, acts), = applies
        other = self.standing(t).cited
        cited = {(act.index, act.id): self.law.cites[other.get(act, act.row["cite"])] for act in acts}
        relied = [{"act": id, "cite": cite, "statement": index} for (index, id), cite in sorted(cited.items())]
        return t, self.office, outcome, relied

    def first(self, until=NEVER):
        """The first decision up to an instant, or None."""
        instants = set().union(*map(self.instants, self.formulas.values()))
        return next(filter(None, (self.decide(t) for t in sorted(instants) if t <= until)), None)

    def record_size(self, t):
        return 1 + max((one.index for one in self.readings if one.known_at <= t), default=-1)


def called(standing, office, person, at_least, by, counting):
    calls = [call for call in office.calls if not by or call.issuer in by]
    elsewise = {call.issuer for call in calls if call.person != person}
    naming = [call for call in calls if call.issuer not in elsewise]
    distinct = {call.issuer if counting == "outlets" else call.holder.upstream for call in naming}
    return len(distinct) >= at_least, naming


def check_decision(proof):
    """7.8"""
    decision, at = proof.decision, instant(proof.decision["at"])
    election = under("7.8.1", Election, proof.file["election"], decision["election"])
    law = under("7.8.2", Law, proof.file["law"], election)
    need(sorted(proof.names) == decision["attesters"], "7.8.3", "other attesters")
    enrolled, prepared = {one["name"] for one in proof.claims["attesters"]}, set(decision["prepared"])
    evaluation = under("7.8.4", Evaluation, election, law, proof.statements, enrolled, proof.file["policy"], prepared)
    found = under("7.8.4", evaluation.first if proof.full else evaluation.decide, at)
    need(found, "7.8.4", "the policy is not met")
    need(found[:3] == (at, decision["office"], decision["outcome"]), "7.8.5", "another outcome, office or instant")
    need(not proof.full or evaluation.record_size(at) == decision["record_size"], "7.8.6", "another record size")
    need(found[3] == decision["relied"], "7.8.7", "another list of acts relied on")
