"""Other prices over columns, against the slow statement of the formula in price.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.queue.otherwise import Around
from detente.queue.price import benefit, hazard

LOSS, FACTOR = 1e6, 0.3
shares = st.floats(0, 1)
one = st.tuples(st.integers(0, 2), st.integers(1, 4), st.floats(0, 0.05), shares, st.floats(0, 0.9), st.booleans())
estates = st.lists(one, min_size=1, max_size=8)


def around(rows: list[tuple[int, int, float, float, float, bool]]) -> Around:
    asset, vuln, h0, reach, control, closed = (np.array(column) for column in zip(*rows, strict=True))
    return Around(asset, vuln, h0, reach, control, closed, 1.0, FACTOR, LOSS)


def slowly(rows, *, factor: float = FACTOR, loss: float = LOSS, share: float = 0.0, vuln: int = 0, listed: float = 0.0):
    """Asset by asset, finding by finding."""
    saved = 0.0
    for asset in {row[0] for row in rows}:
        priced = [
            (
                hazard(
                    max(h0, listed) if name == vuln and h0 else h0,
                    exposure=factor,
                    reach=reach,
                    control=1 - (1 - control) * (1 - share),
                ),
                closed,
            )
            for at, name, h0, reach, control, closed in rows
            if at == asset
        ]
        closed = [h for h, gone in priced if gone]
        saved += benefit([h for h, _ in priced], closed, loss)
    return saved


@given(estates)
def test_the_price_is_that_of_the_formula(rows) -> None:
    assert around(rows).price() == pytest.approx(slowly(rows), rel=1e-9, abs=1e-6)


@given(estates, st.sampled_from([1.0, 0.1, 0.05]), shares, st.floats(1e3, 1e8), st.integers(1, 4))
def test_so_is_every_other_price(rows, factor: float, share: float, loss: float, vuln: int) -> None:
    found, near = around(rows), {"rel": 1e-9, "abs": 1e-6}
    assert found.exposed(factor).price() == pytest.approx(slowly(rows, factor=factor), **near)
    assert found.guarded(share).price() == pytest.approx(slowly(rows, share=share), **near)
    assert found.worth(loss).price() == pytest.approx(slowly(rows, loss=loss), **near)
    assert found.listed(vuln, 0.01).price() == pytest.approx(slowly(rows, vuln=vuln, listed=0.01), **near)


def test_an_obligation_is_no_way_in_even_when_listed() -> None:
    licence = around([(0, 1, 0.0, 1.0, 0.0, True)])
    assert licence.listed(1, 0.01).price() == 0
