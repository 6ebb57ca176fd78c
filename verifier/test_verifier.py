"""The second verifier over every vector, good and bad. Each family is counted: one that is skipped fails.

    python3 verifier/test_verifier.py

With ASCERTAIN=path of the binary it also makes proofs with it and compares the verdicts of both on good ones and on mutations.
"""

import base64
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import folder  # noqa: E402
import forms  # noqa: E402
import fuzz  # noqa: E402
import history  # noqa: E402
import maker  # noqa: E402
import proof  # noqa: E402
import record  # noqa: E402
import verify  # noqa: E402

VECTORS = history.HOME / "vectors"
TLOG, RECORD, PROOF = VECTORS / "tlog", VECTORS / "record", VECTORS / "proof"
BINARY = os.environ.get("ASCERTAIN")


def lines(path):
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def passes(do, *args):
    """Whether the check passes. Anything but `Bad` is an error of the verifier."""
    try:
        do(*args)
        return True
    except forms.Bad:
        return False


def integral(digits):
    """56.0 is an integer to JSON in general, though not in canonical JSON; 4.5 is none here."""
    forms.need(float(digits).is_integer() and abs(float(digits)) <= forms.SAFE_INTEGER, "1.2", "no integer")
    return int(float(digits))


def family(name, expected, found):
    print(f"  {name}: {found}")
    assert found == expected, f"{name}: {found} vectors tried, {expected} expected"


def log_key(path):
    name, _, key = record.read_vkey(path.read_text().strip())
    return {name: key}


def flips(data):
    """The data with each byte changed, in three ways."""
    for at, byte in enumerate(data):
        for mask in (0x01, 0x20, 0x80):
            yield data[:at] + bytes([byte ^ mask]) + data[at + 1 :]


def seed_of(name):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex((RECORD / name).read_text().strip()))


class Signatures(unittest.TestCase):
    def test_edge_cases(self):
        """2.8, 2.9: strictly good are those without a flag but a low-order component."""
        good = 0
        cases = lines(TLOG / "ed25519/edge-cases.jsonl")
        for case in cases:
            args = bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"])
            expected = set(case["flags"]) <= {"low_order_component_A", "low_order_component_R"}
            self.assertEqual(passes(record.verify, *args), expected, case)
            good += expected
        family("ed25519 edge cases", 914, len(cases))
        family("ed25519 edge cases that hold", 43, good)

    def test_wycheproof(self):
        cases = lines(TLOG / "ed25519/wycheproof.jsonl")
        for case in cases:
            args = [bytes.fromhex(case[name]) for name in ("key", "msg", "sig")]
            self.assertEqual(passes(record.verify, *args), case["valid"], case)
        family("wycheproof", 151, len(cases))

    def test_pae(self):
        cases = lines(TLOG / "dsse-pae.jsonl")
        for case in cases:
            self.assertEqual(record.pae(case["payloadType"].encode(), case["payload"].encode()), case["pae"].encode())
        family("dsse pae", 1, len(cases))


class CanonicalJson(unittest.TestCase):
    def test_jcs(self):
        cases = lines(TLOG / "jcs.jsonl")
        refused = []
        for case in cases:
            try:
                value = json.loads(case["input"], parse_float=integral)
                output = forms.canonical(value)
                self.assertEqual(output, case["output"].encode(), case["name"])
                forms.read_canonical(output, lambda value: None)
                same = case["input"] == case["output"]
                self.assertEqual(passes(forms.read_canonical, case["input"].encode(), lambda value: None), same)
            except forms.Bad:
                refused.append(case["name"])
        self.assertEqual(refused, ["values"])  # numbers that are no integers
        family("jcs", 6, len(cases))

    def test_refused(self):
        cases = [b"", b" 1", b"1 ", b"1.0", b"1e0", b"-0", b"01", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'"\\u0061"', b'"\\/"', b'"\xff"',
                 b'"\\ud800"', b"\xef\xbb\xbf1", b"9007199254740992", b"NaN", b"[1,]", b"[" * 100_000, b'{"a":' * 5000, b"1" * 10_000,
                 '{"\U0001f600":1,"\ufb33":1,}'.encode(), b'"\t"', b'"\\u001F"']  # fmt: skip
        for case in cases:
            self.assertFalse(passes(forms.read_canonical, case, lambda value: None), case[:20])
        for case in (b"9007199254740991", b"-9007199254740991", '{"\U0001f600":1,"\ufb33":1}'.encode(), b'"\\u001f\x7f"'):
            self.assertTrue(passes(forms.read_canonical, case, lambda value: None), case)


class Trees(unittest.TestCase):
    def test_inclusion(self):
        cases = lines(TLOG / "rfc6962/inclusion.jsonl")
        sized = 0
        for case in cases:
            root, leaf, *path = [base64.b64decode(one or "") for one in [case["root"], case["leafHash"], *case["proof"]]]
            if {32} != {len(one) for one in (root, leaf, *path)}:
                continue  # no hashes of SHA-256, and so none of ours
            sized += 1

            def included():
                forms.need(record.included_root(leaf, case["leafIdx"], case["treeSize"], path) == root, "4.1", "root")

            self.assertEqual(passes(included), not case["wantErr"], case["name"])
        family("rfc6962 inclusion", 98, len(cases))
        family("rfc6962 inclusion with hashes of 32 bytes", 72, sized)

    def test_consistency(self):
        for name, expected, expected_sized in (("rfc6962", 98, 71), ("go", 105, 105)):
            cases = lines(TLOG / name / "consistency.jsonl")
            sized = 0
            for case in cases:
                one, two, *path = [base64.b64decode(hash or "") for hash in [case["root1"], case["root2"], *case["proof"]]]
                if {32} == {len(hash) for hash in (one, two, *path)}:
                    sized += 1
                    holds = passes(record.check_consistency, case["size1"], case["size2"], one, two, path)
                    self.assertEqual(holds, not case["wantErr"], case["name"])
                    if path and holds:
                        other = [*path[:-1], record.sha256(path[-1])]
                        self.assertFalse(passes(record.check_consistency, case["size1"], case["size2"], one, two, other))
                        self.assertFalse(passes(record.check_consistency, case["size1"], case["size2"], one, two, path[:-1]))
            family(f"{name} consistency", expected, len(cases))
            family(f"{name} consistency with hashes of 32 bytes", expected_sized, sized)

    def test_go_proofs(self):
        keys = log_key(TLOG / "tessera/log.vkey")
        entries = folder.cut_entries((TLOG / "tessera/tile/entries/000.p/15").read_bytes(), 15, 15)
        cases = lines(TLOG / "go/proofs.jsonl")
        for case in cases:
            size, index = map(int, case["name"].split("-"))
            extra, at, hashes, note = record.read_tlog_proof(case["proof"].encode())
            checkpoint = record.read_checkpoint(note, keys)
            self.assertEqual((at, checkpoint.size), (index, size))
            self.assertEqual(extra, entries[index] if index % 2 else None)
            leaf = record.sha256(b"\x00", entries[index])
            self.assertEqual(record.included_root(leaf, at, size, hashes), checkpoint.root)
            self.assertFalse(passes(record.check_tlog_proof, case["proof"].encode(), keys))  # 4.9: no statement
        family("go proofs", 120, len(cases))

    def test_tessera(self):
        """10.1: checkpoints, bundles and tiles of a log as it was at each size."""
        keys, cases = log_key(TLOG / "tessera/log.vkey"), sorted((TLOG / "tessera").glob("checkpoint.*"))
        for path in cases:
            size, data = int(path.suffix[1:]), path.read_bytes()
            checkpoint, hashes = record.read_checkpoint(data, keys), []
            for index, width in folder.widths(size):
                raw = (TLOG / "tessera" / folder.tile_path("entries", index, width)).read_bytes()
                hashes += [record.sha256(b"\x00", entry) for entry in folder.cut_entries(raw, width, width)]
                tile = (TLOG / "tessera" / folder.tile_path(0, index, width)).read_bytes()
                self.assertEqual(folder.cut_hashes(tile, width, width), hashes)
                self.assertFalse(passes(folder.cut_entries, raw + b"\0", width, width))
                self.assertFalse(passes(folder.cut_entries, raw[:-1], width, width))
            self.assertEqual((checkpoint.size, checkpoint.root), (size, record.tree_root(hashes)))
            for bad in flips(data):
                self.assertFalse(passes(record.read_checkpoint, bad, keys), bad)
        family("tessera checkpoints", 16, len(cases))

    def test_sunlight(self):
        cases = [line.split() for line in (TLOG / "sunlight/roots.txt").read_text().splitlines()]
        for size, root in cases:
            hashes = []
            for index, width in folder.widths(int(size)):
                raw = (TLOG / "sunlight" / folder.tile_path(0, index, width)).read_bytes()
                hashes += folder.cut_hashes(raw, width, width)
            self.assertEqual(base64.b64encode(record.tree_root(hashes)).decode(), root)
        family("sunlight roots", 5, len(cases))

    def test_azul(self):
        """10.1: none of these is the path of a tile here; other tools write the height first."""
        seeds = (TLOG / "azul/tile-paths.txt").read_text().splitlines()
        for seed in seeds:
            match = re.fullmatch(r"tile/([0-7]|entries)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?", seed)
            self.assertIsNone(match, seed)
        family("azul paths", 8, len(seeds))
        for index, path in ((0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")):
            self.assertEqual(folder.tile_path(3, index), f"tile/3/{path}")
        self.assertEqual(folder.tile_path("entries", 1000, 7), "tile/entries/x001/000.p/7")


class Notes(unittest.TestCase):
    def test_example(self):
        data, keys = (TLOG / "go/note-example.txt").read_bytes(), log_key(TLOG / "go/note-example.vkey")
        self.assertEqual(record.check_note(data, keys)[0], "This is an example message.\n")
        for bad in flips(data):
            self.assertFalse(passes(record.check_note, bad, keys), bad)
        family("go note example", 1, 1)

    def test_witness(self):
        """4.2, 10.2, 10.3: the transcript of a log and a witness."""
        home, keys = TLOG / "witness", log_key(TLOG / "witness/log.vkey")
        policies = folder.Policy((home / "policy").read_bytes())
        checkpoints = {}
        requests = sorted(home.glob("*.req"))
        for path in requests:
            head, _, note = path.read_bytes().partition(b"\n\n")
            old, *hashes = head.decode().split("\n")
            old, hashes = int(old.split(" ")[1]), [base64.b64decode(one) for one in hashes]
            checkpoint = record.read_checkpoint(note, keys)
            answer = path.with_suffix(".resp.body").read_bytes()
            if old:
                args = old, checkpoint.size, checkpoints[old].root, checkpoint.root, hashes
                self.assertEqual(passes(record.check_consistency, *args), not answer.startswith(b"bad consistency"), path)
            checkpoints.setdefault(checkpoint.size, checkpoint)
            self.assertFalse(passes(folder.check_policy, policies, checkpoint))
            if answer.startswith("—".encode()):
                folder.check_policy(policies, record.read_checkpoint(note + answer, keys))
                for bad in list(flips(answer))[3 * len("— ".encode()) :]:
                    if bad.endswith(b"\n"):
                        self.assertFalse(passes(lambda: folder.check_policy(policies, record.read_checkpoint(note + bad, keys))), bad)
        family("witness requests", 3, len(requests))
        data, leaf = (home / "cosigned.tlog-proof").read_bytes(), (home / "cosigned.leaf").read_bytes()

        def cosigned(data):
            extra, index, hashes, note = record.read_tlog_proof(data)
            checkpoint = record.read_checkpoint(note, keys)
            folder.check_policy(policies, checkpoint)
            root = record.included_root(record.sha256(b"\x00", leaf), index, checkpoint.size, hashes)
            forms.need(root == checkpoint.root and extra == b"hello", "4.1", "root")

        cosigned(data)
        for bad in flips(data):
            self.assertFalse(passes(cosigned, bad), bad)
        family("witness cosigned proof", 1, 1)

    def test_policies(self):
        log, witness = ((TLOG / "witness" / name).read_text().strip() for name in ("log.vkey", "witness.vkey"))
        start = f"log {log}\nwitness a {witness} https://example.org/\n"
        for good in (f"{start}quorum a\n", f"# nothing\n\n{start}group g any a\nquorum g\n", f"log {log}\nquorum none\n"):
            self.assertTrue(passes(folder.Policy, good.encode()), good)
        for bad in (start, start + "quorum a", start + "quorum b\n", start + "quorum a\nquorum a\n", start + "group g 2 a\nquorum g\n",
                    start + "group g 0 a\nquorum g\n", start + "group g any a a\nquorum g\n", start + "group none any a\nquorum a\n",
                    start + "group g any a\ngroup h any a\nquorum g\n", start + f"witness b {witness}\nquorum a\n",
                    start + f"log {log}\nquorum a\n", start + "extra a\nquorum a\n", start + "quorum a\r\n",
                    start + "group g 01 a\nquorum g\n", start.replace("772b", "772c") + "quorum a\n"):  # fmt: skip
            self.assertFalse(passes(folder.Policy, bad.encode()), bad)


class Cose(unittest.TestCase):
    def test_receipts(self):
        pem = "".join((TLOG / "cose/log-key.pub.pem").read_text().splitlines()[1:-1])
        key = base64.b64decode(pem)[-32:]
        cases = json.loads((TLOG / "cose/manifest.json").read_text())
        for case in cases:
            data, leaf = (TLOG / "cose" / case["file"]).read_bytes(), record.sha256(b"\x00", bytes.fromhex(case["entry_hex"]))
            index, size, root = folder.check_receipt(data, leaf, key)
            self.assertEqual((index, size, root.hex(), True), (case["index"], case["size"], case["root_hex"], case["ok"]))
            self.assertFalse(passes(folder.check_receipt, data, record.sha256(leaf), key))
            for bad in flips(data):
                try:  # the size is only claimed: another size can lead to the same root
                    claimed = folder.check_receipt(bad, leaf, key)
                    self.assertEqual((claimed[2], claimed[0] == index and claimed[1] != size), (root, True), bad.hex())
                except forms.Bad:
                    pass
        family("cose receipts", 15, len(cases))


class Golden(unittest.TestCase):
    def read(self, name):
        self.used.add(name)
        return (RECORD / name).read_bytes()

    def line(self, name):
        return self.read(name).decode().strip()

    def test_golden(self):
        self.used = {"SOURCE.md"}
        attester = seed_of("attester-seed.txt"), seed_of("log-seed.txt")
        self.used |= {"attester-seed.txt", "log-seed.txt"}
        key, log = (one.public_key().public_bytes_raw() for one in attester)
        self.assertEqual(base64.b64encode(key).decode(), self.line("attester-key.txt"))
        self.assertEqual(record.sha256(key).hex(), self.line("attester-key-id.txt"))
        salt, body = bytes.fromhex(self.line("salt.txt")), self.read("body.json")
        forms.read_canonical(body, lambda value: None)
        self.assertEqual(record.sha256(salt, body).hex(), self.line("body-digest.txt"))
        header = self.read("header.json")
        forms.read_canonical(header, forms.HEADER)
        entry = record.read_envelope(self.read("envelope.json"))
        entry.verify(key)
        entry.check_body(salt.hex(), json.loads(body))
        self.assertEqual(entry.header_bytes, header)
        self.assertEqual(entry.signature, attester[0].sign(record.pae(entry.type.encode(), header)))
        self.assertEqual(record.read_entry(self.read("entry.txt")), entry)
        self.assertEqual(record.sha256(b"\x00", self.read("entry.txt")).hex(), self.line("leaf-hash.txt"))
        self.assertEqual(entry.leaf().hex(), self.line("leaf-hash.txt"))
        leaves = [bytes.fromhex(one) for one in self.line("leaves.txt").split("\n")]
        others = [record.sha256(b"\x00", f"entry {index}".encode()) for index in range(7)]
        self.assertEqual(leaves, others[:3] + [entry.leaf()] + others[4:])
        name, kind, vkey = record.read_vkey(self.line("log-vkey.txt"))
        self.assertEqual((kind, vkey), (1, log))
        checkpoint = record.read_checkpoint(self.read("checkpoint.txt"), {name: log})
        self.assertEqual((checkpoint.size, checkpoint.root), (7, record.tree_root(leaves)))
        found, index, _ = record.check_tlog_proof(self.read("statement.tlog-proof"), {name: log})
        self.assertEqual((found, index), (entry, 3))
        self.assertEqual(self.used, {path.name for path in RECORD.iterdir()})
        family("record goldens", 15, len(self.used) - 1)

    def test_flipped(self):
        keys = log_key(RECORD / "log-vkey.txt")
        data, tried = (RECORD / "statement.tlog-proof").read_bytes(), 0
        for bad in flips(data):
            self.assertFalse(passes(record.check_tlog_proof, bad, keys), bad)
            tried += 1
        for name, read in (("entry.txt", record.read_entry), ("envelope.json", record.read_envelope)):
            key, good = base64.b64decode((RECORD / "attester-key.txt").read_text()), (RECORD / name).read_bytes()
            for bad in flips(good):
                self.assertFalse(passes(lambda: read(bad).verify(key)), bad)
                tried += 1
        family("golden bytes flipped", 3 * (1173 + 481 + 612), tried)


# ---- Proofs ----


def proofs():
    for path in sorted(path for path in PROOF.rglob("*.proof") if path.parent.name != "refused"):
        yield path, path.read_bytes(), proof.read_trust((path.parent / "trust.toml").read_text())


class Proofs(unittest.TestCase):
    def test_good(self):
        tried = 0
        for path, data, trust in proofs():
            self.assertEqual(verify.verdict_of_proof(data, trust)[0], "holds", path)
            self.assertEqual(verify.verdict_of_proof(data)[0], "consistent, signer unknown", path)
            other = {**trust, "class": "drill"}, {**trust, "attester": []}
            numbers = [verify.verdict_of_proof(data, one)[1] for one in other]
            self.assertEqual(numbers, ["7.9.0", "7.9.3"])
            if "pins" in trust:
                emptied = {**trust, "pins": {**trust["pins"], "acts": []}}
                self.assertEqual(verify.verdict_of_proof(data, emptied)[1], "7.9.6")
                del trust["pins"]
                self.assertEqual(verify.verdict_of_proof(data, trust)[1], "7.9.4")
            tried += 1
        family("proofs", 8, tried)

    def test_refused(self):
        """Well signed proofs of version 2, each named after the check that it fails."""
        trust, cases = proof.read_trust((PROOF / "later/trust.toml").read_text()), sorted((PROOF / "later/refused").iterdir())
        for path in cases:
            verdict, number, why = verify.verdict_of_proof(path.read_bytes(), trust)
            self.assertEqual((verdict, number), ("does not hold", path.name.split("-")[0]), (path.name, why))
        family("proofs refused", 24, len(cases))

    def test_trust(self):
        """A trust file that is none: a key twice, a policy that is none."""
        source = (PROOF / "later/trust.toml").read_text()
        span = source[source.rindex("[[in_force]]") :]
        for bad in (f"{source}\n{span}", source.replace("quorum witnesses", "quorum nobody"), source.replace("from = ", "since = ")):
            self.assertNotEqual(bad, source)
            self.assertFalse(passes(proof.read_trust, bad), bad)

    def test_flipped(self):
        """Every 23rd byte, starting elsewhere in each proof."""
        tried = 0
        for number, (_, data, trust) in enumerate(proofs()):
            for at in range(number, len(data), 23):
                bad = data[:at] + bytes([data[at] ^ (1, 2, 0x20, 0x80)[at // 23 % 4]]) + data[at + 1 :]
                self.assertNotIn(verify.verdict_of_proof(bad, trust)[0], ("holds", "consistent, signer unknown"), at)
                tried += 1
        family("bytes of proofs flipped", 6717, tried)

    def test_unverifiable(self):
        value = json.loads((PROOF / "decision.proof").read_bytes())
        del value["statements"][4]["body"]
        verdict = verify.verdict_of_proof(forms.canonical(value))
        self.assertEqual(verdict[:2], ("unverifiable at 4", "7.7.1"))

    def test_shipped_policies(self):
        """5.4: the digests in the specification; and the table of section 9, from the acts as typed."""
        spec = (history.HOME / "docs/spec.md").read_text()
        digests = dict(re.findall(r"\| `([a-z-]+)` \| `([0-9a-f]{64})` \|", spec))
        for name, digest in digests.items():
            value = history.policy(name)
            forms.POLICY(value), forms.read_policy(value)
            self.assertEqual(proof.digest(value), digest)
        family("digests of policies", 5, len(digests))
        firsts = re.findall(r"\| `([a-z-]+)` \| ([0-9TZ:-]{20}) \| `([a-z]+)` \|", spec)
        for name, at, person in firsts:
            found, t = history.first_decision("us-2020", name, {"biden", "trump"})
            self.assertEqual((t, found[1]), (forms.instant(at), {"id": person, "kind": "person"}), name)
        family("first decisions of us-2020", 5, len(firsts))


# ---- Without elsewhere.py ----

ALONE = """
import base64, json, sys
sys.modules["elsewhere"] = None  # it cannot be imported
sys.path.insert(0, sys.argv[1])
import election, proof, verify
assert election.ELSEWHERE == {}
for line in sys.stdin:
    data, trust = json.loads(line)
    print(json.dumps(verify.verdict_of_proof(base64.b64decode(data), trust and proof.read_trust(trust))[:2]))
"""
NOT_SUPPORTED = ("not supported by this verifier", None)


def alone(cases):
    """The verdicts on (proof, text of a trust file or None), in a process without elsewhere.py."""
    source = "".join(json.dumps([base64.b64encode(data).decode(), trust]) + "\n" for data, trust in cases)
    command = [sys.executable, "-c", ALONE, str(pathlib.Path(verify.__file__).parent)]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def made_proof(name, policy_value, law, carried=None):
    """A full proof of the first decision on a shipped election; if there is none, of one that cannot be re-derived. It carries
    that law, or another."""
    clerk, head = maker.Key("clerk"), history.head_files(name)
    statements = [(clerk, name, statement, known_at, {"act": act}) for known_at, statement, act in history.acts(name)]
    persons = sorted({person["id"] for person in tomllib.loads(head["election.toml"])["person"]})
    decided = maker.decide(head, law, policy_value, statements, [(clerk, "clerk")], name, persons)
    at = statements[-1][3] if statements else "2029-01-01T00:00:00Z"
    nothing = {"at": at, "office": "president", "outcome": {"kind": "nobody"}, "record_size": len(statements), "relied": []}
    args = head, carried or law, policy_value, statements, [(clerk, "clerk")], decided or nothing
    return maker.make_proof(*args, election_id=name, prepared=persons)


class Law(unittest.TestCase):
    def test_every_file_is_there(self):
        """A law that lacks a file which its procedure names does not hold, however well it is signed (5.5)."""
        law, policy_value = history.law_files("us-2000"), history.policy("electors-voted")
        procedure = tomllib.loads(history.head_files("us-2000")["election.toml"])["law"]
        appointment = tomllib.loads(law[procedure])["appointment"]
        data = forms.canonical(made_proof("us-2000", policy_value, law))
        self.assertEqual(verify.verdict_of_proof(data)[0], "consistent, signer unknown")
        for path in (procedure, appointment):
            less = {name: text for name, text in law.items() if name != path}
            data = forms.canonical(made_proof("us-2000", policy_value, law, less))
            self.assertEqual(verify.verdict_of_proof(data)[:2], ("does not hold", "7.8.2"))


class Alone(unittest.TestCase):
    def test_elections_of_the_united_states(self):
        """Every election of a president, each with two of the shipped policies: the verdicts are those with elsewhere.py."""
        policies = sorted(path.stem for path in (history.HOME / "policies").glob("*.toml"))
        elections = sorted(path.name for path in (history.HOME / "history").glob("us-[0-9]*"))
        rng, cases, expected = random.Random(7), [], collections.Counter()
        for number, name in enumerate(elections):
            for policy_name in {"electors-voted", policies[number % len(policies)]}:
                value = made_proof(name, history.policy(policy_name), history.law_files(name))
                cases.append((forms.canonical(value), None))
                if number % 5 == 0:
                    cases.append((maker.mutate(cases[-1][0], value, rng), None))
        for (data, _), mine in zip(cases, alone(cases), strict=True):
            self.assertEqual(mine, verify.verdict_of_proof(data)[:2])
            self.assertNotEqual(mine, NOT_SUPPORTED)
            expected[mine[0]] += 1
        family("elections of a president alone", 61, len(elections))
        family("proofs of them alone", 144, len(cases))
        self.assertGreater(expected["consistent, signer unknown"], 70)

    def test_what_needs_more(self):
        """What needs elsewhere.py is not supported without it, and never holds."""
        cases = []
        for path, data, trust in proofs():  # a college with a row for `annul`
            cases += [(data, None), (data, (path.parent / "trust.toml").read_text())]
        law, policies = history.law_files("us-2000"), [history.policy("electors-voted") for _ in range(2)]
        policies[0]["person"] = {"when": {"any": [{"first_of": {"sources": ["ap", "nbc"]}}, "voted"]}}
        policies[1]["person"] = {"when": {"any": [{"canvassed": {"places": ["FL", "TX"]}}, "voted"]}}
        cases += [(forms.canonical(made_proof("us-2000", one, law)), None) for one in policies]
        procedure = tomllib.loads(history.head_files("us-2000")["election.toml"])["law"]
        row = '[[authority]]\nkind = "annul"\nrole = "court"\ncite = "usc-3-15"\n\n[[date]]'
        for old, new in (("[[date]]", row), ('name = "President"\n', 'name = "President"\nbegins = "term"\n')):
            changed = {**law, procedure: law[procedure].replace(old, new, 1)}
            cases.append((forms.canonical(made_proof("us-2000", history.policy("electors-voted"), changed)), None))
        for (data, trust), mine in zip(cases, alone(cases), strict=True):
            self.assertIn(verify.verdict_of_proof(data, trust and proof.read_trust(trust))[0], ("holds", "consistent, signer unknown"))
            self.assertEqual(mine, NOT_SUPPORTED)
        family("proofs that need more", 20, len(cases))

    def test_random_records(self):
        """Alone, a verdict is the same, or that it is not supported."""
        base, tried, cases = json.loads((PROOF / "decision.proof").read_bytes()), collections.Counter(), []
        text = base["law"]["procedure.toml"]
        base["law"]["procedure.toml"] = text.replace('[[authority]]\nkind = "annul"\nrole = "court"\ncite = "rule"\n', "")
        for seed in range(40):
            cases += [(data, None) for _, data, _ in fuzz.random_proofs(seed, base)]
        for (data, _), mine in zip(cases, alone(cases), strict=True):
            self.assertIn(mine, (verify.verdict_of_proof(data)[:2], NOT_SUPPORTED))
            tried[mine[0]] += 1
        family("proofs over random records alone", 240, len(cases))
        self.assertGreater(min(tried["consistent, signer unknown"], tried["does not hold"], tried[NOT_SUPPORTED[0]]), 20)


class CommandLine(unittest.TestCase):
    def run_it(self, *args):
        command = [sys.executable, str(pathlib.Path(verify.__file__)), *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stdout

    def test_exit_codes(self):
        good, golden = PROOF / "decision.proof", RECORD / "statement.tlog-proof"
        log = (RECORD / "log-vkey.txt").read_text().strip()
        for code, args in ((0, [good, "--trust", PROOF / "trust.toml"]), (1, [good]), (1, [golden]), (2, [good, "--trust", good]),
                           (2, []), (2, ["/does/not/exist"]), (0, ["--tlog-proof", golden, "--log", log]),
                           (1, ["--tlog-proof", golden, "--policy", TLOG / "witness/policy"]), (2, ["--tlog-proof", golden]),
                           (1, ["--record", RECORD, "--root", (RECORD / "attester-key.txt").read_text().strip(), "--log", log])):  # fmt: skip
            self.assertEqual(self.run_it(*args)[0], code, args)
        self.assertIn("check 7.1.1", self.run_it(golden)[1])


class WholeRecord(unittest.TestCase):
    def test_record(self):
        """10.1 to 10.5 on a record made here, whole and with each file spoilt."""
        root, attester, log, entries, lines = maker.sample_record()
        witness, rng, numbers = maker.Key("witness.example"), random.Random(2), {}
        text = f"log {maker.vkey(log, 1, 'log.example')}\nwitness w {maker.vkey(witness, 4)}\nquorum w\n"
        policies = folder.Policy(text.encode())
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name)
            files = maker.write_record(path, "log.example", log, entries, lines, [(witness, 1_700_000_000)])

            def failing():
                return [failure[:2] for failure in folder.Folder(path, policies.logs, root.public, policies).failures]

            self.assertEqual(failing(), [])
            for file, data in files.items():
                (path / file).unlink()
                self.assertTrue(failing(), file)
                for _ in range(40):
                    at = rng.randrange(len(data))
                    (path / file).write_bytes(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :])
                    found = failing()
                    self.assertTrue(found, (file, at))
                    numbers.setdefault(found[0][0], set()).add(file)
                (path / file).write_bytes(data)
            self.assertEqual(failing(), [])
            (path / "tile/entries/002.p/88").rename(path / "elsewhere")
            self.assertEqual(failing()[0][0], "10.5.3")
        self.assertLessEqual({"10.5.1", "10.5.2", "10.5.3", "10.5.4", "10.5.5", "10.5.8"}, set(numbers))
        family("files of a record spoilt", 9, len(files))

    def test_rules(self):
        """Records well signed that break one rule."""
        root, attester, log, entries, lines = maker.sample_record(20)
        late = maker.sign_entry(attester, "real", "x", "late", "2040-01-01T00:00:00Z", {}, "00" * 32)
        drill = maker.sign_entry(root, "drill", "x", "drill", "2040-01-01T00:00:00Z", {}, "00" * 32)
        by_log = maker.sign_entry(log, "real", "x", "log", "2040-01-01T00:00:00Z", {}, "00" * 32)
        for number, changed, changed_lines, origin in (
            (None, entries, lines, "log.example"), ("10.5.5", [*entries, late], lines, "log.example"),
            ("10.5.6", [*entries[:-1], entries[5]], lines[:-1], "log.example"), ("10.5.7", [*entries, drill], lines, "log.example"),
            ("10.5.7", entries, lines, "drill"), ("10.5.5", entries, lines[:-1], "log.example"), ("10.5.2", entries, lines[::-1], "log.example"),
            ("10.5.4", [*entries, b"x"], lines, "log.example"), ("10.5.5", [*entries, by_log], lines, "log.example"),
        ):  # fmt: skip
            with tempfile.TemporaryDirectory() as name:
                maker.write_record(pathlib.Path(name), origin, log, changed, changed_lines)
                logs = {(origin, record.key_hash(origin, 1, log.public)): log.public}
                failures = folder.Folder(name, logs, root.public).failures
                self.assertEqual(failures[0][0] if failures else None, number, failures)



# ---- Against the program itself, as a black box ----

ELECTIONS = ("us-2020", "us-2000", "us-1876", "us-1800", "us-1824", "us-1872", "us-1960", "us-2016")


def keeps_records():
    """Whether the binary is new enough to keep and check records as files."""
    return BINARY and b"fsck" in subprocess.run([BINARY, "record", "--help"], capture_output=True).stdout


@unittest.skipUnless(BINARY, "ASCERTAIN names no binary")
class BlackBox(unittest.TestCase):
    """Without a trust file the program says "holds" of a shipped history, whose trust it carries; this verifier has none."""

    def agree(self, data, name):
        mine, theirs = fuzz.ours(data), fuzz.black_box(BINARY, data)
        if theirs[0] == "holds":
            theirs = ("consistent, signer unknown", *theirs[1:])
        self.assertEqual(mine[:2], theirs[:2], (name, mine, theirs))
        return mine[0]

    def test_replays_and_mutations(self):
        rng, made, verdicts = random.Random(3), [], []
        policies = sorted(path.stem for path in (history.HOME / "policies").glob("*.toml"))
        for election in ELECTIONS:
            for name in policies:
                with tempfile.TemporaryDirectory() as out:
                    command = [BINARY, "replay", election, "--policy", name, "--out", out]
                    subprocess.run(command, capture_output=True, timeout=120)
                    for path in sorted(pathlib.Path(out).glob("*.proof")):
                        made.append(path.read_bytes())
                        verdicts.append(self.agree(made[-1], f"{election} {name} {path.name}"))
        print(f"  proofs made by the program: {len(made)}; of them neither lets hold: {verdicts.count('does not hold')}")
        self.assertGreater(len(made), 190)
        self.assertGreater(verdicts.count("consistent, signer unknown"), 180)
        self.assertEqual([verdict for verdict, _ in alone([(data, None) for data in made])], verdicts)
        tried = 0
        while tried < 200:
            data = rng.choice(made)
            bad = maker.mutate(data, json.loads(data), rng)
            if bad != data:
                self.agree(bad, f"mutation {tried}")
                tried += 1
        family("mutations of them", 200, tried)

    def test_vectors_mutated(self):
        rng, tried = random.Random(4), 0
        for path, data, _ in proofs():
            trust = path.parent / "trust.toml"
            self.assertEqual(fuzz.black_box(BINARY, data, trust)[0], "holds")
            value = json.loads(data)
            for _ in range(100):
                self.agree(maker.mutate(data, value, rng), path)
                tried += 1
        family("mutations of the proof vectors", 800, tried)
        trust = PROOF / "later/trust.toml"
        for path in sorted((PROOF / "later/refused").iterdir()):
            data = path.read_bytes()
            theirs = fuzz.black_box(BINARY, data, trust)
            self.assertEqual(fuzz.ours(data, proof.read_trust(trust.read_text()))[:2], theirs[:2], (path.name, theirs))

    def test_random_records(self):
        """Well signed proofs over random acts, laws and policies."""
        base, tried, consistent = json.loads((PROOF / "decision.proof").read_bytes()), 0, 0
        for seed in range(60):
            for name, data, _ in fuzz.random_proofs(seed, base):
                mine, theirs = fuzz.ours(data), fuzz.black_box(BINARY, data)
                self.assertTrue(fuzz.same_verdict(mine, theirs), (name, mine, theirs))
                tried, consistent = tried + 1, consistent + (theirs[0] == "consistent, signer unknown")
        family("proofs over random records", 360, tried)
        self.assertGreater(consistent, 90)


    @unittest.skipUnless(keeps_records(), "no binary that keeps records as files")
    def test_record(self):
        """`record fsck` on a record made here, whole and spoilt; and what the program itself publishes and hands over."""
        root, _, log, entries, lines = maker.sample_record()
        text = f"log {maker.vkey(log, 1, 'log.example')}\nquorum none\n"
        rng, tried, logs = random.Random(5), 0, folder.Policy(text.encode()).logs
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name)
            files = maker.write_record(path, "log.example", log, entries, lines)
            command = [BINARY, "record", "fsck", "--mirror", name, "--log", maker.vkey(log, 1, "log.example"), "--root", root.text]
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)
            for _ in range(60):
                file = rng.choice(sorted(files))
                at = rng.randrange(len(files[file]))
                (path / file).write_bytes(files[file][:at] + bytes([files[file][at] ^ 1 << rng.randrange(8)]) + files[file][at + 1 :])
                self.assertEqual(subprocess.run(command, capture_output=True).returncode, 1, (file, at))
                self.assertTrue(folder.Folder(path, logs, root.public).failures, (file, at))
                (path / file).write_bytes(files[file])
                tried += 1
        family("files spoilt, both refuse", 60, tried)

    @unittest.skipUnless(keeps_records(), "no binary that keeps records as files")
    def test_decision_on_a_record_of_ones_own(self):
        """The whole way of a desk: what it hands out holds here under the trust it exports, and is of nobody without."""
        with tempfile.TemporaryDirectory() as name:
            home, data = pathlib.Path(name), pathlib.Path(name) / "data"

            def run(*args):
                done = subprocess.run([BINARY, *map(str, args), "--data", str(data)], capture_output=True)
                self.assertEqual(done.returncode, 0, (args, done.stdout, done.stderr))

            run("record", "init", "--origin", "example.org/desk", "--guard", home / "guard")
            for use, key in (("attester", "alice"), ("approver", "ann"), ("decider", "desk")):
                run("record", "key", "new", "--use", use, "--name", key)
            run("telegram", "quorum", 1)
            to = '[[recipient]]\nid = "x"\nname = "X"\naddress = "x@example.org"\nchannel = "file"\n'
            (home / "ada.toml").write_text(
                f'id = "ada"\noffice = "president"\noutcome = {{ person = "biden" }}\nsubject = "S"\nbody = "B"\n{to}')
            policy = "--policy", "electors-voted"
            run("telegram", "draft", "us-2020", home / "ada.toml", *policy)
            run("telegram", "approve", "ada", "--key", "ann")
            run("telegram", "hold", "ada", "--for", "us-2020", "--incomplete", *policy)
            run("record", "import", "us-2020", "--key", "alice")
            run("telegram", "run", "us-2020", "--once", *policy)
            run("record", "export", "trust", "--out", home / "trust.toml")
            trust, tried = (home / "trust.toml").read_text(), 0
            for path in sorted((data / "proofs/president").glob("*.proof")):
                made = path.read_bytes()
                self.assertEqual(verify.verdict_of_proof(made, proof.read_trust(trust))[0], "holds", path)
                self.assertEqual(fuzz.black_box(BINARY, made, home / "trust.toml")[0], "holds", path)
                self.assertEqual(self.agree(made, path), "consistent, signer unknown")
                rng, value = random.Random(6), json.loads(made)
                for _ in range(20):
                    self.agree(maker.mutate(made, value, rng), path)
                tried += 1
        family("proofs of a decision on a record of one's own", 2, tried)

    @unittest.skipUnless(keeps_records(), "no binary that keeps records as files")
    def test_record_of_the_program(self):
        with tempfile.TemporaryDirectory() as name:
            acts, data = pathlib.Path(name) / "acts.jsonl", pathlib.Path(name) / "data"
            files = sorted((history.HOME / "history/us-2000/acts").glob("*.jsonl"))
            acts.write_text("".join(path.read_text() for path in files))

            def run(*args):
                done = subprocess.run([BINARY, "record", *map(str, args), "--data", str(data)], capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                return done.stdout

            run("init", "--origin", "example.org/desk", "--guard", pathlib.Path(name) / "guard")
            run("key", "new", "--use", "attester", "--name", "alice")
            run("append", "--key", "alice", "--election", "us-2000", acts)
            policies = folder.Policy(run("policy"))
            root = next(line.split()[3] for line in run("key", "list").decode().splitlines() if line.startswith("root"))
            found = folder.Folder(data / "public", policies.logs, forms.unbase64(root), policies)
            self.assertEqual((found.failures, found.checkpoint.size), ([], 173))
            tried = 0
            for index in range(0, 173, 12):
                entry, at, _ = record.check_tlog_proof(run("proof", index), policies.logs)
                self.assertEqual((at, folder.check_submission(run("export", "submission", index).rstrip(b"\n"))[0]), (index, entry))
                run("export", "cose", index, "--out", pathlib.Path(name) / "receipt")
                receipt = (pathlib.Path(name) / "receipt").read_bytes()
                self.assertEqual(folder.check_receipt(receipt, entry.leaf(), *policies.logs.values())[:2], (index, 173))
                tried += 1
        family("entries handed over by the program", 15, tried)


if __name__ == "__main__":
    unittest.main()
