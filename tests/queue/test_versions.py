"""Target versions by each ecosystem's own order."""

import pytest

from detente.queue.versions import target


@pytest.mark.parametrize(
    "component, findings, expected",
    [
        (
            "pkg:maven/org.apache.logging.log4j/log4j-core",
            [("2.14.1", ("2.15.0",)), ("2.14.1", ("2.12.2", "2.17.1"))],
            "2.17.1",
        ),
        ("pkg:maven/org.apache.tomcat/tomcat", [("10.1.40", ("11.0.14", "10.1.49", "9.0.112"))], "10.1.49"),
        ("pkg:npm/lodash", [("4.17.9", ("4.17.10",)), ("4.17.9", ("4.17.21",))], "4.17.21"),
        ("pkg:pypi/django", [("3.2rc1", ("3.2", "4.0"))], "3.2"),
        ("pkg:deb/openssl", [("1.1.1n-0+deb11u3", ("1.1.1n-0+deb11u4",)), ("1.1.1n-0+deb11u3", ("1:1.0",))], "1:1.0"),
        ("pkg:apk/busybox", [("1.35.0-r17", ("1.35.0-r29",)), ("1.35.0-r17", ("1.35.0-r4",))], "1.35.0-r29"),
        ("pkg:rpm/kernel", [("4.18.0-348.el8", ("0:4.18.0-372.9.1.el8",))], "0:4.18.0-372.9.1.el8"),
        ("pkg:golang/stdlib", [("1.20.1", ("1.19.10", "1.20.5"))], "1.20.5"),
        ("odd", [("x", ("see vendor",))], "see vendor"),
        ("pkg:npm/left-pad", [("1.0.0", ())], None),
    ],
)
def test_the_smallest_version_that_closes_all(component, findings, expected) -> None:
    assert target(component, findings) == expected
