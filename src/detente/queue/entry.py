"""Findings in the generic formats: one set of field names, in JSON or in CSV, for tools Détente does not know."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from detente.model.finding import Kind, Observation, State
from detente.queue import cvss
from detente.queue.fields import cwes, day, graded, line, moment, named, number, path
from detente.queue.purl import purl

_YES = ("true", "yes", "1", "y")
_NO = ("false", "no", "0", "n")
_STATES = {
    "false_p": State.FALSE_POSITIVE,
    "false_positive": State.FALSE_POSITIVE,
    "is_mitigated": State.FIXED,
    "fixed": State.FIXED,
    "risk_accepted": State.ACCEPTED,
    "out_of_scope": State.NOT_AFFECTED,
    "duplicate": State.SUPPRESSED,
}


def _texts(*values: Any) -> tuple[str, ...]:
    """Single values and lists (in CSV: separated by commas, semicolons or blanks) as one row of texts."""
    parts: list[str] = []
    for value in values:
        if isinstance(value, list | tuple):
            parts += [str(part).strip() for part in value if part]
        elif value:
            parts += re.split(r"[\s,;]+", str(value).strip())
    return tuple(dict.fromkeys(part for part in parts if part))


def _state(found: Mapping[str, Any]) -> State:
    """`state` in Détente's own words, else the flags, of which `active: false` alone means no more than suppressed."""
    word = str(found.get("state") or "").strip().lower()
    if word in tuple(State):
        return State(word)
    for flag, state in _STATES.items():
        if str(found.get(flag)).lower() in _YES:
            return state
    return State.SUPPRESSED if str(found.get("active")).lower() in _NO else State.OPEN


def _endpoint(value: Any) -> str:
    """An address as text, or as an object of `protocol`, `host`, `port` and `path`."""
    if not isinstance(value, dict):
        return str(value).strip()
    scheme, port, rest = value.get("protocol"), value.get("port"), str(value.get("path") or "").lstrip("/")
    return f"{f'{scheme}://' if scheme else ''}{value.get('host', '')}{f':{port}' if port else ''}{f'/{rest}' if rest else ''}"


def _endpoints(found: Mapping[str, Any]) -> tuple[str, ...]:
    listed = found.get("endpoints") or found.get("endpoint") or found.get("url") or ()
    values = listed if isinstance(listed, list) else _texts(listed) if isinstance(listed, str) else (listed,)
    return tuple(dict.fromkeys(filter(None, map(_endpoint, values if listed else ()))))


def _kind(found: Mapping[str, Any], endpoint: str) -> Kind:
    word = str(found.get("kind") or "").strip().lower()
    if word in tuple(Kind):
        return Kind(word)
    if found.get("component_name") or found.get("purl"):
        return Kind.PACKAGE
    return Kind.CODE if found.get("file_path") else Kind.WEB if endpoint else Kind.HOST


def _title(found: Mapping[str, Any]) -> str:
    title = str(found.get("title") or "").strip()
    if not title:
        raise KeyError("title")
    return title


def _scored(found: Mapping[str, Any]) -> tuple[str, float | None]:
    """The vector and score of the newest CVSS version that is given."""
    names = ("cvssv4", "cvssv3", "cvss")
    return cvss.best((str(found.get(name) or ""), number(found.get(f"{name}_score"))) for name in names)


def observe(found: Mapping[str, Any]) -> Iterator[Observation]:
    """One observation per endpoint, or one. Raises KeyError for an entry without a title."""
    title = _title(found)
    listed = _texts(found.get("cve"), found.get("vulnerability_ids"), found.get("vulnerability_id"))
    own = str(found.get("vuln_id_from_tool") or "").strip() or next(iter(listed), title)
    aliases, related = named(listed)
    vector, score = _scored(found)
    name, ecosystem = str(found.get("component_name") or ""), str(found.get("ecosystem") or "")
    grade, derived = graded(found.get("severity"), score)
    for endpoint in _endpoints(found) or ("",):
        kind = _kind(found, endpoint)
        yield Observation(
            kind=kind,
            vulnerability=own,
            aliases=aliases,
            related=related,
            title=title,
            asset=str(found.get("asset") or ""),
            severity=grade,
            severity_derived=derived,
            score=score,
            vector=vector,
            cwes=cwes(found.get("cwe"), found.get("cwes")),
            component=name,
            version=str(found.get("component_version") or ""),
            ecosystem=ecosystem,
            purl=str(found.get("purl") or "") or purl(ecosystem, name),
            fixed=_texts(found.get("fix_version")),
            released=day(found.get("fix_released")),
            location=endpoint if kind is Kind.WEB else path(found.get("file_path")) or endpoint,
            line=line(found.get("line")),
            fingerprint=str(found.get("unique_id_from_tool") or "") if kind in (Kind.CODE, Kind.SECRET) else "",
            state=_state(found),
            author=str(found.get("author") or ""),
            reason=str(found.get("reason") or ""),
            exploited=str(found.get("known_exploited")).lower() in _YES,
            epss=number(found.get("epss_score")),
            seen=moment(found.get("scanned")),
        )
