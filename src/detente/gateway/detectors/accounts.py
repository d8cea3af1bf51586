"""Accounts: IBAN (ISO 13616, check digits by ISO/IEC 7064 mod 97) and payment cards (ISO/IEC 7812: issuer ranges, lengths, Luhn).

Both are certain by arithmetic, so code is no excuse; the test numbers that payment companies publish are left alone.
"""

import re
from functools import partial

from detente.gateway import surroundings
from detente.gateway.checksums import luhn, mod97
from detente.gateway.rule import Detector, Find, Found, Rule, line

_LENGTHS = {
    word[:2].decode(): int(word[2:])
    for word in b"AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR21 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FK18 "
    b"FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 "
    b"MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 "
    b"SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VG24 XK20 YE30".split()
}
_IBAN = re.compile(rb"(?<![0-9A-Za-z])([A-Z]{2}\d{2}(?:[ ]?[0-9A-Z]){11,30})(?![0-9A-Za-z])")
_CARD = re.compile(rb"(?<![\w.+/=-])\d(?:[ -]?\d){11,18}(?![\w/=+]|[.-]\d)")
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|3[47]\d{13}|(?:2131|1800)\d{11}"
    r"|(?:6011|65\d{2}|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}|(?:50|5[6-9]|6[0137-9])\d{10,17}"
)
_SAID = re.compile(rb"\bcards?\b|\bcredit\b|\bdebit\b|\bvisa\b|mastercard|\bamex\b", re.IGNORECASE)
_TEST = frozenset(
    [
        b"4111111111111111",
        b"4242424242424242",
        b"4012888888881881",
        b"5555555555554444",
        b"5105105105105100",
        b"378282246310005",
        b"371449635398431",
        b"6011111111111117",
        b"6011000990139424",
        b"30569309025904",
        b"38520000023237",
        b"3530111333300000",
        b"3566002020360505",
        b"4000056655665556",
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
    """A card number that begins `back` bytes before its anchor's end."""

    def find(data: bytes, end: int) -> Found | None:
        found = _CARD.match(data, end - back)
        if found is None:
            return None
        digits = re.sub(rb"\D", b"", found[0]).decode()
        if digits.encode() in _TEST or len(set(digits)) < 4:
            return None
        issued = len(digits) < 17 and _ISSUERS.fullmatch(digits)
        sure = (issued or surroundings.near(data, *found.span(), _SAID)) and luhn(digits)
        return (*found.span(), 0.9) if sure else None

    return find


_number = partial(Rule, "personal_data")
_pan = partial(_number, "card", "payment card number", before=80, still=line(50))
DETECTOR = Detector(
    "personal_data",
    (
        _number(
            "iban", "bank account number (IBAN)", "\\b[A-Z]{2}[0-9]{2}[ ]?[0-9A-Z]{4}", _iban, 9, 10, "[0-9A-Z ]{0,44}"
        ),
        _pan("\\b[1-6][0-9]{11}", _card(12), 12),
        _pan("\\b[2-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]", _card(16), 16),
        _pan("\\b3[0-9]{3}[ -][0-9]{6}[ -][0-9]", _card(13), 13),
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
