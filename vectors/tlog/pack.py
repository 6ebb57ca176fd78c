#!/usr/bin/env python3
"""Packs the test data of other projects into the files beside this script.

    python3 vectors/tlog/pack.py FOLDER

FOLDER holds the data as downloaded; SOURCE.md names repository, path and commit of each part, and what is left out.
Nothing is computed but `sunlight/roots.txt`; nothing is left out of a family without a word in SOURCE.md.
"""

import base64
import hashlib
import json
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent

# The example verifier key of c2sp.org/signed-note; its hash and the example's signature check each other.
NOTE_EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def write(name, content):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_lines(name, rows):
    """One JSON object a line."""
    compact = [json.dumps(row, separators=(",", ":")) for row in rows]
    write(name, "".join(line + "\n" for line in compact))


def copy(source, files, target):
    for file in files:
        write(f"{target}/{file}", (source / file).read_bytes())


def natural(path):
    """Sorts 2-1 before 10-0."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]


def rfc6962(source, family):
    """518 small files become one line each; `desc` repeats the file's name and is dropped, a null proof is empty."""
    folder = source / "rfc6962-proofs" / family
    rows = []
    for path in sorted(folder.rglob("*.json"), key=natural):
        row = json.loads(path.read_text())
        row["proof"] = row["proof"] or []
        del row["desc"]
        rows.append({"name": str(path.relative_to(folder).with_suffix("")), **row})
    write_lines(f"rfc6962/{family}.jsonl", rows)


def edge_cases(source):
    rows = json.loads((source / "ed25519/ed25519vectors.json").read_text())
    write_lines("ed25519/edge-cases.jsonl", [{**row, "flags": row["flags"] or []} for row in rows])


def wycheproof(source):
    """Key, message, signature and verdict; the keys' other spellings and the notes on bug classes are dropped."""
    file = json.loads((source / "ed25519/wycheproof_ed25519_test.json").read_text())
    rows = [
        {
            "number": test["tcId"],
            "comment": test["comment"],
            "key": group["publicKey"]["pk"],
            "msg": test["msg"],
            "sig": test["sig"],
            "valid": {"valid": True, "invalid": False}[test["result"]],
        }
        for group in file["testGroups"]
        for test in group["tests"]
    ]
    assert len(rows) == file["numberOfTests"]
    write_lines("ed25519/wycheproof.jsonl", rows)


def jcs(source):
    """Input and output as texts; outhex says the same as output, which is checked here."""
    rows = []
    for path in sorted((source / "jcs/input").iterdir()):
        output = (source / "jcs/output" / path.name).read_bytes()
        assert bytes.fromhex((source / "jcs/outhex" / path.with_suffix(".txt").name).read_text()) == output
        rows.append({"name": path.stem, "input": path.read_bytes().decode(), "output": output.decode()})
    write_lines("jcs.jsonl", rows)


def dsse(source):
    text = (source / "dsse/protocol-test-vectors.md").read_text()
    names = {"payload": "SERIALIZED_BODY", "payloadType": "PAYLOAD_TYPE", "pae": "PAE"}
    found = {key: re.search(rf"\n{name}:\n\n```none\n(.*?)\n```", text)[1] for key, name in names.items()}
    write_lines("dsse-pae.jsonl", [found])


def go_generated(source):
    folder = source / "go-generated"
    proofs = sorted(folder.glob("*.tlog-proof"), key=natural)
    write_lines("go/proofs.jsonl", [{"name": path.stem, "proof": path.read_text()} for path in proofs])
    rows = [
        {
            "name": f"{row['Size1']}-{row['Size2']}",
            **{key: row[key.capitalize()] for key in ["size1", "size2", "root1", "root2", "proof"]},
            "wantErr": False,
        }
        for row in json.loads((folder / "consistency.json").read_text())
    ]
    write_lines("go/consistency.jsonl", rows)
    write("go/note-example.txt", (folder / "c2sp-signed-note-example.txt").read_bytes())
    write("go/note-example.vkey", NOTE_EXAMPLE_VKEY + "\n")


def tessera(source):
    """The log as it lies there, without its writer's own state and the copy of the last checkpoint."""
    folder = source / "tessera-log15"
    files = [path.relative_to(folder) for path in [*folder.glob("checkpoint.*"), *folder.glob("tile/**/*")]]
    copy(folder, [file for file in files if (folder / file).is_file()], "tessera")
    write("tessera/log.vkey", (source / "go-generated/vkey").read_text().strip() + "\n")


def merkle_root(leaves):
    """RFC 9162 section 2.1.1, as it stands there."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + merkle_root(leaves[:k]) + merkle_root(leaves[k:])).digest()


def sunlight(source):
    folder = source / "sunlight-navigli2025h2"
    tiles = ["tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003", "tile/0/003.p/10"]
    copy(folder, tiles, "sunlight")
    hashes = b"".join((folder / tile).read_bytes() for tile in tiles[:4])
    leaves = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    roots = {size: base64.b64encode(merkle_root(leaves[:size])).decode() for size in [256, 512, 768, 778, 1024]}
    write("sunlight/roots.txt", "".join(f"{size} {root}\n" for size, root in roots.items()))


def seeds(source):
    paths = sorted((source / "azul-fuzz/fuzz_parse_tile_path").iterdir(), key=natural)
    write("azul/tile-paths.txt", b"".join(path.read_bytes().strip() + b"\n" for path in paths))


def main(source):
    for made in ["rfc6962", "ed25519", "go", "tessera", "sunlight", "witness", "cose", "azul"]:
        shutil.rmtree(HERE / made, ignore_errors=True)
    for family in ["inclusion", "consistency"]:
        rfc6962(source, family)
    for part in [edge_cases, wycheproof, jcs, dsse, go_generated, tessera, sunlight, seeds]:
        part(source)
    for folder, target in [("witness-transcript", "witness"), ("cose-receipts", "cose")]:
        copy(source / folder, sorted(path.name for path in (source / folder).iterdir()), target)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
