"""Checks signatures made by the Rust code with Python's hmac and `cryptography`. Prints signatures made here, for the
Rust code to check. Exit status 77: something is missing, nothing was compared."""

import base64
import hashlib
import hmac
import json
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError as e:
    print(f"python has no `cryptography`: {e}", file=sys.stderr)
    sys.exit(77)


def key(text):
    return base64.b64decode(text.split("_", 1)[1])


def check(case):
    content = f"{case['id']}.{case['timestamp']}.{case['body']}".encode()
    first, second, third = case["signature"].split(" ")
    for name, entry in (("other", first), ("secret", second)):
        mac = hmac.new(key(case[name]), content, hashlib.sha256).digest()
        assert entry == "v1," + base64.b64encode(mac).decode(), (name, case)
    assert third.startswith("v1a,")
    public = Ed25519PublicKey.from_public_bytes(key(case["public"]))
    public.verify(base64.b64decode(third[4:]), content)
    try:
        public.verify(base64.b64decode(third[4:]), content + b" ")
        raise AssertionError("a changed message was accepted")
    except InvalidSignature:
        pass


def main():
    theirs = []
    with open(sys.argv[1], encoding="utf-8") as f:
        cases = json.load(f)
    for case in cases:
        check(case)
        content = f"{case['id']}.{case['timestamp']}.{case['body']}".encode()
        base = {name: case[name] for name in ("id", "timestamp", "body")}
        mac = hmac.new(key(case["other"]), content, hashlib.sha256).digest()
        theirs.append(base | {"check": case["other"], "signature": "v1," + base64.b64encode(mac).decode()})
        private = Ed25519PrivateKey.from_private_bytes(key(case["private"]))
        signature = base64.b64encode(private.sign(content)).decode()
        theirs.append(base | {"check": case["public"], "signature": f"v1a,{signature}"})
    print(f"{len(cases)} cases agree with hmac and cryptography", file=sys.stderr)
    print(json.dumps(theirs))


main()
