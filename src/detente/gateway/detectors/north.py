"""Numbers that northern European states give to people, each with its check digits where it has any.

A number that is nothing but digits needs a word of its country beside it (`BSN`, `fødselsnummer`, `CPR`).
"""

from detente.gateway import people
from detente.gateway.identity import number
from detente.gateway.rule import Detector

_EXAMPLES = {
    "gb-nhs": ["NHS number 943 476¦ 5919"],
    "gb-nino": ["NI number AB 12 34¦ 57 C"],
    "nl-bsn": ["BSN 1234¦56782"],
    "be-rijksregister": ["rijksregister 85.07¦.30-033 28"],
    "se-personnummer": ["personnummer 811218¦-9876"],
    "no-fodselsnummer": ["fnr 010100¦50053"],
    "dk-cpr": ["CPR 211062¦-5629"],
    "fi-hetu": ["131052¦-308T"],
    "ie-pps": ["PPS 1234567¦T"],
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
        number("ie-pps", "Irish PPS number", r"\d{7}[A-W][A-IW]?", people.pps, beside=r"\bpps"),
    ),
    valid={name: tuple(f"her record: {text} since 2019" for text in texts) for name, texts in _EXAMPLES.items()},
    invalid={"fi-hetu": ("131052-308U",)},
)
