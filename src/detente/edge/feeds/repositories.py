"""Proofs of concept on code hosts: one JSON list of repositories per CVE, in a file named after it (`CVE-2023-50164.json`).

A CVE counts from the day its first repository was created; the state from the last day on which any was looked at.
"""

import msgspec

from detente.edge.feeds import CVE, Harvest, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "poc"
PIECES = True


class Repository(msgspec.Struct):
    """What is read of a repository."""

    full_name: str
    created_at: str
    updated_at: str = ""


def sniff(head: Head) -> bool:
    """Repositories in a file named after a CVE."""
    return {"full_name", "created_at"} <= head.object.keys() and CVE.search(head.name.upper()) is not None


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """One piece of evidence per repository."""
    cve = CVE.findall(name.upper())[0]
    try:
        entries = msgspec.json.decode(data, type=list[msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise refused(name, f"It is not a whole list of repositories ({error}).", "Download it again.") from None
    for raw in entries:
        with harvest.record():
            found = msgspec.json.decode(raw, type=Repository)
            row = {"cve": cve, "first_seen": day(found.created_at), "detail": found.full_name}
            harvest.add(NAME, Kind.EVIDENCE, row, row["first_seen"], day(found.updated_at))
