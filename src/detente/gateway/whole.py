"""A JSON answer, or an event that says something at once: inspected as it stands, then its secrets put back."""

import msgspec

from detente.gateway import redact
from detente.gateway.inspect import Finding, Inspected
from detente.gateway.running import Watch, escaped
from detente.gateway.spans import leaves, malformed, quoted, splice, string
from detente.gateway.verdict import UnscannedError
from detente.model.errors import DetenteError

UNREADABLE = (DetenteError, UnscannedError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What comes of an answer that is malformed, or could not be checked: it is not passed on."""

_SOURCE = frozenset({"arguments", "partial_json"})


def reason(fault: Exception) -> str:
    """Why an answer ends here, for the client."""
    if isinstance(fault, UnscannedError):
        return str(fault.told())
    return str(fault if isinstance(fault, DetenteError) else malformed("the answer is malformed"))


def whole(data: bytes, watch: Watch) -> tuple[bytes, list[Finding]]:
    """`data` as the client gets it, and what may not be said at all. Raises DetenteError if malformed, UnscannedError."""
    data.decode()
    blocked: list[Finding] = []
    if watch.scans:
        seen = _seen(data, watch)
        watch.findings += seen.findings
        blocked = [finding for finding in seen.findings if finding.action == "block"]
        data = splice(data, seen.edits)
    return restored(data, watch), blocked


def _seen(data: bytes, watch: Watch) -> Inspected:
    try:
        return watch.inspector.block(data)
    except UnscannedError as fault:
        watch.passed(fault)
        return Inspected()


def restored(data: bytes, watch: Watch) -> bytes:
    """`data` with every placeholder of this exchange replaced, escaped for where it stands."""
    if not watch.hidden or not redact.PLACEHOLDER.search(data):
        return data
    edits = []
    for leaf in leaves(data, (0, len(data))):
        before = data[leaf.start : leaf.end]
        if redact.PLACEHOLDER.search(before):
            text = string(before).encode()
            after = redact.restore(text, watch.hidden, escaped if leaf.key in _SOURCE else bytes)
            edits.append((leaf.start, leaf.end, quoted(after)))
    return splice(data, edits)
