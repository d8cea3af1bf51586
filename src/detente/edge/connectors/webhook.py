"""Any web service: the action as a JSON document, sent by POST.

    executor: {webhook: {url: https://deploy.example/hooks/detente, token_env: DEPLOY_TOKEN}}

`Idempotency-Key` is the same at every repetition of an action. Only 2xx is success; redirects are not followed.
"""

from detente.edge.connectors import Settings, filled, secret, sent, wanted
from detente.flows.rollout import Outcome
from detente.plan.rollout import Rollout


def check(settings: Settings, *, acts: bool) -> None:
    """Return when nothing is lacking. Errors: DetenteError, code `connector`."""
    wanted(settings, "url", "webhook")


def act(settings: Settings, rollout: Rollout) -> Outcome:
    """One attempt of the pending action."""
    change = rollout.order.change
    body = {
        "action": str(rollout.doing),
        "service": change.service,
        "change": change.id,
        "stage": rollout.stage.value,
        "rollout": rollout.id,
        "key": rollout.key,
    }
    address = filled(wanted(settings, "url", "webhook"), rollout)
    headers = {"Idempotency-Key": rollout.key} | secret(settings, "webhook")
    return sent(lambda client: client.post(address, json=body, headers=headers))
