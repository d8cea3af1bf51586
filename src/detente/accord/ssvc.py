"""The SSVC deployer decision: how soon a patch is applied, shown beside the price.

Table: "Deployer Patch Application Priority" 1.0.0 of CERT/CC (tables/, with its licence). The two mappings from our nouns are our priors.
"""

import csv
from functools import cache
from importlib import resources
from typing import Literal

from detente.model.estate import Exposure

VERSION = "ssvc deployer patch application priority 1.0.0"

Exploitation = Literal["none", "public poc", "active"]
SystemExposure = Literal["small", "controlled", "open"]
HumanImpact = Literal["low", "medium", "high", "very high"]

_EXPOSURES: dict[Exposure, SystemExposure] = {
    Exposure.INTERNET: "open",
    Exposure.PARTNER: "controlled",
    Exposure.INTERNAL: "controlled",
    Exposure.ISOLATED: "small",
}
_IMPACTS: dict[str, HumanImpact] = {"tier-1": "very high", "tier-2": "high", "tier-3": "medium"}


def deployer(exploitation: Exploitation, exposure: SystemExposure, automatable: bool, human_impact: HumanImpact) -> str:
    """defer, scheduled, out-of-cycle or immediate. KeyError for words the table does not know."""
    found = rows("ssvc_deployer_patch_application_priority_1_0_0.csv")
    return found[exploitation, exposure, "yes" if automatable else "no", human_impact]


def system_exposure(exposure: Exposure | None) -> SystemExposure:
    """Our exposure in SSVC's words; an unknown one is open, as SSVC advises when in doubt."""
    return _EXPOSURES[exposure] if exposure else "open"


def human_impact(tier: str) -> HumanImpact:
    """Our tier in SSVC's words: tier-1 very high, tier-2 high, tier-3 medium, any other low."""
    return _IMPACTS.get(tier, "low")


@cache
def rows(name: str) -> dict[tuple[str, ...], str]:
    """A decision table: the input cells of each row to its outcome. The row number in front is left out."""
    text = resources.files("detente.accord").joinpath("tables", name).read_text("utf-8")
    return {tuple(cells[1:-1]): cells[-1] for cells in list(csv.reader(text.splitlines()))[1:]}
