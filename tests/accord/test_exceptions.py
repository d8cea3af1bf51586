"""Exceptions: two people, always an end, void when the facts change; and no way round by a row in a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.accord import signatures
from detente.accord.document import Accord, load
from detente.accord.exceptions import (
    NAMESPACE,
    Case,
    check,
    deny,
    fingerprint,
    identity,
    read,
    residual,
    sign,
    standing,
    text,
    void,
)
from detente.accord.selection import selection
from detente.model.errors import DetenteError
from detente.model.estate import Exposure
from detente.model.exception import Event, Reach, Request, Safeguard, Situation, State, Step

Key = tuple[bytes, str]
Keys = tuple[Key, Key]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = Request(
    accord="a" * 64,
    reach=Reach.FIX,
    of="x-1",
    findings=("f-2", "f-1"),
    reason="the vendor ships the patch in June",
    until=date(2026, 5, 1),
    requester="Sam",
    asked=NOW,
    loss_month=Decimal("120.500000"),
    currency="EUR",
    exposure=Exposure.INTERNAL,
    safeguard=Safeguard("waf", Decimal("0.5"), date(2026, 4, 1)),
)
QUIET = Situation(exposure=Exposure.INTERNAL)


def accord(
    keys: Keys, exceptions: str = "{}", names: tuple[str, str] = ("Ada", "Ben"), until: str = "2027-01-01"
) -> Accord:
    lines = [
        f"  {role}: {{name: {name}, until: {until}, key: {key[1]}}}"
        for role, name, key in zip(ROLES, names, keys, strict=True)
    ]
    head = f"accord: 1\norganisation: X\ncurrency: EUR\nexceptions: {exceptions}\nparties:\n"
    return load(head + "\n".join(lines) + "\n", "accord.yaml")


ROLES = ("cio", "ciso")


@pytest.fixture
def case(two_keys: Keys) -> Case:
    return Case(ASKED, (), accord(two_keys))


def armoured(request: Request, key: Key) -> str:
    return signatures.sign(text(request), key[0], namespace=NAMESPACE)


def signed(case: Case, role: str, key: Key, now: datetime = NOW) -> Case:
    return replace(case, events=(*case.events, sign(case, role, armoured(case.request, key), now)))


def refusal(code: str, call: Any, *arguments: Any) -> str:
    with pytest.raises(DetenteError) as caught:
        call(*arguments)
    assert caught.value.code == code
    return caught.value.why


def test_two_signatures_make_it_active(case: Case, two_keys: Keys) -> None:
    assert standing(case, NOW).state is State.REQUESTED
    once = signed(case, "ciso", two_keys[1])
    assert (standing(once, NOW).state, standing(once, NOW).missing) == (State.SIGNED, ("cio",))
    twice = signed(once, "cio", two_keys[0])
    assert (standing(twice, NOW).state, standing(twice, NOW).signed) == (State.ACTIVE, {"cio": "Ada", "ciso": "Ben"})


def test_it_ends_with_its_last_day(case: Case, two_keys: Keys) -> None:
    active = signed(signed(case, "cio", two_keys[0]), "ciso", two_keys[1])
    assert standing(active, datetime(2026, 5, 1, 23, 59, tzinfo=UTC)).state is State.ACTIVE
    assert standing(active, datetime(2026, 5, 2, tzinfo=UTC)).state is State.EXPIRED


def test_a_text_past_the_longest_ends_with_the_longest_whoever_signed_it(two_keys: Keys) -> None:
    endless = Case(replace(ASKED, until=date(2099, 1, 1)), (), accord(two_keys))
    active = signed(signed(endless, "cio", two_keys[0]), "ciso", two_keys[1])
    assert standing(active, datetime(2026, 5, 31, 23, tzinfo=UTC)).state is State.ACTIVE
    ended = standing(active, datetime(2026, 6, 1, tzinfo=UTC))
    assert (ended.state, ended.reason) == (State.EXPIRED, "it ended with 2026-05-31")


def test_who_asks_never_signs(two_keys: Keys) -> None:
    own = Case(replace(ASKED, requester="  ADA "), (), accord(two_keys))
    assert "Ada asked" in refusal("own-request", sign, own, "cio", armoured(own.request, two_keys[0]), NOW)
    slipped = Event(
        step=Step.SIGNED,
        at=NOW,
        role="cio",
        person="Ada",
        key=fingerprint(two_keys[0][1]),
        sshsig=armoured(own.request, two_keys[0]),
    )
    assert standing(replace(own, events=(slipped,)), NOW).signed == {}


def test_one_person_never_fills_two_roles(two_keys: Keys) -> None:
    one = Case(ASKED, (), accord(two_keys, names=("Ada", "ada")))
    once = signed(one, "cio", two_keys[0])
    assert "one person" in refusal("exception-state", sign, once, "ciso", armoured(ASKED, two_keys[1]), NOW)


def test_one_key_never_signs_for_the_other_role(case: Case, two_keys: Keys) -> None:
    assert "another key" in refusal("bad-signature", sign, case, "ciso", armoured(ASKED, two_keys[0]), NOW)


def test_a_signature_for_something_else_does_not_count(case: Case, two_keys: Keys) -> None:
    private = two_keys[0][0]
    other = armoured(replace(ASKED, until=date(2026, 5, 2)), two_keys[0])
    assert "changed after signing" in refusal("bad-signature", sign, case, "cio", other, NOW)
    for_accord = signatures.sign(text(ASKED), private)
    assert "made for accord@detente" in refusal("bad-signature", sign, case, "cio", for_accord, NOW)
    slipped = Event(step=Step.SIGNED, at=NOW, role="cio", person="Ada", key="k", sshsig=other)
    assert standing(replace(case, events=(slipped,)), NOW).state is State.REQUESTED


def test_a_signature_counts_once(case: Case, two_keys: Keys) -> None:
    once = signed(case, "cio", two_keys[0])
    assert "has signed" in refusal("exception-state", sign, once, "cio", armoured(ASKED, two_keys[0]), NOW)
    assert "decides on no" in refusal("exception-state", sign, once, "cfo", armoured(ASKED, two_keys[0]), NOW)


def test_a_no_ends_it_and_nothing_follows(case: Case, two_keys: Keys) -> None:
    once = signed(case, "cio", two_keys[0])
    denied = replace(once, events=(*once.events, deny(once, "ciso", "too long", NOW)))
    assert (standing(denied, NOW).state, standing(denied, NOW).reason) == (State.DENIED, "Ben (ciso): too long")
    assert "it is denied" in refusal("exception-state", sign, denied, "ciso", armoured(ASKED, two_keys[1]), NOW)
    assert "it is denied" in refusal("exception-state", deny, denied, "cio", "again", NOW)
    assert "decides on no" in refusal("exception-state", deny, once, "cfo", "no", NOW)


def test_late_signatures_are_refused(case: Case, two_keys: Keys) -> None:
    late = NOW + timedelta(days=100)
    assert "it is expired" in refusal("exception-state", sign, case, "cio", armoured(ASKED, two_keys[0]), late)


def test_an_expired_key_signs_no_more_and_what_it_signed_in_its_time_stays(two_keys: Keys) -> None:
    short = Case(ASKED, (), accord(two_keys, until="2026-03-03"))
    active = signed(signed(short, "cio", two_keys[0]), "ciso", two_keys[1], datetime(2026, 3, 3, 23, tzinfo=UTC))
    late = datetime(2026, 3, 4, tzinfo=UTC)
    assert standing(active, late).state is State.ACTIVE
    refused = refusal("expired-key", sign, short, "cio", armoured(ASKED, two_keys[0]), late)
    assert refused == "the key of Ada (cio) expired on 2026-03-03."
    slipped = tuple(replace(event, at=late) for event in active.events)
    assert standing(replace(active, events=slipped), late).signed == {}


def test_what_is_dated_ahead_of_time_lets_nothing_wait(case: Case, two_keys: Keys) -> None:
    soon, ahead = NOW - timedelta(minutes=4), NOW - timedelta(days=1)
    skewed = signed(signed(case, "cio", two_keys[0], soon), "ciso", two_keys[1], soon)
    assert standing(skewed, soon).state is State.ACTIVE  # two machines whose clocks differ a little
    refused = refusal("exception-state", sign, case, "cio", armoured(ASKED, two_keys[0]), ahead)
    assert refused == "it says that it was asked for at 2026-03-02 12:00Z, which is still to come."
    for at in (ahead, NOW + timedelta(days=1)):  # rows slipped in: signed before it was asked for, or tomorrow
        slipped = tuple(replace(event, at=at) for event in skewed.events)
        assert standing(replace(skewed, events=slipped), ahead).signed == {}
        assert standing(replace(skewed, events=slipped), NOW).signed == {}


@pytest.mark.parametrize("step", [Step.DENIED, Step.VOIDED, Step.EXPIRED])
def test_what_is_final_stays_final_in_any_order_behind_it(step: Step, case: Case, two_keys: Keys) -> None:
    last = Event(step=step, at=NOW, reason="so")
    both = signed(signed(case, "cio", two_keys[0]), "ciso", two_keys[1]).events
    for events in permutations((last, *both)):
        assert standing(replace(case, events=events), NOW).state is State(step.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reason": "  "}, "no reason"),
        ({"requester": ""}, "no reason, or nobody"),
        ({"findings": ()}, "no open finding fits fix x-1"),
    ],
)
def test_what_may_not_be_asked(change: dict[str, Any], why: str, case: Case) -> None:
    assert why in refusal("exception-terms", check, replace(ASKED, **change), QUIET, case.accord)


@pytest.mark.parametrize("until", [date(2026, 3, 1), date(2026, 6, 1)])
def test_neither_in_the_past_nor_longer_than_agreed(until: date, case: Case) -> None:
    said = refusal("exception-refused", check, replace(ASKED, until=until), QUIET, case.accord)
    assert said == f"it would end on {until}; the accord allows none longer than 90d."


@pytest.mark.parametrize("until", [date(2026, 3, 2), date(2026, 5, 31)])
def test_from_today_to_the_longest_it_may(until: date, case: Case) -> None:
    check(replace(ASKED, until=until), QUIET, case.accord)


def test_nobody_can_sign_where_the_accord_names_nobody() -> None:
    bare = load("accord: 1\norganisation: X\ncurrency: EUR\n", "accord.yaml")
    assert "no two roles" in refusal("exception-terms", check, ASKED, QUIET, bare)
    assert standing(Case(ASKED, (), bare), NOW).state is State.REQUESTED


@pytest.mark.parametrize(
    ("condition", "situation", "why"),
    [
        ("kev", {"kev": True}, "CISA lists it"),
        ("kev", {"exploited": True}, ""),
        ("exploited", {"exploited": True}, "known to be exploited"),
        ("exploited", {"kev": True}, "known to be exploited"),
        ("p30 >= 0.1", {"p30": Decimal("0.1")}, "p30 >= 0.1 (now 0.1,"),
        ("p30 >= 0.1", {"p30": Decimal("0.099")}, ""),
        ("exposure widened", {"exposure": Exposure.PARTNER}, "widened from internal to partner"),
        ("exposure widened", {"exposure": None}, "widened from internal to unstated"),
        ("exposure widened", {"exposure": Exposure.ISOLATED}, ""),
    ],
)
def test_void_when_the_accords_condition_holds(
    condition: str, situation: dict[str, Any], why: str, two_keys: Keys
) -> None:
    now = replace(QUIET, **situation)
    said = void(ASKED, now, accord(two_keys, f'{{void_when: ["{condition}"]}}'), NOW)
    assert why in said
    assert bool(said) == bool(why)


def test_an_expired_safeguard_always_voids(two_keys: Keys) -> None:
    never = accord(two_keys, "{void_when: []}")
    assert void(ASKED, QUIET, never, datetime(2026, 4, 1, 23, tzinfo=UTC)) == ""
    assert "waf expired on 2026-04-01" in void(ASKED, QUIET, never, datetime(2026, 4, 2, tzinfo=UTC))


def test_what_would_be_void_at_once_cannot_be_asked(case: Case) -> None:
    assert "void at once: CISA" in refusal("exception-refused", check, ASKED, replace(QUIET, kev=True), case.accord)


words = st.text(st.characters(codec="utf-8"), max_size=20)
requests = st.builds(
    Request,
    accord=words,
    reach=st.sampled_from(Reach),
    of=words,
    findings=st.lists(words, max_size=3, unique=True).map(tuple),
    reason=words,
    until=st.dates(),
    requester=words,
    asked=st.datetimes(timezones=st.just(UTC)),
    loss_month=st.decimals("0", "999999", places=6),
    currency=words,
    exposure=st.sampled_from([None, *Exposure]),
    safeguard=st.none() | st.builds(Safeguard, words, st.decimals("0", "1", places=2), st.dates()),
)


@given(requests)
@settings(max_examples=40, deadline=None)
def test_the_signed_text_says_all_of_it_and_comes_back(request: Request) -> None:
    again = read(text(request))
    assert replace(again, findings=()) == replace(request, findings=())
    assert set(again.findings) == set(request.findings)
    assert identity(again) == identity(request)
    assert type(again.reach) is Reach


def test_only_the_canonical_form_is_read() -> None:
    with pytest.raises(ValueError, match="canonical"):
        read(text(ASKED).replace(b"  ", b"   "))


def test_the_safeguard_takes_its_share_off_the_price() -> None:
    assert residual(ASKED, Decimal("120.5")) == Decimal("60.25")
    assert residual(replace(ASKED, safeguard=None), Decimal(7)) == 7


SUBJECT = {
    "vulnerability": ("CVE-2024-1", "GHSA-x"),
    "component": ("openssl",),
    "service": ("wiki",),
    "asset": ("image:wiki:1",),
    "kind": ("package",),
}


@pytest.mark.parametrize(
    ("phrase", "fits"),
    [
        ("component openssl", True),
        ("component OpenSSL* and service wiki", True),
        ("vulnerability ghsa-x and asset image:*", True),
        ("component openssl and service shop", False),
        ("kind code", False),
    ],
)
def test_a_rule_selects(phrase: str, fits: bool) -> None:
    assert selection(phrase).selects(SUBJECT) is fits


@pytest.mark.parametrize("phrase", ["", "openssl", "component", "colour red", "component a or service b"])
def test_a_rule_that_says_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="FIELD PATTERN"):
        selection(phrase)
