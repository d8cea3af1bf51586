"""Numbers that American states give to people, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`SSN`, `SIN`).
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
    ),
    valid={name: tuple(f"her record: {text} since 2019" for text in texts) for name, texts in _EXAMPLES.items()},
    invalid={"ssn": ("000-12-3456 is no number", "call 555-12-34567")},
)
