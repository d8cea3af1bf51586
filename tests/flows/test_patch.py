"""The queue's SQL against the slow, obvious statement of the same in Python; replays; escalation."""

import shutil
from collections import defaultdict
from math import log1p

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.edge.feeds import Harvest
from detente.edge.feeds.files import harvest
from detente.flows import intel, patch
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace
from detente.queue import dimensions, price
from reports import kev, moment, trivy, weakness

ACCORD = """
accord: 1
organisation: Shop
currency: EUR
prices:
  breach: {tier-1: [300k EUR, 9M EUR], tier-2: [5k EUR, 200k EUR]}
  outage_minute: {tier-1: 5 EUR, tier-2: 1 EUR}
  cap: 20M EUR
  hazard: {scale: 2.0}
escalation: {share: 10 %, always: [critical on exposed]}
"""
ESTATE = """
squads: [{id: payments, security_engineer: sam}, {id: platform}]
services:
  - {id: checkout, squad: payments, tier: tier-1, exposure: internet, runs: [{image: "shop:*"}]}
  - {id: wiki, squad: platform, tier: tier-2, exposure: internal, runs: [{image: "wiki:*"}],
     controls: [{name: waf, effect: 50 %}]}
depends: [{from: checkout, on: [wiki]}]
"""
CVES = [f"CVE-2024-{number}" for number in range(1001, 1009)]
IMAGES = ("shop:1", "shop:2", "wiki:1", "stray:1")


def founded(workspace: Workspace) -> Workspace:
    """The workspace with an accord and an estate; read anew, because both are read once."""
    workspace.folder.mkdir(parents=True, exist_ok=True)
    (workspace.folder / "accord.yaml").write_text(ACCORD)
    (workspace.folder / "estate.yaml").write_text(ESTATE)
    return Workspace(workspace.folder, workspace.engine)


def slow(workspace: Workspace, now) -> tuple[dict[str, float], dict[tuple[str, str], float], float]:
    """Loss per month of every finding, of every (service, component), and of the estate, by the functions of queue.price."""
    with patch.triage(workspace, now) as (engine, _):
        vulns = {row["vuln"]: row for row in engine.ask("SELECT * FROM vulns").to_pylist()}
        assets = {row["asset"]: row for row in engine.ask("SELECT * FROM assets").to_pylist()}
        found = engine.ask("SELECT * FROM findings").to_pylist()
    worth = dimensions.worth(workspace.accord, workspace.estate)
    hazards: dict[int, dict[tuple[int, int], float]] = defaultdict(dict)
    for row in found:
        service = assets[row["asset"]]["service_name"]
        hazards[row["asset"]][row["place"], row["vuln"]] = price.hazard(
            vulns[row["vuln"]]["h0"],
            scale=workspace.accord.prices.hazard.scale,
            exposure=worth[service].factor,
            control=0.5 if service == "wiki" else 0.0,
        )
    findings, fixes, estate = {}, defaultdict(float), 0.0
    for asset, of in hazards.items():
        service = assets[asset]["service_name"]
        loss = worth[service].loss
        estate += loss * price.combined(of.values())
        by_remedy: dict[int, list[float]] = defaultdict(list)
        for row in (one for one in found if one["asset"] == asset):
            h = of[row["place"], row["vuln"]]
            findings[f"{vulns[row['vuln']]['name']} {assets[asset]['name']} {row['place']}"] = price.benefit(
                of.values(), [h], loss
            )
            by_remedy[row["remedy"]].append(h)
        for remedy, closed in by_remedy.items():
            fixes[service, remedy] += price.benefit(of.values(), closed, loss)
    return findings, fixes, estate


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(IMAGES), st.sampled_from(CVES), st.sampled_from(["a", "b"])), min_size=1, max_size=12
    )
)
def test_the_fast_answer_is_the_slow_one(tmp_path_factory, found: list[tuple[str, str, str]]) -> None:
    from detente.flows.workspace import open_workspace

    folder = tmp_path_factory.mktemp("oracle")
    workspace = founded(open_workspace(folder))
    for image in IMAGES:
        records = [weakness(cve, package) for name, cve, package in found if name == image]
        (folder / f"{image.replace(':', '-')}.json").write_bytes(trivy(image, records))
    list(Intake(workspace.engine, workspace.lake).take([str(folder / "*.json")], Order(lambda: moment(9))))
    findings, fixes, estate = slow(workspace, moment(10))
    queue = patch.queue(workspace, moment(10), everything=True)
    assert sorted(float(one.loss_month) for fix in queue.fixes for one in fix.findings) == pytest.approx(
        sorted(findings.values()), abs=2e-6
    )
    assert [float(fix.loss_month) for fix in queue.fixes] == pytest.approx(
        sorted(fixes.values(), reverse=True), abs=2e-5
    )
    assert float(queue.estate.loss_month) == pytest.approx(estate, abs=2e-5)
    assert queue.findings == len(set(found))
    workspace.engine.dispose()


def test_the_queue_in_full(take, workspace) -> None:
    workspace = founded(workspace)
    take(
        trivy(
            "shop:1",
            [weakness(CVES[0], "openssl", Severity="CRITICAL"), weakness(CVES[1], "openssl", FixedVersion="1.2")],
        )
    )
    take(trivy("wiki:1", [weakness(CVES[0], "openssl"), weakness(CVES[2], "zlib", FixedVersion="")]))
    take(trivy("stray:1", [weakness(CVES[3], "bash")]))
    queue = patch.queue(workspace, moment(10), everything=True)
    told = [(fix.service, fix.squad, fix.to_version, fix.count, fix.escalated, fix.always) for fix in queue.fixes]
    assert sorted(told, key=str) == [
        ("checkout", "payments", "1.2", 2, True, True),
        ("unowned", "unowned", "1.1", 1, False, False),
        ("wiki", "platform", "1.1", 1, False, False),
        ("wiki", "platform", None, 1, False, False),
    ]
    assert queue.fixes[0].action == "upgrade openssl to 1.2 on checkout"
    assert queue.fixes[0].security_engineer == "sam"
    assert [fix.position for fix in queue.fixes] == [1, 2, 3, 4]
    assert patch.queue(workspace, moment(10), squad="platform").fixes == ()
    assert len(patch.queue(workspace, moment(10), everything=True, squad="platform").fixes) == 2
    assert queue.standing == "draft"


def test_a_decision_replays_from_its_inputs(take, workspace) -> None:
    take(trivy("shop:1", [weakness(cve, cve[-1]) for cve in CVES]))
    first = patch.queue(workspace, moment(10), everything=True)
    kept = patch.queue(workspace, moment(10), everything=True)
    shutil.rmtree(workspace.folder / "derived")
    anew = patch.queue(workspace, moment(10), everything=True)
    assert first == kept == anew


def test_an_empty_workspace_has_an_empty_queue(workspace) -> None:
    queue = patch.queue(workspace, moment(10))
    assert (queue.findings, queue.fix_count, queue.escalated, queue.fixes) == (0, 0, 0, ())


@given(st.lists(st.floats(0, 0.9), min_size=1, max_size=30))
def test_the_exact_sum_of_weights_loses_nothing_that_matters(hazards: list[float]) -> None:
    quantised = sum(round(-log1p(-h) * 1e15) for h in hazards) / 1e15
    assert quantised == pytest.approx(sum(-log1p(-h) for h in hazards), abs=len(hazards) * 1e-15)


def test_a_new_kev_entry_reprices_what_it_touches_and_equals_a_full_pricing(take, workspace, tmp_path) -> None:
    workspace = founded(workspace)
    take(trivy("shop:1", [weakness(CVES[0]), weakness(CVES[1], "zlib")]))
    take(trivy("wiki:1", [weakness(CVES[2])]))
    before = {fix.id: fix.loss_month for fix in patch.queue(workspace, moment(10), everything=True).fixes}
    (tmp_path / "kev.json").write_bytes(kev(CVES[1]))
    told = [batch for _, got in harvest(tmp_path / "kev.json") if isinstance(got, Harvest) for batch in got.close()]
    list(intel.bring(workspace.engine, workspace.folder, told, moment(9)))
    after = patch.queue(workspace, moment(10), everything=True)
    dearest = after.fixes[0]
    assert dearest.known_exploited
    assert [one.vulnerability for one in dearest.findings] == [CVES[1]]
    assert dearest.loss_month > 10 * before[dearest.id]
    untouched = next(fix for fix in after.fixes if fix.service == "wiki")
    assert untouched.loss_month == before[untouched.id]
    shutil.rmtree(workspace.folder / "derived")
    assert patch.queue(workspace, moment(10), everything=True) == after
