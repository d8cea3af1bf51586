"""The results of SARIF 2.1.0 (OASIS standard), for every format that is SARIF by another name.

Numbers in comments are sections of the standard.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from detente.model.finding import Kind, Observation, Severity, State
from detente.queue import composition
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, digest, line, number, parts, path, rated, severity, text
from detente.queue.identity import snippet
from detente.queue.report import Head, Items, JsonParser, Record, Skip
from detente.queue.runs import Rule, Run, cover, dated, prepare, rule, weaknesses, words


class _Text(msgspec.Struct, rename="camel"):
    text: str | None = None
    id: str | None = None
    arguments: list[str] | None = None


class _Artifact(msgspec.Struct, rename="camel"):
    uri: str | None = None
    uri_base_id: str | None = None
    index: int | None = None


class _Region(msgspec.Struct, rename="camel"):
    start_line: Any = None
    snippet: _Text | None = None


class _Physical(msgspec.Struct, rename="camel"):
    artifact_location: _Artifact | None = None
    region: _Region | None = None


class _Location(msgspec.Struct, rename="camel"):
    physical_location: _Physical | None = None
    logical_locations: list[dict[str, Any]] | None = None


class _Result(msgspec.Struct, rename="camel"):
    message: _Text | None = None
    rule_id: Essential[str | None] = None
    rule_index: int | None = None
    rule: dict[str, Any] | None = None
    kind: str | None = None
    level: str | None = None
    locations: Essential[list[_Location] | None] = None
    suppressions: list[dict[str, Any]] | None = None
    baseline_state: str | None = None
    partial_fingerprints: dict[str, Any] | None = None
    fingerprints: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    taxa: list[dict[str, Any]] | None = None


def _find(result: _Result, run: Run) -> Rule:
    """The rule of a result by index, then by id (3.52): a result of `CA2101/1` belongs to the rule CA2101."""
    name = result.rule_id or text(at(result.rule, "id"))
    index = result.rule_index if result.rule_index is not None else _index(at(result.rule, "index"))
    part = _index(at(result.rule, "toolComponent", "index")) + 1
    table = run.tables[part] if 0 <= part < len(run.tables) else ()
    if 0 <= index < len(table) and (not name or f"{name}/".startswith(f"{table[index].id}/")):
        return table[index]
    found = run.rules.get(name) or run.rules.get(name.rpartition("/")[0])
    return found or rule({"id": name}, run.driver)


def _index(value: Any) -> int:
    return value if isinstance(value, int) else -1


def _message(result: _Result, known: Rule) -> str:
    """The first line of the message; by id where it stands with the rule, its links and blanks filled in (3.11)."""
    message = result.message or _Text()
    said = message.text or words(known.messages.get(message.id or "")) or known.title
    for index, argument in enumerate(message.arguments or ()):
        said = said.replace(f"{{{index}}}", argument)
    return re.sub(r"\[([^\[\]]+)\]\([^()]*\)", r"\1", said.strip().partition("\n")[0])


_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def _unescaped(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode(errors="replace")


def _place(location: _Location, run: Run) -> str:
    """The path below the scanned root, else the logical name. An absolute base only says where the checkout lay."""
    artifact = (location.physical_location or _Physical()).artifact_location or _Artifact()
    uri, base = artifact.uri, artifact.uri_base_id
    files = parts(run.source, "artifacts")
    if not uri and artifact.index is not None and 0 <= artifact.index < len(files):
        listed = files[artifact.index].get("location")
        uri, base = text(at(listed, "uri")), text(at(listed, "uriBaseId"))
    parent = text(at(run.source, "originalUriBaseIds", base or "", "uri"))
    if uri and parent and not parent.startswith("/") and ":" not in parent + uri:
        uri = f"{parent.rstrip('/')}/{uri}"
    names = (text(entry.get("fullyQualifiedName") or entry.get("name")) for entry in location.logical_locations or ())
    place = path(_ESCAPED.sub(_unescaped, uri or ""))
    return (place.removeprefix(f"{run.root}/") if run.root else place) or next(filter(None, names), "")


_UNSTABLE = re.compile(r"commit|author|email|date|message|file|column|tags|guid", re.IGNORECASE)
_USABLE = re.compile(r"^[\w:+/=.-]{6,}$")


def _fingerprint(result: _Result, preferred: Sequence[str]) -> str:
    """A fingerprint the tool keeps stable; none where it holds a phrase (`requires login`) or tells who wrote the line."""
    found = {**(result.fingerprints or {}), **(result.partial_fingerprints or {})}
    order = [key for key in (*preferred, *found) if key in found and not _UNSTABLE.search(key)]
    return next((str(found[key]) for key in order if _USABLE.match(str(found[key]))), "")


def _rating(result: _Result, known: Rule) -> tuple[Severity, float | None]:
    """A tool's score says more than its level, which has three steps; no level at all means warning (3.27.10)."""
    own = number((result.properties or {}).get("security-severity"))
    score = own if own is not None else known.score
    return (severity(result.level or known.level or "warning") if score is None else rated(score)), score


def _state(result: _Result) -> tuple[State, str]:
    """3.27.23: suppressed if something suppresses it that was neither rejected nor is still under review."""
    if result.baseline_state == "absent":
        return State.FIXED, "absent from this run"
    found = result.suppressions or []
    if not found or any(entry.get("status") in ("rejected", "underReview") for entry in found):
        return State.OPEN, ""
    return State.SUPPRESSED, next(filter(None, (text(entry.get("justification")) for entry in found)), "suppressed")


def _weakness(result: _Result, known: Rule, run: Run, location: _Location, preferred: Sequence[str]) -> Observation:
    region = (location.physical_location or _Physical()).region or _Region()
    place, (state, reason) = _place(location, run), _state(result)
    kind = Kind.WEB if place.startswith(("http://", "https://")) else known.kind
    code = (region.snippet.text if region.snippet else "") or ""
    title = known.title if kind is Kind.SECRET else _message(result, known)
    proof = digest(code) if kind is Kind.SECRET else snippet(code) if code.strip() else ""
    return Observation(
        kind=kind,
        vulnerability=result.rule_id or known.id or title,  # 3.27.5: a rule is optional
        title=title,
        asset=run.asset,
        target=run.target,
        severity=_rating(result, known)[0],
        cwes=cwes(weaknesses(result.properties or {}, result.taxa or ()), known.cwes),
        location=place,
        line=line(region.start_line),
        fingerprint=_fingerprint(result, preferred) or proof,
        state=state,
        reason=reason,
        seen=run.seen,
    )


def _packaged(found: Observation, result: _Result, known: Rule, location: _Location) -> Observation:
    """The same result as a vulnerability of a package, where a composition scanner names one."""
    names = [text(entry.get("fullyQualifiedName")) for entry in location.logical_locations or ()]
    message = (result.message or _Text()).text or ""
    package = composition.package(
        found.vulnerability, (*names, *reversed(known.texts), message), known.properties | (result.properties or {})
    )
    if package is None:
        return found
    return replace(
        found,
        kind=Kind.PACKAGE,
        vulnerability=package.vulnerability,
        aliases=package.aliases,
        related=package.related,
        title=known.title,
        score=_rating(result, known)[1],
        component=package.name,
        version=package.version,
        ecosystem=package.ecosystem,
        purl=package.purl,
        fixed=package.fixed,
        fingerprint="",
    )


_QUIET = ("pass", "notApplicable", "informational")


def _observe(record: Record, runs: dict[int, Run], preferred: Sequence[str]) -> Items:
    result, run = record.value, runs[id(record.parents[-1])]
    if result.kind in _QUIET:
        yield Skip(f"result of kind {result.kind}")
        return
    known = _find(result, run)
    for location in result.locations or (_Location(),):
        found = _weakness(result, known, run, location, preferred)
        yield _packaged(found, result, known, location)


_BULK = (
    "artifacts[].contents{}",
    "graphs[]",
    "threadFlowLocations[]",
    "webRequests[]",
    "webResponses[]",
    "addresses[]",
)


def drivers(head: Head) -> tuple[str, ...] | None:
    """The tools that wrote a report, as far as its beginning tells; None when it is no SARIF."""
    top = head.object
    runs = top.get("runs")
    said = str(top.get("version") or "").startswith("2.") or "sarif" in str(top.get("$schema") or "").lower()
    found = [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
    if not isinstance(runs, list) or not (said or any("tool" in run or "results" in run for run in found)):
        return None
    return tuple(text(at(run, "tool", "driver", "name")) for run in found)


def parser(name: str, sniff: Callable[[Head], bool], preferred: Sequence[str] = ()) -> JsonParser:
    """A parser of SARIF under the name of a format; `preferred` are the keys of the fingerprints to believe first."""
    return JsonParser(
        name=name,
        sniff=sniff,
        prepare=prepare,
        cover=cover,
        dated=dated,
        observe=partial(_observe, preferred=tuple(preferred)),
        secrets=True,  # snippets and messages quote source lines
        records={"runs[].results[]": _Result} | {f"runs[].{bulk}": None for bulk in _BULK},
    )
