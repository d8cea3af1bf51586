"""What reports about hosts share: how a host, a place on it and a check of a tool's own number are named."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_NOTHING = frozenset({"", "-", "'-", "none", "null", "n/a", "unknown"})
_PORT = re.compile(r"\b(\d{1,5})\b(?:/(\w+))?")
WHOLE = "general"  # a weakness of the whole host rather than of one port


def said(value: Any) -> str:
    """The text of a cell; empty for the many ways tools write that there is none."""
    text = str(value if value is not None else "").strip()
    return "" if text.lower() in _NOTHING else text


def host(*names: Any) -> str:
    """`host:` and the first of the names that says something, in small letters (RFC 4343); empty when none does."""
    name = next((text for value in names if (text := said(value))), "").lower()
    return f"host:{name}" if name else ""


@lru_cache(maxsize=8192)
def place(port: Any, protocol: Any = "") -> str:
    """`443/tcp`, read from `443` and `tcp`, `443/tcp` or `https (443/tcp)`; `general` for port 0 and anything else."""
    found = _PORT.search(said(port))
    if found is None or found[1] == "0":
        return WHOLE
    return f"{found[1]}/{(found[2] or said(protocol) or 'tcp').lower()}"


def named(own: str, cves: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """A check's (id, related ids): the CVE if it looks for exactly one, else its own number, with the CVEs related."""
    found = tuple(dict.fromkeys(cves))
    return (found[0], (own,)) if len(found) == 1 else (own, found)


def first(row: Mapping[str, Any], *columns: str) -> str:
    """The first of the columns that says something: tools rename them from one version to the next."""
    return next((text for column in columns if (text := said(row.get(column)))), "")
