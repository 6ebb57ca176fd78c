"""Command line of the second verifier.

    verify.py decision.proof [--trust FILE]
    verify.py --record DIR --policy FILE --root KEY [--log VKEY]
    verify.py --tlog-proof FILE --policy FILE | --log VKEY

Exit 0: holds. 1: anything else. 2: usage, or an input of the caller's own (trust, policy, keys) that cannot be read.
"""

import argparse
import contextlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import election  # noqa: E402
import folder  # noqa: E402
import forms  # noqa: E402
import policy  # noqa: E402
import proof  # noqa: E402
import record  # noqa: E402

with contextlib.suppress(ImportError):  # its table of what only other elections need; empty without
    import elsewhere  # noqa: E402, F401


def verdict_of_proof(data, trust=None):
    """(verdict, number of the first failing check or None, why)"""
    try:
        checked = proof.Proof(data)
        policy.check_decision(checked)
        if trust is None:
            return "consistent, signer unknown", None, "no trust file is given"
        checked.check_trust(trust)
        return "holds", None, ", ".join(str(checked.decision[key]) for key in ("election", "office", "outcome", "at"))
    except forms.Bad as bad:
        return "does not hold", bad.number, bad.why
    except proof.Unverifiable as missing:
        return f"unverifiable at {missing}", "7.7.1", "a body is not there"
    except election.Unsupported as unsupported:
        return "not supported by this verifier", None, str(unsupported)


def verdict_of_record(directory, logs, root_key, witness_policy):
    checked = folder.Folder(directory, logs, root_key, witness_policy)
    failures, checkpoint = checked.failures, checked.checkpoint
    if failures:
        words = [f"\n  {number} {file}: {why}" for number, file, why in failures[:50]]
        return "does not hold", failures[0][0], "".join(words)
    return "holds", None, f"{checkpoint.size} entries, root {checkpoint.root.hex()}"


def verdict_of_tlog_proof(data, logs, witness_policy):
    try:
        entry, index, checkpoint = record.check_tlog_proof(data, logs)
        if witness_policy:
            folder.check_policy(witness_policy, checkpoint)
        what = f"{entry.header['statement']} is entry {index} of {checkpoint.size}"
        return "holds", None, f"{what}; who signed it is not checked"
    except forms.Bad as bad:
        return "does not hold", bad.number, bad.why


def read_file(path):
    file = pathlib.Path(path)
    forms.need(file.stat().st_size <= forms.MOST_BYTES, "file", f"{path} is too long")
    return file.read_bytes()


def own_inputs(args):
    """The caller's own policy and keys."""
    witness_policy = folder.Policy(read_file(args.policy)) if args.policy else None
    logs = dict(witness_policy.logs) if witness_policy else {}
    if args.log:
        name, _, key = record.read_vkey(args.log)
        logs[name] = key
    forms.need(logs or args.proof, "log", "no key of a log: give --policy or --log")
    return witness_policy, logs


def main(argv=None):
    parser = argparse.ArgumentParser(description="A second verifier of ascertain's records and proofs.")
    parser.add_argument("proof", nargs="?")
    for name in ("trust", "record", "policy", "root", "log", "tlog-proof"):
        parser.add_argument("--" + name)
    args = parser.parse_args(argv)
    given = [one for one in (args.proof, args.record, args.tlog_proof) if one is not None]
    if len(given) != 1 or (args.record and not args.root):
        parser.error("one of: a proof; --record with --root; --tlog-proof")
    try:
        witness_policy, logs = own_inputs(args)
        if args.proof:
            data, trust = read_file(args.proof), None
            if args.trust:
                trust = proof.read_trust(read_file(args.trust).decode())
        elif args.record:
            root_key = forms.unbase64(args.root)
            record.good_key(root_key)
        else:
            data = read_file(args.tlog_proof)
    except (OSError, UnicodeDecodeError, forms.Bad) as error:
        print(f"bad input: {error}", file=sys.stderr)
        return 2
    try:
        if args.proof:
            verdict, number, why = verdict_of_proof(data, trust)
        elif args.record:
            verdict, number, why = verdict_of_record(args.record, logs, root_key, witness_policy)
        else:
            verdict, number, why = verdict_of_tlog_proof(data, logs, witness_policy)
    except Exception as error:  # whatever else: never a traceback, and never "holds"
        verdict, number, why = "not supported by this verifier", None, f"{type(error).__name__}: {error}"
    print(f"{verdict}: {'check ' + number + ': ' if number else ''}{why}")
    return 0 if verdict == "holds" else 1


if __name__ == "__main__":
    sys.exit(main())
