"""Which service runs an asset: shell globs, the most specific wins."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import translate

from detente.model.estate import Claim, Estate, Service

_GLOB = re.compile(r"[*?\[]")
_FOLDED = frozenset({"host", "repo"})  # names whose case means nothing


class Claims:
    """The claims of an estate, compiled once.

    Of several patterns that fit, the one with the longest literal beginning wins, then the longer pattern, then the service
    named first. An image is claimed with and without its tag or digest: `shop/app` and `shop/app:*` both claim
    `shop/app`, `shop/app:1.2` and `shop/app@sha256:...`.
    """

    def __init__(self, estate: Estate) -> None:
        ordered = [(claim, service) for service in estate.services for claim in service.runs]
        self._tables: dict[str, _Table] = {}
        for kind in {claim.kind for claim, _ in ordered}:
            self._tables[kind] = _Table(
                [(_pattern(claim), service) for claim, service in ordered if claim.kind == kind]
            )
        self._cache: dict[str, Service | None] = {}

    def service(self, asset: str) -> Service | None:
        """The service that claims `asset` (`kind:name`), or None: unowned, which is a finding of its own."""
        if asset not in self._cache:
            kind, _, name = asset.partition(":")
            table = self._tables.get(kind)
            self._cache[asset] = table.find(_forms(kind, name)) if table else None
        return self._cache[asset]


class _Table:
    """Patterns of one kind under their literal beginning: a lookup per length instead of a match per pattern."""

    def __init__(self, patterns: list[tuple[str, Service]]) -> None:
        self.under: dict[str, list[tuple[re.Pattern[str], Service]]] = defaultdict(list)
        for pattern, service in sorted(
            patterns, key=lambda item: -len(item[0])
        ):  # stable: the first service stays first
            self.under[_literal(pattern)].append((re.compile(translate(pattern)), service))
        self.lengths = sorted({len(literal) for literal in self.under}, reverse=True)

    def find(self, forms: tuple[str, ...]) -> Service | None:
        return next((service for service in self._fitting(forms)), None)

    def _fitting(self, forms: tuple[str, ...]) -> Iterator[Service]:
        for length in self.lengths:
            for pattern, service in self.under.get(forms[0][:length], ()):
                if any(pattern.match(form) for form in forms):
                    yield service


def _literal(pattern: str) -> str:
    return _GLOB.split(pattern, maxsplit=1)[0]


def _pattern(claim: Claim) -> str:
    pattern = claim.pattern.lower() if claim.kind in _FOLDED else claim.pattern
    return pattern.removesuffix(":*") if claim.kind == "image" else pattern


def _forms(kind: str, name: str) -> tuple[str, ...]:
    """The spellings under which an asset is known, the longest first; each is the beginning of the one before."""
    if kind != "image":
        return (name.lower() if kind in _FOLDED else name,)
    tagged = name.partition("@")[0]
    folder, slash, last = tagged.rpartition("/")
    return tuple(dict.fromkeys((name, tagged, folder + slash + last.partition(":")[0])))
