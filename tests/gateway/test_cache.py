"""The cache of inspected blocks: bounded by bytes, a tenant's own."""

from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.cache import Caches, weight
from detente.gateway.inspect import Inspected

CLEAN = Inspected()
SIZE = weight(CLEAN)


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(0, 3000)), max_size=200))
def test_no_order_of_use_makes_it_larger_than_its_limit(uses: list[tuple[str, int, int]]) -> None:
    caches = Caches(20 * SIZE)
    for tenant, block, text in uses:
        cache = caches.of(tenant)
        cache[number(block)] = seen = Inspected(((0, 1, b"x" * text),)) if text else CLEAN
        assert cache.get(number(block)) in (seen, None)
        every = [caches.of(one) for one in "abc"]
        assert sum(one.size for one in every) <= 20 * SIZE
        assert all(one.size == sum(weight(one[key]) for key in list(one)) for one in every)


def test_what_was_used_last_goes_last() -> None:
    caches = Caches(3 * SIZE)
    cache = caches.of("a")
    for block in range(3):
        cache[number(block)] = CLEAN
    assert number(0) in cache
    cache[number(0)]
    cache[number(3)] = CLEAN
    assert [int.from_bytes(key, "big") for key in cache] == [2, 0, 3]


def test_a_tenant_that_floods_pushes_out_its_own() -> None:
    caches = Caches(20 * SIZE)
    quiet, loud = caches.of("quiet"), caches.of("loud")
    for block in range(5):
        quiet[number(block)] = CLEAN
    for block in range(1000):
        loud[number(block)] = CLEAN
    assert len(quiet) == 5
    assert len(loud) == 15


def test_tenants_have_caches_of_their_own() -> None:
    caches = Caches()
    cache = caches.of("a")
    cache[number(1)] = CLEAN
    assert caches.of("a") is cache
    assert number(1) not in caches.of("b")
