"""A proof file and a trust file: checks 7.1 to 7.7 and 7.9 of docs/spec.md."""

import re

from folder import Policy, witnessed
from forms import NEVER, PROOF, TRUST
from forms import act_rules, canonical, ident, instant, need, read_canonical, read_policy, read_toml, unbase64, under
from record import CLASSES, check_consistency, included_root, key_hash, read_checkpoint, read_entry, sha256, tree_root


class Unverifiable(Exception):
    """The body of a statement is not there (7.7.1)."""


def read_trust(source):
    trust = read_toml(source, TRUST)
    return {**trust, "witnesses": Policy(trust["witnesses"].encode())} if "witnesses" in trust else trust


def digest(value):
    return sha256(canonical(value)).hex()


def check_included(number, stated, leaf, size, root):
    need("inclusion" in stated, number, "no proof of inclusion")
    path = [bytes.fromhex(sibling) for sibling in stated["inclusion"]]
    found = under(number, included_root, leaf, stated["index"], size, path)
    need(found == root, number, "the path leads to another root")


class Proof:
    """A proof that passes 7.1 to 7.7. `statements` are the evidence: (index, id, attester, known_at, act)."""

    def __init__(self, data):
        self.file = under("7.1.1", read_canonical, data, PROOF)
        self.claims, self.full = self.file["claims"], self.file["kind"] == "full"
        need(self.file["v"] in (1, 2), "7.1.2", "another version")
        for attester in self.claims["attesters"]:
            need(not re.fullmatch("[0-9A-Fa-f]{64}", attester["name"]), "7.1.3", "the name of a stranger")
        under("7.1.4", read_policy, self.file["policy"])
        self.check_decision()
        for number, part in (("7.3.1", "policy"), ("7.3.2", "law"), ("7.3.3", "election")):
            need(digest(self.file[part]) == self.decision[part + "_sha256"], number, f"the digest of {part}")
        origin, log = self.claims["origin"], unbase64(self.claims["log"])
        logs = {(origin, key_hash(origin, 1, log)): log}
        self.checkpoint = newest = under("7.4.1", read_checkpoint, self.file["checkpoint"].encode(), logs)
        stated = self.decision["record_size"], self.decision["record_root"]
        need(self.later or (newest.size, newest.root.hex()) == stated, "7.4.2", "the checkpoint's size or root")
        claimed = [(unbase64(one["key"]), one["name"]) for one in self.claims["attesters"]]
        self.names = {sha256(key).hex(): name for key, name in claimed}  # 7.7.6: of several, the last
        known = {sha256(key).hex(): key for key in (*dict(claimed), unbase64(self.claims["decider"]))}
        self.entries = [self.check_entry(stated, known) for stated in self.file["statements"]]
        self.check_tree()
        self.check_bodies()

    def check_decision(self):
        stated = self.file["decision"]
        self.entry = under("7.2.1", read_entry, stated["entry"].encode())
        need("decision" in stated.get("body", {}), "7.2.2", "no decision")
        self.decision = decision = stated["body"]["decision"]
        under("7.2.3", self.entry.check_body, stated.get("salt"), stated["body"])
        under("7.2.4", self.entry.verify, unbase64(self.claims["decider"]))
        need(decision["semantics"] in (1, 2, 3), "7.2.5", "unknown semantics")
        self.later, self.at, size = self.file["v"] == 2, stated["index"], decision["record_size"]
        good = self.later == ("inclusion" in stated) == ("consistency" in self.file)
        need(good and (self.at == size or self.later and self.at > size), "7.2.6", "the decision's index")
        need(self.entry.header["subject"] == decision["election"] + ":decision", "7.2.7", "the subject")
        need(self.entry.header["known_at"] == decision["at"], "7.2.8", "the instant")

    def check_entry(self, stated, known):
        entry = under("7.5.1", read_entry, stated["entry"].encode())
        need(entry.type == self.entry.type, "7.5.2", f"the class of entry {stated['index']}")
        if entry.key_id in known:
            under("7.5.3", entry.verify, known[entry.key_id])
        return entry

    def check_tree(self):
        stated, decision, newest = self.file["statements"], self.decision, self.checkpoint
        size, root = decision["record_size"], bytes.fromhex(decision["record_root"])
        indices, leaves = [one["index"] for one in stated], [entry.leaf() for entry in self.entries]
        if self.full:
            complete = len(indices) == self.at and indices == list(range(self.at))
            need(complete and not any("inclusion" in one for one in stated), "7.6.1", "not every entry in order")
            need(tree_root(leaves[:size]) == root, "7.6.2", "the tree has another root")
            size, root = self.at, tree_root(leaves)
        else:
            need(indices == sorted({one["statement"] for one in decision["relied"]}), "7.6.3", "not those relied on")
            for one, leaf in zip(stated, leaves):
                check_included("7.6.4", one, leaf, size, root)
        if self.later:
            path = [bytes.fromhex(one) for one in self.file["consistency"]]
            under("7.6.5", check_consistency, size, newest.size, root, newest.root, path)
            check_included("7.6.6", self.file["decision"], self.entry.leaf(), newest.size, newest.root)

    def check_bodies(self):
        self.statements = []
        for stated, entry in zip(self.file["statements"], self.entries):
            filed_so = entry.header["subject"] == self.decision["election"]
            if not filed_so or stated["index"] >= self.decision["record_size"]:
                need("body" not in stated and "salt" not in stated, "7.7.2", "a body that is not needed")
                need(not filed_so or entry.header["known_at"] > self.decision["at"], "7.7.7", "known by then")
                continue
            if "body" not in stated:  # 7.7.1
                raise Unverifiable(stated["index"])
            under("7.7.3", entry.check_body, stated.get("salt"), stated["body"])
            need("act" in stated["body"], "7.7.4", "not an act")
            act, statement = stated["body"]["act"], entry.header["statement"]
            under("7.7.4", act_rules, act)
            known_at = under("7.7.5", instant, entry.header["known_at"])
            under("7.7.5", ident, statement)
            attester = self.names.get(entry.key_id, entry.key_id)  # 7.7.6
            self.statements.append((stated["index"], statement, attester, known_at, act))

    def check_trust(self, trust):
        claims, pins = self.claims, trust.get("pins")
        need(CLASSES[self.entry.type] == trust["class"], "7.9.0", "another class")
        need((claims["origin"], claims["log"]) == (trust["origin"], trust["log"]), "7.9.1", "another log")
        need(claims["decider"] == trust["decider"], "7.9.2", "another decider")
        spans = {one["key"]: (one["from"], one.get("until", NEVER)) for one in trust.get("in_force", [])}
        late = {key for key, (first, _) in spans.items() if first >= self.decision["record_size"]}
        pairs = [{(one["key"], one["name"]) for one in ones} for ones in (claims["attesters"], trust["attester"])]
        need(pairs[0] == {one for one in pairs[1] if one[0] not in late}, "7.9.3", "other attesters")
        need(pins or trust["class"] != "history", "7.9.4", "no pins")
        if pins:
            for name in ("law_sha256", "election_sha256"):
                need(self.decision[name] == pins[name], "7.9.5", "another law or election")
            acts, pairs = pins.get("acts", []), zip(self.file["statements"], self.entries)
            leaves = [entry.leaf().hex() for stated, entry in pairs if "body" in stated]
            by_then = [one["leaf"] for one in acts if one["known_at"] <= self.decision["at"]]
            same = leaves == by_then if self.full else set(leaves) <= {one["leaf"] for one in acts}
            need(same, "7.9.6", "other acts than those that are pinned")
        spans = {sha256(unbase64(key)).hex(): span for key, span in spans.items()}
        for stated, entry in ((self.file["decision"], self.entry), *zip(self.file["statements"], self.entries)):
            first, end = spans.get(entry.key_id, (0, NEVER))
            need(first <= stated["index"] < end, "7.9.7", f"entry {stated['index']}: its key was not in force")
        if "witnesses" in trust:
            under("7.9.8", witnessed, self.file["checkpoint"].encode(), trust["witnesses"].logs, trust["witnesses"])
