"""Who is elected to an office: section 8.8 of docs/spec.md.

A *choice* is a list: of the person chosen, of those tied, or empty for *nobody*. It is None while *open*.
"""

from collections import Counter, defaultdict

from election import total

STEPS = ("certified", "validated", "accepted", "diploma", "published")  # said by nobody: no law that is read has them


def tally(parts):
    """Of what places give, and the acts by which they do: per person the sum, and the acts."""
    sums, acts = Counter(), defaultdict(list)
    for given, by in parts:
        for person, number in given.items():
            sums[person] += number
            acts[person] += by
    total(sums.values())
    return sums, acts


def person_of(choice):
    return choice[0] if choice and len(choice) == 1 else None


class Office:
    def __init__(self, standing, office):
        self.name, self.law, places = office, standing.law, list(standing.places.values())
        self.first = standing.offices.get(self.law.offices[0])  # None for the first office itself
        self.ascertained, self.ascertained_by = tally((place.pledged.get(office, {}), place.by) for place in places)
        self.base, self.not_voted, self.voted, self.voted_by = counted = self.count(places)
        self.choice = self.choose(*counted)
        # The places but one that has an alternative, for each such place. Without a person, two choices are the same.
        self.without = [[one for one in places if one is not place] for place in places if place.alternative]
        if any(person_of(self.choose(*self.count(rest))) != person_of(self.choice) for rest in self.without):
            self.choice = None
        self.chosen = self.contingent(standing)
        self.elected = person_of(self.choice) or self.chosen
        # 8.9: for whom `voted` is met
        majority = [person for person, votes in self.voted.items() if 2 * votes > self.base]
        self.winners = [person_of(self.choice)] if self.law.double or self.without else majority
        self.calls, self.annulled_by = standing.find("call", self.law.nation, office=office), []
        declared = [(act, act.elected[office]) for act in standing.find("declare") if office in act.elected]
        self.said = dict.fromkeys(STEPS, []) | {  # what is said of whom: the acts, each with a person or None
            "declared": [one for one in declared if one[1] is not None or not self.chosen],
            "in_office": [(act, act.person) for act in standing.find("oath", office=office)],
            "conceded": [(act, act.person) for act in standing.find("concede", office=office) if act.person],
        }
        for extend in self.law.beyond:
            extend(standing, self)
        self.outcome = self.find_outcome()

    def count(self, places):
        """The base, the electors who have not voted, and the votes with their acts."""
        votes = ((place.votes.get(self.law.lists[self.name], {}), [place.vote, *place.by]) for place in places)
        base = total(place.electors for place in places) - sum(place.outside for place in places)
        return base, sum(place.silent for place in places), *tally(votes)

    def choose(self, base, not_voted, voted, _):
        undecided = None if not_voted else []
        if not self.law.double:  # separate ballots
            return [person for person in sorted(voted) if 2 * voted[person] > base][:1] or undecided
        if self.first:  # of two votes for one list, an office after the first
            voted = {person: votes for person, votes in voted.items() if person != self.first.elected}
        best, second, *_ = sorted(voted.values(), reverse=True) + [0, 0]
        leaders = sorted(person for person, votes in voted.items() if votes == best > 0)
        if (self.first and not self.first.elected) or (not_voted and best <= second + not_voted):
            return None
        return leaders if self.first or 2 * best > base else undecided

    def contingent(self, standing):
        """The person whom a chamber has chosen, or None."""
        rule = next((one for one in self.law.counting["contingent"] if one["office"] == self.name), None)
        if not rule or self.choice is None or len(self.choice) == 1:
            return None
        ranks = sorted(self.voted.values(), reverse=True)[: rule["from_highest"]]
        highest = [person for person, votes in self.voted.items() if ranks and votes >= ranks[-1]]
        eligible, by_state = set(self.choice or highest), rule["votes"] == "by_state"
        states = self.law.states - self.law.shut_out  # places that are no states choose nobody here
        entitled = len(states) if by_state else 2 * len(states)
        ballots = [act for act in standing.find("contingent_vote", office=self.name)
                   if act.holder.role == rule["chamber"] and (act.states is not None) == by_state]  # fmt: skip
        for act in sorted(ballots, key=lambda act: act.ballot):
            given = act.states or {}
            sums = Counter(filter(None, given.values())) if by_state else act.votes[self.name]
            present = len(given) if by_state else total(sums.values())
            counted = set(given) <= states and set(sums) <= eligible and 2 * entitled <= 3 * present <= 3 * entitled
            winners = [person for person in sums if 2 * sums[person] > entitled]
            if counted and winners:
                return winners[0]
        return None

    def find_outcome(self):
        """What it is: "annulled", "person", "contested", "nobody", or None for nobody yet."""
        declared, holders = ({person for _, person in self.said[name]} for name in ("declared", "in_office"))
        if self.annulled_by and not declared and not holders:
            return "annulled"
        named = holders if len(holders) == 1 else declared or {self.chosen} - {None}
        if named:
            return "contested" if len(named) > 1 else "nobody" if named == {None} else "person"
        none = self.choice is not None and len(self.choice) != 1
        return "nobody" if none and not self.not_voted and self.voted else None
