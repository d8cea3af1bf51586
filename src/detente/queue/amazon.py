"""How Amazon's services name what they speak of: images, functions and packages, the same for all of their reports."""

from collections.abc import Iterable
from typing import Any

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


def ecosystem(manager: Any, platform: Any) -> str:
    """The ecosystem of a package; for those of the operating system that of the platform (`DEBIAN_12`)."""
    word = str(manager or "").lower()
    return str(platform or "").partition("_")[0].lower() if word == "os" else _ECOSYSTEMS.get(word, word)


def fixed(version: Any) -> tuple[str, ...]:
    """The version that fixes, if there is one."""
    text = str(version or "").strip()
    return (text,) if text and text.lower() not in {"notavailable", "none"} else ()
