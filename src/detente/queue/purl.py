"""Package URLs, made for tools that name only an ecosystem and a package and read where they come, so that two tools mean
the same component."""

from functools import lru_cache
from typing import NamedTuple

from packageurl import PackageURL

from detente.queue.fields import by_word

_TYPE = by_word(
    {
        "npm": "npm yarn pnpm bun node node-pkg nodejs javascript js",
        "pypi": "pypi pip pipenv poetry uv python python-pkg",
        "maven": "maven gradle sbt java jar pom java-archive",
        "nuget": "nuget paket dotnet dotnet-core dotnet-deps .net",
        "gem": "gem rubygems bundler gemspec ruby",
        "cargo": "cargo crates.io rust rust-crate rustbinary rust-binary",
        "golang": "go golang gomod gomodules golangdep govendor gobinary go-module stdlib",
        "composer": "composer composer-vendor packagist php",
        "hex": "hex erlang elixir mix",
        "pub": "pub dart",
        "swift": "swift swifturl",
        "cocoapods": "cocoapods",
        "githubactions": "actions githubactions",
    }
)
_DISTRIBUTION = by_word(
    {
        "deb": "debian ubuntu deb dpkg",
        "apk": "alpine wolfi chainguard apk",
        "rpm": "rpm redhat rhel centos rocky alma almalinux oracle amazon fedora suse opensuse photon cbl-mariner",
    }
)


@lru_cache(maxsize=8192)
def purl(ecosystem: str, name: str) -> str:
    """`pkg:type/namespace/name` without version (purl specification); empty for an ecosystem that has no one type.

    `ecosystem` is any tool's word for it, in any case, with or without a release (`Debian:12`, `crates.io`, `gomodules`).
    """
    word = ecosystem.lower().partition(":")[0].replace("github actions", "actions")
    kind, namespace = _TYPE.get(word), ""
    if kind is None:
        kind = _DISTRIBUTION.get(word)
        namespace = "" if word in ("deb", "dpkg", "apk", "rpm") else word  # a kind of package, not whose
    if kind is None or not name:
        return ""
    if kind == "maven":
        namespace, _, name = name.rpartition(":")
    elif "/" in name and not namespace:
        namespace, _, name = name.rpartition("/")
    try:
        return PackageURL(kind, namespace or None, name).to_string()
    except ValueError:
        return ""


def component(text: str, ecosystem: str, name: str) -> str:
    """A package without its version: `pkg:type/namespace/name` from a package URL, or from a name in a known ecosystem.

    In an unknown ecosystem it is `ecosystem/name`. Distribution packages leave their namespace out, because half of the
    tools do not know it.
    """
    return _component(_bare(text), ecosystem, name)


def _bare(text: str) -> str:
    """A package URL without qualifiers and version: what many versions of one package share."""
    base = text.partition("?")[0].partition("#")[0]
    at = base.rfind("@")
    return base[:at] if at > base.rfind("/") else base


@lru_cache(maxsize=8192)
def _component(text: str, ecosystem: str, name: str) -> str:
    found = _read(text) or _read(purl(ecosystem, name))
    if found is None:
        return f"{ecosystem}/{name}" if ecosystem and name else name
    namespace = None if found.type in ("deb", "rpm", "apk") else found.namespace
    return "/".join(part for part in (f"pkg:{found.type}", namespace, found.name) if part)


class Package(NamedTuple):
    """What a package URL names, the name as the ecosystem's own tools write it; all empty for other text."""

    ecosystem: str = ""
    name: str = ""
    version: str = ""


@lru_cache(maxsize=8192)
def parsed(text: str) -> Package:
    """The parts of a package URL: `group:artifact` for Maven, `@scope/name` for npm, distribution packages bare."""
    found = _read(text.partition("?")[0])  # qualifiers cost as much to read as all the rest
    if found is None:
        return Package()
    namespace = None if found.type in ("deb", "rpm", "apk") else found.namespace
    mark = ":" if found.type == "maven" else "/"
    return Package(found.type, mark.join(filter(None, (namespace, found.name))), found.version or "")


@lru_cache(maxsize=4096)
def asset(text: str) -> str:
    """The `image:` or `repo:` a package URL names; empty for packages and other text."""
    found = _read(text)
    if found is None or found.type not in ("oci", "docker", "github", "gitlab", "bitbucket"):
        return ""
    name = "/".join(filter(None, (found.namespace, found.name)))
    if found.type not in ("oci", "docker"):
        return f"repo:{name}"
    place, tag, version = found.qualifiers.get("repository_url"), found.qualifiers.get("tag"), found.version or ""
    if place:
        name = place if place.endswith(f"/{found.name}") else f"{place.rstrip('/')}/{name}"
    if tag or not version:
        return f"image:{name}:{tag}" if tag else f"image:{name}"
    return f"image:{name}{'@' if ':' in version else ':'}{version}"


def _read(text: str) -> PackageURL | None:
    try:
        return PackageURL.from_string(text) if text.startswith("pkg:") else None
    except ValueError:
        return None
