"""Token formats as vendors write them: literals, classes and counts, read well enough to know widths and to make examples."""

import re
from dataclasses import dataclass
from random import Random

_ATOM = re.compile(r"(\[[^\]]+\]|\((?:\?:)?[^()]*\)|\\.|[^\\])(?:\{(\d+)(?:,(\d+))?\}|(\?))?", re.DOTALL)
_RANGE = re.compile(r"\\([\w.+*/-])|(.)-(.)|(.)", re.DOTALL)
_WORD = "0-9A-Za-z_"


@dataclass(frozen=True, slots=True)
class Atom:
    """One piece of a format: a literal character, a class or a group of alternatives of one width, and how often it stands."""

    text: str
    low: int
    high: int

    @property
    def exact(self) -> bool:
        """Whether it always has the same width."""
        return self.low == self.high

    @property
    def width(self) -> int:
        """How many bytes one of it has."""
        return len(_alternatives(self.text)[0]) if self.text.startswith("(") else 1

    def spelled(self, count: int) -> str:
        """It, `count` times, as a regular expression."""
        text = "(?:" + self.text.lstrip("(?:") if self.text.startswith("(") else self.text
        return text if count == 1 else f"{text}{{{count}}}"


def atoms(pattern: str) -> tuple[Atom, ...]:
    """The pieces of a format: characters, `[classes]`, `(one|two)` of equal width, `{n}`, `{n,m}`, `?`."""
    found = []
    for text, low, high, maybe in _ATOM.findall(pattern):
        least = 0 if maybe else int(low or 1)
        found.append(Atom(text, least, int(high) if high else max(1, least)))
    return tuple(found)


def anchor(pattern: str) -> tuple[str, int]:
    """The longest beginning of fixed width, counting a variable piece at its least, and that width in bytes."""
    text, width = "", 0
    for atom in atoms(pattern):
        text += atom.spelled(atom.low) if atom.low else ""
        width += atom.low * atom.width
        if not atom.exact:
            break
    return text, width


def rest(pattern: str) -> str:
    """What may follow the anchor while the match could still grow or fail: any beginning of the pieces behind it, generously."""
    parts = atoms(pattern)
    first = next((place for place, atom in enumerate(parts) if not atom.exact), len(parts))
    wide = [atom.width * (atom.high - (atom.low if place == first else 0)) for place, atom in enumerate(parts)]
    return "".join(f"{_any(atom.text)}{{0,{most}}}" for atom, most in list(zip(parts, wide, strict=True))[first:])


def matcher(pattern: str) -> re.Pattern[bytes]:
    """What confirms a match: the format between boundaries, its variable pieces possessive, so that no text makes it slow."""
    parts = atoms(pattern)
    body = "".join(atom.spelled(1) + ("" if atom.exact and atom.high == 1 else _count(atom)) for atom in parts)
    last = parts[-1].text
    after = last if last.startswith("[") else f"[{_WORD}]"
    return re.compile(rf"(?:(?<![0-9A-Za-z])|(?<=\\[nrt])|(?<=%[0-9A-F][0-9A-F])){body}(?!{after})".encode())


def example(pattern: str, random: Random) -> str:
    """A random text of this format, at its shortest where it varies."""
    return "".join(_pick(atom.text, random) for atom in atoms(pattern) for _ in range(atom.low or 1))


def _count(atom: Atom) -> str:
    return f"{{{atom.low}}}" if atom.exact else f"{{{atom.low},{atom.high}}}+"


def _pick(text: str, random: Random) -> str:
    if text.startswith("("):
        return random.choice(_alternatives(text))
    if text.startswith("["):
        return random.choice(_members(text[1:-1]))
    return text.removeprefix("\\")


def _any(text: str) -> str:
    """Any character of an atom."""
    return "[" + "".join(sorted({*"".join(_alternatives(text))})) + "]" if text.startswith("(") else text


def _alternatives(text: str) -> list[str]:
    return text.lstrip("(?:").rstrip(")").split("|")


def _members(body: str) -> str:
    found = ""
    for escaped, first, last, single in _RANGE.findall(body.replace(r"\w", _WORD)):
        found += escaped or single or "".join(map(chr, range(ord(first), ord(last) + 1)))
    return found
