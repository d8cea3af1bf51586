"""The only place that reads the time of day: everything below receives it as an argument, so that decisions replay."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one door the ban leads to


def seconds() -> float:
    """The same in seconds since 1970, for the gateway's hot path."""
    return time.time()  # noqa: TID251 - as above
