"""AWS Security Finding Format (ASFF): findings as a bare list, as single objects or line by line.

What Security Hub, Inspector, GuardDuty, Prowler (`-M json-asff`) and others write to a file. Each finding is read as in the
format `awssecurityhub`, which takes the same findings inside an answer of Security Hub.
"""

from typing import Any

from detente.queue.asff import Finding, observations
from detente.queue.report import Head, Items, JsonParser, Record


def _observe(record: Record, _: Any) -> Items:
    return observations(record.value)


def _sniff(head: Head) -> bool:
    return "ProductArn" in head.object and ("SchemaVersion" in head.object or "Resources" in head.object)


PARSER = JsonParser(name="asff", version=2, sniff=_sniff, observe=_observe, records={"[]": Finding, "": Finding})
