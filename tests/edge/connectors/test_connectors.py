"""Connectors against real sockets and real programs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from detente.edge import connectors
from detente.edge.connectors import argo, executor, source
from detente.edge.connectors import prometheus as prom
from detente.flows.rollout import Look
from detente.model.change import Change, Counts, Event, Stage, Step
from detente.model.errors import DetenteError
from detente.plan.order import Order, facts
from detente.plan.rollout import Action, Rollout, fold

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDER = Order(change=Change(id="c-1", service="checkout"), soak_s={Stage.CANARY: 3600}, executor={"webhook": {}})
ROLLOUT = fold("r-1", [Event(NOW, Step.STARTED, facts(ORDER))])
BACK = replace(ROLLOUT, doing=Action.ROLLBACK)
Asked = list[tuple[str, dict[str, str], str]]


@contextmanager
def server(*answers: tuple[int, Any]) -> Iterator[tuple[str, Asked]]:
    """A real server that gives these answers one after the other, then the last one again."""
    left, seen = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen.append((self.path, dict(self.headers), body))
            status, told = left.pop(0) if len(left) > 1 else left[0]
            content = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Silent."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.001}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", seen
    finally:
        running.shutdown()
        running.server_close()


def vector(*values: str) -> tuple[int, dict[str, Any]]:
    return 200, {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, v]} for v in values]},
    }


def prometheus(url: str, **more: str) -> Any:
    queries = {key: f'sum({key}{{service="$service"}}[${{window}}s])' for key in prom.QUERIES}
    found = source({"prometheus": {"url": url, **queries, **more}})
    assert found is not None
    return found


def test_prometheus_is_asked_for_what_came_since_the_last_look() -> None:
    with server(vector("300.4"), vector("2"), vector("2699.6"), vector("5")) as (url, asked):
        look = prometheus(url + "/")(replace(ROLLOUT, looked=NOW), NOW + timedelta(seconds=90))
    assert look == Look(Counts(300, 2, 2700, 5))
    assert [path for path, _, _ in asked] == ["/api/v1/query"] * 4
    assert parse_qs(asked[0][2]) == {
        "query": ['sum(canary_requests{service="checkout"}[90s])'],
        "time": ["1772442090.000"],
    }


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (vector(), "0 series"),
        (vector("1", "2"), "2 series"),
        (vector("NaN"), "answers NaN"),
        (vector("+Inf"), "answers +Inf"),
        (vector("-3"), "answers -3"),
        ((400, {"status": "error", "error": "parse error"}), "HTTP 400): parse error"),
        ((503, b"<html>"), "does not answer"),
        ((200, b"[]"), "refused"),
    ],
)
def test_what_prometheus_does_not_know_is_missing(answer: tuple[int, Any], why: str) -> None:
    with server(vector("300"), answer) as (url, _):
        look = prometheus(url)(ROLLOUT, NOW)
    assert look.counts is None
    assert look.passed is None
    assert why in look.missing


def test_prometheus_that_is_down_is_missing() -> None:
    with server((200, {})) as (url, _):
        pass
    assert prometheus(url)(ROLLOUT, NOW).missing == "Prometheus does not answer: ConnectError"


def test_errors_beyond_the_requests_are_extrapolation() -> None:
    scalar = (200, {"status": "success", "data": {"resultType": "scalar", "result": [1, "4"]}})
    with server(vector("3"), scalar, vector("30"), vector("0")) as (url, _):
        assert prometheus(url)(ROLLOUT, NOW) == Look(Counts(3, 3, 30, 0))


def test_a_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(vector("3")) as (url, asked):
        with pytest.raises(DetenteError, match="PROM_TOKEN is empty"):
            prometheus(url, token_env="PROM_TOKEN")(ROLLOUT, NOW)
        monkeypatch.setenv("PROM_TOKEN", "t0p")
        prometheus(url, token_env="PROM_TOKEN")(ROLLOUT, NOW)
    assert asked[0][1]["Authorization"] == "Bearer t0p"


def script(folder: Path, text: str) -> str:
    path = folder / "script.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("exit 0", Look(passed=True)),
        ("exit 1", Look(passed=False)),
        ("""echo '{"canary": [300, 2], "control": [2700, 5]}'""", Look(Counts(300, 2, 2700, 5))),
    ],
)
def test_a_program_as_health_source(tmp_path: Path, text: str, look: Look) -> None:
    found = source({"command": {"run": [script(tmp_path, text)]}})
    assert found is not None
    assert found(ROLLOUT, NOW) == look


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exit 7", "exit code 7"),
        ("""echo '{"canary": [1, 2], "control": [2700, 5]}'""", "no counts"),
        ("""echo '{"canary": [1.5, 0], "control": [2700, 5]}'""", "no counts"),
        ("""echo '{"canary": null}'""", "no counts"),
        ("""echo '{'""", "no counts"),
    ],
)
def test_a_program_that_says_nothing_useful_saw_nothing(tmp_path: Path, text: str, why: str) -> None:
    found = source({"command": {"run": [script(tmp_path, text)]}})
    assert found is not None
    assert why in found(ROLLOUT, NOW).missing
    gone = source({"command": {"run": [str(tmp_path / "none")]}})
    assert gone is not None
    assert gone(ROLLOUT, NOW).missing.endswith("did not run: FileNotFoundError")


def test_a_program_as_executor(tmp_path: Path) -> None:
    text = 'echo "$1 $DETENTE_SERVICE $DETENTE_ACTION $DETENTE_KEY" >&2; exit ${2:-0}'
    name = script(tmp_path, text)
    act = executor({"command": {"deploy": [name, "$stage"], "rollback": [name, "$change", "3"]}})
    assert act is not None
    done, failed = act(ROLLOUT), act(BACK)
    assert (done.ok, failed.ok) == (True, False)
    assert done.told.endswith("exit 0: canary checkout deploy r-1:deploy:canary:1")
    assert failed.told.endswith("exit 3: c-1 checkout rollback r-1:rollback:canary:1")
    gone = executor({"command": {"deploy": ["/nowhere/deploy"], "rollback": ["/nowhere/back"]}})
    assert gone is not None
    assert not gone(ROLLOUT).ok


def test_a_webhook_says_the_same_key_every_time() -> None:
    with server((503, {}), (204, b"")) as (url, asked):
        act = executor({"webhook": {"url": url + "/hooks/$service"}})
        assert act is not None
        assert [act(ROLLOUT).ok, act(ROLLOUT).told] == [False, "HTTP 204"]
    assert [headers["Idempotency-Key"] for _, headers, _ in asked] == ["r-1:deploy:canary:1"] * 2
    assert asked[0][0] == "/hooks/checkout"
    assert json.loads(asked[0][2])["action"] == "deploy"
    assert not act(ROLLOUT).ok  # the server is gone


def test_a_workflow_is_dispatched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0p")
    with server((204, b"")) as (url, asked):
        settings = {"url": url, "repository": "shop/checkout", "workflow": "rollout.yaml", "token_env": "TOKEN"}
        act = executor({"github": settings})
        assert act is not None
        assert act(BACK).ok
    path, headers, body = asked[0]
    assert path == "/repos/shop/checkout/actions/workflows/rollout.yaml/dispatches"
    assert headers["Authorization"] == "Bearer t0p"
    assert json.loads(body)["inputs"]["action"] == "rollback"


def at(stage: Stage, doing: Action) -> Rollout:
    return replace(ROLLOUT, stage=stage, doing=doing)


@pytest.mark.parametrize(
    ("rollout", "ends"),
    [
        (at(Stage.TEST, Action.DEPLOY), ""),
        (at(Stage.TEST, Action.ROLLBACK), ""),
        (at(Stage.CANARY, Action.DEPLOY), "set image checkout app=registry/app:c-1 --namespace shop"),
        (at(Stage.PRODUCTION, Action.DEPLOY), "promote checkout --full --namespace shop"),
        (at(Stage.CANARY, Action.ROLLBACK), "abort checkout --namespace shop"),
        (at(Stage.PRODUCTION, Action.ROLLBACK), "undo checkout --namespace shop"),
    ],
)
def test_argo_rollouts(tmp_path: Path, rollout: Rollout, ends: str) -> None:
    settings = {
        "rollout": "$service",
        "namespace": "shop",
        "image": "app=registry/app:$change",
        "kubectl": script(tmp_path, f'echo "$@" > {tmp_path}/said'),
    }
    assert argo.act(settings, rollout).ok
    said = tmp_path / "said"
    assert (said.read_text().strip() if said.exists() else "") == (ends and f"argo rollouts {ends}")


@pytest.mark.parametrize(
    ("what", "settings"),
    [
        ("executor", {"ftp": {}}),
        ("executor", {"webhook": {}, "github": {}}),
        ("executor", {"webhook": None}),
        ("executor", {}),
        ("executor", {"prometheus": {}}),
        ("source", {"github": {}}),
    ],
)
def test_settings_that_name_no_connector(what: str, settings: dict[str, Any]) -> None:
    with pytest.raises(DetenteError) as caught:
        getattr(connectors, what)(settings)
    assert caught.value.code == "connector"


@pytest.mark.parametrize(
    ("what", "settings"),
    [
        ("executor", {"webhook": {}}),
        ("executor", {"command": {"deploy": "rm -rf /"}}),
        ("executor", {"command": {"deploy": ["./deploy.sh"]}}),  # and nothing to go back with
        ("executor", {"github": {"repository": "a/b"}}),
        ("executor", {"argo": {"rollout": "checkout"}}),
        ("source", {"command": {}}),
        ("source", {"prometheus": {"url": "http://localhost:9090"}}),
    ],
)
def test_settings_that_lack_something(what: str, settings: dict[str, Any]) -> None:
    with pytest.raises(DetenteError, match="cannot be used") as caught:
        getattr(connectors, what)(settings)
    assert caught.value.code == "connector"
    assert source(None) is executor(None) is None
