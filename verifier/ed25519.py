"""Ed25519 under the strict rule: 2.8 and 2.9 of docs/spec.md; and the one exception of all checks, `Bad`."""

import functools

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Bad(Exception):
    """Something is not as the check `number` asks."""

    def __init__(self, number, why):
        super().__init__(f"{number}: {why}")
        self.number, self.why = number, why


def need(condition, number, why):
    if not condition:
        raise Bad(number, why)


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
OF_ORDER_8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL_ORDER = (0, 1, P - 1, OF_ORDER_8, P - OF_ORDER_8)  # every y of a point whose order divides 8


@functools.lru_cache(4096)
def good_point(data):
    """Whether 32 bytes decode to a point by RFC 8032 section 5.1.3, which refuses a y of p or more, not of small order.

    There is an x if (y^2 - 1) / (D y^2 + 1) is a square. It is 0, which has no sign, for y = 1 and y = -1 alone.
    """
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    return y < P and y not in SMALL_ORDER and pow((y * y - 1) * (D * y * y + 1), (P - 1) // 2, P) == 1


def good_key(key):
    need(len(key) == 32 and good_point(key), "2.8", "not a public key")


def verify(key, message, signature):
    good_key(key)
    below = len(signature) == 64 and int.from_bytes(signature[32:], "little") < ORDER
    need(below and good_point(signature[:32]), "2.9", "not 64 bytes, S not below the order, or R no good point")
    try:  # [S]B - [k]A, encoded, against the bytes R; no cofactor, no batch
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Bad("2.9", "the signature does not hold") from None
