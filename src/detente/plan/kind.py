"""What kind of change a fix is, by what it touches and how far its version moves, and how long such a change takes.

The kinds are those that `detente rollout` counts outcomes by. Hours are priors (own judgement, weak): nobody records them yet.
"""

import re
from collections.abc import Mapping

from detente.model.fix import Fix

HOURS: Mapping[str, float] = {
    "os_minor": 2.0,
    "lib_patch": 3.0,
    "lib_minor": 6.0,
    "lib_major": 20.0,
    "runtime_db": 12.0,
    "config": 2.0,
    "code": 6.0,
    "other": 4.0,
}
_SYSTEMS = frozenset({"deb", "rpm", "apk", "alpm"})
_BASES = re.compile(
    "(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|elasticsearch|cassandra|rabbitmq|kafka|openjdk|java|jdk|jre|node(?:js)?"
    "|python|php|ruby|perl|dotnet|golang|tomcat|nginx|httpd|apache2?|haproxy|docker|containerd|kubernetes)"
    r"[-.\d]*(?:-(?:server|jdk|jre|headless|runtime|fpm|cli|core|common|base|bin))*"
)
_VERBS = {"mitigate": "config", "rotate": "config", "change": "code", "replace": "code"}


def kind(fix: Fix) -> str:
    """The kind of change; `other` where nothing tells, such as a finding on a host that names no package."""
    if fix.verb != "upgrade":
        return _VERBS.get(fix.verb, "other")
    name = fix.findings[0].name.rpartition("/")[2].rpartition(":")[2].lower()
    if _BASES.fullmatch(name):
        return "runtime_db"
    if fix.component.removeprefix("pkg:").partition("/")[0] in _SYSTEMS:
        return "os_minor"
    steps = [_step(version, fix.to_version or "") for each in fix.findings for version in each.version.split()]
    return max(steps, key=lambda step: HOURS[step], default="other")


def _step(before: str, after: str) -> str:
    """How far a library moves, as semantic versioning counts; below 1.0 a minor version may break anything."""
    old, new = _numbers(before), _numbers(after)
    if not old or not new:
        return "other"
    if old[0] != new[0]:
        return "lib_major"
    if old[1:2] != new[1:2]:
        return "lib_minor" if old[0] else "lib_major"
    return "lib_patch"


def _numbers(version: str) -> list[int]:
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return [int(part) for part in found[1].split(".")] if found else []
