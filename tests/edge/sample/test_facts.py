"""The bundled facts against the feeds they were taken from: no figure may drift."""

import csv
import gzip
import json

import pyarrow.parquet as pq
import pytest

from detente.edge.sample.facts import INTELLIGENCE, table, text


def packed(path):
    """The lines of a packed feed."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


def test_every_weakness_has_its_facts():
    facts = {row["cve"] for row in table("facts.csv")}
    named = {row["cve"] for name in ("packages.csv", "products.csv") for row in table(name)}
    assert named == facts
    assert 1_000 < len(facts) < 2_000


def test_scores_are_those_of_the_day(corpus):
    name = INTELLIGENCE[0]
    bundled, published = text(name).splitlines(), packed(corpus / "intel" / f"{name}.gz")
    assert bundled[0] == published[0]
    assert set(bundled) <= set(published)


def test_listed_entries_are_those_of_the_catalogue(corpus):
    published = json.loads("\n".join(packed(corpus / "intel" / "known_exploited_vulnerabilities-2025-06-25.json.gz")))
    bundled = json.loads(text("known_exploited_vulnerabilities.json"))
    entries = {entry["cveID"]: entry for entry in published["vulnerabilities"]}
    listed = {entry["cveID"] for entry in bundled["vulnerabilities"]}
    assert bundled["catalogVersion"] == published["catalogVersion"]
    assert bundled["count"] == len(bundled["vulnerabilities"])
    assert listed == {row["cve"] for row in table("facts.csv")} & entries.keys()
    for entry in bundled["vulnerabilities"]:
        assert entry.items() <= entries[entry["cveID"]].items()
        assert "shortDescription" not in entry


def test_vectors_scores_and_days_are_those_of_the_records(corpus):
    columns = ["cve", "published", "base_score", "base_vector", "assigner"]
    known = {row["cve"]: row for row in pq.read_table(corpus / "intel" / "cve.parquet", columns=columns).to_pylist()}
    for row in table("facts.csv"):
        record = known[row["cve"]]
        assert row["published"] == str(record["published"])[:10]
        assert row["base_vector"] == (record["base_vector"] or "")
        assert row["assigner"] == (record["assigner"] or "")
        assert row["base_score"] == "" or float(row["base_score"]) == pytest.approx(record["base_score"])


def test_exploit_flags_are_those_of_the_lists(corpus):
    published = {row["cve"]: row for row in csv.DictReader(packed(corpus / "intel" / "exploit_flags.csv.gz"))}
    for row in table("exploits.csv"):
        assert row.items() <= published[row["cve"]].items()
