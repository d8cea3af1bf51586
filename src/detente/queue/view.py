"""From answers in numbers to fixes in words: names, target versions, clocks, reasons."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from detente.accord.clocks import earliest
from detente.accord.codeowners import Codeowners
from detente.accord.document import Accord
from detente.accord.phrases import SSVC
from detente.model.clock import Assessment, Clock
from detente.model.count import counted
from detente.model.estate import Estate, Service, Squad
from detente.model.finding import Kind, Severity, State
from detente.model.fix import Finding, Fix
from detente.model.money import Money
from detente.queue import due, versions
from detente.queue.dimensions import UNOWNED
from detente.queue.rows import KINDS

Row = Mapping[str, Any]
_STATES = list(State)
_IN_CODE = frozenset({KINDS[Kind.CODE], KINDS[Kind.SECRET]})
_UNSIGNED = (1 << 64) - 1
_BASIS = {
    "edge": "known exploited, automatable, total impact: 1.00 % a month",
    "exploited": "known exploited: 0.25 % a month",
    "ranked": "ranked by the probability of becoming known exploited",
    "unscored": "no intelligence knows it: priced by the year of its id and the report's CVSS",
    "prior": "no ranker knows this kind: priced by a prior for its severity",
}


def finding_id(place: int, vuln: int) -> str:
    """The name of a finding: `f-` and 16 hexadecimal digits of its identity, which `found.sql` can look for."""
    return f"f-{(place ^ vuln) & _UNSIGNED:016x}"


def fix_id(service: int, remedy: int) -> str:
    """The name of a fix: `x-` and 16 hexadecimal digits of (service, action)."""
    return f"x-{(service ^ remedy) & _UNSIGNED:016x}"


def finding(row: Row) -> Finding:
    """One open finding from its details, price and vulnerability joined."""
    ids = dict.fromkeys(
        name for group in (row["every_id"], row["related"] or "") for name in (group or "").split(" ") if name
    )
    return Finding(
        id=finding_id(row["place"], row["vuln"]),
        vulnerability=row["vulnerability_name"],
        aliases=tuple(name for name in ids if name != row["vulnerability_name"]),
        component=row["component"] or "",
        name=row["name"] or row["component"] or "",
        version=" ".join((row["versions"] or "").split()),
        severity=Severity(row["severity"]).name.lower(),
        severity_derived=bool(row["derived"]),
        cvss=row["known_score"] if row["score"] is None else row["score"],
        vector=row["vector"] or row["known_vector"] or "",
        location=row["location"] or "",
        line=row["line"],
        asset=row["asset_name"],
        state=_STATES[row["state"]].value,
        tool=row["tools"],
        title=row["title"] or "",
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        loss_month=row["loss_month"],
        hazard_month=row["h"],
        fixed=tuple(dict.fromkeys(version for choices in _choices(row) for version in choices)),
        released=row["released"],
        kev=bool(row["kev"]),
    )


def _choices(row: Row) -> list[tuple[str, ...]]:
    """The versions that close a finding as each record named them: one per maintained branch."""
    return [tuple(part for part in record.split("|") if part) for record in (row["every_fix"] or "").split("||")]


def _steps(found: Iterable[Row]) -> list[tuple[str, tuple[str, ...]]]:
    """(installed version, versions that close it) for every version seen and every record: where tools differ, both count."""
    return [
        (installed, choices)
        for row in found
        for installed in ((row["versions"] or "").split() or [""])
        for choices in _choices(row)
        if choices
    ]


class Viewer:
    """Puts words to rows under one accord and estate."""

    def __init__(
        self,
        accord: Accord,
        estate: Estate,
        owners: Mapping[str, Codeowners] | None = None,
        catalogue: Mapping[str, date] | None = None,
        histories: Mapping[str, Sequence[Assessment]] | None = None,
    ) -> None:
        self.accord, self.zone = accord, ZoneInfo(accord.timezone)
        self.owners, self.catalogue, self.histories = owners or {}, catalogue or {}, histories or {}
        self.services: dict[str, Service] = {service.id: service for service in estate.services}
        self.squads: dict[str, Squad] = {squad.id: squad for squad in estate.squads}

    def fix(self, row: Row, details: Iterable[Row]) -> Fix:
        """One fix from its ranked row and the rows of its findings."""
        found = sorted(
            details, key=lambda detail: (-detail["loss_month"], detail["vulnerability_name"], detail["asset_name"])
        )
        findings = tuple(finding(detail) for detail in found)
        service = self.services.get(row["service_name"])
        owner = self._owner(found[0])
        squad = owner or (service.squad if service else UNOWNED)
        embedded = self.squads.get(squad)
        history = self.histories.get(row["service_name"], ())
        running = due.running(found, service, self.accord, self.catalogue, history)
        action = found[0]["action"]
        verb, _, thing = action.partition(":")
        to_version = versions.target(thing, _steps(found)) if verb == "upgrade" else None
        return Fix(
            id=fix_id(row["service"], row["remedy"]),
            action=sentence(verb, findings[0], thing, to_version, row["service_name"]),
            service=row["service_name"],
            squad=squad,
            security_engineer=embedded.security_engineer if embedded else "",
            component=findings[0].component,
            to_version=to_version,
            findings=findings,
            count=row["findings"],
            assets=row["assets"],
            loss_month=row["loss_month"],
            currency=self.accord.currency,
            position=row["position"],
            escalated=row["escalated"],
            always=row["always"],
            known_exploited=row["known"],
            urgency=SSVC[row["urgency"]],
            clock=due.told(running, found, service),
            due=self._day(running),
            clocks=running,
            ratings=due.evaluated(found, history),
            verb=verb,
            reasons=tuple(self._reasons(row, found, service)),
        )

    def _day(self, running: Iterable[Clock]) -> date | None:
        """The day, in the accord's time zone, by which the binding clock asks for the fix."""
        bound = earliest(running)
        return bound.due.astimezone(self.zone).date() if bound and bound.due else None

    def _owner(self, found: Row) -> str:
        """The squad that CODEOWNERS names for a place in code; empty where no file says, or it says nobody."""
        kind, _, repo = found["asset_name"].partition(":")
        rules = self.owners.get(repo.lower()) if kind == "repo" and found["kind"] in _IN_CODE else None
        return rules.owner(found["location"] or "") if rules else ""

    def _reasons(self, row: Row, found: list[Row], service: Service | None) -> Iterable[str]:
        worst = found[0]
        yield f"{self.money(row['loss_month'])} of expected loss a month end with it"
        yield f"{worst['vulnerability_name']}: {_BASIS[worst['basis']]}" + (
            f" (in KEV since {worst['kev_added']})" if worst["kev_added"] else ""
        )
        yield f"hazard {worst['h']:.2e} a month on {worst['asset_name']}, whose loss is priced at {self.money(Decimal(worst['loss']))}"
        if row["always"]:
            yield f"always escalated: {', '.join(str(rule) for rule in self.accord.escalation.always)}"
        if owner := self._owner(worst):
            yield f"{owner} owns {worst['location']}, as CODEOWNERS of the repository says"
        if service is None:
            yield "no service claims the asset: priced as internet-exposed at the average of all tiers until somebody does"
        if len(found) > 1 or row["findings"] > 1:
            yield f"closes {counted(row['findings'], 'finding')} on {counted(row['assets'], 'asset')}"

    def money(self, amount: Decimal) -> str:
        """An amount with its currency."""
        return str(Money(amount, self.accord.currency))


_VERBS = {
    "upgrade": "upgrade {name}{version} on {service}",
    "mitigate": "mitigate {name} on {service}: no fixed version is published",
    "rotate": "rotate the secret in {place} on {service}",
    "change": "change {place} on {service}: {title}",
    "replace": "replace {name} on {service}: {title}",
    "configure": "fix {title} on {service}",
}


def sentence(verb: str, worst: Finding, thing: str, to_version: str | None, service: str) -> str:
    """The action in words."""
    return _VERBS[verb].format(
        name=worst.name or thing,
        version=f" to {to_version}" if to_version else "",
        service=service,
        place=worst.location or thing,
        title=worst.title or worst.vulnerability,
    )
