"""GitLab static analysis and secret detection: `gl-sast-report.json`, `gl-secret-detection-report.json`, schemas 2 to 15.

One finding per rule and place in the code. What identifies it is the scope signature of newer reports or the digest in the old
comparison key; a key with a line number is of no use. What Gitleaks or TruffleHog found is a secret, not a flaw of the code,
and its value is never read. The report does not name the project, so pass `--asset`; each analyzer is a scope of its own.
"""

import re

from detente.model.finding import Kind, Observation
from detente.queue import gitlab
from detente.queue.fields import digest, parts, path, severity, text
from detente.queue.report import Head, Items, JsonParser, Record

_DIGEST = re.compile(r"\b[0-9a-f]{32,64}\b")
_EMPTY = ("e3b0c442", "da39a3ee", "d41d8cd9")  # digests of no text at all, the same for every finding
_SECRETS = ("gitleaks", "trufflehog")


def _fingerprint(found: gitlab.Vulnerability) -> str:
    for item in parts(found.tracking, "items"):
        for signature in reversed(parts(item, "signatures")):  # the last is the most exact
            if str(signature.get("algorithm")).startswith("scope"):
                return text(signature.get("value"))
    match = _DIGEST.search(found.cve or "")
    return match[0] if match and not match[0].startswith(_EMPTY) else ""


def _observe(record: Record, scan: gitlab.Scan) -> Items:
    found: gitlab.Vulnerability = record.value
    vulnerability, aliases, related = found.vulnerability()
    is_secret = found.category == "secret_detection" or any(kind.startswith(_SECRETS) for kind, _ in found.named())
    mark = _fingerprint(found)
    yield Observation(
        kind=Kind.SECRET if is_secret else Kind.CODE,
        vulnerability=vulnerability,
        aliases=aliases,
        related=related,
        title=found.title(),
        asset="",
        target=scan.target,
        severity=severity(found.severity),
        cwes=found.cwes(),
        location=path(found.location.file),
        line=found.location.line(),
        fingerprint=digest(mark) if is_secret else mark,
        seen=scan.seen,
    )


def _sniff(head: Head) -> bool:
    return gitlab.kind(head) == "code"


PARSER = JsonParser(
    name="gitlab_sast",
    sniff=_sniff,
    prepare=gitlab.scan,
    observe=_observe,
    cover=gitlab.cover,
    records=gitlab.RECORDS,
    secrets=True,
)
