"""Several sources, one estate."""

from hypothesis import given
from hypothesis import strategies as st

from detente.accord.merge import Conflict, merge
from detente.model.estate import Claim, Estate, Exposure, Service, Squad

HAND = Estate((Squad("pay", lead="Ada"),), (Service("shop", squad="pay", tier="tier-1", runs=(Claim("host", "a"),)),))
CMDB = Estate(
    (Squad("pay", lead="Ben", channel="#pay"),),
    (
        Service(
            "shop",
            squad="web",
            tier="tier-1",
            exposure=Exposure.INTERNET,
            runs=(Claim("host", "b"), Claim("host", "a")),
        ),
        Service("wiki", squad="docs", depends=("shop", "gone")),
    ),
)


def test_the_first_source_wins_and_the_rest_fills_the_gaps() -> None:
    merged = merge({"estate.yaml": HAND, "cmdb.csv": CMDB})
    shop = Service(
        "shop",
        squad="pay",
        tier="tier-1",
        exposure=Exposure.INTERNET,
        runs=(Claim("host", "a"), Claim("host", "b")),
    )
    assert merged.estate.services == (shop, Service("wiki", squad="docs", depends=("shop",)))
    assert merged.estate.squads == (Squad("pay", lead="Ada", channel="#pay"), Squad("docs"))


def test_what_was_overruled_is_listed() -> None:
    merged = merge({"estate.yaml": HAND, "cmdb.csv": CMDB})
    assert merged.conflicts == (
        Conflict("pay", "lead", "Ada", "estate.yaml", "Ben", "cmdb.csv"),
        Conflict("shop", "squad", "pay", "estate.yaml", "web", "cmdb.csv"),
    )
    assert merged.dangling == ("wiki -> gone",)


NAMES = st.sampled_from(["a", "b", "c"])
SERVICES = st.builds(
    Service, id=NAMES, squad=st.sampled_from(["", "x", "y"]), depends=st.lists(NAMES, max_size=2).map(tuple)
)
ESTATES = st.lists(SERVICES, max_size=3, unique_by=lambda each: each.id).map(lambda found: Estate((), tuple(found)))


@given(ESTATES, ESTATES)
def test_laws(one: Estate, two: Estate) -> None:
    merged = merge({"one": one, "two": two}).estate
    assert merge({"merged": merged}).estate == merged
    assert merge({"one": one, "again": one}).conflicts == ()
    known = {service.id for service in merged.services}
    assert known == {service.id for service in (*one.services, *two.services)}
    assert all(service.squad in {"", *(squad.id for squad in merged.squads)} for service in merged.services)
    assert all(set(service.depends) <= known for service in merged.services)
