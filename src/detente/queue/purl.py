"""Package URLs for tools that name only an ecosystem and a package, so that two tools mean the same component."""

from functools import lru_cache

from packageurl import PackageURL

_WORDS = {
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
_TYPE = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_DISTRIBUTION = {"debian": "deb", "ubuntu": "deb", "alpine": "apk", "wolfi": "apk", "chainguard": "apk"}


@lru_cache(maxsize=65536)
def purl(ecosystem: str, name: str) -> str:
    """`pkg:type/namespace/name` without version (purl specification); empty for an ecosystem that has no one type.

    `ecosystem` is any tool's word for it, in any case, with or without a release (`Debian:12`, `crates.io`, `gomodules`).
    """
    word = ecosystem.lower().partition(":")[0].replace("github actions", "actions")
    kind, namespace = _TYPE.get(word), ""
    if kind is None:
        kind, namespace = _DISTRIBUTION.get(word), word
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
