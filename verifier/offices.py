"""Who is elected to an office: section 8.8 of docs/spec.md."""

from election import total


def add(sums, person, votes):
    sums[person] = sums.get(person, 0) + votes


def person_of(choice):
    return choice[1] if choice[0] == "person" else None


class Office:
    def __init__(self, standing, office):
        self.name, self.law = office, standing.law
        self.first = None if office == self.law.offices[0] else standing.offices[self.law.offices[0]]
        places = standing.places
        self.base = total(place.electors for place in places.values()) - sum(place.outside_base() for place in places.values())
        self.ascertained, self.ascertained_by, self.voted, self.voted_by = {}, {}, {}, {}
        for place in places.values():
            for person, electors in place.pledged.get(office, {}).items():
                add(self.ascertained, person, electors)
                self.ascertained_by.setdefault(person, []).extend(place.by)
            for person, votes in self.votes_of(place).items():
                add(self.voted, person, votes)
                self.voted_by.setdefault(person, []).extend([place.vote, *place.by])
        total(self.ascertained.values()), total(self.voted.values())
        self.not_ascertained = total(place.electors for place in places.values() if place.appointment in ("unknown", "contested"))
        self.not_voted = total(self.silent(place) for place in places.values())
        self.choice = self.choose(self.base, self.voted, self.not_voted)
        alternatives = [place for place in places.values() if place.alternative]
        self.alternative = bool(alternatives)
        if any(person_of(self.choose_without(place)) != person_of(self.choice) for place in alternatives):
            self.choice = ("open",)
        self.chosen = self.contingent(standing)
        self.elected = person_of(self.choice) or self.chosen
        self.read_acts(standing)
        self.outcome = self.find_outcome()

    def votes_of(self, place):
        return place.votes.get(self.law.ballot_list(self.name), {})

    def silent(self, place):
        return 0 if place.vote or place.appointment == "not appointed" else place.electors

    def choose_without(self, place):
        less = {person: votes - self.votes_of(place).get(person, 0) for person, votes in self.voted.items()}
        return self.choose(self.base - place.electors + place.outside_base(), less, self.not_voted - self.silent(place))

    def choose(self, base, voted, not_voted):
        """("person", X), ("nobody",), ("tied", persons) or ("open",)"""
        if not self.law.double:
            person = next((person for person in sorted(voted) if 2 * voted[person] > base), None)
            return ("person", person) if person else ("nobody",) if not_voted == 0 else ("open",)
        if self.first:
            if not self.first.elected:
                return ("open",)
            voted = {person: votes for person, votes in voted.items() if person != self.first.elected}
        ranks = sorted(voted.values(), reverse=True) + [0, 0]
        best = sorted(person for person, votes in voted.items() if votes == ranks[0] > 0)
        if not_voted and ranks[0] <= ranks[1] + not_voted:
            return ("open",)
        if not self.first and 2 * ranks[0] <= base:
            return ("open",) if not_voted else ("nobody",)
        return ("person", best[0]) if len(best) == 1 else ("tied", best) if best else ("nobody",)

    def contingent(self, standing):
        """The person whom a chamber has chosen, or None."""
        rule = next((one for one in self.law.counting.get("contingent", []) if one["office"] == self.name), None)
        if not rule or self.choice[0] not in ("nobody", "tied"):
            return None
        ranks = sorted(self.voted.values(), reverse=True)[: rule["from_highest"]]
        eligible = {person for person, votes in self.voted.items() if ranks and votes >= ranks[-1]}
        eligible = set(self.choice[1]) if self.choice[0] == "tied" else eligible
        states, by_state = {code for code in standing.places if self.law.places[code][1]}, rule["votes"] == "by_state"
        entitled = len(states) * (1 if by_state else 2)
        ballots = [act for act in standing.kind("contingent_vote") if act.act["office"] == self.name
                   and act.holding[0] == rule["chamber"] and ("states" in act.act) == by_state]  # fmt: skip
        for act in sorted(ballots, key=lambda act: act.act["ballot"]):
            given, sums = act.act.get("states", {}), {} if by_state else act.act["votes"][self.name]
            for person in given.values():
                if person is not None:
                    add(sums, person, 1)
            present = len(given) if by_state else total(sums.values())
            counted = set(given) <= states and set(sums) <= eligible and present <= entitled and 3 * present >= 2 * entitled
            winner = next((person for person in sums if 2 * sums[person] > entitled), None)
            if counted and winner:
                return winner
        return None

    def read_acts(self, standing):
        law, name, self.calls = self.law, self.name, {}  # issuer -> its calls
        for act in standing.kind("call"):
            if act.act["office"] == name and act.place == law.nation:
                self.calls.setdefault(act.issuer, []).append(act)
        declared = [(act, act.act["elected"][name]) for act in standing.kind("declare") if name in act.act["elected"]]
        self.declared = [one for one in declared if one[1] is not None or not self.chosen]
        named = {kind: [(act, act.act["person"]) for act in standing.kind(kind) if act.act.get("office") == name and "person" in act.act]
                 for kind in ("oath", "concede")}  # fmt: skip
        self.in_office, self.conceded = named["oath"], named["concede"]
        if name in law.begins and law.term_begins is not None and law.term_begins <= standing.t:  # 8.12.5
            self.in_office = self.in_office + [one for one in self.declared if one[1] is not None]
        self.annulled_by = [act for act in standing.kind("annul") if act.act["office"] == name]

    def find_outcome(self):
        """("person", X), ("nobody",), ("annulled",), ("contested",) or None for nobody yet."""
        declared, holders = {person for _, person in self.declared}, {person for _, person in self.in_office}
        if self.annulled_by and not declared and not holders:
            return ("annulled",)
        if len(holders) == 1:
            return ("person", *holders)
        if declared:
            return ("contested",) if len(declared) > 1 else ("nobody",) if declared == {None} else ("person", *declared)
        if self.chosen:
            return ("person", self.chosen)
        decided = self.not_voted == 0 and self.voted and self.choice[0] in ("nobody", "tied")
        return ("nobody",) if decided else None
