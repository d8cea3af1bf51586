"""The lints over the source, and the lints themselves over code that breaks and keeps each rule."""

from pathlib import Path

import pytest

import detente
from tidy import lints
from tidy.lints import LINTS, Lint, Module, modules, sizes

SOURCE = modules(Path(detente.__file__).parent)
ALLOWED = {  # (lint, file, function): why it is no fault there. An entry that is needed no more fails the test
    ("sql", "flows/patch.py", "_keep"): "names of our own tables",
    ("sql", "store/engine.py", "Engine.make"): "DuckDB takes no parameter where a table's name stands; flows name it",
    ("sql", "store/intel.py", "news"): "column names of a table whose schema is ours",
    ("sql", "store/database.py", "_prepare_sqlite"): "pragmas take no parameters; both are constants",
    ("sql", "store/migrations/versions/foundation.py", "ledger"): "definitions of tables take no parameters; constants",
    ("money", "accord/quantity.py", "_short"): "the accord's own spelling, exact decimals, read back by the same room",
}
LONGER = {  # lines today; a new entry or a larger number is refused, a smaller one must be written down
    "store/migrations/versions/foundation.py: intake": 45,
    "queue/parsers/anchore_grype.py": 146,
    "queue/parsers/csaf.py": 144,
    "queue/parsers/mend.py": 150,
    "queue/parsers/snyk.py": 133,
    "queue/parsers/trivy_operator.py": 157,
}
BREAKS: list[tuple[Lint, str, str]] = [
    (lints.clock, "queue/a.py", "from datetime import datetime\nx = datetime.now()"),
    (lints.clock, "queue/a.py", "import datetime\nx = datetime.datetime.utcnow()"),
    (lints.clock, "flows/a.py", "from datetime import date\nread = date.today"),
    (lints.clock, "edge/cli/a.py", "import time\nx = time.time()"),
    (lints.sql, "store/a.py", "c.execute(f'SELECT * FROM t WHERE id = {x}')"),
    (lints.sql, "store/a.py", "c.execute('SELECT * FROM t WHERE id = ' + x)"),
    (lints.sql, "store/a.py", "c.execute(text('SELECT %s' % x))"),
    (lints.sql, "store/a.py", "c.ask('SELECT {}'.format(x))"),
    (lints.sql, "store/a.py", "def f(x):\n    q = f'SELECT {x}'\n    c.sql(q)"),
    (lints.sql, "flows/a.py", "e.make('t', f'SELECT {x}')"),
    (lints.output, "flows/a.py", "print('found')"),
    (lints.broad, "queue/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (lints.broad, "queue/a.py", "try:\n    f()\nexcept (KeyError, BaseException) as e:\n    g(e)"),
    (lints.broad, "queue/a.py", "try:\n    f()\nexcept:\n    raise ValueError()"),
    (lints.money, "queue/a.py", "x = f'{loss:.2f} EUR'"),
    (lints.money, "queue/a.py", "x = f'{loss} {accord.currency}'"),
    (lints.money, "queue/a.py", "x = f'€{loss:,}'"),
    (lints.secrets, "gateway/a.py", "log.warning('found %s', match)"),
    (lints.secrets, "gateway/a.py", "print(f'bad key {key.secret_value}')"),
    (lints.secrets, "gateway/a.py", "logger.info('x', extra={'a': row.raw})"),
    (lints.secrets, "gateway/a.py", "log.debug('x', token='y')"),
    (lints.docstrings, "queue/a.py", "x = 1"),
    (lints.names, "queue/utils.py", ""),
    (lints.names, "common/a.py", ""),
    (lints.names, "queue/a.py", "class SessionManager: pass"),
    (lints.names, "queue/a.py", "def _row_helper(): pass"),
]
KEEPS: list[tuple[Lint, str, str]] = [
    (lints.clock, "edge/clock.py", "from datetime import datetime\nx = datetime.now()"),
    (lints.clock, "queue/a.py", "x = now()\ny = time.monotonic()\nz = datetime.fromtimestamp(5)"),
    (lints.sql, "store/a.py", "c.execute('SELECT * FROM t WHERE id = :id', {'id': f'{x}'})"),
    (lints.sql, "store/a.py", "q = f'{x}'\ndef f():\n    q = 'SELECT 1'\n    c.execute(q)"),
    (lints.sql, "flows/a.py", "e.make(f'{name}_before', text('price'))"),
    (lints.output, "edge/cli/a.py", "print('found')"),
    (lints.output, "flows/a.py", "console.print('found')"),
    (lints.broad, "queue/a.py", "try:\n    f()\nexcept (KeyError, ValueError):\n    pass"),
    (lints.broad, "store/a.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    (lints.broad, "edge/cli/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (lints.money, "queue/a.py", "x = f'{Money(loss, accord.currency)} a month, {share:.2f} of all'"),
    (lints.money, "queue/a.py", "x = f'{one} in {currency}'"),
    (lints.secrets, "queue/a.py", "log.info('%s rejected', count)\nfound = pattern.match(raw)"),
    (lints.docstrings, "queue/a.py", '"""What it is for."""\nx = 1'),
    (lints.names, "queue/commons.py", "def manage(): pass"),
]


def name(case: object) -> str:
    """How a test of a lint is called."""
    return getattr(case, "__name__", "")


@pytest.mark.parametrize("lint", LINTS, ids=name)
def test_the_source_keeps_the_rule(lint: Lint) -> None:
    found = [problem for module in SOURCE for problem in lint(module)]
    places = {(lint.__name__, problem.file, problem.within) for problem in found}
    allowed = {key for key in ALLOWED if key[0] == lint.__name__}
    bad = [str(problem) for problem in found if (lint.__name__, problem.file, problem.within) not in allowed]
    assert not bad, "\n".join(bad)
    assert allowed <= places, f"allowed without need: {allowed - places}"


def test_what_is_too_long_only_shrinks() -> None:
    found = {key: lines for module in SOURCE for key, lines in sizes(module).items()}
    grown = {key: lines for key, lines in found.items() if lines > LONGER.get(key, 0)}
    assert not grown, f"longer than the house allows: {grown}; a reader keeps 40 lines in mind, not more"
    shrunk = {key: found.get(key) for key, lines in LONGER.items() if found.get(key, 0) < lines}
    assert not shrunk, f"shorter now, write it down in LONGER: {shrunk}"


@pytest.mark.parametrize("lint, file, code", BREAKS, ids=name)
def test_a_breach_is_found_once_and_told_why(lint: Lint, file: str, code: str) -> None:
    (problem,) = lint(Module(file, code))
    assert problem.file == file
    assert len(problem.why) > 30


@pytest.mark.parametrize("lint, file, code", KEEPS, ids=name)
def test_what_keeps_the_rule_is_left_alone(lint: Lint, file: str, code: str) -> None:
    assert list(lint(Module(file, code))) == []


def test_every_lint_is_itself_tested() -> None:
    assert {lint for lint, _, _ in BREAKS} == {lint for lint, _, _ in KEEPS} == set(LINTS)


def test_sizes_count_whole_functions_and_files() -> None:
    body = "\n".join(["    x = 1"] * 40)
    source = f"class A:\n    pass\ndef short():\n    pass\ndef long():\n{body}\n" + "\n" * 300
    assert sizes(Module("queue/a.py", source)) == {"queue/a.py": 345, "queue/a.py: long": 41}
    assert sizes(Module("queue/parsers/a.py", "x = 1\n" * 111)) == {"queue/parsers/a.py": 111}
    assert sizes(Module("queue/parsers/a.py", "x = 1\n" * 110)) == {}
