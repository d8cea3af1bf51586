"""docs/verbs.md: every verb of the command line with its options, exit codes and an example from verbs.toml."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from detente.edge.cli import app
from pages import Examples

EXAMPLES = Path(__file__).with_name("verbs.toml")
_DONE = {"0": "done", "2": "bad usage or bad input: [an error](errors.md) says which"}
_INTRODUCTION = """\
# Verbs

Every verb works on one workspace. With `--json` it prints one JSON document on standard output and nothing else there; progress and
errors go to standard error. Exit codes: 0 done or allowed; 1 the accord or the record says no; 2 bad usage or bad input; 3 partly
done. `--help` after any verb prints what stands here.

This page is generated from the commands by `make docs`.
"""


def render() -> str:
    """The whole page."""
    examples = Examples(EXAMPLES)
    return _INTRODUCTION + "".join(_section(name, verb, examples[name]) for name, verb in verbs())


def verbs() -> Iterator[tuple[str, Any]]:
    """Every verb with its words, such as `accord sign`, in alphabetical order."""
    yield from _below(typer.main.get_command(app), "")


def _below(group: Any, words: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield words + name, command
            yield from _below(command, f"{words}{name} ")
        elif not command.hidden:
            yield words + name, command


def _section(name: str, verb: Any, example: Mapping[str, Any]) -> str:
    shown = [each for each in verb.params if not getattr(each, "hidden", False)]
    usage = " ".join(["detente", name, *(_word(each) for each in shown if _argument(each)), "[OPTIONS]"])
    rows = "".join(f"| {_names(each)} | {_meaning(each)} |\n" for each in shown)
    exits = _DONE | {str(code): text for code, text in example.get("exits", {}).items()}
    ends = "; ".join(f"{code} {text}" for code, text in sorted(exits.items()))
    table = f"| argument, option | meaning |\n|---|---|\n{rows}\n" if rows else ""
    return f"\n## {name}\n{verb.help}\n\n`{usage}`\n\n{table}Exit codes: {ends}.\n\n```console\n$ {example['example']}\n```\n"


def _argument(each: Any) -> bool:
    return bool(each.param_type_name == "argument")


def _word(each: Any) -> str:
    word = (each.metavar or str(each.name).upper()) + ("..." if each.nargs < 0 else "")
    return word if each.required else f"[{word}]"


def _names(each: Any) -> str:
    if _argument(each):
        return f"`{_word(each)}`"
    value = "" if each.is_flag else " " + str(each.name).upper()
    return ", ".join(f"`{name}{value}`" for name in (*each.opts, *each.secondary_opts))


def _meaning(each: Any) -> str:
    facts = [str(each.help or "").rstrip(".") + "."]
    if each.required:
        facts.append("Required.")
    if getattr(each, "multiple", False):
        facts.append("May be given again.")
    if each.default not in (None, False, True, "", ()):
        facts.append(f"Default: `{each.default}`.")
    if each.envvar:
        facts.append(f"Environment: `{each.envvar}`.")
    return " ".join(facts)
