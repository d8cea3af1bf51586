"""Alias groups grow as reports and feeds name ids together; two CVEs never melt into one.

Ids that are not CVEs (GHSA, RUSTSEC, GO, PYSEC ...) join when some source gave them for one vulnerability. A group so joined
takes the name of its CVE if there is exactly one. Where it meets several, each id keeps to the CVE it alone was given with.
"""

from collections import defaultdict
from collections.abc import Iterable

from detente.queue.identity import canonical


def canonicals(groups: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """The canonical name of every id that has another one than itself. The order of `groups` does not matter."""
    parent: dict[str, str] = {}
    cves: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        others = [name for name in group if not name.startswith("CVE-")]
        for name in others:
            cves[name].update(set(group) - set(others))
            _join(parent, others[0], name)
    clusters: dict[str, list[str]] = defaultdict(list)
    for name in cves:
        clusters[_root(parent, name)].append(name)
    named = {name: _name(name, cluster, cves) for cluster in clusters.values() for name in cluster}
    return {name: target for name, target in named.items() if target != name}


def _name(name: str, cluster: list[str], cves: dict[str, set[str]]) -> str:
    all_cves = set().union(*(cves[member] for member in cluster))
    own = all_cves if len(all_cves) == 1 else cves[name]
    if len(own) == 1:
        return next(iter(own))
    return name if all_cves else canonical(tuple(sorted(cluster)))


def _root(parent: dict[str, str], name: str) -> str:
    while (above := parent.setdefault(name, name)) != name:
        parent[name] = parent.setdefault(above, above)
        name = above
    return name


def _join(parent: dict[str, str], one: str, other: str) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low
