"""Spans as a collector reads them, over a real socket; what it says decides what happens to them."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from detente.edge.telemetry.settings import telemetry
from detente.edge.telemetry.traces import Traces, span
from detente.flows.exporting import AwayError, RefusedError
from detente.gateway.dialects.dialect import Usage
from edge.telemetry.examples import NOW, ended, failed, redacted
from edge.telemetry.receiver import Receiver, Reply, receiving


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with receiving() as seen:
        yield seen


def traces(collector: Receiver, **more: str) -> Traces:
    """As the standard variables set it up."""
    found = telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **more}, None)
    assert found.traces
    return Traces(found.traces, found.resource)


def plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    found = getattr(value, str(kind))
    return [plain(one) for one in found.values] if kind == "array_value" else found


def said(one: Span) -> dict[str, Any]:
    return {pair.key: plain(pair.value) for pair in one.attributes}


def test_a_span_says_what_the_conventions_ask_for() -> None:
    usage = Usage(read=500, written=9, cached=300, stored=20, lasting=1)
    one = span(ended(streamed=True, usage=usage))
    assert (one.name, one.kind) == ("chat m-1", Span.SPAN_KIND_CLIENT)
    assert (len(one.trace_id), len(one.span_id)) == (16, 8)
    assert one.start_time_unix_nano == int(NOW * 1e9)
    assert one.end_time_unix_nano - one.start_time_unix_nano == 500_000_000
    found = said(one)
    assert {name: value for name, value in found.items() if not name.startswith("detente.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "m-1",
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.1,
        "gen_ai.usage.input_tokens": 500,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 300,
        "gen_ai.usage.cache_creation.input_tokens": 21,
        "http.response.status_code": 200,
        "user.id": "ann@acme.example",
    }
    assert (found["detente.cost"], found["detente.currency"], found["detente.outcome"]) == (0.0123, "EUR", "passed")
    assert one.status.code == Status.STATUS_CODE_UNSET


def test_findings_are_named_and_failures_are_errors() -> None:
    found = said(span(redacted()))
    assert found["detente.hits"] == ["secrets/github-token/redact", "injection/override/warn"]
    assert "error.type" not in found
    for record, kind in ((failed(), "gateway-upstream"), (ended(status=429), "429"), (ended(outcome="cut"), "cut")):
        assert said(span(record))["error.type"] == kind
        assert span(record).status.code == Status.STATUS_CODE_ERROR
    assert span(ended(outcome="blocked")).status.code == Status.STATUS_CODE_UNSET


def test_the_same_exchange_is_the_same_span_and_another_is_none_of_it() -> None:
    one, again, other = span(ended()), span(ended()), span(ended(id="x-another"))
    assert one == again
    assert one.trace_id != other.trace_id
    assert one.span_id != other.span_id


def test_a_span_belongs_to_the_trace_of_its_client(collector: Receiver) -> None:
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    kept, left = ended(trace=f"{trace}-{parent}-01"), ended(trace=f"{trace}-{parent}-00")
    one = span(kept)
    assert (one.trace_id.hex(), one.parent_span_id.hex()) == (trace, parent)
    assert span(ended()).parent_span_id == b""
    traces(collector)([kept, left])
    (sent,) = ExportTraceServiceRequest.FromString(collector.bodies[0]).resource_spans
    assert list(sent.scope_spans[0].spans) == [one]


@pytest.mark.parametrize("more", [{}, {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}])
def test_a_collector_gets_them_as_the_variables_say(collector: Receiver, more: dict[str, str]) -> None:
    about = {
        "OTEL_SERVICE_NAME": "gateway-eu",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=live",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc,x-scope=one",
    }
    assert traces(collector, **about, **more)([ended(), failed()]) == 0
    assert collector.paths == ["/v1/traces"]
    head = collector.heads[0]
    assert (head["content-type"], head["authorization"], head["x-scope"]) == (
        "application/x-protobuf",
        "Bearer abc",
        "one",
    )
    (sent,) = ExportTraceServiceRequest.FromString(collector.bodies[0]).resource_spans
    resource = {pair.key: pair.value.string_value for pair in sent.resource.attributes}
    assert resource == {"service.name": "gateway-eu", "deployment.environment.name": "live"}
    (scope,) = sent.scope_spans
    assert scope.schema_url == "https://opentelemetry.io/schemas/1.41.0"
    assert list(scope.spans) == [span(ended()), span(failed())]


def test_what_the_collector_answers_decides(collector: Receiver) -> None:
    partial = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="full")
    )
    send = traces(collector)
    collector.replies.extend([Reply(body=partial.SerializeToString()), Reply(body=b"{}"), Reply(body=b"")])
    assert [send([ended()]) for _ in range(3)] == [2, 0, 0]
    collector.replies.append(Reply(400))
    with pytest.raises(RefusedError, match="HTTP 400"):
        send([ended()])
    assert send([ended()]) == 0


@pytest.mark.parametrize(
    ("reply", "why", "rest_s"),
    [
        (Reply(503, headers=(("retry-after", "7"),)), "HTTP 503", 7.0),
        (Reply(429), "HTTP 429", None),
        (Reply(503, headers=(("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),)), "HTTP 503", None),
        (Reply(401), "HTTP 401", None),
        (Reply(302, headers=(("location", "/login"),)), "HTTP 302", None),
        (Reply(0), "no answer", None),
    ],
)
def test_a_collector_that_takes_nothing_now_is_asked_later(
    collector: Receiver, reply: Reply, why: str, rest_s: float | None
) -> None:
    send = traces(collector)
    collector.replies.append(reply)
    with pytest.raises(AwayError, match=why) as caught:
        send([ended()])
    assert caught.value.rest_s == rest_s
    assert send([ended()]) == 0
    assert len(collector.bodies) == 1


def test_a_collector_that_is_not_there_is_asked_later() -> None:
    with receiving() as gone:
        send = traces(gone)
    with pytest.raises(AwayError, match="no answer"):
        send([ended()])
