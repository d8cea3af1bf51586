"""One running text of an answer, as it grows: what of it is decided, and what is written in place of what.

Nothing waits but a tail that may yet become a placeholder, and, where the policy could change or stop the answer, one that may yet
become a hit. A text that is only watched is scanned late, many pieces at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from detente.accord.tools import Action
from detente.gateway import lines, redact
from detente.gateway.inspect import Finding, Inspector, ours, whole_characters
from detente.gateway.spans import quoted
from detente.gateway.verdict import RANK, UnscannedError
from detente.model.verdict import Hit

LATE = 2048
"""Bytes that are scanned together where nothing waits for the scan."""

_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_WHOLE = re.compile(rb"(?:[^\\]|\\u[0-9a-fA-F]{4}|\\u(?![0-9a-fA-F]{0,3}\Z)|\\[^u])*+")
_PLAIN = {b"\\n": b" \n", b"\\r": b" \r", b"\\t": b" \t", b'\\"': b' "', b"\\/": b" /", b"\\\\": b" \\"}
_FAR = 1 << 62


def plain(source: bytes) -> bytes:
    """JSON source as a scanner may read it: escapes resolved, each filled up to its length so that offsets stay."""
    return _ESCAPE.sub(lambda found: _PLAIN.get(found[0], b" " * len(found[0])), source) if b"\\" in source else source


def whole_escapes(source: bytes) -> bytes:
    """`source` without an escape at its end that is not whole."""
    found = _WHOLE.match(source)
    return found[0] if found else b""


def escaped(secret: bytes) -> bytes:
    """A secret inside JSON source."""
    return quoted(secret)[1:-1]


class Watch(Struct, eq=False):
    """What all texts of one answer share: the secrets that come back, the inspector, what it found, and the code in them; `stopped` once a text may not go on."""

    inspector: Inspector
    hidden: Mapping[bytes, bytes]
    holds: bool = False
    scans: bool = True
    findings: list[Finding] = []
    unscanned: set[str] = set()
    code: list[bytes] = []
    stopped: bool = False

    @property
    def waits(self) -> bool:
        """Whether any text may have to wait for what follows."""
        return bool(self.hidden) or self.holds

    def scan(self, text: bytes) -> list[Hit]:
        """The hits in `text`; none if it cannot be scanned and the policy lets that pass. Raises UnscannedError else."""
        try:
            return self.inspector.scanner.scan(text)
        except UnscannedError as fault:
            self.passed(fault)
            return []

    def passed(self, fault: UnscannedError) -> None:
        """Note what could not be looked for. Raises the fault where the policy says no to that."""
        if self.inspector.policy.shuts(fault.kinds):
            raise fault
        self.unscanned |= fault.kinds

    def judge(self, hit: Hit, secret: bytes, where: str) -> Action:
        """The decision on a hit; it is noted."""
        found = self.inspector.judged(hit, secret, where)
        self.findings.append(found)
        return found.action


@dataclass(slots=True)
class Running:
    """One text. Offsets count from its begin; `text` holds what is still needed of it, from `base` on, and `view` what a scanner reads of that.

    `told` is all of it that may hold code, `end` how long it is by now, `decided` how far it may be sent, `cut` where it must stop.
    """

    watch: Watch
    where: str
    source: bool = False
    text: bytes = b""
    view: bytes = b""
    base: int = 0
    end: int = 0
    decided: int = 0
    scanned: int = 0
    cut: int | None = None
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)

    def add(self, piece: bytes) -> int:
        """Append `piece`; returns where it begins."""
        start = self.end
        self.text += piece
        if start < lines.READ:
            self.told.append(piece)
        self.end += len(piece)
        return start

    def _read(self, *, ended: bool) -> None:
        """Go on with the view: of JSON source, escapes that are whole."""
        new = self.text[len(self.view) :]
        if self.source:
            new = plain(new if ended else whole_escapes(new))
        self.view += new

    def settle(self, *, ended: bool = False) -> None:
        """Decide as far as what is known allows; all of it if the text has ended."""
        if ended:
            self.note()
        if not (ended or self.watch.waits or self.end - self.scanned >= LATE):
            self.decided = self.end
            return
        limit = self.end
        if self.watch.scans:
            limit = self._scan(ended=ended)
        if self.watch.hidden and self.cut is None:
            limit = min(limit, self._restore(limit, ended=ended))
        self.decided = max(self.decided, self.end if ended else limit, *(end for _, end, _ in self.edits), 0)
        self.decided = min(self.decided, self.end)
        self._forget()

    def note(self) -> None:
        """It is over: whatever code was in it is kept in mind, as the model wrote it."""
        told, self.told = b"".join(self.told), []
        self.watch.code += lines.call(told) if self.source else lines.prose(told)

    def _scan(self, *, ended: bool) -> int:
        """Look for hits; returns up to where the text may go on. Each hit is judged once: when nothing can change it any more."""
        if not self.watch.holds and not ended and self.end - self.scanned < LATE:
            return self.end
        self._read(ended=ended)
        scanner = self.watch.inspector.scanner
        at = max(self.base, self.scanned - scanner.longest_match)
        window = self.view[at - self.base :]
        hits = self.watch.scan(window)
        final = self.end if ended else max(self.scanned, at + scanner.pending(window))
        for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
            if self.scanned <= at + hit.start < final:
                start, end = whole_characters(window, hit.start, hit.end)
                self._found(hit, at + start, at + end)
        self.scanned = final
        return final if self.watch.holds else self.end

    def _found(self, hit: Hit, start: int, end: int) -> None:
        start = max(start, self.edits[-1][1] if self.edits else 0)
        if start >= end or ours(self.text, start - self.base, end - self.base):
            return
        secret = self.text[start - self.base : end - self.base]
        action = self.watch.judge(hit, secret, self.where)
        if RANK[action] < RANK["redact"] or end <= self.decided or self.cut is not None:
            return
        start = max(start, self.decided)
        if action == "block":
            self.cut = start
            self.watch.stopped = True
            self.edits.append((start, _FAR, b""))
        else:
            self.edits.append((start, end, redact.placeholder(self.watch.inspector.key, hit.kind, secret)))

    def _restore(self, limit: int, *, ended: bool) -> int:
        """Put secrets in place of their placeholders; returns where one may have begun."""
        first = max(self.decided, self.edits[-1][1] if self.edits else 0) - self.base
        for found in redact.PLACEHOLDER.finditer(self.text, max(0, first)):
            start, end = found.start() + self.base, found.end() + self.base
            secret = self.watch.hidden.get(found[0].upper())
            if secret is not None and start < limit and not self._edited(start, end):
                self.edits.append((start, end, escaped(secret) if self.source else secret))
        self.edits.sort()
        return self.end if ended else self.base + redact.held(self.text)

    def _edited(self, start: int, end: int) -> bool:
        return any(first < end and start < after for first, after, _ in self.edits)

    def _forget(self) -> None:
        """Drop what no scan needs any more."""
        reach = self.watch.inspector.scanner.longest_match if self.watch.scans else 0
        at = min(self.decided, self.scanned if self.watch.scans else self.decided) - reach
        if at - self.base > reach + LATE:
            self.text, self.view, self.base = self.text[at - self.base :], self.view[at - self.base :], at

    def written(self, start: int, piece: bytes) -> bytes:
        """What is sent for the `piece` that begins at `start`: itself, unless something in it was replaced."""
        end, at, parts = start + len(piece), start, []
        for first, after, replacement in self.edits:
            if after > start and first < end:
                parts.append(piece[at - start : max(first, at) - start])
                parts.append(replacement if first >= start else b"")
                at = min(after, end)
        self.edits = [edit for edit in self.edits if edit[1] > end]
        return b"".join([*parts, piece[at - start :]]) if at > start or parts else piece
