"""Numbers that central and southern European states give to people, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`Steuer-ID`, `PESEL`, `NIF`).
"""

from detente.gateway import checksums, people
from detente.gateway.identity import number
from detente.gateway.rule import Detector

_EXAMPLES = {
    "de-steuer-id": ["Steuer-ID 86 095¦ 742 719"],
    "fr-nir": ["NIR 2 55 08 14¦ 168 025 38"],
    "es-dni": ["DNI 54362315¦K"],
    "it-codice-fiscale": ["RCCMNL83¦S18D969H"],
    "pl-pesel": ["PESEL 440514¦01359"],
    "ch-ahv": ["756.9217¦.0769.85"],
    "at-svnr": ["SVNR 1237 0101¦80"],
    "cz-rodne-cislo": ["rodné číslo 710319¦/2745"],
    "ro-cnp": ["CNP 163061¦5123457"],
    "bg-egn": ["EGN 752316¦9263"],
    "pt-nif": ["NIF 501964¦843"],
    "hr-oib": ["OIB 694351¦51530"],
}
DETECTOR = Detector(
    "personal_data",
    (
        number(
            "de-steuer-id",
            "German tax number",
            r"\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}",
            people.steuer,
            beside=r"steuer|\bidnr|\btax",
        ),
        number(
            "fr-nir",
            "French social security number",
            r"[12][ ]?\d{2}[ ]?\d{2}[ ]?(?:\d{2}|2[AB])[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}",
            people.nir,
            beside=r"s.curit|\bnir\b|\binsee|\bsocial",
        ),
        number(
            "es-dni",
            "Spanish DNI or NIE",
            r"[XYZ0-9]\d{7}[ -]?[A-Z]",
            people.dni,
            anchor=r"\b[XYZ0-9][0-9]{7}[ -]?[A-Z]\b",
        ),
        number(
            "it-codice-fiscale",
            "Italian tax code",
            r"[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
            people.fiscale,
            anchor=r"[A-Z][0-9]{2}[ABCDEHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]\b",
        ),
        number("pl-pesel", "Polish PESEL", r"\d{11}", people.pesel, beside=r"pesel"),
        number(
            "ch-ahv",
            "Swiss AHV number",
            r"756[.]?\d{4}[.]?\d{4}[.]?\d{2}",
            people.ahv,
            anchor=r"\b756[.][0-9]{4}[.][0-9]{4}",
        ),
        number(
            "at-svnr", "Austrian insurance number", r"\d{4}[ ]?\d{6}", people.svnr, beside=r"svnr|versicherung|sozial"
        ),
        number("cz-rodne-cislo", "Czech or Slovak birth number", r"\d{6}/?\d{4}", people.rodne, beside=r"rodn|\brc\b"),
        number("ro-cnp", "Romanian CNP", r"[1-8]\d{12}", people.cnp, beside=r"\bcnp\b"),
        number("bg-egn", "Bulgarian EGN", r"\d{10}", people.egn, beside=r"\begn\b|\xd0\x95\xd0\x93\xd0\x9d"),
        number("pt-nif", "Portuguese NIF", r"[1-9]\d{8}", people.nif, beside=r"\bnif\b|contribuinte"),
        number("hr-oib", "Croatian OIB", r"\d{11}", checksums.mod11_10, beside=r"\boib\b"),
    ),
    valid={name: tuple(f"her record: {text} since 2019" for text in texts) for name, texts in _EXAMPLES.items()},
    invalid={"es-dni": ("12345678A is mistyped",)},
)
