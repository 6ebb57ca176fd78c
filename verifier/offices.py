"""Who is elected to an office: section 8.8 of docs/spec.md."""

from collections import Counter, defaultdict

from election import total


def person_of(choice):
    return choice[1] if choice[0] == "person" else None


class Office:
    def __init__(self, standing, office):
        self.name, self.law = office, standing.law
        self.first = None if office == self.law.offices[0] else standing.offices[self.law.offices[0]]
        self.list, places = self.law.ballot_list(office), standing.places.values()
        self.base = total(place.electors for place in places) - sum(place.outside_base() for place in places)
        self.ascertained, self.voted = Counter(), Counter()
        self.ascertained_by, self.voted_by = defaultdict(list), defaultdict(list)
        for place in places:
            for person, electors in place.pledged.get(office, {}).items():
                self.ascertained[person] += electors
                self.ascertained_by[person] += place.by
            for person, votes in place.votes.get(self.list, {}).items():
                self.voted[person] += votes
                self.voted_by[person] += [place.vote, *place.by]
        total(self.ascertained.values()), total(self.voted.values())
        self.not_ascertained = sum(place.electors for place in places if place.appointment in ("unknown", "contested"))
        self.not_voted = sum(place.silent() for place in places)
        self.choice = self.choose(self.base, self.voted, self.not_voted)
        self.alternatives = [place for place in places if place.alternative]
        if any(person_of(self.choose_without(place)) != person_of(self.choice) for place in self.alternatives):
            self.choice = ("open",)
        self.chosen = self.contingent(standing)
        self.elected = person_of(self.choice) or self.chosen
        self.read_acts(standing)
        self.outcome = self.find_outcome()

    def choose_without(self, place):
        less = {person: votes - place.votes.get(self.list, {}).get(person, 0) for person, votes in self.voted.items()}
        return self.choose(self.base - place.electors + place.outside_base(), less, self.not_voted - place.silent())

    def choose(self, base, voted, not_voted):
        """("person", X), ("nobody",), ("tied", persons) or ("open",)"""
        if not self.law.double:
            person = next((person for person in sorted(voted) if 2 * voted[person] > base), None)
            return ("person", person) if person else ("open",) if not_voted else ("nobody",)
        if self.first:
            voted = {person: votes for person, votes in voted.items() if person != self.first.elected}
        best, second, *_ = sorted(voted.values(), reverse=True) + [0, 0]
        leaders = sorted(person for person, votes in voted.items() if votes == best > 0)
        if (self.first and not self.first.elected) or (not_voted and best <= second + not_voted):
            return ("open",)
        if not self.first and 2 * best <= base:
            return ("open",) if not_voted else ("nobody",)
        return ("person", leaders[0]) if len(leaders) == 1 else ("tied", leaders) if leaders else ("nobody",)

    def contingent(self, standing):
        """The person whom a chamber has chosen, or None."""
        rule = next((one for one in self.law.counting.get("contingent", []) if one["office"] == self.name), None)
        if not rule or self.choice[0] not in ("nobody", "tied"):
            return None
        ranks = sorted(self.voted.values(), reverse=True)[: rule["from_highest"]]
        eligible = [person for person, votes in self.voted.items() if ranks and votes >= ranks[-1]]
        eligible = self.choice[1] if self.choice[0] == "tied" else eligible
        states, by_state = self.law.states - self.law.shut_out, rule["votes"] == "by_state"
        entitled = len(states) * (1 if by_state else 2)
        for act in sorted(standing.find("contingent_vote", office=self.name), key=lambda act: act.ballot):
            if act.holder.role != rule["chamber"] or (act.states is not None) != by_state:
                continue
            given = act.states or {}
            sums = Counter(filter(None, given.values())) if by_state else act.votes[self.name]
            present = len(given) if by_state else total(sums.values())
            counted = set(given) <= states and set(sums) <= set(eligible) and present <= entitled
            winner = next((person for person in sums if 2 * sums[person] > entitled), None)
            if counted and 3 * present >= 2 * entitled and winner:
                return winner
        return None

    def read_acts(self, standing):
        self.calls = defaultdict(list)  # issuer -> its calls
        for act in standing.find("call", self.law.nation, office=self.name):
            self.calls[act.issuer].append(act)
        declared = [(act, act.elected[self.name]) for act in standing.find("declare") if self.name in act.elected]
        self.declared = [one for one in declared if one[1] is not None or not self.chosen]
        self.in_office = [(act, act.person) for act in standing.find("oath", office=self.name)]
        self.conceded = [(act, act.person) for act in standing.find("concede", office=self.name) if act.person]
        if self.name in self.law.begins and self.law.term_begins <= standing.t:  # 8.12.5
            self.in_office += [one for one in self.declared if one[1] is not None]
        self.annulled_by = standing.find("annul", office=self.name)

    def find_outcome(self):
        """("person", X), ("nobody",), ("annulled",), ("contested",) or None for nobody yet."""
        declared, holders = {person for _, person in self.declared}, {person for _, person in self.in_office}
        if self.annulled_by and not declared and not holders:
            return ("annulled",)
        named = holders if len(holders) == 1 else declared or ({self.chosen} if self.chosen else set())
        if named:
            return ("contested",) if len(named) > 1 else ("nobody",) if named == {None} else ("person", *named)
        return ("nobody",) if self.not_voted == 0 and self.voted and self.choice[0] in ("nobody", "tied") else None
