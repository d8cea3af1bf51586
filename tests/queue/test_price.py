"""Prices against hand-checked vectors (research on pricing, V2 and V3) and against laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.estate import Estate, Exposure, Service
from detente.queue.price import Loss, benefit, combined, hazard, implied, worths

EDGE, EXPLOITED, SPREAD = 0.01, 0.0025, 0.05


@pytest.mark.parametrize(
    "low, high, cap, mu, sigma, median, mean, limited",
    [
        (1e5, 1e6, 2e6, 12.664218, 0.699936, 316227.766017, 404001.282695, 401712.519243),
        (1e5, 5e6, 2e7, 13.468937, 1.189171, 707106.781187, 1434031.510510, 1408247.443059),
        (5e4, 2e6, 2e7, 12.664218, 1.121340, 316227.766017, 592982.051358, 592197.306990),
        (1e4, 1e8, 5e7, 13.815511, 2.799745, 1000000.0, 50364427.752411, 8106943.695013),
    ],
)
def test_a_lognormal_from_its_interval(low, high, cap, mu, sigma, median, mean, limited) -> None:
    loss = Loss(low, high)
    assert (loss.mu, loss.sigma) == pytest.approx((mu, sigma), abs=1e-6)
    assert (loss.median, loss.mean, loss.limited(cap)) == pytest.approx((median, mean, limited), rel=1e-6)


def estate(scale: float) -> dict[str, tuple[list[float], float]]:
    """Vector V2: hazards of the findings of each asset, and its loss times blast."""
    high, low = Loss(1e5, 5e6).limited(2e7), Loss(5e4, 2e6).limited(2e7)
    edge = [hazard(EDGE, scale=scale), hazard(1.8e-3 * SPREAD, scale=scale, control=0.5)]
    app = [
        hazard(EXPLOITED, scale=scale, exposure=0.3),
        hazard(2.3e-4 * SPREAD, scale=scale, exposure=0.3, reach=0.2),
        hazard(1.1e-5 * SPREAD, scale=scale, exposure=0.3),
    ]
    base = [hazard(EDGE, scale=scale, exposure=0.05, control=0.3)]
    return {"edge-1": (edge, high * 0.8), "app-1": (app, low * 0.5), "db-1": (base, high * 1.0)}


@pytest.mark.parametrize(
    "scale, hazards, losses, total, yearly",
    [
        (1, (0.010044550, 0.000750854, 0.00035), (11316.169483, 222.326965, 492.886605), 12031.383053, 0.125723345),
        (0.4, (0.004017928, 0.000300342, 0.00014), (4526.589466, 88.930831, 197.154642), 4812.674939, 0.052186021),
    ],
)
def test_an_estate_is_priced_asset_by_asset(scale, hazards, losses, total, yearly) -> None:
    found = estate(scale)
    combined_hazards = [combined(hs) for hs, _ in found.values()]
    expected = [h * loss for h, (_, loss) in zip(combined_hazards, found.values(), strict=True)]
    assert combined_hazards == pytest.approx(hazards, abs=1e-9)
    assert expected == pytest.approx(losses, rel=1e-6)
    assert sum(expected) == pytest.approx(total, rel=1e-6)
    assert implied(combined_hazards) == pytest.approx(yearly, rel=1e-6)


def test_the_benefit_of_a_fix_is_marginal() -> None:
    (edge, high), (app, low), (base, most) = estate(1).values()
    alone = (
        [benefit(edge, [h], high) for h in edge] + [benefit(app, [h], low) for h in app] + [benefit(base, base, most)]
    )
    assert alone == pytest.approx([11265.472575, 50.189939, 222.073800, 0.204155, 0.048820, 492.886605], rel=1e-4)
    assert benefit(edge, edge, high) == pytest.approx(11316.169483, rel=1e-6)


@given(st.lists(st.floats(0, 0.99), min_size=1, max_size=8), st.data())
def test_hazards_combine_and_never_add_up(hazards: list[float], data: st.DataObject) -> None:
    whole = combined(hazards)
    assert max(hazards) - 1e-12 <= whole <= min(1.0, sum(hazards)) + 1e-12
    closed = data.draw(st.lists(st.sampled_from(hazards), unique=True))
    rest = [h for h in hazards if h not in closed]
    gone = [h for h in hazards if h in closed]
    assert benefit(hazards, gone, 1.0) == pytest.approx(whole - combined(rest), abs=1e-9)


def test_blast_reaches_what_depends_on_a_service_and_ends_in_cycles() -> None:
    services = (
        Service(id="checkout", tier="tier-1", exposure=Exposure.INTERNET, depends=("wiki",)),
        Service(id="wiki", tier="tier-3", exposure=Exposure.INTERNAL, depends=("disk",)),
        Service(id="disk", tier="tier-3", depends=("wiki",)),
        Service(id="lonely"),
    )
    factors = {Exposure.INTERNET: 1.0, Exposure.INTERNAL: 0.1, None: 1.0}
    found = worths(Estate(services=services), {"tier-1": 1000.0, "tier-3": 10.0}, factors.__getitem__, "unowned")
    assert (found["checkout"].loss, found["checkout"].via, found["checkout"].blast) == (1000.0, "checkout", 1.0)
    assert (found["wiki"].loss, found["wiki"].via, found["wiki"].blast) == (500.0, "checkout", 0.5)
    assert (found["disk"].loss, found["disk"].via, found["disk"].assumed) == (250.0, "checkout", ("exposure",))
    assert (found["lonely"].loss, found["lonely"].assumed) == (505.0, ("tier", "exposure"))
    assert found["unowned"].assumed == ("owner", "tier", "exposure")
