"""For the tests alone: random elections, laws, acts and policies, made into well signed proofs that both verifiers judge.

    ASCERTAIN=path python3 verifier/fuzz.py SEED COUNT

Prints each proof on which the verdicts differ, or the stage at which they fail, and keeps it in a folder.
"""

import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import election  # noqa: E402
import forms  # noqa: E402
import history  # noqa: E402
import maker  # noqa: E402
import verify  # noqa: E402

STAGES = {"7.1": "form", "7.2": "decision", "7.3": "hashes", "7.4": "checkpoint", "7.5": "entries", "7.6": "tree", "7.7": "bodies",
          "7.8": "decision re-derived", "7.9": "trust"}  # fmt: skip
TIMES = ["2040-11-20T12:00:00Z", "2040-12-01T12:00:00Z", "2040-12-02T12:00:00Z", "2040-12-10T12:00:00Z", "2040-12-17T12:00:00Z",
         "2040-12-18T12:00:00Z", "2041-01-03T12:00:00Z", "2041-01-06T18:00:00Z", "2041-01-07T18:00:00Z", "2041-01-20T16:00:00Z",
         "2041-01-20T17:00:00Z", "2041-01-21T12:00:00Z"]  # fmt: skip
ATTESTERS = [(maker.Key("attester one"), "one"), (maker.Key("attester two"), "two")]
STRANGER = maker.Key("stranger")


def black_box(binary, data, trust=None):
    """(verdict, the stage that fails or None, its words)"""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "decision.proof"
        path.write_bytes(data)
        extra = ["--trust", str(trust)] if trust else []
        done = subprocess.run([binary, "verify", str(path), "--json", *extra], capture_output=True, text=True)
    try:
        found = json.loads(done.stdout)
        failed = next((one for one in found["checks"] if not one["holds"]), {"name": None, "detail": ""})
        return found["verdict"], failed["name"], failed["detail"]
    except (ValueError, KeyError):
        return f"exit {done.returncode}", None, done.stdout[-200:] + done.stderr[-200:]


def ours(data, trust=None):
    verdict, number, why = verify.verdict_of_proof(data, trust)
    return verdict, STAGES[number[:3]] if number else None, f"{number}: {why}"


def random_law(rng, law):
    """The made-up college's procedure with another regime of the count."""
    text = law["procedure.toml"]
    double = rng.random() < 0.3
    rows = ""
    for kind, role, extra in (("concede", "officer-elect", ""), ("rule_on_objection", "commission", ""), ("contingent_vote", "lower", ""),
                              ("order", "congress", ""), ("declare", "house", ""), ("contingent_vote", "house", ""),
                              ("contingent_vote", "senate", ""), ("order", "court", ""), ("die", "news", "")):  # fmt: skip
        if rng.random() < 0.7:
            rows += f'[[authority]]\nkind = "{kind}"\nrole = "{role}"\n{extra}cite = "rule"\n\n'
    rivals = rng.choice(['"certificate"', '"chambers_agree"', '{ decided_by = "commission" }'])
    counting = f"""[counting]
chambers = ["senate", "house"]
rejects = "{rng.choice(["every_chamber", "any_chamber"])}"
rivals = {rivals}
objection_needs = {rng.choice(['["senate", "house"]', '["senate"]', "[]"])}
objection_signed_by = "{rng.choice(["one_member", "one_member", "one_fifth"])}"
rejected_leave_base = {rng.choice(['"never"', '"always"', '"not_lawfully_certified"', "true", "false"])}
short_certificate_leaves_base = {rng.choice(["true", "false"])}
cite = "objections"
"""
    if double:
        counting += 'ballot = { double = { list = "both" } }\n'
    if rng.random() < 0.3:
        counting += 'certificate_closes = "electors-vote"\n'
    if rng.random() < 0.8:
        for office, chamber, votes, highest in (("president", "house", "by_state", rng.choice([1, 2, 3])),
                                                ("vice_president", "senate", rng.choice(["by_state", "by_two_of_each_state"]), 2)):  # fmt: skip
            counting += f'[[counting.contingent]]\noffice = "{office}"\nchamber = "{chamber}"\nvotes = "{votes}"\nfrom_highest = {highest}\ncite = "rule"\n'
    if rng.random() < 0.2:
        counting += '[[excluded]]\nelection = 2040\nstates = ["W"]\ncite = "rule"\n'
    if rng.random() < 0.2:
        counting += '[[fixed]]\nid = "count"\nelection = 2040\ndate = "2041-01-07"\ncite = "rule"\n'
    start, end = text.index("[counting]"), text.index("[[date]]")
    text = text[:start] + rows + counting + "\n" + text[end:]
    if rng.random() < 0.3:
        text = text.replace('needs = "appointment"\n', "")
    if rng.random() < 0.2:
        text = text.replace('name = "President"\n', 'name = "President"\nbegins = "term"\n')
    return {**law, "procedure.toml": text}, double


class Scenario:
    def __init__(self, rng, head, law):
        zero = "n-zero,N,N,5,ada,cyn,\nn-zero,N,N-1,0,bob,dan,\nw-dan,W,W,3,dan,ada,\n"
        self.rng, self.head = rng, {**head, "slates.csv": head["slates.csv"] + zero}
        self.law, self.double = random_law(rng, law)
        self.made, self.ids = [], collections.defaultdict(list)  # kind -> ids
        self.slates = ["n-red", "n-blue", "e-red", "e-blue", "s-red", "s-blue", "w-red", "w-blue", "s-split", "s-even", "n-big", "n-short",
                       "n-zero", "w-dan", "x-red", "missing"]  # fmt: skip
        self.electors = dict(zip(self.slates, (5, 5, 4, 4, 4, 4, 3, 3, 4, 4, 6, 4, 5, 3, 3, 1)))

    def bounds(self, at, loose=0.2):
        rng, found = self.rng, {}
        if rng.random() > 0.15:
            found["not_before"] = at
            found["not_before_basis"] = "act"
        if rng.random() > 0.08:
            later = rng.choice([time for time in TIMES if time >= at]) if rng.random() < loose else at
            found["not_after"], found["not_after_basis"] = later, "report"
        return found

    def act(self):
        rng = self.rng
        kind = rng.choices(
            ("ascertain", "elector_vote", "canvass", "call", "open", "object", "rule_on_objection", "declare", "oath", "annul", "order",
             "announce", "contingent_vote", "concede", "die", "report"), (14, 16, 4, 8, 1, 7, 12, 6, 5, 2, 4, 2, 6, 2, 1, 1))[0]  # fmt: skip
        place = rng.choice("NNEESSWX")
        slate = rng.choice([one for one in self.slates if one[0].upper() == place] or self.slates)
        person = lambda: rng.choice(("ada", "ada", "ada", "bob", "cyn", "dan"))  # noqa: E731
        office = rng.choice(("president", "president", "vice_president"))
        act = {"kind": kind, "channel": "paper", "sources": ["paper"]}
        if kind == "ascertain":
            act |= {"issuer": place.lower() + rng.choice(["-gov"] * 8 + ["-old", "-new", "-court", "-acting"]), "jurisdiction": place}
            act |= {"none_appointed": True} if rng.random() < 0.1 else {"slate": slate}
            if "slate" in act and rng.random() < 0.3:
                act["not_appointed"] = rng.choice([0, 1, 2])
        elif kind == "elector_vote":
            act |= {"issuer": slate, "jurisdiction": place, "slate": slate, "votes": self.votes(slate)}
            if rng.random() < 0.1:
                act["ballots"] = [{"elector": f"E{n}", "votes": {"president": person()}} for n in rng.choice([(1, 2), (1, 1), (1,)])]
        elif kind == "canvass":
            act |= {"issuer": place.lower() + "-can", "jurisdiction": place, "slate": slate}
        elif kind == "call":
            act |= {"issuer": rng.choice(["alpha", "beta", "gamma", "zeta", "speaker"]), "office": office, "person": person(),
                    "jurisdiction": rng.choice(["U", "U", "U", "N"])}  # fmt: skip
        elif kind == "open":
            act |= {"issuer": "speaker"}
        elif kind == "object":
            act |= {"issuer": "members", "signed_by": rng.choice([["senate", "house"], ["senate", "house"], ["senate"], []])}
            act |= {"of": self.some("elector_vote", "elector_vote", "rule_on_objection")}
            if rng.random() < 0.3:
                act |= {"office": "both" if self.double else office, "person": person()}
            if rng.random() < 0.5:
                act["ground"] = rng.choice(["not_lawfully_certified", "not_regularly_given"])
            if rng.random() < 0.6:
                act["signers"] = {role: {"signed": rng.choice([0, 19, 20]), "sworn": 100} for role in act["signed_by"]}
        elif kind == "rule_on_objection":
            act |= {"issuer": rng.choice(["upper", "lower", "upper", "lower", "body", "speaker"]), "of": self.some("object"),
                    "sustained": rng.random() < 0.55}  # fmt: skip
        elif kind == "declare":
            elected = {"president": rng.choice([None, "ada", "ada", "ada", "bob"])}
            if rng.random() < 0.5:
                elected["vice_president"] = rng.choice([None, "cyn", "dan"])
            act |= {"issuer": rng.choice(["speaker", "speaker", "speaker", "lower", "n-speaker"]), "elected": elected}
        elif kind == "oath":
            act |= {"issuer": rng.choice(["ada", "bob", "cyn", "n-elect"]), "office": office, "person": person()}
        elif kind == "annul":
            act |= {"issuer": rng.choice(["u-court", "n-court"]), "office": office}
        elif kind in ("order", "announce"):
            act |= {"issuer": rng.choice(["both", "both", "u-court", "n-court"]), "kind": "order"}
            if kind == "announce":
                act |= {"announce": "alternative", "jurisdiction": place}
        elif kind == "contingent_vote":
            form = {"states": {one: rng.choice(["ada", "ada", "bob", None]) for one in rng.sample("NESWX", rng.choice([3, 4, 4, 4, 5]))}}
            if rng.random() < 0.4:
                form = {"votes": {office: {person(): rng.randrange(0, 9) for _ in range(rng.choice([1, 2]))}}}
            act |= {"issuer": rng.choice(["lower", "upper"]), "office": office, "ballot": rng.choice([0, 1, 2]), **form}
        else:
            act |= {"issuer": rng.choice(["ada", "bob", "alpha"]), "person": person(), "office": office}
        self.finish(act)
        return act

    def put(self, at, **act):
        """A plain act that stands from `at` on."""
        act |= {"channel": "paper", "sources": ["paper"], "id": f"b{len(self.made):02d}"}
        act["issued"] = {"not_before": at, "not_before_basis": "act", "not_after": at, "not_after_basis": "act"}
        self.ids[act["kind"]].append(act["id"])
        self.made.append((ATTESTERS[0][0], act["id"], act, at))
        return act["id"]

    def coherent(self):
        """An election as it might be: certificates, votes, several returns, objections, rulings, ballots."""
        rng = self.rng
        for place in "NESW":
            slates = [one for one in self.slates[:14] if one[0].upper() == place]
            first, second = rng.choice(slates[:2]), rng.choice(slates)
            if rng.random() < 0.85:
                self.put(TIMES[3], kind="ascertain", issuer=place.lower() + "-gov", jurisdiction=place, slate=first)
            if rng.random() < 0.85:
                self.put(TIMES[4], kind="elector_vote", issuer=first, jurisdiction=place, slate=first, votes=self.votes(first))
            if rng.random() < 0.4 and second != first:
                vote = self.put(rng.choice(TIMES[4:6]), kind="elector_vote", issuer=second, jurisdiction=place, slate=second, votes=self.votes(second))
                self.contest(vote, rng.random() < 0.6)
            if rng.random() < 0.4:
                self.contest(self.ids["elector_vote"][-1] if self.ids["elector_vote"] else "a00", rng.random() < 0.6)
            if rng.random() < 0.15:
                self.put(TIMES[7], kind="order", issuer="both", announce="alternative", jurisdiction=place)
        for chamber, office in (("lower", "president"), ("upper", "vice_president")):
            if rng.random() < 0.4:
                votes = {"states": {one: rng.choice(["ada", "ada", "bob", "cyn"]) for one in "NESW"}}
                if rng.random() < 0.4:
                    votes = {"votes": {office: {"cyn": 5, "dan": rng.randrange(3)}}}
                self.put(TIMES[7], kind="contingent_vote", issuer=chamber, office=office, ballot=1, **votes)

    def contest(self, vote, sustained):
        rng = self.rng
        extra = {} if rng.random() < 0.7 else {"office": "both" if self.double else "president", "person": rng.choice(["ada", "bob"])}
        extra |= {"ground": rng.choice(["not_lawfully_certified", "not_regularly_given"])} if rng.random() < 0.7 else {}
        signers = {role: {"signed": 20, "sworn": 100} for role in ("senate", "house")}
        one = self.put(TIMES[7], kind="object", issuer="members", signed_by=["senate", "house"], signers=signers, of=vote, **extra)
        for chamber in ("upper", "lower", "body"):
            if rng.random() < 0.85:
                agreed = sustained if rng.random() < 0.85 else not sustained
                ruling = self.put(rng.choice(TIMES[7:9]), kind="rule_on_objection", issuer=chamber, of=one, sustained=agreed)
                if chamber == "body" and rng.random() < 0.3 and extra is not None:
                    self.contest_ruling(ruling)

    def contest_ruling(self, ruling):
        signers = {role: {"signed": 20, "sworn": 100} for role in ("senate", "house")}
        one = self.put(TIMES[8], kind="object", issuer="members", signed_by=["senate", "house"], signers=signers, of=ruling)
        for chamber in ("upper", "lower"):
            self.put(TIMES[8], kind="rule_on_objection", issuer=chamber, of=one, sustained=self.rng.random() < 0.7)

    def some(self, *kinds):
        ids = self.ids[self.rng.choice(kinds)]
        return self.rng.choice(ids) if ids and self.rng.random() < 0.9 else f"a{self.rng.randrange(80):02d}"

    def votes(self, slate):
        rng, most = self.rng, self.electors[slate]
        blue = "blue" in slate
        first, second = ("bob", "dan") if blue else ("ada", "cyn")
        off = rng.random() < 0.15
        stray = rng.randrange(0, most + 2) if off else 0
        if self.double:
            return {"both": {first: most - min(stray, most), second: most, **({"eve": stray} if off else {})}}
        votes = {"president": {first: most - min(stray, most), **({"bob" if not blue else "ada": stray} if off else {})}}
        if rng.random() < 0.8:
            votes["vice_president"] = {second: most}
        return votes

    def finish(self, act):
        rng = self.rng
        act["id"] = f"a{len(self.made):02d}" if rng.random() > 0.08 or not self.made else rng.choice(self.made)[2]["id"]
        early = {"ascertain": TIMES[:5], "elector_vote": TIMES[3:7], "oath": TIMES[8:], "declare": TIMES[6:], "call": TIMES[:6]}
        at = rng.choice(early.get(act["kind"], TIMES) if rng.random() < 0.9 else TIMES)
        act["issued"] = self.bounds(at)
        if rng.random() < 0.1:
            act["effective"] = self.bounds(rng.choice(TIMES))
        if rng.random() < 0.17 and self.made:
            target = rng.choice(self.made)[2]["id"]
            same = [one[2] for one in self.made if one[2]["kind"] == act["kind"]]
            if same and rng.random() < 0.6:
                other = rng.choice(same)
                target = other["id"]
                act["issuer"] = other["issuer"] if act["kind"] != "elector_vote" else act["issuer"]
            if target != act["id"]:
                act[rng.choice(forms.ENDINGS)] = target
        if act["kind"] == "order" and self.made and not any(ending in act for ending in forms.ENDINGS) and rng.random() < 0.7:
            target = rng.choice(self.made)[2]["id"]
            if target != act["id"]:
                act["revokes"] = target
        statement = f"s{len(self.made):02d}" if rng.random() > 0.05 or not self.made else rng.choice(self.made)[1]
        if rng.random() < 0.07 and self.made:
            act["amends"] = rng.choice(self.made)[1]
        bound = max([at, *[act["issued"][end] for end in ("not_before", "not_after") if end in act["issued"]]])
        known_at = rng.choice([time for time in TIMES if time >= bound]) if rng.random() < 0.3 else bound
        key = rng.choices((ATTESTERS[0][0], ATTESTERS[1][0], STRANGER), (12, 2, 1))[0]
        self.ids[act["kind"]].append(act["id"])
        self.made.append((key, statement, act, known_at))

    def statements(self, shuffled):
        order = list(self.made)
        if shuffled:
            self.rng.shuffle(order)
        else:
            order.sort(key=lambda one: one[3])
        return [(key, "college-2040", statement, known_at, {"act": act}) for key, statement, act, known_at in order]


def random_formula(rng, depth, of_office):
    office = ["nobody", "annulled", "contested", {"after": {"date": rng.choice(["count", "term", "electors-vote"])}},
              "challenge_window_closed", "no_challenge_pending"]  # fmt: skip
    person = ["voted", "voted", "ascertained", "ascertained", "declared", "in_office", "conceded", "living", "certified",
              {"called": {"at_least": rng.choice([1, 2]), "by": rng.choice([[], ["alpha", "zeta"]]), "counting": rng.choice(["upstreams", "outlets"])}},
              {"first_of": {"sources": ["beta", "alpha", "zeta"]}}, {"canvassed": {"places": rng.sample("NESWX", rng.choice([1, 2]))}}]  # fmt: skip
    if depth < 3 and rng.random() < 0.45:
        inner = [random_formula(rng, depth + 1, of_office) for _ in range(rng.choice([1, 2, 3]))]
        name = rng.choice(["all", "any", "any", "at_least", "held_for"])
        if name == "at_least":
            return {name: {"n": rng.randrange(1, len(inner) + 1), "of": inner}}
        return {name: {"duration": rng.choice([0, 1, 3600, 86400, 259200]), "of": inner[0]}} if name == "held_for" else {name: inner}
    return rng.choice(office if of_office else person * 3 + office)


def random_policy(rng):
    def clause(actions, of_office=True, chance=0.5):
        found = {"action": rng.choice(actions)}
        if rng.random() < chance:
            found["when"] = random_formula(rng, 1, of_office)
        return found

    if rng.random() < 0.5:  # one about what is decided, with nothing in the way
        simple = rng.choice(["voted", "voted", "ascertained", "declared", "in_office", {"any": ["voted", "declared"]}])
        ask, release = {"action": "ask"}, {"action": "release"}
        return {"language": 1, "name": "simple", "summary": "", "office": rng.choice(["president", "president", "vice_president"]),
                "person": {"when": simple}, "another_person": ask, "annulled": release, "nobody": release, "contested": ask, "never": ask}  # fmt: skip
    every = ["release", "release", "wait", "ask"]
    return {
        "language": 1, "name": "random", "summary": "", "office": rng.choice(["president", "president", "any", "vice_president"]),
        "person": {"when": random_formula(rng, 1, False)}, "another_person": clause(["wait", "ask"], False, 0.3),
        "annulled": clause(every, chance=0.2), "nobody": clause(every, chance=0.2), "contested": clause(["wait", "ask"], chance=0.2),
        "never": clause(["wait", "ask"]),
    }  # fmt: skip


def random_proofs(seed, base):
    """Several proofs over one random record: (name, bytes)."""
    rng = random.Random(seed)
    scenario = Scenario(rng, base["election"], base["law"])
    if seed % 4:
        scenario.coherent()
    for _ in range(rng.choice([0, 5, 10, 30, 50, 80])):
        scenario.act()
    statements = scenario.statements(rng.random() < 0.1)
    for number in range(6):
        policy_value = random_policy(rng)
        office = "president" if policy_value["office"] == "any" else policy_value["office"]
        prepared = [one for one in (("ada", "bob") if office == "president" else ("cyn", "dan")) if rng.random() < 0.9]
        args = scenario.head, scenario.law, policy_value, statements
        decided = maker.decide(*args, ATTESTERS, "college-2040", prepared)
        kind = "full"
        if not decided:  # a decision that neither may re-derive
            decided = {"at": TIMES[-1], "office": office, "outcome": {"kind": "nobody"}, "record_size": len(statements), "relied": []}
        elif rng.random() < 0.3:
            kind = "brief"
        value = maker.make_proof(*args, ATTESTERS, decided, election_id="college-2040", kind=kind, prepared=prepared)
        yield f"{seed}-{number}-{kind}", forms.canonical(value), value


def same_verdict(one, two):
    """Whether both say the same; of what fails in 7.8, also whether it is that the policy is not met."""
    if one[:2] != two[:2]:
        return False
    return one[1] != "decision re-derived" or ("7.8.4" in one[2]) == ("not met" in two[2])


def main(seed, many, binary, keep):
    base = json.loads((history.HOME / "vectors/proof/decision.proof").read_bytes())
    seen, differ = collections.Counter(), 0
    for one in range(seed, seed + many):
        try:
            for name, data, _ in random_proofs(one, base):
                mine, theirs = ours(data), black_box(binary, data)
                seen[mine[0], (mine[2] or "").split(":")[0]] += 1
                if not same_verdict(mine, theirs):
                    differ += 1
                    (pathlib.Path(keep) / f"{name}.proof").write_bytes(data)
                    print(name, mine, theirs)
        except (forms.Bad, election.Unsupported) as error:
            seen[str(error)] += 1
    print(dict(seen), "differ:", differ)


if __name__ == "__main__":
    folder = "/tmp/fuzz"
    pathlib.Path(folder).mkdir(exist_ok=True)
    main(int(sys.argv[1]), int(sys.argv[2]), os.environ["ASCERTAIN"], folder)
