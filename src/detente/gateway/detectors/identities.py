"""Numbers that states give to people, of thirty countries, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`NHS`, `BSN`, `Steuer-ID`): a tenth of all digits pass a
check digit. Those with letters or a form of their own need none.
"""

import re
from collections.abc import Callable

from detente.gateway import checksums, people, surroundings
from detente.gateway.rule import Detector, Find, Found, Rule


def _number(form: str, check: Callable[[str], bool]) -> Find:
    pattern = re.compile(rf"(?<![0-9A-Za-z.+_-]){form}(?![0-9A-Za-z_]|[.-][0-9])".encode())
    drop = r"[ .]" if "[-+A]" in form else r"[^0-9A-Z]"

    def find(data: bytes, end: int) -> Found | None:
        found = surroundings.spanning(pattern, data, end, 22)
        if found is None:
            return None
        text = re.sub(drop, "", found[0].decode())
        return (found.start(), found.end(), 0.92) if len(set(text)) > 3 and check(text) else None

    return find


def _beside(words: str) -> str:
    """The anchor of a number that needs a word before it: the first digit behind the word."""
    return f"(?i:{words})[^0-9]{{0,40}}[0-9]"


_ROWS = (
    (
        "ssn",
        "US social security number",
        r"\d{3}-\d{2}-\d{4}",
        people.ssn,
        r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}",
        "536-22¦-8145",
    ),
    (
        "ssn",
        "US social security number",
        r"\d{3}[ ]?\d{2}[ ]?\d{4}",
        people.ssn,
        _beside(r"\bssn\b|social security"),
        "SSN 536 22¦ 8145",
    ),
    (
        "ca-sin",
        "Canadian social insurance number",
        r"\d{3}[ -]?\d{3}[ -]?\d{3}",
        checksums.luhn,
        _beside(r"\bSIN\b|social insurance"),
        "SIN 130 692¦ 544",
    ),
    (
        "gb-nhs",
        "British NHS number",
        r"\d{3}[ -]?\d{3}[ -]?\d{4}",
        people.nhs,
        _beside(r"\bnhs\b"),
        "NHS number 943 476¦ 5919",
    ),
    (
        "gb-nino",
        "British National Insurance number",
        r"[A-Z]{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D]",
        people.nino,
        _beside(r"\bni(?:no)?\b|national insurance|insurance n"),
        "NI number AB 12 34¦ 57 C",
    ),
    (
        "de-steuer-id",
        "German tax number",
        r"\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}",
        people.steuer,
        _beside(r"steuer|\bidnr|\btax"),
        "Steuer-ID 86 095¦ 742 719",
    ),
    (
        "fr-nir",
        "French social security number",
        r"[12][ ]?\d{2}[ ]?\d{2}[ ]?(?:\d{2}|2[AB])[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}",
        people.nir,
        _beside(r"s.curit|\bnir\b|\binsee|\bsocial"),
        "NIR 2 55 08 14¦ 168 025 38",
    ),
    (
        "es-dni",
        "Spanish DNI or NIE",
        r"[XYZ0-9]\d{7}[ -]?[A-Z]",
        people.dni,
        r"\b[XYZ0-9][0-9]{7}[ -]?[A-Z]",
        "DNI 54362315¦K",
    ),
    (
        "it-codice-fiscale",
        "Italian tax code",
        r"[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
        people.fiscale,
        r"\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z]",
        "RCCMNL83¦S18D969H",
    ),
    (
        "nl-bsn",
        "Dutch citizen number",
        r"\d{4}[.]?\d{2}[.]?\d{3}",
        people.bsn,
        _beside(r"\bbsn\b|burgerservice|sofi"),
        "BSN 1234¦56782",
    ),
    (
        "be-rijksregister",
        "Belgian national number",
        r"\d{2}[.]?\d{2}[.]?\d{2}[ -]?\d{3}[. ]?\d{2}",
        people.rijksregister,
        _beside(r"rijksregister|registre|national"),
        "rijksregister 85.07¦.30-033 28",
    ),
    ("pl-pesel", "Polish PESEL", r"\d{11}", people.pesel, _beside(r"pesel"), "PESEL 440514¦01359"),
    (
        "se-personnummer",
        "Swedish personal number",
        r"(?:19|20)?\d{6}[-+]?\d{4}",
        people.personnummer,
        _beside(r"person|\bssn\b|samordning"),
        "personnummer 811218¦-9876",
    ),
    (
        "no-fodselsnummer",
        "Norwegian birth number",
        r"\d{6}[ ]?\d{5}",
        people.fodselsnummer,
        _beside(r"f.{1,2}dsel|\bfnr\b|person"),
        "fnr 010100¦50053",
    ),
    ("dk-cpr", "Danish CPR number", r"\d{6}-\d{4}", people.cpr, _beside(r"\bcpr\b"), "CPR 211062¦-5629"),
    (
        "fi-hetu",
        "Finnish identity code",
        r"\d{6}[-+A]\d{3}[0-9A-Y]",
        people.hetu,
        r"\b[0-9]{6}[-+A][0-9]{3}",
        "131052¦-308T",
    ),
    (
        "ch-ahv",
        "Swiss AHV number",
        r"756[.]?\d{4}[.]?\d{4}[.]?\d{2}",
        people.ahv,
        r"\b756[.][0-9]{4}[.][0-9]{4}",
        "756.9217¦.0769.85",
    ),
    (
        "at-svnr",
        "Austrian insurance number",
        r"\d{4}[ ]?\d{6}",
        people.svnr,
        _beside(r"svnr|versicherung|sozial"),
        "SVNR 1237 0101¦80",
    ),
    ("ie-pps", "Irish PPS number", r"\d{7}[A-W][A-IW]?", people.pps, _beside(r"\bpps"), "PPS 1234567¦T"),
    (
        "cz-rodne-cislo",
        "Czech or Slovak birth number",
        r"\d{6}/?\d{4}",
        people.rodne,
        _beside(r"rodn|\brc\b"),
        "rodné číslo 710319¦/2745",
    ),
    ("ro-cnp", "Romanian CNP", r"[1-8]\d{12}", people.cnp, _beside(r"\bcnp\b"), "CNP 163061¦5123457"),
    ("bg-egn", "Bulgarian EGN", r"\d{10}", people.egn, _beside(r"\begn\b|\xd0\x95\xd0\x93\xd0\x9d"), "EGN 752316¦9263"),
    ("pt-nif", "Portuguese NIF", r"[1-9]\d{8}", people.nif, _beside(r"\bnif\b|contribuinte"), "NIF 501964¦843"),
    ("hr-oib", "Croatian OIB", r"\d{11}", checksums.mod11_10, _beside(r"\boib\b"), "OIB 694351¦51530"),
    (
        "br-cpf",
        "Brazilian CPF",
        r"\d{3}[.]\d{3}[.]\d{3}-\d{2}",
        people.cpf,
        r"\b[0-9]{3}[.][0-9]{3}[.][0-9]{3}-",
        "390.533¦.447-05",
    ),
    (
        "cl-rut",
        "Chilean RUT",
        r"\d{1,2}[.]\d{3}[.]\d{3}-[0-9K]",
        people.rut,
        r"\b[0-9]{1,2}[.][0-9]{3}[.][0-9]{3}-",
        "12.531.909¦-2",
    ),
    (
        "mx-curp",
        "Mexican CURP",
        r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d",
        people.curp,
        r"\b[A-Z]{4}[0-9]{6}[HMX]",
        "BOXW310820¦HNERXN09",
    ),
    (
        "in-aadhaar",
        "Indian Aadhaar number",
        r"\d{4}[ -]?\d{4}[ -]?\d{4}",
        people.aadhaar,
        _beside(r"aadha?ar|uidai|\buid\b"),
        "Aadhaar 2341 2341¦ 2346",
    ),
    (
        "au-tfn",
        "Australian tax file number",
        r"\d{3}[ ]?\d{3}[ ]?\d{3}",
        people.tfn,
        _beside(r"\btfn\b|tax file"),
        "TFN 123 456¦ 782",
    ),
    ("sg-nric", "Singaporean NRIC or FIN", r"[STFG]\d{7}[A-Z]", people.nric, r"\b[STFG][0-9]{7}[A-Z]", "S1234567¦D"),
    (
        "za-id",
        "South African identity number",
        r"\d{13}",
        people.zaf,
        _beside(r"\bid\b|identity"),
        "ID number 7503305¦044089",
    ),
    (
        "kr-rrn",
        "South Korean resident number",
        r"\d{6}-[1-8]\d{6}",
        people.rrn,
        r"\b[0-9]{6}-[1-8][0-9]{6}",
        "971013¦-1234561",
    ),
    (
        "cn-resident",
        "Chinese resident number",
        r"[1-9]\d{16}[0-9X]",
        people.resident,
        r"\b[1-9][0-9]{16}[0-9X]",
        "360426¦199101010071",
    ),
    (
        "tr-tckn",
        "Turkish identity number",
        r"[1-9]\d{10}",
        people.tckn,
        _beside(r"\btc|kimlik|t\.c\."),
        "TC kimlik 172917¦16060",
    ),
    ("tw-id", "Taiwanese identity number", r"[A-Z][12]\d{8}", people.taiwan, r"\b[A-Z][12][0-9]{8}", "A123456¦789"),
)
DETECTOR = Detector(
    "personal_data",
    tuple(
        Rule("personal_data", name, title, anchor, _number(form, check), 140)
        for name, title, form, check, anchor, _ in _ROWS
    ),
    valid={
        name: tuple(f"her record: {row[-1]} since 2019" for row in _ROWS if row[0] == name)
        for name in {row[0] for row in _ROWS}
    },
    invalid={
        "ssn": ("000-12-3456 is no number", "call 555-12-34567"),
        "es-dni": ("12345678A is mistyped",),
        "fi-hetu": ("131052-308U",),
    },
)
