"""A plan as an iCalendar file (RFC 5545) that Outlook and Google import: one all-day event per fix, known again when it moves."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256

from icalendar import Calendar, Event

from detente.model.plan import Plan, Problem


def calendar(problem: Problem, plan: Plan, stamp: datetime, names: Mapping[str, str] = {}) -> bytes:
    """The events of a plan made at `stamp`. A fix keeps its UID, and a later stamp a higher SEQUENCE, so that an import moves events.

    Fixes that the parent had planned and this plan has not are cancelled. `names` are the fixes in words.
    """
    whole = Calendar()
    whole.add("prodid", "-//Detente//plan//EN")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", "Détente plan")
    services = {job.id: job.service for job in problem.jobs}
    for job, day in sorted(plan.days.items()):
        if day is not None:
            event = _event(job, day, stamp)
            event.add("summary", names.get(job, f"{job} on {services[job]}"))
            event.add("description", job)
            event.add("status", "CONFIRMED")
            whole.add_component(event)
    for move in plan.moves:
        if move.after is None and move.before is not None:
            event = _event(move.job, move.before, stamp)
            event.add("summary", f"{names.get(move.job, move.job)}: {move.why}")
            event.add("status", "CANCELLED")
            whole.add_component(event)
    return bytes(whole.to_ical())


def _event(job: str, day: date, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", f"{sha256(job.encode()).hexdigest()[:32]}@detente")
    event.add("dtstamp", stamp)
    event.add("sequence", int(stamp.timestamp()) // 60)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event
