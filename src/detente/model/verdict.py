"""What a detector saw in a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found in a text. `kind` is the accord's word for it (`secrets`, `personal_data`, `own_code`, `injection`, ...), `rule`
    the detector's; `start` and `end` are byte offsets, `confidence` is 0..1.
    """

    kind: str
    rule: str
    start: int
    end: int
    confidence: float = 1.0
