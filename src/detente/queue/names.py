"""The names a vulnerability goes by: which of them mean it, and which merely speak of it."""

from collections.abc import Iterable

from detente.queue import identity
from detente.queue.facets import Names


def parted(own: str, others: Iterable[str]) -> Names:
    """The other ids of a vulnerability as (aliases, related): vendors' ids, and CVEs where there are several, are related."""
    own = identity.spelled(own)
    names = [name for name in dict.fromkeys(identity.spelled(other) for other in others if other) if name != own]
    equal = identity.equals(own, tuple(names))
    several = sum(name.startswith("CVE-") for name in (own, *names)) > 1
    aliases = tuple(name for name in names if name in equal and not (several and name.startswith("CVE-")))
    return {"aliases": aliases, "related": tuple(name for name in names if name not in aliases)}
