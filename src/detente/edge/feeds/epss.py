"""EPSS by FIRST.org: the daily CSV `epss_scores-YYYY-MM-DD.csv`.

Its first line names the model and the day (`#model_version:v2023.03.01,score_date:2024-03-04T00:00:00+0000`); a file
without it is refused, because a score without its model cannot be compared or explained.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from detente.edge.feeds import Harvest, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head
from detente.store.intel import Batch

NAME = "epss"
PIECES = False
HEADER = re.compile(rb"#\s*model_version:([^,\s]+),\s*score_date:(\d{4}-\d\d-\d\d)[^\r\n]*\r?\n")
NUMBER = r"^\d*\.?\d+([eE][-+]?\d+)?$"
COLUMNS = ("cve", "epss", "percentile")


def sniff(head: Head) -> bool:
    """A header line of the model, or the three columns."""
    return head.data.startswith(b"#model_version") or head.has_columns(*COLUMNS)


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """All scores of one day as one batch."""
    header = HEADER.match(data)
    if header is None:
        raise refused(name, "The first line does not name model_version and score_date.", "Download the original file.")
    table = rows(data[header.end() :], name, harvest)
    version, scored = (part.decode() for part in header.groups())
    harvest.ready.append(Batch(NAME, Kind.EPSS, table, version, day(scored)))


def rows(body: bytes, name: str, harvest: Harvest) -> pa.Table:
    """The readable rows, the first of each CVE; what is no CVE or no probability is counted."""

    def skip(row: csv.InvalidRow) -> str:
        harvest.rejected["wrong number of columns"] += 1
        return "skip"

    options = csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), include_columns=COLUMNS)
    try:
        text = csv.read_csv(
            pa.BufferReader(body), parse_options=csv.ParseOptions(invalid_row_handler=skip), convert_options=options
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise refused(name, f"The rows are no EPSS table ({error}).", "Download the file again.") from None
    fit = pc.and_(pc.match_substring_regex(text["cve"], r"^CVE-\d{4}-\d{4,}$"), number(text["epss"]))
    good = text.filter(pc.and_(fit, number(text["percentile"])))
    typed = pa.table(
        [good["cve"], pc.cast(good["epss"], pa.float64()), pc.cast(good["percentile"], pa.float64())], COLUMNS
    )
    kept = typed.filter(pc.and_(pc.less_equal(typed["epss"], 1), pc.less_equal(typed["percentile"], 1)))
    harvest.rejected["no CVE with a probability"] += text.num_rows - kept.num_rows
    if kept.num_rows == 0:
        raise refused(name, "It holds no score.", "Download the file again.")
    return (
        kept.group_by("cve", use_threads=False)
        .aggregate([("epss", "first"), ("percentile", "first")])
        .rename_columns(list(COLUMNS))
    )


def number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where the text is a plain non-negative number."""
    return pc.match_substring_regex(column, NUMBER)
