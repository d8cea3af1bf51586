"""A worker's gatekeeper over a real workspace, on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from detente.flows import keys, secrets
from detente.flows.tenancy import Tenancy, open_gatekeeper, secret
from detente.flows.workspace import Workspace
from detente.gateway.admission import Ask, Caller, Reservation, ShortError
from detente.gateway.dialects.dialect import Usage
from detente.gateway.inspect import Inspected
from detente.model.errors import DetenteError
from detente.model.key import Grant
from detente.store import ledger

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCORD = "accord: 3\norganisation: Acme\ncurrency: EUR\ntimezone: Europe/Berlin\nai: {{gateway: {{budgets: {{{}}}}}}}\n"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANN = Grant(tenant="acme", person="ann@acme.example", squad="pay", tool="claude-code", data="internal")
ASK = Ask(endpoint="chat", model="house", prompt=1000, answer=100)  # 0.2 EUR at most


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    @property
    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(workspace: Workspace) -> Callable[[str], Workspace]:
    """The workspace under an accord with these budgets, and a model at 100 EUR a million read and 1,000 written."""
    workspace.folder.mkdir(parents=True, exist_ok=True)
    (workspace.folder / "prices.yaml").write_text("models: {house: {read: 100 EUR, written: 1000 EUR}}")

    def ruled(budgets: str) -> Workspace:
        (workspace.folder / "accord.yaml").write_text(ACCORD.format(budgets))
        return workspace

    return ruled


def opened(workspace: Workspace, clock: Clock, **more: str) -> Tenancy:
    return open_gatekeeper(workspace, clock, patience_s=0, **more)


def known(workspace: Workspace, clock: Clock, grant: Grant = ANN, lasts: timedelta = DAY) -> bytes:
    return keys.issue(workspace, grant, lasts=lasts, issuer="eve", at=clock.now)[0].encode()


def reserved(keeper: Tenancy, caller: Caller, clock: Clock, ask: Ask = ASK) -> Reservation:
    """What a server does: ask, renew when short, ask again."""
    for _ in range(3):
        try:
            return keeper.reserve(caller, ask, clock.seconds)
        except ShortError:
            keeper.renew()
    raise AssertionError("short for ever")


def refused(keeper: Tenancy, caller: Caller, clock: Clock, ask: Ask = ASK) -> DetenteError:
    with pytest.raises(DetenteError) as caught:
        reserved(keeper, caller, clock, ask)
    return caught.value


def test_a_key_is_its_callers_until_it_ends(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    assert (caller.tenant, caller.person, caller.squad) == ("acme", "ann@acme.example", "pay")
    assert (caller.scope.tool, caller.scope.data, caller.policy.version) == ("claude-code", "internal", "accord 3")
    assert len(caller.key) == 32
    assert key.decode() not in repr(caller)
    clock.now += DAY
    with pytest.raises(DetenteError, match="expired at 2026-11-26 12:00 UTC") as caught:
        keeper.identify(key, clock.seconds)
    assert caught.value.code == "gateway-key"


def test_a_withdrawn_key_ends_with_the_next_renewal(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    keys.withdraw(workspace, caller.name, person="eve", reason="lost", at=clock.now)
    keeper.renew()
    for use in (lambda: keeper.identify(key, clock.seconds), lambda: keeper.reserve(caller, ASK, clock.seconds)):
        with pytest.raises(DetenteError, match="was withdrawn") as caught:
            use()
        assert caught.value.code == "gateway-key"


def test_a_mistake_in_the_accord_does_not_keep_a_withdrawn_key_alive(
    house: Callable[[str], Workspace], clock: Clock
) -> None:
    workspace = house("per_user_per_day: 20 EUR")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    name = keeper.identify(key, clock.seconds).name
    keys.withdraw(workspace, name, person="eve", reason="", at=clock.now)
    house("per_user_per_year: 20 EUR")
    with pytest.raises(DetenteError, match="per_user_per_year"):
        keeper.renew()
    with pytest.raises(DetenteError, match="withdrawn"):
        keeper.identify(key, clock.seconds)


def test_a_rotated_key_overlaps_and_keeps_its_budget(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_key_per_day: 0.3 EUR")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    old = keeper.identify(key, clock.seconds)
    reserved(keeper, old, clock)
    text, made = keys.rotate(workspace, old.name, lasts=DAY, overlap=HOUR, issuer="eve", at=clock.now)
    keeper.renew()
    new = keeper.identify(text.encode(), clock.seconds)
    assert keeper.identify(key, clock.seconds).name == old.name
    assert (new.name, new.person, made.family) == (made.name, old.person, old.name)
    assert refused(keeper, new, clock).code == "gateway-budget"
    clock.now += HOUR
    with pytest.raises(DetenteError, match="expired"):
        keeper.identify(key, clock.seconds)
    assert keeper.identify(text.encode(), clock.seconds)


@pytest.mark.parametrize("text", [b"", b"dk-abc", b"sk-ant-" + b"x" * 40, b"\xff", b"first-"])
def test_nobody_else_is_let_in(house: Callable[[str], Workspace], clock: Clock, text: bytes) -> None:
    keeper = opened(house(""), clock, bootstrap="first")
    with pytest.raises(DetenteError) as caught:
        keeper.identify(text, clock.seconds)
    assert caught.value.code == "gateway-key"
    assert keeper.identify(b"first", clock.seconds).name == "bootstrap"
    with pytest.raises(DetenteError):
        keeper.identify(b"first", clock.seconds + 86_400)


def test_an_exchange_takes_its_worst_case_and_pays_what_it_used(
    house: Callable[[str], Workspace], clock: Clock
) -> None:
    workspace = house("per_user_per_day: 1 EUR")
    caller_key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(caller_key, clock.seconds)
    held = [reserved(keeper, caller, clock) for _ in range(5)]
    assert {(one.amount, one.currency) for one in held} == {(Decimal("0.2"), "EUR")}
    told = refused(keeper, caller, clock)
    assert told.code == "gateway-budget"
    assert "per_user_per_day (accord 3) allows 1 EUR; 0.2 EUR" in told.why
    assert "2026-11-26 00:00 CET" in told.why
    paid = keeper.settle(held[0], Usage(100, 10), clock.seconds)
    assert (paid.amount, paid.currency, paid.known) == (Decimal("0.02"), "EUR", True)
    keeper.release(held[1], clock.seconds)
    keeper.release(held[1], clock.seconds)
    assert reserved(keeper, caller, clock).amount == Decimal("0.2")
    assert refused(keeper, caller, clock).code == "gateway-budget"


def test_an_unknown_price_is_not_nothing(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 1 EUR")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    ask = Ask(endpoint="chat", model="mystery", prompt=0, answer=20_000)
    held = reserved(keeper, caller, clock, ask)
    paid = keeper.settle(held, Usage(1, 1), clock.seconds)
    assert (paid.amount, paid.known) == (held.amount, False) == (Decimal("0.6"), False)
    assert "prices.yaml" in refused(keeper, caller, clock, ask).do
    known_price = reserved(keeper, caller, clock)
    assert keeper.settle(known_price, Usage(5, -1), clock.seconds).known is False


def test_counting_tokens_is_free_but_not_boundless(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 0 EUR, requests_per_minute: 3")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    ask = Ask(endpoint="count_tokens", model="mystery", prompt=10**6)
    for _ in range(3):
        paid = keeper.settle(reserved(keeper, caller, clock, ask), Usage(), clock.seconds)
        assert (paid.amount, paid.known) == (0, True)
    assert refused(keeper, caller, clock, ask).code == "gateway-rate"
    clock.now += timedelta(minutes=1)
    assert reserved(keeper, caller, clock, ask)


def test_every_choice_is_paid_for(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    for answer, choices, most in ((100, 1, "0.1"), (100, 3, "0.3"), (-1, 1, "32"), (-1, 4, "128")):
        ask = Ask(endpoint="chat", model="house", prompt=0, answer=answer, choices=choices)
        assert keeper.reserve(caller, ask, clock.seconds).amount == Decimal(most)


def test_tokens_in_a_minute(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("tokens_per_minute: 2000")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    keeper.settle(reserved(keeper, caller, clock), Usage(300, 50), clock.seconds)
    reserved(keeper, caller, clock)
    told = refused(keeper, caller, clock)
    assert told.code == "gateway-rate"
    assert "2000 tokens" in told.why


def test_a_key_is_for_its_models(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("")
    key = known(workspace, clock, Grant(tenant="acme", models=("gpt-5*", "house")))
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    assert reserved(keeper, caller, clock)
    told = refused(keeper, caller, clock, Ask(endpoint="chat", model="claude-opus-5", prompt=1, answer=1))
    assert (told.code, told.why) == ("gateway-model", "this key is for gpt-5*, house.")


def test_days_and_months_begin_in_the_accords_zone(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 0.2 EUR, per_squad_per_month: 0.6 EUR")
    key = known(workspace, clock, lasts=timedelta(days=30))
    clock.now = datetime(2026, 11, 29, 22, 59, tzinfo=UTC)  # 23:59 in Berlin
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    held = reserved(keeper, caller, clock)
    assert "per_user_per_day" in refused(keeper, caller, clock).why
    clock.now += timedelta(minutes=1)
    keeper.settle(held, Usage(1000, 100), clock.seconds)  # counts in the day it began
    keeper.settle(reserved(keeper, caller, clock), Usage(1000, 100), clock.seconds)
    clock.now -= timedelta(minutes=1)  # a clock that is put back finds the day as it left it
    assert "per_user_per_day" in refused(keeper, caller, clock).why
    clock.now += timedelta(hours=23)
    assert "per_user_per_day" in refused(keeper, caller, clock).why
    clock.now += timedelta(hours=1, minutes=1)  # the first of December
    keeper.settle(reserved(keeper, caller, clock), Usage(1000, 100), clock.seconds)


def test_a_new_accord_and_new_prices_hold_from_the_next_renewal(
    house: Callable[[str], Workspace], clock: Clock
) -> None:
    workspace = house("per_user_per_day: 0.3 EUR")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    reserved(keeper, caller, clock)
    assert refused(keeper, caller, clock).code == "gateway-budget"
    house("per_user_per_day: 0.5 EUR")
    (workspace.folder / "prices.yaml").write_text("models: {house: {read: 0 EUR, written: 3000 EUR}}")
    keeper.renew()
    clock.now += timedelta(seconds=6)
    assert reserved(keeper, keeper.identify(key, clock.seconds), clock).amount == Decimal("0.3")


def test_a_changed_accord_forgets_what_was_decided_even_under_the_same_number(
    house: Callable[[str], Workspace], clock: Clock
) -> None:
    workspace = house("")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    before = keeper.identify(key, clock.seconds)
    before.cache[b"digest"] = Inspected()
    keeper.renew()
    assert keeper.identify(key, clock.seconds).cache is before.cache
    accord = workspace.folder / "accord.yaml"
    accord.write_text(accord.read_text().replace("budgets: {}", "prompts: {secrets: block}"))
    keeper.renew()
    after = keeper.identify(key, clock.seconds)
    assert after.policy.version == before.policy.version
    assert after.policy != before.policy
    assert list(after.cache) == []


def test_a_model_with_an_endless_name_is_nobodys(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 10 EUR")
    key = known(workspace, clock, Grant(tenant="acme", person="ann", models=("*a*b*c*d*", "house")))
    keeper = opened(workspace, clock)
    caller = keeper.identify(key, clock.seconds)
    for name in ("/" * 10**6 + "\n", "abc" * 10**6, "house" + " " * 300):
        told = refused(keeper, caller, clock, Ask(endpoint="chat", model=name, prompt=1, answer=1))
        assert told.code == "gateway-model"
        assert len(str(told)) < 1000


def test_what_a_worker_does_not_use_goes_back(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 0.4 EUR")
    key = known(workspace, clock)
    one, two, three = (opened(workspace, clock) for _ in range(3))
    caller = one.identify(key, clock.seconds)
    one.settle(reserved(one, caller, clock), Usage(100, 10), clock.seconds)  # 0.02 used, 0.18 idle
    two.settle(reserved(two, caller, clock), Usage(100, 10), clock.seconds)
    assert refused(three, caller, clock).code == "gateway-budget"
    one.close()
    two.renew()  # somebody ran short: what two holds idle goes back too
    clock.now += timedelta(seconds=6)
    reserved(three, caller, clock)
    held = held_in(workspace)
    assert held["per_user_per_day"] == 10**9 * Decimal("0.24")


def test_what_a_dead_worker_held_is_spent(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 0.6 EUR")
    key = known(workspace, clock)
    dead, alive = opened(workspace, clock), opened(workspace, clock)
    caller = dead.identify(key, clock.seconds)
    dead.settle(reserved(dead, caller, clock), Usage(0, 0), clock.seconds)
    del dead
    for _ in range(2):
        reserved(alive, caller, clock)
    clock.now += timedelta(seconds=30)
    assert refused(alive, caller, clock).code == "gateway-budget"
    clock.now += DAY - HOUR
    assert reserved(alive, caller, clock)


def test_an_idle_share_goes_back_after_a_minute(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("per_user_per_day: 0.3 EUR")
    key = known(workspace, clock)
    keeper = opened(workspace, clock)
    keeper.settle(reserved(keeper, keeper.identify(key, clock.seconds), clock), Usage(100, 10), clock.seconds)
    clock.now += timedelta(seconds=61)
    keeper.renew()
    assert held_in(workspace)["per_user_per_day"] == 20_000_000
    reserved(keeper, keeper.identify(key, clock.seconds), clock)
    assert held_in(workspace)["per_user_per_day"] == 220_000_000


def test_a_tenants_secret_is_its_own_and_wrapped(
    house: Callable[[str], Workspace], clock: Clock, tmp_path: Path
) -> None:
    workspace = house("")
    acme, other = (secret(workspace, name, clock.now) for name in ("acme", "other"))
    assert acme == secret(workspace, "acme", clock.now) != other
    assert (workspace.folder / "tenant.key").stat().st_mode & 0o777 == 0o600
    with workspace.engine.connect() as connection:
        kept = dict(connection.execute(text("SELECT name, secret FROM tenant")).all())
    assert acme not in bytes(kept["acme"])
    key = (workspace.folder / "tenant.key").read_bytes()
    with pytest.raises(DetenteError, match="wrapped under another key"):  # swapped rows do not open either
        secrets.opened(key, "other", bytes(kept["acme"]), tmp_path)
    (workspace.folder / "tenant.key").write_bytes(bytes(32))
    with pytest.raises(DetenteError) as caught:
        secret(workspace, "acme", clock.now)
    assert caught.value.code == "tenant-key"


def test_the_ledger_tells_the_life_of_a_key_and_never_the_key(house: Callable[[str], Workspace], clock: Clock) -> None:
    workspace = house("")
    key = known(workspace, clock)
    name = opened(workspace, clock).identify(key, clock.seconds).name
    text_, made = keys.rotate(workspace, name, lasts=DAY, overlap=HOUR, issuer="eve", at=clock.now)
    keys.withdraw(workspace, made.name, person="mallory", reason="stolen", at=clock.now)
    keys.withdraw(workspace, made.name, person="mallory", reason="again", at=clock.now)
    found = ledger.records(workspace.engine)
    assert [(one.kind, one.subject) for one in found] == [
        ("key-issued", name),
        ("key-issued", made.name),
        ("key-rotated", name),
        ("key-withdrawn", made.name),
    ]
    assert found[0].body["person"] == "ann@acme.example"
    assert (found[3].body["by"], found[3].body["reason"]) == ("mallory", "stolen")
    assert not any(each in str(found) for each in (key.decode(), text_))


@pytest.mark.parametrize(
    "grant, lasts, why",
    [
        (Grant(tenant=""), DAY, "tenant"),
        (Grant(tenant="acme", data="secret"), DAY, "secret is no class"),
        (Grant(tenant="acme", person="a\nb"), DAY, "cannot be printed"),
        (Grant(tenant="acme"), timedelta(0), "must end"),
        (Grant(tenant="acme"), timedelta(days=367), "must end"),
        (Grant(tenant="acme", squad="pya"), DAY, "pya is no squad of the estate .pay."),
    ],
)
def test_a_key_must_make_sense(
    house: Callable[[str], Workspace], clock: Clock, grant: Grant, lasts: timedelta, why: str
) -> None:
    workspace = house("")
    (workspace.folder / "estate.yaml").write_text("squads: [{id: pay}]")
    with pytest.raises(DetenteError, match=why) as caught:
        keys.issue(workspace, grant, lasts=lasts, issuer="eve", at=clock.now)
    assert caught.value.code == "key-terms"


def held_in(workspace: Workspace) -> dict[str, Decimal]:
    """What all workers hold, by the limit's name."""
    with workspace.engine.connect() as connection:
        rows = connection.execute(text("SELECT account, held FROM budget")).all()
    return {account.split('"')[1]: Decimal(held) for account, held in rows}
