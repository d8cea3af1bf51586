"""Pebblewick Stores: what each of its services runs on, and which weaknesses each asset has at each of two scans.

Every draw is a digest of its subject, so that nothing depends on order, machine or run.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xxhash

from detente.edge.sample.facts import Weakness, weaknesses

REGISTRY = "registry.pebblewick.example"
DOMAIN = "pebblewick.example"
ACCOUNT = "100000000012"
ROUNDS = (35, 4)
"""Days before the sample's day on which everything was scanned; what was fixed in between is gone in the second."""

_PRESENT = 0.85  # share of a stack's weaknesses that an asset has
_FIXED, _NEW = 0.12, 0.05  # shares that only the first, and only the second round shows


@dataclass(frozen=True, slots=True)
class Site:
    """One service of the estate: its images, its cloud instances, its hosts by platform."""

    service: str
    base: str = ""
    stack: str = ""
    parts: tuple[str, ...] = ()
    instances: int = 0
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing that scanners look at, and the stacks or platforms it is made of."""

    name: str
    service: str
    layers: tuple[str, ...]


_PARTS = ("api", "web", "worker")
_FARM = ("linux",) * 4

SITES = (
    Site("web-shop", "alpine", "node", _PARTS, 6, _FARM),
    Site("mobile-api", "debian", "go", _PARTS, 6, _FARM),
    Site("search", "debian", "java", _PARTS, 4, (*_FARM, "linux")),
    Site("checkout", "debian", "java", _PARTS, 6, _FARM),
    Site("fraud-check", "debian", "python", _PARTS, 3, _FARM[:3]),
    Site("orders", "debian", "java", _PARTS, 4, (*_FARM, "mysql", "mysql")),
    Site("warehouse", "rhel", "dotnet", _PARTS, 2, ("windows",) * 6),
    Site("tracking", "alpine", "node", _PARTS, 2, _FARM),
    Site("sign-in", "debian", "java", _PARTS, 4, _FARM),
    Site("edge-gateway", platforms=("netscaler", "netscaler", "fortigate", "fortigate", "bigip")),
    Site("analytics", "debian", "python", _PARTS[:2], 3, ("linux", "linux", "mysql", "mysql")),
    Site("intranet", "", "java", (), 0, ("confluence", "jira", "gitlab", "teamcity", "windows", "windows")),
)
STRAY = Asset(f"buildbox-7.{DOMAIN}", "", ("linux", "jenkins"))
"""A machine that nobody claims."""

PLANTED = frozenset(
    {
        (f"edge-gateway-1.{DOMAIN}", "CVE-2023-4966"),
        (f"intranet-1.{DOMAIN}", "CVE-2023-22527"),
        (f"orders-2.{DOMAIN}", "CVE-2024-1086"),
        (f"warehouse-1.{DOMAIN}", "CVE-2023-28252"),
        (STRAY.name, "CVE-2024-23897"),
        (f"{REGISTRY}/web-shop/api:prod", "CVE-2023-4863"),
        (f"{REGISTRY}/checkout/api:prod", "CVE-2021-44228"),
        (f"{REGISTRY}/checkout/api:prod", "CVE-2021-45046"),
        (f"{REGISTRY}/search/api:prod", "CVE-2021-44228"),
        (f"{REGISTRY}/search/api:prod", "CVE-2021-45046"),
    }
)
"""The known exploited weaknesses that nobody closed in time, at both visits; all others of their kind are gone."""


def images(site: Site) -> list[Asset]:
    """The container images of a service in production."""
    return [
        Asset(f"{REGISTRY}/{site.service}/{part}:prod", site.service, (site.base, site.stack)) for part in site.parts
    ]


def instances(site: Site) -> list[Asset]:
    """The cloud instances of a service, by their numbers."""
    code = f"i-0a{SITES.index(site) + 1:02x}"
    return [Asset(f"{code}{draw(site.service, n):013x}"[:19], site.service, ("debian",)) for n in range(site.instances)]


def hosts(site: Site) -> list[Asset]:
    """The machines and appliances of a service."""
    return [
        Asset(f"{site.service}-{n}.{DOMAIN}", site.service, ("linux", "mysql") if platform == "mysql" else (platform,))
        for n, platform in enumerate(site.platforms, start=1)
    ]


def repository(site: Site) -> Asset | None:
    """The repository of a service, if it writes code."""
    return Asset(f"pebblewick/{site.service}", site.service, (site.stack,)) if site.stack else None


def draw(*subject: object) -> int:
    """An even number between 0 and 2^52, the same for the same subject."""
    return xxhash.xxh3_64_intdigest("\x1f".join(map(str, subject)).encode()) >> 12


def share(*subject: object) -> float:
    """The same between 0 and 1."""
    return draw(*subject) / (1 << 52)


def found(asset: Asset, visit: int, tool: str = "", misses: float = 0.0) -> Iterator[Weakness]:
    """What the asset has at a visit (0 or 1), less what the tool misses."""
    for layer in asset.layers:
        for weakness in weaknesses()[layer]:
            here = has(asset.name, weakness, visit)
            if here and share(tool, asset.name, weakness.cve, weakness.product) >= misses:
                yield weakness


def has(asset: str, weakness: Weakness, visit: int) -> bool:
    """Whether an asset has a weakness at a visit: an upgrade of a package closes all that it closes, at once."""
    if weakness.exploited:
        return (asset, weakness.cve) in PLANTED
    if share("present", asset, weakness.cve, weakness.product) >= _PRESENT:
        return False
    what = weakness.product if weakness.fixed else weakness.cve
    gone, late = share("fixed", asset, what) < _FIXED, share("new", asset, weakness.cve) < _NEW
    return not (gone if visit else late)


def every(kind: Iterable[Asset], scale: float) -> list[Asset]:
    """A share of the assets, at least one."""
    listed = list(kind)
    return listed[: max(1, round(len(listed) * scale))]
