"""Metrics for Prometheus, counted from records as they come into the database: nothing of it is on a request's path.

Labels are words of ours (endpoint, outcome, kind, action, currency), never a client's: the number of series stays small.
"""

from collections.abc import Sequence
from datetime import datetime
from http.server import ThreadingHTTPServer
from socket import socket
from threading import Thread

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, MetricsHandler, generate_latest

from detente.flows.shipping import Shipped
from detente.gateway.record import Ended

FIRST_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TOTAL_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Metrics:
    """Of one machine, since this process began."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        self._exchanges = self._counter("exchanges", "Exchanges by endpoint and outcome.", "endpoint", "outcome")
        self._hits = self._counter("hits", "Distinct findings by kind and action.", "kind", "action")
        self._bytes = self._counter("bytes", "Bytes of prompts sent on and of answers that came.", "direction")
        self._tokens = self._counter("tokens", "Tokens by the vendor's count.", "direction")
        self._cost = self._counter("cost", "What the models cost, in the accord's currency.", "currency")
        self._cut = self._counter("records_cut", "Exchanges during which the gateway died.")
        self._lost = self._counter("records_lost", "Exchanges that went on without a record.")
        self._exported = self._counter("exported", "Exchanges that were sent on, by exporter.", "exporter")
        self._refused = self._counter("export_refused", "Exchanges that the other side refused for good.", "exporter")
        self._damaged = self._counter("lines_damaged", "Lines of the journal that could not be read.")
        self._first = self._histogram("first_byte_seconds", "Until the first byte of an answer.", FIRST_S)
        self._took = self._histogram("duration_seconds", "Until the last byte of an answer.", TOTAL_S)
        self._open = self._gauge("exchanges_open", "Prompts that have left and have no end yet.")
        self._waiting = self._gauge("journal_waiting_bytes", "Bytes of the journal that are in no database yet.")
        self._shipped = self._gauge("journal_shipped_timestamp_seconds", "When the database was last up to date.")

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"detente_gateway_{name}", says, labels, registry=self._all)

    def _histogram(self, name: str, says: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"detente_gateway_{name}", says, ["endpoint"], buckets=buckets, registry=self._all)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(f"detente_gateway_{name}", says, registry=self._all)

    def seen(self, records: Sequence[Ended]) -> None:
        """Count these."""
        for one in records:
            self._exchanges.labels(one.endpoint, one.outcome).inc()
            self._bytes.labels("sent").inc(one.sent)
            self._bytes.labels("came").inc(one.came)
            self._tokens.labels("read").inc(max(one.usage.read, 0))
            self._tokens.labels("written").inc(max(one.usage.written, 0))
            for hits in one.hits:
                self._hits.labels(hits.kind, hits.action).inc(hits.n)
            if one.cost is not None:
                self._cost.labels(one.currency).inc(float(one.cost))
            if one.first_ms is not None:
                self._first.labels(one.endpoint).observe(one.first_ms / 1e3)
            if one.took_ms is not None:
                self._took.labels(one.endpoint).observe(one.took_ms / 1e3)

    def turned(self, shipped: Shipped, now: datetime) -> None:
        """Count what a turn of the shipper found beside records."""
        self._cut.inc(shipped.cut)
        self._lost.inc(shipped.lost)
        self._damaged.inc(shipped.damaged)
        self._open.set(shipped.open)
        self._shipped.set(now.timestamp())

    def exported(self, exporter: str, sent: int, refused: int) -> None:
        """Count what went out of the house, or would have."""
        self._exported.labels(exporter).inc(sent)
        self._refused.labels(exporter).inc(refused)

    def waiting(self, size: int) -> None:
        """How many bytes the database is behind the journal."""
        self._waiting.set(size)

    def serve(self, listening: socket) -> None:
        """Answer on a socket that listens already, in a thread of its own, until the process ends."""
        page = ThreadingHTTPServer(listening.getsockname()[:2], _handler(self._all), bind_and_activate=False)
        page.socket.close()
        page.socket = listening
        Thread(target=page.serve_forever, name="metrics", daemon=True).start()

    def render(self) -> bytes:
        """The text that Prometheus reads (version 0.0.4)."""
        return generate_latest(self._all)


def _handler(registry: CollectorRegistry) -> type[MetricsHandler]:
    """A page that does not wait for a client that says nothing."""
    return type("Page", (MetricsHandler.factory(registry),), {"timeout": 5})
