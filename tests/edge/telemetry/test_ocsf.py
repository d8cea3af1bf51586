"""Events against the published schema of OCSF 1.8 itself."""

import json
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import get_ocsf_schema
from ocsf_json_schema.embedded import OcsfJsonSchemaEmbedded

from detente.edge.telemetry.ocsf import VERSION, Event, events
from detente.gateway.record import Ended, Hits
from edge.telemetry.examples import ended, failed, redacted


@cache
def schema(name: str, profile: str) -> Draft202012Validator:
    return Draft202012Validator(OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION)).get_class_schema(name, [profile]))


def wrong(event: Event) -> list[str]:
    """What the schema says of an event, as JSON."""
    name = {6003: "api_activity", 2006: "data_security_finding"}[event["class_uid"]]
    (profile,) = event["metadata"]["profiles"]
    return [fault.message for fault in schema(name, profile).iter_errors(json.loads(json.dumps(event)))]


@pytest.mark.parametrize(
    "record",
    [
        ended(),
        redacted(),
        failed(),
        ended(endpoint="models", model="", person="", squad="", tool="", upstream=""),
        ended(trace="4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ended(outcome="cut", took_ms=None, cost=None),
        ended(outcome="blocked", hits=(Hits("personal_data", "iban", "block", 1, ()), Hits("own", "x", "warn", 3, ()))),
    ],
)
def test_every_event_keeps_to_the_schema(record: Ended) -> None:
    found = list(events(record))
    assert len(found) == 1 + len(record.hits)
    assert [fault for event in found for fault in wrong(event)] == []


def test_the_schema_would_notice() -> None:
    (event,) = events(ended())
    del event["api"]
    assert wrong(event) == ["'api' is a required property"]


def test_a_finding_says_what_was_done_and_leads_to_its_exchange() -> None:
    activity, secret, warned = events(redacted())
    assert (activity["activity_id"], activity["status_id"], activity["duration"]) == (1, 1, 500)
    assert activity["message_context"]["total_tokens"] == 509
    assert (secret["disposition_id"], secret["action_id"], secret["severity_id"], secret["count"]) == (11, 4, 3, 2)
    assert warned["action_id"] == 3
    assert secret["finding_info"]["related_events"][0]["uid"] == activity["metadata"]["uid"]
    assert secret["metadata"]["uid"] != warned["metadata"]["uid"]


def test_an_event_is_the_same_when_it_is_told_again() -> None:
    def once() -> list[Any]:
        return list(events(redacted()))

    assert once() == once()
