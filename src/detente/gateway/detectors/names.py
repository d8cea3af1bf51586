"""Names of people, only where a field or a form of address says that it is one: `customer: ...`, `patient name = ...`, `Dear Mrs ...`.

A name alone is no hit: nobody can tell it from a product, and a false alarm in every second sentence helps no one.
"""

import re

from detente.gateway import surroundings
from detente.gateway.rule import Detector, Found, Rule, line

_NAME = re.compile(
    rb"[\"']?[ \t]{0,3}[\"']?((?:(?:Mr|Mrs|Ms|Dr|Prof)\.?[ ])?[A-Z][a-z'-]{1,24}(?:[ ][A-Z]\.)?(?:[ ](?:van|von|de|da|del|bin|al))?[ ][A-Z][A-Za-z'-]{1,24})(?![A-Za-z(=.])"
)


def _named(data: bytes, end: int) -> Found | None:
    found = _NAME.match(data, end)
    if found is None or surroundings.credit(data, found.start(1), found.end(1)):
        return None
    return found.start(1), found.end(1), 0.6


_FIELD = "(?i:\\b(?:customer|patient|client|employee|full|account[ _]holder|card[ _]?holder|insured|beneficiary|tenant)(?:[ _]?name)?[\"']?[ ]{0,2}[:=])"
_WORDS = tuple(b"customer patient client employee full holder insured beneficiary tenant".split())
DETECTOR = Detector(
    "personal_data",
    (
        Rule(
            *("personal_data", "person-name", "name of a person in a field", _FIELD, _named, 0, 200),
            *(rf"[\"' \t]{{0,9}}[A-Za-z'. -]{{0,70}}{line(40)}", _WORDS),
        ),
    ),
    valid={"person-name": ("customer_name: 'Marek Nowak¦owski'", "full name: Maria de¦ Souza,")},
    invalid={"person-name": ("customer: CustomerFactory", "client = Client(name)", "patient: yes")},
)
