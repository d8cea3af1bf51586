"""The sample company on disk: a workspace with its signed accord, its estate, its intelligence and its reports.

A workspace of the sample is known by its marker; nothing else is ever written to.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from detente.accord import document, signatures
from detente.edge.sample.facts import INTELLIGENCE, text
from detente.edge.sample.reports import reports
from detente.flows import signing
from detente.flows.workspace import ACCORD, ESTATE, Workspace
from detente.model.errors import DetenteError

MARKER = "sample.json"
_FULL = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the sample lies, the day on which it was made, and how much of the company there is."""

    folder: Path
    day: date
    scale: float = _FULL

    @property
    def intelligence(self) -> Path:
        """The folder of feeds."""
        return self.folder / "feeds"

    @property
    def reports(self) -> Path:
        """The folder of scanner reports."""
        return self.folder / "reports"


def stage(folder: Path, today: date, scale: float = _FULL) -> Stage:
    """Begin a sample, or find the one that is there, with the day and scale it was made with.

    Errors: DetenteError, code `not-a-sample`, for a folder that holds anything else.
    """
    marker = folder / MARKER
    if marker.is_file():
        return _found(marker)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _foreign(folder, "It holds something else, and the sample never touches what is not its own.")
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({"sample": "Pebblewick Stores", "day": str(today), "scale": scale}) + "\n")
    return Stage(folder, today, scale)


def _found(marker: Path) -> Stage:
    try:
        told = json.loads(marker.read_text())
        return Stage(marker.parent, date.fromisoformat(told["day"]), float(told["scale"]))
    except (ValueError, KeyError, TypeError) as error:
        raise _foreign(marker.parent, f"Its {MARKER} cannot be read.") from error


def _foreign(folder: Path, why: str) -> DetenteError:
    do = "Name a new folder with --workspace."
    return DetenteError(f"{folder} is not a workspace of the sample", why, do, code="not-a-sample")


def found_company(place: Workspace, now: Callable[[], datetime]) -> None:
    """Write estate and accord, and let both officers sign; their keys live for this moment only."""
    signed = [place.folder / f"{ACCORD}.{role}.sig" for role in ("cio", "ciso")]
    if all(path.is_file() for path in signed):
        return
    (place.folder / ESTATE).write_text(text("estate.yaml"))
    keys = {role: _key() for role in ("cio", "ciso")}
    written = text("accord.yaml")
    for role, private in keys.items():
        written = written.replace(f"{role.upper()}_KEY", f"{signatures.public(private)} {role}@sample")
    (place.folder / ACCORD).write_text(written)
    accord = document.load(written.encode(), ACCORD)
    for (role, private), path in zip(keys.items(), signed, strict=True):
        armoured = signatures.sign(accord.source, private)
        signing.sign(place, accord, role, armoured, now)
        path.write_text(armoured)


def _key() -> bytes:
    """A new private key as OpenSSH writes it."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def feeds(stage: Stage) -> list[Path]:
    """Write the intelligence; its files."""
    stage.intelligence.mkdir(exist_ok=True)
    for name in INTELLIGENCE:
        (stage.intelligence / name).write_text(text(name))
    return [stage.intelligence / name for name in INTELLIGENCE]


def files(stage: Stage) -> Iterator[tuple[Path, str]]:
    """Write every report, dated when it was made; its path, and the asset its sender names (empty: the report does)."""
    for report in reports(stage.day, stage.scale):
        path = stage.reports / report.name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(report.data)
            os.utime(path, (report.at.timestamp(),) * 2)
        yield path, report.asset
