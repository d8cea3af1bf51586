"""Small reports of host scanners: one trap each."""

from datetime import UTC, datetime
from typing import Any

import pytest

from detente.model.errors import DetenteError
from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity, State
from readings import found, reading, sheet


def nessus(*items: str, properties: str = "", name: str = "10.0.0.1") -> bytes:
    host = f'<ReportHost name="{name}"><HostProperties>{properties}</HostProperties>{"".join(items)}</ReportHost>'
    return f'<NessusClientData_v2><Policy/><Report name="r" xmlns:cm="c">{host}</Report></NessusClientData_v2>'.encode()


def item(inner: str = "", plugin: str = 'pluginID="1"', severity: str = "3", port: str = "443") -> str:
    attributes = f'port="{port}" svc_name="www" protocol="tcp" severity="{severity}" {plugin} pluginName="p"'
    return f"<ReportItem {attributes}>{inner}</ReportItem>"


class TestNessus:
    @pytest.mark.parametrize(
        ("inner", "vulnerability", "related"),
        [
            ("", "nessus:1", ()),
            ("<cve>CVE-2020-0001</cve>", "CVE-2020-0001", ("nessus:1",)),
            ("<cve>CVE-2020-0001</cve><cve>CVE-2020-0002</cve>", "nessus:1", ("CVE-2020-0001", "CVE-2020-0002")),
        ],
    )
    def test_a_check_for_one_cve_is_that_cve(self, inner: str, vulnerability: str, related: tuple[str, ...]) -> None:
        (one,) = found("tenable", nessus(item(inner)))
        assert (one.vulnerability, one.related, one.location) == (vulnerability, related, "443/tcp")

    def test_a_host_is_named_and_dated_by_its_properties(self) -> None:
        tags = '<tag name="host-fqdn">Web-1.shop.example</tag><tag name="HOST_END_TIMESTAMP">1648044472</tag>'
        (one,) = found("tenable", nessus(item(port="0"), properties=tags))
        assert (one.asset, one.location) == ("host:web-1.shop.example", "general")
        assert one.seen == datetime(2022, 3, 23, 14, 7, 52, tzinfo=UTC)

    def test_a_port_a_plugin_and_a_host_make_a_finding_of_their_own(self) -> None:
        plugins = ('pluginID="1"', 'pluginID="2"')
        items = found("tenable", nessus(*(item(plugin=plugin, port=port) for plugin in plugins for port in ("1", "2"))))
        assert {(one.vulnerability, one.location) for one in items} == {
            (f"nessus:{plugin}", f"{port}/tcp") for plugin in (1, 2) for port in (1, 2)
        }

    def test_severity_is_the_items_even_where_it_was_recast(self) -> None:
        items = [item(severity="0"), item(severity="4"), item("<risk_factor>Low</risk_factor>", 'pluginID="2"', "x")]
        assert [one.severity for one in found("tenable", nessus(*items))] == [
            Severity.INFO,
            Severity.CRITICAL,
            Severity.LOW,
        ]

    @pytest.mark.parametrize(
        "inner", ["<xref>CISA-KNOWN-EXPLOITED:2022/05/03</xref>", "<exploited_by_malware>true</exploited_by_malware>"]
    )
    def test_known_exploitation_is_kept_but_a_mere_exploit_is_not(self, inner: str) -> None:
        assert found("tenable", nessus(item(inner)))[0].exploited
        assert not found("tenable", nessus(item("<exploit_available>true</exploit_available>")))[0].exploited

    def test_audits_fail_pass_or_are_not_made(self) -> None:
        name = "<cm:compliance-check-name>1.1 Lock root</cm:compliance-check-name>"
        results = [
            f"{name}<cm:compliance-result>{word}</cm:compliance-result>" for word in ("FAILED", "PASSED", "ERROR")
        ]
        begun = reading("tenable", nessus(*map(item, results)))
        (failed,) = begun.items
        assert isinstance(failed, Observation)
        assert (failed.kind, failed.vulnerability) == (Kind.CONFIG, "nessus:1.1 Lock root")
        assert begun.tally.skipped == {"compliance check passed": 1, "compliance check error": 1}

    def test_a_host_without_items_is_clean_and_a_dead_one_was_not_scanned(self) -> None:
        clean = reading("tenable", nessus())
        assert list(clean.items) == []
        assert list(clean.coverage) == [Coverage("host:10.0.0.1")]
        output = "<plugin_output>The remote host (10.0.0.1) is considered as dead - not scanning</plugin_output>"
        dead = reading("tenable", nessus(item(output, 'pluginID="10180"')))
        list(dead.items)
        assert list(dead.coverage)[-1] == Coverage("host:10.0.0.1", succeeded=False)

    def test_an_item_that_is_no_xml_is_set_aside_alone(self) -> None:
        begun = reading("tenable", nessus(item(), item("<plugin_output>\x1b[0m</plugin_output>"), item(port="80")))
        assert [type(one) for one in begun.items] == [Observation, Rejected, Observation]

    def test_the_fix_is_read_from_the_output(self) -> None:
        output = "<plugin_output>  Installed version : 1.0.1\n  Fixed version     : 1.0.2 / 1.1\n</plugin_output>"
        (one,) = found("tenable", nessus(item(output)))
        assert (one.version, one.fixed) == ("1.0.1", ("1.0.2",))


ROW = {"Plugin ID": "1", "CVE": "", "Risk": "None", "Host": "10.0.0.1", "Protocol": "tcp", "Port": "0", "Name": "n"}


class TestTenableSheets:
    def test_no_risk_is_information_and_blank_rows_are_nothing(self) -> None:
        (one,) = found("tenable_csv", sheet(ROW) + b",,,,,,\n\n")
        assert (one.severity, one.location, one.asset) == (Severity.INFO, "general", "host:10.0.0.1")

    def test_web_findings_belong_to_the_site(self) -> None:
        (one,) = found("tenable_csv", sheet(ROW | {"Protocol": "https", "Host": "shop.example", "Risk": "low"}))
        assert (one.kind, one.asset, one.severity) == (Kind.WEB, "url:shop.example", Severity.LOW)

    def test_security_center_accepts_risks_and_names_workgroups(self) -> None:
        centre = {"Plugin": "2", "Plugin Name": "n", "Severity": "4", "IP Address": "10.0.0.1", "Protocol": "TCP"}
        more = {
            "Port": "22",
            "NetBIOS Name": "SHOP\\WEB",
            "Accept Risk Comment": "until May",
            "CVE": "CVE-2020-1,CVE-2020-0002",
        }
        (one,) = found("tenable_csv", sheet(centre | more))
        assert (one.state, one.reason, one.asset) == (State.ACCEPTED, "until May", "host:web")
        assert (one.severity, one.vulnerability, one.location) == (Severity.CRITICAL, "CVE-2020-0002", "22/tcp")

    def test_a_row_without_a_plugin_is_set_aside(self) -> None:
        items = reading("tenable_csv", sheet(ROW, ROW | {"Plugin ID": "total"}, ROW)).items
        assert [type(one) for one in items] == [Observation, Rejected, Observation]


VM = {"definition.id": "57582", "definition.name": "SSL", "severity": "medium", "state": "ACTIVE", "port": "443"} | {
    "asset.display_fqdn": "Web-1.example",
    "asset.display_ipv4_address": "192.0.2.1",
    "protocol": "TCP",
    "definition.cvss3.base_score": "7.5",
    "definition.vpr.drivers_on_cisa_kev": "true",
    "last_seen": "2025-03-06T10:00:00Z",
}


@pytest.mark.parametrize(
    ("more", "vulnerability", "state"),
    [
        ({}, "nessus:57582", State.OPEN),
        ({"definition.cve": "CVE-2004-2761"}, "CVE-2004-2761", State.OPEN),
        ({"definition.cve": "CVE-2004-2761,CVE-2005-4900", "state": "FIXED"}, "nessus:57582", State.FIXED),
        ({"risk_modified": "ACCEPTED"}, "nessus:57582", State.ACCEPTED),
    ],
)
def test_tenable_names_the_columns_of_its_service_in_another_way(
    more: dict[str, str], vulnerability: str, state: State
) -> None:
    (one,) = found("tenable_vm_csv", sheet(VM | more))
    assert (one.vulnerability, one.state, one.asset, one.location) == (
        vulnerability,
        state,
        "host:web-1.example",
        "443/tcp",
    )
    assert (one.severity, one.score, one.exploited, one.seen) == (
        Severity.MEDIUM,
        7.5,
        True,
        datetime(2025, 3, 6, 10, tzinfo=UTC),
    )


def qualys(*found: str, glossary: str = "") -> bytes:
    host = f"<HOST><IP>10.0.0.1</IP><DNS><![CDATA[Web.example]]></DNS><VULN_INFO_LIST>{''.join(found)}</VULN_INFO_LIST></HOST>"
    lists = f"<HOST_LIST>{host}</HOST_LIST><GLOSSARY><VULN_DETAILS_LIST>{glossary}</VULN_DETAILS_LIST></GLOSSARY>"
    return f"<ASSET_DATA_REPORT><HEADER/>{lists}</ASSET_DATA_REPORT>".encode()


class TestQualys:
    detail = (
        '<VULN_DETAILS id="qid_1"><QID id="qid_1">1</QID><TITLE>t</TITLE><SEVERITY>4</SEVERITY>'
        "<CVE_ID_LIST><CVE_ID><ID>CVE-2020-0001</ID></CVE_ID></CVE_ID_LIST></VULN_DETAILS>"
    )

    def test_details_come_from_the_glossary_behind(self) -> None:
        info = '<VULN_INFO><QID id="qid_1">1</QID><TYPE>Vuln</TYPE><PORT>53</PORT><PROTOCOL>udp</PROTOCOL></VULN_INFO>'
        (one,) = found("qualys", qualys(info, glossary=self.detail))
        assert (one.vulnerability, one.related, one.title) == ("CVE-2020-0001", ("qid:1",), "t")
        assert (one.asset, one.location, one.severity) == ("host:web.example", "53/udp", Severity.HIGH)

    def test_information_is_information_and_fixed_is_fixed(self) -> None:
        gathered = "<VULN_INFO><QID>1</QID><TYPE>Ig</TYPE></VULN_INFO>"
        fixed = "<VULN_INFO><QID>2</QID><TYPE>Vuln</TYPE><VULN_STATUS>Fixed</VULN_STATUS></VULN_INFO>"
        first, second = found("qualys", qualys(gathered, fixed, glossary=self.detail))
        assert first.severity is Severity.INFO
        assert (second.state, second.title, second.severity) == (State.FIXED, "QID 2", Severity.UNKNOWN)

    def test_a_clean_host_is_covered_and_a_bad_record_set_aside(self) -> None:
        begun = reading("qualys", qualys("<VULN_INFO><TYPE>Vuln</TYPE></VULN_INFO>"))
        assert [type(one) for one in begun.items] == [Rejected]
        assert Coverage("host:web.example") in begun.coverage

    def test_a_sheet_below_its_preamble(self) -> None:
        head = b'"Scan Report","05/28/2021"\n"Company"\n\n"IP","Total"\n"10.0.0.1","2"\n\n'
        row = {
            "IP": "10.0.0.1",
            "DNS": "",
            "IP Status": "host scanned, found vuln",
            "QID": "1",
            "Vuln Status": "Active",
        }
        rows = [
            row | {"Severity": "5", "Type": "Vuln", "Last Detected": "05/13/2021 07:08:28"},
            row | {"IP": "10.0.0.2", "QID": "", "IP Status": "host scanned, no vuln", "Vuln Status": ""},
            row | {"IP": "10.0.0.3", "QID": "", "IP Status": "host not alive", "Vuln Status": ""},
        ]
        begun = reading("qualys_csv", head + sheet(*({**dict.fromkeys(rows[0], ""), **each} for each in rows)))
        (one,) = begun.items
        assert isinstance(one, Observation)
        assert one.severity is Severity.CRITICAL
        assert one.seen == datetime(2021, 5, 13, 7, 8, 28, tzinfo=UTC)
        assert list(begun.coverage) == [Coverage("host:10.0.0.2"), Coverage("host:10.0.0.3", succeeded=False)]

    def test_payment_card_sheets_have_the_day_first_and_words(self) -> None:
        row = {"IP": "10.0.0.1", "HOSTNAME": "web", "LAST SCAN": "05/04/2022 13:01", "QID": "1", "SEVERITY": "Medium"}
        more = {"FALSE POSITIVE STATUS": "Approved", "Q_SEVERITY": "", "TYPE": "POTENTIAL", "CVEID": "-"}
        (one,) = found("qualys_csv", sheet(row | more))
        assert (one.severity, one.state) == (Severity.MEDIUM, State.FALSE_POSITIVE)
        assert one.seen == datetime(2022, 4, 5, 13, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("cells", "state", "exploited"),
        [
            ({"Status": "FIXED"}, State.FIXED, False),
            ({"Status": "ACTIVE", "Ignored": "Yes"}, State.SUPPRESSED, False),
            ({"Status": "ACTIVE", "RTI": "Remote Code Execution,Active Attacks"}, State.OPEN, True),
            ({"Status": "REOPENED", "RTI": "Easy Exploit"}, State.OPEN, False),
        ],
    )
    def test_detections_carry_state_and_threat(self, cells: dict[str, str], state: State, exploited: bool) -> None:
        row = {"QID": "1", "KB Severity": "5", "Asset Name": "Web", "Protocol": "'-", "Port": "0", **cells}
        title = b'"Asset Vuln Datalist Report","04 Feb 2026 10:00AM GMT-0500","1"\n'
        (one,) = found("qualys_vmdr", title + sheet(row))
        assert (one.state, one.exploited, one.location, one.severity) == (
            state,
            exploited,
            "general",
            Severity.CRITICAL,
        )
        assert one.seen == datetime(2026, 2, 4, 15, tzinfo=UTC)


def nexpose(test: str, status: str = "finished") -> bytes:
    endpoint = (
        f'<endpoint protocol="tcp" port="80"><services><service><tests>{test}</tests></service></services></endpoint>'
    )
    definition = (
        '<vulnerability id="a-check" title="t" severity="8"><references><reference source="CVE">CVE-2020-0001</reference>'
        "</references></vulnerability>"
    )
    return (
        f'<NexposeReport version="2.0"><scans><scan id="1" endTime="20210228T225429678" status="{status}"/></scans><nodes>'
        f'<node address="10.0.0.1"><names><name>Web</name></names><endpoints>{endpoint}</endpoints></node></nodes>'
        f"<VulnerabilityDefinitions>{definition}</VulnerabilityDefinitions></NexposeReport>"
    ).encode()


class TestNexpose:
    def test_a_hit_is_defined_behind_all_hosts(self) -> None:
        (one,) = found("nexpose", nexpose('<test id="A-check" status="vulnerable-version"/>'))
        assert (one.vulnerability, one.related, one.title) == ("CVE-2020-0001", ("nexpose:a-check",), "t")
        assert (one.asset, one.location, one.severity) == ("host:web", "80/tcp", Severity.HIGH)

    def test_an_exception_is_accepted_and_a_miss_is_no_finding(self) -> None:
        (one,) = found("nexpose", nexpose('<test id="a-check" status="exception-vulnerable-potential"/>'))
        assert one.state is State.ACCEPTED
        begun = reading("nexpose", nexpose('<test id="a-check" status="not-vulnerable"/>'))
        assert list(begun.items) == []
        assert begun.tally.skipped == {"check not-vulnerable": 1}
        assert list(begun.coverage) == [Coverage("host:web")]

    def test_a_stopped_scan_closes_nothing(self) -> None:
        begun = reading("nexpose", nexpose("", "stopped"))
        assert list(begun.items) == []
        assert list(begun.coverage) == [Coverage("host:web", succeeded=False)]


def openvas(*results: str, status: str = "Done", filtered: int = 0, end: str = "2023-09-25T10:54:26Z") -> bytes:
    host = f"<host><ip>10.0.0.1</ip><end>{end}</end><detail><name>hostname</name><value>web</value></detail></host>"
    counts = f"<results max='2' start='1'>{''.join(results)}</results><result_count><filtered>{filtered}</filtered></result_count>"
    inner = f"<report><scan_run_status>{status}</scan_run_status>{counts}{host}</report>"
    return f'<report id="1" format_id="2">{inner}</report>'.encode()


def result(inner: str, oid: str = "1.3.6", refs: str = "") -> str:
    nvt = f'<nvt oid="{oid}"><name>n</name><refs>{refs}</refs></nvt>'
    return f"<result><host>10.0.0.1<hostname>web</hostname></host><port>22/tcp</port>{nvt}{inner}</result>"


class TestOpenvas:
    @pytest.mark.parametrize(
        ("inner", "severity", "state"),
        [
            ("<threat>High</threat><severity>7.5</severity>", Severity.HIGH, State.OPEN),
            ("<threat>Log</threat><severity>0.0</severity>", Severity.INFO, State.OPEN),
            ("<threat>False Positive</threat><severity>-1.0</severity>", Severity.UNKNOWN, State.FALSE_POSITIVE),
        ],
    )
    def test_threats(self, inner: str, severity: Severity, state: State) -> None:
        (one,) = found("openvas", openvas(result(inner)))
        assert (one.severity, one.state, one.asset, one.location) == (severity, state, "host:web", "22/tcp")

    def test_errors_of_the_scan_are_no_findings(self) -> None:
        begun = reading("openvas", openvas(result("<threat>Error</threat><severity>-3.0</severity>")))
        assert list(begun.items) == []
        assert begun.tally.skipped == {"scan error": 1}

    def test_a_result_may_name_the_result_that_detected_it(self) -> None:
        detection = '<detection><result id="x"><details/></result></detection><threat>Low</threat>'
        (one,) = found("openvas", openvas(result(detection, refs='<ref type="cve" id="CVE-2020-0001"/>')))
        assert (one.vulnerability, one.related) == ("CVE-2020-0001", ("openvas:1.3.6",))

    def test_a_number_may_be_a_cve(self) -> None:
        (one,) = found("openvas", openvas(result("<threat>Low</threat>", oid="CVE-2020-0002")))
        assert (one.vulnerability, one.related) == ("CVE-2020-0002", ())
        row = {"IP": "10.0.0.1", "Hostname": "", "NVT OID": "CVE-2020-0002", "NVT Name": "n", "Port": "", "CVEs": ""}
        assert found("openvas_csv", sheet(row))[0].vulnerability == "CVE-2020-0002"

    @pytest.mark.parametrize("story", [{"status": "Stopped"}, {"filtered": 5}, {"end": ""}], ids=str)
    def test_what_is_not_whole_closes_nothing(self, story: dict[str, Any]) -> None:
        begun = reading("openvas", openvas(**story))
        assert list(begun.items) == []
        assert list(begun.coverage) == [Coverage("host:web", succeeded=False)]
        whole = reading("openvas", openvas())
        assert list(whole.items) == []
        assert list(whole.coverage) == [Coverage("host:web")]

    def test_a_result_without_a_check_is_set_aside_and_can_be_retried(self) -> None:
        good, bad = result("<threat>Low</threat>"), "<result><host>10.0.0.1</host></result>"
        items = list(reading("openvas", openvas(good, bad, good)).items)
        assert [type(one) for one in items] == [Observation, Rejected, Observation]
        assert isinstance(items[1], Rejected)
        assert [type(one) for one in reading("openvas", items[1].raw).items] == [Rejected]


@pytest.mark.parametrize("name", ["tenable", "qualys", "nexpose", "openvas"])
def test_no_document_is_an_error(name: str) -> None:
    with pytest.raises(DetenteError, match="not well-formed"):
        reading(name, b"")
