"""Every question of the queue, asked of DuckDB and of Spark: equal answers, on data made to tell them apart.

Needs pyspark and Java: `make test-spark`. The Java machine runs in Berlin's time zone, so that a conversion would show.
"""

import os
import random
import shutil
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from detente.accord import document
from detente.flows import patch
from detente.flows.changes import text
from detente.flows.intake import Intake, Order
from detente.flows.workspace import open_workspace
from detente.queue import dimensions, rank
from detente.store.engine import Engine
from detente.store.schema import table
from reports import grype, moment, trivy, vex, weakness

pytest.importorskip("pyspark", reason="pyspark is not installed: make test-spark")
if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
    pytest.skip("no Java runtime: install Java 17 or newer to run the queue on Spark", allow_module_level=True)

from detente.store.spark import SparkEngine, local

WORDS = [None, "", " ", "1.0", "1.0-ä", "é", "e\u0301", "日本語", "😀", "Ω|ω", "a'b\\c", "CVE-2024-2 GHSA-x", "%CVE-%"]
SUMMER, WINTER = datetime(2026, 3, 29), datetime(2026, 10, 25)  # noqa: DTZ001 - the lake's times have no zone
TIMES = [
    None,
    *(
        day + timedelta(hours=hour, microseconds=micros)
        for day in (SUMMER, WINTER)
        for hour in (0, 1, 2, 3)
        for micros in (0, 1, 999_999)
    ),
]
QUESTIONS = {  # the table each question fills, in the order of the flows
    "findings": "findings",
    "before": "findings",
    "known": "known",
    "mine": "known",
    "after": "findings",
    "counted": "changes",
    "named": "assets",
    "told": "vulns",
    "priced": "price",
    "fixes": "fixes",
    "totals": "totals",
    "touched": "touched",
    "repriced": "price",
    "merged": "merged",
    "listed": "listed",
    "totals_named": "totals_named",
    "picked": "picked",
    "traces": "traces",
    "exposed": "exposure",
    "details": "details",
    "shown": "shown",
    "found": "found",
    "around": "around",
    "sightings": "sightings",
    "looks": "looks",
    "sought": "sought",
    "looked": "looked",
    "bearing": "named",
    "under": "excepted",
    "stated": "stated",
    "closed": "closed",
    "past": "past",
}
FULL, EMPTY = 900, 0
Rows = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """One Spark for all tests, in a time zone with summer time."""
    quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # short lives: no second compiler, no threads for garbage
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        patched.setenv("JDK_JAVA_OPTIONS", quick)
        time.tzset()
        spark = local()
        yield spark
        spark.stop()
    time.tzset()


def told(count: int) -> pa.Table:
    """Rows of a lake with a null wherever one may stand, many ties, and every kind and state."""
    chance = random.Random(20261125)
    found = [_row(chance) for _ in range(count)]
    return table({name: [row[name] for row in found] for name in _row(chance)})


def _row(chance: random.Random) -> dict[str, Any]:
    asset, item, vuln = chance.randrange(6), chance.randrange(4), chance.randrange(1, 9)
    kind = chance.choice([0, 1, 1, 1, 3, 4, 7, 8])
    word = lambda: chance.choice(WORDS)  # noqa: E731 - a fresh word for every column
    return {
        "place": asset * 1000 + item,
        "vuln": vuln,
        "asset": asset,
        "item": item,
        "remedy": item % 3,
        "scope": asset * 10 + chance.randrange(2),
        "report": chance.randrange(1, 7),
        "kind": kind,
        "state": chance.choice([0, 0, 0, 1, 2, 3, 4, 5, 6]),
        "severity": chance.randrange(6),
        "derived": chance.choice([None, True, False]),
        "exploited": chance.choice([None, False, False, True]),
        "fixable": chance.choice([None, False, True]),
        "reach": chance.choice([None, 1.0, 0.3, 0.02]),
        "score": chance.choice([None, 9.8, 9.8, 4.3]),
        "line": chance.choice([None, 1, 2]),
        "seen": chance.choice(TIMES),
        "asset_name": f"host:ü-{asset}",
        "canonical": f"CVE-2024-{vuln}" if vuln % 2 else f"GHSA-{vuln}",
        "vulnerability": f"GHSA-{vuln}",
        "related": chance.choice([None, "", "DSA-1", "CVE-2024-1 CVE-2024-3", "CVE-2024-9  CVE-2024-5"]),
        "tool": chance.choice(["trivy", "grype", "Über"]),
        **{name: word() for name in ("version", "ids", "title", "vector", "fixed", "location", "component", "name")},
        **{name: word() for name in ("action", "author", "reason", "target", "ecosystem", "fingerprint", "cwes")},
    }


def world(count: int) -> dict[str, pa.Table]:
    """The tables of one dataset that do not follow from its rows."""
    days = [SUMMER + timedelta(hours=hour) for hour in (0, 1, 2, 25, 2, 3)]
    reports = [
        {"report": number, "rank": number, "at": at, "triaged": at if number % 2 else None}
        for number, at in enumerate(days, 1)
    ]
    named = [(2, 1, "CVE-2024-1"), (4, 4, None), (6, None, "GHSA-6"), (8, 3, None)]
    aliases = [{"vuln": vuln, "canonical": canonical, "name": name} for vuln, canonical, name in named]
    tables = {"reports": (REPORTS, reports), "aliases": (ALIASES, aliases), "scored": (rank.SCHEMA, SCORED)}
    return {name: pa.Table.from_pylist(rows if count else [], schema=schema) for name, (schema, rows) in tables.items()}


REPORTS = pa.schema({"report": pa.int64(), "rank": pa.int64(), "at": pa.timestamp("us"), "triaged": pa.timestamp("us")})
ALIASES = pa.schema({"vuln": pa.int64(), "canonical": pa.int64(), "name": pa.string()})
SCORED: list[dict[str, Any]] = [  # equal hazards: a tie decides the worst of several; what is not named is null
    {"cve": "CVE-2024-1", "h0": 1e-5, "hazard_class": "ranked", "exploitation": "poc", "automatable": True},
    {"cve": "CVE-2024-3", "h0": 1e-5, "total": True, "published": date(2024, 2, 29)},
    {"cve": "CVE-2024-5", "h0": 0.0025, "hazard_class": "exploited", "kev_added": date(2026, 3, 29), "total": False},
    {"cve": "CVE-2024-9", "h0": 1e-5, "hazard_class": "ranked", "exploitation": "none", "total": True},
]


def facts(duck: Engine) -> dict[str, pa.Table]:
    """The small tables, priced so that weights reach from nothing to the fifteenth digit and to certainty."""
    names = [row["asset"] for row in duck.ask("SELECT * FROM named ORDER BY asset").to_pylist()]
    small = {"asset": names, "service": [asset % 3 for asset in names]}
    accord = document.load(b"accord: 1\norganisation: x\ncurrency: EUR\n", "accord.yaml")
    vulns = dimensions.vulnerabilities(duck.ask("SELECT * FROM told ORDER BY vuln"), date(2026, 3, 29))
    exact = [1e-9, 3.3333333333333335e-05, 0.0025, 0.123456789012345, 1e-15, 1.0, 0.01, 0.00042]
    rules = dimensions.rules(accord.escalation.always, accord.tiers)
    return {
        "assets": pa.table(
            {name: pa.array(values, pa.int64()) for name, values in small.items()}
            | {"name": pa.array([f"host:ü-{asset}" for asset in names], pa.string())}
            | {"service_name": pa.array([f"Dienst {asset % 3}" for asset in names], pa.string())}
            | {"factor": pa.array([0.3 if asset % 2 else 1.0 for asset in names], pa.float64())}
            | {"loss": pa.array([1e6 / 3 * (1 + asset % 2) for asset in names], pa.float64())}
            | {key: pa.array([asset % size for asset in names], pa.int8()) for key, size in CODES.items()}
        ),
        "controls": pa.table({"asset": [1, 2], "kind": pa.array([1, 3], pa.int8()), "effect": [0.5, None]}),
        "vulns": vulns.set_column(
            vulns.schema.get_field_index("h0"), "h0", pa.array(exact[: vulns.num_rows], pa.float64())
        ),
        "vulns_before": vulns,
        "ssvc": dimensions.ssvc(),
        "rules": rules,
        "terms": pa.table({"scale": [1.0], "share": [0.1]}),
    }


CODES = {"exposure": 4, "tier": 3, "setting": 12}

BEFORE = {  # what a question reads that no other question made: the table, and what it holds here
    "repriced": ("priced_before", "SELECT * FROM priced"),
    "picked": ("wanted", "SELECT service, remedy FROM fixes WHERE position <= 5"),
    "sightings": ("wanted", "SELECT place, vuln, asset FROM priced"),
    "sought": ("asked", "SELECT xor(place, vuln) AS number FROM priced"),
    "looked": ("asked", "SELECT DISTINCT asset AS number FROM priced"),
    "bearing": ("asked", "SELECT 'CVE-2024-1' AS name, CAST(2 AS BIGINT) AS number"),
    "under": ("excepted", "SELECT 'e-1' AS exception, xor(place, vuln) AS finding FROM priced"),
    "closed": ("period", "SELECT CAST('2026-03-29 00:30:00' AS TIMESTAMP) AS since"),
    "past": ("details", "SELECT place, vuln, source AS title, ended AS first_seen FROM closed"),
}


class Pair:
    """Two engines that are asked the same; `answers` holds what each said, in an order of its own."""

    def __init__(self, session: Any, count: int) -> None:
        self.engines = (Engine(), SparkEngine(session))
        self.answers: dict[str, list[Rows]] = {}
        rows = told(count)
        self.bind({"rows": rows, **world(count)})
        for name, question in QUESTIONS.items():
            self._prepare(name, rows)
            self._make(name, question)

    def bind(self, tables: dict[str, pa.Table]) -> None:
        for engine in self.engines:
            engine.bind(tables)

    def _prepare(self, name: str, rows: pa.Table) -> None:
        half = rows.slice(0, rows.num_rows // 2)
        if name == "priced":
            self.bind(facts(self.engines[0]))
        elif name in ("findings", "after", "named"):
            self.bind({"rows": rows})
        elif name in ("before", "mine"):
            self.bind({"rows": half})
        elif name in BEFORE:
            self._keep(*BEFORE[name])

    def _keep(self, name: str, sql: str) -> None:
        for engine in self.engines:
            engine.make(name, sql)

    def _make(self, name: str, question: str) -> None:
        self._keep(name, text(question))
        self.answers[name] = [_rows(engine.ask(f"SELECT * FROM {name}")) for engine in self.engines]


def _rows(answer: pa.Table) -> Rows:
    names = sorted(answer.column_names)
    return sorted(tuple(f"{name}={row[name]!r}" for name in names) for row in answer.to_pylist())


@pytest.fixture(scope="module")
def pairs(session: Any) -> dict[int, Pair]:
    """Both engines over the full and over the empty dataset."""
    return {count: Pair(session, count) for count in (FULL, EMPTY)}


def test_every_question_is_asked() -> None:
    texts = {Path(str(found)).stem for found in files("detente.queue").iterdir() if str(found).endswith(".sql")}
    assert texts == set(QUESTIONS.values())


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_answer_alike(pairs: dict[int, Pair], name: str) -> None:
    duck, spark = pairs[FULL].answers[name]
    assert duck == spark
    assert duck, "an empty answer would prove nothing"


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_in_nothing_out_on_both(pairs: dict[int, Pair], name: str) -> None:
    duck, spark = pairs[EMPTY].answers[name]
    assert duck == spark
    assert len(duck) == (1 if name == "counted" else 0)


def test_the_data_holds_what_could_tell_them_apart(pairs: dict[int, Pair]) -> None:
    details, told_ = pairs[FULL].answers["details"][0], pairs[FULL].answers["told"][0]
    assert any("999999" in part for row in details for part in row if part.startswith("last_seen"))
    assert any("reach=None" in row for row in pairs[FULL].answers["findings"][0])
    assert any("cve=None" in row for row in told_)
    weights = [part for row in pairs[FULL].answers["priced"][0] for part in row if part.startswith("weight")]
    assert len({weight[-3] for weight in weights}) > 3  # the fifteenth digit is no zero
    assert len(set(pairs[FULL].answers["fixes"][0])) > 5


def test_a_session_that_is_given_keeps_its_own_settings(session: Any) -> None:
    with SparkEngine(session) as engine:
        engine.bind({"mine_alone": pa.table({"a": [1]})})
        assert engine.session.conf.get("spark.sql.session.timeZone") == "UTC"
    assert session.conf.get("spark.sql.session.timeZone") == "Europe/Berlin"
    assert "mine_alone" not in [view.name for view in session.catalog.listTables()]
    assert session.sql("SELECT 1").count() == 1


def test_an_overflow_is_an_error_and_not_a_null(session: Any) -> None:
    from pyspark.errors import ArithmeticException

    with SparkEngine(session) as engine, pytest.raises(ArithmeticException):
        engine.ask("SELECT CAST(9223372036854775807 AS BIGINT) + CAST(1 AS BIGINT) AS a")


def test_the_queue_derived_on_spark_is_the_queue(session: Any, tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / ".detente")
    reports = [
        trivy("shop:1", [weakness(f"CVE-2024-{n}", f"package-{n % 7}") for n in range(1001, 1060)]),
        grype("shop:1", [("CVE-2024-1001", "package-0"), ("CVE-2024-2001", "bash")], day=1),
        vex("package-3", "CVE-2024-1004", day=2),
    ]
    for number, content in enumerate(reports):
        path = tmp_path / f"{number}.json"
        path.write_bytes(content)
        list(Intake(workspace.engine, workspace.lake).take([str(path)], Order(lambda: moment(9))))
    expected = patch.queue(workspace, moment(10), everything=True)
    shutil.rmtree(workspace.folder / "derived")
    with patch.triage(workspace, moment(10), engine=SparkEngine(session)):
        kept = sorted(path.name for path in (workspace.folder / "derived").rglob("*.parquet"))
    assert kept == [f"{name}.parquet" for name in sorted(patch.ANSWERS)]
    assert patch.queue(workspace, moment(10), everything=True) == expected
    workspace.engine.dispose()
