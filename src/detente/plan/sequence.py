"""Which fix ships before which: what is needed goes before what needs it, where both get the same component.

Fixes that have nothing to do with each other are not held up by each other, and what goes in circles has no order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

from detente.model.estate import Service
from detente.model.fix import Fix

Pair = tuple[Fix, Fix]


def ordered(fixes: Iterable[Fix], services: Iterable[Service]) -> Iterator[Pair]:
    """Pairs of fixes, first and then."""
    needs = reach({each.id: each.depends for each in services})
    for first, then in _shared(fixes):
        if first.service in needs.get(then.service, ()) and then.service not in needs.get(first.service, ()):
            yield first, then


def circles(fixes: Iterable[Fix], services: Iterable[Service]) -> Iterator[Pair]:
    """Pairs that would be ordered both ways, each once."""
    needs = reach({each.id: each.depends for each in services})
    for first, then in _shared(fixes):
        if first.service < then.service in needs.get(first.service, ()) and first.service in needs.get(
            then.service, ()
        ):
            yield first, then


def reach(needs: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Everything each service needs, also through others."""
    found: dict[str, frozenset[str]] = {}
    for name in needs:
        seen: set[str] = set()
        waiting = list(needs[name])
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting.extend(needs.get(each, ()))
        found[name] = frozenset(seen)
    return found


def _shared(fixes: Iterable[Fix]) -> Iterator[Pair]:
    by_component: dict[str, list[Fix]] = defaultdict(list)
    for fix in fixes:
        if fix.component.startswith("pkg:"):
            by_component[fix.component].append(fix)
    for same in by_component.values():
        yield from permutations(same, 2)
