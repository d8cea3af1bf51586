"""The scanner and the policy of a workspace: detectors, rules of its own, what it learned of its code, canaries, the accord's actions."""

from collections.abc import Sequence
from pathlib import Path

from detente.accord import document
from detente.gateway import packs, verdict
from detente.gateway.detectors.registry import rules as detectors
from detente.gateway.scan import Part, Scanner
from detente.model.errors import DetenteError

ACCORD, LEARNED, RULES = "accord.yaml", "own-code.npz", "rules"
_UNWRITTEN = b"accord: 1\norganisation: unnamed\ncurrency: EUR\n"


def policy(workspace: Path) -> verdict.Policy:
    """What the workspace's accord does with hits; every default where there is none."""
    path = workspace / ACCORD
    accord = document.load(path.read_bytes() if path.is_file() else _UNWRITTEN, str(path))
    return verdict.policy(accord.ai.gateway, accord.version)


def scanner(workspace: Path, rules: Sequence[Path] = ()) -> Scanner:
    """All detectors, the packs in `rules` and in the workspace's folder `rules`, and its own code where it was learned."""
    return Scanner(detectors(), tuple(parts(workspace, rules)))


def parts(workspace: Path, rules: Sequence[Path]) -> list[Part]:
    """What is scanned beside the detectors. Raises DetenteError for a pack that cannot be used."""
    here = sorted(path for path in (workspace / RULES).glob("*") if path.suffix in (".yaml", ".yml", ".toml"))
    found: list[Part] = [packs.load(_text(path), str(path)) for path in (*rules, *here)]
    learned = workspace / LEARNED
    return [*found, _own(learned)] if learned.is_file() else found


def _own(learned: Path) -> Part:
    from detente.gateway.winnow import Index, OwnCode  # with numpy, which is 11 MB: who learned nothing goes without

    return OwnCode(Index.read(learned.read_bytes()))


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or "It cannot be read"
        raise DetenteError(
            f"{path} cannot be read", f"{why}.", "Check the path and its permissions.", code="no-file"
        ) from error
