from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.intel import Kind, Source
from detente.queue.coefficients import PUBLIC, SETS
from detente.queue.explain import explain
from detente.queue.features import features, parts, record
from detente.queue.rank import DOSSIER, hazard, lift, score, score_unknown, scored, standing, unknown

DAY = date(2024, 3, 4)
FRESH = dict.fromkeys(("epss", "kev", "facts", "exploitdb", "metasploit", "nuclei", "poc"), DAY)
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:{0}/I:{0}/A:{0}"


def dossier(**columns):
    rows = max(len(values) for values in columns.values())
    return pa.table([columns.get(name, [None] * rows) for name in DOSSIER.names], schema=DOSSIER)


@pytest.mark.parametrize(
    ("epss", "base", "vector", "poc", "age", "assigner", "le", "lage", "expected"),
    [
        (0.0135, 9.8, V3.format("H"), 1, 30, 0.0, -4.291474, 0.685934, -4.006739),
        (0.00043, 7.5, V3.format("N"), 0, 1461, -0.5, -7.751295, 3.891820, -9.078265),
        (0.09719, 9.8, V3.format("H"), 1, 88, 1.003720, None, None, -3.691173),
    ],
)
def test_scores_of_the_published_set(epss, base, vector, poc, age, assigner, le, lage, expected):
    published = np.datetime64(DAY) - np.timedelta64(age, "D")
    table = dossier(
        cve=["CVE-2023-0001"],
        epss=[epss],
        base_score=[base],
        base_vector=[vector],
        published=[published.item()],
        poc=[DAY if poc else None],
    )
    found = features(table, DAY) | {"asg": np.array([assigner])}
    if le is not None:
        assert found["le"][0] == pytest.approx(le, abs=1e-6)
        assert found["lage"][0] == pytest.approx(lage, abs=1e-6)
    assert score(found, PUBLIC)[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("points", "window", "p30", "h0"),
    [
        (-4.006739, 0.017867567, 1.135506607e-03, 5.677533033e-05),
        (-9.078265, 0.000114106, 7.191096421e-06, 3.595548210e-07),
        (-3.691173, 0.024335728, 1.551343291e-03, 7.756716455e-05),
    ],
)
def test_score_to_hazard(points, window, p30, h0):
    got = hazard(np.array([points]), PUBLIC.months)
    assert got[0][0] == pytest.approx(window, abs=5e-10)
    assert got[1][0] == pytest.approx(p30, rel=1e-6)
    assert got[2][0] == pytest.approx(h0, rel=1e-6)


def test_months_of_the_label_window():
    assert PUBLIC.months == pytest.approx(15.868583, abs=1e-6)


@given(st.floats(-30, 30), st.floats(0.5, 36))
def test_a_hazard_is_a_probability_that_grows_with_the_score(points, months):
    low, high = (hazard(np.array([p]), months)[2][0] for p in (points, points + 0.5))
    assert 0 <= low <= high <= 0.05


def test_known_exploitation_sets_the_class_and_never_the_score():
    table = dossier(
        cve=["CVE-2023-0001", "CVE-2023-0002", "CVE-2023-0003", "CVE-2023-0004"],
        kev_added=[DAY, DAY, None, None],
        base_vector=[V3.format("H"), V3.format("N"), V3.format("H"), V3.format("H")],
        ssvc_exploitation=[None, None, "active", "none"],
        ssvc_automatable=[None, None, "no", "yes"],
        ssvc_impact=[None, None, "total", "total"],
    )
    got = scored(table, features(table, DAY), standing(FRESH, DAY)).to_pylist()
    assert [row["hazard_class"] for row in got] == ["edge", "exploited", "exploited", "ranked"]
    assert [row["h0"] for row in got[:3]] == [0.01, 0.0025, 0.0025]
    assert got[3]["h0"] == pytest.approx(got[3]["p30"] * 0.05)
    assert [row["exploitation"] for row in got] == ["active", "active", "active", "none"]
    assert [row["automatable"] for row in got] == [True, True, False, True]


def test_unknown_stays_unknown():
    table = dossier(cve=["CVE-2023-0001"])
    row = scored(table, features(table, DAY), standing(FRESH, DAY)).to_pylist()[0]
    assert row["automatable"] is row["total"] is row["exploitation"] is row["epss"] is row["ransomware"] is None
    assert row["notes"] == "no EPSS: median of its age"


def test_missing_epss_counts_as_the_median_of_its_age_not_as_zero():
    ids = [f"CVE-2023-{n:04}" for n in range(4)]
    table = dossier(cve=ids, epss=[0.1, 0.2, 0.3, None], published=[date(2023, 9, 1)] * 4)
    found = features(table, DAY)
    assert found["le"][3] == pytest.approx(found["le"][1])


@pytest.mark.parametrize(
    ("late", "chosen", "note"),
    [
        ({}, "lean", ""),
        ({"poc": None}, "lean_no_poc", "poc missing"),
        ({"poc": date(2024, 1, 1)}, "lean_no_poc", "poc of 2024-01-01 is stale"),
        ({"nuclei": date(2024, 1, 1)}, "epss_age", "nuclei of 2024-01-01 is stale"),
        ({"nuclei": date(2024, 1, 4)}, "lean", ""),
        ({"epss": None}, "lean", "epss missing"),
    ],
)
def test_a_source_older_than_sixty_days_no_longer_speaks(late, chosen, note):
    fresh = {name: day for name, day in (FRESH | late).items() if day is not None}
    state = standing(fresh, DAY)
    assert state.chosen.name == chosen
    assert note in state.note()
    assert state.stale == ("stale" in note or "epss" in note)


def test_cves_that_no_source_knows_are_priced_by_id_and_vector():
    ids = ["CVE-2024-99999", "CVE-2010-99999", "GHSA-xxxx-yyyy-zzzz"]
    got = score_unknown(ids, [V3.format("H"), None, None], [9.8, None, None], DAY)
    rows = got.to_pylist()
    assert [row["cve"] for row in rows] == ids
    assert all(
        row["notes"].endswith(
            "epss missing, facts missing, kev missing, metasploit missing, nuclei missing, poc missing"
        )
        for row in rows
    )
    assert all("no intelligence" in row["notes"] for row in rows)
    assert rows[0]["score"] > rows[1]["score"]
    assert (rows[0]["automatable"], rows[1]["automatable"]) == (True, None)
    assert score_unknown([], [], [], DAY).num_rows == 0


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(0, 1),
            st.none() | st.floats(0, 10),
            st.sampled_from([None, V3.format("H"), "AV:N/AC:L/Au:N/C:C/I:C/A:C", "nonsense"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_terms_sum_to_the_score(rows):
    epss, base, vectors, poc = zip(*rows, strict=True)
    table = dossier(
        cve=[f"CVE-2023-{n:04}" for n in range(len(rows))],
        epss=epss,
        base_score=base,
        base_vector=vectors,
        poc=[DAY if listed else None for listed in poc],
    )
    found = features(table, DAY)
    for chosen in (*SETS, PUBLIC):
        state = standing(FRESH, DAY, [chosen])
        sums = [sum(term.points for term in terms) for terms in explain(table, found, state, {})]
        assert sums == pytest.approx(score(found, chosen).tolist(), abs=1e-9)


def test_terms_name_their_source_and_day():
    from datetime import UTC, datetime

    source = Source("epss", Kind.EPSS, "v2023.03.01", DAY, "d", 1, "p", datetime(2024, 3, 4, tzinfo=UTC))
    table = dossier(cve=["CVE-2023-0001"], epss=[0.0972], poc=[date(2024, 1, 2)])
    texts = [str(term) for term in next(explain(table, features(table, DAY), standing(FRESH, DAY), {"epss": source}))]
    assert "EPSS 0.0972 (model v2023.03.01, 2024-03-04): +0.49" in texts
    assert "in a public PoC list, known since 2024-01-02: +2.06" in texts


def test_a_ranking_puts_known_exploitation_above_any_prediction():
    table = dossier(cve=["CVE-1999-0001", "CVE-2024-0001"], kev_added=[DAY, None], epss=[0.0, 1.0], poc=[None, DAY])
    got = scored(table, features(table, DAY), standing(FRESH, DAY))
    assert lift(got).tolist() == [20.0, 0.0]
    assert got["score"][0].as_py() + 20 > got["score"][1].as_py()


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", (True, True, True, True, True)),
        ("CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:U/C:H/I:H/A:L", (False, False, False, False, False)),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", (True, True, True, True, True)),
        ("AV:N/AC:M/Au:S/C:P/I:P/A:P", (True, False, False, True, False)),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", (True, True, True, True, True)),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:N/SC:H/SI:H/SA:H", (True, True, True, False, False)),
        ("", (False, False, False, True, False)),
    ],
)
def test_parts_of_a_vector(vector, expected):
    assert parts(vector) == expected


def test_an_assigner_is_measured_by_its_recent_cves_alone():
    names = pa.chunked_array([["a"] * 100 + ["b"] * 100 + [None]])
    young = np.array([True] * 150 + [False] * 50 + [True])
    exploited = np.array([True] * 10 + [False] * 191)
    got = record(names, young, exploited)
    mean = 10 / 151
    assert got[0] == pytest.approx(np.log((10 + 200 * mean) / 300 / mean))
    assert got[100] == got[199] == pytest.approx(np.log((0 + 200 * mean) / 250 / mean))
    assert got[200] == 0
    assert not record(names, young, np.zeros(201, bool)).any()


def test_an_id_tells_its_year_and_no_more():
    table = unknown(["CVE-2020-0001", "CVE-2024-0001", "GHSA-1"], [None] * 3, [None] * 3)
    months = np.expm1(features(table, DAY)["lage"])
    assert months[0] == pytest.approx((DAY - date(2020, 7, 1)).days / 365.25 * 12)
    assert months[1] == months[2] == 0
