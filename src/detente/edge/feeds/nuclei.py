"""Nuclei templates: `cves.json`, one JSON object with an `ID` per line. Templates carry no date: the list's own day counts."""

import msgspec

from detente.edge.feeds import Harvest, cve_id
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "nuclei"
PIECES = False


class Template(msgspec.Struct, rename={"id": "ID", "path": "file_path"}):
    """What is read of a template."""

    id: str
    path: str = ""


def sniff(head: Head) -> bool:
    """Lines of objects with an ID and an Info."""
    return {"ID", "Info"} <= head.object.keys()


def read(data: bytes, _: str, harvest: Harvest) -> None:
    """One piece of evidence per template."""
    for line in data.splitlines():
        if line.strip():
            with harvest.record():
                template = msgspec.json.decode(line, type=Template)
                harvest.add(NAME, Kind.EVIDENCE, {"cve": cve_id(template.id), "detail": template.path or None})
