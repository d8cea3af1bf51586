"""Trivy: `trivy image|fs|repo|vm --format json`, the present schema (2) and the list of results before it.

Vulnerabilities, failed misconfiguration checks, secrets and licences become findings of their own kinds; passed checks
are counted as skipped. What Trivy itself suppressed (`--show-suppressed`: ignore files, VEX) is read with that state, its
statement and source. The asset is the scanned image or folder. Trivy masks secrets; the words around one tell it from
another. A scan that found nothing used to print `null`: it closes nothing.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage
from detente.queue import facets, trivy
from detente.queue.fields import image, parts, text
from detente.queue.report import Head, JsonParser

_ASSETS = {"container_image": "image", "repository": "repo", "filesystem": "project", "vm": "host"}
_HOLDERS = ("Results[]", "[]", "[].Results[]")


def _asset(parents: tuple[Any, ...]) -> str:
    root = parents[0]
    name, kind = (
        text(root.get("ArtifactName")),
        _ASSETS.get(str(root.get("ArtifactType") or "container_image"), "project"),
    )
    return facets.asset(kind, image(name) if kind == "image" else "" if name == "." else name)


def _cover(scan: trivy.Scan) -> Iterator[Coverage]:
    return scan.cover((document,) for root in scan.roots for document in parts(root))


def _sniff(head: Head) -> bool:
    top = head.object
    if isinstance(top.get("Target"), str) and ("Vulnerabilities" in top or "Type" in top):
        return True
    return isinstance(top.get("SchemaVersion"), int) and ("ArtifactName" in top or "Results" in top)


PARSER = JsonParser(
    name="trivy",
    sniff=_sniff,
    prepare=lambda roots: trivy.Scan(roots, _asset),
    observe=trivy.observe,
    cover=_cover,
    secrets=trivy.secrets(*_HOLDERS),
    records=trivy.records(*_HOLDERS),
)
