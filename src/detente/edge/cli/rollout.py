"""`detente rollout`: one change through test, staging, canary and production, by evidence."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.flows.rollout import Hands, Look
    from detente.flows.workspace import Workspace as Place
    from detente.plan.rollout import Rollout

app = typer.Typer(help="One change through its stages, by evidence.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The rollout's id, as `start` printed it.")]
Pair = Annotated[str, typer.Option(help="Requests and errors since the last look, as N,X.")]
FIRST = Literal["test", "staging", "canary"]
DAY_S = 86_400


@app.command()
def start(
    service: Annotated[str, typer.Argument(help="The service of estate.yaml to roll out on.")],
    change: Annotated[str, typer.Option("--change", help="The change: a fix id, a version, a commit.")],
    kind: Annotated[
        str, typer.Option("--kind", help="os_minor, lib_patch, lib_minor, lib_major, runtime_db or your own word.")
    ] = "other",
    feature: Annotated[bool, typer.Option("--feature", help="It is no fix.")] = False,
    express: Annotated[bool, typer.Option("--express", help="By the accord's express lane.")] = False,
    first: Annotated[
        FIRST, typer.Option("--from", help="The first stage, where your pipeline does those before it.")
    ] = "test",
    settings: Annotated[
        Path | None, typer.Option("--with", exists=True, dir_okay=False, help="YAML with `health` and `executor`.")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Canary and control run on equal hosts: no allowance for slower ones.")
    ] = False,
    hold: Annotated[int, typer.Option("--max-hold", min=1, help="Days after which a held canary begins again.")] = 3,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Begin a rollout by the accord's pipeline; where customers meet its first stage, the gate is asked. Prints its id."""
    from detente.edge.clock import now
    from detente.flows import rollout
    from detente.flows.workspace import open_workspace
    from detente.model.change import Change, Purpose, Stage

    place, purpose = open_workspace(workspace, database), Purpose.FEATURE if feature else Purpose.FIX
    wanted = Change(id=change, service=service, kind=kind, purpose=purpose, express=express)
    own = _settings(settings)
    hands = _hands(own.get("health"), own.get("executor"))
    order = rollout.order(
        place, wanted, start=Stage(first), rho0=1.0 if paired else 1.2, hold_s=hold * DAY_S, health=own.get("health"), executor=own.get("executor")
    )  # fmt: skip
    _show(rollout.advance(place, rollout.start(place, order, now()), hands), as_json)


@app.command()
def observe(
    name: Annotated[str, typer.Argument(help="The rollout, or with --slo the service.")],
    canary: Pair = "",
    control: Pair = "",
    passed: Annotated[bool | None, typer.Option("--passed/--failed", help="What a check said.")] = None,
    slo: Annotated[
        str, typer.Option("--slo", help="Good and all requests since the last time, as GOOD,TOTAL, or `prometheus`.")
    ] = "",
    url: Annotated[str, typer.Option("--url", help="Prometheus, for `--slo prometheus`.")] = "http://localhost:9090",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Tell what was seen of a rollout, or of a service's uptime; what follows from it happens at once."""
    from detente.edge.clock import now
    from detente.flows import rollout
    from detente.flows.workspace import open_workspace

    place = open_workspace(workspace, database)
    if slo:
        _measured(place, name, slo, url, as_json)
        return
    one = rollout.observe(place, rollout.get(place, name), _look(canary, control, passed), now())
    _show(rollout.advance(place, one, _hands(None, one.order.executor)), as_json)


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="The rollout; all of them when left out.")] = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Where rollouts stand: stage, verdict, what is waited for. Exit code 1 for one that was rolled back."""
    from detente.flows import rollout
    from detente.flows.workspace import open_workspace
    from detente.plan.rollout import State

    place = open_workspace(workspace, database)
    if name:
        one = rollout.get(place, name)
        _show(one, as_json)
        raise typer.Exit(1 if one.state in (State.GONE, State.LEAVING) else 0)
    found = rollout.every(place)
    if as_json:
        say({"rollouts": [_brief(one) for one in found]})
        return
    for one in found:
        typer.echo(f"{one.id}  {one.order.change.service}  {one.order.change.id}  {one.stage}  {one.state}  {one.why}")


@app.command()
def watch(
    name: Id,
    every: Annotated[int, typer.Option("--every", min=1, help="Seconds between two looks.")] = 60,
    once: Annotated[bool, typer.Option("--once", help="One look, for a scheduler of your own.")] = False,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Look, decide and act until it is over; may be stopped and begun again at any time. Exit code 1 when it was rolled back."""
    from detente.flows import rollout
    from detente.flows.workspace import open_workspace
    from detente.plan.rollout import OVER, State

    place, told = open_workspace(workspace, database), ""
    one = rollout.get(place, name)
    hands = _hands(one.order.health, one.order.executor)
    while one.state not in OVER:
        one = rollout.step(place, rollout.get(place, name), hands)
        if (line := _line(one)) != told:
            typer.echo(line, err=True)
            told = line
        if once or one.state in OVER:
            break
        time.sleep(every)
    _show(one, as_json)
    raise typer.Exit(1 if one.state is State.GONE else 0)


@app.command()
def rollback(
    name: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why it goes back.")],
    innocent: Annotated[
        bool, typer.Option("--not-its-fault", help="The change did not break anything: its kind's odds stay.")
    ] = False,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Take a change back: always allowed, in every freeze, and after it is finished too."""
    from detente.edge.clock import now
    from detente.flows import rollout
    from detente.flows.workspace import open_workspace

    place = open_workspace(workspace, database)
    one = rollout.roll_back(place, rollout.get(place, name), reason, now(), broke=not innocent)
    _show(rollout.advance(place, one, _hands(None, one.order.executor)), as_json)


@app.command()
def abort(
    name: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why it is given up.")],
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Give a rollout up. Before customers meet it nothing is undone; later it is rolled back."""
    from detente.edge.clock import now
    from detente.flows import rollout
    from detente.flows.workspace import open_workspace

    place = open_workspace(workspace, database)
    one = rollout.abort(place, rollout.get(place, name), reason, now())
    _show(rollout.advance(place, one, _hands(None, one.order.executor)), as_json)


@app.command()
def odds(
    kind: Annotated[str, typer.Argument(help="A kind of change, such as lib_minor.")],
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """How often a kind of change breaks: the prior, and what your own rollouts made of it."""
    from detente.flows.gate import odds as known
    from detente.flows.workspace import open_workspace

    found = known(open_workspace(workspace, database), kind)
    told = {
        "kind": kind,
        "broke": found.broke,
        "held": found.held,
        "mean": found.mean,
        "sd": found.sd,
        "prior": found.prior,
    }
    basis = (
        "a prior: no rollout of yours yet"
        if found.prior
        else f"{found.broke} of {found.broke + found.held} of yours broke"
    )
    say(told) if as_json else typer.echo(f"{kind}: breaks in {found.mean:.1%} (sd {found.sd:.1%}); {basis}")


def _settings(path: Path | None) -> dict[str, Any]:
    import yaml

    if path is None:
        return {}
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DetenteError(f"{path} cannot be read", f"{error}.", "See docs/rollout.md.", code="file") from error
    if not isinstance(told, dict) or set(told) - {"health", "executor"}:
        why = "It holds something else than `health` and `executor`."
        raise DetenteError(f"{path} is not understood", why, "See docs/rollout.md.", code="connector")
    return told


def _hands(health: Any, executor: Any) -> "Hands":
    """The clock, the connectors the rollout was started with, and real waiting between two attempts."""
    from detente.edge import connectors
    from detente.edge.clock import now
    from detente.flows.rollout import Hands

    return Hands(now, connectors.source(health), connectors.executor(executor), time.sleep)


def _look(canary: str, control: str, passed: bool | None) -> "Look":
    from detente.flows.rollout import Look
    from detente.model.change import Counts

    if passed is not None and not (canary or control):
        return Look(passed=passed)
    if not (canary and control) or passed is not None:
        why = "It takes --canary and --control together, or --passed or --failed."
        raise DetenteError("Nothing was observed", why, "For example --canary 300,2 --control 2700,5.", code="usage")
    try:
        return Look(Counts(*_numbers(canary), *_numbers(control)))
    except ValueError as error:
        raise DetenteError(
            "The counts cannot be", f"{error}.", "Give requests, then errors, as N,X.", code="counts"
        ) from error


def _numbers(text: str) -> tuple[int, int]:
    first, found, second = text.partition(",")
    if not (found and first.strip().isdecimal() and second.strip().isdecimal()):
        raise ValueError(f"{text!r} is not two whole numbers")
    return int(first), int(second)


def _measured(place: "Place", service: str, slo: str, url: str, as_json: bool) -> None:
    """Keep a measurement of uptime; the budget that is left is the answer."""
    from detente.edge.clock import now
    from detente.flows import gate, uptime

    known, at = gate.service_of(place, service), now()
    if slo == "prometheus":
        from detente.edge.connectors import prometheus

        measured = uptime.share(place, known, lambda query: prometheus.value({"url": url}, query, at), at)
    else:
        measured = uptime.pushed(slo, at)
    found = uptime.keep(place, known, measured)
    say(
        {"service": service, "good": measured.good, "total": measured.total, "level": found.level, "left": found.left}
    ) if as_json else typer.echo(found.fact)


def _show(one: "Rollout", as_json: bool) -> None:
    if as_json:
        say(_facts(one))
        return
    typer.echo(_line(one))


def _line(one: "Rollout") -> str:
    from detente.plan.rollout import OVER, verdict

    head = f"{one.id}: {one.order.change.id} on {one.order.change.service} is {one.state} in {one.stage}"
    if one.state in OVER:
        return f"{head}: {one.why}"
    seen, doing = verdict(one), f"; {one.doing} is pending after {one.tries} tries" if one.doing else ""
    return f"{head}, soaks until {one.soaked:%Y-%m-%d %H:%M}Z: {seen.health}: {seen.why}{f'; {one.why}' if one.held else ''}{doing}"


def _brief(one: "Rollout") -> dict[str, Any]:
    change = one.order.change
    return {
        "rollout": one.id,
        "service": change.service,
        "change": change.id,
        "kind": change.kind,
        "stage": one.stage.value,
        "state": one.state.value,
        "began": one.began.isoformat(),
        "why": one.why,
    }


def _facts(one: "Rollout") -> dict[str, Any]:
    from math import exp

    from detente.plan.rollout import verdict

    seen, total = verdict(one), one.evidence.total
    return _brief(one) | {
        "verdict": seen.health.value,
        "verdict_why": seen.why,
        "needed": seen.needed,
        "evidence": exp(min(one.evidence.against, 30.0)),
        "counts": {"canary": [total.n, total.x], "control": [total.m, total.z]},
        "soaks_until": one.soaked.isoformat(),
        "pending": one.doing.value if one.doing else None,
        "tries": one.tries,
    }
