"""`detente plan` from a file: one JSON document, a drawing, a calendar, and clear words for what cannot be planned."""

import json
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from typer.testing import CliRunner

from detente.edge.cli import app
from plan.test_instance import document
from shop import ACCORD, ESTATE, shop


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(document()))
    return path


def ran(*words: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["plan", *map(str, words)])
    assert done.exit_code == code, done.output
    return done


def test_json_is_one_document_and_progress_goes_elsewhere(problem: Path) -> None:
    done = ran("--problem", problem, "--json")
    told = json.loads(done.stdout)
    assert told["plan"] == {"a": "2026-12-01", "b": "2026-12-01"}
    assert told["gap"] == pytest.approx(0, abs=1e-9)
    assert told["bound"] == pytest.approx(told["objective"]["total"])
    assert told["frontier"] == []
    assert "gap" in done.stderr


def test_the_frontier_stands_beside_cvss_first(problem: Path) -> None:
    told = json.loads(ran("--problem", problem, "--json", "--frontier").stdout)
    assert [point["exchange"] for point in told["frontier"] if point["tangent"]] == [1.0]
    assert told["severity_first"]["total"] >= told["objective"]["total"]


def test_people_get_a_calendar_of_days_and_bars(problem: Path, tmp_path: Path) -> None:
    told = ran("--problem", problem, "--frontier", "--why", "a", "--ics", tmp_path / "plan.ics").stdout
    assert "Tue 01 Dec  shop             payments" in told
    assert "a and 1 more" in told
    assert "Proven: no plan is more than 0.00% cheaper." in told
    assert "CVSS first" in told
    assert "█" in told
    assert "2026-12-03: at most 4\u202f080.00 USD more" in told or "2026-12-03: at most" in told
    assert len(Calendar.from_ical((tmp_path / "plan.ics").read_bytes()).events) == 2


def test_a_file_that_the_system_refuses_is_told_in_three_parts(problem: Path, tmp_path: Path) -> None:
    away = tmp_path / "away" / "plan.ics"
    told = ran("--problem", problem, "--ics", away, code=2).stderr
    assert told.endswith(
        f"{away} cannot be used.\nNo such file or directory.\nCheck the path, its permissions and its disk.\n"
    )


def test_a_day_that_is_closed_says_why(problem: Path) -> None:
    told = json.loads(ran("--problem", problem, "--json", "--why", "b", "--on", "2026-11-27").stdout)["why"]
    assert told["shifts"] == [{"day": "2026-11-27", "cost": None, "moved": [], "lacks": ["window"]}]
    assert told["due"] == "2026-12-03"
    assert told["reliefs"] == []


def test_a_late_fix_names_what_to_relax(tmp_path: Path) -> None:
    late = document(squads=[{"id": "payments", "capacity_hours": [0.5, 0.5, 9.0]}])
    (tmp_path / "late.json").write_text(json.dumps(late))
    told = json.loads(ran("--problem", tmp_path / "late.json", "--json", "--why", "a").stdout)["why"]
    assert [each["what"] for each in told["reliefs"]] == ["5.0 more hours for payments"]


def test_what_cannot_be_planned_ends_with_two(problem: Path) -> None:
    problem.write_text(json.dumps(document(precedence=[["a", "b"], ["b", "a"]])))
    assert "in a circle" in ran("--problem", problem, "--json", code=2).stderr
    problem.write_text(json.dumps(document()))
    assert "There is no fix zed" in ran("--problem", problem, "--why", "zed", code=2).stderr


def test_a_workspace_without_a_fix_says_that_there_is_nothing_to_plan(tmp_path: Path) -> None:
    assert "There is nothing to plan: no fix of the queue is escalated." in ran("--workspace", tmp_path).stdout


def test_the_plan_of_a_workspace_is_kept_and_drawn_by_week(tmp_path: Path) -> None:
    place = shop(tmp_path)
    told = json.loads(ran("--workspace", place.folder, "--json", "--all").stdout)
    assert told["id"].startswith("p-")
    assert told["parent"] is None
    assert set(told) >= {"plan", "objective", "bound", "gap", "frontier", "moves", "notes"}
    drawn = ran("--workspace", place.folder, "--all", "--ics", tmp_path / "plan.ics").stdout
    assert "upgrade openssl to 1.2" in drawn
    assert " EUR a month" in drawn
    assert "note: The capacity of payments is unknown" in drawn
    assert len(Calendar.from_ical((tmp_path / "plan.ics").read_bytes()).events) == sum(map(bool, told["plan"].values()))
    again = json.loads(ran("--workspace", place.folder, "--json", "--all").stdout)
    assert (again["id"], again["plan"]) == (told["id"], told["plan"])


def test_what_cannot_be_in_time_says_what_together_would_let_it(tmp_path: Path) -> None:
    place = shop(tmp_path)
    accord, estate = ACCORD.replace("10 %", "100 %").replace("[bod-26-04]", "[{own-sla: {high: 3650d}}]"), ESTATE
    (place.folder / "accord.yaml").write_text(accord + "change: {freeze: [{every: friday}]}\n")
    idle = estate.replace("{id: platform}", "{id: platform, capacity: 0h/week}")
    (place.folder / "estate.yaml").write_text(idle.replace("{id: wiki, ", "{id: wiki, windows: ['fri 09:00-16:00'], "))
    told = ran("--workspace", place.folder, "--all").stdout
    assert "mitigate <b>bash</b> on wiki: no fixed version is published: due" in told
    assert "more hours for platform and ship in a freeze" in told
    assert "note: wiki can never be changed, which holds up 1 fix." in told
    assert "note: platform has no hours for fixes" in told


def test_a_release_that_its_maker_knows_to_break_is_feared(tmp_path: Path) -> None:
    """From the list of a maker to the plan's note and the fix's own page."""
    place = shop(tmp_path)
    before = json.loads(ran("--workspace", place.folder, "--json", "--all").stdout)
    (tmp_path / "acme.csv").write_text("component,version,title,since\nopenssl,1.2,Handshakes hang,2024-02-01\n")
    words = ["intel", "import", str(tmp_path / "acme.csv"), "--workspace", str(place.folder)]
    assert "faults-acme" in CliRunner().invoke(app, words).output
    after = json.loads(ran("--workspace", place.folder, "--json", "--all").stdout)
    (note,) = [one for one in after["notes"] if "known fault" in one]
    assert note.startswith(
        "upgrade openssl to 1.2 on checkout: a known fault of this release since 2024-02-01: Handshakes hang"
    )
    assert after["objective"]["outage_minutes"] > before["objective"]["outage_minutes"]
    told = CliRunner().invoke(app, ["why", "checkout", "--workspace", str(place.folder), "--json"]).output
    fix = next(name for name in after["plan"] if name in told)
    assert "met by 20% of installations, a prior" in CliRunner().invoke(
        app, ["why", fix, "--workspace", str(place.folder)]
    ).output.replace("\n", " ")
