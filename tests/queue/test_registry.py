"""The formats as a family: named after their files, documented, and each real report claimed by exactly one of them."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from detente.flows.sources import expand, sources
from detente.model.errors import DetenteError
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.report import Head
from detente.queue.source import Source

UNDECIDABLE = {  # what to tell the intake, and why the content cannot
    "aws_inspector2/aws_inspector2_zero_vul.json": ("aws_inspector2", "an object with an empty list of findings"),
    "gitleaks/no_findings.json": ("gitleaks", "null"),
    "osv_scanner/no_findings.json": ("osv_scanner", "no bytes"),
    "pip_audit/empty.json": ("pip_audit", "an empty list"),
    "prowler/prowler_zero_vul.json": ("prowler_ocsf", "an empty list"),
    "sonarqube/empty_zip.zip": ("sonarqube", "an archive without files"),
    "trivy/legacy_no_vuln.json": ("trivy", "null"),
}
SHAPES = {"yarn_audit": ("npm_audit",)}  # one object exactly as npm 6 writes it
NO_REPORTS = ("SOURCES.md", "expected.csv", "LICENSE.DefectDojo.BSD-3.md")


def claims(source: Source) -> list[str]:
    """Every format that claims a source at the first look at which one does, as the intake looks."""
    for size in (intake.SNIFF_BYTES, 1 << 20):
        head = intake.head(source, size)
        if found := [name for name in registry.names() if registry.parser(name).sniff(head)]:
            return found
    return []


@pytest.fixture(scope="module")
def reports(corpus: Path) -> Iterator[list[tuple[str, Source]]]:
    """Every file of the corpus; an archive as a whole if a format claims it so, else file by file."""
    with ExitStack() as stack:
        found: list[tuple[str, Source]] = []
        for path in expand([str(corpus / "scans")]):
            if path.name not in NO_REPORTS:
                name = path.relative_to(corpus / "scans").as_posix()
                for source in sources(path, stack):
                    parts = source.members.values() if source.members and not claims(source) else (source,)
                    found += [(name, part) for part in parts]
        yield found


@pytest.mark.parametrize("name", registry.names())
def test_a_parser_is_named_versioned_and_documented(name: str) -> None:
    parser = registry.parser(name)
    assert parser.name == name
    assert parser.version >= 1
    words = str(
        import_module(type(parser).__module__ if not _own(name) else f"{registry.parsers.__name__}.{name}").__doc__
    )
    assert len(words) >= 120


def _own(name: str) -> bool:
    return name not in {point.name for point in registry.entry_points(group=registry.GROUP)}


def test_there_are_formats_enough() -> None:
    assert len(registry.names()) >= 45
    assert len(set(registry.names())) == len(registry.names())


def test_exactly_one_format_claims_each_real_report(reports: list[tuple[str, Source]]) -> None:
    wrong = {}
    for file, source in reports:
        folder, found = file.split("/")[0], claims(source)
        is_right = len(found) == 1 and (found[0].startswith(folder) or found[0] in SHAPES.get(folder, ()))
        if not is_right and not (file in UNDECIDABLE and not found):
            wrong[file] = found
    assert not wrong


def test_what_cannot_be_recognised_reads_as_nothing_when_told_its_format(reports: list[tuple[str, Source]]) -> None:
    told = [(file, source) for file, source in reports if file in UNDECIDABLE]
    assert len(told) == len(UNDECIDABLE)
    for file, source in told:
        reading = intake.read(registry.parser(UNDECIDABLE[file][0]), source)
        assert list(reading.items) == [], file


def _stranger(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


STRANGERS = (None, True, 7, "text", [], {}, [[]], [{}], [None], {"a": 1}, {"results": []}, {"findings": []})
NO_JSON = (
    b"",
    b"\n",
    b"a,b\n1,2\n",
    b"<html><body>404</body></html>",
    b"<a/>",
    b"\x89PNG\r\n\x1a\n",
    b"{",
    b"text",
    b"\xff\xfe",
)


@pytest.mark.parametrize(
    "value",
    [*STRANGERS, *NO_JSON],
    ids=repr,
)
def test_no_format_claims_a_stranger(value: Any) -> None:
    head = Head(_stranger(value))
    assert [name for name in registry.names() if registry.parser(name).sniff(head)] == []


@pytest.mark.parametrize(
    "value", [None, 0, 1.5, True, "", "text", [], {}, [None], [0], ["x"], [[]], [{}], {"": None}], ids=repr
)
def test_no_look_fails_on_the_right_keys_over_the_wrong_values(value: Any, reports: list[tuple[str, Source]]) -> None:
    keys = {key for _, source in reports for key in intake.head(source, 1 << 12).object}
    for document in (dict.fromkeys(sorted(keys), value), [dict.fromkeys(sorted(keys), value)]):
        head = Head(json.dumps(document).encode())
        for name in registry.names():
            registry.parser(name).sniff(head)


@pytest.mark.parametrize(
    "name, members",
    [
        ("trivy", ("trivy", "trivy_cluster", "trivy_operator")),
        ("cyclonedx_xml", ("cyclonedx_xml",)),
        ("gitlab", ("gitlab_container_scan", "gitlab_dep_scan", "gitlab_sast")),
        ("Black Duck", ("blackduck",)),
        ("dependabot", ("dependabot", "github_vulnerability")),
    ],
)
def test_a_family_is_a_name_and_what_begins_with_it(name: str, members: tuple[str, ...]) -> None:
    assert registry.family(name) == members


def test_every_alias_means_formats_and_hides_none_of_them() -> None:
    names = set(registry.names())
    assert {member for members in registry.ALIASES.values() for member in members} <= names
    assert all(alias in members for alias, members in registry.ALIASES.items() if alias in names)


@pytest.mark.parametrize(
    "name, content, format_",
    [
        ("nessus", b'<NessusClientData_v2><Report name="r"/></NessusClientData_v2>', "tenable"),
        ("nessus", b"Plugin ID,CVE,Risk,Host,Protocol,Port,Name\n", "tenable_csv"),
        ("cyclonedx", b'<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>', "cyclonedx_xml"),
        ("openvas", b"IP,NVT OID,NVT Name\n", "openvas_csv"),
        ("qualys", b"IP,QID,Title,Vuln Status\n", "qualys_csv"),
        ("zap", b'{"@programName": "ZAP", "site": []}', "zap_json"),
        ("osv", b"", "osv_scanner"),
        ("trivy", b"null", "trivy"),
        ("gitlab_sast", b'{"version": "15.0.0", "vulnerabilities": [], "scan": {"type": "sast"}}', "gitlab_sast"),
        ("", b'{"auditReportVersion": 2}', "npm_audit_7_plus"),
        ("", b"{}", None),
    ],
)
def test_of_a_family_the_format_that_claims_the_content_reads_it(
    name: str, content: bytes, format_: str | None
) -> None:
    assert intake.resolve(Source("report", lambda: io.BytesIO(content)), name)[0] == format_


@pytest.mark.parametrize(
    "log, lines",
    [
        (b"2026-03-01T08:00:00Z INFO scanning\r\n\r\n[INFO] done [2 found]\r\n", 2),
        (b'{"level": "info"}\n[{"level": "warn"}]\n', 2),
        (b"<!-- begun -->\nx\n", 2),
        (b"progress\n" * 9_000, 9_000),
    ],
)
@pytest.mark.parametrize("name", ["", "npm_audit_7_plus", "npm"])
def test_a_report_is_found_behind_what_its_tool_logged(log: bytes, lines: int, name: str) -> None:
    report = b'{"auditReportVersion": 2}'
    format_, begun = intake.resolve(Source("report", lambda: io.BytesIO(log + report)), name)
    with begun.open() as stream:
        assert (format_, begun.logged, stream.read(), stream.seek(3), stream.read(2)) == (
            "npm_audit_7_plus",
            lines,
            report,
            3,
            report[3:5],
        )


def test_a_text_that_only_looks_like_a_log_is_no_report() -> None:
    for content in (b"started\n{}\n[]\n", b"\0\n" + b'{"auditReportVersion": 2}', b'x {"auditReportVersion": 2}'):
        assert intake.resolve(Source("report", lambda content=content: io.BytesIO(content)))[0] is None


def test_a_name_that_means_no_format_suggests_the_nearest() -> None:
    with pytest.raises(DetenteError, match="cyclondx") as caught:
        registry.family("cyclondx")
    assert caught.value.do.startswith("Did you mean cyclonedx or cyclonedx_xml")


def test_an_unknown_format_is_named_with_those_there_are() -> None:
    with pytest.raises(DetenteError, match="nessus99") as caught:
        registry.parser("nessus99")
    assert "trivy" in caught.value.do
