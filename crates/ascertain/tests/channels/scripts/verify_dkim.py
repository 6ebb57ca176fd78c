#!/usr/bin/python3
"""Verifies every DKIM signature of a message with dkimpy: verify_dkim.py MESSAGE RECORDS

RECORDS has one key per line: name, tab, text. There is no DNS. Exit 0 if there is a signature and all are good.
"""
import sys

import dkim

with open(sys.argv[1], "rb") as file:
    message = file.read()
with open(sys.argv[2], "rb") as file:
    records = dict(line.rstrip(b"\n").split(b"\t", 1) for line in file)


def lookup(name, timeout=5):
    name = name if isinstance(name, bytes) else name.encode()
    return records.get(name.rstrip(b"."))


count = message.split(b"\r\n\r\n", 1)[0].lower().count(b"dkim-signature:")
results = []
for index in range(count):
    try:
        results.append(dkim.DKIM(message).verify(idx=index, dnsfunc=lookup))
    except dkim.DKIMException as problem:
        print(problem)
        results.append(False)
print(results)
sys.exit(0 if results and all(results) else 1)
