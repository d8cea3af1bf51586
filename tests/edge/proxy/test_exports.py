"""A real gateway with a collector and a SIEM on real sockets: both get every exchange, whatever they do, and no text."""

import json
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from edge.proxy.conftest import World
from edge.proxy.test_books import PROMPT, ended
from edge.proxy.test_worker import GATEWAY, started, until
from edge.telemetry.receiver import Receiver, Reply, receiving


def spans(collector: Receiver) -> set[str]:
    """The exchanges that traces tell of."""
    sent = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    found = [span for one in sent for span in one.resource_spans[0].scope_spans[0].spans]
    return {pair.value.string_value for span in found for pair in span.attributes if pair.key == "detente.id"}


def events(siem: Receiver) -> set[str]:
    """The exchanges that events tell of."""
    return {json.loads(line)["metadata"]["uid"] for body in siem.bodies for line in body.splitlines()}


def test_collector_and_siem_get_every_exchange(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.yaml").write_text(GATEWAY.format(port=world.main.port, models="m-*"))
    with receiving() as collector, receiving() as siem:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        collector.replies.extend([Reply(503, headers=(("retry-after", "0"),)), Reply(0)])
        siem.replies.append(Reply(503))
        with started(tmp_path, "--workers", "2", "--events", f"{siem.url}/events") as (_, port):
            names = {name for _ in range(6) for name in ended(port, 1)}
            until(lambda: names <= spans(collector) & events(siem))
            late = set(ended(port, 1))  # is sent in the last turn at the latest
        assert (len(names), len(late)) == (6, 1)
        assert late <= spans(collector) & events(siem)
        assert not any(PROMPT.encode() in body for body in collector.bodies + siem.bodies)
