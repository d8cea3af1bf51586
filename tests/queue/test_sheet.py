"""CSV as tools write it: preambles, delimiters, encodings, cells over several lines, rows that do not fit."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue import sheet
from detente.queue.source import Record, Source

HEADER = ("Host", "Plugin ID")


def read(data: bytes | str, delimiter: str | None = None) -> tuple[dict[str, Any], list[Record | Rejected]]:
    raw = data.encode() if isinstance(data, str) else data
    head, records, truncated = sheet.read(Source("x.csv", lambda: io.BytesIO(raw)), HEADER, delimiter)
    assert not truncated
    return head, list(records)


def cells(records: list[Record | Rejected]) -> list[dict[str, str]]:
    return [record.value for record in records if isinstance(record, Record)]


texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n,;\"'\t"), max_size=8)
rows = st.lists(st.tuples(texts, texts, texts).filter(lambda row: any(cell.strip() for cell in row)), max_size=6)


@settings(deadline=None)
@given(rows=rows, mark=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n"]))
def test_any_table_written_is_read_back(rows: list[tuple[str, ...]], mark: str, end: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([(*HEADER, "Note"), *rows])
    head, records = read(text.getvalue())
    assert head == {"columns": [*HEADER, "Note"], "preamble": []}
    assert [tuple(value.values()) for value in cells(records)] == rows
    assert [record for record in records if isinstance(record, Rejected)] == []


def test_the_header_may_follow_a_preamble_and_wear_a_mark() -> None:
    head, records = read("\ufeffReport,of today\n\nby Ada\n Host ,Plugin ID\nweb,1\n")
    assert head == {"columns": ["Host", "Plugin ID"], "preamble": [["Report", "of today"], [], ["by Ada"]]}
    assert cells(records) == [{"Host": "web", "Plugin ID": "1"}]


def test_blank_rows_are_nothing_and_short_ones_are_filled() -> None:
    _, records = read("Host,Plugin ID,Note\n\n,,\n , ,\nweb\ndb,2,x\n")
    assert cells(records) == [
        {"Host": "web", "Plugin ID": "", "Note": ""},
        {"Host": "db", "Plugin ID": "2", "Note": "x"},
    ]


def test_a_row_too_long_is_set_aside_alone_and_can_be_retried() -> None:
    _, (one, bad, three) = read('Host,Plugin ID\nweb,1\ndb,2,"a, b"\napp,3\n')
    assert isinstance(one, Record)
    assert isinstance(three, Record)
    assert isinstance(bad, Rejected)
    assert bad.reason == "3 cells under 2 columns"
    assert bad.raw == b'Host,Plugin ID\r\ndb,2,"a, b"\r\n'
    assert read(bad.raw)[1] == [bad]


def test_a_header_alone_means_nothing_found() -> None:
    assert read("Host,Plugin ID\n")[1] == []


def test_bytes_of_another_encoding_spoil_a_letter_not_the_report() -> None:
    assert cells(read("Host,Plugin ID\ncafé,1\n".encode("latin-1"))[1]) == [{"Host": "caf\ufffd", "Plugin ID": "1"}]


@pytest.mark.parametrize("data", ["", "Host\nweb\n", "\n" * 80 + "Host,Plugin ID\n", '{"Host": 1}'])
def test_without_the_header_it_is_another_format(data: str) -> None:
    with pytest.raises(DetenteError) as caught:
        read(data)
    assert caught.value.code == "malformed"
    assert "Host, Plugin ID" in caught.value.why


def test_only_the_delimiter_that_was_asked_for() -> None:
    assert cells(read("Host;Plugin ID\nweb;1\n", ";")[1]) == [{"Host": "web", "Plugin ID": "1"}]
    with pytest.raises(DetenteError):
        read("Host;Plugin ID\nweb;1\n", ",")


def test_the_columns_of_the_first_lines_under_every_delimiter() -> None:
    lines = sheet.columns(b"Report\nA;B c\nx,y,z\n")
    assert frozenset({"A", "B c"}) in lines
    assert frozenset({"x", "y", "z"}) in lines
    assert sheet.columns(b"\x00\xff") == ()
