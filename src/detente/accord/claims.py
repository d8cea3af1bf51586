"""Which service runs an asset: shell globs, the most specific wins."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import translate

from detente.model.estate import Claim, Estate, Service

Found = tuple[Claim, Service]
_WILD = re.compile(r"[*?\[]")
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
            self._tables[kind] = _Table([one for one in ordered if one[0].kind == kind])
        self._cache: dict[str, Found | None] = {}

    def service(self, asset: str) -> Service | None:
        """The service that claims `asset` (`kind:name`), or None: unowned, which is a finding of its own."""
        found = self.claim(asset)
        return found[1] if found else None

    def claim(self, asset: str) -> Found | None:
        """The claim that won `asset`, with its service."""
        if asset not in self._cache:
            kind, _, name = asset.partition(":")
            table = self._tables.get(kind)
            self._cache[asset] = table.find(_forms(kind, name)) if table else None
        return self._cache[asset]


class _Table:
    """Patterns of one kind under their literal beginning and end: a few lookups instead of a match per pattern."""

    def __init__(self, claims: list[Found]) -> None:
        ends = [(_ends(pattern), pattern, found) for found in claims for pattern in [_pattern(found[0])]]
        ends.sort(key=lambda item: (-len(item[0][0]), -len(item[1])))  # stable: the service named first stays first
        self.under: dict[tuple[str, str], list[tuple[int, re.Pattern[str], Found]]] = defaultdict(list)
        for rank, (both, pattern, found) in enumerate(ends):
            self.under[both].append((rank, re.compile(translate(pattern)), found))
        self.shapes = sorted({(len(head), len(tail)) for head, tail in self.under})

    def find(self, forms: tuple[str, ...]) -> Found | None:
        """The claim of the first rank that any form fits, with its service."""
        best = min(self._fitting(forms), key=lambda found: found[0], default=None)
        return best[1] if best else None

    def _fitting(self, forms: tuple[str, ...]) -> Iterator[tuple[int, Found]]:
        for form in forms:
            for head, tail in self.shapes:
                for rank, pattern, found in self.under.get((form[:head], form[len(form) - tail :]), ()):
                    if pattern.match(form):
                        yield rank, found


def _ends(pattern: str) -> tuple[str, str]:
    """The literal beginning and end of a glob; a pattern without wildcards is all beginning."""
    head, *rest = _WILD.split(pattern, maxsplit=1)
    return (head, re.split(r"[*?\[\]]", rest[0])[-1]) if rest else (head, "")


def _pattern(claim: Claim) -> str:
    pattern = claim.pattern.lower() if claim.kind in _FOLDED else claim.pattern
    return pattern.removesuffix(":*") if claim.kind == "image" else pattern


def _forms(kind: str, name: str) -> tuple[str, ...]:
    """The spellings under which an asset is known, the most exact first."""
    if kind != "image":
        return (name.lower() if kind in _FOLDED else name,)
    tagged = name.partition("@")[0]
    folder, slash, last = tagged.rpartition("/")
    return tuple(dict.fromkeys((name, tagged, folder + slash + last.partition(":")[0])))
