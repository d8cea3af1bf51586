"""TruffleHog: `trufflehog ... --json`, version 3 (one object a line) and version 2 (with `stringsFound`).

One finding per detector, file and secret; the same secret in several commits is met several times. The secret itself is never
stored, only a digest. A secret TruffleHog verified is alive: critical, and counted as exploited. The others are medium, since
TruffleHog states no severity. Log lines between the results are skipped.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Severity
from detente.queue.convert import Essential
from detente.queue.fields import digest, image, line, part, path, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Hit(msgspec.Struct):
    """A result of version 3 (names in capitals) or of version 2."""

    DetectorName: Essential[str | None] = None
    Verified: bool = False
    Raw: Essential[str | None] = None
    RawV2: Essential[str | None] = None
    SourceMetadata: Essential[dict[str, Any] | None] = None
    reason: str | None = None
    path: Essential[str | None] = None
    strings: Essential[list[str] | None] = msgspec.field(name="stringsFound", default=None)
    logger: str | None = None


def _asset(source: str, data: dict[str, Any]) -> str:
    if source == "Docker" and data.get("image"):
        return f"image:{image(':'.join(filter(None, (text(data['image']), text(data.get('tag'))))))}"
    repository = text(data.get("repository")).removesuffix(".git").rstrip("/")
    if repository.startswith(("http", "git@", "ssh:")):
        return f"repo:{'/'.join(repository.replace(':', '/').split('/')[-2:])}"
    names = (text(data.get(key)) for key in ("bucket", "workspace_name", "space"))
    name = next(filter(None, names), "")
    return f"project:{name}" if name else ""


def _secret(rule: str, place: str, proof: str, **more: Any) -> Observation:
    live = bool(more.get("exploited"))
    return Observation(
        kind=Kind.SECRET,
        vulnerability=rule,
        title=f"{rule} in {place}" if place else rule,
        severity=Severity.CRITICAL if live else Severity.MEDIUM,
        severity_derived=True,
        cwes=(798,),
        location=place,
        fingerprint=proof,
        **{"asset": "", **more},
    )


def _three(found: _Hit, detector: str) -> Observation:
    named = part(found.SourceMetadata, "Data").items()
    source, data = next(((name, data) for name, data in named if data and isinstance(data, dict)), ("", {}))
    number = line(data.get("line"))
    return _secret(
        detector,
        path(text(data.get("file")) or text(data.get("link"))),
        digest(found.RawV2 or found.Raw) or digest(f"{data.get('commit', '')}:{number}"),
        asset=_asset(source, data),
        line=number,
        exploited=found.Verified,
    )


def _two(found: _Hit) -> Iterator[Observation]:
    for proof in dict.fromkeys(map(digest, found.strings or ("",))):
        yield _secret(found.reason or "", path(found.path), proof)


def _observe(record: Record, context: Any) -> Items:
    found: _Hit = record.value
    if found.DetectorName:
        secret = _three(found, found.DetectorName)
        yield secret
        yield Coverage(secret.asset)
    elif found.reason:
        yield from _two(found)
        yield Coverage("")
    elif found.logger is not None:
        yield Skip("log line")
    else:
        raise KeyError("DetectorName")


def _sniff(head: Head) -> bool:
    top = head.object
    is_log = top.get("logger") == "trufflehog"
    return ("DetectorName" in top and "SourceMetadata" in top) or ("stringsFound" in top and "reason" in top) or is_log


PARSER = JsonParser(name="trufflehog", sniff=_sniff, observe=_observe, secrets=True, records={"": _Hit, "[]": _Hit})
