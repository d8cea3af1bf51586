"""Which service runs an asset: the fast lookup against a slow, obvious one."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.accord.claims import Claims
from detente.model.estate import Claim, Estate, Service


def estate(**patterns: list[str]) -> Estate:
    """One service per argument; patterns as `kind:glob`."""
    claims = {name: tuple(Claim(*each.split(":", 1)) for each in found) for name, found in patterns.items()}
    return Estate(services=tuple(Service(name, runs=runs) for name, runs in claims.items()))


def owner(claims: Claims, asset: str) -> str:
    found = claims.service(asset)
    return found.id if found else ""


@pytest.mark.parametrize("pattern", ["image:r.example:5000/shop/app:*", "image:r.example:5000/shop/app"])
@pytest.mark.parametrize("rest", ["", ":1.2", "@sha256:ab", ":1.2@sha256:ab"])
def test_an_image_is_claimed_with_and_without_tag_and_digest(pattern: str, rest: str) -> None:
    claims = Claims(estate(shop=[pattern]))
    assert owner(claims, "image:r.example:5000/shop/app" + rest) == "shop"
    assert owner(claims, "image:r.example:5000/shop/app2" + rest) == ""


def test_a_stated_tag_or_digest_is_meant() -> None:
    claims = Claims(estate(old=["image:app:1.*"], pinned=["image:app@sha256:ab"], rest=["image:app:*"]))
    assert owner(claims, "image:app:1.7") == "old"
    assert owner(claims, "image:app:1.7@sha256:cd") == "old"
    assert owner(claims, "image:app@sha256:ab") == "pinned"
    assert owner(claims, "image:app:2.0") == "rest"


def test_the_most_specific_pattern_wins_whatever_the_order() -> None:
    services = {"any": ["host:*"], "web": ["host:web-*"], "one": ["host:web-1"], "tail": ["host:web-*.prod"]}
    for names in (list(services), list(services)[::-1]):
        claims = Claims(estate(**{name: services[name] for name in names}))
        found = [owner(claims, f"host:{each}") for each in ("web-1", "web-2", "web-2.prod", "db-1")]
        assert found == ["one", "web", "tail", "any"]


def test_equal_patterns_go_to_the_service_named_first() -> None:
    assert owner(Claims(estate(b=["host:x*y"], a=["host:x*y"])), "host:xy") == "b"


def test_case_means_nothing_in_hosts_and_repositories() -> None:
    claims = Claims(estate(a=["host:Web-*.PROD", "repo:Shop/Checkout", "account:Ab"]))
    assert [owner(claims, each) for each in ("host:WEB-1.prod", "repo:shop/checkout", "account:ab")] == ["a", "a", ""]


@pytest.mark.parametrize("asset", ["", "web-1", "unknown:web-1", "host:", "image:"])
def test_what_nothing_claims_is_unowned(asset: str) -> None:
    assert Claims(estate(a=["host:web-*", "image:app"])).service(asset) is None
    assert Claims(Estate()).service(asset) is None


SHORT = st.text("ab.", min_size=1, max_size=5)
GLOBS = st.text("ab.*?[]!", min_size=1, max_size=6)


def slow(patterns: list[str], name: str) -> int:
    """Index of the winning pattern by definition; -1 for none."""

    def literal(pattern: str) -> int:
        return min(pattern.find(mark) % (len(pattern) + 1) for mark in "*?[")

    fitting = [index for index, pattern in enumerate(patterns) if fnmatchcase(name, pattern)]
    return max(fitting, key=lambda index: (literal(patterns[index]), len(patterns[index]), -index), default=-1)


@given(st.lists(GLOBS, max_size=8), st.lists(SHORT, max_size=8))
def test_the_lookup_equals_the_definition(patterns: list[str], names: list[str]) -> None:
    claims = Claims(estate(**{f"s{index}": [f"host:{pattern}"] for index, pattern in enumerate(patterns)}))
    expected = [slow(patterns, name) for name in names]
    assert [owner(claims, f"host:{name}") for name in names] == [
        f"s{index}" if index >= 0 else "" for index in expected
    ]


@pytest.mark.parametrize("pattern", ["team{:03}-*", "*-team{:03}", "web-*.team{:03}.prod"])
def test_two_hundred_patterns_cost_one_lookup(pattern: str) -> None:
    claims = Claims(estate(**{f"s{n}": [f"host:{pattern.format(n)}"] for n in range(200)}))
    assert len(claims._tables["host"].shapes) == 1
    assert all(len(found) == 1 for found in claims._tables["host"].under.values())
    names = [pattern.format(n).replace("*", "x") for n in range(200)]
    assert [owner(claims, f"host:{name}") for name in names] == [f"s{n}" for n in range(200)]


def test_the_claim_that_won_is_told() -> None:
    claims = Claims(estate(shop=["image:shop:*"], till=["image:shop/till:*"]))
    claim, service = claims.claim("image:shop/till:1") or pytest.fail("nobody claims it")
    assert (claim.pattern, service.id) == ("shop/till:*", "till")
    assert claims.claim("image:wiki:1") is None
