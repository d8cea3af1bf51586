"""Passwords of connection strings: ADO, ODBC and Azure (`Server=...;Password=...`), Go's MySQL driver (`user:...@tcp(host)`), Oracle's JDBC (`thin:user/...@`)."""

import re
from functools import partial

from detente.gateway import allow, surroundings, weigh
from detente.gateway.rule import Detector, Found, Rule

_PAIR = re.compile(rb"[ \t]{0,2}=[ \t]{0,2}([^;\"'\s<>]{4,128})(?=[;\"'\s<]|$)")
_CONNECTION = re.compile(
    rb"(?:Server|Data Source|Host|User(?: ?Id)?|UID|Initial Catalog|Database|AccountName|Endpoint|DefaultEndpointsProtocol)[ \t]{0,2}=[^;]{1,120};",
    re.IGNORECASE,
)
_DIRECT = re.compile(rb"[:/]([^\s\"'`@:/]{4,64})@(?:(?:tcp|udp|unix)\()?")


def _pair(data: bytes, end: int) -> Found | None:
    """A password of a connection string, its name ending at `end`."""
    found = _PAIR.match(data, end)
    if found is None or allow.placeholder(found[1]) or found[1].lower() in allow.KNOWN:
        return None
    before, after = surroundings.line(data, end, found.end(), back=240)
    return (*found.span(1), 0.95) if _CONNECTION.search(before + data[end : found.end()] + after) else None


def _direct(data: bytes, end: int) -> Found | None:
    """A password between a user and the `@` at the end of the anchor."""
    found = surroundings.spanning(_DIRECT, data, end, 80)
    sure = weigh.value(b"password", found[1], quoted=False) if found else 0.0
    return (*found.span(1), sure) if found and sure > 0.5 else None


_NAME = ";[ ]?(?:[Pp]ass[Ww]ord|[Pp][Ww][Dd]|AccountKey|SharedAccessKey)"
_GO = "[0-9A-Za-z_.-]:[^ \\t\\r\\n\"'`@:/]{4,64}@(?:tcp|udp|unix)[(]"
_ORACLE = "jdbc:oracle:(?:thin|oci):[0-9A-Za-z_$#]{1,30}/[^ \\t\\r\\n\"'`@:/]{4,64}@"
_rule = partial(Rule, "secrets", "connection-string", "password of a connection string")
DETECTOR = Detector(
    "secrets",
    (
        _rule(_NAME, _pair, 0, 240, r"[^\n]{0,220}", (b"password", b"pwd", b"accountkey", b"sharedaccesskey")),
        _rule(_GO, _direct, 80, 80, "[(]?", (b"@tcp", b"@udp", b"@unix")),
        _rule(_ORACLE, _direct, 80, 80, "", (b"jdbc:oracle",)),
    ),
    valid={
        "connection-string": (
            "Server=db01;Database=crm;User Id=crm;Password=¦tR8kz2Lq;",
            'dsn = "crm:¦tR8kz2Lq@tcp(db01:3306)/crm"',
            "jdbc:oracle:thin:crm/¦tR8kz2Lq@db01:1521:crm",
        ),
    },
    invalid={
        "connection-string": (
            "Server=db01;Password=${DB_PASSWORD};",
            "a;password=hunter22",
            'dsn = "user:password@tcp(localhost:3306)/db"',
            "jdbc:oracle:thin:scott/tiger@db01",
        ),
    },
)
