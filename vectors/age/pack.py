#!/usr/bin/env python3
"""Packs the age test kit of C2SP into testkit.jsonl, a line a case.

    python3 vectors/age/pack.py FOLDER

FOLDER holds the cases as downloaded, a file each. A case's headers become fields; its body, unpacked where the case says so, is
base64 in which `*N*` stands for N zero bytes. Cases of passphrases (`scrypt`) are left out: nothing here reads those.
"""

import base64
import json
import pathlib
import re
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent


def packed(body):
    parts = re.split(rb"(\x00{64,})", body)
    text = [base64.b64encode(p).decode() if i % 2 == 0 else f"*{len(p)}*" for i, p in enumerate(parts)]
    return "".join(text)


def main(folder):
    rows = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        head, body = path.read_bytes().split(b"\n\n", 1)
        fields = [line.split(": ", 1) for line in head.decode().splitlines()]
        if any(key == "passphrase" for key, _ in fields):
            continue
        row = {"name": path.name, "identities": [v for k, v in fields if k == "identity"]}
        row.update({k: v for k, v in fields if k in ("expect", "payload", "armored", "comment")})
        if any(key == "compressed" for key, _ in fields):
            body = zlib.decompress(body)
        row["body"] = packed(body)
        rows.append(json.dumps(row, sort_keys=True))
    (HERE / "testkit.jsonl").write_text("\n".join(rows) + "\n")
    print(len(rows), "cases")


main(sys.argv[1])
