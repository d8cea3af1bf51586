"""govulncheck: `govulncheck -format json ./...` (protocol 1.0), and the single object of the versions before it.

A finding is an advisory (`GO-...`) in a module. govulncheck lists every advisory of the modules in use (`osv`), but only what
it found (`finding`) counts. Reachability is its point: a trace that begins in a function means called, in a package imported,
in a module merely required. It knows no severity. The report does not name the project, so pass `--asset`.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage, Kind, Observation, Reach
from detente.queue import facets, osv
from detente.queue.fields import at, graded, line, part, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


def _finding(
    advisory: dict[str, Any], module: str, version: str, fixed: str, reach: Reach, **place: Any
) -> Observation:
    name = text(advisory["id"])
    severity, _ = graded(text(advisory.get("severity")), None)
    if not name:
        raise ValueError("an advisory without id")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=name,
        **facets.names(advisory.get("aliases")),
        title=text(advisory.get("summary")) or f"{name} in {module}",
        asset="",
        severity=severity,
        **facets.package("go", module, version),
        fixed=(fixed,) if fixed else (),
        reach=reach,
        **place,
    )


def _traced(found: dict[str, Any], advisories: dict[str, Any]) -> Observation:
    """A finding of protocol 1.0. Its trace leads from the weak symbol out to the project's own code."""
    trace = parts(found, "trace") or [{}]
    weak = trace[0]
    reach = Reach.CALLED if weak.get("function") else Reach.IMPORTED if weak.get("package") else Reach.REQUIRED
    spots = [spot for frame in trace for spot in parts(frame, "position")]
    advisory = advisories.get(found["osv"]) or {"id": found["osv"]}
    module, version = text(weak.get("module")), text(weak.get("version"))
    place = {"location": path(spots[-1].get("filename")), "line": line(spots[-1].get("line"))} if spots else {}
    return _finding(advisory, module, version, text(found.get("fixed_version")), reach, **place)


def _first(report: dict[str, Any]) -> Iterator[Observation]:
    """The findings of a report from before protocol 1.0: one per weak symbol, its sinks tell how it is reached."""
    required = at(report, "Requires", "Modules")
    modules = parts(list(required.values()) if isinstance(required, dict) else ()), parts(report, "Modules")
    versions = {text(module.get("Path")): text(module.get("Version")) for part in modules for module in part}
    for found in report["Vulns"] or ():
        advisory, module = found["OSV"], text(found.get("ModPath"))
        reach = Reach.CALLED if found.get("CallSink") else Reach.IMPORTED if found.get("ImportSink") else Reach.REQUIRED
        yield _finding(
            advisory, module, versions.get(module, ""), next(osv.fixed(advisory.get("affected"), module), ""), reach
        )


def _observe(record: Record, advisories: dict[str, Any]) -> Items:
    message = record.value
    if "finding" in message:
        yield _traced(part(message, "finding"), advisories)
    elif "osv" in message:  # always before the findings that refer to it
        advisory = part(message, "osv")
        advisories[advisory["id"]] = {key: advisory.get(key) for key in ("id", "aliases", "summary", "severity")}
        yield Skip("advisory of a module in use")
    elif "Vulns" in message:
        yield Coverage("")
        yield from _first(message)
    elif "config" in message:
        yield Coverage("")


def _sniff(head: Head) -> bool:
    config, calls = head.object.get("config"), head.object.get("Calls")
    return (isinstance(config, dict) and "protocol_version" in config) or (
        isinstance(calls, dict) and "Functions" in calls
    )


PARSER = JsonParser(
    name="govulncheck",
    sniff=_sniff,
    prepare=lambda roots: {},
    observe=_observe,
    records={"": dict[str, Any], "[]": dict[str, Any]},
)
