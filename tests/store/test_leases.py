"""Shares of budgets in the database, against a bank in memory: the same answers, in any order, on SQLite and PostgreSQL."""

from collections import defaultdict
from random import Random

from sqlalchemy import Engine, text

from detente.model.lease import Order, Share, granted
from detente.store.leases import SHORT_S, Bank

NOW, KEPT = 1_700_000_000.0, 1_800_000_000.0


def held(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        budgets = dict(connection.execute(text("SELECT account, held FROM budget")).all())
        leases = dict(connection.execute(text("SELECT account, sum(held) FROM lease GROUP BY account")).all())
    assert budgets == {account: int(amount) for account, amount in leases.items()}, "the sum is the sum of its parts"
    return budgets


def test_the_database_answers_as_the_rule_does(database: Engine) -> None:
    random, banks = Random(7), {name: Bank(database, name) for name in "xyz"}
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for _ in range(60):
        worker, names = random.choice("xyz"), random.sample("abc", random.randint(1, 3))
        orders, wanted = [], {}
        for name in names:
            mine = rows[name].get(worker)
            told = None if mine is None or random.random() < 0.2 else random.randint(0, mine)
            want = random.choice([0, 0, 5, 30])
            order = Order(name, 100, KEPT, told, want, max(want, random.randint(0, 20)))
            before = (mine or 0) if told is None else told
            others = sum(rows[name].values()) - (mine or 0)
            wanted[name] = share = granted(order, before, others)
            rows[name][worker] = share.before + share.more
            orders.append(order)
        assert banks[worker].exchange(orders, NOW) == wanted
        assert held(database) == {name: sum(parts.values()) for name, parts in rows.items()}
        assert max(held(database).values()) <= 100


def test_what_is_owed_is_written_down_beyond_the_limit(database: Engine) -> None:
    one, two = Bank(database, "one"), Bank(database, "two")
    one.exchange([Order("a", 10, KEPT, None, 5, 5)], NOW)
    one.exchange([Order("a", 10, KEPT, 25)], NOW)
    assert two.exchange([Order("a", 10, KEPT, None, 1, 1)], NOW) == {"a": Share(0, 0, False, 25)}
    assert held(database) == {"a": 25}


def test_who_ran_short_is_heard_for_a_moment(database: Engine) -> None:
    bank = Bank(database, "one")
    bank.exchange([Order("a", 10, KEPT, None, 11, 11), Order("b", 10, KEPT, None, 1, 1)], NOW)
    assert bank.asked(NOW) == {"a"}
    assert bank.asked(NOW + SHORT_S + 1) == frozenset()


def test_old_periods_are_forgotten(database: Engine) -> None:
    bank = Bank(database, "one")
    bank.exchange([Order("old", 10, NOW - 1, None, 1, 1), Order("new", 10, NOW + 1, None, 1, 1)], NOW)
    bank.forget(NOW)
    assert held(database) == {"new": 1}


def test_nothing_to_say_takes_no_transaction(database: Engine) -> None:
    with database.begin():  # the only writer there can be on SQLite
        assert Bank(database, "one").exchange([], NOW) == {}
