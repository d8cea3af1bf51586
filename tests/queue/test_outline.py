"""The splitter against a slow obvious oracle: whatever the document, the chunks and the place it breaks off at."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue import records
from detente.queue.limits import Limits
from detente.queue.outline import Outline, outline
from detente.queue.peek import peek
from detente.queue.records import read
from detente.queue.source import Source

PATHS = ("records[]", "groups[].records[]", "table{}", "tables{}.records[]", "[].records[]", "[][]")
KEYS = ("records", "groups", "table", "tables", "name", 'quo"te', "back\\slash", "")

texts = st.text(st.sampled_from('ab"\\{}[],:\n é\u2028'), max_size=6)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=4),
    max_leaves=24,
)
objects = st.dictionaries(texts, values, max_size=3)
documents = st.lists(values, max_size=4) | st.dictionaries(st.sampled_from(KEYS), values, max_size=6)
spellings = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])
chunks = st.integers(min_value=1, max_value=40)


def split(data: bytes, paths: tuple[str, ...], chunk: int) -> tuple[Outline, list[tuple[str, str, Any]]]:
    """The outline, and the records as (path, key, value)."""
    found = outline(io.BytesIO(data), paths, chunk=chunk)
    every = records._records(
        Source("x", lambda: io.BytesIO(data)), dict.fromkeys(paths, Any), found.roots, found.batches, found.tail
    )
    return found, [(item.path, item.key, item.value) for item in every if not isinstance(item, Rejected)]


def oracle(value: Any, paths: tuple[str, ...]) -> tuple[Any, list[tuple[str, str, Any]]]:
    """The same from the whole document: the paths are followed by hand, and the containers of records emptied."""
    steps = {path: path.replace("[]", ".[]").replace("{}", ".{}").strip(".").split(".") for path in paths}
    found: list[tuple[str, str, Any]] = []

    def walk(value: Any, here: dict[str, list[str]]) -> Any:
        if not isinstance(value, list | dict):
            return value
        mark = "[]" if isinstance(value, list) else "{}"
        for path, rest in here.items():
            if rest == [mark]:
                pairs = value.items() if isinstance(value, dict) else (("", item) for item in value)
                found.extend((path, key, item) for key, item in pairs)
                return type(value)()
        inner = {path: rest[1:] for path, rest in here.items() if rest[:1] == [mark]}
        if isinstance(value, list):
            return [walk(item, inner) for item in value]
        named = {key: {p: rest[1:] for p, rest in here.items() if rest[:1] == [key]} for key in value}
        return {key: walk(item, named[key] or inner) for key, item in value.items()}

    return walk(value, steps), found


@settings(max_examples=150, deadline=None)
@given(document=documents, spelling=spellings, chunk=chunks)
def test_any_document_in_any_chunks_gives_the_outline_and_the_records_of_the_whole(
    document: Any, spelling: Any, chunk: int
) -> None:
    found, every = split(json.dumps(document, **spelling).encode(), PATHS, chunk)
    head, expected = oracle(document, PATHS)
    assert found.roots == [head]
    assert every == expected
    assert not found.truncated


@settings(deadline=None)
@given(
    lines=st.lists(objects, max_size=5),
    gap=st.sampled_from(["\n", "", " ", "\r\n"]),
    chunk=chunks,
)
def test_objects_one_after_another_are_records_however_they_are_set(lines: list[Any], gap: str, chunk: int) -> None:
    found, every = split(gap.join(json.dumps(line, indent=len(gap)) for line in lines).encode(), ("",), chunk)
    assert [value for _, _, value in every] == lines
    assert (found.roots, found.truncated) == ([], False)


@settings(deadline=None)
@given(roots=st.lists(st.lists(values, max_size=3), min_size=1, max_size=4), chunk=chunks)
def test_lists_one_after_another_are_roots_of_their_own(roots: list[Any], chunk: int) -> None:
    found, every = split(" ".join(map(json.dumps, roots)).encode(), ("[]",), chunk)
    assert found.roots == [[] for _ in roots]
    assert [value for _, _, value in every] == [value for root in roots for value in root]


@settings(max_examples=150, deadline=None)
@given(
    document=st.fixed_dictionaries({"name": texts, "records": st.lists(objects, max_size=5), "groups": values}),
    data=st.data(),
)
def test_truncation_anywhere_loses_only_what_follows(document: Any, data: st.DataObject) -> None:
    text = json.dumps(document).encode()
    cut = data.draw(st.integers(min_value=1, max_value=len(text) - 1))
    found, every = split(text[:cut], ("records[]",), data.draw(chunks))
    _, expected = oracle(document, ("records[]",))
    assert found.truncated
    assert every == expected[: len(every)]
    assert set(found.roots[0]) <= set(document)


def test_truncation_keeps_every_record_that_was_complete() -> None:
    text = json.dumps({"name": "shop", "records": [{"id": n} for n in range(20)], "end": [1, 2]}).encode()
    ends = [at + 1 for at in range(len(text)) if text[at : at + 1] == b"}"][:20]
    for cut in range(1, len(text)):
        found, every = split(text[:cut], PATHS, 7)
        assert found.truncated
        assert len(every) == sum(end <= cut for end in ends)


@pytest.mark.parametrize(
    "text", ['{"a": {"b": [1, 2', '{"a": {"b": [1, 2]', '{"a": "b', '{"a":', '{"a', '{"a": 1,', "[", '[{"a": 1}, {"a"']
)
def test_what_was_cut_is_closed_after_its_last_whole_member(text: str) -> None:
    found = outline(io.BytesIO(text.encode()), ("none[]",))
    assert found.truncated
    assert isinstance(found.roots[0], dict | list)


def test_a_record_that_breaks_off_is_kept_as_it_stands() -> None:
    data = b'{"name": "shop", "records": [{"id": 1}, {"id": 2'
    _, every, truncated = read(Source("x", lambda: io.BytesIO(data)), {"records[]": dict[str, Any]})
    good, cut = every
    assert truncated
    assert not isinstance(good, Rejected)
    assert isinstance(cut, Rejected)
    assert cut.raw == b'{"name":"shop","records":[{"id": 2]}'


def test_a_bad_record_is_set_aside_and_can_be_read_again_by_itself() -> None:
    data = b'{"a": [{"n": "x", "records": [{"id": 1}, {"id": tru}, {"id": 3}], "m": [4]}, {"n": "y"}]}'
    _, every, _ = read(Source("x", lambda: io.BytesIO(data)), {"a[].records[]": dict[str, Any]})
    one, bad, three = every
    assert not isinstance(one, Rejected)
    assert not isinstance(three, Rejected)
    assert (one.value, three.value) == ({"id": 1}, {"id": 3})
    assert isinstance(bad, Rejected)
    assert bad.raw == b'{"a":[{"n":"x","m":[4],"records":[{"id": tru}]}]}'


def test_the_order_of_the_keys_does_not_matter() -> None:
    first, last = b'{"records": [1, 2], "name": "shop"}', b'{"name": "shop", "records": [1, 2]}'
    assert split(first, PATHS, 5)[1] == split(last, PATHS, 5)[1]
    assert outline(io.BytesIO(first), PATHS).roots == [{"records": [], "name": "shop"}]


@pytest.mark.parametrize(
    "text",
    [
        "[}",
        '{"records": [1}',
        "]",
        '{"a": 1}]',
        "{a: 1}",
        '{"a": [}',
        "x",
        "{1: 2}",
        ",",
        '{"a" 1}',
        '{"records": {]',
    ],
)
def test_what_is_no_json_is_said_so(text: str) -> None:
    with pytest.raises(DetenteError) as caught:
        outline(io.BytesIO(text.encode()), PATHS)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("behind", ["x", "\nINFO: done, 2 found", "<?xml version='1.0'?>", '"text"', ": 1", "x [1]"])
@pytest.mark.parametrize("chunk", [1, 7, 512])
def test_what_follows_a_whole_document_and_is_none_cuts_the_report_there(behind: str, chunk: int) -> None:
    found, every = split(b'{"records": [1, 2]}' + behind.encode(), PATHS, chunk)
    assert (found.truncated, found.roots) == (True, [{"records": []}])
    assert [value for _, _, value in every] == [1, 2]


@pytest.mark.parametrize("strange", ["tru", "+1", "1 2", '"a" "b"', "{]"])
def test_a_look_stops_where_no_json_is(strange: str) -> None:
    assert peek(f'{{"a": {{"b": [1, 2]}}, "c": [{{"d": 3}}, {strange}'.encode()) == {
        "a": {"b": [1, 2]},
        "c": [{"d": 3}],
    }


@pytest.mark.parametrize("text", ["", " \n", "null", "7", '"text"'])
def test_a_document_without_containers_is_its_own_outline(text: str) -> None:
    found = outline(io.BytesIO(text.encode()), PATHS)
    assert (found.roots, found.batches, found.truncated) == ([json.loads(text)] if text.strip() else [], [], False)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"a": ' + b"[" * 300, "nesting"),
        (b'{"records": [' + b'{"a": ' * 300, "nesting"),
        (b'{"records": ["' + b"x" * 4000 + b'"]}', "record"),
        (b'{"name": "' + b"x" * 4000 + b'"}', "record"),
        (b'{"name": [' + b'"x",' * 1000 + b"1]}", "outside"),
    ],
)
def test_what_claims_too_much_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(DetenteError) as caught:
        outline(io.BytesIO(data), PATHS, Limits(head=2000, record=2000), chunk=256)
    assert caught.value.code == "limit"
    assert what in str(caught.value)


class Counting(io.BytesIO):
    """A stream that remembers how much was asked of it at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest = max(self.largest, size or 0)
        return super().read(size)


def test_records_never_pile_up_in_memory() -> None:
    stream = Counting(b'{"records": [' + b",".join([b'{"id": "' + b"x" * 50 + b'"}'] * 5000) + b"]}")
    found = outline(stream, PATHS, chunk=1024)
    assert stream.largest == 1024
    assert max(batch.end - batch.start for batch in found.batches) <= 2048
    assert found.roots == [{"records": []}]
