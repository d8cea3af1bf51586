"""docs/errors.md: every error's code, its wording as the source has it, and an example from errors.toml.

Codes and wordings are read from the syntax of the source: wherever a call names a `code`, through the parameters, local names and
tables it may come from. What is filled in at run time shows as `{name}`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

import detente
from detente.model.errors import DetenteError
from pages import Examples

EXAMPLES = Path(__file__).with_name("errors.toml")
_SOURCE = Path(detente.__file__).parent
_MISTAKES = ("{file} has {count}", "{a line each: file, line, column, key, what was found, what is allowed}")
_CORRECT = "Correct the lines named; nothing was changed."
_INTRODUCTION = """\
# Errors

An error says what happened, why, and what to do, in the same words on the command line (on standard error), in `--json` (`error`, with
`code`, `what`, `why`, `do`) and in every later surface. Its code never changes; this page has a section for each of the {count} codes. A verb
that ends with an error ends with exit code 2, or 3 when part of its work was done. Where one file of many fails, the others are read.

`{{name}}` stands for what is filled in. This page is generated from the source by `make docs`.
"""

_TEXT = (ast.Constant, ast.JoinedStr)
Scope = Mapping[str, ast.expr]


class Wording(NamedTuple):
    """How an error is told."""

    what: str
    why: str
    do: str

    def covers(self, other: "Wording") -> bool:
        """Whether `other` is this wording with something filled into `what` alone."""
        return other[1:] == self[1:] and bool(pattern(self.what).fullmatch(other.what))

    def says(self, text: str) -> bool:
        """Whether `text` is this wording filled in, as the command line prints it: a line each."""
        whole = rf"{pattern(self.what).pattern}\.\n{pattern(self.why).pattern}\n{pattern(self.do).pattern}"
        return bool(re.fullmatch(whole, text, re.DOTALL))


def render() -> str:
    """The whole page."""
    found, examples = wordings(), Examples(EXAMPLES)
    sections = (_section(code, found[code], examples[code]) for code in sorted(found))
    return _INTRODUCTION.format(count=len(found)) + "".join(sections)


def _section(code: str, told: set[Wording], example: Mapping[str, str]) -> str:
    ways = "\n".join(f"- **{one.what}.** {one.why} *{one.do}*" for one in sorted(told))
    return (
        f"\n## {code}\n{example['when']}\n\n{ways}\n\n```console\n$ {example['run']}\n{example['says'].strip()}\n```\n"
    )


@cache
def wordings() -> dict[str, set[Wording]]:
    """Every code of the source with the ways it is told."""
    found: dict[str, set[Wording]] = defaultdict(set)
    for code, wording in _errors(_places()):
        found[code].add(wording)
    return {code: _widest(told) for code, told in found.items()}


def _widest(told: set[Wording]) -> set[Wording]:
    """Without those that are another with something filled in."""
    kept: set[Wording] = set()
    for one in sorted(told, key=lambda each: (-each.what.count("{"), each)):
        if not any(more.covers(one) for more in kept):
            kept.add(one)
    return kept


def pattern(text: str) -> re.Pattern[str]:
    """What a text with `{names}` can become."""
    return re.compile(".+?".join(map(re.escape, re.split(r"\{[^}]*\}", text))), re.DOTALL)


@dataclass(frozen=True)
class _Place:
    """A call, the function it stands in, and the file's own names."""

    call: ast.Call
    function: ast.FunctionDef | None
    file: Path
    known: Scope
    imports: Mapping[str, str]

    @cached_property
    def scope(self) -> Scope:
        return self.known | (_assigned(ast.walk(self.function)) if self.function else {})

    def reaches(self, function: ast.FunctionDef, file: Path) -> bool:
        """Whether this is a call of `function`: in its own file, of an imported name, or as `module.function`."""
        module = file.parent.name if file.stem == "__init__" else file.stem
        match self.call.func:
            case ast.Name(id=name):
                return name == function.name and (self.file == file or self.imports.get(name) == module)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return name == function.name and owner == module
        return False

    def argument(self, node: ast.expr) -> ast.expr:
        """What is handed over, as a text."""
        return ast.Constant(_text(node, self.scope))


def _places() -> list[_Place]:
    found = []
    for file in sorted(_SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        inside = {node: function for function in functions for node in ast.walk(function)}
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        known, imports = _assigned(tree.body), _imports(tree)
        found += [_Place(call, inside.get(call), file, known, imports) for call in calls]
    return found


def _imports(tree: ast.Module) -> dict[str, str]:
    """Imported names with the last name of their module."""
    lines = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)
    return {each.name: str(line.module).rpartition(".")[2] for line in lines for each in line.names}


def _errors(places: list[_Place]) -> Iterator[tuple[str, Wording]]:
    for place in places:
        given = {word.arg: word.value for word in place.call.keywords if word.arg}
        own = _last(place.call.func) == "DetenteError"
        if not own and "code" not in given:
            continue
        said = given.get("code") or ast.Constant(DetenteError("", "", "").code)
        for scope in _scopes(place, places):
            code = _text(said, scope)
            if "{" not in code:
                for args in product(*map(_ways, place.call.args)) if own else ():
                    yield code, Wording(*(_text(part, scope) for part in args))
                if not own:
                    yield code, Wording(*_MISTAKES, _CORRECT)


def _scopes(place: _Place, places: list[_Place]) -> Iterator[Scope]:
    """What names may stand for at `place`: one scope per caller of its function and per row of a table it goes through."""
    function = place.function
    if function is None:
        yield place.known
        return
    loops = (loop for loop in ast.walk(function) if isinstance(loop, ast.For))
    rows = [row for loop in loops for row in _rows(loop, place.known)] or [{}]
    names = [each.arg for each in function.args.args]
    callers = [each for each in places if each.reaches(function, place.file)]
    handed = [dict(zip(names, map(each.argument, each.call.args), strict=False)) for each in callers] or [{}]
    for row in rows:
        for given in handed:
            yield place.scope | row | given


def _assigned(body: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Names given a value, also several at once: `why, do = "...", "..."`."""
    found: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.Assign):
            found |= _bound(node.targets[0], node.value)
    return found


def _bound(target: ast.expr, value: ast.expr) -> dict[str, ast.expr]:
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return {name: part for inner, outer in pairs for name, part in _bound(inner, outer).items()}
    return {}


def _rows(loop: ast.For, known: Scope) -> Iterator[dict[str, ast.expr]]:
    """The rows of a literal table that a loop goes through: `for key, (a, b) in TABLE.items()`."""
    table = known.get(getattr(getattr(getattr(loop.iter, "func", None), "value", None), "id", ""))
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if key is not None:
                yield _bound(loop.target, ast.Tuple([key, value]))


def _ways(node: ast.expr) -> tuple[ast.expr, ...]:
    """Both texts of `a if known else b`."""
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)


def _text(node: ast.expr, scope: Scope) -> str:
    """The text an expression makes, with `{name}` where only the run time knows."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, scope) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, scope)
    if isinstance(node, ast.Name) and isinstance(scope.get(node.id), (*_TEXT, ast.Name)):
        return _text(scope[node.id], {name: value for name, value in scope.items() if name != node.id})
    return f"{{{_name(node)}}}"


def _name(node: ast.expr) -> str:
    """The name of what is filled in, seen through what is done with it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call(args=[first, *_]):
            return _name(first)
        case ast.Call(func=ast.Attribute(value=inner)) | ast.Call(func=inner) | ast.Subscript(value=inner):
            return _name(inner)
        case (
            ast.BinOp(left=inner) | ast.BoolOp(values=[inner, *_]) | ast.IfExp(body=inner) | ast.GeneratorExp(elt=inner)
        ):
            return _name(inner)
    return "value"


def _last(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))
