"""What people throw at `ingest`: torn, empty, strangely encoded, packed and mixed reports. Counts, errors and exit codes."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from detente.edge.cli.ingest import ingest as verb
from reports import grype, trivy, weakness

TRIVY = trivy("shop:1", [weakness("CVE-2024-1001"), weakness("CVE-2024-1002", "zlib")])
GRYPE = grype("till:1", [("CVE-2024-1003", "curl")])
TEXT = TRIVY.decode()
XML = '<?xml version="1.0"?><NessusClientData_v2><Report name="r"/></NessusClientData_v2>'
RUNNER, APP = CliRunner(), typer.Typer()
APP.command()(verb)  # alone: the tree of all verbs takes longer to build than a report to read


def zipped(*entries: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return data.getvalue()


BOTH = zipped(("a.json", TRIVY), ("b.json", GRYPE))


def torn(archive: bytes, name: bytes) -> bytes:
    """The archive with one byte of a member's content changed (its name stands right before it)."""
    at = archive.index(name) + len(name) + 10
    return archive[:at] + bytes([archive[at] ^ 255]) + archive[at + 1 :]


def locked(archive: bytes) -> bytes:
    """The archive with its first member marked as encrypted, in both places (APPNOTE.TXT 4.4.4)."""
    changed = bytearray(archive)
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        changed[changed.index(signature) + offset] |= 1
    return bytes(changed)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


def ingest(home: Path, *words: str, given: bytes | None = None) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the files of the answer."""
    ran = RUNNER.invoke(APP, [*words, "--workspace", str(home), "--json"], input=given)
    files: list[dict[str, Any]] = json.loads(ran.stdout)["files"]
    assert all(one["results"] == one["findings"] + one["merged"] + one["quarantined"] for one in files)
    return ran.exit_code, files


def told(files: list[dict[str, Any]]) -> list[str]:
    """Each file in few words: its format with findings, quarantined records (q) and a cut (t), or the code of its error."""
    return [
        one["error"]["code"]
        if one["error"]
        else f"{one['format']} {one['findings']}{' q' * one['quarantined']}{' t' * one['truncated']}"
        for one in files
    ]


PACKED = [
    ("gzip", gzip.compress(TRIVY), 0, ["trivy 2"]),
    ("gzip in gzip", gzip.compress(gzip.compress(TRIVY)), 0, ["trivy 2"]),
    ("gzip in parts", gzip.compress(TRIVY[:50]) + gzip.compress(TRIVY[50:]), 0, ["trivy 2"]),
    ("gzip of nothing", gzip.compress(b""), 2, ["format"]),
    ("gzip cut", gzip.compress(TRIVY)[:-9], 2, ["archive"]),
    ("gzip of four layers", gzip.compress(gzip.compress(gzip.compress(gzip.compress(TRIVY)))), 2, ["limit"]),
    ("zip", BOTH, 0, ["trivy 2", "anchore_grype 1"]),
    ("zip with a text", zipped(("a.json", TRIVY), ("readme.txt", b"hello")), 3, ["trivy 2", "format"]),
    ("zip of gzip", zipped(("a.json.gz", gzip.compress(TRIVY))), 0, ["trivy 2"]),
    ("zip of zip", zipped(("in.zip", BOTH), ("b.json", GRYPE)), 0, ["trivy 2", "anchore_grype 1", "anchore_grype 1"]),
    ("gzip of zip", gzip.compress(BOTH), 0, ["trivy 2", "anchore_grype 1"]),
    ("zip with a torn file", torn(BOTH, b"a.json"), 3, ["archive", "anchore_grype 1"]),
    ("zip with an encrypted file", locked(BOTH), 3, ["archive", "anchore_grype 1"]),
    ("zip with a torn zip", zipped(("in.zip", BOTH[:-30]), ("b.json", GRYPE)), 3, ["archive", "anchore_grype 1"]),
    ("zip of nothing", zipped(), 2, ["format"]),
    ("zip cut", BOTH[:-30], 2, ["archive"]),
]
ENCODED = [
    *((f"JSON in {name}", TEXT.encode(name), 0, ["trivy 2"]) for name in ("utf-8-sig", "utf-16", "utf-32")),
    *((f"JSON in {name}", TEXT.encode(name), 0, ["trivy 2"]) for name in ("utf-16-le", "utf-16-be")),
    ("XML in UTF-16", XML.encode("utf-16"), 0, ["tenable 0"]),
    ("a record in Latin-1", TEXT.replace("openssl", "öpenssl", 1).encode("latin-1"), 3, ["trivy 1 q"]),
    ("a head in Latin-1", TEXT.replace("shop:1", "shöp:1").encode("latin-1"), 0, ["trivy 2"]),
    ("a mark and nothing", b"\xef\xbb\xbf", 2, ["format"]),
]
STRANGE = [
    ("nothing", b"", 2, ["format"]),
    ("white space", b" \n\n", 2, ["format"]),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(99), 2, ["format"]),
    ("an answer of an API", b'{"message": "Not Found"}', 2, ["format"]),
    ("cut in a record", TRIVY[:-160], 3, ["trivy 1 q t"]),
    ("cut in the head", TRIVY[:60], 3, ["trivy 0 t"]),
    ("a log line behind", TRIVY + b"\n2026-03-01 done: 2 found", 3, ["trivy 2 t"]),
    ("log lines before", b"2026-03-01 scanning\n[INFO] 2 found\n" + TRIVY, 0, ["trivy 2"]),
    ("a log before what is cut", b"scanning\n" + TRIVY[:-160], 3, ["trivy 1 q t"]),
    ("XML behind", TRIVY + XML.encode(), 3, ["trivy 2 t"]),
    ("twice", TRIVY + b"\n" + TRIVY, 0, ["trivy 2"]),
    ("NaN in a record", TEXT.replace('"1.0"', "NaN", 1).encode(), 0, ["trivy 2"]),
    ("a number without bound in the head", TEXT.replace("{", '{"x": 1e999, ', 1).encode(), 0, ["trivy 2"]),
    ("no JSON in a record", TEXT.replace('"1.0"', "tru", 1).encode(), 3, ["trivy 1 q"]),
    ("half a character", TEXT.replace("openssl", "\\ud800", 1).encode(), 0, ["trivy 2"]),
    ("a NUL in a text", TEXT.replace("openssl", "a\0b", 1).encode(), 0, ["trivy 2"]),
]


@pytest.mark.parametrize(
    ("content", "code", "outcome"),
    [case[1:] for case in PACKED + ENCODED + STRANGE],
    ids=[case[0] for case in PACKED + ENCODED + STRANGE],
)
def test_one_report_in_any_shape(home: Path, tmp_path: Path, content: bytes, code: int, outcome: list[str]) -> None:
    (tmp_path / "report").write_bytes(content)
    assert (code, outcome) == ((found := ingest(home, str(tmp_path / "report")))[0], told(found[1]))


@pytest.mark.parametrize(
    ("content", "code", "outcome"), [PACKED[0][1:], PACKED[6][1:], *(case[1:] for case in STRANGE[:6])]
)
def test_standard_input_is_read_like_a_file(tmp_path: Path, content: bytes, code: int, outcome: list[str]) -> None:
    exit_code, files = ingest(tmp_path, "-", given=content)
    assert (exit_code, told(files)) == (code, outcome)
    assert all(one["file"].startswith("-") for one in files)


@pytest.mark.parametrize(
    ("name", "content", "code", "outcome"),
    [
        ("trivy", TRIVY, 0, ["trivy 2"]),
        ("trivy", b"", 0, ["trivy 0"]),
        ("grype", TRIVY, 2, ["format"]),
        ("ms_defender_zip", TRIVY, 2, ["format"]),
        ("tenable_csv", TRIVY, 2, ["malformed"]),
        ("zap", TRIVY, 2, ["malformed"]),
        ("trivy", XML.encode(), 2, ["malformed"]),
        ("trivy", bytes(range(256)), 2, ["malformed"]),
        ("trivy", BOTH, 3, ["trivy 2", "format"]),
        ("trivvy", TRIVY, 2, ["format"]),
    ],
)
def test_a_named_format_is_taken_at_its_word_but_loses_no_report(
    home: Path, tmp_path: Path, name: str, content: bytes, code: int, outcome: list[str]
) -> None:
    (tmp_path / "report").write_bytes(content)
    exit_code, files = ingest(home, str(tmp_path / "report"), "--format", name)
    assert (exit_code, told(files)) == (code, outcome)


def test_a_folder_of_all_sorts_is_read_where_it_can_be(home: Path, tmp_path: Path) -> None:
    for name, content in {"a": TRIVY, "b": GRYPE, "c": b"hello", "d": b"{", "e": BOTH[:-30]}.items():
        (tmp_path / name).write_bytes(content)
    exit_code, files = ingest(home, str(tmp_path))
    assert (exit_code, told(files)) == (3, ["trivy 2", "anchore_grype 1", "format", "format", "archive"])
    assert [Path(one["file"]).name for one in files] == list("abcde")


def test_what_broke_off_and_what_was_logged_before_it_is_said_each_time(home: Path, tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(b"scanning\n\n2 found\n" + TRIVY[:-160])
    for known in (False, True):
        exit_code, (file,) = ingest(home, str(tmp_path / "report"))
        assert (exit_code, file["truncated"], file["known"]) == (3, True, known)
        assert file["skipped"] == {"log line before the report": 2}
    said = RUNNER.invoke(APP, [str(tmp_path / "report"), "--workspace", str(home)])
    assert "breaks off" in said.stderr
    assert "2 log line before the report" in said.stderr
