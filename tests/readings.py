"""Reports made up on the spot, and what the parsers read in them."""

import csv
import io
import json
from typing import Any

from detente.model.finding import Observation
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.source import Source


def source(document: Any) -> Source:
    """A report of this JSON value, or of these bytes as they are."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Source("report", lambda: io.BytesIO(data))


def reading(name: str, document: Any) -> intake.Reading:
    return intake.read(registry.parser(name), source(document))


def found(name: str, document: Any) -> list[Observation]:
    return [item for item in reading(name, document).items if isinstance(item, Observation)]


def sheet(*rows: dict[str, str]) -> bytes:
    """A CSV report of these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
