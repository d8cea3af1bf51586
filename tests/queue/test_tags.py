"""Records found as bytes are the records a tree of the whole document holds, wherever the chunks end."""

import io
from xml.etree.ElementTree import Element, fromstring

import pytest

from detente.model.finding import Rejected
from detente.queue import markup, tags
from detente.queue.source import Record, Source

DOCUMENTS = {
    "plain": b'<a><b n="1"><i k="x">one</i><i/></b><b n="2"><i>two</i></b></a>',
    "tag in attribute": b"<a><i k=\"a > b\"/><i k='</i>'.>x</i></a>".replace(b"'</i>'.", b"'&lt;/i>'"),
    "comments and CDATA": b"<a><!-- <i> --><i><![CDATA[</i> ]] <i>]]></i><![CDATA[<i>]]><!-- -- --></a>".replace(
        b"<!-- -- -->", b""
    ),
    "same name inside": b"<a><i><d><i>inner</i></d></i><i>next</i></a>",
    "similar names": b"<a><item/><i.x/><i>1</i><ii>2</ii></a>",
    "prefixed": b'<p:a xmlns:p="u"><p:i p:k="v"><p:c>1</p:c></p:i></p:a>',
    "namespaced": b'<a xmlns="u"><i><c>1</c></i></a>',
    "latin-1": '<?xml version="1.0" encoding="ISO-8859-1"?><a><i k="é">ü</i></a>'.encode("latin-1"),
}


def canon(element: Element) -> tuple[object, ...]:
    attributes = tuple(sorted((markup.local(key), value) for key, value in element.attrib.items()))
    return markup.local(element.tag), attributes, element.text or "", [(canon(c), c.tail or "") for c in element]


def slow(element: Element) -> list[tuple[object, ...]]:
    if markup.local(element.tag) == "i":
        return [canon(element)]
    return [found for child in element for found in slow(child)]


def fast(data: bytes, groups: frozenset[str] = frozenset()) -> list[Record | Rejected]:
    source = Source("x.xml", lambda: io.BytesIO(data))
    return list(markup.read(source, frozenset({"i"}), frozenset(), groups)[1])


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_as_a_tree_of_the_whole(name: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "_CHUNK", chunk)
    found = [record for record in fast(DOCUMENTS[name]) if isinstance(record, Record)]
    assert [canon(record.value) for record in found] == slow(fromstring(DOCUMENTS[name]))


def test_a_record_that_is_not_well_formed_is_set_aside_alone() -> None:
    first, bad, last = fast(b'<a><b n="1"><i>1</i><i>\x0b</i><i>3</i></b></a>')
    assert isinstance(first, Record)
    assert isinstance(last, Record)
    assert isinstance(bad, Rejected)
    assert bad.raw == b'<a><b n="1"><i>\x0b</i></b></a>'


def test_a_group_comes_after_its_records_and_without_them() -> None:
    inner, group = fast(b"<a><g n='1'><p>x</p><i>1</i></g></a>", groups=frozenset({"g"}))
    assert isinstance(inner, Record)
    assert isinstance(group, Record)
    assert inner.parents[-1] is group.value
    assert (group.path, [child.tag for child in group.value]) == ("g", ["p"])


def test_a_broken_file_yields_what_came_before() -> None:
    first, rest = fast(b"<a><i>1</i><i>2</")
    assert isinstance(first, Record)
    assert isinstance(rest, Rejected)
    assert rest.reason.startswith("the report breaks off")
    assert rest.raw == b"<i>2</"
