"""Prometheus: requests and errors of canary and control group since the last look, by four instant queries.

    health:
      prometheus:
        url: http://prometheus:9090
        canary_requests: sum(increase(http_requests_total{service="$service",track="canary"}[${window}s]))
        canary_errors: sum(increase(http_requests_total{service="$service",track="canary",code=~"5.."}[${window}s])) or vector(0)
        control_requests: sum(increase(http_requests_total{service="$service",track="stable"}[${window}s]))
        control_errors: sum(increase(http_requests_total{service="$service",track="stable",code=~"5.."}[${window}s])) or vector(0)

An answer that is empty, NaN or an error is no zero: it is missing. Write `or vector(0)` where a counter that never counted means none.
`token_env` names the environment variable of a bearer token.
"""

from datetime import datetime
from math import isfinite
from typing import Any

import httpx

from detente.edge.connectors import TIMEOUT_S, Settings, filled, secret, wanted, window_s
from detente.flows.rollout import Look
from detente.model.change import Counts
from detente.plan.rollout import Rollout

QUERIES = ("canary_requests", "canary_errors", "control_requests", "control_errors")


def check(settings: Settings, *, acts: bool) -> None:
    """Return when nothing is lacking. Errors: DetenteError, code `connector`."""
    for key in ("url", *QUERIES):
        wanted(settings, key, "prometheus")


def look(settings: Settings, rollout: Rollout, now: datetime) -> Look:
    """One look: four numbers, or why there are none."""
    window = str(window_s(rollout, now))
    queries = [filled(wanted(settings, key, "prometheus"), rollout, window=window) for key in QUERIES]
    try:
        n, x, m, z = (round(value(settings, query, now)) for query in queries)
        return Look(Counts(n, min(x, n), m, min(z, m)))  # increase() extrapolates each by itself
    except ValueError as error:
        return Look(missing=str(error))


def value(settings: Settings, query: str, now: datetime) -> float:
    """The one number a query answers with. Raises ValueError, saying why there is none."""
    address = f"{wanted(settings, 'url', 'prometheus').rstrip('/')}/api/v1/query"
    headers = secret(settings, "prometheus")
    try:
        answer = httpx.post(
            address, data={"query": query, "time": f"{now.timestamp():.3f}"}, headers=headers, timeout=TIMEOUT_S
        )
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ValueError(f"Prometheus does not answer: {type(error).__name__}") from error
    if not isinstance(told, dict) or told.get("status") != "success":
        why = told.get("error", "") if isinstance(told, dict) else ""
        raise ValueError(f"Prometheus refused the query (HTTP {answer.status_code}): {why}")
    return _number(told["data"], query)


def _number(data: dict[str, Any], query: str) -> float:
    result = data.get("result") or []
    if data.get("resultType") == "scalar":
        result = [{"value": result}]
    if len(result) != 1:
        raise ValueError(f"Prometheus has {len(result)} series for {query}: it takes exactly one")
    number = float(result[0]["value"][1])
    if not isfinite(number) or number < 0:
        raise ValueError(f"Prometheus answers {result[0]['value'][1]} to {query}")
    return number
