"""Events on their way to a SIEM: posted over a real socket, or appended to a file that others rotate."""

import json
from pathlib import Path

import pytest

from detente.edge.telemetry.events import writer
from detente.edge.telemetry.ocsf import events
from detente.edge.telemetry.settings import telemetry
from detente.flows.exporting import AwayError, RefusedError
from edge.telemetry.examples import ended, redacted
from edge.telemetry.receiver import Reply, receiving

EVENTS = [*events(ended()), *events(redacted())]


def read(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


def test_they_are_posted_as_lines_with_the_token() -> None:
    with receiving() as siem:
        headers = {"DETENTE_EVENTS_HEADERS": "authorization=Splunk%20abc"}
        where = telemetry(headers, f"{siem.url}/services/collector/raw").events
        assert where
        send = writer(where)
        assert send([ended(), redacted()]) == 0
        assert siem.paths == ["/services/collector/raw"]
        assert (siem.heads[0]["authorization"], siem.heads[0]["content-type"]) == ("Splunk abc", "application/x-ndjson")
        assert read(siem.bodies[0]) == EVENTS
        siem.replies.extend([Reply(403), Reply(413)])
        with pytest.raises(AwayError, match="HTTP 403"):
            send([ended()])
        with pytest.raises(RefusedError, match="HTTP 413"):
            send([ended()])


def test_they_are_appended_to_a_file_that_may_be_renamed_meanwhile(tmp_path: Path) -> None:
    path, old = tmp_path / "events.jsonl", tmp_path / "events.jsonl.1"
    send = writer(path)
    assert send([ended()]) == 0
    path.rename(old)
    assert send([redacted()]) == 0
    assert read(old.read_bytes()) + read(path.read_bytes()) == EVENTS


def test_a_line_that_a_crash_has_torn_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"torn":')
    writer(path)([ended(), redacted()])
    torn, *whole = path.read_bytes().splitlines()
    assert torn == b'{"torn":'
    assert [json.loads(line) for line in whole] == EVENTS


def test_a_disk_that_refuses_is_asked_later(tmp_path: Path) -> None:
    with pytest.raises(AwayError):
        writer(tmp_path)([ended()])
