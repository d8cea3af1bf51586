"""The gateway's records: looked through, opened by who may, removed when their time is over."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from detente.flows import secrets
from detente.flows.record import Texts, sealing
from detente.flows.shipping import FOLDER, Shipper
from detente.flows.tenancy import KEY
from detente.flows.workspace import Workspace
from detente.gateway import record as lines
from detente.gateway.lines import SHORTEST, apart, digest, norm
from detente.gateway.record import Ended
from detente.model.errors import DetenteError
from detente.store import exchanges, keys, ledger
from detente.store.ledger import Entry

_PAGE = 1000
REVEALED = "text-revealed"
"""The kind of the ledger's entry for texts that somebody has opened."""


def bring(workspace: Workspace, now: datetime) -> None:
    """Take in what journals still hold, where no gateway does it."""
    shipper = Shipper(workspace.engine, workspace.folder / FOLDER)
    shipper.turn(now)
    shipper.close()


def find(
    workspace: Workspace, wanted: dict[str, str], *, since: datetime | None, before: str, limit: int
) -> Sequence[Ended]:
    """Records, newest first; `wanted` names what must be equal, `before` is the id after which the next page begins."""
    start = lines.since(since.timestamp()) if since else ""
    found = exchanges.find(workspace.engine, since=start, before=before, limit=limit, **wanted)
    return [lines.whole(line) for line in found]


def show(workspace: Workspace, name: str) -> tuple[Ended, int]:
    """The record whose id begins so, and the ledger's entry that stands for it. Errors: `no-record` for none or several."""
    found = exchanges.named(workspace.engine, name)
    if len(found) != 1:
        why = f"{'Several records have' if found else 'No record has'} an id that begins with {name!r}."
        do = "`detente gateway log` shows the newest; one that is a second old may not be there yet."
        raise DetenteError("No such record", why, do, code="no-record")
    line, entry = found[0]
    return lines.whole(line), entry


def made(workspace: Workspace, data: bytes, *, since: datetime | None) -> dict[int, Ended]:
    """Which lines of a file a model wrote, by their numbers from 1, and the newest exchange that brought each. Errors: `tenant-key`."""
    wanted: dict[str, dict[bytes, list[int]]] = {}
    found: dict[int, Ended] = {}
    for record in _all(workspace, since):
        if record.tenant not in wanted:
            wanted[record.tenant] = _digests(data, _secret(workspace, record.tenant))
        for one in apart(record.lines):
            for number in wanted[record.tenant].get(one, ()):
                found.setdefault(number, record)
    return dict(sorted(found.items()))


def _all(workspace: Workspace, since: datetime | None) -> Iterator[Ended]:
    """Every record that brought code, newest first."""
    before, page = "", _PAGE
    while page == _PAGE:
        some = find(workspace, {}, since=since, before=before, limit=_PAGE)
        yield from (one for one in some if one.lines)
        before, page = some[-1].id if some else "", len(some)


def _digests(data: bytes, key: bytes) -> dict[bytes, list[int]]:
    """The numbers of the lines of each digest."""
    found = defaultdict(list)
    for number, line in enumerate(map(norm, data.split(b"\n")), 1):
        if len(line) >= SHORTEST:
            found[digest(line, key)].append(number)
    return found


def reveal(workspace: Workspace, record: Ended, *, person: str, now: datetime) -> Texts:
    """What was sent and what came back, where it is kept. The ledger says who looked. Errors: `no-text`, `tenant-key`."""
    sealed = exchanges.sealed(workspace.engine, record.id)
    if sealed is None or sealed.until <= now:
        why = "Its texts were never kept, or their time is over (`ai.gateway.keep_prompts`, `ai.gateway.retention.texts`)."
        raise DetenteError(f"{record.id} has no texts", why, "What is not kept cannot be shown.", code="no-text")
    key = sealing(_secret(workspace, record.tenant))
    texts = secrets.opened(key, record.id, sealed.text, workspace.folder / KEY)
    with workspace.engine.begin() as connection:
        ledger.append(connection, [Entry(REVEALED, record.id, {"by": person})], now)
    return msgspec.msgpack.decode(texts, type=Texts)


def prune(workspace: Workspace, now: datetime) -> tuple[int, int]:
    """Remove what is older than the accord keeps it: how many records, and how many texts."""
    kept = workspace.accord.ai.gateway.retention
    oldest = lines.since((now - timedelta(seconds=kept.records.seconds)).timestamp())
    with workspace.engine.begin() as connection:
        texts = exchanges.erase(connection, now)
        return exchanges.prune(connection, oldest, now), texts


def _secret(workspace: Workspace, tenant: str) -> bytes:
    """The tenant's own key."""
    file, wrapped = workspace.folder / KEY, keys.tenant(workspace.engine, tenant)
    if not file.is_file() or wrapped is None:
        why = f"There is no {file}: the key of the tenants lies on the machines that run the gateway."
        do = "Copy it from there, or ask who runs the gateway."
        raise DetenteError("The records cannot be opened", why, do, code="tenant-key")
    return secrets.opened(file.read_bytes(), tenant, wrapped, file)
