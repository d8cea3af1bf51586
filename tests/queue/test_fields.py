"""Single values as no tool should write them: they are read where they mean something, and are nothing where not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from detente.queue.fields import cwes, line, moment, number

HUGE = 10**400
RUBBISH: tuple[Any, ...] = (
    None,
    True,
    "",
    "N/A",
    HUGE,
    -HUGE,
    float("nan"),
    float("inf"),
    "1e999",
    "²²²²²²²²²²",
    [],
    {},
    ["x"],
)


@pytest.mark.parametrize("value", RUBBISH, ids=lambda value: str(value)[:9])
def test_rubbish_is_no_number_no_line_no_weakness_and_no_time(value: Any) -> None:
    assert (number(value), line(value), cwes(value), moment(value)) == (None, None, (), None)


@pytest.mark.parametrize(
    "value",
    ["0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "1970-01-01", 0, -1, 1e18],
)
def test_a_time_that_was_never_set_is_none(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    "value", [1_700_000_000, "1700000000", 1_700_000_000_000, "1700000000000", "2023-11-14T22:13:20Z"]
)
def test_seconds_and_milliseconds_are_told_apart(value: Any) -> None:
    assert moment(value) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
