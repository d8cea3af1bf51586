"""Writing an exchange down before it leaves and before it ends; what happens when the disk refuses."""

import errno
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest

from detente.flows import secrets
from detente.flows.record import MOST, Recorder, Texts, sealing
from detente.gateway import record as lines
from detente.gateway.record import Begun, Course, Ended, Lost, Sealed
from detente.model.errors import DetenteError
from gateway.callers import KEY, caller, record

NOW = 1_795_700_000.25
DONE = Course(200, 0.5, 0.1, "main")


@dataclass
class Disk:
    """A journal that can be full."""

    full: bool = False
    written: list[lines.Line] = field(default_factory=list)

    def write(self, line: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.written.append(lines.read(line))


def test_an_exchange_is_written_before_it_leaves_and_before_it_ends() -> None:
    disk = Disk()
    entry = Recorder(disk).open(caller(), NOW)
    entry.leaves(record())
    entry.leaves(record())
    assert [type(line) for line in disk.written] == [Begun]
    entry.ends(record(), None, DONE)
    begun, ended = disk.written
    assert isinstance(ended, Ended)
    assert ended.id == begun.id == entry.id  # type: ignore[union-attr]  # seen above
    assert ended.outcome == "passed"


def test_without_a_record_nothing_leaves_and_nothing_ends_well() -> None:
    disk = Disk(full=True)
    entry = Recorder(disk).open(caller(), NOW)
    with pytest.raises(DetenteError, match="No space left on device") as caught:
        entry.leaves(record())
    assert caught.value.code == "gateway-record"
    entry.ends(record(), None, Course(503, 0.1, code="gateway-record"))  # the refusal itself may go unrecorded
    disk.full = False
    entry.leaves(record())
    disk.full = True
    with pytest.raises(DetenteError):
        entry.ends(record(), None, DONE)
    entry.ends(record(), None, DONE, whole=False)


def test_where_the_accord_goes_on_without_what_was_lost_is_counted_and_told() -> None:
    disk = Disk(full=True)
    recorder = Recorder(disk)
    entry = recorder.open(caller(recorded=False), NOW)
    entry.leaves(record())
    entry.ends(record(), None, DONE)
    disk.full = False
    recorder.open(caller(recorded=False), NOW).leaves(record())
    assert [type(line) for line in disk.written] == [Lost, Begun]
    assert disk.written[0] == Lost(v=1, at=datetime.fromtimestamp(NOW, UTC), n=2)
    assert recorder.lost == 0


def test_texts_are_kept_only_where_the_accord_says_so_and_only_sealed() -> None:
    disk = Disk()
    for policy in ({}, {"keeps_s": 3600.0}):
        entry = Recorder(disk).open(caller(**policy), NOW)
        assert entry.keeps == bool(policy)
        entry.leaves(record(), b"the prompt")
        entry.ends(record(), None, DONE, b"the answer" * MOST)
    assert [type(line) for line in disk.written] == [Begun, Ended, Begun, Sealed, Ended]
    sealed = disk.written[3]
    assert isinstance(sealed, Sealed)
    assert (sealed.id, sealed.until.timestamp()) == (entry.id, NOW + 3600)
    assert b"prompt" not in sealed.text
    opened = msgspec.msgpack.decode(secrets.opened(sealing(KEY), entry.id, sealed.text, __file__), type=Texts)  # type: ignore[arg-type]  # shown in errors alone
    assert (opened.sent, len(opened.came)) == (b"the prompt", MOST)


def test_what_was_never_sent_is_not_kept() -> None:
    disk = Disk()
    Recorder(disk).open(caller(keeps_s=60.0), NOW).ends(record(), None, Course(200, 0.1))
    assert [type(line) for line in disk.written] == [Ended]
