"""The events at which clocks start, from reports to fixes: carried over assets, in any order of reports, from old segments too."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from shutil import rmtree
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import update

from detente.flows import patch
from detente.flows.workspace import Workspace
from detente.store import segments, tables
from reports import moment, trivy, weakness

ONE = "CVE-2024-1001"


def stated(image: str, released: str, **more: Any) -> bytes:
    """A report of one's own that knows when the patch came out."""
    found = {"title": "t", "cve": ONE, "purl": "pkg:deb/debian/openssl@1.0", "asset": f"image:{image}"}
    return json.dumps({"scanned": moment(1).isoformat(), "findings": [found | {"fix_released": released} | more]}).encode()  # fmt: skip


def released(workspace: Workspace) -> set[date | None]:
    fixes = patch.queue(workspace, moment(10), everything=True).fixes
    return {finding.released for fix in fixes for finding in fix.findings}


def test_a_patch_comes_out_once_for_every_asset(workspace: Workspace, take: Callable[..., Any]) -> None:
    take(trivy("shop:1", [weakness(ONE)]))
    assert released(workspace) == {None}
    take(stated("till:1", "2026-02-03"))
    assert released(workspace) == {date(2026, 2, 3)}
    take(stated("desk:1", "2026-02-01"))
    assert released(workspace) == {date(2026, 2, 1)}


def test_under_any_name_of_the_vulnerability(workspace: Workspace, take: Callable[..., Any]) -> None:
    take(stated("shop:1", "2026-02-03", vuln_id_from_tool="GHSA-2222-3333-4444", cve=""))
    take(trivy("till:1", [weakness(ONE)]))
    assert released(workspace) == {None, date(2026, 2, 3)}
    take(stated("desk:1", "", vuln_id_from_tool="GHSA-2222-3333-4444"))
    assert released(workspace) == {date(2026, 2, 3)}


def test_segments_from_before_there_was_a_column_read_as_null(workspace: Workspace, take: Callable[..., Any]) -> None:
    take(stated("shop:1", "2026-02-03"))
    (only,) = segments.all_segments(workspace.engine)
    older = Path(only.path).relative_to(Path(only.path).parts[0])  # where they lay then
    (workspace.lake.folder / older).parent.mkdir()
    told = pq.read_table(workspace.lake.folder / only.path).drop_columns(["released"])
    pq.write_table(told, workspace.lake.folder / older)
    with workspace.engine.begin() as connection:
        connection.execute(update(tables.segment).values(path=str(older)))
    assert released(workspace) == {None}
    rmtree(workspace.folder / "derived")
    take(stated("till:1", "2026-02-01"))
    assert released(workspace) == {date(2026, 2, 1)}
