"""The ground of a plan without a database: an accord, an estate and fixes, as a test names them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from detente.accord import document, estate
from detente.model.fix import Finding, Fix
from detente.plan.ground import Ground
from detente.plan.kind import HOURS
from detente.plan.odds import Odds
from detente.plan.windows import Windows

DAY0 = date(2026, 3, 2)  # a Monday
ACCORD = """
accord: 1
organisation: Shop
currency: EUR
timezone: Europe/Berlin
prices: {outage_minute: {tier-1: 100 EUR, tier-2: 10 EUR, tier-3: 1 EUR}}
"""
ESTATE = """
squads: [{id: red, capacity: 20h/week}, {id: blue}]
services:
  - {id: shop, squad: red, tier: tier-1}
  - {id: api, squad: red, tier: tier-2}
  - {id: wiki, squad: blue, tier: tier-3}
"""


def finding(**changes: Any) -> Finding:
    """One weakness of a package, seen a month ago."""
    seen = datetime.combine(DAY0, datetime.min.time()) - timedelta(days=30)
    return Finding(**{
        "id": "f-1", "vulnerability": "CVE-1", "aliases": (), "component": "pkg:npm/left", "name": "left", "version": "1.0.0",
        "severity": "high", "severity_derived": False, "cvss": 7.5, "vector": "", "location": "", "line": None, "asset": "image:a",
        "state": "open", "tool": "t", "title": "t", "first_seen": seen, "last_seen": seen, "loss_month": Decimal(900),
        "hazard_month": 0.001, "fixed": ("1.0.1",),
    } | changes)  # fmt: skip


def fix(name: str, service: str = "shop", **changes: Any) -> Fix:
    """One fix: an upgrade by a patch version that ends 900 EUR a month."""
    return Fix(**{
        "id": name, "action": f"upgrade left on {service}", "service": service, "squad": "red", "security_engineer": "",
        "component": "pkg:npm/left", "to_version": "1.0.1", "findings": (finding(),), "count": 1, "assets": 1,
        "loss_month": Decimal(900), "currency": "EUR", "position": 1, "escalated": True, "always": False, "known_exploited": False,
        "urgency": "scheduled", "clock": "", "due": None, "reasons": (), "verb": "upgrade",
    } | changes)  # fmt: skip


def ground(*fixes: Fix, accord: str = "", services: str = ESTATE, days: int = 28, **changes: Any) -> Ground:
    """Everything a plan stands on; `accord` is added to the text of the accord."""
    signed, known = document.load(ACCORD + accord, "accord.yaml"), estate.load(services, "estate.yaml")
    first, last = DAY0 - timedelta(days=7), DAY0 + timedelta(days=days + 30)
    windows = Windows(signed.timezone, first, last, freezes=signed.change.freeze, services=known.services)
    return Ground(**{
        "accord": signed, "estate": known, "windows": windows, "day0": DAY0, "days": days, "fixes": fixes,
        "odds": {kind: Odds(kind, 0, 0) for kind in HOURS}, "promises": {}, "running": {}, "overrides": {},
    } | changes)  # fmt: skip


def moment(day: date, hour: int = 12) -> datetime:
    """An hour of a day, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
