"""docs/formats.md: what the parsers say of themselves.

A parser's docstring is the documentation of its format; nothing about a format is written anywhere else.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from detente.queue import parsers
from detente.queue.report import BundleParser, CsvParser, JsonParser, XmlParser

_INTRODUCTION = """\
# Report formats

Détente reads {count} formats. It recognises a report by its content, never by its name; `detente ingest --format NAME` decides
where the content cannot, which is so for empty shapes (`null`, `[]`, a file without bytes). Files, folders, globs and standard
input are read, gzip and zip included, three layers deep. What a tool logged to the same file before its JSON or XML is left
out, and its lines are counted. Several JSON documents in one file, one after the other or in a list (`jq -s`), are read each for itself. Every record becomes a finding, merges with one, is skipped with a reason, or is
quarantined alone; the counts are printed.

NAME is a format of the table, the beginning of several (`--format gitlab`) or what people call the tool (`nessus`, `grype`,
`greenbone`, `prisma`, `defender`, `whitesource`): of those it means, the one that claims the content reads it, else the first.

A format of your own needs no parser: use [generic](#generic) JSON or [generic_csv](#generic_csv).

| format | file | reads |
|---|---|---|
{rows}

This page is generated from the parsers by `make docs`.
"""
_KINDS = ((JsonParser, "JSON"), (XmlParser, "XML"), (CsvParser, "CSV"), (BundleParser, "whole file or archive"))


def _modules() -> list[ModuleType]:
    """Our own parsers; those of other packages document themselves."""
    names = sorted(found.name for found in iter_modules(parsers.__path__) if found.name != "registry")
    return [import_module(f"{parsers.__name__}.{name}") for name in names]


def _row(module: ModuleType) -> str:
    name, title = module.PARSER.name, str(module.__doc__).partition("\n")[0].partition(": ")[0].removesuffix(".")
    file = next(word for kind, word in _KINDS if isinstance(module.PARSER, kind))
    return f"| [{name}](#{name}) | {file} | {title} |"


def render() -> str:
    """The whole page: what holds for all formats, a table of them, then one section each."""
    modules = _modules()
    sections = (f"\n## {module.PARSER.name}\n\n{str(module.__doc__).strip()}\n" for module in modules)
    return _INTRODUCTION.format(count=len(modules), rows="\n".join(map(_row, modules))) + "".join(sections)
