"""CISA Binding Operational Directive 26-04: how many days an agency has, shown beside the price.

Table: "CISA BOD 26-04 Remediation Timelines" 1.0.0 as published by CERT/CC (tables/, with its licence).
"""

from dataclasses import dataclass

from detente.accord.ssvc import rows

VERSION = "cisa bod 26-04 remediation timelines 1.0.0"
_DAYS = {"3": 3, "14": 14, "60": 60, "fix": None}


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the directive asks: `days` to fix (None: with the next upgrade), whether traces must be looked for, and its own words."""

    days: int | None
    forensics: bool
    text: str


def bod_26_04(in_kev: bool, exposed: bool, automatable: bool, total: bool) -> Timeline:
    """The timeline for a weakness that is or is not in KEV, publicly exposed, automatable and of total technical impact."""
    cells = ("yes" if fact else "no" for fact in (in_kev, exposed, automatable))
    text = rows("cisa_bod_26_04_1_0_0.csv")[*cells, "total" if total else "partial"]
    return Timeline(_DAYS[text.split()[0]], "forensic" in text, text)
