"""The runs of a SARIF document and their tables: rules of the driver and of its extensions, what was scanned and when.

Numbers in comments are sections of the standard (SARIF 2.1.0, OASIS).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detente.model.finding import Coverage, Kind
from detente.queue.fields import at, cwes, image, many, moment, number, part, parts, path, text


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says of all its results; `texts` are its descriptions, the shortest first."""

    id: str
    kind: Kind
    title: str
    texts: tuple[str, ...]
    level: str
    score: float | None
    cwes: tuple[int, ...]
    properties: dict[str, Any]
    messages: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One run and its tables. `source` keeps the object alive by whose identity the records find their run."""

    source: dict[str, Any]
    asset: str
    target: str
    driver: str
    succeeded: bool
    tables: tuple[tuple[Rule, ...], ...]
    rules: dict[str, Rule]
    root: str
    seen: datetime | None


def words(value: Any) -> str:
    """The plain text of a message string (3.12)."""
    return text(at(value, "text"))


_SECRETS = re.compile(
    r"gitleaks|trufflehog|ggshield|detect-secrets|secretlint|whispers|secret scan|\bsecrets\b| secret$", re.IGNORECASE
)
_CONFIG = re.compile(
    r"checkov|tfsec|terrascan|dockle|hadolint|kics|kube-?(linter|score|sec)|polaris|regula|cfn|\biac\b|misconfiguration",
    re.IGNORECASE,
)


def _kind(driver: str, rule: str) -> Kind:
    """SARIF does not say what sort of tool wrote it: its name and the rule's do."""
    names = f"{driver} {rule}"
    return Kind.SECRET if _SECRETS.search(names) else Kind.CONFIG if _CONFIG.search(names) else Kind.CODE


def weaknesses(properties: Mapping[str, Any], references: Sequence[dict[str, Any]]) -> tuple[int, ...]:
    """CWEs of tags (`external/cwe/cwe-079`), of properties named so, and of references into the CWE taxonomy (3.52.3)."""
    found: list[Any] = [value for key, value in properties.items() if "cwe" in key.lower()]
    found += [tag for tag in many(properties.get("tags")) if "cwe" in str(tag).lower()]
    for reference in references:
        target = reference.get("target") or reference
        taxonomy, label = at(target, "toolComponent", "name"), text(at(target, "id"))
        if "CWE" in (str(taxonomy).upper(), label[:3].upper()):
            found.append(label)
    return cwes(found)


def rule(found: dict[str, Any], driver: str) -> Rule:
    """A reporting descriptor (3.49) of a tool."""
    properties = part(found, "properties")
    name, label = text(found.get("name")), text(found.get("id"))
    texts = tuple(filter(None, (words(found.get(key)) for key in ("shortDescription", "fullDescription", "help"))))
    linked = re.findall(r"cwe\.mitre\.org/data/definitions/(\d+)", str(found.get("helpUri") or ""))
    return Rule(
        id=label,
        kind=_kind(driver, name or label),
        title=(texts[0].strip().partition("\n")[0] if texts else "") or name or label,
        texts=texts,
        level=text(at(found, "defaultConfiguration", "level")),
        score=number(properties.get("security-severity")),
        cwes=weaknesses(properties, parts(found, "relationships")) or cwes(linked),
        properties=properties,
        messages=part(found, "messageStrings"),
    )


def _asset(run: dict[str, Any]) -> str:
    """The image a container scanner names, else the repository under version control."""
    if name := text(at(run, "properties", "imageName")):
        return f"image:{image(name)}"
    for provenance in parts(run, "versionControlProvenance"):
        names = re.split(r"[/:]", text(provenance.get("repositoryUri")).removesuffix(".git").rstrip("/"))
        if len(names) > 1:
            return f"repo:{'/'.join(names[-2:])}"
    return ""


def _run(run: dict[str, Any]) -> Run:
    driver = text(at(run, "tool", "driver", "name"))
    components = (at(run, "tool", "driver"), *many(at(run, "tool", "extensions")))
    tables = tuple(tuple(rule(found, driver) for found in parts(part, "rules")) for part in components)
    # 3.17.3: the id of a run is `category/instance`; only the category is the same in the next run.
    category = text(at(run, "automationDetails", "id")).rpartition("/")[0]
    invocations = parts(run, "invocations") or [{}]
    failed = any(step.get("executionSuccessful") is False for step in invocations)
    return Run(
        source=run,
        asset=_asset(run),
        target=" ".join(filter(None, (driver, category))),
        driver=driver,
        succeeded=not failed and run.get("results") is not None,  # 3.14.23: no results means that none were looked for
        tables=tables,
        rules={known.id: known for table in reversed(tables) for known in reversed(table)},
        root=path(text(at(invocations[0], "workingDirectory", "uri"))).rstrip("/"),
        seen=max(filter(None, map(_ended, invocations)), default=None),
    )


def _ended(invocation: dict[str, Any]) -> datetime | None:
    return moment(invocation.get("endTimeUtc") or invocation.get("startTimeUtc"))


def prepare(roots: Any) -> dict[int, Run]:
    """The runs of a document, by the identity of their objects: a record finds its run among its parents."""
    return {id(run): _run(run) for root in roots for run in parts(root, "runs")}


def dated(runs: dict[int, Run]) -> datetime | None:
    """When the last of the runs ended, if one of them says."""
    return max((run.seen for run in runs.values() if run.seen is not None), default=None)


def cover(runs: dict[int, Run]) -> Iterator[Coverage]:
    """What each run looked at, and whether it says that it succeeded."""
    yield from (Coverage(run.asset, run.target, run.succeeded) for run in runs.values())
