"""The record's bytes: signatures, statements, log entries, the tree, signed notes, checkpoints, proofs of inclusion.

Sections 2 to 4 of docs/spec.md. Numbers in comments and in errors are the numbers of the checks there.
"""

import base64
import hashlib
import re
from collections import namedtuple

from ed25519 import good_key, need, verify
from forms import ENVELOPE, HEADER, canonical, check, decimal, read_canonical, unbase64, under, utf8

MOST_ENTRY = 65_535
CLASSES = {f"application/vnd.ascertain.statement.{name}.v1+json": name for name in ("real", "drill", "history")}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- 2, 3. Statements and log entries ----


class Entry(namedtuple("Entry", "type key_id signature header_bytes header")):
    def leaf(self):
        signature = base64.b64encode(self.signature)
        lines = b"ascertain/entry/v1", self.type.encode(), self.key_id.encode(), signature, self.header_bytes, b""
        return sha256(b"\x00", b"\n".join(lines))

    def verify(self, key):
        need(sha256(key).hex() == self.key_id, "2.7", "the attester is another key")
        verify(key, pae(self.type.encode(), self.header_bytes), self.signature)

    def check_body(self, salt, body):
        digest = sha256(bytes.fromhex(salt or ""), canonical(body)).hex()
        need(salt is not None and digest == self.header["body"], "2", "no salt, or another salted digest of the body")


def pae(kind, payload):
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def make_entry(kind, key_id, signature, header_bytes):
    header = under("2.1", read_canonical, header_bytes, HEADER)  # 2.1, 2.2
    need(kind in CLASSES, "2.3", "an unknown payload type")
    need(key_id == header["attester"], "2.5", "the key id is not the header's attester")
    return Entry(kind, key_id, signature, header_bytes, header)


def read_signature(value, number):
    signature = under(number, unbase64, value)
    need(len(signature) == 64, number, "a signature has 64 bytes")
    return signature


def read_entry(data):
    lines = data.split(b"\n")
    form = len(data) <= MOST_ENTRY and len(lines) == 6 and lines[5] == b"" and lines[0] == b"ascertain/entry/v1"
    need(form, "3.1", "not the five lines of an entry")
    kind, key_id, signature = (line.decode("ascii", "replace") for line in lines[1:4])
    entry = under("3.2", make_entry, kind, key_id, b"", lines[4])
    return entry._replace(signature=read_signature(signature, "3.3"))


def read_envelope(data):
    need(len(data) <= MOST_ENTRY, "2.6", "an envelope too long")
    envelope = under("2.6", read_canonical, data, ENVELOPE)
    payload = under("2.6", unbase64, envelope["payload"])
    need(len(envelope["signatures"]) == 1, "2.4", "not exactly one signature")
    signed = envelope["signatures"][0]
    return make_entry(envelope["payloadType"], signed["keyid"], read_signature(signed["sig"], "2.6"), payload)


# ---- 4. Tree ----


def node(left, right):
    return sha256(b"\x01", left, right)


def half(size):
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def tree_root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    at = half(len(leaves))
    return node(tree_root(leaves[:at]), tree_root(leaves[at:]))


def included_root(leaf, index, size, path):
    """4.1: the root that the path leads to; its last hash is that of the other half of the tree."""
    need(0 <= index < size, "4.1", "the index is not below the size")
    if size == 1:
        need(not path, "4.1", "a hash is left over")
        return leaf
    need(path, "4.1", "a hash is lacking")
    at = half(size)
    if index < at:
        return node(included_root(leaf, index, at, path[:-1]), path[-1])
    return node(path[-1], included_root(leaf, index - at, size - at, path[:-1]))


def consistent_roots(old, new, path, known):
    """The roots of the first `old` and of all `new` leaves of a part of the tree; `known`: that of `old`, or None."""
    if old == new:
        need(len(path) == (known is None), "4.2", "a hash is left over, or lacking")
        return (known or path[0],) * 2
    need(path, "4.2", "a hash is lacking")
    at, last = half(new), path[-1]
    if old <= at:
        first, second = consistent_roots(old, at, path[:-1], known)
        return first, node(second, last)
    first, second = consistent_roots(old - at, new - at, path[:-1], None)
    return node(last, first), node(last, second)


def check_consistency(old, new, old_root, new_root, path):
    """4.2"""
    need(0 < old <= new, "4.2", "the old size is 0, or above the new one")
    need(consistent_roots(old, new, path, old_root) == (old_root, new_root), "4.2", "not consistent")


# ---- 4. Signed notes, checkpoints, proofs of inclusion ----

ED25519, COSIGNATURE, ML_DSA = 0x01, 0x04, 0x06


def key_hash(name, kind, key):
    return sha256(name.encode(), b"\n", bytes([kind]), key)[:4]


def good_note_name(name):
    return name != "" and "+" not in name and not any(char.isspace() for char in name)


def read_vkey(value, kinds=(ED25519,)):
    """A verifier key in text: ((name, key hash), kind, key)."""
    parts = value.split("+", 2)
    need(len(parts) == 3 and good_note_name(parts[0]), "4.5", "not a verifier key")
    data = unbase64(parts[2])
    need(data and data[0] in kinds, "4.5", "not a verifier key of this kind")
    kind, key = data[0], data[1:]
    need(key_hash(parts[0], kind, key).hex() == parts[1], "4.5", "the key hash is another one")
    need(kind != ML_DSA or len(key) == 1312, "10.2.3", "a key of ML-DSA-44 has 1,312 bytes")
    if kind != ML_DSA:
        good_key(key)
    return (parts[0], bytes.fromhex(parts[1])), kind, key


def read_note(data):
    """4.3, 4.4: the text with its last LF, and the signatures as (name, key hash, rest)."""
    body, gap, lines = utf8(data, "4.3").rpartition("\n\n")
    need(not re.search(rb"[\x00-\x09\x0b-\x1f]", data) and gap and lines.endswith("\n"), "4.3", "not a note")
    signatures = []
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and good_note_name(parts[1]), "4.4", "not a signature line")
        raw = under("4.4", unbase64, parts[2])
        need(len(raw) > 4 and len(signatures) < 100, "4.4", "a signature too short, or too many")
        signatures.append((parts[1], raw[:4], raw[4:]))
    return body + "\n", signatures


def check_note(data, keys):
    """4.3 to 4.5 with keys {(name, key hash): key}: text, signatures, and the names of the keys that signed."""
    body, signatures = read_note(data)
    known = [(name, short, rest) for name, short, rest in signatures if (name, short) in keys]
    for name, short, rest in known:
        under("4.5", verify, keys[name, short], body.encode(), rest)
    need(known, "4.5", "no signature of a known key")
    return body, signatures, {name for name, _, _ in known}


Checkpoint = namedtuple("Checkpoint", "origin size root text signatures")


def read_checkpoint(data, logs):
    body, signatures, signers = check_note(data, logs)
    lines = body.split("\n")
    need(len(lines) == 4, "4.6", "not three lines")
    need(lines[0] != "" and lines[0] in signers, "4.7", "the origin is not the log's name")
    size, root = under("4.7", decimal, lines[1]), under("4.7", unbase64, lines[2])
    need(len(root) == 32, "4.7", "a root has 32 bytes")
    return Checkpoint(lines[0], size, root, body, signatures)


def read_tlog_proof(data):
    """4.8: extra (or None), index, hashes, and the bytes of the checkpoint."""
    head, gap, note = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    need(gap and lines.pop(0) == "c2sp.org/tlog-proof@v1", "4.8", "not a tlog-proof")
    with check("4.8"):
        extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        need(lines and lines[0].startswith("index "), "4.8", "no index")
        index, hashes = decimal(lines[0][6:]), [unbase64(line) for line in lines[1:]]
        need(len(hashes) <= 64 and all(len(one) == 32 for one in hashes), "4.8", "not at most 64 hashes")
    return extra, index, hashes, note


def check_tlog_proof(data, logs):
    """4.8, 4.9: the entry that the log holds, and the checkpoint. Who signed the entry is not looked at."""
    extra, index, hashes, note = read_tlog_proof(data)
    checkpoint = under("4.8", read_checkpoint, note, logs)
    need(extra is not None, "4.9", "no envelope")
    entry = under("4.9", read_envelope, extra)
    root = under("4.9", included_root, entry.leaf(), index, checkpoint.size, hashes)
    need(root == checkpoint.root, "4.9", "the path leads to another root")
    return entry, index, checkpoint
