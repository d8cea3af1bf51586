"""Accounts: IBAN (ISO 13616, check digits by ISO/IEC 7064 mod 97) and payment cards (ISO/IEC 7812: issuer ranges, lengths, Luhn).

Both are certain by arithmetic, so code is no excuse; the test numbers that payment companies publish are left alone.
"""

import re

from detente.gateway import surroundings
from detente.gateway.checksums import luhn, mod97
from detente.gateway.rule import Detector, Find, Found, Rule

_LENGTHS = {
    **dict.fromkeys(["NO"], 15),
    **dict.fromkeys(["BE"], 16),
    **dict.fromkeys(["DK", "FK", "FI", "FO", "GL", "NL", "SD"], 18),
    **dict.fromkeys(["MK", "SI"], 19),
    **dict.fromkeys(["AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN"], 20),
    **dict.fromkeys(["CH", "CR", "HR", "LI", "LV"], 21),
    **dict.fromkeys(["BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS"], 22),
    **dict.fromkeys(["AE", "GI", "IL", "IQ", "TL", "OM", "SO"], 23),
    **dict.fromkeys(["AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"], 24),
    **dict.fromkeys(["LY", "PT", "ST"], 25),
    **dict.fromkeys(["IS", "TR"], 26),
    **dict.fromkeys(["BI", "FR", "GR", "IT", "MC", "MR", "SM"], 27),
    **dict.fromkeys(["AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "PL", "SV", "NI"], 28),
    **dict.fromkeys(["BR", "EG", "PS", "QA", "UA"], 29),
    **dict.fromkeys(["JO", "KW", "MU", "YE"], 30),
    **dict.fromkeys(["MT", "SC"], 31),
    **dict.fromkeys(["LC"], 32),
    **dict.fromkeys(["RU"], 33),
}
_IBAN = re.compile(rb"(?<![0-9A-Za-z])([A-Z]{2}\d{2}(?:[ ]?[0-9A-Z]){11,30})(?![0-9A-Za-z])")
_CARD = re.compile(rb"(?<![\w.+/=-])\d(?:[ -]?\d){11,18}(?![\w/=+]|[.-]\d)")
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:2131|1800)\d{11}|(?:6011|65\d{2}|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}|(?:50|5[6-9]|6[0137-9])\d{10,17}"
)
_SAID = re.compile(rb"\bcards?\b|\bcredit\b|\bdebit\b|\bvisa\b|mastercard|\bamex\b", re.IGNORECASE)
_TEST = frozenset(
    [
        "4111111111111111",
        "4242424242424242",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "6011000990139424",
        "30569309025904",
        "38520000023237",
        "3530111333300000",
        "3566002020360505",
        "4000056655665556",
    ]
)


def _iban(data: bytes, end: int) -> Found | None:
    found = _IBAN.match(data, max(0, end - 9)) or _IBAN.match(data, max(0, end - 8))
    if found is None:
        return None
    size = _LENGTHS.get(found[1][:2].decode())
    taken, count = 0, 0
    while size and count < size and taken < len(found[1]):
        count += found[1][taken : taken + 1] != b" "
        taken += 1
    text = found[1][:taken].replace(b" ", b"").decode()
    right = size == len(text) and mod97(text) and len(set(text[4:])) > 2
    return (found.start(1), found.start(1) + taken, 0.97) if right else None


def _card(back: int) -> Find:
    def find(data: bytes, end: int) -> Found | None:
        found = _CARD.match(data, end - back)
        if found is None:
            return None
        digits = re.sub(rb"\D", b"", found[0]).decode()
        issued = (len(digits) < 17 and _ISSUERS.fullmatch(digits)) or surroundings.near(
            data, found.start(), found.end(), _SAID
        )
        right = issued and luhn(digits) and digits not in _TEST and len(set(digits)) > 3
        return (found.start(), found.end(), 0.9) if right else None

    return find


DETECTOR = Detector(
    "personal_data",
    (
        Rule("personal_data", "iban", "bank account number (IBAN)", "\\b[A-Z]{2}[0-9]{2}[ ]?[0-9A-Z]{4}", _iban, 80),
        Rule("personal_data", "card", "payment card number", "\\b[1-6][0-9]{11}", _card(12), 60),
        Rule("personal_data", "card", "payment card number", "\\b[2-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}", _card(14), 60),
        Rule("personal_data", "card", "payment card number", "\\b3[0-9]{3}[ -][0-9]{6}[ -]", _card(12), 60),
    ),
    valid={
        "iban": ("Pay to DE89 3704 0044¦ 0532 0130 00 by Friday", "IBAN: GB82WEST1234¦5698765432"),
        "card": ("card 4539 1488¦ 0343 6467", "pan: 4556737586¦899855", "3782 822463¦ 11110 is an Amex"),
    },
    invalid={
        "iban": ("DE89 3704 0044 0532 0130 01 is mistyped", "GB12ABCD is short"),
        "card": ("4539 1488 0343 6468 is mistyped", "the test card 4242 4242 4242 4242", "id 1234567890123456"),
    },
)
