"""Several JSON documents in one file: each is read as if it stood alone."""

import io
import json
from typing import Any

import pytest

from detente.model.finding import Coverage, Observation, Rejected
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.source import Source

WEAK = {"vulnerability": {"id": "CVE-2020-0001", "severity": "High"}, "artifact": {"name": "curl", "version": "7.1"}}


def grype(image: str, day: int, *matches: Any) -> dict[str, Any]:
    made = {"name": "grype", "timestamp": f"2026-03-{day:02}T00:00:00Z"}
    return {"matches": matches, "source": {"type": "image", "target": {"userInput": image}}, "descriptor": made}


def reading(content: str) -> intake.Reading:
    source = Source("report", lambda: io.BytesIO(content.encode()))
    name, begun = intake.resolve(source)
    assert name is not None
    return intake.read(registry.parser(name), begun)


@pytest.mark.parametrize("joined", ["\n%s\n%s\n", "[%s,%s]", "[%s]\n[%s]"])
def test_documents_in_a_row_or_in_a_list_keep_their_own_assets_and_scopes(joined: str) -> None:
    one, two = (json.dumps(grype(f"app:{number}", number, WEAK)) for number in (1, 2))
    begun = reading(joined % (one, two))
    found = [item for item in begun.items if isinstance(item, Observation)]
    assert [item.asset for item in found] == ["image:app:1", "image:app:2"]
    assert set(begun.coverage) == {Coverage("image:app:1"), Coverage("image:app:2")}
    assert begun.dated is not None
    assert begun.dated.day == 2


def test_a_bad_record_of_a_listed_document_is_kept_as_a_report_that_can_be_read_again() -> None:
    begun = reading(json.dumps([grype("app:1", 1), grype("app:2", 2, WEAK | {"artifact": 7}, WEAK)]))
    bad, good = begun.items
    assert isinstance(bad, Rejected)
    assert isinstance(good, Observation)
    again = reading(bad.raw.replace(b'"artifact": 7', b'"artifact": {"name":"curl"}').decode())
    assert [item.asset for item in again.items if isinstance(item, Observation)] == ["image:app:2"]


def test_a_list_of_trivy_reports_is_read_like_the_reports() -> None:
    one = {"SchemaVersion": 2, "ArtifactName": "app:1", "CreatedAt": "2026-03-01T00:00:00Z"}
    weak = {"VulnerabilityID": "CVE-2020-0001", "PkgName": "curl"}
    begun = reading(json.dumps([one | {"Results": [{"Target": "t", "Vulnerabilities": [weak]}]}]))
    assert [item.asset for item in begun.items if isinstance(item, Observation)] == ["image:app:1"]
    assert list(begun.coverage) == [Coverage("image:app:1", "t")]
    assert begun.dated is not None
