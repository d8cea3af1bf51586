"""Snyk Code: `snyk code test --json` (or `--sarif`), which is SARIF written by the driver SnykCode.

One finding per result and place; Snyk's second fingerprint identifies it, because it survives edits around the line. Severity
is Snyk's level (error high, warning medium, note low). Ignored results are read as suppressed, with the reason given to Snyk.
"""

from detente.queue import sarif
from detente.queue.report import Head


def _sniff(head: Head) -> bool:
    return "SnykCode" in (sarif.drivers(head) or ())


PARSER = sarif.parser("snyk_code", _sniff, ("1", "0"))
