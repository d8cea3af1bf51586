"""How single values of reports are read, the same for all formats: severities, CWEs, dates, numbers, ids, paths."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

import xxhash

from detente.model.finding import Severity

_T = TypeVar("_T")
LEVELS = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


def by_word(table: Mapping[_T, str]) -> dict[str, _T]:
    """What each word means, from the words (apart by blanks) for each meaning."""
    return {word: meaning for meaning, words in table.items() for word in words.split()}


_SEVERITY = by_word(
    {
        Severity.CRITICAL: "critical blocker urgent emergency very_high severe",
        Severity.HIGH: "high important error major serious",
        Severity.MEDIUM: "medium moderate warning warn med minor_major",
        Severity.LOW: "low minor note negligible unimportant",
        Severity.INFO: "info information informational none log pass style untriaged undefined_info",
    }
)
_CWE = re.compile(r"(?<![\w.-])(\d{1,5})\b")
_ID = re.compile(r"\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})\b", re.IGNORECASE)
_WINDOWS = re.compile(r"^/?[A-Za-z]:/")

_MANY, _NUMBER = (list, tuple, set, frozenset), (int, float)  # a union of types is several times slower to test


def at(value: Any, *keys: str) -> Any:
    """What the keys lead to, through object after object; None where one has no such key or is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def many(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, anything else as a list of one: tools leave out brackets."""
    return value if isinstance(value, list) else [] if value is None else [value]


def part(value: Any, *keys: str) -> dict[str, Any]:
    """The object that the keys lead to; an empty one where none is."""
    found = at(value, *keys)
    return found if isinstance(found, dict) else {}


def parts(value: Any, *keys: str) -> list[dict[str, Any]]:
    """The objects in the list that the keys lead to; what is none is left out."""
    return [part for part in many(at(value, *keys)) if isinstance(part, dict)]


def text(value: Any) -> str:
    """A text, or a number as one; empty for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def severity(word: Any) -> Severity:
    """The field's five words and their synonyms; anything else is unknown, not low."""
    return _SEVERITY.get(str(word or "").strip().lower().replace(" ", "_"), Severity.UNKNOWN)


def scaled(value: Any, scale: Sequence[Severity] = LEVELS) -> Severity:
    """A number on a tool's own scale, whose lowest step is 0; anything else is unknown."""
    step = number(value)
    return scale[int(step)] if step is not None and 0 <= step < len(scale) else Severity.UNKNOWN


def rated(score: float | None) -> Severity:
    """The qualitative rating of a CVSS base score (CVSS 3.1 specification, section 5)."""
    if score is None:
        return Severity.UNKNOWN
    steps = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((word for least, word in steps if score >= least), Severity.INFO)


def graded(word: Any, score: float | None) -> tuple[Severity, bool]:
    """The tool's own word, else the rating of the score; and whether it was derived so."""
    said = severity(word)
    derived = rated(score) if said is Severity.UNKNOWN else Severity.UNKNOWN
    return (said, False) if derived is Severity.UNKNOWN else (derived, True)


def number(value: Any) -> float | None:
    """A finite number, also from text such as "7.5 (AV:N...)"; None for rubbish (`N/A`, `-`, booleans)."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value if isinstance(value, int | float) else str(value).split("(")[0].strip())
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(total: Any, size: Any, page: Any = None) -> bool:
    """Whether a page of an answer is all of it: the first one, and as long as the total; what is not stated limits nothing."""
    limit, found = number(size), number(total)
    return number(page) in (None, 1) and (limit is None or found is None or found <= limit)


def line(value: Any) -> int | None:
    """A line number from 1 up, also written as `46.0` or text; None otherwise."""
    found = number(value)
    return int(found) if found is not None and 1 <= found < 1 << 31 else None


def cwes(*values: Any) -> tuple[int, ...]:
    """Every CWE number named, in order, once: ints, `CWE-79`, `cwe_79: Cross-site ...`, lists and comma lists of them."""
    found: list[int] = []
    for value in values:
        if isinstance(value, str):
            found += _weaknesses(value)
        elif isinstance(value, _MANY):
            found += cwes(*value)
        elif isinstance(value, _NUMBER) and not isinstance(value, bool):
            found.append(int(number(value) or 0))
    return tuple(dict.fromkeys(weakness for weakness in found if 0 < weakness < 100_000))


@lru_cache(maxsize=4096)
def _weaknesses(text: str) -> tuple[int, ...]:
    parts = re.findall(r"cwe[-_ ]?(\d{1,5})", text, re.IGNORECASE) or _CWE.findall(text.split(":", maxsplit=1)[0])
    return tuple(int(part) for part in parts)


def ids(*values: Any) -> tuple[str, ...]:
    """Every CVE and GHSA id that occurs in texts or lists of texts, in canonical spelling, once."""
    found: dict[str, None] = {}
    for value in values:
        if isinstance(value, str):
            found.update(dict.fromkeys(_spelled(match) for match in _ID.findall(value)))
        elif isinstance(value, Iterable) and not isinstance(value, bytes):
            found.update(dict.fromkeys(ids(*value)))
    return tuple(found)


def _spelled(text: str) -> str:
    return text.upper() if text[:3].upper() == "CVE" else "GHSA" + text[4:].lower()


def named(*values: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The CVE and GHSA ids in the values, as (aliases, related): ids beside several CVEs are not one vulnerability."""
    found = ids(*values)
    several = sum(name.startswith("CVE") for name in found) > 1
    return ((), found) if several else (found, ())


_CHECK = re.compile(r"(?:AVD-)?([A-Z]{2,8})-?(\d{3,4})")


def avd(check: Any) -> str:
    """One spelling for a check of Aqua's catalogue: `KSV014`, `KSV-0014` and `AVD-KSV-0014` are the same."""
    match = _CHECK.fullmatch(str(check or ""))
    return f"AVD-{match[1]}-{int(match[2]):04}" if match else str(check or "")


_LEAST = re.compile(r"(?:>=|[=^~]|^)\s*v?(\d[^\s,|<>=]*)")


def least(*ranges: Any) -> tuple[str, ...]:
    """The versions at which the parts of a range of patched versions begin: `>= 2.1 < 3 || ^3.6.4` gives 2.1 and 3.6.4."""
    parts = (part.strip() for value in ranges for part in re.split(r"\|\||,", str(value or "")))
    return tuple(dict.fromkeys(match.group(1) for part in parts if (match := _LEAST.match(part))))


_MASKED = re.compile(r"^[*.xX•]*$|redacted", re.IGNORECASE)


def digest(secret: Any) -> str:
    """What stands for a secret in place of its value (XXH3, 16 hexadecimal digits); empty for a masked or missing one."""
    text = str(secret or "").strip()
    return "" if _MASKED.search(text) else xxhash.xxh3_64_hexdigest(text.encode("utf-8", "replace"))


_ADVICE = re.compile(
    r"\b(?:upgrade|update|fixed|fix)\b[^;\n]*?\b(?:to|in)\s+(?:versions?\s+)?"
    r"((?:v?\d[\w.+:~-]*(?:\s*,\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+)?)+)",
    re.IGNORECASE,
)


def advised(text: Any) -> tuple[str, ...]:
    """The versions a sentence says to go to: `Upgrade to versions 1.2.3, 2.0 or above.`, `fixed in 2.9.10-r4`."""
    lists = " ".join(_ADVICE.findall(str(text or "")[:2000]))
    return tuple(dict.fromkeys(version.rstrip(".:-") for version in re.findall(r"v?\d[\w.+:~-]*", lists)))


def versions(*values: Any) -> tuple[str, ...]:
    """Every version named, once: texts, comma lists and lists of them."""
    found = (part.strip() for value in values for each in many(value) for part in text(each).split(","))
    return tuple(dict.fromkeys(filter(None, found)))


def image(value: Any) -> str:
    """A container image by repository and tag; the digest only where there is no tag, for it changes with every build."""
    name, _, digest = str(value or "").partition("@")
    return name if ":" in name.rpartition("/")[2] or not digest else f"{name}@{digest}"


def path(value: Any) -> str:
    """One spelling for a file path: forward slashes, without scheme, drive or leading `./`."""
    if not value:
        return ""
    text = str(value or "").replace("\\", "/").removeprefix("file://").replace("%SRCROOT%/", "")
    text = _WINDOWS.sub("/", text)
    while text.startswith("./"):
        text = text[2:]
    return re.sub(r"/{2,}", "/", text) if "://" not in text else text


_FORMATS = (
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%b %d, %Y %I:%M %p",
)


_ZONE = re.compile(
    r"^(\w{3} \w{3} +\d{1,2} [\d:]{8}) [A-Z]{2,5} (\d{4})$"
)  # Java's dates; who knows whether IST is in India


def moment(value: Any, *formats: str) -> datetime | None:
    """A time in UTC: ISO 8601 first, then the `formats` of the caller's format, then unambiguous ones, then epoch numbers.

    Without a zone UTC is assumed, and with the mere name of one, which is hours off at worst. Day-month order is never guessed: it comes from `formats`. Rubbish, and years before
    1990 or after 2599 (unset values), give None.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    return _read(str(value or "").strip(), formats)


def dated(*keys: str, form: str = "") -> Callable[[Any], datetime | None]:
    """How a JSON document says when it was written: the time that these keys lead to in its first root."""
    forms = (form,) if form else ()
    return lambda roots: next((moment(at(root, *keys), *forms) for root in parts(roots)), None)


def day(value: Any, *formats: str) -> date | None:
    """The day (UTC) of what `moment` reads; a day without a time is itself."""
    found = moment(value, *formats)
    return None if found is None else found.date()


@lru_cache(maxsize=4096)  # the records of a report share their times
def _read(text: str, formats: tuple[str, ...]) -> datetime | None:
    if not text:
        return None
    if text.replace(".", "", 1).isdecimal() and len(text.split(".", maxsplit=1)[0]) in (10, 13):
        return _epoch(float(text))
    text = _ZONE.sub(r"\1 \2", text)
    found = _iso(text) or next((when for form in (*formats, *_FORMATS) if (when := _parsed(text, form))), None)
    return None if found is None else _utc(found)


def _epoch(value: float) -> datetime | None:
    seconds = value / 1000 if 1e11 < value < 1e14 else value
    return datetime.fromtimestamp(seconds, UTC) if 6e8 < seconds < 2e10 else None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is settled by the caller
    except ValueError:
        return None


def _utc(when: datetime) -> datetime | None:
    if not 1990 <= when.year < 2600:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
