"""Traces for OpenTelemetry: a span for each exchange, by its conventions for generative AI, over OTLP/HTTP.

Names are those of the semantic conventions 1.41 (GenAI, in development there); what they have no word for begins with `detente.`. A span's id
follows from the record's, so that one that is sent twice is the same span. Nothing in it is text of a prompt or an answer.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from detente.edge.telemetry.ocsf import provider
from detente.edge.telemetry.post import Post
from detente.edge.telemetry.settings import Target
from detente.gateway.record import Ended

LOG = logging.getLogger("detente.gateway")
SCHEMA = "https://opentelemetry.io/schemas/1.41.0"
OPERATIONS = {
    **dict.fromkeys(("chat", "messages", "responses", "compact"), "chat"),
    "completions": "text_completion",
    "embeddings": "embeddings",
}
"""What the conventions call our endpoints; others (lists of models, counts of tokens) keep their own names."""

_FAILED = frozenset({"failed", "refused", "cut"})
_OWN = ("id", "outcome", "key", "tenant", "squad", "tool", "repo", "policy", "upstream")
Value = str | int | float | bool | Sequence[str]


class Traces:
    """Sends spans to a collector; `about` is said of all of them."""

    def __init__(self, target: Target, about: Mapping[str, str]) -> None:
        self._post = Post(target, "application/x-protobuf")
        self._about = Resource(attributes=_pairs(about))

    def __call__(self, records: Sequence[Ended]) -> int:
        """Send a span each, but for traces that their clients do not keep; how many the collector would not have. Raises AwayError, RefusedError."""
        scope = ScopeSpans(
            scope=InstrumentationScope(name="detente.gateway"),
            schema_url=SCHEMA,
            spans=map(span, filter(_sampled, records)),
        )
        whole = ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=self._about, scope_spans=[scope])])
        return _rejected(self._post(whole.SerializeToString()))


def _rejected(answer: bytes) -> int:
    """What a collector says of a request it took in part. Some answer what is no message; they have taken it all the same."""
    try:
        said = ExportTraceServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return 0
    if said.error_message:
        LOG.warning("traces: the collector says: %.200s", said.error_message)
    return int(said.rejected_spans)


def span(record: Ended) -> Span:
    """The span of an exchange."""
    name, start = sha256(record.id.encode()).digest(), int(record.at.timestamp() * 1e6) * 1000
    trace, parent, _ = record.trace.split("-") if record.trace else (name[:16].hex(), "", "")
    return Span(
        trace_id=bytes.fromhex(trace),
        span_id=name[16:24],
        parent_span_id=bytes.fromhex(parent),
        name=f"{_operation(record)} {record.model}".strip(),
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=start,
        end_time_unix_nano=start + int((record.took_ms or 0) * 1e6),
        attributes=_pairs(dict(_attributes(record))),
        status=Status(code=Status.STATUS_CODE_ERROR if _error(record) else Status.STATUS_CODE_UNSET),
    )


def _sampled(record: Ended) -> bool:
    """Whether its trace is kept: the client's word, else yes."""
    return not record.trace or bool(int(record.trace[-2:], 16) & 1)


def _operation(record: Ended) -> str:
    return OPERATIONS.get(record.endpoint, record.endpoint)


def _error(record: Ended) -> str:
    """What kind of failure it was, in few different words; empty for none. What policy blocks has not failed."""
    if record.outcome in _FAILED:
        return record.code or record.outcome
    return str(record.status) if record.status >= 400 else ""


def _attributes(record: Ended) -> Iterator[tuple[str, Value]]:
    """What is known, by the names of the conventions, then by ours."""
    usage = record.usage
    known: dict[str, Value | None] = {
        "gen_ai.operation.name": _operation(record),
        "gen_ai.provider.name": provider(record),
        "gen_ai.request.model": record.model,
        "gen_ai.request.stream": record.streamed,
        "gen_ai.response.time_to_first_chunk": record.first_ms / 1e3 if record.streamed and record.first_ms else None,
        "gen_ai.usage.input_tokens": usage.read if usage.read >= 0 else None,
        "gen_ai.usage.output_tokens": usage.written if usage.written >= 0 else None,
        "gen_ai.usage.cache_read.input_tokens": usage.cached or None,
        "gen_ai.usage.cache_creation.input_tokens": usage.stored + usage.lasting or None,
        "http.response.status_code": record.status or None,
        "error.type": _error(record),
        "user.id": record.person,
        "detente.cost": float(record.cost) if record.cost is not None else None,
        "detente.currency": record.currency,
        "detente.hits": [f"{one.kind}/{one.rule}/{one.action}" for one in record.hits],
    }
    known |= {f"detente.{name}": getattr(record, name) for name in _OWN}
    return ((name, value) for name, value in known.items() if value not in (None, "", []))


def _pairs(known: Mapping[str, Value]) -> Iterator[KeyValue]:
    return (KeyValue(key=name, value=_value(value)) for name, value in known.items())


def _value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case _:
            return AnyValue(array_value=ArrayValue(values=map(_value, value)))
