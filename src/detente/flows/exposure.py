"""What the queue says of every service, small enough to be kept: the gate asks it many times between two reports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from detente.flows import intel, patch
from detente.flows.changes import text
from detente.flows.workspace import Workspace
from detente.plan.budget import Exposure
from detente.queue.view import fix_id


@dataclass(frozen=True, slots=True)
class Risk:
    """Services by name, what each fix saves per month, and the digest of the inputs both follow from."""

    exposures: Mapping[str, Exposure]
    saves: Mapping[str, Decimal]
    digest: str


def risk(workspace: Workspace, now: datetime) -> Risk:
    """The risk of this moment; computed once for the same reports, intelligence, accord and estate."""
    inputs = patch.inputs(workspace, intel.scored(workspace.folder, workspace.engine, now.date()))
    digest = sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    path = workspace.folder / "derived" / f"risk-{digest}.json"
    if not path.is_file():
        _keep(path, _asked(workspace, now))
    return _read(workspace, json.loads(path.read_text("utf-8")), digest)


def _asked(workspace: Workspace, now: datetime) -> dict[str, Any]:
    with patch.triage(workspace, now) as (engine, _):
        totals = {row["service_name"]: row["loss_month"] for row in engine.ask(text("totals_named")).to_pylist()}
        counts = engine.ask(text("exposure")).to_pylist()
        fixes = engine.ask(text("listed")).to_pylist()
    return {
        "services": [
            [one["service_name"], str(totals[one["service_name"]]), one["criticals"], one["exploited"]]
            for one in counts
        ],
        "saves": {fix_id(one["service"], one["remedy"]): str(one["loss_month"]) for one in fixes},
    }


def _keep(path: Path, found: Mapping[str, Any]) -> None:
    """A file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid4().hex}")
    aside.write_text(json.dumps(found), "utf-8")
    aside.replace(path)


def _read(workspace: Workspace, kept: Mapping[str, Any], digest: str) -> Risk:
    tiers = {service.id: service.tier for service in workspace.estate.services}
    exposures = {
        name: Exposure(name, tiers.get(name, ""), Decimal(loss), criticals, exploited)
        for name, loss, criticals, exploited in kept["services"]
    }
    return Risk(exposures, {fix: Decimal(saves) for fix, saves in kept["saves"].items()}, digest)
