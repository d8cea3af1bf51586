"""Numbers that the states of other continents give to people, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`SSN`, `Aadhaar`, `TFN`).
"""

from detente.gateway import checksums, people
from detente.gateway.identity import number
from detente.gateway.rule import Detector

_EXAMPLES = {
    "ssn": ["536-22¦-8145", "SSN 536 22¦ 8145"],
    "ca-sin": ["SIN 130 692¦ 544"],
    "br-cpf": ["390.533¦.447-05"],
    "cl-rut": ["12.531.909¦-2"],
    "mx-curp": ["BOXW310820¦HNERXN09"],
    "in-aadhaar": ["Aadhaar 2341 2341¦ 2346"],
    "au-tfn": ["TFN 123 456¦ 782"],
    "sg-nric": ["S1234567¦D"],
    "za-id": ["ID number 7503305¦044089"],
    "kr-rrn": ["971013¦-1234561"],
    "cn-resident": ["360426¦199101010071"],
    "tr-tckn": ["TC kimlik 172917¦16060"],
    "tw-id": ["A123456¦789"],
}
DETECTOR = Detector(
    "personal_data",
    (
        number(
            "ssn",
            "US social security number",
            r"\d{3}-\d{2}-\d{4}",
            people.ssn,
            anchor=r"\b[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}\b",
        ),
        number(
            "ssn",
            "US social security number",
            r"\d{3}[ ]?\d{2}[ ]?\d{4}",
            people.ssn,
            beside=r"\bssn\b|social security",
        ),
        number(
            "ca-sin",
            "Canadian social insurance number",
            r"\d{3}[ -]?\d{3}[ -]?\d{3}",
            checksums.luhn,
            beside=r"\bSIN\b|social insurance",
        ),
        number(
            "br-cpf",
            "Brazilian CPF",
            r"\d{3}[.]\d{3}[.]\d{3}-\d{2}",
            people.cpf,
            anchor=r"\b[0-9]{3}[.][0-9]{3}[.][0-9]{3}-[0-9]{2}\b",
        ),
        number(
            "cl-rut",
            "Chilean RUT",
            r"\d{1,2}[.]\d{3}[.]\d{3}-[0-9K]",
            people.rut,
            anchor=r"\b[0-9]{1,2}[.][0-9]{3}[.][0-9]{3}-",
        ),
        number(
            "mx-curp",
            "Mexican CURP",
            r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d",
            people.curp,
            anchor=r"\b[A-Z]{4}[0-9]{6}[HMX]",
        ),
        number(
            "in-aadhaar",
            "Indian Aadhaar number",
            r"\d{4}[ -]?\d{4}[ -]?\d{4}",
            people.aadhaar,
            beside=r"aadha?ar|uidai|\buid\b",
        ),
        number(
            "au-tfn", "Australian tax file number", r"\d{3}[ ]?\d{3}[ ]?\d{3}", people.tfn, beside=r"\btfn\b|tax file"
        ),
        number(
            "sg-nric", "Singaporean NRIC or FIN", r"[STFG]\d{7}[A-Z]", people.nric, anchor=r"\b[STFG][0-9]{7}[A-Z]\b"
        ),
        number("za-id", "South African identity number", r"\d{13}", people.zaf, beside=r"\bid\b|identity"),
        number(
            "kr-rrn",
            "South Korean resident number",
            r"\d{6}-[1-8]\d{6}",
            people.rrn,
            anchor=r"\b[0-9]{2}[01][0-9][0-3][0-9]-[1-8][0-9]{6}\b",
        ),
        number(
            "cn-resident",
            "Chinese resident number",
            r"[1-9]\d{16}[0-9X]",
            people.resident,
            anchor=r"\b[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]\b",
        ),
        number("tr-tckn", "Turkish identity number", r"[1-9]\d{10}", people.tckn, beside=r"\btc|kimlik|t\.c\."),
        number("tw-id", "Taiwanese identity number", r"[A-Z][12]\d{8}", people.taiwan, anchor=r"\b[A-Z][12][0-9]{8}\b"),
    ),
    valid={name: tuple(f"her record: {text} since 2019" for text in texts) for name, texts in _EXAMPLES.items()},
    invalid={"ssn": ("000-12-3456 is no number", "call 555-12-34567")},
)
