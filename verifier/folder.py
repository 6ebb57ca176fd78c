"""The record as files: witnesses, keys by index, a whole record in a folder, COSE receipts, submissions.

Section 10 of docs/spec.md; the numbers are the numbers of the checks there.
"""

import pathlib
import re

from ed25519 import Bad, need, verify
from forms import KEY_LINE, MOST_BYTES, SUBMISSION, canonical, decimal, read_canonical, unbase64, under, utf8
from record import CLASSES, COSIGNATURE, ML_DSA
from record import included_root, read_checkpoint, read_entry, read_envelope, read_vkey, sha256, tree_root

# ---- 10.2, 10.3: cosignatures and the witness policy ----


def once(taken, one, number):
    need(one not in taken, number, f"{one} twice")
    taken.add(one)


class Policy:
    """10.3.1 to 10.3.4"""

    def __init__(self, data):
        need(len(data) <= 1 << 20 and data[-1:] in (b"", b"\n"), "10.3.1", "too long, or the last line not ended")
        need(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data), "10.3.1", "a control character")
        self.logs, self.witnesses = {}, {}  # (name, key hash) -> key; -> (name in the policy, key or None)
        self.groups, self.quorum = {}, None  # name -> (threshold, members)
        self.names, self.keys, self.grouped = {"none"}, set(), set()
        for line in utf8(data, "10.3.1").split("\n"):
            items = re.findall("[^ \t]+", line)
            if items and not items[0].startswith("#"):
                self.line(items)
        need(len(self.names) <= 1001, "10.3.2", "more than 1,000 names")
        need(self.quorum is not None, "10.3.4", "no quorum")

    def line(self, items):
        match items:
            case ["log", vkey] | ["log", vkey, _]:
                name, kind, key = read_vkey(vkey)
                once(self.keys, (kind, key), "10.3.2")
                self.logs[name] = key
            case ["witness", witness, vkey] | ["witness", witness, vkey, _]:
                name, kind, key = read_vkey(vkey, (COSIGNATURE, ML_DSA))
                once(self.keys, (kind, key), "10.3.2")
                once(self.names, witness, "10.3.2")
                self.witnesses[name] = (witness, key if kind == COSIGNATURE else None)
            case ["group", name, threshold, *members] if members:
                for member in members:
                    need(member in self.names - {"none"}, "10.3.2", f"{member} is not defined")
                    once(self.grouped, member, "10.3.3")
                least = {"any": 1, "all": len(members)}.get(threshold) or under("10.3.3", decimal, threshold)
                need(1 <= least <= len(members), "10.3.3", "the threshold")
                once(self.names, name, "10.3.2")
                self.groups[name] = (least, members)
            case ["quorum", name]:
                need(self.quorum is None, "10.3.4", "two quorums")
                need(name in self.names, "10.3.2", f"{name} is not defined")
                self.quorum = name
            case _:
                raise Bad("10.3", f"not a line of a policy: {items[0]}")


def witnessed(data, logs, policy):
    """The checkpoint, signed by one of the logs, and, with a policy, as its quorum asks."""
    checkpoint = read_checkpoint(data, logs)
    if policy:
        check_policy(policy, checkpoint)
    return checkpoint


def check_policy(policy, checkpoint):
    """10.2.1, 10.2.2, 10.3.5 on a checkpoint that one of the policy's logs has signed."""
    met = {"none"}
    for name, short, rest in checkpoint.signatures:
        witness, key = policy.witnesses.get((name, short), (None, None))
        if key is not None:  # 10.2.3: a key of ML-DSA counts for nothing
            need(len(rest) == 72 and rest[0] < 128, "10.2.2", "10.2.1: the timestamp")
            seconds = int.from_bytes(rest[:8], "big")
            under("10.2.2", verify, key, f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode(), rest[8:])
            met.add(witness)
    for name, (least, members) in policy.groups.items():  # every member is defined before its group
        if len(met & set(members)) >= least:
            met.add(name)
    need(policy.quorum in met, "10.3.5", "the quorum is not met")


# ---- 10.4: keys by index ----


class Keys:
    def __init__(self, root):
        key_id = sha256(root).hex()
        self.force, self.ever = {key_id: (root, "root", "root")}, {key_id}  # key id -> key, name, use

    def notice(self, notice):
        """10.4.2 to 10.4.4, for a notice by a root key in force."""
        one = unbase64(notice["key"]), notice["name"], notice["use"]
        key_id, roots = sha256(one[0]).hex(), [held for held, (_, _, use) in self.force.items() if use == "root"]
        if notice["action"] == "add" and key_id not in self.ever:
            self.ever.add(key_id)
            self.force[key_id] = one
        elif notice["action"] == "revoke" and roots != [key_id] and self.force.get(key_id) == one:
            del self.force[key_id]


# ---- 10.5: a whole record in a folder ----


def tile_path(level, index, width=256):
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def widths(size):
    """The tiles over so many hashes: (index, width)."""
    return [(index, min(256, size - 256 * index)) for index in range((size + 255) // 256)]


def cut_entries(data, width, wide):
    entries, at = [], 0
    for _ in range(width):
        start, at = at + 2, at + 2 + int.from_bytes(data[at : at + 2], "big")
        need(start <= at <= len(data), "10.5.3", "an entry is lacking")
        entries.append(data[start:at])
    need(at == len(data) or wide > width, "10.5.3", "something after the entries")
    return entries


def cut_hashes(data, width, wide):
    need(len(data) == 32 * wide, "10.5.8", "another number of hashes")
    return [data[at : at + 32] for at in range(0, 32 * width, 32)]


class Folder:
    """10.5: `failures` are all (check, file, why) in the order of the checks."""

    def __init__(self, path, logs, root_key, policy=None):
        self.path, self.failures = pathlib.Path(path), []
        self.checkpoint = self.attempt("10.5.1", "checkpoint", lambda: witnessed(self.file("checkpoint"), logs, policy))
        if self.checkpoint:
            self.check_all(root_key)
        self.failures.sort(key=lambda failure: [int(part) for part in failure[0].split(".")])

    def attempt(self, number, file, do, *args):
        try:
            return under(number, do, *args)
        except (Bad, OSError) as error:
            self.failures.append((number, file, getattr(error, "why", error)))

    def file(self, name):
        path = self.path / name
        good = path.is_file() and path.stat().st_size <= MOST_BYTES
        need(good or not path.exists(), "10.5", "no file, or too long")
        return path.read_bytes()

    def check_all(self, root_key):
        raw = []
        for index, width in widths(self.checkpoint.size):
            name = tile_path("entries", index, width)
            bundle = self.attempt("10.5.3", name, self.tile, "entries", index, width, cut_entries)
            if bundle is None:
                return  # nothing of what follows can be computed
            raw += bundle
        entries = [self.attempt("10.5.4", f"entry {index}", read_entry, data) for index, data in enumerate(raw)]
        notices = {}  # index -> notice
        self.attempt("10.5.2", "keys", self.check_keys, entries, notices)
        self.check_entries(entries, notices, Keys(root_key))
        leaves = [sha256(b"\x00", data) for data in raw]
        self.check_tiles(leaves)
        self.attempt("10.5.9", "checkpoint", need, tree_root(leaves) == self.checkpoint.root, "10.5.9", "another root")

    def tile(self, level, index, width, cut):
        """A partial file may be gone once the full one is there: then its beginning, cut to the width."""
        partial = (self.path / tile_path(level, index, width)).is_file()
        wide = width if partial else 256
        return cut(self.file(tile_path(level, index, wide)), width, wide)

    def check_keys(self, entries, notices):
        lines, last = self.file("keys").split(b"\n"), -1
        need(lines.pop() == b"", "10.5.2", "the last line is not ended")
        for line in lines:
            value = read_canonical(line, KEY_LINE)
            need(value["index"] > last, "10.5.2", "the index")
            last = value["index"]
            if last < len(entries):  # the file is written before the checkpoint
                need(entries[last], "10.5.2", "no entry")
                entries[last].check_body(value["salt"], value["body"])
                notices[last] = value["body"]["key"]

    def check_entries(self, entries, notices, keys):
        origin, seen = self.checkpoint.origin, set()
        drill, history = origin.split("/")[0] == "drill", origin.startswith("ascertain/history/")
        one_class = "drill" if drill else "history" if history else "real"

        def check_signed(index, entry):
            key, _, use = keys.force.get(entry.key_id, (None, None, "log"))
            need(use != "log", "10.5.5", "the attester is no key in force")
            entry.verify(key)
            if entry.header["subject"] == "record:keys":
                need(index in notices, "10.5.5", "no line in keys")
                if use == "root":  # 10.4.1
                    keys.notice(notices[index])

        for index, entry in enumerate(entries):
            if entry:
                file, name = f"entry {index}", (entry.key_id, entry.header["statement"])
                self.attempt("10.5.5", file, check_signed, index, entry)
                self.attempt("10.5.6", file, need, name not in seen, "10.5.6", "a second statement of that name")
                self.attempt("10.5.7", file, need, CLASSES[entry.type] == one_class, "10.5.7", "another class")
                seen.add(name)

    def check_tiles(self, hashes):
        """10.5.8. Where a bundle and its tile disagree, the one not leading to the signed root is the bad one."""
        for level in range(8):
            blamed, tiles = level, []
            for index, width in widths(len(hashes)):
                name, part = tile_path(level, index, width), hashes[256 * index : 256 * index + width]
                found = self.attempt("10.5.8", name, self.tile, level, index, width, cut_hashes)
                tiles.append((index, width, part, found))
            if level == 0 and all(found for _, _, _, found in tiles):
                stated = [one for _, _, _, found in tiles for one in found]
                if tree_root(stated) == self.checkpoint.root != tree_root(hashes):
                    blamed, hashes = "entries", stated
            for index, width, part, found in tiles:
                if found is not None:
                    name = tile_path(blamed, index, width)
                    self.attempt("10.5.8", name, need, found == part, "10.5.8", "another hash than below")
            hashes = [tree_root(hashes[256 * index : 256 * index + 256]) for index in range(len(hashes) // 256)]


# ---- 10.6: COSE receipts and submissions ----


class Cbor:
    """CBOR read head by head, each of the kind, and the value if one is given, that is expected there."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        need(self.at <= len(self.data), "10.6", "CBOR cut short")
        return self.data[self.at - size : self.at]

    def head(self, kind, *expected):
        first, = self.take(1)
        more = {24: 1, 25: 2, 26: 4, 27: 8}.get(first & 31, 0)
        value = int.from_bytes(self.take(more), "big") if more else first & 31
        good = first >> 5 == kind and (more or value < 24) and (not expected or value in expected)
        need(good, "10.6", "not CBOR of a receipt")
        return value


def check_receipt(data, leaf, key):
    """A COSE receipt of the leaf under the log's key: index, size (only claimed) and root."""
    receipt = Cbor(data)
    receipt.head(6, 18), receipt.head(4, 4)
    protected = receipt.take(receipt.head(2))
    in_order = bytes.fromhex("a2 0127 19018b01"), bytes.fromhex("a2 19018b01 0127")  # {1: -8, 395: 1}
    need(protected in in_order, "10.6", "another protected header")
    receipt.head(5, 1), receipt.head(0, 396), receipt.head(5, 1), receipt.head(1, 0), receipt.head(4, 1)  # {396: {-1: [
    proof = Cbor(receipt.take(receipt.head(2)))
    need(receipt.take(1) == b"\xf6", "10.6", "a payload that is not detached")
    signature = receipt.take(receipt.head(2))
    proof.head(4, 3)
    size, index, length = proof.head(0), proof.head(0), proof.head(4, *range(65))
    path = [proof.take(proof.head(2, 32)) for _ in range(length)]
    need(receipt.at == len(data) and proof.at == len(proof.data), "10.6", "something after the receipt")
    root = included_root(leaf, index, size, path)
    verify(key, b"\x84\x6aSignature1\x47" + protected + b"\x40\x58\x20" + root, signature)
    return index, size, root


def check_submission(line):
    """One line of canonical JSON: the entry, and its body or None."""
    value = read_canonical(line, SUBMISSION)
    need(("body" in value) == ("salt" in value), "10.6", "body and salt, both or neither")
    entry = read_envelope(canonical(value["envelope"]))
    if "body" in value:
        entry.check_body(value["salt"], value["body"])
    return entry, value.get("body")
