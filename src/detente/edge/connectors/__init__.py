"""Outward: what looks at a rollout's health and what moves it. One file per system; the settings name it.

A connector that looks has `look(settings, rollout, now)`, one that acts has `act(settings, rollout)`; its `check(settings, acts=...)` refuses settings
that lack something before a rollout begins with them, not when it has to go back. In its settings `$service`, `$change`,
`$stage`, `$action`, `$key` and `$window` stand for those of the rollout. A secret is never a setting: the setting names the environment variable.
"""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import httpx

from detente.model.errors import DetenteError

if TYPE_CHECKING:  # who only signs in does without rollouts, and the 70 MB that come with them
    from detente.flows.rollout import Executor, Outcome, Source
    from detente.plan.rollout import Rollout

Settings = Mapping[str, Any]
LOOKING = ("command", "prometheus")
ACTING = ("argo", "command", "github", "webhook")
TIMEOUT_S = 30.0
COMMAND_S = 600.0
FIRST_LOOK_S = 60


def source(settings: Any) -> "Source | None":
    """What looks, by the one name in the settings; None where people push what they see. Errors: DetenteError, code `connector`."""
    if settings is None:
        return None
    name, own = _named(settings, LOOKING, "health")
    connector = import_module(f"{__name__}.{name}")
    connector.check(own, acts=False)
    return lambda rollout, now: connector.look(own, rollout, now)


def executor(settings: Any) -> "Executor | None":
    """What acts, by the one name in the settings; None where people act by hand. Errors: DetenteError, code `connector`."""
    if settings is None:
        return None
    name, own = _named(settings, ACTING, "executor")
    connector = import_module(f"{__name__}.{name}")
    connector.check(own, acts=True)
    return lambda rollout: connector.act(own, rollout)


def _named(settings: Any, known: Sequence[str], what: str) -> tuple[str, Settings]:
    (name, own), *more = settings.items() if isinstance(settings, Mapping) and settings else [("", None)]
    if more or name not in known or not isinstance(own, Mapping):
        do = f"Give one of {', '.join(known)} with its settings: docs/rollout.md has an example of each."
        raise DetenteError(
            f"The {what} of the rollout is not understood", f"{name or settings!r} is none.", do, code="connector"
        )
    return name, own


def filled(text: str, rollout: "Rollout", **more: str) -> str:
    """A setting with the rollout's own words put in."""
    change = rollout.order.change
    words = {"service": change.service, "change": change.id, "stage": rollout.stage.value, "rollout": rollout.id}
    words |= {"action": rollout.doing.value, "key": rollout.key} if rollout.doing else {}
    return Template(text).safe_substitute(words | more)


def wanted(settings: Settings, key: str, connector: str) -> str:
    """A setting that has to be there. Errors: DetenteError, code `connector`."""
    value = settings.get(key)
    if not isinstance(value, str) or not value:
        do = f"Add `{key}` to its settings; docs/rollout.md has an example."
        raise DetenteError(
            f"The connector {connector} cannot be used", f"Its setting {key!r} is missing.", do, code="connector"
        )
    return value


def secret(settings: Settings, connector: str, key: str = "token_env") -> dict[str, str]:
    """The authorization header of the token in the named environment variable; nothing where no variable is named."""
    name = settings.get(key)
    if not name:
        return {}
    if not os.environ.get(name):
        do = f"Set {name} where Détente runs."
        raise DetenteError(
            f"The connector {connector} cannot be used", f"The variable {name} is empty.", do, code="connector"
        )
    return {"Authorization": f"Bearer {os.environ[name]}"}


def window_s(rollout: "Rollout", now: datetime) -> int:
    """The seconds since the last look, so that looks neither overlap nor leave a gap."""
    last = rollout.looked or rollout.since
    return max(int((now - last).total_seconds()), 1) if now > last else FIRST_LOOK_S


def run(arguments: Sequence[str], rollout: "Rollout", *, standard: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a program (no shell) with the rollout in its environment. Raises OSError, or TimeoutExpired after ten minutes."""
    change = rollout.order.change
    told = {
        "DETENTE_SERVICE": change.service,
        "DETENTE_CHANGE": change.id,
        "DETENTE_STAGE": rollout.stage.value,
        "DETENTE_ROLLOUT": rollout.id,
        "DETENTE_ACTION": rollout.doing.value if rollout.doing else "look",
        "DETENTE_KEY": rollout.key if rollout.doing else "",
    }
    return subprocess.run(  # noqa: S603 - the program is the operator's own setting, its words are no shell's
        list(arguments), input=standard, capture_output=True, text=True, timeout=COMMAND_S, env=os.environ | told, check=False, cwd=Path.cwd()
    )  # fmt: skip


def ran(arguments: Sequence[str], rollout: "Rollout") -> "Outcome":
    """Run a program as an attempt: its exit code decides, the end of what it said is kept."""
    from detente.flows.rollout import Outcome

    try:
        done = run(arguments, rollout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Outcome(False, f"{arguments[0]}: {type(error).__name__}: {error}")
    said = (done.stderr or done.stdout).strip()
    return Outcome(done.returncode == 0, f"{arguments[0]}: exit {done.returncode}{f': {said[-300:]}' if said else ''}")


def sent(post: Callable[[httpx.Client], httpx.Response]) -> "Outcome":
    """Send a request as an attempt: only 2xx is success."""
    from detente.flows.rollout import Outcome

    try:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
            answer = post(client)
    except httpx.HTTPError as error:
        return Outcome(False, f"{type(error).__name__}: {error}")
    return Outcome(answer.is_success, f"HTTP {answer.status_code}")


def words(settings: Settings, connector: str, key: str = "run") -> list[str]:
    """A program and its arguments, as a list. Errors: DetenteError, code `connector`."""
    value = settings.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        do = f"Give `{key}` as a list of words, such as [./deploy.sh, $stage]: no shell reads it."
        raise DetenteError(
            f"The connector {connector} cannot be used", f"Its {key!r} is no list of words.", do, code="connector"
        )
    return value
