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
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def decode_point(data):
    """RFC 8032 section 5.1.3, which refuses a y of p or more; None if it decodes to no point."""
    bits = int.from_bytes(data, "little")
    sign, y = bits >> 255, bits & (1 << 255) - 1
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or v * x * x % P != u or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x), y


def small_order(point):
    """Whether eight times the point is the neutral element: three doublings, (X : Y : Z) with a = -1."""
    (x, y), z = point, 1
    for _ in range(3):
        b, c, d = (x + y) ** 2 % P, x * x % P, y * y % P
        f = d - c
        j = f - 2 * z * z
        x, y, z = (b - c - d) * j % P, f * (-c - d) % P, f * j % P
    return x == 0 and y == z


@functools.lru_cache(4096)
def good_point(data):
    point = decode_point(data)
    return point is not None and not small_order(point)


def good_key(key):
    need(len(key) == 32 and good_point(key), "2.8", "not a public key")


def verify(key, message, signature):
    good_key(key)
    need(len(signature) == 64, "2.9", "a signature has 64 bytes")
    need(int.from_bytes(signature[32:], "little") < ORDER, "2.9", "S is not below the group order")
    need(good_point(signature[:32]), "2.9", "R is no point, or one of small order")
    try:  # [S]B - [k]A, encoded, against the bytes R; no cofactor, no batch
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Bad("2.9", "the signature does not hold") from None
