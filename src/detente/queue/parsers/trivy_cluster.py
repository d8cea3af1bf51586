"""Trivy in a cluster: `trivy k8s --format json`, with `--report all`, of all versions.

Read like the report of an image (format `trivy`). The asset is the resource that holds the result, or where that is not named
the cluster.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage
from detente.queue import facets, trivy
from detente.queue.fields import parts
from detente.queue.report import Head, JsonParser

_RESOURCES = ("Resources", "Vulnerabilities", "Misconfigurations", "Findings")  # by age
_HOLDERS = tuple(f"{resources}[].Results[]" for resources in _RESOURCES)


def _asset(parents: tuple[Any, ...]) -> str:
    resource = parents[1]
    if resource.get("Kind") and resource.get("Name"):
        return f"host:{resource.get('Namespace') or 'cluster'}/{resource['Kind']}/{resource['Name']}"
    return facets.asset("image", parents[0].get("ClusterName"))


def _cover(scan: trivy.Scan) -> Iterator[Coverage]:
    return scan.cover((root, item) for root in parts(scan.roots) for key in _RESOURCES for item in parts(root, key))


def _sniff(head: Head) -> bool:
    return "ClusterName" in head.object and not {"Resources", "Vulnerabilities", "Findings"}.isdisjoint(head.object)


PARSER = JsonParser(
    name="trivy_cluster",
    sniff=_sniff,
    prepare=lambda roots: trivy.Scan(roots, _asset),
    observe=trivy.observe,
    cover=_cover,
    secrets=trivy.secrets(*_HOLDERS),
    records=trivy.records(*_HOLDERS),
)
