"""A CMDB export as CSV: one row per service or per host of a service; rows of one service add up.

Without a column map the usual headings are tried, ServiceNow's among them. Delimiters `,`, `;`, tab and `|` are recognised.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping

from detente.accord.merge import Imported, overlay
from detente.accord.problems import InvalidError, Problem
from detente.model.estate import Claim, Estate, Exposure, Service, Squad

CODE = "bad-cmdb"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "service", "business_service", "u_business_service", "application", "name", "ci_name"),
    "squad": ("squad", "team", "support_group", "assignment_group", "owned_by", "owner"),
    "tier": ("tier", "busines_criticality", "business_criticality", "criticality"),
    "exposure": ("exposure", "u_exposure", "network_zone"),
    "internet": ("internet_facing", "u_internet_facing"),
    "data": ("data", "data_classification", "u_data_classification"),
    "scope": ("scope", "compliance_scope", "u_compliance"),
    "lifecycle": ("lifecycle", "life_cycle_stage", "operational_status", "install_status"),
    "host": ("host", "fqdn", "host_name", "hostname", "dns_name"),
    "image": ("image", "container_image"),
    "repo": ("repo", "repository"),
    "account": ("account", "account_id", "subscription_id"),
    "project": ("project",),
    "depends": ("depends", "depends_on"),
}
_CLAIMS = ("host", "image", "repo", "account", "project")
_CRITICALITY = re.compile(r"([1-4])\s*-.*")  # ServiceNow: `1 - most critical` to `4 - not critical`
_YES = frozenset({"true", "yes", "y", "1"})


def load(text: str | bytes, name: str, columns: Mapping[str, str] | None = None) -> Imported:
    """Read an export; `columns` maps our field to the heading in the file and wins over the usual names.

    Rows that cannot be read are returned with their line and reason. Errors: InvalidError when no column says which service.
    """
    rows = _rows(text, name)
    at = _positions([_bare(heading) for heading in next(rows, (1, []))[1]], columns or {}, name)
    estates: dict[str, Estate] = {}
    skipped: list[Problem] = []
    for line, cells in rows:
        row = {field: cells[column].strip() for field, column in at.items() if column < len(cells)}
        if fault := _fault(row, len(at)):
            skipped.append(Problem(name, line, 1, "", *fault))
        elif any(row.values()):
            squads = (Squad(row["squad"]),) if row.get("squad") else ()
            estates[f"line {line}"] = Estate(squads, (_service(row),))
    estate, conflicts = overlay(estates)
    for each in conflicts:
        line, allowed = int(each.dropped_from.split()[1]), f"{each.kept}, as {each.kept_from} says of {each.id}"
        skipped.append(Problem(name, line, 1, each.field, each.dropped, allowed))
    return Imported(estate, tuple(skipped))


def _rows(text: str | bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it ends on; the delimiter is the one that parts the heading most often."""
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        heading = content.partition("\n")[0]
        delimiter = max(",;\t|", key=lambda mark: len(next(csv.reader([heading], delimiter=mark), [])))
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
        for cells in reader:
            yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise _invalid(name, f"byte 0x{error.object[error.start]:02x}", "text in UTF-8") from error
    except csv.Error as error:
        raise _invalid(name, f"broken CSV ({error})", "rows of one delimiter, quotes closed") from error


def _positions(headings: list[str], columns: Mapping[str, str], name: str) -> dict[str, int]:
    if strange := columns.keys() - COLUMNS.keys():
        raise _invalid(name, f"the field {', '.join(sorted(strange))}", ", ".join(COLUMNS))
    if absent := [heading for heading in columns.values() if _bare(heading) not in headings]:
        raise _invalid(name, f"no column {', '.join(absent)}", f"one of {', '.join(headings)}")
    wanted = {field: (columns[field],) if field in columns else usual for field, usual in COLUMNS.items()}
    at = {
        field: next((headings.index(n) for n in map(_bare, names) if n in headings), -1)
        for field, names in wanted.items()
    }
    if at["id"] < 0:
        raise _invalid(name, f"the columns {', '.join(headings) or 'of an empty file'}", "one that names the service")
    return {field: column for field, column in at.items() if column >= 0}


def _bare(heading: str) -> str:
    return re.sub(r"[\s-]+", "_", heading.strip().lower())


def _fault(row: Mapping[str, str], width: int) -> tuple[str, str] | None:
    if not any(row.values()):
        return None
    if len(row) < width:
        return f"{len(row)} of {width} columns", "a value, or an empty one, in every column"
    if not row["id"]:
        return "no service", "a row that names its service"
    word = row.get("exposure", "").lower()
    return (f"the exposure '{word}'", ", ".join(Exposure)) if word and word not in [*Exposure] else None


def _service(row: Mapping[str, str]) -> Service:
    exposure = row.get("exposure", "").lower() or ("internet" if row.get("internet", "").lower() in _YES else "")
    return Service(
        id=row["id"],
        squad=row.get("squad", ""),
        tier=_tier(row.get("tier", "")),
        exposure=Exposure(exposure) if exposure else None,
        data=_list(row.get("data", "")),
        scope=_list(row.get("scope", "")),
        runs=tuple(Claim(kind, name) for kind in _CLAIMS for name in _list(row.get(kind, ""))),
        depends=_list(row.get("depends", "")),
        lifecycle=row.get("lifecycle", ""),
    )


def _tier(word: str) -> str:
    ranked = _CRITICALITY.fullmatch(word)
    return f"tier-{ranked[1]}" if ranked else word


def _list(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[\s,;]+", cell)))


def _invalid(name: str, found: str, allowed: str) -> InvalidError:
    return InvalidError(name, (Problem(name, 1, 1, "", found, allowed),), code=CODE)
