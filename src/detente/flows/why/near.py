"""Ids that look like one that nothing has: numbers by their first digits, names by their letters."""

import re
from difflib import get_close_matches

import numpy as np

from detente.flows.changes import text
from detente.flows.why.desk import Desk

_BEGUN = re.compile("[fx]-[0-9a-fA-F]+")
_ALIKE = np.uint64(48)  # bits that may differ: the first four hexadecimal digits are as typed


def near(desk: Desk, name: str, most: int = 3) -> list[str]:
    """The nearest ids, at most so many."""
    if name[:2] in ("f-", "x-"):
        return _numbers(desk, name, most)
    known = {*desk.engine.ask(text("assets"))["name"].to_pylist(), *desk.viewer.services}
    known.update(desk.engine.ask("SELECT name FROM vulns")["name"].to_pylist())
    return get_close_matches(name, sorted(known), n=most, cutoff=0.6)


def _numbers(desk: Desk, name: str, most: int) -> list[str]:
    """The findings or fixes that begin alike, the nearest numbers first: a short id finds what it begins."""
    if not _BEGUN.fullmatch(name):
        return []
    wanted = np.uint64(int(name[2:18].ljust(16, "0"), 16))
    finding = name[0] == "f"
    table = desk.engine.ask("SELECT place, vuln FROM priced") if finding else desk.listed
    one, other = ("place", "vuln") if finding else ("service", "remedy")
    numbers = (table[one].to_numpy() ^ table[other].to_numpy()).view(np.uint64)
    alike = numbers[numbers >> _ALIKE == wanted >> _ALIKE]
    distance = np.maximum(alike, wanted) - np.minimum(alike, wanted)
    return [f"{name[0]}-{number:016x}" for number in alike[np.argsort(distance)][:most].tolist()]
