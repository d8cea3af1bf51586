"""The ways clients ask for models: OpenAI chat and responses, Anthropic messages, and which path speaks which."""

import re
from dataclasses import dataclass
from functools import lru_cache

from detente.gateway.dialects.chat import Chat, Completions
from detente.gateway.dialects.dialect import Dialect
from detente.gateway.dialects.messages import Messages
from detente.gateway.dialects.responses import Responses

CHAT: Dialect = Chat()
RESPONSES: Dialect = Responses()
MESSAGES: Dialect = Messages()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path that is served. `talks` where a refusal can be an assistant's message; elsewhere it is an error, and where the answer
    only `counts` tokens, nothing is refused: what may not leave is redacted.
    """

    name: str
    dialect: Dialect
    talks: bool = False
    counts: bool = False


_POST = {
    "chat/completions": Endpoint("chat", CHAT, talks=True),
    "completions": Endpoint("completions", Completions(), talks=True),
    "embeddings": Endpoint("embeddings", CHAT),
    "responses": Endpoint("responses", RESPONSES, talks=True),
    "responses/compact": Endpoint("compact", RESPONSES, counts=True),
    "responses/input_tokens": Endpoint("input_tokens", RESPONSES, counts=True),
    "messages": Endpoint("messages", MESSAGES, talks=True),
    "messages/count_tokens": Endpoint("count_tokens", MESSAGES, counts=True),
    "login": Endpoint("login", CHAT),
}
_GET = {
    "models": Endpoint("models", CHAT),
    "api/hello": Endpoint("hello", MESSAGES),
    "login": Endpoint("login", CHAT),
}
OPEN = frozenset({"hello", "login"})
"""Endpoints that take no key: nothing of them goes to a model."""

_BASE = re.compile(r"/(?:v1/)?(?:openai/(?:v1/|deployments/[\w.-]+/)?)?")


def endpoint(method: str, path: str) -> Endpoint | None:
    """What serves this method and path (a query does not matter); None is refused with 404, never passed on unseen.

    Paths may lack `/v1`, and may have the prefix of an Azure deployment.
    """
    table = _POST if method == "POST" else _GET if method in {"GET", "HEAD"} else {}
    name = tail(path)
    model = name.partition("/")[0] == "models" and name.count("/") == 1
    return table.get("models" if model else name)


@lru_cache(256)  # clients ask for the same few; a head's limit bounds what strange ones take
def tail(path: str) -> str:
    """What is asked for, without the base that clients put before it: `chat/completions`."""
    plain = path.partition("?")[0]
    base = _BASE.match(plain)
    return plain[base.end() :].rstrip("/") if base else ""


def speaker(path: str) -> Dialect:
    """In whose words a path that is not served is refused."""
    return MESSAGES if "/messages" in path or "/api/" in path else CHAT
