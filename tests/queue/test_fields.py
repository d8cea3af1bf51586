"""Single values as no tool should write them: they are read where they mean something, and are nothing where not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from detente.model.finding import Severity
from detente.queue.fields import LEVELS, by_word, cwes, dated, line, moment, number, scaled, versions, whole

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
    assert scaled(value) is Severity.UNKNOWN


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


def test_a_scale_begins_at_its_lowest_step_and_ends_at_its_highest() -> None:
    assert [scaled(step) for step in (0, "1", 2.0, "3", 4)] == list(LEVELS)
    assert {scaled(-1), scaled(5), scaled(3, LEVELS[:3])} == {Severity.UNKNOWN}


def test_versions_come_in_lists_and_in_texts_and_once() -> None:
    assert versions("1.2, 2.0 ,", ["2.0", 3, None], None) == ("1.2", "2.0", "3")


@pytest.mark.parametrize(
    ("total", "size", "page", "is_whole"),
    [(20, 100, 1, True), (20, 100, None, True), (200, 100, 1, False), (20, 100, 2, False), (None, None, None, True)],
)
def test_a_page_is_the_whole_answer_or_not(total: Any, size: Any, page: Any, is_whole: bool) -> None:
    assert whole(total, size, page) is is_whole


def test_words_mean_what_they_stand_under() -> None:
    assert by_word({1: "one", 2: "two zwei"}) == {"one": 1, "two": 2, "zwei": 2}


def test_a_document_is_dated_by_its_first_root() -> None:
    made = dated("meta", "day", form="%d.%m.%Y")
    assert made([3, {"meta": {"day": "14.11.2023"}}, {}]) == datetime(2023, 11, 14, tzinfo=UTC)
    assert made([{"meta": 7}]) is made([]) is None
