"""For the tests alone: makes proofs and records with keys of its own, so that well signed bad ones can be tried too."""

import base64
import copy
import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import election
import folder
import policy
import proof
import record
from forms import canonical, instant


class Key:
    def __init__(self, name):
        self.name = name
        self.private = Ed25519PrivateKey.from_private_bytes(record.sha256(name.encode()))
        self.public = self.private.public_key().public_bytes_raw()
        self.text, self.id = base64.b64encode(self.public).decode(), record.sha256(self.public).hex()


def type_of(kind):
    return f"application/vnd.ascertain.statement.{kind}.v1+json"


def sign_entry(key, kind, subject, statement, known_at, body, salt):
    header = canonical({"attester": key.id, "body": record.sha256(bytes.fromhex(salt), canonical(body)).hex(), "known_at": known_at,
                        "statement": statement, "subject": subject, "v": 1})  # fmt: skip
    signature = base64.b64encode(key.private.sign(record.pae(type_of(kind).encode(), header)))
    lines = [b"ascertain/entry/v1", type_of(kind).encode(), key.id.encode(), signature, header]
    return b"".join(line + b"\n" for line in lines)


def sign_checkpoint(log, origin, leaves):
    text = f"{origin}\n{len(leaves)}\n{base64.b64encode(record.tree_root(leaves)).decode()}\n"
    raw = record.key_hash(origin, 1, log.public) + log.private.sign(text.encode())
    return f"{text}\n\u2014 {origin} {base64.b64encode(raw).decode()}\n"


def inclusion(leaves, index):
    """The path of RFC 9162 section 2.1.3.1."""
    if len(leaves) <= 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*inclusion(leaves[:half], index), record.tree_root(leaves[half:])]
    return [*inclusion(leaves[half:], index - half), record.tree_root(leaves[:half])]


LOG, DECIDER = Key("log"), Key("decider")


def make_proof(head, law, policy_value, statements, attesters, decided, *, election_id, kind="full", prepared=(), klass="history",
               origin="ascertain/history/made", change=lambda decision: None):  # fmt: skip
    """`statements`: (key, subject, statement, known_at, body). `attesters`: (key, name). `decided`: what the decision says of at, office,
    outcome, relied, and record_size."""
    made, leaves = [], []
    for index, (key, subject, statement, known_at, body) in enumerate(statements[: decided["record_size"]]):
        salt = record.sha256(b"salt", index.to_bytes(4, "big")).hex()
        entry = sign_entry(key, klass, subject, statement, known_at, body, salt)
        stated = {"entry": entry.decode(), "index": index}
        made.append({**stated, "body": body, "salt": salt} if subject == election_id else stated)
        leaves.append(record.sha256(b"\x00", entry))
    size = len(leaves)
    if kind == "brief":
        wanted = sorted({one["statement"] for one in decided["relied"]})
        made = [{**made[index], "inclusion": [one.hex() for one in inclusion(leaves, index)]} for index in wanted]
    decision = {
        "attesters": sorted({key.id for key, _ in attesters}), "election": election_id, "election_sha256": proof.digest(head),
        "law_sha256": proof.digest(law), "policy_sha256": proof.digest(policy_value), "prepared": sorted(prepared),
        "record_root": record.tree_root(leaves).hex(), "semantics": 3, **decided,
    }  # fmt: skip
    change(decision)
    body, salt = {"decision": decision}, record.sha256(b"salt of the decision").hex()
    entry = sign_entry(DECIDER, klass, f"{election_id}:decision", f"decision:{decision['office']}", decision["at"], body, salt)
    claims = {"attesters": [{"key": key.text, "name": name} for key, name in attesters], "decider": DECIDER.text, "log": LOG.text,
              "origin": origin}  # fmt: skip
    return {
        "checkpoint": sign_checkpoint(LOG, origin, leaves), "claims": claims, "election": head, "kind": kind, "law": law,
        "decision": {"body": body, "entry": entry.decode(), "index": size, "salt": salt}, "policy": policy_value, "statements": made, "v": 1,
    }  # fmt: skip


def decide(head, law, policy_value, statements, attesters, election_id, prepared):
    """The first decision by this verifier's own semantics, or None."""
    names = {key.id: name for key, name in attesters}
    evidence = [(index, statement, names.get(key.id, key.id), instant(known_at), body["act"])
                for index, (key, subject, statement, known_at, body) in enumerate(statements) if subject == election_id]  # fmt: skip
    found_head = election.Election(head, election_id)
    found_law = election.Law(law, found_head)
    args = found_head, found_law, evidence, set(names.values()), policy_value, set(prepared)
    evaluation = policy.Evaluation(*args)
    found = evaluation.first()
    if not found:
        return None
    t, office, outcome, relied = found
    return {"at": text_of(t), "office": office, "outcome": outcome, "record_size": evaluation.record_size(t), "relied": relied}


def text_of(seconds):
    import datetime

    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


# ---- Mutations of a proof ----


def places_in(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*path, key))


def mutate(data, value, rng):
    """Bytes of a proof that differ from the good ones: a byte flipped, or a field dropped, swapped, repeated or changed."""
    how = rng.choice(("flip", "flip", "cut", "drop", "swap", "copy", "tweak", "tweak", "tweak", "order"))
    if how in ("flip", "cut"):
        at = rng.randrange(len(data))
        return data[:at] + data[at + 1 :] if how == "cut" else data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    value = copy.deepcopy(value)
    paths = [path for path in places_in(value) if path]
    path = rng.choice(paths)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    if how == "drop":
        del holder[key]
    elif how == "copy" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif how == "swap" and len(holder) > 1:
        other = rng.choice([one for one in (holder if isinstance(holder, dict) else range(len(holder))) if one != key])
        holder[key], holder[other] = holder[other], holder[key]
    elif how == "order":
        lists = [path for path in paths if isinstance(at_path(value, path), list) and len(at_path(value, path)) > 1]
        rng.shuffle(at_path(value, rng.choice(lists))) if lists else None
    else:
        holder[key] = tweak(holder[key], rng)
    return canonical(value)


def at_path(value, path):
    for key in path:
        value = value[key]
    return value


def tweak(item, rng):
    if isinstance(item, bool):
        return not item
    if isinstance(item, int):
        return max(0, item + rng.choice((-1, 1, 1000)))
    if isinstance(item, str) and item:
        at = rng.randrange(len(item))
        return item[:at] + rng.choice("aZ09-. \n\u00e9\U0001f600") + item[at + rng.randrange(2) :]
    return rng.choice((None, [], {}, "", 0, [item]))


# ---- A whole record ----


def write_record(path, origin, log, entries, keys_lines, cosigners=()):
    """The files of 10.1 for the entries."""
    leaves = [record.sha256(b"\x00", entry) for entry in entries]
    note = sign_checkpoint(log, origin, leaves)
    text = note[: note.index("\n\n") + 1]
    for witness, time in cosigners:
        signed = witness.private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        raw = record.key_hash(witness.name, 4, witness.public) + time.to_bytes(8, "big") + signed
        note += f"\u2014 {witness.name} {base64.b64encode(raw).decode()}\n"
    files = {"checkpoint": note.encode(), "keys": b"".join(canonical(line) + b"\n" for line in keys_lines)}
    for index, width in folder.widths(len(entries)):
        part = entries[256 * index : 256 * index + width]
        files[folder.tile_path("entries", index, width)] = b"".join(len(one).to_bytes(2, "big") + one for one in part)
    hashes, level = leaves, 0
    while hashes:
        for index, width in folder.widths(len(hashes)):
            files[folder.tile_path(level, index, width)] = b"".join(hashes[256 * index : 256 * index + width])
        hashes, level = [record.tree_root(hashes[256 * at : 256 * at + 256]) for at in range(len(hashes) // 256)], level + 1
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return files


def vkey(key, kind, name=None):
    name = name or key.name
    raw = base64.b64encode(bytes([kind]) + key.public).decode()
    return f"{name}+{record.key_hash(name, kind, key.public).hex()}+{raw}"


def sample_record(size=600):
    """Entries and lines of `keys`: a second root, an attester added, used and revoked."""
    root, second, attester, log = Key("root"), Key("second root"), Key("attester"), Key("log")
    rng, entries, lines = random.Random(1), [], []

    def append(key, subject, body):
        salt = rng.randbytes(32).hex()
        entries.append(sign_entry(key, "real", subject, f"statement-{len(entries)}", "2040-01-01T00:00:00Z", body, salt))
        if subject == "record:keys":
            lines.append({"body": body, "index": len(entries) - 1, "salt": salt})

    def notice(by, action, key, use):
        append(by, "record:keys", {"key": {"action": action, "key": key.text, "name": key.name, "use": use}})

    notice(root, "add", second, "root")
    notice(second, "add", attester, "attester")
    notice(root, "add", log, "log")
    for number in range(size - 5):
        append(attester, "some-election", {"telegram": number})
    notice(attester, "add", Key("nobody"), "attester")  # without effect: not by a root
    notice(second, "revoke", attester, "attester")
    return root, attester, log, entries, lines
