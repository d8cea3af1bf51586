"""YAML with its places: what is read, and every way in which a file is refused."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from detente.accord import marks
from detente.accord.marks import Mark, document, documents
from detente.accord.problems import InvalidError

LEAVES = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=8)
PLAIN = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3))


def refusal(text: str | bytes) -> str:
    with pytest.raises(InvalidError) as caught:
        documents(text, "a.yaml")
    assert caught.value.code == "bad-yaml"
    return str(caught.value.problems[0])


def test_scalars_stay_text_so_that_the_schema_decides() -> None:
    found = document("a: no\nb: 1.10\nc: 2026-11-23\non: NO\nd: 12:30\ne:\nf: ''", "a.yaml").value
    assert found == {"a": "no", "b": "1.10", "c": "2026-11-23", "on": "NO", "d": "12:30", "e": None, "f": ""}


def test_every_value_and_key_knows_its_place() -> None:
    found = document("a:\n  - x\n  - {b: y}\n", "a.yaml")
    assert found.mark(("a", 1, "b")) == Mark(3, 9)
    assert found.mark(("a", 1, "b"), key=True) == Mark(3, 6)
    assert found.mark(("a", 1, "missing")) == Mark(3, 5)
    assert document("", "a.yaml").mark(("a",)) == Mark(1, 1)


def test_aliases_are_values_like_others() -> None:
    assert document("a: &x [1]\nb: *x", "a.yaml").value == {"a": ["1"], "b": ["1"]}


@given(PLAIN)
def test_reads_what_yaml_writes(value: object) -> None:
    assert document(yaml.safe_dump({"a": value}, allow_unicode=True), "a.yaml").value == {"a": value}


@given(PLAIN)
def test_the_pure_loader_reads_the_same(value: object) -> None:
    text = yaml.safe_dump({"a": value})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks, "Loader", yaml.SafeLoader)
        pure = document(text, "a.yaml")
    fast = document(text, "a.yaml")
    assert (pure.value, pure.values, pure.keys) == (fast.value, fast.values, fast.keys)


REFUSED = {
    "a: 1\nb:\n  c: 1\n  c: 2\n": "a.yaml:4:3 b.c: found the key a second time; allowed: each key once (first in line 3)",
    "a: !!python/object:os.system x": "a.yaml:1:4 a: found the tag !!python/object:os.system; "
    "allowed: plain text, lists and mappings",
    "a: !secret x": "a.yaml:1:4 a: found the tag !secret; allowed: plain text, lists and mappings",
    "a: &x {b: 1}\nc:\n  <<: *x": "a.yaml:3:3 c: found a key that is no word; allowed: plain keys, each written out",
    "? [a]\n: b": "a.yaml:1:3 found a key that is no word; allowed: plain keys, each written out",
    "a: &x [*x]": "a.yaml:1:4 a[0][0]: found deep nesting; allowed: at most 50 levels",
    "a: [1, 2": "a.yaml:2:1 found broken YAML (did not find expected ',' or ']'); allowed: YAML 1.1",
    "a: 1\n b: 2": "a.yaml:2:3 found broken YAML (mapping values are not allowed in this context); allowed: YAML 1.1",
    "a: \x00": "a.yaml:1:1 found broken YAML (control characters are not allowed); allowed: YAML 1.1",
    "[" * 5000: "a.yaml:1:1001 found broken YAML (exceeded maximum nesting depth); allowed: YAML 1.1",
}


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.skipif(marks.Loader is yaml.SafeLoader, reason="words of libyaml, which this wheel lacks")
def test_a_refusal_names_line_column_and_key(text: str) -> None:
    assert refusal(text) == REFUSED[text]


def test_bytes_that_are_no_utf8_are_placed() -> None:
    assert refusal(b"a: b\nc: d\xff") == "a.yaml:2:5 found byte 0xff; allowed: text in UTF-8"
    assert "UTF-8" in refusal("a: \ud800")
    assert document(b"\xef\xbb\xbfa: b", "a.yaml").value == {"a": "b"}


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "found aliases that expand without end; allowed: at most 100,000 values" in refusal("\n".join(lines))


def test_a_file_of_more_than_a_mebibyte_is_refused() -> None:
    assert refusal("#" * (marks.BYTES + 1)) == "a.yaml:1:1 found 1,048,577 bytes; allowed: at most 1,048,576 bytes"


def test_one_document_means_one() -> None:
    assert [each.value for each in documents("a: 1\n---\nb: 2\n", "a.yaml")] == [{"a": "1"}, {"b": "2"}]
    with pytest.raises(InvalidError, match="a second document"):
        document("a: 1\n---\nb: 2\n", "a.yaml")


def test_the_pure_loader_refuses_nesting_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "Loader", yaml.SafeLoader)
    assert "nesting without end" in refusal("[" * 500)
