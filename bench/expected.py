"""Compare what the parsers read with the corpus' expected counts: `python bench/expected.py [FORMAT ...]`.

Prints, per file, findings (distinct), observations, rejected, skipped and the expected number of another tool's semantics.
"""

import csv
import os
import sys
from pathlib import Path

from detente.flows.sources import sources
from detente.model.errors import DetenteError
from detente.model.finding import Observation, Rejected, State
from detente.queue import identity, intake
from detente.queue.parsers import registry

CORPUS = Path(os.environ.get("DETENTE_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "data") / "scans"


def main(formats: list[str]) -> None:
    for row in csv.DictReader((CORPUS / "expected.csv").open()):
        if formats and row["format"] not in formats:
            continue
        for source in sources(CORPUS / row["file"]):
            try:
                name = intake.recognise(source)
                if name is None:
                    print(f"{row['file']:75} NOT RECOGNISED expected={row['expected_findings']}")
                    continue
                reading = intake.read(registry.parser(name), source)
                items = list(reading.items)
            except DetenteError as error:
                print(f"{row['file']:75} ERROR {error}")
                continue
            seen = [item for item in items if isinstance(item, Observation)]
            keys = {
                (o.asset, identity.component(o), identity.canonical(identity.equals(o.vulnerability, o.aliases)))
                for o in seen
                if o.state is State.OPEN
            }
            bad = [item for item in items if isinstance(item, Rejected)]
            ok = str(len(seen)) in row["expected_findings"].split("|") or str(len(keys)) in row[
                "expected_findings"
            ].split("|")
            print(
                f"{row['file']:75} {name:14} findings={len(keys):5} observations={len(seen):5} rejected={len(bad)} "
                f"skipped={dict(reading.tally.skipped)} expected={row['expected_findings']} {'ok' if ok else 'DIFFERS'}"
            )
            for item in bad[:2]:
                print("      rejected:", item.reason)


if __name__ == "__main__":
    main(sys.argv[1:])
