"""What a detector gives: where to look, and what is really there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from detente.gateway import allow, pattern

Found = tuple[int, int, float]
"""Begin and end in bytes, and how sure the rule is, 0..1."""
Find = Callable[[bytes, int], Found | None]
Check = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to find.

    `anchor` is a regular expression for both engines (bytes, no look-around, no back-reference) which, from any one place, ends in at
    most one place: that is why two engines agree. `find` gets the text and each such end, and says what is there. `words` are literals
    one of which every anchor holds, in lower case.

    For streams: a hit begins at most `back` bytes before its anchor's end, and `before` is how far before that end `find` reads. `still`
    is what may follow an anchor while more text could change the answer. `opening` is how an anchor may begin that has blanks in it, if
    the hit begins there; an unfinished word needs no opening.
    """

    kind: str
    name: str
    title: str
    anchor: str
    find: Find
    back: int
    before: int
    still: str
    words: tuple[bytes, ...] = ()
    opening: str = ""
    form: str = ""
    complete: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Detector:
    """One family of rules. `valid` and `invalid` are texts by rule name; a `¦` in them breaks what would look like a secret."""

    kind: str
    rules: tuple[Rule, ...]
    valid: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    invalid: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def token(
    name: str,
    title: str,
    form: str,
    check: Check | None = None,
    *,
    complete: Callable[[str], str] | None = None,
    sure: float = 0.98,
) -> Rule:
    """A token known by its format alone. `check` is the vendor's checksum (who fails it is less sure); `complete` makes an example pass."""
    anchored, width = pattern.anchor(form)
    confirm = pattern.matcher(form)

    def find(data: bytes, end: int) -> Found | None:
        found = confirm.match(data, end - width)
        if found is None or allow.dummy(found[0]):
            return None
        return found.start(), found.end(), sure if check is None or check(found[0]) else 0.6

    return Rule(
        *("secrets", name, title, anchored, find, width, width + 4, pattern.rest(form)),
        words=_literal(form),
        form=form,
        complete=complete,
    )


def tokens(rows: Iterable[tuple[Any, ...]], source: str = "") -> tuple[Rule, ...]:
    """Rules from rows of (name, title, format[, check])."""
    return tuple(token(*row) for row in rows)


def _literal(form: str) -> tuple[bytes, ...]:
    """The longest literal a format always holds."""
    runs, run = [""], ""
    for atom in pattern.atoms(form):
        plain = not atom.text.startswith(("[", "(")) and atom.exact
        run = run + atom.text.removeprefix("\\") * atom.low if plain else ""
        runs.append(run)
        if not atom.exact:
            break
    best = max(runs, key=len).lower()
    return (best.encode(),) if len(best) > 1 else ()


def line(size: int) -> str:
    """The rest of a line, of at most `size` bytes: see Rule.still."""
    return rf"[^\n]{{0,{size}}}"


def plain(text: str) -> str:
    """An example as it is scanned."""
    return text.replace("¦", "")
