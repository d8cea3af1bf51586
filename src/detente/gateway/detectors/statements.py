"""Passwords in SQL: `IDENTIFIED BY '...'`, `ALTER ROLE crm PASSWORD '...'`, `PASSWORD('...')`, as in the manuals of Oracle, MySQL and PostgreSQL."""

import re

from detente.gateway import weigh
from detente.gateway.rule import Detector, Found, Rule


def _statement(data: bytes, end: int) -> Found | None:
    """SQL: `IDENTIFIED BY '...'`, `PASSWORD '...'`; its quote ends the anchor."""
    value = re.match(rb"([^'\"\r\n]{4,128})['\"]", data[end : end + 132])
    sure = weigh.value(b"password", value[1], quoted=True) if value else 0.0
    return (end, end + len(value[1]), sure) if value and sure else None


_SQL = "(?i:(?:identified[ ]by[ ]{1,2}|[ ]password[ ]{1,2}|[ ]password[ ]?=[ ]?|password\\())['\"]"
DETECTOR = Detector(
    "secrets",
    (
        Rule(
            *("secrets", "statement-secret", "password in an SQL statement", _SQL, _statement),
            *(0, 24, "[^'\"\\r\\n]{0,128}", (b"password", b"identified")),
        ),
    ),
    valid={
        "statement-secret": (
            "CREATE USER crm IDENTIFIED BY '¦tR8kz2Lq'",
            "SET PASSWORD FOR crm = PASSWORD('¦tR8kz2Lq');",
        ),
    },
    invalid={"statement-secret": ("ALTER USER crm PASSWORD '%s'",)},
)
