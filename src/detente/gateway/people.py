"""Check digits of the numbers that states give to people. Each takes the number without separators, upper case."""

from datetime import date

from detente.gateway.checksums import luhn, mod11_10, verhoeff, weighted

_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            2,
            4,
            18,
            20,
            11,
            3,
            6,
            8,
            12,
            14,
            16,
            10,
            22,
            25,
            24,
            23,
        ),
        strict=True,
    )
)


def day(year: str, month: str, number: str) -> bool:
    """Whether there is such a day; a year of two digits may lie in either century."""
    try:
        date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(number))
    except ValueError:
        return False
    return True


def ssn(text: str) -> bool:
    """United States: no area 000, 666 or 9xx, no group 00, no serial 0000 (SSA)."""
    return (
        text[:3] not in ("000", "666")
        and text[0] != "9"
        and text[3:5] != "00"
        and text[5:] != "0000"
        and text not in ("123456789", "078051120", "219099999")
    )


def nhs(text: str) -> bool:
    """United Kingdom, NHS number: modulus 11."""
    return 11 - weighted(text, range(10, 1, -1)) % 11 in (int(text[9]), 11 if text[9] == "0" else -1)


def nino(text: str) -> bool:
    """United Kingdom, National Insurance: prefixes that are given out."""
    return (
        text[0] not in "DFIQUV"
        and text[1] not in "DFIOQUV"
        and text[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
    )


def steuer(text: str) -> bool:
    """Germany: one digit twice or thrice among the first ten, then ISO 7064 mod 11,10."""
    return text[0] != "0" and len(set(text[:10])) in (8, 9) and mod11_10(text)


def nir(text: str) -> bool:
    """France: 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    return 97 - int(text[:13].replace("2A", "19").replace("2B", "18")) % 97 == int(text[13:])


def dni(text: str) -> bool:
    """Spain, DNI and NIE: a letter modulo 23."""
    return _LETTERS[int(text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")) % 23] == text[-1]


def fiscale(text: str) -> bool:
    """Italy: odd places by table, even places by value, modulo 26."""
    even = sum(int(sign) if sign.isdigit() else ord(sign) - 65 for sign in text[1:15:2])
    return chr(65 + (even + sum(_ODD[sign] for sign in text[0:15:2])) % 26) == text[15]


def bsn(text: str) -> bool:
    """Netherlands: the eleven test."""
    return weighted(text, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def rijksregister(text: str) -> bool:
    """Belgium: 97 minus the number modulo 97, with a 2 before it for those born since 2000."""
    return int(text[9:]) in (97 - int(text[:9]) % 97, 97 - int("2" + text[:9]) % 97)


def pesel(text: str) -> bool:
    """Poland: weights 1 3 7 9; the century is in the month."""
    return (weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0) and 1 <= int(text[2:4]) % 20 <= 12


def personnummer(text: str) -> bool:
    """Sweden: a date, then Luhn."""
    return day(text[-10:-8], text[-8:-6], str(int(text[-6:-4]) % 60)) and luhn(text[-10:])


def fodselsnummer(text: str) -> bool:
    """Norway: two check digits modulo 11."""
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return weighted(text, first) % 11 == 0 and weighted(text, second) % 11 == 0


def cpr(text: str) -> bool:
    """Denmark: a date; the check digit was given up in 2007."""
    return day(text[4:6], text[2:4], text[:2])


def hetu(text: str) -> bool:
    """Finland: a date, and a sign modulo 31."""
    return (
        day(text[4:6], text[2:4], text[:2])
        and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31] == text[10]
    )


def ahv(text: str) -> bool:
    """Switzerland: EAN-13, beginning with 756."""
    return weighted(text, (1, 3) * 6 + (1,)) % 10 == 0


def svnr(text: str) -> bool:
    """Austria: check digit in the fourth place, a date behind it."""
    return weighted(text, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(text[3]) and day(text[8:], text[6:8], text[4:6])


def pps(text: str) -> bool:
    """Ireland: a letter modulo 23; a ninth sign counts nine times."""
    extra = 9 * (ord(text[8]) - 64) if len(text) > 8 and text[8] != "W" else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(text, range(8, 1, -1)) + extra) % 23] == text[7]


def rodne(text: str) -> bool:
    """Czechia and Slovakia: divisible by 11; women add 50 to the month."""
    return int(text) % 11 == 0 and 1 <= int(text[2:4]) % 50 % 20 <= 12


def cnp(text: str) -> bool:
    """Romania: weights 279146358279 modulo 11."""
    return weighted(text, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11 % 10 == int(text[12]) and 1 <= int(text[3:5]) <= 12


def egn(text: str) -> bool:
    """Bulgaria: weights modulo 11; the century is in the month."""
    return weighted(text, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(text[9]) and 1 <= int(text[2:4]) % 20 <= 12


def nif(text: str) -> bool:
    """Portugal: modulus 11."""
    return max(0, 11 - weighted(text, range(9, 1, -1)) % 11) % 11 % 10 == int(text[8])


def cpf(text: str) -> bool:
    """Brazil: two check digits modulo 11."""
    return all(weighted(text, range(size + 1, 1, -1)[:size]) * 10 % 11 % 10 == int(text[size]) for size in (9, 10))


def rut(text: str) -> bool:
    """Chile: weights 2 to 7 from the right, K for ten."""
    return "0K987654321"[weighted(text[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3)) % 11] == text[-1]


def curp(text: str) -> bool:
    """Mexico: weights 18 to 2 over an alphabet with Ñ, modulo 10."""
    alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return -sum(alphabet.index(sign) * (18 - place) for place, sign in enumerate(text[:17])) % 10 == int(text[17])


def aadhaar(text: str) -> bool:
    """India: Verhoeff; never beginning with 0 or 1."""
    return text[0] not in "01" and verhoeff(text)


def tfn(text: str) -> bool:
    """Australia, tax file number: weights modulo 11."""
    return weighted(text, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def nric(text: str) -> bool:
    """Singapore: weights 2765432, a letter by series."""
    total = weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if text[0] in "TG" else 0)
    return ("JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK")[total % 11] == text[8]


def zaf(text: str) -> bool:
    """South Africa: a date, then Luhn."""
    return day(text[:2], text[2:4], text[4:6]) and luhn(text)


def rrn(text: str) -> bool:
    """South Korea: a date and modulus 11."""
    return day(text[:2], text[2:4], text[4:6]) and (
        11 - weighted(text, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11
    ) % 10 == int(text[12])


def resident(text: str) -> bool:
    """China (GB 11643): a date, and ISO 7064 mod 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return day(text[6:10], text[10:12], text[12:14]) and "10X98765432"[weighted(text, weights) % 11] == text[17]


def tckn(text: str) -> bool:
    """Turkey: two check digits."""
    odd, even = sum(map(int, text[0:9:2])), sum(map(int, text[1:8:2]))
    return (7 * odd - even) % 10 == int(text[9]) and sum(map(int, text[:10])) % 10 == int(text[10])


def taiwan(text: str) -> bool:
    """Taiwan: the letter counts as two digits, weights modulo 10."""
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    return (letter // 10 + letter % 10 * 9 + weighted(text[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0
