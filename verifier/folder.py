"""The record as files: witnesses and their policy, keys by index, a whole record in a folder, COSE receipts, submissions.

Section 10 of docs/spec.md; the numbers are the numbers of the checks there.
"""

import pathlib
import re
from dataclasses import dataclass, field

from ed25519 import Bad, need, verify
from forms import KEY_LINE, MOST_BYTES, canonical, check, decimal, hex_digest, read_canonical, unbase64
from record import COSIGNATURE, ML_DSA, included_root, read_checkpoint, read_entry, read_envelope, read_vkey, sha256, tree_root

# ---- 10.2, 10.3: cosignatures and the witness policy ----


@dataclass
class Policy:
    logs: dict = field(default_factory=dict)  # (name, key hash) -> key
    witnesses: dict = field(default_factory=dict)  # (name, key hash) -> (name in the policy, key or None)
    members: dict = field(default_factory=dict)  # name -> None for a witness, (threshold, members) for a group
    taken: set = field(default_factory=set)  # keys of witnesses, and names that are in a group
    quorum: str = None

    def define(self, name, value):
        need(name != "none" and name not in self.members and len(self.members) < 1000, "10.3.2", f"the name {name}")
        self.members[name] = value

    def take(self, one, number):
        need(one not in self.taken, number, f"{one} twice")
        self.taken.add(one)

    def line(self, what, *items):
        if what == "log" and len(items) in (1, 2):
            name, _, key = read_vkey(items[0])
            need(key not in self.logs.values(), "10.3.2", "two logs with one key")
            self.logs[name] = key
        elif what == "witness" and len(items) in (2, 3):
            name, kind, key = read_vkey(items[1], (COSIGNATURE, ML_DSA))
            self.take((kind, key), "10.3.2")
            self.define(items[0], None)
            self.witnesses[name] = (items[0], key if kind == COSIGNATURE else None)
        elif what == "group" and len(items) >= 3:
            name, threshold, *members = items
            for member in members:
                need(member in self.members, "10.3.2", f"{member} is not defined")
                self.take(member, "10.3.3")
            with check("10.3.3"):
                least = {"any": 1, "all": len(members)}.get(threshold) or decimal(threshold)
            need(1 <= least <= len(members), "10.3.3", "the threshold")
            self.define(name, (least, members))
        elif what == "quorum" and len(items) == 1:
            need(self.quorum is None, "10.3.4", "two quorums")
            need(items[0] == "none" or items[0] in self.members, "10.3.2", f"{items[0]} is not defined")
            self.quorum = items[0]
        else:
            raise Bad("10.3", f"not a line of a policy: {what}")


def read_policy(data):
    need(len(data) <= 1 << 20 and data[-1:] in (b"", b"\n"), "10.3.1", "too long, or the last line not ended")
    need(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data), "10.3.1", "a control character")
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        raise Bad("10.3.1", "not UTF-8") from None
    policy = Policy()
    for line in lines:
        items = [item for item in re.split("[ \t]+", line) if item]
        if items and not items[0].startswith("#"):
            policy.line(*items)
    need(policy.quorum is not None, "10.3.4", "no quorum")
    return policy


def check_policy(policy, checkpoint):
    """10.2.1, 10.2.2, 10.3.5 on a checkpoint that one of the policy's logs has signed."""
    met = {"none"}
    for name, short, rest in checkpoint.signatures:
        witness, key = policy.witnesses.get((name, short), (None, None))
        if key is not None:  # 10.2.3: a key of ML-DSA counts for nothing
            with check("10.2.2"):
                need(len(rest) == 72 and rest[0] < 128, "10.2.1", "the timestamp")
                seconds = int.from_bytes(rest[:8], "big")
                verify(key, f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode(), rest[8:])
            met.add(witness)
    for name, group in policy.members.items():  # every member is defined before its group
        if group and sum(member in met for member in group[1]) >= group[0]:
            met.add(name)
    need(policy.quorum in met, "10.3.5", "the quorum is not met")


# ---- 10.4: keys by index ----


class Keys:
    def __init__(self, root):
        self.force = {sha256(root).hex(): (root, "root", "root")}  # key id -> key, name, use
        self.ever = {root}

    def notice(self, entry, notice):
        """10.4.1 to 10.4.4, for a notice whose signature holds."""
        key, name, use = unbase64(notice["key"]), notice["name"], notice["use"]
        key_id = sha256(key).hex()
        if self.force[entry.key_id][2] == "root" and notice["action"] == "add" and key not in self.ever:
            self.ever.add(key)
            self.force[key_id] = (key, name, use)
        elif self.force[entry.key_id][2] == "root" and notice["action"] == "revoke":
            roots = sum(one[2] == "root" for one in self.force.values())
            if self.force.get(key_id) == (key, name, use) and (use != "root" or roots > 1):
                del self.force[key_id]


# ---- 10.5: a whole record in a folder ----


def tile_path(level, index, width=256):
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def widths(size):
    """The tiles over so many hashes: (index, width)."""
    yield from ((index, 256) for index in range(size // 256))
    if size % 256:
        yield size // 256, size % 256


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
        self.path, self.failures, self.checkpoint = pathlib.Path(path), [], None
        self.attempt("10.5.1", "checkpoint", self.check_checkpoint, logs, policy)
        if self.checkpoint:
            self.check_all(root_key)
        self.failures.sort(key=lambda failure: [int(part) for part in failure[0].split(".")])

    def attempt(self, number, file, do, *args):
        try:
            with check(number):
                return do(*args)
        except Bad as bad:
            self.failures.append((number, file, bad.why))
        except OSError as error:
            self.failures.append((number, file, error.strerror))
        return None

    def file(self, name):
        path = self.path / name
        need(not path.exists() or (path.is_file() and path.stat().st_size <= MOST_BYTES), "10.5", "no file, or too long")
        return path.read_bytes()

    def check_checkpoint(self, logs, policy):
        checkpoint = read_checkpoint(self.file("checkpoint"), logs)
        if policy:
            check_policy(policy, checkpoint)
        self.checkpoint = checkpoint

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
            need(last < value["index"] < len(entries) and entries[value["index"]], "10.5.2", "the index")
            last = value["index"]
            entries[last].check_body(value["salt"], value["body"])
            notices[last] = value["body"]["key"]

    def check_entries(self, entries, notices, keys):
        origin, seen = self.checkpoint.origin, set()
        drill, history = origin == "drill" or origin.startswith("drill/"), origin.startswith("ascertain/history/")
        one_class = "drill" if drill else "history" if history else "real"

        def check_signed(index, entry):
            key, _, use = keys.force.get(entry.key_id, (None, None, "log"))
            need(use != "log", "10.5.5", "the attester is no key in force")
            entry.verify(key)
            if entry.header["subject"] == "record:keys":
                need(index in notices, "10.5.5", "no line in keys")
                keys.notice(entry, notices[index])

        for index, entry in enumerate(entries):
            if entry:
                file, name = f"entry {index}", (entry.key_id, entry.header["statement"])
                self.attempt("10.5.5", file, check_signed, index, entry)
                self.attempt("10.5.6", file, need, name not in seen, "10.5.6", "a second statement of that name")
                self.attempt("10.5.7", file, need, entry.kind() == one_class, "10.5.7", f"not of class {one_class}")
                seen.add(name)

    def check_tiles(self, hashes):
        """10.5.8. Where a bundle and the tile beside it disagree, the one that does not lead to the signed root is the bad one."""
        bad = "tile"
        for level in range(8):
            tiles = []
            for index, width in widths(len(hashes)):
                name, part = tile_path(level, index, width), hashes[256 * index : 256 * index + width]
                tiles.append((index, width, part, self.attempt("10.5.8", name, self.tile, level, index, width, cut_hashes)))
            if level == 0 and all(found for _, _, _, found in tiles):
                stated = [one for _, _, _, found in tiles for one in found]
                if tree_root(stated) == self.checkpoint.root != tree_root(hashes):
                    bad, hashes = "entries", stated
            for index, width, part, found in tiles:
                name = tile_path("entries" if bad == "entries" and level == 0 else level, index, width)
                if found is not None:
                    self.attempt("10.5.8", name, need, found == part, "10.5.8", "bundle and tile disagree, or tile and tile")
            hashes = [tree_root(hashes[256 * index : 256 * index + 256]) for index in range(len(hashes) // 256)]


# ---- 10.6: COSE receipts and submissions ----


def read_cbor(data, at=0, depth=0):
    """One item of CBOR and where it ends: (major type, value), the value of an array or map being a list of its items."""
    kind, size = (data[at] >> 5, data[at] & 31) if at < len(data) and depth < 8 else (7, 0)
    more = {24: 1, 25: 2, 26: 4, 27: 8}.get(size, 0)
    need((size < 24 or more) and kind < 7 or (kind, size) == (7, 22), "10.6", "not CBOR of a receipt")  # 7, 22: null
    value, at = int.from_bytes(data[at + 1 : at + 1 + more], "big") if more else size, at + 1 + more
    need(at + (value if 2 <= kind <= 5 else 0) <= len(data), "10.6", "not CBOR of a receipt")
    if kind in (2, 3):
        return (kind, data[at : at + value]), at + value
    if kind in (4, 5, 6):
        items = []
        for _ in range({4: value, 5: 2 * value, 6: 1}[kind]):
            item, at = read_cbor(data, at, depth + 1)
            items.append(item)
        return ((kind, items) if kind < 6 else (kind, value, items[0])), at
    return (kind, -1 - value if kind == 1 else value), at


def whole_cbor(data):
    item, end = read_cbor(data)
    need(end == len(data), "10.6", "something after the CBOR")
    return item


def check_receipt(data, leaf, key):
    """A COSE receipt of the leaf under the log's key: index, size (only claimed) and root."""
    match whole_cbor(data):
        case (6, 18, (4, [(2, protected), (5, [(0, 396), (5, [(1, -1), (4, [(2, proof)])])]), (7, _), (2, signature)])):
            pass
        case _:
            raise Bad("10.6", "not a receipt")
    match whole_cbor(protected), whole_cbor(proof):
        case ((5, [(0, 1), (1, -8), (0, 395), (0, 1)] | [(0, 395), (0, 1), (0, 1), (1, -8)]),
              (4, [(0, size), (0, index), (4, path)])):  # fmt: skip
            hashes = len(path) <= 64 and all(one[0] == 2 and len(one[1]) == 32 for one in path)
            need(hashes and len(protected) <= 23, "10.6", "not at most 64 hashes")
        case _:
            raise Bad("10.6", "not a receipt")
    root = included_root(leaf, index, size, [one[1] for one in path])
    verify(key, b"\x84\x6aSignature1" + bytes([0x40 + len(protected)]) + protected + b"\x40\x58\x20" + root, signature)
    return index, size, root


def check_submission(line):
    """One line of canonical JSON: the entry, and its body or None."""
    value = read_canonical(line, lambda value: need(isinstance(value, dict), "10.6", "not an object"))
    need(set(value) in ({"envelope"}, {"body", "envelope", "salt"}), "10.6", "envelope, and body with salt")
    entry = read_envelope(canonical(value["envelope"]))
    if "body" in value:
        hex_digest(value["salt"])
        entry.check_body(value["salt"], value["body"])
    return entry, value.get("body")
