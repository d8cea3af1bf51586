"""Records looked through, texts opened by who may, all of it removed in time; on both databases."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs
from sqlalchemy import text

from detente.flows import log
from detente.flows.record import Recorder
from detente.flows.shipping import FOLDER
from detente.flows.tenancy import KEY, secret
from detente.flows.workspace import Workspace
from detente.gateway.lines import fingerprints
from detente.gateway.record import Course
from detente.model.errors import DetenteError
from detente.store import exchanges, ledger
from detente.store.journal import Journal
from gateway.callers import caller, record

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEEPS = timedelta(days=1)


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    """Three exchanges, an hour apart; the texts of the last are kept for a day."""
    journal = Journal(workspace.folder / FOLDER, "one")
    recorder, found = Recorder(journal), []
    key = secret(workspace, "acme", NOON)
    for hour, (tool, keeps_s) in enumerate([("cursor", 0.0), ("codex", 0.0), ("codex", KEEPS.total_seconds())]):
        who = caller(keeps_s=keeps_s)
        who = replace(who, key=key, scope=replace(who.scope, tool=tool))
        entry = recorder.open(who, NOON.timestamp() + hour * 3600)
        entry.leaves(record(), b"the prompt")
        entry.ends(record(), None, Course(200, 0.5, 0.1, "main"), b"the answer")
        found.append(entry.id)
    journal.close()
    log.bring(workspace, NOON)
    return found


def found(
    workspace: Workspace, since: datetime | None = None, before: str = "", limit: int = 9, **wanted: str
) -> list[str]:
    return [one.id for one in log.find(workspace, wanted, since=since, before=before, limit=limit)]


def test_records_are_found_newest_first_and_page_by_page(workspace: Workspace, ids: list[str]) -> None:
    first, second, third = ids
    assert found(workspace) == [third, second, first]
    assert found(workspace, limit=2) == [third, second]
    assert found(workspace, before=second) == [first]
    assert found(workspace, tool="codex") == [third, second]
    assert found(workspace, person="eve@acme.example") == []
    assert found(workspace, since=NOON + timedelta(hours=1)) == [third, second]


def test_one_is_shown_by_the_beginning_of_its_id(workspace: Workspace, ids: list[str]) -> None:
    one, entry = log.show(workspace, ids[1][:15])
    assert one.id == ids[1]
    assert ledger.records(workspace.engine, after=entry - 1, limit=1)[0].kind == exchanges.BATCH
    for name in ("x-", "x-f"):
        with pytest.raises(DetenteError) as caught:
            log.show(workspace, name)
        assert caught.value.code == "no-record"


def test_kept_texts_open_with_the_key_and_the_ledger_says_who_looked(workspace: Workspace, ids: list[str]) -> None:
    one, _ = log.show(workspace, ids[2])
    texts = log.reveal(workspace, one, person="eve", now=NOON)
    assert (texts.sent, texts.came) == (b"the prompt", b"the answer")
    (told,) = ledger.records(workspace.engine, kind=log.REVEALED)
    assert (told.subject, told.body) == (ids[2], {"by": "eve"})
    (workspace.folder / KEY).unlink()
    with pytest.raises(DetenteError) as caught:
        log.reveal(workspace, one, person="eve", now=NOON)
    assert caught.value.code == "tenant-key"
    assert len(ledger.records(workspace.engine, kind=log.REVEALED)) == 1


def test_what_was_not_kept_or_is_over_cannot_be_opened(workspace: Workspace, ids: list[str]) -> None:
    for name, at in ((ids[0], NOON), (ids[2], NOON + timedelta(hours=2) + KEEPS)):
        one, _ = log.show(workspace, name)
        with pytest.raises(DetenteError) as caught:
            log.reveal(workspace, one, person="eve", now=at)
        assert caught.value.code == "no-text"


CODE = b"def total(prices):\n    return sum(prices, start=0)\n"


def test_a_line_is_found_in_the_answer_it_stood_in_and_by_its_own_tenants_key(workspace: Workspace) -> None:
    journal = Journal(workspace.folder / FOLDER, "one")
    key = secret(workspace, "acme", NOON)
    answer = json.dumps({"content": [{"type": "text", "text": f"```\n{CODE.decode()}```"}]}).encode()
    made = structs.replace(record(answer=answer), lines=fingerprints([CODE], key))
    for hour, facts in enumerate((made, made, record())):
        entry = Recorder(journal).open(replace(caller(), key=key), NOON.timestamp() + hour * 3600)
        entry.leaves(record())
        entry.ends(facts, None, Course(200, 0.5, 0.1, "main"))
    journal.close()
    log.bring(workspace, NOON)
    _, newest, _ = reversed(found(workspace))
    told = log.made(workspace, b"import os\n\n\tdef total( prices ) :\n\treturn sum(prices,  start=0),\n", since=None)
    assert {number: one.id for number, one in told.items()} == {4: newest}
    assert log.made(workspace, CODE, since=NOON + timedelta(hours=2)) == {}
    (workspace.folder / KEY).unlink()
    with pytest.raises(DetenteError) as caught:
        log.made(workspace, CODE, since=None)
    assert caught.value.code == "tenant-key"


def test_what_is_over_is_deleted_and_the_ledger_still_verifies(workspace: Workspace, ids: list[str]) -> None:
    assert log.prune(workspace, NOON) == (0, 0)
    assert log.prune(workspace, NOON + timedelta(hours=2) + KEEPS) == (0, 1)
    with workspace.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sealed")).scalar() == 0
    assert log.prune(workspace, NOON + timedelta(days=5000)) == (3, 0)
    assert found(workspace) == []
    assert exchanges.verify(workspace.engine) == exchanges.Report(0)
    kinds = [entry.kind for entry in ledger.records(workspace.engine)]
    assert kinds[-2:] == [exchanges.ERASED, exchanges.PRUNED]
