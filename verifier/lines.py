"""Counts the lines of code of the verifier, without comments, docstrings and blank lines, and checks how wide they are.

    python3 verifier/lines.py

Exit 1: a part has more lines than it may, or a line has more than 120 columns.
"""

import io
import pathlib
import sys
import tokenize

HOME = pathlib.Path(__file__).resolve().parent
PARTS = {  # part: its files, the most lines it may have
    "the record and the checks of a proof": ("ed25519 record folder proof", 500),
    "the re-derivation": ("election acts standing places offices policy", 500),
    "what only other elections or policies need": ("elsewhere", 35),
    "forms, most of them tables": ("forms", 349),
    "command line": ("verify", 91),
}
WIDEST = 120
LAYOUT = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def lines_of_code(source):
    """The numbers of the lines with a token on them. A statement that is a string alone is a docstring."""
    found, before = set(), tokenize.NEWLINE
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    tokens = [one for one in tokens if one.type not in (tokenize.COMMENT, tokenize.NL)]
    for token, after in zip(tokens, tokens[1:]):
        docstring = token.type == tokenize.STRING and before in LAYOUT and after.type == tokenize.NEWLINE
        if token.type not in LAYOUT and not docstring:
            found.update(range(token.start[0], token.end[0] + 1))
        before = token.type
    return found


def main():
    good = True
    for part, (names, most) in PARTS.items():
        count = 0
        for name in names.split():
            source = (HOME / f"{name}.py").read_text()
            count += len(lines_of_code(source))
            for number, line in enumerate(source.split("\n"), 1):
                if len(line) > WIDEST:
                    good = False
                    print(f"{name}.py:{number}: {len(line)} columns")
        good = good and count <= most
        print(f"{count:5} {part} (may have {most})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
