"""A streamed answer: every event goes on as it came, in order, once its texts are decided; only texts that change are written anew.

One queue keeps the order, so that no event is invented, lost or renumbered: what is held back is whole events, never more than
the policy makes wait. Pings and comments wait for nobody.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from detente.gateway import notice, sse
from detente.gateway.dialects.dialect import EVERY, POLICY, Channel, Dialect, Event, Part, Usage
from detente.gateway.running import Running, Watch
from detente.gateway.spans import leaves, malformed, quoted, splice
from detente.gateway.whole import UNREADABLE, reason, whole

LIMIT = 1 << 20
"""Bytes that may wait. Only texts that interleave and never end get there: such a stream is stopped."""


@dataclass(slots=True)
class _Item:
    """An event on its way, and where its pieces begin in their texts."""

    raw: bytes
    pieces: tuple[tuple[Running, int, Part], ...] = ()

    def ready(self) -> bool:
        return all(text.decided >= start + len(part.text) for text, start, part in self.pieces)


class Stream:
    """One answer in server-sent events. `feed` what arrives, send what it returns, `close` at the end."""

    def __init__(self, dialect: Dialect, watch: Watch) -> None:
        self.usage = Usage()
        self.done = False
        self._dialect, self._watch = dialect, watch
        self._frames = sse.Frames()
        self._texts: dict[Channel, Running] = {}
        self._queue: deque[_Item] = deque()
        self._waiting = 0
        self._out: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        """What may be sent now. After `done` it is nothing: the rest of the answer is not wanted."""
        return self._guarded(lambda: self._take(self._frames.feed(chunk)))

    def close(self) -> bytes:
        """What is left. Half an event is dropped: no client could read it, and nobody has looked at it."""
        return self._guarded(self._finish)

    def _guarded(self, step: Callable[[], None]) -> bytes:
        """What cannot be read is not passed on: the stream ends with an error in the client's dialect."""
        if self.done:
            return b""
        try:
            step()
        except UNREADABLE as fault:
            self._stop(self._dialect.fault(reason(fault), "detente_stream"))
        sent, self._out = b"".join(self._out), []
        return sent

    def _finish(self) -> None:
        if (rest := self._frames.close()) and sse.data(rest) is not None and rest.endswith((b"\n", b"\r")):
            self._take([rest])
        self._end((EVERY,))
        self._release()
        self.done = True

    def _take(self, events: list[bytes]) -> None:
        for raw in events:
            content = sse.data(raw)
            if self.done:
                return
            if content is None:
                self._overtake(raw)
            else:
                self._event(raw, content)
        self._release()

    def _overtake(self, raw: bytes) -> None:
        """Send what waits for nobody: behind all that can go, before all that cannot yet."""
        self._release()
        self._out.append(raw)

    def _event(self, raw: bytes, content: bytes) -> None:
        content.decode()
        event = self._dialect.event(content)
        if event.usage:
            self.usage = event.usage.after(self.usage)
        if not (self._queue or self._watch.waits):
            self._pass(raw, content, event)
            return
        if event.parts:
            self._queue.append(_Item(raw, tuple([self._append(part) for part in event.parts])))
        self._end(event.ends)
        if event.aside:
            self._overtake(raw)
            return
        if not event.parts:
            self._queue.append(_Item(self._whole(raw, content) if event.whole else raw))
        self._waiting += len(raw)

    def _pass(self, raw: bytes, content: bytes, event: Event) -> None:
        """Where nothing of an answer can change, an event goes at once, and is scanned when there is enough to scan."""
        for part in event.parts:
            self._append(part)
        self._end(event.ends)
        self._out.append(self._whole(raw, content) if event.whole and not event.parts else raw)

    def _append(self, part: Part) -> tuple[Running, int, Part]:
        text = self._texts.get(part.channel)
        if text is None:
            text = self._texts[part.channel] = Running(self._watch, _place(part), part.escaped)
        return text, text.add(part.text), part

    def _whole(self, raw: bytes, content: bytes) -> bytes:
        """An event that says something at once, perhaps what was streamed before."""
        after, blocked = whole(content, self._watch)
        if blocked:
            self._release(hard=True)
            self._stop(self._dialect.fault(notice.stopped(blocked), POLICY))
        return raw if after == content else sse.replaced(raw, after)

    def _end(self, groups: tuple[int, ...]) -> None:
        if not groups:
            return
        for channel in [name for name in self._texts if EVERY in groups or name[0] in groups]:
            self._texts.pop(channel).settle(ended=True)

    def _release(self, *, hard: bool = False) -> None:
        """Send what is decided, from the front; stop at a text that may not go on."""
        for text in self._texts.values():
            text.settle()
        if hard or self._watch.stopped:
            self._end((EVERY,))
        while self._queue and not self.done and self._queue[0].ready():
            item = self._queue.popleft()
            self._waiting -= len(item.raw)
            self._send(item)
        if self._waiting > LIMIT and self._queue:
            raise malformed(f"{LIMIT} bytes wait for texts that do not end")

    def _send(self, item: _Item) -> None:
        changed = {}
        stopped = None
        for text, start, part in item.pieces:
            after = text.written(start, part.text)
            if after != part.text:
                changed[part.path] = after
            if text.cut is not None and text.cut < start + len(part.text):
                stopped = part
        if not stopped or any(changed.values()):
            self._out.append(_changed(item.raw, changed) if changed else item.raw)
        if stopped:
            note = notice.stopped(self._watch.findings)
            self._stop(self._dialect.cut(note, stopped, sse.data(item.raw) or b"{}"))

    def _stop(self, last: bytes) -> None:
        if not self.done:
            self._out.append(last)
        for text in self._texts.values():
            text.note()
        self.done = True
        self._queue.clear()
        self._texts.clear()


def _place(part: Part) -> str:
    return "tool arguments" if part.escaped else str(part.path[-1])


def _changed(raw: bytes, changed: dict[tuple[str | int, ...], bytes]) -> bytes:
    """The event with other strings at some paths; every other byte stays."""
    content = sse.data(raw) or b""
    edits = [
        (leaf.start, leaf.end, quoted(changed[leaf.path]))
        for leaf in leaves(content, (0, len(content)))
        if leaf.path in changed
    ]
    return sse.replaced(raw, splice(content, edits))
