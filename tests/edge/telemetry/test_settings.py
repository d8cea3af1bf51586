"""Where telemetry goes, by OpenTelemetry's variables and one option; a mistake is told before anything starts."""

from pathlib import Path

import pytest

from detente.edge.telemetry.settings import Target, telemetry
from detente.model.errors import DetenteError

BASE = "https://otel.acme.example:4318"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": BASE}


def test_without_a_word_nothing_is_sent() -> None:
    assert (telemetry({}, None).traces, telemetry({}, None).events) == (None, None)
    for off in ({"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}):
        assert telemetry(ENDPOINT | off, None).traces is None
    assert telemetry(ENDPOINT | {"OTEL_TRACES_EXPORTER": "console,otlp"}, None).traces


def test_the_variables_for_traces_come_before_those_for_everything(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    found = telemetry(
        ENDPOINT
        | {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/other",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1, b=x%2Cy",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=2",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(authority),
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=one,team=two",
        },
        None,
    )
    target = Target(
        url="http://127.0.0.1:4318/other", headers={"a": "2", "b": "x,y"}, timeout_s=2.5, authority=str(authority)
    )
    assert found.traces == target
    assert found.resource == {"service.name": "one", "team": "two"}
    assert telemetry({"OTEL_SERVICE_NAME": "three"}, None).resource == {"service.name": "three"}


def test_headers_are_shown_nowhere() -> None:
    assert "pa55" not in repr(telemetry(ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=pa55"}, None))


def test_events_go_to_an_address_or_a_file(tmp_path: Path) -> None:
    headers = {"DETENTE_EVENTS_HEADERS": "authorization=Bearer%20x"}
    found = telemetry(headers, f"{BASE}/in").events
    assert found == Target(url=f"{BASE}/in", headers={"authorization": "Bearer x"})
    assert telemetry({}, str(tmp_path / "events.jsonl")).events == tmp_path / "events.jsonl"


@pytest.mark.parametrize(
    ("environment", "events"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://me:word@collector.example"}, None),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, None),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, None),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "authorization"}, None),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "a=b%0Ac"}, None),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_CERTIFICATE": "no-such.pem"}, None),
        ({"OTEL_RESOURCE_ATTRIBUTES": "=x"}, None),
        ({}, "ftp://siem.example"),
        ({}, "no/such/folder/events.jsonl"),
    ],
)
def test_a_mistake_says_what_to_do(environment: dict[str, str], events: str | None) -> None:
    with pytest.raises(DetenteError) as caught:
        telemetry(environment, events)
    assert caught.value.code == "gateway-telemetry"
