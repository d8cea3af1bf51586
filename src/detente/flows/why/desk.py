"""Where an answer is looked up: one workspace and the queue it has at one moment, with the parts that all answers share."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detente.flows import intel, patch
from detente.flows.changes import text
from detente.flows.settle import Settled, settle
from detente.flows.workspace import Workspace
from detente.model.chain import Link, Part
from detente.model.count import counted
from detente.model.estate import Squad
from detente.model.fix import Fix
from detente.plan.known import Faults, index
from detente.queue import chain, dimensions
from detente.queue.otherwise import Around
from detente.queue.price import Worth
from detente.queue.rank import UNKNOWN
from detente.queue.view import Viewer, finding_id
from detente.store import intel as sources
from detente.store import ledger, segments
from detente.store.engine import SqlEngine
from detente.store.segments import Segment

Row = dict[str, Any]
MOST = 20  # how many findings or fixes an answer names; `queue` lists all
_OFFSET = 1 << 63


class Desk:
    """What every answer asks: tables by their question, money by the accord, names by the estate."""

    def __init__(self, workspace: Workspace, engine: SqlEngine, given: Mapping[str, Any], now: datetime) -> None:
        self.workspace, self.engine, self.given, self.now = workspace, engine, given, now
        self.accord = workspace.accord

    @cached_property
    def viewer(self) -> Viewer:
        """Puts words to rows."""
        return patch.viewer(self.workspace, self.now)

    @cached_property
    def faults(self) -> Faults:
        """What makers of releases know to break."""
        return index(sources.faults(self.workspace.engine, self.workspace.folder, self.now.date()))

    @cached_property
    def worth(self) -> Mapping[str, Worth]:
        """What each service's assets are worth, and `unowned`."""
        return dimensions.worth(self.accord, self.workspace.estate)

    @cached_property
    def settled(self) -> Settled:
        """Where each exception stands."""
        return settle(self.workspace, self.engine, self.now)

    @cached_property
    def reports(self) -> Mapping[int, Segment]:
        """The segments by their number in the lake."""
        return {int(one.digest[:16], 16) - _OFFSET: one for one in segments.all_segments(self.workspace.engine)}

    @cached_property
    def listed(self) -> pa.Table:
        """All fixes in their order."""
        return self.engine.ask(text("listed"))

    def ask(self, question: str, **tables: pa.Table) -> list[Row]:
        """The rows that answer a question of the queue."""
        self.engine.bind(tables)
        rows: list[Row] = self.engine.ask(text(question)).to_pylist()
        return rows

    def money(self, amount: float | Decimal) -> str:
        """An amount a month, in the accord's currency."""
        return f"{chain.money(amount, self.accord)} a month"

    def fix(self, row: Row) -> tuple[Fix, list[Row]]:
        """The fix of a row of `listed` in words, and what its findings' prices are made of; leaves them `picked`."""
        wanted = pa.table({"service": pa.array([row["service"]], pa.int64()), "remedy": [row["remedy"]]})
        shown = patch.details(self.engine, wanted)
        return self.viewer.fix(row, shown[row["service"], row["remedy"]]), self.ask("found")

    def fix_row(self, number: int) -> Row | None:
        """The row of the fix with this number."""
        numbers = pc.bit_wise_xor(self.listed["service"], self.listed["remedy"])
        rows: list[Row] = self.listed.filter(pc.equal(numbers, number)).to_pylist()
        return rows[0] if rows else None

    def controls(self, asset: str) -> Mapping[int, float]:
        """The share of attacks stopped on an asset, by the code of the kind of finding."""
        table = dimensions.controls([(0, asset)], self.workspace.claims)
        return dict(zip(table["kind"].to_pylist(), table["effect"].to_pylist(), strict=True))

    def around(self, service: str, asset: str) -> Around:
        """The findings `picked`, all of one service, among all findings of their assets."""
        found = self.engine.ask(text("around"))
        stops, worth = self.controls(asset), self.worth[service]
        control = [stops.get(kind, 0.0) for kind in found["kind"].to_pylist()]
        return Around(
            asset=np.unique(found["asset"].to_numpy(), return_inverse=True)[1],
            vuln=found["vuln"].to_numpy(),
            h0=found["h0"].to_numpy(),
            reach=found["reach"].to_numpy(),
            control=np.array(control, np.float64),
            closed=found["closed"].to_numpy().astype(np.bool_),
            scale=self.accord.prices.hazard.scale,
            factor=worth.factor,
            loss=worth.loss,
        )

    def entry(self, segment: Segment) -> str:
        """Where the ledger holds a report's arrival."""
        found = ledger.records(self.workspace.engine, subject=segment.digest, kind="ingest", limit=1)
        return f"ledger entry {found[0].seq}" if found else "no ledger entry"

    def terms(self, name: str) -> tuple[Link, ...]:
        """What makes the ranker's probability of a CVE, the weightiest first; of anything else that it says nothing."""
        if not name.startswith("CVE-"):
            return (Link("ranker", "does not know this kind", "only CVEs are ranked"),)
        (ranked,) = intel.ranking(self.workspace.folder, self.workspace.engine, self.now.date(), [name])
        told = f"{ranked.p30:.3e} of becoming known exploited" + (f" ({ranked.note})" if ranked.note else "")
        likely = Link("p30", told, "within 30 days, by the ranker: docs/intelligence.md")
        return likely, *(Link("term", str(term), "log-odds") for term in ranked.terms)

    def heard_of(self, name: str) -> bool:
        """Whether any report, or any source of the intelligence, knows a vulnerability."""
        if pc.any(pc.equal(self.engine.ask("SELECT name FROM vulns")["name"], name)).as_py():
            return True
        if not name.startswith("CVE-"):
            return False
        (ranked,) = intel.ranking(self.workspace.folder, self.workspace.engine, self.now.date(), [name])
        return UNKNOWN not in ranked.note.split("; ")

    def owner(self, service: str, squad: str) -> tuple[Link, ...]:
        """Who does the work, as the estate names them; nothing for what nobody owns."""
        if service not in self.viewer.services:
            return ()
        known = self.viewer.squads.get(squad, Squad(squad))
        engineer = Link("security engineer", known.security_engineer or "nobody named", f"estate, squad {squad}")
        return Link("squad", squad or "nobody", f"estate, service {service}"), engineer

    def decided(self) -> Part:
        """Everything the answer follows from, by digest: the same inputs give the same answer."""
        accord, given = self.accord, self.given
        links = (
            Link("accord", accord.digest, f"sha256; version {accord.version}, {self.workspace.standing}"),
            Link("estate", given["estate"], "sha256 of estate files and CODEOWNERS"),
            Link("aliases", given["aliases"], "sha256 of the ids that mean the same"),
            Link("intelligence", given["intelligence"], f"sha256; {self._sources()}"),
            Link("reports", counted(len(given["segments"]), "segment"), "the lake; `detente ledger show`"),
            Link("pricing", f"version {given['version']}", "docs/prices.md"),
        )
        return Part("Decided from", links)

    def _sources(self) -> str:
        known = sources.usable(sources.sources(self.workspace.engine), self.now.date())
        newest = {one.name: one.as_of for one in reversed(known)}
        return ", ".join(f"{name} {day}" for name, day in sorted(newest.items())) or "none imported"

    def findings(self, rows: Iterable[Row], say: str) -> tuple[Link, ...]:
        """The dearest of some findings, each by its id; `say` names the column to tell beside the price."""
        return tuple(
            Link(finding_id(one["place"], one["vuln"]), f"{one[say]}: {self.money(one['loss_month'])}")
            for one, _ in zip(rows, range(MOST), strict=False)
        )
