"""SARIF 2.1.0 of any tool: CodeQL, Trivy, Grype, Gitleaks, Checkov, MobSF and some two hundred others write it.

One finding per result and place. The kind follows from the tool: a result that names a package becomes a vulnerability of that
package, secret scanners give secrets, linters of infrastructure give configuration, addresses give web findings, all else is
code. Severity is the tool's `security-severity` where there is one, else the level. Suppressed results and results absent from
the new run are read with that state; results of kind pass, notApplicable and informational are skipped. The asset is the image
or the repository the run names; each tool closes only what the same tool found.
"""

from detente.queue import sarif
from detente.queue.report import Head


def _sniff(head: Head) -> bool:
    drivers = sarif.drivers(head)
    return drivers is not None and "SnykCode" not in drivers


PARSER = sarif.parser("sarif", _sniff, ("primaryLocationLineHash", "matchBasedId/v1", "contextHash/v1"))
