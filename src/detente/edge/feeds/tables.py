"""Tables of CVE facts or evidence, CSV or Parquet, recognised by their columns.

Facts: `cve` with any of published, base_score, base_vector, assigner, cwe, vendor, product, state, ssvc_exploitation,
ssvc_automatable, ssvc_impact, ssvc_at (or the longer names of a flattened Vulnrichment). Evidence: `cve`, `source` and
`first_seen`; or one column of flags per source and day, such as `nuclei_2024_03_04`: known by that day, no day per CVE.
"""

import io
import re
from collections.abc import Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from detente.edge.feeds import Harvest, refused
from detente.model.intel import Kind
from detente.queue.report import Head
from detente.store.intel import SCHEMAS, Batch

NAME = "cve"
PIECES = False
FLAG = re.compile(r"([a-z_]+)_(\d{4})_(\d\d)_(\d\d)")
ALIASES = {"poc_github": "poc"}
FACTS = SCHEMAS[Kind.FACTS]
LONGER = {
    "assigner": "assigner_short",
    "ssvc_impact": "ssvc_technical_impact",
    "ssvc_at": "ssvc_ts",
    "base_score": "cvss3_cna",
    "base_vector": "vector3_cna",
}
MARKS = frozenset(FACTS.names[1:]) | frozenset(LONGER.values()) | {"source"}


def sniff(head: Head) -> bool:
    """Parquet, or a CSV header with `cve` and a column this reader knows."""
    return head.data.startswith(b"PAR1") or any("cve" in line and known(line) for line in head.columns[:1])


def known(columns: frozenset[str]) -> bool:
    """Whether a column beside `cve` says something."""
    return bool(columns & MARKS) or any(FLAG.fullmatch(column) for column in columns)


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """Facts, flags and evidence of the table, whichever it has."""
    whole = table(data, name)
    fit = pc.fill_null(pc.match_substring_regex(pc.cast(whole["cve"], pa.string()), r"^CVE-\d{4}-\d{4,}$"), False)
    good = whole.filter(fit)
    harvest.rejected["no CVE id"] += whole.num_rows - good.num_rows
    harvest.ready.extend(batch for batch in (*facts(good), *flags(good), *evidence(good)) if batch.table.num_rows)


def table(data: bytes, name: str) -> pa.Table:
    """The file as Arrow; everything of a CSV as text."""
    try:
        if data.startswith(b"PAR1"):
            whole = pq.read_table(io.BytesIO(data))
        else:
            columns = csv.read_csv(io.BytesIO(data.split(b"\n", 1)[0] + b"\n")).column_names
            options = csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True)
            whole = csv.read_csv(io.BytesIO(data), convert_options=options)
    except (pa.ArrowInvalid, OSError) as error:
        raise refused(name, f"It cannot be read as a table ({error}).", "Transfer it again.") from None
    if "cve" not in whole.column_names or not known(frozenset(whole.column_names)):
        raise refused(name, "No column of it is known.", "See docs/intelligence.md for the columns.")
    return whole


def facts(whole: pa.Table) -> Iterator[Batch]:
    """What is said of each CVE; CISA's own CVSS fills the assigner's gaps and carries CISA's day."""
    given = {key: column(whole, key) for key in FACTS.names}
    if all(values.null_count == len(values) for key, values in given.items() if key != "cve"):
        return
    name = "vulnrichment" if "ssvc_ts" in whole.column_names else NAME
    if "cvss3_adp" in whole.column_names:
        lent = pc.is_null(given["base_score"])
        given["base_score"] = pc.coalesce(given["base_score"], typed(whole["cvss3_adp"], pa.float64()))
        given["base_vector"] = pc.coalesce(given["base_vector"], pc.cast(whole["vector3_adp"], pa.string()))
        given["base_at"] = pc.if_else(lent, given["ssvc_at"], given["base_at"])
    for key in ("ssvc_exploitation", "ssvc_automatable", "ssvc_impact"):
        given[key] = pc.utf8_lower(given[key])
    made = pa.table([given[key] for key in FACTS.names], schema=FACTS)
    yield Batch(name, Kind.FACTS, made, as_of=latest(made["published"], made["ssvc_at"]))


def column(whole: pa.Table, key: str) -> pa.ChunkedArray:
    """One column of the facts table under its own or its longer name, null where it is missing."""
    there = [name for name in (key, LONGER.get(key, key)) if name in whole.column_names]
    kind = FACTS.field(key).type
    return typed(whole[there[0]], kind) if there else pa.chunked_array([pa.nulls(whole.num_rows, kind)])


def typed(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The values in the type wanted; what cannot be read as such is unknown."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return pc.cast(values, kind, safe=False)
    text = pc.cast(values, pa.string())
    if pa.types.is_string(kind):
        return text
    pattern = r"^\d{4}-\d\d-\d\d" if pa.types.is_date(kind) else r"^-?\d+(\.\d+)?$"
    text = pc.utf8_slice_codeunits(text, 0, 10) if pa.types.is_date(kind) else text
    return pc.cast(pc.if_else(pc.match_substring_regex(text, pattern), text, None), kind)


def latest(*columns: pa.ChunkedArray) -> date | None:
    """The last day in any of the columns."""
    return max((day for each in columns if (day := pc.max(each).as_py()) is not None), default=None)


def flags(whole: pa.Table) -> Iterator[Batch]:
    """One undated list per column of flags, known by the day in the column's name."""
    for name in whole.column_names:
        if found := FLAG.fullmatch(name):
            source, *when = found.groups()
            raised = pc.equal(pc.utf8_lower(pc.cast(whole[name], pa.string())), "true")
            cves = whole.filter(pc.fill_null(raised, False))["cve"]
            day = date(*(int(part) for part in when))
            yield Batch(ALIASES.get(source, source), Kind.EVIDENCE, proofs(cves), as_of=day)


def evidence(whole: pa.Table) -> Iterator[Batch]:
    """One dated list per source; a KEV day in a flattened Vulnrichment is evidence too."""
    if "vr_kev" in whole.column_names:
        listed = whole.filter(pc.is_valid(whole["vr_kev"]))
        seen = typed(listed["vr_kev"], pa.date32())
        yield Batch("cisa_kev", Kind.EVIDENCE, proofs(listed["cve"], seen), as_of=latest(seen))
    if "source" in whole.column_names:
        for source in pc.unique(whole["source"]).drop_null().to_pylist():
            rows = whole.filter(pc.equal(whole["source"], source))
            seen = typed(rows["first_seen"], pa.date32()) if "first_seen" in rows.column_names else None
            yield Batch(source, Kind.EVIDENCE, proofs(rows["cve"], seen), as_of=latest(seen) if seen else None)


def proofs(cves: pa.ChunkedArray, seen: pa.ChunkedArray | None = None) -> pa.Table:
    """Rows of the evidence table."""
    nothing = pa.nulls(len(cves), pa.date32())
    columns = [pc.cast(cves, pa.string()), nothing if seen is None else seen, pa.nulls(len(cves), pa.string())]
    return pa.table(columns, schema=SCHEMAS[Kind.EVIDENCE])
