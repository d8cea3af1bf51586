"""Generic CSV, for any tool of your own: a header with at least `Title` and `Severity`, one finding a row.

Columns are the fields of generic JSON in any case, with blanks for underscores (`Component Name`, `Fix Version`, `CVE`, `CWE`,
`File Path`, `Line`, `Asset`, `State`), and the older names `Vulnerability Id`, `CweId`, `Url`, `CVSSV3`, `Active`, `FalsePositive`.
Unknown columns are ignored. The delimiter is found out.
"""

from typing import Any

from detente.model.finding import Coverage
from detente.queue import entry
from detente.queue.report import CsvParser, Head, Items, Record

_OLDER = {"cweid": "cwe", "falsepositive": "false_p", "cveid": "cve"}
_FOREIGN = ({"Issue ID", "Control ID"}, {"QID"}, {"Plugin ID"}, {"CHECK_ID"}, {"CVE ID", "Compliance ID"}, {"NVT OID"})


def _observe(record: Record, context: Any) -> Items:
    names = {column: column.strip().lower().replace(" ", "_") for column in record.value}
    fields = {_OLDER.get(name, name): record.value[column] for column, name in names.items() if record.value[column]}
    for observation in entry.observe(fields):
        yield observation
        yield Coverage(observation.asset)


def _sniff(head: Head) -> bool:
    foreign = any(line >= names for line in head.columns for names in _FOREIGN)
    return head.has_columns("Title", "Description", "Severity") and not foreign


PARSER = CsvParser(
    name="generic_csv",
    version=2,
    sniff=_sniff,
    observe=_observe,
    cover=lambda context: (Coverage(""),),
    header=("Title", "Severity"),
)
