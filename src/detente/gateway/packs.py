"""Rules of the customer's own: our YAML, or TOML in the format of gitleaks. Patterns are RE2: linear in time, whoever wrote them.

A pack is refused as a whole with the rule that is wrong, so that nobody believes in a rule that is not there. Inline `gitleaks:allow` is not
honoured: whoever writes a prompt could write it. Lists of paths and commits have no meaning for a text and are left out.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import yaml

from detente.gateway.engine import Words
from detente.gateway.entropy import bits
from detente.model.errors import DetenteError
from detente.model.verdict import Hit

MOST = 4_096
"""Bytes of the longest pattern."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is no hit after all: patterns over the secret, the match or its line, and words in the secret."""

    target: str
    patterns: tuple[Any, ...]
    stopwords: tuple[bytes, ...]
    both: bool

    def covers(self, secret: bytes, match: bytes, line: bytes) -> bool:
        """Whether the find is allowed."""
        text = {"match": match, "line": line}.get(self.target, secret)
        by_pattern = any(pattern.search(text) for pattern in self.patterns)
        by_word = any(word in secret.lower() for word in self.stopwords)
        if self.both and self.patterns and self.stopwords:
            return by_pattern and by_word
        return by_pattern or by_word


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule of a pack. `group` 0 takes the first group that is not empty, else the whole match."""

    kind: str
    name: str
    pattern: Any
    words: tuple[bytes, ...]
    group: int
    entropy: float
    sure: float
    allowed: tuple[Allowance, ...]

    def hits(self, data: bytes) -> Iterator[Hit]:
        """What it finds in `data`."""
        for found in self.pattern.finditer(data):
            group = self.group or next((at for at, text in enumerate(found.groups(), 1) if text), 0)
            secret, start, end = found.group(group) or b"", found.start(group), found.end(group)
            if start < end and not self._allowed(data, found, secret):
                yield Hit(self.kind, self.name, start, end, self.sure)

    def _allowed(self, data: bytes, found: Any, secret: bytes) -> bool:
        if self.entropy and bits(secret) <= self.entropy:
            return True
        first, last = data.rfind(b"\n", 0, found.start()) + 1, data.find(b"\n", found.end())
        line = data[first : last if last >= 0 else len(data)]
        return any(one.covers(secret, found.group(0), line) for one in self.allowed)


class Pack:
    """The rules of one file. A part of a Scanner."""

    held = 256  # what a pattern of others may still match is not known

    def __init__(self, entries: Sequence[Entry], version: str) -> None:
        self._entries = tuple(entries)
        self._words = Words([entry.words for entry in entries])
        self.kinds = frozenset(entry.kind for entry in entries)
        self.version = version

    def scan(self, data: bytes) -> list[Hit]:
        """The hits of all rules one of whose keywords is there."""
        return [hit for index in self._words.present(data) for hit in self._entries[index].hits(data)]


def load(data: bytes, name: str) -> Pack:
    """A pack from the text of a file; `name` is for messages. Raises DetenteError if any of it cannot be used."""
    try:
        document = tomllib.loads(data.decode()) if name.endswith(".toml") else yaml.safe_load(data)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise _refused(name, f"it is no {'TOML' if name.endswith('.toml') else 'YAML'}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        raise _refused(name, "it has no list `rules`")
    general = _allowances(document, name)
    entries = [_entry(row, general, name) for row in document["rules"] if isinstance(row, dict) and _pattern(row)]
    return Pack(entries, blake2b(data, digest_size=8).hexdigest())


def _pattern(row: Mapping[str, Any]) -> str:
    return str(row.get("pattern") or row.get("regex") or "")


def _entry(row: Mapping[str, Any], general: tuple[Allowance, ...], name: str) -> Entry:
    label = str(row.get("id") or "")
    if not label:
        raise _refused(name, "a rule has no `id`")
    entry = Entry(
        kind=str(row.get("kind", "secrets")),
        name=label,
        pattern=_compiled(_pattern(row), f"{name}, rule {label}"),
        words=tuple(str(word).lower().encode() for word in row.get("keywords", ())),
        group=int(row.get("secretGroup") or row.get("group") or 0),
        entropy=float(row.get("entropy") or 0.0),
        sure=float(row.get("confidence", 0.8)),
        allowed=(*_allowances(row, name), *general),
    )
    _tried(entry, row, name)
    return entry


def _tried(entry: Entry, row: Mapping[str, Any], name: str) -> None:
    """The examples a rule brings are run before it is trusted."""
    for key, wanted in (("examples", True), ("counter_examples", False)):
        for text in row.get(key, ()):
            if any(entry.hits(str(text).encode())) is not wanted:
                raise _refused(name, f"rule {entry.name} {'misses' if wanted else 'matches'} one of its `{key}`")


def _allowances(row: Mapping[str, Any], name: str) -> tuple[Allowance, ...]:
    one = row.get("allowlist")
    rows = [*(row.get("allowlists") or ()), *([one] if isinstance(one, dict) else [])]
    return tuple(_allowance(found, name) for found in rows)


def _allowance(row: Mapping[str, Any], name: str) -> Allowance:
    return Allowance(
        str(row.get("regexTarget", "secret")),
        tuple(_compiled(str(text), f"{name}, allowlist") for text in row.get("regexes", ())),
        tuple(str(word).lower().encode() for word in row.get("stopwords", ())),
        str(row.get("condition", "OR")).upper() in ("AND", "&&"),
    )


def _compiled(text: str, name: str) -> Any:
    if len(text) > MOST:
        raise _refused(name, f"its pattern is longer than {MOST} bytes")
    import re2  # only who has rules of their own pays for it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text.encode(), options)
    except re2.error as error:
        why = error.args[0] if error.args else "unknown"
        raise _refused(name, f"its pattern is no RE2: {why.decode() if isinstance(why, bytes) else why}") from error


def _refused(name: str, why: str) -> DetenteError:
    return DetenteError(
        f"The rules of {name} cannot be used", f"{why}.", "Correct it; no rule of it is in force.", code="rules"
    )
