"""CODEOWNERS: who owns which path of a repository (GitHub's rules; GitLab's sections with default owners are read too)."""

import re
from dataclasses import dataclass
from functools import cached_property

from detente.accord.problems import Problem
from detente.model.estate import Squad

_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>.*)")
_OWNER = re.compile(r"@?[\w.+-]+(?:[/@][\w.+/-]+)*")


@dataclass(frozen=True)
class Codeowners:
    """The rules of one repository in their order; the last that fits a path decides."""

    repo: str
    rules: tuple[tuple[str, tuple[str, ...]], ...]
    skipped: tuple[Problem, ...] = ()

    def owner(self, path: str) -> str:
        """The squad that owns `path` (relative to the repository); empty when nobody does, also where a rule says so."""
        clean = path.replace("\\", "/").removeprefix("./").lstrip("/")
        for pattern, owners in self._compiled:
            if pattern.fullmatch(clean):
                return _squad(owners)
        return ""

    @property
    def squads(self) -> tuple[Squad, ...]:
        """Every squad that owns something, in the order of the file."""
        return tuple(map(Squad, dict.fromkeys(filter(None, (_squad(owners) for _, owners in self.rules)))))

    @cached_property
    def _compiled(self) -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
        return [(re.compile(_regex(pattern)), owners) for pattern, owners in reversed(self.rules)]


def load(text: str, repo: str, name: str = "CODEOWNERS") -> Codeowners:
    """Read the file of `repo` (`owner/name`). Lines that GitHub would not accept are skipped and listed with their reason."""
    rules: list[tuple[str, tuple[str, ...]]] = []
    skipped: list[Problem] = []
    default: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        words = re.split(r"(?<!\\)\s+", re.sub(r"(?:^|\s)#.*", "", line).strip())
        section = _SECTION.fullmatch(line.strip())
        if section:
            default = tuple(section["owners"].split())
        elif fault := _fault(words):
            skipped.append(Problem(name, number, 1, "", *fault))
        elif words[0]:
            rules.append((words[0].replace("\\ ", " "), tuple(words[1:]) or default))
    return Codeowners(repo, tuple(rules), tuple(skipped))


def _fault(words: list[str]) -> tuple[str, str] | None:
    if words[0].startswith("!") or "[" in words[0]:
        return f"the pattern {words[0]}", "patterns without `!` and `[ ]`, as CODEOWNERS has none"
    strange = next((word for word in words[1:] if not _OWNER.fullmatch(word)), "")
    return (f"the owner {strange}", "@team, @organisation/team or a mail address") if strange else None


def _squad(owners: tuple[str, ...]) -> str:
    """A team before a person: `@shop/payments` is the squad payments."""
    team = next((owner for owner in owners if owner.startswith("@") and "/" in owner), "")
    return team.rpartition("/")[2] or (owners[0].removeprefix("@") if owners else "")


def _regex(pattern: str) -> str:
    """A gitignore pattern as a regular expression over whole paths."""
    anchored = "/" in pattern.rstrip("/")
    body = "".join(_part(part) for part in re.split(r"(/\*\*/|^\*\*/|/\*\*$|\*|\?)", pattern.strip("/")))
    head = "" if anchored else "(?:.*/)?"
    if pattern.endswith("/"):
        return f"{head}{body}/.*"
    deeper = "" if pattern.endswith("*") and anchored else "(?:/.*)?"  # `docs/*` owns files of docs, not of its folders
    return f"{head}{body}{deeper}"


def _part(part: str) -> str:
    known = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    return known.get(part, re.escape(part))
