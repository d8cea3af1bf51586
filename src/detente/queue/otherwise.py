"""The same price, had one fact been another: computed anew from every finding of the assets, never scaled from the old one.

A narrower exposure or a new control bears on all findings of an asset, and a listing on every place of its vulnerability, so
the neighbours of a finding change with it. The formula is that of price.py, over columns.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detente.queue.price import CERTAIN

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Around:
    """All open findings of some assets of one service, one place of each array per finding.

    `asset` counts from 0, `h0` is the hazard of the class a month, `reach` and `control` are shares, `closed` says which
    findings the price speaks of. `loss` (whole units of money), `factor` and `scale` are the same for all of them.
    """

    asset: NDArray[np.int64]
    vuln: NDArray[np.int64]
    h0: Floats
    reach: Floats
    control: Floats
    closed: NDArray[np.bool_]
    scale: float
    factor: float
    loss: float

    def hazards(self) -> Floats:
        """Per month, as price.hazard says it of one finding."""
        raw = self.scale * self.h0 * self.factor * self.reach * (1 - self.control)
        return np.minimum(CERTAIN, raw)

    def price(self) -> float:
        """What the assets' expected loss a month falls by when the findings in question close, in whole units of money."""
        weights = -np.log1p(-self.hazards())
        others = np.bincount(self.asset, weights * ~self.closed)
        gone = np.bincount(self.asset, weights * self.closed)
        return float((self.loss * np.exp(-others) * -np.expm1(-gone)).sum())

    def listed(self, vuln: int, h0: float) -> "Around":
        """Had `vuln` at least the class rate `h0`, wherever it is."""
        raised = np.where((self.vuln == vuln) & (self.h0 > 0), np.maximum(self.h0, h0), self.h0)
        return replace(self, h0=raised)

    def exposed(self, factor: float) -> "Around":
        """Had the service another exposure."""
        return replace(self, factor=factor)

    def guarded(self, share: float) -> "Around":
        """Had the service one more control, that stops `share` of the attacks the others let through."""
        return replace(self, control=1 - (1 - self.control) * (1 - share))

    def worth(self, loss: float) -> "Around":
        """Were another loss at stake."""
        return replace(self, loss=loss)
