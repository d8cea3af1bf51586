"""Reports on packages, as Trivy, Grype, OSV-Scanner, Snyk and Amazon Inspector write them."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from detente.edge.sample.company import ACCOUNT, Asset, draw
from detente.edge.sample.facts import Weakness

Found = Iterable[Weakness]

_TARGETS = {
    "debian": ("{image} (debian 10.13)", "os-pkgs", "debian"),
    "alpine": ("{image} (alpine 3.15.5)", "os-pkgs", "alpine"),
    "rhel": ("{image} (redhat 8.8)", "os-pkgs", "redhat"),
    "node": ("Node.js", "lang-pkgs", "node-pkg"),
    "java": ("Java", "lang-pkgs", "jar"),
    "dotnet": ("app/app.deps.json", "lang-pkgs", "dotnet-core"),
    "python": ("Python", "lang-pkgs", "python-pkg"),
    "go": ("app/server", "lang-pkgs", "gobinary"),
}
_GRYPE = {"debian": "deb", "alpine": "apk", "rhel": "rpm", "node": "npm", "java": "java-archive", "go": "go-module"}
_OSV = {"node": "npm", "java": "Maven", "dotnet": "NuGet", "python": "PyPI", "go": "Go"}
_LOCKS = {
    "node": ("npm", "package-lock.json"),
    "java": ("maven", "pom.xml"),
    "dotnet": ("nuget", "app/packages.lock.json"),
    "python": ("pip", "requirements.txt"),
    "go": ("gomodules", "go.mod"),
}


def dumped(document: Any) -> bytes:
    """JSON as tools write it: compact, one line."""
    return json.dumps(document, separators=(",", ":")).encode()


def trivy(image: Asset, found: Found, at: datetime) -> bytes:
    """`trivy image --format json`."""
    results = []
    for layer, group in groupby(found, lambda weakness: weakness.place):
        target, kind, name = _TARGETS[layer]
        entries = [_trivy(weakness) for weakness in group]
        results.append(
            {"Target": target.format(image=image.name), "Class": kind, "Type": name, "Vulnerabilities": entries}
        )
    head = {"SchemaVersion": 2, "CreatedAt": at.isoformat(), "ArtifactName": image.name}
    return dumped(head | {"ArtifactType": "container_image", "Results": results})


def _trivy(weakness: Weakness) -> dict[str, Any]:
    version = "V3" if weakness.vector.startswith("CVSS:3") else "V2"
    return {
        "VulnerabilityID": weakness.cve,
        "PkgName": weakness.product,
        "PkgIdentifier": {"PURL": weakness.purl},
        "InstalledVersion": weakness.version,
        "FixedVersion": weakness.fixed,
        "Status": "fixed" if weakness.fixed else "affected",
        "SeveritySource": "nvd",
        "Severity": weakness.severity.name,
        "Title": weakness.title,
        "CVSS": {"nvd": {f"{version}Vector": weakness.vector, f"{version}Score": weakness.score}},
    }


def grype(image: Asset, found: Found, at: datetime) -> bytes:
    """`grype IMAGE -o json`."""
    descriptor = {"name": "grype", "version": "0.80.0", "timestamp": at.isoformat()}
    source = {"type": "image", "target": {"userInput": image.name}}
    return dumped({"matches": [_grype(weakness) for weakness in found], "source": source, "descriptor": descriptor})


def _grype(weakness: Weakness) -> dict[str, Any]:
    """A package of a language is known by its GitHub advisory, with the CVE beside it."""
    rating = {"version": "3.1", "vector": weakness.vector, "metrics": {"baseScore": weakness.score}}
    fix = {"versions": [weakness.fixed], "state": "fixed"} if weakness.fixed else {"versions": [], "state": "not-fixed"}
    kind = _GRYPE.get(weakness.place, weakness.place)
    return {
        "vulnerability": {
            "id": weakness.ghsa or weakness.cve,
            "severity": weakness.severity.name.title(),
            "cvss": [rating],
            "fix": fix,
        },
        "relatedVulnerabilities": [{"id": weakness.cve, "cvss": [rating]}],
        "matchDetails": [],
        "artifact": {
            "name": weakness.product,
            "version": weakness.version,
            "type": kind,
            "purl": weakness.purl,
            "locations": [],
        },
    }


def osv(repository: Asset, found: Found) -> bytes:
    """`osv-scanner scan --format json`; the report names the lock file, not the repository."""
    lock = _LOCKS[repository.layers[0]][1]
    packages = [_osv(list(group)) for _, group in groupby(found, lambda weakness: weakness.product)]
    return dumped({"results": [{"source": {"path": lock, "type": "lockfile"}, "packages": packages}]})


def _osv(found: list[Weakness]) -> dict[str, Any]:
    first = found[0]
    package = {"name": first.product, "version": first.version, "ecosystem": _OSV[first.place]}
    groups = [
        {"ids": [one.ghsa or one.cve], "aliases": [one.ghsa or one.cve, one.cve], "max_severity": str(one.score or "")}
        for one in found
    ]
    return {"package": package, "vulnerabilities": [_advisory(one, package) for one in found], "groups": groups}


def _advisory(weakness: Weakness, package: dict[str, str]) -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": weakness.fixed}] if weakness.fixed else [])]
    named = {"name": package["name"], "ecosystem": package["ecosystem"]}
    return {
        "id": weakness.ghsa or weakness.cve,
        "aliases": [weakness.cve],
        "summary": weakness.title,
        "severity": [{"type": "CVSS_V3", "score": weakness.vector}],
        "affected": [{"package": named, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }


def snyk(repository: Asset, found: Found) -> bytes:
    """`snyk test --json`: one record per way to a package, so some weaknesses stand in it twice."""
    manager, lock = _LOCKS[repository.layers[0]]
    issues = [_snyk(weakness, manager, way) for weakness in found for way in range(1 + draw(weakness.cve, "ways") % 3)]
    head = {"ok": False, "dependencyCount": 412, "packageManager": manager, "projectName": repository.name}
    return dumped(head | {"path": repository.name, "displayTargetFile": lock, "vulnerabilities": issues})


def _snyk(weakness: Weakness, manager: str, way: int) -> dict[str, Any]:
    ghsa = {"GHSA": [weakness.ghsa]} if weakness.ghsa else {}
    return {
        "id": f"SNYK-{manager.upper()}-{draw(weakness.cve, weakness.product) % 10_000_000}",
        "title": weakness.title,
        "type": "vuln",
        "severity": weakness.severity.name.lower(),
        "CVSSv3": weakness.vector,
        "cvssScore": weakness.score,
        "identifiers": {"CVE": [weakness.cve], **ghsa},
        "name": weakness.product,
        "version": weakness.version,
        "packageManager": manager,
        "fixedIn": [weakness.fixed] if weakness.fixed else [],
        "from": ["app@1.0.0", f"module-{way}@2.0.0", f"{weakness.product}@{weakness.version}"],
        "semver": {"vulnerable": [f"<={weakness.version}"]},
    }


def inspector(machines: Iterable[tuple[Asset, Found]], at: datetime) -> bytes:
    """`aws inspector2 list-findings` over some instances."""
    return dumped({"findings": [entry for machine, found in machines for entry in _inspector(machine, found, at)]})


def _inspector(machine: Asset, found: Found, at: datetime) -> Iterator[dict[str, Any]]:
    resource = {
        "type": "AWS_EC2_INSTANCE",
        "id": machine.name,
        "region": "eu-central-1",
        "details": {"awsEc2Instance": {"platform": "DEBIAN_10"}},
    }
    for weakness in found:
        package = {"name": weakness.product, "version": weakness.version, "packageManager": "OS"}
        details = {
            "vulnerabilityId": weakness.cve,
            "cvss": [{"baseScore": weakness.score, "scoringVector": weakness.vector, "source": "NVD"}],
            "vulnerablePackages": [package | ({"fixedInVersion": weakness.fixed} if weakness.fixed else {})],
        }
        yield {
            "findingArn": f"arn:aws:inspector2:eu-central-1:{ACCOUNT}:finding/{draw(machine.name, weakness.cve):013x}",
            "awsAccountId": ACCOUNT,
            "type": "PACKAGE_VULNERABILITY",
            "status": "ACTIVE",
            "severity": weakness.severity.name,
            "title": weakness.title,
            "lastObservedAt": at.isoformat(),
            "resources": [resource],
            "packageVulnerabilityDetails": details,
        }
