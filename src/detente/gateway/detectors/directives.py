"""Passwords behind a name and a blank, alone on their line: `requirepass ...`, `ENV DB_PASSWORD ...`, `#define WIFI_PASSWORD "..."`.

So they stand in the configuration of Redis, OpenLDAP, mail programs and Dockerfiles. Prose begins lines with such words too, so that a
value without quotes must be one no word looks like.
"""

import re

from detente.gateway import terms, weigh
from detente.gateway.rule import Detector, Found, Rule, line

_BEGIN = re.compile(
    rb"[ \t]{0,24}(?:(?:#[ \t]?define|ENV|ARG|setx?|setenv|\((?:def|define|defvar|setq))[ \t]{1,8})?([0-9A-Za-z_.-]{2,64})"
)
_VALUE = re.compile(
    rb"[ \t]{0,32}(?:\"([^\"\r\n]{4,128})\"|'([^'\r\n]{4,128})'|([^\s\"'`]{4,128}))[ \t;)]{0,4}(?=\r?\n|\r?$)"
)


def _directive(data: bytes, end: int) -> Found | None:
    """A name before the blank that ends at `end`."""
    before = data[max(0, end - 120) : end - 1]
    name, value = _BEGIN.fullmatch(before[before.rfind(b"\n") + 1 :]), _VALUE.match(data, end)
    if name is None or value is None or terms.about(name[1]):
        return None
    group = value.lastindex or 1
    sure = weigh.value(name[1], value[group], quoted=group < 3, tight=False)
    return (*value.span(group), sure) if sure >= (0.6 if group == 3 else 0.1) else None


_NAME = f"(?i:(?:{terms.NAMES}[0-9A-Za-z_.-]{{0,24}}|(?:{terms.SHORT}))[ \\t])"
DETECTOR = Detector(
    "secrets",
    (
        Rule(
            *("secrets", "directive-secret", "password behind a name and a blank", _NAME, _directive),
            *(0, 130, line(170), terms.WORDS),
        ),
    ),
    valid={
        "directive-secret": (
            "requirepass ¦tR8kz2Lq\n",
            "ENV DB_PASSWORD ¦tR8kz2Lq\n",
            '#define WIFI_PASSWORD "¦tR8kz2Lq"\n',
            '(def db-password "¦tR8kz2Lq")\n',
        ),
    },
    invalid={
        "directive-secret": (
            "password required\n",
            "password string\n",
            "Password sql.NullString\n",
            "The password ¦tR8kz2Lq is old\n",
            "token Token2\n",
        ),
    },
)
