"""GitLab container scanning: `gl-container-scanning-report.json`, schemas 2 to 15, also of images that run in a cluster.

One finding per vulnerability and package of an image. The asset is the image with its tag; a report without findings does not
name it, so pass `--asset` for what it closes. Trivy's template writes the place of a language's packages (`Node.js`, a lock file)
where the image belongs: those are places in the image named before.
"""

import re

from detente.model.finding import Kind, Observation
from detente.queue import gitlab
from detente.queue.fields import advised, image, path, severity
from detente.queue.report import Head, Items, JsonParser, Record

_PLACE = re.compile(r"[^:@]+")  # neither tag nor digest


def _observe(record: Record, scan: gitlab.Scan) -> Items:
    found: gitlab.Vulnerability = record.value
    vulnerability, aliases, related = found.vulnerability()
    name, version = found.location.package()
    system = (found.location.operating_system or "unknown").lower().replace(":", " ").partition(" ")[0]
    place = found.location.image or ""
    if system != "unknown" or not _PLACE.fullmatch(place):
        scan.image, place = image(place), ""
    asset = f"image:{scan.image}" if scan.image else ""
    yield scan.coverage(asset)
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=vulnerability,
        aliases=aliases,
        related=related,
        title=found.title(),
        asset=asset,
        target=scan.target,
        severity=severity(found.severity),
        cwes=found.cwes(),
        component=name,
        version=version,
        location=path(place),
        ecosystem="" if system == "unknown" else system,
        fixed=advised(found.solution),
        seen=scan.seen,
    )


def _sniff(head: Head) -> bool:
    return gitlab.kind(head) == "container"


PARSER = JsonParser(
    name="gitlab_container_scan",
    sniff=_sniff,
    prepare=gitlab.scan,
    observe=_observe,
    cover=gitlab.cover,
    records=gitlab.RECORDS,
)
