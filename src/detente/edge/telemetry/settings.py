"""Where telemetry goes: OpenTelemetry's own variables for traces, `--events` for a SIEM. Nothing here is sent, and no library loaded.

Read as in OpenTelemetry's specification: of environment variables (SDK) and of the OTLP exporter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from detente.model.errors import DetenteError

EVENTS_HEADERS = "DETENTE_EVENTS_HEADERS"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OTLP = "OTEL_EXPORTER_OTLP_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address to post to. `authority`, `certificate` and `secret` are files: whom to trust, and who we are (TLS)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 10.0
    gzip: bool = False
    authority: str | None = None
    certificate: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What is sent by itself: traces, with what is said of us in all of them, and events, to an address or a file."""

    traces: Target | None = None
    resource: Mapping[str, str] = field(default_factory=dict)
    events: Target | Path | None = None


def telemetry(environment: Mapping[str, str], events: str | None) -> Telemetry:
    """Read the variables; `events` is an address or a file. Errors: DetenteError, code `gateway-telemetry`."""
    name = environment.get("OTEL_SERVICE_NAME")
    resource = {"service.name": "detente-gateway"} | _pairs("OTEL_RESOURCE_ATTRIBUTES", environment)
    return Telemetry(
        _traces(environment), resource | ({"service.name": name} if name else {}), _events(environment, events)
    )


def _traces(environment: Mapping[str, str]) -> Target | None:
    """The collector, if one is named and nothing turns it off."""
    base, own = _said("ENDPOINT", environment), environment.get(f"{_OTLP}TRACES_ENDPOINT", "")
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    wanted = (environment.get("OTEL_TRACES_EXPORTER") or "otlp").split(",")
    if off or not base or "otlp" not in wanted:
        return None
    protocol = _said("PROTOCOL", environment) or "http/protobuf"
    if protocol != "http/protobuf":
        raise _wrong(f"{_OTLP}PROTOCOL", f"It is {protocol}, and http/protobuf is spoken here.", "Leave it out.")
    timeout = _said("TIMEOUT", environment) or "10000"
    if not timeout.isdecimal() or not int(timeout):
        raise _wrong(f"{_OTLP}TIMEOUT", "It is no number of milliseconds.", "For example 10000.")
    return Target(
        url=_url(own or f"{base.rstrip('/')}/v1/traces", f"{_OTLP}ENDPOINT"),
        headers=_headers(f"{_OTLP}HEADERS", environment) | _headers(f"{_OTLP}TRACES_HEADERS", environment),
        timeout_s=int(timeout) / 1000,
        gzip=_said("COMPRESSION", environment) == "gzip",
        authority=_file("CERTIFICATE", environment),
        certificate=_file("CLIENT_CERTIFICATE", environment),
        secret=_file("CLIENT_KEY", environment),
    )


def _said(what: str, environment: Mapping[str, str]) -> str:
    """The variable for traces, else the one for everything."""
    return environment.get(f"{_OTLP}TRACES_{what}") or environment.get(f"{_OTLP}{what}", "")


def _file(what: str, environment: Mapping[str, str]) -> str | None:
    path = _said(what, environment) or None
    if path and not Path(path).is_file():
        raise _wrong(f"{_OTLP}{what}", f"There is no file {path}.", "Correct it, or leave it out.")
    return path


def _events(environment: Mapping[str, str], where: str | None) -> Target | Path | None:
    if not where:
        return None
    if "://" in where:
        return Target(url=_url(where, "--events"), headers=_headers(EVENTS_HEADERS, environment))
    path = Path(where)
    if not path.absolute().parent.is_dir():
        raise _wrong("--events", f"There is no folder {path.absolute().parent}.", "Make it, or name another file.")
    return path


def _url(text: str, name: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        why = "It is no address such as https://collector.example:4318, without user and password."
        raise _wrong(name, why, "Correct it; a token belongs into the variable of headers.")
    return text


def _headers(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    found = _pairs(name, environment)
    for key, value in found.items():
        if not _TOKEN.fullmatch(key) or not value.isascii() or not value.isprintable():
            raise _wrong(name, "It holds what no header may hold.", "Write it as name=value,name=value.")
    return found


def _pairs(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`name=value,name=value`, values percent-encoded (W3C Baggage)."""
    found: dict[str, str] = {}
    for item in filter(str.strip, environment.get(name, "").split(",")):
        key, mark, value = item.partition("=")
        if not mark or not key.strip():
            raise _wrong(name, "It is no list of name=value.", "Write it as name=value,name=value.")
        found[key.strip()] = unquote(value.strip())
    return found


def _wrong(name: str, why: str, do: str) -> DetenteError:
    return DetenteError(f"{name} cannot be used", why, do, code="gateway-telemetry")
