"""What `why` prints, as people see it at 80 and at 50 columns: one file of tests/edge/cli/printed per kind of id.

`DETENTE_PRINT=1` writes the files anew; read the difference before it is committed.
"""

import os
import re
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from detente.edge.cli.why import rendered
from detente.flows import patch
from detente.flows.why import why
from detente.flows.workspace import Workspace
from detente.queue.view import finding_id
from reports import moment
from shop import FIVE, FOUR, ONE, THREE, grown

PRINTED = Path(__file__).parent / "printed"
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
Named = dict[str, str]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return grown(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def named(company: Workspace) -> Named:
    """An id of every kind, under what it shows."""
    with patch.triage(company, moment(10)) as (engine, _):
        rows = engine.ask("SELECT asset_name, ids, place, vuln FROM rows WHERE kind BETWEEN 1 AND 7").to_pylist()
    found = {(row["asset_name"], row["ids"]): finding_id(row["place"], row["vuln"]) for row in rows}
    return {
        "finding": found["image:shop:1", ONE],
        "reopened": found["image:disk:1", THREE],
        "closed": found["image:disk:1", FIVE],
        "unowned": found["image:stray:1", FOUR],
        "fix": patch.queue(company, moment(10)).fixes[0].id,
        "vulnerability": THREE,
        "asset": "image:shop:1",
        "service": "checkout",
        "report": "g-disk.json",
    }


def still(value: Any, folder: Path) -> Any:
    """The same chain on any machine and after any change of the estate's shape: no folders, no digests."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: still(getattr(value, one.name), folder) for one in fields(value)})
    if isinstance(value, tuple):
        return tuple(still(one, folder) for one in value)
    return DIGEST.sub("0" * 64, value.replace(f"{folder}/", "reports/"))


KINDS = ["finding", "reopened", "closed", "unowned", "fix", "vulnerability", "asset", "service", "report"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_printed(company: Workspace, named: Named, kind: str, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    chain = still(why(company, moment(10), named[kind]), company.folder.parent)
    text = "\n".join(rendered(chain, columns) for columns in (80, 50))
    if os.environ.get("DETENTE_PRINT"):
        (PRINTED / f"{kind}.txt").write_text(text)
    assert text == (PRINTED / f"{kind}.txt").read_text()


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_every_line_fits_unless_it_is_one_word(company: Workspace, named: Named, columns: int, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = [line for name in named.values() for line in rendered(why(company, moment(10), name), columns).splitlines()]
    assert [line for line in lines if len(line) > columns and len(line.split()) > 1] == []


def test_what_a_report_says_cannot_move_the_cursor(company: Workspace, named: Named) -> None:
    chain = why(company, moment(10), named["finding"])
    hostile = replace(chain, headline="\x1b[2Jowned", changes=("\x1b]0;title\x07",))
    assert "\x1b[2J" not in rendered(hostile, 80)
    assert "\x07" not in rendered(hostile, 80)
