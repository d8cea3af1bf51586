"""estate.yaml: what the company runs and who owns it, in the company's own hand."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import model_validator

from detente.accord.document import Accord
from detente.accord.marks import Path, document
from detente.accord.schema import Fault, Name, Part, Strict, Text, described, key, plain, refuse, validated
from detente.model.estate import Claim, Control, Estate, Exposure, Service, Slo, Squad
from detente.model.finding import Kind

CODE = "bad-estate"
CAPACITY = "hours a week, such as `30h/week`"
WINDOW = "days and hours, such as `tue-thu 09:00-16:00`"
EMPTY = "hours that do not end when they begin (`00:00-00:00` is the whole day)"
RUNS = (
    "at least one of image, host, repo, account, tag, project, url, cluster or file, such as `{host: checkout-*.prod}`"
)
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_WINDOW = re.compile(rf"{_DAY}(?:-{_DAY})? {_TIME}-{_TIME}")


def _capacity(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*h\s*/\s*week", text.strip(), re.ASCII)
    if not found:
        raise ValueError(CAPACITY)
    return float(found[1])


def _window(text: str) -> str:
    phrase = " ".join(text.lower().split())
    if not _WINDOW.fullmatch(phrase):
        raise ValueError(WINDOW)
    opens, _, closes = phrase.split(" ")[1].partition("-")
    if opens == closes != "00:00":
        raise ValueError(EMPTY)
    return phrase


class SquadEntry(Strict):
    """One entry of `squads`."""

    id: Name = key("The squad's short name.")
    lead: Text | None = key("Who leads it.", None, shown="none")
    security_engineer: Text | None = key("The security engineer embedded in it.", None, shown="none")
    capacity: Annotated[float, plain(_capacity, CAPACITY)] | None = key(
        f"What it can spend on fixes: {CAPACITY}.", None, shown="unknown"
    )
    channel: Text | None = key("Where it is told.", None, shown="none")
    tracker: Text | None = key("The project in its issue tracker.", None, shown="none")

    def noun(self) -> Squad:
        """The squad as everything else knows it."""
        who = (self.lead or "", self.security_engineer or "")
        return Squad(self.id, *who, self.capacity, self.channel or "", self.tracker or "")


class SloEntry(Strict):
    """`services[].slo`: the uptime this service promises, and where it is read."""

    target: Part = key("The share of time or requests that must be good.")
    source: Literal["prometheus"] = key("Who answers the query.", "prometheus")
    query: Text = key("What to ask.")


class Runs(Strict):
    """One pattern of assets that a service runs; shell globs."""

    image: Text | None = key("Container images; `registry/app:*` claims every tag and digest.", None, shown="none")
    host: Text | None = key("Host names.", None, shown="none")
    repo: Text | None = key("Repositories, as `owner/name`.", None, shown="none")
    account: Text | None = key("Cloud accounts, subscriptions or projects.", None, shown="none")
    tag: Text | None = key("Cloud or asset tags, as `key=value`.", None, shown="none")
    project: Text | None = key("Projects in a scanner.", None, shown="none")
    url: Text | None = key("Web addresses, such as `https://shop.example*`.", None, shown="none")
    cluster: Text | None = key("Kubernetes clusters.", None, shown="none")
    file: Text | None = key("Report files that name no asset, without their ending.", None, shown="none")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.claims():
            raise ValueError(RUNS)
        return self

    def claims(self) -> tuple[Claim, ...]:
        """The claims it states."""
        stated = ((kind, getattr(self, kind)) for kind in type(self).model_fields)
        return tuple(Claim(kind, pattern) for kind, pattern in stated if pattern)


class ControlEntry(Strict):
    """One compensating control."""

    name: Text = key("What it is, such as a web application firewall.")
    effect: Part = key("The share of attacks it stops.")
    kinds: tuple[Kind, ...] = key(f"The kinds of findings it helps against: {', '.join(Kind)}.", (), shown="all")


class ServiceEntry(Strict):
    """One entry of `services`."""

    id: Name = key("The service's short name.")
    squad: Name | None = key("The squad that owns it.", None, shown="unowned")
    tier: Name | None = key("Its tier, one of the keys of the accord's `prices.breach`.", None, shown="unknown")
    exposure: Exposure | None = key(f"From where it can be reached: {', '.join(Exposure)}.", None, shown="unknown")
    data: tuple[Name, ...] = key("The classes of data it holds.", (), shown="none stated")
    scope: tuple[Name, ...] = key("The compliance scopes it belongs to, such as cardholder.", (), shown="none")
    slo: SloEntry | None = key("The uptime it promises.", None, shown="none")
    windows: tuple[Annotated[str, plain(_window, WINDOW)], ...] = key(
        f"When it may be changed: {WINDOW}.", (), shown="any time"
    )
    runs: tuple[Runs, ...] = key("The assets it runs on, as patterns.", (), shown="none")
    controls: tuple[ControlEntry, ...] = key("What stands between an attacker and it.", (), shown="none")
    lifecycle: Name | None = key("Its stage of life, such as production or deprecated.", None, shown="unknown")

    def noun(self, depends: tuple[str, ...]) -> Service:
        """The service as everything else knows it; `depends` come from another part of the file."""
        return Service(
            id=self.id,
            squad=self.squad or "",
            tier=self.tier or "",
            exposure=self.exposure,
            data=self.data,
            scope=self.scope,
            runs=tuple(claim for runs in self.runs for claim in runs.claims()),
            controls=tuple(Control(each.name, float(each.effect), each.kinds) for each in self.controls),
            depends=depends,
            windows=self.windows,
            lifecycle=self.lifecycle or "",
            slo=Slo(float(self.slo.target), self.slo.source, self.slo.query) if self.slo else None,
        )


class Depends(Strict):
    """One entry of `depends`."""

    source: Name = key("A service.", alias="from")
    on: tuple[Name, ...] = key("The services it needs; what breaks them breaks it, whoever holds them reaches it.")


class EstateFile(Strict):
    """The whole of estate.yaml."""

    squads: tuple[SquadEntry, ...] = key("The teams that ship.", (), shown="none")
    services: tuple[ServiceEntry, ...] = key("What they run.", (), shown="none")
    depends: tuple[Depends, ...] = key("Which service needs which; circles are allowed.", (), shown="none")


def load(text: str | bytes, name: str) -> Estate:
    """Read an estate from its text; `name` is the file for messages.

    Errors: InvalidError (a DetenteError) that lists every mistake with line, column, key, what was found and what is allowed.
    """
    marked = document(text, name)
    file = validated(EstateFile, marked, code=CODE, context={})
    refuse(marked, _faults(file), code=CODE)
    services = tuple(service.noun(_needs(file, service.id)) for service in file.services)
    return Estate(tuple(squad.noun() for squad in file.squads), services)


def strangers(estate: Estate, accord: Accord) -> tuple[str, ...]:
    """What one of the two says in words the other does not know: tiers without a price, data without a class, freezes of nobody."""
    classes = accord.ai.data
    unpriced = (
        f"service {each.id}: the tier {each.tier} has no price in prices.breach ({', '.join(accord.tiers)})"
        for each in estate.services
        if each.tier and each.tier not in accord.tiers
    )
    unclassed = (
        f"service {each.id}: {name} is no class of ai.data ({', '.join(classes)})"
        for each in estate.services
        for name in each.data
        if name not in classes
    )
    services, squads = {each.id for each in estate.services}, {each.id for each in estate.squads}
    unbound = (
        f"change.freeze[{number}] binds {name}, which the estate does not name"
        for number, freeze in enumerate(accord.change.freeze)
        for name in (*sorted(set(freeze.services) - services), *sorted(set(freeze.squads) - squads))
    )
    return (*unpriced, *unclassed, *unbound)


def _needs(file: EstateFile, service: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(on for entry in file.depends if entry.source == service for on in entry.on))


def _faults(file: EstateFile) -> Iterator[Fault]:
    squads, services = [squad.id for squad in file.squads], [service.id for service in file.services]
    yield from _twice(squads, "squads")
    yield from _twice(services, "services")
    for index, service in enumerate(file.services):
        if service.squad and service.squad not in squads:
            yield ("services", index, "squad"), described(service.squad), _one_of("squad", service.squad, squads)
    for index, entry in enumerate(file.depends):
        named: list[tuple[Path, str]] = [
            (("from",), entry.source),
            *((("on", at), on) for at, on in enumerate(entry.on)),
        ]
        for path, name in named:
            if name not in services:
                yield ("depends", index, *path), described(name), _one_of("service", name, services)
    yield from _claimed_twice(file)


def _twice(names: list[str], where: str) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (where, index, "id"), f"{described(name)} again", "each id once"


def _claimed_twice(file: EstateFile) -> Iterator[Fault]:
    owners: dict[Claim, str] = {}
    for index, service in enumerate(file.services):
        for at, runs in enumerate(service.runs):
            for claim in runs.claims():
                if owners.setdefault(claim, service.id) != service.id:
                    path: Path = ("services", index, "runs", at, claim.kind)
                    yield path, described(claim.pattern), f"a pattern that {owners[claim]} does not claim already"


def _one_of(noun: str, name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean `{close[0]}`? " if close else ""
    return f"{hint}a {noun} of this file: {', '.join(list(dict.fromkeys(known))[:12]) or 'none is named yet'}"
