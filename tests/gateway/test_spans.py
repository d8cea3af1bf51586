"""Positions in JSON: they are where a slow reader finds the same values, and what is ambiguous is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.spans import leaves, members, quoted, splice, string
from detente.model.errors import DetenteError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def at(value: object, path: tuple[str | int, ...]) -> object:
    for step in path:
        value = value[step]  # type: ignore[index]  # the path was made from it
    return value


def strings(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, str):
        return [path]
    if isinstance(value, dict):
        return [one for name, inner in value.items() for one in strings(inner, (*path, name))]
    return (
        [one for at, inner in enumerate(value) for one in strings(inner, (*path, at))]
        if isinstance(value, list)
        else []
    )


@given(value=values, indent=st.sampled_from([None, 1]), plain=st.booleans())
def test_every_string_is_found_where_it_stands(value: object, indent: int | None, plain: bool):
    data = json.dumps(value, indent=indent, ensure_ascii=plain).encode()
    found = leaves(data, (0, len(data)))
    assert [leaf.path for leaf in found] == strings(value)
    assert all(string(data[leaf.start : leaf.end]) == at(value, leaf.path) for leaf in found)


@given(value=values)
def test_an_edit_changes_its_string_and_no_other_byte(value: object):
    data = json.dumps(value, indent=1).encode()
    for leaf in leaves(data, (0, len(data))):
        after = splice(data, [(leaf.start, leaf.end, quoted(b'"new" \n'))])
        assert at(json.loads(after), leaf.path) == '"new" \n'
        assert (after[: leaf.start], after[len(after) - len(data) + leaf.end :]) == (
            data[: leaf.start],
            data[leaf.end :],
        )


@pytest.mark.parametrize(
    "text",
    [
        *(
            '{"a":1,"a":2}',
            '{"a":1,"a":1}',
            '{"a":12,"a":1}',
            '{"a":1,"a":12}',
            '{"a":"x","b":2,"a":"x"}',
            '{"a":1,"\\u0061":1}',
        ),
        *(
            '{"a":{"x":1},"b":2,"a":{"x":1,"b":2}}',
            '{"a":1}{',
            '{"a":1,}',
            "{'a':1}",
            '{"a":NaN}',
            '{"a":[1,}',
            '{"a" 1}',
            '{"a":1',
        ),
        *('{"a":"\\ud83d"}', '{"a":"\x01"}', '{"a":"\\q"}', '{"a":' + "[" * 100_000),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text: str):
    data = text.encode()
    with pytest.raises(DetenteError, match="not JSON that everybody reads alike"):
        [string(data[leaf.start : leaf.end]) for leaf in leaves(data, (0, len(data)))]


def test_nesting_is_bounded():
    data = b'{"a":' * 70 + b"1" + b"}" * 70
    with pytest.raises(DetenteError, match="deeper than 64"):
        leaves(data, (0, len(data)))


def test_a_long_name_is_a_leaf_and_a_short_one_is_none():
    data = b'{"a_name_as_long_as_a_key":1,"short":2}'
    assert [data[leaf.start : leaf.end] for leaf in leaves(data, (0, len(data)))] == [b'"a_name_as_long_as_a_key"']


def test_spaces_between_members_are_kept_out_of_the_spans():
    data = b' {\n "a" : [ 1 , 2 ] ,\t"b":"x" } '
    assert {name: data[start:end] for name, (_, (start, end)) in members(data, (1, len(data))).items()} == {
        "a": b"[ 1 , 2 ]",
        "b": b'"x"',
    }
