"""The sample's reports: the same bytes every time, each recognised and read whole by the parser it was written for."""

from collections import Counter
from datetime import date
from io import BytesIO

import pytest

from detente.accord import document, estate
from detente.accord.claims import Claims
from detente.edge.sample.company import PLANTED, REGISTRY, SITES, STRAY, Asset, found, hosts, images, share
from detente.edge.sample.facts import phrase, text, weaknesses
from detente.edge.sample.reports import BROKEN, Report, reports
from detente.model.finding import Observation, Rejected
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.report import Source

DAY = date(2026, 11, 25)
FORMATS = {
    "trivy": "trivy",
    "grype": "anchore_grype",
    "osv": "osv_scanner",
    "snyk": "snyk",
    "inspector": "aws_inspector2",
    "network": "tenable",
    "vmdr": "qualys_vmdr",
    "semgrep": "semgrep",
    "codeql": "sarif",
    "gitleaks": "gitleaks",
    "nuclei": "nuclei",
    "zap": "zap_json",
    "pentest": "generic_csv",
    "search": "cyclonedx",
}


@pytest.fixture(scope="module")
def small() -> list[Report]:
    """Every kind of report, of a twentieth of the company."""
    return list(reports(DAY, 0.05))


def read(report: Report) -> tuple[str, list[Observation], list[Rejected], bool]:
    """Format, observations, rejected records, and whether the report broke off."""
    source = Source(report.name.rpartition("/")[2], lambda: BytesIO(report.data))
    name = intake.recognise(source)
    assert name is not None, report.name
    reading = intake.read(registry.parser(name), source)
    items = list(reading.items)
    good = [item for item in items if isinstance(item, Observation)]
    return name, good, [item for item in items if isinstance(item, Rejected)], reading.tally.truncated


def test_the_same_day_gives_the_same_bytes(small):
    assert list(reports(DAY, 0.05)) == small


def test_another_day_changes_dates_only(small):
    later = list(reports(date(2026, 11, 26), 0.05))
    assert [one.name.partition("/")[2] for one in later] == [one.name.partition("/")[2] for one in small]
    assert {one.at.date() for one in later} == {date(2026, 10, 22), date(2026, 11, 22)}


def test_every_report_is_recognised_and_read_whole(small):
    broken = Counter()
    for report in small:
        name, good, rejected, truncated = read(report)
        stem = report.name.rpartition("/")[2].partition("-")[0].partition(".")[0]
        assert name == FORMATS[stem]
        assert good, report.name
        assert all(item.asset or report.asset for item in good), report.name
        broken.update({report.name.rpartition("/")[2]: len(rejected)} if rejected or truncated else {})
    assert broken == {f"{BROKEN}": 1, "pentest.csv": 1}


def test_all_formats_are_there(small):
    assert {read(report)[0] for report in small} == set(FORMATS.values())


def test_the_full_company_has_some_tens_of_thousands_of_results():
    results = 0
    for report in reports(DAY):
        if report.name.endswith((".nessus", ".csv", "inspector.json")) or "trivy" in report.name:
            results += len(read(report)[1])
    assert 40_000 < results < 70_000


def test_every_asset_but_one_has_an_owner(small):
    claims = Claims(estate.load(text("estate.yaml").encode(), "estate.yaml"))
    named = {report.asset or item.asset for report in small for item in read(report)[1]}
    assert {asset for asset in named if claims.service(asset) is None} == {f"host:{STRAY.name}"}


def test_the_accord_and_the_estate_are_free_of_warnings():
    key = "ssh-ed25519 AAAA... sample"  # the spelling of a key that is still to come
    written = text("accord.yaml").replace("CIO_KEY", key).replace("CISO_KEY", key)
    accord = document.load(written.encode(), "accord.yaml")
    company = estate.load(text("estate.yaml").encode(), "estate.yaml")
    assert len(company.services) == len(SITES) == 12
    assert len(company.squads) == 4
    assert estate.strangers(company, accord) == ()


def test_what_is_planted_is_found_at_both_visits():
    shown = {
        (asset.name, weakness.cve)
        for site in SITES
        for asset in (*images(site), *hosts(site), STRAY)
        for visit in (0, 1)
        for weakness in found(asset, visit)
        if weakness.exploited
    }
    assert shown == PLANTED


def test_tools_overlap_and_neither_contains_the_other():
    image = Asset(f"{REGISTRY}/orders/api:prod", "orders", ("debian", "java"))
    one = {weakness.cve for weakness in found(image, 1, "grype", 0.2)}
    other = {weakness.cve for weakness in found(image, 1, "snyk", 0.2)}
    assert one & other
    assert one - other
    assert other - one


def test_between_two_visits_some_are_fixed_and_some_are_new():
    image = Asset(f"{REGISTRY}/orders/api:prod", "orders", ("debian", "java"))
    first, second = ({(one.cve, one.product) for one in found(image, visit)} for visit in (0, 1))
    assert first - second
    assert second - first
    assert len(first & second) > len(first ^ second)


def test_a_draw_depends_on_its_subject_alone():
    assert share("present", "a", "b") == share("present", "a", "b") != share("present", "ab")
    assert all(0 <= share(number) < 1 for number in range(100))


@pytest.mark.parametrize(
    ("vector", "words"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "Remote takeover"),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", "Local denial of service"),
        ("AV:N/AC:L/Au:N/C:C/I:N/A:N", "Remote disclosure"),
        ("CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:L", "Physical misuse"),
        ("", "Weakness"),
    ],
)
def test_titles_say_what_the_vector_says(vector, words):
    assert phrase(vector) == words


def test_no_title_is_empty_and_every_package_has_an_ecosystem():
    for stack, every in weaknesses().items():
        for weakness in every:
            assert " in " in weakness.title
            if weakness.version:
                assert weakness.purl.startswith("pkg:"), (stack, weakness)
