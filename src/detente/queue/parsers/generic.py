"""Generic JSON, for any tool of your own: `{"findings": [{"title": ..., "severity": ..., ...}]}`.

| field | meaning |
|---|---|
| `title` | required |
| `severity` | Critical, High, Medium, Low or Info; else it follows from the score |
| `cve`, `vulnerability_ids` | ids of the vulnerability; several CVEs are related, not equal |
| `vuln_id_from_tool` | the tool's rule; else the first id, else the title names the vulnerability |
| `cwe`, `cwes` | numbers or `CWE-79` |
| `cvssv3`, `cvssv3_score`, `cvssv4`, `cvssv4_score`, `epss_score` | ratings |
| `component_name`, `component_version`, `fix_version`, `ecosystem`, `purl` | a vulnerable package |
| `fix_released` | the day on which the fix came out (ISO 8601) |
| `file_path`, `line`, `unique_id_from_tool` | a place in the code, and a fingerprint that survives moves |
| `endpoint`, `endpoints` | addresses, one finding each: text, or `protocol`, `host`, `port`, `path` |
| `asset`, `kind` | `image:shop/web:1.2`, `host:web-1`, `repo:shop/web`; `package`, `host`, `code`, `secret`, `config`, `web` |
| `state`, `active`, `false_p`, `risk_accepted`, `is_mitigated`, `out_of_scope`, `duplicate` | what was decided about it |
| `author`, `reason`, `known_exploited` | who decided and why; whether it is attacked |
| `scanned` | when the scan was made (ISO 8601): beside `findings` for all of them, or in a finding |

Unknown fields are ignored, rubbish in a number leaves that number unknown. A report without findings closes what this format
found before on the asset given with `--asset`.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage
from detente.queue import entry
from detente.queue.fields import dated
from detente.queue.report import Head, Items, JsonParser, Record


def _observe(record: Record, context: Any) -> Items:
    for observation in entry.observe(record.value):
        yield observation
        yield Coverage(observation.asset)


def _cover(roots: Any) -> Iterator[Coverage]:
    yield from (Coverage("") for root in roots if isinstance(root, dict) and isinstance(root.get("findings"), list))


def _sniff(head: Head) -> bool:
    first = head.first("findings")
    return "title" in first and not {"findingArn", "ProductArn", "Title"} & first.keys()


PARSER = JsonParser(
    name="generic",
    version=2,
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=dated("scanned"),
    records={"findings[]": dict},
)
