"""GitHub Actions: a workflow is dispatched for every action (REST API, "Create a workflow dispatch event").

    executor: {github: {repository: shop/checkout, workflow: rollout.yaml, ref: main, token_env: GITHUB_TOKEN}}

The workflow gets the inputs `action`, `service`, `change`, `stage` and `key`. GitHub dispatches whatever it is sent: use `key` as the
workflow's `concurrency` group, so that a repetition does no harm. `url` replaces https://api.github.com.
"""

from detente.edge.connectors import Settings, filled, secret, sent, wanted
from detente.flows.rollout import Outcome
from detente.plan.rollout import Rollout

API = "https://api.github.com"


def check(settings: Settings, *, acts: bool) -> None:
    """Return when nothing is lacking. Errors: DetenteError, code `connector`."""
    for key in ("repository", "workflow"):
        wanted(settings, key, "github")


def act(settings: Settings, rollout: Rollout) -> Outcome:
    """One attempt of the pending action."""
    repository, workflow = (filled(wanted(settings, key, "github"), rollout) for key in ("repository", "workflow"))
    change = rollout.order.change
    inputs = {
        "action": str(rollout.doing),
        "service": change.service,
        "change": change.id,
        "stage": rollout.stage.value,
        "key": rollout.key,
    }
    address = (
        f"{str(settings.get('url') or API).rstrip('/')}/repos/{repository}/actions/workflows/{workflow}/dispatches"
    )
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"} | secret(
        settings, "github"
    )
    body = {"ref": settings.get("ref") or "main", "inputs": inputs}
    return sent(lambda client: client.post(address, json=body, headers=headers))
