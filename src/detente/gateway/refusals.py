"""What a caller is told who may not ask: which key, model, budget or pace it was, and what to do. Never the key itself."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from detente.accord.quantity import shown
from detente.gateway import keys
from detente.model.errors import DetenteError
from detente.model.key import VirtualKey
from detente.model.money import Money

_MOMENT = "%Y-%m-%d %H:%M %Z"


def unknown(secret: bytes) -> DetenteError:
    """No such key."""
    cut = secret.startswith(keys.PREFIX.encode()) and not keys.whole(secret.decode("ascii", "replace"))
    why = "it is not whole: characters are missing or mistyped." if cut else "no key like it was ever issued here."
    do = "Give the key that `detente gateway key issue` or `detente login` printed."
    return DetenteError("The key is not accepted", why, do, code="gateway-key")


def ended(key: VirtualKey) -> DetenteError:
    """It was a key."""
    how = "was withdrawn" if key.withdrawn and key.withdrawn <= key.expires else "expired"
    why = f"{key.name} {how} at {key.ends:{_MOMENT}}."
    do = "Get a new one with `detente login`, or from whoever issued it."
    return DetenteError("The key is not accepted", why, do, code="gateway-key")


def model(name: str, models: tuple[str, ...]) -> DetenteError:
    """Not with this key."""
    why = f"this key is for {', '.join(models)}."
    do = "Choose one of those, or ask whoever issued the key for another."
    return DetenteError(f"The model {name} may not be used", why, do, code="gateway-model")


def budget(rule: str, allowed: Money, most: Money, ends: datetime, *, priced: bool) -> DetenteError:
    """There is no money left for it. `most` is what it could cost."""
    worst = Money(most.amount.quantize(Decimal("0.0001"), ROUND_CEILING), most.currency)
    why = f"{rule} allows {shown(allowed)}; {shown(worst)}, which this request could cost, is not left until {ends:{_MOMENT}}."
    return DetenteError(
        "The budget does not cover this request",
        why,
        "Ask for a shorter answer (max_tokens) or a cheaper model, or wait."
        if priced
        else "Its model has no price here: give it one in prices.yaml, or choose a model that has one.",
        code="gateway-budget",
    )


def pace(rule: str, allowed: int, unit: str, wanted: int) -> DetenteError:
    """Too much in one minute."""
    why = f"{rule} allows {allowed} {unit} in one minute, and {wanted} are not left of them."
    return DetenteError("Too fast", why, "Try again in the next minute.", code="gateway-rate")
