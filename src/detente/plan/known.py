"""Faults that makers of releases know of: which of them a fix would bring along, and how likely one is met."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import prod

from detente.model.fix import Fix
from detente.model.intel import Fault

SHARE = 0.2
"""A prior (own judgement, weak): the part of installations that meet a fault whose maker does not say how many do."""

Faults = Mapping[str, Sequence[Fault]]
_ARTICLE = re.compile(r"KB\d{6,8}")


def index(faults: Iterable[Fault]) -> Faults:
    """Faults by what they are called: a package URL, a bare name, an article, in small letters."""
    found = defaultdict(list)
    for fault in faults:
        found[fault.component.lower()].append(fault)
    return found


def about(fix: Fix, faults: Faults) -> list[Fault]:
    """Those that come with the release the fix goes to; what names no version speaks of every one."""
    if not faults or fix.verb != "upgrade":
        return []
    component, version = fix.component.lower(), fix.to_version or ""
    articles = _ARTICLE.findall(f"{version} {fix.action}".upper())
    names = dict.fromkeys((component, component.rpartition("/")[2], *map(str.lower, articles)))
    found = (fault for name in names if name for fault in faults.get(name, ()))
    return [fault for fault in found if fault.version in ("", version)]


def odds(faults: Iterable[Fault]) -> float:
    """The probability of meeting at least one of them."""
    return 1 - prod(1 - (SHARE if fault.share is None else fault.share) for fault in faults)


def told(fault: Fault) -> str:
    """The fault in words."""
    since = f" since {fault.since}" if fault.since else ""
    where = f", {fault.url}" if fault.url else ""
    return f"a known fault of this release{since}: {fault.title or 'not described'} ({fault.source}{where})"
