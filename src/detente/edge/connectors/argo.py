"""Argo Rollouts: its canary is moved by the `kubectl argo rollouts` plug-in.

    executor: {argo: {rollout: checkout, namespace: shop, image: "checkout=registry/checkout:$change"}}

Deploying the canary sets the image, production promotes in full; rolling back aborts the canary, or undoes what is everywhere
already. Stages before the canary are your pipeline's: there, nothing is done. `kubectl` names another program.
"""

from detente.edge.connectors import Settings, filled, ran, wanted
from detente.flows.rollout import Outcome
from detente.model.change import Stage
from detente.plan.rollout import Action, Rollout


def check(settings: Settings, *, acts: bool) -> None:
    """Return when nothing is lacking. Errors: DetenteError, code `connector`."""
    for key in ("rollout", "image"):
        wanted(settings, key, "argo")


def act(settings: Settings, rollout: Rollout) -> Outcome:
    """One attempt of the pending action."""
    arguments = command(settings, rollout)
    return ran(arguments, rollout) if arguments else Outcome(True, f"nothing to do in {rollout.stage}")


def command(settings: Settings, rollout: Rollout) -> list[str]:
    """What is run for the pending action; empty where nothing is to be done.

    Only `undo` is not the same twice: it is repeated only after it failed.
    """
    name = filled(wanted(settings, "rollout", "argo"), rollout)
    program = [str(settings.get("kubectl") or "kubectl"), "argo", "rollouts"]
    where = ["--namespace", filled(str(settings["namespace"]), rollout)] if settings.get("namespace") else []
    if rollout.doing is Action.ROLLBACK:
        verb = {Stage.CANARY: ["abort", name], Stage.PRODUCTION: ["undo", name]}.get(rollout.stage)
    elif rollout.stage is Stage.CANARY:
        verb = ["set", "image", name, filled(wanted(settings, "image", "argo"), rollout)]
    else:
        verb = ["promote", name, "--full"] if rollout.stage is Stage.PRODUCTION else None
    return [*program, *verb, *where] if verb else []
