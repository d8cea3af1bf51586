"""The XML reader against ElementTree, and against documents that mean harm."""

import io
from typing import Any
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue import intake, markup, tags
from detente.queue.limits import LIMITS
from detente.queue.report import XmlParser
from detente.queue.source import Record, Skip, Source

RECORDS, SKIP = frozenset({"item"}), frozenset({"noise"})


def source(data: bytes) -> Source:
    return Source("x.xml", lambda: io.BytesIO(data))


def read(data: bytes, chunk: int = 1 << 18) -> tuple[Element | None, list[Record | Rejected], bool]:
    """Outline, records and whether the document broke off, read in chunks of this size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tags, "_CHUNK", chunk)
        root, records, truncated = markup.read(source(data), RECORDS, SKIP)
        return root, list(records), truncated


def canon(element: Element) -> Any:
    """What an element says, without the white space and the text beside children."""
    text = "" if len(element) else element.text or ""
    return element.tag, dict(element.attrib), text, [canon(child) for child in element]


def outlined(element: Element) -> Any:
    """The oracle's outline: the tree without records and noise."""
    kept = [child for child in element if child.tag not in RECORDS | SKIP]
    return (
        element.tag,
        dict(element.attrib),
        "" if len(element) else element.text or "",
        [outlined(child) for child in kept],
    )


def recorded(element: Element, parents: tuple[str, ...] = ()) -> list[Any]:
    """The oracle's records, each with the names of its ancestors."""
    if element.tag in SKIP:
        return []
    if element.tag in RECORDS:
        return [(parents, canon(element))]
    return [found for child in element for found in recorded(child, (*parents, element.get("n", "")))]


texts = st.text(st.sampled_from("ab <>&\"'é]-"), max_size=5)


def element(tag: str, number: int, text: str, children: list[Element]) -> Element:
    made = Element(tag, {"n": f"{number}{text}"})
    made.extend(children)
    if not children:
        made.text = text
    return made


names = st.sampled_from(["group", "item", "noise", "other", "items"])
elements = st.recursive(
    st.builds(element, names, st.integers(0, 9), texts, st.just([])),
    lambda inner: st.builds(element, names, st.integers(0, 9), texts, st.lists(inner, max_size=4)),
    max_leaves=16,
)
documents = st.builds(element, st.just("report"), st.just(0), st.just(""), st.lists(elements, min_size=1, max_size=5))


@settings(deadline=None)
@given(document=documents, encoding=st.sampled_from(["utf-8", "iso-8859-1", "us-ascii"]), chunk=st.integers(1, 60))
def test_any_document_in_any_chunks_is_what_a_tree_of_the_whole_says(
    document: Element, encoding: str, chunk: int
) -> None:
    data = tostring(document, encoding=encoding)
    root, records, truncated = read(data, chunk)
    whole = fromstring(data)
    assert not truncated
    assert root is not None
    if not any(child.tag in RECORDS | SKIP for child in whole.iter()):
        assert canon(root) == canon(whole)
    assert canon(root)[3] == outlined(whole)[3]
    found = [(tuple(p.get("n", "") for p in r.parents), canon(r.value)) for r in records if isinstance(r, Record)]
    assert found == recorded(whole)
    assert len(found) == len(records)


@settings(deadline=None)
@given(document=documents, data=st.data())
def test_truncation_anywhere_loses_only_what_follows(document: Element, data: st.DataObject) -> None:
    text = tostring(document)
    cut = data.draw(st.integers(text.index(b">") + 1, len(text) - 1))
    _, records, truncated = read(text[:cut], data.draw(st.integers(1, 60)))
    assert truncated
    whole = [r for r in records if isinstance(r, Record)]
    assert [canon(r.value) for r in whole] == [found for _, found in recorded(document)][: len(whole)]
    assert len(records) == len(whole) + 1


BOMB = (
    b'<!DOCTYPE report [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><report><item>&c;</item></report>'
)


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<!DOCTYPE report [<!ENTITY x SYSTEM "file:///etc/passwd">]><report><item>&x;</item></report>',
        b'<!DOCTYPE report [<!ENTITY x PUBLIC "x" "http://host.example/x">]><report/>',
        b'<!DOCTYPE report [<!ENTITY % x SYSTEM "http://host.example/x.dtd"> %x;]><report/>',
        b'<!DOCTYPE report [<!NOTATION n SYSTEM "n"><!ENTITY u SYSTEM "u" NDATA n>]><report/>',
    ],
)
def test_entities_are_refused(data: bytes) -> None:
    with pytest.raises(DetenteError) as caught:
        read(data)
    assert caught.value.code == "entity"


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE report [<!ELEMENT report (item*)><!ATTLIST report n CDATA "">]><report><item>1</item></report>',
        b'<!DOCTYPE report SYSTEM "https://host.example/report.dtd"><report><item>1</item></report>',
    ],
)
def test_a_document_type_is_no_harm(data: bytes) -> None:
    root, (item,), truncated = read(data)
    assert root is not None
    assert isinstance(item, Record)
    assert (item.value.text, truncated) == ("1", False)


def test_an_unknown_entity_in_a_record_spoils_only_that_record() -> None:
    _, (one, bad, three), _ = read(b"<report><item>1</item><item>&nbsp;</item><item>&lt;3&#33;</item></report>")
    assert isinstance(one, Record)
    assert isinstance(bad, Rejected)
    assert isinstance(three, Record)
    assert three.value.text == "<3!"


@pytest.mark.parametrize("place", ["<report>{}</report>", "<report><item>{}</item></report>"])
def test_nesting_has_a_limit_in_the_outline_and_in_records(place: str) -> None:
    deep = "<d>" * (LIMITS.depth + 1) + "</d>" * (LIMITS.depth + 1)
    with pytest.raises(DetenteError) as caught:
        read(place.format(deep).encode())
    assert caught.value.code == "limit"


@pytest.mark.parametrize("data", [b"", b"   ", b"{}", b"<", b"text", b"<?xml version='1.0'?>"])
def test_what_is_no_xml_is_said_so(data: bytes) -> None:
    with pytest.raises(DetenteError) as caught:
        read(data)
    assert caught.value.code == "malformed"


def test_the_root_is_known_from_the_beginning() -> None:
    data = b'<?xml version="1.0"?>\n<!-- x --><bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1"><component'
    assert markup.root(data) == ("http://cyclonedx.org/schema/bom/1.4", "bom", {"version": "1"})
    assert markup.root(b"no markup") == ("", "", {})


def test_a_record_the_parser_cannot_read_is_kept_as_a_report_of_its_own() -> None:
    data = b'<report v="1"><host n="a"><name>web</name><item k="1"/><item/></host></report>'
    parser = XmlParser(
        name="x", sniff=lambda head: True, observe=lambda record, _: [Skip(record.value.attrib["k"])], records=RECORDS
    )
    reading = intake.read(parser, source(data))
    (rejected,) = reading.items
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "missing 'k'"
    assert rejected.raw == b'<report v="1"><host n="a"><name>web</name><item /></host></report>'
    assert reading.tally.skipped == {"1": 1}
