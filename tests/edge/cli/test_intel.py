import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from detente.edge.cli.intel import app
from detente.model.errors import DetenteError
from knowledge import EPSS, feeds


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DETENTE_DATABASE_URL", raising=False)

    def call(*arguments, code=0):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)
        if isinstance(result.exception, DetenteError):
            raise result.exception
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    return call


@pytest.fixture
def mirror(tmp_path):
    """The sample feeds behind a real server that answers conditional requests."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=feeds(tmp_path / "mirror")))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.001}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_import_status_rank(run, tmp_path):
    (folder := feeds(tmp_path / "feeds")).joinpath("README.md").write_text("words")
    first = run("import", folder, "--json")
    assert (first["files"], first["skipped"], first["errors"], first["rejected"]) == (5, ["README.md"], [], {})
    assert all(source["new"] for source in first["sources"])
    assert not any(source["new"] for source in run("import", folder, "--json")["sources"])

    status = run("status", "--as-of", "2024-05-02", "--json")
    ages = {source["name"]: (source["age_days"], source["stale"]) for source in status["sources"]}
    assert ages["epss"] == (59, False)
    assert ages["poc"] == (62, True)
    assert status["attribution"] == "EPSS by FIRST.org, https://www.first.org/epss"
    assert "STALE" in run("status", "--as-of", "2024-05-02")

    for name, text in (
        ("a.txt", "CVE-2023-0002\nCVE-2023-0001\n"),
        ("a.csv", "note,CVE\nx,CVE-2023-0002\ny,cve-2023-0001\n"),
        ("a.json", '["CVE-2023-0002", "CVE-2023-0001"]'),
    ):
        (tmp_path / name).write_text(text)
        got = run("rank", "--as-of", "2024-03-04", "--cves", tmp_path / name, "--json")
        assert got["as_of"] == "2024-03-04"
        assert [row["cve"] for row in got["ranking"]] == ["CVE-2023-0001", "CVE-2023-0002"]
        assert got["ranking"][0].keys() == {"cve", "score", "p30", "reasons"}
    assert "EPSS by FIRST.org" in run("rank", "--as-of", "2024-03-04", "--cves", tmp_path / "a.txt")


def test_a_bad_file_costs_only_itself(run, tmp_path):
    folder = feeds(tmp_path / "feeds")
    (folder / "bad.csv").write_text(EPSS.split("\n", 1)[1])
    (folder / "odd.csv").write_text("cve,first_seen\nCVE-2020-0001,2021-01-01\nnonsense,2021-01-01\n")
    got = run("import", folder, "--json", code=3)
    assert [error["file"] for error in got["errors"]] == ["bad.csv"]
    assert got["rejected"] == {"no CVE id": 1}
    assert "epss" in {source["name"] for source in got["sources"]}
    assert "1 x no CVE id" in run("import", folder, code=3)


def test_nothing_to_import(run, tmp_path):
    (tmp_path / "words.md").write_text("words")
    run("import", tmp_path / "words.md", code=2)
    with pytest.raises(DetenteError, match="cannot be read"):
        run("import", tmp_path / "absent")


def test_update_asks_only_for_what_is_newer(run, mirror):
    sources = ("--source", f"kev={mirror}/kev.json", "--source", f"epss={mirror}/epss_scores-2024-03-04.csv")
    first = run("update", "kev", "epss", *sources, "--json")
    assert {source["name"]: source["rows"] for source in first["sources"]} == {"kev": 1, "epss": 4}
    second = run("update", "kev", "epss", *sources, "--json")
    assert (second["unchanged"], second["sources"]) == (["kev", "epss"], [])
    assert all(source["age_days"] == 0 for source in run("status", "--json")["sources"])


def test_one_feed_that_fails_leaves_the_others(run, mirror):
    sources = (
        "--source",
        f"kev={mirror}/absent.json",
        "--source",
        f"poc={mirror}/flags.csv",
        "--source",
        f"epss={mirror}/",
    )
    got = run("update", "kev", "poc", "epss", *sources, "--json", code=3)
    assert [error["file"] for error in got["errors"]] == ["kev", "epss"]
    assert "no intelligence" in got["errors"][1]["error"]
    assert {source["name"] for source in got["sources"]} >= {"poc", "nuclei"}


def test_a_wrong_checksum_brings_nothing_in(run, mirror):
    got = run(
        "update", "kev", "--source", f"kev={mirror}/kev.json", "--checksum", f"kev={mirror}/facts.csv", "--json", code=2
    )
    assert "says otherwise" in got["errors"][0]["error"]
    assert run("status", "--json")["sources"] == []


@pytest.mark.parametrize(
    "arguments", [("update", "nobody"), ("update", "--source", "kev"), ("update", "--source", "=x")]
)
def test_bad_usage_is_explained(run, arguments):
    with pytest.raises(DetenteError):
        run(*arguments)


def test_a_set_that_is_none(run, tmp_path):
    feeds(tmp_path / "feeds")
    (tmp_path / "ids").write_text("CVE-2023-0001\n")
    (tmp_path / "set.json").write_text("{}")
    with pytest.raises(DetenteError, match="no coefficient set"):
        run("rank", "--cves", tmp_path / "ids", "--coefficients", tmp_path / "set.json")
    with pytest.raises(DetenteError, match="no feature set"):
        run("refit", "--at", "2024-03-04", "--labels-to", "2024-06-30", "--out", tmp_path / "o", "--features", "best")
