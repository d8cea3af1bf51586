"""Where models are: `gateway.yaml` names the upstreams, whose protocol each speaks, which models it serves, and where its key is.

It holds no secret: a key is the name of an environment variable.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Literal, NamedTuple

from detente.accord.marks import document
from detente.accord.schema import Fault, Name, Strict, key, plain, refuse, validated
from detente.gateway.dialects import Endpoint
from detente.gateway.spans import members, named, quoted, splice
from detente.model.errors import DetenteError

CODE = "bad-gateway"
URL = "an address such as https://api.openai.com/v1, without user, password or fragment"
VARIABLE = "the name of an environment variable, such as OPENAI_API_KEY"
Style = Literal["any", "openai", "azure", "anthropic", "bedrock", "vertex"]

_OPENAI = frozenset({"chat", "completions", "embeddings", "responses", "compact", "input_tokens", "models"})
_SERVED: Mapping[Style, frozenset[str]] = {
    "openai": _OPENAI,
    "azure": _OPENAI,
    "anthropic": frozenset({"messages", "count_tokens", "models"}),
    "bedrock": frozenset({"messages"}),
    "vertex": frozenset({"messages"}),
}
_VERSION = {
    "bedrock": b'"anthropic_version":"bedrock-2023-05-31"',
    "vertex": b'"anthropic_version":"vertex-2023-10-16"',
}
"""What these two want in the body in place of the model, which is in their path."""

_ODD = re.compile(rb"[^A-Za-z0-9_.~:@-]")
_PATHS = {
    "bedrock": ("/model/%s/invoke", "/model/%s/invoke-with-response-stream"),
    "vertex": ("/models/%s:rawPredict", "/models/%s:streamRawPredict"),
}


_URL = re.compile(r"(https?)://([\w.-]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?((?:/[!-~]*?)?)/?(?:\?([!-~]*))?", re.ASCII)


class Address(NamedTuple):
    """Where a provider listens, and what stands before every path and in every query."""

    tls: bool
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        """The value of the header `host`."""
        return self.host if self.port == (443 if self.tls else 80) else f"{self.host}:{self.port}"


def address(url: str) -> Address:
    """Read a base URL. Raises ValueError for one that is not usable."""
    found = _URL.fullmatch(url)
    if not found or any(mark in url for mark in "#@ "):
        raise ValueError(URL)
    scheme, host, port, path, query = found.groups()
    return Address(scheme == "https", host.lower(), int(port or (443 if scheme == "https" else 80)), path, query or "")


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII):
        raise ValueError(VARIABLE)
    return text


class Provider(Strict):
    """`upstreams[]`: one address that serves models. For a model, those that list it are tried in the order of the file."""

    name: Name = key("A short name for it, for records.")
    url: Annotated[Address, plain(address, URL)] = key(
        "What stands before `/chat/completions` or `/messages`; `{model}` in it is the model. Without a path, `/v1` is added."
    )
    style: Style = key("Whose protocol it speaks; `any` takes every request as it is.", "any")
    models: tuple[str, ...] = key("The models it serves, as shell globs.", ("*",), shown="all")
    names: Mapping[str, str] = key("What it calls a model, where clients call it otherwise.", {}, shown="the same")
    key: Annotated[str, plain(_variable, VARIABLE)] | None = key(
        "The environment variable with its API key.", None, shown="no key is sent"
    )


class GatewayFile(Strict):
    """gateway.yaml: the addresses behind the gateway. What the gateway lets through is the accord's word, not this file's."""

    upstreams: tuple[Provider, ...] = key("The addresses that serve models.", min_length=1)


def load(text: str | bytes, name: str) -> tuple[Provider, ...]:
    """Read gateway.yaml. Errors: InvalidError that lists every mistake with its place."""
    marked = document(text, name)
    file = validated(GatewayFile, marked, code=CODE, context={})
    refuse(marked, _faults(file), code=CODE)
    return file.upstreams


def single(url: str, variable: str | None) -> tuple[Provider, ...]:
    """One address for every model. Errors: `bad-gateway`."""
    try:
        address(url)
    except ValueError as fault:
        why = f"It must be {URL}."
        raise DetenteError(f"'{url}' is no upstream", why, "Correct it.", code=CODE) from fault
    return (Provider(name="upstream", url=url, key=variable),)  # type: ignore[arg-type]  # read from text


def _faults(file: GatewayFile) -> Iterator[Fault]:
    seen: set[str] = set()
    for at, one in enumerate(file.upstreams):
        if one.name in seen:
            yield ("upstreams", at, "name"), f"'{one.name}' a second time", "a name of its own"
        seen.add(one.name)


def serving(
    providers: tuple[Provider, ...], endpoint: Endpoint, model: str, *, anthropic: bool = False
) -> list[Provider]:
    """Who can answer this, in the order in which they are tried. `anthropic` is whose client asks for the list of models."""
    return [
        one
        for one in providers
        if (one.style == "any" or _speaks(one.style, endpoint.name, anthropic=anthropic))
        and (not model or "*" in one.models or any(fnmatchcase(model, glob) for glob in one.models))
    ]


def _speaks(style: Style, asked: str, *, anthropic: bool) -> bool:
    fits = asked != "models" or style in (("anthropic",) if anthropic else ("openai", "azure"))
    return fits and asked in _SERVED[style]


def target(provider: Provider, tail: str, query: str, model: str, *, stream: bool) -> bytes:
    """The request target: the provider's base, then what the client asked for, with the queries of both."""
    base = provider.url
    if provider.style in _PATHS:
        path = base.path + _PATHS[provider.style][stream] % _escaped(provider, model)
    elif "{model}" in base.path:
        path = f"{base.path.replace('{model}', _escaped(provider, model))}/{tail}"
    else:
        path = f"{base.path or '/v1'}/{tail}"
    both = "&".join(filter(None, (base.query, query)))
    return f"{path}?{both}".encode() if both else path.encode()


def _escaped(provider: Provider, model: str) -> str:
    """A model's name as one step of a path: clients choose it, so nothing in it may lead elsewhere."""
    name = provider.names.get(model, model)
    return _ODD.sub(lambda found: b"%%%02X" % found[0][0], name.encode()).decode()


def credential(style: Style, secret: str, *, anthropic: bool) -> bytes:
    """The header line that carries a provider's key; of `any` the client's dialect decides."""
    if not secret:
        return b""
    if style == "azure":
        return b"api-key: %b\r\n" % secret.encode()
    if style == "anthropic" or (style == "any" and anthropic):
        return b"x-api-key: %b\r\n" % secret.encode()
    return b"authorization: Bearer %b\r\n" % secret.encode()


def adapted(provider: Provider, body: bytes, model: str) -> bytes:
    """The body as this provider wants it: another name for the model, or its version where the model stands. All else stays."""
    version, name = _VERSION.get(provider.style), provider.names.get(model)
    if version is None and name is None:
        return body
    start = len(body) - len(body.lstrip(b" \t\r\n"))
    inside = members(body, (start, len(body)))
    if "model" not in inside or not named(body, inside["model"][1]):
        return body
    label, value = inside["model"]
    if version is None:
        return splice(body, [(*value, quoted((name or model).encode()))])
    edits = [(label[0], value[1], version)]
    if provider.style == "bedrock" and "stream" in inside:
        edits.append(_without(body, inside["stream"]))
    return splice(body, sorted(edits))


def _without(body: bytes, member: tuple[tuple[int, int], tuple[int, int]]) -> tuple[int, int, bytes]:
    """The edit that takes a member out, with the comma beside it."""
    (start, _), (_, end) = member
    after = re.compile(rb"[ \t\r\n]*,").match(body, end)
    if after:
        return start, after.end(), b""
    return len(body[:start].rstrip(b" \t\r\n")) - 1, end, b""
