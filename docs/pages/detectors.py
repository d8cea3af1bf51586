"""docs/detectors.md: what the detectors say of themselves, and every rule they have."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from detente.gateway import detectors
from detente.gateway.detectors.registry import names, rules
from detente.gateway.rule import Rule

_INTRODUCTION = """\
# Detectors

{count} rules in {families} families look at what leaves towards a model and at what comes back; `detente inspect` uses the same rules on
files. A hit has a kind, which the accord's key `ai.gateway.prompts` gives an action, a rule, a place, and how sure it is. Below 50 % it
is only a warning, whatever the accord says. The found text itself is never printed or logged.

## Rules of your own
`detente inspect --rules FILE`, or a file in the workspace's folder `rules`. TOML in the format of gitleaks is read as it is; YAML:

```yaml
rules:
  - id: acme-ticket
    kind: own_code            # or secrets, personal_data, injection; the accord's word
    pattern: 'ACME-[0-9]{{4}}'  # RE2
    keywords: [acme-]         # one must be there, in any case; makes it fast
    entropy: 2.5              # bits a character, more than this
    confidence: 0.9
    examples: ['see ACME-1234']
    counter_examples: ['ACME']
```

A canary of your own (a password that is used nowhere, a row of invented customers) is such a rule. A pack with one wrong rule is refused
as a whole.

## Own code
`detente gateway learn REPO...` takes keyed fingerprints of checkouts (winnowing over tokens, as written and under other names) and adds them to
the workspace's index. A repository that is in it, under whatever label, is learned anew; what the standard library and `--public` folders
have too is taken out. Hits are called `label/repository`; the accord's key `ai.gateway.prompts.own_code` gives each label its action. Nothing
in the index can be read back.

## In pre-commit
```yaml
- repo: https://detente.example/detente
  rev: v0.1.0
  hooks: [{{id: detente-inspect}}]
```

This page is generated from the detectors by `make docs`.
"""


def render() -> str:
    """The whole page: what holds for all, then one section for each family."""
    modules = [import_module(f"{detectors.__name__}.{name}") for name in names()]
    head = _INTRODUCTION.format(count=len({rule.name for rule in rules()}), families=len(modules))
    return head + "".join(map(_section, modules))


def _section(module: ModuleType) -> str:
    title = module.__name__.rpartition(".")[2]
    return f"\n## {title}\n\n{str(module.__doc__).strip()}\n\n" + "".join(_rows(module.DETECTOR.rules))


def _rows(found: tuple[Rule, ...]) -> Iterator[str]:
    yield "| rule | finds |\n|---|---|\n"
    titles: dict[str, list[str]] = {}
    for rule in found:
        if rule.title not in (known := titles.setdefault(rule.name, [])):
            known.append(rule.title)
    yield from (f"| `{name}` | {'; '.join(title)} |\n" for name, title in titles.items())
