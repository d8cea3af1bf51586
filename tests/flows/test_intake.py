"""Intake on real files and real databases: counts, history, quarantine, repetition."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import update

from detente.flows import patch
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace
from detente.store import tables
from reports import grype, moment, trivy, vex, weakness

ONE, TWO, THREE = "CVE-2024-1001", "CVE-2024-1002", "CVE-2024-1003"


def open_ids(workspace: Workspace) -> set[str]:
    """The vulnerabilities that are open now."""
    found = patch.queue(workspace, moment(200), everything=True)
    return {finding.vulnerability for fix in found.fixes for finding in fix.findings}


def test_every_record_is_accounted_for(take) -> None:
    outcome = take(trivy("shop:1", [weakness(ONE), weakness(ONE), weakness(TWO), {"PkgName": "no id"}]))
    assert (outcome.results, outcome.findings, outcome.merged, outcome.quarantined) == (4, 2, 1, 1)
    assert (outcome.new, outcome.seen, outcome.reopened, outcome.fixed) == (2, 0, 0, 0)


def test_the_same_report_twice_changes_nothing(take, workspace) -> None:
    report = trivy("shop:1", [weakness(ONE), weakness(TWO)])
    take(report)
    before = open_ids(workspace)
    again = take(report)
    assert again.known
    assert (again.new, again.seen) == (0, 2)
    assert open_ids(workspace) == before


def test_absence_closes_within_its_scope_and_a_return_reopens(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE), weakness(TWO)], day=0))
    gone = take(trivy("shop:1", [weakness(TWO)], day=1))
    assert (gone.seen, gone.fixed) == (1, 1)
    assert open_ids(workspace) == {TWO}
    back = take(trivy("shop:1", [weakness(ONE), weakness(TWO)], day=2))
    assert (back.new, back.seen, back.reopened) == (0, 1, 1)
    assert open_ids(workspace) == {ONE, TWO}


def test_another_tool_or_asset_closes_nothing(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE)], day=0))
    take(grype("shop:1", [(TWO, "zlib")], day=1))
    take(trivy("till:1", [], day=2))
    assert open_ids(workspace) == {ONE, TWO}


def test_two_tools_meet_in_one_finding(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE)], day=0))
    second = take(grype("shop:1", [(ONE, "openssl")], day=1))
    assert (second.new, second.seen) == (0, 1)
    found = patch.queue(workspace, moment(200), everything=True)
    assert found.findings == 1
    assert found.fixes[0].findings[0].tool == "anchore_grype trivy"
    take(trivy("shop:1", [], day=2))
    assert open_ids(workspace) == {ONE}  # Grype still shows it


def test_an_older_report_that_arrives_late_changes_no_present_state(take, workspace) -> None:
    take(trivy("shop:1", [weakness(TWO)], day=5))
    take(trivy("shop:1", [weakness(ONE)], day=1))
    assert open_ids(workspace) == {TWO}


def test_a_report_from_the_future_is_as_old_as_its_arrival(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE)], day=9_000))  # a clock that ran ahead must not silence what comes after
    take(trivy("shop:1", [weakness(TWO)], day=101))
    assert open_ids(workspace) == {TWO}


def test_a_truncated_report_adds_but_never_closes(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE), weakness(TWO)], day=0))
    text = trivy("shop:1", [weakness(THREE), weakness(ONE), weakness(TWO)], day=1)
    outcome = take(text[: text.index(TWO.encode())])
    assert outcome.truncated
    assert outcome.quarantined == 1
    assert open_ids(workspace) == {ONE, TWO, THREE}


def test_what_could_not_be_read_is_not_taken_for_fixed(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE), weakness(TWO)], day=0))
    outcome = take(trivy("shop:1", [weakness(ONE), weakness(TWO) | {"PkgName": {}}], day=1))
    assert (outcome.quarantined, outcome.fixed) == (1, 0)
    assert open_ids(workspace) == {ONE, TWO}
    assert take(trivy("shop:1", [weakness(ONE)], day=2)).fixed == 1


@pytest.mark.parametrize(("named", "asset"), [("", "image:shop:1"), ("image:shop:now", "image:shop:now")])
def test_a_record_read_on_a_second_try_closes_nothing_beside_it(take, workspace, named: str, asset: str) -> None:
    take(trivy("shop:1", [weakness(ONE), weakness(TWO) | {"PkgName": {}}]), asset=named)
    with workspace.engine.begin() as connection:  # as a later parser would read it
        connection.execute(update(tables.quarantine).values(raw=trivy("shop:1", [weakness(TWO)])))
    (outcome,) = Intake(workspace.engine, workspace.lake).again(order())
    assert (outcome.new, outcome.fixed) == (1, 0)
    assert open_ids(workspace) == {ONE, TWO}
    found = patch.queue(workspace, moment(200), everything=True)
    assert {finding.asset for fix in found.fixes for finding in fix.findings} == {asset}


def test_a_statement_closes_with_its_reason_and_a_later_one_opens_again(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE), weakness(TWO, "zlib")], day=0))
    said = take(vex("openssl", ONE, day=1))
    assert (said.results, said.findings, said.merged) == (1, 0, 1)
    assert open_ids(workspace) == {TWO}
    take(vex("openssl", ONE, "affected", day=2))
    assert open_ids(workspace) == {ONE, TWO}


def test_aliases_join_findings_when_they_become_known(take, workspace) -> None:
    ghsa = "GHSA-jfh8-c2jp-5v3q"
    take(grype("shop:1", [(ghsa, "openssl")], day=0))
    take(trivy("shop:1", [weakness(ONE)], day=0))
    assert open_ids(workspace) == {ghsa, ONE}
    records = [{"id": ghsa, "aliases": [ONE], "affected": [], "modified": "2024-01-01T00:00:00Z"}]
    package = {"package": {"name": "left", "version": "1.0", "ecosystem": "npm"}, "vulnerabilities": records}
    package["groups"] = [{"ids": [ghsa], "aliases": [ghsa, ONE]}]
    take(
        json.dumps(
            {"results": [{"source": {"path": "package-lock.json", "type": "lockfile"}, "packages": [package]}]}
        ).encode()
    )
    found = patch.queue(workspace, moment(200), everything=True)
    on_shop = [one for fix in found.fixes for one in fix.findings if one.asset == "image:shop:1"]
    assert [one.vulnerability for one in on_shop] == [ONE]
    assert ghsa in on_shop[0].aliases


def test_the_named_asset_wins(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE)]), asset="host:till-7")
    found = patch.queue(workspace, moment(200), everything=True)
    assert found.fixes[0].findings[0].asset == "host:till-7"


def test_packed_reports_are_the_reports_in_them(workspace, tmp_path: Path) -> None:
    report, other = trivy("shop:1", [weakness(ONE)]), trivy("till:1", [weakness(TWO)])
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(report))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("deep/one.json", report)
        archive.writestr("two.json", other)
    outcomes = list(
        Intake(workspace.engine, workspace.lake).take([str(tmp_path / "a.json.gz"), str(tmp_path / "b.zip")], order())
    )
    assert [(Path(one.file).name, one.new, one.known) for one in outcomes] == [
        ("a.json.gz", 1, False),
        (["b.zip!deep", "one.json"][-1], 0, True),
        ("b.zip!two.json", 1, False),
    ]


def order() -> Order:
    return Order(lambda: moment(100))


def zipped(*entries: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    "name, content, code",
    [
        ("empty.json", b"", "format"),
        ("noise.bin", bytes(range(256)) * 4, "format"),
        ("bomb.zip", zipped(("a.json", b"0" * 50_000_000)), "limit"),
        ("climb.zip", zipped(("../../etc/passwd", b"x")), "archive-path"),
        ("torn.gz", gzip.compress(b"[]" * 1000)[:20], "archive"),
        ("deep.json", b'{"SchemaVersion":2,"Results":' + b"[" * 5000, "limit"),
        ("laughs.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><NessusClientData_v2>&b;</NessusClientData_v2>', "entity"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_hostile_file_is_one_clear_error_and_stops_nothing(workspace, tmp_path: Path, name, content, code) -> None:
    (tmp_path / f"a-{name}").write_bytes(content)
    (tmp_path / "b.json").write_bytes(trivy("shop:1", [weakness(ONE)]))
    paths = [str(tmp_path / f"a-{name}"), str(tmp_path / "b.json")]
    bad, good = Intake(workspace.engine, workspace.lake).take(paths, order())
    assert bad.error is not None
    assert bad.error.code == code
    assert all((bad.error.what, bad.error.why, bad.error.do))
    assert (good.new, good.error) == (1, None)
    assert not [path for path in workspace.lake.folder.rglob("*") if path.name.startswith(".")]


def test_a_broken_document_of_a_named_format_says_so(take) -> None:
    outcome = take(b'{"SchemaVersion":2,"ArtifactName":"a","Results":[}', format="trivy")
    assert outcome.error is not None
    assert outcome.error.code == "malformed"


def test_a_quarantined_record_is_kept_whole_and_tried_again(take, workspace) -> None:
    take(trivy("shop:1", [weakness(ONE), {"PkgName": "no id"}]))
    intake = Intake(workspace.engine, workspace.lake)
    (outcome,) = intake.again(order())
    assert outcome.quarantined == 1  # still unreadable, and still waiting
    assert len(list(intake.again(order()))) == 1


def test_a_record_that_is_no_report_by_itself_stops_no_other_retry(take, workspace) -> None:
    start = b'<OWASPZAPReport version="2.11.1"><site name="https://shop.example"><alerts><alertitem><pluginid>100'
    assert take(start).quarantined == 1  # an XML report cut in a record: what is kept of it has no end
    take(trivy("shop:1", [weakness(ONE), {"PkgName": "no id"}]))
    tried = list(Intake(workspace.engine, workspace.lake).again(order()))
    assert [(one.format, one.quarantined) for one in tried] == [("zap", 1), ("trivy", 1)]


def test_a_path_that_names_nothing_stops_nothing(workspace, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(trivy("shop:1", [weakness(ONE)]))
    bad, good = Intake(workspace.engine, workspace.lake).take(
        [str(tmp_path / "none*.json"), str(tmp_path / "b.json")], order()
    )
    assert bad.error is not None
    assert (bad.error.code, good.new) == ("no-file", 1)
