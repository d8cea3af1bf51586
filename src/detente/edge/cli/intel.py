"""`detente intel`: bring public intelligence in, see how old it is, rank CVEs by it."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Day, Json, Workspace, opened, say, today
from detente.edge.cli.rank import rank, refit
from detente.model.count import counted
from detente.model.errors import DetenteError
from detente.model.intel import ATTRIBUTION, STALE_DAYS

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from detente.edge.feeds import Harvest
    from detente.model.intel import Source
    from detente.store.intel import Batch

app = typer.Typer(help="Public intelligence: import, update, status, rank.", no_args_is_help=True)
app.command()(rank)
app.command()(refit)


@app.command("import")
def bring(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or archives; each is recognised by its content.")],
    workspace: Workspace = HOME,
    database: Database = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of content that carries no date.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Import intelligence from files: offline, in any order, as often as you like."""
    from detente.edge.clock import now
    from detente.edge.feeds import Harvest
    from detente.flows import intel

    whole, report = Harvest(), Report()
    for file, got in report.shown(gathered(paths)):
        if (part := report.file(file, got)) is not None:
            part.stamp(as_of.date() if as_of else None)
            whole.merge(part)
    with opened(workspace, database) as engine:
        report.kept += [asdict(kept) for kept in intel.bring(engine, workspace, whole.close(), now())]
    ended(workspace, database, report)
    report.finish(as_json)


def ended(workspace: Path, database: str | None, report: "Report") -> None:
    """Say which exceptions the new facts end: at once, not when somebody next looks at the queue."""
    from detente.edge.clock import now
    from detente.flows import exceptions
    from detente.flows.workspace import open_workspace

    for one in exceptions.ended(open_workspace(workspace, database), now()):
        report.ended.append(one.id)
        typer.echo(f"exception {one.id} is {one.standing.state}: {one.standing.reason}", err=True)


def gathered(paths: Iterable[str]) -> "Iterator[tuple[str, Harvest | DetenteError | None]]":
    """What every file gave."""
    from detente.edge.feeds.files import harvest
    from detente.flows.sources import expand

    for path in expand(paths):
        yield from harvest(path)


class Report:
    """What an import did, for people and programs."""

    def __init__(self) -> None:
        self.files = 0
        self.skipped: list[str] = []
        self.errors: list[dict[str, str]] = []
        self.rejected: Counter[str] = Counter()
        self.kept: list[dict[str, Any]] = []
        self.unchanged: list[str] = []
        self.ended: list[str] = []

    def shown(self, items: "Iterator[tuple[str, Any]]") -> "Iterator[tuple[str, Any]]":
        """The same items, with a moving line on a terminal."""
        if not sys.stderr.isatty():
            yield from items
            return
        from rich.console import Console

        with Console(stderr=True).status("reading") as line:
            for file, got in items:
                line.update(f"reading {file}")
                yield file, got

    def file(self, name: str, got: "Harvest | DetenteError | None") -> "Harvest | None":
        """Note one file; what it gave."""
        self.files += 1
        if got is None:
            self.skipped.append(name)
        elif isinstance(got, DetenteError):
            self.errors.append({"file": name, "error": str(got)})
        else:
            self.rejected += got.rejected
            return got
        return None

    def finish(self, as_json: bool) -> None:
        """Print everything; exit 3 if a file or record was refused, 2 if nothing at all could be used."""
        if as_json:
            say(
                {"files": self.files, "sources": self.kept, "unchanged": self.unchanged, "skipped": self.skipped}
                | {"rejected": dict(self.rejected), "errors": self.errors, "exceptions_ended": self.ended}
            )
        else:
            self.tell()
        if not self.kept and not self.unchanged:
            raise typer.Exit(2)
        if self.errors or self.rejected:
            raise typer.Exit(3)

    def tell(self) -> None:
        """For people."""
        for kept in self.kept:
            state = "new" if kept["new"] else "known"
            print(
                f"{kept['name']:<14} {kept['kind']:<9} {kept['as_of']}  {kept['rows']:>9,} rows  {state}  {kept['version']}"
            )
        for name in self.unchanged:
            print(f"{name:<14} nothing newer")
        files, refused = counted(self.files, "file"), counted(sum(self.rejected.values()), "record")
        print(f"{files} read, {len(self.skipped)} of them no intelligence, {refused} refused")
        for reason, count in self.rejected.most_common():
            print(f"  {count} x {reason}")
        for error in self.errors:
            print(error["error"], file=sys.stderr)


@app.command()
def update(
    names: Annotated[list[str] | None, typer.Argument(help="Sources to ask; all if none is named.")] = None,
    *,
    source: Annotated[
        list[str] | None, typer.Option(envvar="DETENTE_INTEL_SOURCES", help="NAME=URL: a mirror, or one more source.")
    ] = None,
    checksum: Annotated[
        list[str] | None, typer.Option(envvar="DETENTE_INTEL_CHECKSUMS", help="NAME=URL of a file with the SHA-256.")
    ] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Ask every publisher for something newer than what is here."""
    import httpx

    from detente.edge.feeds.download import ADDRESSES

    addresses = {**ADDRESSES, **pairs(source)}
    wanted = names or list(addresses)
    unknown = sorted(set(wanted) - addresses.keys())
    if unknown:
        raise DetenteError(
            f"{', '.join(unknown)} cannot be updated",
            f"The sources are {', '.join(addresses)}.",
            "Name one of them, or add --source NAME=URL.",
        )
    report, sums = Report(), pairs(checksum)
    with (
        opened(workspace, database) as engine,
        httpx.Client(follow_redirects=True, timeout=60.0, headers=IDENTITY) as client,
    ):
        for name in wanted:
            ask(client, engine, workspace, (name, addresses[name], sums.get(name, "")), report)
    ended(workspace, database, report)
    report.finish(as_json)


IDENTITY = {"Accept-Encoding": "identity", "User-Agent": "detente"}


def pairs(options: Iterable[str] | None) -> dict[str, str]:
    """NAME=URL options."""
    split = [option.partition("=") for option in options or ()]
    if wrong := [name for name, sign, url in split if not (name and sign and url)]:
        raise DetenteError(
            f"{wrong[0]!r} names no source",
            "It must read NAME=URL.",
            "For example --source kev=https://mirror.example/kev.json",
        )
    return {name: url for name, _, url in split}


def ask(client: Any, engine: "Engine", workspace: Path, feed: tuple[str, str, str], report: Report) -> None:
    """Download one feed and import it; one that fails leaves the others alone."""
    import tempfile

    from detente.edge.clock import now
    from detente.edge.feeds.download import fetch
    from detente.flows import intel

    name, url, checksum = feed
    before = intel.latest(engine).get(name)
    etag, modified = (before.etag, before.modified) if before else ("", "")
    try:
        with tempfile.TemporaryDirectory() as folder:
            got = fetch(client, url, Path(folder) / name, checksum=checksum, etag=etag, modified=modified)
            batches = [] if got is None else unpacked(got.path, url, report)
    except DetenteError as error:
        report.errors.append({"file": name, "error": str(error)})
        return
    if got is not None:
        at, marks = now(), {"etag": got.etag, "modified": got.modified}
        report.kept += [asdict(each) for each in intel.bring(engine, workspace, batches, at, checked_at=at, **marks)]
    elif before is not None:
        intel.confirm(engine, before, now())
        report.unchanged.append(name)


def unpacked(path: Path, url: str, report: Report) -> "list[Batch]":
    """What a download holds; an error if that is nothing."""
    from detente.edge.feeds import Harvest, refused
    from detente.edge.feeds.files import harvest

    whole = Harvest()
    for file, part in harvest(path):
        if (got := report.file(file, part)) is not None:
            whole.merge(got)
    batches = whole.close()
    if not batches:
        raise refused(url, "It holds no intelligence.", "Check the address (--source NAME=URL).")
    return batches


@app.command()
def status(workspace: Workspace = HOME, database: Database = None, as_of: Day = None, as_json: Json = False) -> None:
    """Age, version and size of each source, and which are too old to count."""
    from detente.flows import intel

    day = as_of.date() if as_of else today()
    with opened(workspace, database) as engine:
        rows = [standing(source, day) for source in intel.latest(engine, day).values()]
    if as_json:
        say({"as_of": day, "sources": rows, "attribution": ATTRIBUTION})
        return
    for row in rows:
        old = f"  STALE (over {STALE_DAYS} days)" if row["stale"] else ""
        print(
            f"{row['name']:<14} {row['as_of']}  {row['age_days']:>5} d  {row['rows']:>9,} rows  {row['version']}{old}"
        )
    print(ATTRIBUTION if rows else "No intelligence yet: detente intel update, or detente intel import PATH.")


def standing(source: "Source", day: date) -> dict[str, Any]:
    """One line of the status."""
    told = {key: getattr(source, key) for key in ("name", "kind", "version", "as_of", "rows", "checked_at", "digest")}
    age = (day - min(source.refreshed(), day)).days
    return told | {"age_days": age, "stale": age > STALE_DAYS}
