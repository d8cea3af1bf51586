"""Our own lints: what ruff and mypy cannot know. Each yields problems whose text says why the rule is there."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FILE_LINES, FUNCTION_LINES = 330, 40
PARSER_LINES = 110  # the structs of what is read, one field a line, and the user's documentation are half of a parser
_CLOCKS = {
    *(f"datetime.{name}" for name in ("now", "utcnow", "today")),
    *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")),
    "date.today",
}
_ASKS = {"execute": 0, "executemany": 0, "exec_driver_sql": 0, "text": 0, "sql": 0, "ask": 0, "save": 0, "make": 1}
_SAYS = {"debug", "info", "warning", "error", "exception", "critical", "log", "print", "echo", "warn"}
_SECRET = re.compile(r"(^|_)(match|matched|secret|secrets|raw|token|tokens|password|passphrase)(_|$)")
_CURRENCY = re.compile(r"\b(EUR|USD|GBP|CHF)\b|[€$£]\s*$")
_VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers"}


@dataclass(frozen=True)
class Problem:
    """One line that breaks a rule, and why there is that rule."""

    file: str
    line: int
    why: str
    within: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.within}: {self.why}"


@dataclass(frozen=True)
class Module:
    """A source file: `file` is its path below the package, with `/`."""

    file: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.source)

    @cached_property
    def owners(self) -> dict[ast.AST, str]:
        """The innermost named function or class around every node."""
        found: dict[ast.AST, str] = {}
        waiting: list[tuple[ast.AST, str]] = [(self.tree, "")]
        while waiting:
            node, owner = waiting.pop()
            found[node] = owner
            inner = f"{owner}.{node.name}".lstrip(".") if isinstance(node, _NAMED) else owner
            waiting.extend((child, inner) for child in ast.iter_child_nodes(node))
        return found

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Every node of these kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def problem(self, node: ast.AST, why: str) -> Problem:
        """A problem at `node`."""
        return Problem(self.file, getattr(node, "lineno", 1), why, self.owners[node])


Lint = Callable[[Module], Iterator[Problem]]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NAMED = (*_FUNCTIONS, ast.ClassDef)


def modules(package: Path) -> list[Module]:
    """Every source file of the package."""
    return [Module(path.relative_to(package).as_posix(), path.read_text("utf-8")) for path in package.rglob("*.py")]


def clock(module: Module) -> Iterator[Problem]:
    """The time of day enters at one door."""
    for node in module.nodes(ast.Attribute):
        if _dotted(node) in _CLOCKS and module.file != "edge/clock.py":
            why = "the clock is read through detente.edge.clock only: a decision replays when its time is an input"
            yield module.problem(node, why)


def sql(module: Module) -> Iterator[Problem]:
    """Values reach a database as bound parameters, never as text."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        place = _ASKS.get(_last(call.func), -1)
        if 0 <= place < len(call.args) and _built(call.args[place], module, module.owners[call]):
            why = "SQL is a constant with bound parameters: text put together from values is how injections begin"
            yield module.problem(call, why)


def output(module: Module) -> Iterator[Problem]:
    """Standard output belongs to the commands."""
    for call in module.nodes(ast.Call):
        if _last(call.func) == "print" and isinstance(call.func, ast.Name) and not module.file.startswith("edge/cli/"):
            yield module.problem(
                call, "only edge/cli prints: with --json one document stands on standard output, alone"
            )


def broad(module: Module) -> Iterator[Problem]:
    """What nobody expected ends at the edge, where it is told to a person."""
    for handler in module.nodes(ast.ExceptHandler):
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        all_of_them = any(kind is None or _last(kind) in ("Exception", "BaseException") for kind in kinds)
        passed_on = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
        if all_of_them and not passed_on and not module.file.startswith("edge/"):
            yield module.problem(handler, "broad `except` only in edge: below it would hide a fault as an answer")


def money(module: Module) -> Iterator[Problem]:
    """An amount is shown by the noun that keeps it exact."""
    for text in module.nodes(ast.JoinedStr):
        assert isinstance(text, ast.JoinedStr)
        pairs = zip(
            text.values, [*text.values[1:], ast.Constant("")], [*text.values[2:], *[ast.Constant("")] * 2], strict=False
        )
        if module.file != "model/money.py" and any(_amount(*three) for three in pairs):
            yield module.problem(
                text, "money is shown through model.money.Money: exact, grouped, never without currency"
            )


def secrets(module: Module) -> Iterator[Problem]:
    """What a detector matched, a quarantined record or a key never enters a log."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if _last(call.func) in _SAYS:
            names = {_last(node) for part in (*call.args, *call.keywords) for node in ast.walk(part)}
            if found := sorted(name for name in names if _SECRET.search(name.lower())):
                yield module.problem(call, f"{', '.join(found)} may hold a secret or a person's data: no log ever does")


def docstrings(module: Module) -> Iterator[Problem]:
    """The architecture page is made of these sentences."""
    if not ast.get_docstring(module.tree) and "migrations/" not in module.file:
        yield module.problem(module.tree, "a module says what it is for: docs/architecture.md is made of it")


def names(module: Module) -> Iterator[Problem]:
    """A drawer for anything fills with everything."""
    for node in (module.tree, *module.nodes(*_NAMED)):
        name = Path(module.file).with_suffix("").as_posix() if node is module.tree else getattr(node, "name", "")
        words = re.split(r"[/_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
        if vague := _VAGUE.intersection(words):
            yield module.problem(node, f"`{vague.pop()}` names no thing of the field: what is inside has a better name")


def sizes(module: Module) -> dict[str, int]:
    """What is longer than the house allows: files over 330 lines (a parser 110), functions over 40, with their length."""
    lines, limit = module.source.count("\n"), PARSER_LINES if "/parsers/" in module.file else FILE_LINES
    found = {module.file: lines} if lines > limit else {}
    for node in module.nodes(*_FUNCTIONS):
        assert isinstance(node, _FUNCTIONS)
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES:
            found[f"{module.file}: {module.owners[node]}.{node.name}".replace(": .", ": ")] = length
    return found


LINTS: tuple[Lint, ...] = (clock, sql, output, broad, money, secrets, docstrings, names)


def _dotted(node: ast.AST) -> str:
    """The last two names of `a.b.c`: `b.c`."""
    return f"{_last(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _last(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.keyword):
        return node.arg or ""
    return node.id if isinstance(node, ast.Name) else ""


def _built(node: ast.expr, module: Module, owner: str) -> bool:
    """Whether a text is put together: f-string, `+`, `%`, `.format`, or a name given such a text in the same function."""
    if isinstance(node, ast.Name):
        return any(
            _built(given.value, module, owner)
            for given in module.nodes(ast.Assign)
            if isinstance(given, ast.Assign)
            and module.owners[given] == owner
            and not isinstance(given.value, ast.Name)
            and any(_last(target) == node.id for target in given.targets)
        )
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Add, ast.Mod))
    return isinstance(node, ast.Call) and _last(node.func) in ("format", "join", "replace")


def _amount(first: ast.expr, second: ast.expr, third: ast.expr) -> bool:
    """Whether an interpolated number stands beside a currency: `{x:.2f} EUR`, `{x} {currency}`, `€{x:.2f}`."""
    shown = [part for part in (first, second, third) if isinstance(part, ast.FormattedValue)]
    if isinstance(first, ast.FormattedValue) and isinstance(third, ast.FormattedValue):
        return "currency" in _last(third.value).lower() and _blank(second)
    signs = [part for part in (first, second) if isinstance(part, ast.Constant) and _CURRENCY.search(str(part.value))]
    return bool(signs) and any(part.format_spec is not None for part in shown)


def _blank(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and not str(part.value).strip()
