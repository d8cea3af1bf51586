"""Each figure of the evidence, worked out again from the ledger's entries and the reports they name, and from nothing else."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from detente.accord import signatures
from detente.accord.exceptions import NAMESPACE, text
from detente.edge.cli.evidence import document
from detente.flows import exceptions, patch, plan
from detente.flows.evidence import evidence
from detente.flows.exceptions import Wish
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace
from detente.model.clock import Duty
from detente.model.evidence import Report
from detente.model.exception import Reach
from detente.model.plan import Problem
from detente.plan.columns import columns
from detente.plan.solve import QUICK, Budget, Solution, steps
from detente.store import ledger
from officers import KEYS
from reports import grype, moment, trivy
from shop import ACCORD, ONE, THREE, TWO, shop

RATED = "[bod-26-04, {fedramp-vdr: {class: c, ratings: {tier-1: 4, tier-2: 2}}}]"
NOW = moment(10)


def solve(problem: Problem) -> Solution:
    *_, last = steps(columns(problem), QUICK, Budget())
    return last


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Workspace]:
    """The shop under two regimes: the wiki's bash waits under an exception that both signed."""
    workspace = shop(tmp_path)
    lines = {role: signatures.public(KEYS[role]) for role in ("cio", "ciso")}
    parties = f"parties: {{cio: {{name: Ada, key: {lines['cio']}}}, ciso: {{name: Bea, key: {lines['ciso']}}}}}\n"
    (workspace.folder / "accord.yaml").write_text(ACCORD.replace("[bod-26-04]", RATED) + parties)
    fixes = patch.queue(workspace, NOW, everything=True).fixes
    fix = next(one for one in fixes if one.findings[0].vulnerability == THREE)
    wish = Wish(Reach.FIX, fix.id, "the vendor ships in June", date(2026, 5, 1), "Sam")
    name = exceptions.ask(workspace, exceptions.preview(workspace, wish, NOW))
    signed = text(exceptions.find(workspace, name)[1].request)
    for role in ("cio", "ciso"):
        exceptions.signed(workspace, name, role, signatures.sign(signed, KEYS[role], namespace=NAMESPACE), moment(11))
    yield workspace
    workspace.engine.dispose()


def test_every_figure_follows_from_the_entries_it_names(company: Workspace, tmp_path: Path) -> None:
    reports = {sha256(path.read_bytes()).hexdigest(): path.read_text() for path in tmp_path.glob("*.json")}
    entries = {entry.seq: entry for entry in ledger.records(company.engine)}
    told = document(evidence(company, "fedramp-vdr", moment(12)))
    assert told["ledger_head"] == max(entries)
    assert [one["vulnerabilities"] for one in told["accepted"]] == [THREE]
    assert {one["vulnerabilities"]: one["final_disposition"] for one in told["closed"]} == {TWO: "not affected"}
    for line in (*told["open"], *told["accepted"], *told["closed"]):
        found = [entries[int(number)] for number in line["ledger"].split(", ")]
        shown = [one for one in found if one.kind == "ingest"]
        assert {one.subject for one in found if one.kind == "evaluated"} in ({one.subject for one in shown}, set())
        for one in shown:
            assert any(name in reports[one.body["report"]] for name in line["vulnerabilities"].split(", "))
        rated = [one for one in found if one.kind == "assessed"]
        assert [one.body["rating"] for one in rated] == [one["n"] for one in line["impact_ratings"]]
        if line["evaluated"]:
            assert datetime.fromisoformat(line["evaluated"]) == rated[0].at
            assert line["internet_reachable"] == (rated[0].body["exposure"] in ("internet", "partner"))
        listed = [one.body["version"] for one in found if one.kind == "intel"]
        assert listed == (
            [json.loads((tmp_path / "kev.json").read_text())["catalogVersion"]]
            if ONE in line["vulnerabilities"]
            else []
        )
        agreed = [one for one in found if one.kind.startswith("exception")]
        assert [one.kind for one in agreed] == (
            ["exception-requested", *["exception-signed"] * 2] if line in told["accepted"] else []
        )
        if agreed:
            assert (line["why_accepted"], line["until"]) == (agreed[0].body["reason"], agreed[0].body["until"])
            assert {one.body["person"] for one in agreed[1:]} == {"ada", "bea"}


def test_what_was_fixed_keeps_its_line_with_the_end_it_came_to(company: Workspace, tmp_path: Path) -> None:
    (before,) = (one for one in document(evidence(company, "fedramp-vdr", moment(12)))["open"] if _is(one, ONE))
    for number, content in enumerate((trivy("shop:1", [], day=20), grype("shop:1", [], day=21))):
        (tmp_path / f"late-{number}.json").write_bytes(content)
        list(
            Intake(company.engine, company.lake).take(
                [str(tmp_path / f"late-{number}.json")], Order(lambda: moment(21))
            )
        )
    told = document(evidence(company, "fedramp-vdr", moment(22)))
    assert not any(_is(one, ONE) for one in (*told["open"], *told["accepted"]))
    (after,) = (one for one in told["closed"] if _is(one, ONE))
    same = ("tracking_id", "detected", "detection_source", "evaluated", "impact_ratings", "internet_reachable")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert (after["final_disposition"], after["closed"]) == ("remediated", moment(21).isoformat())
    assert after["overdue"] is True  # four days from its evaluation
    assert after["next_reduction"] is None
    closing = int(after["ledger"].split(", ")[-1])
    assert next(one for one in ledger.records(company.engine) if one.seq == closing).kind == "ingest"
    assert not any(_is(one, ONE) for one in document(evidence(company, "fedramp-vdr", moment(60)))["closed"])
    past = document(evidence(company, "fedramp-vdr", moment(60), since=moment(20).date()))["closed"]
    assert [one["vulnerabilities"] for one in past] == [ONE]


def _is(line: dict[str, Any], name: str) -> bool:
    return name in line["vulnerabilities"].split(", ")


@pytest.mark.parametrize(
    ("change", "days", "late", "why"),
    [
        ("{}", 30, False, "has it for 2026-03-1"),
        ("{freeze: [{name: sale, from: 2026-03-12, to: 2026-03-28}]}", 30, True, "has it for 2026-0"),
        ("{freeze: [{name: sale, from: 2026-03-12, to: 2026-04-28}]}", 30, True, "has no day for it until 2026-04-10"),
    ],
)
def test_what_the_plan_ships_too_late_is_likely_to_be_overdue(
    company: Workspace, change: str, days: int, late: bool, why: str
) -> None:
    def line(at: float) -> dict[str, Any]:
        told = document(evidence(Workspace(company.folder, company.engine), "fedramp-vdr", moment(at)))["open"]
        return next(one for one in told if _is(one, ONE))

    accord = company.folder / "accord.yaml"
    accord.write_text(accord.read_text() + f"change: {change}\n")
    assert (line(12)["likely_overdue"], line(12)["overdue_explanation"]) == (
        None,
        "no plan names it: run `detente plan`",
    )
    plan.make(Workspace(company.folder, company.engine), moment(11), days, solve)
    assert (line(12)["overdue"], line(12)["likely_overdue"]) == (False, late)
    assert why in line(12)["overdue_explanation"]
    if not late:
        planned = line(12)["next_reduction"]["at"]
        missed = line(13.9)  # its day is over, its clock still runs for an hour or two
        assert (missed["overdue"], missed["likely_overdue"]) == (False, True)
        assert f"had it for {planned}, and it is still open" in missed["overdue_explanation"]
    assert (line(30)["overdue"], line(30)["likely_overdue"]) == (True, None)


def test_what_outstays_192_days_is_an_accepted_vulnerability(company: Workspace) -> None:
    def accepted(report: Report) -> dict[str, str]:
        return {one["vulnerabilities"]: one["why_accepted"] for one in document(report)["accepted"]}

    assert ONE not in accepted(evidence(company, "fedramp-vdr", moment(10 + 191)))
    late = evidence(company, "fedramp-vdr", moment(10 + 193))
    assert accepted(late)[ONE].startswith("VER-TFR-MAV")
    (item,) = (one for one in late.items if one.fix.findings[0].vulnerability == ONE)
    assert item.overdue  # accepted by the rule, late all the same
    assert item.outstayed is not None
    assert item.outstayed.duty is Duty.ACCEPT
