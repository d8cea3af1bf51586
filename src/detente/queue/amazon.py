"""How Amazon's services name what they speak of: images, functions and packages, the same for all of their reports."""

from collections.abc import Iterable, Mapping
from typing import Any

from detente.queue import facets
from detente.queue.fields import at, many, part, text
from detente.queue.hosts import said

_ECOSYSTEMS = {
    "nodepkg": "npm",
    "pythonpkg": "pypi",
    "gobinary": "golang",
    "gomod": "golang",
    "pom": "maven",
    "jar": "maven",
    "bundler": "gem",
    "dotnet_core": "nuget",
}


def image(registry: str, region: str, repository: str, tags: Iterable[str], digest: str) -> str:
    """An image of Amazon's registry under the name it is pulled by; the digest only where it has no tag."""
    name = f"{registry}.dkr.ecr.{region}.amazonaws.com/{repository}" if registry and region else repository
    tag = next(iter(sorted(tags)), "")
    return f"image:{name}:{tag}" if tag else f"image:{name}@{digest}"


def instance(name: str) -> str:
    """A machine by its number, from that or from its ARN."""
    return f"host:{name.rpartition('/')[2].lower()}"


def function(name: str) -> str:
    """A function by its name, from its ARN, without the version."""
    return f"project:{name.partition(':function:')[2].partition(':')[0] or name}"


def inspected(resource: Mapping[str, Any], account: str) -> str:
    """The asset of a resource as Inspector writes it; the account where it is none of its own."""
    name, kind, image_ = (
        text(resource.get("id")),
        resource.get("type"),
        part(resource, "details", "awsEcrContainerImage"),
    )
    if image_:
        tags = filter(None, map(text, many(image_.get("imageTags"))))
        repository, digest = text(image_.get("repositoryName")) or name, text(image_.get("imageHash"))
        return image(text(image_.get("registry")) or account, text(resource.get("region")), repository, tags, digest)
    if kind == "AWS_EC2_INSTANCE":
        return instance(name)
    if kind == "AWS_LAMBDA_FUNCTION":
        return function(name)
    return f"repo:{name}" if kind == "CODE_REPOSITORY" else f"account:{account}"


def platform(resource: Mapping[str, Any]) -> str:
    """The operating system of a resource as Inspector writes it."""
    found = (text(at(entry, "platform")) for entry in part(resource, "details").values())
    return next(filter(None, found), "")


def package(found: Mapping[str, Any], platform: Any) -> facets.Package:
    """A vulnerable package, its keys in small letters; the version is `epoch:version-release`, without what is not there."""
    told = {key.lower(): value for key, value in found.items()}
    number = "-".join(str(part) for part in (told.get("version"), told.get("release")) if said(part))
    version = f"{told['epoch']}:{number}" if text(told.get("epoch")) not in ("", "0") else number
    return facets.package(_ecosystem(told.get("packagemanager"), platform), text(told.get("name")), version)


def _ecosystem(manager: Any, platform: Any) -> str:
    """That of the package manager; for packages of the operating system that of the platform (`DEBIAN_12`)."""
    word = str(manager or "").lower()
    return str(platform or "").partition("_")[0].lower() if word == "os" else _ECOSYSTEMS.get(word, word)


def fixed(version: Any) -> tuple[str, ...]:
    """The version that fixes, if there is one."""
    text = str(version or "").strip()
    return (text,) if text and text.lower() not in {"notavailable", "none"} else ()
