"""Numbers that Asian, African and Pacific states give to people, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`Aadhaar`, `TFN`).
"""

from detente.gateway import people
from detente.gateway.identity import number
from detente.gateway.rule import Detector

_EXAMPLES = {
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
        number(
            "za-id",
            "South African identity number",
            r"\d{13}",
            people.zaf,
            beside=r"\bid\b|identity",
            begin="[0-9]{13}",
        ),
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
    invalid={"in-aadhaar": ("Aadhaar 2341 2341 2347",)},
)
