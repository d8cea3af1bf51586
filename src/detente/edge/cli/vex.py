"""`detente exception vex`: what is stated about weaknesses, for customers and scanners, as OpenVEX or CycloneDX."""

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer

from detente.edge.cli.options import HOME, Database, Workspace
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.model.vex import Statement

CYCLONEDX = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""OpenVEX's justifications in CycloneDX's words."""
_STATE = {"not_affected": "not_affected", "fixed": "resolved", "affected": "exploitable"}
_TYPES = {"image": "docker", "repo": "github"}


def vex(
    output: Annotated[str, typer.Option("--output", "-o", help="openvex or cyclonedx.")] = "openvex",
    workspace: Workspace = HOME,
    database: Database = None,
) -> None:
    """Print what is not affected, fixed, or affected and accepted for a time, as one VEX document."""
    from detente.edge.clock import now
    from detente.flows.vex import statements
    from detente.flows.workspace import open_workspace

    written = {"openvex": openvex, "cyclonedx": cyclonedx}.get(output)
    if written is None:
        raise DetenteError(
            f"Unknown output {output!r}", "VEX has no such form here.", "Use openvex or cyclonedx.", code="usage"
        )
    opened, moment = open_workspace(workspace, database), now()
    document = written(statements(opened, moment), opened.accord.organisation, moment)
    print(json.dumps(document, ensure_ascii=False, indent=2))


def openvex(stated: Iterable["Statement"], author: str, at: datetime) -> dict[str, Any]:
    """An OpenVEX 0.2.0 document, named by its content. DetenteError, code `no-statement`, without any statement."""
    statements = [_openvex(one) for one in stated]
    if not statements:
        why = "nothing is not affected, fixed or accepted, and OpenVEX knows no document without a statement."
        do = "Ask for --output cyclonedx, or take in what somebody states with `detente ingest`."
        raise DetenteError("There is nothing to state", why, do, code="no-statement")
    digest = sha256(json.dumps(statements, sort_keys=True).encode()).hexdigest()
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"urn:sha256:{digest}",
        "author": author,
        "timestamp": at.isoformat(),
        "version": 1,
        "statements": statements,
    }


def _openvex(one: "Statement") -> dict[str, Any]:
    component = {"@id": _purl(one.component, one.version)}
    product = {"@id": _product(one.asset), "subcomponents": [component]} if one.asset and one.component else None
    first = one.why.partition(":")[0]
    why = {"action_statement": one.why} if one.status == "affected" else {}
    if one.status == "not_affected":
        why = {"impact_statement": one.why or "stated without a reason"}
        if first in CYCLONEDX:
            rest = one.why[len(first) + 2 :]  # the schema wants either a justification or an impact statement
            why = {"justification": first} | ({"status_notes": rest} if rest else {})
    return {
        "vulnerability": {"name": one.vulnerability, "aliases": list(one.aliases)},
        "products": [product or (component if one.component else {"@id": _product(one.asset)})],
        "status": one.status.value,
        "timestamp": one.at.isoformat(),
        **why,
    }


def cyclonedx(stated: Iterable["Statement"], author: str, at: datetime) -> dict[str, Any]:
    """A CycloneDX 1.6 document that holds vulnerabilities alone, named by its content."""
    vulnerabilities = [_cyclonedx(one) for one in stated]
    digest = sha256(json.dumps(vulnerabilities, sort_keys=True).encode()).digest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{UUID(bytes=digest[:16], version=4)}",
        "version": 1,
        "metadata": {"timestamp": at.isoformat(), "authors": [{"name": author}]},
        "vulnerabilities": vulnerabilities,
    }


def _cyclonedx(one: "Statement") -> dict[str, Any]:
    justified = CYCLONEDX.get(one.why.partition(":")[0]) if one.status == "not_affected" else None
    response = {"response": ["workaround_available"]} if one.guarded else {}
    analysis = {"state": _STATE[one.status], **({"justification": justified} if justified else {}), **response}
    return {
        "id": one.vulnerability,
        "references": [{"id": name, "source": {"name": "alias"}} for name in one.aliases],
        "analysis": analysis | {"detail": one.why or "stated without a reason", "lastUpdated": one.at.isoformat()},
        "affects": [{"ref": _purl(one.component, one.version) if one.component else _product(one.asset)}],
    }


def _product(asset: str) -> str:
    """An image or repository as a package URL, else the asset's name as it is."""
    kind, _, name = asset.partition(":")
    if kind not in _TYPES:
        return asset
    at = name.rfind("@") if "@" in name else name.rfind(":")
    base, version = (name[:at], name[at + 1 :]) if at > name.rfind("/") else (name, "")
    return f"pkg:{_TYPES[kind]}/{base}" + (f"@{quote(version, safe='')}" if version else "")


def _purl(component: str, version: str) -> str:
    return f"{component}@{quote(version, safe='')}" if version and component.startswith("pkg:") else component
