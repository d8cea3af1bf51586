"""The columns of evidence: FedRAMP's VER fields, its POA&M template, PCI DSS 6.3.3, and one plain shape for any regime."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detente.model.clock import Clock, Rating
    from detente.model.evidence import Ending, Item, Report


def acceptance(item: "Item") -> dict[str, Any]:
    """Why a fix counts as accepted: by which exception and until when, or because it has outstayed the rule's time. Empty when it does not."""
    if one := item.accepted:
        return {"why_accepted": one.reason, "exception": one.exception, "until": one.until.isoformat()}
    return {"why_accepted": item.outstayed.rule, "exception": None, "until": None} if item.outstayed else {}


def shape(regime: str) -> "Callable[[Item, Report], dict[str, Any]]":
    """The columns a regime asks for."""
    return {"fedramp-vdr": _ver, "fedramp-legacy": _poam, "pci-dss-4.0.1": _pci}.get(regime, _plain)


def _bound(item: "Item") -> "Clock | None":
    from detente.accord.clocks import binding

    return binding(item.clocks)


def _plain(item: "Item", report: "Report") -> dict[str, Any]:
    """Any regime: what, since when, by which rule, until when, on which grounds."""
    clock = _bound(item)
    return {
        "id": item.fix.id,
        "action": item.fix.action,
        "service": item.fix.service,
        "squad": item.fix.squad,
        "vulnerabilities": vulnerabilities(item),
        "assets": item.fix.assets,
        "detected": item.detected.isoformat(),
        "rule": clock.rule if clock else "",
        "starts": clock.starts.isoformat() if clock else "",
        "start_event": clock.start_event.value if clock else "",
        "due": clock.due.isoformat() if clock and clock.due else None,
        "overdue": item.overdue,
        "assumed": "; ".join(clock.assumed) if clock else "",
        "evidence": "; ".join(clock.evidence) if clock else "",
        "exception": item.accepted.exception if item.accepted else "",
        "closed": item.ending.at.isoformat() if item.ending else None,
        "disposition": disposition(item),
        "ledger": entries(item),
    }


def _ver(item: "Item", report: "Report") -> dict[str, Any]:
    """FedRAMP VER-RPT-VDT and VER-RPT-AVI. What nobody evaluated is None, with what the clock assumed instead beside it."""
    from detente.accord.phrases import EXPOSED

    plain, clock, ratings = _plain(item, report), _bound(item), item.fix.ratings
    return {
        "tracking_id": item.fix.id,
        "detected": item.detected.isoformat(),
        "detection_source": ", ".join(sorted({one.tool for one in item.fix.findings})),
        "evaluated": ratings[0].at.isoformat() if ratings else None,
        "internet_reachable": item.exposure in EXPOSED if item.exposure else None,
        "likely_exploitable": True if item.fix.known_exploited else None,
        "impact_ratings": [_rated(one) for one in ratings],
        "reductions": [_rated(one) for before, one in pairwise(ratings) if one.n < before.n],
        "next_reduction": None if item.ending else {"at": _next(item), "target": "remediated: " + item.fix.action},
        "overdue": item.overdue,
        "likely_overdue": None if item.overdue or item.accepted else item.forecast.late,
        "overdue_explanation": _late(item, clock) if clock else "",
        "other_clocks": [
            {"rule": one.rule, "duty": one.duty.value, "due": one.due and one.due.isoformat()}
            for one in item.clocks
            if one is not clock
        ],
        "supplementary": _ended(item.ending) if item.ending else "; ".join(item.fix.reasons),
        "vulnerabilities": plain["vulnerabilities"],
        "closed": plain["closed"],
        "final_disposition": plain["disposition"],
        "ledger": plain["ledger"],
    }


def _late(item: "Item", clock: "Clock") -> str:
    """Which rule was missed, on which assumptions, and by which plan it may be."""
    missed = "; assumed ".join(filter(None, (clock.rule, "; ".join(clock.assumed))))
    return "; ".join(filter(None, (missed if item.overdue or item.forecast.late else "", item.forecast.why)))


def _next(item: "Item") -> str | None:
    """When it will be remediated: its day in the plan, else the end of its clock."""
    clock = _bound(item)
    if item.forecast.day:
        return item.forecast.day.isoformat()
    return clock.due.isoformat() if clock and clock.due else None


def disposition(item: "Item") -> str:
    """What became of it: open, accepted, remediated, or what somebody stated."""
    if item.ending is None:
        return "accepted" if acceptance(item) else "open"
    return "remediated" if item.ending.state == "fixed" else item.ending.state.replace("_", " ")


def _ended(ending: "Ending") -> str:
    return f"{ending.source}: {ending.ground or 'a complete report does not show it'}"


def _rated(one: "Rating") -> dict[str, Any]:
    return {"at": one.at.isoformat(), "n": one.n}


def _poam(item: "Item", report: "Report") -> dict[str, Any]:
    """The columns of FedRAMP's POA&M template, open items."""
    fix, clock, first = item.fix, _bound(item), item.fix.findings[0]
    due = clock.due.date() if clock and clock.due else ""
    accepted = item.accepted
    return {
        "POAM ID": fix.id,
        "Controls": "RA-5, SI-2",
        "Weakness Name": fix.action,
        "Weakness Description": first.title or first.vulnerability,
        "Weakness Detector Source": first.tool,
        "Weakness Source Identifier": vulnerabilities(item),
        "Asset Identifier": "\n".join(sorted({one.asset for one in fix.findings})),
        "Point of Contact": fix.security_engineer or fix.squad,
        "Resources Required": "",
        "Overall Remediation Plan": fix.action,
        "Original Detection Date": item.detected.date(),
        "Scheduled Completion Date": due,
        "Planned Milestones": "",
        "Milestone Changes": "",
        "Status Date": (item.ending.at if item.ending else report.at).date(),
        "Vendor Dependency": "Yes" if fix.to_version is None and fix.action.startswith("mitigate") else "No",
        "Last Vendor Check-in Date": "",
        "Vendor Dependent Product Name": "",
        "Original Risk Rating": _risk(first.severity),
        "Adjusted Risk Rating": "",
        "Risk Adjustment": "No",
        "False Positive": "Yes" if disposition(item) == "false positive" else "No",
        "Operational Requirement": "Yes" if accepted else "No",
        "Deviation Rationale": f"{accepted.reason} ({accepted.exception}, until {accepted.until})" if accepted else "",
        "Supporting Documents": f"ledger {entries(item)}",
        "Comments": _comment(item, clock),
        "Auto-Approve": "No",
        "Binding Operational Directive 22-01 tracking": "Yes" if fix.known_exploited else "No",
        "Binding Operational Directive 22-01 Due Date": "",
        "CVE": ", ".join(name for name in vulnerabilities(item).split(", ") if name.startswith("CVE-")),
        "Service Name": fix.service,
    }


def _comment(item: "Item", clock: "Clock | None") -> str:
    ended = f"{disposition(item)}, {_ended(item.ending)}" if item.ending else ""
    assumed = f"assumed: {', '.join(clock.assumed)}" if clock and clock.assumed else ""
    return "; ".join(filter(None, (ended, assumed)))


def _pci(item: "Item", report: "Report") -> dict[str, Any]:
    """Requirement 6.3.3: which patch is missing since when, its ranking, and until when it is to be installed."""
    plain, first = _plain(item, report), item.fix.findings[0]
    patch = {"component": first.component, "installed": first.version, "patch": item.fix.to_version or "none published"}
    return {"id": plain["id"], "service": plain["service"], **patch, "ranking": first.severity, **plain}


def vulnerabilities(item: "Item") -> str:
    """Every vulnerability of a fix, the dearest first."""
    return ", ".join(dict.fromkeys(one.vulnerability for one in item.fix.findings))


def entries(item: "Item") -> str:
    """The ledger numbers a line rests on."""
    return ", ".join(map(str, item.entries))


def _risk(severity: str) -> str:
    return {"critical": "High", "high": "High", "medium": "Moderate", "low": "Low", "info": "Low"}.get(severity, "High")
