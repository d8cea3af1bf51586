"""What the tests of rule books share: a moment of detection and two time zones."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

DETECTED = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
