"""Check digits: of cards, accounts, tokens and the numbers states give to people."""

from collections.abc import Sequence
from zlib import crc32

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_D = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_P = ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258")


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: cards, and the numbers of several countries."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def mod97(text: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 over an IBAN (ISO 13616): letters count from A = 10."""
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of digits by weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def verhoeff(digits: str) -> bool:
    """Verhoeff's dihedral check digit (1969): Aadhaar."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_D[check][int(_P[place % 8][int(digit)])])
    return check == 0


def mod11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10: German tax numbers, Croatian OIB."""
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[-1])


def base62(number: int, width: int) -> str:
    """A number in base 62, digits before capitals before small letters."""
    text = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        text = _BASE62[rest] + text
    return text


def crc62(value: bytes) -> bool:
    """The last six characters of GitHub's and npm's tokens: CRC-32 of what stands between prefix and them, in base 62."""
    body = value[value.rindex(b"_") + 1 :]
    return base62(crc32(body[:-6]), 6).encode() == body[-6:]


def with_crc62(value: str) -> str:
    """The token with its right ending."""
    head, _, body = value.rpartition("_")
    return f"{head}_{body[:-6]}{base62(crc32(body[:-6].encode()), 6)}"


def crc_hex(value: bytes) -> bool:
    """Grafana: eight hexadecimal digits of the CRC-32 of all before the last underscore."""
    head, _, tail = value.rpartition(b"_")
    return f"{crc32(head):08x}".encode() == tail


def with_crc_hex(value: str) -> str:
    """The token with its right ending."""
    head = value.rpartition("_")[0]
    return f"{head}_{crc32(head.encode()):08x}"
