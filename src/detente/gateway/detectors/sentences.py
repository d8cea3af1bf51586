"""Passwords people tell each other: `the password is ...`, `the password for crm is "..."`, `credentials: crm / ...`.

Only a value that no word looks like counts, or one in quotes that is more than a word.
"""

import re
from functools import partial

from detente.gateway import weigh
from detente.gateway.rule import Detector, Find, Found, Rule, line

_SAID = re.compile(
    rb"[ \t]{0,2}(?:\"([^\"\s]{5,64})\"|'([^'\s]{5,64})'|`([^`\s]{5,64})`|([^\s\"'`<>]{5,64}?))(?=[.,;!?)]{0,2}(?:\s|$))"
)
_FOR = re.compile(
    rb"[^\n.;]{1,40}?[ ](?:is|ist|lautet|was)[:]?[ ](?:\"([^\"\s]{5,64})\"|'([^'\s]{5,64})'|`([^`\s]{5,64})`|([^\s\"'`<>]{5,64}?))(?=[.,;!?)]{0,2}(?:\s|$))"
)
_PAIR = re.compile(
    rb"[ ]{1,2}[\"'`]?[\w.@-]{2,40}[\"'`]?[ ]?[/:|][ ]?[\"'`]?([^\s\"'`/]{5,64})[\"'`]?(?=[.,;)]?(?:\s|$))"
)


def _told(pattern: re.Pattern[bytes]) -> Find:
    def find(data: bytes, end: int) -> Found | None:
        found = pattern.match(data, end)
        if found is None:
            return None
        group = found.lastindex or 1
        sure = weigh.value(b"password", found[group], quoted=False, tight=False)
        return (*found.span(group), min(sure, 0.8)) if sure >= 0.7 else None

    return find


_IS = "(?i:(?:password|passwort|passphrase|passcode)[ ](?:is|ist|lautet|was)[: ])"
_rule = partial(Rule, "secrets", "told-secret", "password told in a sentence", back=0, before=40)
DETECTOR = Detector(
    "secrets",
    (
        _rule(_IS, _told(_SAID), still=line(80), words=(b"pass",)),
        _rule("(?i:passwor[dt][ ](?:for|of|to|on)[ ])", _told(_FOR), still=line(130), words=(b"passwor",)),
        _rule(
            "(?i:(?:credentials|logins?|user/pass(?:word)?):)",
            _told(_PAIR),
            still=line(120),
            words=(b"credentials:", b"login", b"user/pass"),
        ),
    ),
    valid={
        "told-secret": (
            "By the way, the password is ¦tR8kz2Lq.",
            'The password for the crm is "¦tR8kz2Lq", as ever.',
            "credentials: crm / ¦tR8kz2Lq\n",
        ),
    },
    invalid={
        "told-secret": (
            "The password is case-sensitive.",
            "The password is UTF8 text.",
            "the password for the keystore is required",
            "credentials: user / password",
        ),
    },
)
