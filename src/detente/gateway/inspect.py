"""One block of a request (a message, a tool, a prompt): what is in it, and which of its bytes are replaced by what.

A block is inspected alone and gives the same answer in every turn, whatever stands around it: that keeps provider caches,
and lets a block that was seen before be known by its digest.
"""

import hmac
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct

from detente.accord.tools import Action
from detente.gateway import carriers, redact
from detente.gateway.glance import shown, texts
from detente.gateway.spans import Leaf, leaves, quoted, splice
from detente.gateway.verdict import RANK, Policy, Scope
from detente.model.verdict import Hit


class Scanner(Protocol):
    """What finds hits. `longest_match` is in bytes; `kinds` are the kinds it can find; `version` names its rules."""

    @property
    def longest_match(self) -> int:
        """How many bytes a hit has at most, with what must be seen around it."""
        ...

    @property
    def version(self) -> str:
        """A digest of the rules: under other rules everything is scanned again."""
        ...

    kinds: frozenset[str]

    def scan(self, data: bytes) -> list[Hit]:
        """The hits in UTF-8 `data` by byte offset. Raises UnscannedError when it cannot tell."""
        ...

    def pending(self, data: bytes) -> int:
        """From where on a hit may still begin or grow once more text follows; its length if nowhere. Hits before it are final."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit and what was decided. `where` says in which part; `digest` is keyed by the tenant and names the secret without showing it."""

    kind: str
    rule: str
    action: Action
    where: str
    digest: str
    reason: str
    coaching: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """What became of a block: edits by offset in it, the secrets they hide (placeholder to secret), and the findings."""

    edits: tuple[tuple[int, int, bytes], ...] = ()
    hidden: Mapping[bytes, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


CLEAN = Inspected()
"""A block that holds nothing."""


class Inspector(Struct, frozen=True):
    """The policy and scanner of one tenant in one scope. `key` is the tenant's own: placeholders and digests come from it."""

    scanner: Scanner
    policy: Policy
    scope: Scope
    key: bytes
    answer: bool = False

    def seal(self) -> bytes:
        """The key under which results may be kept: the tenant's, for this scope, this policy and these rules only."""
        return _sealed(self.key, self.policy.version, self.scanner.version, self.scope, self.answer)

    def block(self, raw: bytes, name: str = "") -> Inspected:
        """The JSON value `raw`, a member or item of `name`. Raises DetenteError if malformed, UnscannedError."""
        glanced = texts(raw, name)
        hits = self.scanner.scan(glanced) if glanced is not None else []
        if glanced is not None and not hits:
            return CLEAN
        found = _Found()
        strings: list[tuple[Leaf, bytes]] = []
        for leaf in leaves(raw, (0, len(raw)), key=name):
            carried = carriers.carried(leaf, raw)
            if carried is None:
                continue
            if isinstance(carried, bytes):
                strings.append((leaf, carried))
            else:
                self._carried(leaf, carried, found)
        self._texts(strings, found, (glanced, hits))
        return Inspected(tuple(sorted(found.edits)), found.hidden, tuple(found.findings))

    def text(self, text: bytes, where: str = "") -> tuple[bytes, Inspected]:
        """A plain text and what is left of it."""
        found = _Found()
        edits = self._edits(text, ((hit, hit.start, hit.end) for hit in self.scanner.scan(text)), where, found)
        return splice(text, edits), Inspected(tuple(edits), found.hidden, tuple(found.findings))

    def _carried(self, leaf: Leaf, carried: carriers.Carried, found: "_Found") -> None:
        """A string that holds another text: JSON in JSON, or base64."""
        if carried.text is None:
            found.note(self.judged(Hit("attachments", carried.form, 0, 0), b"", place(leaf)))
            return
        if carried.form == "json":
            inner = self.block(carried.text, leaf.key)
            after = splice(carried.text, inner.edits)
        else:
            after, inner = self.text(carried.text, place(leaf))
        found.hidden |= inner.hidden
        found.findings += [replace(one, where=place(leaf)) for one in inner.findings]
        if after != carried.text:
            found.edits.append((leaf.start, leaf.end, quoted(carried.write(after))))

    def _texts(self, texts: list[tuple[Leaf, bytes]], found: "_Found", glanced: tuple[bytes | None, list[Hit]]) -> None:
        """All plain strings of a block in one scan, the one of the glance if it saw the same; an edit writes its whole string anew."""
        whole, starts = _joined(texts)
        by_leaf: dict[int, list[tuple[Hit, int, int]]] = {}
        for hit in glanced[1] if glanced[0] == whole else self.scanner.scan(whole):
            for index, start, end in _within(hit, texts, starts):
                by_leaf.setdefault(index, []).append((hit, start, end))
        for index, hits in sorted(by_leaf.items()):
            leaf, text = texts[index]
            if edits := self._edits(text, hits, place(leaf), found):
                found.edits.append((leaf.start, leaf.end, quoted(splice(text, edits))))

    def _edits(self, text: bytes, hits: "Hits", where: str, found: "_Found") -> list[tuple[int, int, bytes]]:
        edits: list[tuple[int, int, bytes]] = []
        last = 0
        for hit, first, after in sorted(hits, key=lambda one: (one[1], -one[2])):
            start, end = whole_characters(text, max(first, last), after)
            if start >= end or ours(text, start, end):
                continue
            if RANK[found.note(self.judged(hit, text[start:end], where))] < RANK["redact"]:
                continue
            mark = redact.placeholder(self.key, hit.kind, text[start:end])
            found.hidden[mark] = text[start:end]
            edits.append((start, end, mark))
            last = end
        return edits

    def judged(self, hit: Hit, secret: bytes, where: str) -> Finding:
        """The decision on one hit."""
        decision = self.policy.decide(hit, self.scope, answer=self.answer)
        digest = hmac.digest(self.key, b"finding:" + secret, "sha256")[:8].hex()
        return Finding(hit.kind, hit.rule, decision.action, where, digest, decision.reason, decision.coaching)


@lru_cache(4096)
def _sealed(key: bytes, *about: str | Scope | bool) -> bytes:
    return blake2b("|".join(map(str, about)).encode(), key=key[:64], digest_size=32).digest()


Hits = Iterator[tuple[Hit, int, int]] | list[tuple[Hit, int, int]]


@dataclass(slots=True)
class _Found:
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)
    hidden: dict[bytes, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, finding: Finding) -> Action:
        """Keep what is worth a word; returns what was decided."""
        if finding.action != "allow":
            self.findings.append(finding)
        return finding.action


def place(leaf: Leaf) -> str:
    """A path as people write it: `content[0].text`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in leaf.path).strip(".")


def whole_characters(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The range widened so that it cuts no UTF-8 character."""
    while 0 < start < len(text) and text[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(text) and text[end] & 0xC0 == 0x80:
        end += 1
    return start, min(end, len(text))


def ours(text: bytes, start: int, end: int) -> bool:
    """Whether the range lies inside a placeholder: what was hidden before is not hidden again."""
    near = redact.PLACEHOLDER.finditer(text, max(0, start - redact.LENGTH), end + redact.LENGTH)
    return any(mark.start() <= start and end <= mark.end() for mark in near)


def _joined(texts: list[tuple[Leaf, bytes]]) -> tuple[bytes, list[int]]:
    """The strings as a scanner sees them, and where each begins."""
    parts: list[bytes] = []
    starts, at = [], 0
    for leaf, text in texts:
        before, after = (part.encode() for part in shown(leaf.key))
        starts.append(at + len(before))
        parts += [before, text, after]
        at += len(before) + len(text) + len(after)
    return b"".join(parts), starts


def _within(hit: Hit, texts: list[tuple[Leaf, bytes]], starts: list[int]) -> Iterator[tuple[int, int, int]]:
    """The strings a hit lies in, with its range in each."""
    index = max(0, bisect_right(starts, hit.start) - 1)
    while index < len(texts) and starts[index] < hit.end:
        start, end = max(0, hit.start - starts[index]), min(len(texts[index][1]), hit.end - starts[index])
        if start < end:
            yield index, start, end
        index += 1
