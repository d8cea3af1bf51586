"""SSVC's deployer decision with the accord's own times: SSVC says how urgent a patch is, not in how many days.

Defer has no time. Exploitation nobody reported is "none", as the table's own word for it is that no evidence is known; exposure
and automation nobody stated count as the worse value.
"""

from collections.abc import Iterator
from typing import cast
from zoneinfo import ZoneInfo

from detente.accord import ssvc
from detente.accord.change import Deployer
from detente.accord.grounds import Grounds
from detente.accord.spans import lasting
from detente.model.clock import Clock, Facts, Start
from detente.model.estate import Exposure

NAME = "ssvc-deployer"
TITLE = "SSVC"
VERSION = ssvc.VERSION


def clocks(facts: Facts, terms: Deployer, zone: ZoneInfo) -> Iterator[Clock]:
    """One clock from detection."""
    grounds = Grounds()
    exploitation = cast(ssvc.Exploitation, grounds.take("exploitation", facts.exploitation, "none"))
    exposure = grounds.take("exposure", facts.exposure, Exposure.INTERNET)
    automatable = grounds.take("automatable", facts.automatable, True)
    impact = ssvc.human_impact(grounds.take("tier", facts.tier or None, "tier-1"))
    outcome = ssvc.deployer(exploitation, ssvc.system_exposure(exposure), automatable, impact)
    lengths = {"immediate": terms.immediate, "out-of-cycle": terms.out_of_cycle, "scheduled": terms.scheduled}
    length = lengths.get(outcome)
    yield Clock(
        regime=NAME,
        version=VERSION,
        rule=f"{outcome}: {length or 'no time'}",
        starts=facts.detected,
        start_event=Start.DETECTION,
        due=lasting(facts.detected, zone, length) if length else None,
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )
