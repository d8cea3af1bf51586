"""CODEOWNERS: the last rule that fits decides."""

import pytest

from detente.accord.codeowners import load
from detente.model.estate import Squad

TEXT = """\
# everything
*               @shop/platform
*.js            @ada @shop/web   # a team before a person
/build/logs/    @ben
docs/*          docs@shop.example
apps/           @shop/apps
/scripts/**/run @shop/ops
lib/**          @shop/libs
/vendored/
a\\ b/          @shop/spaces
!no             @shop/never
x[ab]           @shop/never
y               me!
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("README", "platform"),
        ("deep/down/file", "platform"),
        ("src/app.js", "web"),
        ("build/logs/today", "ben"),
        ("other/build/logs/today", "platform"),
        ("docs/index.md", "docs@shop.example"),
        ("docs/more/index.md", "platform"),
        ("apps/one/two", "apps"),
        ("old/apps/one", "apps"),
        ("scripts/run", "ops"),
        ("scripts/a/b/run", "ops"),
        ("scripts/a/runner", "platform"),
        ("lib/a/b", "libs"),
        ("vendored/x.js", ""),
        ("a b/c", "spaces"),
        ("./README", "platform"),
        ("\\build\\logs\\today", "ben"),
    ],
)
def test_paths_and_their_squads(path: str, owner: str) -> None:
    assert load(TEXT, "shop/site").owner(path) == owner


def test_lines_no_one_accepts_are_listed() -> None:
    assert [str(problem) for problem in load(TEXT, "shop/site").skipped] == [
        "CODEOWNERS:11:1 found the pattern !no; allowed: patterns without `!` and `[ ]`, as CODEOWNERS has none",
        "CODEOWNERS:12:1 found the pattern x[ab]; allowed: patterns without `!` and `[ ]`, as CODEOWNERS has none",
        "CODEOWNERS:13:1 found the owner me!; allowed: @team, @organisation/team or a mail address",
    ]


def test_squads_are_those_that_own_something() -> None:
    found = load("a @s/x\nb @y @s/x\nc @y\nd\n", "s/r")
    assert found.squads == (Squad("x"), Squad("y"))
    assert found.repo == "s/r"


def test_sections_lend_their_owners() -> None:
    found = load("[Docs][2] @s/docs\n*.md\n*.txt @s/text\n^[Rest]\n*.x\n", "s/r")
    assert [found.owner(path) for path in ("a.md", "a.txt", "a.x")] == ["docs", "text", ""]
    assert load("", "s/r").owner("a") == ""
