"""The scanner: microseconds per KB beside bare Hyperscan over the same anchors, what it finds, and what it takes for a find.

    python bench/inspection.py [planted] [speed] [sets] [benign] [own]

Public sets lie in `data/inspection`, their scorer in `bench` of the folder that DETENTE_SHARED names, `shared` beside the checkout by
default. Benign code and foreign code are the sources of the packages installed here; DETENTE_BENIGN names folders of more, with `:` between.
"""

import base64
import json
import keyword
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

from planted import HARMLESS, lines

from detente.gateway.detectors.registry import rules
from detente.gateway.engine import Hyper
from detente.gateway.scan import Scanner
from detente.gateway.verdict import SURE
from detente.gateway.winnow import Index, OwnCode
from detente.model.verdict import Hit

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("DETENTE_SHARED") or HERE.parents[1] / "shared")
PACKAGES = Path(sysconfig.get_path("purelib"))
KINDS = {"email": "EMAIL_ADDRESS", "phone": "PHONE_NUMBER", "iban": "IBAN_CODE", "card": "CREDIT_CARD", "ssn": "US_SSN"}
ADDRESSES = {"ipv4": "IP_ADDRESS", "ipv6": "IP_ADDRESS"}
SIZE = 40_000
SOURCES = frozenset(
    f".{name}"
    for name in [
        "py",
        "js",
        "ts",
        "tsx",
        "jsx",
        "go",
        "java",
        "kt",
        "rb",
        "php",
        "sh",
        "yml",
        "yaml",
        "json",
        "xml",
        "html",
        "md",
        "txt",
        "c",
        "h",
        "cc",
        "cpp",
        "cs",
        "pl",
        "sql",
        "toml",
        "ini",
        "conf",
        "cfg",
        "properties",
        "rst",
        "erb",
        "scss",
        "css",
        "proto",
        "tf",
        "gradle",
        "rs",
        "swift",
        "scala",
        "lua",
        "ps1",
        "bat",
        "po",
    ]
)
SCANNER = Scanner(rules())


def sure(data: bytes, kind: str = "") -> list[Hit]:
    """The hits that the accord acts on."""
    return [hit for hit in SCANNER.scan(data) if hit.confidence >= SURE and hit.kind == (kind or hit.kind)]


def planted() -> Iterator[str]:
    """Lines drawn with a seed nobody looked at: found is a hit that hides all of the secret, or any hit in a line without one."""
    found, told = Counter[str](), Counter[str]()
    for line in lines(int(date.today().strftime("%Y%m%d")), 25):
        data, secret = line.text.encode(), line.secret.encode()
        hits = sure(data, "secrets")
        found[line.family] += any(secret in data[hit.start : hit.end] for hit in hits)
        told[line.family] += 1
    hits, wrong = sum(found.values()) - found[HARMLESS], found[HARMLESS]
    yield "| lines drawn from forms | found | of | share |\n|---|---:|---:|---:|"
    yield from (f"| {name} | {found[name]} | {of} | {found[name] / of:.3f} |" for name, of in told.items())
    yield f"\nPrecision {hits / (hits + wrong):.3f}, recall {hits / (sum(told.values()) - told[HARMLESS]):.3f}."


def texts() -> dict[str, bytes]:
    """What the speed is measured on."""
    random = Random(3)
    code = next(path.read_bytes() for path in code_of("sqlalchemy") if path.stat().st_size > SIZE)
    prose = b"".join(path.read_bytes() for path in sorted((HERE.parent / "docs").glob("*.md")))
    return {
        "code": code[:SIZE],
        "prose (our pages)": prose[:SIZE],
        "random ASCII": bytes(random.choices(range(33, 127), k=SIZE)),
        "base64": base64.b64encode(random.randbytes(SIZE * 3 // 4)),
        "digits": bytes(random.choices(b"0123456789", k=SIZE)),
        "access log": "".join(_logged(random) for _ in range(SIZE // 90)).encode(),
        "digits and separators": bytes(random.choices(b"0123456789 .-", k=SIZE)),
    }


def _logged(random: Random) -> str:
    """A line of a web server's log, from a private network."""
    address = ".".join(["10", *(str(random.randrange(256)) for _ in range(3))])
    asked = f"GET /orders/{random.randrange(10**6)}?page={random.randrange(9)} HTTP/1.1"
    return (
        f'{address} - - [24/Nov/2026:10:{random.randrange(10, 60)}:07 +0100] "{asked}" 200 {random.randrange(10**5)}\n'
    )


def speed() -> Iterator[str]:
    """Ours, and the engine alone over the same anchors."""
    engine = Hyper(rules())
    yield f"| {SIZE // 1000} KB of | bare Hyperscan us/KB | scan us/KB |\n|---|---:|---:|"
    for name, data in texts().items():
        bare, ours = (least(work, data) for work in (engine.ends, SCANNER.scan))
        yield f"| {name} | {bare:.1f} | {ours:.1f} |"


def least(work: Callable[[bytes], object], data: bytes) -> float:
    rounds = []
    for _ in range(25):
        begun = process_time()
        work(data)
        rounds.append(process_time() - begun)
    return min(rounds) * 1e6 / (len(data) / 1024)


def sets() -> Iterator[str]:
    """The public sets, scored by their scorer."""
    data = SHARED / "data" / "inspection"
    if not data.is_dir():
        yield f"(no public sets at {data})"
        return
    with TemporaryDirectory() as folder:
        tarfile.open(data / "leaky_repo.tar.xz").extractall(folder, filter="data")
        root = next(Path(folder).iterdir())
        yield f"- leaky-repo: {scored('leaky', list(leaks(root)))}"
    yield f"- Presidio's sentences: {scored('pii', list(persons(data / 'presidio_synth.jsonl')))}"


def leaks(root: Path) -> Iterator[list[object]]:
    for path in (path for path in sorted(root.rglob("*")) if path.is_file()):
        data = path.read_bytes()
        yield from (
            [str(path.relative_to(root)), data.count(b"\n", 0, hit.start) + 1, hit.rule]
            for hit in sure(data, "secrets")
        )


def persons(path: Path) -> Iterator[list[object]]:
    for row in map(json.loads, path.open(encoding="utf8")):
        data = row["text"].encode()
        for hit in SCANNER.scan(data):
            if hit.kind == "personal_data":
                start, end = (len(data[:at].decode()) for at in (hit.start, hit.end))
                yield ["text", row["id"], (KINDS | ADDRESSES).get(hit.rule, hit.rule), start, end]


def scored(name: str, rows: list[list[object]]) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        file.write_text(json.dumps(rows))
        done = subprocess.run(
            [sys.executable, SHARED / "bench" / "inspection_score.py", name, file],
            capture_output=True,
            text=True,
            check=True,
        )
    kept = (
        "files_hit",
        "risk_files",
        "lines_hit",
        "risk_lines",
        "over",
        "P",
        "R",
        "F1",
        "recall_by_kind",
        "false_alarms",
    )
    return ", ".join(f"{key} {value}" for key, value in json.loads(done.stdout).items() if key in kept)


def code_of(*names: str) -> Iterator[Path]:
    for name in names:
        yield from (path for path in sorted((PACKAGES / name).rglob("*.py")) if 500 < path.stat().st_size < 200_000)


def benign() -> Iterator[str]:
    """Alarms on all code that is installed here, and on other code where it is named; no path is left out."""
    folders = (PACKAGES, *map(Path, filter(None, os.environ.get("DETENTE_BENIGN", "").split(":"))))
    yield "| sources | MB | secrets a MB | personal data a MB |\n|---|---:|---:|---:|"
    for folder in folders:
        size, alarms = 0, Counter[str]()
        for path in folder.rglob("*"):
            if path.suffix in SOURCES and path.is_file() and path.stat().st_size < 200_000:
                data = path.read_bytes()
                size += len(data)
                alarms.update(f"{hit.kind} {hit.rule}" for hit in sure(data))
        yield f"| {folder.name} | {size / 1e6:.0f} | {' | '.join(_rates(alarms, size / 1e6))} |"


def _rates(alarms: Counter[str], size: float) -> Iterator[str]:
    for kind in ("secrets", "personal_data"):
        of = [(name.split()[1], count) for name, count in alarms.most_common() if name.startswith(kind)]
        most = ", ".join(f"{name} {count}" for name, count in of[:4])
        yield f"{sum(count for _, count in of) / size:.2f} ({most})"


def renamed(text: bytes) -> bytes:
    """Every identifier but Python's keywords under another name."""
    names: dict[bytes, bytes] = {}
    known = {word.encode() for word in keyword.kwlist}
    quoted = re.compile(rb"(\"\"\"[\s\S]*?(?:\"\"\"|$)|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#[^\n]*)")

    def other(found: re.Match[bytes]) -> bytes:
        return found[0] if found[0] in known else names.setdefault(found[0], b"v%d" % len(names))

    parts = quoted.split(text)
    return b"".join(part if at % 2 else re.sub(rb"\b[A-Za-z_]\w*\b", other, part) for at, part in enumerate(parts))


def laid_out_anew(text: bytes) -> bytes:
    """Other blanks, other quotes, one argument a line."""
    return re.sub(rb"[ \t]+", b"  ", text).replace(b", ", b",\n      ").replace(b"'", b'"')


def own() -> Iterator[str]:
    """Twenty lines of what was learned, in the middle of 40 KB of other code; and files that were never learned."""
    learned = {"internal/a": ("hypothesis", "mypy"), "internal/b": ("jinja2", "markdown_it", "pluggy")}
    others = (
        "sqlalchemy",
        "alembic",
        "networkx",
        "pydantic",
        "httpx",
        "numpy",
        "rich",
        "openai",
        "anthropic",
        "fastapi",
        "starlette",
    )
    repos = {name: [path.read_bytes() for path in code_of(*folders)] for name, folders in learned.items()}
    library = [
        path.read_bytes()
        for path in Path(sysconfig.get_path("stdlib")).rglob("*.py")
        if "site-packages" not in path.parts
    ]
    code = OwnCode(Index.empty(7).learn(repos, library))
    foreign = [path.read_bytes() for path in code_of(*others)]
    random = Random(9)
    texts, filler = (
        [text for files in repos.values() for text in files if text.count(b"\n") > 60],
        random.sample(foreign, 200),
    )
    yield "| 20 lines in 40 KB | found |\n|---|---:|"
    for name, change in (("verbatim", bytes), ("laid out anew", laid_out_anew), ("renamed", renamed)):
        yield f"| {name} | {sum(seen(code, change, texts, filler, random) for _ in range(300)) / 300:.3f} |"
    flagged = sum(bool(code.scan(text)) for text in foreign)
    yield f"\nForeign files flagged: {flagged} of {len(foreign)} ({flagged / len(foreign):.2%}); {least(code.scan, b''.join(filler)[:SIZE]) * SIZE / 1024 / 1000:.1f} ms for 40 KB."


def seen(
    code: OwnCode, change: Callable[[bytes], bytes], texts: list[bytes], filler: list[bytes], random: Random
) -> bool:
    rows = random.choice(texts).split(b"\n")
    at = random.randrange(10, len(rows) - 21)
    passage = change(b"\n".join(rows[at : at + 20]))
    around = b"\n".join(text[:20_000] for text in random.sample(filler, 4))[:38_000]
    head = around[: len(around) // 2] + b"\n"
    hits = code.scan(head + passage + b"\n" + around[len(around) // 2 :])
    return any(hit.start < len(head) + len(passage) and hit.end > len(head) for hit in hits)


PARTS = {"speed": speed, "planted": planted, "sets": sets, "benign": benign, "own": own}


def main(names: list[str]) -> None:
    report = [f"\n## bench-inspect, {date.today()}", f"Python {sys.version.split()[0]}; {len(rules())} anchors\n"]
    for name in names or PARTS:
        report += [*PARTS[name](), ""]
    text = "\n".join(report).rstrip() + "\n"
    print(text)
    if not names:
        with (HERE / "RESULTS.md").open("a") as results:
            results.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
