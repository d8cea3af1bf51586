import pytest

from detente.queue.purl import purl


@pytest.mark.parametrize(
    ("ecosystem", "name", "expected"),
    [
        ("npm", "@vercel/fun", "pkg:npm/%40vercel/fun"),
        ("yarn", "lodash", "pkg:npm/lodash"),
        ("MAVEN", "org.springframework:spring-web", "pkg:maven/org.springframework/spring-web"),
        ("PIP", "Django_Rest", "pkg:pypi/django-rest"),
        ("crates.io", "lettre", "pkg:cargo/lettre"),
        ("Go", "golang.org/x/text", "pkg:golang/golang.org/x/text"),
        ("Go", "stdlib", "pkg:golang/stdlib"),
        ("Debian:12", "libc6", "pkg:deb/debian/libc6"),
        ("alpine:3.18", "musl", "pkg:apk/alpine/musl"),
        ("GitHub Actions", "actions/checkout", "pkg:githubactions/actions/checkout"),
        ("deb", "libc6", ""),
        ("", "lodash", ""),
        ("npm", "", ""),
    ],
)
def test_every_tools_word_for_an_ecosystem_names_one_component(ecosystem: str, name: str, expected: str) -> None:
    assert purl(ecosystem, name) == expected
