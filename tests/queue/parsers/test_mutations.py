"""Reports nobody has seen yet: real ones with a value dropped, emptied or of another type, read by every parser.

Nothing but a DetenteError may leave the reading, what is read has the types it says it has, and a strange value spoils at most
the record it stands in.
"""

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args, get_type_hints
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from detente.flows.sources import expand, sources
from detente.model.errors import DetenteError
from detente.model.finding import Observation, Rejected
from detente.queue import intake
from detente.queue.markup import local
from detente.queue.outline import Node, plan
from detente.queue.parsers import registry
from detente.queue.report import CsvParser, JsonParser, XmlParser
from detente.queue.source import Source

DROP = object()
VALUES: tuple[Any, ...] = (DROP, None, 7, 1.5, True, 10**25, "", "ÿ💥 x", [], {}, ["x"], [None], [{"a": 1}], {"a": 1})
CELLS = ("", "ÿ💥 x", "7", "-1e999", '"', "a;b,c\n")
FILES, RECORDS, PLACES, SIBLINGS, SEED = 6, 3, 3, 3, 20260302  # files a format, records a file, places a record
# Their records speak of each other: an advisory or component names what others refer to, a plugin is read once for all hosts,
# and a place inside an image belongs to the image named before.
JOINED = {"govulncheck", "cyclonedx", "cyclonedx_xml", "gitlab_container_scan", "tenable", "blackduck"}
T = TypeVar("T")
Report: TypeAlias = tuple[str, str, bytes]
TYPES = {name: (kind, get_args(kind)) for name, kind in get_type_hints(Observation).items()}


def ill_typed(found: Observation) -> list[str]:
    """The fields whose values are not of their types: a segment could not be written with them."""
    wrong = []
    for name, (kind, options) in TYPES.items():
        value = getattr(found, name)
        if getattr(kind, "__origin__", None) is tuple:
            fits = type(value) is tuple and all(type(item) is options[0] for item in value)
        else:
            fits = isinstance(value, options or kind) or (value.__class__ is int and float in options)
        wrong += [] if fits else [name]
    return wrong + (["line"] if found.line is not None and found.line >= 1 << 31 else [])


@pytest.fixture(autouse=True)
def no_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intake catches what a parser did not foresee of a value; here that is a fault of the parser."""
    monkeypatch.setattr(intake, "_UNREADABLE", (ValueError, LookupError))


def read(name: str, data: bytes) -> list[Observation | Rejected]:
    """All items of a report, or none when it is refused with an explanation."""
    try:
        items = list(intake.read(registry.parser(name), Source("report", lambda: io.BytesIO(data))).items)
    except DetenteError:
        return []
    assert all(isinstance(item, Observation | Rejected) for item in items)
    assert [(item, wrong) for item in items if isinstance(item, Observation) and (wrong := ill_typed(item))] == []
    return items


def observed(items: list[Observation | Rejected]) -> Counter[Observation]:
    return Counter(item for item in items if isinstance(item, Observation))


@pytest.fixture(scope="module")
def reports(corpus: Path) -> list[Report]:
    """(file, format, content) of every report of the corpus that a parser claims."""
    found = []
    with ExitStack() as spool:
        for path in expand([str(corpus / "scans")]):
            for source in sources(path, spool) if path.parent.name != "scans" else ():
                name = None if source.members else intake.recognise(source)
                if name:
                    with source.open() as stream:
                        found.append((path.name, name, stream.read()))
    return found


def of(kind: type, reports: list[Report]) -> Iterator[Report]:
    """The smaller reports of each format of this kind; Black Duck's is a bundle whose one file is a table."""
    seen = Counter[str]()
    for file, name, data in sorted(reports, key=lambda report: len(report[2])):
        of_kind = isinstance(registry.parser(name), kind) or (name == "blackduck" and kind is CsvParser)
        if of_kind and (seen[name] < 2 or (seen[name] < FILES and len(data) < 1 << 16)):
            seen[name] += 1
            yield file, name, data


def some(chance: random.Random, things: list[T], count: int) -> list[T]:
    return chance.sample(things, min(count, len(things)))


def values(data: bytes) -> list[Any]:
    """The JSON values of a stream, one or a line each."""
    text, decoder, found, at = data.decode("utf-8-sig"), json.JSONDecoder(), [], 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def holders(node: Node, value: Any, kinds: dict[str, Any]) -> Iterator[Any]:
    """The lists and objects that records lie in; what nobody reads is emptied."""
    opener = ord("{") if isinstance(value, dict) else ord("[")
    path = node.inside(opener)
    if path is not None:
        if kinds[path] is not None:
            yield value
        else:
            value.clear()
        return
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(child, dict | list) and (below := node.child(opener, str(key))) is not None:
            yield from holders(below, child, kinds)


def thinned(value: Any) -> Any:
    """A document of the same shape with few elements in each list, and not too many in an object."""
    if isinstance(value, list):
        return [thinned(item) for item in value[:SIBLINGS]]
    if isinstance(value, dict):
        return {key: thinned(value[key]) for key in list(value)[:40]}
    return value


def keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else list(range(len(value)))


def places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every place in a value, as its container and key."""
    if depth < 7 and isinstance(value, dict | list):
        for key in keys(value)[: 2 if isinstance(value, list) else None]:
            yield value, key
            yield from places(value[key], depth + 1)


def mutated(holder: Any, key: Any, value: Any) -> Callable[[], None]:
    """Puts a value into its place and returns how to take it out again."""
    before = dict(holder) if isinstance(holder, dict) else list(holder)
    if value is DROP:
        del holder[key]
    else:
        holder[key] = value

    def undo() -> None:
        holder.clear()
        holder.update(before) if isinstance(holder, dict) else holder.extend(before)

    return undo


def written(roots: list[Any]) -> bytes:
    return "\n".join(map(json.dumps, roots)).encode()


def entries(parser: JsonParser, roots: list[Any]) -> list[tuple[Any, Any]]:
    """The records of a report, as their containers and keys."""
    node = plan(parser.records)
    if node.record is not None and all(isinstance(root, dict) for root in roots):
        return [(roots, key) for key in keys(roots)]
    found = (holder for root in roots if root is not None for holder in holders(node, root, dict(parser.records)))
    return [(holder, key) for holder in islice(found, 4) for key in keys(holder)]


def test_a_strange_value_in_json_spoils_its_record_alone(reports: list[Report]) -> None:
    chance, tried = random.Random(SEED), Counter[str]()
    for file, name, data in of(JsonParser, reports):
        parser, roots = registry.parser(name), thinned(values(data))
        assert isinstance(parser, JsonParser)
        for holder, key in some(chance, entries(parser, roots), RECORDS):
            undo = mutated(holder, key, DROP)
            others = observed(read(name, written(roots)))
            undo()
            for place, step in some(chance, list(places(holder[key])), PLACES):
                undo = mutated(place, step, chance.choice(VALUES))
                items = read(name, written(roots))
                assert name in JOINED or others <= observed(items), (file, step)
                undo()
                tried[name] += 1
    assert len(tried) > 35


def test_a_strange_value_outside_of_the_records_never_breaks_the_reading(reports: list[Report]) -> None:
    chance = random.Random(SEED)
    for _, name, data in of(JsonParser, reports):
        parser, roots = registry.parser(name), thinned(values(data))
        assert isinstance(parser, JsonParser)
        spots = [spot for root in islice(roots, 3) for spot in places(root)]
        for place, step in some(chance, spots, PLACES):
            undo = mutated(place, step, chance.choice(VALUES))
            read(name, written(roots))
            undo()


@pytest.mark.parametrize("name", registry.names())
@pytest.mark.parametrize(
    "document", [b"null", b"[]", b"{}", b"[null]", b"[[]]", b"[{}]", b'{"a": {}}', b"[7]", b"7", b"x"], ids=bytes.decode
)
def test_a_report_of_nothing_or_of_something_else_yields_no_finding(name: str, document: bytes) -> None:
    assert observed(read(name, document)) == Counter()


def elements(root: Element) -> Iterator[tuple[Element, Element]]:
    """Every element with its parent."""
    for parent in root.iter():
        yield from ((parent, child) for child in parent)


def disturb(chance: random.Random, parent: Element, child: Element) -> None:
    """One of: the element gone, its text, an attribute or all inside of it another, an unknown element beside it."""
    way = chance.randrange(5)
    if way == 0:
        parent.remove(child)
    elif way == 1:
        child.text = chance.choice(CELLS)
    elif way == 2 and child.attrib:
        child.set(chance.choice(list(child.attrib)), chance.choice(CELLS))
    elif way == 3:
        child.attrib.clear()
        child[:] = []
    else:
        parent.append(Element("unknown", {"a": "ÿ💥"}))


def pruned(root: Element, records: frozenset[str]) -> list[tuple[Element, Element]]:
    """Leaves few siblings of a name anywhere, and names some of the records with their parents."""
    for parent in list(root.iter()):
        count = Counter[str]()
        for child in list(parent):
            count[child.tag] += 1
            if count[child.tag] > SIBLINGS:
                parent.remove(child)
    return [(parent, child) for parent, child in elements(root) if local(child.tag) in records][:6]


def test_a_strange_element_in_xml_spoils_its_record_alone(reports: list[Report]) -> None:
    chance, tried = random.Random(SEED), Counter[str]()
    for file, name, data in of(XmlParser, reports):
        parser, root = registry.parser(name), fromstring(data)
        assert isinstance(parser, XmlParser)
        for parent, record in some(chance, pruned(root, parser.records), RECORDS):
            index = list(parent).index(record)
            parent.remove(record)
            others = observed(read(name, tostring(root)))
            for _ in range(PLACES):
                strange = fromstring(tostring(record))
                parent.insert(index, strange)
                disturb(chance, *chance.choice(list(elements(strange)) or [(parent, strange)]))
                items = read(name, tostring(root))
                assert name in JOINED or others <= observed(items), file
                parent.remove(strange)
                tried[name] += 1
            parent.insert(index, record)
        spots = list(elements(root))
        for parent, child in some(chance, spots, PLACES):
            if child in list(parent):
                disturb(chance, parent, child)
                read(name, tostring(root))
    assert len(tried) >= 8


def test_a_strange_cell_in_csv_spoils_its_row_alone(reports: list[Report]) -> None:
    chance, tried = random.Random(SEED), Counter[str]()
    for file, name, data in of(CsvParser, reports):
        text = data.decode("utf-8-sig", "replace")
        mark = ";" if text.partition("\n")[0].count(";") > 3 else ","
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), 8))
        start = next((index for index, row in enumerate(rows) if len(row) > 4 and index < 4), 0)
        for row in some(chance, rows[start + 1 :], RECORDS):
            others = observed(read(name, table([other for other in rows if other is not row], mark)))
            for column in some(chance, keys(row), PLACES):
                before, row[column] = row[column], chance.choice(CELLS)
                items = read(name, table(rows, mark))
                assert name in JOINED or others <= observed(items), (file, column)
                row[column] = before
                tried[name] += 1
    assert len(tried) >= 7


def table(rows: list[list[str]], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def test_a_strange_page_or_archive_breaks_nothing(corpus: Path) -> None:
    chance = random.Random(SEED)
    page = (corpus / "scans/sonarqube/sonar-6-findings.html").read_bytes()
    tags = list(re.finditer(rb"</?(?:td|tr|th|table|dd|dt)[^>]*>|>[^<>]{1,40}<", page))
    for tag in chance.sample(tags, PLACES):
        read(
            "sonarqube_html",
            page[: tag.start()] + chance.choice((b"", b"<td>", b">\xff<", b"</table>")) + page[tag.end() :],
        )
    for folder in ("machines", "vulnerabilities"):
        for value in VALUES[1:]:
            content = json.dumps({"value": value}).encode()
            member = Source(f"{folder}/1.json", lambda content=content: io.BytesIO(content))
            archive = Source("all.zip", lambda: io.BytesIO(b""), members={member.name: member})
            with suppress(DetenteError):
                assert not observed(list(intake.read(registry.parser("ms_defender_zip"), archive).items))


def test_every_field_of_an_observation_is_checked_here() -> None:
    assert {field.name for field in fields(Observation)} == TYPES.keys()
