"""Facets: what belongs together in an observation is worked out together."""

from detente.model.finding import Severity
from detente.queue import facets

V3, V2 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "AV:N/AC:L/Au:N/C:P/I:P/A:P"


def test_the_tools_word_stands_beside_the_newest_cvss() -> None:
    assert facets.rating("moderate", (V2, 7.5), (V3, None)) == {
        "severity": Severity.MEDIUM,
        "severity_derived": False,
        "score": 9.8,
        "vector": V3,
    }


def test_without_a_word_the_score_says_how_bad_it_is() -> None:
    assert facets.rating(None, ("", 7.5)) | {"vector": "-"} == {
        "severity": Severity.HIGH,
        "severity_derived": True,
        "score": 7.5,
        "vector": "-",
    }
    assert facets.rating("strange")["severity"] is Severity.UNKNOWN


def test_a_package_has_the_url_it_was_given_or_one_of_its_names() -> None:
    assert facets.package("npm", "@a/b", "1.0")["purl"] == "pkg:npm/%40a/b"
    assert facets.package("npm", "b", None, "pkg:npm/c") == {
        "component": "b",
        "version": "",
        "ecosystem": "npm",
        "purl": "pkg:npm/c",
    }
    assert facets.package(None, None)["purl"] == ""


def test_an_address_names_the_package_and_what_it_leaves_out_is_taken_from_beside_it() -> None:
    assert facets.addressed("pkg:maven/g/a@1.0", "a", None) == {
        "component": "g:a",
        "version": "1.0",
        "ecosystem": "maven",
        "purl": "pkg:maven/g/a@1.0",
    }
    assert facets.addressed("not an address", "a", "2") == {
        "component": "a",
        "version": "2",
        "ecosystem": "",
        "purl": "",
    }


def test_an_asset_without_a_name_is_none() -> None:
    assert (facets.asset("project", "shop"), facets.asset("project", None), facets.asset("image", {})) == (
        "project:shop",
        "",
        "",
    )
