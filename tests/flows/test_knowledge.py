import json
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detente.edge.feeds import Harvest
from detente.edge.feeds.files import harvest
from detente.flows import intel
from detente.model.errors import DetenteError
from detente.model.intel import Kind
from detente.queue.coefficients import PUBLIC
from detente.queue.rank import SCHEMA
from detente.store.database import open_database
from detente.store.intel import SCHEMAS, Batch
from knowledge import EPSS, KEV, feeds

DAY = date(2024, 3, 4)
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path):
    made = open_database(tmp_path / "home")
    yield made
    made.dispose()


@pytest.fixture
def home(tmp_path, engine):
    bring(engine, tmp_path / "home", *feeds(tmp_path / "feeds").iterdir())
    return tmp_path / "home"


def bring(engine, home, *paths):
    whole = Harvest()
    for path in paths:
        for _, got in harvest(path):
            whole.merge(got)
    return list(intel.bring(engine, home, whole.close(), NOON))


def rows(path):
    return {row["cve"]: row for row in pq.read_table(path).to_pylist()}


def test_without_intelligence_the_table_is_empty_and_valid(tmp_path, engine):
    table = pq.read_table(intel.scored(tmp_path, engine, DAY))
    assert (table.num_rows, table.schema.remove_metadata()) == (0, SCHEMA)


def test_prices_are_made_once_per_inputs(home, engine):
    first = intel.scored(home, engine, DAY)
    stamp = first.stat().st_mtime_ns
    assert intel.scored(home, engine, DAY) == first
    assert first.stat().st_mtime_ns == stamp
    assert intel.scored(home, engine, date(2024, 3, 5)) != first
    assert intel.scored(home, engine, DAY, (PUBLIC,)) != first


def test_prices(home, engine):
    got = rows(intel.scored(home, engine, DAY))
    assert list(got) == ["CVE-2023-0001", "CVE-2023-0002", "CVE-2023-0003", "CVE-2024-0004"]
    assert [row["hazard_class"] for row in got.values()] == ["ranked", "ranked", "edge", "ranked"]
    assert got["CVE-2023-0003"]["h0"] == 0.01
    assert got["CVE-2023-0003"]["ransomware"] is True
    assert got["CVE-2023-0001"]["score"] > got["CVE-2024-0004"]["score"] > got["CVE-2023-0002"]["score"]
    assert got["CVE-2023-0001"]["exploitation"] == "poc"
    assert not any(row["stale"] for row in got.values())


def test_a_new_kev_entry_touches_only_what_it_names(home, engine, tmp_path):
    before = intel.scored(home, engine, DAY)
    entry = KEV["vulnerabilities"][0] | {"cveID": "CVE-2024-0004"}
    (tmp_path / "new.json").write_text(json.dumps(KEV | {"vulnerabilities": [*KEV["vulnerabilities"], entry]}))
    bring(engine, home, tmp_path / "new.json")
    after = intel.scored(home, engine, DAY)
    assert intel.changed(before, after) == {"CVE-2024-0004"}
    assert rows(after)["CVE-2024-0004"]["h0"] == 0.0025


def test_an_epss_jump_touches_only_what_jumped(home, engine, tmp_path):
    before = intel.scored(home, engine, DAY)
    (tmp_path / "epss.csv").write_text(EPSS.replace("CVE-2024-0004,0.002", "CVE-2024-0004,0.6"))
    bring(engine, home, tmp_path / "epss.csv")
    assert intel.changed(before, intel.scored(home, engine, DAY)) == {"CVE-2024-0004"}


def test_old_evidence_is_silent_and_says_so(home, engine):
    late = rows(intel.scored(home, engine, date(2024, 6, 30)))
    assert all(row["stale"] for row in late.values())
    assert "ranked by epss_age" in late["CVE-2023-0001"]["notes"]
    assert "poc of 2024-03-01 is stale" in late["CVE-2023-0001"]["notes"]


def test_a_ranking_names_strangers_and_keeps_its_promise_on_order(home, engine):
    ids = ["CVE-2023-0002", "CVE-2024-0009", "CVE-2023-0003", "CVE-2023-0001", "CVE-2023-0001"]
    got = intel.ranking(home, engine, DAY, ids)
    assert [row.cve for row in got] == ["CVE-2023-0003", "CVE-2023-0001", "CVE-2024-0009", "CVE-2023-0002"]
    assert [row.score for row in got] == sorted((row.score for row in got), reverse=True)
    assert all(sum(term.points for term in row.terms) == pytest.approx(row.score) for row in got)
    assert got[0].reasons()[0] == "known exploited (listed 2024-01-10): +20.00"
    assert "no intelligence" in got[2].reasons()[-1]
    assert got[1].p30 < got[0].p30 == 1.0


def test_ranking_in_the_past_knows_nothing_of_what_came_later(home, engine):
    early = {row.cve: row for row in intel.ranking(home, engine, date(2024, 1, 9), ["CVE-2023-0003", "CVE-2023-0001"])}
    assert not any("known exploited" in reason for row in early.values() for reason in row.reasons())
    assert "no intelligence" in early["CVE-2023-0001"].reasons()[-1]


def test_a_confirmed_state_is_fresh_again(home, engine):
    from datetime import UTC, datetime

    for state in intel.latest(engine).values():
        intel.confirm(engine, state, datetime(2024, 6, 29, tzinfo=UTC))
    assert not any(row["stale"] for row in rows(intel.scored(home, engine, date(2024, 6, 30))).values())


def test_refit_learns_from_the_workspace_and_from_nothing_later(tmp_path, engine):
    rng = np.random.default_rng(5)
    ids = [f"CVE-2022-{n:05}" for n in range(2000)]
    scores = rng.random(2000) ** 4
    listed = [cve for cve, score in zip(ids, scores, strict=True) if rng.random() < score / 5]
    table = {"cve": ids, "epss": scores, "percentile": scores}
    kev = [{"cve": cve, "added": date(2024, 4, 1 + n % 25)} for n, cve in enumerate(listed)]
    kev[0]["added"] = date(2024, 2, 1)
    batches = [
        Batch("epss", Kind.EPSS, pa.table(table, schema=SCHEMAS[Kind.EPSS]), "v", DAY),
        Batch("kev", Kind.KEV, pa.Table.from_pylist(kev, schema=SCHEMAS[Kind.KEV]), "", date(2024, 7, 1)),
    ]
    list(intel.bring(engine, tmp_path, batches, NOON))
    made = intel.refit(tmp_path, engine, DAY, date(2024, 4, 20), names=["le", "lage"], name="mine")
    assert made.positives == sum(DAY < row["added"] <= date(2024, 4, 20) for row in kev)
    assert made.population == 1999
    assert made.weights["le"] > 0
    with pytest.raises(DetenteError, match="not fitted"):
        intel.refit(tmp_path, engine, DAY, date(2024, 4, 1), names=["le"], name="mine")
