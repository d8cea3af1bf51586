"""The whole chain behind any id: finding, fix, vulnerability, asset, service, report."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from math import exp
from typing import Any

import pyarrow as pa

from detente.flows import intel, patch
from detente.flows.changes import text
from detente.flows.workspace import Workspace
from detente.model.chain import Chain, Link, Part
from detente.model.errors import DetenteError
from detente.model.estate import Exposure
from detente.model.finding import State
from detente.model.money import Money
from detente.queue import chain, dimensions
from detente.queue.price import Loss
from detente.queue.view import finding_id
from detente.store import ledger, segments
from detente.store.engine import SqlEngine

Row = dict[str, Any]
_SIGNED, _WRAP = 1 << 63, 1 << 64
_STATES = list(State)


class Why:
    """Answers for one workspace at one moment, on the queue that this moment has."""

    def __init__(self, workspace: Workspace, engine: SqlEngine, given: dict[str, Any], now: datetime) -> None:
        self.workspace, self.engine, self.given, self.now = workspace, engine, given, now
        self.viewer = patch.viewer(workspace, now)
        self.worth = dimensions.worth(workspace.accord, workspace.estate)

    def of(self, name: str) -> Chain:
        """The chain behind `name`. Raises DetenteError when nothing has it, with the nearest names."""
        for answer in (self._finding, self._fix, self._vulnerability, self._asset, self._service, self._report):
            if (found := answer(name)) is not None:
                return found
        raise self._unknown(name)

    def _finding(self, name: str) -> Chain | None:
        number = _number(name, "f-")
        if number is None:
            return None
        ask = f"SELECT place, vuln, asset FROM priced WHERE xor(place, vuln) = {number}"  # noqa: S608 - a number of our own making
        wanted = self.engine.ask(ask)
        if not wanted.num_rows:
            return None
        self.engine.bind({"wanted": wanted.slice(0, 1)})
        row = self.engine.ask(text("found")).to_pylist()[0]
        said = self.engine.ask(text("sightings")).to_pylist()
        service, worth = self.viewer.services.get(row["service_name"]), self.worth[row["service_name"]]
        made = chain.factors(row, self.workspace.accord, worth, self._control(row))
        price = Money(row["loss_month"], self.workspace.accord.currency)
        parts = (
            self._identity(row, said),
            Part("Who said so", tuple(self._sources(said))),
            self._owner(row),
            Part("How likely its use is", tuple(self._terms(row))),
            chain.price(row, made, self.workspace.accord, worth, service),
            chain.decisions(row, worth),
            self._place(row),
            self._inputs(),
        )
        headline = f"{row['name']} on {row['asset_name']} costs {price} a month"
        return Chain(name, headline, parts, tuple(chain.changes(row, made, self.workspace.accord)))

    def _identity(self, row: Row, said: list[Row]) -> Part:
        ids = dict.fromkeys(
            one for record in said for one in f"{record['ids'] or ''} {record['related'] or ''}".split()
        )
        links = (
            Link("asset", row["asset_name"], "the report"),
            Link("component", said[-1]["component"] or "", "without version: it never identifies"),
            Link("vulnerability", row["name"], "canonical id of the alias group"),
            Link("also known as", ", ".join(one for one in ids if one != row["name"]) or "nothing else", "the reports"),
        )
        return Part("What it is", links)

    def _sources(self, said: list[Row]) -> Iterator[Link]:
        known = {int(one.digest[:16], 16) - _SIGNED: one for one in segments.all_segments(self.workspace.engine)}
        for record in said:
            segment = known[record["report"]]
            place = ":".join(str(part) for part in (record["location"], record["line"]) if part)
            told = f"{_STATES[record['state']]} {record['version'] or ''} {place}".strip()
            why = " by ".join(part for part in (record["reason"], record["author"]) if part)
            entry = ledger.records(self.workspace.engine, subject=segment.digest, kind="ingest", limit=1)
            where = f"{segment.file}, {record['tool']}, ledger {entry[0].seq if entry else 'without entry'}"
            yield Link(f"{record['seen']:%Y-%m-%d %H:%M}", f"{told}{f' ({why})' if why else ''}", where)

    def _owner(self, row: Row) -> Part:
        service = self.viewer.services.get(row["service_name"])
        if service is None:
            low, high = self._range(row)
            told = f"between {low} and {high} a month, by the tier and exposure it turns out to have"
            return Part(
                "Who owns it",
                (
                    Link("service", "unowned", "no pattern of the estate claims the asset"),
                    Link("the price of that ignorance", told),
                ),
            )
        squad = self.viewer.squads.get(service.squad)
        links = (
            Link(
                "service",
                f"{service.id} ({service.tier or 'no tier'}, {service.exposure or 'no exposure'})",
                "estate, runs",
            ),
            Link("squad", service.squad or "nobody", "estate"),
            Link(
                "security engineer",
                squad.security_engineer if squad and squad.security_engineer else "nobody",
                "estate",
            ),
        )
        return Part("Who owns it", links)

    def _range(self, row: Row) -> tuple[Money, Money]:
        accord = self.workspace.accord
        cap = float(accord.prices.cap.amount)
        losses = [Loss(float(i.low.amount), float(i.high.amount)).limited(cap) for i in accord.prices.breach.values()]
        made = chain.factors(row, accord, self.worth[row["service_name"]], 0.0)
        low, high = (
            replace(made, loss=loss, exposure=accord.prices.exposure.of(exposure)).price()
            for loss, exposure in ((min(losses), Exposure.ISOLATED), (max(losses), Exposure.INTERNET))
        )
        return Money(Decimal(low), accord.currency), Money(Decimal(high), accord.currency)

    def _control(self, row: Row) -> float:
        table = dimensions.controls([(row["asset"], row["asset_name"])], self.workspace.claims).to_pylist()
        return next((one["effect"] for one in table if one["kind"] == row["kind"]), 0.0)

    def _terms(self, row: Row) -> Iterator[Link]:
        name = row["cve"] or row["name"]
        if not name.startswith("CVE-"):
            yield Link("ranker", "does not know this kind", "only CVEs are ranked")
            return
        (ranked,) = intel.ranking(self.workspace.folder, self.workspace.engine, self.now.date(), [name])
        yield Link("30 days", f"probability {ranked.p30:.3e} of becoming known exploited", "the ranker")
        for reason in ranked.reasons():
            yield Link("term", reason, "log-odds")

    def _place(self, row: Row) -> Part:
        self.engine.bind({"wanted": pa.table({"service": [row["service"]], "remedy": [row["remedy"]]})})
        fixes = [
            one
            for one in self.engine.ask(text("listed")).to_pylist()
            if (one["service"], one["remedy"]) == (row["service"], row["remedy"])
        ]
        return Part("Where it stands", tuple(self._standing(fixes[0])))

    def _standing(self, fix: Row) -> Iterator[Link]:
        accord = self.workspace.accord
        price = Money(fix["loss_month"], accord.currency)
        yield Link(
            "fix",
            f"closes {fix['findings']} findings on {fix['assets']} assets, worth {price} a month",
            "one action on one service",
        )
        yield Link("place", f"{fix['position']}", "all fixes by money per month")
        if fix["always"]:
            rules = ", ".join(str(rule) for rule in accord.escalation.always)
            yield Link("escalated", f"always: {rules}", f"accord {accord.version}, escalation.always")
        share = f"the top {accord.escalation.share} are"
        yield Link(
            "escalated", "yes" if fix["escalated"] else f"no: {share}", f"accord {accord.version}, escalation.share"
        )

    def _inputs(self) -> Part:
        accord = self.workspace.accord
        links = [Link("accord", f"version {accord.version}, {self.workspace.standing}", f"sha256 {accord.digest}")]
        links += [Link(name, str(self.given[name])[:64], "sha256") for name in ("intelligence", "estate", "aliases")]
        return Part("Decided from", (*links, Link("reports", f"{len(self.given['segments'])} segments", "the lake")))

    def _fix(self, name: str) -> Chain | None:
        number = _number(name, "x-")
        if number is None:
            return None
        listed = self.engine.ask(text("listed"))
        row = next((one for one in listed.to_pylist() if one["service"] ^ one["remedy"] == number), None)
        if row is None:
            return None
        shown = patch.details(self.engine, pa.table({"service": [row["service"]], "remedy": [row["remedy"]]}))
        fix = self.viewer.fix(row, shown[row["service"], row["remedy"]])
        findings = tuple(
            Link(one.id, f"{one.vulnerability} on {one.asset}, {Money(one.loss_month, fix.currency)} a month", one.tool)
            for one in fix.findings[:20]
        )
        target = Link(
            "to version", fix.to_version or "none published", "the smallest that closes all, by the ecosystem's order"
        )
        parts = (
            Part(
                "What it does",
                (Link("action", fix.action), target, Link("owner", f"{fix.service}, {fix.squad}", "estate")),
            ),
            Part("Why", tuple(Link("reason", reason) for reason in fix.reasons)),
            Part(
                "What the tables say",
                (Link("SSVC", fix.urgency), Link("clock", fix.clock), Link("due", str(fix.due or "no clock runs"))),
            ),
            Part("Where it stands", tuple(self._standing(row))),
            Part("What it closes", findings),
            self._inputs(),
        )
        return Chain(
            name,
            f"{fix.action}: {Money(fix.loss_month, fix.currency)} a month",
            parts,
            ("`why` on one of its findings prices other facts",),
        )

    def _vulnerability(self, name: str) -> Chain | None:
        names = {one["alias"]: one["name"] for one in self._aliases()}
        wanted = names.get(name.upper(), names.get(name, name))
        ask = "SELECT p.place, p.vuln, p.loss_month, a.name AS asset_name, v.name, v.cve FROM priced AS p JOIN vulns AS v ON v.vuln = p.vuln JOIN assets AS a ON a.asset = p.asset"
        held = [
            one
            for one in self.engine.ask(ask).to_pylist()
            if wanted.upper() in (one["name"].upper(), (one["cve"] or "").upper())
        ]
        if not held and not wanted.upper().startswith("CVE-"):
            return None
        held.sort(key=lambda one: -one["loss_month"])
        links = tuple(
            Link(
                finding_id(one["place"], one["vuln"]),
                f"{one['asset_name']}: {Money(one['loss_month'], self.workspace.accord.currency)} a month",
            )
            for one in held[:20]
        )
        terms = tuple(
            self._terms({"cve": wanted.upper() if wanted.upper().startswith("CVE-") else None, "name": wanted})
        )
        return Chain(
            name,
            f"{wanted} is open in {len(held)} places",
            (Part("How likely its use is", terms), Part("Where it is open", links), self._inputs()),
        )

    def _aliases(self) -> list[dict[str, str]]:
        from detente.queue.aliases import canonicals

        pairs = canonicals(segments.alias_groups(self.workspace.engine)).items()
        return [{"alias": alias, "name": target} for alias, target in pairs]

    def _asset(self, name: str) -> Chain | None:
        return self._sum(name, "name", "asset")

    def _service(self, name: str) -> Chain | None:
        return self._sum(name, "service_name", "service")

    def _sum(self, name: str, column: str, what: str) -> Chain | None:
        assets = [one for one in self.engine.ask("SELECT * FROM assets").to_pylist() if one[column] == name]
        if not assets:
            return None
        self.engine.bind({"wanted": pa.table({"asset": pa.array([one["asset"] for one in assets], pa.int64())})})
        ask = "SELECT p.*, v.name FROM priced AS p JOIN wanted AS w ON w.asset = p.asset JOIN vulns AS v ON v.vuln = p.vuln ORDER BY p.loss_month DESC, p.place"
        found = self.engine.ask(ask).to_pylist()
        losses = {one["asset"]: one["loss"] * (1 - exp(-float(one["total"]))) for one in found}
        total = Money(Decimal(sum(losses.values())), self.workspace.accord.currency)
        worth = self.worth[assets[0]["service_name"]]
        links = tuple(
            Link(
                finding_id(one["place"], one["vuln"]),
                f"{one['name']}: {Money(one['loss_month'], total.currency)} a month",
            )
            for one in found[:20]
        )
        facts = (
            Link("service", assets[0]["service_name"], "estate, runs"),
            Link("exposure", f"{worth.exposure or 'unknown'}: {worth.factor:g}", "estate and accord"),
            Link(
                "expected loss if compromised",
                str(Money(Decimal(worth.loss), total.currency)),
                f"tier {worth.tier or 'unknown'}, reached through {worth.via}",
            ),
        )
        return Chain(
            name,
            f"{what} {name}: {len(found)} open findings cost {total} a month",
            (Part("What it is", facts), Part("What weighs most", links), self._inputs()),
        )

    def _report(self, name: str) -> Chain | None:
        for one in segments.all_segments(self.workspace.engine):
            if (len(name) >= 6 and one.digest.startswith(name)) or one.file == name or one.file.endswith(f"/{name}"):
                entry = ledger.records(self.workspace.engine, subject=one.digest, kind="ingest", limit=1)
                links = (
                    Link("file", one.file, f"sha256 {one.report}"),
                    Link("format", f"{one.format}, parser version {one.parser_version}"),
                    Link("dated", f"{one.at:%Y-%m-%d %H:%M}", "the report, its file, or its arrival"),
                    Link(
                        "results",
                        f"{one.results} = {one.findings} findings + {one.merged} merged + {one.quarantined} quarantined",
                    ),
                    Link(
                        "by nature no findings",
                        ", ".join(f"{count} {reason}" for reason, count in one.skipped.items()) or "none",
                    ),
                    Link("ledger", f"entry {entry[0].seq}" if entry else "without entry"),
                )
                return Chain(name, f"report {one.file}", (Part("What it is", links),))
        return None

    def _unknown(self, name: str) -> DetenteError:
        known = [
            one
            for column in ("name", "service_name")
            for one in self.engine.ask("SELECT * FROM assets").column(column).to_pylist()
        ]
        known += self.engine.ask("SELECT name FROM vulns").column("name").to_pylist()
        near = get_close_matches(name, sorted(set(known)), n=3, cutoff=0.6)
        return DetenteError(
            f"Nothing here is called {name}",
            "No open finding, fix, vulnerability, asset, service or report has that id.",
            f"Did you mean {', '.join(near)}?"
            if near
            else "Take an id from `detente queue`, or the name of an asset or service.",
            code="unknown-id",
        )


def _number(name: str, prefix: str) -> int | None:
    """The signed 64-bit number in `f-0123456789abcdef`; None for any other text."""
    digits = name.removeprefix(prefix)
    if digits == name or len(digits) != 16 or not all(c in "0123456789abcdef" for c in digits):
        return None
    number = int(digits, 16)
    return number - _WRAP if number >= _SIGNED else number


def why(workspace: Workspace, now: datetime, name: str) -> Chain:
    """The whole chain behind an id, at this moment."""
    with patch.triage(workspace, now) as (engine, given):
        return Why(workspace, engine, given, now).of(name)
