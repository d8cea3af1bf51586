"""Issues of SonarQube and SonarCloud: how grave they are, what was decided, and the packages hidden in some."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Kind, Observation, Severity, State
from detente.queue.convert import Essential
from detente.queue.fields import by_word, cwes, ids, number, path, severity, text

_GRADES = {"BLOCKER": Severity.CRITICAL, "CRITICAL": Severity.HIGH, "MAJOR": Severity.MEDIUM}
_STATES = by_word(
    {
        State.FALSE_POSITIVE: "FALSE-POSITIVE FALSE_POSITIVE SAFE",
        State.ACCEPTED: "WONTFIX ACCEPTED ACKNOWLEDGED",
        State.FIXED: "FIXED REMOVED CLOSED",
    }
)
_FILE = re.compile(r"Filename: ([^|]+?) \|")
_SCORE = re.compile(r"(?:CVSS Score: |\()(\d+(?:\.\d+)?)")
_JAR = re.compile(r"^(?P<name>.+?)[:-](?P<version>v?\d[\w.+-]*?)(?:\.(?:jar|war|ear|dll|js|whl|nupkg|zip|tgz))?$")


class Issue(msgspec.Struct, rename="camel"):
    """An issue or a security hotspot."""

    key: Essential[str] = ""
    rule: str | None = None
    rule_key: str | None = None
    type: str | None = None
    severity: str | None = None
    vulnerability_probability: str | None = None
    impacts: list[dict[str, Any]] | None = None
    component: Essential[str | None] = None
    project: Essential[str | None] = None
    line: Any = None
    text_range: dict[str, Any] | None = None
    status: str | None = None
    issue_status: str | None = None
    resolution: str | None = None
    description: str | None = None
    message: str | None = None

    def state(self) -> State:
        """What was decided, in the words of any release."""
        words = (self.issue_status, self.resolution, self.status)
        return next((_STATES[word] for word in words if word in _STATES), State.OPEN)

    def is_security(self) -> bool:
        """Older servers give an issue a type, newer ones the qualities it harms."""
        harmed = {text(impact.get("softwareQuality")) for impact in self.impacts or ()}
        return "SECURITY" in harmed if harmed else self.type not in ("BUG", "CODE_SMELL")

    def grade(self) -> Severity:
        """The issue's own severity, a hotspot's probability, or the harm to security."""
        harms = (i.get("severity") for i in self.impacts or () if i.get("softwareQuality") == "SECURITY")
        return grade(self.severity or self.vulnerability_probability or next(harms, None))


def grade(word: Any) -> Severity:
    """Sonar's words: BLOCKER means critical, CRITICAL high, MAJOR medium, MINOR low."""
    return _GRADES.get(str(word or "").upper(), severity(word))


def weaknesses(prose: str) -> tuple[int, ...]:
    """The CWEs cited in the description of a rule."""
    return cwes(re.findall(r"CWE-\d+", prose))


def packages(found: Issue, asset: str, target: str) -> Iterator[Observation]:
    """What the Dependency-Check plug-in puts into a message; nothing where it did not write it.

    `Filename: name:version | References: CVE-1 (7.5), CVE-2 (5.3)`: one observation per reference.
    """
    message = found.message or ""
    named = _FILE.search(message)
    file = named[1] if named else ""
    jar = _JAR.match(file)
    for vulnerability in ids(message) if file else ():
        score = _SCORE.search(message, message.upper().find(vulnerability.upper()))
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=vulnerability,
            title=f"{vulnerability} in {file}",
            asset=asset,
            target=target,
            severity=found.grade(),
            score=number(score.group(1)) if score else None,
            cwes=weaknesses(message),
            component=jar["name"] if jar else file,
            version=jar["version"] if jar else "",
            location=path(file),
            state=found.state(),
        )
