"""Numbers that European states give to people, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`NHS`, `BSN`, `Steuer-ID`).
"""

from detente.gateway import checksums, people
from detente.gateway.identity import number
from detente.gateway.rule import Detector

_EXAMPLES = {
    "gb-nhs": ["NHS number 943 476¦ 5919"],
    "gb-nino": ["NI number AB 12 34¦ 57 C"],
    "de-steuer-id": ["Steuer-ID 86 095¦ 742 719"],
    "fr-nir": ["NIR 2 55 08 14¦ 168 025 38"],
    "es-dni": ["DNI 54362315¦K"],
    "it-codice-fiscale": ["RCCMNL83¦S18D969H"],
    "nl-bsn": ["BSN 1234¦56782"],
    "be-rijksregister": ["rijksregister 85.07¦.30-033 28"],
    "pl-pesel": ["PESEL 440514¦01359"],
    "se-personnummer": ["personnummer 811218¦-9876"],
    "no-fodselsnummer": ["fnr 010100¦50053"],
    "dk-cpr": ["CPR 211062¦-5629"],
    "fi-hetu": ["131052¦-308T"],
    "ch-ahv": ["756.9217¦.0769.85"],
    "at-svnr": ["SVNR 1237 0101¦80"],
    "ie-pps": ["PPS 1234567¦T"],
    "cz-rodne-cislo": ["rodné číslo 710319¦/2745"],
    "ro-cnp": ["CNP 163061¦5123457"],
    "bg-egn": ["EGN 752316¦9263"],
    "pt-nif": ["NIF 501964¦843"],
    "hr-oib": ["OIB 694351¦51530"],
}
DETECTOR = Detector(
    "personal_data",
    (
        number("gb-nhs", "British NHS number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", people.nhs, beside=r"\bnhs\b"),
        number(
            "gb-nino",
            "British National Insurance number",
            r"[A-Z]{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D]",
            people.nino,
            beside=r"\bni(?:no)?\b|national insurance|insurance n",
        ),
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
            anchor=r"\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z]",
        ),
        number(
            "nl-bsn",
            "Dutch citizen number",
            r"\d{4}[.]?\d{2}[.]?\d{3}",
            people.bsn,
            beside=r"\bbsn\b|burgerservice|sofi",
        ),
        number(
            "be-rijksregister",
            "Belgian national number",
            r"\d{2}[.]?\d{2}[.]?\d{2}[ -]?\d{3}[. ]?\d{2}",
            people.rijksregister,
            beside=r"rijksregister|registre|national",
        ),
        number("pl-pesel", "Polish PESEL", r"\d{11}", people.pesel, beside=r"pesel"),
        number(
            "se-personnummer",
            "Swedish personal number",
            r"(?:19|20)?\d{6}[-+]?\d{4}",
            people.personnummer,
            beside=r"person|\bssn\b|samordning",
        ),
        number(
            "no-fodselsnummer",
            "Norwegian birth number",
            r"\d{6}[ ]?\d{5}",
            people.fodselsnummer,
            beside=r"f.{1,2}dsel|\bfnr\b|person",
        ),
        number("dk-cpr", "Danish CPR number", r"\d{6}-\d{4}", people.cpr, beside=r"\bcpr\b"),
        number(
            "fi-hetu",
            "Finnish identity code",
            r"\d{6}[-+A]\d{3}[0-9A-Y]",
            people.hetu,
            anchor=r"\b[0-3][0-9][01][0-9]{3}[-+A][0-9]{3}[0-9A-Y]\b",
        ),
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
        number("ie-pps", "Irish PPS number", r"\d{7}[A-W][A-IW]?", people.pps, beside=r"\bpps"),
        number("cz-rodne-cislo", "Czech or Slovak birth number", r"\d{6}/?\d{4}", people.rodne, beside=r"rodn|\brc\b"),
        number("ro-cnp", "Romanian CNP", r"[1-8]\d{12}", people.cnp, beside=r"\bcnp\b"),
        number("bg-egn", "Bulgarian EGN", r"\d{10}", people.egn, beside=r"\begn\b|\xd0\x95\xd0\x93\xd0\x9d"),
        number("pt-nif", "Portuguese NIF", r"[1-9]\d{8}", people.nif, beside=r"\bnif\b|contribuinte"),
        number("hr-oib", "Croatian OIB", r"\d{11}", checksums.mod11_10, beside=r"\boib\b"),
    ),
    valid={name: tuple(f"her record: {text} since 2019" for text in texts) for name, texts in _EXAMPLES.items()},
    invalid={"es-dni": ("12345678A is mistyped",), "fi-hetu": ("131052-308U",)},
)
