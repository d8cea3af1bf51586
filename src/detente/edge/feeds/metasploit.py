"""Metasploit Framework: `modules_metadata_base.json`. A module's last change bounds the day from which it was known."""

from typing import Any

import msgspec

from detente.edge.feeds import CVE, Harvest, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "metasploit"
PIECES = False


class Module(msgspec.Struct):
    """What is read of a module."""

    fullname: str
    mod_time: str = ""
    references: list[str] = []


def sniff(head: Head) -> bool:
    """An object of modules, each with a full name and references."""
    first: Any = next(iter(head.object.values()), None)
    return isinstance(first, dict) and {"fullname", "references"} <= first.keys()


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """One piece of evidence per (module, CVE)."""
    try:
        modules = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise refused(name, f"It is not a whole list of modules ({error}).", "Download it again.") from None
    for raw in modules.values():
        with harvest.record():
            module = msgspec.json.decode(raw, type=Module)
            changed = day(module.mod_time)
            for cve in dict.fromkeys(CVE.findall(" ".join(module.references))):
                row = {"cve": cve, "first_seen": changed, "detail": module.fullname}
                harvest.add(NAME, Kind.EVIDENCE, row, changed)
