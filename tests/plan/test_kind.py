"""What kind of change a fix is."""

import pytest

from detente.model.fix import Fix
from detente.plan.kind import HOURS, kind
from detente.plan.odds import PRIORS
from plan.grounds import finding, fix


def upgrade(name: str, component: str, before: str, after: str | None) -> Fix:
    return fix("x-1", component=component, to_version=after, findings=(finding(name=name, version=before),))


@pytest.mark.parametrize(
    ("name", "component", "before", "after", "expected"),
    [
        ("zlib1g", "pkg:deb/zlib1g", "1:1.2.11", "1:1.2.13", "os_minor"),
        ("bash", "pkg:apk/bash", "5", "6", "os_minor"),
        ("openjdk-17-jre-headless", "pkg:deb/openjdk-17-jre-headless", "17.0.1", "17.0.9", "runtime_db"),
        ("postgresql-15", "pkg:deb/postgresql-15", "15.3", "15.5", "runtime_db"),
        ("python3-requests", "pkg:deb/python3-requests", "2.28", "2.31", "os_minor"),
        ("python3.11", "pkg:deb/python3.11", "3.11.2", "3.11.4", "runtime_db"),
        ("org.apache:log4j-core", "pkg:maven/org.apache/log4j-core", "2.17.0", "2.17.1", "lib_patch"),
        ("org.apache:log4j-core", "pkg:maven/org.apache/log4j-core", "2.14.1", "2.17.1", "lib_minor"),
        ("left", "pkg:npm/left", "1.9 2.0", "2.1", "lib_major"),
        ("left", "pkg:npm/left", "v0.3.1", "0.4.0", "lib_major"),
        ("left", "pkg:golang/left", "v1.3.1", "v1.3.4", "lib_patch"),
        ("left", "pkg:npm/left", "latest", "1.0", "other"),
        ("left", "pkg:npm/left", "", None, "other"),
    ],
)
def test_an_upgrade_is_what_it_touches_and_how_far_it_goes(
    name: str, component: str, before: str, after: str | None, expected: str
) -> None:
    assert kind(upgrade(name, component, before, after)) == expected


@pytest.mark.parametrize(
    ("verb", "expected"), [("mitigate", "config"), ("rotate", "config"), ("change", "code"), ("configure", "other")]
)
def test_what_is_no_upgrade(verb: str, expected: str) -> None:
    assert kind(fix("x-1", verb=verb)) == expected


def test_every_kind_has_hours() -> None:
    assert set(PRIORS) < set(HOURS)
