"""Reports on code, secrets and web sites, as Semgrep, CodeQL, Gitleaks, Nuclei, ZAP and a penetration test write them, and a VEX."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detente.edge.sample.company import DOMAIN, REGISTRY, Asset, draw, share
from detente.edge.sample.packages import dumped


@dataclass(frozen=True, slots=True)
class Rule:
    """A check on code: its name, CWE, what it says, Semgrep's word for how bad it is, CodeQL's score."""

    name: str
    cwe: int
    says: str
    level: str
    score: str


RULES = (
    Rule("sql-from-request", 89, "SQL is put together from a request", "ERROR", "8.8"),
    Rule("command-from-request", 78, "A command is put together from a request", "ERROR", "9.8"),
    Rule("html-unescaped", 79, "A value reaches the page without escaping", "WARNING", "6.1"),
    Rule("path-from-request", 22, "A file name comes from a request", "WARNING", "7.5"),
    Rule("redirect-unchecked", 601, "A redirect goes wherever the request says", "WARNING", "6.1"),
    Rule("xml-entities", 611, "XML is read with external entities allowed", "ERROR", "8.2"),
    Rule("hash-weak", 328, "A password is hashed with a fast hash", "WARNING", "5.9"),
    Rule("tls-unchecked", 295, "A certificate is not checked", "ERROR", "7.4"),
    Rule("log-personal-data", 532, "A log line holds a customer's address", "INFO", "4.3"),
    Rule("random-predictable", 338, "A token comes from a predictable source", "WARNING", "5.3"),
)
_FOLDERS = ("api", "basket", "mail", "admin", "export", "search", "jobs", "account")
_ENDINGS = {"node": "js", "java": "java", "python": "py", "go": "go", "dotnet": "cs"}
_PLACES = 120  # in one repository that rules may match at


def matches(repository: Asset, visit: int) -> Iterator[tuple[Rule, str, int, str]]:
    """Rule, file, line and source line of every match; between two visits lines move and some are repaired."""
    ending = _ENDINGS[repository.layers[0]]
    for place in range(_PLACES):
        rule = RULES[draw(repository.name, place) % len(RULES)]
        if visit and share("repaired", repository.name, place) < 0.15:
            continue
        file = f"src/{_FOLDERS[place % len(_FOLDERS)]}/part{place // 12}.{ending}"
        yield rule, file, 10 + place * 3 + 2 * visit, f"handle_{place}(request.input_{place % 7})"


def semgrep(repository: Asset, visit: int) -> bytes:
    """`semgrep scan --json`; it carries no date."""
    results = [_semgrep(*match) for match in matches(repository, visit)]
    return dumped({"version": "1.90.0", "results": results, "errors": [], "paths": {"scanned": []}})


def _semgrep(rule: Rule, file: str, line: int, source: str) -> dict[str, Any]:
    metadata = {"cwe": [f"CWE-{rule.cwe}"]}
    extra = {"message": rule.says, "severity": rule.level, "lines": source, "metadata": metadata}
    return {"check_id": f"pebblewick.{rule.name}", "path": file, "start": {"line": line}, "extra": extra}


def codeql(repository: Asset, visit: int, at: datetime) -> bytes:
    """SARIF 2.1.0 as CodeQL writes it, of every third place that Semgrep sees."""
    seen = [match for index, match in enumerate(matches(repository, visit)) if index % 3 == 0]
    rules = [
        {
            "id": f"pw/{rule.name}",
            "shortDescription": {"text": rule.says},
            "properties": {"security-severity": rule.score, "tags": [f"external/cwe/cwe-{rule.cwe:03}"]},
        }
        for rule in RULES
    ]
    run = {
        "tool": {"driver": {"name": "CodeQL", "rules": rules}},
        "versionControlProvenance": [{"repositoryUri": f"https://git.{DOMAIN}/{repository.name}"}],
        "invocations": [{"executionSuccessful": True, "endTimeUtc": f"{at:%Y-%m-%dT%H:%M:%SZ}"}],
        "results": [_codeql(*match) for match in seen],
    }
    return dumped({"version": "2.1.0", "runs": [run]})


def _codeql(rule: Rule, file: str, line: int, source: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": file}, "region": {"startLine": line, "snippet": {"text": source}}}
    return {
        "ruleId": f"pw/{rule.name}",
        "message": {"text": rule.says},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"primaryLocationLineHash": f"{draw(file, source):013x}:1"},
    }


def gitleaks(repository: Asset, at: datetime) -> bytes:
    """`gitleaks git --report-format json`; the secrets are made up and open nothing."""
    kinds = ("generic-api-key", "jwt", "private-key")
    leaks = [
        {
            "RuleID": kinds[number % len(kinds)],
            "Description": "Made-up secret",
            "StartLine": 4 + number,
            "File": f"deploy/{repository.service}/settings-{number % 4}.env",
            "Secret": f"sample-{draw(repository.name, number):013x}",
            "Match": f"KEY_{number}=sample",
            "Commit": f"{draw('commit', repository.name, number):013x}",
            "Date": at.isoformat(),
        }
        for number in range(3 + draw(repository.name) % 5)
    ]
    return dumped(leaks)


_TEMPLATES = (
    ("pw-exposed-metrics", "Metrics are open to everybody", "medium"),
    ("pw-directory-listing", "A folder lists its files", "low"),
    ("pw-debug-page", "A debug page answers", "high"),
    ("pw-old-tls", "TLS 1.0 is accepted", "medium"),
    ("pw-default-login", "The login that came with it still works", "critical"),
)


def nuclei(hosts: Iterable[Asset], at: datetime) -> bytes:
    """`nuclei -jsonl`: a result a line."""
    lines = [
        _nuclei(host, template, at) for host in hosts for template in _TEMPLATES if share(host.name, template[0]) < 0.3
    ]
    return b"\n".join(map(dumped, lines)) + b"\n"


def _nuclei(host: Asset, template: tuple[str, str, str], at: datetime) -> dict[str, Any]:
    name, says, severity = template
    place = f"https://{host.name}/"
    info = {"name": says, "severity": severity}
    told = {"template-id": name, "type": "http", "host": host.name, "matched-at": place, "info": info}
    return told | {"timestamp": at.isoformat(), "matcher-status": True}


_ALERTS = (
    ("10038", "No content security policy", "2", "693"),
    ("10020", "The page may be framed", "2", "1021"),
    ("10202", "A form without a token", "2", "352"),
    ("40012", "A search term comes back unescaped", "3", "79"),
    ("10035", "No strict transport security", "1", "319"),
)


def zap(site: str, at: datetime) -> bytes:
    """ZAP's traditional JSON report on one site."""
    alerts = [
        {
            "pluginid": rule,
            "alertRef": rule,
            "name": says,
            "riskcode": risk,
            "confidence": "2",
            "cweid": cwe,
            "instances": [],
        }
        for rule, says, risk, cwe in _ALERTS
    ]
    head = {"@programName": "ZAP", "@version": "2.15.0", "created": at.isoformat()}
    return dumped(head | {"site": [{"@name": f"https://{site}", "alerts": alerts}]})


def pentest() -> bytes:
    """A penetration test as generic CSV, with one row that says nothing."""
    rows = (
        "A voucher can be redeemed twice,Two requests at once both succeed,High,repo:pebblewick/checkout,src/basket/voucher.java,362",
        "Order numbers can be guessed,The next order is one higher,Medium,repo:pebblewick/orders,src/api/order.java,639",
        ",The tester left this row unfinished,High,repo:pebblewick/tracking,,",
        "A parcel's address is shown to anybody,No check of the owner,High,repo:pebblewick/tracking,src/api/parcel.js,862",
    )
    return "\n".join(("Title,Description,Severity,Asset,File Path,CWE", *rows, "")).encode()


VEX_IMAGE = f"{REGISTRY}/search/api:prod"


def vex(at: datetime) -> bytes:
    """A CycloneDX VEX: Log4Shell does not concern one image, by the word of a security engineer."""
    analysis = {
        "state": "not_affected",
        "justification": "code_not_reachable",
        "detail": "JndiLookup is removed from the jar when the image is built",
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": at.isoformat(),
            "authors": [{"name": "Jonas Weil"}],
            "component": {
                "type": "container",
                "name": VEX_IMAGE.rpartition(":")[0],
                "version": "prod",
                "bom-ref": "image",
            },
        },
        "vulnerabilities": [
            {
                "id": cve,
                "source": {"name": "NVD"},
                "analysis": analysis,
                "affects": [{"ref": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}],
            }
            for cve in ("CVE-2021-44228", "CVE-2021-45046")
        ],
    }
    return dumped(document)
