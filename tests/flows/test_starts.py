"""The events at which clocks start, from reports to fixes: carried over assets, in any order of reports, from old segments too."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from detente.flows import evaluate, patch
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace, open_workspace
from detente.model.clock import Rating, Start
from detente.model.fix import Fix
from detente.store import evaluations, ledger, segments, tables
from reports import moment, trivy, weakness
from shop import ACCORD, ESTATE

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


RATED = "regimes: [{fedramp-vdr: {class: c, ratings: {tier-1: 5, tier-2: 4}}}, {own-sla: {starts: patch release, high: 30d}}]"


def company(workspace: Workspace, regimes: str = RATED, estate: str = ESTATE) -> Workspace:
    workspace.folder.mkdir(parents=True, exist_ok=True)
    (workspace.folder / "accord.yaml").write_text(ACCORD.replace("regimes: [bod-26-04]", regimes))
    (workspace.folder / "estate.yaml").write_text(estate)
    return Workspace(workspace.folder, workspace.engine)


def looked(place: Workspace, day: float) -> Fix:
    return patch.queue(place, moment(day), everything=True).fixes[0]


def duties(fix: Fix) -> set[str]:
    return {clock.duty.value for clock in fix.clocks if clock.regime == "fedramp-vdr"}


def test_the_first_pricing_with_all_facts_is_the_evaluation_and_stays_it(
    workspace: Workspace, take: Callable[..., Any]
) -> None:
    take(trivy("wiki:1", [weakness(ONE)]))
    bare = company(workspace, "regimes: [{fedramp-vdr: {class: c}}]")
    assert (looked(bare, 5).ratings, duties(looked(bare, 5))) == ((), {"fix", "evaluate"})
    rated = company(workspace)
    for day in (6, 7):
        fix = looked(rated, day)
        assert fix.ratings == (Rating(moment(6), 4),)
        assert duties(fix) == {"fix", "accept"}
    assert fix.due == moment(6 + 8).date()  # class C, N4, not reachable, assumed exploitable


def test_a_rating_that_goes_down_is_evaluated_anew(workspace: Workspace, take: Callable[..., Any]) -> None:
    take(trivy("wiki:1", [weakness(ONE)]))
    looked(company(workspace), 5)
    lower = company(workspace, RATED.replace("tier-2: 4", "tier-2: 3"))
    assert looked(lower, 8).ratings == (Rating(moment(5), 4), Rating(moment(8), 3))
    kinds = [(entry.kind, entry.body.get("rating")) for entry in ledger.records(workspace.engine, subject="wiki")]
    assert kinds == [("assessed", 4), ("assessed", 3)]


def test_what_is_looked_at_twice_is_put_down_once(workspace: Workspace, take: Callable[..., Any]) -> None:
    take(trivy("wiki:1", [weakness(ONE)]))
    place = company(workspace)
    times = evaluate.priced(place, [one.digest for one in segments.all_segments(place.engine)], moment(5))
    for day in (5, 6):
        evaluate.record(place, times, moment(day))
    assert set(evaluations.times(place.engine).values()) == {moment(5)}
    with pytest.raises(IntegrityError), place.engine.begin() as connection:
        evaluations.keep(connection, times, "a", moment(9))


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_reports_changes_no_start(order: list[int]) -> None:
    told = [
        trivy("wiki:1", [weakness(ONE)], day=3),
        stated("wiki:1", "2026-02-03"),
        stated("till:1", "2026-02-01"),
        trivy("wiki:1", [weakness(ONE), weakness("CVE-2024-1002")], day=2),
    ]
    with TemporaryDirectory() as folder:
        place = open_workspace(Path(folder) / "w")
        company(place)
        for number in order:
            path = Path(folder) / f"{number}.json"
            path.write_bytes(told[number])
            list(Intake(place.engine, place.lake).take([str(path)], Order(lambda: moment(9))))
        fix = next(fix for fix in patch.queue(place, moment(10), everything=True).fixes if fix.service == "wiki")
        place.engine.dispose()
    starts = {(clock.regime, clock.duty.value): (clock.start_event, clock.starts) for clock in fix.clocks}
    assert starts == {
        ("own-sla", "fix"): (Start.RELEASE, datetime(2026, 2, 1, tzinfo=UTC)),
        ("fedramp-vdr", "fix"): (Start.EVALUATION, moment(10)),
        ("fedramp-vdr", "accept"): (Start.EVALUATION, moment(10)),
    }
