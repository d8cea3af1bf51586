"""The health test against its printed vectors, against the formulas written out, and against its own promise."""

from math import comb, exp, isclose, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.change import Counts, Health
from detente.plan import canary
from detente.plan.canary import RHOS, Design, Evidence, begin, judge, look, mean

# One look each: n, x, m, z; the mixture with rho0 = 1, with rho0 = 1.2; the e-detector with rho0 = 1 of 60 looks.
VECTORS = [
    ((300, 0, 2700, 5), "0.486083", "0.536675", "0.00677549"),
    ((300, 1, 2700, 5), "0.867908", "0.814504", "0.0137652"),
    ((300, 3, 2700, 5), "4.70947", "3.19323", "0.0888461"),
    ((300, 5, 2700, 0), "790.971", "350.958", "15.8104"),
    ((300, 6, 2700, 6), "139.791", "59.3738", "2.78637"),
    ((3000, 12, 27000, 54), "3.14045", "1.30145", "0.0533023"),
    ((3000, 6, 27000, 54), "0.283330", "0.311326", "0.00277654"),
    ((1000, 20, 1000, 10), "2.63908", "1.20118", "0.0443385"),
]
STORY = [(300, 0, 2700, 4), (310, 2, 2650, 6), (290, 3, 2710, 5), (305, 4, 2690, 6), (300, 5, 2700, 4)]
TOLD = {
    "mixture": ["0.538494", "0.832509", "3.25197", "32.9805", "2760.62"],
    "shifted": ["0.582883", "0.738668", "1.94622", "11.6451", "468.153"],
    "detector": ["0.00775004", "0.0370769", "0.288868", "4.01224", "519.711"],
}


def seen(*looks: tuple[int, int, int, int], design: Design | None = None) -> Evidence:
    evidence = begin(design or Design(rho0=1.0))
    for counts in looks:
        evidence = look(evidence, Counts(*counts))
    return evidence


def printed(logarithm: float, like: str) -> str:
    """A value in as many digits as the printed one has."""
    digits = len(like.replace(".", "").lstrip("0"))
    return f"{exp(logarithm):#.{digits}g}"


@pytest.mark.parametrize(("counts", "mixture", "shifted", "detector"), VECTORS)
def test_printed_vectors(counts: tuple[int, int, int, int], mixture: str, shifted: str, detector: str) -> None:
    paired, slower = seen(counts), seen(counts, design=Design(rho0=1.2))
    assert printed(mean(paired.mixture), mixture) == mixture
    assert printed(mean(slower.mixture), shifted) == shifted
    assert printed(mean(paired.detector[1:]), detector) == detector


def test_printed_sequence() -> None:
    for end in range(1, len(STORY) + 1):
        paired, slower = seen(*STORY[:end]), seen(*STORY[:end], design=Design(rho0=1.2))
        told = {name: values[end - 1] for name, values in TOLD.items()}
        assert printed(mean(paired.mixture), told["mixture"]) == told["mixture"]
        assert printed(mean(slower.mixture), told["shifted"]) == told["shifted"]
        assert printed(mean(paired.detector[1:]), told["detector"]) == told["detector"]


@pytest.mark.parametrize(
    ("share", "needed"), [(0.1, (700, 208, 69, 27)), (0.25, (368, 118, 44, 20)), (0.5, (318, 113, 49, 26))]
)
def test_errors_needed_before_the_start(share: float, needed: tuple[int, ...]) -> None:
    assert tuple(round(canary.errors_needed(share, rho)) for rho in (1.5, 2, 3, 5)) == needed
    assert canary.errors_needed(share, 1.0) == float("inf")


def slow(looks: list[tuple[int, int, int, int]], design: Design) -> float:
    """The average of both processes by the binomial formula itself, onset by onset, without any logarithm."""

    def chance(n: int, x: int, m: int, z: int, rho: float) -> float:
        q = rho * n / (rho * n + m)
        return float(comb(x + z, x) * q**x * (1 - q) ** z)

    def ratio(part: list[tuple[int, int, int, int]], rho: float) -> float:
        value = 1.0
        for one in part:
            value *= chance(*one, rho) / chance(*one, design.rho0)
        return value

    mixture = sum(weight * ratio(looks, rho) for rho, weight in zip(RHOS, canary.WEIGHTS, strict=True))
    onsets = range(min(len(looks), design.looks))
    detector = sum(ratio(looks[start:], rho) / design.looks for rho in RHOS[1:] for start in onsets) / len(RHOS[1:])
    return (1 - canary.LATE) * mixture + canary.LATE * detector


COUNTS = st.tuples(st.integers(20, 400), st.integers(0, 6), st.integers(20, 4000), st.integers(0, 12))


@given(st.lists(COUNTS, min_size=1, max_size=6), st.sampled_from([1.0, 1.2]), st.integers(1, 8))
def test_the_average_is_what_the_formula_says(
    looks: list[tuple[int, int, int, int]], rho0: float, planned: int
) -> None:
    design = Design(rho0=rho0, looks=planned)
    assert isclose(exp(seen(*looks, design=design).against), slow(looks, design), rel_tol=1e-9)


@given(
    st.integers(1, 50),
    st.integers(1, 300),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8),
)
def test_how_batches_are_cut_changes_nothing(n: int, m: int, errors: list[tuple[int, int]]) -> None:
    apart = seen(*[(9 * n, x, 9 * m, z) for x, z in errors])
    x, z = (sum(each) for each in zip(*errors, strict=True))
    whole = seen((9 * n * len(errors), x, 9 * m * len(errors), z))
    backwards = seen(*[(9 * n, x, 9 * m, z) for x, z in reversed(errors)])
    assert apart.mixture == pytest.approx(whole.mixture, abs=1e-9)
    assert apart.mixture == pytest.approx(backwards.mixture, abs=1e-9)
    assert apart.reverse == pytest.approx(whole.reverse, abs=1e-9)


@pytest.mark.parametrize(
    ("true", "process"), [(1.2, "against"), (1.0, "against"), (2.0, "harmless"), (3.0, "harmless")]
)
def test_under_its_null_no_process_grows_on_average(true: float, process: str) -> None:
    random, values = Random(20), []
    for _ in range(1_500):
        evidence = begin(Design(looks=3))
        for _ in range(3):
            q = true * 100 / (true * 100 + 300)
            x = sum(random.random() < q for _ in range(6))
            evidence = look(evidence, Counts(100, x, 300, 6 - x))
        values.append(exp(getattr(evidence, process)))
    error = (sum((v - 1) ** 2 for v in values) / len(values) ** 2) ** 0.5
    assert sum(values) / len(values) <= 1 + 3 * error


def test_no_traffic_no_control_and_no_errors_are_no_evidence() -> None:
    for counts in [(0, 0, 0, 0), (0, 0, 500, 9), (500, 9, 0, 0), (500, 0, 500, 0)]:
        evidence = seen(counts)
        assert evidence.mixture == (0.0,) * len(RHOS)
        assert evidence.reverse == (0.0,) * len(canary.GOOD)
        assert judge(evidence).health is Health.INCONCLUSIVE
    assert judge(seen((0, 0, 500, 9))).why == "no request reached the canary: that is no evidence"
    assert "a control group with traffic" in judge(seen((500, 9, 0, 0))).why


def test_canary_errors_beside_a_faultless_control_are_seen() -> None:
    verdict = judge(seen((300, 5, 2700, 0)))
    assert verdict.health is Health.UNHEALTHY
    assert verdict.why.startswith("the canary fails more often than its control group: 5 of 300 requests failed")
    assert judge(seen((3000, 40, 27000, 54))).why.endswith("(over 1,000,000 to 1)")


def test_a_healthy_canary_is_shown_to_be_so_about_when_it_was_foretold() -> None:
    first = look(begin(Design()), Counts(3_000, 6, 27_000, 54))
    told = judge(first)
    assert told.health is Health.INCONCLUSIVE
    assert told.needed is not None
    looks = round(told.needed / 3_000)
    assert judge(seen(*[(3_000, 6, 27_000, 54)] * (looks + 2), design=Design())).health is Health.HEALTHY
    assert judge(seen(*[(3_000, 6, 27_000, 54)] * (looks // 2), design=Design())).health is Health.INCONCLUSIVE


def test_a_service_that_never_fails_is_judged_by_what_it_is_allowed() -> None:
    spotless = [(2_000, 0, 18_000, 0)] * 10
    assert judge(seen(*spotless, design=Design())).health is Health.INCONCLUSIVE
    allowed = Design(allowed=0.001)
    assert judge(seen(*spotless, design=allowed)).health is Health.HEALTHY
    assert judge(seen(*spotless[:1], design=allowed)).needed == pytest.approx(6_000, rel=0.5)


def test_a_longer_run_adds_no_onset() -> None:
    quiet = [(100, 0, 900, 0)]
    assert mean(seen(*quiet * 5, design=Design(looks=5)).detector) == pytest.approx(0)
    assert mean(seen(*quiet * 9, design=Design(looks=5)).detector) == pytest.approx(0)


@pytest.mark.parametrize("counts", [(1, 2, 3, 0), (1, 0, 3, 4), (1, -1, 3, 0), (-5, 0, 3, 0)])
def test_counts_that_cannot_be(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no errors out of requests"):
        Counts(*counts)


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"rho0": 2.0}, {"looks": 0}, {"allowed": 1.0}, {"rho0": 0.5}])
def test_designs_that_test_nothing(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"no test|no rate"):
        Design(**wrong)  # type: ignore[arg-type]


def test_logarithms_of_sums() -> None:
    assert canary.joined((-1000.0, -1000.0)) == pytest.approx(-1000 + log(2))
    assert mean((float("-inf"),) * 2) == float("-inf")
