"""CMDB exports."""

import pytest

from detente.accord.cmdb import load
from detente.accord.problems import InvalidError
from detente.model.estate import Claim, Estate, Exposure, Service, Squad

SERVICENOW = """\
"name","busines_criticality","support_group","operational_status","fqdn","u_internet_facing"
"Checkout","1 - most critical","Payments","Operational","web-1.prod","true"
"Checkout","1 - most critical","Payments","Operational","web-2.prod","true"
"Wiki","4 - not critical","Platform","Retired","","false"
"""


def test_a_servicenow_export_is_read_as_it_comes() -> None:
    assert load(SERVICENOW, "ci.csv").estate == Estate(
        (Squad("Payments"), Squad("Platform")),
        (
            Service(
                id="Checkout",
                squad="Payments",
                tier="tier-1",
                exposure=Exposure.INTERNET,
                runs=(Claim("host", "web-1.prod"), Claim("host", "web-2.prod")),
                lifecycle="Operational",
            ),
            Service(id="Wiki", squad="Platform", tier="tier-4", lifecycle="Retired"),
        ),
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(delimiter: str) -> None:
    rows = [["Service", "Team", "Exposure", "Data", "Repo"], ["shop", "pay", "PARTNER", "internal regulated", "n/shop"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (service,) = load(b"\xef\xbb\xbf" + text.encode(), "ci.csv").estate.services
    expected = Service(
        "shop", squad="pay", exposure=Exposure.PARTNER, data=("internal", "regulated"), runs=(Claim("repo", "n/shop"),)
    )
    assert service == expected


def test_a_column_map_wins_over_the_usual_names() -> None:
    text = "Name;Anwendung;Kritikalität\nweb-1;shop;tier-2\n"
    found = load(text, "ci.csv", {"id": "Anwendung", "host": "Name", "tier": "kritikalität"})
    assert found.estate.services == (Service("shop", tier="tier-2", runs=(Claim("host", "web-1"),)),)


def test_rows_that_cannot_be_read_come_back_with_line_and_reason() -> None:
    text = "id,squad,exposure\nshop,pay,moon\n,pay,\nwiki\n\nmail,pay,internal\nmail,web,internal\n"
    found = load(text, "ci.csv")
    assert found.estate.services == (Service("mail", squad="pay", exposure=Exposure.INTERNAL),)
    assert [str(problem) for problem in found.skipped] == [
        "ci.csv:2:1 found the exposure 'moon'; allowed: internet, partner, internal, isolated",
        "ci.csv:3:1 found no service; allowed: a row that names its service",
        "ci.csv:4:1 found 1 of 3 columns; allowed: a value, or an empty one, in every column",
        "ci.csv:7:1 squad: found web; allowed: pay, as line 6 says of mail",
    ]


REFUSED = [
    (b"a,b\n1,2\n", {}, "ci.csv:1:1 found the columns a, b; allowed: one that names the service"),
    (b"", {}, "ci.csv:1:1 found the columns of an empty file; allowed: one that names the service"),
    (b"id\n\xff\n", {}, "ci.csv:1:1 found byte 0xff; allowed: text in UTF-8"),
    (b"id\nx\n", {"id": "App"}, "ci.csv:1:1 found no column App; allowed: one of id"),
    (b"id\n" + b"x" * 200_000, {}, "found broken CSV (field larger than field limit (131072))"),
]


@pytest.mark.parametrize(("text", "columns", "why"), REFUSED)
def test_files_that_cannot_be_read_at_all(text: bytes, columns: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidError) as caught:
        load(text, "ci.csv", columns)
    assert why in caught.value.why


def test_unknown_fields_of_a_map_are_refused() -> None:
    with pytest.raises(InvalidError, match="the field colour"):
        load("id\nx\n", "ci.csv", {"colour": "id"})
