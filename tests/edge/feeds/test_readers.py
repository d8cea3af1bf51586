import gzip
import json
import zipfile
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detente.edge.feeds.files import READERS, harvest, reader
from detente.model.errors import DetenteError
from detente.model.intel import Kind
from detente.queue.report import Head
from knowledge import EPSS, FACTS, FLAGS, KEV


@pytest.fixture
def read(tmp_path):
    """Batches by (source, table, day) and the refused records of one file."""

    def ask(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ((_, got),) = harvest(path)
        if isinstance(got, DetenteError):
            raise got
        return {(b.name, b.kind.value, b.as_of): b.table.to_pylist() for b in got.close()}, dict(+got.rejected)

    return ask


def cve5(**changes):
    record = {
        "dataType": "CVE_RECORD",
        "cveMetadata": {
            "cveId": "CVE-2024-0004",
            "state": "PUBLISHED",
            "assignerShortName": "acme",
            "datePublished": "2024-02-01T10:00:00.000Z",
            "dateUpdated": "2024-02-20T10:00:00.000Z",
        },
        "containers": {
            "cna": {
                "affected": [{"vendor": "Acme", "product": "Gate"}],
                "problemTypes": [{"descriptions": [{"lang": "en", "cweId": "CWE-79"}]}],
            },
            "adp": [
                {"title": "CVE Program Container", "providerMetadata": {"dateUpdated": "2024-08-01T00:00:00Z"}},
                {
                    "title": "CISA ADP Vulnrichment",
                    "providerMetadata": {"dateUpdated": "2024-02-21T00:00:00Z"},
                    "metrics": [
                        {"cvssV3_1": {"baseScore": 8.1, "vectorString": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
                        {"other": {"type": "ssvc", "content": {"timestamp": "2024-02-22T01:02:03Z", "options": [
                            {"Exploitation": "active"}, {"Automatable": "Yes"}, {"Technical Impact": "total"}]}}},
                        {"other": {"type": "kev", "content": {"dateAdded": "2024-02-23"}}},
                    ],
                },
            ],
        },
    }  # fmt: skip
    record["containers"]["cna"] |= changes
    return record


def test_epss_knows_its_model_and_day(read):
    (got,), rejected = read(EPSS)[0].items(), read(EPSS)[1]
    assert got[0] == ("epss", "epss", date(2024, 3, 4))
    assert got[1][1] == {"cve": "CVE-2023-0002", "epss": 4e-05, "percentile": 0.02}
    assert rejected == {}


def test_faults_in_a_table(read):
    text = (
        "Component,Version,Since,Resolved,Share,Title,URL\n"
        "pkg:npm/left,1.0.1,2026-03-01,,0.4,It hangs,https://acme.example/1\n"
        "KB5034441,,,2026-02-01,,,\n"
        ",1.0,,,,,\n"
        "left,1.0,,,4,,\n"
    )
    batches, rejected = read(text, "acme-faults-2026-03-02.csv")
    ((key, rows),) = batches.items()
    assert key == ("faults-acme-faults", "faults", date(2026, 3, 2))
    assert [(row["component"], row["version"], row["share"]) for row in rows] == [
        ("pkg:npm/left", "1.0.1", 0.4),
        ("KB5034441", "", None),
    ]
    assert (rows[0]["since"], rows[1]["resolved"]) == (date(2026, 3, 1), date(2026, 2, 1))
    assert rejected == {"no component": 1, "a share that is not between 0 and 1": 1}


def test_known_issues_of_windows_updates(read):
    issue = {
        "id": "WI1",
        "status": "confirmed",
        "title": "VPN fails",
        "startDateTime": "2026-04-30T10:00:00Z",
        "resolvedDateTime": None,
        "lastUpdatedDateTime": "2026-05-02T10:00:00Z",
        "webViewUrl": "https://admin.example/WI1",
        "originatingKnowledgeBaseArticle": {"id": "KB5036893", "url": "https://support.example/5036893"},
    }
    over = issue | {"status": "resolved", "resolvedDateTime": "2026-05-14T00:00:00Z"}
    mitigated, other = issue | {"status": "mitigated"}, issue | {"originatingKnowledgeBaseArticle": None}
    batches, rejected = read(json.dumps({"value": [issue, over, mitigated, other]}))
    ((key, rows),) = batches.items()
    assert key[:2] == ("windows-known-issues", "faults")
    assert {row["component"] for row in rows} == {"KB5036893"}
    assert [row["resolved"] for row in rows] == [None, date(2026, 5, 14), date(2026, 5, 2)]
    assert rejected == {"no component": 1}


@pytest.mark.parametrize("zone", ["+0000", "Z", ""])
def test_epss_dates_come_with_any_zone(read, zone):
    text = EPSS.replace("T00:00:00+0000", f"T12:55:00{zone}")
    assert [key[2] for key in read(text)[0]] == [date(2024, 3, 4)]


@pytest.mark.parametrize(
    "text",
    [
        EPSS.split("\n", 1)[1],
        EPSS.replace("model_version", "model"),
        EPSS.split("CVE", 1)[0],
        EPSS.replace("cve,epss", "id,epss"),
        "#model_version:v1,score_date:2024-03-04\n",
    ],
)
def test_epss_that_cannot_be_trusted_is_refused(read, text):
    with pytest.raises(DetenteError, match="not imported"):
        read(text)


def test_one_bad_score_costs_one_score(read):
    lines = (
        "CVE-2023-0008,1.5,0.5\nnonsense,0.1,0.1\nCVE-2023-0009,high,0.1\nCVE-2023-0010,0.1\nCVE-2023-0001,0.5,0.5\n"
    )
    (rows,), rejected = read(EPSS + lines)[0].values(), read(EPSS + lines)[1]
    assert [row["cve"] for row in rows] == ["CVE-2023-0001", "CVE-2023-0002", "CVE-2023-0003", "CVE-2024-0004"]
    assert rows[0]["epss"] == 0.0135
    assert rejected == {"wrong number of columns": 1, "no CVE with a probability": 3}


def test_kev_json(read):
    ((key, rows),) = read(json.dumps(KEV))[0].items()
    assert key == ("kev", "kev", date(2024, 3, 4))
    assert rows == [
        {
            "cve": "CVE-2023-0003",
            "added": date(2024, 1, 10),
            "due": date(2024, 1, 31),
            "ransomware": True,
            "vendor": "Acme",
            "product": "Gate",
            "name": "Acme Gate Bypass",
        }
    ]


def test_kev_csv_with_quoted_commas_and_a_python_list(read):
    text = (
        "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,"
        "knownRansomwareCampaignUse,notes,cwes\n"
        'CVE-2023-0003,Acme,Gate,"One, two",2024-01-10,"a, ""b""",x,2024-01-31,Unknown,n,"[\'CWE-59\', \'CWE-436\']"\n'
        "CVE-2023-0004,Acme,Gate,x,,a,x,,Known,n,\n"
        "oops,Acme,Gate,x,2024-01-11,a,x,,Maybe,n,\n"
        "CVE-2023-0005,Acme,Gate,x,2024-01-12,a,x,,Maybe,n,\n"
    )
    ((key, rows),), rejected = read(text)[0].items(), read(text)[1]
    assert key == ("kev", "kev", date(2024, 1, 12))
    assert [(row["cve"], row["ransomware"], row["name"]) for row in rows] == [
        ("CVE-2023-0003", False, "One, two"),
        ("CVE-2023-0005", None, "x"),
    ]
    assert rejected == {"no dateAdded": 1, "no CVE id": 1}


@pytest.mark.parametrize("text", ['{"catalogVersion": "1", "vulnerabilities": [', '{"catalogVersion": "1"}'])
def test_half_a_catalogue_is_no_catalogue(read, text):
    with pytest.raises(DetenteError, match="not imported"):
        read(text)


def test_a_cve_record_with_what_cisa_adds(read):
    got, rejected = read(json.dumps(cve5()))
    assert rejected == {}
    assert got["cisa_kev", "evidence", date(2024, 2, 23)] == [
        {"cve": "CVE-2024-0004", "first_seen": date(2024, 2, 23), "detail": None}
    ]
    assert got["vulnrichment", "facts", date(2024, 2, 22)] == [
        {
            "cve": "CVE-2024-0004",
            "published": date(2024, 2, 1),
            "base_score": 8.1,
            "base_vector": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "base_at": date(2024, 2, 21),
            "assigner": "acme",
            "cwe": "CWE-79",
            "vendor": "Acme",
            "product": "Gate",
            "ssvc_exploitation": "active",
            "ssvc_automatable": "yes",
            "ssvc_impact": "total",
            "ssvc_at": date(2024, 2, 22),
            "state": "PUBLISHED",
        }
    ]


@pytest.mark.parametrize("key", ["cvssV3_1", "cvssV3_0", "cvssV4_0", "cvssV2_0"])
def test_the_assigners_cvss_comes_first_and_needs_no_day_of_its_own(read, key):
    record = cve5(metrics=[{"format": "CVSS", key: {"baseScore": 9.3, "vectorString": "V"}}])
    row = read(json.dumps(record))[0]["vulnrichment", "facts", date(2024, 2, 22)][0]
    assert (row["base_score"], row["base_vector"], row["base_at"]) == (9.3, "V", None)


def test_a_rejected_record_keeps_its_state(read):
    record = {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": "CVE-2024-0005", "state": "REJECTED"},
        "containers": {"cna": {}},
    }
    ((_, (row,)),) = read(json.dumps(record))[0].items()
    assert (row["state"], row["base_score"], row["ssvc_at"]) == ("REJECTED", None, None)


def test_nvd_pages(read):
    page = {
        "resultsPerPage": 2,
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": "2024-03-05T00:00:00.000",
        "vulnerabilities": [
            {
                "cve": {
                    "id": "CVE-2024-0004",
                    "sourceIdentifier": "cna@acme.example",
                    "published": "2024-02-01T10:15:08.123",
                    "vulnStatus": "Analyzed",
                    "metrics": {
                        "cvssMetricV2": [{"type": "Primary", "cvssData": {"baseScore": 5.0}}],
                        "cvssMetricV31": [
                            {"type": "Secondary", "cvssData": {"baseScore": 4.0, "vectorString": "S"}},
                            {"type": "Primary", "cvssData": {"baseScore": 9.8, "vectorString": "P"}},
                        ],
                    },
                    "weaknesses": [{"description": [{"value": "NVD-CWE-noinfo"}, {"value": "CWE-89"}]}],
                }
            },
            {"cve": {"id": "CVE-2024-0005", "vulnStatus": "Rejected", "metrics": {}}},
            {"cve": {"published": "2024-01-01"}},
            {"nothing": 1},
        ],
    }
    got, rejected = read(json.dumps(page))
    first, second = got["nvd", "facts", date(2024, 3, 5)]
    assert (first["base_score"], first["base_vector"], first["cwe"]) == (9.8, "P", "CWE-89")
    assert (first["published"], first["assigner"], first["state"]) == (
        date(2024, 2, 1),
        "cna@acme.example",
        "PUBLISHED",
    )
    assert (second["state"], second["base_score"]) == ("REJECTED", None)
    assert sum(rejected.values()) == 2


def test_exploitdb_in_either_form(read):
    full = (
        "id,file,description,date_published,author,type,platform,port,date_added,date_updated,verified,codes,tags\n"
        '1,exploits/1.txt,"A, b",2020-01-01,x,remote,linux,,2020-01-02,,1,CVE-2019-0001;OSVDB-1;CVE-2019-0002,\n'
        "2,exploits/2.txt,b,2020-01-01,x,remote,linux,,2020-02-02,,0,,\n"
        "3,exploits/3.txt,b,2020-01-01,x,remote,linux,,sometime,,0,CVE-2019-0003,\n"
    )
    got, rejected = read(full)
    assert got["exploitdb", "evidence", date(2020, 1, 2)] == [
        {"cve": "CVE-2019-0001", "first_seen": date(2020, 1, 2), "detail": "EDB-1"},
        {"cve": "CVE-2019-0002", "first_seen": date(2020, 1, 2), "detail": "EDB-1"},
    ]
    assert sum(rejected.values()) == 1
    pairs, _ = read("cve,edb_id,date_published,date_added,type\nCVE-2019-0001,7,2020-01-01,2020-01-03,dos\n")
    assert pairs["exploitdb", "evidence", date(2020, 1, 3)][0]["detail"] == "EDB-7"


def test_metasploit_modules(read):
    modules = {
        "exploit_a": {"fullname": "exploit/a", "mod_time": "2023-05-01 10:00:00 +0000", "references": ["CVE-2019-0001", "EDB-1", "CVE-2019-0001"]},
        "auxiliary_b": {"fullname": "auxiliary/b", "mod_time": "2024-01-01 10:00:00 +0000", "references": []},
        "broken": {"fullname": 5, "references": []},
    }  # fmt: skip
    got, rejected = read(json.dumps(modules))
    assert got["metasploit", "evidence", date(2023, 5, 1)] == [
        {"cve": "CVE-2019-0001", "first_seen": date(2023, 5, 1), "detail": "exploit/a"}
    ]
    assert sum(rejected.values()) == 1


def test_nuclei_templates(read):
    lines = [
        '{"ID":"CVE-2000-0114","Info":{"Name":"x"},"file_path":"http/cves/2000/CVE-2000-0114.yaml"}',
        "{broken",
        '{"ID":"CVE-2000-0115","Info":{}}',
    ]
    got, rejected = read("\n".join(lines))
    assert [row["cve"] for row in got["nuclei", "evidence", None]] == ["CVE-2000-0114", "CVE-2000-0115"]
    assert sum(rejected.values()) == 1


@pytest.mark.parametrize(
    ("name", "text", "key", "seen"),
    [
        ("pocs.txt", "# list\nCVE-2020-0001\ncve-2020-0002\n", ("poc", "evidence", None), None),
        ("nuclei-2024-02-03.txt", "CVE-2020-0001\nCVE-2020-0002\n", ("nuclei", "evidence", date(2024, 2, 3)), None),
        ("poc.csv", "CVE,note\nCVE-2020-0001,a\nCVE-2020-0002,b\n", ("poc", "evidence", None), None),
        ("poc.csv", "cve,first_seen\nCVE-2020-0001,2021-01-01\nCVE-2020-0002,2021-01-01\n", ("poc", "evidence", date(2021, 1, 1)), date(2021, 1, 1)),
    ],
)  # fmt: skip
def test_lists(read, name, text, key, seen):
    got, rejected = read(text, name)
    assert [(row["cve"], row["first_seen"]) for row in got[key]] == [("CVE-2020-0001", seen), ("CVE-2020-0002", seen)]
    assert rejected == {}


def test_repositories_of_one_cve(read):
    repositories = [
        {"id": 1, "full_name": "a/b", "created_at": "2023-12-12T00:00:00Z", "updated_at": "2024-02-01T00:00:00Z"},
        {"id": 2, "full_name": None, "created_at": "2024-01-01T00:00:00Z"},
    ]
    got, rejected = read(json.dumps(repositories), "CVE-2023-50164.json")
    assert got["poc", "evidence", date(2024, 2, 1)] == [
        {"cve": "CVE-2023-50164", "first_seen": date(2023, 12, 12), "detail": "a/b"}
    ]
    assert sum(rejected.values()) == 1


def test_tables_of_facts_and_flags(read):
    (rows,) = read(FACTS)[0].values()
    assert (rows[0]["published"], rows[0]["base_score"], rows[0]["assigner"]) == (
        date(2024, 2, 3),
        9.8,
        "cna@acme.example",
    )
    flags, _ = read(FLAGS)
    assert {key[0]: [row["cve"] for row in rows] for key, rows in flags.items()} == {
        "metasploit": ["CVE-2023-0003"],
        "nuclei": ["CVE-2023-0003"],
        "poc": ["CVE-2023-0001", "CVE-2023-0003"],
        "exploitdb": ["CVE-2023-0003"],
    }
    assert {key[2] for key in flags} == {date(2024, 3, 1)}


def test_values_of_a_table_that_cannot_be_read_are_unknown(read):
    ((_, rows),) = read(
        "cve,published,base_score\nCVE-2020-0001,soon,high\nCVE-2020-0002,2020-05-05 10:00,7\n,2020-01-01,5\n"
    )[0].items()
    assert [(row["published"], row["base_score"]) for row in rows] == [(None, None), (date(2020, 5, 5), 7.0)]


def test_evidence_tables(read):
    text = "cve,source,first_seen\nCVE-2020-0001,honeypot,2021-01-01\nCVE-2020-0002,poc,2021-02-01\n"
    got, _ = read(text)
    assert {(key[0], key[2]) for key in got} == {("honeypot", date(2021, 1, 1)), ("poc", date(2021, 2, 1))}


def test_a_score_that_cisa_gave_carries_cisas_day(read, tmp_path):
    row = {"cve": "CVE-2024-0004", "published": "2024-02-01T00:00:00", "cvss3_cna": None, "vector3_cna": None}
    adp = {
        "cvss3_adp": 8.1,
        "vector3_adp": "V",
        "ssvc_ts": "2024-05-01T00:00:00Z",
        "ssvc_exploitation": "PoC",
        "vr_kev": "2024-05-02",
    }
    table = pa.Table.from_pylist(
        [row | adp], schema=pa.schema({k: pa.float64() if k.startswith("cvss3") else pa.string() for k in row | adp})
    )
    pq.write_table(table, tmp_path / "v.parquet")
    got, _ = read((tmp_path / "v.parquet").read_bytes())
    (facts,) = got["vulnrichment", "facts", date(2024, 5, 1)]
    assert (facts["base_score"], facts["base_at"], facts["ssvc_exploitation"]) == (8.1, date(2024, 5, 1), "poc")
    assert got["cisa_kev", "evidence", date(2024, 5, 2)][0]["first_seen"] == date(2024, 5, 2)


@pytest.mark.parametrize("content", ["", "<html>", "{}", "[]", "just words\nand more", "a,b\n1,2\n", "\x00\x01"])
def test_what_is_no_intelligence_is_left_alone(content):
    assert reader(Head(content.encode(), "x.json")) is None


def test_packed_files_and_archives(tmp_path):
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(EPSS.encode()))
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        for number in range(3):
            record = cve5()
            record["cveMetadata"]["cveId"] = f"CVE-2024-000{number}"
            archive.writestr(f"2024/CVE-2024-000{number}.json", json.dumps(record))
        archive.writestr("README.md", "words")
        archive.writestr("CVE-2024-0009.json", json.dumps(cve5())[:900])
    ((name, packed),) = harvest(tmp_path / "e.csv.gz")
    assert (name, packed.close()[0].table.num_rows) == ("e.csv", 4)
    got = dict(harvest(tmp_path / "v.zip"))
    assert got["README.md"] is None
    assert isinstance(got["CVE-2024-0009.json"], DetenteError)
    assert [len(got[f"CVE-2024-000{n}.json"].rows["vulnrichment", Kind.FACTS]) for n in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("cut", [30, -10])
def test_a_file_that_breaks_off_gives_nothing(tmp_path, cut):
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(EPSS.encode() * 50)[:cut])
    ((_, got),) = harvest(tmp_path / "e.csv.gz")
    assert isinstance(got, DetenteError)


def test_every_reader_is_named(request):
    folder = request.config.rootpath / "src" / "detente" / "edge" / "feeds"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__", "files", "download"} == set(READERS)


def test_the_real_files(corpus):
    if not (corpus / "intel").is_dir():
        pytest.skip("the corpus has no intelligence")
    names = (
        "known_exploited_vulnerabilities.csv",
        "known_exploited_vulnerabilities-2025-06-25.json.gz",
        "exploitdb.csv.gz",
    )
    rows = {}
    for name in names:
        ((_, got),) = harvest(corpus / "intel" / name)
        rows[name] = got.close()[0].table.num_rows
        assert not +got.rejected
    assert rows == dict(zip(names, (1371, 1370, 30_084), strict=True))
    records = [next(harvest(path))[1] for path in sorted((corpus / "intel" / "vulnrichment").rglob("*.json"))]
    facts = [record.rows["vulnrichment", Kind.FACTS][0] for record in records]
    assert len(facts) == 200
    assert sum(row["state"] == "REJECTED" for row in facts) >= 5
    assert sum(bool(record.rows["cisa_kev", Kind.EVIDENCE]) for record in records) >= 25
    assert {row.get("ssvc_exploitation") for row in facts} == {"none", "poc", "active", None}
