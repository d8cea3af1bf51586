"""npm 6: `npm audit --json` (also pnpm, and the Yarns that print the same object).

One finding per advisory and installed version; all dependency paths of it are the same finding. Advisories the project has
muted are not in the report. The report does not name the project, so pass `--asset`.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage
from detente.queue import advisory
from detente.queue.report import Head, Items, JsonParser, Record


def _observe(record: Record, context: Any) -> Items:
    yield from advisory.observe(record.value)


def _cover(roots: Any) -> Iterator[Coverage]:
    """The lock file as a whole; an audit that failed prints an `error` in place of advisories."""
    yield from (Coverage("", succeeded="error" not in root) for root in roots if isinstance(root, dict))


def _sniff(head: Head) -> bool:
    return isinstance(head.object.get("advisories"), dict) and not {"type", "data"} <= head.object.keys()


PARSER = JsonParser(
    name="npm_audit", sniff=_sniff, observe=_observe, cover=_cover, records={"advisories{}": dict[str, Any]}
)
