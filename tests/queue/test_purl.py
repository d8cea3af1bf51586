import pytest

from detente.queue.purl import Package, asset, parsed, purl


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
        ("deb", "libc6", "pkg:deb/libc6"),
        ("", "lodash", ""),
        ("npm", "", ""),
    ],
)
def test_every_tools_word_for_an_ecosystem_names_one_component(ecosystem: str, name: str, expected: str) -> None:
    assert purl(ecosystem, name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:maven/a.b/c@1.0?type=jar", Package("maven", "a.b:c", "1.0")),
        ("pkg:npm/%40a/b@2", Package("npm", "@a/b", "2")),
        ("pkg:deb/debian/curl@7.1?arch=amd64", Package("deb", "curl", "7.1")),
        ("pkg:golang/golang.org/x/text", Package("golang", "golang.org/x/text", "")),
        ("pkg:nothing", Package()),
        ("lodash", Package()),
    ],
)
def test_a_package_url_names_what_the_tools_of_its_ecosystem_name(text: str, expected: Package) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:oci/web@sha256%3Aab?repository_url=example.org/shop/web&tag=1.2", "image:example.org/shop/web:1.2"),
        ("pkg:oci/web@sha256%3Aab?repository_url=example.org/shop", "image:example.org/shop/web@sha256:ab"),
        ("pkg:docker/shop/web@1.2", "image:shop/web:1.2"),
        ("pkg:docker/web", "image:web"),
        ("pkg:github/shop/web@abc", "repo:shop/web"),
        ("pkg:npm/web@1", ""),
        ("web", ""),
    ],
)
def test_images_and_repositories_are_assets(text: str, expected: str) -> None:
    assert asset(text) == expected
