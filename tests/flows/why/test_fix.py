"""A fix taken apart: what it does, why to that version, where it stands, what it closes."""

from shop import FIVE, ONE, THREE


def told(ask, fix) -> dict[str, str]:
    return {link.what: link.value for part in ask(fix.id).parts for link in part.links}


def of(queue, service: str, component: str):
    (fix,) = [fix for fix in queue.fixes if fix.service == service and fix.component.endswith(component)]
    return fix


def test_a_fix_on_two_assets_says_what_it_closes_and_where_it_stands(ask, queue) -> None:
    fix = of(queue, "checkout", "openssl")
    facts = told(ask, fix)
    assert facts["action"] == "upgrade openssl to 1.2 on checkout"
    assert facts["to version"] == f"1.2, which {ONE} asks for"
    assert facts["worth"] == f"closes 3 findings on 2 assets, worth {facts['worth'].split('worth ')[1]}"
    assert facts["place"] == f"1 of {queue.fix_count}; the first 1 are escalated (10 %)"
    assert facts["always escalated"] == "kev on exposed tier-1"
    assert facts["escalated"] == "yes"
    closes = next(part.links for part in ask(fix.id).parts if part.title == "What it closes (3 of 3)")
    assert {link.what for link in closes} == {one.id for one in fix.findings}
    assert closes[0].value.startswith(ONE)


def test_a_fix_below_the_line_says_so(ask, queue) -> None:
    facts = told(ask, of(queue, "checkout", "curl"))
    assert facts["escalated"] == "no: it costs less, and no rule asks for it"
    assert "always escalated" not in facts


def test_a_fix_without_a_version_says_that_none_is_published(ask, queue) -> None:
    (fix,) = [fix for fix in queue.fixes if fix.service == "wiki"]
    assert told(ask, fix)["to version"].startswith("none: ")
    assert ask(fix.id).changes[-1] == "closing it makes it 0.00 EUR a month"


def test_what_would_change_it_names_a_finding_that_kev_may_yet_list(ask, queue) -> None:
    changes = ask(of(queue, "checkout", "openssl").id).changes
    assert changes[0].startswith(f"a KEV listing of {THREE} makes it ")
    assert ask(of(queue, "checkout", "curl").id).changes[0].startswith(f"a KEV listing of {FIVE} ")
