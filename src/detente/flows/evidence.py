"""Evidence for one regime: the open fixes with its clocks, who accepted what, and the ledger entries each line rests on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from detente.accord.clocks import earliest
from detente.accord.regimes.registry import rulebooks
from detente.accord.spans import begin
from detente.flows import closed, patch
from detente.flows.changes import text
from detente.flows.outlook import Outlook
from detente.flows.settle import Settled, settle
from detente.flows.workspace import Workspace
from detente.model.clock import Duty
from detente.model.errors import DetenteError
from detente.model.estate import Exposure
from detente.model.evidence import Forecast, Item, Report
from detente.model.fix import Accepted, Fix
from detente.model.intel import Kind
from detente.queue.view import finding_id
from detente.store import intel, ledger, segments
from detente.store.engine import SqlEngine

_SIGNED = 1 << 63
_PAGE = 10_000


def evidence(workspace: Workspace, regime: str, now: datetime, since: date | None = None) -> Report:
    """Every open fix that `regime` has a clock for, the next to end first; and what ended on `since` (a month ago) or later.

    Raises DetenteError, code `no-regime`, when the accord does not name the regime.
    """
    accord = workspace.accord
    start = begin(since, ZoneInfo(accord.timezone)) if since else now - relativedelta(months=1)
    running = [one.name for one in accord.regimes]
    if regime not in running:
        do = f"Running here: {', '.join(running) or 'none'}. Name it under `regimes` in accord.yaml."
        raise DetenteError(
            "There is no evidence to give", f"the accord names no regime {regime!r}.", do, code="no-regime"
        )
    with patch.triage(workspace, now) as (engine, _):
        settled = settle(workspace, engine, now)
        listed = engine.ask(text("listed"))
        shown = patch.details(engine, listed)
        reports = _reports(engine)
        ended = closed.gather(engine, workspace, start)
        reports |= _reports(engine)
    viewer = patch.viewer(workspace, now)
    fixes = [viewer.fix(row, shown[row["service"], row["remedy"]]) for row in listed.to_pylist()]
    trace, outlook = _Trace(workspace, settled, reports, now), Outlook(workspace, now)
    items = [_item(workspace, fix, regime, trace, outlook) for fix in fixes]
    past = [_past(workspace, one, regime, trace) for one in closed.view(workspace, ended, now)]
    book = rulebooks()[regime]
    return Report(
        regime=regime,
        title=book.TITLE,
        version=book.VERSION,
        organisation=accord.organisation,
        accord=f"version {accord.version}, {workspace.standing}, sha256 {accord.digest}",
        at=now,
        signed=trace.signed,
        head=trace.head,
        items=tuple(sorted((item for item in items if item.clocks), key=_order)),
        since=start,
        closed=tuple(item for item in past if item.clocks),
    )


class _Trace:
    """From findings to what the ledger says of them."""

    def __init__(self, workspace: Workspace, settled: Settled, reports: Mapping[str, set[int]], now: datetime) -> None:
        ingested, priced = _numbers(workspace, "ingest"), _numbers(workspace, "evaluated")
        digests = {int(one.digest[:16], 16) - _SIGNED: one.digest for one in segments.all_segments(workspace.engine)}
        self.priced, self.ingests = (
            {finding: {seq for report in found for seq in kept[digests[report]]} for finding, found in reports.items()}
            for kept in (priced, ingested)
        )
        self.arrived = {report: ingested[digest] for report, digest in digests.items()}
        self.assessed = _numbers(workspace, "assessed")
        self.catalogue = _catalogue(workspace, now)
        self.accepted = {one.exception: one for one in patch.accepted(settled)}
        self.covered = {name: set(one.request.findings) for name, one in settled.active.items()}
        self.agreed = _numbers(workspace, "exception-requested", "exception-signed")
        self.signed = tuple(_numbers(workspace, "accord-signed")[workspace.accord.digest])
        self.head = ledger.head(workspace.engine)

    def acceptance(self, fix: Fix) -> Accepted | None:
        """The first active exception that covers all of a fix, if one does."""
        ids = {one.id for one in fix.findings}
        return next((self.accepted[name] for name, covered in self.covered.items() if ids <= covered), None)

    def entries(self, fix: Fix, accepted: Accepted | None) -> tuple[int, ...]:
        """The numbers of the entries a line rests on."""
        found = {seq for one in fix.findings for seq in self.ingests.get(one.id, ())}
        if fix.ratings:
            found |= {seq for one in fix.findings for seq in self.priced.get(one.id, ())}
            found |= {*self.assessed[fix.service]}
        if any(one.kev for one in fix.findings):
            found |= {*self.catalogue}
        return tuple(sorted(found | {*(self.agreed[accepted.exception] if accepted else ())}))


def _item(workspace: Workspace, fix: Fix, regime: str, trace: _Trace, outlook: Outlook) -> Item:
    clocks = tuple(clock for clock in fix.clocks if clock.regime == regime)
    bound, accepted, now = earliest(clocks), trace.acceptance(fix), outlook.now
    return Item(
        fix=fix,
        clocks=clocks,
        detected=min(one.first_seen for one in fix.findings).replace(tzinfo=UTC),
        exposure=_exposure(workspace, fix),
        overdue=bool(bound and bound.due and bound.due < now),
        accepted=accepted,
        outstayed=next((one for one in clocks if one.duty is Duty.ACCEPT and one.due and one.due < now), None),
        entries=trace.entries(fix, accepted),
        forecast=outlook.of(fix, bound),
    )


def _past(workspace: Workspace, one: closed.Closed, regime: str, trace: _Trace) -> Item:
    clocks = tuple(clock for clock in one.fix.clocks if clock.regime == regime)
    bound, closing = earliest(clocks), {seq for report in one.reports for seq in trace.arrived[report]}
    return Item(
        fix=one.fix,
        clocks=clocks,
        detected=min(found.first_seen for found in one.fix.findings).replace(tzinfo=UTC),
        exposure=_exposure(workspace, one.fix),
        overdue=bool(bound and bound.due and bound.due < one.ending.at),
        accepted=None,
        outstayed=None,
        entries=tuple(sorted({*trace.entries(one.fix, None), *closing})),
        forecast=Forecast(late=None, why=""),
        ending=one.ending,
    )


def _exposure(workspace: Workspace, fix: Fix) -> Exposure | None:
    return next((one.exposure for one in workspace.estate.services if one.id == fix.service), None)


def _order(item: Item) -> tuple[bool, float, int]:
    bound = earliest(item.clocks)
    return bound is None, bound.due.timestamp() if bound and bound.due else 0.0, item.fix.position


def _reports(engine: SqlEngine) -> dict[str, set[int]]:
    """The reports that showed each finding, by its id."""
    found: dict[str, set[int]] = defaultdict(set)
    rows: Iterable[Mapping[str, Any]] = engine.ask(text("traces")).to_pylist()
    for row in rows:
        found[finding_id(row["place"], row["vuln"])].add(row["report"])
    return found


def _catalogue(workspace: Workspace, now: datetime) -> list[int]:
    """The entry of the KEV catalogue that due dates of this moment rest on."""
    states = [one for one in intel.sources(workspace.engine) if one.kind is Kind.KEV and one.as_of <= now.date()]
    newest = max(states, key=lambda one: one.as_of, default=None)
    return _numbers(workspace, "intel")[newest.digest] if newest else []


def _numbers(workspace: Workspace, *kinds: str) -> dict[str, list[int]]:
    """The numbers of the entries of some kinds, by their subject; none for a subject without."""
    found: dict[str, list[int]] = defaultdict(list)
    for kind in kinds:
        after = 0
        while page := ledger.records(workspace.engine, kind=kind, after=after, limit=_PAGE):
            for record in page:
                found[record.subject].append(record.seq)
            after = page[-1].seq
    return found
