"""Metrics as Prometheus reads them; every one has its line in the documentation."""

import re
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from detente.edge.telemetry.metrics import Metrics
from detente.flows.shipping import Shipped
from edge.telemetry.examples import ended, failed, redacted

PAGE = Path(__file__).parents[3] / "docs" / "records.md"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values, without the buckets."""
    families = text_string_to_metric_families(metrics.render().decode())
    samples = [one for family in families for one in family.samples if not one.name.endswith(("_bucket", "_created"))]
    return {(one.name.removeprefix("detente_gateway_"), *one.labels.values()): one.value for one in samples}


def test_what_records_say_is_counted() -> None:
    metrics = Metrics()
    metrics.seen([ended(), redacted(), failed()])
    metrics.turned(Shipped(records=3, cut=1, damaged=2, lost=4, open=5), NOW)
    metrics.waiting(6)
    metrics.exported("traces", 7, 8)
    found = values(metrics)
    assert found["exchanges_total", "messages", "passed"] == 1
    assert found["exchanges_total", "messages", "failed"] == 1
    assert found["hits_total", "redact", "secrets"] == 2
    assert found["tokens_total", "read"] == 1500
    assert found["cost_total", "EUR"] == 0.0369
    assert (found["first_byte_seconds_count", "messages"], found["duration_seconds_count", "messages"]) == (2, 3)
    assert found["duration_seconds_sum", "messages"] == 1.5
    told = [found[name,] for name in ("records_cut_total", "lines_damaged_total", "records_lost_total")]
    assert told == [1, 2, 4]
    assert found["exchanges_open",] == 5
    assert (found["exported_total", "traces"], found["export_refused_total", "traces"]) == (7, 8)
    assert (found["journal_waiting_bytes",], found["journal_shipped_timestamp_seconds",]) == (6, NOW.timestamp())


def test_no_label_is_a_word_of_a_person_or_a_client() -> None:
    metrics = Metrics()
    metrics.seen([redacted()])
    text = metrics.render().decode()
    for word in ("ann@", "acme", "claude-code", "checkout", "m-1", "github-token"):
        assert word not in text


def test_every_metric_is_documented() -> None:
    told = re.findall(r"^# TYPE (\S+)", Metrics().render().decode(), re.MULTILINE)
    names = [name for name in told if not name.endswith("_created")]
    assert len(names) == 15
    assert [name for name in names if f"`{name}`" not in PAGE.read_text()] == []
