"""A program of your own: as a health source or as an executor.

    health:   {command: {run: [./healthy.sh, $stage]}}
    executor: {command: {deploy: [./deploy.sh, $service, $stage], rollback: [./rollback.sh, $service]}}

As a source it either prints `{"canary": [requests, errors], "control": [requests, errors]}`, or its exit code is the check: 0 passed,
1 failed; any other code, or no end within ten minutes, means that it saw nothing. As an executor only exit code 0 is success. No
shell reads the words; `DETENTE_KEY` names the action, the same at every repetition, so that it can be done once.
"""

import json
import subprocess
from datetime import datetime

from detente.edge.connectors import Settings, filled, ran, run, words
from detente.flows.rollout import Look, Outcome
from detente.model.change import Counts
from detente.plan.rollout import Rollout


def check(settings: Settings, *, acts: bool) -> None:
    """Return when nothing is lacking. Errors: DetenteError, code `connector`."""
    for key in ("deploy", "rollback") if acts else ("run",):
        words(settings, "command", key)


def look(settings: Settings, rollout: Rollout, now: datetime) -> Look:
    """One look by running the program."""
    arguments = [filled(word, rollout) for word in words(settings, "command")]
    try:
        done = run(arguments, rollout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Look(missing=f"{arguments[0]} did not run: {type(error).__name__}")
    if done.stdout.lstrip().startswith("{"):
        return _counted(done.stdout, arguments[0])
    if done.returncode not in (0, 1):
        return Look(missing=f"{arguments[0]} ended with exit code {done.returncode}")
    return Look(passed=done.returncode == 0)


def _counted(text: str, name: str) -> Look:
    try:
        told = json.loads(text)
        numbers = [*told["canary"], *told["control"]]
        if not all(type(number) is int for number in numbers):
            raise TypeError
        return Look(Counts(*numbers))
    except (ValueError, KeyError, TypeError):
        return Look(missing=f"{name} printed no counts of canary and control")


def act(settings: Settings, rollout: Rollout) -> Outcome:
    """One attempt of the pending action."""
    return ran([filled(word, rollout) for word in words(settings, "command", str(rollout.doing))], rollout)
