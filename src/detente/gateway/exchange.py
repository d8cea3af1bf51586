"""One request and its answer, without sockets or clock: bytes in, bytes out, and the facts of it for the record."""

from collections import Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from detente.gateway import lines, notice
from detente.gateway.dialects import Endpoint
from detente.gateway.dialects.dialect import JSON, POLICY, SSE, Facts, Usage
from detente.gateway.inspect import CLEAN, Finding, Inspected, Inspector
from detente.gateway.prompt import Prompt, read
from detente.gateway.redact import restore
from detente.gateway.running import Watch
from detente.gateway.spans import splice
from detente.gateway.stream import Stream
from detente.gateway.verdict import UnscannedError
from detente.gateway.whole import UNREADABLE, reason, whole
from detente.model.errors import DetenteError

LIMIT = 32 << 20
"""Bytes of a request, and of an answer in one piece (Anthropic's own limit on requests)."""


class Upstream(msgspec.Struct, frozen=True):
    """The body to send on: the client's own bytes, but for what was redacted."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets in the model's place. No client may retry it: the edge says `x-should-retry: false`."""

    status: int
    media: str
    body: bytes


class Record(msgspec.Struct, frozen=True):  # made twice an exchange: a frozen dataclass costs four times as much
    """The facts of an exchange; no text of it. Digests are SHA-256; sizes are bytes; tokens are the vendor's count, -1 unknown;
    `lines` are fingerprints of the code it brought.

    `findings` are distinct. `unscanned` are kinds that could not be looked for and were let through.
    """

    endpoint: str
    policy: str
    model: str
    streamed: bool
    outcome: str
    asked: int
    sent: int
    came: int
    given: int
    prompt: str
    answer: str
    findings: tuple[Finding, ...]
    usage: Usage
    hidden: int
    unscanned: tuple[str, ...] = ()
    lines: bytes = b""

    @property
    def hits(self) -> Mapping[tuple[str, str, str], int]:
        """The findings counted by (kind, rule, action)."""
        return Counter((one.kind, one.rule, one.action) for one in self.findings)


class Exchange:
    """Give it the request once, the answer's head, then its bytes as they come. One exchange, one tenant.

    `most` is how many tokens each of `choices` may have, `beyond` whether the vendor adds earlier turns, `status` what the client is told.
    `now` is seconds since 1970; `cache` keeps what became of blocks seen before (by digest, for this tenant, scope and policy); `known` are placeholders of
    earlier turns that the client does not send again (`previous_response_id`).
    """

    def __init__(
        self,
        inspector: Inspector,
        endpoint: Endpoint,
        *,
        now: int = 0,
        cache: MutableMapping[bytes, Inspected] | None = None,
        known: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self.hidden: dict[bytes, bytes] = dict(known or {})
        self.model, self.streamed, self.done = "", False, False
        self.most, self.choices, self.beyond, self.status = -1, 1, False, 0
        self._inspector, self._endpoint, self._now = inspector, endpoint, now
        self._cache, self._seal = cache, inspector.seal() if cache is not None else b""
        self._findings: list[Finding] = []
        self._unscanned: set[str] = set()
        self._asked = self._sent = self._came = self._given = 0
        self._outcome = "none"
        self._prompt, self._answer = "", sha256()
        self._usage = Usage()
        self._stream: Stream | None = None
        self._body: list[bytes] = []
        self._whole = True
        self._watch: Watch | None = None

    def request(self, body: bytes) -> Upstream | Answer:
        """Inspect a decoded body: what goes on, or what the client gets instead."""
        self._asked, self._prompt = len(body), sha256(body).hexdigest()
        try:
            return self._request(body)
        except UnscannedError as fault:
            return self._refuse(503, fault.told())
        except DetenteError as fault:
            return self._refuse(400, fault)

    def _request(self, body: bytes) -> Upstream | Answer:
        if len(body) > LIMIT:
            fault = DetenteError(
                "The body is too large", f"It has more than {LIMIT} bytes.", "Send less.", code="gateway-size"
            )
            return self._refuse(413, fault)
        prompt = read(body, self._endpoint.dialect)
        self.model, self.streamed = prompt.model, prompt.stream
        self.most, self.choices, self.beyond = prompt.answer, prompt.choices, prompt.beyond
        edits, refused = self._blocks(body, prompt)
        if refused and not self._endpoint.counts:
            return self._policy(refused)
        self._outcome = "redacted" if edits else "passed"
        sent = splice(body, edits)
        self._sent = len(sent)
        return Upstream(sent)

    def _blocks(self, body: bytes, prompt: Prompt) -> tuple[list[tuple[int, int, bytes]], list[Finding]]:
        """All edits of a body, and what is in its new part and may not leave at all."""
        edits: list[tuple[int, int, bytes]] = []
        refused: list[Finding] = []
        for block in prompt.blocks:
            seen = self._inspected(body[block.start : block.end], block.name)
            if seen is CLEAN:
                continue
            edits += [(block.start + start, block.start + end, text) for start, end, text in seen.edits]
            self.hidden |= seen.hidden
            placed = [replace(one, where=f"{block.where}.{one.where}".rstrip(".")) for one in seen.findings]
            self._findings += placed if block.fresh else [_quietly(one) for one in placed]
            refused += [one for one in placed if one.action == "block" and block.fresh]
        return edits, refused

    def _inspected(self, raw: bytes, name: str) -> Inspected:
        digest = b""
        if self._cache is not None:
            digest = sha256(b"%b%b\0%b" % (self._seal, name.encode(), raw)).digest()  # processors have it built in
            if (seen := self._cache.get(digest)) is not None:
                return seen
        try:
            seen = self._inspector.block(raw, name)
        except UnscannedError as fault:
            if self._inspector.policy.shuts(fault.kinds):
                raise
            self._unscanned |= fault.kinds
            return Inspected()
        if self._cache is not None:
            self._cache[digest] = seen
        return seen

    def _policy(self, refused: list[Finding]) -> Answer:
        """The policy's answer: an assistant's message where there can be one, else an error."""
        self._outcome = "blocked"
        text, dialect = notice.refused(refused), self._endpoint.dialect
        facts = Facts(self.model, self._prompt[:24], self._now)
        if not self._endpoint.talks:
            return self._given_instead(Answer(400, JSON, dialect.error(400, text, POLICY)))
        if self.streamed:
            return self._given_instead(Answer(200, SSE, dialect.stream(text, facts)))
        return self._given_instead(Answer(200, JSON, dialect.answer(text, facts)))

    def _refuse(self, status: int, fault: DetenteError) -> Answer:
        self._outcome = "refused"
        code = fault.code.replace("-", "_")
        return self._given_instead(Answer(status, JSON, self._endpoint.dialect.error(status, str(fault), code)))

    def _given_instead(self, answer: Answer) -> Answer:
        self.done, self._given = True, len(answer.body)
        return answer

    def response_headers(self, status: int, media: str) -> None:
        """The head of the upstream's answer; `media` is its content type. Its body must come without content encoding."""
        policy, scanner, self.status = self._inspector.policy, self._inspector.scanner, status
        inspector = self._inspector
        watching = Inspector(inspector.scanner, policy, inspector.scope, inspector.key, answer=True)
        self._watch = Watch(
            watching, self.hidden, holds=policy.holds(scanner.kinds), scans=self._endpoint.talks and status < 400
        )
        kind = media.partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            self._stream = Stream(self._endpoint.dialect, self._watch)
        self._whole = kind == JSON

    def feed(self, data: bytes) -> bytes:
        """Some of the answer's body; returns what may be sent. When `done` is true, the rest of it is not wanted."""
        self._came += len(data)
        self._answer.update(data)
        if self._stream:
            sent = self._stream.feed(data)
            self.done = self._stream.done
        else:
            self._body.append(data)
            sent = self._overflow() if self._came > LIMIT and not self.done else b""
        self._given += len(sent)
        return sent

    def close(self) -> bytes:
        """The end of the answer's body; returns the last bytes to send."""
        if self._stream:
            sent = self._stream.close()
        else:
            sent = b"" if self.done else self._complete(b"".join(self._body))
        self.done = True
        self._given += len(sent)
        return sent

    def _overflow(self) -> bytes:
        self._body.clear()
        return self._unreadable(f"The answer has more than {LIMIT} bytes.", "gateway_size")

    def _unreadable(self, why: str, code: str) -> bytes:
        """What the client gets in place of an answer that is not passed on."""
        self.done, self.status = True, 502
        return self._endpoint.dialect.error(502, why, code)

    def _complete(self, body: bytes) -> bytes:
        """An answer in one piece. One that is no JSON (a proxy's error page) is put together as plain text."""
        if not self._whole or not self._watch:
            return restore(body, self.hidden)
        try:
            self._usage = self._endpoint.dialect.usage(body) or self._usage
            after, blocked = whole(body, self._watch)
            if self._watch.scans:
                self._watch.code += lines.answer(body)
        except UNREADABLE as fault:
            return self._unreadable(reason(fault), "detente_answer")
        if blocked:
            facts = Facts(self.model, self._prompt[:24], self._now)
            return self._endpoint.dialect.answer(notice.stopped(blocked).strip(), facts)
        return after

    @property
    def usage(self) -> Usage:
        """The tokens the vendor has counted by now."""
        return self._stream.usage if self._stream else self._usage

    def record(self) -> Record:
        """The facts so far."""
        watch = self._watch
        unscanned = self._unscanned | watch.unscanned if watch else self._unscanned
        return Record(
            endpoint=self._endpoint.name,
            policy=self._inspector.policy.version,
            model=self.model,
            streamed=self.streamed,
            outcome=self._outcome,
            asked=self._asked,
            sent=self._sent,
            came=self._came,
            given=self._given,
            prompt=self._prompt,
            answer=self._answer.hexdigest(),
            findings=_distinct([*self._findings, *watch.findings] if watch else self._findings),
            usage=self.usage,
            hidden=len(self.hidden),
            unscanned=tuple(sorted(unscanned)) if unscanned else (),
            lines=lines.fingerprints(watch.code, self._inspector.key) if watch and watch.code else b"",
        )


def _distinct(found: list[Finding]) -> tuple[Finding, ...]:
    """One of each secret under each rule and action; what is allowed is not worth a word."""
    if not found:
        return ()
    told = {(one.kind, one.rule, one.action, one.digest): one for one in found if one.action != "allow"}
    return tuple(told.values())


def _quietly(finding: Finding) -> Finding:
    """What is in the history was refused once; now it is hidden, and the conversation goes on."""
    return replace(finding, action="redact") if finding.action == "block" else finding
