"""An exception: a weakness may wait until a day, because two people signed for the reason and the price of it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from detente.model.estate import Exposure


class Reach(StrEnum):
    """What a request was made for. Whatever it is, the findings it covers are listed in it one by one."""

    FINDING = "finding"
    FIX = "fix"
    SERVICE = "service"
    RULE = "rule"


class State(StrEnum):
    """Where an exception stands. Only `active` lets anything wait; the last three are final."""

    REQUESTED = "requested"
    SIGNED = "signed"
    ACTIVE = "active"
    EXPIRED = "expired"
    DENIED = "denied"
    VOIDED = "voided"


class Step(StrEnum):
    """What happened to a request."""

    SIGNED = "signed"
    DENIED = "denied"
    EXPIRED = "expired"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Safeguard:
    """A compensating control: `effect` is the share (0..1) of attacks it stops, believed until the end of `until`."""

    name: str
    effect: Decimal
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, in the words that are signed.

    `accord` is the digest of the accord it was asked under, `of` an id, a service or a rule, `findings` the ids it covers, `until`
    its last day. `loss_month` is what waiting costs per month, before the safeguard; `exposure` the widest of its
    assets (None: nobody stated one, which counts as internet).
    """

    accord: str
    reach: Reach
    of: str
    findings: tuple[str, ...]
    reason: str
    until: date
    requester: str
    asked: datetime
    loss_month: Decimal
    currency: str
    exposure: Exposure | None = None
    safeguard: Safeguard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A step of an exception: who took it, in which role, with which signature, for which reason. Facts void without a person."""

    step: Step
    at: datetime
    role: str = ""
    person: str = ""
    key: str = ""
    sshsig: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is true now of the findings an exception covers: the worst of each.

    `p30` (0..1) is the probability that one is exploited within 30 days: the larger of EPSS and the ranker's, 1 once it is known.
    """

    kev: bool = False
    exploited: bool = False
    p30: Decimal = Decimal(0)
    exposure: Exposure | None = None
