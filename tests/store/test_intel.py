from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detente.model.intel import Kind
from detente.store.intel import SCHEMAS, Batch, changed, dossier, faults, keep, seal, sources, usable

DAY = date(2024, 3, 4)
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


def batch(kind, rows, as_of=DAY, name=""):
    return Batch(name or kind.value, kind, pa.Table.from_pylist(rows, schema=SCHEMAS[kind]), "v1", as_of)


def evidence(name, as_of, *cves, first_seen=None):
    return batch(Kind.EVIDENCE, [{"cve": cve, "first_seen": first_seen} for cve in cves], as_of, name)


@pytest.fixture
def known(database, tmp_path):
    def ask(as_of, *batches):
        for each in batches:
            keep(database, tmp_path, each, datetime(2026, 1, 1, tzinfo=UTC))
        table, fresh = dossier(tmp_path, sources(database), as_of)
        return {row["cve"]: row for row in table.to_pylist()}, fresh

    return ask


def test_the_same_content_twice_is_one_state(database, tmp_path):
    rows = batch(Kind.EPSS, [{"cve": "CVE-2023-0001", "epss": 0.1, "percentile": 0.5}])
    first = keep(database, tmp_path, rows, NOON)
    assert keep(database, tmp_path, rows, datetime(2025, 1, 1, tzinfo=UTC)) is None
    assert sources(database) == [first]
    assert [path.stem for path in (tmp_path / "intel" / "epss").iterdir()] == [first.digest]


def test_an_undated_list_imported_again_does_not_grow_younger(database, tmp_path):
    rows = evidence("nuclei", None, "CVE-2023-0001")
    assert keep(database, tmp_path, rows, datetime(2024, 1, 1, tzinfo=UTC)).as_of == date(2024, 1, 1)
    assert keep(database, tmp_path, rows, datetime(2024, 6, 1, tzinfo=UTC)) is None
    assert [state.refreshed() for state in sources(database)] == [date(2024, 1, 1)]


def test_a_publisher_that_confirms_makes_it_younger(database, tmp_path):
    rows = evidence("nuclei", None, "CVE-2023-0001")
    keep(database, tmp_path, rows, datetime(2024, 1, 1, tzinfo=UTC))
    keep(
        database,
        tmp_path,
        rows,
        datetime(2024, 6, 1, tzinfo=UTC),
        checked_at=datetime(2024, 6, 1, 8, tzinfo=UTC),
        etag='"a"',
    )
    (state,) = sources(database)
    assert (state.as_of, state.refreshed(), state.etag) == (date(2024, 1, 1), date(2024, 6, 1), '"a"')


def test_nothing_dated_later_is_read(known):
    rows, _ = known(
        DAY,
        batch(Kind.EPSS, [{"cve": "CVE-2023-0001", "epss": 0.1, "percentile": 0.5}], date(2024, 3, 1)),
        batch(Kind.EPSS, [{"cve": "CVE-2023-0001", "epss": 0.9, "percentile": 0.99}], date(2024, 3, 5)),
        batch(
            Kind.KEV,
            [
                {"cve": "CVE-2023-0001", "added": date(2024, 3, 5), "ransomware": True},
                {"cve": "CVE-2023-0002", "added": DAY, "ransomware": True},
            ],
            date(2024, 4, 1),
        ),
        batch(
            Kind.FACTS,
            [
                {"cve": "CVE-2023-0001", "published": DAY, "base_score": 9.8, "base_at": date(2024, 3, 5)},
                {"cve": "CVE-2023-0001", "ssvc_exploitation": "active", "ssvc_at": date(2024, 3, 5)},
                {"cve": "CVE-2023-0001", "state": "REJECTED"},
                {"cve": "CVE-2024-0009", "published": date(2024, 3, 5), "base_score": 9.8},
            ],
            date(2024, 4, 1),
        ),
        evidence("nuclei", date(2024, 3, 5), "CVE-2023-0001"),
        evidence("metasploit", date(2024, 4, 1), "CVE-2023-0001", first_seen=date(2024, 3, 5)),
        evidence("exploitdb", date(2024, 4, 1), "CVE-2023-0001", first_seen=date(2024, 3, 3)),
    )
    assert rows.keys() == {"CVE-2023-0001", "CVE-2023-0002"}
    first, second = rows["CVE-2023-0001"], rows["CVE-2023-0002"]
    assert (first["epss"], first["published"], first["exploitdb"]) == (0.1, DAY, date(2024, 3, 3))
    assert {
        first[key] for key in ("kev_added", "base_score", "ssvc_exploitation", "state", "nuclei", "metasploit")
    } == {None}
    assert (second["kev_added"], second["ransomware"]) == (DAY, None)


def test_an_undated_listing_counts_in_the_newest_list_only(known):
    rows, _ = known(
        DAY,
        evidence("nuclei", date(2024, 1, 1), "CVE-2023-0001", "CVE-2023-0002", "CVE-2023-0003"),
        evidence("nuclei", date(2024, 2, 1), "CVE-2023-0002"),
        evidence("exploitdb", date(2024, 1, 1), "CVE-2023-0001", "CVE-2023-0009", first_seen=date(2020, 1, 1)),
        evidence("exploitdb", date(2024, 2, 1), "CVE-2023-0002"),
    )
    listed = {cve: (row["nuclei"], row["exploitdb"]) for cve, row in rows.items()}
    assert listed == {
        "CVE-2023-0001": (None, date(2020, 1, 1)),
        "CVE-2023-0002": (date(2024, 2, 1), date(2024, 2, 1)),
        "CVE-2023-0009": (None, date(2020, 1, 1)),
    }


def test_freshness_is_the_last_day_a_source_was_current(known):
    _, fresh = known(
        DAY,
        batch(Kind.EPSS, [{"cve": "CVE-2023-0001", "epss": 0.1, "percentile": 0.5}], date(2024, 3, 1)),
        batch(Kind.KEV, [{"cve": "CVE-2023-0001", "added": date(2020, 1, 1)}], date(2025, 1, 1)),
        evidence("nuclei", date(2024, 1, 1), "CVE-2023-0001"),
        evidence("poc", date(2024, 6, 1), "CVE-2023-0001"),
        evidence("exploitdb", date(2024, 6, 1), "CVE-2023-0001", first_seen=date(2020, 1, 1)),
    )
    assert fresh == {"epss": date(2024, 3, 1), "kev": DAY, "nuclei": date(2024, 1, 1), "exploitdb": DAY}


def test_another_listing_counts_where_it_is_newer_than_the_catalogue(known):
    rows, _ = known(
        date(2024, 6, 1),
        batch(Kind.KEV, [{"cve": "CVE-2023-0001", "added": date(2024, 1, 1)}]),
        evidence("cisa_kev", date(2024, 5, 1), "CVE-2023-0002", first_seen=date(2024, 5, 1)),
        evidence("cisa_kev", date(2024, 2, 1), "CVE-2023-0003", first_seen=date(2024, 2, 1)),
    )
    assert {cve: row["kev_added"] for cve, row in rows.items()} == {
        "CVE-2023-0001": date(2024, 1, 1),
        "CVE-2023-0002": date(2024, 5, 1),
        "CVE-2023-0003": None,
    }


def test_facts_are_put_together_and_the_best_voice_is_believed(known):
    rows, _ = known(
        DAY,
        batch(Kind.FACTS, [{"cve": "CVE-2023-0001", "base_score": 5.0, "assigner": "acme"}], DAY, "vulnrichment"),
        batch(Kind.FACTS, [{"cve": "CVE-2023-0001", "base_score": 7.0}], date(2023, 12, 1), "nvd"),
        batch(Kind.FACTS, [{"cve": "CVE-2023-0001", "base_score": 8.0}], date(2023, 11, 1), "nvd"),
    )
    assert (rows["CVE-2023-0001"]["base_score"], rows["CVE-2023-0001"]["assigner"]) == (7.0, "acme")


def test_a_fuller_later_list_replaces_an_older_one_but_not_a_small_addition(database, tmp_path):
    for day, rows in ((1, 1200), (2, 1000), (3, 1100), (4, 1)):
        cves = (f"CVE-2023-{day}{n:04}" for n in range(rows))
        keep(database, tmp_path, evidence("poc", date(2024, 1, day), *cves), NOON)
    assert [state.as_of.day for state in usable(sources(database), DAY)] == [4, 3, 1]


def test_a_daily_catalogue_stores_only_what_changed(database, tmp_path):
    def day(number, *scores):
        rows = [{"cve": f"CVE-2023-000{n}", "base_score": score, "cwe": "CWE-79"} for n, score in enumerate(scores)]
        return keep(database, tmp_path, batch(Kind.FACTS, rows, date(2024, 1, number), "nvd"), NOON)

    states = [day(1, 5.0, 6.0), day(2, 5.0, 7.0, 8.0), day(3, 5.0, 6.0, 8.0)]
    assert [state.rows for state in states] == [2, 3, 3]
    assert [pq.read_metadata(tmp_path / state.path).num_rows for state in states] == [2, 2, 1]
    for number, expected in ((1, [5.0, 6.0]), (2, [5.0, 7.0, 8.0]), (3, [5.0, 6.0, 8.0])):
        table, _ = dossier(tmp_path, [s for s in sources(database) if s.as_of.day <= number], DAY)
        assert table["base_score"].to_pylist() == expected


def test_a_table_is_sealed_whole_or_not_at_all(tmp_path):
    table = pa.table({"a": [1]})
    path = seal(table, tmp_path / "deep", "name")
    assert path == tmp_path / "deep" / "name.parquet"
    with pytest.raises(FileNotFoundError):
        seal(table, tmp_path / "deep", "no/such")
    assert [each.name for each in Path(tmp_path / "deep").iterdir()] == ["name.parquet"]


def test_changes_are_new_entries_jumps_and_classes_but_not_a_days_age(tmp_path):
    def prices(name, rows):
        return seal(
            pa.Table.from_pylist([dict(zip(("cve", "h0", "hazard_class"), r, strict=True)) for r in rows]),
            tmp_path,
            name,
        )

    before = prices(
        "a", [("CVE-1", 1e-6, "ranked"), ("CVE-2", 1e-6, "ranked"), ("CVE-3", 0.0025, "ranked"), ("CVE-5", 1.0, "edge")]
    )
    after = prices(
        "b",
        [
            ("CVE-1", 1.05e-6, "ranked"),
            ("CVE-2", 2e-6, "ranked"),
            ("CVE-3", 0.0025, "exploited"),
            ("CVE-4", 1e-6, "ranked"),
        ],
    )
    assert changed(before, after) == {"CVE-2", "CVE-3", "CVE-4", "CVE-5"}
    assert changed(before, before) == set()


def test_known_facts_imported_again_are_still_there(known):
    """A catalogue stores only what is new in it: of a known state that is nothing, and must not replace its file."""
    facts = batch(Kind.FACTS, [{"cve": "CVE-2023-0001", "published": date(2023, 1, 1), "base_score": 9.8}])
    for _ in range(3):
        rows, _ = known(DAY, facts)
        assert rows["CVE-2023-0001"]["base_score"] == 9.8


def test_faults_are_those_of_the_newest_list_that_are_not_mended(database, tmp_path):
    def told(name, as_of, *components, resolved=None):
        rows = [{"component": one, "version": "", "title": "", "url": "", "resolved": resolved} for one in components]
        keep(database, tmp_path, batch(Kind.FAULTS, rows, as_of, name), NOON)

    told("acme", date(2024, 3, 1), "left", "right")
    told("acme", date(2024, 3, 3), "right")
    told("bolt", date(2024, 3, 2), "nut", resolved=date(2024, 3, 5))

    def known(day):
        return {(one.source, one.component) for one in faults(database, tmp_path, day)}

    assert known(date(2024, 2, 29)) == set()
    assert known(date(2024, 3, 2)) == {("acme", "left"), ("acme", "right"), ("bolt", "nut")}
    assert known(date(2024, 3, 4)) == {("acme", "right"), ("bolt", "nut")}
    assert known(date(2024, 3, 5)) == {("acme", "right")}
    assert usable(sources(database), DAY) == []
