"""Records as telemetry meets them: one with findings, one that failed."""

from decimal import Decimal

from msgspec.structs import replace

from detente.gateway import record as lines
from detente.gateway.admission import Charge
from detente.gateway.record import Course, Ended, Hits
from gateway.callers import caller, record

NOW = 1_795_608_000.5
SECRET = Hits("secrets", "github-token", "redact", 2, ("d1", "d2"))
WARNED = Hits("injection", "override", "warn", 1, ("d3",))


def ended(**changes: object) -> Ended:
    """An answer that cost 1.23 cents and took half a second."""
    answer = b'{"type":"message","content":[],"usage":{"input_tokens":500,"output_tokens":9}}'
    found, who = record(answer=answer), caller()
    known = lines.facts("x-19f0a1b2c3d40a0b0c0d0e0f", NOW, who, found)
    charge = Charge(amount=Decimal("0.0123"), currency="EUR", known=True)
    made = lines.ended(known, who, found, charge=charge, course=Course(200, 0.5, 0.1, "main"), left=True)
    return replace(made, **changes)


def redacted() -> Ended:
    """Two secrets were hidden, and something was warned of."""
    return ended(outcome="redacted", hits=(SECRET, WARNED))


def failed() -> Ended:
    """The vendor never answered."""
    return ended(outcome="failed", status=502, code="gateway-upstream", first_ms=None)
